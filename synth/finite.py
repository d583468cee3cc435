"""Numbers that are not finite are stopped where they appear, by name."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def require_finite(what: str, values: NDArray[Any]) -> None:
    """Raise ValueError, naming `what`, if one of the values is not finite."""
    wrong = values.size - np.count_nonzero(np.isfinite(values))
    if wrong:
        raise ValueError(
            f"{what}: {wrong} of {values.size} values are not finite; mend what made them, or "
            "leave them out"
        )
