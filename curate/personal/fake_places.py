"""Fakes of addresses and organisations: each part another of its kind, what says what it is stays."""

import re
from collections.abc import Callable, Sequence
from functools import cache
from random import Random
from typing import NamedTuple

from curate.personal.fake_names import HAN, latin_surnames
from curate.personal.fake_numbers import redrawn
from curate.personal.key import dice, mac

# What names of roads and firms are made of; none of it is the end of a place's name.
PLEASANT = (
    "安宝昌长晨成崇春德东丰富光广贵国海和红宏鸿华汇惠吉嘉建金锦景久康兰乐丽利联林龙隆茂美明宁平启庆荣瑞润"
    "盛顺泰天通旺文祥晓新鑫兴旭永友裕远悦云泽振正智忠卓紫"
)
AREAS = "特别行政区|自治区|自治州|省|市|区|县|旗"
ROADS = (
    "街道|大道|大街|胡同|新村|小区|社区|花园|公寓|大厦|广场|中心|工业园|镇|乡|村|路|街|道|巷|弄|里|苑|坊|湾|园|庄|屯|城|"
    "家园|写字楼"
)
FIRMS = (
    "股份有限公司|有限责任公司|集团有限公司|有限公司|分公司|公司|集团|人民医院|中医院|医院|大学|学院|中学|小学|幼儿园|学校|"
    "银行|支行|律师事务所|会计师事务所|事务所|研究所|研究院|委员会|人民法院|法院|派出所|卫生院|诊所|保险|中心|厂|局|厅|店|社"
)
BETWEEN = "号楼栋幢座室层单元门期组队户棟之第弄东西南北内旁附近"
HAN_PARTS = {
    "address": re.compile(f"([{HAN}]{{1,8}}?)({AREAS}|{ROADS})|([{BETWEEN}]+)|([{HAN}]+?(?=[{BETWEEN}]|$|[^{HAN}]))"),
    "organization": re.compile(f"([{HAN}]{{1,20}}?)({FIRMS})|()(?!)|([{HAN}]+)"),
}
NUMBERS = re.compile(r"(\d+|[零一二三四五六七八九十]+(?=[号楼栋幢座室层单弄]))")
DRAWS = 10  # until a fake is not the value itself
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
KEPT = {
    "address": "n s e w ne nw se sw north south east west apt apartment suite ste unit floor fl room rm box po p o "
    "st ave rd blvd dr ln ct pl hwy pkwy sq ter cir way the of and no near usa us uk united states kingdom",
    "organization": "inc llc ltd limited corp corporation company co plc gmbh group holdings bank university college "
    "school hospital clinic institute center centre department office insurance and of the for st at",
}


class Part(NamedTuple):
    """A stretch of an address: what it says, and of which kind that is."""

    said: str
    kind: str  # province, city, district, name, word, digits, numerals or kept


def fake_address(text: str, key: bytes) -> str:
    """Another address: other places, roads and numbers; province, road, house and room are where they were."""
    return fake_place("address", text, key)


def is_fake_address(text: str, key: bytes) -> bool:
    """Whether the last name in an address follows from the rest of it."""
    return is_fake_place("address", text, key)


def fake_organization(text: str, key: bytes) -> str:
    """Another organisation of the same kind."""
    return fake_place("organization", text, key)


def is_fake_organization(text: str, key: bytes) -> bool:
    """Whether the end of an organisation's name follows from the rest of it."""
    return is_fake_place("organization", text, key)


def fake_place(type: str, text: str, key: bytes) -> str:
    """Another place of the type."""
    random = dice(key, type, re.sub(r"\W", "", text).lower())
    made = text
    for _ in range(DRAWS):
        if made != text:
            break
        parts = parts_of(type, text)
        alone = type == "organization" and sum(part.kind == "word" for part in parts) == 1
        other = "".join(drawn(type, part, random, 2 if alone else 1) for part in parts)
        made = "".join(part.said for part in marked(type, parts_of(type, other), key))
    return made


def is_fake_place(type: str, text: str, key: bytes) -> bool:
    """Whether a place has a name in it that follows from the rest."""
    parts = parts_of(type, text)
    return any(part.kind in ("name", "word") for part in parts) and marked(type, parts, key) == parts


def parts_of(type: str, text: str) -> list[Part]:
    """A place as its parts, in order; together they are the text."""
    names: Callable[[str], list[Part]] = han_parts(type) if re.search(f"[{HAN}]", text) else latin_parts(type)
    return [
        part
        for at, piece in enumerate(NUMBERS.split(text))
        for part in ([Part(piece, "digits" if piece.isdecimal() else "numerals")] if at % 2 else names(piece))
    ]


