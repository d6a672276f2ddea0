"""One run: units become parts, parts go through stages and gathers, outputs are made, the manifest comes last."""

import json
import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from curate import forget, guard, ledger, originals, work
from curate.corpus import PARTITIONS, collected_name
from curate.engines.local import LocalEngine
from curate.errors import AlarmError, CurateError
from curate.files import is_remote, place, put, put_new, readable
from curate.fits import fit_name
from curate.hold import held
from curate.log import Level, event
from curate.outputs import Made, text_shards, untouched, whole_text
from curate.packing import packed
from curate.parts import Part, known_part
from curate.plan import (
    FORMAT,
    Phase,
    Unit,
    bound,
    code_of,
    digest,
    fitted_path,
    input_fingerprint,
    line_content,
    phases_of,
    resolved_line,
    stage_fingerprint,
    units_of,
)
from curate.progress import Progress, quiet
from curate.recipe import Recipe, read_recipe, store_of
from curate.rules import rules_of
from curate.status import watched
from curate.steps import Tally
from curate.store import Needs
from curate.tokens import load_tokenizer

T = TypeVar("T")
ALARM_SHARE, ALARM_DOCS = 0.05, 100
OWN = ("parts", "text", "pretrain", "sft")  # the folders that a run makes in its own
LIBRARIES = ("curate", "numpy", "pyarrow", "trafilatura", "pypdfium2", "presidio-analyzer", "tokenizers", "tiktoken")


class Run:
    """A finished run: its folder, manifest, outputs and ledger."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not (folder / "manifest.json").is_file():
            raise CurateError(f"{folder} holds no finished run: there is no manifest.json")
        self.manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
        self.seconds: dict[str, float] = {}  # of this very run, a step; what was there already took none
        self.bytes: dict[str, int] = {}

    @property
    def outputs(self) -> dict[str, list[Path]]:
        """`text`, `pretrain`, `sft` → their files."""
        return {name: [self.folder / path for path in made["files"]] for name, made in self.manifest["outputs"].items()}

    @property
    def ledger(self) -> pa.Table:
        """A row for every document and stage: outcome, step, reason, and every value that was measured."""
        return pq.read_table(readable(self.folder / "ledger.parquet"))

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r})"


def run(
    recipe: str | Path | Mapping[str, Any],
    out: str | Path | None = None,
    *,
    overrides: Sequence[str] = (),
    workers: int | None = None,
    limit: int | None = None,
    sample: float = 1.0,
    progress: Progress | None = None,
    log: str | Path | None = None,
    log_level: Level = "info",
) -> Run:
    """Run a recipe, a file or a mapping, and give what it made; what an earlier run left in `out` is not made again.

    `limit` takes at most so many documents of each source, `sample` that share of all of them; where that makes a
    source too small for its weight, the mix shrinks. A mapping's paths are relative to the working folder. What happens
    is told to the logger `curate`, and from `log_level` on to `log` (`log.jsonl` in the folder). Raises `RecipeError`
    before anything runs, `CurateError` when it cannot go on.
    """
    checked = read_recipe(recipe, overrides)
    if limit or sample < 1:
        blocks = (("pretrain", checked.pretrain), ("sft", checked.sft))
        shrink = [f"{name}.when_short=shrink" for name, block in blocks if block]
        checked = read_recipe(recipe, [*overrides, *shrink])
    folder = place(out or default_folder(checked)).absolute()
    with held(folder) as still_held:
        workers = workers or len(os.sched_getaffinity(0))
        with watched(folder, checked, workers, progress or quiet, place(log) if log else None, log_level) as watch:
            job = Job(checked, folder, workers, watch, still_held)
            return job.run(units_of(checked, limit, sample))


def default_folder(recipe: Recipe) -> Path:
    """`runs/` and the recipe's name, in the working folder."""
    return Path("runs", Path(recipe.name).stem)


