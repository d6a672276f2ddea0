"""What the pages under docs/ say of the bundled steps, against the steps themselves."""

import re
from pathlib import Path
from typing import get_args

import pytest
import yaml

from curate import Batch, Doc, key_of
from curate.cli import as_yaml
from curate.kernels import lines, repeats, sentences, terms, words
from curate.options import defaults_of
from curate.personal.actions import Action
from curate.personal.entities import ENTITIES
from curate.personal.finder import Finder
from curate.personal.profile import names_of_profiles, read_profile
from curate.plugins import load_plugins
from curate.stages import make_stage, run_stage
from curate.steps import Line
from curate.terminal import said_pair

REPOSITORY = Path(__file__).parent.parent
FILTERS = (REPOSITORY / "docs" / "filters.md").read_text("utf-8")
VIEWS = (REPOSITORY / "docs" / "views.md").read_text("utf-8")
PERSONAL = (REPOSITORY / "docs" / "personal_data.md").read_text("utf-8")
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


def quoted(cell):
    """What stands between a cell's backticks."""
    return cell.strip("`")


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


HEADS = [
    [quoted(cell) for cell in re.split(r" *\| *", line.strip("| "))[1:]]
    for line in section(PERSONAL, "Actions").splitlines()
    if line.startswith("| action")
]
DATED = "入院日期：2024年3月5日"


def test_the_page_on_personal_data_has_every_type_with_examples_that_are_found():
    finder = Finder(read_profile("clinical_zh"))
    rows = cells(section(PERSONAL, "What is found"))
    assert {quoted(row[0]) for row in rows} == {*ENTITIES} - {"secret"}
    missed = [said for row in rows for said in row[1:3] if types(finder, quoted(said)) != [quoted(row[0])]]
    assert missed == []


def types(finder, text):
    """The types of what is found in a text."""
    return [one.type for one in finder.find(text)]


def test_the_page_on_personal_data_has_every_option_of_the_step_with_its_default():
    options = defaults_of(STEPS["pii"])
    told = {quoted(row[0]): row[1] for row in cells(section(PERSONAL, "Options of `pii`"))}
    assert told == {name: "none" if value is None else f"`{as_yaml(value)}`" for name, value in options.items()}


def test_the_page_on_personal_data_has_every_profile():
    rows = cells(section(PERSONAL, "Profiles"))
    assert sorted(quoted(row[0]) for row in rows) == names_of_profiles()


@pytest.mark.parametrize("row", cells(section(PERSONAL, "Actions")), ids=lambda row: quoted(row[0]))
def test_the_page_on_personal_data_shows_what_each_action_leaves(row, tmp_path):
    (tmp_path / "key").write_text("0123456789abcdef")
    action = quoted(row[0])
    of_dates = {"profile": "clinical_zh", "actions": {"visit_date": action}}
    options = of_dates if action in ("shift", "year") else {"action": action}
    stage = make_stage([Line("pii", STEPS["pii"], options | {"key": tmp_path / "key"})])
    head = next(head for head in HEADS if (head[0] == DATED) is (action in ("shift", "year")))
    kept = [run_stage(stage, Batch.of([Doc(said, key=key_of(1))]))[0] for said in head]  # of one person
    assert [quoted(cell) for cell in row[1:]] == [batch["text"][0].as_py() for batch in kept]


def test_each_action_has_a_row_on_the_page_on_personal_data():
    assert {quoted(row[0]) for row in cells(section(PERSONAL, "Actions"))} == {*get_args(Action)}
