"""Whether a value was drawn at random, made of words, or only stands for one that is to be filled in."""

import re
from collections import Counter
from math import log2

# Bits a character (Shannon), as the field measures them. Of 20 random characters out of 16 a thousandth has less than
# 2.6 bits, out of 64 less than 3.6; words written together have more than that, so they are told apart by their form.
HEX_LIMIT, LIMIT = 2.6, 3.4
HEX = re.compile("[0-9a-f]+|[0-9A-F]+")
PIECES = re.compile("[A-Z]?[a-z]+|[A-Z]+")  # getUserName: get, User, Name
DIGITS, VOWEL, CONSONANTS = re.compile("[0-9]+"), re.compile("[aeiouy]"), re.compile("[^aeiouy]{4}")
RUNS = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "9876543210")
STANDS_FOR = re.compile(
    r"""(?ix) your | change[-_ ]?(?:me|this|it) | replace | placeholder | redacted | dummy | x{4} | \*{3} | \.{3} | …
    | insert[-_ ] | to[-_ ]?do\b | fix[-_ ]?me | some[-_](?:secret|password|key|token|value)
    | ^(?:the|an?|enter)[-_ ] | ^my[-_ ][a-z_-]+$ | ^!(?:vault|secret|env|ref|sub)
    | (?:^|[^a-z])(?:example|sample|fake|mock|none|null|undefined|required|optional|hidden|removed|masked)(?:[^a-z]|$)
    | ^<.*>?$ | \$\{ | \$\( | \{\{ | \#\{ | ^\{.*\}?$ | ^\[.*\]?$ | ^[$%@&:!?\#]?[{(<]\w* | %\( | ^%\w$ | ^\$\w+$
    | ^%\w+%$
    | ^(?:test|tester|testing|demo|foo|bar|baz|admin|user|username|pass|passwd|password|passphrase|pwd|secret|token|key
      |apikey|value|default|string|text|root|guest|qwerty|foobar|login|credentials?)
      (?:[-_ ]?(?:test|pass|passwd|password|pwd|secret|token|key|value|here|string|foo|bar|baz)){0,4}[-_]?[0-9]?$"""
)


def entropy(value: str) -> float:
    """Bits a character by how often each stands in the value (Shannon 1948); none for an empty one."""
    size = len(value)
    return -sum(count / size * log2(count / size) for count in Counter(value).values())


def is_random(value: str, limit: float = LIMIT) -> bool:
    """Whether a value has as many bits a character as a random one, and is not words written together."""
    least = limit - LIMIT + HEX_LIMIT if HEX.fullmatch(value) else limit
    return entropy(value) >= least and not is_words(value)


def is_words(value: str) -> bool:
    """Whether most of a value can be spoken: pieces with a vowel, no four consonants on end, few digits between."""
    spoken = sum(
        len(piece)
        for piece in PIECES.findall(value)
        if len(piece) > 2 and VOWEL.search(small := piece.lower()) and not CONSONANTS.search(small)
    )
    # So are 96 % of the long stretches in technical documents, and 4 % of 20 random letters.
    return spoken >= 0.65 * sum(map(str.isalnum, value)) and len(DIGITS.findall(value)) < 3


def stands_for(value: str) -> bool:
    """Whether a value is to be filled in: <your-key>, ${VAR}, changeme, xxxx."""
    return STANDS_FOR.search(value) is not None or (is_filler(value) and not value.isdecimal())


def is_filler(value: str) -> bool:
    """Whether a value is a few characters over and over."""
    return len(set(value.lower())) <= min(3, max(1, len(value) // 4))


def is_run(value: str) -> bool:
    """Whether a value is typed along the alphabet, the digits or the keyboard."""
    small = value.lower()
    return any(small in run + run for run in RUNS)


def is_mixed(value: str) -> bool:
    """Whether a value has three of small letters, capital letters, digits and marks, as rules for passwords ask."""
    kinds = ("[a-z]", "[A-Z]", "[0-9]", "[!@#$%^&*+=_]")
    return len(value) >= 6 and sum(re.search(kind, value) is not None for kind in kinds) > 2
