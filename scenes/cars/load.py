"""Bodies behind a separate cab: a chassis with a closed box, or with a flat bed and drop sides."""

from __future__ import annotations

import numpy as np

from scenes.cars.model import CarModel, Load
from scenes.cars.plate import number_plate_box
from scenes.cars.shell import Points, Shell, box, lofted

SIDE_LEAN = 0.09  # of drop sides, outwards
DOOR_SILL = 0.07  # height of the profile under the doors [m]
TAIL_LAMP_SIZE = (0.26, 0.13)  # across and up [m]
SKIN = 0.012  # how far doors, profiles and lamps stand out [m]


def upright(
    x: float, y: float, low: float, high: float, half: tuple[float, float], material: str
) -> Shell:
    """Return a post about (x, y) from `low` to `high` [m] with half sizes along x and y [m]."""
    return box((x - half[0], y - half[1], low), (x + half[0], y + half[1], high), material)


def chassis(model: CarModel, load: Load) -> list[Shell]:
    """Return the frame, the axle, the tank and the spare wheel's cradle."""
    front = model.nose - load.cab_length + 0.15
    back = -model.nose + 0.12
    high = load.floor - 0.06
    low = min(high - 0.16, model.wheel_radius + 0.05)
    parts = []
    for y in (-0.38, 0.38):
        parts.append(box((back, y - 0.05, low), (front + 0.5, y + 0.05, high), "plastic"))
    for x in np.linspace(back + 0.1, front - 0.1, 5):
        parts.append(box((x - 0.05, -0.40, high - 0.03), (x + 0.05, 0.40, load.floor), "plastic"))
    axle, r = model.rear_axle, 0.08
    half = model.track / 2 - 0.1
    parts.append(
        box(
            (axle - r, -half, model.wheel_radius - r),
            (axle + r, half, model.wheel_radius + r),
            "plastic",
        )
    )
    ahead = model.rear_axle + model.wheel_radius + 0.25
    tank_end = min(front - 0.1, ahead + 0.75)
    if tank_end > ahead + 0.2:
        parts.append(box((ahead, 0.42, low - 0.12), (tank_end, 0.74, high - 0.02), "plastic"))
        parts.append(box((ahead, -0.74, low - 0.12), (tank_end, -0.42, high - 0.02), "plastic"))
    return parts


def mudguard(model: CarModel, load: Load) -> Shell:
    """Return the flap and the cover over the left rear wheels, below the floor."""
    outer = model.track / 2 + model.wheel_width / 2
    inner = outer - model.rear_width - 0.03
    radius = model.wheel_radius + 0.05
    top = load.floor - 0.02 - model.wheel_radius
    sections = []
    for angle in np.linspace(0.15, np.pi - 0.10, 9):
        x = model.rear_axle + radius * np.cos(angle)
        z = model.wheel_radius + min(radius * float(np.sin(angle)), top)
        tip = 0.985
        ring = []
        for share in (1.0, tip):
            u = model.rear_axle + (x - model.rear_axle) * share
            v = model.wheel_radius + (z - model.wheel_radius) * share
            ring += (
                [(u, inner, v), (u, outer, v)] if share == 1.0 else [(u, outer, v), (u, inner, v)]
            )
        sections.append(ring)
    return lofted(sections, "plastic")


def underrun_bars(model: CarModel, load: Load) -> list[Shell]:
    """Return the left side's guard rails between the axles, and its posts."""
    y = model.width / 2 - 0.05
    front = model.nose - load.start - 0.10
    back = model.rear_axle + model.wheel_radius + 0.12
    low = model.wheel_radius + 0.02
    parts = [
        box((back, y - 0.02, z - 0.05), (front, y + 0.01, z + 0.05), "metal")
        for z in (low, low + 0.22)
        if z + 0.05 < load.floor - 0.05
    ]
    for x in (back + 0.12, front - 0.12):
        parts.append(upright(x, y - 0.035, low - 0.05, load.floor, (0.025, 0.02), "plastic"))
    return parts


