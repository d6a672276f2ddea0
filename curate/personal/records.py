"""What forms say of a person behind a profile's labels: numbers, dates, ages, addresses, where they work."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from curate.personal import places
from curate.personal.found import Candidate, Rule
from curate.personal.name_shapes import SURNAME
from curate.personal.profile import Profile
from curate.personal.tables import cells, gates_and_patterns
from curate.personal.words import FILL, HAN, LATIN, one_of, split_scripts

REACH = 200  # characters: a label, a remark in brackets, a value
# Between a label and its value: a remark, what closes the label, and a mark or nothing.
CLOSE = "(?: ?[（(][^（）()\n]{1,12}[）)]){0,2}[\"'”】\\])*]{0,3}"
OPEN = "[ \t\u3000|\"'“【\\[*]{0,8}"
BELOW = "\n?[ \t]{0,4}"
TAGS = "(?:</?[a-z]{1,6}[^<>\n]{0,40}>\\s{0,4}){1,4}"
MARK = f"\\.?{CLOSE}(?:{TAGS}|[ \u3000]{{0,6}}[:：=＝|｜/\t】【\\[（(#]{OPEN}{BELOW}|[-_]|[ \u3000]{{0,6}}{BELOW})"
NEEDED_MARK = f"{CLOSE}(?:{TAGS}|[ \u3000]{{0,6}}(?:[:：=＝|｜/\t】【\\[为是\n]|is |[ \u3000]){OPEN}{BELOW})"

# A part behind a mark has a digit or is in capitals: of MRN-204417/notes.md only 204417 is the number.
PART = r"[-_/.](?:(?=[A-Za-z]{0,4}[0-9])[A-Za-z0-9]+|[A-Z]{1,3}(?![A-Za-z0-9]))"
NUMBER = rf"[0-9]{{1,2}}:[0-9]{{2}}-[a-z]{{2}}-[0-9]{{3,6}}|[A-Za-z0-9][A-Za-z0-9]*(?:{PART}){{0,5}}"
NUMBER_WORD = r"(?:号码|编号|号|[ _-]?(?:(?:[Nn]o\.?|NO\.?|[Nn]umber|NUMBER|ID|id)(?![A-Za-z])|#))?"
NUMBER_MARK = f"{NUMBER_WORD}{MARK}(?:(?:为|是|is|was|number|no\\.|of)[:： ]{{0,2}})?"
BED = frozenset(["床号", "床位", "床位号", "病床号", "Bed", "Bed no", "Bed number", "Room no"])
BED_NUMBER = r"[+＋加]?[A-Za-z]{0,2}-?[0-9]{1,4}[A-Za-z]?(?:-[0-9]{1,3})?(?![0-9])"
AT_BED = f"(?m)(?<![0-9A-Za-z.+-])([+＋加]?[A-Z]?[0-9]{{1,3}})(?=床(?:[ \u3000，,、：:]|患者|病人|号|{SURNAME}|$))"
VAGUE = frozenset(["policy", "claim", "chart", "certificate", "medical", "record"])  # policy 3 of the company
COURT_CASE = (
    f"[（(〔\\[][12][0-9]{{3}}[）)〕\\]][{HAN}][{HAN}0-9]{{0,12}}?第?[0-9]{{1,6}}(?:[-—][0-9]{{1,3}})?号"
    "(?:之[一二三四五六七八九十]{1,2})?"
)

MONTH = (
    "(?i:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    "|Nov(?:ember)?|Dec(?:ember)?)"
)
HAN_DIGIT = "[〇○零一二三四五六七八九十]"
YEAR, NOT_YEAR, LAST = "(?<![0-9])(?:18|19|20)[0-9]{2}", "(?<![0-9])[0-9]{1,2}(?:st|nd|rd|th)?", "(?![0-9])"
DATE = (
    f"(?:{YEAR} ?年 ?[0-9]{{1,2}} ?月(?: ?[0-9]{{1,2}} ?[日号])?"
    f"|{YEAR}[-/.][0-9]{{1,2}}(?:[-/.][0-9]{{1,2}})?{LAST}"
    f"|{YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]){LAST}"
    f"|{HAN_DIGIT}{{4}}年{HAN_DIGIT}{{1,3}}月(?:{HAN_DIGIT}{{1,3}}[日号])?"
    f"|{MONTH}\\.? [0-9]{{1,2}}(?:st|nd|rd|th)?,? (?:18|19|20)[0-9]{{2}}{LAST}"
    f"|{NOT_YEAR}[ -]{MONTH}\\.?,?[ -](?:18|19|20)?[0-9]{{2}}{LAST}"
    f"|(?<![0-9/.-])[0-9]{{1,2}}[-/.][0-9]{{1,2}}[-/.](?:(?:18|19|20)[0-9]{{2}}|[0-9]{{2}}){LAST})"
)
LOOSE_DATE = f"(?:{DATE}|[0-9]{{1,2}}月[0-9]{{1,2}}[日号]|{YEAR}年{LAST}|{YEAR}{LAST})"  # where a label asks for one
CHINESE_VISIT = (
    "入院|出院|就诊|来诊|来院|手术|收住|收入|住院|复查|随访|门诊|会诊|转入|转院|急诊|检查|去世|死亡|首次病程|查房"
)
VISITED = f"(?:{CHINESE_VISIT}|admitted|discharged|seen|visit)"
VISIT = f"(?:{CHINESE_VISIT}|admitted|discharged|seen|evaluated|presented|visited|operated|surgery|admission|visit)"
YEARS_OLD = "(?:周?岁|[- ]?[Yy]ears?[- ][Oo]ld|[Yy]/?[Oo](?:[^A-Za-z]|$))"

# What stands behind a label at once, so that labels in prose do not pass the gate.
NEEDED = "(?:[^0-9A-Za-z㐀-鿿，。、；,.;!?]|[为是]|is )"  # what NEEDED_MARK can begin with
FOLLOWS = {
    "address": NEEDED,
    "organization": NEEDED,
    "record_number": "[^\n]{0,24}[0-9]",
    "birth_date": "[^a-z]{0,24}[0-9〇○零一二JFMASOND]",
    "visit_date": "[^a-z]{0,24}[0-9〇○零一二JFMASOND]",
}
Judge = Callable[[Candidate], float]


def rules_of(profile: Profile) -> tuple[Rule, ...]:
    """The rules that a profile's labels make."""
    address, organization = profile.words("address"), profile.words("organization")
    return (
        *numbered(profile.words("record")),
        *born(profile.words("birth_date")),
        *visited(profile.words("visit_date")),
        *aged(profile.age_over),
        *told("address", address, places.ADDRESS, places.is_labelled_address, NEEDED_MARK),
        *told("organization", organization, places.WORKPLACE, places.is_labelled_organisation, NEEDED_MARK),
    )


