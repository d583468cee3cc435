"""The flanks of a car: mirrors, handles, door gaps, sills, cladding, roof rails."""

from __future__ import annotations

import numpy as np

from scenes.car_body import Blocks
from scenes.car_model import CarModel
from scenes.car_shell import Points, Shell, box, lofted, rounded_box
from scenes.car_surface import LEFT, TOP, Surface

GAP = 0.009  # [m]


def mirror(model: CarModel, blocks: Blocks) -> list[Shell]:
    """Return the left mirror: arm, housing, and its glass."""
    foot = blocks.cabin[0, 0]
    middle = np.array([foot[0] - 0.20, foot[1] + 0.095, model.belt_front + 0.075])
    size = np.array([0.125, 0.20, 0.135]) * model.width / 1.82
    arm_low = middle + np.array([-0.035, -0.20, -0.065])
    return [
        rounded_box(size, "car_paint", 3.4, 5).moved(middle),
        rounded_box(size * [1.02, 1.02, 0.35], "plastic", 3.4, 5).moved(
            middle - [0, 0, 0.36 * size[2]]
        ),
        box(arm_low, arm_low + np.array([0.07, 0.16, 0.03]), "plastic"),
        rounded_box(size * [0.10, 0.86, 0.78], "chrome", 5.0, 4).moved(
            middle - [0.49 * size[0], 0, 0]
        ),
    ]


def door_edges(model: CarModel) -> list[float]:
    """Return the x [m] of the door gaps from the front door's hinge rearwards."""
    hinge = model.front_axle - model.arch_radius - 0.10
    share = 0.60 if model.doors == 2 else 0.52
    if model.style == "van":
        share = 0.37
    edges = [hinge, model.front_axle - share * model.wheelbase]
    if model.doors == 4:
        edges.append(model.rear_axle + 0.10)
    return edges


def door_gaps(model: CarModel, blocks: Blocks, surface: Surface) -> list[Shell]:
    """Return the gaps of the left doors and the fuel flap."""
    line = blocks.side[-1]
    edges = door_edges(model)
    low = model.sill + 0.085

    def top(x: float) -> float:
        return float(np.interp(-x, -line[:, 0], line[:, 2])) - 0.012

    y = model.width / 2
    hinge = edges[0]
    if model.doors == 4 and model.style != "van":
        # The rear door is cut out around the wheel arch.
        radius = model.arch_radius + 0.06
        last = edges[2]
        lowest = model.rear_axle + radius * np.cos(0.15)
        angle = np.linspace(0.15, np.arccos((last - model.rear_axle) / radius), 5)
        arc = [
            (model.rear_axle + radius * np.cos(a), y, model.wheel_radius + radius * np.sin(a))
            for a in angle
        ]
        rear = [(lowest, y, low), *arc, (last - 0.01, y, top(last))]
    else:
        last = edges[-1]
        lowest = last
        rear = [(last, y, low), (last - 0.01, y, top(last))]
    outline = [(hinge, y, top(hinge)), (hinge + 0.01, y, low + 0.25), (hinge - 0.01, y, low)]
    outline += [(lowest, y, low), *rear[1:]]
    parts = [surface.strip(outline, LEFT, GAP, "plastic", 0.0015)]
    if model.doors == 4:
        x = edges[1]
        middle = [(x, y, low + 0.012), (x, y, top(x))]
        parts.append(surface.strip(middle, LEFT, GAP, "plastic", 0.0015))
    if model.style == "van":
        rail = [(edges[1] - 0.04, y, top(edges[1]) - 0.05), (-0.86 * y * 2, y, top(0.0) - 0.05)]
        parts.append(surface.strip(rail, LEFT, 0.03, "plastic", 0.004, 0.15))
    return parts


