"""A whole run on sample_data: what comes out, what was planted, what a second run does."""

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import datasets
import pyarrow.parquet as pq
import pytest
import zstandard

import curate
from curate.cli import main
from curate.ledger import look, said_look

REPOSITORY = Path(__file__).parent.parent
SAMPLE = REPOSITORY / "sample_data"
PLANTED = json.loads((SAMPLE / "planted.json").read_bytes())
RECIPE = REPOSITORY / "recipes" / "quickstart.yaml"
QUICKSTART = [sys.executable, "-m", "curate", "run", str(RECIPE), "--out"]


@pytest.fixture(scope="session")
def quickstart(tmp_path_factory):
    return curate.run(RECIPE, tmp_path_factory.mktemp("quickstart"))


def rows(folder, *names):
    return [row for name in names for row in pq.read_table(folder / name).to_pylist()]


def everything(run):
    """All that a reader of the run's folder could find in it, Parquet and JSON unpacked."""
    tables = (repr(pq.read_table(path).to_pylist()) for path in sorted(run.folder.rglob("*.parquet")))
    others = (path.read_text("utf-8") for path in run.folder.rglob("*") if path.suffix in (".json", ".jsonl"))
    return "\n".join([*tables, *others])


def outcome(run, uri, id=None):
    """What the ledger says became of a document."""
    wanted = [row for row in run.ledger.to_pylist() if row["uri"] == uri and id in (None, row["id"])]
    return {(row["outcome"], row["step"]) for row in wanted if row["outcome"] in ("dropped", "error")}


def inside(path):
    """A planted file's path without the source's folder."""
    return path.partition("/")[2]


def test_every_planted_piece_of_personal_data_is_gone_from_everything_a_run_leaves(quickstart):
    left = everything(quickstart)
    general = PLANTED["general"]["personal_data"]
    assert [one["value"] for one in [*PLANTED["personal_data"], *general] if one["value"] in left] == []


def test_what_only_looks_like_personal_data_stays(quickstart):
    left = everything(quickstart) + "".join(PLANTED["boilerplate_lines"])  # these are cut for another reason
    assert [one["value"] for one in PLANTED["hard_negatives"] if one["value"] not in left] == []


@pytest.mark.parametrize("one", PLANTED["unreadable"], ids=lambda one: one["why"])
def test_what_cannot_be_read_is_an_error_of_its_kind_and_the_run_goes_on(quickstart, one):
    reasons = [
        row["reason"] for row in quickstart.ledger.to_pylist() if row["uri"] == inside(one["file"]) and row["reason"]
    ]
    expected = "corrupt" if one["why"] == "truncated" else one["why"]
    assert any(reason.startswith(expected) for reason in reasons)


@pytest.mark.parametrize("pair", PLANTED["exact_duplicates"], ids=lambda pair: Path(pair[0]).stem)
def test_one_of_two_equal_texts_is_kept(quickstart, pair):
    assert sorted(len(outcome(quickstart, inside(path))) for path in pair) == [0, 1]


@pytest.mark.parametrize("pair", PLANTED["must_both_stay"])
def test_two_clauses_that_differ_in_a_number_or_one_character_both_stay(quickstart, pair):
    assert [outcome(quickstart, inside(path)) for path in pair] == [set(), set()]


def test_garbled_documents_are_dropped_and_no_other_of_the_domains_by_a_quality_step(quickstart):
    garbled = {inside(path if isinstance(path, str) else path["file"]) for path in PLANTED["garbled"]}
    assert all(outcome(quickstart, uri) for uri in garbled)
    dropped = [
        row for row in quickstart.ledger.to_pylist() if row["step"] in ("garble", "gopher_quality", "gopher_repetition")
    ]
    assert {row["uri"] for row in dropped if row["source"] in ("pumps", "insurance")} <= garbled


def test_a_page_in_gbk_is_read_as_what_it_says(quickstart):
    text = {row["uri"]: row["text"] for row in rows(quickstart.folder, "text/part-00000.parquet")}
    for path in PLANTED["gbk_pages"]:
        page = text[inside(path if isinstance(path, str) else path["file"])]
        assert sum("一" <= character <= "鿿" for character in page) > 200
        assert "�" not in page


