import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import curate
from curate import Batch, CurateError, Doc, Drop, RecipeError, data, key_of
from curate.origin import Stretch
from curate.stages import make_stage, run_stage
from curate.steps import Line

ZH, EN = "离心泵的维护说明。" * 20, "Grease the pump bearings every month. " * 20


@curate.score(min=0.3)
def chinese_share(doc):
    return sum("一" <= character <= "鿿" for character in doc.text) / max(len(doc.text), 1)


@curate.score(words=(50, 100_000), mean=(None, None), zh={"words": (80, None)})
def shape(batch):
    sizes = np.diff(batch.words.start)
    return {"words": sizes, "mean": batch.words.sums(batch.words.chars) / np.maximum(sizes, 1)}


@curate.filter
def long_enough(doc, min_chars=3):
    return len(doc.text) >= min_chars or Drop(f"under {min_chars}")


@curate.edit
def squeeze(doc):
    return " ".join(doc.text.split())


@curate.expand
def paragraphs(doc):
    at = 0
    for paragraph in doc.text.split("\n\n"):
        yield doc.part(at, at + len(paragraph))
        at += len(paragraph) + 2


def texts(docs):
    return [doc.text for doc in docs]


def test_every_cheap_step_sees_every_document_the_first_failure_is_the_reason_and_words_are_split_once(
    run, batch, monkeypatch
):
    splits, split = [], data.split_words
    monkeypatch.setattr(data, "split_words", lambda *utf8: splits.append(1) or split(*utf8))

    @curate.field(tag=str)
    def tag(doc):
        return "zh" if doc.text > "一" else "en"

    kept, ledger = run([shape, chinese_share, long_enough, tag, shape], batch("", EN, ZH))
    assert [(doc.text, doc.tag) for doc in kept] == [(ZH, "zh")]
    assert len(splits) == 1
    assert ledger["reason"].to_pylist() == ["words under 50", "chinese_share under 0.3", ""]
    assert ledger["step"].to_pylist() == ["shape", "chinese_share", ""]
    assert ledger["shape.words"].to_pylist() == ledger["shape#2.words"].to_pylist() == [0, 140, 180]
    assert ledger["long_enough"].to_pylist() == [0, 1, 1]


def test_costly_steps_and_edits_see_survivors_only_and_a_setup_runs_once(run, batch):
    loads, seen, edits = [], [], []

    @curate.filter(cost="high", setup=lambda floor=2: loads.append(1) or floor)
    def model(batch, state):
        seen.append((len(batch), state))
        return np.ones(len(batch), bool)

    @curate.edit
    def noted(doc):
        edits.append(doc.text)
        return doc.text

    _, ledger = run([chinese_share, (model, {"floor": 3}), noted], batch(EN, ZH), batch(ZH))
    assert (seen, loads, edits) == ([(1, 3), (1, 3)], [1], [ZH, ZH])
    assert ledger["model"].to_pylist() == [None, 1, 1]
    assert ledger["noted.changed"].to_pylist() == [None, 0, 0]


def test_a_setup_that_fails_stops_the_run_and_is_told(run, batch):
    @curate.filter(setup=lambda path="no such model": Path(path).read_bytes())
    def model(doc, state):
        return True

    with pytest.raises(CurateError, match=r"^model: its setup failed: FileNotFoundError: .*no such model"):
        run([model], batch(ZH))


@pytest.mark.parametrize(("options", "reasons"), [
    ({}, ["words under 80", ""]),
    ({"zh": {"words": [50, None]}}, ["", ""]),
    ({"words": [70, None]}, ["words under 70", "words under 70"]),
    ({"words": [70, None], "zh": {"words": [60, 60]}}, ["", "words under 70"]),
    ({"mean": [None, 3]}, ["words under 80", "mean over 3"]),
])  # fmt: skip
def test_limits_differ_by_language_and_a_recipe_overrides_them(run, batch, options, reasons):
    _, ledger = run([(shape, options)], batch("泵" * 60, "pump " * 60))
    assert ledger["reason"].to_pylist() == reasons
    assert ledger["language"].to_pylist() == ["zh", ""]


def test_a_told_language_goes_before_the_guess(run, batch):
    @curate.field(lang=str)
    def tell(doc):
        return "en" if "阀" in doc.text else None

    _, ledger = run([tell, shape], batch("泵" * 60, "阀" * 60))
    assert ledger["reason"].to_pylist() == ["words under 80", ""]


