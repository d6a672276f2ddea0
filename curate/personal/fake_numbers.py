"""Fakes of numbers: other digits in the same places, check digits that hold, and a mark in the last ones before them.

The mark is what the key makes of all other digits. So it is there after one draw, however long it is.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import cache, partial
from random import Random
from typing import NamedTuple

from curate.personal import check_digits
from curate.personal.key import dice, mac

DIGITS = "0123456789"
LETTERS = "ABCDEFGHJKLMNPQRTUWXY"  # without those that identity numbers leave out: I, O, S, V, Z
SPOKEN = {"〇": "0", "零": "0", "○": "0", "幺": "1", "两": "2"} | dict(
    zip("一二三四五六七八九", DIGITS[1:], strict=True)
)
SPOKEN_BACK = "零一二三四五六七八九"
SPOKEN_TYPES = ("phone", "cn_id", "bank_card", "im_id")  # what people spell: 一三八一二三四五六七八
CITIES = LETTERS[:12]  # of a plate
LEAST_MARK = 3
DRAWS = 100  # until a fake is not the value itself
BORN_WITHIN = 730  # days; a fake's birth date is near the real one, so that an age stays plausible


class Form(NamedTuple):
    """How the numbers of a type are built. `value` is letters and digits alone, a phone's with its country."""

    draw: Callable[[str, Random], str]  # another value of the same form; check digits and mark do not matter yet
    mark: Callable[[str, Callable[[str], int]], str]  # the value with mark and check digits; of a marked one itself


def maker(type: str) -> tuple[Callable[[str, bytes], str], Callable[[str, bytes], bool]]:
    """How fakes of numbers of a type are made, and known again."""
    return partial(fake_number, type), partial(is_fake_number, type)


def fake_number(type: str, text: str, key: bytes) -> str:
    """Another number of the type, written as this one is."""
    places, country = core(type, text)
    own = country + "".join(one for _, one in places).upper()
    random, drawn = dice(key, type, own), own
    for _ in range(DRAWS):
        if drawn != own:
            break
        drawn = marked(type, drawn_of(type, own, random), key)
    return poured(text, places, drawn[len(country) :])


def is_fake_number(type: str, text: str, key: bytes) -> bool:
    """Whether a number carries its mark."""
    places, country = core(type, text)
    own = country + "".join(one for _, one in places).upper()
    least = 2 * LEAST_MARK - (type == "plate")  # a trailer's has five, and Chinese characters on both sides
    return len(own) >= least and marked(type, own, key) == own


def drawn_of(type: str, value: str, random: Random) -> str:
    """Another number of the same form, or where the type knows no such form with the same letters and digits."""
    try:
        drawn = FORMS[type].draw(value, random)
    except (ValueError, IndexError):
        drawn = ""
    return drawn if len(drawn) == len(value) else redrawn(value, random)


def marked(type: str, value: str, key: bytes) -> str:
    """A number with its mark and its check digits."""
    number = partial(mac, key, "mark", type)
    try:
        made = FORMS[type].mark(value, number)
    except (ValueError, IndexError):
        made = ""
    return made if len(made) == len(value) else marked_shape(value, number)


def written(type: str, text: str) -> list[tuple[int, str]]:
    """The letters and digits of a text as ASCII, with their places; of some types Chinese numerals, too."""
    found = []
    for at, one in enumerate(text):
        narrow = one if one.isascii() else unicodedata.normalize("NFKC", one)
        if type in SPOKEN_TYPES:
            narrow = SPOKEN.get(narrow, narrow)
        if len(narrow) == 1 and narrow.isascii() and narrow.isalnum():
            found.append((at, narrow))
    return found


def poured(text: str, places: Sequence[tuple[int, str]], new: str) -> str:
    """A text with other letters and digits in these places: full-width, spelled or small where it was so."""
    made = list(text)
    for (at, _), one in zip(places, new, strict=True):
        old = text[at]
        one = one.lower() if old.islower() else one
        if 0xFF00 < ord(old) < 0xFF5F:
            one = chr(ord(one) + 0xFEE0)
        elif old in SPOKEN and one in DIGITS:
            one = SPOKEN_BACK[int(one)]
        made[at] = one
    return "".join(made)


