"""A synthesiser of flat pictures: rectangles for cars on noise, in no time."""

from dataclasses import replace

import numpy as np

from synth.generate import generate
from synth.plan import plan
from tests.fakes import TABLES, fake_sequence, tiny_config

CAR = 2  # in tests.fakes.TABLES
LOOKS = np.array([[220, 60, 40], [40, 90, 220], [240, 240, 230]])


def small_config(**changes):
    base = tiny_config()
    camera = replace(base.camera, width=96, height=64)
    return replace(base, camera=camera, **{"entries": ("camera",), **changes})


def painted_sequence(config, seed, sequence, on_frame=None):
    """Two cars a frame, beside each other; the target is the left one, wholly visible."""
    arrays = fake_sequence(config, seed, sequence, on_frame)
    rng = np.random.default_rng([seed, sequence, 1])
    picture = rng.integers(90, 130, (15, config.camera.height, config.camera.width, 3))
    box = np.zeros((30, 4), np.float32)
    for row in range(30):
        width, height = rng.integers(12, 30), rng.integers(10, 24)
        x = 48 * (row % 2) + rng.integers(0, 48 - width)
        y = rng.integers(0, config.camera.height - height)
        picture[row // 2, y : y + height, x : x + width] = LOOKS[rng.integers(len(LOOKS))]
        box[row] = x, y, x + width, y + height
    if "camera/image" in arrays:
        arrays["camera/image"][:] = picture
    arrays["object/box"][:] = box
    arrays["object/class"][:] = CAR
    arrays["object/visibility"][:] = 1
    arrays["frame/light"][:] = 0
    arrays["target/box"][:] = box[::2]
    return arrays


def paired_dataset(path):
    """Synthesise ten sequences of pairs into a folder; return it."""
    generate(plan(paired_config(), path, 150, 3, TABLES, 1), paired_sequence)
    return path


def paired_config(**changes):
    """Pictures and radio maps that shrink evenly to the preset `smoke`."""
    base = tiny_config()
    small = replace(
        base,
        camera=replace(base.camera, width=160, height=120),
        radio=replace(base.radio, n_symbol=16),
        heatmap=replace(base.heatmap, n_range=60, n_azimuth=80, range_min=6.0, range_max=36.0),
    )
    return replace(small, **{"entries": ("camera", "radar", "doppler"), **changes})


def paired_sequence(config, seed, sequence, on_frame=None):
    """One red car and its echo: to the right in both where it is, larger and lower where near.

    Every sequence has still echoes of its own, as strong as the car's.
    """
    arrays = painted_sequence(config, seed, sequence, on_frame)
    rng = np.random.default_rng([seed, sequence, 2])
    half = np.radians(config.heatmap.azimuth_span_deg) / 2
    near, far = config.heatmap.range_min, config.heatmap.range_max
    start, end = rng.uniform(-0.8, 0.8, 2)
    share = np.linspace(start, end, 15)  # of the way to the right edge
    distance = rng.uniform(near + 4, far - 4) + np.linspace(0, rng.uniform(-3, 3), 15)
    azimuth = share * half
    row = np.arange(config.heatmap.n_range)[:, None]
    column = np.arange(config.heatmap.n_azimuth)[None]
    step = (far - near) / config.heatmap.n_range
    still = [(rng.uniform(0, 60), rng.uniform(0, 80)) for _ in range(3)]
    for i in range(15):
        at = (distance[i] - near) / step, (share[i] + 1) / 2 * (config.heatmap.n_azimuth - 1)
        level = np.full((config.heatmap.n_range, config.heatmap.n_azimuth), -120.0)
        level += rng.normal(0, 2, level.shape)
        for place in (at, *still):
            blob = 40 * np.exp(-((row - place[0]) ** 2) / 4 - (column - place[1]) ** 2 / 8)
            level += blob
        arrays["radar/heatmap"][i] = level
        size = int(160 / distance[i])
        x = int((share[i] + 1) / 2 * (160 - size))
        y = int(110 - 3 * distance[i])
        arrays["camera/image"][i] = rng.integers(90, 130, (120, 160, 3))
        arrays["camera/image"][i, y : y + size, x : x + size] = LOOKS[0]
        arrays["target/box"][i] = arrays["object/box"][2 * i] = x, y, x + size, y + size
        speed = np.full((config.heatmap.n_range, config.radio.n_symbol), -120.0)
        speed += rng.normal(0, 2, speed.shape)
        speed[int(at[0]), 2] = -80.0
        arrays["radar/doppler_map"][i] = speed
    place = np.stack([distance * np.sin(azimuth), distance * np.cos(azimuth), 0 * azimuth], 1)
    arrays["target/position"][:] = arrays["object/centre"][::2] = place
    arrays["target/range"][:] = arrays["target/half_path"][:] = distance
    arrays["target/azimuth"][:] = azimuth
    return arrays
