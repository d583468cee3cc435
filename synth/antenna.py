"""Elements of the arrays: far field over direction, gain and polarisation in one real vector.

The far field of an element is a real vector F across the direction, |F|^2 the power gain. What a
receiving element hears of a field E that comes from a direction is the sum F . E (no conjugate):
both ends use the same pattern, so that exchanging them changes nothing.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from synth.vectors import FAST, into, load, out_of, store, times

Array = NDArray[np.float64]

ELEMENTS = {"isotropic": 0, "dipole": 1, "tr38901": 2}  # codes of the kernel below
SLANTS = {"V": 0.0, "H": np.pi / 2, "+45": np.pi / 4, "-45": -np.pi / 4}  # [rad]
DIPOLE_GAIN = 1.6409  # of a half-wave dipole: Balanis, Antenna Theory, 4th ed., equation 4-93


def far_field(element: str, polarization: str, panel: Array, direction: Array) -> Array:
    """Return the far field (..., 3) of an element on a panel, in the radar frame.

    Args:
        element: A key of `ELEMENTS`.
        polarization: A key of `SLANTS`.
        panel: (3, 3) the panel's axes right, ahead, up, as columns, in the radar frame.
        direction: (..., 3) unit vectors in the radar frame, away from the element.
    """
    flat = np.ascontiguousarray(direction, np.float64).reshape(-1, 3)
    field = np.empty_like(flat)
    _fields(ELEMENTS[element], SLANTS[polarization], panel, flat, field)
    return field.reshape(direction.shape)


@njit(cache=True)
def _fields(element, slant, panel, direction, out):  # type: ignore[no-untyped-def]
    for i in range(len(direction)):
        store(out, i, element_field(element, slant, panel, load(direction, i)))


@njit(cache=True, fastmath=FAST, error_model="numpy")
def element_field(element, slant, panel, direction):  # type: ignore[no-untyped-def]
    """Return the far field (3,) towards one direction.

    Args:
        element: A value of `ELEMENTS`.
        slant: Of the polarisation from vertical [rad].
        panel: (3, 3) axes right, ahead, up as columns.
        direction: (3,) unit vector.

    Source: 3GPP TR 38.901 V16.1, table 7.3-1 (pattern: 8 dBi, 65 degrees wide both ways) and
    section 7.3.2, model 2 (polarisation); dipole: Balanis, equation 4-84.
    """
    x, y, z = into(panel, direction)
    cos_slant, sin_slant = np.cos(slant), np.sin(slant)
    if element == 1:
        along = cos_slant * z + sin_slant * x  # cosine of the angle from the dipole's axis
        sine2 = 1.0 - along * along
        if sine2 < 1e-12:
            return 0.0, 0.0, 0.0
        size = np.sqrt(DIPOLE_GAIN) * np.cos(0.5 * np.pi * along) / sine2
        local = along * x - sin_slant, along * y, along * z - cos_slant
        return out_of(panel, times(size, local))
    level = np.sqrt(x * x + y * y)
    cos_azimuth, sin_azimuth = 1.0, 0.0
    if level > 1e-12:
        cos_azimuth, sin_azimuth = y / level, x / level
    size = 1.0
    if element == 2:
        # In single precision, twice as fast: it is a gain, not a phase.
        widths = np.float32(180.0 / np.pi / 65.0)
        azimuth = widths * np.arctan2(np.float32(x), np.float32(y))
        elevation = widths * np.arctan2(np.float32(z), np.float32(level))
        most = np.float32(30.0)
        loss_db = min(np.float32(12.0) * elevation * elevation, most)
        loss_db = min(loss_db + min(np.float32(12.0) * azimuth * azimuth, most), most)
        size = np.float64(np.exp(np.float32(np.log(10.0) / 20.0) * (np.float32(8.0) - loss_db)))
    # Unit vectors of growing zenith angle and, counter-clockwise from above, of azimuth.
    local = (
        cos_slant * z * sin_azimuth - sin_slant * cos_azimuth,
        cos_slant * z * cos_azimuth + sin_slant * sin_azimuth,
        -cos_slant * level,
    )
    return out_of(panel, times(size, local))
