"""The tail of a car: lamps, number plate, gaps of boot or tailgate, bumper, exhaust, load bed."""

from __future__ import annotations

import numpy as np

from scenes.cars.body import Blocks
from scenes.cars.front import Outline, corner_points, facing, scaled_lamp
from scenes.cars.grille import rectangle
from scenes.cars.model import CarModel, TailLamp
from scenes.cars.plate import number_plate
from scenes.cars.shell import Points, Shell, box, disc, lofted
from scenes.cars.surface import REAR, TOP, Surface, circle, rounded

# Outlines of the left tail-lamp: across the corner [m], inwards negative, and height above the
# tail's upper edge [m].
LAMP_OUTLINES: dict[TailLamp, Outline] = {
    "wide": (
        (-0.36, -0.205), (-0.36, -0.115), (-0.10, -0.085), (0.16, -0.06), (0.24, -0.09),
        (0.16, -0.19), (-0.05, -0.225),
    ),
    "upright": (
        (-0.16, -0.27), (-0.13, -0.02), (-0.06, 0.05), (0.08, 0.07), (0.13, -0.03), (0.09, -0.27),
        (-0.03, -0.30),
    ),
    "square": ((-0.19, -0.32), (-0.19, -0.10), (-0.04, -0.10), (-0.04, -0.32)),
    "bar": (
        (-0.42, -0.155), (-0.42, -0.105), (-0.10, -0.09), (0.20, -0.085), (0.24, -0.12),
        (0.05, -0.165),
    ),
    "column": (
        (-0.09, -0.36), (-0.10, 0.26), (-0.07, 0.34), (0.01, 0.34), (0.02, 0.0), (0.04, -0.36),
    ),
    "round": tuple(
        (-0.10 + 0.11 * float(np.cos(a)), -0.21 + 0.11 * float(np.sin(a)))
        for a in -np.arange(18) * (2 * np.pi / 18)
    ),
    "band": (
        (-0.34, -0.135), (-0.34, -0.085), (0.05, -0.065), (0.22, -0.04), (0.22, -0.085),
        (0.05, -0.135),
    ),
    "wedge": (
        (-0.30, -0.15), (-0.30, -0.09), (0.0, -0.06), (0.18, 0.02), (0.21, -0.03), (0.15, -0.25),
        (0.06, -0.26), (0.0, -0.17),
    ),
    "low": ((-0.09, -0.62), (-0.09, -0.27), (0.05, -0.27), (0.05, -0.62)),
}  # fmt: skip
# Where its reversing light and its indicator lie: across, height, half width, half height [m].
LAMP_LIGHTS: dict[TailLamp, tuple[Outline, Outline]] = {
    "wide": (((-0.27, -0.165), (0.055, 0.022)), ((-0.05, -0.175), (0.075, 0.022))),
    "upright": (((-0.02, -0.225), (0.050, 0.030)), ((-0.015, -0.15), (0.055, 0.022))),
    "square": (((-0.115, -0.28), (0.055, 0.020)), ((-0.115, -0.22), (0.055, 0.022))),
    "bar": (((-0.33, -0.132), (0.045, 0.012)), ((-0.08, -0.13), (0.060, 0.014))),
    "column": (((-0.03, -0.29), (0.040, 0.040)), ((-0.03, -0.18), (0.040, 0.045))),
    "round": (((-0.10, -0.275), (0.045, 0.022)), ((-0.10, -0.21), (0.040, 0.036))),
    "band": (((-0.24, -0.118), (0.045, 0.010)), ((0.02, -0.108), (0.060, 0.012))),
    "wedge": (((-0.20, -0.122), (0.050, 0.018)), ((0.09, -0.20), (0.040, 0.030))),
    "low": (((-0.02, -0.57), (0.045, 0.032)), ((-0.02, -0.48), (0.045, 0.036))),
}
# Where a tail-lamp's red glass is nothing but red: across and height [m].
LAMP_PLACES: dict[TailLamp, tuple[float, float]] = {
    "wide": (0.06, -0.125), "upright": (-0.02, -0.06), "square": (-0.115, -0.15),
    "bar": (0.05, -0.115), "column": (-0.03, -0.06), "round": (-0.10, -0.145),
    "band": (-0.12, -0.10), "wedge": (0.06, -0.10), "low": (-0.02, -0.35),
}  # fmt: skip
# Which way they face [rad], pi is backwards.
LAMP_ANGLES: dict[TailLamp, float] = {"square": np.pi, "round": np.pi, "column": 2.85, "low": 2.95}
CORNER_ANGLE = 2.62  # of all others
LAMP_OFFSET = 0.005  # of the red glass above the body [m]


