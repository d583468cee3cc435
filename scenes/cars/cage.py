"""The painted body of a car: its blocks welded to a cage, subdivided, fitted and closed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scenes.cars.body import FRONT_ARCH, N_STATION, REAR_ARCH, SHOULDER_ROW, Blocks, body_blocks
from scenes.cars.model import CarModel
from scenes.cars.shell import SLOTS, Points, Shell, grid_faces
from scenes.cars.subdivision import Cage, subdivide


def cage(blocks: Blocks, crease: float) -> Cage:
    """Return the control cage of the whole body, open below.

    Args:
        blocks: Its left half.
        crease: As in `CarModel`.
    """
    return welded(left_blocks(blocks), blocks.side, crease)


def left_blocks(blocks: Blocks) -> list[Points]:
    """Return the blocks as grids that face outward, side and nose first, then bonnet to deck."""
    b = blocks
    left = [b.side, b.nose, b.bonnet.swapaxes(0, 1), b.screen, b.cabin, b.roof.swapaxes(0, 1)]
    left += [b.rear[:, ::-1], b.tail[:, ::-1]]
    if b.deck is not None:
        left.append(b.deck.swapaxes(0, 1))
    return left


def cage_slots(model: CarModel, blocks: Blocks) -> NDArray[np.int64]:
    """Return the material slots (n_face,) of the cage's faces: what is not painted."""
    paint, plastic, glass = (SLOTS.index(name) for name in ("car_paint", "plastic", "glass"))
    grids = [
        np.full((b.shape[0] - 1, b.shape[1] - 1), paint, np.int64) for b in left_blocks(blocks)
    ]
    side, nose, roof, tail = grids[0], grids[1], grids[5], grids[7]
    if model.dark_bumpers:
        rows = 2 if model.style != "offroad" else 3
        side[:rows, :2] = side[:rows, -2:] = plastic
        nose[:rows] = tail[:rows] = plastic
        if not model.has_rear_arch:
            side[:rows, -2:] = paint
    if model.cladding:
        for wheel in (FRONT_ARCH, REAR_ARCH) if model.has_rear_arch else (FRONT_ARCH,):
            side[0, wheel.start : wheel.stop - 1] = plastic
    if model.bed == "open":
        grids[8][1:-1, :-1] = plastic  # the liner
    if model.glass_roof:
        roof[1:-1, :-1] = glass
    # The right half has the left one's faces in reverse across.
    halves = [np.concatenate([grid[:, ::mirror].ravel() for grid in grids]) for mirror in (1, -1)]
    return np.concatenate(halves)


def welded(blocks: list[Points], side: Points, crease: float) -> Cage:
    """Return the cage of the left-hand blocks, their mirror images, and the creases."""
    vertices: list[Points] = []
    faces: list[NDArray[np.int64]] = []
    start = 0
    for mirror in (1, -1):
        for block in blocks:
            grid = block[:, ::mirror] * [1, mirror, 1]
            vertices.append(grid.reshape(-1, 3))
            faces.append(start + grid_faces(grid.shape[0], grid.shape[1])[:, ::-1])
            start += len(vertices[-1])
    points = np.concatenate(vertices)
    rounded = np.round(points * 1e5).astype(np.int64)
    _, chosen, index = np.unique(rounded, axis=0, return_index=True, return_inverse=True)
    merged = index.reshape(-1)[np.concatenate(faces)]

    def place(row: Points) -> NDArray[np.int64]:
        wanted = np.round(row * 1e5).astype(np.int64)
        match = (rounded[chosen][None] == wanted[:, None]).all(-1)
        return np.asarray(match.argmax(1), np.int64)

    n = side.shape[1]
    sharp, sharpness, corners = [], [], []
    for mirror in (1, -1):
        row = place(side[SHOULDER_ROW, 1 : n - 1] * [1, mirror, 1])
        sharp.append(np.column_stack([row[:-1], row[1:]]))
        sharpness.append(np.full(len(row) - 1, crease))
        ends = [2, 6, 9, 13] if n == N_STATION else [2, 6]
        corners.append(place(side[0, ends] * [1, mirror, 1]))
    creases = np.concatenate(sharp), np.concatenate(sharpness)
    return Cage(points[chosen], merged, *creases, np.concatenate(corners))


def body_shell(model: CarModel, n_level: int = 2) -> Shell:
    """Return the closed body, paint above and black plastic below.

    Args:
        model: Its measures.
        n_level: Levels of subdivision.
    """
    blocks = body_blocks(model)
    fine = subdivide(cage(blocks, model.crease), n_level, n_fit=1)
    vertices = fitted(model, fine.vertices)
    return closed(vertices, fine.faces, np.repeat(cage_slots(model, blocks), 4**n_level))


def fitted(model: CarModel, vertices: Points) -> Points:
    """Return vertices scaled to the model's length, width and height, arches untouched."""
    low, high = vertices.min(0), vertices.max(0)
    scaled = vertices.copy()
    scaled[:, 0] = vertices[:, 0] - (low[0] + high[0]) / 2
    scaled[:, 0] *= (model.length - 0.024) / (high[0] - low[0])
    scaled[:, 1] *= (model.width - 0.014) / (high[1] - low[1])
    above = np.maximum(vertices[:, 2] - 0.7, 0)
    scaled[:, 2] += above * (model.height - high[2]) / (high[2] - 0.7)
    return scaled


def closed(vertices: Points, faces: NDArray[np.int64], slots: NDArray[np.int64]) -> Shell:
    """Return the shell with its open underside closed by a lip and strips from left to right.

    Args:
        vertices: (n_vertex, 3) [m].
        faces: (n_face, 4) indices.
        slots: (n_face,) indices into `SLOTS`.
    """
    n = len(vertices)
    half = np.stack([faces, np.roll(faces, -1, axis=1)], -1).reshape(-1, 2)
    key = np.sort(half, axis=1) @ [n, 1]
    _, index, count = np.unique(key, return_inverse=True, return_counts=True)
    rim = half[count[index.reshape(-1)] == 1]
    following = dict(rim.tolist())
    start = max(following, key=lambda v: (round(float(-abs(vertices[v, 1])), 6), vertices[v, 0]))
    chain = [start]
    while (step := following[chain[-1]]) != start:
        chain.append(step)
    loop = np.asarray(chain, np.int64)
    inner = vertices[loop] * [0.985, 0.95, 1.0] + [0, 0, 0.004]
    m = len(loop)
    lip = np.column_stack(
        [np.roll(loop, -1), loop, n + np.arange(m), n + np.roll(np.arange(m), -1)]
    )
    # The loop is symmetric: its k-th vertex faces the k-th from the other end.
    k = np.arange(1, m // 2 - 1)
    strips = n + np.column_stack([k + 1, k, m - k, m - k - 1])
    ends = n + np.array([[1, 0, m - 1, -1 - n], [m // 2, m // 2 - 1, m // 2 + 1, -1 - n]])
    all_faces = np.concatenate([faces, lip, strips, ends])
    slot = np.full(len(all_faces), SLOTS.index("plastic"), np.int64)
    slot[: len(faces)] = slots
    return Shell(np.concatenate([vertices, inner]), all_faces, slot)