def test_a_limit_is_met_by_the_value_itself_as_the_ledger_holds_it(run, batch):
    @curate.score(min=0.1, max=0.1)
    def tenth(doc):
        return 0.1

    _, ledger = run([tenth], batch("泵"))
    assert ledger["outcome"].to_pylist() == ["kept"]


def test_what_is_marked_leaves_at_the_end_of_the_stage_and_is_put_aside(run, batch):
    removed = []
    kept, _ = run([long_enough], batch("泵", "pump", "阀门 valve"), removed=removed)
    assert (texts(kept), texts(removed)) == (["pump", "阀门 valve"], ["泵"])


@pytest.mark.parametrize(("answer", "reason"), [
    (float("nan"), "expected a finite number, got nan"),
    (math.inf, "expected a finite number, got inf"),
    ("12", "expected a number, got str"),
    (True, "expected a number, got bool"),
    (None, "expected a number, got NoneType"),
    ({"other": 1}, "expected the values odd; got other"),
    (10**400, "expected a finite number, got inf"),
    (1e300, "expected a finite number, got 1e+300, which 32 bits cannot hold"),
    (np.complex128(1j), "expected a number, got complex128"),
])  # fmt: skip
def test_a_document_whose_score_is_no_number_is_set_aside_with_what_was_expected(run, batch, answer, reason):
    @curate.score()
    def odd(doc):
        return answer if doc.text == EN else np.float32(1)

    kept, ledger = run([odd], batch(ZH, EN))
    assert texts(kept) == [ZH]
    assert ledger["outcome"].to_pylist() == ["kept", "error"]
    assert (ledger["reason"][1].as_py(), ledger["odd"].to_pylist()) == (reason, [1, None])


@pytest.mark.parametrize(
    "answer", [[], np.ones((1, 1)), np.array([np.nan]), ["a"], np.array([True]), 3, None, [[1], [1, 2]], np.array([1j])]
)
def test_a_batch_of_scores_that_is_none_is_an_error_of_each_document(run, batch, answer):
    @curate.score()
    def odd(batch):
        return answer

    _, ledger = run([odd], batch(ZH, EN))
    assert ledger["outcome"].to_pylist() == ["error", "error"]
    assert all(
        "expected odd as one finite number for each of 1 documents" in why for why in ledger["reason"].to_pylist()
    )


@pytest.mark.parametrize(("value", "got"), [
    (float("nan"), "nan"), (-math.inf, "-inf"), (1e39, "1e+39, which 32 bits cannot hold"), (np.ma.masked, "nan"),
])  # fmt: skip
def test_one_value_of_a_batch_that_is_no_number_sets_its_document_aside_and_says_what_it_is(run, batch, value, got):
    @curate.score(size=(None, None), odd=(None, None))
    def shape(batch):
        odd = np.ma.ones(len(batch))
        odd[batch.chars == 1] = value
        return {"size": batch.chars, "odd": odd}

    _, ledger = run([shape], batch(ZH, "泵", EN))
    assert ledger["outcome"].to_pylist() == ["kept", "error", "kept"]
    assert ledger["reason"][1].as_py() == f"expected odd as one finite number for each of 1 documents, got {got}"
    assert ledger["shape.odd"].to_pylist() == [1, None, 1]


def test_a_score_of_several_values_that_gives_no_dict_or_none_for_one_is_told_so(run, batch):
    @curate.score(words=(None, None), marks=(None, None))
    def shape(doc):
        return {"words": 1, "marks": None} if doc.text == ZH else 1

    _, ledger = run([shape], batch(ZH, EN))
    expected = ["expected marks as a number, got NoneType", "expected the values words, marks; got int"]
    assert ledger["reason"].to_pylist() == expected


@pytest.mark.parametrize(("answer", "outcome", "reason"), [
    (True, "kept", ""), (np.True_, "kept", ""), (False, "dropped", "false"), (np.False_, "dropped", "false"),
    (Drop("太短"), "dropped", "太短"), (Drop(""), "dropped", ""),
    (None, "error", 'expected true, false or Drop("why"), got NoneType'),
    (1, "error", 'expected true, false or Drop("why"), got int'),
    ("too short", "error", 'expected true, false or Drop("why"), got str'),
])  # fmt: skip
def test_a_filter_gives_true_false_or_drop_and_nothing_else(run, batch, answer, outcome, reason):
    @curate.filter
    def one(doc):
        return answer

    @curate.filter
    def many(batch):
        return [answer] * len(batch)

    for function in (one, many):
        _, ledger = run([function], batch(ZH))
        assert (ledger["outcome"].to_pylist(), ledger["reason"].to_pylist()) == ([outcome], [reason])


