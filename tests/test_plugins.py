import subprocess
import sys

import pytest

import curate
from curate import RecipeError
from curate.plugins import find, load_plugins
from curate.recipe import read_recipe

FILTER = '''
import curate


@curate.filter
def {name}(doc):
    """Say yes to every 文档."""
    return True
'''


@pytest.fixture
def broken(shelf, write, golden):
    """What is said of a plugin file with this in it is what stands in a golden file."""

    def check(name, content):
        with pytest.raises(RecipeError) as error:
            load_plugins([write("my_filters.py", content)])
        golden(f"plugin_{name}", str(error.value))

    return check


def test_a_plugin_stays_a_plain_function(shelf, write):
    module = find(load_plugins([write("mine.py", FILTER.format(name="ours"))]), "step", "ours")
    assert module.function(doc=None) is True
    assert (module.kind, module.summary, module.place) == (
        "filter",
        "Say yes to every 文档.",
        f"{shelf.parent}/mine.py:5",
    )


def test_a_file_named_in_a_recipe_is_a_plugin_its_path_relative_to_the_recipe(shelf, write):
    write("recipes/filters/mine.py", FILTER.format(name="ours"))
    write("recipes/data/a.txt", "泵")
    recipe = write("recipes/a.yaml", "plugins: [filters/mine.py]\nsources: {a: data}\nsteps: [ours]\n")
    assert read_recipe(recipe, ["text.format=lines"]).steps[0].offered.name == "ours"


def test_a_file_dropped_into_the_bundled_package_is_a_plugin(shelf):
    (shelf / "dropped.py").write_text(FILTER.format(name="dropped"))
    (shelf / "filter2").mkdir()
    (shelf / "filter2" / "__init__.py").write_text("")
    (shelf / "filter2" / "deeper.py").write_text(FILTER.format(name="deeper"))
    assert {"dropped", "deeper"} <= load_plugins()["step"].keys()


