"""A font for Chinese that a PDF names but does not hold, so that its text is read alike on every machine.

Where no such font is installed pdfium takes a character alone in its text object to be empty, and leaves it out: of
Chinese set glyph by glyph, which is how many programs write it, only digits were left. Which character it is, the file
says; a font is needed for its extent alone, and for that a box will do.
"""

import ctypes
import struct
from functools import cache
from typing import Any

EAST_ASIAN = frozenset((128, 129, 134, 136))  # Japanese, Korean, simplified and traditional Chinese, as Windows counts
HANDLE = 0xB0C5  # pdfium never looks into it
EM, TOP, BOTTOM = 1000, 800, -200


@cache
def install_boxes() -> None:
    """Give pdfium boxes in place of East Asian fonts, in this process, from now on."""
    import pypdfium2

    font = box_font()

    class Boxes(pypdfium2.PdfSysfontBase):  # type: ignore[misc]
        """What pdfium asks of a system's fonts; the names are its own."""

        def MapFont(self, _: Any, weight: int, italic: int, charset: int, pitch: int, face: Any, exact: Any) -> Any:
            if charset in EAST_ASIAN:
                return HANDLE
            return self.default.MapFont(self.default, weight, italic, charset, pitch, face, exact)

        def GetFontData(self, _: Any, handle: Any, table: int, buffer: Any, size: int) -> Any:
            if handle != HANDLE:
                return self.default.GetFontData(self.default, handle, table, buffer, size)
            if table:  # only the whole is to be had
                return 0
            if buffer and size >= len(font):
                ctypes.memmove(buffer, font, len(font))
            return len(font)

        def GetFaceName(self, _: Any, handle: Any, buffer: Any, size: int) -> Any:
            return 0 if handle == HANDLE else self.default.GetFaceName(self.default, handle, buffer, size)

        def GetFontCharset(self, _: Any, handle: Any) -> Any:
            return 134 if handle == HANDLE else self.default.GetFontCharset(self.default, handle)

        def DeleteFont(self, _: Any, handle: Any) -> None:
            if handle != HANDLE:
                self.default.DeleteFont(self.default, handle)

    Boxes().setup()


def box_font() -> bytes:
    """A TrueType font of 344 bytes in which every character is one and the same box."""
    corners = struct.pack(">8h", 0, EM, 0, -EM, BOTTOM, 0, EM, 0)
    glyph = struct.pack(">5h2H4B", 1, 0, BOTTOM, EM, TOP, 3, 0, 1, 1, 1, 1) + corners
    glyph += bytes(-len(glyph) % 4)
    every_character = struct.pack(">2H5I", 13, 0, 28, 0, 1, 0x21, 0x10FFFF) + struct.pack(">I", 1)
    tables = {
        b"cmap": struct.pack(">4HI", 0, 1, 3, 10, 12) + every_character,
        b"glyf": glyph,
        b"head": struct.pack(
            ">4I2H2Q4h2H3h", 1 << 16, 1 << 16, 0, 0x5F0F3CF5, 0, EM, 0, 0, 0, BOTTOM, EM, TOP, 0, 8, 2, 1, 0
        ),
        b"hhea": struct.pack(">I3hH11hH", 1 << 16, TOP, BOTTOM, 0, EM, 0, 0, EM, 1, 0, 0, 0, 0, 0, 0, 0, 2),
        b"hmtx": struct.pack(">HhHh", EM, 0, EM, 0),
        b"loca": struct.pack(">3I", 0, 0, len(glyph)),
        b"maxp": struct.pack(">I14H", 1 << 16, 2, 4, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
    }
    directory, body = struct.pack(">I4H", 1 << 16, len(tables), 0, 0, 0), b""
    for name, table in tables.items():
        at = 12 + 16 * len(tables) + len(body)
        directory += struct.pack(">4s3I", name, 0, at, len(table))
        body += table + bytes(-len(table) % 4)
    return directory + body