def test_one_erring_document_of_a_batch_is_set_aside_alone(run, batch):
    @curate.filter
    def odd(batch):
        if EN in batch["text"].to_pylist():
            raise ValueError("somebody@example.com")
        return batch["text"].to_numpy(False) != ZH

    _, ledger = run([odd], batch(ZH, EN, "0"))
    assert ledger["outcome"].to_pylist() == ["dropped", "error", "kept"]


def test_an_exceptions_own_words_are_never_told(run, batch):
    @curate.filter
    def private(doc):
        return bool(int(doc.text))

    _, ledger = run([private], batch("13800138000 张三", "0", "1"))
    assert ledger["reason"].to_pylist() == [
        f"ValueError in private, line {private.__code__.co_firstlineno + 2}",
        "false",
        "",
    ]


def test_a_document_that_has_erred_is_asked_by_later_steps_but_keeps_its_reason(run, batch):
    @curate.score()
    def odd(doc):
        raise KeyError

    _, ledger = run([odd, chinese_share], batch(EN))
    assert ledger["step"].to_pylist() == ["odd"]
    assert ledger["chinese_share"].to_pylist() == [0]


def test_fields_are_typed_columns_and_null_where_nothing_is_told(run, batch):
    @curate.field(chars=int, share=float, tag=str, chinese=bool)
    def told(doc):
        return {"chars": len(doc.text), "share": 1, "tag": None, "chinese": doc.text > "一"}

    kept, _ = run([told], batch("泵", "pump"))
    assert [doc.fields for doc in kept] == [
        {"chars": 1, "share": 1.0, "tag": None, "chinese": True},
        {"chars": 4, "share": 1.0, "tag": None, "chinese": False},
    ]


@pytest.mark.parametrize(("answer", "reason"), [
    ("three", "expected chars as a whole number, got str"),
    (1.5, "expected chars as a whole number, got float"),
    (True, "expected chars as a whole number, got bool"),
    ({"tag": 1}, "expected the values chars; got tag"),
])  # fmt: skip
def test_a_field_of_another_type_is_an_error_of_its_document(run, batch, answer, reason):
    @curate.field(chars=int)
    def one(doc):
        return answer if doc.text == EN else 1

    @curate.field(chars=int)
    def many(batch):
        return [answer if text == EN else 1 for text in batch["text"].to_pylist()] if answer != {"tag": 1} or EN not in batch["text"].to_pylist() else answer  # fmt: skip

    for function in (one, many):
        kept, ledger = run([function], batch(EN, ZH))
        assert [doc.chars for doc in kept] == [1]
        assert ledger["reason"].to_pylist() == [reason, ""]


def test_a_whole_number_that_no_column_holds_is_an_error_of_its_document(run, batch):
    @curate.field(number=int)
    def told(doc):
        return int(doc.text)

    kept, ledger = run([told], batch("7", "9" * 30))
    assert [doc.number for doc in kept] == [7]
    assert ledger["reason"].to_pylist() == ["", "expected number as a whole number of at most 64 bits"]


def test_a_batch_of_fields_may_be_lists_arrays_or_arrow(run, batch):
    @curate.field(a=int, b=str, c=float)
    def told(batch):
        return {"a": np.arange(len(batch)), "b": pa.array(["x"] * len(batch)), "c": [0.5] * len(batch)}

    kept, _ = run([told], batch("泵", "pump"))
    assert [doc.fields for doc in kept] == [{"a": 0, "b": "x", "c": 0.5}, {"a": 1, "b": "x", "c": 0.5}]


def test_an_edit_gives_a_new_text_or_cuts_and_the_origin_follows(run, batch):
    @curate.edit
    def masked(doc):
        return [(0, 3, "[编号]"), (6, 7, "")]

    (doc,), ledger = run([masked, squeeze], batch("007 阀门\n泵\nvalve"))
    assert doc.text == "[编号] 阀门泵 valve"
    assert doc.origin == []
    assert ledger["masked.changed"].to_pylist() == ledger["squeeze.changed"].to_pylist() == [1]
    (doc,), _ = run([masked], batch("007 阀门\n泵\nvalve"))
    assert doc.origin == [Stretch(4, 7, 3, None), Stretch(7, 14, 7, None)]


