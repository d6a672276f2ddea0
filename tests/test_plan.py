import os
import shutil
import sys
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import plan
from curate.plan import Phase, listed_files, own_files, phases_of, stage_fingerprint, units_of
from curate.recipe import read_recipe

pytestmark = pytest.mark.usefixtures("shelf")
PLUGIN = "import curate\n{imports}\n@curate.filter\ndef ours(doc, words=()):\n    return True\n"
RECIPE = "sources: {web: data}\ntext: {format: lines}\nsteps: [length]\n"

BASE = {
    "recipe.yaml": "plugins: [mine.py]\nsources: {web: data}\ntext: {format: lines}\nsteps:\n  - allowed: {words: words}\n  - ours\n",
    "mine.py": PLUGIN.format(imports="from beside import A\nimport package.deep"),
    "beside.py": "A = 1\n",
    "package/__init__.py": "",
    "package/deep.py": "def lazy():\n    from . import deeper\n",
    "package/deeper.py": "B = 1\n",
    "words/a.txt": "泵",
    "data/a.txt": "pump\n",
}  # fmt: skip


@pytest.fixture
def units(tmp_path):
    """The units of a recipe, read afresh, as new runs do."""
    return lambda recipe="recipe.yaml", **how: units_of(read_recipe(tmp_path / recipe), **how)


@pytest.fixture
def many(write):
    """A recipe and 300 small files."""
    write("recipe.yaml", RECIPE)
    for number in range(300):
        write(f"data/{number % 7}/第{number:03}.txt", f"pump {number}\n")


def named(units):
    return [unit.fingerprint for unit in units]


def test_units_stay_in_the_order_of_paths_and_hold_every_file_once(many, units, monkeypatch):
    monkeypatch.setattr(plan, "UNIT_FILES", 20)
    uris = [file.uri for unit in units() for file in unit.files]
    assert uris == sorted(uris)
    assert (len(uris), 5 < len(units()) < 40) == (300, True)


@pytest.mark.parametrize("number", range(12))
def test_a_file_that_is_added_changes_one_unit_or_splits_one_in_two(many, units, write, monkeypatch, number):
    monkeypatch.setattr(plan, "UNIT_FILES", 20)
    before = set(named(units()))
    write(f"data/{number % 7}/新{number}.txt", "a new page")
    after = set(named(units()))
    assert len(before - after) <= 1
    assert 1 <= len(after - before) <= 2


def test_a_big_file_is_split_by_bytes_and_small_ones_beside_it_stay_whole(write, units, monkeypatch):
    monkeypatch.setattr(plan, "UNIT_BYTES", 1000)
    monkeypatch.setattr(plan, "begins_unit", lambda uri, size: False)
    write("recipe.yaml", RECIPE)
    for name, size in (("a", 10), ("b", 2500), ("c", 10)):
        write(f"data/{name}.txt", "x" * size)
    found = [[(file.uri, file.start, file.end) for file in unit.files] for unit in units()]
    assert found == [
        [("a.txt", 0, None)],
        [("b.txt", 0, 1000)],
        [("b.txt", 1000, 2000)],
        [("b.txt", 2000, 2500)],
        [("c.txt", 0, None)],
    ]
    assert [unit.bytes for unit in units()] == [10, 1000, 1000, 500, 10]
    assert len(set(named(units()))) == 5


@pytest.mark.parametrize(("name", "pack"), [("a.txt.gz", True), ("a.txt", True), ("a.jsonl", False)])
def test_a_packed_file_or_one_whose_reader_needs_it_whole_is_not_split(write, units, monkeypatch, name, pack):
    import gzip

    monkeypatch.setattr(plan, "UNIT_BYTES", 20)
    write("recipe.yaml", RECIPE)
    content = os.urandom(200).hex().encode()
    write(f"data/{name}", gzip.compress(content) if pack else content)
    assert [[(file.start, file.end) for file in unit.files] for unit in units()] == [[(0, None)]]


def test_a_limit_takes_a_source_as_one_unit_and_changes_its_name(many, units):
    (limited,) = units(limit=5)
    assert (limited.limit, len(limited.files)) == (5, 300)
    assert len({limited.fingerprint, units(limit=6)[0].fingerprint, *named(units(sample=0.5)), *named(units())}) >= 4


def test_what_cannot_be_read_is_in_the_unit_with_its_reason(write, units):
    write("recipe.yaml", RECIPE)
    write("data/a.exe", b"MZ\0")
    write("data/b.txt", "")
    write("data/c.html", "<html>")
    os.symlink("nowhere", write("data/d.txt", "泵").with_name("e.txt"))
    found = [(file.uri, why) for unit in units() for file, why in unit.unreadable]
    assert found == [
        ("a.exe", "unsupported: no reader for files like .exe"), ("b.txt", "empty"),
        ("c.html", "unsupported: no reader for html"), ("e.txt", "corrupt: No such file or directory"),
    ]  # fmt: skip


@pytest.mark.parametrize(("path", "uris"), [
    ("data", ["b.txt", "子/a.txt"]), ("data/b.txt", ["b.txt"]), ("data/*.txt", ["b.txt"]),
    ("data/**/*.txt", ["b.txt", "子/a.txt"]), ("*/*.txt", ["data/b.txt"]),
])  # fmt: skip
def test_files_are_listed_by_path_below_the_root_and_hidden_ones_passed_over(write, tmp_path, path, uris):
    for name in ("data/b.txt", "data/子/a.txt", "data/.hidden.txt", "data/.git/config.txt"):
        write(name, "x")
    assert [uri for _, uri in listed_files(tmp_path / path)] == uris