def rule(type: str, gate: str, pattern: str, holds: Judge, group: int = 1) -> Rule:
    """A rule for what stands near its gate."""
    return Rule(type, gate, re.compile(pattern), holds, group, REACH)


def told(type: str, words: Sequence[str], value: str, holds: Judge, mark: str = MARK) -> Iterator[Rule]:
    """A value behind one of these labels, or below it in a table."""
    if not words:
        return
    chinese, english = split_scripts(words)
    if chinese:
        gate = one_of(chinese, FILL.replace("{0,6}", "*")) + FOLLOWS.get(type, "")
        yield rule(type, gate, f"({chinese_label(type, chinese)}){mark}({value})", holds, 2)
    if english:
        gate = f"(?:^|[^A-Za-z]){one_of(english)}{FOLLOWS.get(type, '')}"
        yield rule(type, gate, f"(?<![{LATIN}])({one_of(english)})(?![{LATIN}]){mark}({value})", holds, 2)
    heads = frozenset([*words, *english])
    for gate, pattern in gates_and_patterns(heads):
        yield Rule(type, gate, pattern, partial(is_in_column, heads, re.compile(value)), 1)


def chinese_label(type: str, words: Sequence[str]) -> str:
    """A pattern for labels; short ones of days and of organisations stand for themselves: 日期, but not 发版日期."""
    if type not in ("visit_date", "organization"):
        return one_of(words, FILL)
    short, long = [word for word in words if len(word) < 3], [word for word in words if len(word) > 2]
    patterns = [(long, one_of(long, FILL)), (short, f"(?<![{HAN}]){one_of(short, FILL)}")]
    return "|".join(pattern for some, pattern in patterns if some)


def is_in_column(heads: frozenset[str], value: "re.Pattern[str]", one: Candidate) -> float:
    """How sure it is that a cell is of the type that its column's header says."""
    cell = cells(one.text).get(one.start)
    if cell is None or cell.end != one.end or not heads & {cell.header, re.sub("[ \u3000]", "", cell.header)}:
        return 0
    return 0.96 * (re.search(f"[0-9]|[{HAN}]{{3}}", one.said) is not None and value.fullmatch(one.said) is not None)


