"""Documents that hang, die or eat memory: found, set aside with their class, remembered; all others go on."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import curate
from curate import guard
from curate.guard import BATCH, DOCUMENT, LABEL, LABEL_AT, NOWHERE, PAGE, PEAK, PEAK_AT, PLACE, READER, Death, DocLimits

DEADLY = """
import ctypes, os, re, signal, sys, threading, time

import curate


def deed(text):
    word = text.partition("!")[0]
    if word == "loop":
        while True:
            pass
    if word == "regex":
        re.match(r"(a+)+$", "a" * 60 + "b")
    if word == "slow":
        time.sleep(0.004)
    if word == "sleep":
        time.sleep(1000)
    if word == "exit":
        os._exit(3)
    if word == "segv":
        os.kill(os.getpid(), signal.SIGSEGV)
    if word == "null":
        ctypes.string_at(0)
    if word == "grow":
        held = bytearray()
        while True:
            held += b"x" * 20_000_000
    if word == "numpy":
        import numpy as np
        held = []
        while True:
            held.append(np.ones(5_000_000))
    if word == "leave":
        sys.exit(1)
    if word == "interrupt":
        raise KeyboardInterrupt
    if word == "fork":
        os.fork()
    if word == "thread":
        threading.Thread(target=time.sleep, args=(1000,)).start()
    if word == "print":
        print("泵" * 100_000)


@curate.score(min=0)
def touchy(doc):
    deed(doc.text)
    return len(doc.text)


@curate.filter
def rough(batch):
    for text in batch["text"].to_pylist():
        deed(text) if "batch" in text else None
    return [True] * len(batch)


@curate.field(half=int)
def halves(doc):
    deed(doc.text) if "field" in doc.text else None
    return len(doc.text) // 2


@curate.edit
def spaced(doc):
    deed(doc.text) if "edit" in doc.text else None
    return doc.text + " ."


@curate.expand
def parts(doc):
    deed(doc.text) if "expand" in doc.text else None
    return [doc.part(0, 2), doc.part(2, len(doc.text))]


@curate.reader("text")
def lines(file):
    for at, line in file.lines():
        text = line.decode().strip()
        deed(text) if "reader" in text else None
        yield curate.Doc(text, place=at)


@curate.score(setup=lambda: os._exit(9), min=0)
def unset(doc, state):
    return 1


@curate.gather
def lethal():
    def collect(batch):
        os.kill(os.getpid(), signal.SIGABRT)
    return curate.Gather(collect, lambda rows: rows)
