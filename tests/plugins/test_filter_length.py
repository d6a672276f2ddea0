import pytest

from curate import Batch, Doc, key_of
from curate.plugins import load_plugins
from curate.stages import make_stage, run_stage
from curate.steps import Line


@pytest.mark.parametrize("char", ["泵", "p", "𠮷", "👍"])
def test_length_counts_characters_not_bytes(char):
    line = Line("length", load_plugins()["step"]["length"], {"min": 3})
    batch = Batch.of(Doc(char * size, key=key_of(size)) for size in (2, 3))
    run_stage(make_stage([line]), batch)
    assert batch.marks.values["length"].tolist() == [2, 3]
    assert batch.marks.reason.tolist() == ["length under 3", ""]


def test_code_has_a_length_and_an_example_is_not_measured():
    offered = load_plugins()["step"]["length"]
    example = Doc(messages=[{"role": "user", "content": "why?"}], key=key_of(2))
    batch = Batch.of([Doc("x = 1", kind="code", key=key_of(1)), example])
    run_stage(make_stage([Line("length", offered, {}, kinds=offered.about.kinds)]), batch)
    assert batch.marks.outcome.tolist() == ["dropped", "kept"]
