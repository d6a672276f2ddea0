"""`curate pii report`: how identifying a run's documents are, which types stand in them, and where, without values."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from curate.audit.samples import LONGEST, Cut, cuts_of, plain_copy, sample_of
from curate.ledger import Told
from curate.originals import noted_recipe, scrubbing_lines
from curate.personal.fake_names import HAN
from curate.personal.risk import Level, level, score
from curate.trial import run_as_batches

LEVELS: tuple[Level, ...] = ("high", "medium", "low", "none")
EACH = 5  # documents of a source that examples are taken from
AROUND = 20  # characters of an example on either side
SCANNED = 1_000  # documents of a run without a scrubbing step that are looked at


def report(folder: Path, most: int = 5) -> dict[str, Any]:
    """What the ledger of a run says of personal data, for machines, and for `said_report`.

    A run whose recipe has no step that removes any has no counts: up to 1,000 of its texts are looked at instead.
    """
    told = Told.of(folder)
    noted = noted_recipe(folder)
    labels = [line.label for line in scrubbing_lines(noted)] if noted else []
    counts = ledger_counts(told, labels) if labels else {}
    docs = ledger_docs(told, counts) if labels else list(scanned_docs(folder))
    riskiest = sorted((doc for doc in docs if doc["counts"]), key=lambda doc: (-doc["risk"], doc["key"]))
    return {
        "run": str(folder),
        "steps": labels,
        "documents": len(docs),
        "levels": dict(Counter(doc["level"] for doc in docs)),
        "types": total(docs),
        "sources": [about_source(source, docs) for source in dict.fromkeys(doc["source"] for doc in docs)],
        "riskiest": [{name: doc[name] for name in doc if name != "text"} for doc in riskiest[:most]],
        "examples": list(examples(folder, most)),
    }


def ledger_counts(told: Told, labels: Sequence[str]) -> dict[str, str]:
    """The ledger's columns that count a type, and the type: `pii.phone`."""
    columns = {name: name.partition(".") for name in told.values}
    return {name: type for name, (label, _, type) in columns.items() if label in labels and type not in ("", "changed")}


