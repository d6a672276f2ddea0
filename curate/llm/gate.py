"""The one way out of this machine for text: what would leave is looked through first, and refused where it tells.

A request to a host that is neither this machine nor trusted goes out only when two things are true: a step that removes
personal data stands before the step that asks, for documents of this source and kind; and the steps that scrub find
nothing in what would go out. What they find is told by type and place (characters of what was looked through), never
by its value.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, NamedTuple
from urllib.parse import SplitResult, quote, unquote_plus, urlsplit

from curate.data import Batch, Doc, valid
from curate.errors import Wrong
from curate.personal.entities import ENTITIES
from curate.personal.found import Found

Find = Callable[[Sequence[str]], Sequence[Sequence[Found]]]
Body = str | bytes | Mapping[str, Any]
OWN_HEADERS = {"authorization", "api-key", "x-api-key", "x-goog-api-key"}  # what the caller says of itself
HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|[0-9a-f:.]+")
ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([ntr\"/\\]))")
SPACES = {"n": "\n", "t": "\t", "r": "\r"}
LEVELS = 3  # of one encoding inside another: JSON in a text in JSON
BESIDE = 40  # characters either side of where one text of a list ends and the next begins
ADDRESS = "the address"
TOLD = 5  # finds that a sentence names


class Refused(Wrong):
    """A request that does not leave this machine. It is an error of its document; the ledger has the words."""


class Scan(NamedTuple):
    """A step that scrubs and stands before the one that asks: what it finds, and which documents it is put to."""

    label: str
    find: Find
    sources: tuple[str, ...] = ()  # none is all
    kinds: tuple[str, ...] = ()  # none is all
    personal: bool = True  # whether it removes personal data; where only secrets went, a text is not clean

    def concerns(self, source: str, kind: str) -> bool:
        """Whether documents of this source and kind pass through it."""
        return (not self.sources or source in self.sources) and (not self.kinds or kind in self.kinds)


class Gate:
    """What a step that takes `gate` sends its requests through; `let_through` is told of each that was not clean."""

    def __init__(
        self,
        scans: Sequence[Scan],
        trusted_hosts: Sequence[str] = (),
        send_unscrubbed: bool = False,
        let_through: Callable[[], None] = lambda: None,
    ) -> None:
        self.scans, self.send_unscrubbed, self.let_through = tuple(scans), send_unscrubbed, let_through
        self.trusted_hosts = [plain_host(host) for host in trusted_hosts]

    def refusal(self, url: str, body: Body, doc: Doc | Batch, headers: Mapping[str, str] = {}) -> str:
        """Why a request for a document, or for those of a batch, must not go out; "" where it may."""
        try:
            host = host_of(url)
        except Refused as error:
            return str(error)
        if is_loopback(host) or self.trusts(host):
            return ""
        why = self.unscrubbed(doc) or self.found(url, body, doc, headers)
        if why and self.send_unscrubbed:
            self.let_through()
            return ""
        return why

    def send(
        self, url: str, body: Body, doc: Doc | Batch, headers: Mapping[str, str] = {}, timeout: float = 60
    ) -> bytes:
        """POST a body, a mapping as JSON, and give the reply; raises `Refused`, or `Wrong` where there is no reply.

        A redirection is not followed: it may lead to another host. `timeout` is in seconds.
        """
        if why := self.refusal(url, body, doc, headers):
            raise Refused(why)
        type = "application/json" if isinstance(body, Mapping) else "text/plain; charset=utf-8"
        host = host_of(url)
        straight = is_loopback(host) or (self.trusts(host) and address(url).scheme == "http")
        return posted(url, encoded(body), {"Content-Type": type, **headers}, timeout, straight)

    def trusts(self, host: str) -> bool:
        """Whether the recipe names a host: itself, or by ``*.`` a domain that it is below."""
        return any(host == one or (one[:2] == "*." and host.endswith(one[1:])) for one in self.trusted_hosts)

    def unscrubbed(self, doc: Doc | Batch) -> str:
        """Which documents no step that removes personal data was put to, as a reason; "" where there are none."""
        for source, kind in sorted(origins(doc)):
            if not any(scan.personal and scan.concerns(source, kind) for scan in self.scans):
                return (
                    f"refused: no step that removes personal data stands before it for source {source!r} and kind "
                    f"{kind!r}; put one there, such as `pii`, or name the host in `trusted_hosts:`"
                )
        return ""

    def found(self, url: str, body: Body, doc: Doc | Batch, headers: Mapping[str, str]) -> str:
        """What the steps that scrubbed these documents find in a request, as a reason; "" where that is nothing."""
        try:
            pieces = pieces_of(url, body, headers)
        except UnicodeDecodeError:
            return "refused: its body is no text in UTF-8, which alone can be looked through"
        texts, of = [one.text for one in pieces], origins(doc)
        for scan in self.scans:
            if not any(scan.concerns(source, kind) for source, kind in of):
                continue
            try:
                finds = scan.find(texts)
            except Exception as error:  # what cannot be looked through does not go out
                return f"refused: {scan.label} cannot look it through: {type(error).__name__}"
            held = [
                (piece.place, told) for piece, found in zip(pieces, finds, strict=True) if (told := piece.held(found))
            ]
            if held:
                host = "another machine" if ADDRESS in dict(held) else address(url).hostname
                return sentence(scan.label, *held[0], f"{host}")
        return ""


class Piece(NamedTuple):
    """A stretch of what would go out, and what it is of a request; "" is its body."""

    place: str
    text: str
    joints: tuple[int, ...] | None = None  # where one text ends and the next begins; none where it is a whole

    def held(self, found: Sequence[Found]) -> list[Found]:
        """What of that refuses the request: no number of a firm, which is public; of ends what goes across a joint."""
        joints = self.joints
        return [
            one
            for one in found
            if (one.type not in ENTITIES or ENTITIES[one.type].identifies != "organisation")
            and (joints is None or any(one.start < joint < one.end for joint in joints))
        ]


def sentence(label: str, place: str, told: Sequence[Found], host: str) -> str:
    """The reason for a request in which something was found, and where it would have gone."""
    said = ", ".join(f"{one.type} at {one.start}-{one.end}" for one in told[:TOLD])
    more = f" and {len(told) - TOLD} more" if len(told) > TOLD else ""
    where = f"{said}{more}{f' of {place}' if place else ''} would have gone to {host}"
    return f"refused: {where}; let `{label}` stand after what adds that, or name the host in `trusted_hosts:`"


def pieces_of(url: str, body: Body, headers: Mapping[str, str]) -> list[Piece]:
    """Everything that would go out but the caller's own keys; raises `UnicodeDecodeError` where it is no text."""
    about = "\n".join(f"{name}: {value}" for name, value in headers.items() if name.lower() not in OWN_HEADERS)
    besides = [Piece("the headers", valid(about))] if about else []
    besides += [Piece(ADDRESS, one) for one in readings(url, percent=True)]
    parsed, text = parse(body)
    if text is not None:
        return [Piece("", one) for one in readings(text, percent=True)] + besides
    said = list(leaves(parsed))
    text = "\n".join(f"{name}: {one}" if name else str(one) for name, one in said)
    return [Piece("", one) for one in readings(text, percent=False)] + [*meetings(said), *besides]


