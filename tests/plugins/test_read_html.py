"""HTML: main content as Markdown, encodings, metadata, and pages that would hold up a parser."""

from contextlib import suppress

import pytest

from curate import File, Unreadable
from curate_plugins.read.html import html

EN = "The pump must be stopped before the cover is taken off, because the shaft may still be turning inside it. "
ZH = "水泵停机之后方可拆下盖板，因为此时泵轴可能仍在转动，操作人员应当等待至少五分钟，并确认电源已经切断。"


def page(text, title="Pumps", head=""):
    menu = "".join(f"<li><a href='/{n}'>Menu {n}</a></li>" for n in range(9))
    paragraphs = "".join(f"<p>{n}. {text * 3}</p>" for n in range(5))
    return (
        f"<html><head><title>{title}</title>{head}</head><body><nav><ul>{menu}</ul></nav><article><h1>{title}</h1>"
        f"<p><b>{text}</b></p><h2>Safety</h2>{paragraphs}<table><tr><th>Part</th><th>Size</th></tr><tr><td>seal</td>"
        f"<td>40</td></tr></table></article><footer>All rights reserved</footer></body></html>"
    )


def read(tmp_path, content, **options):
    (tmp_path / "a.html").write_bytes(content if isinstance(content, bytes) else content.encode())
    (doc,) = html(File(tmp_path / "a.html", "a.html", "html"), **options)
    return doc


@pytest.mark.parametrize("text", [EN, ZH])
def test_main_content_comes_as_markdown_without_menus(tmp_path, text):
    doc = read(tmp_path, page(text))
    assert "## Safety" in doc.text
    assert "| seal | 40 |" in doc.text
    assert text.strip() in doc.text
    assert not [noise for noise in ("Menu 3", "**", "All rights") if noise in doc.text]


@pytest.mark.parametrize("text", [EN, ZH])
def test_justext_reads_english_and_chinese(tmp_path, text):
    doc = read(tmp_path, page(text), extractor="justext")
    assert doc.text.count(text.strip()) >= 10
    assert "Menu 3" not in doc.text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk"])
@pytest.mark.parametrize("declared", ["", "gb2312", "utf-8", "iso-8859-1"])
def test_chinese_is_decoded_whatever_is_declared(tmp_path, encoding, declared):
    head = f'<meta charset="{declared}">' if declared else ""
    assert ZH in read(tmp_path, page(ZH, head=head).encode(encoding)).text


def test_a_declared_single_byte_encoding_is_believed_where_utf_8_fails(tmp_path):
    head = '<meta http-equiv="Content-Type" content="text/html; charset=windows-1252">'
    assert "café “open”" in read(tmp_path, page(EN + "café “open” ", head=head).encode("cp1252")).text


def test_what_the_page_tells_of_itself_goes_to_the_meta(tmp_path):
    head = (
        '<meta property="og:title" content="泵"><meta name="author" content="Li Na"><link rel="canonical" '
        'href="https://pumps.example/a"><meta property="article:published_time" content="2024-05-01T08:00:00Z">'
    )
    assert read(tmp_path, page(EN, head=head)).meta == {
        "title": "泵", "author": "Li Na", "url": "https://pumps.example/a", "hostname": "pumps.example", "date": "2024-05-01",
    }  # fmt: skip


@pytest.mark.parametrize("extractor", ["trafilatura", "justext"])
@pytest.mark.parametrize("content", ["<html><body></body></html>", "<html><script>var a = 1</script></html>"])
def test_a_page_of_nothing_is_told(tmp_path, content, extractor):
    with pytest.raises(Unreadable, match="no_text"):
        read(tmp_path, content, extractor=extractor)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (
            "<html><body " + "a=1 " * 200_000 + "><p>x</p></body></html>",
            "too_complex: over 1,000 attributes in one tag",
        ),
        (
            "<html><body " + 'a="1"' * 200_000 + "><p>x</p></body></html>",
            "too_complex: over 1,000 attributes in one tag",
        ),
        ("<html><body/" + "a/" * 200_000 + "><p>x</p></body></html>", "too_complex: over 1,000 attributes in one tag"),
        ("<html><body>" + "<div>" * 50_000 + "x", "too_complex: tags nested over 2,000 deep"),
        ("<html><body>" + "<p>x" * 2_500_000, "too_complex: over 500,000 tags"),
        ("<html><body>" + "<p>x</p>" * 3_000_000, "too_large: over 20,000,000 bytes"),
    ],
)
def test_a_hostile_page_is_refused_at_once(tmp_path, content, why):
    with pytest.raises(Unreadable, match=why):
        read(tmp_path, content)


def test_a_comparison_in_a_script_is_no_tag_of_a_thousand_attributes(tmp_path):
    script = "<script>for(i=0;i<n;i++){" + "a = f(b, c) + d[0]; " * 2000 + "}</script>"
    assert EN.strip() in read(tmp_path, page(EN).replace("</body>", script + "</body>")).text


@pytest.mark.parametrize("extractor", ["trafilatura", "justext"])
@pytest.mark.parametrize("unit", [
    "<a href='/{n}'>link {n} 链接</a> ", "<table><tr><td>{n}</td><td>密封 seal</td></tr></table>", "<p>{n} 停泵",
])  # fmt: skip
def test_a_page_of_very_many_tags_is_read_all_the_same(tmp_path, unit, extractor):
    many = "".join(unit.format(n=n) for n in range(60_000))
    doc = read(tmp_path, f"<html><head><title>泵 Pumps</title></head><body>{many}</body></html>", extractor=extractor)
    assert "59999" in doc.text
    assert doc.meta["title"] == "泵 Pumps"


def test_a_paragraph_longer_than_the_parsers_limit_is_read(tmp_path):
    assert read(tmp_path, "<html><body><p>" + ZH * 70_000).text.count("水泵") == 70_000


def test_nothing_that_a_page_names_is_fetched(tmp_path, monkeypatch):
    def refused(*where):
        raise AssertionError("somebody asked for a connection")

    monkeypatch.setattr("socket.socket.connect", refused)
    monkeypatch.setattr("socket.getaddrinfo", refused)
    (tmp_path / "secret.txt").write_text("a secret 秘密")
    secret = (tmp_path / "secret.txt").as_uri()
    head = f'<base href="http://127.0.0.1:9/"><link rel="stylesheet" href="{secret}"><script src="/x.js"></script>'
    named = f'<iframe src="{secret}"></iframe><img src="http://127.0.0.1:9/a.png"><object data="{secret}"></object>'
    doc = read(tmp_path, page(EN, head=head).replace("<h2>", named + "<h2>"))
    assert EN.strip() in doc.text
    assert "秘密" not in doc.text
    for content in ("http://127.0.0.1:9/page.html", f'<!DOCTYPE html [<!ENTITY x SYSTEM "{secret}">]><p>&x;</p>'):
        with suppress(Unreadable):
            assert "秘密" not in read(tmp_path, content).text
