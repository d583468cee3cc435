"""One sequence's world: weather, mount, layout and light, drawn from one generator.

Pure chance and geometry; nothing here knows Blender.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import numpy as np

from scenes.canyon.layout import sample_canyon
from scenes.config import ConfigError, ScenarioConfig
from scenes.layout_parts import Layout, Shortage
from scenes.light.daylight import sample_daylight
from scenes.own.world import OwnSpec, sample_own_world
from scenes.parking_lot.layout import sample_parking_lot
from scenes.sensors import Camera, make_camera, sample_mount
from scenes.spec import GROUND_ID, Mount, SceneSpec, Tints
from scenes.suburban.layout import sample_suburban
from scenes.weather import sample_weather

N_TRY = 50  # layouts drawn before a configuration is called impossible

Sampler = Callable[
    [ScenarioConfig, Camera, Mount, Iterator[int], np.random.Generator], Layout | Shortage
]
SCENES: dict[str, Sampler] = {
    "parking_lot": sample_parking_lot,
    "suburban": sample_suburban,
    "canyon": sample_canyon,
}


def sample_world(config: ScenarioConfig, rng: np.random.Generator) -> SceneSpec | OwnSpec:
    """Draw the world of one sequence, of a built-in scene or of a user's file.

    Raises:
        ConfigError: If the configuration asks for a world that cannot be.
    """
    return sample_own_world(config, rng) if config.world.file else sample_sequence(config, rng)


def sample_sequence(config: ScenarioConfig, rng: np.random.Generator) -> SceneSpec:
    """Draw the world of one sequence of a built-in scene.

    A layout in which the camera cannot follow the target for all frames, or with fewer places for
    cars in view than `traffic.parked_max`, is drawn again.

    Args:
        config: The scenario.
        rng: The sequence's stream.

    Raises:
        ConfigError: If no layout will do: more cars are asked for than there are places in view,
            or no lane is wide enough in view for the slowest speed.
    """
    weather = sample_weather(config.weather, rng)
    daylight = sample_daylight(weather, rng)
    tints = _tints(rng)
    most_places, fastest = 0, -np.inf
    for _ in range(N_TRY):
        mount = sample_mount(config, rng)
        camera, ids = make_camera(config, mount), count(GROUND_ID + 1)
        found = SCENES[config.scene](config, camera, mount, ids, rng)
        if isinstance(found, Layout):
            return SceneSpec(
                found.ground, found.parked, found.target, found.drive, found.props,
                daylight, tints, weather, mount,
            )  # fmt: skip
        most_places, fastest = max(most_places, found.n_place), max(fastest, found.fastest)
    traffic = config.traffic
    if most_places < traffic.parked_max:
        raise ConfigError(
            f"traffic.parked_max = {traffic.parked_max}: the camera sees at most {most_places} "
            f"places to park at; lower it to {most_places} or less"
        )
    if fastest <= 0:
        raise ConfigError(
            "the camera sees no lane long enough for a car; change rig.height, rig.pitch_deg or "
            "camera.fov_deg"
        )
    raise ConfigError(
        f"traffic.speed_min = {traffic.speed_min:g} m/s: at more than {fastest:.1f} m/s a car "
        f"leaves the picture within a sequence; lower traffic.speed_min or frame_interval "
        f"({config.frame_interval:g} s)"
    )


def _tints(rng: np.random.Generator) -> Tints:
    warm, green = rng.uniform(-0.1, 0.1), rng.uniform(-0.15, 0.2)
    return Tints(
        asphalt=float(rng.uniform(0.8, 1.35)),
        wall=(float(1 + warm), 1.0, float(1 - warm)),
        foliage=(float(1 + green), 1.0, float(1 - green / 2)),
    )
