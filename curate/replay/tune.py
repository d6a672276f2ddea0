"""What a run would have kept with other limits: how many documents, bytes and tokens, of which source, and examples."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

from curate.data import KEY, shares_of
from curate.errors import CurateError
from curate.files import put, readable
from curate.ledger import BEGINNING, Told, about_doc, named, quoted
from curate.parts import part_path
from curate.plan import digest, phases_of
from curate.recipe import read_recipe
from curate.replay.fates import GONE, KEPT, UNSURE, Fates
from curate.replay.gathers import Source
from curate.replay.moves import Move, differences, moved
from curate.replay.recipe_text import changed_data, changed_text, dumped
from curate.replay.stages import beyond, last_phase, replayed
from curate.rules import Rule, rules_of
from curate.terminal import said_limit

BYTES_A_TOKEN = 4  # a rule of thumb, where the run made no tokens: English and Chinese both have 3 to 5
Range = tuple[int, int | None]  # none: nobody knows how many


@dataclass(frozen=True)
class Tuned:
    """A run and its replay with other limits."""

    source: Source
    moves: Sequence[Move]
    before: Sequence[Rule]
    rules: Sequence[Rule]
    fates: Fates
    table: pa.Table

    @cached_property
    def last(self) -> int:
        """The last phase that was replayed."""
        return last_phase(self.source)

    @cached_property
    def final_parts(self) -> list[str]:
        """The parts that the last phase left."""
        return next((names for number, names in self.source.told.phases if number == self.last), [])

    @cached_property
    def slack(self) -> tuple[int, int]:
        """By how many documents gathers may bring down, or up, what was counted, since they meet unknown texts."""
        later = [any(rule.phase > one.phase for rule in self.rules) for one in self.fates.strangers]
        pairs = list(zip(self.fates.strangers, later, strict=True))
        low = sum(one.count for one, more in pairs if one.drops or more)
        return low, sum(one.count for one, more in pairs if more)

    @cached_property
    def exact(self) -> bool:
        """Whether it is known of every document."""
        open_ = (self.fates.fate == UNSURE).any() or self.fates.unmade.any()
        return not open_ and not any(self.slack)


def tuned(folder: Path, words: Sequence[str]) -> Tuned:
    """Replay a run with some limits moved, ``step.value=LIMIT`` each; raises `CurateError`."""
    told = Told.of(folder)
    if not told.rules:
        raise CurateError(f"the ledger of {folder} is of an older curate and tells no limits: run it again")
    source = Source(folder, told)
    last = last_phase(source)
    before = [rule for rule in told.rules if rule.phase <= last]
    for word in words:
        label = word.partition("=")[0].partition(".")[0].strip()
        if any(rule.label == label and rule.phase > last for rule in told.rules):
            sft = any(rule.label == label and rule.phase >= source.main for rule in told.rules)
            why = "is a step of `sft:`, which tune does not replay" if sft else "was not reached by this run"
            raise CurateError(f"{word}: {label} {why}")
    moves, rules = moved(before, words)
    fates, table = replayed(source, before, rules)
    return Tuned(source, moves, before, rules, fates, table)


def answer(tune: Tuned, examples: int = 3) -> dict[str, Any]:
    """What would be kept beside what was, by source, why it is a range where it is, and examples of both sides."""
    bytes = bytes_of(tune)
    sizes = {"documents": Sizes.ones(tune.fates), "bytes": bytes, "tokens": tokens_of(tune, bytes.sizes)}
    names = [name for name in tune.fates.source.names if name]
    everywhere = np.ones(len(tune.fates), bool)
    shown = [(name, tune.fates.source.among([name])) for name in sorted(names)] + [("all", everywhere)]
    counted = [{"source": name, **counts(tune, mask, sizes)} for name, mask in shown]
    return {
        "folder": str(tune.source.folder),
        "finished": bool(tune.source.manifest),
        "moved": [
            {"column": column, "language": language, "was": [*was], "would_be": [*new]}
            for column, language, was, new in differences(tune.before, tune.rules)
        ],
        "exact": tune.exact,
        "sources": counted[:-1],
        "all": counted[-1],
        "because": list(because(tune)),
        "examples": {side: list(examples_of(tune, side, examples)) for side in ("dropped", "kept")},
    }


@dataclass(frozen=True)
class Sizes:
    """How large each document is at the end, in some measure, and of which that is estimated."""

    sizes: np.ndarray
    estimated: np.ndarray

    @classmethod
    def ones(cls, fates: Fates) -> "Sizes":
        """Each document as one."""
        return cls(np.ones(len(fates), np.int64), np.zeros(len(fates), bool))


def counts(tune: Tuned, mask: np.ndarray, measures: Mapping[str, Sizes]) -> dict[str, Any]:
    """Documents, bytes and tokens of some documents: what was kept, and from what to what would be."""
    fates, said = tune.fates, dict[str, Any]()
    for name, measure in measures.items():
        was, would = int(measure.sizes[fates.ran & mask].sum()), range_of(tune, mask, measure.sizes)
        guessed = [(mask & fates.ran & ~fates.changed), mask & (fates.fate > GONE)]
        about = [bool(measure.estimated[some].any()) for some in guessed]
        said[name] = {"kept": was, "kept_is_estimated": about[0], "would_be": list(would), "estimated": about[1]}
    return {"read": int((fates.read & mask).sum()), **said}


def range_of(tune: Tuned, mask: np.ndarray, sizes: np.ndarray) -> Range:
    """From what to what the kept among some documents come to."""
    fates, (fewer, more) = tune.fates, tune.slack
    back = mask & (fates.fate == GONE) & (fates.read | (fates.parent >= 0))  # what could not be read stays away
    kept, gone = sizes[mask & (fates.fate == KEPT)], sizes[back]
    low = kept.sum() - largest(kept, fewer)
    high = kept.sum() + sizes[mask & (fates.fate == UNSURE)].sum() + largest(gone, more)
    return int(low), None if fates.unmade[mask].any() else int(high)


def largest(sizes: np.ndarray, most: int) -> int:
    """The sum of the largest so many."""
    return int(np.sort(sizes)[::-1][:most].sum()) if most else 0


def bytes_of(tune: Tuned) -> Sizes:
    """The bytes of each document's text at the end.

    The ledger has them as a stage was given them; where that stage, or a gather after it, changes texts, those that the
    run kept are looked up in its parts.
    """
    fates, sizes = tune.fates, tune.fates.bytes.astype(np.int64)
    stage = max((rule.phase for rule in tune.before if rule.kind not in ("gather", "fit")), default=0)
    cut = pc.and_(pc.equal(tune.table["outcome"], "cut"), pc.greater(tune.table["stage"], stage))
    if pc.any(cut).as_py() or any(rule.kind == "edit" and rule.phase == stage for rule in tune.before):
        for table in read_parts(tune.source.told.store, tune.final_parts, ["key", "text"]):
            sizes[fates.find(table["key"])] = pc.binary_length(table["text"]).to_numpy()
    edits = max((rule.phase for rule in tune.before if rule.kind == "edit"), default=-1)
    cuts = pc.max(tune.table["stage"].filter(pc.equal(tune.table["outcome"], "cut"))).as_py()
    changing = max(edits, -1 if cuts is None else cuts)
    return Sizes(sizes, fates.changed | (~fates.ran & (fates.left <= changing)))


def read_parts(store: Path, names: Sequence[str], columns: list[str]) -> Iterator[pa.Table]:
    """Some columns of parts, a row group at a time, as far as the parts are there."""
    for name in names:
        if (path := part_path(store, name)).exists():
            with pq.ParquetFile(readable(path)) as file:
                for number in range(file.num_row_groups):
                    yield file.read_row_group(number, columns)


def tokens_of(tune: Tuned, bytes: np.ndarray) -> Sizes:
    """The tokens of each document as the run packed it, else by the bytes a token of its source and language."""
    fates, counted = tune.fates, np.full(len(tune.fates), -1, np.int64)
    for table in tokenized(tune):
        counted[fates.find(table["key"])] = table["size"].to_numpy()
    known = counted >= 0
    rate = np.full(len(fates), 1 / BYTES_A_TOKEN)
    languages = len(fates.language.names)
    pair = fates.source.codes.astype(np.int64) * languages + fates.language.codes
    for group in (np.zeros(len(fates), np.int64), fates.language.codes, pair):  # the most special comes last
        size = np.bincount(group[known], bytes[known], minlength=group.max(initial=0) + 1)
        found = np.bincount(group[known], counted[known], minlength=len(size))
        rate = np.where(size[group] > 0, (found / np.maximum(size, 1))[group], rate)
    tokens = np.where(known, counted, np.rint(bytes * rate)).astype(np.int64)
    return Sizes(tokens, ~known | fates.changed)


def tokenized(tune: Tuned) -> Iterator[pa.Table]:
    """Whose tokens the run counted, a table a part; its packing wrote them down."""
    made = tune.source.manifest.get("outputs", {}).get("pretrain", {})
    if "tokenizer" in made:
        names = [digest("tokens", name, made["tokenizer"]["hash"]) for name in tune.final_parts]
        yield from read_parts(tune.source.told.store, names, ["key", "size"])


def because(tune: Tuned) -> Iterator[str]:
    """Why the answer is a range, a sentence a cause."""
    fates, labels = tune.fates, [rule.label for rule in tune.rules]
    unsure = np.flatnonzero(fates.fate == UNSURE)
    found = Counter(zip(fates.why[unsure].tolist(), fates.failed[unsure].tolist(), strict=True))
    for (why, failed), count in sorted(found.items()):
        cause = fates.causes[why]
        come = "would come back from" if failed >= 0 and tune.rules[failed].kind == "gather" else "would pass"
        who = f"{documents(count)} {come} {labels[failed]}" if failed >= 0 else documents(count)
        yield f"{who}{DOUBTS[cause.kind].format(label=cause.label)}"
    if unmade := int(np.count_nonzero(fates.unmade)):
        yield f"{documents(unmade)} would be made into others, nobody knows how many, which come on top of the figures"
    for one in fates.strangers:
        yield (
            f"{one.label} has not read up to {documents(one.count)} that would come to it: each is taken to change "
            "what becomes of at most one other"
        )
    yield from fates.notes


DOUBTS = {
    "unmeasured": "; {label} and later steps have not measured them",
    "edited": "; {label} would change them first, and nothing after it has seen what comes of that",
    "language": ": the ledger does not tell in which language {label} saw them, and its limits differ by it",
    "unread": ", and {label} has not read them",
    "regathered": ": what {label} decides about them depends on documents whose fate is open",
}


def documents(count: int) -> str:
    """So many documents, in words."""
    return f"{count:,} document{'' if count == 1 else 's'}"


def examples_of(tune: Tuned, side: str, most: int) -> Iterator[dict[str, Any]]:
    """Documents that a moved limit drops and the run kept, or the other way round: a few, chosen by their keys."""
    fates = tune.fates
    places = [at for at, (old, new) in enumerate(zip(tune.before, tune.rules, strict=True)) if old is not new]
    if side == "dropped":
        mask, by, rules = fates.ran & (fates.fate == GONE), fates.fails, tune.rules
    else:
        mask, by, rules = fates.fate > GONE, fates.failed, tune.before
    rows = np.flatnonzero(mask & np.isin(by, places))
    order = np.argsort(shares_of(fates.keys.take(pa.array(rows)), "tune"), kind="stable")
    chosen = rows[order[:most]]
    keys = fates.keys.take(pa.array(chosen))
    texts = beginnings(tune, keys, fates.left[chosen].tolist(), "kept" if side == "dropped" else "removed")
    who = tune.source.told.columns("key", "id", "source", "kind", "uri")
    about = {row["key"]: row for row in who.filter(pc.is_in(who["key"], value_set=keys)).to_pylist()}
    for row, key in zip(chosen.tolist(), keys.to_pylist(), strict=True):
        missed = missed_limit(tune, row, int(by[row]), rules)
        would = ("dropped", "unsure", "kept")[int(fates.fate[row])]
        yield about_doc(about[key]) | missed | {"would_be": would, "begins": texts.get(key, "")[:BEGINNING]}


def missed_limit(tune: Tuned, row: int, at: int, rules: Sequence[Rule]) -> dict[str, Any]:
    """Which value of a document is outside the limits of a rule, with the limits of before and after."""
    key = pa.scalar(tune.fates.keys[row].as_py(), KEY)
    mine = pc.and_(pc.equal(tune.table["key"], key), pc.equal(tune.table["stage"], rules[at].phase))
    told = tune.table.filter(mine).to_pylist()[0]
    language = told["language"] if told["language"] in rules[at].limits else ""
    pairs = rules[at].limits[language]
    outside = [
        column
        for column, pair in pairs.items()
        if told.get(column) is not None and beyond({column: pair}, {column: np.array([told[column]], np.float32)})[0]
    ]
    column = outside[0] if outside else next(iter(pairs))
    was, new = (
        {**rule.limits[""], **rule.limits.get(language, {})}[column] for rule in (tune.before[at], tune.rules[at])
    )
    return {"column": column, "value": told.get(column), "was": [*was], "limit": [*new]}


def beginnings(tune: Tuned, keys: pa.Array, left: Sequence[int], what: str) -> dict[bytes, str]:
    """How some texts begin, as far as they are there: in the run's last parts, or in what a phase removed."""
    phases = [tune.last] if what == "kept" else sorted(set(left))
    names = [name for number, names in tune.source.told.phases if number in phases for name in names]
    found: dict[bytes, str] = {}
    for name in names:
        if len(found) == len(keys):
            break
        if (path := part_path(tune.source.told.store, name, what)).exists():
            with pq.ParquetFile(readable(path)) as file:
                for number in range(file.num_row_groups):
                    inside = pc.is_in(file.read_row_group(number, ["key"])["key"], value_set=keys)
                    if pc.any(inside).as_py():
                        rows = file.read_row_group(number, ["key", "text"]).filter(inside).to_pylist()
                        found |= {row["key"]: row["text"] for row in rows}
    return found


