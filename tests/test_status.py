"""What a run tells machines: its status while it goes and after, and its log."""

import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import curate
from curate.log import JsonLine, event, logged_to
from curate.parts import Part
from curate.progress import quiet
from curate.recipe import read_recipe
from curate.status import watched
from curate.steps import Tally

ROOT = Path(__file__).parent.parent
TEXTS = ["Check the pump's oil level every week.", "每周检查水泵的油位。", "短", "Pump 泵 P-101 的检修周期为一年。"]
RECIPE = "sources:\n  manuals: {path: secret-name.jsonl}\nsteps:\n  - length: {min: 5}\n  - exact_dedup\n"


@pytest.fixture
def recipe(write):
    """A small recipe, its one file of four documents with one that is too short."""
    rows = [json.dumps({"id": f"secret-{n}", "text": text}) for n, text in enumerate(TEXTS)]
    write("secret-name.jsonl", "\n".join(rows))
    return write("recipe.yaml", RECIPE)


def status(folder):
    return json.loads((folder / "status.json").read_bytes())


def logged(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def events(path):
    return [line["event"] for line in logged(path)]


def test_a_finished_run_says_so_with_what_each_step_did(recipe, tmp_path):
    done = curate.run(recipe, tmp_path / "run", workers=1)
    told = status(done.folder)
    assert (told["state"], told["error"], told["recipe"], told["workers"]) == ("finished", None, "recipe.yaml", 1)
    assert (told["pid"], told["curate"]) == (os.getpid(), curate.__version__)
    assert told["steps"]["length"] == {"seen": 4, "dropped": 1, "errors": 0, "changed": 0, "made": 0}
    assert told["phase"]["tasks"] == told["phase"]["tasks_done"]
    assert told["phase"]["seconds_to_go"] == 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told["updated"])
    assert told["started"] <= told["updated"]


def test_a_phase_counts_tasks_bytes_and_what_was_there_and_says_how_long_it_will_take(recipe, tmp_path):
    with watched(tmp_path / "run", read_recipe(recipe), 2, quiet) as watch, watch.phase("length", [100, 300]) as done:
        assert watch.told()["phase"]["seconds_to_go"] is None
        done(Part("a", "manuals", 2, 80, {"length": Tally(seen=3, dropped=1)}))
        assert watch.told()["phase"]["seconds_to_go"] is None  # what was there says nothing of what is to come
        done(Part("b", "manuals", 2, 80, {"length": Tally(seen=2, seconds=0.5)}))
        told = watch.told()
    assert told["state"] == "running"
    assert told["phase"]["seconds_to_go"] == 0
    names = ("name", "tasks", "tasks_done", "tasks_found", "bytes", "bytes_done")
    assert [told["phase"][name] for name in names] == ["length", 2, 2, 1, 400, 400]
    assert told["steps"]["length"]["seen"] == 5
    assert [line["event"] for line in logged(tmp_path / "run" / "log.jsonl")][1:] == [
        "phase_started",
        "part_made",
        "phase_finished",
        "run_finished",
    ]


@pytest.mark.parametrize(
    ("raised", "state", "error", "last"),
    [
        (curate.AlarmError("odd errs on 9 of 100 documents"), "alarm", "odd errs on 9 of 100 documents", "alarm"),
        (curate.CurateError("混合 is too small"), "failed", "混合 is too small", "error"),
        (OSError(28, "No space left on device", "/data/secret.pdf"), "failed", "No space left on device", "error"),
        (KeyboardInterrupt(), "stopped", None, "run_stopped"),
    ],
)
def test_how_a_run_ended_is_in_its_status_and_log(recipe, tmp_path, raised, state, error, last):
    folder = tmp_path / "run"
    with pytest.raises(type(raised)), watched(folder, read_recipe(recipe), 1, quiet):
        raise raised
    told, line = status(folder), logged(folder / "log.jsonl")[-1]
    assert (told["state"], told["error"]) == (state, error)
    assert (line["event"], line.get("error")) == (last, error)


def test_of_an_unforeseen_exception_only_type_and_place_are_told(recipe, tmp_path):
    with pytest.raises(ValueError, match="secret"), watched(tmp_path / "run", read_recipe(recipe), 1, quiet):
        raise ValueError("could not parse 'secret'")
    assert re.fullmatch(r"ValueError in \w+, line \d+", status(tmp_path / "run")["error"])


def test_a_status_that_cannot_be_written_does_not_stop_the_run(recipe, tmp_path):
    (tmp_path / "run" / "status.json").mkdir(parents=True)
    with watched(tmp_path / "run", read_recipe(recipe), 1, quiet):
        pass
    assert events(tmp_path / "run" / "log.jsonl") == ["run_started", "status_not_written", "run_finished"]


