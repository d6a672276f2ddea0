"""How unlikely a text is among those of its own corpus: noise, damaged letters, shuffled words."""

import re
from collections.abc import Sequence
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np

import curate
from curate import Batch, CurateError, Doc
from curate.kernels.trigrams import (
    CLASSES,
    HAN_LETTER,
    KANA,
    LATIN,
    LETTER,
    WINDOW,
    Model,
    Symbols,
    Windows,
    count_ngrams,
    judged,
    left_out,
    packed,
    split_symbols,
    unpacked,
)

SENTENCE = re.compile(r".+?(?:[。！？\n]+|[.!?]\s+|$)", re.DOTALL)
SYMBOLS = 2_000_000  # of a sample: twice as many take twice the time and drop nearly the same documents
ROUNDS, HALVED = 5, 2  # of learning; after so many the likelier half of the texts teaches
# The limits of surprisal and disorder: so many spreads above what is usual, and no less than so much: a fifth more bits
# than usual, and words that are half as likely where they stand as anywhere.
REACH = ((2.5, 6.5, 0.2), (1.5, 2.25, 1.0))
SHORT, WORDS = 40, 10  # symbols and words that tell half as much as many do; fewer words have no order
LONGEST = 100_000  # symbols of one text
FEW = 30  # texts that are no sample: of so few no limit can be told


class Learned(NamedTuple):
    """What `char_model` learns of a sample."""

    model: Model
    bits: np.ndarray  # float64, CLASSES: how unlikely a symbol of a class usually is; 0 where the sample has too few
    usual: np.ndarray  # float64, 2 x 2: surprisal and disorder of the sample's median text, Chinese ones or not
    limit: np.ndarray  # float64, 2 x 2: what about one sound text in a hundred is above


@curate.fit(sample=4_000)
def char_model(docs: Sequence[Doc]) -> bytes:
    """Learn which characters and words follow each other in this corpus, for `surprisal`; up to half may be broken."""
    texts = sample_symbols([doc.text for doc in docs])
    learned = learn(texts)
    keys, steps = packed(learned.model)
    out = BytesIO()
    np.savez(
        out,
        keys=keys,
        steps=steps,
        totals=[learned.model.symbols, learned.model.words],
        bits=learned.bits,
        usual=learned.usual,
        limit=learned.limit,
    )
    return out.getvalue()


def load(model: Path) -> Learned:
    """Load what `char_model` learned; raises `CurateError` where a file holds something else."""
    try:
        saved = np.load(BytesIO(model.read_bytes()))
        symbols, words = saved["totals"].tolist()
        learned = unpacked(saved["keys"], saved["steps"], symbols, words)
        return Learned(learned, saved["bits"], saved["usual"], saved["limit"])
    except (OSError, EOFError, ValueError, LookupError, BadZipFile) as error:
        kept = "a recipe names a `char_model` step before it in `model:`, or a file that one learned"
        raise CurateError(f"{model} is no model of `char_model`, or a damaged one; {kept}") from error


@curate.score(surprisal=(None, 1), disorder=(None, 1), setup=load, in_domain=False)
def surprisal(batch: Batch, state: Learned) -> dict[str, np.ndarray]:
    """Measure how unlikely characters and order of words are: 0 is usual, above 1 is one sound text in a hundred."""
    texts = split_symbols(*batch.utf8)
    windows = judged(texts, state.model)
    group = chinese(windows)
    values = (measured(windows, state.bits) - state.usual[:, group]) / (state.limit - state.usual)[:, group]
    return dict(zip(("surprisal", "disorder"), values, strict=True))


