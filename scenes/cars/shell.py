"""Shell: closed surfaces of quads and triangles, and the ways to make them; pure NumPy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.float64]
Faces = NDArray[np.int64]

# Material slots of a car's mesh. All lamps and reflectors are `lamp_glass` to radio and lidar;
# those of their own slot differ to the camera: headlamps and red tail-lamps can be lit.
SLOTS = (
    "car_paint",
    "glass",
    "metal",
    "chrome",
    "plastic",
    "rubber",
    "lamp_glass",
    "plate",
    "lamp_red",
    "lamp_amber",
    "headlamp",
    "reflector",
    "snow_on_plastic",
    "snow_on_car_paint",
)


@dataclass(frozen=True)
class Shell:
    """Faces in one vertex list.

    Attributes:
        vertices: (n_vertex, 3) [m].
        faces: (n_face, 4) indices, counter-clockwise seen from outside; a triangle ends in -1.
        slot: (n_face,) index into `SLOTS`.
        covers: Whether the shell hides the skin it is laid on.
    """

    vertices: Points
    faces: Faces
    slot: NDArray[np.int64]
    covers: bool = False

    @property
    def n_triangle(self) -> int:
        """Number of triangles after splitting the quads."""
        return int(len(self.faces) + np.count_nonzero(self.faces[:, 3] >= 0))

    def moved(self, offset: ArrayLike) -> Shell:
        """Return the shell shifted by `offset` (3,) [m]."""
        return replace(self, vertices=self.vertices + np.asarray(offset, np.float64))

    def turned(self, matrix: ArrayLike) -> Shell:
        """Return the shell with every vertex v replaced by matrix @ v, a rotation (3, 3)."""
        return replace(self, vertices=self.vertices @ np.asarray(matrix, np.float64).T)

    def mirrored(self) -> Shell:
        """Return the shell reflected in the plane y = 0, still facing outward."""
        vertices = self.vertices * [1.0, -1.0, 1.0]
        return replace(self, vertices=vertices, faces=flipped(self.faces))


def flipped(faces: Faces) -> Faces:
    """Return faces (n_face, 4) that look the other way."""
    quads = faces[:, ::-1]
    triangles = np.column_stack([faces[:, 2], faces[:, 1], faces[:, 0], faces[:, 3]])
    return np.where(faces[:, 3:] < 0, triangles, quads)


def shell(vertices: ArrayLike, faces: Faces, material: str) -> Shell:
    """Return a shell of one material, named as in `SLOTS`."""
    slot = np.full(len(faces), SLOTS.index(material), np.int64)
    return Shell(np.asarray(vertices, np.float64).reshape(-1, 3), faces, slot)


def join(shells: Iterable[Shell]) -> Shell:
    """Return one shell that holds all, in their order."""
    parts = list(shells)
    starts = np.cumsum([0, *(len(part.vertices) for part in parts)])
    faces = [np.where(p.faces < 0, -1, p.faces + s) for p, s in zip(parts, starts, strict=False)]
    return Shell(
        np.concatenate([part.vertices for part in parts]),
        np.concatenate(faces),
        np.concatenate([part.slot for part in parts]),
    )


def grid_faces(n_row: int, n_column: int, wrap_row: bool = False, wrap: bool = False) -> Faces:
    """Return the quads of a grid of vertices, row by row.

    Args:
        n_row: Rows of vertices.
        n_column: Columns of vertices.
        wrap_row: Whether the last row joins the first.
        wrap: Whether the last column joins the first.

    Returns:
        Faces (n_face, 4) that face (row direction) x (column direction).
    """
    row = np.arange(n_row if wrap_row else n_row - 1)[:, None]
    column = np.arange(n_column if wrap else n_column - 1)[None, :]
    below, right = (row + 1) % n_row, (column + 1) % n_column
    corners = (
        row * n_column + column,
        below * n_column + column,
        below * n_column + right,
        row * n_column + right,
    )
    quads = [np.broadcast_to(c, (row.size, column.size)).ravel() for c in corners]
    return np.asarray(np.stack(quads, -1), np.int64)


def fan(ring: Sequence[int] | NDArray[np.int64], centre: int) -> Faces:
    """Return triangles from a closed ring of vertices to a centre vertex."""
    first = np.asarray(ring, np.int64)
    return np.column_stack(
        [first, np.roll(first, -1), np.full(len(first), centre), np.full(len(first), -1)]
    )


def revolved(profile: ArrayLike, n_segment: int, material: str) -> Shell:
    """Return the ring that a closed profile sweeps about the y axis.

    Args:
        profile: (n_point, 2) radius and y [m], a closed polygon, counter-clockwise with y to the
            right and the radius up.
        n_segment: Segments of the sweep.
        material: Name in `SLOTS`.
    """
    points = np.asarray(profile, np.float64)
    angle = np.arange(n_segment) * (2 * np.pi / n_segment)
    radius, y = points[:, 0][None, :], points[:, 1][None, :]
    vertices = np.stack(
        [
            radius * np.cos(angle)[:, None],
            np.broadcast_to(y, (n_segment, len(points))),
            radius * np.sin(angle)[:, None],
        ],
        -1,
    )
    faces = grid_faces(n_segment, len(points), wrap_row=True, wrap=True)
    return shell(vertices, faces, material)


def disc(radius: float, near: float, far: float, n_segment: int, material: str) -> Shell:
    """Return a closed disc about the y axis.

    Args:
        radius: Its radius [m].
        near: y of its inner face [m].
        far: y of its outer face [m], more than `near`; the face is bulged by a tenth.
        n_segment: Corners of its rim.
        material: Name in `SLOTS`.
    """
    angle = np.arange(n_segment) * (2 * np.pi / n_segment)
    circle = np.column_stack([np.cos(angle), np.zeros(n_segment), np.sin(angle)]) * radius
    back, front = circle + np.array([0, near, 0]), circle * 0.92 + np.array([0, far, 0])
    bulge = far + 0.1 * (far - near)
    vertices = np.concatenate([back, front, [[0, near, 0], [0, bulge, 0]]])
    n = n_segment
    sides = grid_faces(2, n, wrap=True)
    ends = np.concatenate([fan(np.arange(n), 2 * n), flipped(fan(np.arange(n, 2 * n), 2 * n + 1))])
    return shell(vertices, outward(vertices, np.concatenate([sides, ends])), material)


def outward(vertices: Points, faces: Faces) -> Faces:
    """Return consistently turned faces of one closed shell such that they look outward."""
    return faces if signed_volume(vertices, faces) > 0 else flipped(faces)


def signed_volume(vertices: Points, faces: Faces) -> float:
    """Return the volume [m^3] that closed faces hold: positive if they look outward."""
    second = np.where(faces[:, 3:] >= 0, faces[:, [0, 2, 3]], -1)
    second = second[second[:, 0] >= 0]
    corner = vertices[np.concatenate([faces[:, :3], second])]
    return float(np.einsum("ij,ij->", corner[:, 0], np.cross(corner[:, 1], corner[:, 2])) / 6)


def lofted(sections: ArrayLike, material: str) -> Shell:
    """Return the closed skin over sections, with flat ends.

    Args:
        sections: (n_section, n_point, 3) [m], closed polygons in corresponding order.
        material: Name in `SLOTS`.
    """
    points = np.asarray(sections, np.float64)
    n_section, n_point = points.shape[:2]
    ends = [points[0].mean(0), points[-1].mean(0)]
    vertices = np.concatenate([points.reshape(-1, 3), ends])
    last = (n_section - 1) * n_point
    start = flipped(fan(np.arange(n_point), len(vertices) - 2))
    end = fan(np.arange(last, last + n_point), len(vertices) - 1)
    faces = np.concatenate([flipped(grid_faces(n_section, n_point, wrap=True)), start, end])
    return shell(vertices, outward(vertices, faces), material)


def rounded_box(size: ArrayLike, material: str, power: float = 4.0, n: int = 8) -> Shell:
    """Return a box with rounded edges, a superellipsoid about the origin.

    Args:
        size: (3,) full lengths [m].
        material: Name in `SLOTS`.
        power: Exponent: 2 is an ellipsoid, larger is boxier.
        n: Half the number of points around; rows from pole to pole.
    """

    def bent(value: Points) -> Points:
        return np.asarray(np.sign(value) * np.abs(value) ** (2 / power), np.float64)

    # Odd offsets keep points off the axes, where the surface is flat and the corners would be lost.
    u = (np.arange(2 * n) + 0.5) * (np.pi / n)
    v = np.linspace(-0.5, 0.5, n + 1)[1:-1, None] * np.pi
    ring = np.stack(
        [
            bent(np.cos(v)) * bent(np.cos(u)),
            bent(np.cos(v)) * bent(np.sin(u)),
            bent(np.sin(v) + u * 0),
        ],
        -1,
    )
    return lofted(ring * (np.asarray(size, np.float64) / 2), material)


def box(low: ArrayLike, high: ArrayLike, material: str) -> Shell:
    """Return the box between two corners (3,) [m]."""
    x0, y0, z0 = np.asarray(low, np.float64)
    x1, y1, z1 = np.asarray(high, np.float64)
    vertices = [(x, y, z) for z in (z0, z1) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))]
    faces = [(3, 2, 1, 0), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)]
    return shell(vertices, np.asarray(faces, np.int64), material)