def ledger_docs(told: Told, counts: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each document that could be read, with how much of each type was found in it."""
    found: dict[bytes, dict[str, Any]] = {}
    for row in told.columns("key", "parent", "id", "uri", "source", "outcome", "step", *counts).to_pylist():
        if row["parent"] is not None or (row["step"] == "read" and row["outcome"] != "kept"):
            continue
        doc = found.setdefault(row["key"], about_doc(row))
        for column, type in counts.items():
            if row[column]:
                doc["counts"][type] = doc["counts"].get(type, 0) + int(row[column])
    return [with_risk(doc) for doc in found.values()]


def about_doc(row: Mapping[str, Any]) -> dict[str, Any]:
    """A document as the ledger names it, nothing counted yet."""
    named = {name: row[name] or "" for name in ("source", "id", "uri")}
    return {"key": row["key"].hex(), **named, "counts": {}}


def with_risk(doc: dict[str, Any]) -> dict[str, Any]:
    """A document with how identifying it is."""
    return doc | {"level": level(doc["counts"]), "risk": score(doc["counts"])}


def scanned_docs(folder: Path) -> Iterator[dict[str, Any]]:
    """Documents of a run that removes no personal data, with what the step `pii` as it comes would find in them."""
    steps = sample_of(folder, 1).steps
    docs = [doc for batch in run_as_batches(folder, SCANNED) for doc in batch]
    copies = [plain_copy(doc, doc.text[:LONGEST], number) for number, doc in enumerate(docs)]
    for doc, answer in zip(docs, cuts_of(steps, copies), strict=True):
        cuts = answer if isinstance(answer, list) else []
        counts = dict(Counter(str(cut[3]) if len(cut) > 3 else "unknown" for cut in cuts))
        named = {"source": doc.source, "id": doc.id, "uri": doc.uri}
        yield with_risk({"key": doc.key.hex(), **named, "counts": counts})


def total(docs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """How much of each type there was, in how many documents."""
    found, holding = Counter[str](), Counter[str]()
    for doc in docs:
        found.update(doc["counts"])
        holding.update(doc["counts"].keys())
    return [{"type": type, "found": count, "documents": holding[type]} for type, count in found.most_common()]


def about_source(source: str, docs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One source: its documents by level, and its types."""
    mine = [doc for doc in docs if doc["source"] == source]
    levels = Counter(doc["level"] for doc in mine)
    return {"source": source, "documents": len(mine), **{one: levels[one] for one in LEVELS}, "types": total(mine)}


def examples(folder: Path, most: int) -> Iterator[dict[str, Any]]:
    """Of each type some places where it stands: the shape of what was there, in text of which the rest is gone, too.

    They are read anew, and nothing of them is written; a run whose sources are gone has none.
    """
    sample = sample_of(folder, EACH)
    if sample.place != "sources":
        return
    copies = [plain_copy(doc, doc.text[:LONGEST], number) for number, doc in enumerate(sample.docs)]
    seen = Counter[str]()
    for doc, answer in zip(copies, cuts_of(sample.steps, copies), strict=True):
        cuts = sorted(cut for cut in answer if len(cut) > 3) if isinstance(answer, list) else []
        for at, cut in enumerate(cuts):
            seen[cut[3]] += 1
            if seen[cut[3]] <= most:
                before, behind = around(doc.text, cuts, at)
                shape = shape_of(doc.text[cut[0] : cut[1]])
                yield {"type": cut[3], "source": doc.source, "before": before, "shape": shape, "after": behind}


def around(text: str, cuts: Sequence[Cut], at: int) -> tuple[str, str]:
    """What stands on either side of a cut, every other cut in it made; one whose replacement is the value by shape."""
    start, end = cuts[at][:2]
    before, behind, last = list[str](), list[str](), end
    first = max(0, start - AROUND)
    for cut in cuts[:at]:
        if cut[1] > first:
            before += [text[first : max(first, cut[0])], stand_in(text, cut)]
            first = cut[1]
    for cut in cuts[at + 1 :]:
        if cut[0] < end + AROUND:
            behind += [text[last : cut[0]], stand_in(text, cut)]
            last = cut[1]
    return "".join([*before, text[first:start]]), "".join([*behind, text[last : max(last, end + AROUND)]])


def stand_in(text: str, cut: Cut) -> str:
    """What a cut is replaced with, or the shape of what it leaves as it is."""
    said = text[cut[0] : cut[1]]
    return shape_of(said) if cut[2] == said else str(cut[2])


def shape_of(said: str) -> str:
    """A value with # for digits, x for letters and 某 for Chinese characters."""
    return re.sub(rf"(\d)|([{HAN}])|[^\W_]", lambda one: "#" if one[1] else "某" if one[2] else "x", said)


def said_report(facts: Mapping[str, Any]) -> tuple[list[str], list[list[str]], list[list[str]], list[str]]:
    """A report for people: sentences, a table of the sources, one of the types, and examples."""
    if facts["steps"]:
        said = [f"{' and '.join(facts['steps'])} looked at {facts['documents']:,} documents"]
    else:
        said = [f"no step of the recipe removes personal data; what stands in {facts['documents']:,} of its documents:"]
    sources = [["source", "documents", *LEVELS]]
    sources += [[one["source"], *(f"{one[name]:,}" for name in sources[0][1:])] for one in facts["sources"]]
    types = [["type", "found", "documents"]]
    types += [[one["type"], f"{one['found']:,}", f"{one['documents']:,}"] for one in facts["types"]]
    last = [f"{one['level']} ({one['risk']:.2f}): {named_doc(one)}: {said_counts(one)}" for one in facts["riskiest"]]
    last += [
        f"{one['type']} in {one['source']}: {flat(one['before'])}⟨{flat(one['shape'])}⟩{flat(one['after'])}"
        for one in facts["examples"]
    ]
    return said, sources, types, last


def named_doc(doc: Mapping[str, Any]) -> str:
    """A document as the ledger names it."""
    return str(doc["uri"] or doc["id"] or doc["key"][:12])


def said_counts(doc: Mapping[str, Any]) -> str:
    """What was found in a document."""
    return ", ".join(
        f"{count:,} {type}" for type, count in sorted(doc["counts"].items(), key=lambda one: (-one[1], one[0]))
    )


def flat(text: str) -> str:
    """A text on one line."""
    return " ".join(text.split())