def save(tune: Tuned, path: Path) -> str:
    """Write the run's recipe with the moved limits, and say so; raises `CurateError` where that cannot be done well."""
    noted = tune.source.noted
    written = Path(noted.get("folder", ""), noted.get("name", ""))
    if not noted.get("name") or not written.is_file():
        raise CurateError(f"the recipe of this run is no longer at {written}, so there is none to change")
    if path.exists():
        raise CurateError(f"{path} is there already; give another name")
    if path.absolute().parent.resolve() != written.parent.resolve():
        raise CurateError(f"a recipe's paths are relative to its folder: save it beside {written}")
    text, kept = new_text(tune, written.read_text("utf-8"))
    recipe = read_recipe(yaml.safe_load(text), folder=written.parent)
    limits = {rule.label: as_lists(rule.limits) for rule in rules_of(recipe, phases_of(recipe.steps))}
    if wrong := [rule.label for rule in tune.rules if limits.get(rule.label) != as_lists(rule.limits)]:
        raise CurateError(f"{written} with these limits would be another recipe: {', '.join(wrong)} would differ")
    with put(path) as out:
        out.write(text.encode())
    return f"wrote {path}{'' if kept else ', without the comments and the form of the recipe that it was made of'}"


def new_text(tune: Tuned, text: str) -> tuple[str, bool]:
    """The recipe's text with the moved limits, and whether its comments are in it; its steps are those of the run."""
    changes = [(move.label, move.language, move.options) for move in tune.moves]
    data, steps = yaml.safe_load(text), tune.source.noted["steps"]
    if json.loads(json.dumps(data.get("steps"), default=str)) == steps:
        return changed_text(text, changes)
    return dumped(changed_data({**data, "steps": steps}, changes)), False  # it was changed since, or --set said more