def test_a_second_run_appends_to_the_log_and_says_what_it_found(recipe, tmp_path):
    folder = tmp_path / "run"
    curate.run(recipe, folder, workers=1)
    first = (folder / "manifest.json").read_bytes()
    curate.run(recipe, folder, workers=1)
    assert events(folder / "log.jsonl")[-2:] == ["run_started", "run_finished"]  # nothing to do
    (folder / "manifest.json").unlink()
    before = len(events(folder / "log.jsonl"))
    curate.run(recipe, folder, workers=1, log_level="debug")
    again = logged(folder / "log.jsonl")[before:]
    found = [line["phase"] for line in again if line["event"] == "part_found"]
    assert found == ["length", "exact_dedup"]
    assert "part_made" not in {line["event"] for line in again}
    assert status(folder)["steps"]["exact_dedup"]["seen"] == 3
    assert (folder / "manifest.json").read_bytes() == first


def test_status_and_log_hold_no_text_id_or_file_name_of_a_document(recipe, tmp_path):
    folder = curate.run(recipe, tmp_path / "run", workers=1, log_level="debug").folder
    told = (folder / "status.json").read_text("utf-8") + (folder / "log.jsonl").read_text("utf-8")
    assert [secret for secret in ("secret", *TEXTS) if secret in told] == []


def test_the_log_goes_where_it_is_told_with_what_its_level_lets_through(recipe, tmp_path):
    log = tmp_path / "logs" / "日志.jsonl"
    folder = curate.run(recipe, tmp_path / "run", workers=1, log=log, log_level="warning").folder
    assert log.read_text("utf-8") == ""
    assert not (folder / "log.jsonl").exists()


def test_a_log_level_that_is_none_is_told(recipe, tmp_path):
    with pytest.raises(curate.CurateError, match=r"^no log level 'warn'; did you mean 'warning'"):
        curate.run(recipe, tmp_path / "run", log_level="warn")


def test_a_line_has_time_level_event_and_fields(tmp_path):
    with logged_to(tmp_path / "log.jsonl"):
        event("worker_died", logging.WARNING, pid=7, source="手册")
        event("seldom_of_interest", logging.DEBUG)
        logging.getLogger("curate").info("%s of %d", "one", 2)
    first, second = logged(tmp_path / "log.jsonl")
    assert list(first) == ["time", "level", "event", "pid", "source"]
    assert (first["level"], first["pid"], first["source"]) == ("warning", 7, "手册")
    assert (second["event"], second["message"]) == ("message", "one of 2")


def test_the_log_changes_nothing_of_what_handlers_above_it_get(tmp_path, caplog):
    logger = logging.getLogger("curate")
    before = (logger.level, logger.propagate, logger.handlers[:])
    with logged_to(tmp_path / "log.jsonl", "debug"):
        event("for_the_file")
        event("for_both", logging.WARNING)
    assert [record.getMessage() for record in caplog.records] == ["for_both"]
    assert (logger.level, logger.propagate, logger.handlers) == before
    with caplog.at_level("INFO", "curate"), logged_to(tmp_path / "log.jsonl", "error"):
        event("asked_for", source="手册")
    assert caplog.records[-1].getMessage() == "asked_for source=手册"
    assert json.loads(JsonLine().format(caplog.records[-1]))["source"] == "手册"


SLOW = "import time\n\nimport curate\n\n\n@curate.filter\ndef slow(doc):\n    time.sleep(600)\n    return True\n"


@pytest.fixture
def under_way(write, tmp_path):
    """A run in a process of its own, its first phase begun and never to end."""
    write("slow.py", SLOW)
    write("manuals.jsonl", json.dumps({"text": "每周检查水泵的油位。"}))
    path = write("recipe.yaml", "plugins: [slow.py]\nsources: {manuals: manuals.jsonl}\nsteps: [slow]\n")
    command = [sys.executable, "-m", "curate", "run", str(path), "--out", str(tmp_path / "run"), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not begun(tmp_path / "run"):
        time.sleep(0.05)
    yield process, tmp_path / "run"
    process.kill()
    process.communicate()


def begun(folder):
    return (folder / "status.json").exists() and (status(folder)["phase"] or {}).get("name") == "slow"


def test_ctrl_c_leaves_a_stopped_run_and_says_so_in_json(under_way):
    process, folder = under_way
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.endswith("stopped; the same command goes on from here\n")
    assert json.loads(out)["error"]["kind"] == "stopped"
    assert (status(folder)["state"], events(folder / "log.jsonl")[-1]) == ("stopped", "run_stopped")


def test_a_killed_run_stays_running_with_a_process_that_is_gone(under_way):
    process, folder = under_way
    process.kill()
    process.wait()
    told = status(folder)
    assert (told["state"], told["pid"]) == ("running", process.pid)
    with pytest.raises(ProcessLookupError):
        os.kill(told["pid"], 0)


def test_every_field_and_event_is_documented(recipe, tmp_path):
    page = (ROOT / "docs" / "machines.md").read_text("utf-8")
    told = status(curate.run(recipe, tmp_path / "run", workers=1).folder)
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "curate").rglob("*.py"))
    said = re.findall(r'(?<![\w`])event\(\s*"(\w+)"', sources)
    assert [name for name in [*told, *told["phase"], *said] if f"`{name}`" not in page] == []
