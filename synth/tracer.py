"""Rays to paths: launch tubes of power, bounce them, scatter towards the array.

Each ray is a tube that carries the transmitter's power in its solid angle. Where it meets a
surface a part is scattered, and reaches the array unless something stands in between; the rest of
what is reflected goes on along the mirror direction. See "Radio" in ARCHITECTURE.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scenes.config import SPEED_OF_LIGHT, RadioConfig
from scenes.mesh import TriMesh
from scenes.sensors import Radar, angles, direction
from synth.antenna import element_gain
from synth.paths import Paths, join, thin
from synth.rays import RayScene
from synth.reflection import (
    SurfaceTable,
    reflectance,
    scattered_share,
    specular_roughness,
)

OFFSET = 1e-3  # [m] by which a ray leaves the surface it starts from
FAINTEST = 1e-15  # share of the transmitted power below which a ray is dropped


@dataclass(frozen=True)
class Launch:
    """The rays of one sequence: the same in each frame, so that a still world stays still.

    Attributes:
        direction: (n_ray, 3) unit vectors in the radar frame.
        solid_angle: Of each ray's tube [sr].
        chance: (n_ray, n_bounce) uniform numbers in 0..1 that thinning uses.
    """

    direction: NDArray[np.float64]
    solid_angle: float
    chance: NDArray[np.float64]


def launch(config: RadioConfig, rng: np.random.Generator) -> Launch:
    """Return about `config.n_ray` rays, jittered in cells of equal solid angle.

    Cells are equal steps of azimuth and of the sine of elevation, so their count is the product
    of two whole numbers, within 1 % of what was asked.
    """
    width = np.radians(config.azimuth_span_deg)
    low, high = np.sin(np.radians([config.elevation_min_deg, config.elevation_max_deg]))
    n_azimuth = max(1, round(np.sqrt(config.n_ray * width / (high - low))))
    n_elevation = max(1, round(config.n_ray / n_azimuth))
    jitter = rng.random((2, n_elevation, n_azimuth))
    azimuth = ((np.arange(n_azimuth) + jitter[0]) / n_azimuth - 0.5) * width
    sine = low + (np.arange(n_elevation)[:, None] + jitter[1]) / n_elevation * (high - low)
    rays = direction(azimuth, np.arcsin(sine)).reshape(-1, 3)
    chance = rng.random((len(rays), config.n_bounce))
    return Launch(rays, width * (high - low) / len(rays), chance)


def trace(
    scene: RayScene, radar: Radar, config: RadioConfig, surfaces: SurfaceTable, rays: Launch
) -> Paths:
    """Return the scattered paths from the transmitter to the array, thinned.

    Args:
        scene: The world of this moment.
        radar: Where transmitter and array are.
        config: The radio parameters.
        surfaces: The materials at the carrier.
        rays: What to launch.
    """
    rotation = radar.world_from_radar[:3, :3]
    transmitter = radar.position + rotation @ radar.transmitter
    n_ray = len(rays.direction)
    power = (
        element_gain(radar.element, radar.panel, rays.direction) * rays.solid_angle / (4 * np.pi)
    )
    state = _State(
        np.tile(transmitter, (n_ray, 1)),
        rays.direction @ rotation.T,
        power,
        np.zeros(n_ray),
        np.zeros(n_ray),
        np.arange(n_ray),
    )
    found: list[Paths] = [_no_paths()]
    chances: list[NDArray[np.float64]] = [np.zeros(0)]
    for bounce in range(config.n_bounce):
        hits = scene.first_hit(state.origin.astype(np.float32), state.direction.astype(np.float32))
        scattered, state = _bounce(
            scene.mesh, state, hits.distance, hits.face, hits.barycentric, radar.position, surfaces
        )
        seen = ~scene.occluded(
            scattered.origin.astype(np.float32),
            scattered.direction.astype(np.float32),
            scattered.distance.astype(np.float32),
        )
        paths, ray = _received(scattered, seen, radar, config, rays, bounce + 1)
        found.append(paths)
        chances.append(rays.chance[ray, bounce])
    return thin(join(found), np.concatenate(chances), config.max_path)


@dataclass(frozen=True)
class _State:
    """Rays under way.

    Origin [m], unit direction, power (of 1 transmitted), length so far [m], closing speed so far
    [m/s], index of the ray launched.
    """

    origin: NDArray[np.float64]
    direction: NDArray[np.float64]
    power: NDArray[np.float64]
    length: NDArray[np.float64]
    closing: NDArray[np.float64]
    ray: NDArray[np.int64]


@dataclass(frozen=True)
class _Scattered:
    """What surfaces send towards the array.

    Origin, unit direction and distance to it [m], power density there [1/m^2], whole length [m],
    closing speed [m/s], surface phase [rad], object, material, index of the ray launched.
    """

    origin: NDArray[np.float64]
    direction: NDArray[np.float64]
    distance: NDArray[np.float64]
    density: NDArray[np.float64]
    length: NDArray[np.float64]
    closing: NDArray[np.float64]
    phase: NDArray[np.float64]
    object: NDArray[np.uint16]
    material: NDArray[np.uint8]
    ray: NDArray[np.int64]


def _bounce(
    mesh: TriMesh,
    state: _State,
    distance: NDArray[np.float32],
    face: NDArray[np.int32],
    barycentric: NDArray[np.float32],
    receiver: NDArray[np.float64],
    surfaces: SurfaceTable,
) -> tuple[_Scattered, _State]:
    """Let each ray meet its surface: what scatters towards the array, and what goes on."""
    answer = _meet(
        state.origin, state.direction, state.power, state.length, state.closing, state.ray,
        distance, face, barycentric,
        mesh.vertices, mesh.faces, mesh.object_id, mesh.material, mesh.velocity,
        mesh.body_vertices,
        receiver, surfaces.permittivity, surfaces.thickness, surfaces.scattering, surfaces.lobe,
        surfaces.back, surfaces.roughness, surfaces.lobe_gain, surfaces.wavenumber,
    )  # fmt: skip
    return _Scattered(*answer[0]), _State(*answer[1])


def _received(
    scattered: _Scattered,
    seen: NDArray[np.bool_],
    radar: Radar,
    config: RadioConfig,
    rays: Launch,
    bounces: int,
) -> tuple[Paths, NDArray[np.int64]]:
    """Return the paths of what the array sees, and the ray each came from."""
    rotation = radar.world_from_radar[:3, :3]
    arrival = -scattered.direction[seen] @ rotation
    aperture = (
        element_gain(radar.element, radar.panel, arrival) * config.wavelength**2 / (4 * np.pi)
    )
    delay = scattered.length[seen] / SPEED_OF_LIGHT
    phase = scattered.phase[seen] - 2 * np.pi * config.carrier_hz * delay
    gain = np.sqrt(scattered.density[seen] * aperture) * np.exp(1j * phase)
    ray = scattered.ray[seen]
    paths = Paths(
        gain.astype(np.complex64),
        delay,
        angles(arrival).astype(np.float32),
        angles(rays.direction[ray]).astype(np.float32),
        (scattered.closing[seen] / config.wavelength).astype(np.float32),
        scattered.object[seen],
        scattered.material[seen],
        np.full(len(ray), bounces, np.uint8),
    )
    return paths, ray


def _no_paths() -> Paths:
    return Paths(
        np.zeros(0, np.complex64),
        np.zeros(0),
        np.zeros((0, 2), np.float32),
        np.zeros((0, 2), np.float32),
        np.zeros(0, np.float32),
        np.zeros(0, np.uint16),
        np.zeros(0, np.uint8),
        np.zeros(0, np.uint8),
    )


@njit(cache=True)
def surface_phase(point, object_id, cell):  # type: ignore[no-untyped-def]
    """Return the random phase [rad] of a surface point: a hash of its cell on its own body.

    Args:
        point: (3,) [m] in the body's own frame, so that a moving body keeps its phases.
        object_id: Of the object.
        cell: Edge of a cell [m], one wavelength: the correlation length of the surface.
    """
    mixed = np.uint64(object_id)
    for axis in range(3):
        step = np.uint64(np.int64(np.floor(point[axis] / cell)))
        # SplitMix64's finaliser (Steele, Lea, Flood, OOPSLA 2014) over the running sum.
        mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + step
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed = mixed ^ (mixed >> np.uint64(31))
    return 2.0 * np.pi * np.float64(mixed >> np.uint64(11)) / 9007199254740992.0  # 2^53


@njit(cache=True)
def _meet(  # type: ignore[no-untyped-def]
    origin, way, power, length, closing, ray,
    distance, face, barycentric,
    vertices, faces, object_id, material, velocity, body,
    receiver, permittivity, thickness, scattering, lobe, back, roughness, lobe_gain, wavenumber,
):  # fmt: skip
    n = len(power)
    cell = 2.0 * np.pi / wavenumber
    s_origin, s_way = np.empty((n, 3)), np.empty((n, 3))
    s_distance, s_density, s_length = np.empty(n), np.empty(n), np.empty(n)
    s_closing, s_phase = np.empty(n), np.empty(n)
    s_object, s_material = np.empty(n, np.uint16), np.empty(n, np.uint8)
    s_ray = np.empty(n, np.int64)
    n_scattered = 0
    o_origin, o_way = np.empty((n, 3)), np.empty((n, 3))
    o_power, o_length, o_closing = np.empty(n), np.empty(n), np.empty(n)
    o_ray = np.empty(n, np.int64)
    n_on = 0
    point, normal, speed = np.empty(3), np.empty(3), np.empty(3)
    spot, mirror, home = np.empty(3), np.empty(3), np.empty(3)
    for i in range(n):
        f = face[i]
        if f < 0:
            continue
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        wb, wc = np.float64(barycentric[i, 0]), np.float64(barycentric[i, 1])
        wa = 1.0 - wb - wc
        for k in range(3):
            point[k] = origin[i, k] + distance[i] * way[i, k]
            speed[k] = wa * velocity[a, k] + wb * velocity[b, k] + wc * velocity[c, k]
            spot[k] = wa * body[a, k] + wb * body[b, k] + wc * body[c, k]
        e0, e1, e2 = (vertices[b, 0] - vertices[a, 0], vertices[b, 1] - vertices[a, 1],
                      vertices[b, 2] - vertices[a, 2])  # fmt: skip
        g0, g1, g2 = (vertices[c, 0] - vertices[a, 0], vertices[c, 1] - vertices[a, 1],
                      vertices[c, 2] - vertices[a, 2])  # fmt: skip
        normal[0] = e1 * g2 - e2 * g1
        normal[1] = e2 * g0 - e0 * g2
        normal[2] = e0 * g1 - e1 * g0
        size = np.sqrt(normal[0] ** 2 + normal[1] ** 2 + normal[2] ** 2)
        if size == 0.0:
            continue
        along = 0.0
        for k in range(3):
            normal[k] /= size
            along += normal[k] * way[i, k]
        if along > 0.0:  # both sides of a face are surfaces
            for k in range(3):
                normal[k] = -normal[k]
            along = -along
        cos_in = min(-along, 1.0)
        m = material[f]
        reflected = power[i] * reflectance(cos_in, permittivity[m], thickness[m], wavenumber)
        total = length[i] + distance[i]
        out_distance, cos_out = 0.0, 0.0
        for k in range(3):
            point[k] += OFFSET * normal[k]
            mirror[k] = way[i, k] + 2.0 * cos_in * normal[k]
            home[k] = receiver[k] - point[k]
            out_distance += home[k] * home[k]
        out_distance = np.sqrt(out_distance)
        cos_mirror, cos_back, closing_out, closing_on = 0.0, 0.0, 0.0, 0.0
        for k in range(3):
            home[k] /= out_distance
            cos_out += normal[k] * home[k]
            cos_mirror += mirror[k] * home[k]
            cos_back -= way[i, k] * home[k]
            closing_out += speed[k] * (home[k] - way[i, k])
            closing_on += speed[k] * (mirror[k] - way[i, k])
        if cos_out > 0.0 and scattering[m] > 0.0:
            share = scattered_share(
                cos_in, cos_out, cos_mirror, cos_back, lobe[m], back[m], lobe_gain[m]
            )
            for k in range(3):
                s_origin[n_scattered, k] = point[k]
                s_way[n_scattered, k] = home[k]
            s_distance[n_scattered] = out_distance
            s_density[n_scattered] = reflected * scattering[m] * share / out_distance**2
            s_length[n_scattered] = total + out_distance
            s_closing[n_scattered] = closing[i] + closing_out
            s_phase[n_scattered] = surface_phase(spot, object_id[f], cell)
            s_object[n_scattered] = object_id[f]
            s_material[n_scattered] = m
            s_ray[n_scattered] = ray[i]
            n_scattered += 1
        going = (
            reflected * (1.0 - scattering[m]) * specular_roughness(cos_in, roughness[m], wavenumber)
        )
        if going > FAINTEST:
            for k in range(3):
                o_origin[n_on, k] = point[k]
                o_way[n_on, k] = mirror[k]
            o_power[n_on] = going
            o_length[n_on] = total
            o_closing[n_on] = closing[i] + closing_on
            o_ray[n_on] = ray[i]
            n_on += 1
    s, o = n_scattered, n_on
    return (
        (s_origin[:s], s_way[:s], s_distance[:s], s_density[:s], s_length[:s], s_closing[:s],
         s_phase[:s], s_object[:s], s_material[:s], s_ray[:s]),
        (o_origin[:o], o_way[:o], o_power[:o], o_length[:o], o_closing[:o], o_ray[:o]),
    )  # fmt: skip
