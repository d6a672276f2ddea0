"""`curate schema`: what editors check recipes by agrees with what curate itself says of them."""

import json
import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from curate.cli import main
from curate.errors import RecipeError
from curate.plugins import load_plugins
from curate.recipe import read_recipe
from curate.schema import recipe_schema

REPOSITORY = Path(__file__).parent.parent
SCHEMA = recipe_schema(load_plugins())
MINE = '''
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import curate


@curate.score(words=(5, 100), mean=(None, 10.5), zh={"words": (8, None)})
def shape(doc, form: Literal["any", "prose"] = "any", skip: Sequence[str] = (), list: Path | None = None):
    """Words and their length. 词数。"""
    return {"words": 1, "mean": 1}
'''


def step(schema, name):
    return schema["$defs"]["options"][name]


def test_every_step_reader_and_writer_is_in_it_with_its_line_of_help():
    registry = load_plugins()
    names = {one["const"]: one["description"] for one in SCHEMA["$defs"]["step"]["anyOf"][0]["oneOf"]}
    assert names == {name: offered.summary for name, offered in registry["step"].items()}
    assert names.keys() == SCHEMA["$defs"]["options"].keys()
    assert registry["reader"].keys() == SCHEMA["$defs"]["reader_options"].keys()
    text = SCHEMA["properties"]["text"]["anyOf"][0]
    assert {one["const"] for one in text["properties"]["format"]["oneOf"]} == registry["writer"].keys()


def test_options_have_types_defaults_and_choices():
    options = step(SCHEMA, "line_dedup")["properties"]
    assert options["max_documents"] == {"type": "integer", "default": 5}
    assert step(SCHEMA, "length")["properties"]["min"] == {
        "anyOf": [{"type": "number"}, {"type": "null"}],
        "default": 100,
    }
    action = step(SCHEMA, "pii")["properties"]["action"]
    assert action["default"] in action["enum"]
    assert {"sources", "kinds"} < step(SCHEMA, "pii")["properties"].keys()
    assert SCHEMA["$defs"]["reader_options"]["pdf"]["properties"] == {"per_page": {"type": "boolean", "default": False}}


def test_a_files_plugins_are_included_with_limits_of_each_language(write):
    schema = recipe_schema(load_plugins([write("mine.py", MINE)]))
    shape = step(schema, "shape")
    numbers = {
        "type": "array",
        "items": {"anyOf": [{"type": "number"}, {"type": "null"}]},
        "minItems": 2,
        "maxItems": 2,
    }
    assert shape["description"] == "Words and their length. 词数。"
    assert shape["properties"]["words"] == numbers | {"default": [5, 100]}
    assert shape["properties"]["form"] == {"enum": ["any", "prose"], "default": "any"}
    assert shape["properties"]["skip"] == {"type": "array", "items": {"type": "string"}, "default": []}
    assert shape["properties"]["list"]["default"] is None
    ((pattern, language),) = shape["patternProperties"].items()
    assert re.search(pattern, "zh")
    assert not re.search(pattern, "words")
    assert language["properties"].keys() == {"words", "mean"}


def test_the_blocks_are_those_of_the_recipe_and_so_are_their_keys():
    with pytest.raises(RecipeError) as error:
        read_recipe({"xxxxxxxx": 1, "sources": {"s": {"path": ".", "xxxxxxxx": 1}}})
    top, source = (set(re.search("there is (.*)", line)[1].split(", ")) for line in error.value.problems)
    assert SCHEMA["properties"].keys() == top
    assert SCHEMA["$defs"]["source"]["properties"].keys() == source
    pretrain = SCHEMA["properties"]["pretrain"]["anyOf"][0]
    assert pretrain["required"] == ["tokenizer", "mix"]
    assert pretrain["properties"]["sequence_length"] == {"type": "integer", "default": 2048}
    assert {"from", "steps", "formats"} < SCHEMA["properties"]["sft"]["anyOf"][0]["properties"].keys()


def test_it_is_printed_or_written_with_the_line_that_a_recipe_begins_with(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    printed = CliRunner().invoke(main, ["schema"]).output
    said = CliRunner().invoke(main, ["schema", "--out", "schema.json"]).output
    assert said == "wrote schema.json; begin a recipe with: # yaml-language-server: $schema=schema.json\n"
    assert json.loads(printed) == json.loads(Path("schema.json").read_text()) == json.loads(json.dumps(SCHEMA))


@pytest.fixture
def valid():
    """Whether a recipe is valid, where there is a validator."""
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    return lambda data, schema=SCHEMA: jsonschema.Draft202012Validator(json.loads(json.dumps(schema))).is_valid(data)


def written_recipes():
    """Every recipe of the project, and the plugin files that the READMEs write beside theirs."""
    for path in sorted((REPOSITORY / "recipes").glob("*.yaml")):
        yield path.name, yaml.safe_load(path.read_text(encoding="utf-8")), ""
    for name in ("README.md", "plugins/README.md"):
        text = (REPOSITORY / name).read_text(encoding="utf-8")
        files = "\n".join(re.findall(r"^```python\n(# (?!test_)\S+\.py\n.*?)^```$", text, re.MULTILINE | re.DOTALL))
        for code in re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            yield f"{name}: {code.split()[1]}", yaml.safe_load(code), files


@pytest.mark.parametrize(
    ("data", "code"), [(d, c) for _, d, c in written_recipes()], ids=[n for n, _, _ in written_recipes()]
)
def test_every_recipe_of_the_project_is_valid(valid, write, data, code):
    assert valid(data, recipe_schema(load_plugins([write("all.py", code)])))


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"sources": {}},
        {"sources": {"s": 3}},
        {"sources": {"s": "in"}, "stepz": []},
        {"sources": {"s": {"path": "in", "domein": True}}},
        {"sources": {"s": "in"}, "steps": ["lenth"]},
        {"sources": {"s": "in"}, "steps": [{"length": {"mim": 3}}]},
        {"sources": {"s": "in"}, "steps": [{"length": {"min": "many"}}]},
        {"sources": {"s": "in"}, "steps": [{"length": {"zh": {"mim": 3}}}]},
        {"sources": {"s": "in"}, "steps": [{"gopher_quality": {"words": [3]}}]},
        {"sources": {"s": "in"}, "steps": [{"length": {}, "pii": {}}]},
        {"sources": {"s": "in"}, "steps": [{"length": {"kinds": ["texts"]}}]},
        {"sources": {"s": "in"}, "readers": {"pdf": "pdff"}},
        {"sources": {"s": "in"}, "readers": {"html": {"extractor": "none"}}},
        {"sources": {"s": "in"}, "text": {"format": "parkett"}},
        {"sources": {"s": "in"}, "pretrain": {"tokenizer": "t"}},
        {"sources": {"s": "in"}, "sft": {"mix": {"s": 1}, "when_short": "pad"}},
    ],
)
def test_what_curate_would_not_take_is_not_valid(valid, tmp_path, wrong):
    (tmp_path / "in").mkdir()
    with pytest.raises(RecipeError):
        read_recipe(wrong, folder=tmp_path)
    assert not valid(wrong)
