"""The car that drives: along a lane, on its right side, in view for all frames."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from scenes.cars import CAR_MODELS
from scenes.cars.model import CarModel
from scenes.cars.paint import sample_paint
from scenes.config import SEQUENCE_LENGTH, ScenarioConfig
from scenes.sensors import Camera, angles
from scenes.spec import Car, Drive, Lane, Mount, Pose
from scenes.things.footprint import Footprint

EDGE = 0.03  # share of the picture that the target keeps away from its edges
YAW_DRIVE = np.radians(1.0)  # greatest angle between a drive and its lane [rad]
MIDDLE_GAP = 0.15  # between a car and the middle of its lane [m]
WINDOW_GAP = 2.0  # of the target's middle from the ends of the radar's range window [m]
STEP = 0.25  # [m] between places that are asked whether they can be seen

Array = NDArray[np.float64]


def sample_model(rng: np.random.Generator, longest: float = np.inf, widest: float = np.inf) -> str:
    """Draw the name of a car model that is neither longer nor wider than allowed [m]."""
    able = [n for n, m in CAR_MODELS.items() if m.length <= longest and m.width <= widest]
    return str(rng.choice(sorted(able)))


def in_view(camera: Camera, points: Array, edge: float = 0.0) -> NDArray[np.bool_]:
    """Return (...) whether points (..., 3) [m] lie in the picture, `edge` of it from its rim."""
    pixel, depth = camera.project(points)
    size = np.array([camera.width, camera.height])
    inside = (pixel >= edge * size) & (pixel <= (1 - edge) * size)
    return np.asarray(inside.all(-1) & (depth > 0))


def rectangles_in_view(
    camera: Camera, middles: Array, size: tuple[float, float]
) -> NDArray[np.bool_]:
    """Return (n,) whether a camera sees the middle or a corner of level places.

    Args:
        camera: The camera.
        middles: (n, 2) [m].
        size: Of every place along x and y [m].
    """
    reach = np.array([[0, 0], [-1, -1], [-1, 1], [1, -1], [1, 1]]) / 2 * size
    points = np.pad(middles[:, None] + reach, ((0, 0), (0, 0), (0, 1)))
    return np.asarray(in_view(camera, points).any(1))


def sample_n_parked(config: ScenarioConfig, rng: np.random.Generator) -> int:
    """Draw how many cars stand."""
    return int(rng.integers(config.traffic.parked_min, config.traffic.parked_max + 1))


def sample_drive(
    config: ScenarioConfig,
    camera: Camera,
    mount: Mount,
    lanes: tuple[Lane, ...],
    ids: Iterator[int],
    rng: np.random.Generator,
) -> tuple[tuple[Car, Drive] | None, float]:
    """Draw the target and a drive that stays in view for all frames, on the right of its lane.

    Args:
        config: The scenario.
        camera: That must see all of it.
        mount: Of the radar, in whose window it must stay.
        lanes: To choose from, either way.
        ids: The next object ids; the target takes one.
        rng: The sequence's stream.

    Returns:
        The target and its drive, None if no lane can be seen for long enough; and the greatest
        speed [m/s] that some lane allows.
    """
    car_id, name = next(ids), sample_model(rng)
    model, paint = CAR_MODELS[name], sample_paint(rng, name)
    duration = (SEQUENCE_LENGTH - 1) * config.frame_interval
    ways = [way for lane in lanes for way in (lane, turned(lane))]
    rooms = [_room(config, camera, mount, way, model) for way in ways]
    lengths = [end - start for start, end in rooms]
    able = [i for i, length in enumerate(lengths) if length >= config.traffic.speed_min * duration]
    fastest = max(lengths) / duration
    if not able:
        return None, fastest
    chosen = able[int(rng.integers(len(able)))]
    way, (first, last) = ways[chosen], rooms[chosen]
    most = min(config.traffic.speed_max, (last - first) / duration)
    speed = float(rng.uniform(config.traffic.speed_min, most))
    half = speed * duration / 2
    middle = float(rng.uniform(first + half, last - half))
    aside = float(rng.uniform(*lane_offset(model, way)))
    # Over a long drive a smaller angle already leads off the lane.
    turn = float(rng.uniform(-1, 1)) * min(YAW_DRIVE, float(np.arcsin(min(0.15 / half, 1.0))))
    yaw = direction_of(way) + turn
    x, y = place_on(way, middle, aside)
    start = Pose((x - half * float(np.cos(yaw)), y - half * float(np.sin(yaw)), 0.0), yaw)
    return (Car(car_id, name, paint, start), Drive(start, speed)), fastest


def turned(lane: Lane) -> Lane:
    """Return the lane the other way."""
    return Lane(lane.end, lane.start, lane.width, lane.margin)


def direction_of(lane: Lane) -> float:
    """Return the yaw [rad] of a car that drives along a lane."""
    return float(np.arctan2(lane.end[1] - lane.start[1], lane.end[0] - lane.start[0]))


def place_on(lane: Lane, along: float, aside: float) -> tuple[float, float]:
    """Return x, y [m] of a place `along` a lane [m] from its start and right of its middle."""
    yaw = direction_of(lane)
    cos, sin = float(np.cos(yaw)), float(np.sin(yaw))
    return lane.start[0] + along * cos + aside * sin, lane.start[1] + along * sin - aside * cos


def lane_offset(model: CarModel, lane: Lane) -> tuple[float, float]:
    """Return the least and the greatest distance [m] of a car from its lane's middle."""
    aside = model.width / 2 + float(np.sin(YAW_DRIVE)) * model.length / 2 + MIDDLE_GAP
    return aside, max(aside, lane.width / 2 - lane.margin - aside)


