"""How long a text is."""

import numpy as np
import pyarrow.compute as pc

import curate
from curate import Batch


@curate.score(min=100, kinds=("text", "code"))
def length(batch: Batch) -> np.ndarray:
    """Count the characters; under 100 there is no paragraph, neither in Chinese nor in English."""
    return np.asarray(pc.utf8_length(batch["text"]))
