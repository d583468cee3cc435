"""Small scenes with the paths that an independent solver found in them.

    python -m tests.synth.reference FILE.json…

compares them with ours. Angles there are zenith from +z and azimuth from +x towards +y; walls are
half-spaces; the antennas are isotropic. What agreement means: TOLERANCE.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from scenes.config import ScenarioConfig
from scenes.itu import Dielectric
from scenes.materials import MATERIALS
from scenes.mesh import TriMesh, concatenate
from scenes.sensors import Radar, direction
from synth.launch import launch
from synth.rays import RayScene
from synth.reflection import surface_table
from synth.tracer import trace

TOLERANCE = {"delay": 1e-12, "power": 0.1, "angle": 1e-4}  # [s], [dB], [rad]


def read(path):
    return json.loads(Path(path).read_text())


def mesh_of(scene):
    """The scene's triangles; objects are numbered from 1, materials in their order."""
    kinds = list(scene["materials"])
    parts = []
    for number, item in enumerate(scene["objects"], 1):
        vertices, faces = np.array(item["vertices"], np.float32), np.array(item["faces"], np.int32)
        parts.append(
            TriMesh(
                vertices, faces, np.full(len(faces), number, np.uint16),
                np.full(len(faces), kinds.index(item["material"]), np.uint8),
                np.zeros_like(vertices),
            )
        )  # fmt: skip
    return concatenate(parts)


def materials_of(scene):
    """Smooth half-spaces with the scene's own constants."""
    ends = (scene["frequency_hz"],) * 2
    smooth = replace(MATERIALS[0], scattering=0.0, cross=0.0, roughness=0.0, thickness=None)
    return tuple(
        replace(
            smooth,
            name=name,
            dielectric=(
                Dielectric(
                    values["relative_permittivity"], 0.0,
                    values["conductivity_S_per_m"], 0.0, *ends,
                ),
            ),
        )
        for name, values in scene["materials"].items()
    )  # fmt: skip


def set_up(scene, **changes):
    """Return world, rig, radio parameters, surfaces and rays of a scene."""
    radio = replace(
        ScenarioConfig(scene="parking_lot").radio,
        **{
            "carrier_hz": scene["frequency_hz"], "element": "isotropic", "rig": "bistatic",
            "transmit_polarization": scene["polarization"],
            "receive_polarization": scene["polarization"],
            "n_bounce": 1, "n_reflection": scene["max_reflections"], "finite_facets": False,
            "azimuth_span_deg": 360.0, "elevation_min_deg": -90.0, "elevation_max_deg": 90.0,
            "n_ray": 1_000_000,
        } | changes,
    )  # fmt: skip
    world_from_radar = np.eye(4)
    world_from_radar[:3, 3] = scene["rx"]
    place = np.array(scene["tx"], float) - scene["rx"]
    radar = Radar(
        world_from_radar, place, np.eye(3), np.eye(3), (1, 1), (0.5 * radio.wavelength,) * 2,
        "isotropic", (radio.transmit_polarization, radio.receive_polarization), True,
    )  # fmt: skip
    surfaces = surface_table(radio.carrier_hz, materials_of(scene))
    rays = launch(radio, radar, np.random.default_rng(0))
    return RayScene(mesh_of(scene)), radar, radio, surfaces, rays


def solve(scene, **changes):
    """Our paths, the shortest first."""
    paths = trace(*set_up(scene, **changes))
    return paths[np.argsort(paths.delay, kind="stable")]


def their_directions(scene, end):
    zenith = np.array([path[f"{end}_zenith_rad"] for path in scene["paths"]])
    azimuth = np.array([path[f"{end}_azimuth_rad"] for path in scene["paths"]])
    return direction(np.pi / 2 - azimuth, np.pi / 2 - zenith)


def differences(scene, paths):
    """The largest differences from the scene's own answers, path by path in order of delay."""
    theirs = sorted(range(len(scene["paths"])), key=lambda i: scene["paths"][i]["delay_s"])
    if len(theirs) != len(paths):
        raise AssertionError(f"{len(paths)} paths, {len(theirs)} expected")
    delay = np.array([scene["paths"][i]["delay_s"] for i in theirs])
    power = np.array([scene["paths"][i]["power_db"] for i in theirs])
    found = {
        "delay": np.abs(paths.delay - delay).max(),
        "power": np.abs(10 * np.log10(paths.power) - power).max(),
    }
    for end, ours in (("aoa", paths.aoa), ("aod", paths.aod)):
        way = direction(*ours.astype(float).T)
        chord = np.linalg.norm(way - their_directions(scene, end)[theirs], axis=1)
        found[f"{end} angle"] = chord.max()
    return found


if __name__ == "__main__":
    for name in sys.argv[1:]:
        scene = read(name)
        found = differences(scene, solve(scene))
        print(f"{name}: {len(scene['paths'])} paths", *(f"{k} {v:.2g}" for k, v in found.items()))
