"""gzip and Zstandard, unpacked piece by piece: everything that can be unpacked is given before what cannot is told."""

import io
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

from curate.errors import Unreadable

PIECE = 2_048  # packed bytes at a time: at the utmost, Zstandard makes 64 MB of them and gzip 2 MB
MAGIC = {b"\x1f\x8b": "gz", b"\x28\xb5\x2f\xfd": "zst"}
SKIPPABLE = b"\x2a\x4d\x18"  # of a Zstandard frame that holds no data, after a first byte of 0x50 to 0x5f


def packed_as(head: bytes) -> str:
    """How a file that begins so is packed: `gz`, `zst` or not at all."""
    skippable = len(head) > 3 and head[0] >> 4 == 5 and head[1:4] == SKIPPABLE
    return MAGIC.get(head[:2]) or MAGIC.get(head[:4]) or ("zst" if skippable else "")


class Unpacked(io.RawIOBase):
    """The unpacked bytes of a stream: of all its gzip members or Zstandard frames in a row.

    Raises `Unreadable` where it is damaged or cut short. What follows the packed data and is not packed is left
    unread; `tell` is told of it.
    """

    def __init__(self, source: BinaryIO, tell: Callable[[Unreadable], None]) -> None:
        self.source, self.tell_of = source, tell
        self.packed = source.read(PIECE)  # read, not unpacked yet
        self.ready = memoryview(b"")  # unpacked, not given yet
        self.at = 0  # where in the source `packed` begins
        self.unpacker = unpacker(packed_as(self.packed))

    def readable(self) -> bool:
        """Yes: it is a stream to read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with what comes next; 0 at the end."""
        while not self.ready and self.unpacker:
            self.unpack()
        size = min(len(buffer), len(self.ready))
        buffer[:size], self.ready = self.ready[:size], self.ready[size:]
        return size

    def unpack(self) -> None:
        """One piece further."""
        if not self.packed:
            raise Unreadable("corrupt", "the packed file is cut short")
        try:
            self.ready = memoryview(self.unpacker.decompress(self.packed))
        except Exception as error:  # zlib.error or ZstdError, which zlib's module does not know
            raise Unreadable("corrupt", f"the packed file is damaged, near byte {self.at:,}") from error
        rest = self.unpacker.unused_data if self.unpacker.eof else b""
        self.at += len(self.packed) - len(rest)
        self.packed = rest or self.source.read(PIECE)
        if self.unpacker.eof:
            self.packed += self.source.read(PIECE - len(self.packed) % PIECE)
            self.unpacker = unpacker(packed_as(self.packed))
            if not self.unpacker:
                self.end()

    def end(self) -> None:
        """Look whether what follows the packed data is more than the zero bytes that some programs fill up with."""
        start = self.at
        while self.packed and not self.packed.strip(b"\0"):
            self.packed = self.source.read(PIECE)
        if self.packed:
            self.tell_of(Unreadable("corrupt", f"what follows byte {start:,} is not packed and was not read", place=-1))

    def close(self) -> None:
        """Close the source, too."""
        self.source.close()
        super().close()


def unpacker(kind: str) -> Any:
    """What unpacks one member or frame; None where it is not packed."""
    if kind == "gz":
        return zlib.decompressobj(zlib.MAX_WBITS | 16)
    if kind == "zst":
        import zstandard

        return zstandard.ZstdDecompressor().decompressobj()
    return None