"""


@pytest.fixture
def deadly(tmp_path, write):
    """Run steps over lines of text, a unit for each source: what the ledger says, and the run."""
    write("deadly.py", DEADLY)

    def ran(steps, texts, out="out", workers=2, **limits):
        for source, content in texts.items():
            write(f"{source}/{source}.txt", "".join(f"{line}\n" for line in content))
        recipe = {
            "plugins": [str(tmp_path / "deadly.py")],
            "sources": {source: str(tmp_path / source) for source in texts},
            "readers": {"text": "lines"},
            "steps": steps,
            "limits": limits,
        }
        return curate.run(recipe, tmp_path / out, workers=workers)

    return ran


def errors(run):
    """(step, reason) of every error, without line numbers."""
    return [
        (row["step"], row["reason"].partition(", line")[0])
        for row in run.ledger.to_pylist()
        if row["outcome"] == "error"
    ]


def left(run):
    """The texts that came through."""
    return [row["text"].strip() for path in run.outputs["text"] for row in curate_rows(path)]


def curate_rows(path):
    import pyarrow.parquet as pq

    return pq.read_table(path).to_pylist()


def made(run):
    """Everything that has to be the same bytes: outputs, ledger, manifest."""
    files = [*run.outputs["text"], run.folder / "ledger.parquet", run.folder / "manifest.json"]
    return {path.relative_to(run.folder).as_posix(): path.read_bytes() for path in files}


def test_whatever_a_document_does_to_its_worker_is_an_error_of_that_document(deadly):
    texts = {
        "hang": ["pump", "loop! 泵", "阀", "regex!", "轴"],
        "die": ["pump", "exit!", "leave!", "segv!", "泵房", "null!", "interrupt!", "阀"],
        "eat": ["grow!", "泵", "numpy!", "fork!", "thread!", "print!"],
    }
    run = deadly(["touchy"], texts, seconds=1, memory_mb=400)
    assert errors(run) == [
        ("touchy", "timeout: over 1 s of CPU"),
        ("touchy", "timeout: over 1 s of CPU"),
        ("touchy", "crash: the process ended with exit code 3"),
        ("touchy", "SystemExit in deed"),
        ("touchy", "crash: the process died (SIGSEGV)"),
        ("touchy", "crash: the process died (SIGSEGV)"),
        ("touchy", "KeyboardInterrupt in deed"),
        ("touchy", "memory: over 400 MB"),
        ("touchy", "memory: over 400 MB"),
    ]
    assert left(run) == ["pump", "阀", "轴", "pump", "泵房", "阀", "泵", "fork!", "thread!", "print!"]
    for path in run.folder.rglob("*.suspects.json"):
        assert path.stat().st_mode & 0o077 == 0
        assert not set("泵!") & set(path.read_text())


def test_steps_of_every_kind_and_readers_lose_that_document_alone_whatever_the_workers(deadly):
    texts = {
        "a": ["pump", "exit! batch", "泵", "loop! field", "阀 1"],
        "b": ["泵站", "loop! edit", "loop! expand", "valve"],
        "c": ["shaft", "轴承", "loop! reader", "never read"],
    }
    steps = ["rough", "halves", "spaced", "parts"]
    one, three = (deadly(steps, texts, f"out{workers}", workers, seconds=0.5) for workers in (1, 3))
    hung = [(step, "timeout: over 0.5 s of CPU") for step in ("halves", "spaced", "parts", "read")]
    assert errors(one) == [("rough", "crash: the process ended with exit code 3"), *hung]
    assert left(one) == ["pu", "mp .", "泵", ".", "阀", "1 .", "泵站", ".", "va", "lve .", "sh", "aft .", "轴承", "."]
    assert made(one) == made(three)
    before = {path: path.stat().st_mtime_ns for path in one.folder.rglob("*.parquet")}
    assert made(deadly(steps, texts, "out1", seconds=0.5)) == made(one)
    assert before == {path: path.stat().st_mtime_ns for path in one.folder.rglob("*.parquet")}


def test_a_document_that_waits_for_nothing_is_a_timeout_too(deadly):
    run = deadly(["touchy"], {"a": ["pump", "sleep! 泵", "阀"]}, seconds=0.1)
    assert errors(run) == [("touchy", "timeout: over 2 s, most of it idle")]
    assert left(run) == ["pump", "阀"]


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        ("lethal", r"a worker process died \(SIGABRT\) in lethal: collect, 3 times; run again"),
        ("unset", r"a worker process ended with exit code 9 in the setup of unset, 3 times; run again"),
    ],
)
def test_a_worker_that_dies_at_no_document_is_tried_again_and_then_a_sentence(deadly, step, sentence):
    with pytest.raises(curate.CurateError, match=sentence):
        deadly([step], {"a": ["pump", "泵"]})


def test_too_many_documents_that_die_stop_the_run(deadly, monkeypatch):
    monkeypatch.setattr(guard, "MAX_BLAMED", 1)
    with pytest.raises(curate.AlarmError, match=r"workers died or hung over 1 times .* mend the plugin"):
        deadly(["touchy"], {"a": ["exit! 1", "exit! 2", "exit! 3"]})


def test_workers_killed_from_outside_change_nothing(deadly):
    texts = {source: [f"slow! {source} 泵 {number}" for number in range(400)] for source in ("a", "b", "c")}
    undisturbed, killed, over = deadly(["touchy", "rough"], texts, "undisturbed"), [], threading.Event()

    def kill_workers():
        while not over.wait(1.3):
            for pid in list(workers_of(os.getpid()))[: len(killed) < 4]:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

    killer = threading.Thread(target=kill_workers)
    killer.start()
    try:
        disturbed = deadly(["touchy", "rough"], texts, "disturbed")
    finally:
        over.set()
        killer.join()
    assert killed
    assert made(disturbed) == made(undisturbed)


def workers_of(parent):
    """The processes whose parent this is and which serve as workers."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            command = stat.with_name("cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == parent and b"curate.engines.worker" in command:
            yield int(stat.parent.name)


