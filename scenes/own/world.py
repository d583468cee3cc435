"""A world that is a user's Blender file: what is drawn for a sequence, and what the file must be.

Nothing here knows Blender; `scenes.own.stage` opens the file. docs/own-scene.md tells users.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scenes.config import SEQUENCE_LENGTH, ConfigError, ScenarioConfig
from scenes.light.daylight import sample_daylight
from scenes.sensors import sample_mount, usual_mount
from scenes.spec import Daylight, Label, Mount, Vector3, Weather
from scenes.target import STEP
from scenes.weather import sample_weather

# How a .blend begins: as it is, or packed by Zstandard or, before Blender 3.0, by gzip.
MAGIC = (b"BLENDER", b"\x28\xb5\x2f\xfd", b"\x1f\x8b")


@dataclass(frozen=True)
class Survey:
    """What a file says that a configuration needs to know.

    Attributes:
        fov_deg: Horizontal field of view of its camera.
        height: Of its radar above z = 0 [m].
        downtilt_deg: By how much its radar looks downwards.
        radar: Where its radar stands [m].
        seconds: How long its target moves; 0 if it stands still and has to be driven [s].
        objects: What its object ids stand for in every sequence, by growing id.
        warnings: What was taken for granted, a line each.
        lit: Whether it has sun or sky of its own.
    """

    fov_deg: float
    height: float
    downtilt_deg: float
    radar: Vector3
    seconds: float
    objects: tuple[Label, ...]
    warnings: tuple[str, ...]
    lit: bool


@dataclass(frozen=True)
class OwnSpec:
    """Everything that one sequence shows of a file.

    Attributes:
        file: Path of the .blend.
        sha256: Of its content.
        animated: Whether its target moves in the file.
        start: Moment of its animation at which the sequence starts [s].
        duration: From the sequence's first frame to its last [s].
        speed: Of a target that has to be driven and says no speed of its own [m/s].
        sway: By how much camera, lidar and radar stand otherwise than in the file.
        daylight: Sun and sky, for a file that has none.
        weather: Of all frames; of a file with light of its own its light is only a label.
    """

    file: str
    sha256: str
    animated: bool
    start: float
    duration: float
    speed: float
    sway: Mount
    daylight: Daylight
    weather: Weather


def sample_own_world(config: ScenarioConfig, rng: np.random.Generator) -> OwnSpec:
    """Draw the world of one sequence.

    Args:
        config: The scenario, with `world` filled in.
        rng: The sequence's stream.

    Raises:
        ConfigError: If the file's animation is shorter than a sequence.
    """
    world, traffic = config.world, config.traffic
    weather = sample_weather(config.weather, rng)
    daylight = sample_daylight(weather, rng)
    drawn, usual = sample_mount(config, rng), usual_mount(config)
    sway = Mount(
        drawn.height - usual.height,
        drawn.heading - usual.heading,
        drawn.pitch - usual.pitch,
        drawn.roll - usual.roll,
    )
    speed = float(rng.uniform(traffic.speed_min, traffic.speed_max))
    duration = (SEQUENCE_LENGTH - 1) * config.frame_interval
    room = world.animation - duration - 2 * STEP  # velocities look a step beyond both ends
    if world.animation and room < 0:
        raise ConfigError(
            f"{world.file}: its target moves for {world.animation:.2f} s, a sequence of "
            f"{SEQUENCE_LENGTH} frames takes {duration + 2 * STEP:.2f} s at frame_interval = "
            f"{config.frame_interval:g} s: make its animation longer (Output > Frame Range), or "
            "lower frame_interval"
        )
    start = STEP + float(rng.uniform()) * max(room, 0.0)
    return OwnSpec(
        world.file, world.sha256, bool(world.animation), start, duration, speed, sway,
        daylight, weather,
    )  # fmt: skip


def blend_hash(file: str) -> str:
    """Return the SHA-256 of a .blend.

    Raises:
        ConfigError: If there is no such file, or it is no Blender file.
    """
    path = Path(file)
    try:
        with path.open("rb") as content:
            if not content.read(8).startswith(MAGIC):
                raise ConfigError(f"{file} is no Blender file: save one from Blender as .blend")
            content.seek(0)
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}; name a .blend that can be read") from None


def require_unchanged(file: str, sha256: str) -> None:
    """Raise ConfigError unless a .blend still has the content that a run began with."""
    if blend_hash(file) != sha256:
        raise ConfigError(
            f"{file} has changed since this run began: bring the old file back, or begin a new "
            "dataset with another --out"
        )
