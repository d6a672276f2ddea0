"""Numbers and names by which offices, companies and networks know a person."""

import re
from collections.abc import Callable
from datetime import date

from curate.personal.check_digits import USCC, with_cn_id, with_hk_id, with_tw_id
from curate.personal.context import announced, follows, other, sure, words
from curate.personal.found import Candidate, Rule

LEFT = "(?:(?<![0-9A-Za-z])|(?<=id)|(?<=no))(?<![0-9][.-])(?<![0-9a-f]{4}-)"
RIGHT = "(?![0-9]|[A-Za-z]{1,2}(?![A-Za-z])|[.-][0-9]|-[0-9a-f]{4}-)"  # letters: a word of their own may follow
EDGE = "(?:^|[^0-9A-Za-z]|[iI][dD]|[nN][oO])"  # LEFT as a gate has it
PROVINCE = "(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])"
# Between a label and what it says: 护照号码为：E..., passport number is E..., "passport_no": "E...
TOLD = (
    r"(?:同?[号码證证件]{0,4}|(?:编号|账号|帐号|卡号)?)(?:[ _-]?(?:no|nr|num|number|id|#|code)(?![a-z])[.]?)?"
    r"[\"'”’)）】\]]{0,2}"
    r"[ \t]{0,3}(?:[:：=＝|,，\t–—-]|是|为|is|was|->|=>)?[:：]?[ \t\n]{0,3}[\"'“‘(（【\[]{0,2}"
)
PROVINCES = {11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54}
PROVINCES |= {61, 62, 63, 64, 65, 71, 81, 82, 83}
ID_WORDS = words(
    "身份证|身份證|身分證|公民身份|证件|證件|居民证|居住证|社会保障号|证号|[一二]代证",
    "id(?: card)?|identity|identification|national id|resident",
)
HK_WORDS = words("香港|港人|港籍|身份证|身份證|证件", "hkid|hk|hong ?kong|id(?: card)?|identity")
TW_WORDS = words(
    "台湾|臺灣|台籍|身份证|身分證|身份證|身分证|国民身份|证件|居留证", "taiwan|roc|tw|id(?: card)?|identity|national id"
)
PASSPORT_WORDS = words("护照|護照", "passports?|travel document")
PERMIT_WORDS = words(
    "通行证|通行證|回乡证|回鄉證|台胞证|臺胞證|港澳证|往来港澳|往来台湾|来往内地|返乡证",
    "permits?|home return|eep|mtp|hrp",
)
CAR_WORDS = words(
    "车|牌照|号牌|牌号|违章|停车|驾驶|行驶|肇事|泊位|高速|超速|限行|追尾|红灯",
    "plate|license|licence|car|vehicle|parked|registration",
)
SSN_WORDS = words("社会安全号|社会安全码|社安号|社会保险号|社保号", "ssn|ss#|social security|soc(?:ial)? sec|social")
ITIN_WORDS = words("纳税人|税号|个人税", "itins?|taxpayer|tax(?:payer)? id|individual tax|tin")
COMPANY_WORDS = words(
    "信用代码|营业执照|税号|纳税人|统一代码|社会信用|组织机构|公司|企业", "uscc|uscic|credit code|business license|tax"
)


def is_cn_id(candidate: Candidate) -> float:
    """Whether 18 characters are a resident identity number: a province, a day, and ISO 7064 MOD 11-2."""
    number = re.sub("[ -]", "", candidate.said).upper()
    return 0.98 if int(number[:2]) in PROVINCES and is_day(number[6:14]) and with_cn_id(number) == number else 0


def is_old_cn_id(candidate: Candidate) -> float:
    """Whether 15 digits are an identity number of before 1999; they have no check digit, so it has to be said."""
    number = candidate.said
    told = announced(candidate, ID_WORDS) or follows(candidate, ID_WORDS)
    return 0.9 if told and int(number[:2]) in PROVINCES and is_day("19" + number[6:12]) else 0


def is_day(digits: str) -> bool:
    """Whether eight digits are a day of the calendar."""
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year >= 1850
    except ValueError:
        return False


def is_hk_id(candidate: Candidate) -> float:
    """Whether a Hong Kong identity number's check character holds; without brackets it has to be said."""
    number = re.sub("[^0-9A-Z]", "", candidate.said.upper())
    if with_hk_id(number) != number:
        return 0
    return sure(
        candidate, HK_WORDS, 0.8 if candidate.said[-1] in ")）" else 0.95 if follows(candidate, HK_WORDS) else 0.3
    )


