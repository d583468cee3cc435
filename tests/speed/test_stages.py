"""Time of each stage of a frame on one core; `make speed` prints the table."""

import numpy as np
import pytest

from scenes.sensors import make_lidar
from synth.channel import channel, quantise, with_noise
from synth.depth import view
from synth.heatmap import heatmap
from synth.lidar import sweep

pytestmark = pytest.mark.bpy


def radio(lot):
    """Rays to heatmap: 100,000 rays, 3 bounces."""
    config = lot.config.radio
    response = channel(lot.trace(), lot.radar, config)
    stored = quantise(with_noise(response, config, np.random.default_rng(0)), config)
    return heatmap(stored, lot.imager)


@pytest.mark.benchmark(group="radio")
def test_rays_to_heatmap(benchmark, lot):
    picture = benchmark(radio, lot)
    assert picture.shape == (480, 640)


@pytest.mark.benchmark(group="radio")
def test_trace(benchmark, lot):
    assert len(benchmark(lot.trace)) > 10_000


@pytest.mark.benchmark(group="radio")
def test_channel(benchmark, lot):
    benchmark(channel, lot.paths, lot.radar, lot.config.radio)


@pytest.mark.benchmark(group="radio")
def test_heatmap(benchmark, lot):
    benchmark(heatmap, lot.response, lot.imager)


@pytest.mark.benchmark(group="optics")
def test_depth_over_a_known_still_view(benchmark, lot):
    benchmark(view, lot.scene, lot.camera, lot.seen)


@pytest.mark.benchmark(group="optics")
def test_lidar(benchmark, lot):
    benchmark(sweep, lot.scene, make_lidar(lot.config), np.random.default_rng(0))


@pytest.mark.benchmark(group="geometry")
def test_move_the_target(benchmark, lot):
    benchmark(lot.at, 1.4)
