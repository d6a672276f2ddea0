"""Nothing of curate reaches another machine but by the gate, and by fsspec where a recipe names a store."""

import ast
import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import curate
from curate import Batch, Doc, key_of

ROOT = Path(__file__).parent.parent
MODULES = sorted([*(ROOT / "curate").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")])
OUTWARD = ("socket", "ssl", "urllib.request", "http", "ftplib", "smtplib", "requests", "httpx", "aiohttp", "urllib3")
OUTWARD += ("openai", "anthropic", "huggingface_hub", "websockets", "boto3", "botocore", "xmlrpc", "telnetlib")
# A pair of sockets to each worker process, none of which leaves the machine; the name of this machine, for the hold.
LOCAL = {
    "curate/engines/local.py": {"socketpair"},
    "curate/hold.py": {"gethostname"},
    "curate/status.py": {"gethostname"},
}


def imports(tree):
    """Every module that a file imports, wherever in it, also by its name as a text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (node.module, *(f"{node.module}.{one.name}" for one in node.names))
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            yield from (one.value for one in node.args if isinstance(one, ast.Constant))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_but_those_of_the_gate_opens_connections(path):
    name, tree = str(path.relative_to(ROOT)), ast.parse(path.read_bytes())
    outward = {one for one in imports(tree) if f"{one}.".startswith(tuple(f"{module}." for module in OUTWARD))}
    if name in LOCAL:
        used = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "socket"
        }
        assert used <= LOCAL[name]
        outward -= {"socket"}
    assert not outward or name.startswith("curate/llm/"), outward


def test_tests_reach_no_other_machine(attempts):
    stream, six, loose = socket.socket(), socket.socket(socket.AF_INET6), socket.socket(type=socket.SOCK_DGRAM)
    with stream, six, loose:
        for reach in (
            lambda: socket.create_connection(("example.com", 80)),
            lambda: socket.gethostbyname("example.com"),
            lambda: stream.connect(("93.184.216.34", 80)),
            lambda: six.connect_ex(("2001:db8::1", 80)),
            lambda: loose.sendto(b"", ("8.8.8.8", 53)),
            lambda: asyncio.run(asyncio.open_connection("example.com", 443)),
        ):
            with pytest.raises(RuntimeError, match="tests reach no other machine, and this was for '"):
                reach()
    assert set(attempts) <= {"example.com", "93.184.216.34", "2001:db8::1", "8.8.8.8"}  # a worker may have two hooks
    attempts.clear()


def test_they_reach_this_one():
    server = socket.create_server(("127.0.0.1", 0))
    for host in ("localhost", "127.0.0.1"):
        socket.create_connection((host, server.getsockname()[1])).close()
    server.close()


def test_nor_do_the_processes_that_they_start():
    ask = "import socket; socket.create_connection(('example.com', 80))"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True)
    assert "RuntimeError: socket.getaddrinfo: tests reach no other machine" in done.stderr


PLUGIN = """
import socket
import curate

@curate.score()
def reaches(doc):
    try:
        socket.create_connection(("example.com", 80))
    except RuntimeError:
        return 1
    return 0
"""


def test_nor_do_the_workers_of_a_run(write):
    write("docs/a.txt", "Prime the pump.")
    write("mine.py", PLUGIN)
    recipe = write("recipe.yaml", "plugins: [mine.py]\nsources: {docs: docs}\nsteps: [reaches]\n")
    done = curate.run(recipe, recipe.parent / "out", workers=1)
    assert done.ledger["reaches"].to_pylist() == [1.0]


TEXT = "Write to li.hua@example-mail.co.uk or call +1 (212) 555-0142; 邮箱 wang@example.com.cn，电话 13812345678。"


def test_nothing_that_the_step_pii_stands_on_asks_the_network(stage):
    from curate_plugins.safety.pii import pii

    (step,) = stage(pii)
    left = step(Batch.of([Doc(TEXT, key=key_of("a"), source="s")]))["text"][0].as_py()
    assert "@" not in left
    assert "13812345678" not in left


def test_nor_does_what_it_stands_on_as_it_is_imported():
    ask = "import presidio_analyzer, presidio_anonymizer, phonenumbers, faker, re2, tldextract, curate.cli"
    cold = os.environ | {"HOME": "/nonexistent", "TLDEXTRACT_CACHE": "/nonexistent"}
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, env=cold)
    assert done.stderr == ""
