"""The flanks of a car: mirrors, handles, door gaps, mouldings, sills, cladding."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from scenes.cars.body import Blocks
from scenes.cars.model import CarModel
from scenes.cars.shell import Points, Shell, box, rounded_box
from scenes.cars.surface import LEFT, Surface

GAP = 0.009  # [m]


def mirror(model: CarModel, blocks: Blocks) -> list[Shell]:
    """Return the left mirror: arm, housing, and its glass."""
    foot = blocks.cabin[0, 0]
    tall = 1.9 if model.style in ("minibus", "box_truck", "flatbed") else 1.0
    if model.style == "van" and model.width > 1.8:
        tall = 1.6
    size = np.array([0.125, 0.20, 0.135 * tall]) * model.width / 1.82
    middle = np.array([foot[0] - 0.20, foot[1] + 0.095, model.belt_front + 0.008 + size[2] / 2])
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


def door_edges(model: CarModel, blocks: Blocks) -> list[float]:
    """Return the x [m] of the door gaps from the front door's hinge rearwards."""
    hinge = model.front_axle - model.arch_radius - 0.10
    if is_over_arch(model, blocks):
        hinge = float(blocks.cabin[0, 0, 0]) - 0.10
    edges = [hinge, model.pillar]
    if model.doors == 4 and model.sliding_door:
        edges.append(max(model.pillar - 1.05, model.rear_axle - 0.2))
    elif model.doors == 4:
        edges.append(model.rear_axle + 0.10)
    return edges


def is_over_arch(model: CarModel, blocks: Blocks) -> bool:
    """Return whether the front door begins over the wheel arch, as with short bonnets."""
    behind = model.front_axle - model.arch_radius - 0.10
    return float(blocks.cabin[0, 0, 0]) - behind > 0.3


def around_arch(model: CarModel, axle: float, ahead: float, behind: float) -> list[Points]:
    """Return points of a gap around a wheel arch, from `ahead` to `behind` [m] of the axle."""
    radius = model.arch_radius + 0.06
    low = np.arcsin((model.sill + 0.085 - model.wheel_radius) / radius)
    first = np.arccos(np.clip(ahead / radius, -1, 1)) if ahead < radius else low
    last = np.arccos(np.clip(behind / radius, -1, 1)) if behind > -radius else np.pi - low
    y = model.width / 2
    return [
        np.array([axle + radius * np.cos(a), y, model.wheel_radius + radius * np.sin(a)])
        for a in np.linspace(first, last, 6)
    ]


def door_gaps(model: CarModel, blocks: Blocks, surface: Surface) -> list[Shell]:
    """Return the gaps of the left doors."""
    line = blocks.side[-1]
    edges = door_edges(model, blocks)
    low = model.sill + 0.085
    y = model.width / 2

    def top(x: float) -> float:
        return float(np.interp(-x, -line[:, 0], line[:, 2])) - 0.012

    hinge, last = edges[0], edges[-1]
    outline: list[ArrayLike] = [(hinge, y, top(hinge))]
    if is_over_arch(model, blocks):
        offset = hinge - 0.02 - model.front_axle
        outline += around_arch(model, model.front_axle, offset, -model.length)
    else:
        outline += [(hinge + 0.01, y, low + 0.25), (hinge - 0.01, y, low)]
    offset = last - model.rear_axle
    if model.doors == 4 and offset < model.arch_radius + 0.06:
        # The rear door is cut out around the wheel arch.
        outline += around_arch(model, model.rear_axle, model.length, offset)
    else:
        outline.append((last, y, low))
    outline.append((last - 0.01, y, top(last)))
    parts = [surface.strip(np.asarray(outline), LEFT, GAP, "plastic", 0.0015)]
    if model.doors == 4:
        x = edges[1]
        middle = [(x, y, low + 0.012), (x, y, top(x))]
        parts.append(surface.strip(middle, LEFT, GAP, "plastic", 0.0015))
    if model.sliding_door:
        rear = -model.nose + model.tail_bow + 0.12
        rail = [(x, y, top(x) - 0.10) for x in (last, 0.5 * (last + rear), rear)]
        parts.append(surface.strip(rail, LEFT, 0.025, "plastic", 0.004, 0.15))
    return parts


def handles(model: CarModel, blocks: Blocks, surface: Surface) -> list[Shell]:
    """Return the handles of the left doors."""
    line = blocks.side[-1]
    edges = door_edges(model, blocks)
    places = [edges[1] + 0.15]
    if model.doors == 4:
        places.append(edges[1] - 0.15 if model.sliding_door else edges[2] + 0.13)
    material = "car_paint"
    if model.style in ("saloon", "estate", "coupe"):
        material = "chrome"
    elif model.dark_bumpers:
        material = "plastic"
    parts = []
    for x in places:
        z = float(np.interp(-x, -line[:, 0], line[:, 2])) - 0.115
        hit = surface.project([(x, 1.0, z)], LEFT, 0.003)[0]
        tall = 0.026 if material == "chrome" else 0.030
        parts.append(rounded_box((0.20, 0.026, tall), material, 3.0, 5).moved(hit))
    return parts


def moulding(model: CarModel, blocks: Blocks, surface: Surface) -> list[Shell]:
    """Return the black strip that protects the left doors."""
    if not model.moulding:
        return []
    y, z = model.width / 2, model.sill + 0.48 * (model.belt_front - model.sill)
    ahead = model.front_axle - model.arch_radius - 0.08
    behind = model.rear_axle + model.arch_radius + 0.05 if model.has_rear_arch else model.pillar
    return [surface.strip([(ahead, y, z), (behind, y, z)], LEFT, 0.07, "plastic", 0.010, 0.2)]


def sill_trim(model: CarModel, surface: Surface) -> list[Shell]:
    """Return the black strip along the left sill and, of a clad car, around the arches."""
    y = model.width / 2
    gap = 1.04 * model.arch_radius + 0.01
    width = 0.10 if model.cladding else 0.05
    z = model.sill + 0.012 + width / 2
    end = model.rear_axle + gap if model.has_rear_arch else -model.nose + 0.06
    line = [(model.front_axle - gap, y, z), (end, y, z)]
    parts = [surface.strip(line, LEFT, width, "plastic", 0.006, 0.2)]
    if not model.cladding:
        return parts
    radius = model.arch_radius + 0.029
    low = np.arcsin((model.sill + 0.02 - model.wheel_radius) / radius)
    angle = np.linspace(low, np.pi - low, 19)
    for axle in (model.front_axle, model.rear_axle)[: 2 if model.has_rear_arch else 1]:
        arc = np.column_stack(
            [
                axle + radius * np.cos(angle),
                np.full(19, y),
                model.wheel_radius + radius * np.sin(angle),
            ]
        )
        parts.append(surface.strip(arc, LEFT, 0.062, "plastic", 0.009, 0.12))
    return parts


def flanks(model: CarModel, blocks: Blocks, surface: Surface) -> list[Shell]:
    """Return everything on both sides."""
    left = [
        *mirror(model, blocks),
        *door_gaps(model, blocks, surface),
        *handles(model, blocks, surface),
        *sill_trim(model, surface),
        *moulding(model, blocks, surface),
    ]
    return [*left, *(part.mirrored() for part in left)]
