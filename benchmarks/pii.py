"""Personal data: how much is found, and how fast, beside plain presidio in the same run.

`python benchmarks/pii.py` reads ../shared (or $CURATE_SHARED): data/pii/dev.jsonl, data/text, bench/score_pii.py. The
peer, presidio with its own English recognizers, comes with curate. The limits of ours were chosen on dev.jsonl.
"""

import importlib.util
import time

from shared_data import documents, rows, shared

TYPES = ["EMAIL", "PHONE", "CN_ID", "BANK_CARD"]
NAMES = {"EMAIL_ADDRESS": "EMAIL", "PHONE_NUMBER": "PHONE", "CREDIT_CARD": "BANK_CARD"}
DOCS = 200  # of each language, about 3 kB each; presidio reads some 130 of them in a second


def main() -> None:
    """Print how much is found and how fast."""
    scorer, gold = load_scorer(), rows("data/pii/dev.jsonl")
    finders = {"curate": curate_finder(), "presidio": presidio_finder()}
    for name, find in finders.items():
        predicted = [{"id": row["id"], "spans": find(row["text"])} for row in gold]
        scores = scorer.score(gold, predicted, TYPES)
        told = "  ".join(f"{type} {scores[type]['F1']:.3f}" for type in [*TYPES, "micro"])
        print(f"{name:9} F1  {told}  char leak {scores['char_leak']:.3f}  hard negatives hit {scores['neg_hit']:.3f}")
    ways = {"the step": in_batches(), "its finder": one_by_one(finders["curate"])}
    ways |= {"presidio": one_by_one(finders["presidio"])}
    for language in ("en", "zh"):
        texts = [row["text"][:3_000] for row in documents(language)[:DOCS]]
        rates = {name: docs_a_second(way, texts) for name, way in ways.items()}
        told = ", ".join(f"{name} {rate:,.0f}" for name, rate in rates.items())
        print(f"{language}  docs/s: {told}; the step is {rates['the step'] / rates['presidio']:.0f} x presidio")


def load_scorer():
    """The scorer that the project's measurements share."""
    spec = importlib.util.spec_from_file_location("score_pii", shared("bench/score_pii.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def curate_finder():
    """What stands behind the step `pii`, a text at a time."""
    from curate_plugins.safety.pii import finder

    find = finder()
    return lambda text: [[span.start, span.end, span.type.upper()] for span in find(text)]


def presidio_finder():
    """Presidio with its own English recognizers, those without a language model."""
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NoOpNlpEngine

    registry, nlp = RecognizerRegistry(), NoOpNlpEngine([{"lang_code": "en", "model_name": ""}])
    registry.load_predefined_recognizers(languages=["en"])
    registry.remove_recognizer("SpacyRecognizer")
    nlp.load()
    engine = AnalyzerEngine(registry, nlp, supported_languages=["en"])

    def find(text):
        found = engine.analyze(text, "en", score_threshold=0.4)
        return [[one.start, one.end, NAMES.get(one.entity_type, one.entity_type)] for one in found]

    return find


def one_by_one(find):
    """A finder as something that goes through many texts."""
    return lambda texts: [find(text) for text in texts]


def in_batches():
    """The step's function, a batch at a time, as a run calls it; making the batch is counted."""
    from curate import Batch, Doc, key_of
    from curate_plugins.safety.pii import finder, pii

    state = finder()
    return lambda texts: pii(Batch.of(Doc(text, key=key_of(at)) for at, text in enumerate(texts)), state)


def docs_a_second(work, texts):
    """Documents in a second of processor time; a first go warms up."""
    work(texts[:20])
    start = time.process_time()
    work(texts)
    return len(texts) / (time.process_time() - start)


if __name__ == "__main__":
    main()
