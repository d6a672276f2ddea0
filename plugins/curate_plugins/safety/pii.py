"""Personal data: what to remove. Found by pattern and check digit, so that Chinese and English are one matter."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cache
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import curate
from curate import Batch

Type = Literal["email", "phone", "cn_id", "bank_card"]
Action = Literal["replace", "mask", "redact"]
Cut = tuple[int, int, str]
# What no personal data of these types is without: an @ behind a letter or digit, or seven digits, perhaps in groups.
GATE = r"[A-Za-z0-9０-９Ａ-Ｚａ-ｚ][@＠]|[0-9０-９](?:[-. ()（）－]{0,3}[0-9０-９]){6}"
PLACES = re.compile("@|[0-9](?:[-. ()]{0,3}[0-9]){6,}")  # where to look, once the text is narrow
WIDE = re.compile("[０-９Ａ-Ｚａ-ｚ＠]")
NARROW = {0xFF01 + at: chr(0x21 + at) for at in range(94)}  # full-width ASCII, one character for one
PHONE_WORDS = re.compile(
    r"(?i)电话|手机|联系|致电|拨打|传真|热线|座机|\b(?:tel|phone|call|text|mobile|cell|fax|contact|whatsapp)"
)
BANK_WORDS = re.compile(r"(?i)卡号|银行|账号|帐号|账户|信用卡|\b(?:card|visa|bank|account|payment)")
# Visa, Mastercard, American Express, JCB, UnionPay and Maestro; a Visa of 13 digits could be an article number.
NETWORKS = re.compile("4.{15}(...)?|(5[1-5]|2[2-7]).{14}|3[47].{13}|35.{14}|(6[0-8]|81).{14,17}")
FILE_ENDINGS = ("png", "jpg", "jpeg", "gif", "svg", "webp")  # icon@2x.png
PROVINCES = {11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54}
PROVINCES |= {61, 62, 63, 64, 65, 71, 81, 82, 83}


class Found(NamedTuple):
    """A stretch that looks like personal data, and the 40 characters before it."""

    text: str
    before: str

    @property
    def digits(self) -> str:
        """Its digits alone."""
        return re.sub(r"\D", "", self.text)


class Rule(NamedTuple):
    """How one form of a type looks, and what else has to be true of it."""

    type: Type
    pattern: str
    holds: Callable[[Found], bool]


def is_address(found: Found) -> bool:
    """Whether an e-mail address is one: not a picture's file name, and not the git of a repository's address."""
    return found.text.rpartition(".")[2].lower() not in FILE_ENDINGS and not found.text.startswith("git@")


def is_cn_id(found: Found) -> bool:
    """Whether 18 characters are a resident identity number: a province, a day, and ISO 7064 MOD 11-2."""
    number = re.sub("[ -]", "", found.text).upper()
    weighed = sum(int(digit) * 2 ** (17 - at) for at, digit in enumerate(number[:17]))
    return int(number[:2]) in PROVINCES and is_day(number[6:14]) and "10X98765432"[weighed % 11] == number[17]


def is_old_cn_id(found: Found) -> bool:
    """Whether 15 digits are an identity number of before 1999; they have no check digit, so it has to be said."""
    number, said = found.text, re.search("身份证|证件", found.before)
    return said is not None and int(number[:2]) in PROVINCES and is_day("19" + number[6:12])


def is_day(digits: str) -> bool:
    """Whether eight digits are a day of the calendar."""
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year >= 1850
    except ValueError:
        return False


def is_bank_card(found: Found) -> bool:
    """Whether digits have a card's check digit (Luhn) and a network's start and length, or are said to be a card."""
    number, said = found.digits, BANK_WORDS.search(found.before) is not None
    doubled = [int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(number))]
    valid = sum(digit - 9 * (digit > 9) for digit in doubled) % 10 == 0
    return valid and (said or NETWORKS.fullmatch(number) is not None)


def is_phone_abroad(found: Found) -> bool:
    """Whether a number with + is as long as its country's are."""
    import phonenumbers

    try:
        return len(found.digits) > 9 and phonenumbers.is_possible_number(phonenumbers.parse(found.text))
    except phonenumbers.NumberParseException:
        return False