def as_lists(limits: Any) -> Any:
    """Limits as JSON has them."""
    return json.loads(json.dumps(limits))


def said(answer: Mapping[str, Any]) -> tuple[list[str], list[list[str]], list[str]]:
    """An answer for people: lines before its table, the table, lines after it."""
    first = list[str]()
    general = {one["column"]: (one["was"], one["would_be"]) for one in answer["moved"] if not one["language"]}
    for one in answer["moved"]:
        if one["language"] and general.get(one["column"]) == (one["was"], one["would_be"]):
            continue
        language = f" ({one['language']})" if one["language"] else ""
        first.append(f"{one['column']}{language}: {said_limits(one['was'], one['would_be'])}")
    first = first or ["no limit is another than in the run"]
    if not answer["finished"]:
        first.append("the run was not finished: this is about the steps that it had done")
    last = [*(f"* {sentence}" for sentence in answer["because"])]
    last = ["a range, because", *last] if last else []
    for side, title in (("dropped", "kept by the run, and now dropped"), ("kept", "dropped by the run, and now kept")):
        for one in answer["examples"][side]:
            last += ["", f"{title}{', perhaps' if one['would_be'] == 'unsure' else ''}: {named(one)}"]
            limits = said_limits(one["was"], one["limit"])
            value = "not measured" if one["value"] is None else f"{one['value']:.4g}"
            last += [f"  {one['column']} {value}: {limits}", *quoted(one["begins"])]
    return first, table(answer), last


