import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from kills import kill, made, start, writes

SAMPLES = Path(__file__).parent.parent / "sample_data"
RECIPE = """
sources:
  pumps: {{path: '{samples}/pumps/**/*.md', domain: true}}
  general: {samples}/general/*.jsonl
  chat: {samples}/chat
steps:
  - normalize
  - length: {{min: 40}}
  - exact_dedup
  - line_dedup
text: {{format: jsonl}}
pretrain:
  tokenizer: {samples}/tokenizer.json
  sequence_length: 256
  mix: {{pumps: 1, general: 1}}
  when_short: shrink
sft:
  from: pumps
  steps: [mine, exact_dedup]
  mix: {{pumps: 1, chat: 1}}
  when_short: shrink
"""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A recipe, what a run of it leaves when nobody disturbs it, and how many writes that takes."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "recipe.yaml").write_text(RECIPE.format(samples=SAMPLES), "utf-8")
    begin = time.monotonic()
    process = start(folder / "recipe.yaml", folder / "run", folder / "aside")
    said = process.communicate()[0].decode()
    assert process.returncode == 0, said
    return folder / "recipe.yaml", made(folder / "run"), writes(folder / "aside"), time.monotonic() - begin


def resumed(recipe, folder):
    process = start(recipe, folder / "run", folder / "aside")
    said = process.communicate()[0].decode()
    assert process.returncode == 0, said
    return made(folder / "run")


@pytest.mark.parametrize("share", [0.02, 0.2, 0.4, 0.6, 0.75, 0.85, 0.9, 0.95])
def test_a_run_that_is_killed_at_a_write_goes_on_to_the_same_bytes(undisturbed, tmp_path, share):
    recipe, whole, count, _ = undisturbed
    process = start(recipe, tmp_path / "run", tmp_path / "aside", at=max(round(count * share), 1))
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "run" / "manifest.json").exists() or made(tmp_path / "run") == whole
    assert resumed(recipe, tmp_path) == whole


def test_a_run_that_is_killed_again_and_again_at_any_time_comes_to_the_same_bytes(undisturbed, tmp_path):
    recipe, whole, _, seconds = undisturbed
    for seed in range(4):
        process = start(recipe, tmp_path / "run", tmp_path / "aside", workers=1 + seed)
        time.sleep(random.Random(seed).uniform(0.3, 1) * seconds)
        kill(process)
    assert resumed(recipe, tmp_path) == whole


@pytest.mark.parametrize("at", [1, 12, 30])
def test_a_run_goes_on_by_itself_when_one_worker_is_killed(undisturbed, tmp_path, at):
    recipe, whole, *_ = undisturbed
    process = start(recipe, tmp_path / "run", tmp_path / "aside", at=at, who="worker")
    said = process.communicate()[0].decode()
    assert process.returncode == 0, said
    assert writes(tmp_path / "aside") > at
    assert made(tmp_path / "run") == whole


@pytest.fixture
def mounted(tmp_path):
    """A small file system of its own, mounted with these options; only root can have it."""
    disk = tmp_path / "disk"
    disk.mkdir()

    def mount(options):
        try:
            done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)], capture_output=True)
        except FileNotFoundError:
            done = None
        if done is None or done.returncode:
            pytest.skip("mounting a file system takes the rights of root")
        return disk

    yield mount
    subprocess.run(["umount", str(disk)], capture_output=True)


def test_on_a_full_disk_the_run_stops_with_a_sentence_and_goes_on_when_there_is_room(undisturbed, mounted, tmp_path):
    recipe, whole, *_ = undisturbed
    disk = mounted("size=300k")
    process = start(recipe, disk / "run", tmp_path / "aside")
    said = process.communicate()[0].decode()
    assert (process.returncode, "Traceback" in said) == (1, False)
    assert said.splitlines()[-1].startswith("curate: No space left on device")
    subprocess.run(["mount", "-o", "remount,size=100m", str(disk)], check=True)
    assert resumed(recipe, disk) == whole


def test_a_folder_that_cannot_be_written_is_told(undisturbed, mounted, tmp_path):
    recipe, *_ = undisturbed
    process = start(recipe, mounted("ro") / "run", tmp_path / "aside")
    said = process.communicate()[0].decode()
    assert (process.returncode, "Traceback" in said) == (1, False)
    assert said.splitlines()[-1].startswith(f"curate: Read-only file system: {tmp_path / 'disk' / 'run'}")
