import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import Batch, Doc, key_of
from curate.origin import apply_cuts
from curate.plugins import load_plugins
from curate.stages import make_stage, run_stage
from curate.steps import Line
from curate_plugins.filter.c4 import ENDS, POLICIES, c4, c4_lines

PIECES = [
    "a",
    "be",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\r\n",
    ".",
    "。",
    "…",
    "...",
    "”",
    "{",
    "[1]",
    "[edit]",
    "泵房",
    "Lorem Ipsum ",
]
PIECES += [
    "JavaScript",
    "x" * 1_001,
    "隐私政策",
    "Privacy Policy ",
    "use cookies",
    "\0",
    "👩\u200d💻",
    "\u2028",
    "```\n",
    "# ",
]
TEXTS = st.lists(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), max_size=3)
ZH = "离心泵启动前应先灌泵。排尽泵壳内的空气！轴承每月加注一次润滑脂。\n温度过高时停机。检查冷却水的流量。\n"
EN = "Prime the pump. Vent the casing. Grease the bearings once a month.\nStop it when it is hot. Check the water.\n"


def batch_of(*texts):
    return Batch.of(Doc(text, key=key_of(at)) for at, text in enumerate(texts))


def units(batch, row):
    """The lines of a document as the batch has them: text, white space around it left out, and words."""
    lines, text = batch.lines, batch["text"][row].as_py()
    for at in range(lines.start[row], lines.start[row + 1]):
        begin = lines.begin[at] + lines.indent[at]
        body = text[begin : begin + lines.chars[at]]
        yield body, max(int(lines.words[at]), int(lines.unspaced[at])), int(lines.sentences[at]), bool(lines.trails[at])


def longest(body):
    return max(map(len, re.split(r"[\s\0㐀-鿿]", body)))


def stands(body, words, trails, terminal):
    return words >= 3 and longest(body) <= 1_000 and not (terminal and (body[-1] not in ENDS or trails))


def is_kept(body, words, sentences, trails, terminal):
    low = body.lower()
    return stands(body, words, trails, terminal) and not any(said in low for said in ("javascript", *POLICIES))


def plain(batch, row, terminal):
    lines = [unit for unit in units(batch, row) if unit[0]]
    standing = [body for body, words, _, trails in lines if stands(body, words, trails, terminal)]
    kept = [unit for unit in lines if is_kept(*unit, terminal)]
    return {
        "sentences": sum(sentences for _, _, sentences, _ in kept),
        "lorem_ipsum": sum("lorem ipsum" in body.lower() for body in standing),
        "braces": sum("{" in body and "javascript" not in body.lower() for body in standing),
        "kept_lines": len(kept) / max(len(lines), 1),
    }


@given(TEXTS, st.booleans())
def test_values_are_what_the_definition_in_plain_python_says(texts, terminal):
    batch = batch_of(*texts)
    values = c4(batch, terminal=terminal)
    for row in range(len(texts)):
        assert {name: column[row] for name, column in values.items()} == plain(batch, row, terminal)


def reason(text, **options):
    line = Line("c4", load_plugins()["step"]["c4"], options)
    batch = batch_of(text)
    run_stage(make_stage([line]), batch)
    return batch.marks.reason[0]


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("text", [ZH, EN, ZH + EN], ids=["zh", "en", "mixed"])
def test_prose_stays_chinese_as_well(text, terminal):
    assert reason(text, terminal=terminal) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "sentences under 5"),
        ("\n\n\n", "sentences under 5"),
        ("Home\nAbout us\n先\n" * 9, "sentences under 5"),
        ("Please enable JavaScript to see this page. Thank you.\n" * 9, "sentences under 5"),
        ("This site uses cookies, see below.\n本站的隐私政策见下文。\n" * 9, "sentences under 5"),
        (EN + "Lorem ipsum dolor sit amet.", "lorem_ipsum over 0"),
        (EN + "if (x) { y = 1 }", "braces over 0"),
    ],
)
def test_what_is_no_prose_is_dropped_with_the_value_that_says_so(text, expected):
    assert reason(text) == expected


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("The valve is open", False),
        ("The valve is open.", True),
        ("The valve is...", False),
        ("阀门已经打开", False),
        ("阀门已经打开。", True),
        ("他说：“阀门已经打开。”", True),
        ("阀门慢慢打开……", True),
        ("阀门慢慢打开…", False),
        ("「阀门已经打开」", True),
    ],
)
def test_with_terminal_a_line_ends_in_a_mark_that_ends_sentences(line, kept):
    assert c4(batch_of(line), terminal=True)["kept_lines"].tolist() == [kept]
    assert c4(batch_of(line))["kept_lines"].tolist() == [True]


def cut(text, **options):
    return apply_cuts(text, c4_lines(batch_of(text), **options)[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        (EN, EN),
        (ZH, ZH),
        ("Home\nShop\n" + EN, EN),
        (EN + "Please enable JavaScript now.\n" + ZH, EN + ZH),
        ("我们使用 Cookie，详见隐私政策。\n" + ZH, ZH),
        ("Pumps were built early.[12] They leak [citation needed] often.", "Pumps were built early. They leak often."),
        ("离心泵[3]发明得很早[来源请求]。", "离心泵发明得很早。"),
        ("# Pumps\n\n| a | b |\n\n" + EN, "# Pumps\n\n| a | b |\n\n" + EN),
        ("```\nrun\nx = a[1]\n```\n" + EN, "```\nrun\nx = a[1]\n```\n" + EN),
        ("x" * 1_001 + " is a word\n" + EN, EN),
        ("泵" * 1_001 + "\n", "泵" * 1_001 + "\n"),
    ],
)
def test_lines_that_are_no_sentences_are_cut_and_the_shape_of_a_page_stays(text, expected):
    assert cut(text) == expected


def test_marks_for_sources_stay_where_the_recipe_says_so():
    assert cut("Pumps were built early.[12]", citations=False) == "Pumps were built early.[12]"


@given(TEXTS, st.booleans())
def test_cuts_are_what_the_definition_in_plain_python_says(texts, terminal):
    batch = batch_of(*texts)
    for row, cuts in enumerate(c4_lines(batch, terminal=terminal)):
        lines, text, left = batch.lines, texts[row], ""
        for at, (body, *measured) in enumerate(units(batch, row), lines.start[row]):
            line = text[lines.begin[at] : lines.end[at]]
            if not body or lines.fenced[at] or body[0] in "#|":
                left += line
            elif is_kept(body, *measured, terminal):
                left += re.sub(r" ?\[(?:\d+|edit)\]", "", line)
        assert apply_cuts(text, cuts) == left


def test_documents_of_domain_sources_are_measured_and_left():
    steps = load_plugins()["step"]
    lines = [Line(name, steps[name], {}, spared=("manuals",)) for name in ("c4_lines", "c4")]
    batch = Batch.of([Doc("Home\n", key=key_of(1), source="manuals"), Doc("Home\n", key=key_of(2), source="web")])
    left, _ = run_stage(make_stage(lines), batch)
    assert [doc.text for doc in left] == ["Home\n"]
    assert batch.marks.values["c4.sentences"][0] == 0