def tail_end(model: CarModel, load: Load) -> list[Shell]:
    """Return bumper bar, lamps and plate under the rear edge."""
    back = -model.nose
    bar = model.wheel_radius + 0.02
    half = model.width / 2 - 0.06
    parts = [
        box((back + 0.03, -half, bar - 0.06), (back + 0.11, half, bar + 0.06), "metal"),
        number_plate_box((back + 0.02, 0.0, load.floor - 0.10), -1.0, "L HU 57"),
    ]
    for y in (-0.5, 0.5):
        parts.append(upright(back + 0.12, y, bar - 0.04, load.floor, (0.03, 0.03), "plastic"))
    return parts


def tail_lamp_place(model: CarModel) -> Points:
    """Return the middle (3,) [m] of the left tail-lamp's red glass, on its surface."""
    place = [-model.nose + 0.012, model.width / 2 - 0.24, model.wheel_radius + 0.165]
    return np.array(place)


def tail_lamps(model: CarModel) -> list[Shell]:
    """Return the left tail-lamp: a black case with red, amber and clear glass."""
    x, y, z = tail_lamp_place(model)
    half = TAIL_LAMP_SIZE[1] / 2
    case = box(
        (x + 0.006, y - 0.19, z - half - 0.015), (x + 0.07, y + 0.20, z + half + 0.015), "plastic"
    )
    parts = [case]
    for middle, wide, material in (
        (0.0, 0.09, "lamp_red"),
        (0.135, 0.04, "lamp_amber"),
        (-0.135, 0.04, "lamp_glass"),
    ):
        low, high = y + middle - wide, y + middle + wide
        parts.append(box((x, low, z - half), (x + 0.02, high, z + half), material))
    return parts


def side_lamps(model: CarModel, load: Load) -> list[Shell]:
    """Return the amber lamps along the left side's lower edge."""
    y, z = model.width / 2 - 0.004, load.floor - 0.035
    front = model.nose - load.start
    places = np.linspace(front - 0.25, -model.nose + 0.25, 3)
    return [
        box((x - 0.045, y - 0.09, z - 0.02), (x + 0.045, y, z + 0.02), "lamp_amber") for x in places
    ]


def closed_box(model: CarModel, load: Load) -> list[Shell]:
    """Return the box: painted panels between metal profiles, and its doors."""
    front, back = model.nose - load.start, -model.nose
    half, low, high = model.width / 2, load.floor, model.height
    panels = (back + SKIN, -half + SKIN, low), (front - SKIN, half - SKIN, high - SKIN)
    parts = [box(*panels, "car_paint"), *rear_doors(model, load)]
    # No two faces of the profiles lie in one plane where they meet at the corners.
    for y in (-1, 1):
        for z0, z1 in ((low - 0.02, low + DOOR_SILL), (high - 0.05, high)):
            y0, y1 = sorted((y * (half - 0.002), y * (half - 0.045)))
            parts.append(box((back + 0.004, y0, z0), (front - 0.004, y1, z1), "metal"))
        for x0, x1 in ((front - 0.045, front), (back, back + 0.045)):
            y0, y1 = sorted((y * half, y * (half - 0.05)))
            parts.append(box((x0, y0, low - 0.017), (x1, y1, high - 0.004), "metal"))
        for x in np.linspace(front, back, 5)[1:-1].tolist():
            seam = (low + 0.05, high - 0.03, (0.012, 0.004), "metal")
            parts.append(upright(x, y * (half - SKIN), *seam))
    for x0, x1 in ((front - 0.03, front - 0.002), (back + 0.002, back + 0.04)):
        for z0, z1 in ((low - 0.018, low + DOOR_SILL - 0.003), (high - 0.06, high - 0.002)):
            parts.append(box((x0, -half + 0.02, z0), (x1, half - 0.02, z1), "metal"))
    return parts


