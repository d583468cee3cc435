"""What stands where in a parking lot, and how one car drives through it: pure chance and geometry.

A lot is rows of bays along x with lanes between them, seen from a lamppost at the origin. The
draws of one sequence come from one generator; nothing here knows Blender.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import numpy as np

from scenes.cars import CAR_MODELS
from scenes.config import SEQUENCE_LENGTH, ConfigError, ScenarioConfig
from scenes.sensors import Camera, make_camera
from scenes.spec import (
    GROUND_ID,
    RGB,
    Bay,
    Car,
    Daylight,
    Drive,
    Lot,
    Paint,
    Pose,
    Prop,
    SceneSpec,
    Tints,
)

BAY_WIDTH, BAY_LENGTH, LANE_WIDTH = 2.5, 5.0, 6.5  # [m], common in Europe
FIRST_ROW = (4.0, 7.0)  # where the first row or lane begins [m]
EDGE = 0.03  # share of the picture's width that the target keeps away from its sides

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


def sample_sequence(config: ScenarioConfig, rng: np.random.Generator) -> SceneSpec:
    """Draw the world of one sequence.

    Args:
        config: The scenario.
        rng: The sequence's stream.

    Raises:
        ConfigError: If more cars are asked for than there are bays in view, or no lane is wide
            enough in view for the slowest speed.
    """
    camera = make_camera(config)
    lot, planters = _sample_lot(rng)
    ids = count(GROUND_ID + 1)
    target, drive = _sample_drive(config, camera, lot, next(ids), rng)
    parked = _park(config, camera, lot, ids, rng)
    props = _furnish(lot, planters, ids, rng)
    daylight = Daylight(
        elevation=float(np.radians(rng.uniform(18, 62))),
        azimuth=float(rng.uniform(-np.pi, np.pi)),
        turbidity=float(rng.uniform(2.0, 6.0)),
        cloudiness=float(rng.choice([0.0, 0.15, 0.3, 0.5]) + rng.uniform(0, 0.1)),
        seed=int(rng.integers(2**31)),
    )
    warm, green = rng.uniform(-0.1, 0.1), rng.uniform(-0.15, 0.15)
    tints = Tints(
        asphalt=float(rng.uniform(0.75, 1.3)),
        wall=(float(1 + warm), 1.0, float(1 - warm)),
        foliage=(float(1 + green), 1.0, float(1 - green / 2)),
    )
    return SceneSpec(lot, parked, target, drive, props, daylight, tints)


def half_width_in_view(camera: Camera, y: float) -> float:
    """Return how far [m] to the side the ground is in view at distance `y` [m]."""
    _, depth = camera.project(np.array([0.0, y, 0.0]))
    return float(depth) * 0.5 * camera.width / float(camera.intrinsics[0, 0])


def _sample_lot(rng: np.random.Generator) -> tuple[Lot, list[tuple[float, float, float]]]:
    """Return the lot and its planters, as x and y of the centre and length along y [m]."""
    y = float(rng.uniform(*FIRST_ROW))
    offset = float(rng.uniform(-BAY_WIDTH / 2, BAY_WIDTH / 2))
    columns = offset + BAY_WIDTH * np.arange(-11, 12)
    rows: list[tuple[float, int]] = []  # y of the row's centre, side of its lane
    lanes = []
    if rng.random() < 0.6:
        rows.append((y + BAY_LENGTH / 2, 1))
        y += BAY_LENGTH
    lanes.append(y + LANE_WIDTH / 2)
    y += LANE_WIDTH
    rows.append((y + BAY_LENGTH / 2, -1))
    y += BAY_LENGTH
    if rng.random() < 0.65:
        rows.append((y + BAY_LENGTH / 2, 1))
        y += BAY_LENGTH
        lanes.append(y + LANE_WIDTH / 2)
        y += LANE_WIDTH
        rows.append((y + BAY_LENGTH / 2, -1))
        y += BAY_LENGTH
    planted: dict[int, list[int]] = {}
    for index in range(len(rows)):
        chosen = rng.choice(len(columns), size=int(rng.integers(0, 3)), replace=False)
        planted[index] = [int(c) for c in chosen]
    if len(rows) == 4 or (len(rows) == 3 and rows[0][1] == -1):
        # Rows back to back share their planters.
        back = 1 if rows[0][1] == 1 else 0
        planted[back + 1] = planted[back]
    bays = tuple(
        Bay(float(x), row, side)
        for index, (row, side) in enumerate(rows)
        for column, x in enumerate(columns)
        if column not in planted[index]
    )
    planters = [
        (float(columns[column]), row, BAY_LENGTH)
        for index, (row, _) in enumerate(rows)
        for column in planted[index]
        if index > 0 or rows[0][1] == -1  # nothing tall right before the sensors
    ]
    lot = Lot(
        bays, BAY_WIDTH, BAY_LENGTH, tuple(lanes), LANE_WIDTH,
        float(columns[0] - BAY_WIDTH / 2), float(columns[-1] + BAY_WIDTH / 2), y,
        int(rng.integers(2**31)),
    )  # fmt: skip
    return lot, planters


def _sample_paint(rng: np.random.Generator) -> Paint:
    shares = np.array([share for share, _ in PAINTS])
    colour = PAINTS[int(rng.choice(len(PAINTS), p=shares / shares.sum()))][1]
    shade = rng.uniform(0.85, 1.1) * rng.uniform(0.97, 1.03, 3)
    red, green, blue = (float(min(c * s, 0.85)) for c, s in zip(colour, shade, strict=True))
    metallic = float(rng.uniform(0.5, 1.0)) if rng.random() < 0.6 else 0.0
    return Paint((red, green, blue), metallic, float(rng.uniform(0.25, 0.45)))


def _sample_model(rng: np.random.Generator) -> str:
    return str(rng.choice(sorted(CAR_MODELS)))


def _sample_drive(
    config: ScenarioConfig, camera: Camera, lot: Lot, car_id: int, rng: np.random.Generator
) -> tuple[Car, Drive]:
    """Draw the target and a drive that stays in view for all frames, on the right of its lane."""
    model = _sample_model(rng)
    paint = _sample_paint(rng)
    lane = lot.lanes[int(rng.integers(len(lot.lanes)))]
    to_right = bool(rng.random() < 0.5)
    duration = (SEQUENCE_LENGTH - 1) * config.frame_interval
    y = lane + (-1 if to_right else 1) * float(rng.uniform(1.2, 1.5))
    # Nearest corner of the car: there the picture is narrowest.
    nearest = y - CAR_MODELS[model].width / 2
    limit = half_width_in_view(camera, nearest) * (1 - 2 * EDGE) - CAR_MODELS[model].length / 2
    fastest = min(config.traffic.speed_max, 2 * limit / duration)
    if fastest < config.traffic.speed_min:
        raise ConfigError(
            f"traffic.speed_min = {config.traffic.speed_min:g} m/s: in {duration:g} s a car leaves "
            f"the picture, {2 * limit:.1f} m wide at its lane; lower traffic.speed_min to "
            f"{2 * limit / duration:.1f} or less, or lower frame_interval"
        )
    speed = float(rng.uniform(config.traffic.speed_min, fastest))
    slack = limit - speed * duration / 2
    middle = float(rng.uniform(-slack, slack))
    yaw = float(np.radians(rng.uniform(-1.0, 1.0))) + (0.0 if to_right else np.pi)
    half = speed * duration / 2
    start = Pose(
        (float(middle - half * np.cos(yaw)), float(y - half * np.sin(yaw)), 0.0), float(yaw)
    )
    return Car(car_id, model, paint, start), Drive(start, speed)


def _park(
    config: ScenarioConfig,
    camera: Camera,
    lot: Lot,
    ids: Sequence[int] | count[int],
    rng: np.random.Generator,
) -> tuple[Car, ...]:
    """Draw parked cars into bays that the camera sees."""
    bays = [b for b in lot.bays if abs(b.x) < half_width_in_view(camera, b.y) + BAY_WIDTH]
    wanted = int(rng.integers(config.traffic.parked_min, config.traffic.parked_max + 1))
    if config.traffic.parked_max > len(bays):
        raise ConfigError(
            f"traffic.parked_max = {config.traffic.parked_max}: this lot has {len(bays)} bays in "
            f"view; ask for at most {len(bays)}"
        )
    cars = []
    for index in sorted(rng.choice(len(bays), size=wanted, replace=False)):
        bay, model = bays[int(index)], _sample_model(rng)
        room = max(0.0, (BAY_LENGTH - CAR_MODELS[model].length) / 2)
        nose_in = rng.random() < 0.7
        heading = -bay.opens if nose_in else bay.opens
        yaw = heading * np.pi / 2 + np.radians(rng.normal(0, 1.5))
        # A car longer than the bay stands out into the lane, never into the row behind.
        into_lane = max(0.0, (CAR_MODELS[model].length - BAY_LENGTH) / 2) * bay.opens
        x = bay.x + float(np.clip(rng.normal(0, 0.08), -0.15, 0.15))
        y = bay.y + into_lane + float(rng.uniform(-0.6, 0.6)) * room
        pose = Pose((x, y, 0.0), float(yaw))
        cars.append(Car(next(iter(ids)), model, _sample_paint(rng), pose))
    return tuple(cars)


def _furnish(
    lot: Lot,
    planters: list[tuple[float, float, float]],
    ids: Sequence[int] | count[int],
    rng: np.random.Generator,
) -> tuple[Prop, ...]:
    """Draw kerbs, what is behind the lot, lamps, trees and small things."""
    props: list[Prop] = []

    def add(
        kind: str, x: float, y: float, size: tuple[float, float, float],
        style: str = "", yaw: float = 0.0,
    ) -> None:  # fmt: skip
        place = Pose((float(x), float(y), 0.0), float(yaw))
        whole = tuple(float(edge) for edge in size)
        seed = int(rng.integers(2**31))
        props.append(Prop(next(iter(ids)), kind, place, whole, style, seed))  # type: ignore[arg-type]

    def tree(x: float, y: float) -> None:
        height = rng.uniform(4.5, 8.5)
        add("tree", x, y, (0.62 * height, 0.62 * height, height), yaw=rng.uniform(0, 2 * np.pi))

    for x, y, length in planters:
        add("kerb", x, y, (BAY_WIDTH - 0.3, length - 0.4, 0.14), "planter")
        if rng.random() < 0.75:
            tree(x, y + rng.uniform(-0.8, 0.8))
        else:
            add("hedge", x, y, (1.4, length - 1.6, rng.uniform(0.6, 1.0)))

    strip, behind = lot.y_end + 0.4, float(rng.uniform(2.4, 5.0))
    add("kerb", 0.0, strip + behind / 2, (lot.x_max - lot.x_min + 30, behind, 0.14), "strip")
    back = strip + behind
    with_building = rng.random() < 0.7
    if with_building:
        width, height = rng.uniform(26, 60), rng.uniform(4.5, 11.0)
        style = str(rng.choice(["brick", "concrete", "plaster"]))
        add("building", rng.uniform(-10, 10), back + 6.0, (width, 12.0, height), style)
    else:
        add("wall", 0.0, back + 0.2, (lot.x_max - lot.x_min + 30, 0.3, rng.uniform(1.8, 2.8)),
            str(rng.choice(["brick", "concrete"])))  # fmt: skip
        for x in np.arange(-36, 37, 6.0):
            tree(x + rng.uniform(-1.5, 1.5), back + rng.uniform(3, 9))
    for x in np.arange(lot.x_min, lot.x_max, 9.0) + rng.uniform(0, 6):
        choice = rng.random()
        y = strip + behind * rng.uniform(0.4, 0.6)
        if choice < 0.35 and behind > 3.0 and not with_building:
            tree(x, y)
        elif choice < 0.55:
            add("hedge", x, y, (rng.uniform(3, 6), 0.9, rng.uniform(0.7, 1.2)))
        elif choice < 0.7:
            add("sign", x, strip + 0.6, (0.6, 0.06, 2.4), yaw=np.pi)
        elif choice < 0.85:
            add("bin", x, y, (0.7, 0.6, 1.1), yaw=rng.uniform(-0.2, 0.2))
    for x in np.arange(-20, 21, 10.0) + rng.uniform(-3, 3):
        if rng.random() < 0.7:
            add("lamp", x, strip + 0.9, (1.6, 0.2, rng.uniform(6.5, 9.0)), yaw=-np.pi / 2)
    for x in np.arange(lot.x_min, lot.x_max, 1.8):
        if rng.random() < 0.25:
            add("bollard", x, strip + 0.3, (0.16, 0.16, 0.9))
    for side in (-1, 1):
        x = (lot.x_max + 4.0 if side > 0 else lot.x_min - 4.0) + rng.uniform(-1, 1)
        for y in np.arange(10, lot.y_end, 8.0):
            tree(x + side * rng.uniform(0, 3), y + rng.uniform(-2, 2))
    return tuple(props)