@pytest.mark.parametrize("answer", [[(5, 2, "")], [(0, 9999, "")], [("a", 1, "")], [(0, 1)], None, 3, [(0, 1, None)]])
def test_an_edit_that_cannot_be_made_sets_the_document_aside_as_it_was(run, batch, answer):
    @curate.edit
    def odd(doc):
        return answer if doc.text == EN else "x"

    removed = []
    kept, ledger = run([odd], batch(EN, ZH), removed=removed)
    assert (texts(kept), texts(removed)) == (["x"], [EN])
    assert ledger["outcome"].to_pylist() == ["error", "kept"]


def test_of_an_example_each_message_is_edited_and_an_error_in_one_sets_it_aside(run, batch):
    said = [{"role": "user", "content": "why   so loud?"}, {"role": "assistant", "content": "检查  轴承"}]
    (after, plain), _ = run([squeeze], batch(Doc(messages=said), "a  b"))
    assert after.messages == [said[0] | {"content": "why so loud?"}, said[1] | {"content": "检查 轴承"}]
    assert (after.text, after.kind, plain.text) == ("why so loud?\n检查 轴承", "example", "a b")

    @curate.edit
    def odd(doc):
        return doc.text if "轴" not in doc.text else 1

    kept, ledger = run([odd], batch(Doc(messages=said), "a"))
    assert (texts(kept), ledger["outcome"].to_pylist()) == (["a"], ["error", "kept"])


def test_children_take_their_documents_place_with_key_parent_span_and_origin(run, batch):
    kept, ledger = run([paragraphs], batch("泵的维护\n\nvalve", Doc("x", uri="甲.txt", meta={"a": 1})))
    first, second, third = kept
    assert (first.text, first.span, first.origin) == ("泵的维护", [0, 4], [Stretch(0, 4, 0, None)])
    assert (second.text, second.span, second.origin) == ("valve", [6, 11], [Stretch(0, 5, 6, None)])
    assert (second.parent, second.id, second.source) == (key_of("s", "a.jsonl", 0), "same id", "s")
    assert second.key == key_of(second.parent, "paragraphs", [6, 11], 0)
    assert (third.uri, third.meta) == ("甲.txt", {"a": 1})
    assert ledger["outcome"].to_pylist() == ["expanded", "kept", "kept", "expanded", "kept"]
    assert ledger["paragraphs.made"].to_pylist() == [2, None, None, 1, None]


def test_children_of_equal_spans_have_keys_of_their_own_and_fields_are_not_handed_on(run, batch):
    @curate.field(tag=str)
    def tag(doc):
        return "parent"

    @curate.expand
    def asked(doc):
        return [doc.example([{"role": "user", "content": f"{n}?"}], (0, 1), turn=n) for n in range(3)]

    kept, _ = run([tag, asked], batch("泵"))
    assert len({doc.key for doc in kept}) == 3
    assert [(doc.kind, doc.tag, doc.meta["turn"]) for doc in kept] == [("example", None, n) for n in range(3)]


@pytest.mark.parametrize("answer", [["泵"], [Doc("no span")], 3, None])
def test_an_expand_that_gives_no_docs_with_spans_is_an_error_of_its_document(run, batch, answer):
    @curate.expand
    def odd(doc):
        return answer

    kept, ledger = run([odd], batch("泵"))
    assert (kept, ledger["outcome"].to_pylist()) == ([], ["error"])


def test_spans_may_be_numbers_of_numpy(run, batch):
    @curate.expand
    def first(doc):
        start, end = np.array([0, 1])
        return [doc.part(start, end)]

    kept, _ = run([first], batch("泵 pump"))
    assert [(doc.text, doc.span) for doc in kept] == [("泵", [0, 1])]


def test_a_document_may_have_no_children_and_those_of_other_kinds_stay(run, batch):
    @curate.expand
    def none(doc):
        return []

    said = [{"role": "user", "content": "?"}]
    kept, ledger = run([none], batch("泵", Doc(messages=said)))
    assert ([doc.kind for doc in kept], ledger["outcome"].to_pylist()) == (["example"], ["expanded", "kept"])


