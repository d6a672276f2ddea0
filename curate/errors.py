"""What can go wrong, as a tree.

CurateError              the user can mend it; the message says what is wrong and what to change   (exit code 1)
├── RecipeError          the recipe, a plugin or an option is wrong; all problems at once          (exit code 2)
└── AlarmError           too many documents err, or nothing is left: go on only once that is seen  (exit code 4)
Unreadable               a file, or one row of it, that a reader cannot read: an error of that document
Wrong                    a plugin's answer is not what was expected: an error of that document

What is unreadable is of one of these kinds, which the ledger and the manifest count:

binary        a text that holds zero bytes
bomb          unpacks to far more than any document is
broken_row    one row of a file that is not what the others are: not JSON, no text, a value of the wrong type
changed       a file that somebody wrote to, or removed, while the run went on; the next run reads it
corrupt       damaged or cut short; of a file of rows, those before the damage are read
crash         a file whose reader ended its process, twice
denied        a file or a folder that may not be read
empty         no text in it
encoding      characters that could not be decoded
encrypted     needs a password
memory        a file that needs more memory than `limits:` gives
no_text       a scan, or a page of which nothing is left without its menus
timeout       a file that takes more CPU time than `limits:` gives
too_complex   tags, attributes, cells or pages without number, nested without end
too_large     over the limit of its type
unsupported   no reader for it
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Literal, get_args

UnreadableKind = Literal[
    "binary", "bomb", "broken_row", "changed", "corrupt", "crash", "denied", "empty", "encoding", "encrypted", "memory",
    "no_text", "timeout", "too_complex", "too_large", "unsupported",
]  # fmt: skip


class CurateError(Exception):
    """What the user can mend: its message is a sentence that says what is wrong and what to change."""

    exit_code = 1


class RecipeError(CurateError):
    """The recipe, or a plugin it needs, asks for something that cannot be had. Each problem is a sentence."""

    exit_code = 2

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class AlarmError(CurateError):
    """The run stops because what it makes cannot be meant: a step errs on many documents, or nothing is left."""

    exit_code = 4


class Wrong(ValueError):
    """A plugin's answer is not what was expected. Says types and names, never what a document holds."""


class Unreadable(Exception):
    """A file, or one row of it, that cannot be read: raised by a reader for a whole file, yielded for one row.

    `kind` is one of a closed list (`UnreadableKind`), which the ledger counts by; `detail` says more and never quotes
    the document. `place` is the row's byte offset.
    """

    def __init__(self, kind: UnreadableKind, detail: str = "", place: int | None = None) -> None:
        if kind not in get_args(UnreadableKind):
            raise Wrong(f"expected an Unreadable of a known kind ({', '.join(get_args(UnreadableKind))})")
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.place = place


def meant(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown word: the nearest known one, or else all of them."""
    close = get_close_matches(word, known := sorted(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there is {', '.join(known) or 'none'}"