def test_ctrl_c_ends_a_worker_that_never_comes_back(deadly, tmp_path, write):
    write("deadly.py", DEADLY)
    write("in/a.txt", "pump\nregex! 泵")
    recipe = {
        "plugins": ["deadly.py"], "sources": {"a": "in"}, "readers": {"text": "lines"}, "steps": ["touchy"]
    }  # fmt: skip
    path = write("recipe.yaml", json.dumps(recipe))
    command = [sys.executable, "-m", "curate", "run", str(path), "--out", str(tmp_path / "out")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        while not any(spent(pid) > 2.5 for pid in workers_of(running.pid)):
            time.sleep(0.1)
        (worker,) = workers_of(running.pid)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "goes on from here" in said
    assert not Path(f"/proc/{worker}").exists()


def spent(pid):
    """CPU seconds of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def page(kind, key=b"", item=0, seconds=60.0, label="", most=0, said=False):
    """A page as a worker leaves it."""
    left = bytearray(PAGE)
    PLACE.pack_into(left, 0, kind, key, item, seconds)
    PEAK.pack_into(left, PEAK_AT, most, said)
    LABEL.pack_into(left, LABEL_AT, len(label.encode()))
    left[LABEL_AT + LABEL.size : LABEL_AT + LABEL.size + len(label.encode())] = label.encode()
    return bytes(left)


@pytest.mark.parametrize(
    ("code", "about", "why"),
    [
        (-signal.SIGPROF, {"seconds": 65.0}, "timeout: over 65 s of CPU"),
        (-signal.SIGALRM, {"seconds": 65.0}, "timeout: over 1,300 s, most of it idle"),
        (-signal.SIGKILL, {"most": 999}, "memory: over 4,000 MB"),
        (-signal.SIGKILL, {"most": 1000}, "crash: the process died (SIGKILL)"),
        (-40, {}, "crash: the process died (40)"),
        (1, {"said": True}, "memory: over 4,000 MB"),
        (0, {}, "crash: the process ended with exit code 0"),
    ],
)
def test_a_death_is_of_one_of_three_classes(code, about, why):
    assert Death(code, page(DOCUMENT, **about), peak=1000).why(DocLimits()) == why


def test_a_position_is_read_from_the_page_that_a_worker_left():
    key = bytes(range(16))
    assert Death(-9, page(DOCUMENT, key, label="泵#2")).position == guard.Position(DOCUMENT, "泵#2", key.hex())
    assert Death(-9, page(READER, key, 7, label="length")).position == guard.Position(READER, "read", key.hex(), 7)
    assert Death(-9, page(NOWHERE, key, 7, label="x")).position.key == ""


def test_a_crash_is_proof_at_the_second_time_and_a_timeout_at_once(tmp_path):
    path, crash = tmp_path / "parts" / "a.suspects.json", Death(-11, page(DOCUMENT, b"1" * 16, label="touchy"))
    assert "once more" in guard.remember(path, DocLimits(), crash)
    assert guard.Suspects(path).blamed == {}
    assert "it is set aside" in guard.remember(path, DocLimits(), crash)
    assert "it is set aside" in guard.remember(path, DocLimits(), Death(-signal.SIGPROF, page(DOCUMENT, b"2" * 16)))
    assert "one by one" in guard.remember(path, DocLimits(), Death(-signal.SIGPROF, page(BATCH, b"2" * 16)))
    assert guard.remember(path, DocLimits(), Death(-9, page(NOWHERE))) == ""
    assert list(guard.Suspects(path).blamed.values()) == [
        "crash: the process died (SIGSEGV)", "timeout: over 60 s of CPU"
    ]  # fmt: skip


def test_nothing_is_guarded_in_a_process_that_is_no_worker(tmp_path, batch):
    with guard.task(tmp_path / "a.suspects.json", DocLimits(seconds=0.001)):
        assert list(guard.each("touchy", batch("pump", "泵"), "ab")) == ["a", "b"]
        guard.reading(b"", 0, 0)
        assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)
        assert guard.blamed("touchy", batch("pump")) == {}


def test_limits_are_numbers_over_zero_and_part_of_what_names_a_unit(write, tmp_path):
    from curate.plan import units_of
    from curate.recipe import read_recipe

    write("in/a.md", "泵")
    names = [
        units_of(read_recipe({"sources": {"a": str(tmp_path / "in")}, "limits": limits}))[0].fingerprint
        for limits in ({}, {"seconds": 60}, {"seconds": 61})
    ]
    assert names[0] == names[1] != names[2]
    with pytest.raises(curate.RecipeError) as wrong:
        read_recipe({"sources": {"a": str(tmp_path / "in")}, "limits": {"seconds": 0, "memory_mb": -1, "second": 3}})
    assert "seconds is a number over 0, not 0" in str(wrong.value)
    assert "memory_mb is a number over 0, not -1" in str(wrong.value)
    assert "did you mean 'seconds'?" in str(wrong.value)
