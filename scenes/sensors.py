"""The rig: camera, lidar and radar on one lamppost, as poses and directions.

The world has x right, y ahead, z up; the post stands at x = y = 0 and faces y, unless a user's
file says otherwise. Frames and angles: docs/conventions.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenes.config import ScenarioConfig
from scenes.spec import Mount

Array = NDArray[np.float64]


def direction(azimuth: Array, elevation: Array) -> Array:
    """Return unit vectors (..., 3) in a frame with x right, y ahead, z up.

    Args:
        azimuth: (...) [rad], 0 ahead, positive to the right.
        elevation: (...) [rad], positive upwards.
    """
    return np.stack(
        [
            np.cos(elevation) * np.sin(azimuth),
            np.cos(elevation) * np.cos(azimuth),
            np.sin(elevation),
        ],
        axis=-1,
    )


def angles(vector: Array) -> Array:
    """Return azimuth and elevation (..., 2) [rad] of vectors (..., 3) of any length."""
    x, y, z = vector[..., 0], vector[..., 1], vector[..., 2]
    return np.stack([np.arctan2(x, y), np.arctan2(z, np.hypot(x, y))], axis=-1)


def tilted_frame(tilt: float, azimuth: float = 0.0) -> Array:
    """Return the axes (3, 3), as columns right, ahead, up, of a frame tilted downwards.

    Args:
        tilt: Angle below the horizon [rad].
        azimuth: Where it faces [rad], 0 ahead, positive to the right.
    """
    cos, sin = np.cos(tilt), np.sin(tilt)
    tilted = np.array([[1.0, 0.0, 0.0], [0.0, cos, sin], [0.0, -sin, cos]])
    cos, sin = np.cos(azimuth), np.sin(azimuth)
    return np.asarray(np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]]) @ tilted)


@dataclass(frozen=True)
class Camera:
    """A pinhole camera; its frame has x right, y down, z along the optical axis.

    Attributes:
        width: [px].
        height: [px].
        intrinsics: (3, 3) [px]; pixel (0, 0) spans 0..1, its centre is at 0.5.
        world_from_camera: (4, 4).
    """

    width: int
    height: int
    intrinsics: Array
    world_from_camera: Array

    @property
    def position(self) -> Array:
        """The pinhole (3,) [m] in the world."""
        return self.world_from_camera[:3, 3]

    def pixel_directions(self) -> Array:
        """Return (height, width, 3) world vectors through pixel centres, 1 m along the axis."""
        u, v = np.meshgrid(np.arange(self.width) + 0.5, np.arange(self.height) + 0.5)
        focal, cx, cy = self.intrinsics[0, 0], self.intrinsics[0, 2], self.intrinsics[1, 2]
        local = np.stack([(u - cx) / focal, (v - cy) / focal, np.ones_like(u)], axis=-1)
        return np.asarray(local @ self.world_from_camera[:3, :3].T)

    def project(self, points: Array) -> tuple[Array, Array]:
        """Project world points.

        Args:
            points: (..., 3) [m].

        Returns:
            Pixels (..., 2) [px] and depth (...) [m] along the optical axis; where depth is not
            positive the pixel means nothing.
        """
        rotation = self.world_from_camera[:3, :3]
        local = (np.asarray(points) - self.position) @ rotation
        depth = local[..., 2]
        safe = np.where(depth > 0, depth, 1.0)
        pixel = local[..., :2] / safe[..., None] * self.intrinsics[0, 0] + self.intrinsics[:2, 2]
        return pixel, depth


@dataclass(frozen=True)
class Lidar:
    """A scanning lidar; its frame has x right, y ahead, z up.

    Attributes:
        directions: (n_beam * n_azimuth, 3) unit vectors in the lidar frame.
        world_from_lidar: (4, 4).
        range_max: [m].
        range_noise: Standard deviation [m].
    """

    directions: Array
    world_from_lidar: Array
    range_max: float
    range_noise: float


@dataclass(frozen=True)
class Radar:
    """A transmitter and a planar receive array.

    The radar frame is level (x right, y ahead, z up, origin at the array's centre); the panels of
    array and transmitter are tilted downwards in it.

    Attributes:
        world_from_radar: (4, 4).
        transmitter: (3,) [m] in the radar frame.
        panel: (3, 3) axes of the array's panel in the radar frame, as columns right, ahead, up.
        transmit_panel: (3, 3) the same of the transmitter's panel.
        shape: Rows (upwards) and columns (to the right) of the array.
        spacing: Distance of neighbouring rows and of neighbouring columns [m].
        element: Pattern of transmit and receive elements, a key of `synth.antenna.ELEMENTS`.
        polarization: Of the transmitter and of the array's elements, keys of
            `synth.antenna.SLANTS`.
        direct: Whether the line of sight from transmitter to array counts; beside each other they
            are shielded from it.
    """

    world_from_radar: Array
    transmitter: Array
    panel: Array
    transmit_panel: Array
    shape: tuple[int, int]
    spacing: tuple[float, float]
    element: str
    polarization: tuple[str, str]
    direct: bool

    @property
    def position(self) -> Array:
        """The array's centre (3,) [m] in the world."""
        return self.world_from_radar[:3, 3]

    def elements(self) -> Array:
        """Return element positions (n_row, n_col, 3) [m] in the radar frame."""
        n_row, n_col = self.shape
        row = (np.arange(n_row) - (n_row - 1) / 2) * self.spacing[0]
        col = (np.arange(n_col) - (n_col - 1) / 2) * self.spacing[1]
        right, up = self.panel[:, 0], self.panel[:, 2]
        return np.asarray(row[:, None, None] * up + col[None, :, None] * right)


def usual_mount(config: ScenarioConfig) -> Mount:
    """Return how the post stands without any jitter."""
    return Mount(config.rig.height, 0.0, float(np.radians(config.rig.pitch_deg)), 0.0)


def sample_mount(config: ScenarioConfig, rng: np.random.Generator) -> Mount:
    """Draw how the post of one sequence stands."""
    rig = config.rig
    height, heading, pitch, roll = rng.uniform(-1, 1, 4)
    return Mount(
        height=float(rig.height + height * rig.height_jitter),
        heading=float(np.radians(heading * rig.heading_jitter_deg)),
        pitch=float(np.radians(rig.pitch_deg + pitch * rig.pitch_jitter_deg)),
        roll=float(np.radians(roll * rig.roll_jitter_deg)),
    )


def make_camera(config: ScenarioConfig, mount: Mount | None = None) -> Camera:
    """Return the scene's camera, on the usual mount if none is given."""
    mount = mount or usual_mount(config)
    size = config.camera.width, config.camera.height
    focal = 0.5 * size[0] / np.tan(0.5 * np.radians(config.camera.fov_deg))
    intrinsics = np.array([[focal, 0, size[0] / 2], [0, focal, size[1] / 2], [0, 0, 1.0]])
    right, ahead, up = tilted_frame(mount.pitch, mount.heading).T
    cos, sin = np.cos(mount.roll), np.sin(mount.roll)
    across, down = cos * right + sin * up, sin * right - cos * up
    return Camera(*size, intrinsics, _rigid(np.stack([across, down, ahead], 1), mount))


def make_lidar(config: ScenarioConfig, mount: Mount | None = None) -> Lidar:
    """Return the scene's lidar, on the usual mount if none is given."""
    lidar, mount = config.lidar, mount or usual_mount(config)
    half = np.radians(lidar.azimuth_span_deg) / 2
    azimuth = np.linspace(-half, half, lidar.n_azimuth)
    elevation = np.linspace(
        np.radians(lidar.elevation_min_deg), np.radians(lidar.elevation_max_deg), lidar.n_beam
    )
    grid = np.meshgrid(elevation, azimuth, indexing="ij")
    return Lidar(
        direction(grid[1], grid[0]).reshape(-1, 3),
        _rigid(tilted_frame(mount.pitch, mount.heading), mount),
        lidar.range_max,
        lidar.range_noise,
    )


def make_radar(config: ScenarioConfig, mount: Mount | None = None) -> Radar:
    """Return the scene's radar, on the usual mount if none is given."""
    radio, mount = config.radio, mount or usual_mount(config)
    apart = radio.rig == "bistatic"
    level = tilted_frame(0.0, mount.heading)
    panel = tilted_frame(np.radians(radio.downtilt_deg))
    place = np.array([radio.transmit_offset, 0.0, 0.0])
    transmit_panel = panel
    if apart:
        place = level.T @ (np.array(radio.transmit_position) - [mount.x, mount.y, mount.height])
        transmit_panel = tilted_frame(
            np.radians(radio.transmit_downtilt_deg),
            np.radians(radio.transmit_azimuth_deg) - mount.heading,
        )
    return Radar(
        _rigid(level, mount),
        place,
        panel,
        transmit_panel,
        (radio.n_row, radio.n_col),
        (radio.row_spacing * radio.wavelength, radio.col_spacing * radio.wavelength),
        radio.element,
        (radio.transmit_polarization, radio.receive_polarization),
        apart,
    )


def _rigid(rotation: Array, mount: Mount) -> Array:
    matrix = np.eye(4)
    matrix[:3, :3] = rotation
    matrix[:3, 3] = mount.x, mount.y, mount.height
    return matrix
