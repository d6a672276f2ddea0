"""Fakes of what only computers read: e-mail at domains that are nobody's, addresses kept for examples, wallets."""

import re
import unicodedata
from functools import cache
from ipaddress import ip_address

from curate.personal.check_digits import base58_check, base58_payload, bech32, bech32_data
from curate.personal.fake_names import latin_surnames, rare_given
from curate.personal.fake_numbers import redrawn
from curate.personal.key import dice, mac

DOMAINS = ("example.com", "example.net", "example.org")  # RFC 2606
NETWORKS = ("192.0.2", "198.51.100", "203.0.113")  # RFC 5737
IP_MARK = 8  # one address of an example network in so many is marked: 768 addresses are all there are
HEX = "0123456789abcdef"


def fake_email(text: str, key: bytes) -> str:
    """A name and five digits at example.com; the same for an address in capitals, full-width or with `at`."""
    said = spelled_out(text)
    random = dice(key, "email", said)
    given, surnames = rare_given(), latin_surnames()
    name = f"{random.choice(given)}.{random.choice(surnames)}".lower()
    domain = DOMAINS[mac(key, "domain", said.partition("@")[2]) % len(DOMAINS)]
    made = f"{name}.{email_mark(name, domain, key)}@{domain}"
    return made.upper() if text.isupper() else made


def is_fake_email(text: str, key: bytes) -> bool:
    """Whether the five digits of an address at a domain that is nobody's follow from the rest."""
    name, _, domain = spelled_out(text).partition("@")
    first, _, digits = name.rpartition(".")
    return domain in DOMAINS and digits == email_mark(first, domain, key)


def email_mark(name: str, domain: str, key: bytes) -> str:
    """Five digits that the key makes of the rest of an address."""
    return f"{mac(key, 'mark', 'email', name, domain) % 100_000:05}"


def spelled_out(text: str) -> str:
    """An address in small ASCII letters, whatever it was written with."""
    said = unicodedata.normalize("NFKC", text).lower()
    said = re.sub(r"[\[({<]?\s*(?:(?<![a-z])at(?![a-z])|艾特|@)\s*[\])}>]?", "@", said)
    said = re.sub(r"[\[({<]?\s*(?:(?<![a-z])dot(?![a-z])|点)\s*[\])}>]?", ".", said)
    return "".join(one for one in said if one.isprintable() and not one.isspace())


def fake_ip(text: str, key: bytes) -> str:
    """An address of the networks that are kept for examples."""
    said = spelled_ip(text)
    random = dice(key, "ip", said)
    if ":" in said:
        groups = ["2001", "db8", *(f"{random.randrange(0x10000):x}" for _ in range(5))]
        return str(ip_address(":".join([*groups, ip_mark(groups, key)])))
    return random.choice([one for one in marked_ips(key) if one != said])


@cache
def marked_ips(key: bytes) -> list[str]:
    """The addresses of the example networks that this key makes, about a hundred."""
    every = (f"{network}.{host}" for network in NETWORKS for host in range(1, 255))
    return [one for one in every if not mac(key, "mark", "ip", one) % IP_MARK]


def is_fake_ip(text: str, key: bytes) -> bool:
    """Whether an address of an example network carries the mark; one that somebody has is never said to be a fake."""
    try:
        address = ip_address(spelled_ip(text))
    except ValueError:
        return False
    if address.version == 4:
        said = str(address)
        return said.rpartition(".")[0] in NETWORKS and not mac(key, "mark", "ip", said) % IP_MARK
    groups = [f"{int(group, 16):x}" for group in address.exploded.split(":")]
    return groups[:2] == ["2001", "db8"] and groups[7] == ip_mark(groups[:7], key)


def spelled_ip(text: str) -> str:
    """An address in its shortest form, or what was given where it is none."""
    said = unicodedata.normalize("NFKC", text).strip()
    try:
        return str(ip_address(said))
    except ValueError:
        return said.lower()


def ip_mark(groups: list[str], key: bytes) -> str:
    """The last group of an address of version 6, made of the others."""
    return f"{mac(key, 'mark', 'ip', *groups) % 0x10000:x}"


def fake_mac(text: str, key: bytes) -> str:
    """A MAC address that is locally administered, so that no maker has given it out; written as this one is."""
    digits = [one for one in text if one.lower() in HEX]
    random = dice(key, "mac", "".join(digits).lower())
    first = "0" + random.choice("26ae") + "".join(random.choice(HEX) for _ in range(len(digits) - 6))
    new = iter(first + mac_mark(first, key))
    small = text != text.upper()
    return "".join((next(new) if small else next(new).upper()) if one.lower() in HEX else one for one in text)


def is_fake_mac(text: str, key: bytes) -> bool:
    """Whether the last two bytes of a MAC address follow from the others."""
    digits = "".join(one for one in text.lower() if one in HEX)
    return len(digits) >= 12 and digits[-4:] == mac_mark(digits[:-4], key)


def mac_mark(first: str, key: bytes) -> str:
    """The last two bytes of a MAC address."""
    return f"{mac(key, 'mark', 'mac', first) % 0x10000:04x}"


def fake_crypto(text: str, key: bytes) -> str:
    """A wallet's address of the same kind, with its checksum: base58check, SegWit or hexadecimal."""
    random = dice(key, "crypto", text)
    if payload := base58_payload(text):
        return base58_check(crypto_mark(payload[:1] + random.randbytes(len(payload) - 1), key))
    if coded := bech32_data(text.lower()):
        prefix, data = coded
        body = [data[0], *(random.randrange(32) for _ in data[1:])]
        made = bech32(prefix, bech32_mark(body, key))
        return made.upper() if text.isupper() else made
    if re.fullmatch("0[xX][0-9a-fA-F]{40}", text):
        made = hex_mark("".join(random.choice(HEX) for _ in range(40)), key)
        return text[:2] + (made.upper() if text[2:].isupper() else made)
    return redrawn(text, random)


def is_fake_crypto(text: str, key: bytes) -> bool:
    """Whether the end of an address follows from its beginning."""
    if payload := base58_payload(text):
        return crypto_mark(payload, key) == payload
    if coded := bech32_data(text.lower()):
        return bech32_mark(coded[1], key) == coded[1]
    digits = text[2:].lower()
    return len(digits) == 40 and text[:2].lower() == "0x" and hex_mark(digits, key) == digits


def crypto_mark(payload: bytes, key: bytes) -> bytes:
    """Bytes of which the last four follow from the others."""
    return payload[:-4] + (mac(key, "mark", "crypto", payload[:-4].hex()) % 2**32).to_bytes(4)


def bech32_mark(data: list[int], key: bytes) -> list[int]:
    """Groups of five bits of which six follow from the others; the last has bits that fill it up, which are 0."""
    bits = (len(data) - 1) * 5 % 8
    drawn = mac(key, "mark", "crypto", " ".join(map(str, data[:-7])))
    return [*data[:-7], *(drawn >> 5 * at & 31 for at in range(6)), (drawn >> 30 & 31) >> bits << bits]


def hex_mark(digits: str, key: bytes) -> str:
    """Hexadecimal digits of which the last eight follow from the others."""
    return f"{digits[:-8]}{mac(key, 'mark', 'crypto', digits[:-8]) % 2**32:08x}"
