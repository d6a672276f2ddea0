"""Personal data: what to remove, in Chinese and English at once; `curate.personal` says what it looks like."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, cast

import curate
from curate import Batch, Drop
from curate.personal.actions import Action, Replacer, without_key
from curate.personal.echoes import echoed
from curate.personal.engine import Engine
from curate.personal.entities import Type
from curate.personal.finder import CONFIRMED, Finder, Phone
from curate.personal.found import Found, apart
from curate.personal.key import read_key
from curate.personal.mentions import spread
from curate.personal.profile import Profile, ProfileName, read_profile

Cut = tuple[int, int, str, str]
LIBRARIES = ("presidio-analyzer", "presidio-anonymizer", "phonenumbers", "google-re2", "Faker")


class Scrubber:
    """What finds personal data in the pieces of documents, and says what takes its place."""

    def __init__(self, engine: Engine, replacer: Replacer, most: Mapping[str, int]) -> None:
        self.engine, self.replacer, self.most = engine, replacer, most

    def answers(self, batch: Batch) -> list[list[Cut] | Drop]:
        """For each piece its cuts; for the first of a document that holds too much, why it goes."""
        answers: list[list[Cut] | Drop] = [[] for _ in range(len(batch))]
        for rows, known in suspected(batch, self.engine):
            texts = [batch["text"][row].as_py() for row in rows]
            found = self.in_document(texts, known)
            person = whose(texts, found) or batch["key"][rows[0]].as_py().hex()
            for row, text, mine in zip(rows, texts, found, strict=True):
                answers[row] = [
                    (one.start, one.end, self.replacer.instead(text, one, person), one.type) for one in mine
                ]
            if (why := self.too_much(found)) is not None:  # a Drop is false
                answers[rows[0]] = why
        return answers

    def in_document(self, texts: Sequence[str], known: Sequence[str]) -> list[list[Found]]:
        """What is found in each piece of one document, fakes left out: who is named in one is known in all.

        `known` are the names, and behind a # the record numbers, that others of its folder confirm.
        """
        numbers = [one[1:] for one in known if one.startswith("#")]
        known = [one for one in known if not one.startswith("#")]
        found = [self.engine.find(text, known) for text in texts]
        named = {name for text, mine in zip(texts, found, strict=True) for name in sure_names(text, mine)}
        if named and len(texts) > 1:
            found = spread_over(texts, found, sorted({*known, *named}))
        real = [self.replacer.real(text, mine) for text, mine in zip(texts, found, strict=True)]
        return echoed(texts, real, numbers if "record_number" in self.engine.finder.profile.types else ())

    def left(self, text: str) -> list[Found]:
        """What is still in a text that was scrubbed: no fakes, nor what dates and ages were made of."""
        real = self.replacer.real(text, self.engine.find(text))
        return [one for one in real if not self.replacer.blurs(one.type)]

    def too_much(self, found: Iterable[Sequence[Found]]) -> Drop | None:
        """Why a document goes that holds more of a type than `max:` allows; none where it does not."""
        held = Counter(one.type for mine in found for one in mine)
        over = next((type for type, most in self.most.items() if held[type] > most), None)
        return Drop(f"{over} over {self.most[over]}: {held[over]}") if over else None


def sure_names(text: str, found: Iterable[Found]) -> set[str]:
    """The names that a text makes sure of."""
    return {text[one.start : one.end] for one in found if one.type == "person" and one.score >= CONFIRMED}


def spread_over(texts: Sequence[str], found: Sequence[list[Found]], names: Sequence[str]) -> list[list[Found]]:
    """What was found in the pieces of one document, and every mention of these names in any of them; in linear time."""
    starts = [0, *accumulate(len(text) + 1 for text in texts)]
    mentions: list[list[Found]] = [[] for _ in texts]
    for one in spread("\n".join(texts), names):  # no name goes over a line's end
        at = bisect_right(starts, one.start) - 1
        mentions[at].append(one._replace(start=one.start - starts[at], end=one.end - starts[at]))
    return [apart([*mine, *more]) if more else mine for mine, more in zip(found, mentions, strict=True)]


def suspected(batch: Batch, engine: Engine) -> Iterable[tuple[list[int], list[str]]]:
    """The pieces of each document that one of them may hold personal data in, and the names its siblings confirmed."""
    data, starts = batch.utf8
    bounds = starts.tolist()
    suspects = [row for row in range(len(batch)) if engine.suspects(data[bounds[row] : bounds[row + 1]].tobytes())]
    shared = batch["_names"].to_pylist() if "_names" in batch.table.schema.names else []
    suspects += [row for row, names in enumerate(shared) if names]
    if not suspects:
        return []
    keys = batch["key"].to_pylist()
    mine: dict[bytes, list[int]] = {keys[row]: [] for row in sorted(suspects)}
    for row, key in enumerate(keys):
        if key in mine:
            mine[key].append(row)
    return [(rows, (shared[rows[0]] or "").splitlines() if shared else []) for rows in mine.values()]


def whose(texts: Sequence[str], found: Sequence[Sequence[Found]]) -> str:
    """Whom a document is about, for what has to be the same for one person: a record's number, or the first name."""
    said = [(one.type, text[one.start : one.end]) for text, mine in zip(texts, found, strict=True) for one in mine]
    return next((text for wanted in ("record_number", "person") for type, text in said if type == wanted), "")


