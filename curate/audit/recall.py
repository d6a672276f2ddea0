"""`curate pii audit`: personal data is planted in copies of the user's documents, to see how much of it is found."""

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from curate.audit.samples import LONGEST, Cut, cuts_of, off_types, plain_copy, sample_of
from curate.data import Doc
from curate.errors import CurateError
from curate.personal.canaries import Planted, canaries, decoys
from curate.personal.entities import ENTITIES

ENDS = re.compile(r"\n|[。！？；]|[.!?](?=\s)|$")  # where a sentence can be put in
MISSED = 10  # examples that are told; they are made up, so they can be


@dataclass(frozen=True)
class Copy:
    """A copy of a document, and where in it what was planted stands."""

    source: str
    text: str
    planted: Sequence[tuple[int, Planted]]  # where the sentence begins
    shifts: Sequence[tuple[int, int]]  # where in the document, and how many characters were put in there

    def original(self, at: int) -> int:
        """Where in the document a character of the copy stood; of a planted one the place where it was put in."""
        gone = 0
        for place, length in self.shifts:
            if at < place + gone + length:
                return min(at - gone, place)
            gone += length
        return at - gone


def audit(folder: Path, each: int = 20, seed: int = 0) -> dict[str, Any]:
    """How much of planted personal data the steps of a run find, for machines, and for `said_audit`.

    Of each source `each` documents are copied, every canary is planted in one of the copies, and the steps are put to
    them. Nothing is written. Raises `CurateError` where the run has no documents.
    """
    sample = sample_of(folder, each)
    if not sample.docs:
        raise CurateError(f"{folder} has no documents to plant anything in")
    copies = list(planted_copies(sample.docs, Random(seed)))
    docs = [plain_copy(doc, doc.text[:LONGEST], number) for number, doc in enumerate(sample.docs)]
    twins = [plain_copy(doc, copy.text, number) for number, (doc, copy) in enumerate(zip(docs, copies, strict=True))]
    before, after = cuts_of(sample.steps, docs), cuts_of(sample.steps, twins)
    seen = [row for row in range(len(docs)) if before[row] is not None and after[row] is not None]
    rows = [one for row in seen for one in judged(copies[row], after[row])]
    strays = dict.fromkeys((doc.source for doc in docs), 0)
    for row in seen:
        strays[docs[row].source] += count_strays(copies[row], before[row], after[row])
    about = {"run": str(folder), "documents": len(seen), "failed": len(docs) - len(seen), "from": sample.place}
    off = {
        source: set(off_types([step for step in sample.steps if source in (step.line.sources or strays)]))
        for source in strays
    }
    tagged = sorted({row["type"] for row in rows if row["tagged"] and not row["left"]})
    steps = {"steps": [step.label for step in sample.steps], "in_recipe": sample.scrubbed}
    unseen = [source for source in strays if not any(source in (one.line.sources or strays) for one in sample.steps)]
    nowhere = [type for type in ENTITIES if all(type in mine for mine in off.values())]
    return about | steps | {"off": nowhere, "tagged": tagged, "unseen": unseen} | tables(rows, strays, off)


def planted_copies(docs: Sequence[Doc], random: Random) -> Iterator[Copy]:
    """A copy of each document; the copies of a source hold all canaries and decoys between them."""
    sources = list(dict.fromkeys(doc.source for doc in docs))
    decks: dict[str, list[list[Planted]]] = {}
    for source in sources:
        everything = [*canaries(random), *decoys(random)]
        random.shuffle(everything)
        count = sum(doc.source == source for doc in docs)
        decks[source] = [everything[at::count] for at in range(count)]
    for doc in docs:
        yield planted_copy(doc.source, doc.text[:LONGEST], decks[doc.source].pop(), random)


