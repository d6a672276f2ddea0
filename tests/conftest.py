"""What the tests of the core share: golden files, a shelf of plugins of their own, stages made of plain functions."""

import importlib
import logging
import os
import sys
from hashlib import blake2b
from pathlib import Path
from types import ModuleType

import pluggy
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, settings

import curate_plugins
from curate import Batch, Doc, RecipeError, hookspecs, key_of
from curate.files import place
from curate.plugins import listed, register
from curate.recipe import Checker, Problems, Source
from curate.stages import make_stage, run_stage

OFFLINE = Path(__file__).parent / "offline"
sys.path.insert(0, str(OFFLINE))
sys.modules.pop("sitecustomize", None)  # a machine may have one of its own
offline = importlib.import_module("sitecustomize")  # from here on no test reaches another machine
os.environ["PYTHONPATH"] = os.pathsep.join([str(OFFLINE), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]).rstrip(
    ":"
)
settings.register_profile("curate", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
settings.load_profile("curate")
GOLDEN = Path(__file__).parent / "golden"
BASICS = '''
import json
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Literal

import curate


@curate.reader("text", "markdown", splits=True)
def plain(file, encoding="utf-8"):
    """A document a line."""
    for at, line in file.lines():
        yield curate.Doc(line.decode(encoding), place=at)


@curate.reader("jsonl")
def rows(file, text: str = "text"):
    for at, line in file.lines():
        row = json.loads(line)
        yield curate.Doc(row.pop(text), meta=row, place=at)


@curate.writer(".txt")
def lines(docs, out):
    for doc in docs:
        out.write(doc.text.encode() + b"\\n")


@curate.score(min=3)
def length(doc):
    """Characters."""
    return len(doc.text)


@curate.score(words=(5, 100), mean=(None, 10.5), zh={"words": (8, None)})
def shape(batch):
    words = batch.words
    return {"words": words.start[1:] - words.start[:-1], "mean": words.start[1:] * 0}


@curate.filter
def long_enough(doc, min_chars: int = 3, form: Literal["any", "prose"] = "any", loud=False, skip=()):
    return len(doc.text) >= min_chars


@curate.filter(setup=lambda words: set(Path(words).read_text().split()))
def allowed(doc, state, words: Path | None = None):
    return doc.text in state


@curate.edit
def squeeze(doc):
    return " ".join(doc.text.split())


@curate.expand
def paragraphs(doc):
    return [doc.part(0, 1)]


@curate.gather
def once(prefer: Sequence[str] = ()):
    raise NotImplementedError
'''


@pytest.fixture(autouse=True)
def nothing_leaves_the_machine():
    """What a test tries to reach besides this machine is refused at once, and fails it even where that is swallowed."""
    offline.ATTEMPTS.clear()
    yield
    assert offline.ATTEMPTS == []


@pytest.fixture
def attempts():
    """The machines that a test has tried to reach; it clears the list where it meant to."""
    return offline.ATTEMPTS


@pytest.fixture
def golden(tmp_path):
    """Compare a text with tests/golden/NAME.txt; UPDATE_GOLDEN=1 writes it anew."""

    def compare(name, text):
        path, said = GOLDEN / f"{name}.txt", text.replace(str(tmp_path), "FOLDER") + "\n"
        if os.environ.get("UPDATE_GOLDEN"):
            path.write_text(said, encoding="utf-8")
        assert said == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """The folder of bundled plugins, which holds only what a test puts there and `basics.py`."""
    folder = tmp_path / "curate_plugins"
    folder.mkdir()
    (folder / "basics.py").write_text(BASICS)
    monkeypatch.setattr(curate_plugins, "__path__", [str(folder)])
    monkeypatch.setattr(sys, "path", sys.path[:])
    importlib.invalidate_caches()
    yield folder
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def write(tmp_path):
    """Put a text or bytes into a file below the test's folder."""

    def put(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return put


@pytest.fixture(scope="session")
def batch():
    """Texts, or Docs, as a batch: each with its key, all with one id."""

    def made(*texts, source="s", **about):
        docs = [text if isinstance(text, Doc) else Doc(text, "same id", **about) for text in texts]
        for at, doc in enumerate(docs):
            doc.key, doc.source = doc.key or key_of(source, "a.jsonl", at), doc.source or source
        return Batch.of(docs)

    return made


@pytest.fixture(scope="session")
def offer():
    """Decorated functions as the registry of plugins that a recipe would find them in."""

    def offered(*functions):
        manager, module, problems = pluggy.PluginManager("curate"), ModuleType("mine"), []
        manager.add_hookspecs(hookspecs)
        for function in functions:
            setattr(module, function.__name__, function)
        register(manager, module, "mine", problems)
        registry = listed(manager, problems)
        if problems:
            raise RecipeError(*problems)
        return registry

    return offered


@pytest.fixture(scope="session")
def lines(offer):
    """Recipe lines: functions, or (function, options)."""

    def made(*written, sources=("s", "web", "manuals"), where=("steps",)):
        pairs = [one if isinstance(one, tuple) else (one, {}) for one in written]
        checker = Checker(Problems("recipe", {}), offer(*(function for function, _ in pairs)), Path())
        checker.sources = {name: Source("", name=name) for name in sources}
        checked = checker.steps([{function.__name__: options} for function, options in pairs], where)
        checker.problems.stop()
        return checked

    return made


@pytest.fixture(scope="session")
def stage(lines):
    """Recipe lines as the steps of a stage."""
    return lambda *written: make_stage(lines(*written))


@pytest.fixture(scope="session")
def run(stage):
    """Batches through a stage of functions: what is left, as Docs, and the ledger. `removed` is told what went."""

    def through(written, *batches, removed=None):
        steps = stage(*written) if isinstance(written, (list, tuple)) else stage(written)
        kept, ledger = [], []
        for one in batches:
            marks = one.marks
            left, gone = run_stage(steps, one)
            kept += left
            ledger.append(marks.table(0))
            if removed is not None:
                removed += gone or []
        return kept, pa.concat_tables(ledger, promote_options="default")

    return through


@pytest.fixture(scope="session")
def s3():
    """An S3 of this process: nothing leaves the machine."""
    moto = pytest.importorskip("moto.server", reason="moto is a dev dependency: pip install -e '.[dev]'")
    pytest.importorskip("s3fs", reason="s3fs is the extra `s3`")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        }.items():
            patch.setenv(name, value)
        import s3fs

        s3fs.S3FileSystem().mkdir("bucket")
        yield
    server.stop()


@pytest.fixture
def bucket(s3, request):
    """A folder of its own in that S3."""
    return place(f"s3://bucket/{blake2b(request.node.nodeid.encode(), digest_size=6).hexdigest()}")
