"""Telephone numbers and bank cards."""

import re
from collections.abc import Callable
from functools import lru_cache

from curate.personal.check_digits import with_luhn
from curate.personal.context import announced, counted, follows, other, sure, words
from curate.personal.found import Candidate, Rule

PHONE_WORDS = words(
    "电话|手机|手提|移动号码|座机|固话|联系|致电|拨打|来电|回电|呼叫|传真|热线|总机|分机|(?<![证照卡帐账牌户件qQ])号码|短信",
    "tel|telephone|telefon|phones?|ph|calls?|called|text|sms|mobile|mob|cell|cellphone|fax|contact|whatsapp|telegram|viber"
    "|dial|ring|reach(?:ed|able)?(?: (?:me|us|him|her|them))?|hotline|landline|[tmfp](?=[:：.])",
)
PHONE_BEHIND = words("手机|电话|座机|同微信|微信同号|宅电|办公", "mobile|cell|phone|tel|fax|home|office|work")
CARD_WORDS = words(
    "卡号|银行|储蓄卡|借记卡|信用卡|贷记卡|账号|帐号|账户|帐户|户头|银联|汇款|转账|打款|刷卡|绑卡|[此该本]卡|的卡",
    "cards?|visa|mastercard|amex|unionpay|debit|credit|bank|account|acct|a/c|payment|paid|pay|charged?|pan|wire|jcb|discover",
)
# Visa, Mastercard, American Express, JCB, Discover, UnionPay and Maestro; a Visa of 13 digits could be an article.
NETWORKS = re.compile(
    "4.{15}(...)?|(5[1-5]|2[2-7]).{14}|3[47].{13}|35[2-8].{13}|6011.{12}|64[4-9].{13}|65.{14}|(62|60|81).{14,17}|9[0-9]{15,18}"
)
DAY = re.compile(
    r"(?:18|19|20)[0-9]{2}([-./年]?)(?:0?[1-9]|1[0-2])([-./月]?)(?:[0-2]?[0-9]|3[01])日?(?:[ T]?[0-2][0-9]:?.*)?"
)
REGULAR = re.compile("1[3-9][0-9](?:[ -]{0,3}[0-9]{4}){2}$")
YEARS = re.compile(r"(?:18|19|20)[0-9]{2} ?[-~–/] ?(?:18|19|20)[0-9]{2}")
LISTED = re.compile("[(（]?[0-9][0-9()（） ./-]{6,20}[,，、/;；| ]{0,3}")  # 电话：62345678、62345679
BREAK = re.compile(r"[。！？；;,，]|\n\n|[.!?]\s|[0-9]{1,2}[^0-9]")
LINK = re.compile(
    r"(?:[^a-z0-9]|(?<![a-z])(?:me|us|him|her|them|at|on|is|was|no|nr|num|number|numbers|to|now|or|and|my|our|the|home|office"
    r"|work|mobile|tel|phone|fax|via|direct|line|ext)(?![a-z])){0,24}",
    re.IGNORECASE,
)
IN_URL = re.compile(r"(?:://|www\.)\S*\Z", re.IGNORECASE)
URL_PHONE = re.compile(r"(?:phone|mobile|tel|sms|whatsapp|wa\.me/|t\.me/)[=:/+%2B]*\Z", re.IGNORECASE)

