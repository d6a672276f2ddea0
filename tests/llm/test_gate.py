"""Nothing leaves the machine unchecked: what the gate refuses, what it lets pass, and what arrives at the other end."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

import curate
from curate import Batch, Doc, Drop, RecipeError, key_of
from curate.errors import Wrong
from curate.llm.gate import Gate, Refused, Scan
from curate.personal.canaries import canaries
from curate.personal.found import Found
from curate.plan import line_content
from curate.plugins import load_plugins
from curate.stages import make_stage, run_stage

FAR = "https://api.example.com/v1"
PHONE, EMAIL, NAME = "13812345678", "li.hua@example.org", "欧阳娜娜"
KNOWN = {"phone": r"1[3-9][0-9]{9}", "email": r"[\w.]+@[\w.]+[a-z]", "person": NAME, "uscc": "91[0-9A-Z]{16}"}


def find(texts):
    """What these few patterns find."""
    return [
        [Found(*one.span(), type) for type, pattern in KNOWN.items() for one in re.finditer(pattern, text)]
        for text in texts
    ]


def gate(*scans, **told):
    return Gate(scans or [Scan("pii", find)], **told)


def doc(text="", source="s", **about):
    return Doc(text, source=source, **about)


# Which hosts are this machine, or trusted


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/v1",
        "http://localhost:8000/v1?q=1",
        "http://LOCALHOST:8000",
        "http://localhost./v1",
        "http://127.0.0.1:11434/api",
        "http://127.8.9.10/",
        "https://[::1]:8443/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[::ffff:127.0.0.1]/",
    ],
)
def test_a_request_to_this_machine_passes_unchecked(url):
    assert Gate([]).refusal(url, {"input": PHONE}, doc()) == ""


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost@evil.com/",
        "http://localhost:8000@evil.com/",
        "http://evil.com#@localhost/",
        "http://evil.com\\@localhost/",
        "http://localhost\\.evil.com/",
        "http://evil.com?@localhost/",
        "http://127.0.0.1.evil.com/",
        "http://localhost.evil.com/",
        "http://127.0.0.1%2eevil.com/",
        "http://lo\tcalhost/",
        " http://localhost/",
        "http://ｌocalhost/",
        "http://locaⅼhost/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://[::ffff:8.8.8.8]/",
        "http://[::1/",
        "http://",
        "localhost/v1",
        "file:///etc/passwd",
        "ftp://localhost/",
        "",
    ],
)
def test_what_only_looks_like_this_machine_is_refused(url):
    assert gate().refusal(url, {"input": PHONE}, doc()).startswith("refused: ")


@pytest.mark.parametrize(
    ("trusted", "url", "passes"),
    [
        ("api.example.com", "https://api.example.com/v1", True),
        ("API.example.com.", "https://api.Example.com.:443/v1", True),
        ("api.example.com", "https://api.example.com.evil.com/", False),
        ("api.example.com", "https://evil-api.example.com/", False),
        ("api.example.com", "https://x.api.example.com/", False),
        ("api.example.com", "https://api.example.com@evil.com/", False),
        ("*.corp.example", "https://llm.corp.example/", True),
        ("*.corp.example", "https://a.b.corp.example/", True),
        ("*.corp.example", "https://corp.example/", False),
        ("*.corp.example", "https://notcorp.example/", False),
        ("*.corp.example", "https://llm.corp.example.evil.com/", False),
        ("10.0.0.5", "http://10.0.0.5:8000/", True),
        ("10.0.0.5", "http://10.0.0.50:8000/", False),
        ("FD00::0005", "http://[fd00::5]:8000/", True),
    ],
)
def test_a_trusted_host_is_the_very_host_or_one_below_its_domain(trusted, url, passes):
    assert (gate(trusted_hosts=[trusted]).refusal(url, {"input": PHONE}, doc()) == "") == passes


# What is looked through

CLEAN = ["Prime the pump. 先灌泵。", "", "🙂", "a\0b", "C:\\new\\u12", "100 % + 5", "[电话] [PHONE]"]


@pytest.mark.parametrize("text", CLEAN)
def test_text_in_which_nothing_is_found_may_go(text):
    assert gate().refusal(FAR, {"input": text}, doc(text)) == ""
    assert gate().refusal(FAR, json.dumps({"input": [text, text]}), doc(text)) == ""


@pytest.mark.parametrize(
    "body",
    [
        {"input": f"打 {PHONE}"},
        {"messages": [{"role": "user", "content": f"call {PHONE}"}]},
        {"input": 13812345678},
        {"input": [1, 2, [13812345678]]},
        {PHONE: True},
        {PHONE: {"a": 1}},
        {PHONE: []},
        {PHONE: [{"a": None}]},
        {"messages": ({"content": PHONE},)},
        {"arguments": json.dumps({"who": json.dumps(NAME)})},
        f"call {PHONE}",
        f"call {PHONE}".encode(),
        json.dumps({"who": NAME}),
        json.dumps({"who": NAME}).encode(),
        f'{{"input": "{PHONE}", "input": "nothing"}}',
        '{"input": 1.3812345678E10, "x": 13812345678}',
        f'"{PHONE}"',
        PHONE,
        "\n".join(json.dumps({"custom_id": at, "body": NAME}) for at in range(3)),
        f"who={quote(NAME)}&n=1",
        f"who=+{quote(quote(NAME))}",
        f"mail={quote(EMAIL, safe='')}",
        {"input": ["打 138123", "45678 吧"]},
        {"messages": [{"role": "user", "content": "1381234"}, {"role": "user", "content": "5678"}]},
        {"input": list(PHONE)},
        {"messages": [{"content": [{"type": "text", "text": "欧阳"}, {"type": "text", "text": "娜娜"}]}]},
    ],
    ids=str,
)
def test_personal_data_is_found_wherever_a_body_holds_it(body):
    assert re.match("refused: (phone|email|person) at ", gate().refusal(FAR, body, doc()))


@pytest.mark.parametrize("escaped", [True, False])
def test_it_is_found_in_the_form_that_json_gives_it(escaped):
    body = json.dumps({"input": f"她叫\n{NAME}。"}, ensure_ascii=escaped)
    assert "person at 10-14 would" in gate().refusal(FAR, body, doc())


@pytest.mark.parametrize("url", [f"{FAR}?q={PHONE}", f"{FAR}/{quote(NAME)}", f"https://{PHONE}.example.com/"])
def test_personal_data_in_an_address_is_found_and_its_host_is_not_told(url):
    why = gate().refusal(url, {}, doc())
    assert " of the address would have gone to another machine" in why
    assert PHONE not in why
    assert NAME not in why
    assert "example.com" not in gate().refusal(url, {"input": EMAIL}, doc())


def test_headers_are_looked_through_but_for_the_keys_of_the_caller():
    ours = {"Authorization": PHONE, "api-key": PHONE, "X-Api-Key": PHONE}
    assert gate().refusal(FAR, {}, doc(), ours) == ""
    assert "phone at 8-19 of the headers" in gate().refusal(FAR, {}, doc(), ours | {"X-User": PHONE})


@pytest.mark.parametrize("body", [b"\xff\xfe\x01", f"call {PHONE}".encode("utf-16-le"), b"\x1f\x8b\x08\x00"])
def test_a_body_that_cannot_be_looked_through_is_refused(body):
    assert (
        gate().refusal(FAR, body, doc()) == "refused: its body is no text in UTF-8, which alone can be looked through"
    )


@pytest.mark.parametrize("body", [{"input": "\ud800"}, "\ud800", '"\\ud800"', '{"\\udc00": "\\ud83d\\ude00"}'])
def test_half_a_surrogate_pair_is_no_way_past(body):
    assert gate().refusal(FAR, body, doc()) == ""
    assert "phone" in gate().refusal(FAR, {"a": body, "b": PHONE}, doc())


def test_numbers_that_stand_in_a_row_are_none_across():
    assert gate().refusal(FAR, {"input": [1381234, 5678]}, doc()) == ""
    assert gate().refusal(FAR, '{"input": [1381234, 5678]}', doc()) == ""


def test_what_a_whole_text_hides_is_not_found_in_its_end():
    longer = [f"x{'a' * 60}", "b"]
    ends_only = Scan("pii", lambda texts: [[Found(0, 5, "phone")] if "\n" not in one else [] for one in texts])
    assert gate(ends_only, trusted_hosts=[]).refusal(FAR, {"input": longer}, doc()).count("at 0-5") == 1
    crossing = Scan("pii", lambda texts: [[Found(0, 5, "phone")] if one.startswith("aaaa") else [] for one in texts])
    assert gate(crossing).refusal(FAR, {"input": longer}, doc()) == ""


def test_the_number_of_a_firm_may_go():
    assert gate().refusal(FAR, {"input": "91350100M000100Y43"}, doc()) == ""


def test_the_sentence_names_types_and_places_and_the_host_but_no_value():
    why = gate().refusal(FAR, {"input": f"{PHONE} {EMAIL} {NAME}"}, doc())
    assert why == (
        "refused: phone at 7-18, email at 19-37, person at 38-42 would have gone to api.example.com; "
        "let `pii` stand after what adds that, or name the host in `trusted_hosts:`"
    )


def test_of_many_finds_the_sentence_names_five():
    why = gate().refusal(FAR, " ".join([PHONE] * 12), doc())
    assert why.count("phone at ") == 5
    assert " and 7 more would have gone" in why


@given(st.text(), st.sampled_from([PHONE, EMAIL, NAME]), st.text(), st.booleans(), st.integers(0, 3))
def test_whatever_stands_around_it_a_planted_value_is_refused_and_never_told(before, value, after, escaped, depth):
    body = f"{before} {value} {after}"
    for _ in range(depth):
        body = json.dumps({"input": body}, ensure_ascii=escaped)
    why = gate().refusal(FAR, body, doc())
    assert why.startswith("refused: ")
    assert value not in why


# Text that nothing has scrubbed


def test_text_that_no_step_has_scrubbed_is_refused_though_nothing_is_found():
    assert Gate([]).refusal(FAR, {"input": "灌泵"}, doc(source="web")) == (
        "refused: no step that removes personal data stands before it for source 'web' and kind 'text'; "
        "put one there, such as `pii`, or name the host in `trusted_hosts:`"
    )


@pytest.mark.parametrize(
    ("scan", "passes"),
    [
        (Scan("pii", find), True),
        (Scan("pii", find, sources=("s",)), True),
        (Scan("pii", find, sources=("web",)), False),
        (Scan("pii", find, kinds=("text", "code")), True),
        (Scan("pii", find, kinds=("example",)), False),
        (Scan("secrets", find, personal=False), False),
    ],
)
def test_the_step_that_scrubs_has_to_be_for_this_source_and_kind(scan, passes):
    assert (gate(scan).refusal(FAR, {"input": "灌泵"}, doc()) == "") == passes


def test_only_steps_that_were_for_a_document_look_its_requests_through():
    none = Scan("pii", lambda texts: [[] for _ in texts], sources=("s",))
    both = gate(none, Scan("pii#2", find, sources=("web",)))
    assert both.refusal(FAR, {"input": PHONE}, doc()) == ""
    assert "let `pii#2` stand" in both.refusal(FAR, {"input": PHONE}, doc(source="web"))


def test_what_a_step_for_secrets_finds_refuses_too():
    nothing = Scan("pii", lambda texts: [[] for _ in texts])
    key = Scan("secrets", lambda texts: [[Found(0, 4, "secret")] for _ in texts], personal=False)
    assert "secret at 0-4" in gate(nothing, key).refusal(FAR, {"input": "hush"}, doc())


def test_where_looking_through_fails_nothing_goes():
    def fails(texts):
        raise ValueError(texts)

    why = gate(Scan("pii", fails)).refusal(FAR, {"input": PHONE}, doc())
    assert why == "refused: pii cannot look it through: ValueError"


def test_the_recipe_can_have_it_sent_all_the_same_and_each_time_is_counted():
    times = []
    open_gate = gate(send_unscrubbed=True, let_through=lambda: times.append(1))
    assert open_gate.refusal(FAR, {"input": "灌泵"}, doc()) == ""
    assert times == []
    assert open_gate.refusal(FAR, {"input": PHONE}, doc()) == ""
    assert Gate([], send_unscrubbed=True).refusal(FAR, {"input": PHONE}, doc()) == ""
    assert times == [1]


# Sending


@pytest.fixture
def server(monkeypatch):
    """A server that keeps what it gets: `.got` has (path, headers, body); `.answer` is what it says."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.got.append((self.path, dict(self.headers), body))
            status, headers, reply = self.server.answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply)

        do_GET = do_CONNECT = do_POST

        def log_message(self, *said):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.got, server.answer = [], (200, {}, b'{"flagged": 0.5}')
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def here(server, path="/v1"):
    return f"http://127.0.0.1:{server.server_port}{path}"


