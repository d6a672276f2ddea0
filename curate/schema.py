"""The JSON Schema of recipes, with every plugin that is there: what editors complete and check recipes by."""

import inspect
import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from curate.data import KINDS
from curate.guard import DocLimits
from curate.options import defaults_of, limit_options, takes_of
from curate.plugins import Offered, Registry
from curate.recipe import FIELD_TYPES, WRITTEN, PretrainOutput, SftOutput, Source, TextOutput

Schema = dict[str, Any]
PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", types.NoneType: "null", Path: "string"}
TEXT: Schema = {"type": "string"}


def recipe_schema(registry: Registry) -> Schema:
    """The JSON Schema (draft 2020-12) of recipes that use these plugins."""
    steps = {"type": "array", "items": {"$ref": "#/$defs/step"}}
    writers = named(registry["writer"].values())
    text, pretrain, sft = (block_schema(block) for block in (TextOutput, PretrainOutput, SftOutput))
    text["properties"]["format"] |= writers
    sft["properties"] |= {"steps": steps, "formats": sft["properties"]["formats"] | {"items": writers}}
    source = block_schema(Source)
    source["properties"]["fields"] = {"type": "object", "additionalProperties": {"enum": list(FIELD_TYPES)}}
    source["properties"]["readers"] = {"$ref": "#/$defs/readers"}
    top: dict[str, Schema] = {
        "plugins": {"description": "Plugin files, relative to the recipe.", "type": "array", "items": TEXT},
        "sources": {
            "description": "Named inputs: each a path, or a mapping with one.",
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"anyOf": [TEXT, {"$ref": "#/$defs/source"}]},
        },
        "steps": {"description": "What is done to the documents, in this order.", **steps},
        "readers": {"$ref": "#/$defs/readers"},
        "store": {"description": "A folder of parts that several runs share, relative to the recipe.", **TEXT},
        "keep_originals": {
            "description": "Keep the parts of before the step that removes personal data.",
            "type": "boolean",
            "default": False,
        },
        "trusted_hosts": {
            "description": "Hosts that get text unchecked: names such as api.example.com, or *.example.com.",
            "type": "array",
            "items": TEXT,
        },
        "send_unscrubbed": {
            "description": "Send to other machines what the gate would refuse.",
            "type": "boolean",
            "default": False,
        },
        "limits": block_schema(DocLimits),
        "text": text,
        "pretrain": pretrain,
        "sft": sft,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A recipe of curate",
        "type": "object",
        "properties": {name: or_null(one) for name, one in top.items() if name != "sources"}
        | {"sources": top["sources"]},
        "required": ["sources"],
        "additionalProperties": False,
        "$defs": {
            "step": step_schema(registry),
            "source": source,
            "readers": readers_schema(registry),
            "options": {name: options_schema(one, line=True) for name, one in sorted(registry["step"].items())},
            "reader_options": {name: options_schema(one) for name, one in sorted(registry["reader"].items())},
        },
    }


def step_schema(registry: Registry) -> Schema:
    """One step: its name, or its name with options."""
    shelf = registry["step"]
    lines = {
        name: or_null({"description": one.summary, "$ref": f"#/$defs/options/{name}"})
        for name, one in sorted(shelf.items())
    }
    mapping = {"type": "object", "properties": lines, "additionalProperties": False}
    return {"anyOf": [named(shelf.values()), mapping | {"minProperties": 1, "maxProperties": 1}]}


def readers_schema(registry: Registry) -> Schema:
    """Media type → the reader for it: its name, or options, with `reader:` where it is not the usual one."""
    shelf = registry["reader"]
    choices: dict[str, Schema] = {}
    for type in sorted({type for one in shelf.values() for type in one.about.types}):
        chosen = [chosen_reader(one, needed=type not in one.about.types) for _, one in sorted(shelf.items())]
        choices[type] = {"anyOf": [named(shelf.values()), *chosen]}
    about = {"description": "Which reader is for a media type, and its options."}
    return about | {"type": "object", "properties": choices, "additionalProperties": False}


def chosen_reader(offered: Offered, needed: bool) -> Schema:
    """A reader with options; `needed` is whether it has to be named."""
    about = options_schema(offered)
    about["properties"] = {"reader": {"const": offered.name}, **about["properties"]}
    return about | ({"required": ["reader"]} if needed else {})


def options_schema(offered: Offered, line: bool = False) -> Schema:
    """The options of a plugin with types and defaults; of a step's line, its sources, kinds and limits too."""
    defaults = defaults_of(offered)
    limits = limit_options(offered.about.limits) if offered.about.limits else {}
    takes = limits | takes_of(offered)
    options = {name: type_schema(hint) for name, hint in takes.items()}
    for name in limits.keys() - {"min", "max"}:
        options[name] |= {"minItems": 2, "maxItems": 2}
    for name, value in defaults.items():
        if name in options:
            options[name] = options[name] | {"default": plain(value)}
    about: Schema = {"description": offered.summary, "type": "object"}
    names = {"anyOf": [TEXT, {"type": "array", "items": TEXT}]}
    kinds = {"anyOf": [{"enum": list(KINDS)}, {"type": "array", "items": {"enum": list(KINDS)}}]}
    if line:
        options["sources"] = {"description": "The sources whose documents it drops or changes; all, if none.", **names}
        options["kinds"] = {"description": "The kinds of documents it looks at.", **kinds}
    if limits:  # zh: {words: [80, null]} is a limit for one language; an option's name is none
        language = {"type": "object", "properties": {name: options[name] for name in limits}}
        pattern = f"^(?!(?:{'|'.join(sorted(options))})$)[a-z]{{2,3}}$"
        told = {"description": "Limits for one language.", **language, "additionalProperties": False}
        about["patternProperties"] = {pattern: told}
    return about | {"properties": options, "additionalProperties": False}


def block_schema(block: type[Any]) -> Schema:
    """A block of the recipe, from its dataclass."""
    hints = get_type_hints(block)
    properties, required = {}, []
    for one in fields(block):
        if one.name == "name":
            continue
        written = WRITTEN.get(one.name, one.name)
        properties[written] = type_schema(hints[one.name])
        if one.default is not MISSING:
            properties[written]["default"] = plain(one.default)
        elif one.default_factory is MISSING:
            required.append(written)
    about = {"description": inspect.getdoc(block) or "", "type": "object", "properties": properties}
    return about | {"additionalProperties": False} | ({"required": required} if required else {})


def type_schema(hint: Any) -> Schema:
    """What an annotation asks for."""
    origin, of = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return {"anyOf": [type_schema(one) for one in of]}
    if origin is Literal:
        return {"enum": list(of)}
    if (origin or hint) in (list, tuple, Sequence):
        return {"type": "array"} | ({"items": type_schema(of[0])} if of else {})
    if (origin or hint) in (dict, Mapping):
        return {"type": "object"} | ({"additionalProperties": type_schema(of[1])} if of else {})
    return {"type": PLAIN[hint]} if hint in PLAIN else {}


def named(offers: Iterable[Offered]) -> Schema:
    """A plugin's name, each with its line of help, which editors show beside it."""
    return {
        "oneOf": [{"const": one.name, "description": one.summary} for one in sorted(offers, key=lambda one: one.name)]
    }


def or_null(schema: Schema) -> Schema:
    """A block that may be there with nothing said in it."""
    return {"anyOf": [schema, {"type": "null"}]}


def plain(value: Any) -> Any:
    """A default as JSON has it."""
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    return str(value) if isinstance(value, Path) else value
