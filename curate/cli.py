"""The command line: each command parses, calls one function, prints."""

import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate.errors import CurateError

if TYPE_CHECKING:
    from curate.plugins import Offered


class Group(click.Group):
    """A command group that says a `CurateError` as its sentence, and Ctrl-C with how to go on."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command; the only place where errors become exit codes."""
        try:
            return super().invoke(context)
        except BrokenPipeError:  # `curate plugins | head` has read enough
            sys.exit(1)
        except OSError as error:
            click.echo(f"curate: {error.strerror or error}: {error.filename or 'a file'}", err=True)
            sys.exit(1)
        except CurateError as error:
            click.echo(f"curate: {error}" if "\n" not in str(error) else str(error), err=True)
            sys.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("stopped; the same command goes on from here", err=True)
            sys.exit(130)


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
recipe = click.argument("recipe", type=click.Path(path_type=Path))
run_folder = click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))


@main.command()
@recipe
@click.option("--out", type=click.Path(path_type=Path), help="The run's folder.  [default: runs/RECIPE]")
@click.option("--workers", type=click.IntRange(1), help="Worker processes.  [default: one a processor]")
@limit
@sample
@override
def run(
    recipe: Path, out: Path | None, workers: int | None, limit: int | None, sample: str, overrides: Sequence[str]
) -> None:
    """Run RECIPE: read, curate, and write what it asks for. What an earlier run left is not made again."""
    from curate.progress import shown
    from curate.run import run as run_recipe
    from curate.summary import summary, unread

    done = run_recipe(
        recipe, out, overrides=overrides, workers=workers, limit=limit, sample=as_share(sample), progress=shown()
    )
    click.echo(unread(done))
    print_table(summary(done))
    for name, files in done.outputs.items():
        about = done.manifest["outputs"][name]
        rows = sum(one["rows"] for one in about["files"].values())
        click.echo(f"{name}: {rows:,} rows in {len(files)} files under {shortened(done.folder / name)}")
    click.echo(f"manifest: {shortened(done.folder / 'manifest.json')}; ask `curate why {shortened(done.folder)} DOC`")


@main.command()
@recipe
@limit
@sample
@override
def plan(recipe: Path, limit: int | None, sample: str, overrides: Sequence[str]) -> None:
    """Show what RECIPE comes to: stages, units, and, from 200 sampled documents, time and yield of each step."""
    from curate.forecast import forecast

    lines, table = forecast(recipe, overrides, limit, as_share(sample))
    for line in lines:
        click.echo(line)
    print_table(table)


@main.command()
@click.argument("name", required=False)
@click.option("--file", "files", multiple=True, type=click.Path(path_type=Path), help="A plugin file to load as well.")
def plugins(name: str | None, files: Sequence[Path]) -> None:
    """List the plugins: name, kind, options with defaults, what each does. With NAME, only that one."""
    from curate.options import defaults_of
    from curate.plugins import find, load_plugins

    registry = load_plugins(files)
    if name:
        homes = [shelf for shelf in registry if name in registry[shelf]] or ["step"]
        for line in [line for home in homes for line in described(find(registry, home, name))]:
            click.echo(line)
        return
    for offered in (offered for shelf in registry.values() for offered in shelf.values()):
        options = ", ".join(f"{name}: {as_yaml(value)}" for name, value in defaults_of(offered).items())
        click.echo(f"{offered.name:13} {offered.kind:7} {offered.summary}")
        click.echo(f"{'':21} {{{options}}}  {offered.place}")


@main.command()
@run_folder
@click.argument("doc")
def why(folder: Path, doc: str) -> None:
    """Tell what happened to DOC (key, id, path or a piece of its text) in RUN, and why."""
    from curate.ledger import why

    for line in why(folder, doc):
        click.echo(line)


@main.command()
@run_folder
@click.option(
    "--dropped-by", "step", required=True, help="The step whose work to look at; `read` for unreadable files."
)
@click.option("-n", "most", type=click.IntRange(1), default=5, show_default=True, help="How many examples.")
def look(folder: Path, step: str, most: int) -> None:
    """Show examples of what a step of RUN dropped, and why."""
    from curate.ledger import look

    for line in look(folder, step, most):
        click.echo(line)


def described(offered: "Offered") -> list[str]:
    """All about one plugin."""
    from curate.options import defaults_of

    options = [f"  {name}: {as_yaml(value)}" for name, value in defaults_of(offered).items()]
    return [f"{offered.name} ({offered.kind}): {offered.summary}", *(options or ["  no options"]), f"  {offered.place}"]


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


def shortened(path: Path) -> Path:
    """A path as seen from the working folder, where it lies in it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
