"""How well and how fast raw files become text, beside the libraries that others use: `python benchmarks/extraction.py`.

Reads pages and PDFs with gold text: ../shared/data/html and data/pdf (or $CURATE_SHARED/data). F1 is over words (single
characters of Chinese), the mean over documents. All contenders run in one process, each through all documents before
the next: pypdfium2 before curate, which gives pdfium a font for the whole process. Times are CPU seconds. Most peers
come with curate; the others: `pip install pypdf pdfminer.six`.
"""

import argparse
import json
import logging
import lzma
import re
import tempfile
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from statistics import mean

from shared_data import shared

from curate import File, Unreadable
from curate_plugins.read.html import html
from curate_plugins.read.pdf import pdf
from curate_plugins.read.rows import jsonl, parquet

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af"
TOKEN = re.compile(f"[{CJK}]|[^\\W{CJK}]+")
Contender = Callable[[Path], str]
Case = tuple[str, Path, str]  # group, file, gold text


def f1(text: str, gold: str) -> float:
    """The harmonic mean of the shares of words found and of words that are right."""
    said, wanted = (Counter(TOKEN.findall(unicodedata.normalize("NFKC", one).lower())) for one in (text, gold))
    common = (said & wanted).total()
    return 2 * common / max(said.total() + wanted.total(), 1)


def compare(title: str, cases: Iterable[Case], contenders: dict[str, Contender]) -> None:
    """Print F1 for each group and documents a second, with the ratio to the first contender."""
    scores, seconds = defaultdict(lambda: defaultdict(list)), Counter()
    cases = list(cases)
    for name, read in contenders.items():
        for group, path, gold in cases:
            began = time.process_time()
            text = read(path)
            seconds[name] += time.process_time() - began
            scores[name][group].append(f1(text, gold))
            scores[name]["all"].append(scores[name][group][-1])
    groups = list(next(iter(scores.values())))
    groups.sort(key=lambda group: group != "all")
    print(f"\n{title}\n{'':24}" + "".join(f"{group:>18}" for group in groups) + f"{'docs/s':>10}{'speed':>8}")
    base = seconds[next(iter(contenders))]
    for name in contenders:
        marks = "".join(f"{mean(scores[name][group]):18.3f}" for group in groups)
        count = len(scores[name]["all"])
        print(f"{name:24}{marks}{count / seconds[name]:10.1f}{base / seconds[name]:7.2f}x")


def html_cases(folder: Path, most: int) -> Iterable[Case]:
    """Every n-th page of every set, so that about `most` come in all, and the Chinese ones as a group of their own."""
    packed = sorted(shared("data/html").glob("*.xz"))
    rows = [json.loads(line) for path in packed for line in lzma.decompress(path.read_bytes()).splitlines()]
    for number, row in enumerate(rows[:: max(len(rows) // most, 1)]):
        path = folder / f"{number}.html"
        path.write_text(row["html"], "utf-8", errors="replace")
        yield "zh" if row["lang"] == "zh" else row["source"], path, row["gold"]


def pdf_cases() -> Iterable[Case]:
    """The made PDFs that hold text, by language and layout."""
    for row in map(json.loads, shared("data/pdf/gold.jsonl").read_text("utf-8").splitlines()):
        if row["kind"] in ("1col", "2col", "2col_hdr_table", "glyph_spaced"):
            yield f"{row['lang']} {row['kind']}", shared(f"data/pdf/{row['id']}.pdf"), row["gold"]


def ours(reader: Callable[..., Iterable], **options: str) -> Contender:
    """A reader of ours as a contender: what it cannot read is an empty text."""

    def read(path: Path) -> str:
        try:
            return "\n".join(doc.text for doc in reader(File(path, path.name), **options))
        except Unreadable:
            return ""

    return read


def trafilatura_alone(path: Path) -> str:
    """trafilatura as its documentation shows it."""
    import trafilatura

    return trafilatura.extract(path.read_text("utf-8")) or ""


def resiliparse_alone(path: Path) -> str:
    """resiliparse's main content."""
    from resiliparse.extract.html2text import extract_plain_text

    return extract_plain_text(path.read_text("utf-8"), main_content=True)


def pdfium_alone(path: Path) -> str:
    """What pdfium gives, page by page."""
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        texts = []
        for page in document:
            textpage = page.get_textpage()
            texts.append(textpage.get_text_range())
            textpage.close()
            page.close()
    return "\n".join(texts)


def pypdf_alone(path: Path) -> str:
    """What pypdf gives, page by page."""
    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(path).pages)


def pdfminer_alone(path: Path) -> str:
    """What pdfminer.six gives."""
    from pdfminer.high_level import extract_text

    return extract_text(path)


def installed(peers: dict[str, tuple[str, Contender]]) -> dict[str, Contender]:
    """Those of the peers that are there; says how to get the others."""
    for name, (module, _) in peers.items():
        if not find_spec(module):
            print(f"{name} is left out: pip install {name}")
    return {name: read for name, (module, read) in peers.items() if find_spec(module)}


def rows_per_second(folder: Path) -> None:
    """Print how fast rows become documents, beside the library that parses them."""
    import orjson
    import pyarrow as pa
    from pyarrow import parquet as pq

    rows = [
        {"id": f"r{n}", "text": ("先停泵，再拆盖。" * 50, "Stop the pump. " * 60)[n % 2], "n": n} for n in range(30_000)
    ]
    packed, table = folder / "rows.jsonl", folder / "rows.parquet"
    packed.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    pq.write_table(pa.Table.from_pylist(rows), table, row_group_size=5_000)

    def parsed() -> None:
        with open(packed, "rb") as stream:
            for line in stream:
                orjson.loads(line)

    contenders = {
        "jsonl, curate": lambda: sum(1 for _ in jsonl(File(packed, "rows"))),
        "jsonl, orjson alone": parsed,
        "parquet, curate": lambda: sum(1 for _ in parquet(File(table, "rows"))),
        "parquet, pyarrow alone": lambda: pq.read_table(table, use_threads=False).to_pylist(),
    }
    size = packed.stat().st_size / 1e6
    print("\nRows (30,000, MB/s of JSONL, best of three)")
    for name, read in contenders.items():
        best = min(timed(read) for _ in range(3))
        print(f"{name:24}{size / best:8.0f} MB/s{len(rows) / best:12,.0f} rows/s")


def timed(read: Callable[[], object]) -> float:
    """The CPU seconds of one call."""
    began = time.process_time()
    read()
    return time.process_time() - began


def main() -> None:
    """Run what there is data for."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--pages", type=int, default=200, help="about how many HTML pages (728 are there)")
    most = asked.parse_args().pages
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        rows_per_second(Path(folder))
        pages = {"trafilatura": trafilatura_alone, "curate": ours(html)}
        pages |= {"curate, justext": ours(html, extractor="justext"), "resiliparse": resiliparse_alone}
        compare("HTML, F1", html_cases(Path(folder), most), pages)
        peers = {"pypdf": ("pypdf", pypdf_alone), "pdfminer.six": ("pdfminer", pdfminer_alone)}
        compare("PDF, F1", pdf_cases(), {"pypdfium2": pdfium_alone, "curate": ours(pdf)} | installed(peers))


if __name__ == "__main__":
    main()
