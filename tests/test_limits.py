"""`curate limits`: histograms of values by source and language, with the limits among their bars."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import curate
from curate.cli import main
from curate.histograms import BARS, bars, histogram, limits, said_limits, short_number, stretch
from curate.rules import Rule
from curate.terminal import said_number, said_pair, shortened, width

PLUGINS = '''
import curate

@curate.score(chars=(12, None), marks=(None, 0.1), zh={"chars": (8, None), "marks": (None, 0.2)}, in_domain=False)
def form(doc):
    """Characters, and the share of exclamation marks."""
    return {"chars": len(doc.text), "marks": doc.text.count("!") / max(len(doc.text), 1)}

@curate.filter
def polite(doc):
    """Nothing rude."""
    return "damn" not in doc.text

@curate.edit
def trim(doc):
    """Without spaces at both ends."""
    return doc.text.strip()
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run over English and Chinese documents of two sources, one of them the domain."""
    at = tmp_path_factory.mktemp("limits")
    (at / "plugins.py").write_text(PLUGINS)
    for source in ("网页", "manuals"):
        texts = [f"pump {'oil ' * (n % 30)}{'!' * (n % 4)} {len(source)}" for n in range(120)]
        texts += (
            [f"每周检查水泵的油位{'泵' * (n % 9)}{'!' * (n % 3)}" for n in range(80)] + ["泵"] * 5 + ["damn pump, damn"]
        )
        rows = (json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts)
        (at / f"{source}.jsonl").write_text("".join(rows), "utf-8")
    recipe = {
        "plugins": [str(at / "plugins.py")],
        "sources": {"网页": str(at / "网页.jsonl"), "manuals": {"path": str(at / "manuals.jsonl"), "domain": True}},
        "steps": ["form", "polite", "trim"],
    }
    return curate.run(recipe, at / "run", workers=1).folder


def rows_of(answer, **wanted):
    return [one for one in answer["values"] if all(one[name] == value for name, value in wanted.items())]


def test_every_value_has_a_row_for_each_source_and_language(folder):
    told = [(one["step"], one["value"], one["source"], one["language"]) for one in limits(folder)["values"]]
    groups = [("网页", "zh"), ("网页", ""), ("manuals", "zh"), ("manuals", "")]
    values = [("form", "chars"), ("form", "marks"), ("polite", "polite")]
    assert sorted(told) == sorted((*value, *group) for value in values for group in groups)
    assert told[:4] == [("form", "chars", *group) for group in groups]