def is_called(found: Found) -> bool:
    """Whether what stands before a number speaks of calling."""
    return is_no_hotline(found) and PHONE_WORDS.search(found.before) is not None


def is_no_hotline(found: Found) -> bool:
    """Whether a number is not a firm's: 400 in China and 800 in both countries are nobody's own."""
    return re.match("1?[48]00", found.digits) is None


def is_outside_address(found: Found) -> bool:
    """Whether a number is not part of a web address, where one of eleven digits counts pages or builds."""
    return re.search(r"://\S*$", found.before) is None


def always(found: Found) -> bool:
    """Whether the pattern alone is enough."""
    return True


# Between Chinese characters there is no \b. Beside a number stands no digit, nor a dot or hyphen with a digit beyond,
# as in versions, floats and longer numbers; letters only where they are a word of their own, not a code's.
BEFORE = r"(?:(?<![A-Za-z0-9])|(?<=tel)|(?<=phone)|(?<=mobile)|(?<=card))(?<![0-9][.-])"
AFTER = r"(?![0-9]|[A-Za-z]{1,2}(?![A-Za-z])|[.-][0-9])"
AREA = "0(?:10|2[0-9]|[3-9][0-9]{2})"  # 010 Beijing, 021 Shanghai, 0755 Shenzhen
RULES = (
    Rule("email", r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9][\w.%+-]*+@(?:[a-z0-9-]++\.)+[a-z]{2,24}(?![a-z0-9-])", is_address),
    Rule("cn_id", r"[1-9][0-9]{5}[ -]?(?:18|19|20)[0-9]{6}[ -]?[0-9]{3}[0-9X]", is_cn_id),
    Rule("cn_id", "[1-9][0-9]{14}", is_old_cn_id),
    Rule("bank_card", "[2-9][0-9]{12,18}", is_bank_card),
    Rule("bank_card", r"[2-9][0-9]{3}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{4}(?:\1[0-9]{1,3})?", is_bank_card),
    Rule("bank_card", "3[47][0-9]{2}([ -])[0-9]{6}\\1[0-9]{5}|62[0-9]{4}[ -][0-9]{10,13}", is_bank_card),
    Rule("phone", r"(?:(?:\([+]86\)|(?:[+]|00)?86)[ -]?)?1[3-9][0-9](?:[ -]?[0-9]{4}){2}", is_outside_address),
    Rule("phone", rf"(?:\({AREA}\) ?|{AREA}[ -])[2-8][0-9]{{2,3}}[ -]?[0-9]{{4}}(?:(?:-|转)[0-9]{{1,5}})?", always),
    Rule("phone", rf"{AREA}[2-8][0-9]{{6,7}}", is_called),
    Rule("phone", r"(?:1[ .-]?)?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[.-])[2-9][0-9]{2}[ .-][0-9]{4}", is_no_hotline),
    Rule("phone", "(?:1 ?)?[2-9][0-9]{2} ?[2-9][0-9]{2} ?[0-9]{4}", is_called),
    Rule("phone", r"[+][1-9][0-9]{0,2}(?:[ .-]?(?:\([0-9]{1,4}\)|[0-9]{1,4})){2,6}", is_phone_abroad),
)


class Span(NamedTuple):
    """Where personal data stands, and of which type it is."""

    start: int
    end: int
    type: str


