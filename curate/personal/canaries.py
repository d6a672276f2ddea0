"""Canaries: made-up personal data of every type in sentences that carry it, and decoys that only look like it.

A canary is planted to see whether it is found; a decoy is planted to see that it is left alone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import NamedTuple

from curate.personal.check_digits import with_cn_id, with_luhn
from curate.personal.fakes import fake

CONSONANTS = "bcdfghjklmnprstwz"


class Planted(NamedTuple):
    """A sentence with something in it: personal data of a type, or a decoy of a kind."""

    type: str
    language: str  # zh or en
    form: str  # labelled, running, hidden; of a decoy: decoy
    sentence: str
    start: int  # where in the sentence it stands
    end: int


# One value of each type in Chinese and in English surroundings; fakes of them are what is planted.
EXAMPLES: Mapping[str, tuple[str, str]] = {
    "phone": ("13912345678", "(212) 664-7665"),
    "cn_id": ("110105197803120028", "110105197803120028"),
    "bank_card": ("6222021234567890", "4532015112830366"),
    "passport": ("E12345678", "E12345678"),
    "travel_permit": ("H12345678", "H12345678"),
    "hk_id": ("A123456(3)", "A123456(3)"),
    "macau_id": ("1234567(8)", "1234567(8)"),
    "tw_id": ("A123456789", "A123456789"),
    "us_ssn": ("536-22-1234", "536-22-1234"),
    "us_itin": ("912-70-1234", "912-70-1234"),
    "iban": ("DE89370400440532013000", "GB82WEST12345698765432"),
    "im_id": ("wxid_k3v8p2n5q7", "wxid_k3v8p2n5q7"),
    "plate": ("京A12345", "粤BD12345"),
    "uscc": ("91350100M000100Y43", "91350100M000100Y43"),
    "record_number": ("20241305", "40718235"),
    "address": ("浙江省杭州市西湖区文三路123号5幢402室", "123 Main Street, Springfield, IL 62701"),
    "organization": ("蓝桥科技有限公司", "Acme Widgets Inc."),
}
# Where the value stands in a sentence: behind a label, and in running text where the type needs none.
CARRIERS: Mapping[str, Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "person": {
        "zh": (("姓名：{}", "联系人：{}。", "患者：{}，"), ("昨天下午{}先生来过窗口，", "此事由{}医生负责跟进。")),
        "en": (("Name: {}", "Contact: {}."), ("Yesterday Mr. {} came to the desk.", "Dr. {} signed the report.")),
    },
    "email": {
        "zh": (("邮箱：{}", "电子邮件：{}，"), ("有问题请写信到{}，我们会尽快回复。",)),
        "en": (("E-mail: {}", "email = {}"), ("Please write to {} and we will answer.",)),
    },
    "phone": {
        "zh": (("电话：{}", "手机号{}，"), ("他留下了{}，说晚上方便。",)),
        "en": (("Phone: {}", "Call {}."), ("She can be reached at {} in the evening.",)),
    },
    "cn_id": {
        "zh": (("身份证号：{}", "公民身份号码{}，"), ("材料里写着{}，请核对。",)),
        "en": (("Chinese ID card no.: {}",), ("The form says {} on its second page.",)),
    },
    "bank_card": {
        "zh": (("银行卡号：{}", "请转入账户{}，"), ("尾款打到{}就可以。",)),
        "en": (("Card number: {}",), ("They charged {} twice last month.",)),
    },
    "passport": {"zh": (("护照号码：{}", "护照{}，"), ()), "en": (("Passport No.: {}",), ())},
    "travel_permit": {
        "zh": (("港澳居民来往内地通行证：{}", "回乡证号码{}，"), ()),
        "en": (("Home Return Permit No. {}",), ()),
    },
    "hk_id": {"zh": (("香港身份证：{}",), ()), "en": (("HKID: {}",), ())},
    "macau_id": {"zh": (("澳门身份证号：{}",), ()), "en": (("Macau ID: {}",), ())},
    "tw_id": {"zh": (("台湾身份证字号：{}",), ()), "en": (("Taiwan ID: {}",), ())},
    "us_ssn": {"zh": (("社会安全号：{}",), ()), "en": (("SSN: {}",), ("He gave {} over the telephone.",))},
    "us_itin": {"zh": (("美国税号 ITIN：{}",), ()), "en": (("ITIN: {}",), ())},
    "iban": {
        "zh": (("国际银行账号 IBAN：{}",), ("货款汇至{}即可。",)),
        "en": (("IBAN: {}",), ("Send it to {} today.",)),
    },
    "crypto": {
        "zh": (("钱包地址：{}",), ("转到{}就行。",)),
        "en": (("Wallet: {}",), ("The coins went to {} overnight.",)),
    },
    "im_id": {"zh": (("微信号：{}", "加微信{}，"), ()), "en": (("WeChat: {}",), ())},
    "plate": {"zh": (("车牌号：{}",), ("路边停着{}，没有人。",)), "en": (("Licence plate: {}",), ())},
    "ip": {
        "zh": (("登录IP：{}",), ("来自{}的请求被拒绝。",)),
        "en": (("Client IP: {}",), ("A login from {} failed.",)),
    },
    "mac": {"zh": (("MAC地址：{}",), ("网卡{}已离线。",)), "en": (("MAC address: {}",), ("Device {} went offline.",))},
    "url_credentials": {
        "zh": (("数据库连接串是 postgres://{}@db.internal:5432/main，",), ()),
        "en": (("Fetch it from https://{}@files.internal/report today.",), ()),
    },
    "address": {
        "zh": (("地址：{}", "收货地址：{}，"), ("他家住在{}，很多年了。",)),
        "en": (("Address: {}",), ("She moved to {} last year.",)),
    },
    "birth_date": {"zh": (("出生日期：{}", "出生于{}，"), ()), "en": (("Date of birth: {}", "DOB: {}."), ())},
    "age": {"zh": (("年龄：{}岁", "患者{}岁，"), ()), "en": (("Age: {}", "a patient aged {} years,"), ())},
    "visit_date": {"zh": (("入院日期：{}", "就诊日期：{}，"), ()), "en": (("Date of admission: {}",), ())},
    "organization": {"zh": (("工作单位：{}", "单位：{}，"), ()), "en": (("Employer: {}",), ())},
    "record_number": {"zh": (("住院号：{}", "病案号：{}，"), ()), "en": (("MRN: {}", "Claim no. {}."), ())},
    "uscc": {"zh": (("统一社会信用代码：{}",), ("营业执照上是{}。",)), "en": (("Unified Social Credit Code: {}",), ())},
    "secret": {
        "zh": (("密钥：{}",), ("日志里出现了{}，",)),
        "en": (("aws_access_key_id = {}",), ("Somebody pasted {} here.",)),
    },
}


def digits(random: Random, count: int) -> str:
    """So many digits, the first not 0."""
    return str(random.randrange(10 ** (count - 1), 10**count))


def bad_cn_id(random: Random) -> str:
    """What would be an identity number with another check digit."""
    number = with_cn_id(f"11010519780312{digits(random, 4)}")
    return f"{number[:-1]}{random.choice([one for one in '0123456789' if one != number[-1]])}"


def bad_card(random: Random) -> str:
    """What would be a bank card with another check digit."""
    number = with_luhn(f"6222{digits(random, 12)}")
    return f"{number[:-1]}{(int(number[-1]) + random.randrange(1, 10)) % 10}"


def uuid(said: str) -> str:
    """Thirty-two hexadecimal digits as a UUID."""
    return "-".join((said[:8], said[8:12], said[12:16], said[16:20], said[20:]))


DECOYS: Mapping[str, tuple[str, str, Callable[[Random], str]]] = {
    "order_number": ("订单号{}已发货。", "Order {} has shipped.", lambda random: f"20{digits(random, 14)}"),
    "tracking_number": ("快递单号SF{}。", "Tracking number 1Z{}.", lambda random: digits(random, 13)),
    "bad_cn_id": ("序列{}已用完。", "Serial {} was used.", bad_cn_id),
    "bad_card": ("批次{}合格。", "Batch {} passed.", bad_card),
    "isbn": ("ISBN {}，定价45元。", "ISBN {}.", lambda random: f"978-7-{digits(random, 4)}-{digits(random, 4)}-2"),
    "hash": ("提交{}，", "Commit {} fixed it.", lambda random: f"{random.getrandbits(160):040x}"),
    "uuid": ("编号{}，", "Request {} timed out.", lambda random: uuid(f"{random.getrandbits(128):032x}")),
    "epoch": ("时间戳{}，", "ts={} level=info", lambda random: f"17{digits(random, 11)}"),
    "version": ("升级到 v{}。", "Upgrade to {} first.", lambda random: ".".join(digits(random, 1) for _ in range(4))),
    "float": ("系数为{}。", "The weight is {}.", lambda random: f"0.{digits(random, 12)}"),
    "standard": ("按 GB/T {} 执行。", "See GB/T {}.", lambda random: f"{digits(random, 5)}-2009"),
    "package": ("请安装{}。", "Install {}.", lambda random: f"lodash@4.{digits(random, 2)}.{digits(random, 1)}"),
    "loopback": ("服务监听{}:8080。", "Bind to {}.", lambda random: f"127.0.0.{random.randrange(1, 255)}"),
    "coordinates": ("坐标{}，", "at {}", lambda random: f"39.{digits(random, 6)}, 116.{digits(random, 6)}"),
}


def canaries(random: Random) -> Iterator[Planted]:
    """Canaries of every type: labelled and running, in Chinese and in English, then in hidden forms. All are new."""
    for type, carriers in CARRIERS.items():
        for language, (labelled, running) in carriers.items():
            for form, sentences in (("labelled", labelled), ("running", running)):
                for sentence in sentences:
                    yield planted(type, language, form, sentence, value(type, language, random))
    for type, hide in HIDDEN:
        sentence = CARRIERS[type]["zh"][0][0]
        yield planted(type, "zh", "hidden", sentence, hide(value(type, "zh", random), random))


def decoys(random: Random) -> Iterator[Planted]:
    """Decoys of every kind, in Chinese and in English."""
    for kind, (*sentences, make) in DECOYS.items():
        for language, sentence in zip(("zh", "en"), sentences, strict=True):
            yield planted(kind, language, "decoy", sentence, make(random))


def planted(type: str, language: str, form: str, sentence: str, value: str) -> Planted:
    """A value in its sentence."""
    start = sentence.index("{}")
    return Planted(type, language, form, sentence.replace("{}", value, 1), start, start + len(value))


def value(type: str, language: str, random: Random) -> str:
    """A new value of a type, with check digits that hold."""
    if type in VALUES:
        return VALUES[type](language, random)
    return fake(type, EXAMPLES[type][language == "en"], random.randbytes(32))


def new_person(language: str, random: Random) -> str:
    """A name as common ones are."""
    from faker.providers.person.en_US import Provider as English
    from faker.providers.person.zh_CN import Provider as Chinese

    names = Chinese if language == "zh" else English
    surnames = list(names.last_names.items())[:100]
    surname = random.choices([name for name, _ in surnames], [share for _, share in surnames])[0]
    given = random.choice(list(names.first_names))
    return f"{surname}{given}" if language == "zh" else f"{given} {surname}"


def new_email(language: str, random: Random) -> str:
    """An address at a domain that many have."""
    name = "".join(random.choice(CONSONANTS) + random.choice("aeiou") for _ in range(3))
    domain = random.choice(("qq.com", "163.com", "126.com") if language == "zh" else ("gmail.com", "outlook.com"))
    return f"{name}{random.randrange(1000)}@{domain}"


def new_ip(language: str, random: Random) -> str:
    """A public address."""
    return f"{random.choice((23, 36, 58, 61, 101, 183))}.{'.'.join(str(random.randrange(16, 250)) for _ in range(3))}"


def new_date(language: str, random: Random) -> str:
    """A day as it is written in the language."""
    year, month, day = random.randrange(1935, 2005), random.randrange(1, 13), random.randrange(1, 28)
    return f"{year}年{month}月{day}日" if language == "zh" else f"{month:02}/{day:02}/{year}"


def new_visit(language: str, random: Random) -> str:
    """A day of the last years."""
    return f"20{random.randrange(15, 25)}-{random.randrange(1, 13):02}-{random.randrange(1, 28):02}"


def new_mac(language: str, random: Random) -> str:
    """A MAC address."""
    return ":".join(f"{byte:02X}" for byte in (0, *random.randbytes(5)))


def new_crypto(language: str, random: Random) -> str:
    """A Bitcoin address of the old or of the new kind."""
    of_old, of_now = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
    return fake("crypto", of_old if language == "zh" else of_now, random.randbytes(32))


def new_secret(language: str, random: Random) -> str:
    """An access key of a cloud."""
    return "AKIA" + "".join(random.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=16))


def new_credentials(language: str, random: Random) -> str:
    """A user and a password as they stand in a URL."""
    return f"{new_email(language, random).partition('@')[0]}:{random.getrandbits(48):012x}Q"


def new_age(language: str, random: Random) -> str:
    """An age that few reach."""
    return str(random.randrange(91, 100))


VALUES: Mapping[str, Callable[[str, Random], str]] = {
    "person": new_person,
    "email": new_email,
    "ip": new_ip,
    "birth_date": new_date,
    "visit_date": new_visit,
    "mac": new_mac,
    "crypto": new_crypto,
    "secret": new_secret,
    "url_credentials": new_credentials,
    "age": new_age,
}


def full_width(value: str, random: Random) -> str:
    """Letters and digits as wide as Chinese characters."""
    return "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in value)


def split(value: str, random: Random) -> str:
    """A value with characters between its own that nobody sees."""
    at = random.randrange(3, len(value) - 2)
    return f"{value[:at]}\u200b{value[at:]}"


def numerals(value: str, random: Random) -> str:
    """Digits as Chinese numerals."""
    return "".join("零一二三四五六七八九"[int(one)] if one.isdecimal() else one for one in value)


def at_and_dot(value: str, random: Random) -> str:
    """An address as people write it for each other."""
    return value.replace("@", " at ").replace(".", " dot ")


def escaped(value: str, random: Random) -> str:
    """An address as HTML hides it."""
    return value.replace("@", "&#64;")


def two_lines(value: str, random: Random) -> str:
    """A number that a line's end breaks."""
    return f"{value[:7]}\n{value[7:]}"


HIDDEN: Sequence[tuple[str, Callable[[str, Random], str]]] = (
    ("phone", full_width),
    ("phone", split),
    ("phone", numerals),
    ("cn_id", full_width),
    ("cn_id", split),
    ("cn_id", two_lines),
    ("bank_card", full_width),
    ("bank_card", split),
    ("email", full_width),
    ("email", at_and_dot),
    ("email", escaped),
)