# Beside a number stands no digit, nor a dot or hyphen with a digit beyond, as in versions, floats and longer numbers;
# letters only where they are a word of their own, not a code's. The middle of a UUID stands behind four and a hyphen.
GLUED = ("tel", "phone", "mobile", "cell", "card", "fax", "call", "whatsapp", "id", "no", "sfz", "hotline")
LEFT = rf"(?:(?<![A-Za-z0-9])|{'|'.join(f'(?<={word})' for word in GLUED)})(?<![0-9][.-])(?<![0-9a-f]{{4}}-)"
RIGHT = r"(?![0-9]|[.-][0-9]|[A-Za-z]{1,2}(?![A-Za-z])|-[0-9a-f]{4}-)"
EDGE, END = "(?:^|[^0-9])", "(?:[^0-9]|$)"
BEFORE = "(?:^|[^0-9]|86)"  # part of a longer number it is no telephone's, and of those logs are full
AREA = "(?:10|2[0-9]|[3-9][0-9]{2})"  # behind the 0: 010 Beijing, 021 Shanghai, 0755 Shenzhen
CHINA = r"(?:(?:[(（](?:[+]|00)?86[)）]|(?:[+]|00)?86)[ -]{0,3})?"
EXTENSION = r"(?:[ ]?(?:-|转|ext\.?|extension|分机[:：]?|x|#)[ ]?[0-9]{1,6})?"
GAP = "[^0-9]*"  # in a gate: no counting, so that the automaton stays small


def phone(gate: str, pattern: str, holds: Callable[[Candidate], float]) -> Rule:
    """A rule for telephone numbers, with what must not stand beside one."""
    return Rule("phone", gate, re.compile(f"{LEFT}(?:{pattern}){RIGHT}", re.IGNORECASE), holds, reach=64)


def called(candidate: Candidate, plain: float) -> float:
    """How sure a number is that is built as a telephone's: by the words beside it, or `plain` without any."""
    if counted(candidate) or (in_url(candidate) and not URL_PHONE.search(candidate.before)):
        return 0.2
    if follows(candidate, PHONE_BEHIND):
        return 0.95
    return sure(candidate, PHONE_WORDS, plain)


def in_url(candidate: Candidate) -> bool:
    """Whether a number is part of a web address, where one of eleven digits counts pages or builds."""
    return IN_URL.search(candidate.before) is not None


def is_mobile(candidate: Candidate) -> float:
    """Whether eleven digits are a Chinese mobile number; in a row of numbers they may be several."""
    said, bare = candidate.said, re.sub("[^0-9]", "", candidate.said)
    if "+86" in said or bare.startswith("0086"):
        return 1
    if bare.endswith("0000000") or candidate.before.endswith("#"):
        return called(candidate, 0.3)  # 13800000000 parameters, issue #13812345678
    spaced = " " in said.strip()
    in_row = spaced and (re.search(r"[0-9]\s{1,3}\Z", candidate.before) or re.match(r"\s{1,3}[0-9]", candidate.after))
    return called(candidate, 0.3 if in_row else 0.7 if spaced else 0.9)


def is_oddly_spaced(candidate: Candidate) -> float:
    """Whether they are one where the groups are not 3-4-4: behind a word for it, or +86."""
    said = candidate.said
    if REGULAR.search(said):
        return 0
    return (
        0.95
        if re.match("[(]?(?:[+]|00)86", said)
        else called(candidate, 0.6 if re.fullmatch("[0-9]{3}[ -][0-9]{8}", said) else 0.3)
    )


def is_landline(candidate: Candidate) -> float:
    """Whether digits behind an area code in brackets or before a hyphen are a Chinese landline."""
    return 0 if is_hotline(candidate) else called(candidate, 0.9)


def is_bare_landline(candidate: Candidate) -> float:
    """Whether eleven or twelve digits from 0 on are one: only behind a word for it."""
    return called(candidate, 0.4)


def is_american(candidate: Candidate) -> float:
    """Whether ten digits in groups of 3-3-4 are an American number, and no firm's 800."""
    return 0 if is_hotline(candidate) else called(candidate, 0.9)


def is_bare_american(candidate: Candidate) -> float:
    """Whether they are one without marks between: only behind a word for it."""
    return 0 if is_hotline(candidate) else called(candidate, 0.3)


def is_hotline(candidate: Candidate) -> bool:
    """Whether a number is a firm's: 400 in China and 800 in both countries are nobody's own."""
    return re.match(r"(?:(?:00)?1(?=[48]00.{7}))?[48]00", candidate.digits) is not None


