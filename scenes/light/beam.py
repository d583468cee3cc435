"""The dipped beam of a headlight: how bright it is in every direction, as UN Regulation 112 asks.

A round cone of light in coordinates of its own, which are the car's, skewed: what lies below the
horizon is drawn together the more, the further down it is. So one lamp is bright just below the
horizon, ends sharply there, and fades slowly towards the bumper, where it is wide.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# UN Regulation 112, 01 series, paragraph 6.2.4, asks of class A, for traffic on the right, for at
# least 5,100 cd 0.57 degrees below the horizon, for at most 625 cd at it and 350 cd above, and for
# at least 1,250 cd 9 degrees to each side. Its kink, which lights more to the right, is left out.
BEAM_CANDELA = 13_000.0  # where it is brightest; it has 600 lm, about as a halogen lamp's beam
# Angles below the horizon where the beam is brightest, and where it ends: above, it would blind,
# further down the bumper is, and Cycles' light tree would take a skewed cone for narrower than it
# is. And its half width where it is brightest.
BRIGHTEST, TOP, BOTTOM = np.radians([1.8, -0.1, 45.0])
HALF_WIDTH = float(np.radians(20.0))
BEAM_CONE = float(np.radians(126.0))  # in the beam's coordinates; the wider, the more of a peak


def beam_axes() -> NDArray[np.float64]:
    """Return rows (3, 3) that take a direction in a car's frame to the beam's coordinates.

    A direction of slopes s = y/x to the side and d = -z/x down goes to (a s, b (d - peak)) / (1 +
    k d) there, in the plane that the cone's axis is at right angles to. k puts top and bottom on
    the cone's two sides, b on its edge.
    """
    peak, top, bottom = np.tan([BRIGHTEST, TOP, BOTTOM])
    # b (bottom - peak) / (1 + k bottom) = b (peak - top) / (1 + k top) = edge.
    k = (bottom + top - 2 * peak) / (bottom * (peak - top) - top * (bottom - peak))
    edge = np.tan(BEAM_CONE / 2)
    b = edge * (1 + k * bottom) / (bottom - peak)
    a = edge * (1 + k * peak) / np.tan(HALF_WIDTH)
    return np.array([[0.0, a, 0.0], [-b * peak, 0.0, -b], [1.0, 0.0, -k]])
