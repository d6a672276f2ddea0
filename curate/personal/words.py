"""Word lists as patterns, for `re` and for RE2's gates: a tree, so that few words are tried at any place."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

import yaml

HAN = "\u3400-\u9fff"
UPPER = "A-ZÀ-ÖØ-ÞĀĆČĎĐĒĘĚĞĪİŁŃŇŌŐŒŘŚŞŠŤŪŮŰŹŻŽ"
LATIN = "A-Za-zÀ-ÖØ-öø-ÿĀ-ž"
FILL = "[ \u3000]{0,6}"  # 姓    名: how forms fill a line
WORDS_BELOW = (
    "To",
    "From",
    "Re",
    "Cc",
    "Hi",
    "Bed",
    "I,",
    "Pt",
    "RN",
    "FIN",
    "CSN",
)  # in small letters they are words of any sentence
Tree: TypeAlias = dict[str, "Tree"]


def one_of(words: Iterable[str], between: str = "") -> str:
    """A pattern for the longest of some words; `between` may stand between any two characters."""
    tree: Tree = {}
    for word in words:
        node = tree
        for character in word:
            node = node.setdefault(character, {})
        node[""] = {}
    return f"(?:{'|'.join(ways(tree, between))})"


def ways(tree: Tree, between: str) -> list[str]:
    """The patterns of the branches of a tree of characters, in which "" ends a word."""
    return [re.escape(first) + rest_of(rest, between) for first, rest in sorted(tree.items()) if first]


def rest_of(tree: Tree, between: str) -> str:
    """The pattern of what follows a character of a word."""
    after = ways(tree, between)
    if not after:
        return ""
    joined = after[0] if len(after) == 1 else f"(?:{'|'.join(after)})"
    return f"(?:{between}{joined})?" if "" in tree else between + joined


def is_han(word: str) -> bool:
    """Whether a word has a Chinese character."""
    return re.search(f"[{HAN}]", word) is not None


def ways_of(words: Iterable[str]) -> list[str]:
    """English words as forms and data write them: Patient name, PATIENT NAME, patient_name, patientName."""
    ways: set[str] = set()
    for word in words:
        title = re.sub(r"(?<![A-Za-z'.])[a-z]", lambda letter: letter[0].upper(), word)
        snake, joined = re.sub("[ /]+", "_", word.lower()), title.replace(" ", "")
        ways |= {
            word,
            word.upper(),
            title,
            re.sub("(?<= )(?:Of|On|By|No|Is|In)(?= )", lambda small: small[0].lower(), title),
        }
        if word not in WORDS_BELOW:
            ways |= {word.lower(), snake, snake.replace("_", "-"), joined, joined[0].lower() + joined[1:]}
    return sorted(ways)


def split_scripts(words: Iterable[str]) -> tuple[list[str], list[str]]:
    """Chinese words, and all others in the ways they are written."""
    words = list(words)
    return [word for word in words if is_han(word)], ways_of(word for word in words if not is_han(word))


def word_lists(name: str) -> dict[str, list[str]]:
    """The lists of words in a file beside this one."""
    told = yaml.safe_load((Path(__file__).parent / name).read_text("utf-8"))
    return {key: said.split() for key, said in told.items()}
