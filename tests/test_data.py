import json
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import Batch, Doc, Drop, data, key_of
from curate.data import KEY, share_of, shares_of, valid
from curate.origin import Stretch

ANY_TEXT = st.text(st.one_of(st.characters(), st.sampled_from("泵阀\ud800\udfff\ud83d\ude00😀\u0301")))


@given(ANY_TEXT)
def test_a_valid_text_can_be_encoded_and_only_lone_surrogates_differ(text):
    made = valid(text)
    assert made.encode().decode() == made == valid(made)
    assert (made == text) == (not any("\ud800" <= character <= "\udfff" for character in text))


@pytest.mark.parametrize(("text", "made"), [("泵\ud800", "泵\ufffd"), ("\ud83d\ude00", "😀"), ("pump", "pump")])
def test_half_a_surrogate_pair_becomes_a_replacement_character_and_a_split_pair_is_joined(text, made):
    assert valid(text) == made


def test_a_doc_keeps_its_meta_byte_for_byte_and_lone_surrogates_are_replaced():
    doc = next(iter(Batch.of(Batch.of([Doc("泵\ud800", "\udfff", key=b"k" * 16, meta='{"页":  3}')]))))
    assert (doc.text, doc.id, doc.row()["meta"], doc.meta["页"]) == ("泵\ufffd", "\ufffd", '{"页":  3}', 3)
    assert next(iter(Batch.of([Doc("", key=b"k" * 16, meta={"title": "\ud800泵"})]))).meta == {"title": "\ufffd泵"}


@given(st.lists(ANY_TEXT, max_size=5))
def test_docs_come_back_from_a_batch_as_they_went_in(texts):
    docs = [Doc(text, key=key_of("s", at), meta={"at": at}) for at, text in enumerate(texts)]
    assert [doc.row() for doc in Batch.of(docs)] == [doc.row() for doc in docs]


def test_an_example_is_a_doc_whose_text_joins_its_messages():
    said = [{"role": "user", "content": "why so loud?"}, {"role": "assistant", "content": "检查轴承"}]
    doc = next(iter(Batch.of([Doc(key=b"k" * 16, messages=said)])))
    assert (doc.kind, doc.text, doc.messages, doc.origin) == ("example", "why so loud?\n检查轴承", said, [])


def test_a_field_reads_as_an_attribute_and_an_unknown_one_is_named():
    assert Doc("", lang="zh").lang == "zh"
    with pytest.raises(AttributeError, match="a Doc has no field 'lnag'"):
        _ = Doc("", lang="zh").lnag


def test_a_part_of_a_doc_knows_its_span_and_where_that_stood():
    part = Doc("泵 pump", "id", kind="code", meta={"a": 1}, origin=[Stretch(0, 6, 10, 2)]).part(2, 6)
    assert (part.text, part.span, part.kind, part.id, part.meta) == ("pump", (2, 6), "code", "id", {"a": 1})
    assert part.origin == [Stretch(0, 4, 12, 2)]


def test_an_example_made_of_a_doc_knows_the_span_it_was_made_of():
    example = Doc("泵", "id").example([{"role": "user", "content": "?"}], (0, 1), model="m")
    assert (example.kind, example.id, example.span, example.meta) == ("example", "id", (0, 1), {"model": "m"})


def test_a_key_follows_from_the_place_alone_and_differs_with_each_of_its_parts():
    places = [("s", "a", 0), ("s", "a", 1), ("s", "b", 0), ("t", "a", 0), ("sa", "", 0), (b"s", "a", 0)]
    assert len({key_of(*place) for place in places}) == len(places)
    assert key_of("s", "甲.txt", 7).hex() == "fc5ab88986252350368b38e0f9b76812"


def test_a_batch_is_refused_where_a_doc_has_no_key():
    with pytest.raises(ValueError, match="each document needs a key"):
        Batch.of([Doc("a")])


@given(st.binary(min_size=16, max_size=16))
def test_a_share_lies_between_0_and_1_and_differs_with_its_salt(key):
    assert 0 <= share_of(key, "sample") < 1
    assert share_of(key, "sample") != share_of(key, "mix")


