"""A street between multi-storey houses, seen from a lamppost, and how one car drives along it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scenes.canyon.furniture import furnish_street
from scenes.canyon.plan import PARKING, Slot, Street, sample_street, street_ground
from scenes.canyon.tenement_rows import add_houses
from scenes.cars import CAR_MODELS
from scenes.cars.paint import sample_paint
from scenes.config import SEQUENCE_LENGTH, ScenarioConfig
from scenes.layout_parts import Layout, Shortage
from scenes.sensors import Camera
from scenes.spec import Car, Mount, Pose
from scenes.things.footprint import Footprint
from scenes.things.site import Site
from scenes.traffic import rectangles_in_view, sample_drive, sample_model, sample_n_parked

YAW_PARKED = np.radians(1.2)  # greatest angle between a parked car and its kerb [rad]
LONGEST, WIDEST = 5.45, 2.0  # car that may park [m]
TO_KERB = (0.14, 0.30)  # [m]
AGAINST = 0.12  # share of parked cars that face the traffic


def sample_canyon(
    config: ScenarioConfig,
    camera: Camera,
    mount: Mount,
    ids: Iterator[int],
    rng: np.random.Generator,
) -> Layout | Shortage:
    """Draw a street, or say what it is short of.

    Args:
        config: The scenario.
        camera: That looks at it.
        mount: Of the sensors.
        ids: The next object ids.
        rng: The sequence's stream.
    """
    street = sample_street(rng)
    ground = street_ground(street)
    found, fastest = sample_drive(config, camera, mount, ground.lanes, ids, rng)
    slots = slots_in_view(camera, street)
    if found is None or len(slots) < config.traffic.parked_max:
        return Shortage(fastest, len(slots))
    parked = park(slots, sample_n_parked(config, rng), ids, rng)
    site = Site(ids, rng)
    middle = (street.left + street.right) / 2
    site.reserve(Footprint(middle, street.end / 2, street.right - street.left + 0.3, 300.0))
    fronts = add_houses(site, street)
    duration = (SEQUENCE_LENGTH - 1) * config.frame_interval
    watched = [found[1].pose(share * duration).position[:2] for share in np.linspace(0, 1, 9)]
    furnish_street(site, street, fronts, watched, mount.height)
    return Layout(ground, parked, *found, tuple(site.props))


def slots_in_view(camera: Camera, street: Street) -> list[Slot]:
    """Return the places to park of which a camera sees the middle or a corner."""
    middles = np.array([[slot.x, slot.y] for slot in street.slots])
    seen = rectangles_in_view(camera, middles, (PARKING, LONGEST))
    return [slot for slot, visible in zip(street.slots, seen, strict=True) if visible]


def park(
    slots: list[Slot], n_car: int, ids: Iterator[int], rng: np.random.Generator
) -> tuple[Car, ...]:
    """Draw `n_car` cars at the kerbs, each in a place of its own, most in the traffic's sense."""
    cars = []
    for index in sorted(rng.choice(len(slots), size=n_car, replace=False).tolist()):
        slot, name = slots[index], sample_model(rng, LONGEST, WIDEST)
        model = CAR_MODELS[name]
        turn = float(rng.uniform(-1, 1)) * YAW_PARKED
        wide = model.width * np.cos(turn) + model.length * abs(np.sin(turn))
        outer = slot.x + slot.side * PARKING / 2  # the kerb
        gap = min(float(rng.uniform(*TO_KERB)), max(PARKING - wide - 0.02, 0.08))
        x = outer - slot.side * (gap + wide / 2)
        along = max((slot.length - model.length) / 2 - 0.15, 0.0)
        y = slot.y + float(rng.uniform(-along, along))
        ahead = (slot.side > 0) != (rng.random() < AGAINST)
        yaw = (np.pi / 2 if ahead else -np.pi / 2) + turn
        pose = Pose((float(x), y, 0.0), float(yaw))
        cars.append(Car(next(ids), name, sample_paint(rng, name), pose))
    return tuple(cars)
