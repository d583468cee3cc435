"""Kernels: numba compiles them once, before the first frame, and keeps them on disk."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from scenes.config import ScenarioConfig
from scenes.light.lamps import Spot
from scenes.light.sky import make_light
from scenes.mesh import TriMesh
from scenes.sensors import make_camera, make_lidar, make_radar
from scenes.spec import Daylight, Weather
from synth.channel import channel, quantise, with_noise
from synth.depth import view
from synth.doppler import doppler_map, make_doppler_imager, symbols
from synth.heatmap import heatmap, make_imager
from synth.launch import launch
from synth.lidar import sweep
from synth.picture import make_air, picture
from synth.rays import RayScene
from synth.reflection import surface_table
from synth.tracer import trace


def compile_kernels(config: ScenarioConfig) -> float:
    """Compile, or load from disk, all that sensors run; return how long it took [s].

    A frame of a few rays and pixels goes through it, so that no frame of a dataset waits for the
    compiler, and workers find what they need on disk.
    """
    begin = time.perf_counter()
    small = replace(
        config,
        radio=replace(config.radio, n_ray=100, max_path=100, n_row=2, n_col=2, n_symbol=2),
        heatmap=replace(config.heatmap, n_range=8, n_azimuth=8),
    )
    radio, radar = small.radio, make_radar(small)
    rng = np.random.default_rng(0)
    surfaces = surface_table(radio.carrier_hz, extrapolate=radio.extrapolate_materials)
    scene = RayScene(_wall(0.0, 200.0), _wall(20.0, 2.0))
    paths = trace(scene, radar, radio, surfaces, launch(radio, radar, rng))
    response = quantise(with_noise(channel(paths, radar, radio), radio, rng), radio)
    heatmap(response, make_imager(small, radar))
    burst = symbols(paths, radar, radio).astype(np.complex64)
    doppler_map(burst, make_doppler_imager(small))
    _compile_air(small, scene, rng)
    return time.perf_counter() - begin


def _compile_air(config: ScenarioConfig, scene: RayScene, rng: np.random.Generator) -> None:
    """Take a small picture and a small sweep through fog at night and through rain and snow."""
    small = replace(
        config,
        camera=replace(config.camera, width=32, height=32),
        lidar=replace(config.lidar, n_beam=2, n_azimuth=8),
    )
    camera, lidar = make_camera(small), make_lidar(small)
    seen = view(scene, camera)
    linear = np.ones((32, 32, 3), np.float32)
    light = make_light(Daylight(-0.5, 0.0, 2.0, 0.0, 0), Weather("clear", "night"))
    down = np.array([0.0, 0.0, -1.0])
    spots = [Spot(np.array([0.0, 9.0, 8.0]), down, 1000.0, 2.0, 0.1, (1.0, 1.0, 1.0))]
    for weather in (
        Weather("fog", "night", 0.0, 50.0), Weather("rain", "night", 50.0),
        Weather("snow", "night", 4.0),
    ):  # fmt: skip
        air = make_air(weather, light, spots, scene, camera, seen)
        picture(linear, 1.0, air, scene, seen, spots, rng)
        sweep(scene, lidar, rng, weather)


def _wall(ahead: float, size: float) -> TriMesh:
    """Return the ground, or an upright wall if it stands ahead [m]."""
    across = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32) * np.float32(size)
    upright = np.array([[1, 0, 0], [0, 0, 1]] if ahead else [[1, 0, 0], [0, 1, 0]], np.float32)
    vertices = across @ upright + np.array([0, ahead, 0], np.float32)
    return TriMesh(
        vertices,
        np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        np.ones(2, np.uint16),
        np.zeros(2, np.uint8),
        np.zeros_like(vertices),
    )
