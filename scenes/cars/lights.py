"""Where a car's lamps are: the places of light sources at night."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from scenes.cars.body import Blocks, body_blocks
from scenes.cars.build import caster
from scenes.cars.cage import body_shell
from scenes.cars.front import headlamp_place
from scenes.cars.load import tail_lamp_place as load_lamp_place
from scenes.cars.model import CarModel
from scenes.cars.parts import cab_offset
from scenes.cars.rear import tail_lamp_place
from scenes.cars.surface import Surface

Place = tuple[float, float, float]
MIRROR = np.array([1.0, -1.0, 1.0])


def headlamp_places(model: CarModel) -> NDArray[np.float64]:
    """Return the middles (2, 3) [m] of the main lights' glass, left and right, on its surface."""
    return _both(_headlamp(model))


def tail_lamp_places(model: CarModel) -> NDArray[np.float64]:
    """Return points (2, 3) [m] of the tail-lamps' red glass, left and right, on its surface."""
    return _both(_tail_lamp(model))


def _both(left: Place) -> NDArray[np.float64]:
    return np.array([left, left * MIRROR])


@lru_cache(maxsize=1)  # head- and tail-lamps of one model ask one after the other
def _skin(model: CarModel) -> tuple[Blocks, Surface]:
    """Return the cage of a body and its surface, before trim is laid on it."""
    return body_blocks(model), Surface(caster(body_shell(model)))


@cache
def _headlamp(model: CarModel) -> Place:
    x, y, z = headlamp_place(model.cab, *_skin(model.cab)).tolist()
    return x + cab_offset(model), y, z


@cache
def _tail_lamp(model: CarModel) -> Place:
    if model.load is not None:
        x, y, z = load_lamp_place(model).tolist()
    else:
        x, y, z = tail_lamp_place(model, *_skin(model)).tolist()
    return x, y, z
