"""Cars on a lot: one that drives along a lane, and those that stand in bays."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scenes.car_model import CarModel
from scenes.cars import CAR_MODELS
from scenes.config import SEQUENCE_LENGTH, ScenarioConfig
from scenes.lot import BAY_LENGTH, BAY_WIDTH, LANE_WIDTH
from scenes.sensors import Camera
from scenes.spec import RGB, Bay, Car, Drive, Lot, Paint, Pose

EDGE = 0.03  # share of the picture that the target keeps away from its edges
OVERHANG = 0.5  # how far a parked car may stand out into the lane [m]
GAP = 0.25  # between the target and what may stand out into its lane [m]
YAW_DRIVE = np.radians(1.0)  # greatest angle between a drive and its lane [rad]
YAW_PARKED = np.radians(2.5)  # greatest angle between a parked car and its bay [rad]

# Linear base colours with their shares among new cars in Europe (industry colour reports, rounded).
PAINTS: tuple[tuple[float, RGB], ...] = (
    (0.26, (0.78, 0.78, 0.77)),  # white
    (0.21, (0.012, 0.012, 0.014)),  # black
    (0.20, (0.11, 0.115, 0.12)),  # grey
    (0.09, (0.45, 0.46, 0.47)),  # silver
    (0.10, (0.012, 0.05, 0.19)),  # blue
    (0.06, (0.33, 0.010, 0.012)),  # red
    (0.03, (0.025, 0.09, 0.05)),  # green
    (0.03, (0.22, 0.17, 0.11)),  # beige, brown
    (0.02, (0.55, 0.20, 0.012)),  # orange, yellow
)


def sample_paint(rng: np.random.Generator) -> Paint:
    """Draw a paint as they are on the road."""
    shares = np.array([share for share, _ in PAINTS])
    colour = PAINTS[int(rng.choice(len(PAINTS), p=shares / shares.sum()))][1]
    shade = rng.uniform(0.85, 1.1) * rng.uniform(0.97, 1.03, 3)
    red, green, blue = (float(min(c * s, 0.85)) for c, s in zip(colour, shade, strict=True))
    metallic = float(rng.uniform(0.5, 1.0)) if rng.random() < 0.6 else 0.0
    return Paint((red, green, blue), metallic, float(rng.uniform(0.25, 0.45)))


def sample_model(rng: np.random.Generator) -> str:
    """Draw the name of a car model."""
    return str(rng.choice(sorted(CAR_MODELS)))


def half_width_in_view(camera: Camera, y: float, z: float = 0.0) -> float:
    """Return how far [m] to the side the camera sees at distance `y` and height `z` [m].

    Not above zero where the place lies below the picture or behind the camera.
    """
    pixel, depth = camera.project(np.array([0.0, y, z]))
    if depth <= 0 or not 0 <= pixel[1] <= camera.height * (1 - EDGE):
        return 0.0
    return float(depth) * 0.5 * camera.width / float(camera.intrinsics[0, 0])


def drive_room(camera: Camera, lane: float, to_right: bool, model: CarModel) -> float:
    """Return the half width [m] in view that a car's centre may use on a lane at `lane` [m]."""
    drift = np.sin(YAW_DRIVE) * (LANE_WIDTH + model.length)  # a lower bound is enough here
    nearest = lane - (_lane_offset(model)[1] if to_right else 0.0) - model.width / 2 - drift
    seen = min(half_width_in_view(camera, nearest, z) for z in (0.0, model.height))
    return float(seen * (1 - 2 * EDGE) - (model.length + model.width * np.sin(YAW_DRIVE)) / 2)


def sample_drive(
    config: ScenarioConfig,
    camera: Camera,
    lot: Lot,
    car: tuple[int, str],
    rng: np.random.Generator,
) -> tuple[tuple[Car, Drive] | None, float]:
    """Draw the target and a drive that stays in view for all frames, on the right of its lane.

    Args:
        config: The scenario.
        camera: That must see all of it.
        lot: With its lanes.
        car: Object id and model of the target.
        rng: The sequence's stream.

    Returns:
        The target and its drive, None if no lane can be seen for long enough; and the greatest
        speed [m/s] that some lane allows.
    """
    car_id, name = car
    model, paint = CAR_MODELS[name], sample_paint(rng)
    duration = (SEQUENCE_LENGTH - 1) * config.frame_interval
    ways = [(lane, to_right) for lane in lot.lanes for to_right in (False, True)]
    rooms = [drive_room(camera, lane, to_right, model) for lane, to_right in ways]
    able = [i for i, room in enumerate(rooms) if 2 * room >= config.traffic.speed_min * duration]
    fastest = 2 * max(rooms) / duration
    if not able:
        return None, fastest
    chosen = able[int(rng.integers(len(able)))]
    (lane, to_right), room = ways[chosen], rooms[chosen]
    speed = float(
        rng.uniform(config.traffic.speed_min, min(config.traffic.speed_max, 2 * room / duration))
    )
    half = speed * duration / 2
    middle = float(rng.uniform(-1, 1)) * max(room - half, 0.0)
    y = lane + (-1 if to_right else 1) * float(rng.uniform(*_lane_offset(model)))
    # Over a long drive a smaller angle already leads off the lane.
    turn = float(rng.uniform(-1, 1)) * min(YAW_DRIVE, float(np.arcsin(min(0.15 / half, 1.0))))
    yaw = turn + (0.0 if to_right else np.pi)
    x = middle - half * np.cos(yaw)
    start = Pose((float(x), float(y - half * np.sin(yaw)), 0.0), float(yaw))
    return (Car(car_id, name, paint, start), Drive(start, speed)), fastest


def _lane_offset(model: CarModel) -> tuple[float, float]:
    """Return the least and the greatest distance [m] of a car from its lane's middle."""
    aside = model.width / 2 + np.sin(YAW_DRIVE) * model.length / 2 + 0.15
    return aside, max(aside, LANE_WIDTH / 2 - OVERHANG - GAP - aside)


def bays_in_view(camera: Camera, lot: Lot) -> list[Bay]:
    """Return the bays that a camera sees some of."""
    return [
        bay
        for bay in lot.bays
        if abs(bay.x) < half_width_in_view(camera, bay.y + BAY_LENGTH / 2) + BAY_WIDTH / 2
    ]


def park(
    bays: list[Bay], n_car: int, ids: Iterator[int], rng: np.random.Generator
) -> tuple[Car, ...]:
    """Draw `n_car` parked cars, each within the width of its own bay."""
    cars = []
    for index in sorted(rng.choice(len(bays), size=n_car, replace=False).tolist()):
        bay, name = bays[index], sample_model(rng)
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
        cars.append(Car(next(ids), name, sample_paint(rng), pose))
    return tuple(cars)
