"""Terms: words as the field counts them, so that published limits for counts, lengths and runs of words hold.

The word table takes each mark for a unit, and a Chinese character for a word. Gopher's and FineWeb's limits belong to
words as spaCy cuts them: `foo.bar` and `-----` are one, and a dictionary says which Chinese characters are a word. A
term is a unit of the word table, or several of them that no white space parts, joined by two rules:

* In a Chinese document (as jieba cuts what is not Chinese) marks of ``+ # & . _ % -`` in a row are one term.
* In others (after spaCy) what stands between white spaces is one term, without the marks before and after it, each a
  term of its own, and cut where a dash, colon, slash or the like stands between a word and a letter, and before an
  apostrophe there: `pump's` is `pump` and `'s`.

A Chinese character weighs 3/5 of a term: a word of jieba's has 1.6 to 1.7 of them. With that the shares of runs of 2 to
10 words rank 672 Chinese documents as they do on jieba's words (Spearman's coefficient .98 and more; .29 to .84 with
each character counted as a word, and each mark alone).
"""

from typing import NamedTuple

import numpy as np

from curate.kernels import sealed
from curate.kernels.words import HAN, PUNCT, Words

MARK, DIGITS, LETTERS = 0, 1, 2  # kinds of terms: marks alone; digits, perhaps with marks; at least one letter
ALONE, BEFORE, AFTER, BETWEEN, JOINED, APOSTROPHE = (
    4,
    8,
    16,
    32,
    64,
    128,
)  # with the kinds: what a unit may be in a term, as bits
WEIGHT, HAN_WEIGHT = 5, 3  # of a term, of a character of a script without spaces
ROLES = (
    (DIGITS, "0123456789"),
    (BEFORE, "()[]{}<>_#*&'\"`%=+$:,;!?"),
    (AFTER, "()[]{}<>_#*&'\"`%:,;!?."),
    (BETWEEN, "-~:<>=/"),
    (JOINED, "+#&._%-"),
    (APOSTROPHE, "'"),
)


class Terms(NamedTuple):
    """The terms of a batch, document after document."""

    hash: np.ndarray  # uint64, of the folded characters
    chars: np.ndarray  # int32, length in characters
    kind: np.ndarray  # uint8: MARK, DIGITS or LETTERS
    weight: np.ndarray  # uint8: WEIGHT, or HAN_WEIGHT of a Chinese character
    start: np.ndarray  # int64, n documents + 1: terms of document i are start[i] : start[i + 1]
    weights: np.ndarray  # float64, a row a document, a column a kind: how many terms, by weight
    lengths: np.ndarray  # int64, the same: how many characters


def join_terms(data: np.ndarray, offsets: np.ndarray, words: Words) -> Terms:
    """The terms of every document, from its UTF-8 and its words."""
    from curate.kernels.terms_loops import fill, find_roles, join

    units = len(words.hash)
    roles, begin, start = np.empty(units, np.uint8), np.empty(units + 1, np.int64), np.zeros_like(words.start)
    find_roles(data, offsets, words.start, words.byte, words.chars, words.kind, ascii_roles(), roles)
    join(words.start, words.apart, roles, is_chinese(words), begin, start)
    size = int(start[-1])
    begin[size] = units
    hashes, chars = np.empty(size, np.uint64), np.empty(size, np.int32)
    kinds, weights = np.empty(size, np.uint8), np.empty(size, np.uint8)
    totals = np.zeros((2, len(start) - 1, LETTERS + 1), np.int64)
    fill(roles, words.hash, words.chars, begin, start, hashes, chars, kinds, weights, *totals)
    return sealed(Terms(hashes, chars, kinds, weights, start, totals[0] / WEIGHT, totals[1]))


def is_chinese(words: Words) -> np.ndarray:
    """Which documents have a Chinese character for every 50 words or fewer: tables of links and code among them."""
    chinese: np.ndarray = 50 * words.sums(words.kind == HAN) >= np.maximum(words.sums(words.kind != PUNCT), 1)
    return chinese


def ascii_roles() -> np.ndarray:
    """ASCII character → its roles as bits."""
    table = np.zeros(128, np.uint8)
    for role, those in ROLES:
        table[[*map(ord, those)]] |= role
    return table
