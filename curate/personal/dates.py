"""Dates as people write them: moved by some days in the form that they have, or cut to their year."""

import re
from collections.abc import Sequence
from datetime import date, timedelta

from curate.personal.fake_numbers import SPOKEN, SPOKEN_BACK

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
MONTH = "|".join(["Sept\\.?", *(f"{name}|{name[:3]}\\.?" for name in MONTHS)])
# Which groups are year, month and day; a form that says no month or no day moves as if it were the middle of it.
FORMS: tuple[tuple[str, str], ...] = (
    (r"(?<!\d)(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})", "ymd"),
    (r"(?<!\d)(\d{4})\s*([-/.])\s*(\d{1,2})\s*\2\s*(\d{1,2})(?!\d)", "y-md"),
    (r"(?<!\d)((?:18|19|20)\d\d)(\d\d)(\d\d)(?!\d)", "ymd"),
    (r"(?<!\d)(\d{1,2})\s*([-/.])\s*(\d{1,2})\s*\2\s*(\d{4})(?!\d)", "m-dy"),
    (rf"(?i)\b({MONTH})\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})(?!\d)", "mdy"),
    (rf"(?i)(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?({MONTH}),?\s+(\d{{4}})(?!\d)", "dmy"),
    (r"(?<!\d)(\d{4})\s*年\s*(\d{1,2})\s*月", "ym"),
    (r"(?<!\d)(\d{4})[-/.](\d{1,2})(?!\d)", "ym"),
    (r"(?<!\d)(\d{1,2})\s*月\s*(\d{1,2})", "md"),
    (r"(?<!\d)(\d{4})(?!\d)", "y"),
)
COMMON_YEAR = 2023  # of a date that says none
SPOKEN_DATE = re.compile(
    "([〇零○一二三四五六七八九]{4})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})(?=[日号])"
)


def shifted(text: str, days: int) -> str | None:
    """The first date in a text some days later, written as it was; none where there is no date, or no such day."""
    if spoken := SPOKEN_DATE.search(text):
        return shifted_spoken(text, spoken, days)
    narrow = in_ascii(text)
    for pattern, form in FORMS:
        if match := re.search(pattern, narrow):
            groups = {part: at for at, part in enumerate(form, 1) if part != "-"}
            if form == "y":  # it says no more than `year` would leave of it
                return text
            if (day := day_of(match, groups)) is None or (later := later_by(day, days)) is None:
                return None
            new = {"y": f"{later.year:04}", "m": str(later.month), "d": str(later.day)}
            return put(text, match, [(at, new[part]) for part, at in groups.items()])
    return None


def shifted_spoken(text: str, match: "re.Match[str]", days: int) -> str | None:
    """A date in Chinese numerals some days later: 二〇二四年十二月三十日. None where it is no day."""
    try:
        day = date(int("".join(SPOKEN[one] for one in match[1])), numeral(match[2]), numeral(match[3]))
    except ValueError:
        return None
    if (later := later_by(day, days)) is None:
        return None
    nought = next((one for one in match[1] if one in "〇零○"), "〇")
    year = "".join(SPOKEN_BACK[int(one)] for one in f"{later.year:04}").replace("零", nought)
    return f"{text[: match.start()]}{year}年{spelled(later.month)}月{spelled(later.day)}{text[match.end() :]}"


def numeral(said: str) -> int:
    """A number up to 99 in Chinese numerals: 三十一."""
    tens, ten, ones = said.rpartition("十")
    return (int(SPOKEN.get(tens, "1")) * 10 if ten else 0) + int(SPOKEN.get(ones, "0"))


def spelled(number: int) -> str:
    """A number up to 99 in Chinese numerals."""
    tens, ones = divmod(number, 10)
    return (SPOKEN_BACK[tens] if tens > 1 else "") + "十" * (tens > 0) + (SPOKEN_BACK[ones] if ones else "")


def year(text: str) -> str | None:
    """The year of the first date in a text, with 年 where the date has it; none where it says none."""
    if spoken := SPOKEN_DATE.search(text):
        return f"{spoken[1]}年"
    narrow = in_ascii(text)
    for pattern, form in FORMS:
        if "y" in form and (match := re.search(pattern, narrow)):
            return match[form.index("y") + 1] + "年" * ("年" in text)
    return None


def in_ascii(text: str) -> str:
    """A text with its digits as ASCII, one for one."""
    return text if text.isascii() else "".join(str(int(one)) if one.isdecimal() else one for one in text)


def day_of(match: "re.Match[str]", groups: dict[str, int]) -> date | None:
    """The day that a match says; where its month cannot be one, the day stands first. None where it is no day."""
    told = {part: number_of(match[at]) for part, at in groups.items()}
    if told.get("m", 0) > 12 and told.get("d", 13) <= 12:
        groups["m"], groups["d"] = groups["d"], groups["m"]
        told["m"], told["d"] = told["d"], told["m"]
    try:
        return date(told.get("y", COMMON_YEAR), told.get("m", 7), told.get("d", 15))
    except ValueError:
        return None


def later_by(day: date, days: int) -> date | None:
    """A day some days later; none beyond the years 1 to 9999."""
    try:
        return day + timedelta(days)
    except OverflowError:
        return None


def number_of(said: str) -> int:
    """A number, or a month's name as its number."""
    return int(said) if said.isdecimal() else 1 + [name[:3] for name in MONTHS].index(said[:3].capitalize())


def put(text: str, match: "re.Match[str]", new: Sequence[tuple[int, str]]) -> str:
    """A text with other numbers in the place of some groups: with as many digits where they had a zero before."""
    short = [match[at] for at, said in new if match[at].isdecimal() and len(said) < 3]
    padded = any(said[0] == "0" for said in short) or (all(len(said) == 2 for said in short) and "月" not in text)
    for at, said in sorted(new, key=lambda one: -match.start(one[0])):
        old = text[match.start(at) : match.end(at)]
        if not old[0].isdecimal():
            said = month_like(old, int(said))
        elif padded:
            said = said.zfill(2)
        if old[0].isdecimal() and not old[0].isascii():
            said = "".join(chr(ord(one) + 0xFEE0) for one in said)
        text = text[: match.start(at)] + said + text[match.end(at) :]
    return text


def month_like(old: str, month: int) -> str:
    """A month's name, short and with a dot or in capitals where another one is."""
    name = MONTHS[month - 1] if len(old.rstrip(".")) > 4 or old.lower() == "may" else MONTHS[month - 1][:3]
    name = name.upper() if old.isupper() else name if old[0].isupper() else name.lower()
    return f"{name}." if old.endswith(".") and len(name) == 3 else name
