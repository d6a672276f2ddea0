"""The command line: each command parses, calls one function, prints."""

import signal
import sys
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, get_args

import click

from curate.errors import AlarmError, CurateError, RecipeError
from curate.log import Level

if TYPE_CHECKING:
    from curate.plugins import Offered


class Folder(click.ParamType[Path]):
    """A folder of this machine, or with a protocol (``s3://``) of another storage."""

    name = "path"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Path:
        """The path; what is needed for other storages is loaded only for them."""
        if "://" not in str(value):
            return Path(value)
        from curate.files import place

        return place(value)


class Group(click.Group):
    """A command group that says a `CurateError` as its sentence, and Ctrl-C with how to go on."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command; the only place where errors become exit codes."""
        try:
            return super().invoke(context)
        except BrokenPipeError:  # `curate plugins | head` has read enough
            sys.exit(1)
        except OSError as error:
            sentence = f"{error.strerror or error}: {error.filename or 'a file'}"
            fail(context, "file", sentence, 1)
        except CurateError as error:
            kind = "alarm" if isinstance(error, AlarmError) else "recipe" if isinstance(error, RecipeError) else "error"
            fail(context, kind, str(error), error.exit_code, getattr(error, "problems", ()))
        except Exception as error:
            if type(error).__module__.partition(".")[0] not in ("botocore", "aiohttp"):
                raise
            fail(context, "file", f"the storage cannot be reached, or refuses: {error}", 1)
        except KeyboardInterrupt:
            fail(context, "stopped", "stopped; the same command goes on from here", 130)


def fail(context: click.Context, kind: str, message: str, exit_code: int, problems: Sequence[str] = ()) -> NoReturn:
    """End with a sentence on stderr and an exit code; with ``--json`` on the way the same is a document on stdout."""
    click.echo(message if kind == "stopped" or "\n" in message else f"curate: {message}", err=True)
    if context.meta.get("json"):
        problems = list(problems) or [message]
        print_json({"error": {"kind": kind, "message": message, "exit_code": exit_code, "problems": problems}})
    sys.exit(exit_code)


