"""Personal data that is planted everywhere in a corpus stands nowhere in what a run leaves, or says."""

import gzip
import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import zstandard

import curate
from curate import AlarmError
from curate.cli import main
from curate.progress import Progress

TOKENIZER = Path(__file__).parent.parent / "sample_data" / "tokenizer.json"

PHONES = [f"138{number:04}{1000 + 37 * number}" for number in range(8)]
EMAILS = [f"wang.{name}@example-{name}.com.cn" for name in ("li", "hua", "mei", "jun", "yan", "bo")]
EMAILS += ["jane.doe@mail.example.org", "info.zhang@pumps.example.net"]
CARDS = ["4111111111111111", "5555555555554444", "6222020200112230", "378282246310005", "4012888888881881"]
AMERICAN = ["(212) 555-0142", "415-555-2671", "+44 20 7946 0958", "010-62751234"]


def resident(number):
    """A Chinese identity number with its check digit."""
    digits = f"1101011990{number:02}0{number % 9 + 1}{100 + number}"[:17].ljust(17, "1")
    weighed = sum(int(digit) * 2 ** (17 - at) for at, digit in enumerate(digits))
    return digits + "10X98765432"[weighed % 11]


IDS = [resident(number) for number in range(1, 6)]
PLANTED = [*PHONES, *EMAILS, *CARDS, *AMERICAN, *IDS]
PLUGIN = '''
import curate
from curate import Drop

@curate.filter
def quotes(doc):
    """Drops and raises with the document's own words."""
    if "DROPME" in doc.text:
        return Drop(f"not wanted: {doc.text} of {doc.uri}")
    if "RAISEME" in doc.text:
        raise ValueError(doc.text + doc.uri)
    return True

@curate.field(owner=str, number=int, note=str)
def about(doc):
    number = doc.meta.get("number", 0)
    return {"owner": doc.id, "number": number if isinstance(number, int) else None, "note": doc.uri + " " + doc.text[:200]}

@curate.edit
def headed(doc):
    return f"{doc.uri}\\n{doc.meta.get('title', '')}\\n{doc.text}"

@curate.expand
def asked(doc):
    said = [{"role": "user", "content": f"谁写了 {doc.uri}？{doc.id}"}, {"role": "assistant", "content": doc.text[:80]}]
    return [doc.example(said, span=(0, 10), title=doc.meta.get("title", ""))]

@curate.reader("weird")
def weird(file):
    raise curate.Unreadable("corrupt", f"{file.name}: {file.read()!r}")
'''
LONG = "水泵的额定压力是一点六兆帕，安装之前应当检查密封圈。The pump runs at 1450 rpm and its seal is checked. "


def test_the_planted_values_are_ones_that_the_step_finds():
    from curate_plugins.safety.pii import scrubber

    find = scrubber().engine.find
    assert len(PLANTED) >= 30
    assert [one for one in PLANTED if not find(f"联系 {one} 。")] == []


@pytest.fixture
def corpus(write):
    """Documents of every fate with a planted value in every place a document has."""
    at = iter(PLANTED * 3)
    write("plugin.py", PLUGIN)
    write(f"data 13912340000/客户 {next(at)}/手册 {next(at)}.txt", f"{LONG}请联系 {next(at)} 或 {next(at)}。")
    write(f"data 13912340000/{next(at)}/same.txt", f"{LONG}相同的文字，邮箱 {next(at)}。")
    write(f"data 13912340000/副本 {PHONES[7]}.txt", f"{LONG}相同的文字，邮箱 {PLANTED[5]}。")
    write(f"data 13912340000/{next(at)}.txt", f"短 {next(at)}")
    write(f"data 13912340000/drop {next(at)}.txt", f"{LONG}DROPME {next(at)} {next(at)}")
    write(f"data 13912340000/raise {next(at)}.txt", f"{LONG}RAISEME {next(at)}")
    write(f"data 13912340000/broken {next(at)}.pdf", b"%PDF-1.7 cut short " + next(at).encode())
    write(f"data 13912340000/odd {next(at)}.weird", f"nobody reads {next(at)}")
    write(f"data 13912340000/empty {next(at)}.txt", "")
    rows = [
        {
            "id": next(at),
            "text": f"{LONG}第 {n} 行 {next(at)}",
            "title": f"由 {next(at)} 撰写",
            "number": int(PHONES[n]),
        }
        | {"phone": PHONES[n], "nested": {PHONES[n]: [next(at), {"电话": "01062759999"}]}, "owner_id": PHONES[n + 1]}
        for n in range(4)
    ]
    said = {
        "messages": [
            {"role": "user", "content": f"我的卡号是 {next(at)}，行吗？"},
            {"role": "assistant", "content": f"行，{next(at)}"},
        ]
    }
    lines = [json.dumps(row, ensure_ascii=n % 2 == 0) for n, row in enumerate([*rows, said])]
    write(f"rows/表 {next(at)}.jsonl", "\n".join([*lines, f'{{"text": broken {next(at)}']))
    write("rows/packed.jsonl.gz", gzip.compress(json.dumps({"text": f"{LONG}{next(at)}", "id": next(at)}).encode()))
    assert next(at, None) is not None
    return write("tokenizer.json", TOKENIZER.read_bytes()).parent


