from itertools import groupby, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.kernels.characters import (
    CLOSER,
    DIGIT,
    FULL_STOP,
    LETTER,
    LOWER,
    STOP,
    UNSPACED,
    UPPER,
    WHITE,
    classes,
    terminal,
)
from curate.kernels.lines import count_duplicates, find_paragraphs, longest_words, split_lines
from curate.kernels.sentences import ABBREVIATIONS, split_sentences

PIECES = [
    *"ab AZ9½，。！？；.?!…:;\"')”」（(éЖ가泵図ก\0\n\n\t\r\u2028\u3000\u00ad_#|`~{",
    "\n\n",
    "\r\n",
    "...",
    "……",
    ". A",
]
PIECES += [
    "e.g. ",
    "Fig. 3",
    "No. 5",
    "1. Open",
    "3.5",
    "```\n",
    "~~~\n",
    "👩\u200d💻",
    "𠮷",
    "\U00030000",
    "水泵。”",
    "ok! ",
]
PIECES += ["St", "approx.", " abcdefgh.", " abcdefghi.", "é. B"]
TEXTS = st.lists(
    st.one_of(
        st.lists(st.sampled_from(PIECES), max_size=30).map("".join), st.text(st.characters(exclude_categories=["Cs"]))
    ),
    max_size=4,
)
LETTERS = (LOWER, UPPER, LETTER, DIGIT, UNSPACED)


def utf8(*texts):
    encoded = [text.encode() for text in texts]
    return np.frombuffer(b"".join(encoded), np.uint8), np.cumsum([0, *map(len, encoded)])


def kind(char):
    return classes()[ord(char)]


def is_white(char):
    return kind(char) == WHITE


def strip(text):
    """What is left without white space around it, and how many characters stood before it."""
    white = [is_white(char) for char in text] + [False]
    before = white.index(False)
    behind = [*white[:-1][::-1], False].index(False)
    return (text[before : len(text) - behind], before) if before < len(text) else ("", before)


def lines_of(text):
    lines = text.split("\n")
    return lines if lines[-1] else lines[:-1]


def goes_on(text, mark):
    """Whether a sentence goes on behind the full stop at a place."""
    rest = text[mark + 1 :].lstrip("".join(filter(is_white, set(text))))
    if rest and kind(rest[0]) == LOWER:
        return True
    begin = mark
    while begin and kind(text[begin - 1]) in (LOWER, UPPER, LETTER, DIGIT):
        begin -= 1
    word, before = text[begin:mark], text[:begin].rstrip(" \t")
    if not word.isascii() or len(word) > 8:
        return False
    if word.isdigit():
        return not before or before.endswith("\n")
    return len(word) == 1 or word.lower() in ABBREVIATIONS.split()


def ends_of(text):
    """Where a mark ends a sentence, with what closes it."""
    at, ends = 0, []
    while at < len(text):
        behind = at
        if kind(text[at]) in (STOP, FULL_STOP):
            while behind < len(text) and kind(text[behind]) in (STOP, FULL_STOP, CLOSER):
                behind += 1
            full = any(kind(char) == FULL_STOP for char in text[at:behind])
            spaced = behind == len(text) or is_white(text[behind])
            if full or (spaced and not (text[at:behind] == "." and goes_on(text, at))):
                ends.append(behind)
        at = max(behind, at + 1)
    return ends


def sentences_of(text):
    """(begin, end) of each sentence."""
    at, cuts = 0, ends_of(text)
    for line in text.split("\n")[:-1]:
        cuts += [] if strip(line)[0] else [at + len(line)]
        at += len(line) + 1
    cuts, found = sorted({0, *cuts, len(text)}), []
    for begin, end in pairwise(cuts):
        body, before = strip(text[begin:end])
        found += [(begin + before, begin + before + len(body))] if body else []
    return found


def words_of(body):
    return sum(1 for white, _ in groupby(body, is_white) if not white)


def trails(body):
    return body.endswith("...") or (body.endswith("…") and not body.endswith("……"))


