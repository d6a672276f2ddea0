"""For plugin authors: `check` puts a plugin to what every plugin has to hold, on texts that break many.

A plugin under its decorator is still a plain function, so what it answers is tested by calling it; what holds of any
plugin is tested here: ``check(my_filter)``, or with documents and options of one's own, ``check(my_filter, "text",
min_chars=3)``. A reader is given the bytes of files, ``check(my_reader, b"...")``. Options are those of a recipe line.
"""

import io
import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import numpy as np
import pluggy
import pyarrow as pa

from curate import hookspecs
from curate.corpus import make_gather
from curate.data import Batch, Doc, key_of
from curate.errors import CurateError, RecipeError, Unreadable, Wrong
from curate.files import File
from curate.options import check_options, defaults_of, fits, needed_by, spoken, takes_of
from curate.plugins import Offered, Registry, import_file, listed, wrong_arguments
from curate.stages import STEPS, make_stage
from curate.steps import Line, Step, raised_where, tried
from curate.trial import gather_outcomes, gathered, line_of

Plugin = Any  # a function under one of the decorators
T = TypeVar("T")
ZH, EN = "离心泵启动前应先灌泵，排尽泵壳内的空气。", "Prime the pump before it is started, and vent the casing."
TEXTS: Mapping[str, str] = {
    "empty": "",
    "blank": " \t\n\n 　\n",
    "one character": "a",
    "one Chinese character": "泵",
    "English": f"{EN}\n\nThe bearings are greased once a month.\n",
    "Chinese": f"{ZH}\n\n轴承每月加注一次润滑脂。\n",
    "mixed": f"{ZH}{EN} 型号 LQ-C 80，流量 45 m³/h。",
    "no letters": "12.5 | 7\n-------\n— … ，。！\n",
    "emoji": "泵 👩‍🔧🏽 is running 🇨🇳 e\u0301\u200d\u200b\ufeff",
    "beyond 16 bits": "𠮷野家 𝒜𝓑 𐍈",
    "lone surrogates": "before \ud800 between \udfff after",
    "zero bytes": "a\0b\0\0泵",
    "control characters": "\x07\x1b[31mred\x1b[0m\x85\u2028line\u2029paragraph\r\n\rend",
    "one long line": "泵 pump " * 12_000,
    "one long word": "x" * 70_000,
    "many empty lines": "\n" * 3_000,
    "the same again": f"{EN}\n" * 200,
    "no newline at the end": "first\nlast",
    "right to left": "مضخة الطرد المركزي",
}
CODE = "def start(pump):\n    return pump.prime()  # 灌泵\n"
MESSAGES = [
    {"role": "system", "content": "Answer from the manual."},
    {"role": "user", "content": "What is vented? 排什么？"},
    {"role": "assistant", "content": "The casing. 泵壳。"},
]
BROKEN_FILES: Mapping[str, bytes] = {
    "an empty file": b"",
    "a blank file": b" \n\n ",
    "zero bytes": b"\0" * 100,
    "noise": bytes(range(256)) * 20,
    "UTF-8 cut short": "离心泵".encode()[:-1],
    "lone surrogates": b'{"text": "\\ud800 pump"}\n\xed\xa0\x80\n',
    "deep brackets": b"[" * 5_000,
    "one long line": b"pump " * 60_000,
}
ODD: tuple[Any, ...] = ("odd", 3.5, -1, True, None, [[]], {"odd": []})


def documents() -> list[Doc]:
    """Documents that break many plugins: empty, Chinese, mixed, emoji, zero bytes, ... The id says what each is.

    Half of a surrogate pair is U+FFFD in a `Doc`, as it is when a reader gave it.
    """
    docs = [Doc(text, name) for name, text in TEXTS.items()]
    return keyed([*docs, Doc(CODE, "code", kind="code"), Doc(id="example", messages=MESSAGES)])


