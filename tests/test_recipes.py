"""The recipes that come with curate, beside `quickstart.yaml`, which test_run.py has: each runs on sample_data."""

import json
from pathlib import Path

import pytest

import curate

REPOSITORY = Path(__file__).parent.parent
PLANTED = json.loads((REPOSITORY / "sample_data" / "planted.json").read_bytes())["general"]


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
