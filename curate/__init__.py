"""Turn raw documents, Chinese and English, into pretraining shards and SFT sets."""

from curate.data import SCHEMA, Batch, Doc, Drop, Gather, key_of
from curate.errors import AlarmError, CurateError, RecipeError, Unreadable
from curate.files import File, decode
from curate.origin import Stretch
from curate.plugins import edit, expand, field, filter, fit, gather, hookimpl, reader, score, writer
from curate.reading import read
from curate.run import Run, run

__all__ = [
    "SCHEMA",
    "AlarmError",
    "Batch",
    "CurateError",
    "Doc",
    "Drop",
    "File",
    "Gather",
    "RecipeError",
    "Run",
    "Stretch",
    "Unreadable",
    "decode",
    "edit",
    "expand",
    "field",
    "filter",
    "fit",
    "gather",
    "hookimpl",
    "key_of",
    "read",
    "reader",
    "run",
    "score",
    "writer",
]
__version__ = "0.1.0"