def rear_doors(model: CarModel, load: Load) -> list[Shell]:
    """Return the gap between the box's doors, their lock rods, handles and hinges."""
    back, half, low, high = -model.nose, model.width / 2, load.floor, model.height
    gap = (back + SKIN - 0.003, -0.008, low + DOOR_SILL), (back + 0.05, 0.008, high - 0.06)
    left = [upright(back + 0.006, 0.16, low + 0.04, high - 0.04, (0.006, 0.012), "metal")]
    handle = (back + 0.003, 0.05, low + 0.53), (back + 0.011, 0.22, low + 0.57)
    left.append(box(*handle, "metal"))
    for z in np.linspace(low + 0.2, high - 0.2, 4).tolist():
        hinge = (back - 0.004, half - 0.12, z - 0.03), (back + 0.03, half - 0.005, z + 0.03)
        left.append(box(*hinge, "metal"))
    return [box(*gap, "plastic"), *left, *(part.mirrored() for part in left)]


def drop_side(along: Points, out: Points, height: float) -> list[Shell]:
    """Return a drop side with ribs, leaning out so that it makes no corner with the floor.

    Args:
        along: (2, 3) its lower edge, inside [m].
        out: (3,) unit vector outwards.
        height: Of the side [m].
    """
    up = np.array([0.0, 0.0, height])
    lean = SIDE_LEAN * height * out
    foot = 0.03 * out
    wall = [[p, p + up + lean, p + up + lean + foot, p + foot] for p in along]
    parts = [lofted(wall, "metal")]
    inner = along + np.array([[0.02], [-0.02]]) * (along[1] - along[0])
    for share in (0.12, 0.37, 0.62, 0.87):
        low, high = (share - 0.05) * (up + lean), (share + 0.05) * (up + lean)
        rib = [[p + low, p + high, p + high + foot * 1.2, p + low + foot * 1.2] for p in inner]
        parts.append(lofted(rib, "metal"))
    return parts


def flat_bed(model: CarModel, load: Load) -> list[Shell]:
    """Return a flat bed: a plywood floor, ribbed drop sides, and a rack behind the cab."""
    front, back = model.nose - load.start, -model.nose
    half, low, high = model.width / 2, load.floor, load.floor + load.sides
    inset = 0.036 + SIDE_LEAN * load.sides  # of the sides' feet: their tops are the widest
    floor = (back + inset - 0.02, -half + inset - 0.02, low - 0.05)
    parts = [box(floor, (front, half - inset + 0.02, low + 0.01), "plastic")]
    x0, x1, y = back + inset, front - 0.05, half - inset
    left = drop_side(np.array([(x0, y, low), (x1, y, low)]), np.array([0.0, 1.0, 0.0]), load.sides)
    gate = np.array([(x0, -y, low), (x0, y, low)])
    parts += [*left, *(part.mirrored() for part in left)]
    parts += drop_side(gate, np.array([-1.0, 0.0, 0.0]), load.sides)
    ahead = np.array([(x1 - 0.03, -y, low), (x1 - 0.03, y, low)])
    parts += drop_side(ahead, np.array([1.0, 0.0, 0.0]), load.sides)
    for x in (back + 0.02, 0.5 * (front + back), front - 0.02):
        for y in (-half + 0.018, half - 0.018):
            parts.append(upright(x, y, low - 0.05, high + 0.015, (0.025, 0.024), "plastic"))
    rail = model.height - 0.015
    for y in np.linspace(-0.8, 0.8, 6) * half:
        parts.append(upright(front - 0.02, float(y), high - 0.05, rail, (0.012, 0.012), "plastic"))
    for z in (rail, 0.5 * (rail + high)):
        parts.append(
            box((front - 0.04, -0.84 * half, z - 0.015), (front, 0.84 * half, z + 0.015), "plastic")
        )
    return parts


def load_parts(model: CarModel, load: Load) -> list[Shell]:
    """Return everything behind the cab, in the car's frame."""
    body = closed_box if load.kind == "box" else flat_bed
    left = [mudguard(model, load), *tail_lamps(model), *side_lamps(model, load)]
    if model.rear_axle + model.wheel_radius + 0.5 < model.nose - load.start:
        left += underrun_bars(model, load)
    both = [*left, *(part.mirrored() for part in left)]
    return [*chassis(model, load), *body(model, load), *tail_end(model, load), *both]
