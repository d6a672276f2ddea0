import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.kernels.trigrams import (
    CLASSES,
    DIGIT,
    HAN_LETTER,
    KANA,
    LATIN,
    LETTER,
    MARK,
    SPACE,
    TEXTS,
    WINDOW,
    count_ngrams,
    judged,
    left_out,
    packed,
    split_symbols,
    unpacked,
)
from curate.kernels.words import HAN, KIND, PUNCT, RUN, SYLLABLE, UNSEEN, folded

NASTY = "ab Z9，。泵図가กé\u0301é\u00adÉ０Ａ…“”\0\n\t_-👩\u200d💻д"
TEXT = st.one_of(
    st.text(st.sampled_from(NASTY)),
    st.text(st.sampled_from("ab "), min_size=3),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.lists(st.sampled_from(["the pump ", "泵。", "is primed, ", "3.5 bar\n"])).map("".join),
)


def utf8(*texts):
    encoded = [text.encode() for text in texts]
    return np.frombuffer(b"".join(encoded), np.uint8), np.cumsum([0, *map(len, encoded)])


def symbols_plainly(text):
    """The definition in plain Python: (class, character) of each symbol."""
    found = []
    for char in text:
        kind, base = folded(ord(char)) >> KIND, folded(ord(char)) & ((1 << KIND) - 1)
        if kind == UNSEEN:
            continue
        group = {0: SPACE, HAN: HAN_LETTER, PUNCT: MARK, SYLLABLE: KANA}.get(kind)
        if kind == RUN:
            group = DIGIT if ord("0") <= base <= ord("9") else LATIN if base < 0x250 else LETTER
        symbol = group, {DIGIT: "0", SPACE: " "}.get(group, chr(base))
        if not (found and symbol == found[-1] and group in (MARK, SPACE)):
            found.append(symbol)
    return found


def ngrams_plainly(found):
    """Every n-gram of a text: of one, two and three symbols, and of words that meet at a space."""
    padded = [None, None, *found]
    for at in range(2, len(padded)):
        yield from (tuple(padded[at + 1 - size : at + 1]) for size in (1, 2, 3))
        yield from meeting_plainly(found, at - 2)


def meeting_plainly(found, at):
    """At a space between words: how one ends, how the other begins, and both; three symbols of each at most."""
    spaces = [place for place, (group, _) in enumerate(found) if group == SPACE]
    if found[at][0] != SPACE:
        return ()
    before = found[max([place for place in spaces if place < at], default=-1) + 1 : at][-3:][::-1]
    after = found[at + 1 : min([place for place in spaces if place > at], default=len(found))][:3]
    if not before or not after:
        return ()
    return ("end", *before), ("begin", *after), ("both", *before, "both", *after)


def counts_plainly(texts):
    """How often each n-gram is in the texts, in how many of them, and how many words follow one."""
    times, having = Counter(), Counter()
    for found in texts:
        own = Counter(ngrams_plainly(found))
        times += own
        having.update(own.keys())
    words = sum(times[one] for one in times if one[0] == "both")
    return times, having, words


