import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from curate import Batch, Doc, key_of
from curate.kernels.terms import DIGITS, HAN_WEIGHT, LETTERS, MARK, ROLES, WEIGHT, is_chinese
from curate.kernels.words import PUNCT, RUN

NASTY = "ab1Z9 \n\t。，泵图가กé0.-_#|/:'=`(…“’–—👍\0"
BEFORE, AFTER, BETWEEN, JOINED, _ = (set(marks) for _, marks in ROLES[1:])
LONG = ("Prime the pump, don't run it dry: p-101/a. " + "水泵启动前先灌水。" * 3) * 70_000


def batch_of(*texts):
    return Batch.of(Doc(text, key=key_of(at)) for at, text in enumerate(texts))


def units_of(batch, document):  # (as many bytes as it has characters, kind, apart, characters, hash)
    words, data = batch.words, batch["text"][document].as_py().encode()
    own = slice(words.start[document], words.start[document + 1])
    columns = (getattr(words, name)[own].tolist() for name in ("byte", "kind", "apart", "chars", "hash"))
    for byte, kind, apart, chars, hashed in zip(*columns, strict=True):
        text = data[byte : byte + (3 if kind == PUNCT else chars)]
        text = {"–": b"-", "’": b"'"}.get(text.decode("utf-8", "replace"), text)
        yield text, kind, apart, chars, hashed


def in_plain_python(units, chinese):  # each term as a list of units
    terms = []
    for chunk in chunks_of(units):
        marks = ["" if stands_alone(unit) or unit[1] == RUN else chr(unit[0][0]) for unit in chunk]
        if chinese:
            starts = [n for n in range(len(chunk)) if not (n and marks[n - 1] in JOINED and marks[n] in JOINED)]
        else:
            head = next((n for n, mark in enumerate(marks) if mark not in BEFORE), len(chunk))
            tail = next((n for n in range(len(chunk), head, -1) if marks[n - 1] not in AFTER), head)
            cut = {n for n in range(head + 1, tail - 1) if is_cut(chunk, marks, n)}
            cut |= {n + 1 for n in cut} | {n for n in range(head + 1, tail - 1) if is_clitic(chunk, marks, n)}
            starts = [n for n in range(len(chunk)) if n <= head or n >= tail or n in cut]
        terms += [chunk[a:b] for a, b in zip(starts, [*starts[1:], len(chunk)], strict=True)]
    return terms


def chunks_of(units):
    chunks = []
    for unit in units:
        if unit[2] or not chunks or stands_alone(unit) or stands_alone(chunks[-1][-1]):
            chunks.append([])
        chunks[-1].append(unit)
    return chunks


def stands_alone(unit):
    return unit[1] != RUN and (unit[1] != PUNCT or unit[0][0] > 127)


def is_cut(chunk, marks, at):
    between_words = chunk[at - 1][1] == chunk[at + 1][1] == RUN
    return marks[at] in BETWEEN and between_words and chr(chunk[at + 1][0][0]) not in "0123456789"


def is_clitic(chunk, marks, at):
    return marks[at] == "'" and chunk[at - 1][1] == chunk[at + 1][1] == RUN and not chunk[at + 1][0].isdigit()


def kind_of(term):
    words = [text for text, kind, *_ in term if kind == RUN]
    alone = term[0][1] not in (RUN, PUNCT)
    return LETTERS if alone or not all(map(bytes.isdigit, words)) else DIGITS if words else MARK


@given(st.lists(st.one_of(st.text(st.sampled_from(NASTY), max_size=40), st.text()), max_size=3))
@example([LONG])
@example(["#foo.bar -- well-known, p-101: 3.5%-4 'a/b' (see https://x.org/y_z)", "水泵 v8.5.4 --- ## a_b 启动：`x`"])
def test_terms_are_what_the_definition_in_plain_python_says(texts):
    batch = batch_of(*texts)
    terms, hashes = batch.terms, {}
    for document, chinese in enumerate(is_chinese(batch.words)):
        expected = in_plain_python(units_of(batch, document), chinese)
        own = slice(terms.start[document], terms.start[document + 1])
        assert terms.kind[own].tolist() == [*map(kind_of, expected)]
        assert terms.chars[own].tolist() == [sum(chars for *_, chars, _ in term) for term in expected]
        lone = [term[0][1] not in (RUN, PUNCT) for term in expected]
        assert terms.weight[own].tolist() == [HAN_WEIGHT if alone else WEIGHT for alone in lone]
        for term, hashed in zip(expected, terms.hash[own].tolist(), strict=True):
            assert hashes.setdefault(tuple(unit[4] for unit in term), hashed) == hashed
    assert len(set(hashes.values())) == len(hashes)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Don't stop 1990–95.", ["Don", "'t", "stop", "1990–95", "."]),
        ("“It’s well–made”", ["“", "It", "’s", "well", "–", "made", "”"]),
        ("(see foo.bar_baz)", ["(", "see", "foo.bar_baz", ")"]),
        ("well-known p-101", ["well", "-", "known", "p-101"]),
        ("-----", ["-----"]),
        ("检查 -- 泵_a。", ["检", "查", "--", "泵", "_", "a", "。"]),
        ("", []),
    ],
)
def test_a_term_is_a_word_as_the_field_counts_them(text, terms):
    assert batch_of(text).terms.chars.tolist() == [len(term) for term in terms]


def test_a_text_is_cut_by_the_chinese_rule_from_one_character_in_fifty_words_on():
    batch = batch_of("泵" + " a" * 49, "泵" + " a" * 50, "", "泵")
    assert is_chinese(batch.words).tolist() == [True, False, False, True]


def test_totals_are_by_document_and_kind():
    terms = batch_of("a b 12 -", "", "水泵 p1。").terms
    assert terms.weights.tolist() == [[1, 1, 2], [0, 0, 0], [1, 0, 2.2]]
    assert terms.lengths.tolist() == [[1, 2, 2], [0, 0, 0], [1, 0, 4]]