def plain_lines(text):
    """The definition in plain Python: a row of every column but the hash for each line."""
    rows, fence, at = [], "", 0
    for line in lines_of(text):
        body, before = strip(line)
        count = [sum(kind(char) in those for char in body) for those in (LETTERS, [DIGIT], [UPPER], [UNSPACED])]
        ends = ends_of(body)
        mark = body[:1] if body[:3] in ("```", "~~~") else ""
        rows.append(
            {
                "chars": len(body),
                "indent": before,
                "width": len(line),
                "letters": count[0],
                "digits": count[1],
                "uppercase": count[2],
                "unspaced": count[3],
                "words": words_of(body),
                "sentences": len(ends) + (max(ends, default=0) < len(body)),
                "first": ord(body[0]) if body else 0,
                "last": ord(body[-1]) if body else 0,
                "trails": trails(body),
                "fenced": bool(mark or fence),
                "begin": at,
                "end": min(at + len(line) + 1, len(text)),
            }
        )
        if mark and fence in ("", mark):
            fence = "" if fence else mark
        at += len(line) + 1
    return rows


def plain_paragraphs(text):
    """(begin, end, its lines) of each paragraph."""
    found, at, last = [], 0, False
    for line in lines_of(text):
        end = min(at + len(line) + 1, len(text))
        body, before = strip(line)
        if body and last:
            found[-1][1] = end
            found[-1][2].append((before, body, len(line)))
        elif body:
            found.append([at, end, [(before, body, len(line))]])
        last, at = bool(body), end
    return found


@given(TEXTS)
def test_lines_are_what_the_definition_in_plain_python_says(texts):
    lines, expected = split_lines(*utf8(*texts)), [plain_lines(text) for text in texts]
    assert lines.start.tolist() == np.cumsum([0, *map(len, expected)]).tolist()
    rows = [row for document in expected for row in document]
    for name in lines._fields:
        if name not in ("hash", "byte", "start"):
            assert getattr(lines, name).tolist() == [row[name] for row in rows], name
    whole = [line for text in texts for line in lines_of(text)]
    hashes: dict = {}
    for line, found in zip(whole, lines.hash.tolist(), strict=True):
        assert hashes.setdefault(strip(line)[0], found) == found
    assert len(set(hashes.values())) == len(hashes)
    assert hashes.get("", 0) == 0
    data, offsets = utf8(*texts)
    stops = np.append(lines.byte, offsets[-1])
    told = [data[one:other].tobytes().decode() for one, other in pairwise(stops)]
    assert [line.removesuffix("\n") for line in told] == whole


@given(TEXTS)
def test_sentences_are_what_the_definition_in_plain_python_says(texts):
    sentences, expected = split_sentences(*utf8(*texts)), [sentences_of(text) for text in texts]
    assert sentences.start.tolist() == np.cumsum([0, *map(len, expected)]).tolist()
    flat = [one for document in expected for one in document]
    assert list(zip(sentences.begin.tolist(), sentences.end.tolist(), strict=True)) == flat
    assert sentences.chars.tolist() == [end - begin for begin, end in flat]


@given(TEXTS)
def test_paragraphs_and_duplicates_are_what_the_definition_in_plain_python_says(texts):
    lines = split_lines(*utf8(*texts))
    paragraphs, expected = find_paragraphs(lines), [plain_paragraphs(text) for text in texts]
    flat = [one for document in expected for one in document]
    assert paragraphs.start.tolist() == np.cumsum([0, *map(len, expected)]).tolist()
    assert paragraphs.begin.tolist() == [begin for begin, _, _ in flat]
    assert paragraphs.end.tolist() == [end for _, end, _ in flat]
    chars = [sum(width for _, _, width in own) + len(own) - 1 for _, _, own in flat]
    assert paragraphs.chars.tolist() == chars
    found = count_duplicates(lines, paragraphs)
    for at, (text, document) in enumerate(zip(texts, expected, strict=True)):
        own = [(*reversed(strip(line)), len(line)) for line in lines_of(text)]
        again = [line for place, line in enumerate(own) if line[1] and line[:2] in [one[:2] for one in own[:place]]]
        assert (found.lines[at], found.line_chars[at]) == (len(again), sum(width for _, _, width in again))
        plain = [[line[:2] for line in lines] for _, _, lines in document]
        twice = [place for place, one in enumerate(plain) if one in plain[:place]]
        start = paragraphs.start[at]
        assert found.paragraphs[at] == len(twice)
        assert found.paragraph_chars[at] == sum(chars[start + place] for place in twice)