@click.group(cls=Group)
@click.version_option(package_name="curate")
def main() -> None:
    """Turn raw documents, Chinese and English, into pretraining shards and SFT sets."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what schedulers send is to stop as Ctrl-C does


override = click.option(
    "--set", "overrides", multiple=True, metavar="KEY.PATH=VALUE", help="Change one value of the recipe."
)
limit = click.option("--limit", type=click.IntRange(1), help="Take at most so many documents of each source.")
sample = click.option(
    "--sample", default="100%", show_default=True, help="Take this share of the documents, as 1% or 0.01."
)


def remember_json(context: click.Context, _: click.Parameter, value: bool) -> bool:
    """Note that JSON is asked for where an error looks for it, too."""
    context.meta["json"] = value
    return value


json_option = click.option(
    "--json", "as_json", is_flag=True, is_eager=True, callback=remember_json, help="Say it as one JSON document."
)
recipe = click.argument("recipe", type=click.Path(path_type=Path))
run_folder = click.argument("folder", metavar="RUN", type=Folder())


@main.command()
@recipe
@click.option("--out", type=Folder(), help="The run's folder.  [default: runs/RECIPE]")
@click.option("--workers", type=click.IntRange(1), help="Worker processes.  [default: one a processor]")
@limit
@sample
@override
@click.option("--log", type=click.Path(path_type=Path), help="Append the log to this file.  [default: RUN/log.jsonl]")
@click.option(
    "--log-level", type=click.Choice(get_args(Level)), default="info", show_default=True, help="What it is to hold."
)
@json_option
def run(
    recipe: Path,
    out: Path | None,
    workers: int | None,
    limit: int | None,
    sample: str,
    overrides: Sequence[str],
    log: Path | None,
    log_level: Level,
    as_json: bool,
) -> None:
    """Run RECIPE: read, curate, and write what it asks for. What an earlier run left is not made again."""
    from curate.progress import shown
    from curate.run import run as run_recipe
    from curate.summary import facts, summary, unread

    done = run_recipe(
        recipe,
        out,
        overrides=overrides,
        workers=workers,
        limit=limit,
        sample=as_share(sample),
        progress=shown(),
        log=log,
        log_level=log_level,
    )
    said = facts(done)
    if as_json:
        print_json(said)
        return
    click.echo(unread(said))
    print_table(summary(said))
    for name, about in said["outputs"].items():
        click.echo(
            f"{name}: {about['rows']:,} rows in {len(about['files'])} files under {shortened(done.folder / name)}"
        )
    click.echo(f"manifest: {shortened(done.folder / 'manifest.json')}; ask `curate why {shortened(done.folder)} DOC`")


@main.command()
@recipe
@limit
@sample
@override
@json_option
def plan(recipe: Path, limit: int | None, sample: str, overrides: Sequence[str], as_json: bool) -> None:
    """Show what RECIPE comes to: stages, units, and, from 200 sampled documents, time and yield of each step."""
    from curate.forecast import forecast, lines, table

    said = forecast(recipe, overrides, limit, as_share(sample))
    if as_json:
        print_json(said)
        return
    for line in lines(said):
        click.echo(line)
    print_table(table(said))


@main.command()
@click.argument("name", required=False)
@click.option("--plugin", "files", multiple=True, type=click.Path(path_type=Path), help="A plugin file to load.")
@json_option
def plugins(name: str | None, files: Sequence[Path], as_json: bool) -> None:
    """List the plugins: name, kind, options with defaults, what each does. With NAME, only that one."""
    from curate.options import defaults_of
    from curate.plugins import find, load_plugins

    registry = load_plugins(files)
    homes = [home for home in registry if not name or name in registry[home]] or ["step"]
    found = [one for home in homes for one in ([find(registry, home, name)] if name else registry[home].values())]
    if as_json:
        print_json({"plugins": [about_plugin(offered) for offered in found]})
        return
    if name:
        for line in [line for offered in found for line in described(offered)]:
            click.echo(line)
        return
    for offered in found:
        options = ", ".join(f"{name}: {as_yaml(value)}" for name, value in defaults_of(offered).items())
        click.echo(f"{offered.name:13} {offered.kind:7} {offered.summary}")
        click.echo(f"{'':21} {{{options}}}  {offered.place}")


@main.command()
@run_folder
@click.argument("doc")
@json_option
def why(folder: Path, doc: str, as_json: bool) -> None:
    """Tell what happened to DOC (key, id, path or a piece of its text) in RUN, and why."""
    from curate.story import said_why, why

    answer = why(folder, doc)
    if as_json:
        print_json(answer)
        return
    for line in said_why(answer):
        click.echo(line)


@main.command()
@run_folder
@click.option(
    "--dropped-by", "step", required=True, help="The step whose work to look at; `read` for unreadable files."
)
@click.option("-n", "most", type=click.IntRange(1), default=5, show_default=True, help="How many examples.")
@json_option
def look(folder: Path, step: str, most: int, as_json: bool) -> None:
    """Show examples of what a step of RUN dropped, and why."""
    from curate.ledger import look, said_look

    looked = look(folder, step, most)
    if as_json:
        print_json(looked)
        return
    for line in said_look(looked):
        click.echo(line)


@main.command()
@run_folder
@click.argument("step", required=False)
@json_option
def limits(folder: Path, step: str | None, as_json: bool) -> None:
    """Show how the values of RUN, of a STEP or of a STEP.VALUE, lie about their limits: bars by source and language."""
    from curate.histograms import limits, said_limits

    answer = limits(folder, step)
    if as_json:
        print_json(answer)
        return
    for line in said_limits(answer):
        click.echo(line)


@main.command()
@click.argument("first", metavar="RUN1", type=Folder())
@click.argument("second", metavar="RUN2", type=Folder())
@click.option("-n", "most", type=click.IntRange(0), default=3, show_default=True, help="How many examples of a cause.")
@json_option
def diff(first: Path, second: Path, most: int, as_json: bool) -> None:
    """Tell which documents RUN1 kept and RUN2 did not, or the reverse, and what differs that made it so."""
    from curate.comparison.runs import diff, said_diff

    answer = diff(first, second, most)
    if as_json:
        print_json(answer)
        return
    for line in said_diff(answer):
        click.echo(line)


@main.command()
@click.argument("folders", metavar="RUN...", type=Folder(), nargs=-1, required=True)
@json_option
def compare(folders: Sequence[Path], as_json: bool) -> None:
    """Show runs beside each other: what each read, kept, dropped and made, and the options that differ."""
    from curate.comparison.runs import compare, said_compare

    answer = compare(folders)
    if as_json:
        print_json(answer)
        return
    for line in said_compare(answer, columns()):
        click.echo(line)


@main.command()
@run_folder
@click.argument("limits", metavar="STEP.VALUE=LIMIT...", nargs=-1, required=True)
@click.option("-n", "most", type=click.IntRange(0), default=3, show_default=True, help="How many examples of a side.")
@click.option("--save", "target", type=click.Path(path_type=Path), help="Write the changed recipe to this file.")
@json_option
def tune(folder: Path, limits: Sequence[str], most: int, target: Path | None, as_json: bool) -> None:
    """Tell what RUN would have kept with other limits: documents, bytes, tokens by source. Nothing is run again.

    A LIMIT is a number, [low,high], or null for none; step.zh.value=LIMIT is for one language.
    """
    from curate.replay.tune import answer, said, save, tuned

    replay = tuned(folder, limits)
    told = answer(replay, most)
    saved = save(replay, target) if target else ""
    if as_json:
        print_json(told | {"saved": target})
        return
    before, rows, after = said(told)
    for line in before:
        click.echo(line)
    print_table(rows)
    for line in [*after, *([saved] if saved else [])]:
        click.echo(line)


@main.command()
@recipe
@click.option(
    "--grid",
    "grid",
    multiple=True,
    required=True,
    metavar="KEY.PATH=A,B,C",
    help="Try each of these values; repeat it.",
)
@click.option("--out", type=Folder(), help="The folder of the runs.  [default: runs/RECIPE-sweep]")
@click.option("--workers", type=click.IntRange(1), help="Worker processes.  [default: one a processor]")
@limit
@sample
@override
@click.option("--yes", is_flag=True, help="Make more than 64 runs.")
@json_option
@click.pass_context
def sweep(
    context: click.Context,
    recipe: Path,
    grid: Sequence[str],
    out: Path | None,
    workers: int | None,
    limit: int | None,
    sample: str,
    overrides: Sequence[str],
    yes: bool,
    as_json: bool,
) -> None:
    """Run RECIPE with every combination of some values, parts shared, and show the runs beside each other."""
    from curate.progress import shown
    from curate.sweep import said_sweep, sweep

    answer = sweep(
        recipe,
        grid,
        out,
        overrides=overrides,
        workers=workers,
        limit=limit,
        sample=as_share(sample),
        many=yes,
        progress=shown(),
    )
    if as_json:
        print_json(answer)
    else:
        for line in said_sweep(answer, columns()):
            click.echo(line)
    states = {one["state"] for one in answer["runs"]} | {"failed" for _ in answer["not_begun"]}
    context.exit(AlarmError.exit_code if "alarm" in states else 0 if states == {"finished"} else 1)


@main.command()
@run_folder
@click.argument("docs", metavar="DOC...", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask first.")
def forget(folder: Path, docs: Sequence[str], yes: bool) -> None:
    """Forget each DOC (key, id, path or a piece of its text) of RUN: out of its parts, ledger and outputs, for good."""
    from curate.forget import forget

    def agreed(lines: Sequence[str]) -> bool:
        for line in lines:
            click.echo(line)
        return yes or click.confirm("go on?")

    for line in forget(folder, docs, agreed):
        click.echo(line)


@main.command()
@click.argument("name")
@click.option("--like", metavar="GOOD", required=True, help="Texts to be like: a file, a folder or a glob.")
@click.option(
    "--unlike", metavar="BACKGROUND", help="Texts that are not meant, best a sample of the corpus itself.  [required]"
)
@click.option("--out", type=Folder(), help="The model's file.  [default: NAME.model]")
@json_option
def fit(name: str, like: str, unlike: str | None, out: Path | None, as_json: bool) -> None:
    """Fit a model called NAME that tells texts like GOOD from others, for the steps `likeness` and `resample`."""
    from curate import likeness

    if not unlike:
        raise CurateError("fit needs --unlike BACKGROUND: texts that are not meant, best a sample of the corpus itself")
    told = likeness.fit(like, unlike, out or Path(f"{name}.model"))
    if as_json:
        print_json(told)
        return
    for line in likeness.lines(told, like, unlike):
        click.echo(line)


@main.command()
@click.argument("name")
@click.option("--package", is_flag=True, help="Write a package that pip installs, with an entry point.")
def new(name: str, package: bool) -> None:
    """Write a plugin called NAME to start from, and its test."""
    from curate.scaffold import new_plugin

    first, *others = new_plugin(name, Path.cwd(), package)
    for path in (first, *others):
        click.echo(f"wrote {path}")
    install = f"pip install -e {first.parent} && " if package else ""
    load = "" if package else f" --plugin {first}"
    click.echo(f"next: {install}pytest {others[-1]}\n      curate try {name}{load} --text 'Pump 7'")


@main.command("try")
@click.argument("step")
@click.option("--text", "texts", multiple=True, help="Try it on this text.")
@click.option("--file", type=click.Path(path_type=Path), help="Try it on the documents of this file.")
@click.option("--run", "folder", type=Folder(), help="Try it on documents of this run's folder.")
@click.option("--sample", type=click.IntRange(1), default=500, show_default=True, help="How many documents of the run.")
@click.option("--plugin", "plugins", multiple=True, type=click.Path(path_type=Path), help="A plugin file to load.")
@click.option("--set", "settings", multiple=True, metavar="OPTION=VALUE", help="Set one of its options.")
@click.option("-n", "most", type=click.IntRange(1), default=3, show_default=True, help="How many examples of a kind.")
@click.option(
    "--json", "as_json", is_flag=True, is_eager=True, callback=remember_json, help="Say it as JSON, a line a document."
)
def try_plugin(
    step: str,
    texts: Sequence[str],
    file: Path | None,
    folder: Path | None,
    sample: int,
    plugins: Sequence[Path],
    settings: Sequence[str],
    most: int,
    as_json: bool,
) -> None:
    """Try STEP (or a reader) on a text, a file, or a run's documents: what it keeps, drops, changes, and how fast."""
    import json
    import shutil

    from curate import trial
    from curate.plugins import load_plugins

    if (bool(texts), bool(file), bool(folder)).count(True) != 1:
        raise CurateError(f"what should {step} be tried on? Say one of --text TEXT, --file FILE and --run RUN")
    made = trial.try_on(load_plugins(plugins), step, settings, texts, file, folder, sample, plugins)
    if as_json:
        for record in trial.records(made):
            click.echo(json.dumps(record, ensure_ascii=False))
    else:
        for line in trial.shown(made, most, min(max(shutil.get_terminal_size().columns, 60), 160)):
            click.echo(line)


