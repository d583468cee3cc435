"""Where a picture shows what the cells of a radio map are of, by the rig's calibration.

A cell of a radio map is a range and an azimuth, one of a picture a column and a row: what lies on
the plane where targets are has a place in both. As features of cameras are laid on the ground in
Reiher, Lampe and Eckstein, "A Sim2Real Deep Learning Approach for the Transformation of Images from
Multiple Vehicle-Mounted Cameras to a Semantically Segmented Image in Bird's Eye View", ITSC 2020.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from benchmark.pairs import Pairs
from scenes.config import SEQUENCE_LENGTH
from scenes.sensors import Camera

OUTSIDE = 2.0  # a place beside every picture


def ground_in_pictures(pairs: Pairs, step: int) -> Tensor:
    """Return where pictures show the middles of cells (n_sequence, rows, columns, 2).

    Places are x to the right and y down, -1 and 1 at the picture's borders, as torch's
    `grid_sample` has them; where the plane is behind the camera or nowhere at that range, they are
    outside.

    Args:
        pairs: A split.
        step: Rows and columns of the map that one cell is of.
    """
    config = pairs.data.manifest.config
    distance = pairs.axes.range.reshape(-1, step).mean(1)[:, None]
    azimuth = pairs.axes.azimuth.reshape(-1, step).mean(1)
    towards = np.stack([np.sin(azimuth), np.cos(azimuth), np.zeros_like(azimuth)], -1)
    size = config.camera.width, config.camera.height
    found = []
    for i in range(0, len(pairs), SEQUENCE_LENGTH):
        radar = pairs.whole("radar/world_from_radar", i)
        camera = Camera(
            *size, pairs.whole("camera/intrinsics", i), pairs.whole("camera/world_from_camera", i)
        )
        drop = radar[2, 3] - config.heatmap.focus_height
        along = np.sqrt(np.maximum(distance**2 - drop**2, 0))
        points = along[..., None] * (towards @ radar[:3, :3].T) + radar[:3, 3] - [0, 0, drop]
        pixel, depth = camera.project(points)
        at = 2 * pixel / size - 1
        nowhere = (depth <= 0) | (distance < drop)
        found.append(np.where(nowhere[..., None], OUTSIDE, at))
    return torch.from_numpy(np.stack(found)).float().clamp(-OUTSIDE, OUTSIDE)