@pytest.mark.parametrize("layout", ["their_filters.py", "their_filters/__init__.py", "their_filters/inner.py"])
def test_an_installed_distribution_with_an_entry_point_is_a_plugin(write, tmp_path, layout):
    write("their_filters/__init__.py", "") if "/" in layout else None
    write(layout, FILTER.format(name="theirs"))
    write("their-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: their\nVersion: 1.0\n")
    write("their-1.0.dist-info/entry_points.txt", "[curate]\nanything = their_filters\n")
    ask = "from curate.plugins import load_plugins; print(load_plugins()['step']['theirs'].place)"
    done = subprocess.run(
        [sys.executable, "-c", ask], env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert done.stdout == f"{tmp_path / layout}:5\n", done.stderr


@pytest.mark.parametrize(("content", "said"), [
    ("import no_such_thing", "their_filters.py:1: the plugin cannot be imported: ModuleNotFoundError"),
    (FILTER.format(name="theirs").replace("doc", "dok"), "their_filters.py:5: filter 'theirs' is never given 'dok'"),
])  # fmt: skip
def test_an_installed_plugin_that_is_wrong_is_told_like_any_other(write, tmp_path, content, said):
    write("their_filters.py", content)
    write("their-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: their\nVersion: 1.0\n")
    write("their-1.0.dist-info/entry_points.txt", "[curate]\nanything = their_filters\n")
    ask = "from curate.plugins import load_plugins\ntry: load_plugins()\nexcept Exception as error: print(error)"
    done = subprocess.run(
        [sys.executable, "-c", ask], env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert said in done.stdout, done.stderr


def test_a_name_that_is_offered_twice_is_told_with_both_places(shelf, broken):
    (shelf / "other.py").write_text(FILTER.format(name="ours"))
    broken("twice", FILTER.format(name="ours") + FILTER.format(name="length"))


def test_a_name_may_be_a_step_and_a_writer(shelf, write):
    content = "import curate\n@curate.writer('.txt')\ndef length(docs, out):\n    pass\n"
    registry = load_plugins([write("mine.py", content)])
    assert (registry["step"]["length"].kind, registry["writer"]["length"].kind) == ("score", "writer")


def test_a_plugin_may_import_another_plugin(shelf):
    (shelf / "other.py").write_text("from curate_plugins.basics import length\n" + FILTER.format(name="ours"))
    assert {"ours", "length"} <= load_plugins()["step"].keys()


def test_a_plugin_file_may_import_what_lies_beside_it(shelf, write):
    write("beside_words.py", "WORDS = ['泵']")
    module = load_plugins([write("mine.py", "from beside_words import WORDS\n" + FILTER.format(name="ours"))])
    assert module["step"]["ours"].function.__globals__["WORDS"] == ["泵"]


def test_two_plugin_files_may_have_one_name_in_two_folders(shelf, write):
    files = [write(f"{name}/mine.py", FILTER.format(name=name)) for name in ("left", "right")]
    steps = load_plugins([*files, *files])["step"]
    modules = {sys.modules[steps[name].function.__module__].__file__ for name in ("left", "right")}
    assert modules == set(map(str, files))


@pytest.mark.parametrize(("name", "signature"), [
    ("argument", "@curate.filter\ndef ours(document):"),
    ("both", "@curate.filter\ndef ours(doc, batch):"),
    ("neither", "@curate.filter\ndef ours(limit=3):"),
    ("state", "@curate.filter\ndef ours(doc, state):"),
    ("setup", "@curate.filter(setup=dict)\ndef ours(doc):"),
    ("gather", "@curate.gather\ndef ours(doc):"),
    ("expand", "@curate.expand\ndef ours(batch):"),
    ("reader", "@curate.reader('pdf')\ndef ours(doc):"),
    ("reader_without", "@curate.reader('pdf')\ndef ours(encoding='utf-8'):"),
    ("field_name", "@curate.field(text=str)\ndef ours(doc):"),
    ("field_type", "@curate.field(tags=list)\ndef ours(doc):"),
    ("writer", "@curate.writer('.txt')\ndef ours(docs):"),
])  # fmt: skip
def test_a_function_that_asks_for_what_it_is_not_given_is_told_with_its_line(broken, name, signature):
    broken(name, f"import curate\n\n\n{signature}\n    return True\n")


@pytest.mark.parametrize(("name", "content"), [
    ("raises", "x = 1\n\n1 / 0\n"),
    ("imports", "import curate\nimport no_such_thing\n"),
    ("syntax", "import curate\n\ndef ours(:\n"),
    ("chinese", "这不是 Python。\n"),
    ("binary", b"\x89PNG\r\n\x1a\n\x00\x00"),
    ("decorator", "import curate\n\n@curate.filter(costs='high')\ndef ours(doc):\n    return True\n"),
    ("decorator_limit", "import curate\n\n@curate.filter(min=1)\ndef ours(doc):\n    return True\n"),
    ("decorator_pair", "import curate\n\n@curate.score(minimum=1)\ndef ours(doc):\n    return 1\n"),
    ("decorator_score", "import curate\n\n@curate.score\ndef ours(doc):\n    return 1\n"),
    ("decorator_field", "import curate\n\n@curate.field\ndef ours(doc):\n    return 1\n"),
    ("decorator_fit", "import curate\n\n@curate.fit\ndef ours(docs):\n    return b''\n"),
    ("decorator_reader", "import curate\n\n@curate.reader\ndef ours(file):\n    yield curate.Doc('')\n"),
    ("decorator_writer", "import curate\n\n@curate.writer\ndef ours(docs, out):\n    pass\n"),
    ("decorator_scrubs", "import curate\n\n@curate.edit(scrubs=True, in_domain=False)\ndef ours(doc):\n    return ''\n"),
])  # fmt: skip
def test_a_plugin_file_that_cannot_be_imported_is_told_with_its_line(broken, name, content):
    broken(name, content)


def test_of_two_of_one_name_that_of_the_users_file_is_the_one_to_rename(write):
    file = write("my.py", "import curate\n\n\n@curate.filter\ndef length(doc):\n    return True\n")
    with pytest.raises(
        RecipeError, match=r"my\.py:4: 'length' is already the name of a score at .*length\.py:\d+; rename"
    ):
        load_plugins([file])


def test_a_plugin_file_that_is_not_there_or_not_python_is_told(shelf, write, golden):
    with pytest.raises(RecipeError) as error:
        load_plugins([shelf / "none.py", write("filters.txt", "x = 1")])
    golden("plugin_no_file", str(error.value))


def test_all_that_is_wrong_with_several_plugins_is_told_at_once(shelf, write):
    (shelf / "broken").mkdir()
    (shelf / "broken" / "__init__.py").write_text("raise ValueError('in a package')")
    files = [write("a.py", "1 / 0"), write("b.py", FILTER.format(name="b").replace("doc", "dok"))]
    with pytest.raises(RecipeError) as error:
        load_plugins(files)
    assert [problem.rpartition(": ")[2] for problem in error.value.problems] == [
        "in a package", "division by zero", "filter 'b' is never given 'dok'; did you mean 'doc'?",
    ]  # fmt: skip


def test_a_step_that_is_not_there_is_answered_with_the_nearest_name(shelf):
    with pytest.raises(RecipeError, match=r"^no step 'lenght'; did you mean 'length'\?$"):
        find(load_plugins(), "step", "lenght")


def test_a_decorator_may_say_that_a_step_costs_much_and_which_kinds_it_looks_at(offer):
    @curate.filter(cost="high", kinds=["code"], libraries=["numpy"])
    def costly(doc):
        return True

    about = offer(costly)["step"]["costly"].about
    assert (about.cost, about.kinds, about.libraries) == ("high", ("code",), ("numpy",))


def test_one_kind_or_library_may_stand_alone(offer):
    @curate.score(kinds="code", libraries="numpy")
    def one(doc):
        return 1

    about = offer(one)["step"]["one"].about
    assert (about.kinds, about.libraries) == (("code",), ("numpy",))


@pytest.mark.parametrize(("decorator", "kinds"), [
    (curate.score(), ("text",)), (curate.filter, ("text",)), (curate.edit, ()), (curate.field(x=str), ()),
    (curate.gather, ()), (curate.expand, ("text", "code")),
])  # fmt: skip
def test_quality_is_a_matter_of_texts_and_edits_and_fields_of_everything(decorator, kinds):
    assert decorator(lambda doc: doc).about.kinds == kinds


def test_an_async_function_is_told_that_a_plugin_is_a_plain_one(shelf, write):
    path = write("later.py", "import curate\n\n@curate.filter\nasync def later(doc):\n    return True\n")
    with pytest.raises(RecipeError, match=r"later.py:3: filter 'later' is an async function; a plugin is a plain one"):
        load_plugins([path])
