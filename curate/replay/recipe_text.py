"""A recipe's text with other options in it, its comments and its form kept."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

Options = Mapping[str, Any]
Changes = Sequence[tuple[str, str, Options]]  # step's label, language or "", option → value


def changed_data(data: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """A recipe's data with options of its steps changed."""
    steps = list(data["steps"])
    for label, language, options in changes:
        at = place_of(steps, label)
        name, given = step_of(steps[at])
        own = {**(given.get(language) or {}), **options}
        steps[at] = {name: {**given, language: own} if language else {**given, **options}}
    return {**data, "steps": steps}


def step_of(written: Any) -> tuple[str, dict[str, Any]]:
    """The name and the options of a step line."""
    if isinstance(written, str):
        return written, {}
    name, options = next(iter(written.items()))
    return name, dict(options or {})


def place_of(steps: Sequence[Any], label: str) -> int:
    """Where in a list of step lines a label stands: `name`, or `name#2` for its second use."""
    uses = Counter[str]()
    for at, written in enumerate(steps):
        name = step_of(written)[0]
        uses[name] += 1
        if label == (name if uses[name] == 1 else f"{name}#{uses[name]}"):
            return at
    raise KeyError(label)


def changed_text(text: str, changes: Changes) -> tuple[str, bool]:
    """A recipe's text with options of its steps changed, and whether its comments could be kept."""
    wanted = yaml.safe_load(text)
    new: str | None = text
    for label, language, options in changes:
        wanted = changed_data(wanted, [(label, language, options)])
        for option, value in options.items():
            new = new and with_option(new, label, [language, option] if language else [option], value)
    try:
        if new is not None and yaml.safe_load(new) == wanted:
            return new, True
    except yaml.YAMLError:
        pass
    return dumped(wanted), False


def dumped(data: Mapping[str, Any]) -> str:
    """A recipe's data as YAML."""
    text: str = yaml.safe_dump(dict(data), sort_keys=False, allow_unicode=True, width=120)
    return text


def with_option(text: str, label: str, way: Sequence[str], value: Any) -> str | None:
    """The text with one option of a step set; none where it is written in a way that cannot be changed in place."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    steps = child(root, "steps")
    if not isinstance(steps, yaml.SequenceNode):
        return None
    at = place_of(yaml.safe_load(text)["steps"], label)
    node = steps.value[at]
    if isinstance(node, yaml.ScalarNode):
        return replaced(text, node, f"{node.value}: {flow(nested(way, value))}")
    node = node.value[0][1]
    for depth, key in enumerate(way):
        inner = child(node, key)
        if inner is None or (depth < len(way) - 1 and not isinstance(inner, yaml.MappingNode)):
            return added(text, node, nested(way[depth:], value)) if inner is None else None
        node = inner
    one_piece = isinstance(node, yaml.ScalarNode) or node.flow_style
    return replaced(text, node, flow(value)) if one_piece else None


def child(node: Any, key: str) -> Any:
    """The node at a key of a mapping, or none."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((value for name, value in pairs if name.value == key), None)


def nested(way: Sequence[str], value: Any) -> Any:
    """A value within mappings, the way to it."""
    for key in reversed(way):
        value = {key: value}
    return value


def added(text: str, node: Any, new: Mapping[str, Any]) -> str | None:
    """The text with one more key in a mapping, or in nothing that stands where a mapping may."""
    (key, value), start = next(iter(new.items())), node.start_mark
    if isinstance(node, yaml.ScalarNode):  # `- length:` with nothing behind it
        space = "" if text[start.index - 1 : start.index] == " " else " "
        return f"{text[: start.index]}{space}{flow(new)}{text[start.index :]}" if not node.value else None
    if not isinstance(node, yaml.MappingNode):
        return None
    pair = f"{key}: {flow(value)}"
    if node.flow_style:
        return f"{text[: start.index + 1]}{pair}{', ' if node.value else ''}{text[start.index + 1 :]}"
    return f"{text[: start.index]}{pair}\n{' ' * start.column}{text[start.index :]}"


def replaced(text: str, node: Any, new: str) -> str:
    """The text with something else where a node stands."""
    return f"{text[: node.start_mark.index]}{new}{text[node.end_mark.index :]}"


def flow(value: Any) -> str:
    """A value as YAML on one line."""
    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")