def planted_copy(source: str, text: str, sentences: Sequence[Planted], random: Random) -> Copy:
    """A text with sentences put in where others end: on the same line, or on a line of their own."""
    ends = [match.end() for match in ENDS.finditer(text)]
    places = sorted(random.choice(ends) for _ in sentences)
    made, last, length = list[str](), 0, 0
    planted, shifts = list[tuple[int, Planted]](), list[tuple[int, int]]()
    for place, one in zip(places, sentences, strict=True):
        before, behind = random.choice(((" ", " "), ("\n", "\n")))
        planted.append((place + length + len(before), one))
        put = f"{before}{one.sentence}{behind}"
        made += [text[last:place], put]
        shifts.append((place, len(put)))
        last, length = place, length + len(put)
    return Copy(source, "".join([*made, text[last:]]), planted, shifts)


def judged(copy: Copy, answer: list[Cut] | str | None) -> Iterator[dict[str, Any]]:
    """For each planted thing how many of its letters and digits there are, and how many of them were left."""
    for start, one in copy.planted:
        value = one.sentence[one.start : one.end]
        places = [start + at for at in range(one.start, one.end) if one.sentence[at].isalnum()]
        if isinstance(answer, list):
            cuts = [cut for cut in answer if cut[0] < start + one.end and start + one.start < cut[1]]
            left = [at for at in places if not any(cut[0] <= at < cut[1] for cut in cuts)]
            tagged = bool(cuts) and all(copy.text[cut[0] : cut[1]] == cut[2] for cut in cuts)
        else:
            left, tagged = places if value in (answer or "") else [], False
        yield {
            "source": copy.source,
            "type": one.type,
            "language": one.language,
            "form": one.form,
            "characters": len(places),
            "left": len(left),
            "tagged": tagged,
            "sentence": one.sentence,
        }


def count_strays(copy: Copy, before: list[Cut] | str | None, after: list[Cut] | str | None) -> int:
    """How many stretches of the document itself are cut in the copy and not in the document."""
    if not isinstance(before, list) or not isinstance(after, list):
        return 0
    values = [one.sentence[one.start : one.end] for _, one in copy.planted]
    sentences = [(start, start + len(one.sentence)) for start, one in copy.planted]
    count = 0
    for start, end, *_ in after:
        planted = any(start < last and first < end for first, last in sentences)
        known = any(cut[0] < copy.original(end) and copy.original(start) < cut[1] for cut in before)
        count += not planted and not known and not any(copy.text[start:end] in value for value in values)
    return count


def tables(
    rows: Sequence[Mapping[str, Any]], strays: Mapping[str, int], off: Mapping[str, Container[str]]
) -> dict[str, Any]:
    """What was found of all that was planted: together, by type, language, form and source, and what was missed.

    Only the tables by type know of types that are not looked for; `off` says which, by source.
    """
    every = [row for row in rows if row["form"] != "decoy"]
    real = [row for row in every if row["type"] not in off[row["source"]]]
    fakes = [row for row in rows if row["form"] == "decoy"]
    missed = [{name: row[name] for name in ("type", "language", "form", "sentence")} for row in real if row["left"]]
    by_source = [
        {"source": source, **figures(row for row in real if row["source"] == source)}
        | decoy_figures([row for row in fakes if row["source"] == source])
        | {"strays": count}
        for source, count in strays.items()
    ]
    return {
        "all": figures(real) | decoy_figures(fakes) | {"strays": sum(strays.values())},
        "by_type": grouped(every, "type"),
        "by_language": grouped(real, "language"),
        "by_form": grouped(real, "form"),
        "by_source": by_source,
        "by_decoy": [{"decoy": kind, **decoy_figures(some)} for kind, some in groups(fakes, "type").items()],
        "rows": grouped(every, "type", "language", "form", "source"),
        "missed": missed,
    }


def groups(rows: Iterable[Mapping[str, Any]], name: str) -> dict[str, list[Mapping[str, Any]]]:
    """Rows by one of their values."""
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row[name]].append(row)
    return found


