"""How fast each bundled step is, in MB/s of text on one core: the function alone, and as a step of a stage.

`python benchmarks/steps.py` reads ../shared/data/text (or $CURATE_SHARED/data/text). It has no peer: pipeline.py has.
"""

from shared_data import documents, speed

from curate import Batch, Doc, key_of
from curate.plugins import load_plugins
from curate.stages import make_stage
from curate.steps import Line

STEPS = ("normalize", "pii", "language", "length", "garble", "gopher_quality", "gopher_repetition")
GATHERS = ("exact_dedup", "line_dedup")


def main() -> None:
    """Print the table."""
    registry = load_plugins()["step"]
    print(f"{'MB/s':12}{'en alone':>10}{'in stage':>10}{'zh alone':>10}{'in stage':>10}")
    corpora = [batches(language) for language in ("en", "zh")]
    for name in STEPS:
        step = make_stage([Line(name, registry[name], {}, kinds=registry[name].about.kinds)])[0]
        ways = [(corpus, way) for corpus in corpora for way in (lambda batch, step=step: step.call(batch=batch), step)]
        print(f"{name:12}" + "".join(f"{speed(way, corpus):10,.0f}" for corpus, way in ways))
    for name in GATHERS:
        collect = registry[name].function().collect
        print(f"{name:12}" + "".join(f"{speed(collect, corpus):10,.0f}{'':10}" for corpus in corpora) + " (collect)")


def batches(language):
    """The tables of a corpus, normalized as they are when later steps see them."""
    docs = [Doc(row["text"], key=key_of(language, at)) for at, row in enumerate(documents(language))]
    normalize = make_stage([Line("normalize", load_plugins()["step"]["normalize"], {})])[0]
    return [normalize(batch).table for batch in (Batch.of(docs[at : at + 500]) for at in range(0, len(docs), 500))]


if __name__ == "__main__":
    main()