def parse(body: Body) -> tuple[Any, str | None]:
    """A body as JSON, or else as a text; raises `UnicodeDecodeError` where it is neither."""
    if isinstance(body, Mapping):
        return body, None
    text = body.decode() if isinstance(body, bytes) else body
    if "\0" in text:  # UTF-16, or something packed
        raise UnicodeDecodeError("utf-8", b"\0", 0, 1, "a zero byte")
    try:
        return json.loads(text, object_pairs_hook=Pairs, parse_int=Number, parse_float=Number), None
    except (ValueError, RecursionError):
        return None, text


class Pairs(list[tuple[str, Any]]):
    """An object of JSON, with what stands twice under one name."""


class Number(str):
    """A number of JSON as it was written."""

    __slots__ = ()


def leaves(value: Any, name: str | None = "") -> Iterator[tuple[str | None, Any]]:
    """Every text and number in parsed JSON behind the name it stands under; every other name alone."""
    if isinstance(value, Mapping | Pairs):
        for key, one in value.items() if isinstance(value, Mapping) else value:
            if isinstance(one, bool | int | float | str):
                yield str(key), one
            else:
                yield None, str(key)
                yield from leaves(one, str(key))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from leaves(one, name)
    elif value is not None:
        yield name, value


def meetings(said: Iterable[tuple[str | None, Any]]) -> Iterator[Piece]:
    """The ends of texts of one name that follow each other, as those of messages do: a number may go across."""
    tails: dict[str, str] = {}
    text, joints = "", list[int]()
    for name, one in said:
        if name is not None and isinstance(one, str) and not isinstance(one, Number):
            if (tail := tails.get(name, "")) and one:
                text += "\n\n" + tail
                joints.append(len(text))
                text += one[:BESIDE]
            tails[name] = (tail + one[-BESIDE:])[-BESIDE:]
    if text:
        yield Piece("neighbouring texts", valid(text), tuple(joints))