@pytest.fixture
def far_away(server, monkeypatch):
    """The server's address under a foreign name, which is resolved to it."""
    import socket

    resolve = socket.getaddrinfo
    known = {"api.example.com": "127.0.0.1"}
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *more: resolve(known.get(host, host), *more))
    return f"http://api.example.com:{server.server_port}/v1"


def test_what_may_go_arrives_as_it_is(server, far_away):
    assert gate().send(far_away, {"input": "先灌泵 🙂"}, doc(), {"Authorization": "Bearer mine"}) == b'{"flagged": 0.5}'
    assert gate().send(f"{far_away}/泵?a=b%20c", "text 泵", doc()) == b'{"flagged": 0.5}'
    assert gate().send(here(server), PHONE.encode(), doc(), {"Content-Type": "a/b"}) == b'{"flagged": 0.5}'
    (_, headers, first), (path, _, second), (_, other, third) = server.got
    assert json.loads(first) == {"input": "先灌泵 🙂"}
    assert (headers["Content-Type"], headers["Authorization"]) == ("application/json", "Bearer mine")
    assert (path, second.decode()) == (f"/v1/{quote('泵')}?a=b%20c", "text 泵")
    assert (other["Content-Type"], third) == ("a/b", PHONE.encode())


def test_what_must_not_go_is_raised_and_does_not_arrive(server, far_away):
    with pytest.raises(Refused, match="phone at 7-18 would have gone to"):
        gate().send(far_away, {"input": PHONE}, doc())
    with pytest.raises(Refused, match="no step that removes personal data"):
        Gate([]).send(far_away, {"input": "灌泵"}, doc())
    assert server.got == []


