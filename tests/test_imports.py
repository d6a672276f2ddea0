import ast
import subprocess
import sys
from importlib.util import resolve_name
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = [
    ["errors", "kernels", "terminal"],
    ["unpack"],
    ["origin", "files", "personal"],
    ["data", "log"],
    ["llm"],
    ["guard", "hookspecs"],
    ["plugins"],
    ["options"],
    ["steps"],
    ["recipe", "edits"],
    ["scrub"],
    ["stages"],
    ["mix", "tokens", "plan", "removal"],
    ["parts", "reading", "rules"],
    ["originals"],
    ["corpus", "outputs", "ledger", "hold"],
    ["packing"],
    ["fits", "store", "story", "histograms"],
    ["work", "engines", "progress"],
    ["status", "comparison", "replay"],
    ["forget"],
    ["run"],
    ["forecast", "summary", "scaffold", "schema", "sweep", "trial", "likeness"],
    ["testing", "audit"],
    ["__init__"],
    ["cli"],
    ["__main__"],
]  # fmt: skip
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
CORE, BUNDLED = sorted((ROOT / "curate").rglob("*.py")), sorted((ROOT / "plugins").rglob("*.py"))
FOR_PLUGINS = ("curate.kernels", "curate.personal")


def imported(path, root):
    """Every module that a file imports at run time, and where from it takes a name: (module, name)."""
    package = ".".join(path.relative_to(root).parts[:-1])
    tree = ast.parse(path.read_bytes())
    checked = [
        node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
    ]
    typing_only = {id(inner) for node in checked for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from ((one.name, "") for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package)
            yield from ((base, one.name) for one in node.names)


def module_of(path):
    """The module of curate that a file belongs to: `kernels` for all in it."""
    first = path.relative_to(ROOT / "curate").parts[0]
    return first.removesuffix(".py")


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down_only(path):
    own = module_of(path)
    for module, name in imported(path, ROOT):
        if module == "curate":
            module = f"curate.{name}" if name in RANK else "curate.__init__"
        if module.startswith("curate."):
            other = module.split(".")[1]
            assert other == own or RANK[other] < RANK[own], f"{path.name} imports {other}"


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_core_knows_no_plugin(path):
    assert not [module for module, _ in imported(path, ROOT) if module.split(".")[0] == "curate_plugins"]


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: str(path.relative_to(ROOT)))
def test_plugins_import_public_names_kernels_and_their_own_package_only(path):
    import curate

    for module, name in imported(path, ROOT / "plugins"):
        if module == "curate" and name:
            assert name in curate.__all__, f"{name} is not public"
        assert not module.startswith("curate.") or module.startswith(FOR_PLUGINS), module


def test_every_module_of_the_core_has_its_layer():
    assert {module_of(path) for path in CORE} == RANK.keys()


def test_help_imports_nothing_heavy():
    heavy = ["datasets", "presidio_analyzer", "trafilatura", "torch", "openai", "numba", "transformers"]
    ask = (
        "import sys\nfrom curate.cli import main\nmain(['--help'], standalone_mode=False)\n"
        f"print('heavy:', [name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "heavy: []"