def on_corner(model: CarModel, blocks: Blocks, outline: Outline) -> tuple[Points, Points]:
    """Return an outline drawn on the left rear corner, (n, 3) [m], and the rays' direction (3,)."""
    angle = LAMP_ANGLES.get(model.tail_lamp, CORNER_ANGLE)
    # Seen from behind, the outside lies the other way round.
    drawn = np.asarray(outline, np.float64) * scaled_lamp(model) * [-1, 1]
    points = corner_points(blocks.side[3, -1], angle, drawn.tolist(), model.tail_height)
    return points, facing(angle)


def tail_lamp(model: CarModel, blocks: Blocks, surface: Surface) -> list[Shell]:
    """Return the left tail-lamp: red glass with a reversing light and an indicator."""
    drawn, toward = on_corner(model, blocks, LAMP_OUTLINES[model.tail_lamp])
    outline = rounded(drawn, 0.02, 0.08)
    rim = outline.mean(0) + (outline - outline.mean(0)) * 1.07
    parts = [
        surface.patch(rim, toward, "plastic", 0.0025, n_ring=2),
        surface.patch(outline, toward, "lamp_red", LAMP_OFFSET),
    ]
    for light, material in zip(
        LAMP_LIGHTS[model.tail_lamp], ("lamp_glass", "lamp_amber"), strict=True
    ):
        (across, height), (half, tall) = light
        ring = circle((across, height), (half, 0.0), (0.0, tall), 12)
        points, _ = on_corner(model, blocks, ring.tolist())
        parts.append(surface.patch(points, toward, material, 0.0085, n_ring=2))
    if model.tail_lamp == "band":  # It goes on as a line to the other lamp.
        (inner,), _ = on_corner(model, blocks, [(-0.33, -0.11)])
        line = [inner, inner * [1, 0.5, 1], inner * [1, 0, 1]]
        parts.append(surface.strip(line, REAR, 0.045, "lamp_red", LAMP_OFFSET))
    return parts


def tail_lamp_place(model: CarModel, blocks: Blocks, surface: Surface) -> Points:
    """Return a point (3,) [m] of the left tail-lamp's red glass, on its surface."""
    point, toward = on_corner(model, blocks, [LAMP_PLACES[model.tail_lamp]])
    return np.asarray(surface.project(point, toward, LAMP_OFFSET)[0])


def gate_gaps(model: CarModel, surface: Surface) -> list[Shell]:
    """Return the gaps of the boot lid, the tailgate, or the rear doors."""
    x, half = -model.nose, 0.36 * model.width
    low = model.sill + 0.30 * (model.tail_height - model.sill) + 0.06
    high = model.tail_height - (0.09 if model.has_deck else 0.02)
    if model.double_doors:
        low = model.sill + 0.12
    line = [(x, half, high), (x, 0.93 * half, low), (x, 0.0, low)]
    gap = surface.strip(line, REAR, 0.008, "plastic", 0.0015)
    parts = [gap, gap.mirrored()]
    if model.double_doors:
        high = model.height - 0.12
        middle = [(x, 0.0, z) for z in (low, model.tail_height, high)]
        parts.append(surface.strip(middle, REAR, 0.010, "plastic", 0.0015))
    if model.has_deck and model.style != "pickup":
        back = -model.nose + model.tail_rake + 0.05 + 0.6 * model.tail_bow
        foot = model.nose - model.rear_base - 0.04
        y = 0.80 * model.width / 2
        lid = [(foot, 0.86 * y, high), (back + 0.1, 0.97 * y, high), (back + 0.02, 0.9 * y, high)]
        side = surface.strip(lid, TOP, 0.008, "plastic", 0.0015)
        parts += [side, side.mirrored()]
    return parts


def rear_bumper(model: CarModel, surface: Surface) -> list[Shell]:
    """Return the black lower bumper, reflectors and exhaust."""
    x, low = -model.nose, model.sill + 0.05
    scale = model.width / 1.82
    high = low + 0.22 * (model.tail_height - low)
    apron = rounded(rectangle(x, 0.64 * scale, low, high, 0.95), 0.03, 0.16)
    parts = [surface.patch(apron, REAR, "plastic", 0.004)]
    reflector = np.array([(x, 0.47, high - 0.045), (x, 0.47, high - 0.015)])
    reflector = np.concatenate([reflector, reflector[::-1] + np.array([0, 0.15, 0])]) * [
        1,
        scale,
        1,
    ]
    left = [surface.patch(rounded(reflector, 0.01, 0.06), REAR, "reflector", 0.007, n_ring=1)]
    bumper = (x + 0.10, 0.40 * scale, model.sill - 0.005)
    left.append(box(bumper, np.add(bumper, (0.2, 0.10, 0.05)), "metal"))
    return [*parts, *left, *(part.mirrored() for part in left)]


