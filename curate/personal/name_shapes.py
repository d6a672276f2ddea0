"""What names of people look like, Chinese and English, and how sure their looks alone make them."""

import re

from curate.personal.found import Candidate
from curate.personal.words import HAN, LATIN, UPPER, one_of, word_lists

LISTS = word_lists("names.yaml")
SURNAMES, MORE_SURNAMES = "".join(LISTS["surnames"]), "".join(LISTS["more_surnames"])
GIVEN, COMPOUND_SURNAMES = "".join(LISTS["given"]), LISTS["compound_surnames"]
FIRST, ORGANISATIONS = frozenset(LISTS["first_names"]), frozenset(LISTS["organisations"])
KNOWN_WORDS, KNOWN_VALUES = frozenset(LISTS["words"]), frozenset(LISTS["not_values"])
NOT_WORDS = frozenset(way for word in LISTS["not_english"] for way in (word, word.upper()))
SUFFIX = "Jr|Sr|II|III|IV"

# A Chinese name in running text ends before a character that is none of a name's, or where a word begins. The
# pattern begins with one class of characters, which `re` looks for quickly.
FIRSTS = f"{SURNAMES}{''.join(sorted({one[0] for one in COMPOUND_SURNAMES}))}"
SECONDS = f"{GIVEN}{''.join(sorted({one[1] for one in COMPOUND_SURNAMES}))}"
TAILS = "|".join(f"(?<={one[0]}){one[1:]}" for one in COMPOUND_SURNAMES)
SURNAME = f"[{FIRSTS}](?:{TAILS}|(?<=[{SURNAMES}]))"
NEXT = one_of(LISTS["next"])
LETTER = f"(?:(?!{NEXT})[{GIVEN}]|(?<=[亚胜若思])男)"
CHINESE = f"{SURNAME}{LETTER}{{1,2}}"
END = f"(?![{HAN}·])"
NOT_GIVEN = "".join(LISTS["not_given"])
RARE = f"{SURNAME}(?:(?!{NEXT})(?![{NOT_GIVEN}])[{HAN}]){{1,2}}"
DOTTED = f"[{HAN}]{{1,8}}(?:[·•・‧][{HAN}]{{1,8}}){{1,3}}"  # 买买提·艾力
MINORITY = f"{one_of(LISTS['minority'])}[{HAN}]{{1,4}}{END}"
# In a form the cell's end is the name's: any character may be in it, and two may be set apart (张　伟).
IN_FORM = SURNAME.replace(SURNAMES, SURNAMES + MORE_SURNAMES)
BOUNDED = f"{IN_FORM}[{HAN}]{{1,2}}{END}"
IN_CELL = f"{DOTTED}|{MINORITY}|{BOUNDED}|{IN_FORM}[ \u3000]{{1,4}}[{HAN}]{END}|{CHINESE}|[{HAN}]{{2,4}}{END}"
STARTS = f"(?:[{FIRSTS}][{SECONDS}]|[{HAN}]{{1,8}}[·•・‧]|{one_of(LISTS['minority'])}|[A-Z][A-Za-z.'’])"  # for gates

