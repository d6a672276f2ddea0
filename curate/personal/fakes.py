"""Fakes: made-up values that stand for real ones, the same for the same value wherever and whenever it is met.

A fake follows from its value and a key alone, so that any worker makes the same one. It is written as the value was,
and its check digits hold. It carries a mark that only the key shows, so that a fake is known when it is met again.
"""

import html
from collections.abc import Callable
from functools import cache, lru_cache
from typing import NamedTuple

from curate.personal import fake_internet, fake_names, fake_numbers, fake_places

REMEMBERED = 100_000  # values of one process, some 20 MB


class Maker(NamedTuple):
    """How fakes of a type are made, and known again."""

    fake: Callable[[str, bytes], str]
    is_fake: Callable[[str, bytes], bool]


@cache
def makers() -> dict[str, Maker]:
    """Type → how its fakes are made. Dates are shifted instead, ages widened, secrets have no use for a fake."""
    found = {name: Maker(*fake_numbers.maker(name)) for name in fake_numbers.FORMS}
    for name in ("email", "ip", "mac", "crypto"):
        own = getattr(fake_internet, f"fake_{name}"), getattr(fake_internet, f"is_fake_{name}")
        found[name] = Maker(*own)
    found["person"] = Maker(fake_names.fake_person, fake_names.is_fake_person)
    found["address"] = Maker(fake_places.fake_address, fake_places.is_fake_address)
    found["organization"] = Maker(fake_places.fake_organization, fake_places.is_fake_organization)
    return found


@lru_cache(REMEMBERED)
def fake(type: str, text: str, key: bytes) -> str:
    """What stands for a value, in its own script and form; of a type unknown here its letters and digits change."""
    return makers().get(type, makers()["record_number"]).fake(plain(text), key)


@lru_cache(REMEMBERED)
def is_fake(type: str, text: str, key: bytes) -> bool:
    """Whether a value carries the mark of a fake made with this key.

    A real value does by chance: a phone number one in 10,000 times, one of the US with 555 one in 1,000, a card, an
    identity number or an e-mail address less than one in 100,000, a record number of six digits one in 1,000. The
    fakes of names are rare names, so that of all people fewer than one in 200 has a marked surname, and one in 3,000 a
    marked full name. Numbers with fewer than six letters and digits, and dates, have no room for a mark: they are
    never said to be fakes.
    """
    return makers().get(type, makers()["record_number"]).is_fake(plain(text), key)


def plain(text: str) -> str:
    """A value without the HTML it was escaped with."""
    return html.unescape(text) if "&" in text else text