def keyed(docs: Iterable[Doc | str]) -> list[Doc]:
    """Documents, or texts, each with a key and a place as a reader gives them."""
    made = [Doc(one, f"your document {at}") if isinstance(one, str) else one for at, one in enumerate(docs, 1)]
    for at, doc in enumerate(made):
        doc.key, doc.source, doc.uri = doc.key or key_of("test", doc.id, at), doc.source or "test", doc.uri or "a.txt"
    return made


def registry_of(*plugins: Plugin) -> Registry:
    """Decorated functions as the plugins that a recipe would find; raises `RecipeError` where their form is wrong."""
    manager = pluggy.PluginManager("curate")
    manager.add_hookspecs(hookspecs)
    problems: list[str] = []
    for plugin in plugins:
        kind = getattr(plugin, "curate_impl", {}).get("specname")
        if not kind:
            name = getattr(plugin, "__name__", plugin)
            raise RecipeError(f"{name} is no plugin: put one of curate's decorators above it, such as @curate.filter")
        problems += wrong_arguments(kind, plugin)
    if not problems:
        for plugin in plugins:
            manager.register(type(plugin.__name__, (), {plugin.__name__: staticmethod(plugin)}))
    registry = listed(manager, problems)
    if problems:
        raise RecipeError(*problems)
    return registry


def check(plugin: Plugin, /, *given: Doc | str | bytes, **options: Any) -> None:
    """Check what every plugin has to hold; raises `AssertionError` that says which of it, and on which document.

    It answers each of `documents()` and of those given, Docs or texts (for a reader: the bytes of files); it answers
    the same again, in another order and in another process; a document alone and in any batch gets one answer; nothing
    that it was given is altered; options say their types. An edit's cuts fit, children's spans lie in their parents, a
    reader's places are unique, a writer's file can be read.
    """
    registry = registry_of(plugin)
    (offered,) = (one for shelf in registry.values() for one in shelf.values())
    check_types(offered)
    files = [one for one in given if isinstance(one, bytes)]
    docs = [*documents(), *keyed(one for one in given if not isinstance(one, bytes))]
    if offered.kind == "reader":
        return check_reader(offered, files, options)
    if offered.kind == "writer":
        return check_writer(offered, docs, options)
    line = line_with(registry, offered.name, options)
    docs = [doc for doc in docs if of_kind(line, doc)]
    by_kind = {"gather": check_gather, "fit": check_fit}
    by_kind.get(offered.kind, check_step)(line, docs)
    there = in_another_process(offered, docs, options)
    for doc, answer, other in zip(docs, answers_of(line, docs), there, strict=offered.kind != "fit"):
        wanted = "the same answer in another process, where `hash` gives other numbers and sets have another order"
        on = None if offered.kind == "fit" else doc
        promise(answer == other, offered, wanted, on, f"{clipped(answer)}, and {clipped(other)} there")


def line_with(registry: Registry, name: str, options: Mapping[str, Any]) -> Line:
    """A recipe line with these options."""
    return line_of(registry, name, [f"{key}={json.dumps(listed_paths(value))}" for key, value in options.items()])


def of_kind(line: Line, doc: Doc) -> bool:
    """Whether a step looks at a document."""
    return not line.kinds or doc.kind in line.kinds


def explore(plugin: Plugin, /, examples: int = 100, **options: Any) -> None:
    """Check a step on texts that hypothesis makes up, mixed of letters, Chinese, marks and what else Unicode has."""
    try:
        from hypothesis import HealthCheck, given, settings
        from hypothesis import strategies as st
    except ImportError:
        raise CurateError("explore needs hypothesis, which is not installed: pip install hypothesis") from None
    registry = registry_of(plugin)
    ((name, offered),) = ((name, one) for shelf in registry.values() for name, one in shelf.items())
    if offered.kind not in STEPS:
        raise CurateError(f"{name} is a {offered.kind}; explore is for steps that take a document: use check")
    line = line_with(registry, name, options)
    words = st.sampled_from(
        ["泵", "离心泵。", "pump", " ", "\n", "\n\n", "-", "1.5", "# ", "|", "👩‍🔧", "\0", "“", "。”"]
    )
    texts = st.lists(st.one_of(words, st.text(max_size=8)), max_size=40).map("".join)

    @settings(
        max_examples=examples, database=None, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.lists(texts, min_size=1, max_size=5))
    def explored(found: list[str]) -> None:
        docs = keyed(Doc(text, f"made up {at}") for at, text in enumerate(found))
        check_step(line, [doc for doc in docs if of_kind(line, doc)])

    explored()


