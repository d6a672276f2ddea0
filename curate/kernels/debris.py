"""Tell words from what is left of them: keys and words without spaces between them, digits inside words, mixed case."""

import numpy as np

from curate.kernels.words import Words

LONG = 25  # letters and digits; `internationalization` has 20


def debris(data: np.ndarray, offsets: np.ndarray, words: Words) -> tuple[np.ndarray, np.ndarray]:
    """For each document: characters in overlong words, and how many words are of letters that took digits' places.

    A word is overlong from 25 letters and digits on, unless it is a hexadecimal number or stands in an address (behind
    `://` or a Markdown link's bracket). A word is debris if it is ASCII and has a digit between two letters or two
    letters after a digit at its start, or if its letters change case three times and at every second letter: `w0rd`,
    `0ther`, `wOrDs`.
    """
    from curate.kernels.debris_loops import count

    found = np.zeros((2, len(offsets) - 1), np.int64)
    count(data, offsets, words, found)
    return found[0], found[1]
