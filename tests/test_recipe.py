from pathlib import Path
from typing import Literal

import pytest

import curate
from curate import RecipeError
from curate.recipe import Checker, Problems, Source, override_value, read_recipe

pytestmark = pytest.mark.usefixtures("shelf")
MANY_ERRORS = """
plugins: [my_filters.py]
sorces: {}
sources:
  manuals: {path: manuals, domain: sometimes}
  web: {path: webb}
  notes: {path: manuals, fields: {url: sting, id: int}, readers: {pdf: plain}}
  2024: {path: manuals}
  chat:
    pth: manuals
steps:
  - squeze
  - length: {mni: 3}
  - length: {min: three, sources: [manual], kinds: prose}
  - shape:
      words: [1]
      zh: {mean: low}
  - 泵
  - long_enough: 3
  - [length]
  - allowed: {words: nowhere.txt}
  - once: {prefer: manuals}
  - length: {sources: 5}
readers:
  text: plane
  jsonl: {text: 7}
  markdown: 3
text: {format: parket}
pretrain:
  tokenizer: tokenizer.json
  mix: {manuals: 1, general: 0}
  sequence_length: 1
  validation: 1.5
sft:
  from: [mauals]
  mix: {}
  formats: lines
  steps: [paragraph]
"""
GOOD = {"sources": {"manuals": {"path": "manuals"}, "web": "manuals"}, "text": {"format": "lines"}}


@pytest.fixture
def read(write, tmp_path):
    """A recipe, as YAML or as a mapping, read and checked; `manuals/` lies beside it."""
    write("manuals/a.txt", "泵")
    write("words.txt", "泵 pump")

    def reader(recipe, *overrides):
        if isinstance(recipe, dict):
            return read_recipe(GOOD | recipe, overrides, tmp_path)
        return read_recipe(write("recipe.yaml", recipe), overrides)

    return reader


@pytest.fixture
def wrong(read):
    """What is said of a recipe that cannot be."""

    def said(recipe, *overrides):
        with pytest.raises(RecipeError) as error:
            read(recipe, *overrides)
        return str(error.value)

    return said


def test_all_that_is_wrong_is_told_at_once_each_with_its_line_and_the_nearest_name(wrong, golden, write):
    write("my_filters.py", "import curate\n@curate.filter\ndef ours(docs):\n    return True\n")
    golden("recipe", wrong(MANY_ERRORS))


@pytest.mark.parametrize(("name", "content"), [
    ("twice", "sources: {a: x}\nsteps: []\nsources: {b: x}\n"),
    ("twice_inside", "steps:\n  - length: {min: 1,\n             min: 2}\n"),
    ("not_yaml", "steps:\n  - [length\nsources: }"),
    ("unknown_tag", "steps: []\nsources: !!python/object:os.system x\n"),
    ("no_such_date", "steps: []\nsources: 2024-99-99\n"),
    ("control_character", "steps: [\x01]\n"),
    ("key_that_is_a_list", "steps: []\n? [a, b]\n: c\n"),
    ("list", "- length\n"),
    ("empty", "# 空\n"),
    ("not_utf8", "steps: 泵\n".encode("gb18030")),
    ("wrong_blocks", "steps: length\nsources: [manuals]\nplugins: my_filters.py\ntext: parquet\n"),
    ("nothing_said", "{}"),
])  # fmt: skip
def test_what_is_no_recipe_at_all_is_told(wrong, golden, name, content):
    golden(f"recipe_{name}", wrong(content))


def test_a_recipe_that_is_not_there_or_is_a_folder_is_told(tmp_path):
    with pytest.raises(RecipeError, match=f"^no recipe at {tmp_path}/none.yaml$"):
        read_recipe(tmp_path / "none.yaml")
    with pytest.raises(RecipeError, match=f"^{tmp_path}: Is a directory$"):
        read_recipe(tmp_path)


