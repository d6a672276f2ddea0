"""What the pages under docs/ say of the bundled steps, against the steps themselves."""

import re
from pathlib import Path

import pytest
import yaml

from curate import Batch, Doc, key_of
from curate.kernels import lines, repeats, sentences, terms, words
from curate.plugins import load_plugins
from curate.terminal import said_pair

REPOSITORY = Path(__file__).parent.parent
FILTERS = (REPOSITORY / "docs" / "filters.md").read_text("utf-8")
VIEWS = (REPOSITORY / "docs" / "views.md").read_text("utf-8")
STEPS = load_plugins()["step"]
SCORES = sorted(name for name, step in STEPS.items() if step.kind == "score")
ORDER = ["language", "length", "garble", "loops", "char_model", "surprisal"]
ORDER += ["gopher_repetition", "gopher_quality", "c4", "fineweb_quality"]


def section(page, heading):
    """What stands under a heading, up to the next one."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", page, re.MULTILINE | re.DOTALL)
    assert found, heading
    return found[1]


def cells(text):
    """The rows of a table that begin with a name, as lists of cells."""
    rows = (re.split(r" *(?<!\\)\| *", line.strip("| ")) for line in text.splitlines() if line.startswith("| `"))
    return [[cell.strip() for cell in row] for row in rows]


def names(cell):
    """The names in a cell: `begin`, `end`."""
    return re.findall(r"`(\w+)`", cell)


def by_language(told, value):
    """The limits of languages as the page says them."""
    own = sorted((language, said_pair(*pairs[value])) for language, pairs in told.languages.items() if value in pairs)
    return "; ".join(f"{language} {pair or 'none'}" for language, pair in own)


@pytest.mark.parametrize("name", SCORES)
def test_the_page_on_filters_has_each_value_of_a_bundled_score_with_its_limits(name):
    told = STEPS[name].about
    expected = {
        f"`{value}`": (said_pair(*pair) or "none", by_language(told, value)) for value, pair in told.limits.items()
    }
    assert {row[0]: (row[2], row[3] if len(row) > 3 else "") for row in cells(section(FILTERS, name))} == expected


def test_the_page_on_filters_says_of_each_score_whether_it_drops_in_domain_sources():
    rows = (re.match(r"\| \[`(\w+)`\].*\| (\w+) \|$", line) for line in section(FILTERS, "All of them").splitlines())
    told = {row[1]: row[2] for row in rows if row}
    assert told == {name: "drops" if STEPS[name].about.in_domain else "measured" for name in SCORES}


def test_the_page_on_filters_names_every_edit_and_gather_of_the_filters_too():
    rooms = {name: step.function.__module__ for name, step in STEPS.items()}
    filters = [name for name, module in rooms.items() if module.startswith("curate_plugins.filter.")]
    assert [name for name in filters if f"`{name}`" not in FILTERS and f"  - {name}" not in FILTERS] == []


def test_the_page_on_filters_shows_the_recommended_order():
    recipe = yaml.safe_load(re.search(r"```yaml\n# filtered\.yaml\n(.*?)```", FILTERS, re.DOTALL)[1])
    assert [step if isinstance(step, str) else next(iter(step)) for step in recipe["steps"]] == ORDER


@pytest.mark.parametrize(
    ("view", "kind"),
    [
        ("words", words.Words),
        ("terms", terms.Terms),
        ("repeats", repeats.Repeats),
        ("lines", lines.Lines),
        ("paragraphs", lines.Paragraphs),
        ("duplicates", lines.Duplicates),
        ("sentences", sentences.Sentences),
    ],
)
def test_the_page_on_views_has_each_field_with_its_type(view, kind):
    batch = Batch.of(Doc(text, key=key_of(text)) for text in ("Prime the pump.\n\n灌泵。", "", "泵"))
    rows = cells(section(VIEWS, f"`batch.{view}`"))
    told = {name: row[1].partition(",")[0] for row in rows for name in names(row[0])}
    found = getattr(batch, view)
    assert isinstance(found, kind)
    assert told == {name: getattr(found, name).dtype.name for name in kind._fields}


def test_the_page_on_views_has_every_view():
    told = {name for row in cells(section(VIEWS, "What there is")) for name in re.findall(r"`batch\.(\w+)`", row[0])}
    own = {"words", "terms", "repeats", "chars", "lines", "paragraphs", "duplicates", "sentences", "languages"}
    assert told == own | {"utf8", "text_bytes"}