def test_children_are_seen_by_the_steps_that_follow(run, batch):
    kept, ledger = run([long_enough, paragraphs, (long_enough, {"min_chars": 5})], batch("泵的维护\n\nvalve", "泵"))
    assert texts(kept) == ["valve"]
    assert ledger["step"].to_pylist() == ["paragraphs", "long_enough#2", "", "long_enough"]


def test_a_score_with_sources_measures_all_but_drops_only_there(run, batch):
    docs = [Doc(EN, source="web"), Doc(EN, source="manuals")]
    _, ledger = run(
        [(chinese_share, {"sources": ["web"]}), (long_enough, {"sources": "web", "min_chars": 9999})], batch(*docs)
    )
    assert ledger["outcome"].to_pylist() == ["dropped", "kept"]
    assert ledger["chinese_share"].to_pylist() == ledger["long_enough"].to_pylist() == [0, 0]


def test_an_edit_with_sources_edits_only_there_and_a_costly_step_is_asked_only_there(run, batch):
    seen = []

    @curate.filter(cost="high")
    def model(doc):
        seen.append(doc.source)
        return False

    docs = [Doc("a  b", source="web"), Doc("a  b", source="manuals")]
    kept, ledger = run([(squeeze, {"sources": ["web"]}), (model, {"sources": ["web"]})], batch(*docs))
    assert (texts(kept), seen) == (["a  b"], ["web"])
    assert ledger["model"].to_pylist() == [0, None]


def test_what_is_spared_is_measured_where_that_is_cheap_and_neither_changed_nor_asked_of_a_costly_step(batch, offer):
    @curate.score(max=0, in_domain=False)
    def cheap(doc):
        return len(doc.text)

    @curate.score(max=0, cost="high", in_domain=False)
    def costly(doc):
        return len(doc.text)

    @curate.edit(in_domain=False)
    def shout(doc):
        return doc.text.upper()

    offered, given = offer(cheap, costly, shout)["step"], batch("pump", source="manuals")
    lines = [Line(name, offered[name], {}, spared=("manuals",)) for name in ("cheap", "costly", "shout")]
    marks, (kept, removed) = given.marks, run_stage(make_stage(lines), given)
    assert ([doc.text for doc in kept], removed, marks.outcome.tolist()) == (["pump"], None, ["kept"])
    assert marks.values["cheap"].tolist() == [4]
    assert np.isnan(marks.values["costly"]).all()


def test_quality_looks_at_texts_and_edits_and_fields_at_every_kind(run, batch):
    @curate.field(chars=int)
    def chars(doc):
        return len(doc.text)

    kept, ledger = run([chinese_share, squeeze, chars], batch(Doc("x  = 1", kind="code"), "泵  阀"))
    assert [(doc.text, doc.chars) for doc in kept] == [("x = 1", 5), ("泵 阀", 3)]
    assert ledger["chinese_share"].to_pylist()[0] is None
    _, ledger = run([(chinese_share, {"kinds": ["code", "text"]})], batch(Doc("x  = 1", kind="code")))
    assert ledger["outcome"].to_pylist() == ["dropped"]


def test_an_edit_that_scrubs_also_cleans_what_was_removed_before_it(run, batch):
    @curate.edit(scrubs=True)
    def pii(doc):
        return doc.text.replace("13800138000", "[电话]")

    removed = []
    run([long_enough, squeeze, pii], batch("泵", "a"), removed=removed)
    kept, ledger = run(
        [(long_enough, {"min_chars": 20}), squeeze, pii], batch("张三  13800138000", "x" * 30), removed=removed
    )
    assert texts(removed) == ["泵", "a", "张三  [电话]"]
    assert (texts(kept), ledger["pii.changed"].to_pylist()) == (["x" * 30], [None, 0])