def test_a_redirection_is_not_followed(server, far_away):
    for status in (301, 302, 303, 307, 308):
        server.answer = (status, {"Location": far_away.replace("v1", "v2")}, b"")
        with pytest.raises(Wrong, match=f"the server answered with status {status}"):
            gate().send(here(server), {"input": PHONE}, doc())
    assert {path for path, _, _ in server.got} == {"/v1"}


def test_a_failure_says_its_status_and_nothing_of_the_reply(server):
    server.answer = (429, {}, PHONE.encode())
    with pytest.raises(Wrong, match=r"^the server answered with status 429$"):
        gate().send(here(server), {}, doc())


def test_no_server_is_said_in_a_word(server):
    port = server.server_port
    server.shutdown()
    server.server_close()
    with pytest.raises(Wrong, match=r"^no answer: ConnectionRefusedError$"):
        gate().send(f"http://127.0.0.1:{port}/", {}, doc())


@pytest.mark.parametrize("trusted", [[], ["api.example.com"]])
def test_what_is_not_checked_goes_past_every_proxy(server, far_away, trusted, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://proxy.example.com:3128")
    to = far_away if trusted else here(server)
    assert gate(trusted_hosts=trusted).send(to, {"input": PHONE}, doc())
    assert len(server.got) == 1


# As a step


@curate.edit(scrubs=True)
def scrub(batch, types=("phone", "email", "person")):
    return [
        [(*one.span(), f"[{type}]", type) for type in types for one in re.finditer(KNOWN[type], text)]
        for text in batch["text"].to_pylist()
    ]


@curate.edit(scrubs=True)
def rewrite(doc):
    return doc.text.replace(PHONE, "[phone]")


@curate.edit(scrubs=True)
def dropping(doc):
    return Drop("too much") if PHONE in doc.text else []


@curate.edit(scrubs="secrets")
def hide(doc):
    return []


@curate.edit
def sign(doc):
    return f"{doc.text} {PHONE}" if "contract" in doc.text else doc.text


@curate.score(cost="high")
def moderate(doc, gate, to=FAR):
    return float(json.loads(gate.send(to, {"input": doc.text}, doc))["flagged"])


@curate.score(cost="high")
def moderate_all(batch, gate, to=FAR):
    gate.send(to, {"input": batch["text"].to_pylist()}, batch)
    return [1.0] * len(batch)


def outcomes(steps, batch):
    run_stage(steps, batch)
    told = batch.marks.table(0)
    return list(zip(told["outcome"].to_pylist(), told["reason"].to_pylist(), strict=True))


def test_a_step_sends_what_was_scrubbed_and_the_ledger_has_what_was_refused(server, far_away, stage, batch):
    told = outcomes(stage(scrub, sign, (moderate, {"to": far_away})), batch(f"call {PHONE}", "a contract", "泵"))
    assert told[0] == told[2] == ("kept", "")
    assert told[1][0] == "error"
    assert told[1][1].startswith("refused: phone at 18-29 would have gone to api.example.com; let `scrub` stand")
    assert [json.loads(body)["input"] for _, _, body in server.got] == ["call [phone]", "泵"]


def test_a_batch_that_is_refused_is_asked_one_by_one(server, far_away, stage, batch):
    told = outcomes(stage(scrub, sign, (moderate_all, {"to": far_away})), batch("one", "a contract", "two"))
    assert [outcome for outcome, _ in told] == ["kept", "error", "kept"]
    assert [json.loads(body)["input"] for _, _, body in server.got] == [["one"], ["two"]]


@pytest.mark.parametrize("scrubbing", [rewrite, dropping])
def test_any_form_of_edit_that_scrubs_looks_requests_through(scrubbing, stage):
    gate = stage(scrubbing, moderate)[1].gate()
    assert gate.refusal(FAR, {"input": "灌泵"}, doc()) == ""
    assert "personal data at " in gate.refusal(FAR, {"input": PHONE}, doc())


def test_what_a_step_finds_and_leaves_as_it_is_may_go(stage):
    @curate.edit(scrubs=True)
    def pseudonyms(doc):
        return [(*one.span(), "13900001111", "phone") for one in re.finditer(KNOWN["phone"], doc.text)]

    gate = stage(pseudonyms, moderate)[1].gate()
    assert gate.refusal(FAR, {"input": "call 13900001111"}, doc()) == ""
    assert "phone at 12-23" in gate.refusal(FAR, {"input": f"call {PHONE}"}, doc())


def test_of_a_new_text_the_place_is_where_it_differs(stage):
    gate = stage(rewrite, moderate)[1].gate()
    assert "personal data at 5-16 would" in gate.refusal(FAR, f"call {PHONE} now", doc())


def test_only_the_lines_before_a_step_count_and_those_for_secrets_are_not_enough(stage):
    assert len(stage(moderate, scrub)[0].gate().scans) == 0
    assert stage(hide, moderate)[1].gate().unscrubbed(doc())
    assert not stage(hide, scrub, moderate)[2].gate().unscrubbed(doc())


def test_steps_of_sft_count_those_of_the_documents_too(lines, offer):
    from curate.recipe import Checker, Problems, Source

    checker = Checker(Problems("recipe", {}), offer(scrub, moderate), Path())
    checker.sources = {"s": Source("", name="s")}
    checker.steps([{"scrub": {"sources": "s"}}], ("steps",))
    (line,) = checker.steps(["moderate"], ("sft", "steps"))
    (step,) = make_stage([line])
    assert [(scan.label, scan.sources) for scan in step.gate().scans] == [("scrub", ("s",))]


def test_what_a_step_that_scrubs_has_loaded_is_not_loaded_again(stage):
    steps = stage(scrub, moderate, (moderate, {"to": FAR}))
    assert steps[1].gate().scans[0].find.__self__ is steps[0]
    assert steps[2].gate().scans[0].find.__self__ is steps[0]


def test_a_line_that_asks_is_made_anew_where_another_host_is_trusted_or_another_step_scrubs(lines):
    from dataclasses import replace

    _, line = lines(scrub, moderate)
    _, other = lines((scrub, {"types": ["phone"]}), moderate)
    names = [json.dumps(line_content(one), default=str) for one in (line, other, *lines(moderate))]
    names.append(json.dumps(line_content(replace(line, trusted_hosts=("a.example.com",))), default=str))
    names.append(json.dumps(line_content(replace(line, send_unscrubbed=True)), default=str))
    assert len(set(names)) == 5


def test_an_edit_that_scrubs_asks_nobody(shelf):
    (shelf / "mine.py").write_text(
        "import curate\n\n@curate.edit(scrubs=True)\ndef elsewhere(doc, gate):\n    return gate.send(doc.uri, doc.text, doc)"
    )
    with pytest.raises(RecipeError, match="edit 'elsewhere' removes personal data, so it asks no other machine"):
        load_plugins()


# In a recipe


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("trusted_hosts", ["https://api.example.com/v1"], "is an address; a trusted host is its name alone, api.exa"),
        ("trusted_hosts", ["api.example.com:8000"], "is an address; a trusted host is its name alone, api.example.com"),
        ("trusted_hosts", ["*"], "'*' is no host; write it like api.example.com, or *.example.com"),
        ("trusted_hosts", ["*.com"], "'*.com' takes in half the world; a wildcard stands for what is below a domain"),
        ("trusted_hosts", ["api.*.com"], "is no host"),
        ("trusted_hosts", ["我的.example"], "is no host"),
        ("trusted_hosts", [""], "'' is no host"),
        ("trusted_hosts", "api.example.com", "key 'trusted_hosts' should be a list, each a text"),
        ("send_unscrubbed", "yes", "send_unscrubbed should be true or false"),
    ],
)
def test_a_recipe_says_what_is_wrong_with_its_hosts(key, value, sentence, write):
    write("docs/a.txt", "灌泵")
    recipe = {"sources": {"docs": "docs"}, "steps": [], key: value}
    with pytest.raises(RecipeError) as raised:
        curate.recipe.read_recipe(recipe, folder=write("x", "").parent)
    assert sentence.removeprefix("key 'trusted_hosts' ") in str(raised.value)