def handles(model: CarModel, blocks: Blocks, surface: Surface) -> list[Shell]:
    """Return the handles of the left doors."""
    line = blocks.side[-1]
    edges = door_edges(model)
    parts = []
    places = [edges[1] + 0.15] if model.doors == 2 else [edges[1] + 0.15, edges[2] + 0.13]
    if model.style == "van":
        places = [edges[1] + 0.15, edges[1] - 0.15]
    for x in places:
        z = float(np.interp(-x, -line[:, 0], line[:, 2])) - 0.115
        hit = surface.project([(x, 1.0, z)], LEFT, 0.003)[0]
        grip = rounded_box((0.20, 0.026, 0.030), "car_paint", 3.0, 5)
        if model.style in ("saloon", "estate", "coupe"):
            grip = rounded_box((0.20, 0.026, 0.026), "chrome", 3.0, 5)
        parts.append(grip.moved(hit))
    return parts


def sill_trim(model: CarModel, surface: Surface) -> list[Shell]:
    """Return the black strip along the left sill and, of a clad car, around the arches."""
    y = model.width / 2
    gap = model.arch_radius + (0.005 if model.cladding else 0.015)
    width = 0.10 if model.cladding else 0.05
    z = model.sill + 0.012 + width / 2
    line = [(model.front_axle - gap, y, z), (model.rear_axle + gap, y, z)]
    parts = [surface.strip(line, LEFT, width, "plastic", 0.006, 0.2)]
    if not model.cladding:
        return parts
    radius = model.arch_radius + 0.029
    low = np.arcsin((model.sill + 0.02 - model.wheel_radius) / radius)
    angle = np.linspace(low, np.pi - low, 19)
    for axle in (model.front_axle, model.rear_axle):
        arc = np.column_stack(
            [
                axle + radius * np.cos(angle),
                np.full(19, y),
                model.wheel_radius + radius * np.sin(angle),
            ]
        )
        parts.append(surface.strip(arc, LEFT, 0.062, "plastic", 0.009, 0.12))
    return parts


def roof_rail(model: CarModel, blocks: Blocks, surface: Surface) -> list[Shell]:
    """Return the left roof rail."""
    if not model.roof_rails:
        return []
    rail = blocks.cabin[-1]
    length = float(rail[0, 0] - rail[-1, 0])
    share = np.array([0.05, 0.07, 0.16, 0.36, 0.56, 0.76, 0.86, 0.88])
    x = rail[0, 0] - share * length
    y = np.interp(-x, -rail[:, 0], rail[:, 1]) - 0.075
    skin = surface.project(np.column_stack([x, y, np.full(8, model.height)]), TOP, 0.0)
    lift = np.array([-0.02, -0.005, 0.03, 0.035, 0.035, 0.03, -0.005, -0.02])
    return [tube(skin + lift[:, None] * [0, 0, 1], 0.016, "metal")]


def tube(line: Points, radius: float, material: str) -> Shell:
    """Return a tube along a line (n, 3) [m] that runs roughly along x."""
    angle = np.arange(6) * (2 * np.pi / 6)
    ring = np.column_stack([np.zeros(6), np.cos(angle), np.sin(angle)]) * radius
    return lofted(line[:, None] + ring, material)


def aerial(model: CarModel, surface: Surface) -> Shell:
    """Return the fin on the roof."""
    x = model.nose - model.roof_end + 0.22
    foot = surface.project([(x, 0.0, model.height)], TOP, -0.01)[0]
    sections = [
        [
            (-0.07 + s, -w, z),
            (-0.07 + s, w, z),
            (0.09 - 2.2 * z, 0.6 * w, z),
            (0.09 - 2.2 * z, -0.6 * w, z),
        ]
        for s, w, z in ((0.0, 0.020, 0.0), (0.01, 0.011, 0.03), (0.02, 0.005, 0.042))
    ]
    return lofted(np.asarray(sections) + foot, "plastic")


def flanks(model: CarModel, blocks: Blocks, surface: Surface) -> list[Shell]:
    """Return everything on both sides and on the roof."""
    left = [
        *mirror(model, blocks),
        *door_gaps(model, blocks, surface),
        *handles(model, blocks, surface),
        *sill_trim(model, surface),
        *roof_rail(model, blocks, surface),
    ]
    return [*left, *(part.mirrored() for part in left), aerial(model, surface)]