def core(type: str, text: str) -> tuple[list[tuple[int, str]], str]:
    """The letters and digits of the number itself, and its country: a phone's stand without that and an extension.

    So that 13812345678 and +86 138 1234 5678 are one number; 010-62345678 and +86 10 62345678 are, too.
    """
    places = written(type, text)
    if type != "phone":
        return places, ""
    if extension := re.search(r"转|分机|(?i:ext|x|#)", text):
        places = [place for place in places if place[0] < extension.start()]
    digits = "".join(one for _, one in places)
    zeros = 2 * digits.startswith("00")
    abroad = zeros > 0 or unicodedata.normalize("NFKC", text).lstrip(" (").startswith("+")
    if re.fullmatch("86(1[3-9][0-9]{9}|0?[1-9][0-9]{8,10})", digits[zeros:]) and (abroad or len(digits) > 11):
        mobile, trunk = re.match("1[3-9]", digits[zeros + 2 :]), digits[zeros + 2 :].startswith("0")
        return places[zeros + 2 :], "" if trunk or (mobile and len(digits) == zeros + 13) else "0"
    if abroad:
        length = country_digits(digits[zeros:])
        code = digits[zeros : zeros + length]
        return places[zeros + length :], "" if code == "1" else f"+{code}"
    return places[re.match(r"1[-. (]+[2-9][0-9]{2}[-. )]", text) is not None :], ""


def country_digits(digits: str) -> int:
    """How many digits of an international number are its country's."""
    import phonenumbers

    try:
        return len(str(phonenumbers.parse(f"+{digits}").country_code))
    except phonenumbers.NumberParseException:
        return 0


def redrawn(value: str, random: Random, kept: int = 0) -> str:
    """Each digit another digit and each letter another letter, but for the first ones; no number gains a leading 0."""
    pairs = enumerate(value)
    new = "".join(one if at < kept else random.choice(DIGITS if one.isdigit() else LETTERS) for at, one in pairs)
    return f"{random.choice(DIGITS[1:])}{new[1:]}" if not kept and new[:1] == "0" != value[:1] else new


def with_mark(value: str, number: Callable[[str], int], places: Sequence[int], close: Callable[[str], str]) -> str:
    """The value with what the key makes of all its other characters in some places, and its check digits."""
    blank = list(value)
    for at in places:
        blank[at] = "0" if value[at].isdigit() else "A"
    drawn = number(close("".join(blank)))
    for at in places:
        alphabet = DIGITS if value[at].isdigit() else LETTERS
        drawn, chosen = divmod(drawn, len(alphabet))
        blank[at] = alphabet[chosen]
    return close("".join(blank))


def at_end(length: int, before: int, close: Callable[[str], str]) -> Callable[[str, Callable[[str], int]], str]:
    """A mark of some characters in front of the last ones. Raises `ValueError` where the number is too short for it."""

    def mark(value: str, number: Callable[[str], int]) -> str:
        if len(value) <= length + before:
            raise ValueError("too short for a number of this type")
        return with_mark(value, number, range(len(value) - before - length, len(value) - before), close)

    return mark


def as_is(value: str) -> str:
    """A number that has no check digit."""
    return value


def marked_shape(value: str, number: Callable[[str], int]) -> str:
    """Letters and digits of any form: half of them, at the end, are the mark."""
    return with_mark(value, number, range(len(value) - shape_room(value), len(value)), as_is)