PLUGIN = """
import json
import socket

import curate

resolve = socket.getaddrinfo
known = {"api.example.com": "127.0.0.1"}
socket.getaddrinfo = lambda host, *more: resolve(known.get(host, host), *more)


@curate.edit
def sign(doc, signature=""):
    return f"{doc.text} {signature}" if "contract" in doc.text else doc.text


@curate.score(cost="high", kinds=("text", "code", "example"))
def moderate(doc, gate, to=""):
    said = {"id": doc.id, "uri": doc.uri, "meta": doc.meta, "text": doc.text, "messages": doc.messages}
    return json.loads(gate.send(to, said, doc))["flagged"]
"""
LONG = "The pump runs at a rated speed. 水泵按额定转速运行，安装之前应当检查密封圈。"
PROFILE = "extends: clinical_zh\nsiblings: false\n"
SIGNED = ("cn_id", "email")  # of the documents with these a later step writes a number behind


@pytest.fixture(scope="module")
def planted(stage, tmp_path_factory):
    """Sentences with a value of every type, Chinese and English, each of which the steps that scrub take out."""
    from curate_plugins.safety.pii import pii
    from curate_plugins.safety.secrets import secrets

    profile = tmp_path_factory.mktemp("profile") / "own.yaml"
    profile.write_text(PROFILE)
    said = [one for one in canaries(Random(7)) if one.type != "uscc"]  # a firm's, which may go
    left, _ = run_stage(
        stage((pii, {"extend": profile}), secrets),
        Batch.of(Doc(one.sentence, key=key_of(at), source="s") for at, one in enumerate(said)),
    )
    after = dict(zip(left["key"].to_pylist(), left["text"].to_pylist(), strict=True))
    found = [one for at, one in enumerate(said) if value_of(one) not in after[key_of(at)]]
    assert {one.type for one in found} == {one.type for one in said}
    return found


