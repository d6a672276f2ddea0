"""Check digits of numbers that people have, computed so that a made-up number holds as a real one does."""

from functools import cache
from hashlib import sha256

ALPHABET_58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
ALPHABET_32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
TW_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"  # A stands for 10, B for 11, ... O for 35


def with_luhn(number: str) -> str:
    """Digits with the last one made the check digit of payment cards (ISO/IEC 7812, Luhn)."""
    doubled = [int(digit) * (2 - at % 2) for at, digit in enumerate(reversed(number[:-1]))]
    return number[:-1] + str(-sum(digit - 9 * (digit > 9) for digit in doubled) % 10)


def with_cn_id(number: str) -> str:
    """A Chinese resident identity number of 18 with its check character (ISO 7064 MOD 11-2); of 15 as it is."""
    if len(number) != 18:
        return number
    return number[:17] + "10X98765432"[sum(int(digit) * 2 ** (17 - at) for at, digit in enumerate(number[:17])) % 11]


def with_hk_id(number: str) -> str:
    """A Hong Kong identity number, one or two letters and seven characters, with its check character (mod 11)."""
    body = number[:-1].rjust(8)
    values = [36 if one == " " else int(one, 36) for one in body]
    check = -sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True)) % 11
    return number[:-1] + "0123456789A"[check]


def with_tw_id(number: str) -> str:
    """A Taiwan identity number, a letter and nine digits, with its check digit (mod 10)."""
    letter = 10 + TW_LETTERS.index(number[0])
    digits = [letter // 10, letter % 10, *map(int, number[1:-1])]
    weights = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1)
    return number[:-1] + str(-sum(digit * weight for digit, weight in zip(digits, weights, strict=True)) % 10)


def with_iban(number: str) -> str:
    """An IBAN with the two check digits behind its country (ISO 13616, mod 97)."""
    moved = "".join(str(int(one, 36)) for one in f"{number[4:]}{number[:2]}00")
    return f"{number[:2]}{98 - int(moved) % 97:02}{number[4:]}"


def with_uscc(number: str) -> str:
    """A unified social credit code with the check characters of its organisation (GB 11714) and its own (GB 32100)."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    within = -sum(int(one, 36) * weight for one, weight in zip(number[8:16], weights, strict=True)) % 11
    number = f"{number[:16]}{'0123456789X'[within]}"
    weighed = sum(USCC.find(one) * (3**at % 31) for at, one in enumerate(number))
    return number + USCC[-weighed % 31]


def base58_check(payload: bytes) -> str:
    """Bytes as Bitcoin writes an address: base 58 with four bytes of a double SHA-256 behind them."""
    whole = payload + sha256(sha256(payload).digest()).digest()[:4]
    number, said = int.from_bytes(whole), ""
    while number:
        number, rest = divmod(number, 58)
        said = ALPHABET_58[rest] + said
    return "1" * (len(whole) - len(whole.lstrip(b"\0"))) + said


def base58_payload(said: str) -> bytes | None:
    """The bytes that an address of that form holds; none where it is not of the form, or its check fails."""
    number = 0
    for one in said:
        if one not in ALPHABET_58:
            return None
        number = number * 58 + ALPHABET_58.index(one)
    whole = b"\0" * (len(said) - len(said.lstrip("1"))) + number.to_bytes((number.bit_length() + 7) // 8)
    return whole[:-4] if len(whole) == 25 and base58_check(whole[:-4]) == said else None


def bech32(prefix: str, data: list[int]) -> str:
    """Groups of five bits as a SegWit address (BIP 173; from version 1 on with the constant of BIP 350)."""
    constant = 0x2BC830A3 if data[0] else 1
    spread = [ord(one) >> 5 for one in prefix] + [0] + [ord(one) & 31 for one in prefix]
    rest = polymod([*spread, *data, 0, 0, 0, 0, 0, 0]) ^ constant
    check = [rest >> 5 * (5 - at) & 31 for at in range(6)]
    return f"{prefix}1{''.join(ALPHABET_32[one] for one in [*data, *check])}"


def bech32_data(said: str) -> tuple[str, list[int]] | None:
    """The prefix and the groups of five bits of a SegWit address; none where it is none, or its check fails."""
    prefix, _, coded = said.rpartition("1")
    if not prefix or len(coded) < 8 or not set(coded) <= set(ALPHABET_32):
        return None
    data = [ALPHABET_32.index(one) for one in coded[:-6]]
    return (prefix, data) if bech32(prefix, data) == said else None


def polymod(values: list[int]) -> int:
    """The checksum of BIP 173 over groups of five bits."""
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for at, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> at & 1 else 0
    return check


@cache
def regions() -> tuple[str, ...]:
    """The codes of China's counties (GB/T 2260), as Faker lists them."""
    from faker.providers.ssn.zh_CN import Provider

    return tuple(dict.fromkeys(str(code) for code in Provider.area_codes if len(str(code)) == 6))