class Job:
    """A run that is under way."""

    def __init__(
        self, recipe: Recipe, folder: Path, workers: int, progress: Progress, still_held: Callable[[], None]
    ) -> None:
        self.recipe, self.folder, self.workers, self.progress = recipe, folder, workers, progress
        self.still_held = still_held
        self.store = store_of(recipe, folder)
        self.needs = Needs(folder, self.store)
        self.phases = work.all_phases(recipe)
        self.main = len(phases_of(recipe.steps))  # so many phases are the recipe's steps, the others its SFT steps
        self.made: list[tuple[Phase, list[Part]]] = []  # the parts after each phase
        self.gathers: dict[str, Tally] = {}  # how long each took, over its three acts

    def run(self, units: Sequence[Unit]) -> Run:
        """The whole recipe, from units to manifest; at once where it was run before."""
        fingerprint = self.fingerprint(units)
        forget.obey(self.recipe, self.folder, units, self.progress.say)
        self.needs.point()
        if finished(self.folder, fingerprint):
            originals.delete_originals(self.recipe, self.folder)  # of a run that was killed at its very end
            self.progress.say(f"nothing to do: {self.folder} is finished")
            return Run(self.folder)
        (self.folder / "manifest.json").unlink(missing_ok=True)
        clear_unfinished(self.folder)
        originals.expect_originals(self.recipe, self.folder)
        originals.note_recipe(self.recipe, self.folder)
        self.needs.add(unit.fingerprint for unit in units)
        arguments = (self.recipe.data, self.recipe.folder, self.folder)
        with LocalEngine(self.workers, work.begin, arguments) as self.engine:
            try:
                outputs = self.outputs(self.main_phases(units))
                sources = self.engine.map(work.told_sources, [()])[0]
            except BaseException as error:
                if isinstance(error, CurateError):
                    self.put_ledger()  # what the sentence says to look at
                if originals.held_originals(self.folder):
                    self.progress.say(originals.said_held(self.recipe, self.folder))
                raise
        self.put_ledger()
        originals.delete_originals(self.recipe, self.folder)
        as_planned = [part.name for part in self.made[0][1]] == [unit.fingerprint for unit in units]
        fingerprint = fingerprint if as_planned else ""  # a file changed: the next run reads it
        self.put_manifest(units, sources, outputs, fingerprint)
        done = Run(self.folder)
        done.seconds = {label: tally.seconds for label, tally in self.tallies().items()}
        done.bytes = {label: tally.bytes for label, tally in self.tallies().items()}
        return done

    def put_ledger(self) -> None:
        """Write the ledger of the phases that are done."""
        phases, scrubbing = [(phase.number, parts) for phase, parts in self.made], originals.late_scrubbing(self.recipe)
        ledger.write(self.folder, self.store, phases, rules_of(self.recipe, self.phases), scrubbing)

    def fingerprint(self, units: Sequence[Unit]) -> str:
        """A name for everything that this run would make; a tokenizer that cannot be loaded is told here."""
        text, pretrain, sft = self.recipe.text, self.recipe.pretrain, self.recipe.sft
        blocks = [asdict(block) if block else None for block in (text, pretrain, sft)]
        phases = [[line_content(line) for line in phase.lines] for phase in self.phases]
        named = (pretrain.tokenizer, self.recipe.path(pretrain.tokenizer), pretrain.end_of_document) if pretrain else ()
        tokenizer = load_tokenizer(*named).hash if named else ""
        formats = [*([text.format] if text else ()), *(sft.formats if sft else ())]
        writers = [code_of(self.recipe.registry["writer"][name]) for name in formats]
        read = input_fingerprint(self.recipe, units)
        return digest("run", read, phases, blocks, tokenizer, writers, self.recipe.domain)

    def main_phases(self, units: Sequence[Unit]) -> list[Part]:
        """The parts after all of the recipe's steps."""
        if not units:
            raise AlarmError("nothing to read: the sources hold no files")
        parts = self.each(self.phases[0], work.read, [(unit,) for unit in units], [unit.bytes for unit in units])
        self.needs.add(part.name for part in parts)
        if not sum(part.docs for part in parts) and not self.phases[0].lines:
            raise AlarmError(f"nothing could be read; see `curate look {self.folder} --dropped-by read`")
        for phase in self.phases[1 : self.main]:
            parts = self.phase(phase, parts)
        if not sum(part.docs for part in parts):
            worst = max(self.tallies().items(), key=lambda one: one[1].dropped + one[1].errors)[0]
            raise AlarmError(
                f"no document is left; {worst} took most: see `curate look {self.folder} --dropped-by {worst}`"
            )
        return parts

    def phase(self, phase: Phase, parts: list[Part]) -> list[Part]:
        """The parts after a later stage, a gather or a fit."""
        phase = replace(phase, lines=bound(phase.lines, self.folder))
        if phase.kind == "gather":
            return self.gather(phase, parts)
        if phase.kind == "fit":
            return self.fit(phase, parts)
        did = stage_fingerprint(phase.lines)
        tasks = [(phase.number, part, digest("stage", phase.number, did, part.name)) for part in parts]
        self.needs.add(name for _, _, name in tasks)
        return self.each(phase, work.stage, tasks, [part.bytes for part in parts])

    def gather(self, phase: Phase, parts: Sequence[Part]) -> list[Part]:
        """The parts after a gather; the same ones at once where it has decided about them before."""
        line, sizes = phase.lines[0], [part.bytes for part in parts]
        name = digest("gather", phase.number, line_content(line), [part.name for part in parts])
        at = originals.parts_of_phase(self.recipe, self.folder, phase.number)
        note = at / "parts" / f"{name}.gather.json"
        self.needs.add([name, *(collected_name(line, part) for part in parts)])
        if note.exists():
            decided = [known_part(at, one) for one in json.loads(note.read_bytes())]
            if all(decided):
                after = [decided_about(phase.label, part) for part in decided if part]
                self.made.append((phase, after))
                self.needs.add(part.name for part in after)
                self.progress.found(phase.label, after)
                return after
        start = time.perf_counter()
        collected = self.map(f"{phase.label}: collect", work.collect, [(phase.number, part) for part in parts], sizes)
        own = self.folder if at == self.store else at
        settled = [own / "parts" / f"{name}-{place}.settled.parquet" for place in range(PARTITIONS)]
        places = [(phase.number, place, collected, path) for place, path in enumerate(settled)]
        self.map(f"{phase.label}: settle", work.settle, places, [1] * PARTITIONS)
        decisions = [(phase.number, number, len(parts), part, settled) for number, part in enumerate(parts)]
        after = self.each(phase, work.decide, decisions, sizes)
        self.needs.add(part.name for part in after)
        with put(note, private=True) as out:
            out.write(json.dumps([part.name for part in after]).encode())
        for path in settled:
            path.unlink()
        seconds = time.perf_counter() - start
        self.gathers[phase.label] = Tally(bytes=sum(part.bytes for part in parts), seconds=seconds)
        return after

    def fit(self, phase: Phase, parts: list[Part]) -> list[Part]:
        """The same parts, once what the fit learns from them lies where later steps look for it."""
        line = phase.lines[0]
        at = originals.parts_of_phase(self.recipe, self.folder, phase.number)
        learned = fitted_path(at, fit_name(line, parts))
        self.needs.add([fit_name(line, parts), line.label])
        if not learned.exists():
            self.map(line.label, work.fit, [(phase.number, parts, learned)], [1])
        with put(fitted_path(self.folder, line.label), private=True) as out:
            out.write(learned.read_bytes())
        return parts

    def each(
        self, phase: Phase, function: Callable[..., Part], tasks: Sequence[Any], sizes: Sequence[int]
    ) -> list[Part]:
        """A phase's parts, noted for the ledger; stops the run where a step errs too often."""
        parts = self.map(phase.label, function, tasks, sizes)
        self.made.append((phase, parts))
        for label, tally in tallied(parts).items():
            if label != "read" and tally.errors > ALARM_SHARE * tally.seen and tally.seen >= ALARM_DOCS:
                at = originals.parts_of_phase(self.recipe, self.folder, phase.number)
                why = ledger.commonest(at, parts, label)
                raise AlarmError(
                    f"{label} errs on {tally.errors:,} of {tally.seen:,} documents, more than {ALARM_SHARE:.0%}: "
                    f"see `curate look {self.folder} --dropped-by {label}`; most often it is: {why}"
                )
        return parts

    def map(self, label: str, function: Callable[..., T], tasks: Sequence[Any], sizes: Sequence[int]) -> list[T]:
        """The results of tasks, while progress is shown."""
        with self.progress.phase(label, sizes) as done:
            return self.engine.map(function, tasks, done, partial(self.died, label, function, Counter()))

    def died(
        self,
        label: str,
        function: Callable[..., Any],
        lost: Counter[int],  # how often a task's worker died while it was at no document
        task: tuple[Any, ...],
        death: guard.Death,
    ) -> None:
        """Have a task whose worker died tried again, without the document that was to blame; or raise `CurateError`."""
        suspects = work.suspects(self.recipe, self.folder, function, task)
        if suspects and (told := guard.remember(suspects, self.recipe.limits, death)):
            event("worker_died", logging.WARNING, phase=label, told=told)
            self.progress.say(told)
        else:
            lost[id(task)] += 1
            guard.refuse(label, death, lost[id(task)])

    def outputs(self, parts: list[Part]) -> dict[str, Made]:
        """Everything the recipe asks for."""
        made: dict[str, Made] = {}
        if self.recipe.text:
            made["text"] = self.text(parts)
        if self.recipe.pretrain:
            made["pretrain"] = self.pretrain([part for part in parts if part.source in self.recipe.pretrain.mix])
        if self.recipe.sft:
            examples = [
                part for part in parts if part.source in self.recipe.sft.mix or part.source in self.recipe.sft.made_from
            ]
            for phase in self.phases[self.main :]:
                examples = self.phase(phase, examples)
            made["sft"] = self.map("mix and write examples", work.write_sft, [(examples,)], [1])[0]
        remove_others(self.folder, made)
        return made

    def text(self, parts: Sequence[Part]) -> Made:
        """The cleaned documents, a task a shard."""
        tasks, sizes = [(part,) for part in parts], [part.bytes for part in parts]
        shards = text_shards(self.map("measure text", work.measure, tasks, sizes))
        writing = [(one,) for one in shards], [one.bytes for one in shards]
        return whole_text(self.map("write text", work.write_text, *writing))

    def pretrain(self, parts: Sequence[Part]) -> Made:
        """Token rows: parts become tokens, a plan mixes and orders their documents, then a task a shard."""
        tokenized = self.map("tokenize", work.tokenize, [(part,) for part in parts], [part.bytes for part in parts])
        self.needs.add(one.name for one in tokenized)
        plan = self.map("mix", work.plan, [(tokenized,)], [1])[0]
        self.needs.add([plan.name])
        numbers = [(plan, number) for number in range(len(plan.shards))]
        return packed(plan, self.map("pack", work.pack, numbers, [one.bytes for one in plan.shards]))

    def tallies(self) -> dict[str, Tally]:
        """What each step did, over all parts."""
        total = tallied(part for _, parts in self.made for part in parts)
        return {label: tally + self.gathers.get(label, Tally()) for label, tally in total.items()}

    def put_manifest(
        self, units: Sequence[Unit], sources: Mapping[str, Any], outputs: Mapping[str, Made], fingerprint: str
    ) -> None:
        """Write the manifest, whose existence means that the run is done."""
        manifest = {
            "format": FORMAT,
            "fingerprint": fingerprint,
            "versions": {name: metadata.version(name) for name in LIBRARIES},
            "recipe": resolved(self.recipe) | {"sources": sources},
            "sources": {name: self.about_source(name, units) for name in self.recipe.sources},
            "unreadable": ledger.unreadable(self.folder),
            **forget.told(self.folder),
            "steps": {label: told(tally) for label, tally in self.tallies().items()},
            "outputs": {name: {"files": made.files, **made.about} for name, made in outputs.items()},
        }
        self.still_held()
        content = json.dumps(manifest, indent=1, ensure_ascii=False, default=str).encode()
        if is_remote(self.folder):
            put_new(self.folder / "manifest.json", content)
            return
        with put(self.folder / "manifest.json") as out:
            out.write(content)

    def about_source(self, name: str, units: Sequence[Unit]) -> dict[str, Any]:
        """Files and bytes of a source, and what each step did to its documents."""
        mine = [unit for unit in units if unit.source == name]
        parts = [part for _, made in self.made for part in made if part.source == name]
        files = {file.uri for unit in mine for file in [*unit.files, *(file for file, _ in unit.unreadable)]}
        steps = {label: told(tally) for label, tally in tallied(parts).items()}
        return {"files": len(files), "bytes": sum(unit.bytes for unit in mine), "steps": steps}