def test_paths_are_relative_to_the_recipe_wherever_it_is_read_from(read, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    recipe = read("sources: {a: manuals}\nsteps: [allowed: {words: words.txt}]\ntext: {format: lines}\n")
    assert recipe.path(recipe.sources["a"].path) == tmp_path / "manuals"
    assert recipe.steps[0].options == {"words": tmp_path / "words.txt"}


@pytest.mark.parametrize("path", ["manuals", "manuals/a.txt", "manuals/*.txt", "manuals/**/*", "man*/[ab].txt"])
def test_a_source_is_a_file_a_folder_or_a_glob(read, path):
    assert read({"sources": {"a": path}}).sources["a"].path == path


def test_a_recipe_says_with_what_it_was_made(read):
    recipe = read({"steps": ["length", "length", {"length": {"min": 7}}], "pretrain": None})
    assert [line.label for line in recipe.steps] == ["length", "length#2", "length#3"]
    assert (recipe.pretrain, recipe.sft, recipe.text.format) == (None, None, "lines")
    assert recipe.data == GOOD | {"steps": ["length", "length", {"length": {"min": 7}}]}


def test_without_an_output_the_cleaned_text_is_one_and_what_was_read_can_be_read_again(read):
    recipe = read({"text": None, "steps": ["length"]})
    assert recipe.text.format == "parquet"
    assert read_recipe(recipe.data, folder=recipe.folder).data == recipe.data


def test_every_step_line_may_say_for_which_sources_and_kinds_it_is(read):
    line = read({"steps": [{"length": {"min": 1, "sources": "web", "kinds": ["code", "text"]}}]}).steps[0]
    assert (line.sources, line.kinds, line.options) == (("web",), ("code", "text"), {"min": 1})


def test_quality_is_a_matter_of_texts_unless_the_line_says_otherwise(read):
    steps = read({"steps": ["length", "long_enough", "squeeze", "once", "paragraphs"]}).steps
    assert [line.kinds for line in steps] == [("text",), ("text",), (), (), ("text", "code")]


def test_in_sft_steps_look_at_examples_and_what_makes_them_at_the_documents_of_from(read):
    sft = {"from": "web", "mix": {"web": 1}, "formats": ["lines"], "steps": ["paragraphs", "length", {"paragraphs": {"sources": ["manuals"]}}]}  # fmt: skip
    chunk, length, other = read({"sft": sft}).sft_steps
    assert (chunk.sources, length.sources, other.sources) == (("web",), (), ("manuals",))
    assert (chunk.kinds, length.kinds) == (("text", "code"), ())


@pytest.mark.parametrize(
    ("written", "made_from"), [("web", ("web",)), (["web", "manuals"], ("web", "manuals")), ([], ())]
)
def test_sft_is_made_from_one_source_or_several_or_all(read, written, made_from):
    sft = {"from": written, "mix": {"web": 1}, "formats": ["lines"], "steps": ["paragraphs"]}
    assert read({"sft": sft}).sft_steps[0].sources == made_from


READER = "import curate\n@curate.reader({type!r})\ndef {name}(file, text='text'):\n    yield curate.Doc('')\n"


def test_two_readers_for_one_type_and_no_choice_is_an_error(shelf, wrong, golden):
    (shelf / "more.py").write_text(READER.format(type="jsonl", name="other_rows"))
    golden("recipe_two_readers", wrong("sources: {a: manuals}\nreaders: {}\n"))


def test_a_choice_of_reader_settles_it(shelf, read):
    (shelf / "more.py").write_text(READER.format(type="jsonl", name="other_rows"))
    assert read({"readers": {"jsonl": "rows"}}).readers["jsonl"][0].name == "rows"
    reader, options = read({"readers": {"jsonl": {"reader": "other_rows", "text": "正文"}}}).readers["jsonl"]
    assert (reader.name, options) == ("other_rows", {"text": "正文"})


def test_a_recipes_own_reader_goes_before_a_bundled_one(read, write):
    write("mine.py", READER.format(type="jsonl", name="my_rows"))
    assert read({"plugins": ["mine.py"]}).readers["jsonl"][0].name == "my_rows"


def test_two_readers_of_a_recipes_own_need_a_choice(wrong, write):
    write("mine.py", READER.format(type="jsonl", name="one") + READER.format(type="jsonl", name="two"))
    assert "both read 'jsonl': choose one with `readers: {jsonl: NAME}`" in wrong({"plugins": ["mine.py"]})


def test_a_source_may_set_the_options_of_its_readers(read):
    source = {"path": "manuals", "readers": {"jsonl": {"text": "正文"}}, "fields": {"url": "string"}}
    ((media, (reader, options)),) = read({"sources": {"a": source}}).sources["a"].readers.items()
    assert (media, reader.about.types[0], options) == ("jsonl", "jsonl", {"text": "正文"})


@pytest.mark.parametrize(("override", "place", "value"), [
    ("steps.length.min=50", ("steps", 0, "length", "min"), 50),
    ("steps.0.min=50", ("steps", 0, "length", "min"), 50),
    ("steps.squeeze.sources=[web]", ("steps", 1, "squeeze", "sources"), ["web"]),
    ("steps.1.sources=[web]", ("steps", 1, "squeeze", "sources"), ["web"]),
    ("steps.shape.zh.words=[1, null]", ("steps", 2, "shape", "zh", "words"), [1, None]),
    ("steps.squeeze={kinds: code}", ("steps", 1, "squeeze", "kinds"), "code"),
    ("steps.1=length", ("steps", 1), "length"),
    ("pretrain.mix.手册=3", ("pretrain", "mix", "手册"), 3),
    ("text.format=jsonl", ("text", "format"), "jsonl"),
    ("sources.web.path=a=b.txt", ("sources", "web", "path"), "a=b.txt"),
    ("seed=", ("seed",), None),
])  # fmt: skip
def test_an_override_puts_one_value_in_place(override, place, value):
    data = {"steps": [{"length": {"min": 1}}, "squeeze", {"shape": None}], "sources": {"web": {"path": "x"}}}
    override_value(data, override)
    for key in place:
        data = data[key]
    assert data == value


@pytest.mark.parametrize(("override", "said"), [
    ("steps.lenght.min=3", "--set steps.lenght.min=3: no step 'lenght' in the recipe; did you mean 'length'?"),
    ("steps.9.min=3", "--set steps.9.min=3: no step '9' in the recipe; there is length, squeeze"),
    ("steps", "--set steps: write it as key.path=value"),
    ("=3", "--set =3: write it as key.path=value"),
    ("steps.length.min=[", "--set steps.length.min=[: '[' is not YAML"),
])  # fmt: skip
def test_an_override_that_leads_nowhere_is_told(override, said):
    with pytest.raises(RecipeError) as error:
        override_value({"steps": ["length", "squeeze"]}, override)
    assert str(error.value) == said


def test_an_override_is_checked_like_what_is_written_and_leaves_the_callers_mapping_alone(wrong):
    recipe = {"steps": [{"length": {"min": 1}}]}
    assert wrong(recipe, "steps.length.min=x") == "recipe: length: min should be a number or null, not 'x'"
    assert recipe == {"steps": [{"length": {"min": 1}}]}


def test_a_tokenizer_file_has_to_be_there_and_a_name_is_left_to_the_tokenizer(read, wrong):
    pretrain = {"mix": {"web": 1}, "tokenizer": "cl100k_base"}
    assert read({"pretrain": pretrain}).pretrain.tokenizer == "cl100k_base"
    said = wrong({"pretrain": pretrain | {"tokenizer": "no/tokenizer.json"}})
    assert said == "recipe: no tokenizer at no/tokenizer.json; a path is relative to the recipe's folder"


def test_the_folder_of_a_mapping_is_the_working_folder_unless_it_is_told(read, monkeypatch, tmp_path):
    read({})
    monkeypatch.chdir(tmp_path)
    assert read_recipe(GOOD).folder == Path.cwd() == tmp_path


def test_what_a_gather_refuses_is_told_before_anything_runs(wrong, write):
    own = "import curate\n@curate.gather\ndef drawn(share: float = 0):\n    raise curate.CurateError('drawn needs a share')\n"
    write("own.py", own)
    steps = "plugins: [own.py]\nsources: {a: own.py}\nsteps:\n- length\n- drawn\ntext: {format: lines}\n"
    assert wrong(steps).endswith("recipe.yaml:5: drawn needs a share")


def test_an_override_of_a_step_without_steps_is_told_where_it_stands(wrong):
    steps = "sources: {a: recipe.yaml}\nsteps: [normalize, length]\n"
    assert wrong(steps, "length.min=3") == "--set length.min=3: length is a step; write steps.length.min=3"


def test_a_step_can_have_another_come_before_it_where_its_options_ask_for_that(offer):
    @curate.gather
    def names(group: str = "folder"):
        return curate.Gather(lambda batch: None, lambda rows: rows)

    @curate.edit(scrubs=True, after=lambda group="", **_: {"names": {"group": group}} if group else None)
    def pii(doc, group: str = ""):
        return doc.text

    def checked(*steps):
        checker = Checker(Problems("recipe", {}), offer(names, pii), Path())
        checker.sources = {"web": Source("")}
        return checker.steps(steps, ("steps",))

    first, second = checked({"pii": {"group": "id", "sources": "web"}})
    assert (first.label, dict(first.options), first.sources) == ("names", {"group": "id"}, ("web",))
    assert [line.label for line in checked({"names": {"group": "id"}}, {"pii": {"group": "id"}})] == ["names", "pii"]
    assert [line.label for line in checked("pii")] == ["pii"]
    apart = checked({"pii": {"group": "id", "sources": "web"}}, {"pii": {"group": "id"}}, {"pii": {"group": "id"}})
    assert [line.label for line in apart] == ["names", "pii", "names#2", "pii#2", "pii#3"]
    assert second.label == "pii"


def test_of_many_words_an_option_takes_the_nearest_is_named(lines):
    @curate.edit
    def pii(doc, types: list[Literal["a1", "b1", "c1", "d1", "email", "f1", "phone"]] = ()):
        return doc.text

    with pytest.raises(RecipeError, match=r"pii: types takes no 'emial'; did you mean 'email'\?"):
        lines((pii, {"types": ["phone", "emial"]}))
