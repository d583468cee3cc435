"""The film curve: bright things lose colour, never brightness or hue."""

import numpy as np

from synth.develop import LUMINANCE, WHITE, develop


def decoded(picture):
    """Linear light as a screen shows it: sRGB backwards."""
    encoded = picture.astype(float) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def shades(colour):
    """A ramp of a colour over ten stops, (1, n, 3) linear."""
    level = 2.0 ** np.linspace(-6, 4, 200)
    return (level[None, :, None] * np.array(colour)).astype(np.float32)


def test_luminance_is_reinhards_for_any_colour():
    for colour in ((1, 1, 1), (1.9, 0.95, 0.42), (0.1, 0.5, 2.0), (0.0, 0.0, 1.0)):
        light = shades(colour)
        bright = (light @ LUMINANCE)[0]
        wanted = np.minimum(bright * (1 + bright / WHITE**2) / (1 + bright), 1)
        told = decoded(develop(light, 1.0))[0] @ LUMINANCE
        np.testing.assert_allclose(told, wanted, atol=0.006)


def test_a_warm_sky_keeps_its_gradient():
    """Where one channel is full, the others still tell brighter from darker."""
    light = shades((1.9, 0.95, 0.42))
    picture = develop(light, 1.0)[0].astype(int)
    bright = (light @ LUMINANCE)[0]
    grows = (bright > 0.5) & (bright < 5)
    assert (np.diff(picture.sum(1))[grows[1:]] > 0).mean() > 0.9
    assert (picture[:, 0] >= picture[:, 1]).all() and (picture[:, 1] >= picture[:, 2]).all()


def test_dim_colours_stay_as_they_are():
    light = np.array([[[0.02, 0.01, 0.005]]], np.float32)
    told = decoded(develop(light, 1.0))[0, 0]
    np.testing.assert_allclose(told / told[1], [2, 1, 0.5], rtol=0.08)
