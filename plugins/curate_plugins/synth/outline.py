"""The outline of a document: its title, and what stands under each heading, every piece with its place in the text."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal, NamedTuple

Kind = Literal["heading", "paragraph", "list", "table", "code", "other"]
MAX_HEADING = 80  # characters; a longer line that looks like a heading is a sentence
LIST = re.compile(
    r"(?:[-*+•●○◆]|\d{1,3}[.)．]|[a-zA-Z][.)])[ \t]+|\d{1,2}、|[(（](?:\d{1,2}|[一二三四五六七八九十]{1,3}|[a-z])[)）]"
)
OTHER = re.compile(
    r"©|版权所有|Copyright|>|<|!\[|:::|!!!|\?\?\?|===[+ ]|\{[%{]|\.\. |\[\^|\[[^\]]{1,60}\]:|"
    r"(?:[-*_=~^+] ?){3,}$|\+[-=]{3,}|:\w+:"
)
CHAPTER = re.compile(r"第[一二三四五六七八九十百零〇\d]{1,6}([章节条编篇部])[ \u3000:：]*")
HAN_NUMBER = re.compile(
    r"(?:附录[A-Z一二三四五六七八九十\d]{0,2}|[一二三四五六七八九十]{1,3}、|"
    r"[(（][一二三四五六七八九十]{1,3}[)）])[ \u3000]*"
)
NUMBER = re.compile(
    r"[A-Z]\d{1,2}(?:\.\d{1,2})?\.?[ \u3000]+(?=\S)|\d{1,2}(?:\.\d{1,2}){1,4}\.?[ \u3000]+|"
    r"\d{1,2}[ \u3000]+(?=[^\d\s])|\d{1,2}[.．、][ \u3000]*(?=[^\d\s])"
)
CLAUSE = re.compile(
    r"\*\*第[一二三四五六七八九十百零〇\d]{1,6}条[ \u3000]*([^\s,，。：:;；*]{2,16})[。：:]?\*\*[ \u3000]*|"
    r"第[一二三四五六七八九十百零〇\d]{1,6}条[ \u3000]*(?:[【(（]([^】)）]{2,16})[】)）]|"
    r"([^\s,，。：:;；]{2,16})[ \u3000：:]+(?=\S{6}))"
)
ASKED = re.compile(r"(?:问|Q)\s?\d{0,2}\s?[:：.、]\s*(\S.{3,150}[?？])$")
ANSWERED = re.compile(r"(?:\*\*)?(?:答|A|Answer)\s?[:：](?:\*\*)?\s*")
LINK = re.compile(r"!?\[([^\]\n]{0,200})\]\([^)\s]{0,500}\)")
LEVELS = {"编": 1, "篇": 1, "部": 1, "章": 2, "节": 3, "条": 4}
LOW = 7  # the level of headings that are only bold lines or questions
UNFINISHED = tuple("。；;：:，,、.!！…")


class Block(NamedTuple):
    """A stretch of a text: a heading with its level and title, a paragraph, a list, a table, code, or other."""

    kind: Kind
    start: int
    end: int
    level: int = 0
    title: str = ""


class Section(NamedTuple):
    """A heading, the titles above it, and the blocks of its own, without those of headings below it."""

    heading: Block
    path: tuple[str, ...]
    body: Sequence[Block]
    divided: bool  # whether there are headings below it


@dataclass
class Page:
    """A text and what is seen of its outline. `meta` may name the title."""

    text: str
    meta: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def blocks(self) -> list[Block]:
        """The blocks in order."""
        return list(merged(self.text, blocks_of(self.text)))

    @cached_property
    def title(self) -> str:
        """What the document is about: its first heading where that stands above all, its meta, its first line."""
        headings = [block for block in self.blocks if block.kind == "heading"]
        top = [block for block in headings if block.level == 1]
        if top and (len(top) == 1 or top[0] is headings[0]) and top[0].start < max(2_000, len(self.text) // 4):
            return named(top[0].title)
        if isinstance(told := self.meta.get("title"), str) and named(told):
            return named(told)
        if (front := re.match(r"---\n(?:[^\n]*\n){0,20}?title:[ \t]*([^\n]{2,100})\n", self.text)) is not None:
            return named(front[1].strip("\"' "))
        first = self.blocks[0] if self.blocks else None
        alone = first is not None and first.kind == "paragraph" and first.end - first.start <= MAX_HEADING
        line = self.text[first.start : first.end] if first and alone else ""
        return "" if "\n" in line or line.endswith(UNFINISHED) else named(line)

    @cached_property
    def sections(self) -> list[Section]:
        """Each heading with what stands under it."""
        at = [number for number, block in enumerate(self.blocks) if block.kind == "heading"]
        found, above = [], list[Block]()
        for here, after in pairwise([*at, len(self.blocks)]):
            heading = self.blocks[here]
            while above and above[-1].level >= heading.level:
                above.pop()
            divided = after < len(self.blocks) and self.blocks[after].level > heading.level
            path = tuple(block.title for block in above)
            found.append(Section(heading, path, self.blocks[here + 1 : after], divided))
            above.append(heading)
        return found

    @cached_property
    def titles(self) -> Counter[str]:
        """How often each heading's title stands in the text."""
        return Counter(block.title for block in self.blocks if block.kind == "heading")

    @cached_property
    def small_words(self) -> set[str]:
        """Every Latin word that the text has in small letters: such a word is no name."""
        return set(re.findall(r"(?<![A-Za-z])[a-z]{2,}", self.text))

    @cached_property
    def names(self) -> set[str]:
        """Every Latin word with a capital in the middle of a sentence."""
        return set(re.findall(r"(?<=[a-z,] )[A-Z][a-z]+", self.text))

    def lowered(self, phrase: str) -> str:
        """A phrase as it stands inside a sentence: the first letter small, unless the first word may be a name."""
        first = re.match(r"[A-Za-z]+", phrase)
        if not first or not (first[0] == "A" or first[0][1:].islower()) or re.search(r" [A-Z][a-z]", phrase):
            return phrase
        common = first[0].lower() in self.small_words or first[0] not in self.names
        return phrase[0].lower() + phrase[1:] if common else phrase


