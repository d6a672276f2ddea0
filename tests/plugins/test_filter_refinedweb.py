import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import SCHEMA, Batch, CurateError, Doc, key_of
from curate.origin import apply_cuts
from curate.plugins import load_plugins
from curate.stages import make_stage, run_stage
from curate.steps import Line
from curate_plugins.filter.refinedweb import (
    PATTERN,
    Lists,
    judge_url,
    load_lists,
    refinedweb,
    refinedweb_lines,
    url_filter,
)

PIECES = [
    "a ",
    "be ",
    "AB ",
    "3",
    "3 likes",
    "12 条评论",
    "\n",
    "\n",
    "登录",
    "Sign in ",
    "read more",
    "泵房",
    ".",
    "\0",
    "👩\u200d💻",
]
TEXTS = st.lists(st.lists(st.sampled_from(PIECES), max_size=30).map("".join), max_size=3)
ZH = "离心泵启动前应先灌泵，排尽泵壳内的空气。"
EN = "Prime the pump before it is started, and vent the casing."


def batch_of(*texts):
    return Batch.of(Doc(text, key=key_of(at)) for at, text in enumerate(texts))


@given(TEXTS)
def test_values_are_what_the_definition_in_plain_python_says(texts):
    batch = batch_of(*texts)
    lines, values, cuts = batch.lines, refinedweb(batch), refinedweb_lines(batch)
    frame = re.compile(PATTERN, re.ASCII)  # as RE2 takes its classes
    for row, text in enumerate(texts):
        every, flagged, left = 0, 0, ""
        for at in range(lines.start[row], lines.start[row + 1]):
            line = text[lines.begin[at] : lines.end[at]]
            words = max(lines.words[at], lines.unspaced[at])
            letters, digits = lines.letters[at], lines.digits[at]
            found = words == 1 or 2 * lines.uppercase[at] > letters or (digits and digits == letters)
            found = found or (1 < words <= 10 and frame.search(line))
            every, flagged = every + words, flagged + (words if found else 0)
            left += "" if found else line
        assert values[row] == flagged / max(every, 1)
        assert apply_cuts(text, cuts[row]) == left


@pytest.mark.parametrize(
    "line",
    [
        "ALL RIGHTS RESERVED BY US",
        "12 345",
        "2024-11-21 10:30",
        "3 likes",
        "1.2k followers",
        "12 条评论",
        "阅读（1234）",
        "点赞 3万",
        "Home",
        "泵",
        "-----",
        "Sign in to see this",
        "登录后查看全部内容",
        "The story of the pump. Read more...",
        "离心泵 阅读全文>>",
        "You have 3 items in your cart now",
    ],
)
def test_lines_that_frame_a_page_are_cut(line):
    assert refinedweb(batch_of(line)).tolist() == [1]
    text = f"{EN}\n{line}\n{ZH}\n"
    (cuts,) = refinedweb_lines(batch_of(text))
    assert apply_cuts(text, cuts) == f"{EN}\n{ZH}\n"


@pytest.mark.parametrize(
    "line",
    [
        EN,
        ZH,
        "水泵 Pump",
        "型号 LQ-80，流量 45 m³/h",
        "This line says that one may sign in and read more of it here.",
        "",
    ],
)
def test_prose_stays(line):
    assert refinedweb(batch_of(line)).tolist() == [0]
    assert refinedweb_lines(batch_of(line)) == [[]]


def test_headings_tables_and_code_stay():
    assert refinedweb_lines(batch_of("# PUMPS\n| 3 | 4 |\n```\nSTOP\n```\n")) == [[]]


def judged(url="", domains=None, words=None, **about):
    batch = Batch.of([Doc("Prime the pump.", key=key_of(1), uri=url, **about)], SCHEMA)
    return {name: int(value[0]) for name, value in url_filter(batch, load_lists(domains, words)).items() if value[0]}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", {}),
        ("manuals/sex.pdf", {}),
        ("https://example.org/pumps/hot-water", {"soft": 1}),
        ("https://www.essex.ac.uk/pumps", {}),
        ("https://example.org/sex/x", {"hard": 1}),
        ("http://freepornpumps.com/", {"strict": 1}),
        ("https://example.org/casino-poker", {"soft": 2}),
        ("https://例子.cn/色情", {"strict": 1}),
        ("https://example.cn/%E8%B5%8C%E5%9C%BA", {"hard": 1}),
        ("http://192.168.1.7:8080/a", {"address": 1}),
        ("http://[2001:db8::1]/a", {"address": 1}),
        ("http://[broken/a", {}),
    ],
)
def test_a_url_is_judged_by_its_words_and_host(url, expected):
    assert judged(url) == expected


def test_a_url_is_the_field_or_what_the_meta_says_or_the_uri(tmp_path):
    domains = tmp_path / "domains.txt"
    domains.write_text("# bad ones\nbad.example  # remark\n\n")
    blocked = {"blocked": 1}
    assert judged("https://www.bad.example/a", domains) == blocked
    assert judged("https://notbad.example/a", domains) == {}
    assert judged("a.txt", domains, meta={"url": "https://bad.example"}) == blocked
    assert judged("a.txt", domains, meta={"url": None}) == {}
    assert judged("a.txt", domains, meta={"url": 3}) == {}
    assert judged("a.txt", domains, meta={"about": {"url": "https://bad.example"}}) == {}
    assert judged("a.txt", domains, meta={"url": "BAD.example/a"}) == blocked


def test_a_field_goes_before_the_meta(tmp_path):
    domains = tmp_path / "domains.txt"
    domains.write_text("bad.example\n")
    batch = Batch.of([Doc("Prime.", key=key_of(1), meta={"url": "https://good.example"})])
    batch = batch.with_columns({"url": pa.array(["https://bad.example"], pa.string())})
    assert url_filter(batch, load_lists(domains))["blocked"].tolist() == [1]


def test_the_words_can_be_ones_own(tmp_path):
    words = tmp_path / "words.txt"
    words.write_text("strict pump\nhard Valve\nsoft 泵\n", encoding="utf-8")
    assert judged("https://a.cn/pumps/valve/泵/porn", None, words) == {"strict": 1, "hard": 1, "soft": 1}
    words.write_text("pump\n")
    with pytest.raises(CurateError, match="each line is strict, hard or soft and a word"):
        load_lists(None, words)


def test_a_list_that_is_no_text_is_told(tmp_path):
    (tmp_path / "blocked.txt").write_bytes("bücher.de".encode("latin-1"))
    with pytest.raises(CurateError, match=r"blocked\.txt cannot be read as UTF-8 text"):
        load_lists(tmp_path / "blocked.txt")


def test_a_host_of_very_many_labels_is_looked_at_from_its_end():
    lists = Lists(frozenset({"bad.org"}), {"strict": frozenset(), "hard": frozenset(), "soft": frozenset()})
    assert judge_url(f"http://{'a.' * 1_000_000}bad.org/", lists)[0] == 1


def test_a_bad_url_drops_its_document_and_says_why():
    line = Line("url_filter", load_plugins()["step"]["url_filter"], {})
    urls = [
        "https://a.cn/sex",
        "https://a.cn/pumps",
        "",
        "http://10.0.0.1/",
        "https://a.cn/hot",
        "https://a.cn/hot-cams",
    ]
    batch = Batch.of(Doc("Prime the pump.", key=key_of(at), uri=url) for at, url in enumerate(urls))
    run_stage(make_stage([line]), batch)
    assert batch.marks.reason.tolist() == ["hard over 0", "", "", "address over 0", "", "soft over 1"]