def driven(drive: Drive, model: CarModel, duration: float) -> Footprint:
    """Return the ground that a drive of `duration` [s] covers."""
    start, end = (drive.pose(time).position for time in (0.0, duration))
    x, y = ((a + b) / 2 for a, b in zip(start[:2], end[:2], strict=True))
    return Footprint(x, y, model.length + drive.speed * duration, model.width, drive.start.yaw)


def _room(
    config: ScenarioConfig, camera: Camera, mount: Mount, lane: Lane, model: CarModel
) -> tuple[float, float]:
    """Return from where to where along a lane [m] a car's middle may be, the longest stretch."""
    length = float(np.hypot(lane.end[0] - lane.start[0], lane.end[1] - lane.start[1]))
    along = np.arange(0.0, length + STEP, STEP)
    fine = np.ones(len(along), bool)
    for aside in lane_offset(model, lane):
        places = np.array([place_on(lane, float(s), aside) for s in along])
        for turn in (-YAW_DRIVE, YAW_DRIVE):
            corners = _box(places, direction_of(lane) + turn, model)
            fine &= in_view(camera, corners, EDGE).all(1)
        fine &= _in_window(config, mount, places)
    stretches = np.flatnonzero(np.diff(np.concatenate([[0], fine.astype(int), [0]])))
    if not len(stretches):
        return 0.0, 0.0
    first, last = max(stretches.reshape(-1, 2).tolist(), key=lambda pair: pair[1] - pair[0])
    return float(along[first]), float(along[last - 1])


def _box(places: Array, yaw: float, model: CarModel) -> Array:
    """Return the corners (n, 8, 3) [m] of the boxes of cars at places (n, 2) [m]."""
    cos, sin = np.cos(yaw), np.sin(yaw)
    signs = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (0, 1)])
    local = signs * [model.length, model.width, model.height]
    local = local @ np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])
    return np.asarray(np.pad(places, ((0, 0), (0, 1)))[:, None] + local)


def _in_window(config: ScenarioConfig, mount: Mount, places: Array) -> NDArray[np.bool_]:
    """Return (n,) whether the radar's map shows places (n, 2) [m] on the ground."""
    way = np.pad(places, ((0, 0), (0, 1))) - [0.0, 0.0, mount.height]
    distance = np.linalg.norm(way, axis=1)
    azimuth = angles(way)[:, 0] - mount.heading
    window = config.heatmap
    inside = (distance >= window.range_min + WINDOW_GAP) & (
        distance <= window.range_max - WINDOW_GAP
    )
    return np.asarray(inside & (np.abs(azimuth) <= 0.47 * np.radians(window.azimuth_span_deg)))