@given(st.text(st.sampled_from("ab泵 \n，가ก")))
def test_the_longest_word_stands_between_white_space_or_letters_written_without_it(text):
    lines = split_lines(*utf8(text))
    parted = [
        max(map(len, "".join(" " if kind(c) in (WHITE, UNSPACED) else c for c in line).split()), default=0)
        for line in lines_of(text)
    ]
    assert longest_words(*utf8(text), lines, np.arange(len(parted))).tolist() == parted


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        ("\0\n\n", []),
        ("Prime the pump. Open the valve! Is it hot?", ["Prime the pump.", "Open the valve!", "Is it hot?"]),
        ("先灌泵。再启动！热吗？", ["先灌泵。", "再启动！", "热吗？"]),
        ("他说：“先灌泵。”然后启动。", ["他说：“先灌泵。”", "然后启动。"]),
        ("型号 LQ-80，流量 3.5 m³/h。见 a.txt 的说明", ["型号 LQ-80，流量 3.5 m³/h。", "见 a.txt 的说明"]),
        ("See Fig. 3 by J. Smith, e.g. Pumps. Then stop.", ["See Fig. 3 by J. Smith, e.g. Pumps.", "Then stop."]),
        ("approx. five litres etc. are pumped. Stop", ["approx. five litres etc. are pumped.", "Stop"]),
        ("1. Open the valve.\n2. Wait.", ["1. Open the valve.", "2. Wait."]),
        ("It was in 2024. Then", ["It was in 2024.", "Then"]),
        (
            "a line that is\nwrapped. And more\n\nHeading\n \nText",
            ["a line that is\nwrapped.", "And more", "Heading", "Text"],
        ),
        ("Wow!!! (Really?) Yes...", ["Wow!!!", "(Really?)", "Yes..."]),
        ("ポンプを始動する。弁を開く", ["ポンプを始動する。", "弁を開く"]),
    ],
)
def test_a_sentence_ends_where_a_reader_says_so(text, sentences):
    found = split_sentences(*utf8(text))
    assert [text[begin:end] for begin, end in zip(found.begin, found.end, strict=True)] == sentences


def test_a_line_of_ten_megabytes_is_one_line():
    text = "水泵 Pump 7. " * 700_000
    lines, sentences = split_lines(*utf8(text)), split_sentences(*utf8(text))
    told = {name: getattr(lines, name).tolist() for name in ("width", "letters", "digits", "uppercase", "unspaced")}
    assert told == {
        "width": [11 * 700_000],
        "letters": [7 * 700_000],
        "digits": [700_000],
        "uppercase": [700_000],
        "unspaced": [2 * 700_000],
    }
    assert lines.words.tolist() == [3 * 700_000]
    assert lines.sentences.tolist() == [len(sentences.begin)] == [700_000]


@pytest.mark.parametrize(
    ("text", "sentences", "lines"),
    [
        ("." * 2_000_000 + "x", 1, 1),
        (". " * 1_000_000, 1_000_000, 1),
        ("1. " * 500_000, 499_999, 1),
        ("\n" * 2_000_000, 0, 2_000_000),
        (" " * 4_000_000, 0, 1),
    ],
    ids=["marks", "marks apart", "numbers", "newlines", "blanks"],
)
def test_long_runs_of_marks_and_blanks_are_no_matter(text, sentences, lines):
    assert len(split_sentences(*utf8(text)).begin) == sentences
    assert len(split_lines(*utf8(text)).chars) == lines


def test_documents_need_not_start_at_the_first_byte():
    data = "泵\none. \nTwo\n\nTwo".encode()
    lines = split_lines(np.frombuffer(data, np.uint8), np.array([4, 10, len(data)]))
    assert lines.start.tolist() == [0, 1, 4]
    assert lines.byte.tolist() == [4, 10, 14, 15]
    assert lines.end.tolist() == [6, 4, 5, 8]
    assert lines.chars.tolist() == [4, 3, 0, 3]


def test_shares_of_duplicates_are_those_of_the_characters():
    lines = split_lines(*utf8("a b\na b\n\nc\n", "", "x"))
    found, chars = count_duplicates(lines, find_paragraphs(lines)), np.maximum(lines.sums(lines.chars), 1)
    assert (found.line_chars / chars).tolist() == [3 / 7, 0, 0]
    assert (found.paragraph_chars / chars).tolist() == [0, 0, 0]


def test_the_marks_that_end_sentences_are_those_of_unicode():
    assert [chr(code) for code in np.flatnonzero(terminal()) if code < 0x80] == ["!", ".", "?"]
    assert all(terminal()[ord(mark)] for mark in "。！？｡．؟۔।")
    assert not any(terminal()[ord(mark)] for mark in "，、；…”\"'")
    assert terminal().sum() == 172