def test_datasets_loads_every_output_as_it_is(quickstart):
    for name, made in quickstart.manifest["outputs"].items():
        folders = {str((quickstart.folder / path).parent) for path in made["files"]}
        for folder in sorted(folders):
            loaded = datasets.load_dataset(folder, cache_dir=str(quickstart.folder / "cache"))
            expected = sum(
                one["rows"] for path, one in made["files"].items() if str((quickstart.folder / path).parent) == folder
            )
            if "questions" not in folder:  # one row there holds all questions of a document
                assert sum(split.num_rows for split in loaded.values()) == expected, (name, folder)


def test_token_rows_have_one_length_end_documents_and_keep_the_mix(quickstart):
    table = pq.read_table(quickstart.folder / "pretrain" / "train-00000.parquet")
    assert {len(row) for row in table["input_ids"].to_pylist()} == {512}
    mix = quickstart.manifest["outputs"]["pretrain"]["mix"]
    assert [round(mix[name]["share"], 2) for name in ("pumps", "insurance", "general")] == [0.25, 0.25, 0.5]
    ends = sum(row.count(0) for row in table["input_ids"].to_pylist())
    about = quickstart.manifest["outputs"]["pretrain"]["train"]
    pieces = [piece for row in table["documents"].to_pylist() for piece in row]
    assert about["tokens"] == sum(piece["end"] - piece["start"] for piece in pieces)
    assert ends >= len({piece["key"] for piece in pieces})


def test_every_mined_answer_is_an_exact_piece_of_its_document(quickstart):
    text = {row["key"]: row["text"] for row in rows(quickstart.folder, "text/part-00000.parquet")}
    path = quickstart.folder / "sft" / "messages" / "train.jsonl"
    examples = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    mined = [one for one in examples if one["source"] != "chat"]
    assert len(mined) > 100
    assert all(any(one["messages"][-1]["content"] in whole for whole in text.values()) for one in mined)


def test_a_second_run_makes_nothing_again_and_a_changed_option_only_what_follows_from_it(tmp_path):
    recipe = {
        "sources": {"pumps": str(SAMPLE / "pumps" / "manuals")},
        "steps": ["normalize", {"length": {"min": 100}}, "exact_dedup"],
    }
    first = curate.run(recipe, tmp_path / "run", workers=1)
    times = {path: path.stat().st_mtime_ns for path in first.folder.rglob("*.parquet")}
    assert {
        path: path.stat().st_mtime_ns for path in curate.run(recipe, tmp_path / "run").folder.rglob("*.parquet")
    } == times
    (first.folder / "manifest.json").unlink()
    again = curate.run(recipe, tmp_path / "run", workers=1)
    assert all(path.stat().st_mtime_ns == made for path, made in times.items() if path.name != "ledger.parquet")
    assert again.manifest == first.manifest
    recipe["steps"][1] = {"length": {"min": 6000}}
    fewer = curate.run(recipe, tmp_path / "run", workers=1)
    assert fewer.manifest["steps"]["length"]["dropped"] > first.manifest["steps"]["length"].get("dropped", 0)


def test_one_worker_and_two_and_another_place_give_the_same_bytes(quickstart, tmp_path):
    shutil.copytree(SAMPLE, tmp_path / "sample_data")
    (tmp_path / "recipes").mkdir()
    recipe = shutil.copy(RECIPE, tmp_path / "recipes")
    other = curate.run(recipe, tmp_path / "run", workers=1)
    assert other.manifest == quickstart.manifest
    assert (other.folder / "ledger.parquet").read_bytes() == (quickstart.folder / "ledger.parquet").read_bytes()


