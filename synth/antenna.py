"""Element patterns: power gain over direction."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from scenes.sensors import angles

Array = NDArray[np.float64]


def isotropic(direction: Array) -> Array:
    """Return the gain (...) 1 of every direction (..., 3)."""
    return np.ones(direction.shape[:-1])


def tr38901(direction: Array) -> Array:
    """Return the power gain (...) of 3GPP's element: 8 dBi, 65 degrees wide both ways.

    Args:
        direction: (..., 3) unit vectors in the panel's frame (right, ahead, up).

    Source: 3GPP TR 38.901 V16.1, table 7.3-1.
    """
    azimuth, elevation = np.moveaxis(angles(direction), -1, 0)
    vertical = np.minimum(12 * (np.degrees(elevation) / 65) ** 2, 30)
    horizontal = np.minimum(12 * (np.degrees(azimuth) / 65) ** 2, 30)
    loss_db = np.minimum(vertical + horizontal, 30)
    return np.asarray(10 ** ((8 - loss_db) / 10))


ELEMENTS: dict[str, Callable[[Array], Array]] = {"isotropic": isotropic, "tr38901": tr38901}


def element_gain(element: str, panel: Array, direction: Array) -> Array:
    """Return the power gain (...) of an element on a panel.

    Args:
        element: A key of `ELEMENTS`.
        panel: (3, 3) the panel's axes right, ahead, up, as columns, in the radar frame.
        direction: (..., 3) unit vectors in the radar frame.
    """
    return ELEMENTS[element](direction @ panel)
