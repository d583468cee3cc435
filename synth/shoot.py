"""Shooting tubes of power: what surfaces scatter to the array, and which mirrors tubes meet.

At each surface a tube's field splits: what keeps the mirror direction goes on, what a pane lets
through goes on too, and what is scattered reaches the array if nothing stands in between.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scenes.config import RadioConfig
from scenes.sensors import Radar
from synth.antenna import ELEMENTS, SLANTS, element_field
from synth.chains import MOST_MIRRORS, Chains, join_chains, no_chains, unique_chains
from synth.facets import Facets
from synth.launch import Launch
from synth.panes import OFFSET, passed
from synth.paths import threshold
from synth.rays import Hits, RayScene
from synth.reflection import (
    PHASORS,
    SurfaceTable,
    facet_share,
    reflected_field,
    scattered_share,
    surface_hash,
    tabulated,
)
from synth.vectors import FAST, cross, dot, into, load, moved, power, store, times

FAINTEST = 1e-6  # share of a mean tube's power below which a tube is dropped: 60 dB
NOTHING = 1e-12  # share that keeps the mirror direction below which there is no mirror: 120 dB
SAMPLE = 64  # one in so many tubes tells how bright a block is
BLOCK = 131072  # tubes at a time, so that a million need no gigabytes

Float = NDArray[np.float32]


@dataclass(frozen=True)
class Scattered:
    """What surfaces send to the array.

    Attributes:
        gain: (n,) received over transmitted amplitude, the carrier's phase included.
        length: (n,) of the whole path [m].
        closing: (n,) speed at which the path grows shorter [m/s].
        arrival: (n, 3) unit vectors to where it comes from, in the radar frame.
        object: (n,) id.
        material: (n,) of the surface.
        bounces: (n,) surfaces met.
        ray: (n,) index of the ray launched.
        chance: (n,) a uniform number of each, for roulette.
    """

    gain: NDArray[np.complex64]
    length: NDArray[np.float64]
    closing: Float
    arrival: Float
    object: NDArray[np.uint16]
    material: NDArray[np.uint8]
    bounces: NDArray[np.uint8]
    ray: NDArray[np.int32]
    chance: NDArray[np.float64]


@dataclass(frozen=True)
class _Tubes:
    """Tubes under way.

    Origin [m], unit direction, field (of 1 transmitted), length so far [m], closing speed so far
    [m/s], index of the ray, surfaces met (panes that were passed not among them), the mirrors
    among them, and how many: -1 when something else was met.
    """

    origin: Float
    direction: Float
    field: NDArray[np.complex64]
    length: NDArray[np.float64]
    closing: Float
    ray: NDArray[np.int32]
    met: NDArray[np.uint8]
    mirror: NDArray[np.int32]
    links: NDArray[np.int8]


@dataclass(frozen=True)
class _Sent:
    """What surfaces send towards the array, before it is known whether it gets there.

    Origin, unit direction and distance to it [m], field there [1/m], whole length [m], closing
    speed [m/s], object, material, surfaces met, index of the ray, a uniform number for roulette.
    """

    origin: Float
    direction: Float
    distance: Float
    field: NDArray[np.complex64]
    length: NDArray[np.float64]
    closing: Float
    object: NDArray[np.uint16]
    material: NDArray[np.uint8]
    bounces: NDArray[np.uint8]
    ray: NDArray[np.int32]
    chance: NDArray[np.float64]


def shoot(
    scene: RayScene,
    facets: Facets,
    radar: Radar,
    config: RadioConfig,
    surfaces: SurfaceTable,
    rays: Launch,
) -> tuple[Scattered, Chains]:
    """Return what is scattered to the array, and the chains of mirrors that tubes met.

    Where a block of tubes would send more than `config.max_path` to the array, it is thinned by
    roulette, before anyone asks whether it gets there.

    Args:
        scene: The world.
        facets: Its facets.
        radar: Where transmitter and array are.
        config: The radio parameters.
        surfaces: The materials at the carrier.
        rays: What to launch.
    """
    place = radar.position + radar.world_from_radar[:3, :3] @ radar.transmitter
    transmitter = place.astype(np.float32)
    n_ray = len(rays.direction)
    faintest = float(FAINTEST * np.vdot(rays.field, rays.field).real / max(n_ray, 1))
    found: list[Scattered] = []
    chains = [no_chains()]
    for start in range(0, n_ray, BLOCK):
        block = slice(start, min(start + BLOCK, n_ray))
        ray = np.arange(start, block.stop, dtype=np.int32)
        tubes = _Tubes(
            np.tile(transmitter, (len(ray), 1)),
            rays.direction[block],
            rays.field[block],
            np.zeros(len(ray)),
            np.zeros(len(ray), np.float32),
            ray,
            np.zeros(len(ray), np.uint8),
            np.full((len(ray), MOST_MIRRORS), -1, np.int32),
            np.zeros(len(ray), np.int8),
        )
        for step in range(max(config.n_bounce, config.n_reflection)):
            hits = scene.first_hit(tubes.origin, tubes.direction)
            sent, tubes, met = _met(
                scene, facets, tubes, hits, radar, config, surfaces, rays, faintest, step
            )  # fmt: skip
            chains.append(met)
            found.append(_received(scene, surfaces, sent, radar, config))
            if not len(tubes.ray):
                break
    return _joined(found), join_chains(chains)


def _met(
    scene: RayScene,
    facets: Facets,
    tubes: _Tubes,
    hits: Hits,
    radar: Radar,
    config: RadioConfig,
    surfaces: SurfaceTable,
    rays: Launch,
    faintest: float,
    step: int,
) -> tuple[_Sent, _Tubes, Chains]:
    """Let each tube meet its surface: what is sent to the array, what goes on, chains so far.

    What is sent is thinned to about `config.max_path` by a threshold that a sample of the tubes
    suggests: any threshold leaves the expected power as it is. Each step, also through a
    pane, takes one of `config.n_bounce`; only chains of mirrors may go on to
    `config.n_reflection`.
    """
    mesh = scene.mesh

    def meet(tube: _Tubes, hit: Hits, least: float) -> Any:
        return _meet(
            tube.origin, tube.direction, tube.field, tube.length, tube.closing, tube.ray,
            tube.met, tube.mirror, tube.links,
            hit.distance, hit.face, hit.second, hit.third, hit.normal, rays.chance,
            mesh.faces, mesh.object_id, mesh.material, mesh.velocity, mesh.body_vertices,
            scene.n_motionless, facets.area, facets.mirror,
            radar.position, surfaces.coefficient, surfaces.thickness, surfaces.lobe,
            surfaces.back, surfaces.cross, surfaces.lobe_gain, surfaces.wavenumber,
            rays.solid_angle, faintest, least, config.n_bounce, config.n_reflection,
            step + 1 < config.n_bounce, step + 1 < max(config.n_bounce, config.n_reflection),
        )  # fmt: skip

    least = 0.0
    if len(tubes.ray) > config.max_path:
        sample, _, _ = meet(_some(tubes), _some(hits), 0.0)
        power = _powers(_Sent(*sample).field)
        if SAMPLE * len(power) > config.max_path:
            least = float(threshold(power, config.max_path / SAMPLE))
    sent, onward, chain = meet(tubes, hits, least)
    return _Sent(*sent), _Tubes(*onward), unique_chains(*chain)


def _some(record: Any) -> Any:
    """Return every `SAMPLE`th row of a record of arrays."""
    return type(record)(*(getattr(record, f.name)[::SAMPLE].copy() for f in fields(record)))


def _received(
    scene: RayScene,
    surfaces: SurfaceTable,
    sent: _Sent,
    radar: Radar,
    config: RadioConfig,
) -> Scattered:
    """Return what of it the array hears."""
    clear = passed(scene, surfaces, sent.origin, sent.direction, sent.distance, sent.field)
    rows = np.flatnonzero(clear)
    gain, arrival = _hear(
        sent.direction, sent.field, sent.length, rows, radar.world_from_radar[:3, :3],
        ELEMENTS[radar.element], SLANTS[radar.polarization[1]], radar.panel, config.wavelength,
    )  # fmt: skip
    return Scattered(
        gain,
        sent.length[rows],
        sent.closing[rows],
        arrival,
        sent.object[rows],
        sent.material[rows],
        sent.bounces[rows],
        sent.ray[rows],
        sent.chance[rows],
    )


def _joined(parts: list[Scattered]) -> Scattered:
    return Scattered(
        *(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Scattered))
    )


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _powers(field):  # type: ignore[no-untyped-def]
    """Return |field|^2 (n,) of rows (n, 3)."""
    out = np.empty(len(field), np.float32)
    for i in range(len(field)):
        out[i] = power(load(field, i))
    return out


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _hear(  # type: ignore[no-untyped-def]
    direction, field, length, rows, rotation, element, slant, panel, wavelength
):
    """Return gain (n,) and arrival (n, 3) of the rows that reach the array."""
    n = len(rows)
    gain, arrival = np.empty(n, np.complex64), np.empty((n, 3), np.float32)
    scale = wavelength / np.sqrt(4.0 * np.pi)
    for j in range(n):
        i = rows[j]
        back = into(rotation, times(-1.0, load(direction, i)))
        pattern = element_field(element, slant, panel, back)
        cycles = length[i] / wavelength
        turns = np.float32(2.0 * np.pi * (np.floor(cycles) - cycles))
        heard = scale * dot(into(rotation, load(field, i)), pattern)
        gain[j] = heard * complex(np.float64(np.cos(turns)), np.float64(np.sin(turns)))
        store(arrival, j, back)
    return gain, arrival


@njit(cache=True)
def _copy(rows, place, source, row):  # type: ignore[no-untyped-def]
    """Copy a row of MOST_MIRRORS numbers; faster than a slice."""
    for k in range(MOST_MIRRORS):
        rows[place, k] = source[row, k]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _meet(  # type: ignore[no-untyped-def]
    origin, direction, field, length, closing, ray, met, mirror, links,
    distance, face, second, third, face_normal, chance,
    faces, object_id, material, velocity, body, n_motionless, facet_area, mirror_of,
    receiver, coefficient, thickness, lobe, back, cross_share, lobe_gain, wavenumber,
    solid_angle, faintest, least, n_bounce, n_reflection, early, goes_on,
):  # fmt: skip
    n = len(ray)
    cell = 2.0 * np.pi / wavenumber
    s_origin, s_direction = np.empty((n, 3), np.float32), np.empty((n, 3), np.float32)
    s_distance, s_field = np.empty(n, np.float32), np.empty((n, 3), np.complex64)
    s_length, s_closing = np.empty(n), np.empty(n, np.float32)
    s_object, s_material = np.empty(n, np.uint16), np.empty(n, np.uint8)
    s_bounces, s_ray, s_chance = np.empty(n, np.uint8), np.empty(n, np.int32), np.empty(n)
    n_sent = 0
    most = 2 * n  # what is reflected, and what a pane lets through
    o_origin, o_direction = np.empty((most, 3), np.float32), np.empty((most, 3), np.float32)
    o_field = np.empty((most, 3), np.complex64)
    o_length, o_closing = np.empty(most), np.empty(most, np.float32)
    o_ray, o_met = np.empty(most, np.int32), np.empty(most, np.uint8)
    o_mirror, o_links = np.empty((most, mirror.shape[1]), np.int32), np.empty(most, np.int8)
    n_on = 0
    c_mirror, c_area = np.empty((n, mirror.shape[1]), np.int32), np.empty(n)
    n_chain = 0
    target = (receiver[0], receiver[1], receiver[2])
    for i in range(n):
        f, normal = face[i], load(face_normal, i)
        size = np.sqrt(dot(normal, normal))
        if f < 0 or size == 0.0:
            continue
        incident, came, count, m = load(direction, i), load(field, i), links[i], material[f]
        along = dot(normal, incident) / size
        normal = times((-1.0 if along > 0.0 else 1.0) / size, normal)  # both sides are surfaces
        cos_in = min(abs(along), 1.0)
        point = moved(load(origin, i), np.float64(distance[i]), incident)
        start = moved(point, OFFSET, normal)
        speed, body_point = (0.0, 0.0, 0.0), point
        if f >= n_motionless:
            a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
            wb, wc = np.float64(second[i]), np.float64(third[i])
            wa = 1.0 - wb - wc
            speed = moved(
                moved(times(wa, load(velocity, a)), wb, load(velocity, b)), wc, load(velocity, c)
            )
            body_point = moved(
                moved(times(wa, load(body, a)), wb, load(body, b)), wc, load(body, c)
            )
        r_te, r_tm, t_te, t_tm, share_on = tabulated(coefficient[m], cos_in)
        gone = reflected_field(came, incident, normal, cos_in, r_te, r_tm)
        reflected = power(gone)
        total = length[i] + distance[i]
        onward = moved(incident, 2.0 * cos_in, normal)
        is_mirror = mirror_of[f] >= 0
        if met[i] < n_bounce:
            out = moved(target, -1.0, start)
            out_distance = np.sqrt(dot(out, out))
            out = times(1.0 / out_distance, out)
            cos_out, cos_mirror = dot(normal, out), dot(onward, out)
            if cos_out > 0.0:
                lobes = (1.0 - share_on) * scattered_share(
                    cos_in, cos_out, cos_mirror, -dot(incident, out), lobe[m], back[m],
                    lobe_gain[m],
                )  # fmt: skip
                straight, crossed = (1.0 - cross_share[m]) * lobes, cross_share[m] * lobes
                if not is_mirror:
                    area = facet_area[f] * cos_in
                    straight += share_on * facet_share(cos_mirror, area, wavenumber)
                density = (straight + crossed) * reflected / (out_distance * out_distance)
                stays = density / least if density < least else 1.0
                luck = chance[ray[i], met[i]]
                if density > 0.0 and luck < stays:
                    # The field is carried from the mirror direction by the least rotation.
                    fall = dot(gone, out) / max(1.0 + cos_mirror, 1e-9)
                    kept = moved(moved(gone, -fall, onward), -fall, out)
                    patch = np.sqrt(solid_angle / max(cos_in, 1e-3)) * total
                    own = cell  # tubes that share a cell would add in amplitude
                    while own > patch and own > 1e-3 * cell:
                        own *= 0.5
                    bits = surface_hash(body_point, object_id[f], own)
                    phase = PHASORS[bits >> np.uint64(52)]
                    boost = 1.0 / (np.sqrt(stays) * out_distance)
                    sent = times(boost * np.sqrt(straight) * phase, kept)
                    phase = PHASORS[(bits >> np.uint64(40)) & np.uint64(4095)]
                    factor = boost * np.sqrt(crossed) * phase
                    store(s_field, n_sent, moved(sent, factor, cross(out, kept)))
                    store(s_origin, n_sent, start)
                    store(s_direction, n_sent, out)
                    s_distance[n_sent] = out_distance
                    s_length[n_sent] = total + out_distance
                    s_closing[n_sent] = closing[i] + dot(speed, out) - dot(speed, incident)
                    s_object[n_sent], s_material[n_sent] = object_id[f], m
                    s_bounces[n_sent] = met[i] + 1
                    s_ray[n_sent], s_chance[n_sent] = ray[i], luck / stays
                    n_sent += 1
        chained = is_mirror and 0 <= count < n_reflection
        if chained and share_on > NOTHING:
            _copy(c_mirror, n_chain, mirror, i)
            c_mirror[n_chain, count] = mirror_of[f]
            c_area[n_chain] = solid_angle * total * total
            n_chain += 1
        if not goes_on:
            continue
        # A chain goes on however faint it is: its path may be all there is.
        further = chained and count + 1 < n_reflection and share_on > NOTHING
        if further or (early and met[i] + 1 < n_bounce and reflected * share_on > faintest):
            store(o_origin, n_on, start)
            store(o_direction, n_on, onward)
            store(o_field, n_on, times(np.sqrt(share_on), gone))
            _copy(o_mirror, n_on, mirror, i)
            if chained:
                o_mirror[n_on, count] = mirror_of[f]
            o_links[n_on] = count + 1 if chained else -1
            o_length[n_on] = total
            o_closing[n_on] = closing[i] + dot(speed, onward) - dot(speed, incident)
            o_ray[n_on], o_met[n_on] = ray[i], met[i] + 1
            n_on += 1
        chaining = 0 <= count < n_reflection
        if thickness[m] > 0.0 and (chaining or (early and met[i] < n_bounce)):
            passing = reflected_field(came, incident, normal, 0.0, t_te, t_tm)
            if chaining or power(passing) > faintest:
                store(o_origin, n_on, moved(point, -OFFSET, normal))
                store(o_direction, n_on, incident)
                store(o_field, n_on, passing)
                _copy(o_mirror, n_on, mirror, i)
                o_links[n_on] = count
                o_length[n_on], o_closing[n_on] = total, closing[i]
                o_ray[n_on], o_met[n_on] = ray[i], met[i]
                n_on += 1
    s, o, c = n_sent, n_on, n_chain
    return (
        (s_origin[:s], s_direction[:s], s_distance[:s], s_field[:s], s_length[:s], s_closing[:s],
         s_object[:s], s_material[:s], s_bounces[:s], s_ray[:s], s_chance[:s]),
        (o_origin[:o], o_direction[:o], o_field[:o], o_length[:o], o_closing[:o], o_ray[:o],
         o_met[:o], o_mirror[:o], o_links[:o]),
        (c_mirror[:c], c_area[:c]),
    )  # fmt: skip