def promise(held: bool, offered: Offered, what: str, doc: Doc | None = None, got: str = "") -> None:
    """Raise `AssertionError` where a promise is not held: which, on which document, and what came out."""
    if held:
        return
    name = f" on {doc.id!r} ({short(doc.text)})" if doc else ""
    what, got = (got, "") if got.startswith("expected ") else (f"expected {what}", got)  # what `Wrong` says is enough
    raise AssertionError(f"{offered.name}{name}: {what}{f'; got {got}' if got else ''}. See {offered.place}")


def attempted(function: Callable[[T], Any], given: T) -> tuple[Any, str]:
    """The answer, or what went wrong in its own words, which a run does not tell: they may quote a document."""
    try:
        return function(given), ""
    except (Exception, SystemExit) as error:
        words = "" if isinstance(error, Wrong) or not str(error) else f": {error}"
        return None, f"{raised_where(error)}{words}"


def short(value: Any) -> str:
    """A value in a sentence."""
    return clipped(repr(comparable(value)))


def clipped(said: str) -> str:
    """The beginning of what is said, where that is much."""
    return said if len(said) <= 80 else f"{said[:60]}... of {len(said):,} characters"


def check_types(offered: Offered) -> None:
    """Every option has to say its type, so that a wrong value is answered before anything runs."""
    takes = takes_of(offered)
    for name, hint in takes.items():
        promise(hint is not Any, offered, f"the option {name!r} to say its type, as in `{name}: int | None = None`")
        default = defaults_of(offered).get(name)
        wanted = f"the default of {name!r} to be what its annotation says, {spoken(hint)}"
        promise(name in needed_by(offered) or fits(default, hint), offered, wanted, got=repr(default))
        for value in (odd for odd in ODD if not fits(odd, hint)):
            _, why = tried(lambda options: check_options(offered.name, offered, options), {name: value})
            promise(bool(why), offered, f"a sentence for {name}: {value!r}")