@main.command()
@click.option("--plugin", "plugins", multiple=True, type=click.Path(path_type=Path), help="A plugin file to include.")
@click.option("--out", type=click.Path(path_type=Path), help="Write it to this file.  [default: print it]")
def schema(plugins: Sequence[Path], out: Path | None) -> None:
    """Give the JSON Schema of recipes, with every plugin's options, for editors."""
    import json

    from curate.files import put
    from curate.plugins import load_plugins
    from curate.schema import recipe_schema

    text = json.dumps(recipe_schema(load_plugins(plugins)), indent=1, ensure_ascii=False)
    if out is None:
        click.echo(text)
        return
    with put(out) as stream:
        stream.write(text.encode() + b"\n")
    click.echo(f"wrote {shortened(out)}; begin a recipe with: # yaml-language-server: $schema={out}")


@main.command()
@click.argument("folder", metavar="FOLDER", type=Folder())
@click.option("--yes", is_flag=True, help="Remove it; without this it is only shown.")
@json_option
def gc(folder: Path, yes: bool, as_json: bool) -> None:
    """Show what no run needs of FOLDER, a run's or a store that runs share, and remove it with --yes."""
    from curate.store import sweep, unneeded

    found = sweep(folder) if yes else unneeded(folder)
    if as_json:
        runs = {"runs": [str(run) for run in found.runs], "gone": [str(run) for run in found.gone]}
        about = {"files": len(found.files), "bytes": found.bytes, "kinds": dict(found.kinds)}
        print_json({"folder": str(folder), **runs, "kept": found.kept, "unneeded": about, "removed": yes})
        return
    for run in found.gone:
        click.echo(f"a run that was in {run} is gone; what only it needed is not needed")
    needed = f"{found.kept:,} files are needed, by {len(found.runs):,} run{'s' if len(found.runs) != 1 else ''}"
    if not found.files:
        click.echo(f"{needed}; there is nothing else to remove")
        return
    said = ", ".join(f"{count:,} {kind}" for kind, count in sorted(found.kinds.items()))
    click.echo(f"{needed}; no run needs {said}, {found.bytes / 1e6:,.1f} MB")
    click.echo("removed" if yes else "nothing was removed; say --yes to remove it")