def test_touching_copying_or_moving_data_and_recipe_changes_nothing(write, units, tmp_path):
    for path, content in BASE.items():
        write(path, content)
    first = named(units())
    os.utime(tmp_path / "data/a.txt", (1, 1))
    assert named(units()) == first
    shutil.copytree(tmp_path, tmp_path / "elsewhere/deep", ignore=shutil.ignore_patterns("elsewhere", "curate_plugins"))
    assert named(units("elsewhere/deep/recipe.yaml")) == first


@pytest.mark.parametrize(("name", "old", "new"), [
    ("data/a.txt", "pump", "pomp"),
    ("recipe.yaml", "- ours", "- ours: {words: [泵]}"),
    ("recipe.yaml", "- ours", "- ours: {kinds: code}"),
    ("recipe.yaml", "- ours", "- ours: {sources: web}"),
    ("recipe.yaml", "- ours", "- ours\n  - ours"),
    ("recipe.yaml", "web: data", "page: data"),
    ("recipe.yaml", "{web: data}", "{web: {path: data, fields: {url: string}}}"),
    ("recipe.yaml", "steps", "readers: {text: {encoding: gb18030}}\nsteps"),
    ("mine.py", "True", "False"),
    ("beside.py", "1", "2"),
    ("package/deep.py", "lazy", "late"),
    ("package/deeper.py", "1", "2"),
    ("words/a.txt", "泵", "阀"),
])  # fmt: skip
def test_a_unit_has_another_name_when_anything_changes_that_it_depends_on(write, units, name, old, new):
    for path, content in BASE.items():
        write(path, content)
    first = named(units())
    assert named(units()) == first
    write(name, BASE[name].replace(old, new))
    assert named(units()) != first


def test_a_file_of_an_options_folder_that_is_renamed_changes_a_unit_and_a_folder_that_is_renamed_does_not(
    write, units, tmp_path
):
    for path, content in BASE.items():
        write(path, content)
    first = named(units())
    (tmp_path / "words").rename(tmp_path / "lists")
    write("recipe.yaml", BASE["recipe.yaml"].replace("words: words", "words: lists"))
    assert named(units()) == first
    (tmp_path / "lists/a.txt").rename(tmp_path / "lists/zh.txt")
    assert named(units()) != first


def test_a_file_beside_a_plugin_that_it_does_not_import_changes_nothing(write, units):
    for path, content in BASE.items():
        write(path, content)
    first = named(units())
    write("other.py", "x = 1")
    write("package/other.py", "x = 1")
    assert named(units()) == first


def test_a_change_of_steps_changes_the_fingerprint_of_their_stage_alone(write, tmp_path):
    write("data/a.txt", "x")

    def stages(steps):
        write("recipe.yaml", RECIPE.replace("[length]", steps))
        return [stage_fingerprint(phase.lines) for phase in phases_of(read_recipe(tmp_path / "recipe.yaml").steps)]

    first, second = stages("[length, once, squeeze]"), stages("[length, once, length: {min: 4}]")
    assert first[:2] == second[:2]
    assert first[2] != second[2]


def test_steps_between_gathers_and_fits_are_one_stage_and_there_is_always_a_first_one(lines):
    import curate

    @curate.filter
    def one(doc):
        return True

    @curate.gather
    def whole():
        raise NotImplementedError

    @curate.fit(sample=3)
    def learned(docs):
        raise NotImplementedError

    def shape(*functions, first=0):
        return [(phase.number, phase.label, phase.kind) for phase in phases_of(lines(*functions), first)]

    assert shape(one, one, whole, one) == [(0, "one · one#2", "stage"), (1, "whole", "gather"), (2, "one#3", "stage")]
    assert shape(whole, whole) == [(0, "read", "stage"), (1, "whole", "gather"), (2, "whole#2", "gather")]
    assert shape() == [(0, "read", "stage")]
    assert shape(learned, one) == [(0, "read", "stage"), (1, "learned", "fit"), (2, "one", "stage")]
    assert shape(whole, one, first=3) == [(3, "whole", "gather"), (4, "one", "stage")]
    assert Phase(0, ()).label == "read"


def test_a_bundled_plugins_own_files_are_those_of_its_package_that_it_imports(shelf, monkeypatch):
    for name, content in {"a/__init__.py": "", "a/one.py": "from curate_plugins.b import two\nimport numpy", "b/__init__.py": "", "b/two.py": "def f():\n    from ..a import three", "a/three.py": "", "a/four.py": ""}.items():  # fmt: skip
        (shelf / name).parent.mkdir(exist_ok=True)
        (shelf / name).write_text(content)
    module = types.ModuleType("curate_plugins.a.one")
    module.__file__ = str(shelf / "a/one.py")
    assert {str(path.relative_to(shelf)) for path in own_files(module)} == {
        "a/one.py", "b/two.py", "a/three.py", "a/__init__.py", "b/__init__.py",
    }  # fmt: skip


def test_an_installed_modules_own_file_is_its_only_one(write):
    module = types.ModuleType("their_filters")
    module.__file__ = str(write("site/their_filters.py", "import other"))
    write("site/other.py", "")
    assert [path.name for path in own_files(module)] == ["their_filters.py"]
    assert sys.modules.get("their_filters") is None


@given(st.lists(st.text(min_size=1), min_size=1, max_size=50, unique=True))
def test_whether_a_file_begins_a_unit_follows_from_its_own_path_and_size(uris):
    assert [plan.begins_unit(uri, 10) for uri in uris] == [plan.begins_unit(uri, 10) for uri in uris]
    assert all(plan.begins_unit(uri, plan.UNIT_BYTES) for uri in uris)
