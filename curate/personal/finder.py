"""Finds personal data in a text: one pass of an automaton says which rules can apply, and only those are tried."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache, cached_property
from importlib import import_module
from itertools import chain
from typing import Any, Literal

from curate.personal import identities, internet, numbers, view
from curate.personal.entities import ENTITIES
from curate.personal.found import Candidate, Found, Rule, apart
from curate.personal.profile import Profile

Phone = Literal["strict", "context", "wide"]
LEAST_PHONE = {"strict": 0.8, "context": 0.5, "wide": 0.25}  # for telephones in place of the profile's threshold
CONFIRMED = 0.8  # a name as sure as this is looked for in the whole text
MEMORY = 64 << 20  # bytes at most for an automaton; random digits, marks and labels fill 20 MB, then it starts anew
# What stands in the place of personal data is no label for what comes after it: [姓名]/入院记录.md
PLACED = sorted({word for one in ENTITIES.values() for word in (one.chinese, one.english)})
PLACEHOLDER = re.compile(rf"\[(?:{'|'.join(PLACED)})(?::[a-p]+)?\]")
BESIDE = 8  # characters behind a window that its patterns may look at


class Finder:
    """What a profile looks for, ready to be found."""

    def __init__(self, profile: Profile, phone: Phone = "context", extra: Sequence[Rule] = ()) -> None:
        """Raises re2.error where an extra rule's gate is no pattern of RE2."""
        self.profile = profile
        self.phone: Phone = phone
        self.rules: dict[str, list[Rule]] = defaultdict(list)
        for rule in rules_of(profile, phone, extra):
            self.rules[rule.gate].append(rule)
        self.gates = (*self.rules, *view.GATES)
        self.last: tuple[bytes, Collection[str]] = b"", ()

    def find(self, text: str, known: Sequence[str] = ()) -> list[Found]:
        """All of it, in order and without overlaps; `known` names are found wherever they stand."""
        utf8 = text.encode("utf-8", "replace")  # a lone surrogate becomes one character as well, so offsets stay
        fired = self.fired(utf8)
        found = list(self.matches(text, utf8, fired)) if fired else []
        if fired and (plain := view.of(text, fired, self.asked)) is not None:
            found += self.hidden(plain)
        if "person" in self.profile.types:
            found += self.spread(text, found, known)
        return apart(found) if found else []

    def suspects(self, utf8: bytes) -> bool:
        """Whether a text can hold any of it; false for most texts without."""
        return bool(self.fired(utf8))

    def fired(self, utf8: bytes) -> Collection[str]:
        """The gates that a text passes; those of the text that was asked about last are remembered."""
        if utf8 != self.last[0]:
            self.last = utf8, [gate for gates, automaton in self.automata for gate in passed(gates, automaton, utf8)]
        return self.last[1]

    def asked(self, text: str) -> Collection[str]:
        """The gates that a text passes that is not yet bytes."""
        return self.fired(text.encode("utf-8", "replace"))

    def matches(self, text: str, utf8: bytes, fired: Iterable[str]) -> Iterator[Found]:
        """What the rules behind some gates find."""
        for gate in fired:
            for reach, rules in self.by_reach.get(gate, {}).items():
                for start, end in windows(text, utf8, gate, reach):
                    for rule in rules:
                        yield from self.tried(rule, text, start, end)

    def tried(self, rule: Rule, text: str, start: int, end: int) -> Iterator[Found]:
        """What one rule finds in a stretch of a text."""
        least = LEAST_PHONE[self.phone] if rule.type == "phone" else self.profile.threshold
        for match in rule.pattern.finditer(text, start, end):
            # At the window's end a pattern takes the text to be over; there it is asked again.
            whole = match if match.end() + BESIDE < end or end == len(text) else rule.pattern.match(text, match.start())
            if whole is not None and whole.end(rule.group) > whole.start(rule.group):
                candidate = Candidate(text, whole, rule.group)
                if (score := rule.holds(candidate)) >= least:
                    start, end = trimmed(text, candidate.start, candidate.end)
                    if not PLACEHOLDER.search(text, max(0, match.start() - 1), start):
                        yield Found(start, end, rule.type, score)

    def hidden(self, plain: view.View) -> Iterator[Found]:
        """What only the normalised view of a text shows, as it stands in the text itself."""
        utf8 = plain.text.encode("utf-8", "replace")
        for one in self.matches(plain.text, utf8, self.fired(utf8)):
            start, end = plain.original(one.start, one.end)
            yield one._replace(start=start, end=end)

    def spread(self, text: str, found: Iterable[Found], known: Sequence[str]) -> list[Found]:
        """Names that are sure, wherever else they stand."""
        names = {text[one.start : one.end] for one in found if one.type == "person" and one.score >= CONFIRMED}
        if not names and not known:
            return []
        from curate.personal.names import spread

        return list(spread(text, [*names, *known]))

    @cached_property
    def by_reach(self) -> dict[str, dict[int | None, list[Rule]]]:
        """The rules behind each gate, those that reach as far beyond it together."""
        rules: dict[str, dict[int | None, list[Rule]]] = {gate: defaultdict(list) for gate in self.rules}
        for rule in chain.from_iterable(self.rules.values()):
            rules[rule.gate][rule.reach].append(rule)
        return rules

    @cached_property
    def automata(self) -> list[tuple[Sequence[str], Any]]:
        """All gates as two automata, one of them for names: as one the states multiply, and 50 us become 4,800."""
        names = [gate for gate in self.gates if any(rule.type == "person" for rule in self.rules.get(gate, ()))]
        others = [gate for gate in self.gates if gate not in names]
        return [(gates, automaton(gates)) for gates in (names, others) if gates]