def decided_about(label: str, part: Part) -> Part:
    """A part as a gather left it earlier; one that it did not change tells only of the stage before."""
    return replace(part, counts={label: (part.counts or {}).get(label, Tally(seen=part.docs))})


def tallied(parts: Iterable[Part]) -> dict[str, Tally]:
    """The tallies of parts, added up a step, in the order of steps."""
    total: dict[str, Tally] = {}
    for part in parts:
        for label, tally in (part.counts or {}).items():
            total[label] = total.get(label, Tally()) + tally
    return total


def told(tally: Tally) -> dict[str, int]:
    """A tally as the manifest tells it: counts that are not zero, never seconds."""
    return {name: value for name, value in asdict(tally).items() if value and name not in ("seconds", "bytes")}


def resolved(recipe: Recipe) -> dict[str, Any]:
    """The recipe as it was written, with every default that it left unsaid."""
    said = dict(recipe.data)
    for name, block in (
        ("text", recipe.text),
        ("pretrain", recipe.pretrain),
        ("sft", recipe.sft),
        ("limits", recipe.limits),
    ):
        if block:
            said[name] = {"from" if key == "made_from" else key: value for key, value in asdict(block).items()}
    said["steps"] = [resolved_line(recipe, line) for line in recipe.steps]
    if recipe.sft:
        said["sft"]["steps"] = [resolved_line(recipe, line) for line in recipe.sft_steps]
    return said


def finished(folder: Path, fingerprint: str) -> bool:
    """Whether the folder holds this very run, its outputs untouched."""
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
    except (FileNotFoundError, ValueError):
        return False
    if manifest.get("fingerprint") != fingerprint:
        return False
    files = {path: about for made in manifest["outputs"].values() for path, about in made["files"].items()}
    return untouched(folder, files)


def clear_unfinished(folder: Path) -> None:
    """Remove what a run that was killed left half done: files that never got their names."""
    for path in (one for name in OWN for one in (folder / name).rglob(".*.tmp")):
        path.unlink()


def remove_others(folder: Path, outputs: Mapping[str, Made]) -> None:
    """Remove output files that an earlier recipe made in the same folder; what curate did not make stays."""
    wanted = {path for made in outputs.values() for path in made.files}
    notes = (json.loads(note.read_bytes()) for note in (folder / "parts").glob("*.output.json"))
    for path in sorted({path for note in notes for path in note["files"]} - wanted):
        (folder / path).unlink(missing_ok=True)
        with suppress(OSError):  # a folder that still holds something stays
            (folder / path).parent.rmdir()
