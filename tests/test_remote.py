"""The same run on a storage of objects: sources, run and store on an S3 that lives in this process."""

import random
import signal
import time
from pathlib import Path

import pytest
import zstandard
from kills import kill, made, start, writes

import curate
from curate.files import put_new
from curate.forget import forget

SAMPLES = Path(__file__).parent.parent / "sample_data"
RECIPE = """
sources:
  pumps: {{path: {root}/data/pumps, domain: true}}
  general: '{root}/data/general/*.jsonl'
  chat: {root}/data/chat
store: {root}/shared
steps:
  - normalize
  - exact_dedup
  - length: {{min: 10}}
text: {{format: jsonl}}
pretrain: {{tokenizer: tokenizer.json, sequence_length: 64, mix: {{pumps: 1, general: 1}}, when_short: shrink}}
sft: {{from: pumps, steps: [mine], mix: {{pumps: 1, chat: 1}}, when_short: shrink}}
"""


@pytest.fixture
def remote(bucket, tmp_path):
    """A recipe on this machine whose sources, store and run are in a bucket."""
    for name, pattern in {"pumps": "pumps/**/*.md", "general": "general/*.jsonl", "chat": "chat/*.jsonl"}.items():
        for path in SAMPLES.glob(pattern):
            (bucket / "data" / name / path.name).write_bytes(path.read_bytes())
    (tmp_path / "tokenizer.json").write_bytes((SAMPLES / "tokenizer.json").read_bytes())
    (tmp_path / "recipe.yaml").write_text(RECIPE.format(root=bucket), "utf-8")
    return tmp_path / "recipe.yaml"


def test_a_run_in_a_bucket_makes_the_same_bytes_as_one_on_a_disk(remote, bucket, tmp_path):
    there = curate.run(remote, bucket / "run", workers=2)
    for path in (bucket / "data").rglob("*"):
        if path.is_file():
            here = tmp_path / "data" / path.relative_to(bucket / "data").as_posix()
            here.parent.mkdir(parents=True, exist_ok=True)
            here.write_bytes(path.read_bytes())
    (tmp_path / "local.yaml").write_text(RECIPE.format(root="."), "utf-8")
    curate.run(tmp_path / "local.yaml", tmp_path / "run", workers=1)
    mine, theirs = dict(made(tmp_path / "run")), dict(made(bucket / "run"))
    assert mine.pop("manifest.json") != theirs.pop("manifest.json")  # they name their own paths
    assert mine == theirs
    assert there.ledger.num_rows > 100
    assert list(curate.read(bucket / "data" / "pumps"))


def test_a_run_in_a_bucket_that_is_killed_goes_on_to_the_same_bytes(remote, bucket, tmp_path):
    def begun(name, **how):
        remote.write_text(RECIPE.format(root=bucket).replace("shared", f"shared-{name}"), "utf-8")
        return start(remote, bucket / name, tmp_path / name, **how)

    def ended(process):
        said = process.communicate()[0].decode()
        return process.returncode or said

    def left(name):
        return {
            path: digest for path, digest in made(bucket / name).items() if path != "manifest.json"
        }  # names its store

    begin = time.monotonic()
    assert "manifest" in ended(begun("whole"))
    seconds, whole, count = time.monotonic() - begin, left("whole"), writes(tmp_path / "whole")
    for share in (0.3, 0.95):
        assert ended(begun(f"at-{share}", at=round(share * count))) == -signal.SIGKILL
        assert not (bucket / f"at-{share}" / "manifest.json").exists()
        assert "manifest" in ended(begun(f"at-{share}"))
        assert left(f"at-{share}") == whole
    for seed in range(2):
        process = begun("times")
        time.sleep(random.Random(seed).uniform(0.3, 0.9) * seconds)
        kill(process)
    assert "manifest" in ended(begun("times"))
    assert left("times") == whole


def test_a_manifest_is_put_only_where_there_is_none(bucket):
    put_new(bucket / "manifest.json", b"first")
    with pytest.raises(FileExistsError):
        put_new(bucket / "manifest.json", b"second")
    assert (bucket / "manifest.json").read_bytes() == b"first"


def test_a_document_of_a_run_in_a_bucket_is_forgotten_from_everything(remote, bucket):
    done = curate.run(remote, bucket / "run", workers=1)
    row = next(row for row in done.ledger.to_pylist() if row["source"] == "general" and row["outcome"] == "kept")
    said = forget(bucket / "run", [row["key"].hex()], lambda lines: True)
    assert said[0] == "forgotten: 1 document; removed.txt keeps what was forgotten from coming back"
    texts = b"".join(
        zstandard.ZstdDecompressor().stream_reader(path.open("rb")).read() for path in done.outputs["text"]
    )
    assert row["id"].encode() not in texts
    assert curate.run(remote, bucket / "run", workers=1).manifest["forgotten"] == 1
    assert b"forgotten" in (bucket / "run" / "manifest.json").read_bytes()
