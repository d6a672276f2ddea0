"""Street addresses, Chinese and American, in running text; addresses and organisations behind a label."""

import re
from collections.abc import Callable
from functools import partial

from curate.personal.found import Candidate, Rule
from curate.personal.words import HAN, is_han, one_of, word_lists

LISTS = word_lists("places.yaml")
PROVINCES, CITIES, STATES = LISTS["provinces"], LISTS["cities"], LISTS["states"]
STATE_NAMES, STREET = one_of(name.replace("_", " ") for name in LISTS["state_names"]), one_of(LISTS["street"])
STREET_OR_MORE = one_of(LISTS["street_or_more"])
STATE = one_of(STATES)

# Chinese: from the province down. Each part ends at the first word that can end it and is never tried in another way
# (atomic groups), so that any text takes linear time.
NUMERAL = "[0-9０-９一二三四五六七八九十百零〇]"
UNIT = "(?:号院|号楼|号|弄|栋|幢|座|楼|层|单元|室|组|队|户|门|房|期|区|村民小组|社)"
NUMBERS = f"(?>[A-Za-z]?{NUMERAL}{{1,5}}(?:[-－—]{NUMERAL}{{1,5}}){{0,3}}[A-Za-z]?{UNIT}?|[A-Z]{UNIT})"
PLACE = (
    "(?:小区|社区|花园|家园|公寓|大厦|大楼|广场|新村|新城|山庄|庄园|别墅|宿舍|家属院|家属楼|中心"
    "|[苑园城府邸庭湾里居轩阁院村店厦舍])"
)
FINE = f"(?>{NUMBERS}|(?:[{HAN}·A-Za-z]{{1,12}}?{PLACE})(?={NUMERAL}|[A-Z]{UNIT}|[，。,；;\\s）)、]|$)|附|之|[-－])"
AREA = (
    f"(?>[{HAN}]{{1,10}}?(?:街道办事处|街道|自治州|自治县|特别行政区|新区|林区|地区|[市区县旗州盟]"
    "|[镇乡村屯庄](?![路街巷弄道大])))"  # 关庄街 is a street
)
ROAD = (
    f"(?>[{HAN}]{{1,8}}?(?:大道|大街|公路|胡同|[路街道巷弄里])"
    "(?:[东南西北中一二三四五六七八九十]{1,2}[段路街]|[东南西北中]段)?)"
)
START = (
    f"(?:{one_of(PROVINCES)}(?:省|市|壮族自治区|回族自治区|维吾尔自治区|自治区|特别行政区)?"
    f"|{one_of(CITIES)}(?:市|地区|州|盟)?)"
)
WHOLE = f"{START}[ ]?(?:{AREA}){{0,6}}+(?:{ROAD}){{0,3}}+ ?(?:{FINE}){{0,9}}+"
# Without either, from where a sentence or a word like 住 and 于 lets it begin.
LEFT = f"(?:(?<![{HAN}])|(?<=[住于址在到至往自是为系寄来搬赴回从经]))(?!家住|[住于在到往至自我他她位寄搬赴是系])"
DOOR = f"{NUMERAL}{{1,5}}(?:[-－]{NUMERAL}{{1,4}})?(?:号院|号楼|[号弄])"
NAMED_ROAD = f"(?>[{HAN}]{{2,8}}?(?:大道|大街|街道|胡同|[路街巷弄])(?:[东南西北中]段|[一二三四五]段)?)"
SHORT = f"{LEFT}(?:(?>[{HAN}]{{2,6}}?[区县镇乡村])){{0,4}}+{NAMED_ROAD}{DOOR}(?:{FINE}){{0,9}}+"
VILLAGE = (
    f"{LEFT}((?>[{HAN}]{{2,6}}?[市县区])(?>[{HAN}]{{2,6}}?(?:镇|乡|街道))(?>[{HAN}]{{2,8}}?(?:村|社区|屯))"
    f"(?:{FINE}){{0,6}}+)"
)
NUMBERED = f"{NUMERAL}{{1,5}}(?:[-－]{NUMERAL}{{1,5}}){{0,3}}[A-Za-z]?{UNIT}"
FINER = re.compile(f"{NUMBERED}|{NUMERAL}$|[镇乡村屯路街巷弄]|街道|大道|胡同|社区|小区|花园|家园|公寓|大厦|新村|苑$")
NOT_ADDRESS = re.compile("(?:人民)?(?:法院|检察院|医院|大学|公安局|政府)")

