"""How long a text is."""

import numpy as np
import pyarrow.compute as pc

import curate
from curate import Batch


@curate.score(min=100, kinds=("text", "code"))
def length(batch: Batch) -> np.ndarray:
    """Count the characters. A Chinese paragraph can be whole with 40: ``length: {zh: {min: 40}}`` keeps such."""
    return np.asarray(pc.utf8_length(batch["text"]))
