"""A residential street: houses and gardens on both sides, parked cars, one car that drives.

Seen from a lamppost that stands at the kerb; the street runs away from it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scenes.cars import CAR_MODELS
from scenes.cars.paint import sample_paint
from scenes.config import ScenarioConfig
from scenes.layout_parts import Layout, Shortage
from scenes.sensors import Camera
from scenes.spec import Car, Mount, Pose
from scenes.suburban.beyond import beyond
from scenes.suburban.gardens import furnish_plots
from scenes.suburban.ground import suburb_ground
from scenes.suburban.kerbs import kerbs
from scenes.suburban.plan import CORNER, CROSS_WIDTH, STRIP, Suburb, sample_suburb
from scenes.suburban.plot_sampling import sample_plots
from scenes.suburban.plots import Place, crossings, drive_places
from scenes.suburban.verges import furnish_verges
from scenes.traffic import in_view, sample_drive, sample_model, sample_n_parked

YAW_PARKED = float(np.radians(2.0))  # greatest angle between a parked car and its place [rad]
BAY = 6.0  # length of a place at the kerb [m]
FARTHEST = 62.0  # y up to which places count as in view [m]


def sample_suburban(
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
    suburb = sample_suburb(rng)
    plots = sample_plots(suburb, rng)
    yards = [surface for plot in plots for surface in plot.surfaces()]
    ground = suburb_ground(suburb, yards)
    found, fastest = sample_drive(config, camera, mount, ground.lanes, ids, rng)
    places = [place for plot in plots for place in drive_places(plot)]
    drives = crossings(plots)
    places += kerb_places(suburb, drives)
    places = places_in_view(camera, places)
    if found is None or len(places) < config.traffic.parked_max:
        return Shortage(fastest, len(places))
    parked = park(places, sample_n_parked(config, rng), ids, rng)
    edges = kerbs(suburb, drives, ids)
    sites = furnish_verges(suburb, plots, ids, rng)
    sites += furnish_plots(plots, [place for site in sites for place in site.taken], ids, rng)
    taken = [place for site in sites for place in site.taken]
    far = beyond(suburb, taken, ids, rng)
    props = (*edges, *(prop for site in sites for prop in site.props), *far)
    return Layout(ground, parked, *found, props)


def kerb_places(suburb: Suburb, drives: list[tuple[int, float, float]]) -> list[Place]:
    """Return where cars can stand in the parking strips, clear of drives and of corners."""
    made = []
    for verge in suburb.sides:
        if not verge.strip:
            continue
        taken = [(y0 - 0.4, y1 + 0.4) for sign, y0, y1 in drives if sign == verge.sign]
        if suburb.side_road and suburb.side_road[0] == verge.sign:
            reach = CROSS_WIDTH / 2 + CORNER + 3.0
            taken.append((suburb.side_road[1] - reach, suburb.side_road[1] + reach))
        x, y = suburb.x(verge.sign, verge.kerb - STRIP / 2), 7.0
        while y + BAY < suburb.y_end - 10:
            hit = [end for start, end in taken if start < y + BAY and y < end]
            if hit:
                y = max(hit)
                continue
            made.append(Place(x, y + BAY / 2, 0.0, np.pi / 2, BAY - 0.5, STRIP - 0.1))
            y += BAY
    return made


def places_in_view(camera: Camera, places: list[Place]) -> list[Place]:
    """Return the places of which a camera sees the middle or an end, not too far away."""
    middles = np.array([[place.x, place.y, place.z] for place in places]).reshape(-1, 3)
    along = np.array([
        [np.cos(place.yaw), np.sin(place.yaw), 0.0] for place in places
    ]).reshape(-1, 3)  # fmt: skip
    reach = np.array([place.length / 2 for place in places])[:, None]
    ends = np.stack([middles, middles + reach * along, middles - reach * along], 1)
    seen = in_view(camera, ends).any(1) & (middles[:, 1] < FARTHEST)
    return [place for place, visible in zip(places, seen, strict=True) if visible]


def park(
    places: list[Place], n_car: int, ids: Iterator[int], rng: np.random.Generator
) -> tuple[Car, ...]:
    """Draw `n_car` parked cars, each within its own place."""
    cars = []
    for index in sorted(rng.choice(len(places), size=n_car, replace=False).tolist()):
        place = places[index]
        name = sample_model(rng, place.length, place.width - 0.05)
        model = CAR_MODELS[name]
        most = min(YAW_PARKED, (place.width - model.width) / model.length)
        turn = float(np.clip(rng.normal(0, 0.4), -1, 1)) * most
        long = model.length * np.cos(turn) + model.width * abs(np.sin(turn))
        wide = model.width * np.cos(turn) + model.length * abs(np.sin(turn))
        along = max((place.length - long) / 2, 0.0)
        beside = max((place.width - wide) / 2, 0.0)
        yaw = place.yaw + turn + (np.pi if rng.random() < 0.5 else 0.0)
        a, b = float(rng.uniform(-along, along)), float(rng.uniform(-beside, beside))
        cos, sin = float(np.cos(place.yaw)), float(np.sin(place.yaw))
        pose = Pose((place.x + a * cos - b * sin, place.y + a * sin + b * cos, place.z), float(yaw))
        cars.append(Car(next(ids), name, sample_paint(rng, name), pose))
    return tuple(cars)
