"""Gathers asked again: from what they collected in a run, what they would decide about other documents."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curate.corpus import NOT_FIELDS, PARTITIONS, collected_name, concerned, make_gather
from curate.data import Batch, shares_of, stirred
from curate.errors import CurateError
from curate.files import readable
from curate.ledger import Told
from curate.originals import FOLDER as ORIGINALS
from curate.parts import Part, part_path, read_partition
from curate.plan import bound, phases_of
from curate.recipe import Recipe, read_recipe
from curate.replay.fates import AS_RUN, ASIDE, GONE, KEPT, OTHER, UNSURE, Fates, Strangers, Words
from curate.rules import Rule, rules_of
from curate.steps import Line


@dataclass(frozen=True)
class Source:
    """Where a run's steps, parts and collected rows are found again."""

    folder: Path
    told: Told

    @cached_property
    def places(self) -> list[Path]:
        """The folders whose `parts/` may hold what is looked for; originals of a finished run are gone."""
        return [self.told.store, self.folder / ORIGINALS]

    @cached_property
    def noted(self) -> Mapping[str, Any]:
        """What the run noted of its recipe."""
        path = self.folder / "parts" / "recipe.json"
        noted: dict[str, Any] = json.loads(path.read_bytes()) if path.exists() else {}
        return noted

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        """The manifest of a run that was finished, or nothing."""
        path = self.folder / "manifest.json"
        manifest: dict[str, Any] = json.loads(path.read_bytes()) if path.is_file() else {}
        return manifest

    @cached_property
    def main(self) -> int:
        """How many phases the recipe's steps are; later ones are steps of `sft:`."""
        last = max((rule.phase for rule in self.told.rules), default=0)
        return int(self.noted.get("phases", last + 1))

    @cached_property
    def recipe(self) -> Recipe | None:
        """The recipe's steps as they are read today, or none where that fails."""
        if "steps" not in self.noted:
            return None
        data = {name: self.noted["recipe"].get(name, {}) for name in ("plugins", "sources")}
        try:
            return read_recipe(data | {"steps": self.noted["steps"]}, folder=Path(self.noted["folder"]))
        except CurateError:
            return None

    @cached_property
    def lines(self) -> dict[str, Line]:
        """The steps that are today what they were in the run: same options, same code."""
        if self.recipe is None:
            return {}
        then = {rule.label: rule for rule in self.told.rules}
        lines = {line.label: line for line in bound(self.recipe.steps, self.folder)}
        now = rules_of(self.recipe, phases_of(self.recipe.steps))
        return {rule.label: lines[rule.label] for rule in now if as_noted(rule) == as_noted(then.get(rule.label))}

    def parts_before(self, phase: int) -> list[str]:
        """The names of the parts that a phase was given."""
        before = [names for number, names in self.told.phases if number < phase]
        return before[-1] if before else []

    def found(self, name: str, what: str) -> Path | None:
        """A file of a part, where it is still there."""
        return next((path for at in self.places if (path := part_path(at, name, what)).exists()), None)

    def collected(self, rule: Rule) -> list[Path] | None:
        """The files with what a gather collected of each part; none where one of them, or the step itself, is gone."""
        if rule.label not in self.lines:
            return None
        names = [collected_name(self.lines[rule.label], Part(name, "")) for name in self.parts_before(rule.phase)]
        paths = [path for name in names if (path := self.found(name, "collected"))]
        return paths if len(paths) == len(names) else None


def as_noted(rule: Rule | None) -> Any:
    """A rule as the ledger has it, without the limits, which are what is moved."""
    return rule and json.loads(json.dumps(asdict(rule) | {"limits": {}}, default=str))


def gather_again(fates: Fates, rule: Rule, at: int, rows: pa.Table, source: Source, spoiled: bool) -> None:
    """Take the fates through a gather, rule number `at`; `rows` are its rows of the ledger."""
    mine = looked_at(fates, rule)
    outcome = Words.of(rows["outcome"])
    dropped = np.zeros(len(fates), bool)
    dropped[fates.find(rows["key"])[outcome.among(["dropped"])]] = True
    there = mine & (fates.fate > GONE)
    same = not spoiled and (((fates.fate == KEPT) == fates.ran) & ((fates.text == AS_RUN) | ~there))[mine].all()
    if same and not (fates.fate == UNSURE)[mine].any():
        fates.drop(dropped & there, at)
    elif spoiled:
        fates.doubt(there, "unread", rule.label)
        fates.text[there], fates.changed[there] = OTHER, True
    elif (paths := source.collected(rule)) is None:
        by_keepers(fates, rule, at, rows, dropped, there)
    else:
        decide_again(fates, rule, at, source, paths, dropped, there)
    if unmade := int(fates.unmade[looked_at(fates, replace(rule, kinds=()))].sum()):
        fates.strangers.append(Strangers(rule.label, unmade, True, rule.phase))
    fates.ran[dropped] = False
    fates.failed[dropped] = at
    back = dropped & (fates.text == AS_RUN)
    fates.text[back], fates.left[dropped] = ASIDE, rule.phase


