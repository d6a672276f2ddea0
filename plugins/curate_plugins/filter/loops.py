"""A score that tells text from what got stuck: the same letter, word or phrase several times in a row."""

import numpy as np

import curate
from curate import Batch
from curate.kernels.runs import repeated_in_place


@curate.score(repeated_letters=(None, 0.01), repeated_phrases=(None, 0.025), in_domain=False)
def loops(batch: Batch) -> dict[str, np.ndarray]:
    """Measure the share of characters in one letter six times in a row, and in words or phrases four or five times."""
    # Of 2,389 English and 672 Chinese technical documents these limits drop 2 and 3: calls in a chain, `xxxxxxxx`.
    letters, phrases = repeated_in_place(*batch.utf8).T
    return {"repeated_letters": letters, "repeated_phrases": phrases}