def recipe(*steps, **more):
    sources = {
        "docs": {"path": "data 13912340000"},
        "rows": {"path": "rows", "fields": {"phone": "string", "owner_id": "int"}},
    }
    tokenizer = {
        "tokenizer": "tokenizer.json",
        "mix": {"docs": 1, "rows": 1},
        "when_short": "repeat",
        "sequence_length": 64,
    }
    sft = {"mix": {"docs": 1, "rows": 1}, "steps": ["asked"], "when_short": "shrink", "formats": ["messages", "alpaca"]}
    outputs = {"text": {"format": "parquet"}, "pretrain": tokenizer, "sft": sft}
    return {"plugins": ["plugin.py"], "sources": sources, "steps": list(steps), **outputs, **more}


LENGTH = {"length": {"min": 30}}
FIRST = recipe("normalize", "pii", LENGTH, "quotes", "about", "exact_dedup", "headed")
LATE = recipe(LENGTH, "exact_dedup", "quotes", "about", "headed", "pii", "line_dedup")
RECIPES = {
    "first": FIRST,
    "followed in its stage": recipe("pii", "about", "headed", LENGTH, "quotes", "exact_dedup"),
    "late": LATE,
    "twice": recipe(LENGTH, "quotes", "pii", "exact_dedup", "about", "headed", "pii"),
}


def everything(folder):
    """All bytes below a folder: as they are, and what is in Parquet and packed files; names, too."""
    for path in sorted(folder.rglob("*")):
        yield path, str(path.relative_to(folder)).encode()
        if path.is_file():
            yield path, path.read_bytes()
            if path.suffix == ".parquet":
                table = pq.read_table(path)
                yield path, repr(table.to_pylist()).encode() + repr(table.schema.metadata).encode()
            if path.suffix == ".zst":
                yield path, zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read()


def leaks(folder):
    """Which planted values stand where."""
    extra = ["01062759999", "13912340000"]
    found = []
    for path, said in everything(folder):
        for one in [*PLANTED, *extra]:
            if one.encode() in said or json.dumps(one)[1:-1].encode() in said:
                found.append((str(path.relative_to(folder)), one))
    return found


def started(recipe, corpus, out, tmp):
    """A run of the recipe, as a process of its own with a folder for temporary files of its own."""
    (corpus / "recipe.yaml").write_text(json.dumps(recipe, ensure_ascii=False), "utf-8")
    tmp.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "curate", "run", str(corpus / "recipe.yaml"), "--out", str(out), "--workers", "2"]
    environment = os.environ | {"TMPDIR": str(tmp), "PYTHONFAULTHANDLER": "1"}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, env=environment, umask=0o022, start_new_session=True)


@pytest.mark.parametrize("name", RECIPES)
def test_nothing_that_was_planted_is_anywhere_in_a_run_or_in_what_it_said(name, corpus, tmp_path):
    out, tmp = tmp_path / "runs" / name, tmp_path / "tmp"
    process = started(RECIPES[name], corpus, out, tmp)
    said = process.communicate(timeout=120)
    assert process.returncode == 0, said[1].decode()
    assert leaks(out) == []
    assert leaks(tmp) == []
    assert [one for one in PLANTED if one.encode() in b"".join(said)] == []
    assert not (out / "originals").exists()
    outcomes = {(row["step"], row["outcome"]) for row in curate.Run(out).ledger.to_pylist()}
    assert {("length", "dropped"), ("quotes", "dropped"), ("quotes", "error"), ("read", "error")} <= outcomes
    assert (("exact_dedup", "dropped") in outcomes) is (name != "followed in its stage")  # texts tell of their paths


def open_to_others(folder):
    """What anybody but the owner may read, and nobody need."""
    return [path for path in [folder, *folder.rglob("*")] if stat.S_IMODE(path.stat().st_mode) & 0o077]