def bed(model: CarModel, blocks: Blocks, surface: Surface) -> list[Shell]:
    """Return what lies in or over a pick-up's bed."""
    if model.bed in ("none", "open") or blocks.deck is None:
        return []
    edge = blocks.deck[-1]
    if model.bed == "canopy":
        return canopy(model, edge)
    front, back = edge[0] + [-0.06, -0.10, 0], edge[-1] + [0.02, -0.08, 0]
    outline = np.array([front, back, back * [1, -1, 1], front * [1, -1, 1]])
    parts = [surface.patch(rounded(outline, 0.05, 0.16), TOP, "plastic", 0.012, n_ring=4)]
    for share in (0.25, 0.5, 0.75):
        middle = front + share * (back - front)
        line = [middle * [1, 0.97, 1], middle * [1, 0, 1], middle * [1, -0.97, 1]]
        parts.append(surface.strip(line, TOP, 0.03, "rubber", 0.018, 0.2))
    return parts


def canopy(model: CarModel, edge: Points) -> list[Shell]:
    """Return the hard top over a bed whose left edge is (n, 3) [m]: shell and dark windows."""
    front, back = float(edge[0, 0]) - 0.02, float(edge[-1, 0]) + 0.10
    half, low = float(edge[:, 1].min()) - 0.02, float(edge[:, 2].min()) - 0.03
    high = model.height - 0.05
    lean = 0.10

    def section(x: float, top: float) -> list[tuple[float, float, float]]:
        left = [(half, low), (half - 0.4 * lean, 0.5 * (low + top)), (half - lean, top - 0.07)]
        left += [(half - lean - 0.07, top - 0.015), (0.5 * half, top)]
        return [(x, y, z) for y, z in left] + [(x, -y, z) for y, z in left[::-1]]

    shape = [section(front, high - 0.01), section(front - 0.25, high)]
    shape += [section(back + 0.20, high - 0.02), section(back + 0.10, high - 0.05)]
    ends = np.asarray(section(back, high - 0.05))
    ends[:, 0] += 0.18 * (ends[:, 2] - low) / (high - low)
    shape[-1] = [tuple(p) for p in ends.tolist()]
    parts = [lofted(shape, "car_paint")]
    z0, z1 = low + 0.12, high - 0.14
    y0, y1 = (half - 0.8 * lean * (z - low) / (0.5 * (high - low)) * 0.5 for z in (z0, z1))
    for ahead, behind in (
        (front - 0.12, 0.5 * (front + back)),
        (0.5 * (front + back) - 0.05, back + 0.25),
    ):
        pane = [
            [(x, y - 0.03, z), (x, y + 0.008, z), (x, y1 + 0.012, z1), (x, y1 - 0.03, z1)]
            for x, y, z in ((ahead, y0, z0), (behind, y0, z0))
        ]
        left = lofted(pane, "glass")
        parts += [left, left.mirrored()]
    x0, x1 = (back + 0.18 * (z - low) / (high - low) for z in (z0 - 0.05, z1))
    rear = [
        [
            (x0 - 0.008, y, z0 - 0.05),
            (x0 + 0.03, y, z0 - 0.05),
            (x1 + 0.03, y, z1),
            (x1 - 0.008, y, z1),
        ]
        for y in (-0.72 * half, 0.72 * half)
    ]
    return [*parts, lofted(rear, "glass")]


def spare_wheel(model: CarModel, surface: Surface) -> list[Shell]:
    """Return the spare wheel on the tail: a tyre and its painted cover."""
    if not model.spare_wheel:
        return []
    radius = 0.94 * model.wheel_radius
    z = model.tail_height - 0.75 * radius
    x = float(surface.project([(-model.nose, 0.0, z)], REAR, 0.0)[0, 0])
    turn = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])  # y to -x
    tyre = disc(radius, -0.05, 0.17, 24, "rubber").turned(turn)
    cover = disc(0.74 * radius, 0.10, 0.20, 20, "car_paint").turned(turn)
    return [part.moved((x, 0.0, z)) for part in (tyre, cover)]


def tail(model: CarModel, blocks: Blocks, surface: Surface) -> list[Shell]:
    """Return everything on the tail."""
    lamp = tail_lamp(model, blocks, surface)
    x = -model.nose
    low = model.sill + 0.30 * (model.tail_height - model.sill) + 0.06
    plate_height = low + 0.10 if not model.has_deck else low + 0.14
    if model.spare_wheel:
        plate_height = model.sill + 0.16
    badge_height = 0.5 * (plate_height + model.tail_height) + 0.01
    badge = circle((x, 0, badge_height), (0, 0.045, 0), (0, 0, 0.035))
    brow = [(x, 0.32, plate_height + 0.085), (x, -0.32, plate_height + 0.085)]
    bright = [
        surface.strip(brow, REAR, 0.022, "chrome", 0.008, 0.08),
        surface.patch(badge, REAR, "chrome", 0.008, n_ring=2),
    ]
    return [
        *lamp,
        *(part.mirrored() for part in lamp),
        *gate_gaps(model, surface),
        *rear_bumper(model, surface),
        *bed(model, blocks, surface),
        *spare_wheel(model, surface),
        number_plate(surface, x, plate_height, "L HU 57"),
        *([] if model.spare_wheel else bright),
    ]