def test_an_edit_that_scrubs_cleans_names_meta_fields_and_reasons_also_where_only_the_key_tells_what_a_value_is(
    run, batch
):
    @curate.edit(scrubs=True)
    def pii(doc):
        return doc.text.replace("电话: 010627", "电话: [电话]").replace("13800138000", "[电话]")

    @curate.field(owner=str, number=int, pages=int)
    def about(doc):
        return {"owner": f"张三13800138000 {doc.id}", "number": 13800138000, "pages": 7}

    @curate.filter
    def wanted(doc):
        return curate.Drop(f"von {doc.uri}") if "x" in doc.text else True

    meta = {"电话": "010627", "b": [{"13800138000": 13800138000}], "c": 1.5}
    docs = [Doc(text, "13800138000", uri="a/13800138000.txt", meta=meta) for text in ("水泵和阀门", "x" * 9)]
    removed = []
    (doc,), ledger = run([pii, wanted, about], batch(*docs), removed=removed)
    for one in (doc, *removed):
        assert (one.id, one.uri, one.owner, one.number, one.pages) == (
            "[电话]",
            "a/[电话].txt",
            "张三[电话] [电话]",
            None,
            7,
        )
        assert one.meta == {"电话": "[电话]", "b": [{"[电话]": "[电话]"}], "c": 1.5}
    assert ledger["reason"].to_pylist() == ["", "von a/[电话].txt"]
    assert ledger["uri"].to_pylist() == ["a/[电话].txt"] * 2


def test_an_edit_that_scrubs_sees_all_pieces_of_a_document_at_once_texts_first(run, batch):
    seen = []

    @curate.edit(scrubs=True)
    def pii(batch):
        of = {}
        for key, text in zip(batch["key"].to_pylist(), batch["text"].to_pylist(), strict=True):
            of.setdefault(key, []).append(text)
        seen.append(list(of.values()))
        named = {key for key, texts in of.items() if "患者 张三" in texts[0]}
        return [
            [(at, at + 2, "[姓名]", "person")] if key in named and (at := text.find("张三")) >= 0 else []
            for key, text in zip(batch["key"].to_pylist(), batch["text"].to_pylist(), strict=True)
        ]

    docs = [Doc("患者 张三", uri="张三/1.txt", meta={"by": "张三"}), Doc("张三丰", uri="b")]
    kept, ledger = run([pii], batch(*docs))
    assert [(doc.text, doc.uri, doc.meta) for doc in kept] == [
        ("患者 [姓名]", "[姓名]/1.txt", {"by": "[姓名]"}),
        ("张三丰", "b", {}),
    ]
    assert ledger["uri"].to_pylist() == ["[姓名]/1.txt", "b"]
    assert ledger["pii.person"].to_pylist() == [2, None]
    assert seen[0] == [["患者 张三", "张三/1.txt\nby\nby: 张三"], ["张三丰", "b"]]


def test_a_reason_that_quotes_a_document_is_cleaned_with_what_its_text_tells(run, batch):
    @curate.edit(scrubs=True)
    def pii(batch):
        texts = batch["text"].to_pylist()
        return [text.replace("张三", "[姓名]") if texts[0] == "患者 张三" else text for text in texts]

    @curate.filter
    def wanted(doc):
        return curate.Drop(f"von {doc.meta['by']}")

    removed = []
    _, ledger = run([wanted, pii], batch(Doc("患者 张三", meta={"by": "张三"})), removed=removed)
    assert (ledger["reason"].to_pylist(), texts(removed)) == (["von [姓名]"], ["患者 [姓名]"])


def test_an_edit_can_drop_a_document_and_say_why(run, batch):
    @curate.edit
    def squeezed(doc):
        return curate.Drop("too narrow") if len(doc.text) < 5 else doc.text.strip()

    removed = []
    kept, ledger = run([squeezed], batch("abc", "  pumps "), removed=removed)
    assert (texts(kept), texts(removed)) == (["pumps"], ["abc"])
    assert ledger["reason"].to_pylist() == ["too narrow", ""]


def test_a_cut_may_say_what_it_takes_out_and_one_that_changes_nothing_is_only_counted(run, batch):
    @curate.edit
    def numbers(doc):
        return [(0, 1, "#", "digit"), (1, 2, doc.text[1], "letter"), (2, 3, "#", "digit")]

    @curate.edit
    def odd(doc):
        return [(0, 1, "#", "Not a word")]

    kept, ledger = run([numbers], batch("1a2"))
    assert (texts(kept), ledger["numbers.digit"].to_pylist(), ledger["numbers.letter"].to_pylist()) == (
        ["#a#"],
        [2],
        [1],
    )
    _, ledger = run([odd], batch("1a2"))
    assert "as a word of small letters" in ledger["reason"].to_pylist()[0]


