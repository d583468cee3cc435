"""The tail of a car: lamps, number plate, gaps of boot or tailgate, bumper, exhaust, load bed."""

from __future__ import annotations

import numpy as np

from scenes.car_body import Blocks
from scenes.car_front import Outline, corner_points, facing, number_plate, rectangle, scaled_lamp
from scenes.car_model import CarModel, TailLamp
from scenes.car_shell import Points, Shell, box
from scenes.car_surface import REAR, TOP, Surface, circle, rounded

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
}  # fmt: skip
# Where its reversing light and its indicator lie: across, height, half width, half height [m].
LAMP_LIGHTS: dict[TailLamp, tuple[Outline, Outline]] = {
    "wide": (((-0.27, -0.165), (0.055, 0.022)), ((-0.05, -0.175), (0.075, 0.022))),
    "upright": (((-0.02, -0.225), (0.050, 0.030)), ((-0.015, -0.15), (0.055, 0.022))),
    "square": (((-0.115, -0.28), (0.055, 0.020)), ((-0.115, -0.22), (0.055, 0.022))),
    "bar": (((-0.33, -0.132), (0.045, 0.012)), ((-0.08, -0.13), (0.060, 0.014))),
}
CORNER_ANGLE = np.radians(180 - 30.0)


def tail_lamp(model: CarModel, blocks: Blocks, surface: Surface) -> list[Shell]:
    """Return the left tail-lamp: red glass with a reversing light and an indicator."""
    size = scaled_lamp(model)
    corner = blocks.side[3, -1]
    angle = CORNER_ANGLE if model.tail_lamp != "square" else np.pi
    toward = facing(angle)

    def on_corner(outline: Outline) -> Points:
        # Seen from behind, the outside lies the other way round.
        drawn = np.asarray(outline, np.float64) * size * [-1, 1]
        return corner_points(corner, angle, drawn.tolist(), model.tail_height)

    outline = rounded(on_corner(LAMP_OUTLINES[model.tail_lamp]), 0.02, 0.08)
    rim = outline.mean(0) + (outline - outline.mean(0)) * 1.07
    parts = [
        surface.patch(rim, toward, "plastic", 0.0025, n_ring=2),
        surface.patch(outline, toward, "lamp_red", 0.005),
    ]
    for light, material in zip(
        LAMP_LIGHTS[model.tail_lamp], ("lamp_glass", "lamp_amber"), strict=True
    ):
        (across, height), (half, tall) = light
        ring = circle((across, height), (half, 0.0), (0.0, tall), 12)
        parts.append(surface.patch(on_corner(ring.tolist()), toward, material, 0.0085, n_ring=2))
    return parts


def gate_gaps(model: CarModel, surface: Surface) -> list[Shell]:
    """Return the gaps of the boot lid, the tailgate, or the rear doors."""
    x, half = -model.nose, 0.36 * model.width
    low = model.sill + 0.30 * (model.tail_height - model.sill) + 0.06
    high = model.tail_height - (0.09 if model.has_deck else 0.02)
    if model.style == "van":
        low = model.sill + 0.12
    line = [(x, half, high), (x, 0.93 * half, low), (x, 0.0, low)]
    gap = surface.strip(line, REAR, 0.008, "plastic", 0.0015)
    parts = [gap, gap.mirrored()]
    if model.style == "van":
        middle = [(x, 0.0, low), (x, 0.0, model.tail_height - 0.05)]
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
    left = [surface.patch(rounded(reflector, 0.01, 0.06), REAR, "lamp_red", 0.007, n_ring=1)]
    bumper = (x + 0.10, 0.40 * scale, model.sill - 0.005)
    left.append(box(bumper, np.add(bumper, (0.2, 0.10, 0.05)), "metal"))
    return [*parts, *left, *(part.mirrored() for part in left)]


def bed(model: CarModel, blocks: Blocks, surface: Surface) -> list[Shell]:
    """Return the black cover of a pick-up's load bed with its rails."""
    if model.style != "pickup" or blocks.deck is None:
        return []
    edge = blocks.deck[-1]
    front, back = edge[0] + [-0.06, -0.10, 0], edge[-1] + [0.02, -0.08, 0]
    outline = np.array([front, back, back * [1, -1, 1], front * [1, -1, 1]])
    parts = [surface.patch(rounded(outline, 0.05, 0.16), TOP, "plastic", 0.012, n_ring=4)]
    for share in (0.25, 0.5, 0.75):
        middle = front + share * (back - front)
        line = [middle * [1, 0.97, 1], middle * [1, 0, 1], middle * [1, -0.97, 1]]
        parts.append(surface.strip(line, TOP, 0.03, "rubber", 0.018, 0.2))
    return parts


def tail(model: CarModel, blocks: Blocks, surface: Surface) -> list[Shell]:
    """Return everything on the tail."""
    lamp = tail_lamp(model, blocks, surface)
    x = -model.nose
    low = model.sill + 0.30 * (model.tail_height - model.sill) + 0.06
    plate_height = low + 0.10 if not model.has_deck else low + 0.14
    badge_height = 0.5 * (plate_height + model.tail_height) + 0.01
    badge = circle((x, 0, badge_height), (0, 0.045, 0), (0, 0, 0.035))
    brow = [(x, 0.32, plate_height + 0.085), (x, -0.32, plate_height + 0.085)]
    return [
        *lamp,
        *(part.mirrored() for part in lamp),
        *gate_gaps(model, surface),
        *rear_bumper(model, surface),
        *bed(model, blocks, surface),
        number_plate(surface, x, plate_height, "L HU 57"),
        surface.strip(brow, REAR, 0.022, "chrome", 0.008, 0.08),
        surface.patch(badge, REAR, "chrome", 0.008, n_ring=2),
    ]
