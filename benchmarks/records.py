"""Names, addresses and record numbers: how many are found in made-up charts, claims and letters, and what else is hit.

`python benchmarks/records.py` makes them (charts.py) and reads ../shared/data/pii/dev.jsonl, where few are labelled.
With `--missed` it prints what is not found, and what is found that is none.
"""

import sys
from collections import defaultdict
from functools import cache

from charts import charts
from shared_data import rows

TYPES = ("person", "address", "record_number", "birth_date", "visit_date", "age", "organization")
NEEDED = {
    ("person", "form"): 0.97, ("address", "form"): 0.97, ("person", "running"): 0.85, ("address", "running"): 0.85,
    ("record_number", "form"): 0.97, ("record_number", "running"): 0.97,
}  # fmt: skip


def main() -> None:
    """Print recall on forms and in running text, and precision, by type and language."""
    recalled, precise = defaultdict(list), defaultdict(list)
    for chart in charts():
        found = finder(chart["profile"]).find(chart["text"])
        measure(chart, found, recalled, precise)
    for type in TYPES:
        for way in ("form", "running"):
            told = [f"{language} {share(recalled[type, way, language])}" for language in ("zh", "en", "mixed")]
            every = [hit for language in ("zh", "en", "mixed") for hit in recalled[type, way, language]]
            need = f"  (needed: {NEEDED[type, way]})" if (type, way) in NEEDED else ""
            print(f"{type:14} {way:8} recall {share(every)}  {'  '.join(told)}{need}")
        told = [f"{language} {share(precise[type, language])}" for language in ("zh", "en", "mixed")]
        print(f"{type:14} {'':8} precision  {'  '.join(told)}")
    unlabelled()


def measure(chart, found, recalled, precise) -> None:
    """Note of every gold span whether it was found, and of everything found whether it is one."""
    text, types = chart["text"], finder(chart["profile"]).profile.types
    for start, end, type, way in chart["spans"]:
        if type in TYPES and type in types:
            hit = any(one.type == type and overlap(one, start, end) >= 0.5 for one in found)
            recalled[type, way, chart["language"]].append(hit)
            tell("missed", hit, type, chart, text[max(0, start - 12) : end + 8], text[start:end])
    for one in found:
        hit = any(one.type == type and overlap(one, start, end) > 0 for start, end, type, _ in chart["spans"])
        precise[one.type, chart["language"]].append(hit)
        tell("wrong", hit, one.type, chart, text[max(0, one.start - 12) : one.end + 8], text[one.start : one.end])


def tell(what, right, type, chart, around, said) -> None:
    """Print a mistake, where that is asked for."""
    if not right and "--missed" in sys.argv:
        print(what, type, chart["kind"], repr(said), repr(around))


def overlap(one, start, end) -> float:
    """The share of two spans' union that is in both."""
    both = min(one.end, end) - max(one.start, start)
    return max(0, both) / (max(one.end, end) - min(one.start, start))


def share(hits) -> str:
    """A share and how many it is of."""
    return f"{sum(hits) / len(hits):.3f} of {len(hits)}" if hits else "-"


@cache
def finder(profile):
    """The finder of a profile."""
    from curate.personal.finder import Finder
    from curate.personal.profile import read_profile

    return Finder(read_profile(profile))


def unlabelled() -> None:
    """Print how many names and addresses are found where mostly nothing labels them."""
    for profile in ("default", "clinical_zh"):
        hits = defaultdict(list)
        for row in rows("data/pii/dev.jsonl"):
            found = finder(profile).find(row["text"])
            for start, end, type in row["spans"]:
                if type in ("PERSON", "ADDRESS"):
                    hits[type].append(
                        any(one.type == type.lower() and overlap(one, start, end) >= 0.5 for one in found)
                    )
        print(f"dev.jsonl, profile {profile}: " + ", ".join(f"{type} {share(one)}" for type, one in hits.items()))


if __name__ == "__main__":
    main()
