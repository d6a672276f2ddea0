"""The quality filters against datatrove's and Data-Juicer's: MB of text a CPU second, and how far their verdicts agree.

`python benchmarks/filters.py` reads ../shared/data/text and the peers' scripts in ../shared/bench (or in
$CURATE_SHARED). Gopher quality, Gopher repetition, C4 and FineWeb run on every document, whatever an earlier one says
of it, with all limits on; then on the documents that ours keep, on which no filter of datatrove's stops early. Both
sides have the texts in memory; ours is a stage as a run has it, from Arrow batches to the ledger's rows. Each peer
wants a virtual environment of its own, see pipeline.py. Data-Juicer has no filters of these names: it runs its nearest,
for Chinese six that look at characters alone, so for it those of ours are timed as well that come nearest to these.

Of technical documents datatrove keeps few. So the verdicts are compared on prose as well: on what is left of the same
documents without headings, lists, tables, code and lines under 60 characters (30 Chinese ones), where that is 1,000 or
more.

English is the documents without a Chinese character, Chinese those of which datatrove is told that they are Chinese,
with FineWeb-2's limits there and those that were fitted to them here. At the end ledger.py asks a run what other limits
would have kept.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import ledger
import numpy as np
import pyarrow as pa
from shared_data import documents, peer, shared

from curate import Batch, Doc, key_of
from curate.plugins import load_plugins
from curate.stages import make_stage, run_stage
from curate.steps import Line

FILTERS = ("gopher_repetition", "gopher_quality", "c4", "fineweb_quality")
NEAREST = (
    "length",
    "alphabetic_share",
    "c4",
    "loops",
)  # to what Data-Juicer measures of Chinese, where it has no words
ROUNDS = 3
ENOUGH = 300  # documents: of fewer the cost of a batch shows, which has up to 1,000
FENCED = re.compile(r"^\s*(```|~~~).*?^\s*\1", re.MULTILINE | re.DOTALL)
MARKUP = re.compile(r"\s*([#|`*<>{\[.:=!\\-]|\d+[.)]|import |from |def |class )|\s{4}")
HAN = re.compile("[\u3400-\u9fff]")


def main() -> None:
    """Print a table a language."""
    for language in ("en", "zh"):
        rows = [row for row in documents(language) if language == "zh" or not HAN.search(row["text"])]
        with tempfile.TemporaryDirectory() as folder:
            compare(language, rows, Path(folder))
    ledger.main()


def compare(language, rows, folder):
    """Run both sides on all documents, then on those that ours keep."""
    mb = sum(len(row["text"].encode()) for row in rows) / 1e6
    print(f"\n{language}: {len(rows):,} documents, {mb:.1f} MB")
    ours(rows[:50], language)  # compiles, or loads what was compiled
    seconds, values, reasons = ours(rows, language)
    for name, took in seconds.items():
        print(f"  curate {name:30}{mb / took:9.1f} MB/CPU s")
    passing = [row for row, why in zip(rows, reasons["all four"], strict=True) if not why]
    if python := peer("datatrove"):
        its_seconds, found = datatrove(python, rows, language, folder)
        for name, took in its_seconds.items():
            print(f"  datatrove {name:27}{mb / took:9.3f} MB/CPU s; curate is {took / seconds[name]:,.0f} x")
        copies = passing * max(round(ENOUGH / len(passing)), 1)
        half, its_half = ours(copies, language)[0], datatrove(python, copies, language, folder)[0]
        times = its_half["all four"] / half["all four"]
        print(f"  on the {len(passing):,} that curate keeps ({len(copies):,} with copies), all four: {times:,.0f} x")
        agreement(values, reasons, found)
        texts = prose(rows, 60 if language == "en" else 30)
        print(f"  prose of {len(texts):,} of them:")
        agreement(*ours(texts, language)[1:], datatrove(python, texts, language, folder)[1])
    if python := peer("data-juicer"):
        data_juicer(python, rows, language, folder, {name: mb / seconds[name] for name in ("all four", "nearest")})


def prose(rows, least):
    """The documents' lines of prose, where they are 1,000 characters together."""
    lines = [
        [line for line in FENCED.sub("", row["text"]).split("\n") if len(line) >= least and not MARKUP.match(line)]
        for row in rows
    ]
    texts = [row | {"text": "\n\n".join(left)} for row, left in zip(rows, lines, strict=True)]
    return [row for row in texts if len(row["text"]) >= 1_000]


def ours(rows, language):
    """CPU seconds of each filter and of all four, their values, and the reason of each for each document."""
    seconds, values, reasons = {}, {}, {}
    for name, names in [*((name, (name,)) for name in FILTERS), ("nearest", NEAREST), ("all four", FILTERS)]:
        took = []
        for _ in range(ROUNDS):
            tables = batches(rows, language)
            start = time.process_time()
            ledgers = [through(names, table) for table in tables]
            took.append(time.process_time() - start)
        seconds[name] = median(took)
        ledger = pa.concat_tables(ledgers)
        reasons[name] = ledger["reason"].to_pylist()
        values |= {column: ledger[column].to_numpy() for column in ledger.column_names if "." in column}
    return seconds, values, reasons