def test_a_run_that_is_killed_goes_on_to_the_same_bytes(quickstart, tmp_path):
    words = [*QUICKSTART, str(tmp_path)]
    for moment in (1.5, 3.0):
        process = subprocess.Popen(words, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
        time.sleep(moment)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    done = curate.run(RECIPE, tmp_path)
    assert done.manifest == quickstart.manifest
    assert not list(tmp_path.rglob("*.tmp"))


def test_ctrl_c_stops_the_run_and_says_how_to_go_on(tmp_path):
    words = [*QUICKSTART, str(tmp_path)]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said.splitlines()[-1] == "stopped; the same command goes on from here"


def test_a_limit_and_a_sample_run_to_the_outputs_and_one_percent_lies_within_ten(tmp_path):
    recipe = RECIPE
    tiny = curate.run(recipe, tmp_path / "tiny", sample=0.02)
    assert set(tiny.outputs) == {"text", "pretrain", "sft"}
    limited = curate.run(recipe, tmp_path / "limit", limit=20)
    assert set(limited.outputs) == {"text", "pretrain", "sft"}
    assert limited.manifest["steps"]["read"]["seen"] <= 80
    keys = []
    for share in (0.2, 0.6):
        sampled = curate.run({"sources": {"general": str(SAMPLE / "general")}}, tmp_path / str(share), sample=share)
        keys.append({row["key"] for row in rows(sampled.folder, "text/part-00000.parquet")})
    assert keys[0] < keys[1]


def test_a_folder_with_other_files_is_refused_and_they_stay(tmp_path):
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "mine.txt").write_text("The pump is mine.")
    with pytest.raises(curate.CurateError, match="holds files that are no run's"):
        curate.run({"sources": {"raw": str(tmp_path / "text")}}, tmp_path)
    assert (tmp_path / "text" / "mine.txt").exists()


def test_a_second_recipe_in_a_folder_leaves_only_its_own_outputs_and_what_was_put_there(tmp_path):
    sources = {"general": str(SAMPLE / "general")}
    curate.run({"sources": sources, "text": {"format": "jsonl"}}, tmp_path)
    (tmp_path / "text" / "notes.txt").write_text("read")
    done = curate.run({"sources": sources, "text": {"format": "parquet"}}, tmp_path)
    assert sorted(path.name for path in (done.folder / "text").iterdir()) == ["notes.txt", "part-00000.parquet"]


