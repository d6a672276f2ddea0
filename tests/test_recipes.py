"""The recipes that come with curate, beside `quickstart.yaml`, which test_run.py has: each runs on sample_data."""

import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import zstandard

import curate

REPOSITORY = Path(__file__).parent.parent
PLANTED_IN = json.loads((REPOSITORY / "sample_data" / "planted.json").read_bytes())
PLANTED = PLANTED_IN["general"]


@pytest.fixture(scope="module")
def filtered(tmp_path_factory):
    return curate.run(REPOSITORY / "recipes" / "filters.yaml", tmp_path_factory.mktemp("filters"), workers=1)


def test_the_recipe_of_all_filters_drops_what_is_planted_and_nothing_else(filtered):
    gone = {row["id"]: row["step"] for row in filtered.ledger.to_pylist() if row["outcome"] == "dropped"}
    duplicates = [name for name, step in gone.items() if step == "exact_dedup"]
    assert gone.keys() - set(duplicates) == {*PLANTED["low_quality"], *PLANTED["too_short"]}
    assert sorted(map(len, ({*pair} & {*duplicates} for pair in PLANTED["exact_duplicates"]))) == [1, 1, 1]
    assert len(duplicates) == 3


def test_the_recipe_of_all_filters_measures_every_value_of_its_steps(filtered):
    columns = {name.partition(".")[0] for name in filtered.ledger.column_names}
    scores = {"url_filter", "refinedweb", "length", "garble", "loops", "surprisal", "compression", "alphabetic_share"}
    assert scores | {"gopher_repetition", "gopher_quality", "c4", "fineweb_quality", "cjk_share"} <= columns


PERSONAL = REPOSITORY / "recipes" / "personal_data.yaml"
SCRUBBED = [
    *PLANTED_IN["clinic"],
    *(one for one in PLANTED_IN["personal_data"] if one["file"].startswith(("insurance/", "pumps/code/"))),
]
CALL = """电话回访记录    理赔号 [编号]

回访员拨打客户电话，[姓名]本人接听。[姓名]说骨折处已经拆除石膏，仍有轻度肿胀，正在做康复训练。
询问费用清单是否齐全，[姓名]表示门诊发票还缺一张，由[姓名]补寄。
回访员提醒：赔款到账需要五个工作日；银行不会以理赔为由索要验证码。"""
LETTER = """March 14, 2024

Dear Dr. [NAME],

Thank you for taking over the care of Mrs. [NAME], who was discharged today. [NAME] came to us after a fall at
home and had a hemiarthroplasty of the left hip on March 3. Her recovery was steady: she walked with a frame on the second
day and managed stairs by the ninth. [NAME] will stay with her for the first two weeks; he can be reached
at [EMAIL]."""


@pytest.fixture(scope="module")
def scrubbed(tmp_path_factory):
    return curate.run(PERSONAL, tmp_path_factory.mktemp("personal"), workers=1)


def with_fakes(folder, key, workers):
    """The recipe as its head says, with pseudonyms."""
    overrides = [f"steps.pii.key={key}", "steps.pii.action=pseudonym"]
    return curate.run(PERSONAL, folder, overrides=overrides, workers=workers)


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "clinic.key"
    path.write_text("0123456789abcdef")
    return path


@pytest.fixture(scope="module")
def faked(key, tmp_path_factory):
    return with_fakes(tmp_path_factory.mktemp("faked"), key, 1)


def texts(run, source):
    """The texts of a source, in their order."""
    packed = b"".join(path.read_bytes() for path in sorted(run.folder.glob("text/*.zst")))
    lines = zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True).read().splitlines()
    return [row for row in map(json.loads, lines) if row["source"] == source]


def everything(folder):
    """All bytes below a folder: names of files, files as they are, and what is in Parquet and packed ones."""
    for path in sorted(folder.rglob("*")):
        yield path.relative_to(folder), str(path.relative_to(folder)).encode()
        if path.is_file():
            yield path.relative_to(folder), path.read_bytes()
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            yield path.relative_to(folder), repr(table.to_pylist()).encode() + repr(table.schema.metadata).encode()
        if path.suffix == ".zst":
            yield path.relative_to(folder), zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read()


def left(run):
    """What was planted and stands in a run's folder, and where."""
    values = {one["value"] for one in SCRUBBED}
    return {(value, str(path)) for path, said in everything(run.folder) for value in values if value.encode() in said}


def test_the_recipe_for_personal_data_leaves_nothing_that_was_planted_in_any_file(scrubbed):
    assert left(scrubbed) == set()
    assert not (scrubbed.folder / "originals").exists()


def test_the_recipe_for_personal_data_leaves_texts_one_can_read(scrubbed):
    said = [row["text"] for row in texts(scrubbed, "clinic")]
    assert CALL in [text.strip() for text in said]
    assert [text for text in said if text.startswith(LETTER)] != []


def test_file_names_keep_what_is_not_personal(scrubbed):
    uris = {row["uri"] for row in texts(scrubbed, "clinic")}
    assert {"[姓名]/入院记录.md", "[姓名]/出院小结.md", "[姓名]/护理记录.txt", "[姓名]-理赔/理赔申请书.md"} <= uris
    assert "claims/claim-notes-2024-q1.md" in {row["uri"] for row in texts(scrubbed, "insurance")}


def test_the_key_makes_one_fake_of_one_person_in_all_documents_of_a_folder(faked):
    assert left(faked) == set()
    said = {row["uri"]: row["text"] for row in texts(faked, "clinic")}
    (claim,) = (uri for uri in said if uri.endswith("理赔申请书.md"))
    name = re.search("被保险人：(.{2,4}?)[ \u3000]", said[claim])[1]
    assert claim == f"{name}-理赔/理赔申请书.md"
    assert f"，{name}表示门诊发票" in said[f"{name}-理赔/电话回访记录.txt"]
    note, letter = (next(text for uri, text in said.items() if uri.endswith(end)) for end in ("note.md", "letter.txt"))
    surname = re.search(r"Patient: \w+ \w\. (\w+)", note)[1]
    assert f"Mrs. {surname}, who was discharged" in letter


def test_fakes_do_not_depend_on_the_number_of_workers(faked, key, tmp_path):
    again = with_fakes(tmp_path, key, 2)
    assert texts(again, "clinic") == texts(faked, "clinic")
    assert [path.read_bytes() for path in sorted(again.folder.glob("text/*"))] == [
        path.read_bytes() for path in sorted(faked.folder.glob("text/*"))
    ]
