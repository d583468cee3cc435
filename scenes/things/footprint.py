"""Footprints: rectangles on the ground, and whether two of them meet."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scenes.spec import Pose


@dataclass(frozen=True)
class Footprint:
    """A rectangle on the ground.

    Attributes:
        x: Of its centre [m].
        y: Of its centre [m].
        length: Along its own x axis [m].
        width: Along its own y axis [m].
        yaw: [rad].
    """

    x: float
    y: float
    length: float
    width: float
    yaw: float = 0.0

    @cached_property
    def reach(self) -> float:
        """Return how far its corners are from its centre [m]."""
        return math.hypot(self.length, self.width) / 2

    @cached_property
    def corners(self) -> NDArray[np.float64]:
        """Return the corners (4, 2) [m], counter-clockwise."""
        cos, sin = np.cos(self.yaw), np.sin(self.yaw)
        local = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) / 2 * [self.length, self.width]
        return np.asarray(local @ np.array([[cos, sin], [-sin, cos]]) + [self.x, self.y])

    def overlaps(self, other: Footprint, gap: float = 0.0) -> bool:
        """Return whether the two come nearer than `gap` [m] (separating axis theorem)."""
        if math.hypot(self.x - other.x, self.y - other.y) > self.reach + other.reach + gap:
            return False  # too far apart whichever way they are turned
        mine, theirs = self.corners, other.corners
        for yaw in (self.yaw, other.yaw):
            for axis in ((np.cos(yaw), np.sin(yaw)), (-np.sin(yaw), np.cos(yaw))):
                a, b = mine @ axis, theirs @ axis
                if a.max() + gap <= b.min() or b.max() + gap <= a.min():
                    return False
        return True


def footprint(pose: Pose, length: float, width: float) -> Footprint:
    """Return the footprint [m] of what stands upright at a pose."""
    return Footprint(pose.position[0], pose.position[1], length, width, pose.yaw)