def grouped(rows: Iterable[Mapping[str, Any]], *names: str) -> list[dict[str, Any]]:
    """The figures of rows by some of their values."""
    found: dict[tuple[str, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        found[tuple(row[name] for name in names)].append(row)
    return [dict(zip(names, values, strict=True)) | figures(some) for values, some in sorted(found.items())]


def figures(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """How many were planted, how many are gone with every letter and digit, and the share of these that is left."""
    rows = list(rows)
    found, characters = sum(not row["left"] for row in rows), sum(row["characters"] for row in rows)
    recall = found / len(rows) if rows else None
    leak = sum(row["left"] for row in rows) / characters if characters else None
    return {"planted": len(rows), "found": found, "recall": recall, "leak": leak}


def decoy_figures(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How many decoys there are, and of how many something was taken away."""
    return {"decoys": len(rows), "hit": sum(row["left"] < row["characters"] for row in rows)}


def said_audit(facts: Mapping[str, Any]) -> tuple[list[str], list[list[str]], list[list[str]], list[str]]:
    """An audit for people: sentences, a table by type, one by source, and what was missed."""
    steps = " and ".join(facts["steps"])
    place = "its sources" if facts["from"] == "sources" else "the run, as they stand at its end"
    planted = sum(row["planted"] for row in facts["by_type"])
    said = [f"planted {planted:,} values in copies of {facts['documents']:,} documents of {place}"]
    if facts["in_recipe"]:
        said.append(f"put to them: {steps}, as the recipe has it")
    else:
        said.append("no step of the recipe removes personal data; put to them: pii, as it comes")
    if facts["off"]:
        said.append(f"not looked for by this recipe, and left out of the totals: {', '.join(facts['off'])}")
    if facts["unseen"]:
        said.append(f"no step is for these sources: {', '.join(facts['unseen'])}")
    if facts["tagged"]:
        said.append(f"found and left as they are (tag): {', '.join(facts['tagged'])}")
    return said, type_table(facts["rows"]), source_table(facts), said_missed(facts)


def type_table(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Recall by type: in Chinese and in English, behind a label, in running text, hidden; and the share left."""
    table = [["type", "planted", "zh", "en", "labelled", "running", "hidden", "recall", "leak"]]
    for type, some in groups(rows, "type").items():
        planted, found = (sum(row[name] for row in some) for name in ("planted", "found"))
        leak = sum(row["leak"] * row["planted"] for row in some) / planted
        cells = [share(some, "language", "zh"), share(some, "language", "en")]
        cells += [share(some, "form", form) for form in ("labelled", "running", "hidden")]
        table.append([type, f"{planted:,}", *cells, f"{found / planted:.0%}", f"{leak:.0%}"])
    return table


def share(rows: Iterable[Mapping[str, Any]], name: str, value: str) -> str:
    """The recall of the rows with a value, as a table says it."""
    some = [row for row in rows if row[name] == value]
    planted = sum(row["planted"] for row in some)
    return f"{sum(row['found'] for row in some) / planted:.0%}" if planted else "-"


def source_table(facts: Mapping[str, Any]) -> list[list[str]]:
    """Recall, leak and false redaction by source, and of all of them."""
    table = [["source", "planted", "recall", "leak", "decoys", "hit", "other cuts"]]
    for row in [*facts["by_source"], {"source": "all", **facts["all"]}]:
        shares = [f"{row[name]:.1%}" if row[name] is not None else "-" for name in ("recall", "leak")]
        table.append(
            [row["source"], f"{row['planted']:,}", *shares, *(f"{row[n]:,}" for n in ("decoys", "hit", "strays"))]
        )
    return table


def said_missed(facts: Mapping[str, Any]) -> list[str]:
    """Examples of what was missed, one of each kind, and which decoys were taken for personal data."""
    off = set(facts["off"])
    first = {
        (one["type"], one["form"], one["language"]): one for one in reversed(facts["missed"]) if one["type"] not in off
    }
    said = [f"missed: {one['type']}, {one['form']}, {one['language']}: {one['sentence']!r}" for one in first.values()]
    said = said[:MISSED] + ([f"... and {len(said) - MISSED} more kinds"] if len(said) > MISSED else [])
    hits = [f"{row['decoy']} ({row['hit']} of {row['decoys']})" for row in facts["by_decoy"] if row["hit"]]
    return said + ([f"taken for personal data: {', '.join(hits)}"] if hits else [])