def as_sure(score: float, one: Candidate) -> float:
    """The pattern alone is enough."""
    return score


def numbered(words: Sequence[str]) -> Iterator[Rule]:
    """Numbers of records, policies, beds, cases."""
    beds, others = [word for word in words if word in BED], [word for word in words if word not in BED]
    yield from told("record_number", others, NUMBER, is_number, NUMBER_MARK)
    if beds:
        yield from told("record_number", beds, BED_NUMBER, partial(as_sure, 0.9), NUMBER_MARK)
        yield rule("record_number", "[0-9]床", AT_BED, partial(as_sure, 0.9))
    if "案号" in words:
        gate = "[）)〕\\]][^\\x00-\\x7f].{0,60}[0-9]号"
        yield rule("record_number", gate, COURT_CASE, partial(as_sure, 0.95), 0)


def is_number(one: Candidate) -> float:
    """How sure it is that what stands behind a label is a number: three digits, five behind a vague label."""
    digits, label = len(one.digits), one.match[1].lower()
    if re.fullmatch(DATE, one.said) and "号" not in label:
        return 0
    if one.text[one.start - 1] in "-_" and (" " not in label and not one.match[1].isupper()):
        return 0  # MRN-204417 and 住院号-1024, but neither policy-2024 nor claim_10000
    needed = 5 if re.split("[ _-]", label)[-1] in VAGUE else 3
    return 0.97 * (digits >= needed and (len(one.said) > 3 or digits == len(one.said)))


def born(words: Sequence[str]) -> Iterator[Rule]:
    """Days of birth."""
    yield from told("birth_date", words, LOOSE_DATE, is_birth)
    if words:
        lived = f"(?<![先医学发产新卫])生于({LOOSE_DATE})"  # 先生于2021年, 医生于
        yield rule("birth_date", "生于 ?[0-9〇○零一二]", lived, is_day_of_birth)
        after = f"({DATE})(?= ?[）)]?(?:出生|生(?![产活成效日育])|诞生|[,，]? ?born))"
        yield rule("birth_date", "[日月号0-9] ?[）)]?(?:出生|生|诞生|[,，]? ?born)", after, partial(as_sure, 0.9))


def is_day_of_birth(one: Candidate) -> float:
    """How sure it is that what stands behind 生于 is a day; of a year alone, or a span of them, history is full."""
    return 0.9 * (re.fullmatch("[0-9〇○零一二三四五六七八九]{4} ?年?", one.said) is None)


def is_birth(one: Candidate) -> float:
    """How sure it is that a date behind 出生 or born is a birth's; a year alone has to stand behind a mark."""
    if re.fullmatch("(?:19|20)[0-9]{2}", one.said):
        return 0.5 * (re.search("[:：=|\t]", one.text[one.match.start() : one.start]) is not None)
    return 0.95


def visited(words: Sequence[str]) -> Iterator[Rule]:
    """Days of visits, where the profile names their labels."""
    yield from told("visit_date", words, DATE, partial(as_sure, 0.9))
    if words:
        after = f"({DATE})(?=[^0-9\n，。；]{{0,14}}?{VISITED})"
        yield rule("visit_date", f"[0-9日号][^0-9\n，。；]{{0,14}}{VISITED}", after, partial(as_sure, 0.8))
        before = f"{VISIT}(?: ?(?:on|of|于|日期|时间|date)){{0,2}}[:： ]{{0,3}}({DATE})"
        gate = f"{VISIT}(?: ?(?:on|of|于|日期|时间|date))*[:： ]*[0-9〇○零一二JFMASOND]"
        yield rule("visit_date", gate, before, partial(as_sure, 0.8))


def aged(over: int) -> Iterator[Rule]:
    """Ages above a limit; those up to it are shared by too many."""
    holds = partial(is_over, over)
    yield rule("age", f"[0-9] ?{YEARS_OLD}", f"(?<![0-9.])([0-9]{{1,3}})(?= ?{YEARS_OLD})", holds)
    label = f"(?:年{FILL}龄|(?<![A-Za-z])(?:[Aa]ged?|AGE)(?![A-Za-z]))"
    gate = "(?:年[ \u3000]*龄|(?:^|[^A-Za-z])(?:[Aa]ged?|AGE))[^0-9A-Za-z]{0,12}[0-9]"
    yield rule("age", gate, f"{label}{MARK}([0-9]{{1,3}})(?!\\.?[0-9])", holds)


def is_over(limit: int, one: Candidate) -> float:
    """Whether an age is above the limit, and one of a person."""
    return 0.9 * (limit < int(one.said) <= 125)
