"""Plain text and Markdown."""

import re
from typing import Any

import orjson
import yaml

import curate
from curate import Doc, File

FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
MAX_FRONT_MATTER = 100_000  # characters: YAML is read at as many a second
FIRST_HEADING = re.compile(r"^#{1,6}[ \t]+([^\s#].*)$", re.MULTILINE)
FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


@curate.reader("text", "markdown")
def text(file: File) -> list[Doc]:
    """Text as it is. Of Markdown the front matter goes to the meta, which else has the first heading as title."""
    body = file.text
    if file.type != "markdown":
        return [Doc(body)]
    meta, body = front_matter(body)
    heading = FIRST_HEADING.search(FENCED.sub("", body))
    if heading and not meta.get("title"):
        meta["title"] = heading[1].rstrip(" \t#")
    return [Doc(body, meta=meta)]


def front_matter(body: str) -> tuple[dict[str, Any], str]:
    """What a Markdown text says of itself between two lines of ``---`` at its top, if it is YAML, and the rest."""
    found = FRONT_MATTER.match(body)
    if not found or found.end() > MAX_FRONT_MATTER:
        return {}, body
    try:
        told = orjson.loads(orjson.dumps(yaml.load(found[1], TextLoader), default=str))
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):  # what JSON cannot hold is a TypeError
        return {}, body
    return (told, body[found.end() :].lstrip("\n")) if isinstance(told, dict) else ({}, body)


class TextLoader(yaml.SafeLoader):
    """YAML that leaves dates as they are written, for JSON knows none, and refuses aliases, which can explode."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """The next node; an alias is an error."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias")
        return super().compose_node(parent, index)


TextLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