def looked_at(fates: Fates, rule: Rule) -> np.ndarray:
    """Which documents a gather is asked about: those of the sources and kinds that its line names."""
    mask = np.ones(len(fates), bool)
    for words, names in ((fates.source, rule.sources), (fates.kind, rule.kinds)):
        if names:
            mask &= words.among(names)
    return mask


def decide_again(
    fates: Fates, rule: Rule, at: int, source: Source, paths: Sequence[Path], dropped: np.ndarray, there: np.ndarray
) -> None:
    """What a gather decides about the documents that come to it now, from what it collected of them."""
    line = source.lines[rule.label]
    new, read = newcomers(fates, line, source, rule.phase, there & (fates.text == ASIDE))
    known = (fates.text == AS_RUN) | read
    stranger = there & ~known
    presences = [fates.ran, known & (fates.fate == KEPT), known & (fates.fate > GONE)]
    if not (fates.fate == UNSURE)[known].any():
        presences.pop()
    before, low, *high = decisions(fates, line, paths, new, presences)
    if "drop" in low.column_names:
        drops = [about(fates, table) for table in (low, *high)]
        fates.drop(there & (fates.fate == KEPT) & np.logical_and.reduce(drops), at)
        fates.doubt(there & np.logical_or.reduce(drops), "regathered", rule.label)
        fates.doubt(stranger, "unread", rule.label)
    else:
        other = np.logical_or.reduce([differing(fates, before, table) for table in (low, *high)])
        fields = bool(set(low.column_names) - {*NOT_FIELDS})
        other |= there & (fates.text == ASIDE) if fields else np.zeros(len(fates), bool)
        fates.text[other & there], fates.changed[other & there] = OTHER, True
        fates.text[stranger] = OTHER
    if stranger.any():
        fates.strangers.append(Strangers(rule.label, int(stranger.sum()), "drop" in low.column_names, rule.phase))


def newcomers(
    fates: Fates, line: Line, source: Source, phase: int, wanted: np.ndarray
) -> tuple[list[pa.Table], np.ndarray]:
    """What a gather collects of documents that the run had removed before it, as they were then; and of which."""
    tables, read = list[pa.Table](), np.zeros(len(fates), bool)
    gather = make_gather(line)
    before = source.parts_before(phase)
    for left in np.unique(fates.left[wanted]).tolist():
        removed = next(names for number, names in source.told.phases if number == left)
        for number, (name, after) in enumerate(zip(removed, before, strict=True)):
            for batch in removed_batches(source, name, after, fates, wanted & (fates.left == left)):
                read[fates.find(batch["key"])] = True
                seen = batch.keep(concerned(line, batch))
                table = gather.collect(seen).combine_chunks()
                tables.append(table.append_column("part", pa.repeat(pa.scalar(number, pa.int32()), len(table))))
    return tables, read


def removed_batches(source: Source, name: str, after: str, fates: Fates, wanted: np.ndarray) -> Iterator[Batch]:
    """Documents that a part lost, as far as they are wanted and have all columns of the part that the gather saw."""
    path, kept = source.found(name, "removed"), source.found(after, "kept")
    if path is None or kept is None or not wanted.any():
        return
    with pq.ParquetFile(readable(path)) as file:
        if not set(pq.read_schema(readable(kept)).names) <= set(file.schema_arrow.names):
            return
        for number in range(file.num_row_groups):
            whose = fates.find(file.read_row_group(number, ["key"])["key"])
            mask = wanted[whose] & (whose >= 0)
            if mask.any():
                table = file.read_row_group(number).filter(pa.array(mask)).replace_schema_metadata()
                yield from (Batch(batch) for batch in table.combine_chunks().to_batches())


def decisions(
    fates: Fates, line: Line, paths: Sequence[Path], new: Sequence[pa.Table], presences: Sequence[np.ndarray]
) -> list[pa.Table]:
    """What a gather decides when these documents are there, for each of some sets of them."""
    gather = make_gather(line)
    settled: list[list[pa.Table]] = [[] for _ in presences]
    for place in range(PARTITIONS):
        tables = []
        for number, path in enumerate(paths):
            rows = read_partition(path, place)
            tables.append(rows.append_column("part", pa.repeat(pa.scalar(number, pa.int32()), len(rows))))
        for rows in new:
            tables.append(rows.filter(pa.array(rows["partition"].to_numpy() % PARTITIONS == place)))
        every = pa.concat_tables(tables)
        whose = fates.find(every["key"])
        for presence, into in zip(presences, settled, strict=True):
            present = np.where(whose >= 0, presence[whose], False)
            into.append(gather.settle(every if present.all() else every.filter(pa.array(present))))
    return [decided(gather.decide, pa.concat_tables(tables)) for tables in settled]