def finder(types: Sequence[Type] = ("email", "phone", "cn_id", "bank_card")) -> Callable[[str], list[Span]]:
    """Set up presidio with the rules for these types; no language model, and nothing is fetched."""
    # presidio imports tldextract, which without this downloads a list of domains when it is first asked.
    os.environ.setdefault("TLDEXTRACT_PUBLIC_SUFFIX_LIST_URLS", "")
    from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry, RecognizerResult
    from presidio_analyzer.nlp_engine import NoOpNlpEngine

    class ByRule(EntityRecognizer):  # type: ignore[misc]
        """Presidio's view of the rules: one recognizer for all types, so that a text is gone through once."""

        def load(self) -> None:
            """Nothing is to be loaded."""

        def analyze(self, text: str, entities: Sequence[str], nlp_artifacts: Any) -> list[Any]:
            """Every match of every rule; a rule that stands earlier scores higher."""
            return [RecognizerResult(rule.type, *span, 1 - at / 100) for at, rule, span in matches(text, types)]

    # One language for all: Chinese and English stand in the same text, and no rule asks which it is.
    registry = RecognizerRegistry([ByRule([*types], supported_language="mul")], supported_languages=["mul"])
    nlp = NoOpNlpEngine([{"lang_code": "mul", "model_name": ""}])
    nlp.load()
    engine = AnalyzerEngine(registry, nlp, supported_languages=["mul"])

    def find(text: str) -> list[Span]:
        found = engine.analyze(text.translate(NARROW) if WIDE.search(text) else text, "mul")
        return apart([(one.score, Span(one.start, one.end, one.entity_type)) for one in found])

    return find


def matches(text: str, types: Sequence[Type]) -> Iterator[tuple[int, Rule, tuple[int, int]]]:
    """What the rules find in a text: the rule's place, the rule, the span."""
    # A dozen patterns over a whole text take 0.3 ms for a kB; a first look says where there can be anything.
    for place in PLACES.finditer(text):
        email = place[0] == "@"
        start, end = (place.start() - 64, place.end() + 255) if email else (place.start() - 6, place.end() + 8)
        for at, rule in enumerate(RULES):
            if rule.type in types and email == (rule.type == "email"):
                for match in compiled(rule).finditer(text, max(0, start), end):
                    if rule.holds(Found(match[0], text[max(0, match.start() - 40) : match.start()])):
                        yield at, rule, match.span()


@cache
def compiled(rule: Rule) -> re.Pattern[str]:
    """The pattern of a rule, with what must not stand beside a number."""
    pattern = rule.pattern if rule.type == "email" else f"{BEFORE}(?:{rule.pattern}){AFTER}"
    return re.compile(pattern, re.ASCII | re.IGNORECASE)


def apart(found: Sequence[tuple[float, Span]]) -> list[Span]:
    """Spans that do not overlap: of those that do, the first, the longest, the one with the best score."""
    chosen: list[Span] = []
    for _, span in sorted(found, key=lambda one: (one[1].start, -one[1].end, -one[0])):
        if not chosen or span.start >= chosen[-1].end:
            chosen.append(span)
    return chosen


@curate.edit(scrubs=True, setup=finder, libraries=("presidio-analyzer", "presidio-anonymizer", "phonenumbers"))
def pii(batch: Batch, state: Callable[[str], list[Span]], action: Action = "replace") -> list[list[Cut]]:
    """Replace, mask or redact e-mail addresses, phone numbers, Chinese identity numbers and bank cards."""
    rows = np.flatnonzero(pc.match_substring_regex(batch["text"], GATE))
    cuts: list[list[Cut]] = [[] for _ in range(len(batch))]
    for row, text in zip(rows, batch["text"].take(pa.array(rows)).to_pylist(), strict=True):
        cuts[row] = [(one.start, one.end, instead(action, one, text)) for one in state(text)]
    return cuts


def instead(action: Action, span: Span, text: str) -> str:
    """What presidio's operator of this name puts in the place of a span: [PHONE], *** or nothing."""
    size = span.end - span.start
    how = {"new_value": f"[{span.type.upper()}]", "masking_char": "*", "chars_to_mask": size, "from_end": False}
    return str(operator(action).operate(text[span.start : span.end], how))


@cache
def operator(action: Action) -> Any:
    """The operator of presidio-anonymizer."""
    from presidio_anonymizer.operators import OperatorsFactory, OperatorType

    return OperatorsFactory().create_operator_class(action, OperatorType.Anonymize)
