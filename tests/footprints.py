"""Footprints of cars and things, by slow geometry: what layouts are held against."""

from dataclasses import replace

import numpy as np

from scenes.cars import CAR_MODELS
from scenes.config import SEQUENCE_LENGTH


def rectangle(pose, x0, x1, y0, y1):
    """Corners (4, 2) in the world of a rectangle in a pose's own frame, from its own matrix."""
    local = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], float)
    matrix = pose.world_from_object()
    return local @ matrix[:2, :2].T + matrix[:2, 3]


def centred(pose, length, width):
    """Corners (4, 2) of a rectangle about a pose."""
    return rectangle(pose, -length / 2, length / 2, -width / 2, width / 2)


def gap(first, second):
    """Distance between convex polygons along the best separating axis; negative if they overlap."""
    best = -np.inf
    for polygon in (first, second):
        for edge in np.roll(polygon, -1, 0) - polygon:
            normal = np.array([-edge[1], edge[0]]) / np.hypot(*edge)
            a, b = first @ normal, second @ normal
            best = max(best, b.min() - a.max(), a.min() - b.max())
    return best


def car_rectangle(car, pose=None):
    """Corners (4, 2) of a car, where it stands or at another pose."""
    model = CAR_MODELS[car.model]
    return centred(pose or car.pose, model.length, model.width)


def swept(spec, frame_interval):
    """What the target's drive covers: the hull is the box from its first to its last pose."""
    drive, model = spec.drive, CAR_MODELS[spec.target.model]
    end = drive.pose((SEQUENCE_LENGTH - 1) * frame_interval)
    start = np.array(drive.start.position)
    middle = replace(drive.start, position=tuple((start + np.array(end.position)) / 2))
    way = np.linalg.norm(np.array(end.position) - start)
    return centred(middle, model.length + way, model.width)