def test_shares_of_a_column_are_those_of_its_keys_even_and_of_each_other_independent():
    keys = [key_of("web", n) for n in range(20_000)]
    column = pa.chunked_array([pa.array(keys[:7], KEY), pa.array([b"x" * 16, *keys[7:]], KEY)[1:]])
    one, other = shares_of(column, "mix"), shares_of(column, "shuffle 1")
    assert one[:50].tolist() == [share_of(key, "mix") for key in keys[:50]]
    for shares in (one, other, (one + other) % 1):
        assert abs(np.histogram(shares, 20, (0, 1))[0] - 1_000).max() < 150  # five standard deviations
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.03
    counted = shares_of(pa.array([n.to_bytes(16) for n in range(20_000)], KEY), "mix")
    assert abs(np.histogram(counted, 20, (0, 1))[0] - 1_000).max() < 150
    assert len(shares_of(column[:0], "mix")) == 0


def test_a_drop_is_false_and_says_why():
    assert not Drop("too short")
    assert Drop("too short") == "too short"


def test_bytes_and_offsets_of_a_batch_hold_for_any_stretch_of_it(batch):
    every = batch("泵", "pump", "", "阀门 valve")
    some = Batch(every.table.slice(1, 3))
    stored, starts = some.utf8
    assert [bytes(stored[a:b]).decode() for a, b in pairwise(starts)] == ["pump", "", "阀门 valve"]
    assert (every.text_bytes, some.text_bytes, batch().text_bytes) == (19, 16, 0)


def test_a_language_is_told_by_a_column_or_else_by_the_share_of_chinese_characters(batch):
    mixed = batch("泵的维护 pump", "grease the pump 泵", "", "。。。!")
    assert mixed.languages.tolist() == ["zh", "", "", ""]
    told = mixed.with_columns({"lang": data.pa.array(["en", None, "fr", None])})
    assert told.languages.tolist() == ["en", "", "fr", ""]


def test_views_are_shared_until_the_text_changes(batch, monkeypatch):
    splits, split = [], data.split_words
    monkeypatch.setattr(data, "split_words", lambda *utf8: splits.append(1) or split(*utf8))
    first = batch("泵", "pump")
    assert (
        first.words
        is first.with_columns({"n": data.pa.array([1, 2])}).words
        is first.keep(np.array([True, True])).words
    )
    changed = first.with_columns({"text": data.pa.array(["a b", ""], data.pa.large_string())})
    assert (len(splits), len(changed.words.hash), len(splits)) == (1, 2, 2)


def test_a_new_language_column_is_seen_by_the_next_step(batch):
    first = batch("pump")
    assert first.languages.tolist() == [""]
    assert first.with_columns({"lang": data.pa.array(["en"])}).languages.tolist() == ["en"]


def test_the_first_failure_of_a_document_is_the_one_that_counts(batch):
    marks = batch("a", "b").marks
    marks.fail(np.array([0]), "dropped", "first", ["short"])
    marks.fail(np.array([0, 1]), "error", "second", ["loud", "loud"])
    assert marks.table(3).select(["outcome", "step", "reason", "stage"]).to_pylist() == [
        {"outcome": "dropped", "step": "first", "reason": "short", "stage": 3},
        {"outcome": "error", "step": "second", "reason": "loud", "stage": 3},
    ]


def test_values_that_were_not_measured_are_null_in_the_ledger(batch):
    marks = batch("a", "b").marks
    marks.measure("length", np.array([1]), np.array([7.0]))
    marks.add(batch("c").table)
    assert marks.table(0)["length"].to_pylist() == [None, 7, None]


def test_survivors_leave_the_others_aside_as_they_are_now(batch):
    every = batch("a", "b")
    every.marks.fail(np.array([0]), "dropped", "x", [""])
    left = every.survivors()
    assert [doc.text for doc in left] == ["b"]
    assert left.rows.tolist() == [1]
    assert [doc.text for gone in every.marks.removed for doc in gone] == ["a"]


def test_meta_is_parsed_when_it_is_asked_for_and_written_as_it_stands():
    doc = Doc("", meta='{"b": 1,  "a": "页"}')
    assert doc.row()["meta"] == '{"b": 1,  "a": "页"}'
    assert json.loads(Doc("", meta={"a": "页"}).row()["meta"]) == {"a": "页"}


def test_no_step_can_write_into_what_later_steps_share(batch):
    given = batch("泵坏了。\n\nPump it.", "", "泵")
    views = ("words", "terms", "repeats", "lines", "paragraphs", "duplicates", "sentences", "utf8")
    arrays = [array for view in views for array in getattr(given, view)] + [given.chars, given.languages]
    assert not any(array.flags.writeable for array in arrays)