@pytest.mark.parametrize(("body", "why"), [("pass", "left 151 documents unread"), ("out.write('x')", "TypeError in")])
def test_a_writer_that_fails_or_does_not_read_is_told(tmp_path, body, why):
    (tmp_path / "odd.py").write_text(f"import curate\n\n@curate.writer('.x')\ndef odd(docs, out):\n    {body}\n")
    recipe = {
        "plugins": [str(tmp_path / "odd.py")],
        "sources": {"g": str(SAMPLE / "general")},
        "text": {"format": "odd"},
    }
    with pytest.raises(curate.CurateError, match=f"the writer odd .*{why}"):
        curate.run(recipe, tmp_path / "run")


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gz", "zst"])
@pytest.mark.parametrize("rows", [3, 60_000])
def test_an_archive_that_is_cut_short_is_an_error_and_the_run_goes_on(tmp_path, pack, rows):
    packed = pack(b"".join(b'{"text": "%d %d"}\n' % (row, row * row) for row in range(rows)))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "half.jsonl.x").write_bytes(packed[: len(packed) // 2])
    (tmp_path / "in" / "whole.md").write_text("A pump lifts water.")
    done = curate.run({"sources": {"in": str(tmp_path / "in")}}, tmp_path / "run")
    assert ("error", "read") in outcome(done, "half.jsonl.x")
    assert "whole.md" in {row["uri"] for row in rows_of(done)}


def rows_of(run):
    return rows(run.folder, "text/part-00000.parquet")


def test_personal_data_in_ids_and_in_the_meta_goes_too_and_the_meta_stays_json(tmp_path):
    row = {
        "id": "li.na@example.cn",
        "text": "泵的轴承每月加注润滑脂。",
        "tel": 13812345678,
        "by": ["王工 li.na@example.cn", True, 7],
    }
    (tmp_path / "a.jsonl").write_text(json.dumps(row))
    done = curate.run({"sources": {"a": str(tmp_path / "a.jsonl")}, "steps": ["pii"]}, tmp_path / "run")
    (kept,) = rows_of(done)
    assert kept["id"] == "[EMAIL]"
    assert json.loads(kept["meta"]) == {"tel": "[PHONE]", "by": ["[姓名]工 [邮箱]", True, 7]}
    assert "li.na" not in everything(done)


def test_all_questions_of_one_row_are_of_one_split(tmp_path):
    recipe = {"sources": {"c": str(SAMPLE / "chat" / "questions.jsonl")}, "sft": {"mix": {"c": 1}, "validation": 0.4}}
    done = curate.run(recipe, tmp_path)
    row_of = {}
    for number, line in enumerate((SAMPLE / "chat" / "questions.jsonl").read_text("utf-8").splitlines()):
        row_of |= dict.fromkeys(json.loads(line)["questions"], number)
    train, validation = (
        {row_of[json.loads(line)["messages"][0]["content"]] for line in path.read_text("utf-8").splitlines()}
        for path in (tmp_path / "sft/messages/train.jsonl", tmp_path / "sft/messages/validation.jsonl")
    )
    assert train
    assert validation
    assert not train & validation
    assert done.manifest["steps"]["read"]["seen"] == len(row_of)


def test_a_linked_folder_is_read_and_one_that_leads_back_is_not_walked_again(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "linked").symlink_to(SAMPLE / "pumps" / "code")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    assert {doc.uri for doc in curate.read(tmp_path / "in")} == {
        f"linked/{path.name}" for path in (SAMPLE / "pumps" / "code").iterdir()
    }


def test_workers_leave_when_the_main_process_is_killed(tmp_path):
    words = [*QUICKSTART, str(tmp_path)]
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    time.sleep(2.5)
    workers = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    process.kill()
    process.wait()
    deadline = time.monotonic() + 20
    while left := [pid for pid in workers if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline, left
        time.sleep(0.2)
    assert workers


def test_two_runs_on_one_folder_are_refused_with_the_holder_named(tmp_path):
    from curate.run import held

    with held(tmp_path), pytest.raises(curate.CurateError, match=f"held by another run .process {os.getpid()}."):
        curate.run({"sources": {"pumps": str(SAMPLE / "pumps")}}, tmp_path)


def test_a_source_too_small_for_its_weight_is_told_with_what_is_possible(tmp_path):
    recipe = {
        "sources": {
            "pumps": {"path": str(SAMPLE / "pumps" / "bulletins"), "domain": True},
            "general": str(SAMPLE / "general"),
        },
        "pretrain": {"tokenizer": str(SAMPLE / "tokenizer.json"), "mix": {"pumps": 1, "general": 500}},
    }
    with pytest.raises(curate.CurateError, match=r"Possible without repeating is 1 : .*when_short: repeat"):
        curate.run(recipe, tmp_path)


def test_a_step_that_errs_on_many_documents_stops_the_run_with_a_sentence(tmp_path):
    (tmp_path / "odd.py").write_text(
        "import curate\n\n@curate.filter\ndef odd(doc):\n    return 1 / (len(doc.text) % 2) > 0\n"
    )
    recipe = {"plugins": [str(tmp_path / "odd.py")], "sources": {"general": str(SAMPLE / "general")}, "steps": ["odd"]}
    with pytest.raises(curate.AlarmError, match=r"odd errs on \d+ of 151 documents, more than 5%: see `curate look"):
        curate.run(recipe, tmp_path / "run")
    assert said_look(look(tmp_path / "run", "odd"))[0].startswith("odd dropped or erred on ")


def test_a_script_without_a_main_guard_runs_once(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        f"import curate\nprint('begun')\ndone = curate.run({{'sources': {{'g': {str(SAMPLE / 'general')!r}}}}}, {str(tmp_path / 'run')!r})\n"
        "print(done.manifest['steps']['read']['seen'])\n"
    )
    said = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True).stdout
    assert said == "begun\n151\n"


def test_reading_from_python_gives_documents_and_logs_what_cannot_be_read(caplog):
    docs = list(curate.read(SAMPLE / "pumps" / "manuals"))
    assert {doc.uri.rpartition(".")[2] for doc in docs} == {"md", "docx", "pdf"}
    assert sum("could not be read" in record.message for record in caplog.records) == 2
    pages = next(doc for doc in docs if doc.uri == "operation-and-maintenance.pdf")
    assert {stretch.page for stretch in pages.origin} == {1, 2, 3}


def told(capsys, *words):
    with pytest.raises(SystemExit) as stop:
        main(words)
    return stop.value.code, capsys.readouterr()


def test_why_tells_one_documents_story_by_path_id_key_or_a_piece_of_its_text(quickstart, capsys):
    for doc in ("LQ-C-installation-manual.md", "zh-074", "欢迎光临本站，请收藏我们的网址。欢迎"):
        code, said = told(capsys, "why", str(quickstart.folder), doc)
        assert code == 0
        assert said.out.splitlines()[-1].startswith("→ ")
    key = said.out.splitlines()[0].rpartition(" ")[2]
    assert told(capsys, "why", str(quickstart.folder), key)[1].out == said.out
    assert "→ dropped by gopher_repetition" in said.out
    assert told(capsys, "why", str(quickstart.folder), "no such thing")[0] == 1


def test_look_shows_what_a_step_dropped_and_names_the_steps_that_did(quickstart, capsys):
    folder = str(quickstart.folder)
    code, said = told(capsys, "look", folder, "--dropped-by", "garble", "-n", "1")
    assert (code, len(said.out.splitlines())) == (0, 5)
    code, said = told(capsys, "look", folder, "--dropped-by", "garbel")
    assert code == 1
    assert said.err.endswith("; did you mean 'garble'?\n")
    assert "curate: normalize dropped nothing in " in told(capsys, "look", folder, "--dropped-by", "normalize")[1].err
    assert "; it cut in " in told(capsys, "look", folder, "--dropped-by", "line_dedup")[1].err


def test_look_tells_the_value_for_which_a_document_went(quickstart):
    looked = look(quickstart.folder, "gopher_repetition")
    values = [one["value"] for one in looked["documents"]]
    assert all(one["reason"] in line for one, line in zip(looked["documents"], said_look(looked)[3::4], strict=True))
    assert all(value > 0.1 for value in values)
    assert all(one["value"] is None for one in look(quickstart.folder, "exact_dedup")["documents"])


def test_plan_shows_stages_units_and_what_each_step_did_to_a_sample(capsys):
    code, said = told(capsys, "plan", str(RECIPE))
    assert code == 0
    assert "gather (looks at the whole corpus) 1: exact_dedup" in said.out
    assert any(line.startswith("mine ") for line in said.out.splitlines())


def test_a_wrong_recipe_is_told_whole_with_exit_code_2(tmp_path, capsys):
    (tmp_path / "recipe.yaml").write_text("sources:\n  a: nowhere\nsteps:\n  - lenght\n")
    code, said = told(capsys, "run", str(tmp_path / "recipe.yaml"))
    assert code == 2
    assert said.err.splitlines() == [
        f"{tmp_path}/recipe.yaml:2: nothing is at nowhere; a path is relative to the recipe's folder",
        f"{tmp_path}/recipe.yaml:4: no step 'lenght'; did you mean 'length'? One of your own is a function under a "
        "decorator in a file that `plugins:` names",
    ]


def test_a_tokenizer_that_changes_under_its_name_and_a_source_that_becomes_a_domain_are_seen(tmp_path):
    tokenizer = tmp_path / "tokenizer.json"
    shutil.copy(SAMPLE / "tokenizer.json", tokenizer)
    sources = {name: {"path": str(SAMPLE / name)} for name in ("general", "pumps")}
    block = {
        "tokenizer": str(tokenizer),
        "mix": {"general": 1, "pumps": 1},
        "sequence_length": 128,
        "when_short": "repeat",
    }
    first = curate.run({"sources": sources, "pretrain": block}, tmp_path / "run").manifest["outputs"]["pretrain"]
    tokenizer.write_text(tokenizer.read_text("utf-8") + "\n", "utf-8")
    again = curate.run({"sources": sources, "pretrain": block}, tmp_path / "run").manifest["outputs"]["pretrain"]
    assert again["tokenizer"]["hash"] != first["tokenizer"]["hash"]
    sources["pumps"]["domain"] = True
    mixed = curate.run({"sources": sources, "pretrain": block}, tmp_path / "run").manifest["outputs"]["pretrain"]["mix"]
    assert (first["mix"]["general"]["times"], mixed["pumps"]["times"]) == (1, 1)
    assert mixed != first["mix"]