def value_of(one):
    """The planted value itself."""
    return one.sentence[one.start : one.end]


@pytest.fixture
def corpus(write, planted):
    """Documents with planted values in text, messages, meta, id and file name; of one source nothing is scrubbed."""
    write("plugin.py", PLUGIN)
    write("own.yaml", PROFILE)
    rows = []
    for number, one in enumerate(planted):
        rows.append({"id": one.sentence, "text": f"{LONG}\n{one.sentence}", "title": one.sentence})
        rows.append({"messages": [{"role": "user", "content": one.sentence}, {"role": "assistant", "content": LONG}]})
        if "/" not in one.sentence and one.form == "labelled":
            write(f"manuals/{number:03} {one.sentence} - notes.txt", LONG)
    write("manuals/all.jsonl", "\n".join(json.dumps(row) for row in rows))
    for type in SIGNED:
        one = next(one for one in planted if one.type == type)
        write(f"manuals/{type}.txt", f"A contract. {LONG}\n{one.sentence}")
        write(f"web/{type}.txt", f"{LONG}\n{one.sentence}")
    write("web/nothing.txt", "A page on pumps.")
    return write("x.txt", "").parent


def posted(corpus, out, far_away, **more):
    """The run of a recipe whose step posts every document."""
    manuals = {"sources": ["manuals"]}
    steps = [{"pii": {"extend": "own.yaml", **manuals}}, {"secrets": manuals}]
    steps += [{"sign": {"signature": f"电话 {PHONE}"}}, {"moderate": {"to": far_away}}]
    recipe = {"plugins": ["plugin.py"], "sources": {"manuals": "manuals", "web": "web"}, "steps": steps, **more}
    (corpus / "recipe.yaml").write_text(json.dumps(recipe))
    return curate.run(corpus / "recipe.yaml", corpus / out, workers=1)