def sample_symbols(texts: Sequence[str]) -> Symbols:
    """The symbols of a sample: of long texts pieces from start to end, so that all together are not too many."""
    each, seen = min(max(SYMBOLS // max(len(texts), 1), 4 * WINDOW), LONGEST), set[bytes]()
    fresh = [unsaid(pieces(text, each // WINDOW), seen) for text in texts]
    encoded = [text.encode() for text in fresh if len(text) >= SHORT]
    return split_symbols(np.frombuffer(b"".join(encoded), np.uint8), np.cumsum([0, *map(len, encoded)]))


def unsaid(text: str, seen: set[bytes]) -> str:
    """The text without the sentences that texts before it had; `seen` is told of its own.

    Where clauses are the same word for word, a model that knows them by heart finds all that is new unlikely.
    """
    left = []
    for sentence in SENTENCE.findall(text):
        key = blake2b(sentence.encode(), digest_size=8).digest()
        if len(sentence) < 20 or key not in seen:
            left.append(sentence)
        seen.add(key)
    return "".join(left)


def pieces(text: str, most: int) -> str:
    """The text, or so many windows of it, evenly spread."""
    if len(text) <= most * WINDOW:
        return text
    return "".join(text[at : at + WINDOW] for at in (len(text) * number // most for number in range(most)))


def learn(texts: Symbols) -> Learned:
    """Learn from texts of which up to half are broken: those teach that the round before found sound.

    First that is the half that the others make likeliest, even where all that is broken is alike; then texts come back
    as long as they stay within the limits (after Rousseeuw's least trimmed squares, 1984).
    """
    sound = np.ones(len(texts.start) - 1, np.bool_)
    for number in range(ROUNDS):
        counts = count_ngrams(texts, sound)
        windows = left_out(texts, sound, counts)
        group, bits = chinese(windows), usual_bits(windows, sound)
        values = measured(windows, bits)
        usual, limit = limits(values, group, sound)
        if number < ROUNDS - 1:
            bound = medians(values, group) if number < HALVED else limit
            sound = np.all(values <= bound[:, group], axis=0)
    return Learned(counts.model, bits, usual, limit)


def medians(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """The median surprisal of each group; disorder is not bounded."""
    bound = np.full((2, 2), np.inf)
    for this in np.unique(group):
        bound[0, this] = np.median(values[0, group == this])
    return bound


def chinese(windows: Windows) -> np.ndarray:
    """For each document 1 where a seventh of its letters are Chinese, else 0: their texts differ more."""
    count = by_document(windows, windows.symbols)
    letters = count[:, [LATIN, HAN_LETTER, LETTER, KANA]].sum(axis=1)
    return np.asarray(7 * count[:, HAN_LETTER] >= np.maximum(letters, 1)).astype(int)


def by_document(windows: Windows, values: np.ndarray) -> np.ndarray:
    """The sum of what windows have, for each document; by its own windows alone, to the last bit."""
    filled = np.diff(windows.start) > 0
    sums = np.zeros((len(filled), *values.shape[1:]), values.dtype)
    if filled.any():
        sums[filled] = np.add.reduceat(values, windows.start[:-1][filled], axis=0)
    return sums


def usual_bits(windows: Windows, sound: np.ndarray) -> np.ndarray:
    """How unlikely a symbol of each class is in the median window; 0 for classes that the sample hardly has.

    Of those the model can tell nothing: a Russian text among Chinese ones is not broken for being Russian.
    """
    taught = np.repeat(sound, np.diff(windows.start))
    bits, count = windows.bits[taught], windows.symbols[taught]
    usual = np.zeros(CLASSES)
    for this in np.flatnonzero(count.sum(axis=0) * 1_000 >= max(count.sum(), 1)):
        having = count[:, this] > 0
        usual[this] = np.median(bits[having, this] / count[having, this])
    return usual


def measured(windows: Windows, bits: np.ndarray) -> np.ndarray:
    """Surprisal and disorder of each document, before they are set off against what is usual."""
    expected = (windows.symbols * bits).sum(axis=1)
    excess = ((windows.bits * (bits > 0)).sum(axis=1) - expected) / np.maximum(expected, 1)
    many = windows.symbols.sum(axis=1)
    words, order = by_document(windows, windows.words), by_document(windows, windows.order)
    disorder = np.where(words >= WORDS, order / (words + WORDS), 0)
    return np.stack([upper_quartile(windows, excess * many / (many + SHORT)), disorder])


def upper_quartile(windows: Windows, values: np.ndarray) -> np.ndarray:
    """The value that a quarter of a document's windows reach; 0 where it has none."""
    many = np.diff(windows.start)
    document = np.repeat(np.arange(len(many)), many)
    ordered = np.append(values[np.lexsort((values, document))], 0)
    return np.where(many, ordered[np.minimum(windows.start[:-1] + (3 * many) // 4, len(values))], 0)


def limits(values: np.ndarray, group: np.ndarray, sound: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What is usual for sound texts, and what few of them exceed: by value and group."""
    usual, limit = np.zeros((2, 2)), np.full((2, 2), np.inf)
    for value, this in ((0, 0), (0, 1), (1, 0)):  # what is left: Chinese is written without spaces
        those = (values[value] != 0) & (group == this)
        those = those if (those & sound).sum() >= FEW else values[value] != 0
        if (those & sound).sum() >= FEW:
            usual[value, this], limit[value, this] = limit_of(values[value, those], sound[those], *REACH[value])
    return usual, limit


def limit_of(values: np.ndarray, sound: np.ndarray, near: float, far: float, least: float) -> tuple[float, float]:
    """The median of what is sound, and a limit from `least` on, between `near` and `far` spreads above the median.

    One in a hundred is above it, where that lies in reach; where more than that is broken, it is where fewest lie.
    """
    low, usual = np.quantile(values[sound], [0.16, 0.5])  # only the lower half is free of what is broken
    spread = max(usual - low, 1e-6)
    places = np.sort(values - usual) / spread
    high = places[int(0.99 * len(places))]
    if high > far:
        edges = np.arange(near, far + 0.01, 0.25)
        around = np.searchsorted(places, edges + 0.375) - np.searchsorted(places, edges - 0.375)
        fewest = np.flatnonzero(around == around.min())
        high = edges[fewest[np.append(np.diff(fewest) > 1, True).argmax()]]  # the end of the first gap
    return float(usual), max(float(usual + spread * max(high, near)), least)
