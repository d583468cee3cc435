"""What moves in a scene: its triangles, lamps and Blender objects at any time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes.light.lamps import Spot
from scenes.mesh import TriMesh, concatenate

STEP = 1e-3  # [s] over which velocities are taken from poses

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Target:
    """A rigid body that moves, with wheels if it has any.

    Attributes:
        id: Its object id.
        objects: Its Blender objects: the body, then its wheels, then what else the body carries.
        parts: Triangles of the body, then of each wheel about its own centre (3,) [m], which is in
            the body's frame.
        beams: Headlights that burn, in the body's frame.
        pose: Time [s] to world_from_target (4, 4).
        wheel_radius: [m]; wheels turn about the body's y axis as it moves along its x axis.
    """

    id: int
    objects: tuple[Any, ...]
    parts: tuple[tuple[TriMesh, Array], ...]
    beams: tuple[Spot, ...]
    pose: Callable[[float], Array]
    wheel_radius: float = 1.0

    @property
    def lamps(self) -> tuple[Any, ...]:
        """Those of its Blender objects that shine."""
        return tuple(item for item in self.objects if item.type == "LIGHT")

    def velocity(self, time: float) -> Array:
        """Return the velocity (3,) [m/s] of the body's origin, world axes."""
        step = self.pose(time + STEP)[:3, 3] - self.pose(time - STEP)[:3, 3]
        return np.asarray(step / (2 * STEP))

    def spin(self, time: float) -> Array:
        """Return the angular velocity (3,) [rad/s] of the body, world axes."""
        before, after = (self.pose(time + step)[:3, :3] for step in (-STEP, STEP))
        turn = after @ before.T
        axis = np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]])
        return np.asarray(axis / (4 * STEP))  # of a small angle

    def yaw(self, time: float) -> float:
        """Return where its x axis points [rad], from world x towards world y."""
        forward = self.pose(time)[:3, 0]
        return float(np.arctan2(forward[1], forward[0]))

    def mesh(self, time: float) -> TriMesh:
        """Return the triangles at `time` [s], wheels turned, with every vertex's velocity."""
        pose, velocity, spin = self.pose(time), self.velocity(time), self.spin(time)
        (body, _), *wheels = self.parts
        meshes = [body.transformed(pose, velocity, spin)]
        rate, angle = self._rolling(time)
        for wheel, centre in wheels:
            carried = velocity + np.cross(spin, pose[:3, :3] @ centre)
            turned = pose @ about_y(angle, centre)
            meshes.append(wheel.transformed(turned, carried, spin + rate * pose[:3, 1]))
        return concatenate(meshes)

    def moving_beams(self, time: float) -> list[Spot]:
        """Return its headlights at `time` [s], in the world."""
        pose = self.pose(time)
        return [beam.moved(pose) for beam in self.beams]

    def place(self, time: float) -> None:
        """Move its Blender objects to where they are at `time` [s]."""
        from mathutils import Matrix

        body, *others = self.objects
        body.matrix_world = Matrix(self.pose(time).tolist())
        for wheel, _ in zip(others, self.parts[1:], strict=False):
            wheel.rotation_euler = (0.0, self._rolling(time)[1], 0.0)

    def _rolling(self, time: float) -> tuple[float, float]:
        """Return how fast its wheels turn [rad/s], and how far since time 0 [rad]."""
        speed = float(self.velocity(time) @ self.pose(time)[:3, 0])
        return speed / self.wheel_radius, speed * time / self.wheel_radius


def about_y(angle: float, centre: Array) -> Array:
    """Return (4, 4): turn about y by `angle` [rad], then shift by `centre` (3,) [m]."""
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.eye(4)
    matrix[:3, :3] = [[cos, 0.0, sin], [0.0, 1.0, 0.0], [-sin, 0.0, cos]]
    matrix[:3, 3] = centre
    return matrix