def table(answer: Mapping[str, Any]) -> list[list[str]]:
    """What was kept and what would be, a row a source, the head first."""
    rows = [["source", "read", "kept", "would be", "share", "would be", "MB", "would be", "tokens", "would be"]]
    for one in [*answer["sources"], *([answer["all"]] if len(answer["sources"]) > 1 else [])]:
        row, every = [one["source"], f"{one['read']:,}"], max(one["read"], 1)
        shown = (("documents", "{:,.0f}", 1), ("documents", "{:.1%}", every), ("bytes", "{:,.2f}", 1e6))
        for name, form, whole in (*shown, ("tokens", "{:,.0f}", 1)):
            then, now = ("≈" if one[name][flag] else "" for flag in ("kept_is_estimated", "estimated"))
            row += [then + form.format(one[name]["kept"] / whole)]
            row += [now + said_range(one[name]["would_be"], form, whole)]
        rows.append(row)
    return rows


def said_range(numbers: Sequence[int | None], form: str, whole: float = 1) -> str:
    """One number, from one to another, or at least one."""
    low, high = (None if one is None else form.format(one / whole) for one in numbers)
    if high is None:
        return f"at least {low}"
    return f"{low}" if low == high else f"{low} to {high}"


def said_limits(was: Sequence[float | None], new: Sequence[float | None]) -> str:
    """Limits before and after a move."""
    return " → ".join(said_limit(*pair) for pair in (was, new))