def named(title: str) -> str:
    """A title, or nothing where it names nothing: a file's name, a date, a placeholder, a whole sentence."""
    title = plain(title)
    wordless = not re.search(r"[A-Za-z]{3}|[\u4e00-\u9fff]{2}", title)
    filename = re.fullmatch(r"\S+\.\w{2,4}|readme.*|index|untitled.*|contents|目录|无标题.*", title, re.IGNORECASE)
    return "" if wordless or filename or len(title) > MAX_HEADING or re.search(r"[{}<>\[\]|]", title) else title


def plain(heading: str) -> str:
    """A heading without number, marks, links and anchors."""
    heading = LINK.sub(r"\1", heading).replace("**", "").strip().strip("*_#").strip()
    heading = re.sub(r"\s*\{[#:.][^}]{0,80}\}$", "", heading)
    for number in (CHAPTER, HAN_NUMBER, NUMBER):
        if (found := number.match(heading)) and found.end() < len(heading):
            heading = heading[found.end() :]
            break
    heading = re.sub(r"^(?:Q|问题?)\s*\d*\s*[.:：、]\s*", "", heading)
    return " ".join(heading.split()).rstrip(":：")


def blocks_of(text: str) -> Iterator[Block]:
    """One block a line or, of code and front matter, a stretch of lines; `merged` joins them. Blank lines give none."""
    at, fence, opened = 0, "", 0
    lines = text.split("\n")
    front = lines[0] == "---" and "---" in lines[1:40]
    for number, line in enumerate(lines):
        start, end, at = at, at + len(line.rstrip()), at + len(line) + 1
        words = line.strip()
        if fence or front:
            if words.startswith(fence) if fence else number and words == "---":
                yield Block("code" if fence else "other", opened, end)
                fence, front = "", False
        elif words.startswith(("```", "~~~")):
            fence, opened = words[:3], start
        elif words:
            around = [lines[n].strip() if 0 <= n < len(lines) else "" for n in (number - 1, number + 1)]
            yield from line_blocks(line, words, start, end, around)
    if fence:
        yield Block("code", opened, len(text))