def is_international(candidate: Candidate) -> float:
    """Whether a number with + is one of its country's."""
    if is_hotline(candidate):
        return 0
    known = of_country(re.sub(r"\(0\)|[^0-9+]", "", re.split("(?i)ext|x|#|转", candidate.said)[0]))
    if known == "valid":
        return 0.95
    return called(candidate, 0.55) if known == "possible" and len(candidate.digits) > 8 else 0


@lru_cache(4096)
def of_country(number: str) -> str:
    """Whether a number from + on is `valid`, or of a `possible` length, or neither, by its country's plan."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return ""
    if phonenumbers.is_valid_number(parsed):
        return "valid"
    return "possible" if phonenumbers.is_possible_number(parsed) else ""


def is_told(candidate: Candidate) -> float:
    """Whether digits behind a word for a telephone number are one: seven to fifteen, no date, no hotline."""
    said, digits = candidate.said, candidate.digits
    if (
        not 7 <= len(digits) <= 15
        or DAY.fullmatch(said)
        or YEARS.match(said)
        or is_hotline(candidate)
        or counted(candidate)
    ):
        return 0
    if (
        re.fullmatch(r"[0-9]{1,4}[.][0-9]+|[0-9]{1,3}(?:[.][0-9]{1,3}){3}", said)
        or in_url(candidate)
        or len(set(digits)) < 3
    ):
        return 0
    return 0.6 if announced(candidate, PHONE_WORDS) and is_close(candidate) else 0


def is_close(candidate: Candidate) -> bool:
    """Whether only a few words, no sentence's end and no number but telephones lie between the word and the number."""
    *_, last = PHONE_WORDS.finditer(candidate.before)
    between = LISTED.sub("", candidate.before[last.end() :])
    if BREAK.search(between) or len(between) > 24:
        return False
    # Digits alone are counts as well: call stack depth 1234567, the cell at row 1048576.
    return re.search("[ .()-]|^0", candidate.said) is not None or LINK.fullmatch(between) is not None


def is_anything(candidate: Candidate) -> float:
    """Whether digits could be a telephone number at all; found at the level `wide`."""
    said, digits = candidate.said, candidate.digits
    if DAY.fullmatch(said) or YEARS.match(said) or counted(candidate) or other(candidate) or in_url(candidate):
        return 0
    grouped = re.search("[ .()-]", said) is not None
    return (
        0.3 if re.fullmatch(r"[0-9]+[.][0-9]+", said) is None and (grouped or len(digits) in (8, 9, 10, 11, 12)) else 0
    )


def is_bank_card(candidate: Candidate) -> float:
    """Whether digits have a card's check digit (Luhn) and a network's start and length, or are said to be a card."""
    number = candidate.digits
    if not 14 <= len(number) <= 19 or with_luhn(number) != number or len(set(number)) < 2:
        return 0
    if announced(candidate, CARD_WORDS) or follows(candidate, CARD_WORDS):
        return 0.95
    if number.startswith(("978", "979")) or counted(candidate) or in_url(candidate) or other(candidate):
        return 0.3
    return 0.7 if NETWORKS.fullmatch(number) and number[0] != "9" else 0.3


