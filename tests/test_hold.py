import json
import os
import re
import socket
import subprocess
import sys
import time

import pytest

from curate import hold
from curate.errors import CurateError
from curate.hold import held

HERE = f"process {os.getpid()} on {socket.gethostname()}"


def test_a_folder_is_held_by_one_process_and_free_when_it_ends(tmp_path):
    with (
        held(tmp_path / "run"),
        pytest.raises(CurateError, match=re.escape(f"run is held by another run ({HERE}): wait")),
        held(tmp_path / "run"),
    ):
        raise AssertionError
    with held(tmp_path / "run") as still_held:
        still_held()


def test_a_process_that_is_killed_holds_nothing(tmp_path):
    script = f"""
import time
from pathlib import Path
from curate.hold import held
with held(Path({str(tmp_path / "run")!r})):
    print("held", flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(CurateError, match=f"held by another run .process {process.pid} on"), held(tmp_path / "run"):
            raise AssertionError
        process.kill()
        process.wait()
        with held(tmp_path / "run"):
            pass


def test_a_folder_of_something_else_is_not_taken(tmp_path):
    (tmp_path / "photo.jpg").write_bytes(b"x")
    with (
        pytest.raises(CurateError, match="holds files that are no run's; name a new folder with --out"),
        held(tmp_path),
    ):
        raise AssertionError


def leases(bucket):
    return sorted(path.name for path in bucket.glob(".lease-*"))


def test_in_a_store_of_objects_a_lease_holds_the_folder_until_it_ends(bucket):
    with held(bucket) as still_held:
        still_held()
        assert leases(bucket) == [".lease-1.json"]
        with pytest.raises(CurateError, match=re.escape(f"is held by another run ({HERE})")), held(bucket):
            raise AssertionError
    assert leases(bucket) == []


def test_a_lease_that_was_not_renewed_is_taken_over_and_its_holder_puts_no_manifest(bucket, monkeypatch):
    with held(bucket) as still_held:
        lease = bucket / ".lease-1.json"
        lease.write_bytes(json.dumps(json.loads(lease.read_bytes()) | {"renewed": time.time() - 61}).encode())
        with held(bucket) as other_still_held:
            assert leases(bucket) == [".lease-2.json"]
            other_still_held()
            with pytest.raises(
                CurateError, match="was taken over by another run, since this one was away for over 60 s"
            ):
                still_held()


def test_of_two_that_take_a_lease_at_once_one_gets_it(bucket, monkeypatch):
    with held(bucket), monkeypatch.context() as patch:
        patch.setattr(hold, "leases", lambda folder: [])  # what it sees who looked just before the other began
        with pytest.raises(CurateError, match="is held by another run"), held(bucket):
            raise AssertionError


def test_a_lease_is_renewed_as_long_as_the_run_goes_on(bucket, monkeypatch):
    monkeypatch.setattr(hold, "LEASE", 0.4)
    with held(bucket) as still_held:
        first = json.loads((bucket / ".lease-1.json").read_bytes())["renewed"]
        time.sleep(0.5)
        assert json.loads((bucket / ".lease-1.json").read_bytes())["renewed"] > first
        still_held()


def test_a_lease_of_a_process_of_this_machine_that_is_gone_is_taken_at_once(bucket):
    with held(bucket):
        lease = bucket / ".lease-1.json"
        gone = json.loads(lease.read_bytes()) | {"holder": f"process 4194400 on {socket.gethostname()}"}
        lease.write_bytes(json.dumps(gone).encode())  # Linux counts to 4194304
        with held(bucket):
            assert leases(bucket) == [".lease-2.json"]