def is_tw_id(candidate: Candidate) -> float:
    """Whether a letter and nine digits are a Taiwan identity number: the first digit a sex, the last mod 10."""
    number = candidate.said.upper()
    if with_tw_id(number) != number:
        return 0
    return 0.95 if follows(candidate, TW_WORDS) else sure(candidate, TW_WORDS, 0.5)


def always(candidate: Candidate) -> float:
    """What stands behind its label needs no more."""
    return 0.9


def has_digits(candidate: Candidate) -> float:
    """Whether what stands behind a label is a number at all, and not one and the same digit."""
    digits = candidate.digits
    return 0.9 if len(digits) >= 6 and len(set(digits)) > 1 else 0


def is_passport(candidate: Candidate) -> float:
    """Whether a letter or two and digits are a passport: a word for it stands before or behind."""
    if announced(candidate, PASSPORT_WORDS) or follows(candidate, PASSPORT_WORDS):
        return 0.85
    return 0.3


def is_permit(candidate: Candidate) -> float:
    """Whether a letter and digits are a permit for travel between the mainland, Hong Kong, Macau and Taiwan."""
    return 0.85 if announced(candidate, PERMIT_WORDS) or follows(candidate, PERMIT_WORDS) else 0.3


def is_plate(candidate: Candidate) -> float:
    """Whether a province, a letter and five or six characters are a number plate, not a name with a number."""
    said = re.sub("[^0-9A-Z一-鿿]", "", candidate.said)
    digits = sum(one.isdecimal() for one in said[2:])
    if not digits:
        return 0
    if CAR_WORDS.search(candidate.before) or follows(candidate, CAR_WORDS):
        return 0.95
    dotted = candidate.said[2] in "·•.・"
    joined = re.search(
        "(?:[更全最刷重创革翻][^。]?|[里为讯度有上云私混多边]|[一-鿿]{2}[云]|天|地)\\Z", candidate.before
    )
    if dotted:
        return 0.9
    return 0.3 if joined or other(candidate) or digits < 2 else 0.8


def is_wechat(candidate: Candidate) -> float:
    """Whether what stands behind WeChat is an account: with digits or marks, or behind a colon; no telephone number."""
    said, label = candidate.said, candidate.match[0][: candidate.start - candidate.match.start()]
    if re.fullmatch("[0-9]{7,}", said):
        return 0 if len(said) == 11 else 0.6
    if said.lower() in NAMES or IN_CODE.match(candidate.after):
        return 0
    if re.search("[0-9_]", said):
        return 0.9
    told = re.search("[:：=＝号為为是]|id", label, re.IGNORECASE) is not None
    return (
        0.8
        if told and re.search("[一-鿿]", label)
        else 0.7
        if told and re.search("[^a-z](?:id|handle)", label, re.IGNORECASE)
        else 0.2
    )


NAMES = {"wechat", "weixin", "official", "account", "payment", "enabled", "disabled", "channel", "moments", "android"}
NAMES |= {"appid", "unionid", "openid", "tencent", "whatsapp", "telegram", "facebook", "twitter", "please", "number"}
IN_CODE = re.compile(r"[(\[]|\.[A-Za-z]|://|@[A-Za-z0-9]")


def is_qq(candidate: Candidate) -> float:
    """Whether digits behind QQ are an account, not a year, a version or the start of an address."""
    return (
        0 if re.match(r"\s?[年版月人个.@]", candidate.after) and not re.match(r"\.(?:\s|\Z)", candidate.after) else 0.9
    )


def is_uscc(candidate: Candidate) -> float:
    """Whether 18 characters are a unified social credit code: its last character checks the others (GB 32100)."""
    said = candidate.said.upper()
    weighed = sum(USCC.index(one) * (3**at % 31) for at, one in enumerate(said[:17]))
    if USCC[-weighed % 31] != said[17] or not said[2:4].isdecimal() or int(said[2:4]) not in PROVINCES:
        return 0
    if said.isdecimal() and (is_cn_id(candidate) or said[:2] not in ("11", "12", "51", "52", "53", "91", "92", "93")):
        return 0  # of 18 digits, clocks of databases are more
    return sure(candidate, COMPANY_WORDS, 0.9)