@main.group()
def pii() -> None:
    """Ask what a run does about personal data, and make the key that pseudonyms hang on."""


@pii.command()
@run_folder
@click.option("--docs", "each", type=click.IntRange(1), default=20, show_default=True, help="Documents of each source.")
@click.option("--seed", type=int, default=0, show_default=True, help="Which values are planted, and where.")
@json_option
def audit(folder: Path, each: int, seed: int, as_json: bool) -> None:
    """Plant made-up personal data in copies of RUN's documents, and show how much of it the run's steps find."""
    from curate.audit.recall import audit, said_audit

    facts = audit(folder, each, seed)
    if as_json:
        print_json(facts)
        return
    before, types, sources, after = said_audit(facts)
    for line in before:
        click.echo(line)
    for table in (types, sources):
        click.echo()
        print_table(table)
    for line in after:
        click.echo(line)


@pii.command()
@run_folder
@click.option("-n", "most", type=click.IntRange(0), default=5, show_default=True, help="How many examples of a type.")
@json_option
def report(folder: Path, most: int, as_json: bool) -> None:
    """Show how identifying RUN's documents were, by source and type, with examples that show no value."""
    from curate.audit.report import report, said_report

    facts = report(folder, most)
    if as_json:
        print_json(facts)
        return
    before, sources, types, after = said_report(facts)
    for line in before:
        click.echo(line)
    for table in (sources, types):
        click.echo()
        print_table(table)
    for line in after:
        click.echo(line)