def test_a_killed_run_leaves_originals_to_their_owner_alone_and_the_next_run_deletes_them(corpus, tmp_path):
    out, tmp = tmp_path / "run", tmp_path / "tmp"
    process = started(LATE, corpus, out, tmp)
    while not any((out / "originals" / "parts").glob("*.parquet")) and process.poll() is None:
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert leaks(out) != []
    assert {path.relative_to(out).parts[0] for path, _ in leaks_at(out)} <= {"originals"}
    assert open_to_others(out / "originals") == open_to_others(out / "parts") == []
    process = started(LATE, corpus, out, tmp)
    said = process.communicate(timeout=120)
    assert process.returncode == 0, said[1].decode()
    assert (leaks(out), leaks(tmp)) == ([], [])
    process = started(LATE, corpus, out, tmp)
    assert "nothing to do" in process.communicate(timeout=120)[1].decode()


def leaks_at(folder):
    """The paths of what leaks."""
    return [(folder / name, one) for name, one in leaks(folder)]


class Told(Progress):
    """What a run says."""

    def __init__(self):
        self.sentences = []

    def say(self, sentence):
        self.sentences.append(sentence)


@pytest.fixture
def small(write, monkeypatch):
    """Four documents with a phone in name and text: one too short, two alike; and a recipe that scrubs late."""
    for name in ("a", "b"):
        write(f"data/张三 1380013800{'ab'.index(name)}.txt", "同一段文字，电话 13912345678，够长了。")
    write("data/13700001111/c.txt", "另一段文字，电话 13912345679，也够长了。")
    write("data/短 13600002222.txt", "短")
    monkeypatch.chdir(write("x", "").parent)

    def made(steps=(LENGTH, "exact_dedup", "pii"), **more):
        return {
            "sources": {"s": "data"},
            "steps": [{"length": {"min": 12}} if s is LENGTH else s for s in steps],
            **more,
        }

    return made


def test_originals_are_kept_where_the_recipe_says_so_and_go_once_it_does_not(small, tmp_path):
    out = tmp_path / "run"
    curate.run(small(keep_originals=True), out, workers=1)
    assert "13912345678" in repr(
        [row for path in out.rglob("parts/*.parquet") for row in pq.read_table(path).to_pylist()]
    )
    assert open_to_others(out / "parts") == []
    ledger = repr(curate.Run(out).ledger.to_pylist())
    assert ("13800138000" in ledger, "[PHONE]" in ledger) == (False, True)
    told = Told()
    curate.run(small(), out, workers=1, progress=told)
    assert told.sentences == [f"nothing to do: {out} is finished"]
    assert b"1391234567" not in b"".join(said for _, said in everything(out))


def test_a_run_without_a_scrubbing_step_leaves_nothing_to_one_with_it_in_the_same_folder(small, tmp_path):
    out = tmp_path / "run"
    curate.run(small([LENGTH, "exact_dedup"]), out, workers=1)
    assert b"1391234567" in b"".join(said for _, said in everything(out))
    curate.run(small(["pii", LENGTH, "exact_dedup"]), out, workers=1)
    assert b"1391234567" not in b"".join(said for _, said in everything(out))
    assert b"1380013800" not in b"".join(said for _, said in everything(out))


def test_the_ledger_still_tells_of_what_went_before_the_scrubbing_step_and_why_finds_it_by_its_name(
    small, tmp_path, capsys
):
    out = tmp_path / "run"
    curate.run(small(), out, workers=1)
    capsys.readouterr()

    def said(*command):
        main([*command[:1], str(out), *command[1:]], standalone_mode=False)
        return capsys.readouterr().out

    name = said("why", "短 13600002222.txt").splitlines()[0]
    assert "[电话].txt" in name
    assert name.replace(" · zh · ", " · ") in said("look", "--dropped-by", "length")
    for asked in ("data/张三 13800138000.txt", "张三 13800138000.txt", "13700001111/c.txt"):
        told = said("why", asked)
        assert (
            "[电话]" in told or "[PHONE]" in told,
            "1380013" in told,
            sum(one.startswith("s: ") for one in told.splitlines()),
        ) == (True, False, 1)
    assert said("why", "[姓名] [电话].txt").count(" · key ") == 3  # one names the other as its keeper


def test_a_run_that_stops_keeps_its_originals_and_says_where(small, tmp_path):
    told = Told()
    with pytest.raises(AlarmError):
        curate.run(small(["exact_dedup", "pii", {"length": {"min": 500}}]), tmp_path / "run", workers=1, progress=told)
    (sentence,) = [one for one in told.sentences if "originals" in one]
    assert sentence.startswith(
        f"what was read before pii stays in {tmp_path / 'run' / 'originals'}, for its owner alone"
    )
    assert "13800138000" not in repr(pq.read_table(tmp_path / "run" / "ledger.parquet").to_pylist())