def batches(rows, language):
    """The documents as the tables that a reader gives, their language told."""
    docs = [Doc(row["text"], row["id"], key=key_of(at), lang=language) for at, row in enumerate(rows)]
    schema = Batch.of(docs[:1]).table.schema.append(pa.field("lang", pa.string()))
    return [Batch.of(docs[at : at + 1_000], schema).table for at in range(0, len(docs), 1_000)]


def through(names, table):
    """The ledger's rows of a batch after a stage of filters."""
    registry, batch = load_plugins_once(), Batch(table)
    run_stage(make_stage(Line(name, registry[name], {}) for name in names), batch)
    return batch.marks.table(0)


def load_plugins_once(kept={}):  # noqa: B006  a cache
    """The bundled steps."""
    kept.update({} if kept else load_plugins()["step"])
    return kept


def datatrove(python, rows, language, folder):
    """CPU seconds of each of its filters and of all, and what it found of each document."""
    source, out, script = folder / "in.jsonl", folder / "out.jsonl", Path(__file__).with_name("datatrove_values.py")
    source.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    done = subprocess.run([python, script, source, out, language], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"datatrove failed: {done.stderr[-2000:]}")
    seconds = json.loads(done.stdout.splitlines()[-1])
    found = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    return seconds | {"all four": sum(seconds.values())}, found


def agreement(values, reasons, found):
    """Print how far verdicts agree, how many of its keeps we keep, and Spearman's coefficient of each value."""
    for name in FILTERS:
        mine = np.array([not why for why in reasons[name]])
        its = np.array([one["verdicts"][name] is True for one in found])
        chance = mine.mean() * its.mean() + (1 - mine.mean()) * (1 - its.mean())
        agreed = (mine == its).mean()
        kappa = (agreed - chance) / (1 - chance) if chance < 1 else 1.0
        print(
            f"  {name:20} keeps {mine.mean():6.1%}, datatrove {its.mean():6.1%}: agree {agreed:6.1%}, kappa {kappa:.2f}"
        )
    kept = [row for row, one in enumerate(found) if all(verdict is True for verdict in one["verdicts"].values())]
    both = sum(not reasons["all four"][row] for row in kept)
    print(
        f"  of {len(kept):,} documents that all of datatrove's filters keep, ours keep {both:,}: {both / len(kept):.1%}"
    )
    names = sorted({name for one in found for name in one["values"]} & values.keys())
    ranks = {name: spearman(values[name], [one["values"].get(name, 0.0) for one in found]) for name in names}
    print("  Spearman: " + ", ".join(f"{name.partition('.')[2]} {rank:.3f}" for name, rank in ranks.items()))


def spearman(first, second):
    """The rank correlation of two columns; 1 where both are constant."""
    one, other = ranked(np.asarray(first)), ranked(np.asarray(second))
    if one.std() == 0 or other.std() == 0:
        return 1.0 if one.std() == other.std() else float("nan")
    return float(np.corrcoef(one, other)[0, 1])


def ranked(values):
    """Ranks, the mean of them for what is equal."""
    _, inverse, count = np.unique(np.round(values.astype(np.float64), 6), return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return (last - (count - 1) / 2)[inverse]


def data_juicer(python, rows, language, folder, speeds):
    """Print the speed of its nearest operators: of the whole run, and by the difference of two sizes."""
    script = shared("bench/peer_datajuicer.py")
    took, size = {}, {}
    for name, some in (("quarter", rows[::4]), ("all", rows)):
        source = folder / f"{name}.jsonl"
        source.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in some), "utf-8")
        command = [python, script, "filter", source, folder / f"juicer-{name}", "--lang", language]
        done = subprocess.run(command, cwd=script.parent, capture_output=True, text=True)
        told = [
            line for line in (done.stdout + done.stderr).splitlines() if line.startswith('{"tool"')
        ]  # it moves stdout
        if not told:
            print(f"  data-juicer failed: {done.stderr[-500:]}")
            return
        said = json.loads(told[-1])
        took[name], size[name] = said["user_s"], said["bytes"] / 1e6
    whole = size["all"] / took["all"]
    slope = (size["all"] - size["quarter"]) / max(took["all"] - took["quarter"], 1e-9)
    print(f"  data-juicer {whole:.2f} MB/CPU s, {slope:.2f} from a quarter to all")
    for name, speed in speeds.items():
        print(f"  curate, {name}: {speed / whole:,.0f} x, {speed / slope:,.0f} x")


if __name__ == "__main__":
    main()