def arrived(server):
    """Everything that came to a server, as it came and as JSON says it."""
    for path, headers, body in server.got:
        yield "\n".join([path, str(headers), body.decode(), json.dumps(json.loads(body), ensure_ascii=False)])


def refused(done):
    """The reasons of the documents that were refused, by source."""
    told = [row for row in done.ledger.to_pylist() if row["outcome"] == "error"]
    return {source: [row["reason"] for row in told if row["source"] == source] for source in ("manuals", "web")}


def test_no_planted_value_arrives_and_the_ledger_has_what_was_refused(server, far_away, corpus, planted):
    done = posted(corpus, "out", far_away)
    said = "\n".join(arrived(server))
    values = [(one.type, value_of(one)) for one in planted]
    assert [(type, value) for type, value in values if len(value) > 2 and value in said] == []
    assert len(server.got) > 2 * len(planted)
    reasons = refused(done)
    assert [
        re.match(r"refused: phone at \d+-\d+ would have gone to api.example.com;", one) for one in reasons["manuals"]
    ]
    assert len(reasons["manuals"]) == len(SIGNED)
    unscrubbed = "refused: no step that removes personal data stands before it for source 'web' and kind 'text'"
    assert [one.partition(";")[0] for one in reasons["web"]] == [unscrubbed] * (len(SIGNED) + 1)
    assert "sent_unscrubbed" not in done.manifest["steps"]["moderate"]