def check_step(line: Line, docs: Sequence[Doc]) -> None:
    """What a step that answers document by document has to hold."""
    offered, step = line.offered, fresh(line)
    alone: dict[bytes, Any] = {}
    for doc in docs:
        single = Batch.of([doc])
        answer, why = attempted(lambda one: asked(step, one)[0], single)
        promise(not why, offered, "an answer", doc, why)
        again = asked(step, Batch.of([doc]))[0]
        wanted = "the same answer twice, with nothing random and nothing remembered of other documents"
        promise(same(answer, again), offered, wanted, doc, f"{short(answer)}, then {short(again)}")
        if "doc" in step.impl.argnames:
            given, left = single.doc(0), single.doc(0).row()
            tried(step.ask_doc, given)
            altered = [name for name, value in given.row().items() if left.get(name) != value]
            wanted = "the document to be left as it is, and what is new to be returned"
            promise(not altered, offered, wanted, doc, f"another {' and '.join(altered)}")
        alone[doc.key] = answer
        check_children(offered, doc, answer)
    other = fresh(line)
    for rows in orders(len(docs)):
        batch = Batch.of(docs[row] for row in rows)
        held = batch.table.to_pylist()
        answers, why = attempted(lambda one: asked(other, one), batch)
        promise(not why, offered, f"an answer for a batch of {len(rows)}", got=why)
        for row, answer in zip(rows, answers, strict=True):
            wanted = "the same answer in a batch, or after other documents, as alone (only a gather may look at others)"
            came = f"{short(alone[docs[row].key])} alone, and {short(answer)}"
            promise(same(answer, alone[docs[row].key]), offered, wanted, docs[row], came)
        promise(batch.table.to_pylist() == held, offered, "the batch to be left as it is")
    if docs and "batch" in step.impl.argnames:  # a slice of a batch has offsets that do not begin at zero
        part = Batch(Batch.of(docs).table.slice(len(docs) // 2))
        answers = asked(other, part)
        for doc, answer in zip(docs[len(docs) // 2 :], answers, strict=True):
            wanted = "the same answer where the batch is a slice of another"
            came = f"{short(answer)} there, and {short(alone[doc.key])} alone"
            promise(same(answer, alone[doc.key]), offered, wanted, doc, came)


def fresh(line: Line) -> Step:
    """The step anew, with what its setup loads."""
    return make_stage([line])[0]


def asked(step: Step, batch: Batch) -> list[Any]:
    """The checked answer for each document; raises what the plugin raises."""
    if "doc" in step.impl.argnames:
        answers = [step.ask_doc(doc) for doc in batch]
    else:
        columns = step.ask_batch(batch)
        answers = [{name: columns[name][row] for name in step.names} for row in range(len(batch))]
    return [answer[step.label] if step.names == [step.label] else answer for answer in answers]


def orders(count: int) -> list[list[int]]:
    """Ways to put so many documents into batches: all, backwards, in halves, every third."""
    rows = list(range(count))
    found = [rows, rows[::-1], rows[: count // 2], rows[count // 2 :], rows[::3]]
    return [one for one in found if one]


def same(one: Any, other: Any) -> bool:
    """Whether two answers are the same; of children, their rows."""
    return bool(comparable(one) == comparable(other))


def comparable(answer: Any) -> Any:
    """An answer as plain values."""
    if isinstance(answer, Doc):
        return answer.row()
    if isinstance(answer, Mapping):
        return {name: comparable(value) for name, value in answer.items()}
    if isinstance(answer, list | tuple):
        return [comparable(one) for one in answer]
    return answer.item() if isinstance(answer, np.generic) else answer


def check_children(offered: Offered, doc: Doc, answer: Any) -> None:
    """The spans of an expand's children lie in their parent."""
    for child in answer if offered.kind == "expand" else ():
        start, end = child.span
        inside = f"spans inside the text's {len(doc.text):,} characters"
        promise(0 <= start <= end <= len(doc.text), offered, inside, doc, str(child.span))


def answers_of(line: Line, docs: Sequence[Doc]) -> list[str]:
    """The answers as texts, which another process can give back; of a gather what it collects, of a fit one."""
    if line.offered.kind == "fit":
        return [repr(learned_of(line, docs))]
    if line.offered.kind == "gather":
        return [repr(make_gather(line).collect(Batch.of([doc])).to_pylist()) for doc in docs]
    return [repr(comparable(answer)) for answer in asked(fresh(line), Batch.of(docs))]


def in_another_process(offered: Offered, docs: Sequence[Doc], options: Mapping[str, Any]) -> list[str]:
    """The answers of a new process, in which texts have other hashes and sets other orders."""
    import pickle

    function = offered.function
    rows = [{name: value for name, value in doc.row().items() if value is not None} for doc in docs]
    asked_for = (function.__module__, function.__code__.co_filename, offered.name, dict(options), rows)
    command = [sys.executable, "-W", "ignore", "-c", "from curate.testing import answer; answer()"]
    done = subprocess.run(
        command,
        input=pickle.dumps(asked_for),
        capture_output=True,
        env=os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    said = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    promise(not done.returncode, offered, "to be found by another process, as a function of a module", got=said)
    answers: list[str] = json.loads(done.stdout)
    return answers


def answer() -> None:
    """What `in_another_process` starts: the answers to what stands in stdin."""
    import importlib
    import pickle

    module, path, name, options, rows = pickle.load(sys.stdin.buffer)
    try:
        found = importlib.import_module(module) if "." in module else import_file(Path(path))
    except ImportError:  # a test's own module, under a name that pytest gave it
        found = import_file(Path(path))
    registry = registry_of(getattr(found, name))
    print(json.dumps(answers_of(line_with(registry, name, options), [Doc(**row) for row in rows])))


def listed_paths(value: Any) -> Any:
    """An option's value as YAML has it."""
    return str(value) if isinstance(value, Path) else list(value) if isinstance(value, tuple) else value


def check_gather(line: Line, docs: Sequence[Doc]) -> None:
    """What a gather has to hold: it decides the same whatever the parts and their order."""
    docs = [*docs, *keyed(Doc(doc.text, f"{doc.id} again", kind=doc.kind, messages=doc.messages) for doc in docs)]
    every = decided(line, [Batch.of(docs)])
    halves = [Batch.of(docs[: len(docs) // 2]), Batch.of(docs[len(docs) // 2 :])]
    ways = {"again": [Batch.of(docs)], "in two parts": halves, "in two parts, the second first": halves[::-1]}
    ways |= {"backwards": [Batch.of(docs[::-1])], "one document a part": [Batch.of([doc]) for doc in docs]}
    for way, parts in ways.items():
        other = decided(line, parts)
        for doc in docs:
            wanted, came = f"the same decision {way}", f"{short(other[doc.key])}, and {short(every[doc.key])} before"
            promise(other[doc.key] == every[doc.key], line.offered, wanted, doc, came)


def decided(line: Line, parts: Sequence[Batch]) -> dict[bytes, Any]:
    """What a gather decides about each document."""
    tables, why = attempted(lambda some: gathered(line, some), parts)
    promise(not why, line.offered, "decisions", got=why)
    for table in tables:
        missing = {"key"} - set(table.column_names)
        promise(not missing, line.offered, "rows with a column `key`", got=", ".join(table.column_names))
    pairs = zip(parts, tables, strict=True)
    return {
        one.doc.key: (one.verdict, one.reason, one.values, one.after) for p, t in pairs for one in gather_outcomes(p, t)
    }


def check_fit(line: Line, docs: Sequence[Doc]) -> None:
    """What a fit has to hold: bytes, the same again, of no documents too."""
    for sample in (docs, []):
        before = [doc.row() for doc in sample]
        learned, why = attempted(lambda given: learned_of(line, given), sample)
        promise(not why, line.offered, f"bytes for {len(sample)} documents", got=why)
        promise(isinstance(learned, bytes), line.offered, "bytes", got=type(learned).__name__)
        promise(learned_of(line, sample) == learned, line.offered, "the same bytes twice, with nothing random")
        promise([doc.row() for doc in sample] == before, line.offered, "the documents to be left as they are")


def learned_of(line: Line, docs: Sequence[Doc]) -> Any:
    """What a fit gives for documents, which it gets in the order of their keys."""
    options, _ = check_options(line.label, line.offered, line.options)
    return line.offered.function(docs=sorted(docs, key=lambda doc: doc.key), **options)


def check_reader(offered: Offered, files: Sequence[bytes], options: Mapping[str, Any]) -> None:
    """What a reader has to hold: unique, stable places; of a broken file `Unreadable` and nothing else is raised."""
    check_options(offered.name, offered, options)
    with TemporaryDirectory() as folder:
        for name, content in {**BROKEN_FILES, **{f"your file {at}": one for at, one in enumerate(files, 1)}}.items():
            path = Path(folder, "file")
            path.write_bytes(content)
            file, ours, name = File(path, "file", offered.about.types[0]), name in BROKEN_FILES, f"the file {name!r}"
            items = read_all(offered, options, file, name)
            promise(same(items, read_all(offered, options, file, name)), offered, f"the same of {name} twice")
            promise(ours or any(isinstance(one, tuple) for one in items), offered, f"a document of {name}")
            places = [place for place, _ in (one for one in items if isinstance(one, tuple))]
            promise(len(set(places)) == len(places), offered, f"a place of its own for each document of {name}")
            if offered.about.splits:
                check_splits(offered, options, file, name, items)


def read_all(offered: Offered, options: Mapping[str, Any], file: File, name: str) -> list[Any]:
    """What a reader gives: (place, row) of each document, and the sentence of what cannot be read."""
    items: list[Any] = []
    try:
        for number, item in enumerate(offered.function(file=file, **options)):
            promise(isinstance(item, Doc | Unreadable), offered, f"Docs of {name}", got=type(item).__name__)
            place = number if item.place is None else item.place
            items.append((place, item.row()) if isinstance(item, Doc) else str(item))
    except AssertionError:
        raise
    except Unreadable as error:
        items.append(str(error))
    except (EOFError, OSError, zlib.error):
        items.append("damaged")
    except Exception as error:
        promise(False, offered, f"Unreadable for {name}, if it cannot be read", got=f"{raised_where(error)}: {error}")
    return items


def check_splits(offered: Offered, options: Mapping[str, Any], file: File, name: str, whole: Sequence[Any]) -> None:
    """A reader that `splits` gives of a file in stretches what it gives of all of it."""
    size = file.path.stat().st_size
    for pieces in (2, 3, 7):
        ends = sorted({size * n // pieces for n in range(pieces + 1)})
        stretches = [File(file.path, file.uri, file.type, start, end) for start, end in pairwise(ends)]
        items = [one for stretch in stretches for one in read_all(offered, options, stretch, name)]
        docs, told = ([one for one in some if isinstance(one, tuple)] for some in (whole, items))
        promise(same(docs, told), offered, f"the same documents of {name} in {pieces} stretches as at once")


def check_writer(offered: Offered, docs: Sequence[Doc], options: Mapping[str, Any]) -> None:
    """What a writer has to hold: every document read, a file that can be read, the same bytes whatever the batches."""
    check_options(offered.name, offered, options)
    examples = [doc for doc in docs if doc.messages]
    for what, some in (("documents", [doc for doc in docs if not doc.messages]), ("examples", examples)):
        try:
            content = written(offered, options, [some])
        except CurateError:  # one form is for examples, another for documents; it says so
            promise(what == "documents", offered, "to write examples, where it does not write documents")
            continue
        for way in ([some], [some[:1], some[1:]], [[doc] for doc in some]):
            wanted = f"the same bytes of {what} again, in any batches"
            promise(written(offered, options, way) == content, offered, wanted)
        check_readable(offered, content)
    check_readable(offered, written(offered, options, []))


def written(offered: Offered, options: Mapping[str, Any], groups: Sequence[Sequence[Doc]]) -> bytes:
    """What a writer writes of documents that come in these batches."""
    out, left = io.BytesIO(), iter([Batch.of(group) for group in groups])
    by_doc = "docs" in offered.impl.argnames
    given = {"docs": (doc for batch in left for doc in batch)} if by_doc else {"batches": left}
    try:
        answer = offered.function(**given, out=out, **options)
    except CurateError:
        raise
    except Exception as error:
        promise(False, offered, "no error", got=f"{raised_where(error)}: {error}")
    promise(answer is None or isinstance(answer, int), offered, "nothing, or how many it left out", got=repr(answer))
    promise(not out.closed, offered, "`out` to be left open; curate closes it when it is whole")
    promise(not list(left), offered, "every document to be read")
    return out.getvalue()


def check_readable(offered: Offered, content: bytes) -> None:
    """A file that says by its ending what it is can be read as that."""
    suffix = offered.about.suffix
    try:
        if suffix.endswith(".zst"):
            content = pa.CompressedInputStream(pa.BufferReader(content), "zstd").read() if content else b""
        if ".jsonl" in suffix:
            _ = [json.loads(line) for line in content.splitlines()]
        elif suffix == ".json":
            json.loads(content)
        elif suffix == ".parquet":
            import pyarrow.parquet as pq

            pq.read_table(pa.BufferReader(content))
        elif suffix in (".txt", ".md"):
            content.decode()
    except (ValueError, pa.ArrowException) as error:
        promise(False, offered, f"a file that can be read as {suffix}", got=str(error))