def test_a_row_counts_its_documents_and_tells_which_share_is_outside(folder):
    rows = curate.Run(folder).ledger.to_pylist()
    for source, language, low in (("网页", "zh", 8), ("网页", "", 12), ("manuals", "zh", 8)):
        values = [row["form.chars"] for row in rows if (row["source"], row["language"]) == (source, language)]
        (told,) = rows_of(limits(folder, "form"), value="chars", source=source, language=language)
        assert (told["documents"], told["low"], told["high"]) == (len(values), low, None)
        assert (told["min"], told["max"]) == (min(values), max(values))
        assert told["median"] == sorted(values)[(len(values) - 1) // 2]
        assert told["outside"] == sum(value < low for value in values) / len(values)
        assert sum(told["counts"]) == len(values)
        assert told["only_measured"] == (source == "manuals")


numbers = st.lists(st.floats(-1000, 1000, width=32), min_size=1, max_size=60)
sides = st.one_of(st.none(), st.floats(-1000, 1000, width=32))


@given(numbers, sides, sides)
def test_the_bars_on_either_side_of_a_limit_hold_what_is_inside_and_outside(values, low, high):
    low, high = (low, high) if low is None or high is None else sorted((low, high))
    sorted_values = np.sort(np.array(values, np.float32))
    edges, _ = stretch(sorted_values, [limit for limit in (low, high) if limit is not None])
    told = histogram(sorted_values, edges, low, high)
    assert sum(told["counts"]) == len(values)
    assert sorted(told["edges"]) == told["edges"]
    assert told["edges"][0] <= min(values) <= max(values) <= told["edges"][-1]
    for at in told["limit_edges"]:
        below = sum(told["counts"][:at])
        assert below in (
            {sum(value < low for value in values)} if low is not None and told["edges"][at] == low else set()
        ) | ({sum(value <= high for value in values)} if high is not None and told["edges"][at] == high else set())


@pytest.mark.parametrize(
    ("values", "limit", "scale"),
    [
        ([0.0] * 9 + [0.5], 0.3, "linear"),
        ([50.0] * 99 + [60_000.0] * 9, 100.0, "log"),
        ([7.0] * 4, None, "linear"),
        ([-5.0, 50.0, 6000.0], None, "linear"),
    ],
)
def test_counts_with_a_long_tail_have_bars_on_a_log_scale(values, limit, scale):
    edges, told = stretch(np.array(values, np.float32), [limit] if limit else [])
    assert (told, len(edges)) == (scale, BARS + 1)
    assert (np.diff(edges) > 0).all()


def test_a_limit_is_a_stroke_between_the_bars_and_a_single_document_shows():
    values = np.array([0.0] * 1000 + [0.4], np.float32)
    row = histogram(values, np.linspace(0, 0.5, BARS + 1), None, 0.3)
    assert bars(row) == f"█{' ' * 17}│{' ' * 6}▁{' ' * 5}"
    assert row["outside"] == pytest.approx(1 / 1001)


def test_lines_for_people_fit_100_columns_and_put_shares_of_what_is_only_measured_in_brackets(folder):
    lines = said_limits(limits(folder))
    assert max(map(width, lines)) <= 100
    assert lines[0] == "form.chars   ≥ 12; zh ≥ 8"
    assert lines[7].startswith("form.marks   ≤ 0.1; zh ≤ 0.2")
    web, domain = (next(line for line in lines[2:] if line.split()[:2] == [name, "zh"]) for name in ("网页", "manuals"))
    assert (web.split()[-1], domain.split()[-1]) == ("5.9%", "(5.9%)")
    assert width(web.partition("85")[0]) == width(domain.partition("85")[0])
    assert lines[-1] == "In brackets: only measured, the step drops nothing of this source."


def test_one_step_alone_is_told_even_where_its_values_have_no_limits_and_a_wrong_name_is_answered(folder):
    assert {one["step"] for one in limits(folder, "trim")["values"]} == {"trim"}
    assert said_limits(limits(folder, "trim"))[0] == "trim.changed   no limit"
    with pytest.raises(curate.CurateError, match=r"frm has no values in the ledger of .*; did you mean 'form'"):
        limits(folder, "frm")


def test_a_ledger_of_an_older_curate_has_histograms_without_limits(folder, tmp_path):
    pq.write_table(pq.read_table(folder / "ledger.parquet").replace_schema_metadata(None), tmp_path / "ledger.parquet")
    told = limits(tmp_path)["values"]
    assert {one["step"] for one in told} == {"form", "polite", "trim"}
    assert {(one["low"], one["high"]) for one in told} == {(None, None)}
    (row,) = rows_of({"values": told}, value="chars", source="网页", language="zh")
    assert row["documents"] == 85


def test_a_step_before_the_language_is_known_went_by_the_share_of_chinese():
    pairs = {"": {"form": (1, None)}, "zh": {"form": (2, None)}, "en": {"form": (3, None)}}
    before, after = (Rule("form", "score", 0, "low", {}, pairs, before_language=early) for early in (True, False))
    assert [before.limited_as(language) for language in ("zh", "en", "ja", "")] == ["zh", "", "", ""]
    assert [after.limited_as(language) for language in ("zh", "en", "ja", "")] == ["zh", "en", "", ""]


def test_json_gives_edges_and_counts(folder):
    told = json.loads(CliRunner().invoke(main, ["limits", str(folder), "form", "--json"]).stdout)
    assert {len(one["edges"]) - len(one["counts"]) for one in told["values"]} == {1}
    assert set(told["values"][0]) == {
        *("step", "value", "source", "language", "low", "high", "only_measured", "scale", "documents", "min"),
        *("median", "max", "outside", "edges", "counts", "limit_edges"),
    }
    said = CliRunner().invoke(main, ["limits", str(folder)]).stdout.splitlines()
    assert said == said_limits(limits(folder))


@pytest.mark.parametrize(
    ("value", "said"), [(None, "–"), (0.12345678, "0.1235"), (1999.6, "2,000"), (12.0, "12"), (-5000, "-5,000")]
)
def test_numbers_are_said_with_four_digits(value, said):
    assert said_number(value) == said


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(None, None, ""), (5, None, "≥ 5"), (None, 0.15, "≤ 0.15"), (50, 100_000, "50 to 100,000")],
)
def test_limits_are_said_as_what_a_value_may_be(low, high, said):
    assert said_pair(low, high) == said


@given(st.text(max_size=30), st.integers(1, 20))
def test_a_text_is_cut_to_a_width_in_which_chinese_counts_twice(text, columns):
    cut = shortened(text, columns)
    assert width(cut) <= columns
    assert cut == text or (cut.endswith("…") and text.startswith(cut[:-1]))


def test_one_value_of_a_step_may_be_asked_for_and_a_wrong_one_is_told_the_nearest(folder):
    assert {(one["step"], one["value"]) for one in limits(folder, "form.marks")["values"]} == {("form", "marks")}
    with pytest.raises(curate.CurateError, match=r"form.mark has no values .* did you mean 'form.marks'"):
        limits(folder, "form.mark")


def test_a_step_that_measured_no_document_is_told_so(tmp_path):
    (tmp_path / "a.txt").write_text("A pump is checked every week.")
    recipe = {"sources": {"web": str(tmp_path / "a.txt")}, "steps": ["code_quality"]}
    folder = curate.run(recipe, tmp_path / "run", workers=1).folder
    with pytest.raises(curate.CurateError, match="code_quality has measured no document of "):
        limits(folder, "code_quality")


def test_languages_that_no_row_tells_apart_are_all_and_not_others(tmp_path):
    (tmp_path / "a.txt").write_text("A pump is checked every week.")
    recipe = {"sources": {"web": str(tmp_path / "a.txt")}, "steps": [{"length": {"min": 5}}]}
    lines = said_limits(limits(curate.run(recipe, tmp_path / "run", workers=1).folder))
    assert lines[2].split()[:3] == ["web", "all", "1"]


@given(st.floats(-1e9, 1e9, width=32))
def test_a_number_keeps_its_size_in_the_seven_columns_it_has(value):
    said = short_number(value)
    assert len(said) <= 7 or abs(value) >= 1e6
    assert float(said.replace(",", "")) == pytest.approx(value, rel=0.5)