def han_parts(type: str) -> Callable[[str], list[Part]]:
    """How Chinese characters between numbers fall into parts."""
    kinds = {"省": "province", "自治区": "province", "市": "city", "区": "district"}

    def parts(piece: str) -> list[Part]:
        found, last = list[Part](), 0
        for match in HAN_PARTS[type].finditer(piece):
            name, end, between, other = match.groups()
            kind = kinds.get(end, "name") if type == "address" else "name"
            own = (
                [Part(name, kind), Part(end, "kept")]
                if name
                else [Part(between or other, "kept" if between else "name")]
            )
            found += [Part(piece[last : match.start()], "kept"), *own]
            last = match.end()
        return [*found, Part(piece[last:], "kept")]

    return parts


def latin_parts(type: str) -> Callable[[str], list[Part]]:
    """How words between numbers fall into parts: what says what a thing is stays, and so does a state."""

    def parts(piece: str) -> list[Part]:
        found, last = list[Part](), 0
        for match in WORD.finditer(piece):
            kept = len(match[0]) == 1 or match[0].lower() in latin_kept(type)
            kept = kept or (type == "address" and match[0] in states())
            said = Part(match[0], "kept" if kept else "word")
            found += [Part(piece[last : match.start()], "kept"), said]
            last = match.end()
        return [*found, Part(piece[last:], "kept")]

    return parts


def drawn(type: str, part: Part, random: Random, words: int) -> str:
    """Another part of the same kind; for an organisation's name so much that the mark leaves room for many."""
    if part.kind == "digits":
        new = redrawn("".join(str(int(one)) for one in part.said), random)
        return "".join(chr(ord(old) - int(old) + int(one)) for old, one in zip(part.said, new, strict=True))
    if part.kind == "numerals":
        return "".join(random.choice("一二三四五六七八九") for _ in part.said)
    if part.kind == "name":
        length = 4 if type == "organization" else max(2, min(4, len(part.said)))
        return "".join(random.choice(PLEASANT) for _ in range(length))
    if part.kind == "word":
        return " ".join(as_cased(word, part.said) for word in random.sample(latin_surnames(), words))
    if part.kind == "kept":
        return part.said
    return random.choice([one for one in places()[part.kind] if one != part.said])


def marked(type: str, parts: Sequence[Part], key: bytes) -> list[Part]:
    """The parts with the end of their last name as the key makes it of all others."""
    at = max((at for at, part in enumerate(parts) if part.kind in ("name", "word")), default=-1)
    if at < 0:
        return list(parts)
    part, first = parts[at], parts[at].said[:-2] if parts[at].kind == "name" else ""
    said = [first if number == at else one.said.lower() for number, one in enumerate(parts)]
    which = mac(key, "mark", type, *said)
    if part.kind == "word":
        new = as_cased(latin_surnames()[which % len(latin_surnames())], part.said)
    else:
        which, second = divmod(which, len(PLEASANT))
        new = first + PLEASANT[second] + PLEASANT[which % len(PLEASANT)]
    return [*parts[:at], Part(new, part.kind), *parts[at + 1 :]]


def as_cased(word: str, like: str) -> str:
    """A word in capitals or small letters where another one is."""
    return word.upper() if like.isupper() and len(like) > 1 else word.lower() if like.islower() else word


@cache
def latin_kept(type: str) -> frozenset[str]:
    """Words that say what a thing is, and not which."""
    from faker.providers.address.en_US import Provider

    streets = [word.lower() for word in Provider.street_suffixes] if type == "address" else []
    return frozenset([*KEPT[type].split(), *streets])


@cache
def states() -> frozenset[str]:
    """The states of the US, whole and as two letters, its territories, and what stands in an address of its army."""
    from faker.providers.address.en_US import Provider

    whole = (state for state in Provider.states if " " not in state)
    army = (*Provider.military_state_abbr, *Provider.military_ship_prefix, "PSC", "APO", "DPO", "FPO")
    return frozenset([*Provider.known_usps_abbr, *Provider.states_abbr, *whole, *army])


@cache
def places() -> dict[str, list[str]]:
    """Provinces, cities and districts of China without the word that says what they are."""
    from faker.providers.address.zh_CN import Provider

    provinces = [name.removesuffix("省") for name in Provider.provinces if name.endswith("省")]
    found = {"province": provinces, "city": list(Provider.cities), "district": list(Provider.districts)}
    ends = re.compile(f"{AREAS}|{ROADS}|[{BETWEEN}]")
    known = {kind: [name for name in names if not ends.search(name)] for kind, names in found.items()}
    return known | {"city": [name for name in known["city"] if name not in ("香港", "澳门", "台北")]}
