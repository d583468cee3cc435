"""A synthesiser of flat pictures: rectangles for cars on noise, in no time."""

from dataclasses import replace

import numpy as np

from tests.fakes import fake_sequence, tiny_config

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
