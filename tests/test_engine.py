"""Worker processes of our own: what they give, what becomes of those that die, and that nothing of them stays."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from curate.engines.local import LocalEngine
from curate.errors import CurateError

TASKS = """
import os, subprocess, sys, threading, time
from pathlib import Path

begun = []


def begin(*arguments):
    begun.append(arguments)


def told(*arguments):
    return os.getpid(), begun, arguments


def square(number):
    return number * number


def unsendable():
    return threading.Lock()


class Fussy(Exception):
    def __init__(self, one, two):
        super().__init__(one)


def fail():
    raise Fussy("张三 13800138000", 2)


def wrong():
    raise ValueError("wrong")


def leave():
    sys.exit(3)


def die_once(mark):
    if not Path(mark).exists():
        Path(mark).touch()
        os._exit(5)
    return "alive"


def close_all():
    os.closerange(3, 100)


def fork():
    if os.fork() == 0:
        time.sleep(100)
    return "parent"


def thread():
    threading.Thread(target=time.sleep, args=(100,)).start()
    return "done"


def child(mark):
    started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"])
    Path(mark).write_text(str(started.pid))


def print_much():
    print("泵" * 100_000)
    return "printed"
"""


@pytest.fixture
def tasks(tmp_path, monkeypatch):
    """A module of tasks that workers can import, too."""
    (tmp_path / "some_tasks.py").write_text(TASKS)
    monkeypatch.syspath_prepend(str(tmp_path))
    import some_tasks

    yield some_tasks
    del sys.modules["some_tasks"]


@pytest.fixture
def engine(tasks):
    with LocalEngine(2, tasks.begin, ("pump", 1)) as engine:
        yield engine


def test_results_are_in_the_order_of_tasks_and_each_is_told_as_it_comes(engine, tasks):
    told = []
    assert engine.map(tasks.square, [(number,) for number in range(50)], told.append) == [n * n for n in range(50)]
    assert sorted(told) == [n * n for n in range(50)]
    assert engine.map(tasks.square, []) == []


def test_a_worker_begins_once_and_serves_many_maps(engine, tasks):
    first, second = (engine.map(tasks.told, [("泵",)])[0] for _ in range(2))
    assert first == second == (first[0], [("pump", 1)], ("泵",))
    assert first[0] != os.getpid()


@pytest.mark.parametrize(
    ("name", "error", "sentence"),
    [
        ("wrong", ValueError, "wrong"),
        ("leave", CurateError, "SystemExit in leave"),
        ("fail", CurateError, "Fussy in fail"),
        ("unsendable", Exception, "pickle"),
    ],
)
def test_what_a_task_raises_is_raised_and_what_cannot_be_sent_is_told_by_name_and_place(
    engine, tasks, name, error, sentence
):
    with pytest.raises(error, match=sentence) as raised:
        engine.map(getattr(tasks, name), [()])
    assert "13800138000" not in str(raised.value)
    assert engine.pool == []


def test_a_begin_that_fails_is_raised(tasks):
    with LocalEngine(1, tasks.wrong, ()) as engine, pytest.raises(ValueError, match="wrong"):
        engine.map(tasks.square, [(2,)])


def test_a_task_whose_worker_died_is_tried_again_by_a_fresh_one_if_that_is_agreed_to(engine, tasks, tmp_path):
    deaths = []
    done = engine.map(
        tasks.die_once,
        [(tmp_path / "a",), (tmp_path / "b",)],
        died=lambda task, death: deaths.append((task, death.code)),
    )
    assert done == ["alive", "alive"]
    assert sorted(deaths) == [((tmp_path / "a",), 5), ((tmp_path / "b",), 5)]
    with pytest.raises(CurateError, match="a worker process ended with exit code 5"):
        engine.map(tasks.die_once, [(tmp_path / "c",)])


def test_a_worker_without_its_connection_is_ended_and_told_dead(engine, tasks):
    with pytest.raises(CurateError, match=r"a worker process (ended with exit code 0|died)"):
        engine.map(tasks.close_all, [()])


@pytest.mark.parametrize(("name", "gives"), [("fork", "parent"), ("thread", "done"), ("print_much", "printed")])
def test_nothing_that_a_task_leaves_behind_keeps_the_main_process_waiting(engine, tasks, capfd, name, gives):
    assert engine.map(getattr(tasks, name), [()]) == [gives]
    engine.stop()
    out, err = capfd.readouterr()
    assert out == ""
    assert ("泵" in err) == (name == "print_much")


def test_what_a_task_has_started_ends_with_its_worker(engine, tasks, tmp_path):
    engine.map(tasks.child, [(tmp_path / "pid",)])
    engine.stop()
    assert is_gone((tmp_path / "pid").read_text())


def is_gone(pid):
    """Whether a process ends within a while, or has."""
    for _ in range(100):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("Z"):
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


def test_the_users_script_is_not_run_again_in_workers_and_dies_with_its_workers(tasks, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import os, sys, time\nprint('script runs', flush=True)\n"
        "from curate.engines.local import LocalEngine\nimport some_tasks\n"
        "with LocalEngine(2, some_tasks.begin, ()) as engine:\n"
        "    print(*{pid for pid, *_ in engine.map(some_tasks.told, [()] * 20)}, flush=True)\n"
        "    engine.map(time.sleep, [(100,), (100,)])\n"
    )
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout.readline() == "script runs\n"
        pids = running.stdout.readline().split()
        running.kill()
    assert all(map(is_gone, pids))
