"""Source code."""

import re

import curate
from curate import Doc, File

SHEBANG = re.compile(r"#!.*?\b(python|perl|ruby|node|bash|zsh|sh|lua|php|Rscript)[\d.]*\b")
INTERPRETERS = {
    "python": "Python", "perl": "Perl", "ruby": "Ruby", "node": "JavaScript", "bash": "Shell", "zsh": "Shell",
    "sh": "Shell", "lua": "Lua", "php": "PHP", "Rscript": "R",
}  # fmt: skip
BLOCK = re.compile(r"\s*(?:/\*.*?\*/|<!--.*?-->|\"\"\".*?\"\"\"|'''.*?''')[ \t]*\n?", re.DOTALL)
LINES = re.compile(r"\s*(?:(?P<mark>#(?!!)|//|--|;|%|\(\*)[^\n]*\n)(?:[ \t]*(?P=mark)[^\n]*\n)*")
LICENCE = re.compile(r"copyright|licen[sc]ed?\b|SPDX-License|all rights reserved|版权所有|许可证", re.IGNORECASE)
FIRST_LINE = re.compile(r"(?:#![^\n]*\n|<\?(?:php|xml)[^\n]*\n)?(?:#.*?coding[:=][^\n]*\n)?")


@curate.reader("code")
def code(file: File) -> list[Doc]:
    """Source code, of which the language is told by its name; a licence at its top goes to the meta."""
    body = file.text
    meta = {"language": language_of(file, body), "path": file.uri}
    licence, body = without_licence(body)
    return [Doc(body, kind="code", meta=meta | ({"licence": licence} if licence else {}))]


def language_of(file: File, body: str) -> str:
    """The language of a file, by its ending, its name, or the interpreter that its first line asks for."""
    asked = SHEBANG.match(body)
    return file.language or (INTERPRETERS[asked[1]] if asked else "")


def without_licence(body: str) -> tuple[str, str]:
    """(licence, the rest): the first comment where it is about copying; the line that starts the program stays."""
    first = FIRST_LINE.match(body)
    at = first.end() if first else 0
    comment = BLOCK.match(body, at) or LINES.match(body, at)
    if not comment or not LICENCE.search(comment[0]):
        return "", body
    rest = body[comment.end() :].lstrip("\n")
    return (comment[0].strip(), body[:at] + rest) if rest.strip() else ("", body)
