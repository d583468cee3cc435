"""Bodies whose radar cross-sections are known, and how large radvis sees them."""

from dataclasses import replace

import numpy as np

from scenes.config import ScenarioConfig
from scenes.materials import MATERIALS
from scenes.mesh import TriMesh, concatenate
from scenes.sensors import make_radar
from synth.launch import launch
from synth.rays import RayScene
from synth.reflection import surface_table
from synth.tracer import trace
from tests.worlds import quad

HEIGHT = 6.5  # of the radar, level with the bodies [m]
# Perfectly conducting and smooth, or scattering all by a directive lobe.
SMOOTH = tuple(replace(m, scattering=0.0, cross=0.0, roughness=0.0) for m in MATERIALS)


def scattering(share, lobe=4):
    """Metal of which a share S^2 of the reflected power scatters, co-polarised."""
    return tuple(
        replace(m, scattering=np.sqrt(share), cross=0.0, roughness=0.0, lobe=lobe, back=0.0)
        for m in MATERIALS
    )


def sphere(radius, distance, subdivisions=4):
    """An icosphere straight ahead."""
    golden = (1 + 5**0.5) / 2
    first = [(a, b * golden, 0) for a in (-1, 1) for b in (-1, 1)]
    vertices = np.array([np.roll(v, k) for k in range(3) for v in first], float)
    vertices /= np.linalg.norm(vertices[0])
    apart = np.linalg.norm(vertices[:, None] - vertices[None], axis=2)
    near = np.isclose(apart, apart[apart > 0].min())
    faces = np.array([(i, j, k) for i in range(12) for j in range(i) for k in range(j)
                      if near[i, j] and near[j, k] and near[i, k]])  # fmt: skip
    for _ in range(subdivisions):
        ends = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), 1)
        ends, index = np.unique(ends, axis=0, return_inverse=True)
        middle = vertices[ends].mean(1)
        a, b, c = len(vertices) + index.reshape(3, -1)
        vertices = np.concatenate(
            [vertices, middle / np.linalg.norm(middle, axis=1, keepdims=True)]
        )
        i, j, k = faces.T
        faces = np.concatenate([np.stack(f, 1) for f in
                                ((i, a, c), (j, b, a), (k, c, b), (a, b, c))])  # fmt: skip
    corner = vertices[faces]
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    outward = np.einsum("ij,ij->i", normal, corner[:, 0])
    faces[outward < 0] = faces[outward < 0][:, ::-1]
    place = radius * vertices + [0, distance, HEIGHT]
    return TriMesh(
        place.astype(np.float32), faces.astype(np.int32), np.full(len(faces), 2, np.uint16),
        np.full(len(faces), 6, np.uint8), np.zeros_like(place, np.float32),
    )  # fmt: skip


def plate(edge, distance, yaw=0.0):
    """A square plate that faces the radar, or is turned away from it by `yaw` [rad]."""
    a = edge / 2
    x, y = a * np.cos(yaw), a * np.sin(yaw)
    z = [HEIGHT - a, HEIGHT - a, HEIGHT + a, HEIGHT + a]
    corners = np.stack([[-x, x, x, -x], distance + np.array([-y, y, y, -y]), z], 1)
    return quad(corners, 2, "metal")


def trihedral(edge, distance):
    """Three right triangles of legs `edge` about an apex, its axis to the radar."""
    axis = np.array([0.0, -1.0, 0.0])
    first = np.array([np.cos(0.4), 0.0, np.sin(0.4)]) * np.sqrt(2 / 3) + axis * np.sqrt(
        1 / 3
    )  # no edge level
    apex = np.array([0, distance, HEIGHT])
    turn = 2 * np.pi / 3
    legs = [
        axis * first.dot(axis)
        + np.cos(k * turn) * (first - axis * first.dot(axis))
        + np.sin(k * turn) * np.cross(axis, first)
        for k in range(3)
    ]
    faces = [
        TriMesh(
            np.array([apex, apex + edge * a, apex + edge * b], np.float32),
            np.array([[0, 1, 2]], np.int32), np.full(1, 2, np.uint16), np.full(1, 6, np.uint8),
            np.zeros((3, 3), np.float32),
        )
        for a, b in zip(legs, legs[1:] + legs[:1], strict=True)
    ]  # fmt: skip
    return concatenate(faces)


def cross_section(mesh, distance, materials=SMOOTH, seed=0, width_deg=8.0, **changes):
    """The radar cross-section [m^2] of a body straight ahead, by the radar equation."""
    base = ScenarioConfig(scene="parking_lot")
    radio = replace(
        base.radio,
        **{
            "element": "isotropic", "downtilt_deg": 0.0, "azimuth_span_deg": width_deg,
            "elevation_min_deg": -width_deg / 2, "elevation_max_deg": width_deg / 2,
            "n_ray": 200_000, "max_path": 10**6,
        } | changes,
    )  # fmt: skip
    radar = make_radar(replace(base, radio=radio))
    rays = launch(radio, radar, np.random.default_rng(seed))
    surfaces = surface_table(radio.carrier_hz, materials)
    paths = trace(RayScene(mesh), radar, radio, surfaces, rays)
    return paths.power.sum() * (4 * np.pi) ** 3 * distance**4 / radio.wavelength**2