TELLING = (
    "(?i:电话|手机|手提|座机|固话|联系|致电|拨打|来电|回电|呼叫|传真|总机|号码|短信|whatsapp|tel|phone|call|mobile|cell|fax"
    "|contact|telegram|viber|dial|landline|(?:text|sms|ring|reach(?:ed|able)?)(?: [a-z]+ at)?[ :])"
)
BARE = r"(?:[(（][0-9]{2,5}[)）]|[0-9])(?:[ .()（）/-]{0,2}[0-9]){4,14}+"
RULES = (
    phone(
        rf"{BEFORE}1[3-9][0-9][)）]?(?:[ -]{{0,3}}[0-9]{{4}}[ -]{{0,3}}[0-9]{{4}}|[.·][0-9]{{4}}[.·][0-9]{{4}}){END}",
        rf"{CHINA}(?:1[3-9][0-9]|[(（]1[3-9][0-9][)）])(?:(?:[ -]{{0,3}}[0-9]{{4}}){{2}}|[.][0-9]{{4}}[.][0-9]{{4}})",
        is_mobile,
    ),
    phone(f"{BEFORE}1[3-9](?:[ -]?[0-9]){{9}}{END}", rf"{CHINA}1[3-9](?:[ -]?[0-9]){{9}}", is_oddly_spaced),
    phone(
        rf"(?:[(（]0{AREA}[)）][ -]?|0{AREA}[ -]{{1,3}}|86[)）]?[ -]?[(（]?0?{AREA}[ )）-]{{1,2}})"
        "[2-8][0-9]{2,3}[ -]?[0-9]{4}",
        rf"(?:{CHINA}(?:[(（]0{AREA}[)）][ -]?|0{AREA}[ -]{{1,3}})|(?:[+]|00)?86[ -]?[(（]?0?{AREA}[ )）-]{{1,2}})"
        rf"[2-8][0-9]{{2,3}}[ -]?[0-9]{{4}}{EXTENSION}",
        is_landline,
    ),
    phone(f"{BEFORE}0{AREA}[2-8][0-9]{{6}}", rf"{CHINA}0{AREA}[2-8][0-9]{{6,7}}{EXTENSION}", is_bare_landline),
    phone(
        r"(?:[(][2-9][0-9]{2}[)][ .-]?|[2-9][0-9]{2}[.-])[2-9][0-9]{2}[ .-]?[0-9]{4}",
        rf"(?:(?:[+]|00)?1[ .-]?)?(?:\([2-9][0-9]{{2}}\)[ .-]?[2-9][0-9]{{2}}[ .-]?"
        rf"|[2-9][0-9]{{2}}([.-])[2-9][0-9]{{2}}[ .-])[0-9]{{4}}{EXTENSION}",
        is_american,
    ),
    phone(
        f"(?:{TELLING}){GAP}1?[ .-]?[2-9][0-9]{{2}} ?[2-9][0-9]{{2}} ?[0-9]{{4}}",
        rf"(?:1[ .-]?)?[2-9][0-9]{{2}} ?[2-9][0-9]{{2}} ?[0-9]{{4}}{EXTENSION}",
        is_bare_american,
    ),
    phone(
        r"[+] ?[1-9](?:[ .()（）/-]{0,3}[0-9]){6}",
        rf"[+] ?[1-9](?:(?:[ ./-]|[ -]?[(（]|[)）][ -]?)?[0-9]){{6,14}}+{EXTENSION}",
        is_international,
    ),
    phone(f"(?:{TELLING}){GAP}[0-9](?:[ .()（）/-]{{0,2}}[0-9]){{6}}", BARE + EXTENSION, is_told),
    Rule(
        "bank_card",
        f"{EDGE}[2-9][0-9]{{3}}(?:[ -]?[0-9]{{4}}[ -]?[0-9]{{4}}[ -]?[0-9]{{3}}|[ -]?[0-9]{{6}}[ -]?[0-9]{{4,5}}"
        "|[0-9]{2}[ -][0-9]{8})",
        re.compile(
            rf"{LEFT}(?:[2-9][0-9]{{14,18}}|[2-9][0-9]{{3}}(?:[ -]?[0-9]{{4}}){{2,3}}(?:[ -]?[0-9]{{1,4}})?"
            rf"|3[0-9]{{3}}[ -]?[0-9]{{6}}[ -]?[0-9]{{4,5}}|[2-9][0-9]{{5}}[ -][0-9]{{10,13}}){RIGHT}",
            re.IGNORECASE,
        ),
        is_bank_card,
        reach=48,
    ),
)
WIDE = (phone("[0-9](?:[ .()/-]{0,2}[0-9]){6}", BARE, is_anything),)
