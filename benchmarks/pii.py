"""Personal data: how much is found, and how fast, beside plain presidio and datatrove's formatter in the same run.

`python benchmarks/pii.py` reads ../shared (or $CURATE_SHARED): data/pii/dev.jsonl, data/text, bench/score_pii.py. The
peers: presidio with its own English recognizers, which comes with curate, and datatrove's PIIFormatter (e-mail and IP
addresses alone), where CURATE_DATATROVE_PYTHON names its Python. The rules of ours were seen to fit dev.jsonl.
"""

import importlib.util
import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from shared_data import documents, peer, rows, shared

NAMES = {"EMAIL_ADDRESS": "EMAIL", "PHONE_NUMBER": "PHONE", "CREDIT_CARD": "BANK_CARD", "IBAN_CODE": "IBAN"}
NAMES |= {"IP_ADDRESS": "IP", "MAC_ADDRESS": "MAC", "US_PASSPORT": "PASSPORT"}
PATTERNS = ("email", "phone", "cn_id", "bank_card", "hk_id", "macau_id", "tw_id", "travel_permit", "passport", "plate")
PATTERNS += ("im_id", "uscc", "iban", "us_ssn", "us_itin", "ip", "mac", "crypto", "url_credentials")
DOCS = 200  # of each language, about 3 kB each; presidio reads some 130 of them in a second
PLAIN = {
    "en": "The pump is installed on a level base, and the seal is checked before it runs. ",
    "zh": "水泵安装在平整的基座上，运行之前应当检查密封圈。",
}
FORMATTER = """
import json, sys, time
from datatrove.utils.logging import logger
logger.remove()
from datatrove.pipeline.formatters import PIIFormatter
formatter, texts = PIIFormatter(), json.load(open(sys.argv[1]))
[formatter.format(text) for text in texts[:20]]
start = time.process_time()
[formatter.format(text) for text in texts]
print(len(texts) / (time.process_time() - start))
"""


def main() -> None:
    """Print how much is found and how fast."""
    scorer, gold = load_scorer(), rows("data/pii/dev.jsonl")
    for name, find in {"curate": curate_finder(), "presidio": presidio_finder()}.items():
        predicted = [{"id": row["id"], "spans": find(row["text"])} for row in gold]
        for language in ("all", "zh", "en", "mixed"):
            mine = [row for row in gold if language in ("all", row["lang"])]
            scores = scorer.score(mine, predicted)
            told = f"micro F1 {scores['micro']['F1']:.3f}  P {scores['micro']['P']:.3f}  R {scores['micro']['R']:.3f}"
            told += f"  leak {scores['char_leak']:.3f}  hard negatives hit {scores['neg_hit']:.3f}"
            print(f"{name:9} {language:6} {told}")
    for language in ("en", "zh"):
        texts = [row["text"][:3_000] for row in documents(language)[:DOCS]]
        rates = {
            "the step": docs_a_second(in_batches(), texts),
            "its engine": docs_a_second(one_by_one(engine().find), texts),
            "for patterns": docs_a_second(one_by_one(engine(PATTERNS).find), texts),
        }
        rates |= {"presidio": docs_a_second(one_by_one(presidio_finder()), texts)}
        rates |= {"datatrove": formatter_rate(texts)} if peer("datatrove") else {}
        told = ", ".join(f"{name} {rate:,.0f}" for name, rate in rates.items())
        beside = "; ".join(
            f"{way} is {rates[way] / rates[name]:.1f} x {name}"
            for way in ("the step", "its engine", "for patterns")
            for name in ("presidio", "datatrove")
            if name in rates
        )
        print(f"{language}  docs/s: {told}; {beside}")
        clean(language)


def clean(language: str) -> None:
    """How long a text without personal data takes, and a bare scan of it by the gate's patterns."""
    whole = (PLAIN[language] * 200).encode()
    texts = [whole[at : at + 3_000].decode(errors="ignore") for at in range(2_000)]  # no two the same, nor remembered
    finder = engine().finder
    step, gate = docs_a_second(in_batches(), texts), docs_a_second(one_by_one(bare_scan(finder)), texts)
    told = f"{1e6 / step:.1f} us, a bare scan {1e6 / gate:.1f} us: {gate / step:.2f} x"
    print(f"{language}  3 kB without personal data: {told}")


def bare_scan(finder):
    """The scan of a text's UTF-8 by the set of all gates, and nothing else."""
    automata = [automaton for _, automaton in finder.automata]
    return lambda text: [automaton.Match(text.encode()) for automaton in automata]


def load_scorer():
    """The scorer that the project's measurements share."""
    spec = importlib.util.spec_from_file_location("score_pii", shared("bench/score_pii.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def engine(types=()):
    """Presidio's engine as the step sets it up, for all types or some."""
    from curate_plugins.safety.pii import scrubber

    return scrubber(types=types).engine


def curate_finder():
    """What stands behind the step `pii`, a text at a time."""
    find = engine().find
    return lambda text: [[one.start, one.end, one.type.upper()] for one in find(text)]


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


def formatter_rate(texts) -> float:
    """Documents that datatrove's formatter goes through in a second of processor time."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "texts.json")
        path.write_text(json.dumps(texts), encoding="utf-8")
        done = subprocess.run([peer("datatrove"), "-c", FORMATTER, str(path)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"datatrove failed: {done.stderr[-500:]}")
    return float(done.stdout.split()[-1])


def one_by_one(find):
    """A finder as something that goes through many texts."""
    return lambda texts: [find(text) for text in texts]


def in_batches():
    """The step's function, a batch at a time, as a run calls it; making the batch is not counted."""
    from curate import Batch, Doc, key_of
    from curate_plugins.safety.pii import pii, scrubber

    state, made = scrubber(), {}

    def go(texts):
        if id(texts) not in made:
            made[id(texts)] = Batch.of(Doc(text, key=key_of(at)) for at, text in enumerate(texts))
        return pii(Batch(made[id(texts)].table), state)

    return go


def docs_a_second(work, texts):
    """Documents in a second of processor time, the best of three rounds; a first one warms up."""
    work(texts)
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        work(texts)
        best = min(best, time.process_time() - start)
    return len(texts) / best


if __name__ == "__main__":
    main()
