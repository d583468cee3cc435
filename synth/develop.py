"""Linear light to the 8-bit picture: automatic exposure, a film curve, sRGB."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)  # ITU-R BT.709 weights
HIGHLIGHT = 4.0  # what the brightest hundredth may reach at most before the curve
WHITE = 6.0  # what the curve maps to white
PALER = 1 / 3  # how far, as an exponent, from all of the colour to all of the brightness
BLACK = 1e-5  # of the brightest hundredth: darker than any sensor tells, as a sky without stars


def exposure(linear: NDArray[np.float32], grey: float) -> float:
    """Return the factor that a camera's meter would choose for a picture.

    Geometric mean of all that is not black to middle grey, less where the brightest hundredth
    would burn out.

    Args:
        linear: (height, width, 3) radiance, linear BT.709.
        grey: Where the mean comes to lie before the curve.
    """
    luminance = np.maximum(linear @ LUMINANCE, 1e-9)
    bright = float(np.percentile(luminance, 99))
    lit = luminance[luminance >= BLACK * bright]
    return min(grey / float(np.exp(np.mean(np.log(lit)))), HIGHLIGHT / bright)


def develop(linear: NDArray[np.float32], factor: float) -> NDArray[np.uint8]:
    """Return the picture (height, width, 3) of linear light (height, width, 3).

    Args:
        linear: Radiance, linear BT.709.
        factor: Exposure.

    What a screen cannot show as bright and as coloured, it shows somewhat darker and somewhat
    paler: a red lamp stays red, and a warm sky keeps its gradient.

    Source: the curve is Reinhard's extended operator (Reinhard et al., SIGGRAPH 2002, equation 4)
    on luminance; the encoding IEC 61966-2-1.
    """
    light = np.maximum(linear, 0) * np.float32(factor)
    luminance = light @ LUMINANCE
    scale = (1 + luminance / WHITE**2) / (1 + luminance)
    display, curve = light * scale[..., None], (luminance * scale)[..., None]
    most = np.maximum(display.max(-1, keepdims=True), 1)
    pure = curve / most  # luminance of the colour where its largest channel is full
    shown = pure ** (1 - PALER) * np.minimum(curve, 1) ** PALER
    colour = display * (shown / np.maximum(curve, np.float32(1e-9)))
    over = shown * most / np.maximum(curve, np.float32(1e-9))  # its largest channel
    keep = np.where(over > 1, (1 - shown) / np.maximum(over - shown, np.float32(1e-6)), 1)
    display = np.clip(shown + keep * (colour - shown), 0, 1)
    encoded = np.where(
        display <= 0.0031308, 12.92 * display, 1.055 * display ** np.float32(1 / 2.4) - 0.055
    )
    return np.asarray(np.round(encoded * 255), np.uint8)
