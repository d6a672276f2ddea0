"""The key that fakes, hashes and shifted dates hang on: who does not have it cannot tell which value became which."""

import os
from hashlib import blake2b
from pathlib import Path
from random import Random

from curate.errors import CurateError

LEAST = 16  # bytes; with fewer all keys could be tried


def read_key(path: Path | None) -> bytes | None:
    """The key that a file holds, as 32 bytes made of all that stands in it; none of no file. Raises `CurateError`."""
    if path is None:
        return None
    try:
        said = path.read_bytes().strip()
    except OSError as error:
        raise CurateError(
            f"key: {path} cannot be read ({error.strerror}); `curate pii key {path.name}` makes one"
        ) from None
    if len(said) < LEAST:
        raise CurateError(
            f"key: {path} holds {len(said)} bytes, and a key has at least {LEAST}; `curate pii key FILE` makes one"
        )
    return blake2b(said, digest_size=32).digest()


def write_key(path: Path) -> None:
    """Write a new key into a file that only its owner can read. Raises `CurateError` where there is a file already."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise CurateError(f"{path} is there already; a key that was used is the only way to the same fakes") from None
    with os.fdopen(descriptor, "w") as out:
        out.write(f"{os.urandom(32).hex()}\n")


def mac(key: bytes, *parts: str) -> int:
    """A number of 128 bits that follows from texts and a key (keyed BLAKE2b), and without the key tells nothing."""
    said = b"".join(len(part).to_bytes(4) + part for part in (one.encode("utf-8", "surrogatepass") for one in parts))
    return int.from_bytes(blake2b(said, key=key, digest_size=16).digest())


def dice(key: bytes, *parts: str) -> Random:
    """Random numbers that follow from texts and a key."""
    return Random(mac(key, "dice", *parts))
