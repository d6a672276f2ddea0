"""The types of personal data: their names, what they are called in a text, and how they point to a person."""

from typing import Literal, NamedTuple

Type = Literal[
    "person", "email", "phone", "cn_id", "bank_card", "passport", "travel_permit", "hk_id", "macau_id", "tw_id",
    "us_ssn", "us_itin", "iban", "crypto", "im_id", "plate", "ip", "mac", "url_credentials", "address", "birth_date",
    "age", "visit_date", "organization", "record_number", "uscc", "secret",
]  # fmt: skip
# direct: one value is enough to know who it is; quasi: several together are; organisation: no person's at all.
Identifies = Literal["direct", "quasi", "organisation", "secret"]


class Entity(NamedTuple):
    """One type of personal data."""

    name: Type
    chinese: str  # what a replacement says in Chinese text: [电话]
    english: str  # and in any other: [PHONE]
    identifies: Identifies = "direct"


ENTITIES: dict[str, Entity] = {
    entity.name: entity
    for entity in (
        Entity("person", "姓名", "NAME"),
        Entity("email", "邮箱", "EMAIL"),
        Entity("phone", "电话", "PHONE"),
        Entity("cn_id", "身份证号", "CN_ID"),
        Entity("bank_card", "银行卡号", "BANK_CARD"),
        Entity("passport", "护照号", "PASSPORT"),
        Entity("travel_permit", "通行证号", "TRAVEL_PERMIT"),
        Entity("hk_id", "香港身份证号", "HK_ID"),
        Entity("macau_id", "澳门身份证号", "MACAU_ID"),
        Entity("tw_id", "台湾身份证号", "TW_ID"),
        Entity("us_ssn", "社会安全号", "US_SSN"),
        Entity("us_itin", "税号", "US_ITIN"),
        Entity("iban", "国际银行账号", "IBAN"),
        Entity("crypto", "钱包地址", "CRYPTO"),
        Entity("im_id", "社交账号", "IM_ID"),
        Entity("plate", "车牌号", "PLATE"),
        Entity("ip", "IP地址", "IP"),
        Entity("mac", "MAC地址", "MAC"),
        Entity("url_credentials", "网址口令", "URL_CREDENTIALS", "secret"),
        Entity("address", "地址", "ADDRESS", "quasi"),
        Entity("birth_date", "出生日期", "BIRTH_DATE", "quasi"),
        Entity("age", "年龄", "AGE", "quasi"),
        Entity("visit_date", "就诊日期", "VISIT_DATE", "quasi"),
        Entity("organization", "单位", "ORGANIZATION", "quasi"),
        Entity("record_number", "编号", "RECORD_NUMBER"),
        Entity("uscc", "统一社会信用代码", "USCC", "organisation"),
        Entity("secret", "密钥", "SECRET", "secret"),
    )
}