# American: a number, a street, perhaps a door, and a town with its state.
HOUSE = r"(?<![0-9A-Za-z.,/$#-])[0-9]{1,6}[A-Z]?(?:-[0-9]{1,4})? "
SIDE = "(?:[NSEW]{1,2}|North|South|East|West)"
NAMED = rf"(?:{SIDE}\.? )?(?:(?:[A-Z][A-Za-z.'’-]{{0,20}}|[0-9]{{1,3}}(?:st|nd|rd|th)) ){{1,4}}?"
DOORS = "(?:Apt|Apartment|Suite|Ste|Unit|Floor|Fl|Room|Rm|Building|Bldg)"
APARTMENT = rf"(?:,? {{0,2}}(?:{DOORS}(?![a-z])\.? ?#?|#) ?[0-9A-Za-z-]{{1,6}})?"
ZIP = r"[0-9]{5}(?:-[0-9]{4})?(?![0-9])"
IN_STATE = rf"(?:{STATE}(?![A-Za-z])|{STATE_NAMES})\.?(?:,? {{0,2}}{ZIP})?"
TOWN = rf"(?:[A-Z][A-Za-z.'’-]{{1,20}} ?){{1,4}}(?:, ?|(?<= )){IN_STATE}"
# A town that no state follows: only where the sentence or the line goes on behind it.
GOES_ON = '[.,;:)"\n<|]|$| [|]| (?:and|on|in|at|to|for|from|where|when|since|until|by|who|with)(?![a-z])'
SHORT_TOWN = rf"[A-Z][a-z]{{2,16}}(?:[ -][A-Z][a-z]{{2,16}}){{0,2}}(?={GOES_ON})"
BETWEEN, COUNTRY = r"(?:,? ?\n? {0,4}|, ?)", r"(?:,? (?:USA|U\.S\.A\.|United States))?"
IN_TOWN = f"(?:{BETWEEN}{TOWN}|, {SHORT_TOWN})?"
DIRECTION = f"(?: {SIDE}(?![A-Za-z]))?{APARTMENT}"
ORDINARY = rf"{HOUSE}{NAMED}{STREET}(?![A-Za-z])(?:\.(?=[,\n]| [A-Z#]))?{DIRECTION}{IN_TOWN}{COUNTRY}"
WITH_TOWN = rf"{HOUSE}{NAMED}(?:{STREET_OR_MORE}|[A-Z][a-z]+)\.?{DIRECTION}{BETWEEN}{TOWN}{COUNTRY}"
WITH_CUE = rf"{HOUSE}{NAMED}{STREET_OR_MORE}(?![A-Za-z])\.?{APARTMENT}(?:, {SHORT_TOWN})?"
BOX = rf"(?:P\. ?O\.?|PO|Post Office) ?[Bb]ox [0-9]{{1,6}}(?:{BETWEEN}{TOWN})?"
UNITS = r"(?:(?:PSC|Unit|CMR) [0-9]{1,5},? [Bb]ox [0-9]{1,5}|US(?:N[SV]|S|CGC) [A-Z][a-z]+)"
MILITARY = rf"{UNITS},?\s{{1,3}}(?:APO|FPO|DPO),? A[AEP] {ZIP}"
CUE = re.compile(r"(?i)\b(?:at|of|address|residence|resid\w{1,6}|liv\w{1,4}|located|home|to|:)[ \n]{1,2}$|:\s{0,4}$")
SURELY = re.compile(rf"{STATE} [0-9]{{5}}|{STATE_NAMES}|(?:Apt|Suite|Ste|Unit|#)\.? ?[0-9]")

# Behind a label: up to a mark, a gap or the next label.
NEXT_LABEL = "(?:电话|邮编|手机|联系|单位|姓名|户口|关系|职业|邮政|身份证)"
CHINESE_VALUE = (
    f'(?=[^\n,|<]{{0,30}}[{HAN}])[^\n\t|，。；;,”"】\\]{{}}<>]{{4,70}}?'
    f'(?=[ \u3000]{{2}}|[ \u3000](?:[{HAN}]{{2,6}}[:：]|{NEXT_LABEL})|[\n\t|，。；;,”"】\\]{{}}<>（]|$)'
)
US_VALUE = f'{ORDINARY}|{WITH_TOWN}|{WITH_CUE}|{BOX}|{MILITARY}|[0-9][^\n\t|"<]{{6,90}}'
ADDRESS = f"{CHINESE_VALUE}|{US_VALUE}"
WORKPLACE = '[^\n\t|，。；;,"”】\\]]{3,40}?(?=[ \u3000]{2}|[\n\t|，。；;,"”】\\]（]|$)'
HAS_PLACE = re.compile(
    f"[省市县镇乡村街巷弄栋幢屯庄苑园]|区(?!别|分)|路(?![径由线])|道(?!具|理)|{NUMERAL}[号室楼组单]"
    f"|{one_of([*PROVINCES, *CITIES])}"
)
HAS_STREET = re.compile(rf"(?:{STREET}|{STREET_OR_MORE})(?![A-Za-z])|{STATE} [0-9]{{5}}|[Bb]ox [0-9]")
NO_PLACE = re.compile(
    "^(?:同上|不详|未|无|见|详见|暂|请|已|是否|变更|[的或和及与列中]|以及|栏|信息|不|[^0-9]{0,4}如)|://|@"
)
ORGANISATION = (
    "(?:公司|集团|工厂|厂|学校|小学|中学|高中|大学|学院|幼儿园|医院|银行|支行|分行|供电局|局|委员会|研究院|研究所|设计院"
    "|事务所|合作社|中心|商店|超市|酒店|饭店|部队|车站|出版社|报社|协会|政府|办事处|站|所|社)"
)
STAFF = "(?:退休|离休|在职|下岗)?(?:职工|员工|工人|教师|干部|职员|经理|会计|工程师)"
WORKS = (
    f"(?:(?<=[在于，。；、,“ \u3000])|(?<![{HAN}]))(?![他她我你]?[在于])([{HAN}A-Za-z（）()]{{2,20}}?{ORGANISATION})"
    f"(?={STAFF}|上班|工作|任职|就职|打工|退休|任[项总])"
)
NO_ORGANISATION = re.compile("^(?:[无同不未]|退休|无业|农民|务农|自由|个体|在家|学生|[本我贵该某])")