def test_fields_that_begin_with_an_underscore_go_with_the_step_that_scrubs(run, batch):
    @curate.field(_names=str)
    def known(doc):
        return "张三"

    @curate.edit(scrubs=True)
    def pii(batch):
        return [
            text.replace(name or "-", "")
            for text, name in zip(batch["text"].to_pylist(), batch["_names"].to_pylist(), strict=True)
        ]

    (doc,), _ = run([known, pii], batch("张三丰"))
    assert (doc.text, doc.fields) == ("丰", {})


def test_of_what_an_edit_that_scrubs_errs_on_nothing_is_left(run, batch):
    @curate.edit(scrubs=True, cost="high")
    def pii(doc):
        if "13800138000" in doc.text:
            raise ValueError(doc.text)
        return doc.text

    removed = []
    docs = [Doc("我的号码是 13800138000", uri="a/13800138000"), Doc("水泵", uri="b")]
    kept, ledger = run([pii], batch(*docs), removed=removed)
    assert (texts(kept), texts(removed), ledger["uri"].to_pylist()) == (["水泵"], [""], ["", "b"])


def test_of_a_name_for_which_a_document_would_go_nothing_is_left_where_the_document_stays(run, batch):
    @curate.edit(scrubs=True, kinds=("text",))
    def pii(doc):
        return curate.Drop("too much") if "13800138000" in doc.text else doc.text

    @curate.field(owner=str)
    def about(doc):
        return {"owner": "13800138000"}

    (doc,), ledger = run([pii, about], batch(Doc("x = 1", uri="a/13800138000", kind="code")))
    assert (doc.uri, doc.owner, ledger["uri"].to_pylist()) == ("", "", [""])


def test_an_edit_that_scrubs_cleans_what_the_ledger_tells_of_a_document_that_only_another_of_them_saw(run, batch):
    @curate.edit(scrubs="secrets")
    def secrets(doc):
        return doc.text.replace("hunter2", "")

    @curate.edit(scrubs=True)
    def pii(doc):
        return doc.text.replace("13800138000", "[电话]")

    _, ledger = run([secrets, paragraphs, pii], batch(Doc("a\n\nb", uri="hunter2/13800138000")))
    assert ledger["outcome"].to_pylist() == ["expanded", "kept", "kept"]
    assert set(ledger["uri"].to_pylist()) == {"/[电话]"}


def test_a_rule_says_the_same_as_a_doc_plugin_and_as_a_batch_plugin(run, batch):
    @curate.score(min=3, max=10)
    def chars(doc):
        return len(doc.text)

    @curate.score(min=3, max=10)
    def chars_of_batch(batch):
        return np.array([len(text) for text in batch["text"].to_pylist()])

    one, many = (run([function], batch("", "泵", "pump", ZH))[1] for function in (chars, chars_of_batch))
    assert one["outcome"] == many["outcome"]
    assert one["chars"] == many["chars_of_batch"]
    assert [reason.replace("_of_batch", "") for reason in many["reason"].to_pylist()] == one["reason"].to_pylist()


def test_options_reach_the_function_also_those_that_have_to_be_named(run, batch):
    @curate.filter
    def named(doc, *, min_chars=3):
        return len(doc.text) >= min_chars

    _, ledger = run([(named, {"min_chars": 5})], batch("pump", "阀门和水泵"))
    assert ledger["outcome"].to_pylist() == ["dropped", "kept"]


def test_a_stage_counts_what_its_steps_did(stage, batch):
    steps = stage(long_enough, squeeze, paragraphs)
    run_stage(steps, batch("泵", "a  b\n\nc", "pump"))
    assert [(step.tally.seen, step.tally.dropped, step.tally.changed, step.tally.made) for step in steps] == [
        (3, 1, 0, 0), (2, 0, 1, 0), (2, 0, 0, 2),
    ]  # fmt: skip


def test_a_gather_cannot_stand_inside_a_stage(lines):
    @curate.gather
    def once():
        raise NotImplementedError

    with pytest.raises(RecipeError, match=r"^once is a gather and cannot stand inside a stage$"):
        make_stage(lines(once))


@pytest.mark.parametrize("functions", [[], [chinese_share], [squeeze], [paragraphs], [long_enough, paragraphs, shape]])
def test_a_batch_of_nothing_goes_through_any_stage(run, functions):
    kept, ledger = run(functions, Batch.of([]))
    assert (kept, len(ledger)) == ([], 0)