@pii.command()
@click.argument("file", type=click.Path(path_type=Path))
def key(file: Path) -> None:
    """Write a new key to FILE, for its owner alone: what pseudonyms, hashes and shifted dates hang on."""
    from curate.personal.key import write_key

    write_key(file)
    click.echo(f"wrote {shortened(file)}; keep it, and keep it secret: it is the only way to the same fakes")


def columns() -> int:
    """How wide the terminal is, within reason."""
    import shutil

    return min(max(shutil.get_terminal_size((100, 24)).columns, 60), 160)


def described(offered: "Offered") -> list[str]:
    """All about one plugin."""
    from curate.options import defaults_of, needed_by, spoken

    options = [f"  {name}: needed, {spoken(hint)}" for name, hint in needed_by(offered).items()]
    options += [f"  {name}: {as_yaml(value)}" for name, value in defaults_of(offered).items()]
    does = "measures and drops nothing" if offered.kind in ("score", "filter") else "changes nothing"
    spares = [] if offered.about.in_domain else [f"  in `domain: true` sources it {does}, unless `sources:` names them"]
    first = f"{offered.name} ({offered.kind}): {offered.summary}"
    return [first, *(options or ["  no options"]), *spares, f"  {offered.place}"]


def about_plugin(offered: "Offered") -> dict[str, Any]:
    """All about one plugin, for machines."""
    from curate.options import defaults_of

    about = {name: getattr(offered, name) for name in ("name", "kind", "summary", "place")}
    return about | {"in_domain": offered.about.in_domain, "options": dict(defaults_of(offered))}


def as_yaml(value: Any) -> str:
    """A value as a recipe writes it."""
    import yaml

    text: str = yaml.safe_dump(listed(value), default_flow_style=True, allow_unicode=True, width=10_000)
    return text.removesuffix("\n").removesuffix("\n...")


def listed(value: Any) -> Any:
    """A value with lists for tuples and texts for paths, which is what YAML knows."""
    if isinstance(value, dict):
        return {key: listed(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [listed(one) for one in value]
    return str(value) if isinstance(value, Path) else value


def as_share(text: str) -> float:
    """1% or 0.01 as 0.01."""
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise CurateError(f"--sample {text}: a share is more than 0 % and at most 100 %, such as 1% or 0.01")
    return share


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Rows as a table, the first its head; the first column to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        click.echo("  ".join([row[0].ljust(widths[0]), *cells]).rstrip())


def print_json(document: Any) -> None:
    """One JSON document on stdout: numbers as numbers, null for one that is none or without end, paths as texts."""
    import json

    text = json.dumps(finite(document), indent=1, ensure_ascii=False, allow_nan=False, default=str)
    click.echo(text.encode("utf-8", "backslashreplace"))  # a lone surrogate, of a file's name, as JSON writes it


def finite(value: Any) -> Any:
    """A value with null in place of the numbers that JSON does not know."""
    if isinstance(value, dict):
        return {key: finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [finite(one) for one in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def shortened(path: Path) -> Path:
    """A path as seen from the working folder, where it lies in it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
