"""Secrets: what to remove; `curate.personal` says what they look like."""

from dataclasses import replace
from itertools import pairwise
from typing import Literal

import numpy as np

import curate
from curate import Batch
from curate.personal.actions import Replacer
from curate.personal.finder import Finder
from curate.personal.profile import read_profile
from curate.personal.randomness import LIMIT
from curate.personal.secrets import rules_of

Cut = tuple[int, int, str, str]


class Remover:
    """What finds secrets, and what takes their place."""

    def __init__(self, finder: Finder, replacer: Replacer) -> None:
        self.finder, self.replacer = finder, replacer

    def cuts(self, text: str) -> list[Cut]:
        """The cuts of a text."""
        found = self.finder.find(text)
        return [(one.start, one.end, self.replacer.instead(text, one), one.type) for one in found]


def finder(entropy: bool | float = True) -> Finder:
    """A finder for secrets alone; `entropy`: the bits a character of keys and tokens that are only said to be such."""
    limit = (LIMIT if entropy is True else entropy) or None
    return Finder(replace(read_profile(), types=frozenset()), extra=rules_of(limit))


def remover(entropy: bool | float = True, action: Literal["replace", "redact", "mask", "tag"] = "replace") -> Remover:
    """Set up the rules. Without `entropy` only what has a secret's form or place goes, whatever is said of the rest."""
    return Remover(finder(entropy), Replacer({"secret": action}, None))


@curate.edit(scrubs="secrets", setup=remover, libraries=("google-re2", "presidio-anonymizer"))
def secrets(batch: Batch, state: Remover) -> list[list[Cut]]:
    """Replace, mask or redact keys, tokens, passwords, private keys and what connection strings hold of them."""
    data, starts = batch.utf8
    bounds = starts.tolist()
    suspects = (state.finder.suspects(data[start:end].tobytes()) for start, end in pairwise(bounds))
    rows = np.flatnonzero(np.fromiter(suspects, bool, len(batch))).tolist()
    cuts: list[list[Cut]] = [[] for _ in range(len(batch))]
    for row in rows:
        cuts[row] = state.cuts(batch["text"][row].as_py())
    return cuts