def judged_plainly(found, times, total, words):
    """The definition in plain Python: bits by class, how many symbols, disorder, words; for each window."""
    many = max(len(found) // WINDOW, 1) if found else 0
    windows = [([0.0] * CLASSES, [0] * CLASSES, [0.0], [0]) for _ in range(many)]
    one = two = 0.0
    for at, (group, _) in enumerate(found):
        bits, count, order, meetings = windows[min(at // WINDOW, many - 1)]
        padded = [None, None, *found[: at + 1]]
        group = found[at - 1][0] if at and found[at - 1][0] in (LETTER, KANA) else group
        alone = times[tuple(padded[-1:])]
        pair = times[tuple(padded[-2:])] if one else 0.0
        triple = times[tuple(padded[-3:])] if two else 0.0
        chance = (alone + 0.5) / (total + 5_000.0)
        chance = (pair + 20.0 * chance) / (one + 20.0)
        chance = (triple + 5.0 * chance) / (two + 5.0)
        one, two = alone, pair
        bits[group] -= math.log2(chance)
        count[group] += 1
        if meeting := meeting_plainly(found, at):
            before, after, both = (times[ngram] for ngram in meeting)
            if before and after:
                anywhere = (after + 0.5) / (words + 1_000.0)
                order[0] += math.log2(anywhere / ((both + 30.0 * anywhere) / (before + 30.0)))
                meetings[0] += 1
    return windows


def as_windows(windows, document):
    """The windows of one document as plain lists."""
    first, last = windows.start[document], windows.start[document + 1]
    return [
        (windows.bits[at].tolist(), windows.symbols[at].tolist(), [windows.order[at]], [windows.words[at]])
        for at in range(first, last)
    ]


@given(st.lists(TEXT, max_size=4))
def test_symbols_are_what_the_definition_in_plain_python_says(texts):
    symbols, expected = split_symbols(*utf8(*texts)), [symbols_plainly(text) for text in texts]
    assert symbols.start.tolist() == np.cumsum([0, *map(len, expected)]).tolist()
    found = [(code >> KIND, chr(code & ((1 << KIND) - 1))) for code in symbols.code.tolist()]
    assert found == [symbol for one in expected for symbol in one]


@settings(max_examples=60)
@given(st.lists(st.tuples(TEXT, st.booleans()), max_size=5), st.sampled_from([1, 2, 5, 1_000]))
def test_texts_are_judged_as_the_definition_in_plain_python_says_by_the_counts_of_all_others(given_texts, room):
    texts, teaching = [text for text, _ in given_texts], np.array([teaches for _, teaches in given_texts], bool)
    symbols = split_symbols(*utf8(*texts))
    counts = count_ngrams(symbols, teaching, room)
    windows, before = left_out(symbols, teaching, counts), counts.model.table.copy()
    plain = [symbols_plainly(text) for text in texts]
    taught = [one for one, teaches in zip(plain, teaching, strict=True) if teaches]
    _, having, words = counts_plainly(taught)
    assert (counts.model.symbols, counts.model.words) == (sum(map(len, taught)), words)
    assert np.count_nonzero(counts.model.table & np.uint64(0xFFFFFFFF)) <= min(room, len(having))
    for document, found in enumerate(plain):
        others = [one for at, one in enumerate(plain) if teaching[at] and at != document]
        times, having, _ = counts_plainly(others)
        known = Counter({ngram: n for ngram, n in times.items() if having[ngram] >= TEXTS and n >= counts.least})
        expected = judged_plainly(found, known, counts.model.symbols, words)
        assert as_windows(windows, document) == expected
    assert left_out(symbols, teaching, counts).bits.tolist() == windows.bits.tolist()
    assert (counts.model.table == before).all()


@settings(max_examples=60)
@given(st.lists(TEXT, max_size=5), TEXT)
def test_a_model_from_a_file_judges_as_the_definition_in_plain_python_says(texts, other):
    model = count_ngrams(split_symbols(*utf8(*texts)), np.ones(len(texts), bool)).model
    keys, steps = packed(model)
    kept = unpacked(keys, steps, model.symbols, model.words)
    times, having, words = counts_plainly([symbols_plainly(text) for text in texts])
    rounded = {n: round(2 ** (round(8 * math.log2(n)) / 8)) for n in set(times.values())}
    known = Counter({ngram: rounded[n] for ngram, n in times.items() if having[ngram] >= TEXTS})
    windows = judged(split_symbols(*utf8(other, "", other)), kept)
    expected = judged_plainly(symbols_plainly(other), known, model.symbols, words)
    assert [as_windows(windows, document) for document in range(3)] == [expected, [], expected]


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("Ｐúmp  7b", "pump 0b"),
        ("a\u00adb\u200d", "ab"),
        ("----- ……", "- ."),
        ("aabb 1999", "aabb 0000"),
        ("水泵。。", "水泵。"),
    ],
)
def test_case_accents_digits_and_the_length_of_rulers_make_no_difference(text, symbols):
    assert "".join(chr(code & ((1 << KIND) - 1)) for code in split_symbols(*utf8(text)).code.tolist()) == symbols


def test_a_model_is_smaller_than_a_megabyte_and_counts_most_what_is_frequent():
    rng = np.random.default_rng(0)
    texts = ["".join(map(chr, rng.integers(0x4E00, 0x5200, 3_000))) for _ in range(400)]
    counts = count_ngrams(split_symbols(*utf8(*texts)), np.ones(400, bool))
    keys, steps = packed(counts.model)
    assert keys.nbytes + steps.nbytes < 1_000_000
    assert counts.least > 1
    assert counts.times[(counts.model.table & np.uint64(0xFFFFFFFF)) > 0].min() == counts.least


def test_a_line_of_10_mb_is_judged_like_its_windows():
    line = "the pump is primed, 泵。" * (10_000_000 // 26)
    symbols = split_symbols(*utf8("the pump is primed", line, "the pump is primed, 泵。"))
    counts = count_ngrams(symbols, np.ones(3, bool))
    windows = left_out(symbols, np.ones(3, bool), counts)
    many = np.diff(symbols.start)[1]
    assert windows.symbols[1:-1].sum() == many > 8_000_000
    assert np.diff(windows.start).tolist() == [1, many // WINDOW, 1]
    assert np.ptp(windows.bits[2:-3].sum(axis=1)) < 0.2 * windows.bits[2:-3].sum(axis=1).mean()