def readings(text: str, percent: bool) -> list[str]:
    """A text, and what it says once its escapes (and percent signs) are resolved, where that is another."""
    found = [valid(text)]
    while len(found) <= LEVELS:
        after = unquote_plus(found[-1]) if percent else found[-1]
        after = valid(ESCAPE.sub(resolved, after)) if "\\" in after else after
        if after == found[-1]:
            break
        found.append(after)
    return found


def resolved(escape: "re.Match[str]") -> str:
    """The character that an escape of JSON stands for."""
    return chr(int(escape[1], 16)) if escape[1] else SPACES.get(escape[2], escape[2])


def origins(doc: Doc | Batch) -> set[tuple[str, str]]:
    """The source and kind of a document, or of each of a batch."""
    if isinstance(doc, Batch):
        return set(zip(doc["source"].to_pylist(), doc["kind"].to_pylist(), strict=True))
    return {(doc.source, doc.kind)}


@lru_cache(maxsize=1_000)
def address(url: str) -> SplitResult:
    """The parts of an address that a request can go to; raises `Refused` where its host is not plain to see."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Refused("refused: the address is none") from None
    if parts.scheme not in ("http", "https") or not HOST.fullmatch(host.removesuffix(".")) or port == 0:
        raise Refused("refused: an address is http:// or https:// and a host in ASCII")
    if "@" in parts.netloc or re.search(r"[\s\\\x00-\x1f\x7f]", url):
        raise Refused("refused: an address with blanks, backslashes, or a user's name; a key belongs into `headers`")
    return parts


def host_of(url: str) -> str:
    """The plain host of an address; raises `Refused` where it is not plain to see."""
    return plain_host(address(url).hostname or "")


@lru_cache(maxsize=1_000)
def plain_host(host: str) -> str:
    """A host as it is compared: in small letters, without a dot at its end; an IP address in its usual form."""
    host = host.lower().removesuffix(".").strip("[]")
    try:
        return str(ip_address(host))
    except ValueError:
        return host


@lru_cache(maxsize=1_000)
def is_loopback(host: str) -> bool:
    """Whether a plain host is this machine."""
    try:
        ip = ip_address(host)
    except ValueError:
        return host == "localhost"
    return (getattr(ip, "ipv4_mapped", None) or ip).is_loopback


def host_problem(host: str) -> str:
    """What is wrong with an entry of `trusted_hosts:`, as a sentence; "" where nothing is."""
    plain = plain_host(host)
    if "/" in host or re.fullmatch(r"[^:]+:\d+", plain):
        name = urlsplit(host if "//" in host else f"//{host}").hostname
        return f"{host!r} is an address; a trusted host is its name alone{f', {name}' if name else ''}"
    if not HOST.fullmatch(plain.removeprefix("*.")):
        return f"{host!r} is no host; write it like api.example.com, or *.example.com for all that are below"
    if plain[:2] == "*." and "." not in plain[2:]:
        return f"{host!r} takes in half the world; a wildcard stands for what is below a domain, *.example.com"
    return ""


def encoded(body: Body) -> bytes:
    """A body as the bytes that are sent."""
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(dict(body), ensure_ascii=False)).encode()


def posted(url: str, body: bytes, headers: Mapping[str, str], timeout: float, straight: bool) -> bytes:
    """The reply to a POST; `straight` is past every proxy. Raises `Wrong` where there is none, or one of failure."""
    from urllib.error import HTTPError
    from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

    class Straight(HTTPRedirectHandler):
        def redirect_request(self, *told: Any) -> None:
            """Follow none."""

    parts = address(url)
    path = quote(parts.path or "/", safe="/%:=&?~+!$,;'@()*[]")
    query = quote(parts.query, safe="/%:=&?~+!$,;'@()*[]")
    plain = f"{parts.scheme}://{parts.netloc}{path}{'?' * bool(query)}{query}"
    opener = build_opener(Straight, ProxyHandler({} if straight else None))
    try:
        with opener.open(Request(plain, body, dict(headers), method="POST"), timeout=timeout) as reply:
            got: bytes = reply.read()
            return got
    except HTTPError as error:
        raise Wrong(f"the server answered with status {error.code}") from error
    except OSError as error:
        reason = getattr(error, "reason", error)
        raise Wrong(f"no answer: {type(reason).__name__}") from error
