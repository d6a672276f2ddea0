"""A text as it is meant: full-width, split, escaped, spelled out and line-broken data as plain letters and digits.

A view knows where each of its characters stands in the text, so that what is found in it is cut from the text whole.
It is made only of texts in which there is something to undo, and undoes only that.
"""

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

HAN_DIGITS = dict(zip("零〇○一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖", "00012345678912123456789", strict=True))
WORDS = ("zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
WORD_DIGITS = dict(zip(WORDS, "00123456789", strict=True))
NOTHING = "\u00ad\u034f\u061c\u115f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff"
MARKS = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"  # combining ones, on a letter or a digit
SPACES, HYPHENS = "\u00a0\u2000-\u200a\u202f\u205f\u3000", "\u2010-\u2015\u2212\ufe58\ufe63\uff0d·•・‧∙"
BESIDE = "0-9A-Za-z@._+:：\u4e00-\u9fff-"
WIDE = "０-９Ａ-Ｚａ-ｚ＠．＿－＋"
RINGED = "⓪①-⑨❶-❾➀-➈⁰¹²³⁴-⁹₀-₉𝟎-𝟿"
ENTITY = (
    "&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|commat|period|lowbar|hyphen|dash|ndash|nbsp|ensp|emsp|thinsp|shy|zwnj|zwj|colon"
    "|num|plus|lpar|rpar|ZeroWidthSpace);|%40|\\\\(?:u00|x)(?:40|2[bBdDeE]|3[0-9]|5[fF])"
    "|\\\\u[4-9][0-9A-Fa-f]{3}"  # Chinese as JSON writes it where it has to be ASCII
)
HAN = "".join(HAN_DIGITS)
SPOKEN = "|".join(WORD_DIGITS)
TOP = "(?:com|net|org|edu|gov|cn|io|info|biz|co|me|hk|tw|uk|us|de|fr|jp|eu|ai|dev|app|xyz|top|cc)(?![A-Za-z0-9])"
OPEN, CLOSE = r" ?[(\[{<（【「] ?", r" ?[)\]}>）】」] ?"
AT = f"{OPEN}(?:at|@|艾特){CLOSE}| at | ?艾特 ?| @ ?|@ "
DOT = f"{OPEN}(?:dot|[.]|点){CLOSE}| dot | ?点 ?| [.] ?|[.] "
LABEL, NAME = "[A-Za-z0-9-]{1,63}", "[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}"
BREAK = r"[ \t]*\r?\n[ \t>]*"

# gate → what is undone character by character, before all else
CHARACTERS = {
    f"[{BESIDE}][{NOTHING}]+[{BESIDE}]": f"[{NOTHING}]+",  # within an emoji they are no one's disguise
    f"[0-9A-Za-z@.][{NOTHING}]*[{MARKS}]": f"(?<=[0-9A-Za-z@.])[{MARKS}{NOTHING}]+",
    f"[{WIDE}]": f"[{WIDE}]+",
    f"[{RINGED}] ?[{RINGED}] ?[{RINGED}]": f"[{RINGED}]+",
    f"[0-9][0-9)][{SPACES}{HYPHENS}][0-9(x][0-9]": f"(?<=[0-9)])[{SPACES}{HYPHENS}](?=[0-9(x])",
    ENTITY: ENTITY,
}
SPELLED_HAN = f"[{HAN}](?:[ ,，、-]?[{HAN}0-9]){{6}}"
SPELLED_WORDS = f"(?i)(?:{SPOKEN})(?:[ ,.-]{{1,2}}(?:{SPOKEN})){{6}}"
SPELLED_EMAIL = (
    rf"(?i)(?:{OPEN}(?:at|@){CLOSE}|艾特| at [a-z0-9-]+ ?(?:[(\[{{<（【「] ?)?(?:dot|点|[.][)\]}}>）】」])"
    rf"|[a-z0-9_](?: @ ?|@ )[a-z0-9-]+ ?[.点]|@[a-z0-9-]+(?: dot | ?点| ?[(\[{{<（【「] ?(?:dot|[.]|点)| [.]))"
)
BROKEN_NUMBER = rf"[0-9][0-9 -]{{2,}}{BREAK}-?[0-9]|[0-9]-?{BREAK}-?[0-9][0-9 -]{{2}}"
BROKEN_EMAIL = (
    r"[A-Za-z0-9_]@[ \t]*\r?\n[ \t>]*[A-Za-z0-9]|[A-Za-z0-9]\r?\n[ \t>]*@[A-Za-z0-9-]+[.]"
    r"|[A-Za-z0-9_%+-]@[A-Za-z0-9.-]+\r?\n[ \t>]*[a-z.]|[A-Za-z0-9][_-]\r?\n[ \t>]*[A-Za-z0-9._-]+@"
)


class Edit(NamedTuple):
    """A stretch of a text and what stands for it in the view; where both are as long, character for character."""

    start: int
    end: int
    said: str


class View(NamedTuple):
    """A text with stretches replaced."""

    text: str
    edits: list[Edit]
    starts: list[int]  # where each edit stands in the view
    under: "View | None" = None  # the view that these edits were made to; none: the text itself

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch of the view stands in the text: the whole of every edit that it has a part of."""
        start, end = self.place(start, False), max(self.place(end - 1, True), self.place(start, False))
        return self.under.original(start, end) if self.under else (start, end)

    def place(self, at: int, behind: bool) -> int:
        """Where a character of the view begins, or ends, in what is under it."""
        edit_at = bisect_right(self.starts, at) - 1
        if edit_at < 0:
            return at + behind
        edit, within = self.edits[edit_at], at - self.starts[edit_at]
        if within >= len(edit.said):
            return edit.end + within - len(edit.said) + behind
        if len(edit.said) == edit.end - edit.start:
            return edit.start + within + behind
        return edit.end if behind else edit.start


def of(text: str, fired: Collection[str], ask: Callable[[str], Collection[str]]) -> View | None:
    """The view of a text in which these gates fired; `ask` says which fire in a view. None where it is the text itself.

    In linear time: a text of 10 MB with something to undo everywhere takes as long as ten of 1 MB.
    """
    patterns = [pattern for gate, pattern in CHARACTERS.items() if gate in fired]
    first = edited(text, characters(text, "|".join(patterns))) if patterns else None
    if first:
        fired = ask(first.text)
    plain = first.text if first else text
    edits = [edit for gate, found in STRETCHES.items() if gate in fired for edit in found(plain)]
    return edited(plain, edits, first) or first


def edited(text: str, edits: Iterable[Edit], under: View | None = None) -> View | None:
    """A view with the edits made, of two that overlap the first; none without edits."""
    pieces, done, starts, at, length = [], [], [], 0, 0
    for edit in sorted(edits):
        if edit.start >= at and text[edit.start : edit.end] != edit.said:
            pieces += [text[at : edit.start], edit.said]
            length += edit.start - at
            starts.append(length)
            done.append(edit)
            length += len(edit.said)
            at = edit.end
    return View("".join([*pieces, text[at:]]), done, starts, under) if done else None


def characters(text: str, pattern: str) -> Iterator[Edit]:
    """What one character stands for another's: full-width and ringed digits, escapes; nothing for what is not seen."""
    for match in re.finditer(pattern, text):
        yield Edit(*match.span(), plainly(match[0]))


def plainly(said: str) -> str:
    """What a stretch of such characters stands for."""
    first = said[0]
    if first == "&":
        said = html.unescape(said)
        return plainly(said) if re.match(f"[{NOTHING}{SPACES}{HYPHENS}]", said) else said
    if first in "%\\":
        return chr(int(said[1 if first == "%" else 2 :], 16))
    if re.match(f"[{HYPHENS}{SPACES}]", said):
        return "-" if re.match(f"[{HYPHENS}]", said) else " "
    if re.match(f"[{NOTHING}{MARKS}]", first):
        return ""
    return "".join(str(unicodedata.digit(one, "")) or unicodedata.normalize("NFKC", one) for one in said)


def spelled_han(text: str) -> Iterator[Edit]:
    """Seven digits and more in Chinese characters, some perhaps not: 一三八 一二三四 五六七八."""
    for match in re.finditer(f"[{HAN}](?:[ ,，、-]?[{HAN}0-9]){{6,}}", text):
        yield Edit(*match.span(), "".join(HAN_DIGITS.get(one, "-" if one in ",，、" else one) for one in match[0]))


def spelled_words(text: str) -> Iterator[Edit]:
    """Seven digits and more in English words: one three eight."""
    spelled = rf"(?i)(?<![a-z])(?:{SPOKEN})(?:[ ,.-]{{1,2}}(?:{SPOKEN})(?![a-z])){{6,}}"
    for match in re.finditer(spelled, text):
        for word in re.finditer(r"([ ,.-]*)([a-z]+)", match[0], re.IGNORECASE):
            yield Edit(match.start() + word.start(), match.start() + word.end(), WORD_DIGITS[word[2].lower()])


LETTER = re.compile(r"[^\W\d_]")
SPOKEN_EMAIL = re.compile(
    rf"(?<![A-Za-z0-9._%+-])(?:{NAME}(?: dot | ?点 ?|{OPEN}(?:dot|[.]|点){CLOSE})){{0,2}}{NAME}(?P<at>@|{AT})"
    rf"(?P<domain>{LABEL}(?:(?:[.]|{DOT}){LABEL}){{0,3}}(?:[.]|{DOT}){TOP})",
    re.IGNORECASE,
)
MARK = re.compile(f"{DOT}|{AT}", re.IGNORECASE)


def spelled_email(text: str) -> Iterator[Edit]:
    """An address with at and dot for its marks, or with spaces around them; " at " needs a dot that is spelled."""
    for match in SPOKEN_EMAIL.finditer(text):
        if match["at"].lower() != " at " or re.search("dot|点", match["domain"], re.IGNORECASE):
            start = match.start("at") if match["at"] == "@" else match.start()  # 下午3点tom@qq.com
            for mark in MARK.finditer(text, start, match.end()):
                yield Edit(*mark.span(), "@" if mark.span() == match.span("at") else ".")


def broken_number(text: str) -> Iterator[Edit]:
    """A line's end within a number; not between the numbers of a column, which fill their lines."""
    for match in re.finditer(rf"(?<=[0-9])(-?){BREAK}(?=-?[0-9])", text):
        line = text[max(0, match.start() - 80) : match.start()].rpartition("\n")[2]
        rest = text[match.end() : match.end() + 80].partition("\n")[0]
        if LETTER.search(line) or LETTER.search(rest):
            yield Edit(*match.span(), match[1])


def broken_email(text: str) -> Iterator[Edit]:
    """A line's end within an address."""
    domain = rf"(?:{LABEL}[.]){{1,3}}{TOP}"
    for pattern in (
        rf"(?<=[A-Za-z0-9_]@){BREAK}(?={domain})",
        rf"(?<=[A-Za-z0-9]){BREAK}(?=@{domain}(?![A-Za-z0-9(.-]))",
        rf"(?<=@)(?P<kept>(?:{LABEL}[.]){{1,3}}){BREAK}(?=(?:{LABEL}[.])?{TOP})",
        rf"(?<=@)(?P<kept>{LABEL}(?:[.]{LABEL}){{0,2}}){BREAK}(?=(?:[a-z0-9-]{{0,63}}[.]){{1,4}}{TOP})",
        rf"(?<=[A-Za-z0-9][_-])\r?\n[ \t>]*(?=[A-Za-z0-9._-]{{1,63}}@{domain})",
    ):
        for match in re.finditer(pattern, text, re.IGNORECASE):
            yield Edit(match.end(1) if match.re.groups else match.start(), match.end(), "")


STRETCHES = {
    SPELLED_HAN: spelled_han,
    SPELLED_WORDS: spelled_words,
    SPELLED_EMAIL: spelled_email,
    BROKEN_NUMBER: broken_number,
    BROKEN_EMAIL: broken_email,
}
GATES = (*CHARACTERS, *STRETCHES)
