"""What reaches the array where nothing does."""

import numpy as np

from synth.paths import Paths


def no_paths():
    """The record of no path."""
    return Paths(
        np.zeros(0, np.complex64),
        np.zeros(0),
        np.zeros((0, 2), np.float32),
        np.zeros((0, 2), np.float32),
        np.zeros(0, np.float32),
        np.zeros(0, np.uint16),
        np.zeros(0, np.uint8),
        np.zeros(0, np.uint8),
        np.zeros(0, np.uint8),
    )
