"""What stands where and what moves how: the pure records between layout and stage.

Axes and angles: docs/conventions.md. Nothing here knows Blender.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector3 = tuple[float, float, float]
RGB = tuple[float, float, float]


@dataclass(frozen=True)
class Pose:
    """An upright pose in the world.

    Attributes:
        position: Origin of the object's own frame [m], in world axes.
        yaw: Rotation about world z [rad], from world x (right) towards world y (ahead).
    """

    position: Vector3
    yaw: float = 0.0

    def world_from_object(self) -> NDArray[np.float64]:
        """Return the (4, 4) transform that takes object coordinates to the world."""
        cos, sin = np.cos(self.yaw), np.sin(self.yaw)
        matrix = np.eye(4)
        matrix[:2, :2] = [[cos, -sin], [sin, cos]]
        matrix[:3, 3] = self.position
        return matrix


@dataclass(frozen=True)
class Paint:
    """The paint of one car.

    Attributes:
        colour: Base colour, linear RGB in 0..1.
        metallic: Share of metal flakes, 0 (solid) to 1.
        roughness: Roughness of the base coat, 0..1; the clear coat is smooth.
    """

    colour: RGB
    metallic: float
    roughness: float


@dataclass(frozen=True)
class Car:
    """One car of the scene; its frame has x forward, y left, z up, origin on the ground
    below the centre of its bounding box.

    Attributes:
        id: Object id, unique in the scene, 1 or more.
        model: A key of `scenes.cars.CAR_MODELS`.
        paint: Its paint.
        pose: Where it stands (of a moving car: at time 0).
    """

    id: int
    model: str
    paint: Paint
    pose: Pose


@dataclass(frozen=True)
class Drive:
    """A straight drive at constant speed, in the direction the car's nose points.

    Attributes:
        start: Pose at time 0.
        speed: Speed [m/s].
    """

    start: Pose
    speed: float

    def velocity(self) -> NDArray[np.float64]:
        """Return the velocity (3,) [m/s] in world axes."""
        yaw = self.start.yaw
        return self.speed * np.array([np.cos(yaw), np.sin(yaw), 0.0])

    def pose(self, time: float) -> Pose:
        """Return the pose at `time` [s]."""
        x, y, z = np.asarray(self.start.position) + self.velocity() * time
        return Pose((float(x), float(y), float(z)), self.start.yaw)
