import numpy as np
import pytest

from scenes.sensors import direction, tilted_frame
from synth.antenna import ELEMENTS, SLANTS, far_field

RNG = np.random.default_rng(0)
AROUND = RNG.normal(size=(200_000, 3))
AROUND /= np.linalg.norm(AROUND, axis=1, keepdims=True)


@pytest.mark.parametrize("polarization", SLANTS)
@pytest.mark.parametrize(("element", "mean"), [("isotropic", 1.0), ("dipole", 1.0)])
def test_a_lossless_element_radiates_what_it_gets(element, mean, polarization):
    field = far_field(element, polarization, tilted_frame(0.3, 0.2), AROUND)
    assert (field**2).sum(1).mean() == pytest.approx(mean, rel=5e-3)


@pytest.mark.parametrize("element", ELEMENTS)
@pytest.mark.parametrize("polarization", SLANTS)
def test_the_field_lies_across_the_direction(element, polarization):
    field = far_field(element, polarization, tilted_frame(0.3, 0.2), AROUND)
    assert np.abs((field * AROUND).sum(1)).max() < 1e-12


def test_3gpps_element():
    def gain(azimuth, elevation=0.0):
        way = direction(np.radians(azimuth), np.radians(elevation))
        return 10 * np.log10((far_field("tr38901", "V", np.eye(3), way) ** 2).sum())

    assert gain(0) == pytest.approx(8)
    assert gain(32.5) == pytest.approx(5)  # 3 dB down at half of 65 degrees
    assert gain(0, 32.5) == pytest.approx(5)
    assert gain(180) == pytest.approx(8 - 30)
    assert gain(20, 30) == pytest.approx(8 - 12 * (20**2 + 30**2) / 65**2)


def test_a_half_wave_dipole():
    def gain(polar):
        way = np.array([np.sin(polar), 0.0, np.cos(polar)])
        return (far_field("dipole", "V", np.eye(3), way) ** 2).sum()

    assert 10 * np.log10(gain(np.pi / 2)) == pytest.approx(2.15, abs=0.005)
    assert gain(0.0) == 0
    half = np.radians(39)  # its half-power width is 78 degrees
    assert gain(np.pi / 2 + half) / gain(np.pi / 2) == pytest.approx(0.5, abs=0.005)


def test_horizontal_and_vertical_are_across_each_other_and_slants_lie_between():
    for element in ("isotropic", "tr38901"):
        v, h, slant = (far_field(element, p, np.eye(3), AROUND) for p in ("V", "H", "+45"))
        assert np.abs((v * h).sum(1)).max() < 1e-12
        np.testing.assert_allclose(slant, (v + h) / np.sqrt(2), atol=1e-12)


@pytest.mark.parametrize("element", ELEMENTS)
@pytest.mark.parametrize("polarization", SLANTS)
def test_a_turned_panel_turns_its_field(element, polarization):
    panel = tilted_frame(0.4, -1.1)
    turned = far_field(element, polarization, panel, AROUND[:100] @ panel.T)
    still = far_field(element, polarization, np.eye(3), AROUND[:100])
    np.testing.assert_allclose(turned, still @ panel.T, atol=1e-12)