def line_blocks(line: str, words: str, start: int, end: int, around: Sequence[str]) -> Iterator[Block]:
    """What one line is, given those before and after; a clause with its text on the same line is two blocks."""
    if (clause := CLAUSE.match(words)) and len(words) > clause.end() + 6:
        middle = end - len(words) + clause.end()
        yield Block("heading", end - len(words), middle, 4, (clause[1] or clause[2] or clause[3]).strip())
        yield Block("paragraph", middle, end)
        return
    if heading := heading_of(words, around):
        yield Block("heading", start, end, *heading)
    elif words[0] == "|":
        yield Block("table", start, end)
    elif line.startswith(("    ", "\t")) and not LIST.match(words):
        yield Block("code", start, end)
    elif words[0] == "*" and words.startswith("**"):
        yield Block("paragraph", start, end)
    elif LIST.match(words):
        yield Block("list", start, end)
    else:
        yield Block("other" if OTHER.match(words) else "paragraph", start if line[0] != " " else end - len(words), end)


def heading_of(words: str, around: Sequence[str]) -> tuple[int, str] | None:
    """The level and title of a line that is a heading; a level of its own for one told by numbers or marks."""
    if words[0] == "#":
        level = len(words) - len(words.lstrip("#"))
        return (level, plain(words.strip("#"))) if level <= 6 and words[level : level + 1] in (" ", "\t") else None
    if len(words) > 2 * MAX_HEADING:
        return None
    if asked := ASKED.match(words.strip("*")):
        return LOW, plain(asked[1])
    if len(words) > MAX_HEADING:
        return None
    if words.startswith("**") and words.endswith("**") and words.count("**") == 2 and words[-3] not in "：:。.":
        return LOW, plain(words)
    if re.fullmatch(r"={3,}|-{3,}", around[1]) and not around[0] and "|" not in words and not LIST.match(words):
        return (1 if around[1][0] == "=" else 2), plain(words)
    if words.endswith(UNFINISHED):
        return None
    if found := CHAPTER.match(words):
        return LEVELS[found[1]], plain(words) if found.end() < len(words) else ""
    if not around[0] and (found := HAN_NUMBER.match(words)) and len(words) <= MAX_HEADING // 2:
        return (4 if words[0] in "(（" else 3), plain(words)
    if not around[0] and (found := NUMBER.match(words)):
        dots = found[0].strip().rstrip(".．、").count(".")
        alone = not around[1] or not LIST.match(around[1])
        if dots or (alone and not around[1] and not LIST.match(words)):
            return 2 + dots, plain(words)
    return None


def merged(text: str, lines: Iterator[Block]) -> Iterator[Block]:
    """Lines of one kind that follow one another as one block; a list goes on over blank lines and indented ones."""
    open_block: Block | None = None
    for block in lines:
        if open_block and (kind := joined(text, open_block, block)):
            open_block = open_block._replace(end=block.end, kind=kind)
            continue
        if open_block:
            yield open_block
        open_block = block
    if open_block:
        yield open_block


def joined(text: str, one: Block, other: Block) -> Kind | None:
    """The kind of two neighbours as one block; none where they are two."""
    between = text[one.end : other.start]
    near = between.count("\n") == 1
    if one.kind == "list" and (other.kind == "list" or (other.kind == "code" and text[other.start] in " \t")):
        return "list"
    if one.kind == "list" and other.kind == "paragraph" and near and text[other.start - 1] == " ":
        return "list"
    if one.kind == other.kind and near and one.kind in ("paragraph", "table", "code", "other"):
        return one.kind
    return None