def shape_room(value: str) -> int:
    """How long the mark of letters and digits of any form is: of fewer than six there is none."""
    return min(6, len(value) // 2) if len(value) >= 2 * LEAST_MARK else 0


def draw_phone(value: str, random: Random) -> str:
    """A mobile number of China, a landline of the same area, or of the US one with 555, as hardly any has."""
    if re.fullmatch("1[3-9][0-9]{9}", value):
        return random.choice(mobiles()) + redrawn(value[3:], random)
    if re.fullmatch("[2-9][0-9]{2}[2-9][0-9]{6}", value):
        return random.choice(areas_us()) + "555" + redrawn(value[6:], random)
    if value[0] == "0" and len(value) > 9:  # 010 and 02x are areas of three digits, all others have four
        return redrawn(value, random, 4 if value[1] in "12" else 5)
    return redrawn(value, random, 6 if value[0] == "+" else 4 if len(value) > 8 else 1)


def mark_phone(value: str, number: Callable[[str], int]) -> str:
    """The last four digits follow from the others; of 555-xxxx three, since hardly more than the area is free there."""
    if len(value) < 2 * LEAST_MARK:
        raise ValueError("too short for a phone number")
    places = range(len(value) - (3 if re.fullmatch("[2-9][0-9]{2}555[0-9]{4}", value) else 4), len(value))
    return with_mark(value, number, places, as_is)


@cache
def mobiles() -> list[str]:
    """The beginnings of Chinese mobile numbers that the three carriers have given out for long."""
    return [str(one) for one in (*range(130, 140), *range(150, 160), *range(180, 190)) if one != 154]


@cache
def areas_us() -> list[str]:
    """The area codes of the US."""
    import phonenumbers

    numbers = (f"+1{area}5550123" for area in range(201, 990))
    return [said[2:5] for said in numbers if phonenumbers.is_valid_number(phonenumbers.parse(said))]


def draw_cn_id(value: str, random: Random) -> str:
    """Another county and a birth date within two years; whether man or woman stays."""
    region = random.choice(counties())
    if len(value) == 15:
        born = near("19" + value[6:12], random)[2:]
        return region + born + redrawn(value[12:14], random) + same_parity(value[14], random)
    return region + near(value[6:14], random) + redrawn(value[14:16], random) + same_parity(value[16], random) + "0"


def near(born: str, random: Random) -> str:
    """A day up to two years before another one, both as eight digits. So no fake is of a day to come."""
    return f"{date.fromisoformat(born) - timedelta(random.randrange(1, BORN_WITHIN)):%Y%m%d}"


def same_parity(digit: str, random: Random) -> str:
    """A digit that is odd where this one is."""
    return str(random.randrange(5) * 2 + int(digit) % 2)


def mark_cn_id(value: str, number: Callable[[str], int]) -> str:
    """County and first digits of the sequence follow from birth date and last digit: one in 300,000 has them so."""
    if len(value) not in (15, 18):
        raise ValueError("no identity number has that length")
    born, last = (value[6:12], value[14]) if len(value) == 15 else (value[6:14], value[16])
    drawn, first = divmod(number(born + last), 100)
    county = counties()[drawn % len(counties())]
    return check_digits.with_cn_id(f"{county}{born}{first:02}{last}{'0' * (len(value) == 18)}")


@cache
def counties() -> list[str]:
    """The codes of counties; those of whole provinces and cities end in 00."""
    return [code for code in check_digits.regions() if not code.endswith("00")]


def draw_ssn(value: str, random: Random) -> str:
    """An area that is given out (not 000, 666, 900-999) and a group that is not 00."""
    area = random.choice([one for one in range(1, 900) if one != 666])
    return f"{area:03}{random.randrange(1, 100):02}{redrawn(value[5:], random)}"


def draw_itin(value: str, random: Random) -> str:
    """A taxpayer's number: 9, and one of the groups that are given out."""
    group = random.choice([*range(50, 66), *range(70, 89), 90, 91, 92, *range(94, 100)])
    return f"9{redrawn(value[1:3], random)}{group}{redrawn(value[5:], random)}"


def no_zeros(value: str) -> str:
    """A social security number whose last four digits are not 0000."""
    return value if value[5:] != "0000" else f"{value[:5]}0001"


def draw_plate(value: str, random: Random) -> str:
    """Another car of the province; the letter that says what drives it stays, on the plates that have one."""
    if len(value) == 7:
        return random.choice(CITIES) + "".join(redrawn(one, random) if one.isdigit() else one for one in value[1:])
    return random.choice(CITIES) + "".join(redrawn(one, random) for one in value[1:])


def mark_plate(value: str, number: Callable[[str], int]) -> str:
    """Three characters, the last that may change, follow from the others."""
    places = [at for at, one in enumerate(value) if at and (one.isdigit() or len(value) != 7)]
    if len(places) < LEAST_MARK:
        raise ValueError("too short for a plate")
    return with_mark(value, number, places[-LEAST_MARK:], as_is)


def draw_uscc(value: str, random: Random) -> str:
    """Another organisation, in another county."""
    return value[:2] + random.choice(counties()) + redrawn(value[8:16], random, 1) + "00"


def draw_im_id(value: str, random: Random) -> str:
    """Another account; the start that WeChat gives to all stays."""
    return redrawn(value, random, 4 if value.startswith("WXID") else 0)


def draw_twice(value: str, random: Random) -> str:
    """Another number behind the letter and digit that say of what kind it is."""
    return redrawn(value, random, 2)


def draw_first(value: str, random: Random) -> str:
    """Another number behind the character that says of what kind it is."""
    return redrawn(value, random, 1)


def draw_card(value: str, random: Random) -> str:
    """Another card of the same network."""
    return redrawn(value, random, 4)


FORMS = {
    "phone": Form(draw_phone, mark_phone),
    "cn_id": Form(draw_cn_id, mark_cn_id),
    "bank_card": Form(draw_card, at_end(5, 1, check_digits.with_luhn)),
    "passport": Form(draw_first, at_end(4, 0, as_is)),
    "travel_permit": Form(draw_first, at_end(4, 0, as_is)),
    "hk_id": Form(redrawn, at_end(3, 1, check_digits.with_hk_id)),
    "macau_id": Form(draw_first, at_end(4, 0, as_is)),
    "tw_id": Form(draw_twice, at_end(4, 1, check_digits.with_tw_id)),
    "us_ssn": Form(draw_ssn, at_end(4, 0, no_zeros)),
    "us_itin": Form(draw_itin, at_end(4, 0, as_is)),
    "iban": Form(draw_card, at_end(6, 0, check_digits.with_iban)),
    "uscc": Form(draw_uscc, at_end(6, 2, lambda value: check_digits.with_uscc(value[:16]))),
    "plate": Form(draw_plate, mark_plate),
    "im_id": Form(draw_im_id, marked_shape),
    "record_number": Form(redrawn, marked_shape),
}