def scrubber(
    profile: ProfileName = "default",
    extend: Path | None = None,
    types: Sequence[Type] = (),
    phone: Phone = "context",
    action: Action = "replace",
    actions: Mapping[str, Action] = {},
    key: Path | None = None,
    max: Mapping[str, int] = {},
    recognizers: Path | None = None,
    ner: Mapping[str, Any] = {},
) -> Scrubber:
    """Set up presidio with the recognizers of a profile; no model, unless `ner:` names one, and nothing is fetched."""
    chosen = read_profile(profile, extend)
    engine = Engine(Finder(chosen.only(types) if types else chosen, phone), recognizers, ner or None)
    engine.check_types(actions=actions, max=max)
    return Scrubber(engine, replacer(chosen, action, actions, key), max)


def replacer(profile: Profile, action: Action, actions: Mapping[str, Action], key: Path | None) -> Replacer:
    """What takes the place of each type: by a line's `actions:`, else the profile's, else the line's `action:`."""
    own, secret = cast("Mapping[str, Action]", profile.actions), read_key(key)
    return Replacer({"": action, **(own if secret else without_key(own)), **actions}, secret)


def siblings(
    profile: ProfileName = "default",
    extend: Path | None = None,
    types: Sequence[Type] = (),
    action: Action = "replace",
    actions: Mapping[str, Action] = {},
    key: Path | None = None,
    **_: Any,
) -> dict[str, dict[str, Any]]:
    """What has to come before `pii`: what tells which names the siblings of a document confirmed, if a profile asks.

    Raises `CurateError` where an action needs a key, so that this is told when the recipe is read.
    """
    chosen = read_profile(profile, extend)
    replacer(chosen, action, actions, key)
    if not chosen.siblings or not {"person", "record_number"} & set(types or chosen.types):
        return {}
    return {"shared_names": {"profile": profile} | ({"extend": extend} if extend else {})}


def still_there(texts: Sequence[str], state: Scrubber) -> list[list[Found]]:
    """What must not leave this machine, in each of some texts."""
    return [state.left(text) for text in texts]


@curate.edit(scrubs=True, setup=scrubber, finds=still_there, after=siblings, libraries=LIBRARIES)
def pii(batch: Batch, state: Scrubber) -> list[list[Cut] | Drop]:
    """Replace, mask, redact, hash, shift or give pseudonyms for personal data, in texts, file names and metadata."""
    return state.answers(batch)
