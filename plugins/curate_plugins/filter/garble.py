"""Scores that tell text from what broke on the way: misread encodings, torn and glued words, damaged characters."""

from functools import cache
from itertools import chain

import numpy as np
import pyarrow.compute as pc

import curate
from curate import Batch
from curate.kernels.debris import debris
from curate.kernels.pairs import count_pairs
from curate.kernels.words import HAN_RANGES, PUNCT, RUN

OTHER, SPACE, LETTER, COMMON_HAN, RARE_HAN, LEAD, TAIL, BROKEN = range(8)
# UTF-8 that was read with a wrong one-byte encoding: a byte from C2 on became a letter of LEADS, and each byte from
# 80 to BF after it one of TAILS (é → Ã©, ’ → â€™, 图 → å›¾).
LEADS = range(0xC2, 0xF5)
TAILS = [*range(0x80, 0xC0), *map(ord, "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ")]
DAMAGE = r"锟斤拷|锟斤|斤拷|烫烫烫|屯屯屯|\(cid:\d+\)"  # U+FFFD read as GBK; unset memory; a PDF font's numbers


@curate.score(
    damaged_share=(None, 0.01),
    misread_share=(None, 0.01),
    rare_han_share=(None, 0.05),
    torn_share=(None, 0.3),
    long_share=(None, 0.25),
    debris_share=(None, 0.2),
    looped_share=(None, 0.7),
)
def garble(batch: Batch) -> dict[str, np.ndarray]:
    """Measure what broke: damaged or misread characters, rare Chinese ones, torn, glued and misspelt words, loops."""
    # Of 2,389 English and 672 Chinese technical documents these limits drop 6 and 3: formulas and tables of single
    # letters, classes with long names, tables whose cells are lines.
    pairs = count_pairs(*batch.utf8, classes(), BROKEN + 1)
    count = pairs.sum(axis=1)
    chars = np.maximum(count.sum(axis=1), 1)
    han = count[:, COMMON_HAN] + count[:, RARE_HAN]
    torn_han = pairs[:, COMMON_HAN, SPACE] + pairs[:, RARE_HAN, SPACE]
    letters, spelt = lone_letters(batch)
    words = batch.words
    said, (overlong, broken) = words.kind != PUNCT, debris(*batch.utf8, words)
    damage = np.asarray(pc.count_substring_regex(batch["text"], DAMAGE))
    return {
        "damaged_share": (count[:, BROKEN] + 3 * damage) / chars,
        "misread_share": pairs[:, LEAD, TAIL] / chars,
        "rare_han_share": count[:, RARE_HAN] / np.maximum(chars - count[:, SPACE], 1),
        "torn_share": (torn_han + letters) / np.maximum(han + spelt, 1),
        "long_share": overlong / np.maximum(words.sums(words.chars * said), 1),
        "debris_share": broken / np.maximum(words.sums(said), 1),
        "looped_share": batch.duplicates.line_chars / np.maximum(batch.lines.sums(batch.lines.chars), 1),
    }


def lone_letters(batch: Batch) -> tuple[np.ndarray, np.ndarray]:
    """For each document: how many words are one letter long, and how many start with a letter."""
    words = batch.words
    first = words.first_byte(*batch.utf8)
    spelt = (words.kind == RUN) & ((first < ord("0")) | (first > ord("9")))
    return words.sums(spelt & (words.chars == 1)), words.sums(spelt)


@cache
def classes() -> np.ndarray:
    """Code point → its class."""
    table = np.zeros(0x110000, np.uint8)
    for first, last in HAN_RANGES:
        table[first : last + 1] = RARE_HAN
    table[common_han()] = COMMON_HAN
    table[LEADS], table[TAILS] = LEAD, TAIL
    for space in " \t\n\u3000\xa0":
        table[ord(space)] = SPACE
    broken = chain(range(9), range(0xE, 0x20), [0x7F, 0xFFFC, 0xFFFD, 0xFFFE, 0xFFFF], range(0xE000, 0xF900))
    table[[*broken]] = BROKEN
    return table


def common_han() -> list[int]:
    """The characters that the standards put first: GB 2312's 6,763, Big5's 5,401, and JIS X 0208's 2,965."""
    rows = (("gb2312", range(0xB0, 0xF8)), ("big5", range(0xA4, 0xC7)), ("euc_jp", range(0xB0, 0xD0)))
    cells = [(bytes([row, cell]), name) for name, those in rows for row in those for cell in range(0x40, 0xFF)]
    return [ord(char) for code, name in cells for char in code.decode(name, "ignore") if char > "\x7f"]