def is_ssn(candidate: Candidate) -> float:
    """Whether nine digits are an American social security number: no area 000, 666 or 9.., and no group of zeros."""
    number = candidate.digits
    if number[:3] in ("000", "666") or number[0] == "9" or number[3:5] == "00" or number[5:] == "0000":
        return 0
    return told(candidate, SSN_WORDS)


def is_itin(candidate: Candidate) -> float:
    """Whether nine digits are an American taxpayer's number: from 9 on, with 50-65, 70-88, 90-92 or 94-99 within."""
    number = candidate.digits
    group = int(number[3:5])
    if number[0] != "9" or not (50 <= group <= 65 or 70 <= group <= 88 or 90 <= group <= 92 or group >= 94):
        return 0
    return told(candidate, ITIN_WORDS)


def told(candidate: Candidate, wanted: "re.Pattern[str]") -> float:
    """How sure nine digits are that may be: with hyphens unless they are said to be another thing, or behind a word."""
    if announced(candidate, wanted) or follows(candidate, wanted):
        return 0.95
    return 0.3 if "-" not in candidate.said or other(candidate) else 0.8


def labelled(
    type: str, label: str, number: str, holds: Callable[[Candidate], float] = has_digits, gate: str = ""
) -> Rule:
    """A rule for what only its label tells from any other number."""
    said = re.compile(f"(?:{label}){TOLD}({number}){RIGHT}", re.IGNORECASE | re.ASCII)
    return Rule(
        type,
        gate or f"(?i)(?:{label.replace('(?<![a-z])q(?=[:：])', 'q[:：]')})[^0-9]*[0-9]{{5}}",
        said,
        holds,
        1,
        reach=64,
    )


def shaped(type: str, gate: str, pattern: str, holds: Callable[[Candidate], float]) -> Rule:
    """A rule for what its shape tells; `holds` looks at the words around it."""
    return Rule(type, gate, re.compile(f"{LEFT}(?:{pattern}){RIGHT}", re.IGNORECASE | re.ASCII), holds, reach=48)


