"""What a character is to lines and sentences: white, part of a word, a mark that ends a sentence or closes a quote."""

from functools import cache
from unicodedata import category

import numpy as np

from curate.kernels.words import ASSIGNED, HAN, KIND, RUN, SYLLABLE, folding

# Every character has one class. LETTER is a letter or number without case; UNSPACED one of a script that is written
# without spaces (Chinese, kana, Thai); STOP ends a sentence before white space, FULL_STOP wherever it stands.
WHITE, OTHER, LOWER, UPPER, LETTER, DIGIT, UNSPACED, STOP, FULL_STOP, CLOSER = range(10)
# Unicode's property Sentence_Terminal (17.0), which `unicodedata` does not tell, as first and last of each range.
TERMINAL = """
21 2E 3F 589 61D-61F 6D4 700-702 7F9 837 839 83D-83E 964-965 104A-104B 1362 1367-1368 166E 1735-1736 17D4-17D5 1803
1809 1944-1945 1AA8-1AAB 1B4E-1B4F 1B5A-1B5B 1B5E-1B5F 1B7D-1B7F 1C3B-1C3C 1C7E-1C7F 2024 203C-203D 2047-2049
2CF9-2CFB 2E2E 2E3C 2E53-2E54 2E60-2E61 3002 A4FF A60E-A60F A6F3 A6F7 A876-A877 A8CE-A8CF A92F A9C8-A9C9 AA5D-AA5F
AAF0-AAF1 ABEB FE12 FE15-FE16 FE52 FE56-FE57 FF01 FF0E FF1F FF61 10A56-10A57 10F55-10F59 10F86-10F89 11047-11048
110BE-110C1 11141-11143 111C5-111C6 111CD 111DE-111DF 11238-11239 1123B-1123C 112A9 113D4-113D5 1144B-1144C
115C2-115C3 115C9-115D7 11641-11642 1173C-1173E 11944 11946 11A42-11A43 11A9B-11A9C 11C41-11C42 11EF7-11EF8
11F43-11F44 16A6E-16A6F 16AF5 16B37-16B38 16B44 16D6E-16D6F 16E98 1BC9F 1DA88
"""
BEFORE_SPACE = "!.?\u2024\ufe52\uff0e"  # these also stand inside numbers, names and addresses: 3.5, ３．５, a.txt?b


@cache
def classes() -> np.ndarray:
    """Code point → its class."""
    kind = folding() >> KIND
    table = np.where(kind == 0, WHITE, OTHER).astype(np.uint8)
    table[kind == RUN] = LETTER
    table[(kind == HAN) | (kind == SYLLABLE)] = UNSPACED
    cased = {"Lu": UPPER, "Lt": UPPER, "Ll": LOWER, "Nd": DIGIT, "Pe": CLOSER, "Pf": CLOSER}
    for code in range(ASSIGNED):
        if table[code] in (LETTER, OTHER) and (group := category(chr(code))) in cased:
            table[code] = cased[group]
    table[[ord('"'), ord("'")]] = CLOSER
    table[terminal()] = FULL_STOP
    table[[ord(mark) for mark in BEFORE_SPACE]] = STOP
    return table


@cache
def terminal() -> np.ndarray:
    """For each code point: whether it is a mark that ends a sentence."""
    table = np.zeros(0x110000, np.bool_)
    for ends in TERMINAL.split():
        first, _, last = ends.partition("-")
        table[int(first, 16) : int(last or first, 16) + 1] = True
    return table
