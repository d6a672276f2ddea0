"""Files: what is in a folder, of what type each is, reading them, and putting new ones whole or not at all."""

import gzip
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO, cast

import xxhash

from curate.errors import Unreadable

HEAD = 4_096
MAX_FILE_BYTES = 200_000_000  # of a file that has to be read as a whole; files read by rows have no limit
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
PACKED = {b"\x1f\x8b": "gz", b"\x28\xb5\x2f\xfd": "zst"}


@dataclass(frozen=True)
class File:
    """One file, or a stretch of one, for a reader. `uri` is its path below the source's root; `type` was sniffed."""

    path: Path
    uri: str
    type: str = ""
    start: int = 0
    end: int | None = None  # None is the end of the file

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
        return open_unpacked(self.path)

    def read(self) -> bytes:
        """All of the file's bytes, unpacked; raises `Unreadable` where it is empty or too large."""
        with self.open() as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
        if not data.strip():
            raise Unreadable("empty")
        if len(data) > MAX_FILE_BYTES:
            raise Unreadable("too_large", f"over {MAX_FILE_BYTES:,} bytes")
        return data

    @property
    def text(self) -> str:
        """The file as text, whatever its encoding; raises `Unreadable` where it is none."""
        return decode(self.read())

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """(byte offset, line) of every line that begins in this file's stretch; offsets are of the unpacked bytes."""
        with self.open() as stream:
            at = self.start
            if at:  # a line belongs to the stretch it begins in, so the one under way here is not ours
                stream.seek(at - 1)
                at += len(stream.readline()) - 1
            while self.end is None or at < self.end:
                line = stream.readline()
                if not line:
                    return
                yield at, line
                at += len(line)


def language_of(name: str) -> str:
    """The programming language of a file of this name; nothing where it is no code's."""
    plain = name.lower().removesuffix(".gz").removesuffix(".zst")
    return CODE_NAMES.get(plain) or CODE.get(plain.rpartition(".")[2], "")


def open_unpacked(path: Path) -> BinaryIO:
    """A file's bytes as a stream, unpacked where its first bytes say gzip or Zstandard."""
    packing = packing_of(path)
    if packing == "gz":
        return cast(BinaryIO, io.BufferedReader(gzip.GzipFile(path), 1 << 20))
    if packing == "zst":  # pyarrow tells a stream that is cut short; zstandard takes it for the end
        import pyarrow

        packed = pyarrow.CompressedInputStream(pyarrow.OSFile(os.fsencode(path)), "zstd")
        return cast(BinaryIO, io.BufferedReader(packed, 1 << 20))
    return open(path, "rb")


def packing_of(path: Path) -> str:
    """How a file is packed, by its first bytes: `gz`, `zst` or not at all."""
    with open(path, "rb") as stream:
        head = stream.read(4)
    return PACKED.get(head[:2]) or PACKED.get(head) or ""


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
    if path.stat().st_size == 0:
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


def zip_type(path: Path) -> str:
    """What a zip archive holds, by the names in it."""
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile as error:
        raise Unreadable("corrupt", "the archive is damaged") from error
    if any(name.startswith("word/") for name in names):
        return "docx"
    raise Unreadable("unsupported", f"no reader for archives like {path.suffix or 'this'}")


def content_hash(path: Path) -> str:
    """A 128-bit hash of a file's bytes (xxh3), which stands for its content in fingerprints."""
    digest = xxhash.xxh3_128()
    with open(path, "rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


@cache
def current_umask() -> int:
    """The permissions that new files of this process do not get."""
    os.umask(mask := os.umask(0))
    return mask


@contextmanager
def put(path: Path, private: bool = False) -> Iterator[BinaryIO]:
    """A file that appears at `path` when it is whole, and not at all when something fails on the way.

    A private one is readable by its owner alone.
    """
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
