"""What stands where in a parking lot, and how one car drives through it: pure chance and geometry.

A lot is rows of bays along x with lanes between them, seen from a lamppost at the origin. The
draws of one sequence come from one generator; nothing here knows Blender.
"""

from __future__ import annotations

from itertools import count

import numpy as np

from scenes.config import ConfigError, ScenarioConfig
from scenes.furniture import furnish
from scenes.lot import sample_plan
from scenes.sensors import make_camera
from scenes.spec import GROUND_ID, Daylight, SceneSpec, Tints
from scenes.traffic import bays_in_view, park, sample_drive, sample_model

N_TRY = 50  # lots drawn before a configuration is called impossible


def sample_sequence(config: ScenarioConfig, rng: np.random.Generator) -> SceneSpec:
    """Draw the world of one sequence.

    A lot in which the camera cannot follow the target for all frames, or with fewer bays in view
    than `traffic.parked_max`, is drawn again.

    Args:
        config: The scenario.
        rng: The sequence's stream.

    Raises:
        ConfigError: If no lot will do: more cars are asked for than there are bays in view, or no
            lane is wide enough in view for the slowest speed.
    """
    camera, traffic = make_camera(config), config.traffic
    most_bays, fastest = 0, -np.inf
    for _ in range(N_TRY):
        plan, ids = sample_plan(rng), count(GROUND_ID + 1)
        target = (next(ids), sample_model(rng))
        found, speed = sample_drive(config, camera, plan.lot, target, rng)
        bays = bays_in_view(camera, plan.lot)
        most_bays, fastest = max(most_bays, len(bays)), max(fastest, speed)
        if found is None or len(bays) < traffic.parked_max:
            continue
        n_car = int(rng.integers(traffic.parked_min, traffic.parked_max + 1))
        parked = park(bays, n_car, ids, rng)
        props = furnish(plan, ids, rng)
        return SceneSpec(plan.lot, parked, *found, props, _daylight(rng), _tints(rng))
    if most_bays < traffic.parked_max:
        raise ConfigError(
            f"traffic.parked_max = {traffic.parked_max}: the camera sees at most {most_bays} bays "
            f"of a lot; lower it to {most_bays} or less"
        )
    if fastest <= 0:
        raise ConfigError(
            "the camera sees no lane of the lot; change rig.height, rig.pitch_deg or camera.fov_deg"
        )
    raise ConfigError(
        f"traffic.speed_min = {traffic.speed_min:g} m/s: at more than {fastest:.1f} m/s a car "
        f"leaves the picture within a sequence; lower traffic.speed_min or frame_interval "
        f"({config.frame_interval:g} s)"
    )


def _daylight(rng: np.random.Generator) -> Daylight:
    return Daylight(
        elevation=float(np.radians(rng.uniform(16, 64))),
        azimuth=float(rng.uniform(-np.pi, np.pi)),
        turbidity=float(2.0 + 4.0 * rng.beta(1.2, 2.5)),
        cloudiness=float(rng.choice([0.0, 0.15, 0.3, 0.5]) + rng.uniform(0, 0.1)),
        seed=int(rng.integers(2**31)),
    )


def _tints(rng: np.random.Generator) -> Tints:
    warm, green = rng.uniform(-0.1, 0.1), rng.uniform(-0.15, 0.2)
    return Tints(
        asphalt=float(rng.uniform(0.8, 1.35)),
        wall=(float(1 + warm), 1.0, float(1 - warm)),
        foliage=(float(1 + green), 1.0, float(1 - green / 2)),
    )