def test_what_the_recipe_has_sent_all_the_same_stands_in_the_manifest(server, far_away, corpus):
    done = posted(corpus, "out", far_away, send_unscrubbed=True)
    assert done.manifest["recipe"]["send_unscrubbed"] is True
    assert done.manifest["steps"]["moderate"]["sent_unscrubbed"] == 2 * len(SIGNED) + 1
    assert len(server.got) == done.manifest["steps"]["moderate"]["seen"]


def test_a_trusted_host_gets_everything_and_the_step_runs_again_for_it(server, far_away, corpus):
    posted(corpus, "out", far_away)
    before = len(server.got)
    done = posted(corpus, "out", far_away, trusted_hosts=["api.example.com"])
    assert refused(done) == {"manuals": [], "web": []}
    assert len(server.got) - before == before + 2 * len(SIGNED) + 1


# The page


def test_the_page_on_the_gate_has_an_example_that_runs(server, far_away, write, monkeypatch):
    page = (Path(__file__).parents[2] / "docs" / "gate.md").read_text("utf-8")
    plugin, recipe = (re.search(rf"```{kind}\n(.*?)```", page, re.DOTALL)[1] for kind in ("python", "yaml"))
    resolving = PLUGIN[: PLUGIN.index("@curate.edit")]
    at = urlsplit(far_away)
    folder = write("moderation.py", resolving + plugin.replace("https://api.example.com", f"http://{at.netloc}")).parent
    write("recipe.yaml", recipe)
    write("manuals/a.txt", f"Call the pump's owner, 电话 {PHONE}.")
    done = curate.run(folder / "recipe.yaml", folder / "out", workers=1)
    assert set(done.ledger["outcome"].to_pylist()) == {"kept"}
    assert PHONE not in str(server.got)
    assert len(server.got) == 1