ROOT = f"[{UPPER}](?:['’][{UPPER}])?[{LATIN}]{{1,20}}"
JOINED = f"(?:['’-](?!s(?![{LATIN}]))[{LATIN}]{{1,20}}){{0,2}}"  # Smith-Jones, but of Smith's only Smith
WORD = f"(?!{one_of(NOT_WORDS)}(?![{LATIN}])){ROOT}{JOINED}"
INITIAL = f"[{UPPER}](?:\\.|(?![{LATIN}'’]))"
PARTICLE = "(?:de la|de los|van der|van den|von|van|de|der|del|della|di|da|dos|du|la|le|al|el|bin|bint|ben|ter)"
MORE = f"(?: {{1,2}}{INITIAL}){{0,2}}(?: {{1,2}}(?:{PARTICLE} )?{WORD}){{1,3}}(?:,? (?:{SUFFIX})(?![{LATIN}]))?"
ENGLISH = f"(?:{WORD}|{INITIAL}){MORE}"
TURNED = f"{WORD}(?: {WORD})?, ?{WORD}(?: {INITIAL})?"  # Smith, John A.
SYLLABLE = (
    "(?:[zcs]h|[bpmfdtnlgkhjqxrzcsyw])?"
    "(?:[iu]ang|iong|[aeio]ng|i?an|uai|uan|[eiu]n|i?ao|[aeu]i|ou|i[aeu]|u[aeo]|er|[aeiouv])"
)
SPELT = "|".join(LISTS["pinyin_surnames"])
ROMAN = (
    f"(?:(?:{SPELT}) (?=[A-Z])(?i:{SYLLABLE}(?:[ '-]?{SYLLABLE})?)"
    f"|(?=[A-Z])(?i:{SYLLABLE}(?:['-]?{SYLLABLE})?) (?:{SPELT}))(?![{LATIN}])"
)
PINYIN = re.compile(ROMAN)
ANY = f"{IN_CELL}|{ROMAN}|{ENGLISH}|{TURNED}|{WORD}"
WHOLE = re.compile(ANY)
OFFICE = re.compile(f",? (?:& |and |of )?{one_of(ORGANISATIONS)}(?![A-Za-z])|[@/]|\\.[a-z]")
ROLE = re.compile(f"患者|病人|家属|原告|被告|[{HAN}]{{0,4}}[人员者医生师子女妻夫]")
NO_NAMES = re.compile("[未无不没详见部司处科局店室组站厂校所会填待各该此的了在是等与及或]")


def chinese_score(said: str, never: frozenset[str]) -> float:
    """1 for a Chinese name, 0 for a word, or for several parts with a word before them: 患者买买提·艾力."""
    word = said in never or said in KNOWN_VALUES or said in KNOWN_WORDS or said[:2] in KNOWN_WORDS
    return float(not word and not (len(said.partition("·")[0]) > 3 and "·" in said and ROLE.match(said)))


def form_score(said: str, label: str, whole: bool) -> float:
    """How sure it is that Chinese characters behind a label are a name; `whole` where it can be nothing else's."""
    spelt = re.fullmatch(CHINESE, said) is not None
    if "·" in said or re.match(MINORITY, said):
        return 0.9
    if not re.match(IN_FORM, said):
        return 0.7 if "名" in label and "签" not in label and not NO_NAMES.search(said) else 0
    if said in KNOWN_WORDS or (said[:2] in KNOWN_WORDS and not spelt):
        return 0.8 if whole and spelt else 0
    if spelt:
        return 0.95
    if NO_NAMES.search(said[1:]) or len(said) > 4 or said[1:] in KNOWN_VALUES | KNOWN_WORDS:
        return 0
    return 0.8 if len(said) < 4 and (whole or label.endswith("人")) else 0.6


def english_score(one: Candidate, score: float) -> float:
    """How sure it is that capitalized words are a name, where their place alone makes it `score`."""
    words, turned = one.said.replace(",", "").split(), "," in one.said
    known = words[0].title() in FIRST or (turned and words[-1].title() in FIRST) or PINYIN.fullmatch(one.said)
    if OFFICE.match(one.after) or (words[-1] in ORGANISATIONS and not known):
        return 0
    if len(words) == 1:
        return score - 0.05 if known or score > 0.8 else 0.4
    if known or any(len(word.rstrip(".")) == 1 for word in words):
        return min(0.95, max(score + 0.2, 0.8))
    return score - 0.05 * turned


def is_plain(said: str) -> bool:
    """Whether English words are written as names are: neither camelCase nor small letters, but particles."""
    return not re.search(r"[a-z][A-Z]{2}|[a-z][A-Z][a-z]+[A-Z]", said) and all(
        re.fullmatch(f"[{UPPER}][{LATIN}.,'’-]*|{PARTICLE}", word) for word in said.split()
    )