CITIES = "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
MARK = "[·•.・ -]?"
PLATE = (
    f"{CITIES}[A-HJ-Z]{MARK}(?:[A-HJ-NP-Z0-9]{{4}}[A-HJ-NP-Z0-9挂学警港澳超领试]|[A-HJK][A-HJ-NP-Z0-9][0-9]{{4}}|[0-9]{{5}}[A-HJK])"
    f"|[使领军空海][A-Z]?{MARK}[0-9]{{5,6}}|WJ{CITIES}?{MARK}[0-9]{{4}}[0-9A-Z]|{CITIES}[A-HJ-Z]{MARK}[0-9A-Z]{{4}}[港澳]"
)
WECHAT = "微信|薇信|威信|[vVＶ微]信|weixin|we-?chat|加 ?v(?=[:：号 ]|x)|(?<![A-Za-z0-9_.])(?:wx|vx)(?=[:：号 ])"
WECHAT_TOLD = (
    r"(?:账号|帐号|号码?|搜索?|名|联系)?(?:[ _-]?(?:id|no|number|account|handle)(?![a-z])[.]?)?[ ]?"
    r"(?:[(（][^()（）\n]{0,8}[)）])?[\"'”]?"
    r"[ \t]{0,2}(?:[:：=＝|–—-]|是|为|is|on)?[ \t]{0,3}[\"'“(（]?"
)
QQ = "qq|扣扣|企鹅号?|q号|腾讯号|(?<![a-z])q(?=[:：])"
RULES = (
    shaped(
        "cn_id",
        "[1-9][0-9]{5}[ -]?(?:18|19|20)[0-9]{2}[ -]?[0-9]{4}[ -]?[0-9]{3}[0-9Xx]",
        "[1-9][0-9]{5}[ -]?(?:18|19|20)[0-9]{2}[ -]?[0-9]{4}[ -]?[0-9]{3}[0-9X]",
        is_cn_id,
    ),
    shaped(
        "cn_id",
        f"{EDGE}[1-9][0-9]{{7}}(?:0[1-9]|1[0-2])[0-3][0-9]{{4}}(?:[^0-9]|$)",
        "[1-9][0-9]{7}(?:0[1-9]|1[0-2])[0-3][0-9]{4}",
        is_old_cn_id,
    ),
    shaped(
        "hk_id",
        f"(?i){EDGE}[a-z]{{1,2}}[0-9]{{6}} ?[(（]?[0-9a]",
        "[A-Z]{1,2}[0-9]{6}(?: ?[(（][0-9A][)）]|[0-9A])",
        is_hk_id,
    ),
    labelled(
        "macau_id",
        "澳[门門](?:居民|永久性?居民|特区)?(?:身份|证件)?[证證]?"
        "|mac(?:au|ao)(?: resident)?(?: id(?:entity)?)?(?: card)?|bir",
        r"[1578](?:/[0-9]{6}/[0-9]|[0-9]{6} ?[(（][0-9][)）]|[0-9]{7})",
        gate="(?i)(?:澳门|澳門|mac[ao][uo]|bir)[^0-9]*[1578]/?[0-9]{6}",
    ),
    shaped("tw_id", f"(?i){EDGE}[a-z][1289][0-9]{{8}}", "[A-Z][1289][0-9]{8}", is_tw_id),
    shaped(
        "passport",
        "(?i:passport|travel document|护照|護照)",
        "[A-Z]{1,2}[0-9]{6,8}|[A-Z][0-9]{2}[A-Z]{2}[0-9]{4}|[0-9]{8,9}|[A-Z]{1,3}[0-9][0-9A-Z]{5,7}|[0-9]{2}[A-Z]{2}[0-9]{5}",
        is_passport,
    ),
    shaped(
        "travel_permit",
        "(?i:通行[证證]|回[乡鄉][证證]|[台臺]胞[证證]|港澳证|来往内地|返乡证|permit|home return)",
        "[CWLTHM][0-9]{8}(?:[0-9]{2})?|C[A-Z][0-9]{7}|[0-9]{8}(?:[0-9]{2})?(?:[(（][A-Z][)）])?",
        is_permit,
    ),
    Rule(
        "plate",
        f"{CITIES}[A-Za-z](?:·|•|・|[. -])?[A-Za-z0-9]{{4}}|[使领军空海][A-Z]?(?:·|•|・|[. -])?[0-9]{{5}}|WJ{CITIES}?",
        re.compile(f"(?:{PLATE})(?![0-9A-Za-z])", re.ASCII),
        is_plate,
        reach=16,
    ),
    Rule(
        "im_id",
        "(?i)(?:微信|薇信|威信|[vＶ微]信|weixin|we-?chat|加 ?v|[wv]x[:：号 ])[^a-z0-9]*"
        "(?:(?:id|no|number|account|handle|is|on)[^a-z0-9]*){0,2}[a-z0-9]",
        re.compile(
            f"(?:{WECHAT}){WECHAT_TOLD}(?<![A-Za-z0-9_-])([A-Za-z][A-Za-z0-9_-]{{5,19}}|[0-9]{{7,15}})(?![A-Za-z0-9_-])",
            re.IGNORECASE,
        ),
        is_wechat,
        1,
        reach=64,
    ),
    Rule(
        "im_id",
        "(?i)wxid_[a-z0-9]{6}",
        re.compile("(?<![A-Za-z0-9])wxid_[A-Za-z0-9]{6,24}(?![A-Za-z0-9_])", re.IGNORECASE),
        always,
        reach=40,
    ),
    labelled("im_id", QQ, "[1-9][0-9]{4,10}", is_qq),
    shaped(
        "uscc",
        f"(?i){EDGE}[0-9a-hj-npq-rtuwxy]{{2}}{PROVINCE}[0-9]{{4}}[0-9a-hj-npq-rtuwxy]{{10}}(?:[^0-9]|$)",
        "[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}",
        is_uscc,
    ),
    shaped(
        "us_ssn",
        f"{EDGE}[0-8][0-9]{{2}}[ -][0-9]{{2}}[ -][0-9]{{4}}(?:[^0-9]|$)",
        "[0-8][0-9]{2}([ -])[0-9]{2}\\1[0-9]{4}",
        is_ssn,
    ),
    labelled("us_ssn", "ssn|ss#|social security|社会安全[号码]|社安号", "[0-8][0-9]{8}", is_ssn),
    shaped(
        "us_itin",
        f"{EDGE}9[0-9]{{2}}[ -][5-9][0-9][ -][0-9]{{4}}(?:[^0-9]|$)",
        "9[0-9]{2}([ -])[5-9][0-9]\\1[0-9]{4}",
        is_itin,
    ),
    labelled("us_itin", "itin|taxpayer|tax id|个人税号|纳税人识别号", "9[0-9]{8}", is_itin),
)