def decided(decide: Any, settled: pa.Table) -> pa.Table:
    """The decisions about all parts, each decided by itself as in a run."""
    part = settled["part"].to_numpy()
    settled, part = settled.take(np.argsort(part, kind="stable")), np.sort(part)
    starts = np.flatnonzero(np.append(True, part[1:] != part[:-1])) if len(part) else np.array([0])
    ends = np.append(starts[1:], len(part))
    tables = [decide(settled.slice(start, end - start)) for start, end in zip(starts, ends, strict=True)]
    table = pa.concat_tables(tables, promote_options="default")
    return table.drop_columns([name for name in ("part", "partition") if name in table.column_names])


def about(fates: Fates, table: pa.Table) -> np.ndarray:
    """Which documents decisions are about."""
    mask = np.zeros(len(fates), bool)
    mask[fates.find(table["key"])] = True
    return mask


def differing(fates: Fates, before: pa.Table, after: pa.Table) -> np.ndarray:
    """Which documents have other decisions in one of two tables than in the other."""
    both = pa.concat_tables([before, after.select(before.column_names)], promote_options="permissive")
    told = np.zeros(len(both), np.uint64)
    for name in both.column_names:
        column = both[name] if not pa.types.is_nested(both[name].type) else pa.chunked_array([map(str, both[name])])
        codes = pc.fill_null(column.combine_chunks().dictionary_encode().indices, -1).to_numpy(False)
        told = stirred(told ^ stirred(codes.astype(np.int64).view(np.uint64)))
    _, which = np.unique(told, return_inverse=True)
    counts = np.bincount(which[: len(before)], minlength=which.max(initial=-1) + 1)
    counts = counts - np.bincount(which[len(before) :], minlength=len(counts))
    mask = np.zeros(len(fates), bool)
    mask[fates.find(both["key"])[counts[which] != 0]] = True
    return mask


def by_keepers(fates: Fates, rule: Rule, at: int, rows: pa.Table, dropped: np.ndarray, there: np.ndarray) -> None:
    """A gather whose collected rows are gone: what the ledger's pairs of document and keeper still say.

    A duplicate whose keeper is there goes as before; of those whose keeper is gone at least one comes back.
    """
    fates.notes.append(
        f"what {rule.label} had collected is gone, or its code another: only its pairs in the ledger can be asked"
    )
    strangers = there & (~fates.ran | (fates.text != AS_RUN))
    keeper = np.full(len(fates), -1)
    keeper[fates.find(rows["key"])] = fates.find(rows["keeper"]) if "keeper" in rows.column_names else -1
    again = there & dropped & ~strangers
    stays = again & (keeper >= 0) & (fates.fate[keeper] == KEPT) & (fates.text[keeper] == AS_RUN)
    fates.drop(stays, at)
    first = first_to_return(fates, keeper, again & ~stays)
    fates.doubt(again & ~stays & ~first, "regathered", rule.label)
    changed = there & about(fates, rows) & ~dropped
    fates.text[changed | strangers], fates.changed[changed | strangers] = OTHER, True
    drops = bool(dropped.any()) or not len(rows)
    if drops:
        fates.doubt(strangers, "unread", rule.label)
    if strangers.any():
        fates.strangers.append(Strangers(rule.label, int(strangers.sum()), drops, rule.phase))


def first_to_return(fates: Fates, keeper: np.ndarray, again: np.ndarray) -> np.ndarray:
    """One duplicate of each keeper that is surely gone, where all of them are sure and of one source."""
    first = np.zeros(len(fates), bool)
    groups: dict[int, list[int]] = {}
    for row in np.flatnonzero(again).tolist():
        groups.setdefault(int(keeper[row]), []).append(row)
    for kept, group in groups.items():
        sure = kept >= 0 and fates.fate[kept] == GONE and (fates.fate[group] == KEPT).all()
        if sure and len(set(fates.source.codes[group].tolist())) == 1:
            first[group[0]] = True
    return first


def fit_again(fates: Fates, rule: Rule, source: Source) -> bool:
    """Whether a fit would learn from other documents than in the run."""
    mine = looked_at(fates, rule)
    line = source.lines.get(rule.label)
    if line is None:
        return bool(((fates.fate == KEPT) != fates.ran)[mine].any() or (fates.fate == UNSURE)[mine].any())
    order = np.argsort(shares_of(fates.keys, "fit"), kind="stable")
    most = line.offered.about.sample
    then, now = (order[(mine & there)[order]][:most] for there in (fates.ran, fates.fate > GONE))
    known = (fates.fate[now] == KEPT) & (fates.text[now] == AS_RUN)
    return not np.array_equal(then, now) or not bool(known.all())
