"""HTML: main content as Markdown, encodings, metadata, and pages that would hold up a parser."""

import time

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
        ("<html><body " + "a=1 " * 200_000 + "><p>x</p></body></html>", "over 1,000 attributes in one tag"),
        ("<html><body>" + "<div>" * 50_000 + "x", "tags nested over 5,000 deep"),
        ("<html><body>" + "<p>x</p>" * 3_000_000, "over 20,000,000 bytes"),
    ],
)
def test_a_hostile_page_is_refused_at_once(tmp_path, content, why):
    began = time.process_time()
    with pytest.raises(Unreadable, match=f"too_large: {why}"):
        read(tmp_path, content)
    assert time.process_time() - began < 3


def test_a_comparison_in_a_script_is_no_tag_of_a_thousand_attributes(tmp_path):
    script = "<script>for(i=0;i<n;i++){" + "a = f(b, c) + d[0]; " * 2000 + "}</script>"
    assert EN.strip() in read(tmp_path, page(EN).replace("</body>", script + "</body>")).text
