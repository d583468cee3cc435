"""The film curve: bright things lose some colour and some brightness, never hue."""

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


def reinhard(light):
    bright = (light @ LUMINANCE)[0]
    return bright * (1 + bright / WHITE**2) / (1 + bright)


COLOURS = ((1, 1, 1), (1.9, 0.95, 0.42), (0.1, 0.5, 2.0), (0.0, 0.0, 1.0), (1.0, 0.004, 0.002))


def test_luminance_is_reinhards_where_a_screen_can_show_it():
    for colour in COLOURS:
        light = shades(colour)
        bright, wanted = (light @ LUMINANCE)[0], np.minimum(reinhard(light), 1)
        told = decoded(develop(light, 1.0))[0] @ LUMINANCE
        fits = (light[0].max(1) * reinhard(light) / bright <= 1) | (colour == (1, 1, 1))
        np.testing.assert_allclose(told[fits], wanted[fits], atol=0.006)
        assert (told <= wanted + 0.006).all()
        assert (np.diff(told) > -0.008).all()  # brighter light is never darker


def test_a_lamp_keeps_its_colour_however_bright():
    """Of a tail-lamp by night, a hundred times what is white."""
    red, green, blue = decoded(develop(np.array([[[100.0, 0.4, 0.2]]], np.float32), 1.0))[0, 0]
    assert red > 0.99 and max(green, blue) < 0.3
    white = develop(np.full((1, 1, 3), 100.0, np.float32), 1.0)
    assert (white == 255).all()


def test_hues_stay():
    """The middle channel stays where it was between the other two."""
    for colour in COLOURS[1:3]:
        low, middle, high = sorted(colour)
        share = (middle - low) / (high - low)
        shown = np.sort(decoded(develop(shades(colour), 1.0))[0], axis=1)
        span = shown[:, 2] - shown[:, 0]
        clear = span > 0.05
        np.testing.assert_allclose(
            ((shown[:, 1] - shown[:, 0]) / np.maximum(span, 1e-9))[clear], share, atol=0.06
        )


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
