"""What a car's body carries, as closed shells in the car's frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from scenes.cars.body import Blocks, body_blocks
from scenes.cars.cage import body_shell
from scenes.cars.front import face
from scenes.cars.glazing import glazing
from scenes.cars.load import load_parts
from scenes.cars.model import CarModel
from scenes.cars.rear import tail
from scenes.cars.roof import on_roof
from scenes.cars.shell import Points, Shell, box, join
from scenes.cars.sides import flanks
from scenes.cars.surface import Cast, Surface

PARTS = (glazing, face, tail, flanks, on_roof)
CAB_PARTS = (glazing, face, flanks, on_roof)


def car_shell(model: CarModel, caster: Callable[[Shell], Cast]) -> Shell:
    """Return everything of a car but its wheels.

    Args:
        model: Its measures.
        caster: Makes the function that casts rays at a shell.
    """
    if model.load is None:
        return trimmed(model, PARTS, caster)
    cab = trimmed(model.cab, CAB_PARTS, caster)
    return join([cab.moved((cab_offset(model), 0, 0)), *load_parts(model, model.load)])


def trimmed(
    model: CarModel,
    parts: Sequence[Callable[[CarModel, Blocks, Surface], list[Shell]]],
    caster: Callable[[Shell], Cast],
) -> Shell:
    """Return a body with what it carries.

    Args:
        model: Its measures.
        parts: What makes the trim.
        caster: Makes the function that casts rays at a shell.
    """
    blocks = body_blocks(model)
    body = body_shell(model)
    surface = Surface(caster(body))
    trim = [part for make in parts for part in make(model, blocks, surface)]
    covers = join(part for part in trim if part.covers)
    return join([sunk(body, caster(covers)), underbody(model), *trim])


def cab_offset(model: CarModel) -> float:
    """Return the x [m] of a separate cab's own frame in the car's."""
    return model.nose - model.cab.nose


def sunk(body: Shell, cast: Cast, depth: float = 0.012) -> Shell:
    """Return the body with what lies behind trim pushed in, so that it never shows through.

    Args:
        body: The closed body.
        cast: Casts rays at the trim.
        depth: How far it is pushed [m].
    """
    normal = vertex_normals(body)
    start = body.vertices + 0.03 * normal
    hit, _, met = cast(start, -normal)
    covered = met & (np.linalg.norm(hit - start, axis=1) < 0.045)
    return replace(body, vertices=body.vertices - depth * covered[:, None] * normal)


def vertex_normals(part: Shell) -> Points:
    """Return the unit normals (n_vertex, 3), means over the faces by area."""
    faces = part.faces
    last = np.where(faces[:, 3] < 0, faces[:, 2], faces[:, 3])
    corner = part.vertices
    area = np.cross(corner[faces[:, 2]] - corner[faces[:, 0]], corner[last] - corner[faces[:, 1]])
    area = np.where(
        faces[:, 3:] < 0,
        np.cross(corner[faces[:, 1]] - corner[faces[:, 0]], corner[last] - corner[faces[:, 0]]),
        area,
    )
    total = np.zeros_like(corner)
    for k in range(4):
        index = last if k == 3 else faces[:, k]
        np.add.at(total, index, area)
    return np.asarray(total / np.linalg.norm(total, axis=1, keepdims=True))


def underbody(model: CarModel) -> Shell:
    """Return the black box between the wheels that closes the wheel wells on the inside."""
    half = model.track / 2 - model.wheel_width / 2 - 0.07
    front = model.front_axle + model.arch_radius + 0.02
    rear = model.rear_axle - model.arch_radius - 0.02
    if not model.has_rear_arch:
        rear = -model.nose + 0.06
    top = model.wheel_radius + 0.8 * model.arch_radius
    return box((rear, -half, model.clearance), (front, half, top), "plastic")
