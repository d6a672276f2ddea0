"""Files: what is in a folder, of what type each is, reading them, and putting new ones whole or not at all."""

import io
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, BinaryIO, cast

import xxhash

from curate.errors import CurateError, Unreadable
from curate.unpack import Unpacked, packed_as

HEAD = 4_096
MAX_FILE_BYTES = 200_000_000  # of a file that has to be read as a whole; files read by rows have no limit
MAX_LINE_BYTES = 200_000_000  # of one row
MAX_RATIO, SMALL = 200, 1_000_000  # a packed file read as a whole unpacks to 200 times its bytes, or 1 MB: text to 10
MAX_DIRECTORY = 10_000_000  # bytes of a zip archive's own list of files, as of 100,000 of them
MAX_BAD_SHARE = 0.02  # of U+FFFD in a decoded text: beyond it the encoding was not understood
MAGIC = {b"%PDF-": "pdf", b"PAR1": "parquet", b"ARROW1": "arrow", b"{\\rtf": "rtf", b"\xd0\xcf\x11\xe0": "ole"}
EXTENSIONS = {
    "pdf": "pdf", "html": "html", "htm": "html", "xhtml": "html", "docx": "docx", "md": "markdown",
    "markdown": "markdown", "txt": "text", "text": "text", "rst": "text", "jsonl": "jsonl", "ndjson": "jsonl",
    "json": "json", "parquet": "parquet", "arrow": "arrow",
}  # fmt: skip
LANGUAGES = {
    "Assembly": "asm s", "C": "c h", "C#": "cs", "C++": "cc cpp cxx hpp", "CMake": "cmake", "CSS": "css scss",
    "Clojure": "clj", "Dart": "dart", "Elixir": "ex exs", "Erlang": "erl", "Fortran": "f90 f", "Go": "go",
    "Haskell": "hs", "INI": "ini cfg", "Java": "java", "JavaScript": "js mjs jsx", "Julia": "jl", "Kotlin": "kt",
    "Lua": "lua", "MATLAB": "m", "OCaml": "ml", "PHP": "php", "Perl": "pl", "PowerShell": "ps1",
    "Protocol Buffers": "proto", "Python": "py", "R": "r", "Ruby": "rb", "Rust": "rs", "SQL": "sql", "Scala": "scala",
    "Shell": "sh bash", "Structured Text": "st", "Swift": "swift", "TOML": "toml", "TypeScript": "ts tsx",
    "VHDL": "vhd", "Verilog": "v", "Vue": "vue", "XML": "xml", "YAML": "yaml yml",
}  # fmt: skip
CODE = {extension: language for language, extensions in LANGUAGES.items() for extension in extensions.split()}
CODE_NAMES = {"makefile": "Makefile", "dockerfile": "Dockerfile", "cmakelists.txt": "CMake"}
UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class File:
    """One file, or a stretch of one, for a reader. `uri` is its path below the source's root; `type` was sniffed.

    `passed` fills with what `lines` and `read` had to pass over; whoever called the reader tells of it.
    """

    path: Path
    uri: str
    type: str = ""
    start: int = 0
    end: int | None = None  # None is the end of the file
    state: tuple[int, int] = (0, 0)  # when the file was planned: time of the last change in ns, bytes
    content: str = ""  # the hash of what it held then
    passed: list[Unreadable] = field(default_factory=list, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The file's name without its folders."""
        return self.path.name

    @property
    def language(self) -> str:
        """The programming language that the file's name tells; nothing where it tells none."""
        return language_of(self.name)

    def open(self) -> BinaryIO:
        """The file's bytes as a stream, unpacked where it is gzip or Zstandard."""
        return open_unpacked(self.path, self.pass_over)

    def pass_over(self, error: Unreadable) -> None:
        """Note what is not read, once."""
        if not any((str(error), error.place) == (str(one), one.place) for one in self.passed):
            self.passed.append(error)

    def read(self) -> bytes:
        """All of the file's bytes, unpacked; raises `Unreadable` where it is empty or too large."""
        most = min(MAX_FILE_BYTES, max(MAX_RATIO * self.path.stat().st_size, SMALL))
        with self.open() as stream:
            data = stream.read(most + 1)
        if not data or data.isspace():
            raise Unreadable("empty")
        if len(data) > MAX_FILE_BYTES:
            raise Unreadable("too_large", f"over {MAX_FILE_BYTES:,} bytes")
        if len(data) > most:
            raise Unreadable("bomb", f"unpacks to over {MAX_RATIO} times its bytes")
        return data

    @property
    def text(self) -> str:
        """The file as text, whatever its encoding; raises `Unreadable` where it is none."""
        return decode(self.read())

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """(byte offset, line) of every line that begins in this file's stretch; offsets are of the unpacked bytes.

        A line of over 200 MB is passed over. UTF-16 that says so becomes UTF-8.
        """
        with self.open() as opened:
            stream, at, end = opened, self.start, self.end
            if at:  # a line belongs to the stretch it begins in, so the one under way here is not ours
                stream.seek(at - 1)
                at += rest_of_line(stream, None if end is None else end - at + 1) - 1
            elif cast(io.BufferedReader, stream).peek(2)[:2] in UTF16:
                stream = cast(BinaryIO, io.BufferedReader(Recoded(stream)))
            while end is None or at < end:
                line = stream.readline(MAX_LINE_BYTES + 1)
                if len(line) > MAX_LINE_BYTES:
                    self.pass_over(Unreadable("too_large", f"a row of over {MAX_LINE_BYTES:,} bytes", place=at))
                    at += len(line) + (0 if line.endswith(b"\n") else rest_of_line(stream, None))
                elif line:
                    yield at, line
                    at += len(line)
                else:
                    return


class Recoded(io.RawIOBase):
    """A stream of UTF-16 as one of UTF-8."""

    def __init__(self, stream: BinaryIO) -> None:
        self.text, self.ready = io.TextIOWrapper(stream, "utf-16", "replace", newline=""), b""

    def readable(self) -> bool:
        """Yes: it is a stream to read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with what comes next; 0 at the end."""
        self.ready = self.ready or self.text.read(HEAD).encode()
        size = min(len(buffer), len(self.ready))
        buffer[:size], self.ready = self.ready[:size], self.ready[size:]
        return size


def rest_of_line(stream: BinaryIO, most: int | None) -> int:
    """How many bytes the line under way still has, its end included; the stream is then behind them, or `most`."""
    passed = 0
    while most is None or passed < most:
        piece = stream.readline(1 << 20 if most is None else min(1 << 20, most - passed))
        passed += len(piece)
        if not piece or piece.endswith(b"\n"):
            break
    return passed


def language_of(name: str) -> str:
    """The programming language of a file of this name; nothing where it is no code's."""
    plain = name.lower().removesuffix(".gz").removesuffix(".zst")
    return CODE_NAMES.get(plain) or CODE.get(plain.rpartition(".")[2], "")


def open_unpacked(path: Path, tell: Callable[[Unreadable], None] = lambda error: None) -> BinaryIO:
    """A file's bytes as a stream, unpacked where its first bytes say gzip or Zstandard.

    `tell` is told of what follows the packed data and is none.
    """
    packed = packing_of(path) in ("gz", "zst")
    stream: Any = path.open("rb")
    if packed:
        stream = io.BufferedReader(Unpacked(stream, tell), 1 << 20)
    return cast(BinaryIO, stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(stream))


def packing_of(path: Path) -> str:
    """What keeps a file from being read from its middle, by its first bytes: `gz`, `zst`, `utf-16`, or nothing."""
    with path.open("rb") as stream:
        head = stream.read(4)
    return packed_as(head) or ("utf-16" if head[:2] in UTF16 else "")


def decode(data: bytes) -> str:
    """Bytes as text: byte-order mark, then UTF-8, then what the detector finds. Newlines become ``\\n``.

    Raises `Unreadable` for bytes that are no text. Chinese pages in GB18030 and Big5 come out right 40 times of 40.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    else:
        if b"\0" in data[:HEAD]:
            raise Unreadable("binary", "holds zero bytes")
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode(detected_encoding(data), "replace")
    if text.count("\ufffd") > MAX_BAD_SHARE * len(text):
        raise Unreadable("encoding", "over 2 % of the characters could not be decoded")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def detected_encoding(data: bytes) -> str:
    """The name of the encoding that fits best, the GBK family widened to GB18030."""
    from resiliparse.parse.encoding import detect_encoding

    found: str = detect_encoding(data) or "utf-8"
    return "gb18030" if found.lower() in ("gb2312", "gbk", "cp936") else found


def sniff(path: Path) -> str:
    """The media type of a file, by its first bytes, then by its name; raises `Unreadable` where neither tells."""
    if refuse_special(path).st_size == 0:
        raise Unreadable("empty")
    with open_unpacked(path) as stream:
        head = stream.read(HEAD)
    for magic, type in MAGIC.items():
        if head.startswith(magic):
            return type
    names = path.name.lower().removesuffix(".gz").removesuffix(".zst")
    extension = names.rpartition(".")[2]
    if head.startswith(b"PK\x03\x04"):
        return zip_type(path)
    if extension in EXTENSIONS:
        return EXTENSIONS[extension]
    if language_of(path.name) or head.startswith(b"#!"):
        return "code"
    if head.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html")):
        return "html"
    if b"\0" in head:
        raise Unreadable("unsupported", f"no reader for files like {path.suffix or 'this'}")
    return "text"


def refuse_special(path: Path) -> os.stat_result:
    """The state of a file; raises `Unreadable` for what is none, such as a pipe, which would hold up who reads it."""
    about = path.stat()
    if stat.S_ISDIR(about.st_mode):  # of folders only those are asked about that could not be listed
        raise Unreadable("denied", "the folder cannot be listed")
    if not stat.S_ISREG(about.st_mode):
        raise Unreadable("unsupported", "no file: a pipe, a socket or a device")
    return about


def zip_type(path: Path) -> str:
    """What a zip archive holds, by the names in it."""
    import zipfile

    if directory_bytes(path) > MAX_DIRECTORY:
        raise Unreadable("bomb", "an archive of over 100,000 files")
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile as error:
        raise Unreadable("corrupt", "the archive is damaged") from error
    if any(name.startswith("word/") for name in names):
        return "docx"
    raise Unreadable("unsupported", f"no reader for archives like {path.suffix or 'this'}")


def directory_bytes(path: Path) -> int:
    """How long a zip archive's own list of files is; `zipfile` would hold all of it in memory."""
    with path.open("rb") as stream:
        stream.seek(max(0, stream.seek(0, os.SEEK_END) - 65_557))  # the record that ends an archive is not longer
        end = stream.read()
    at = end.rfind(b"PK\5\6")
    return int.from_bytes(end[at + 12 : at + 16], "little") if at >= 0 else 0


def content_hash(path: Path) -> str:
    """A 128-bit hash of a file's bytes (xxh3), which stands for its content in fingerprints; a store's own (ETag)."""
    if is_remote(path) and (tag := cast(Any, path).fs.info(cast(Any, path).path).get("ETag")):
        return str(tag)
    digest = xxhash.xxh3_128()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


@cache
def current_umask() -> int:
    """The permissions that new files of this process do not get."""
    os.umask(mask := os.umask(0))
    return mask


def place(written: str | Path) -> Path:
    """A path as it was written: of this machine, or with a protocol such as ``s3://`` one of fsspec's.

    Raises `CurateError` for a protocol that is not known, whose library is missing, or that workers cannot share.
    """
    protocol, known, rest = str(written).partition("://")
    if not known:
        return Path(written)
    if protocol in ("file", "local"):
        return Path(rest)
    if protocol == "memory":
        raise CurateError(f"{written}: memory:// is seen by one process alone, and a run has several; name a folder")
    from upath import UPath

    try:
        # A listing that is kept does not see what other processes write.
        path = UPath(written, use_listings_cache=False)
        path.fs  # noqa: B018 - loads the storage's library
    except ValueError:
        raise CurateError(f"{written}: no storage is known by {protocol}://") from None
    except ImportError as error:
        extra = f'pip install "curate[{protocol}]"' if protocol == "s3" else str(error)
        raise CurateError(f"{written}: a library that {protocol}:// needs is not installed: {extra}") from None
    return cast(Path, path)


def is_remote(path: Path) -> bool:
    """Whether a path is not one of this machine's file systems."""
    return not isinstance(path, Path)


def readable(path: Path) -> Any:
    """What Arrow reads a file from: its path on this machine, a stream elsewhere."""
    return path.open("rb") if is_remote(path) else path


@contextmanager
def put(path: Path, private: bool = False) -> Iterator[BinaryIO]:
    """A file that appears at `path` when it is whole, and not at all when something fails on the way.

    A private one is readable by its owner alone; in a store of objects who may read is a matter of its own rules.
    """
    if is_remote(path):
        with NamedTemporaryFile(prefix="curate-", suffix=".tmp") as out:  # there is no rename: a whole object is sent
            yield cast(BinaryIO, out)
            out.flush()
            cast(Any, path).fs.put_file(out.name, cast(Any, path).path)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".tmp", delete=False) as out:
        try:
            yield cast(BinaryIO, out)
            out.flush()
            if not private:
                os.fchmod(out.fileno(), 0o666 & ~current_umask())
            os.fsync(out.fileno())
            os.replace(out.name, path)
        except BaseException:
            os.unlink(out.name)
            raise


def put_new(path: Path, data: bytes) -> None:
    """Put an object where there is none; raises `FileExistsError` where there is one, whoever was first."""
    cast(Any, path).fs.pipe_file(cast(Any, path).path, data, mode="create")