def automaton(gates: Sequence[str]) -> Any:
    """Gates as one; the last of its patterns holds for every text, so that silence means that it failed."""
    import re2

    made = re2.Set.SearchSet(options())
    for gate in (*gates, r"\z"):
        made.Add(gate)
    made.Compile()
    return made


def passed(gates: Sequence[str], automaton: Any, utf8: bytes) -> Sequence[str]:
    """Which gates a text passes, in their order."""
    hits = automaton.Match(utf8)
    if not hits or len(gates) not in hits:  # its memory did not do, and what it says is nothing
        return gates
    return [gates[at] for at in sorted(hits) if at < len(gates)] if len(hits) > 1 else ()


def options() -> Any:
    """How RE2 is set up."""
    import re2

    chosen = re2.Options()
    chosen.max_mem, chosen.log_errors = MEMORY, False
    return chosen


@cache
def compiled(gate: str) -> Any:
    """One gate for itself, which says where it is passed."""
    import re2

    return re2.compile(gate, options())


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """A stretch without the blanks at its ends."""
    said = text[start:end]
    return start + len(said) - len(said.lstrip()), end - len(said) + len(said.rstrip())


def windows(text: str, utf8: bytes, gate: str, reach: int | None) -> Iterator[tuple[int, int]]:
    """The stretches of a text, in characters, in which the rules behind a gate can match; they do not overlap."""
    if reach is None:
        yield 0, len(text)
        return
    ascii, start, end = len(text) == len(utf8), -1, -1
    byte = at = 0
    for match in compiled(gate).finditer(utf8):
        first, last = match.span()
        if not ascii:  # bytes to characters
            before = len(utf8[byte:first].decode())
            width = len(utf8[first:last].decode("utf-8", "ignore"))
            byte, at = first, at + before
            first, last = at, at + width
        if start < 0 or first - reach > end:
            if start >= 0:
                yield start, end
            start = max(0, first - reach)
        end = min(len(text), max(end, last + reach))
    if start >= 0:
        yield start, end


def rules_of(profile: Profile, phone: Phone, extra: Sequence[Rule]) -> Iterator[Rule]:
    """The rules for a profile's types, and the user's; modules without a rule for them are not imported."""
    bundled = [*internet.RULES, *numbers.RULES, *identities.RULES, *(numbers.WIDE if phone == "wide" else ())]
    if profile.types & {"address", "birth_date", "organization"}:
        bundled += import_module("curate.personal.places").RULES
    if "person" in profile.types:
        bundled += import_module("curate.personal.names").rules_of(profile)
    if profile.types & {"age", "record_number", "visit_date", "birth_date", "organization", "address"}:
        bundled += import_module("curate.personal.records").rules_of(profile)
    if "secret" in profile.types:
        bundled += import_module("curate.personal.secrets").rules_of()
    yield from (rule for rule in bundled if rule.type in profile.types)
    yield from extra
