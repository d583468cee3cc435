"""What stands where in a parking lot, and how one car drives through it.

A lot is rows of bays along x with lanes between them, seen from a lamppost at the origin.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scenes.cars import CAR_MODELS
from scenes.cars.paint import sample_paint
from scenes.config import ScenarioConfig
from scenes.layout_parts import Layout, Shortage
from scenes.parking_lot.furniture import furnish
from scenes.parking_lot.ground import lot_ground
from scenes.parking_lot.plan import BAY_LENGTH, BAY_WIDTH, LONGEST, WIDEST, Bay, Lot, sample_plan
from scenes.sensors import Camera
from scenes.spec import Car, Mount, Pose
from scenes.traffic import rectangles_in_view, sample_drive, sample_model, sample_n_parked

YAW_PARKED = np.radians(2.5)  # greatest angle between a parked car and its bay [rad]


def sample_parking_lot(
    config: ScenarioConfig,
    camera: Camera,
    mount: Mount,
    ids: Iterator[int],
    rng: np.random.Generator,
) -> Layout | Shortage:
    """Draw a lot, or say what it is short of.

    Args:
        config: The scenario.
        camera: That looks at it.
        mount: Of the sensors.
        ids: The next object ids.
        rng: The sequence's stream.
    """
    plan = sample_plan(rng)
    ground = lot_ground(plan.lot)
    found, fastest = sample_drive(config, camera, mount, ground.lanes, ids, rng)
    bays = bays_in_view(camera, plan.lot)
    if found is None or len(bays) < config.traffic.parked_max:
        return Shortage(fastest, len(bays))
    parked = park(bays, sample_n_parked(config, rng), ids, rng)
    return Layout(ground, parked, *found, furnish(plan, ids, rng))


def bays_in_view(camera: Camera, lot: Lot) -> list[Bay]:
    """Return the bays of which a camera sees the middle or a corner."""
    middles = np.array([[bay.x, bay.y] for bay in lot.bays])
    seen = rectangles_in_view(camera, middles, (BAY_WIDTH, BAY_LENGTH))
    return [bay for bay, visible in zip(lot.bays, seen, strict=True) if visible]


def park(
    bays: list[Bay], n_car: int, ids: Iterator[int], rng: np.random.Generator
) -> tuple[Car, ...]:
    """Draw `n_car` parked cars, each within the width of its own bay."""
    cars = []
    for index in sorted(rng.choice(len(bays), size=n_car, replace=False).tolist()):
        bay, name = bays[index], sample_model(rng, LONGEST, WIDEST)
        model = CAR_MODELS[name]
        turn = float(np.clip(rng.normal(0, 0.4), -1, 1)) * YAW_PARKED
        wide = model.width * np.cos(turn) + model.length * abs(np.sin(turn))
        long = model.length * np.cos(turn) + model.width * abs(np.sin(turn))
        beside = max((BAY_WIDTH - wide) / 2 - 0.04, 0.0)
        along = (BAY_LENGTH - long) / 2 - 0.06
        x = bay.x + float(np.clip(rng.normal(0, 0.12), -beside, beside))
        # What is longer than the bay stands out into the lane, never into the row behind.
        y = bay.y - bay.opens * along if along < 0 else bay.y + float(rng.uniform(-along, along))
        nose_in = rng.random() < 0.65
        yaw = (-bay.opens if nose_in else bay.opens) * np.pi / 2 + turn
        pose = Pose((x, float(y), 0.0), float(yaw))
        cars.append(Car(next(ids), name, sample_paint(rng, name), pose))
    return tuple(cars)
