"""The ground as a shape: its level surfaces, and the markings just above them."""

from __future__ import annotations

import numpy as np

from scenes.materials import MATERIAL_ID
from scenes.spec import Ground
from scenes.things.shapes import Shape, joined, rectangle

RAISED = 0.004  # of markings above the asphalt [m]: no two faces in one plane


def build_ground(ground: Ground) -> Shape:
    """Return the ground as one shape, all of it facing up."""
    surfaces = [rectangle(s.x0, s.x1, s.y0, s.y1, s.z, s.material) for s in ground.surfaces]
    return joined([*surfaces, *([_painted(ground)] if ground.marks else [])])


def _painted(ground: Ground) -> Shape:
    """Return the markings."""
    corners = [corner for mark in ground.marks for corner in mark]
    sizes = [len(mark) for mark in ground.marks]
    faces = np.full((len(sizes), 4), -1, np.int32)
    starts = np.cumsum([0, *sizes[:-1]])
    for row, start, size in zip(faces, starts, sizes, strict=True):
        row[:size] = start + np.arange(size)
    vertices = np.column_stack([np.asarray(corners, float), np.full(len(corners), RAISED)])
    return Shape(vertices, faces, np.full(len(faces), MATERIAL_ID["marking"], np.uint8))