def is_chinese_address(one: Candidate) -> float:
    """How sure it is that a stretch that begins with a province or a city is an address: it needs something finer."""
    beyond = re.sub(f"^{START}", "", one.said)
    if not FINER.search(beyond) or (NOT_ADDRESS.match(one.after) and not re.search("[0-9０-９]", beyond)):
        return 0
    if re.search(f"{NUMBERED}|(?:路|街|巷|道|弄|胡同){NUMERAL}", beyond):
        return 0.85
    return 0.6 if re.search("[区县市旗].{2,}", beyond) else 0.45


def is_street_address(one: Candidate) -> float:
    """How sure it is that a house number and a street are an address: a town, a door or what stands before says it."""
    if SURELY.search(one.said):
        return 0.9
    year = re.match(r"(?:19|20)[0-9]{2} ", one.said)
    return 0.4 if year and not CUE.search(one.before) else 0.7


def is_cued(one: Candidate) -> float:
    """Whether what stands before speaks of a place, where a street's last word could be another's."""
    return 0.7 * (CUE.search(one.before) is not None)


def as_sure(score: float, one: Candidate) -> float:
    """The pattern alone is enough."""
    return score


def is_workplace(one: Candidate) -> float:
    """How sure it is that a stretch before 上班 or 职工 says where somebody works."""
    return 0.6 * (NO_ORGANISATION.match(one.said) is None)


def is_labelled_address(one: Candidate) -> float:
    """How sure it is that what stands behind a label is an address."""
    if is_han(one.said):
        return 0.95 * (HAS_PLACE.search(one.said) is not None and NO_PLACE.search(one.said) is None)
    return 0.9 * (HAS_STREET.search(one.said) is not None)


def is_labelled_organisation(one: Candidate) -> float:
    """How sure it is that what stands behind a label is whom a person works for."""
    said = one.said.strip()
    chinese = re.search(f"[{HAN}]{{3}}", said) is not None and NO_ORGANISATION.match(said) is None
    if chinese and re.search(ORGANISATION, said):
        return 0.9
    marked = re.search("[:：=【]", one.text[one.match.start() : one.start]) is not None
    named = (chinese and len(said) > 3) or re.match("[A-Z][A-Za-z.&'-]* (?:[A-Za-z.&'-]+ )*[A-Z]", said)
    return 0.6 if marked and named else 0


def rule(gate: str, pattern: str, holds: Callable[[Candidate], float], group: int = 0) -> Rule:
    """A rule for addresses."""
    return Rule("address", gate, re.compile(pattern), holds, group, REACH)


REACH = 200  # characters: an address
NUMBER_AND_WORDS = r"[0-9][A-Z]? (?:[A-Z0-9][A-Za-z0-9.'’-]* ){1,5}"
RULES = (
    rule(one_of([*PROVINCES, *CITIES]), WHOLE, is_chinese_address),
    rule("(?:[路街道巷弄段]|胡同)[0-9０-９一二三四五六七八九十]", SHORT, partial(as_sure, 0.75)),
    rule("[市县区][^\\x00-\\x7f]{2,6}(?:镇|乡|街道)", VILLAGE, partial(as_sure, 0.7), 1),
    rule(f"{NUMBER_AND_WORDS}{STREET}", ORDINARY, is_street_address),
    rule(rf"[, ](?:{STATE}|{STATE_NAMES})\.?,? *[0-9]{{5}}", WITH_TOWN, partial(as_sure, 0.9)),
    rule(f"{NUMBER_AND_WORDS}{STREET_OR_MORE}", WITH_CUE, is_cued),
    rule("[Bb]ox [0-9]", BOX, partial(as_sure, 0.9)),
    rule("(?:APO|FPO|DPO)", MILITARY, partial(as_sure, 0.9)),
    Rule("organization", f"(?:{STAFF}|上班|工作|任职|就职|打工|退休)", re.compile(WORKS), is_workplace, 1, 60),
)
