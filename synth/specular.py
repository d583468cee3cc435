"""Specular paths by the image method, and the line of sight.

Every chain of mirrors that a ray met is a candidate. The transmitter's image in them gives the
only possible path, exactly; it counts if each of its points lies on its mirror and nothing stands
in between. Chains with one image have at most one path between them: it appears once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from scenes.config import SPEED_OF_LIGHT, RadioConfig
from scenes.sensors import Radar, angles
from synth.antenna import far_field
from synth.chains import MOST_MIRRORS, Chains, join_chains, single_chains
from synth.facets import Facets, no_facets
from synth.panes import OFFSET, passed
from synth.paths import LINE_OF_SIGHT, SPECULAR, Paths
from synth.rays import RayScene
from synth.reflection import SurfaceTable, kept_share, reflected_field, response
from synth.sample import NO_MATERIAL
from synth.vectors import dot, load, store, times

SAME_IMAGE = 1e-4  # [rad] seen from the array, within which two images are one: what rounded
# coordinates of a plate's corners turn its plane by
SAME_POINT = 1e-2  # [m] within which paths of one image meet the same mirrors in the same places
ON_SEAM = 1e-6  # [m] within which a point lies on two mirrors: a corner seen from one height
EDGE = 1e-3  # [m] beyond a mirror's box within which its faces are looked for
LIFT = 2e-4  # [m] that legs are checked off their mirrors
ON_PLANE = 1e-4  # [m] within which a surface lies in a mirror's plane
PROBES = 1e-4 * np.array([[0, 0], [1, 1], [1, -1], [-1, 1], [-1, -1.0]])  # [m] for seams

Array = NDArray[np.float64]


@dataclass(frozen=True)
class MirrorPaths:
    """Specular paths with all that is known about them, in the world.

    Attributes:
        point: (n_path, MOST_MIRRORS, 3) [m] where they meet mirrors, in the order of travel.
        face: (n_path, MOST_MIRRORS) the faces met, -1 after the last.
        n_mirror: (n_path,) surfaces met.
        field: (n_path, 3) complex, of the transmitter's far field, without spreading.
        departure: (n_path, 3) unit vectors away from the transmitter.
        arrival: (n_path, 3) unit vectors from the array to where they come from.
        length: (n_path,) [m].
        last: (n_path,) [m] of it after the last mirror.
        closing: (n_path,) speed at which they grow shorter [m/s].
        area: (n_path,) [m^2] of the beam at the last mirror.
    """

    point: Array
    face: NDArray[np.int32]
    n_mirror: NDArray[np.int64]
    field: NDArray[np.complex128]
    departure: Array
    arrival: Array
    length: Array
    last: Array
    closing: Array
    area: Array


def specular_paths(
    scene: RayScene,
    facets: Facets,
    radar: Radar,
    config: RadioConfig,
    surfaces: SurfaceTable,
    chains: Chains,
) -> Paths:
    """Return the specular paths among the candidates, each once.

    With `config.finite_facets`, a path whose beam is smaller than its Fresnel zone is weaker in
    proportion: a small plate then has the cross-section 4 pi A^2 / lambda^2 of physical optics.
    """
    if config.n_reflection:
        chains = join_chains([single_chains(_glancing(facets, radar)), chains])
    found = mirror_paths(scene, facets, radar, surfaces, chains)
    share = np.ones(len(found.length))
    if config.finite_facets and not config.diffraction:  # or else their edges do it
        zone = config.wavelength * (found.length - found.last) * found.last / found.length
        share = np.minimum(found.area / np.maximum(zone, 1e-30), 1.0)
    return _heard(found, share, scene, radar, config, SPECULAR)


def _glancing(facets: Facets, radar: Radar) -> NDArray[np.int64]:
    """Return the mirrors whose one point for a single reflection may lie on them."""
    transmitter = radar.position + radar.world_from_radar[:3, :3] @ radar.transmitter
    here = facets.normal @ transmitter - facets.offset
    there = facets.normal @ radar.position - facets.offset
    rows = np.flatnonzero(here * there > 0)
    part = (there[rows] / (here[rows] + there[rows]))[:, None]
    image = transmitter - 2 * here[rows, None] * facets.normal[rows]
    point = radar.position + part * (image - radar.position)
    inside = (point > facets.low[rows] - EDGE) & (point < facets.high[rows] + EDGE)
    return np.asarray(rows[inside.all(1)])


def line_of_sight(
    scene: RayScene, radar: Radar, config: RadioConfig, surfaces: SurfaceTable
) -> Paths:
    """Return the direct path from the transmitter to the array, if there is one."""
    straight = Chains(np.full((1, MOST_MIRRORS), -1, np.int32), np.ones(1))
    found = mirror_paths(scene, no_facets(scene.mesh.n_face), radar, surfaces, straight)
    return _heard(found, np.ones(len(found.length)), scene, radar, config, LINE_OF_SIGHT)


def mirror_paths(
    scene: RayScene, facets: Facets, radar: Radar, surfaces: SurfaceTable, chains: Chains
) -> MirrorPaths:
    """Return the specular paths among the candidates, each once, the shortest first.

    Args:
        scene: The world.
        facets: Its facets, mirrors among them.
        radar: Where transmitter and array are.
        surfaces: The materials at the carrier.
        chains: The candidates; a chain without mirrors is the line of sight.
    """
    rotation = radar.world_from_radar[:3, :3]
    transmitter, receiver = radar.position + rotation @ radar.transmitter, radar.position
    image, point, possible = _images(
        chains.mirror, facets.normal, facets.offset, facets.low, facets.high,
        transmitter, receiver,
    )  # fmt: skip
    rows = np.flatnonzero(possible)
    chain, point = chains.mirror[rows], point[rows]
    n_mirror = (chain >= 0).sum(1)

    stop = np.empty((len(rows), MOST_MIRRORS + 2, 3))
    stop[:, 0], stop[:, 1:-1], stop[:, -1] = transmitter, point, receiver
    stop[:, 1:-1][chain < 0] = receiver
    distance = np.linalg.norm(np.diff(stop, axis=1), axis=2)
    way = _ways(stop, facets, chain)
    face, velocity, alive = _faces(scene, facets, chain, point, way)
    far = far_field(
        radar.element, radar.polarization[0], radar.transmit_panel, way[:, 0] @ rotation
    )
    field = (far @ rotation.T).astype(np.complex128)
    start, end = _lifted(stop, way, facets, chain)
    for step in range(MOST_MIRRORS + 1):
        on = np.flatnonzero(alive & (n_mirror >= step))
        ends = n_mirror[on] == step
        alive[on] = _open(scene, surfaces, field, on, start[on, step], end[on, step])
        on = on[~ends & alive[on]]
        if step < MOST_MIRRORS and len(on):
            _reflect(
                field, on, way[on, step], facets.normal[chain[on, step]],
                scene.mesh.material[face[on, step]],
                surfaces.permittivity, surfaces.thickness, surfaces.scattering,
                surfaces.roughness, surfaces.wavenumber,
            )  # fmt: skip
    kept = np.flatnonzero(alive)
    kept = kept[np.lexsort((kept, distance[kept].sum(1)))]
    order = (chains.mirror >= 0).sum(1)
    reach = np.linalg.norm(image - receiver, axis=1)
    kept, area = _once(kept, rows[kept], point[kept], image, order, reach, chains.area)
    area = _shown(facets, chain[kept], way[kept, :-1], n_mirror[kept], area)
    turn = np.where((chain >= 0)[..., None], way[:, 1:] - way[:, :-1], 0.0)
    at_last = np.arange(len(rows)), n_mirror
    return MirrorPaths(
        point[kept], face[kept], n_mirror[kept], field[kept], way[kept, 0], -way[at_last][kept],
        distance[kept].sum(1), distance[at_last][kept],
        np.einsum("ijk,ijk->i", velocity, turn)[kept], area,
    )  # fmt: skip


def _heard(
    found: MirrorPaths, share: Array, scene: RayScene, radar: Radar, config: RadioConfig, kind: int
) -> Paths:
    """Return the record of paths whose amplitudes are multiplied by `share` (n_path,)."""
    rotation = radar.world_from_radar[:3, :3]
    arrival, departure = found.arrival @ rotation, found.departure @ rotation
    pattern = far_field(radar.element, radar.polarization[1], radar.panel, arrival)
    heard = np.einsum("ij,ij->i", found.field @ rotation, pattern)
    delay = found.length / SPEED_OF_LIGHT
    phase = np.exp(-2j * np.pi * config.carrier_hz * delay)
    last = found.face[np.arange(len(found.face)), np.maximum(found.n_mirror - 1, 0)]
    direct = found.n_mirror == 0
    mesh = scene.mesh
    return Paths(
        (share * config.wavelength / (4 * np.pi * found.length) * heard * phase).astype(
            np.complex64
        ),
        delay,
        angles(arrival).astype(np.float32),
        angles(departure).astype(np.float32),
        (found.closing / config.wavelength).astype(np.float32),
        np.where(direct, 0, _of(mesh.object_id, last)).astype(np.uint16),
        np.where(direct, NO_MATERIAL, _of(mesh.material, last)).astype(np.uint8),
        found.n_mirror.astype(np.uint8),
        np.full(len(delay), kind, np.uint8),
    )


def _of(values: NDArray[Any], index: NDArray[np.int32]) -> NDArray[Any]:
    """Return values[index], 0 where there is nothing to index."""
    return values[index] if len(values) else np.zeros(len(index), values.dtype)


def _once(
    kept: NDArray[np.int64],
    rows: NDArray[np.int64],
    point: Array,
    image: Array,
    order: NDArray[np.int64],
    reach: Array,
    area: Array,
) -> tuple[NDArray[np.int64], Array]:
    """Return the first of `kept` (n_path,) of those that are one path, and the area of its beam.

    A corner's image is the same in whatever order its walls are met: each order's beam is a part
    of what seems to come from there.

    Args:
        kept: Paths, the shortest first.
        rows: (n_path,) their chains.
        point: (n_path, MOST_MIRRORS, 3) [m] where they meet mirrors.
        image: (n_chain, 3) [m] where chains seem to come from.
        order: (n_chain,) number of their mirrors.
        reach: (n_chain,) [m] their images' distances from the array.
        area: (n_chain,) [m^2] of their beams.
    """
    if not len(kept):
        return kept, np.zeros(0)
    # A fourth coordinate keeps chains of different lengths apart, however near their images are.
    place = np.column_stack([image, 1e3 * order])
    same = SAME_IMAGE * reach[rows]
    near = cKDTree(place[rows]).query_ball_point(place[rows], same)
    once: list[int] = []
    for i, others in enumerate(near):
        apart = [np.abs(point[i] - point[j]).max() for j in others if j in once]
        if not apart or min(apart) > SAME_POINT:
            once.append(i)
    # Only chains as far from the array as a path is long can share its image: a few.
    length = reach[rows]
    after = np.searchsorted(length, reach)
    around = np.stack([after - 1, after]).clip(0, len(length) - 1)
    some = np.flatnonzero((np.abs(length[around] - reach) <= same.max()).any(0))
    away, which = cKDTree(place[rows[once]]).query(place[some])
    mine = away < same[once][which]
    beam = np.asarray(np.bincount(which[mine], area[some][mine], len(once)), np.float64)
    return kept[once], beam


def _ways(stop: Array, facets: Facets, chain: NDArray[np.int32]) -> Array:
    """Return the directions (n_path, MOST_MIRRORS + 1, 3) of the legs between stops.

    Each is the one before, mirrored: so that legs without length, in a seam, have one too.
    """
    way = np.empty((len(stop), MOST_MIRRORS + 1, 3))
    first = stop[:, 1] - stop[:, 0]
    way[:, 0] = first / np.maximum(np.linalg.norm(first, axis=1, keepdims=True), 1e-30)
    for step in range(MOST_MIRRORS):
        way[:, step + 1] = way[:, step]
        rows = np.flatnonzero(chain[:, step] >= 0)
        normal = facets.normal[chain[rows, step]]
        along = np.sum(normal * way[rows, step], 1, keepdims=True)
        way[rows, step + 1] -= 2 * along * normal
    return way


def _shown(
    facets: Facets, chain: NDArray[np.int32], way: Array, n_mirror: NDArray[np.int64], area: Array
) -> Array:
    """Return the cross-sections (n_path,) [m^2] of beams.

    What one mirror shows of itself is known; of several, it is what tubes found (`area`), and no
    more than the mirrors have.
    """
    if not len(facets.size):
        return area
    mirror = np.where(chain >= 0, chain, 0)
    slope = np.abs(np.einsum("ijk,ijk->ij", facets.normal[mirror], way))
    most = np.where(chain >= 0, facets.size[mirror] * slope, 0.0).sum(1)
    return np.where(n_mirror == 1, most, np.minimum(area, most))


def _faces(
    scene: RayScene, facets: Facets, chain: NDArray[np.int32], point: Array, way: Array
) -> tuple[NDArray[np.int32], Array, NDArray[np.bool_]]:
    """Look for the face at each point of each path.

    Returns:
        Faces (n_path, MOST_MIRRORS), -1 for none; velocities there (n_path, MOST_MIRRORS, 3)
        [m/s]; whether each path (n_path,) has all the faces it needs.
    """
    mesh = scene.mesh
    face, velocity = np.full(chain.shape, -1, np.int32), np.zeros((*chain.shape, 3))
    row, step = np.nonzero(chain >= 0)
    normal = facets.normal[chain[row, step]]
    normal = np.where((normal * way[row, step]).sum(1, keepdims=True) > 0, -normal, normal)
    side = np.cross(normal, np.eye(3)[np.abs(normal).argmin(1)])
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    other = np.cross(normal, side)
    start = point[row, step] + OFFSET * normal
    todo = np.arange(len(row))
    for a, b in PROBES:
        origin = start[todo] + a * side[todo] + b * other[todo]
        hits = scene.first_hit(origin.astype(np.float32), -normal[todo].astype(np.float32))
        near = np.abs(hits.distance - OFFSET) < ON_PLANE
        flat = np.abs(np.einsum("ij,ij->i", mesh.normals(hits.face[near]), normal[todo[near]]))
        near[near] = flat > 1 - ON_PLANE
        good, here = todo[near], hits.face[near]
        face[row[good], step[good]] = here
        second, third = hits.second[near], hits.third[near]
        weight = np.column_stack([1 - second - third, second, third])
        velocity[row[good], step[good]] = np.einsum(
            "ij,ijk->ik", weight, mesh.velocity[mesh.faces[here]]
        )
        todo = todo[~near]
    return face, velocity, ((face >= 0) | (chain < 0)).all(1)


def _lifted(
    stop: Array, way: Array, facets: Facets, chain: NDArray[np.int32]
) -> tuple[Array, Array]:
    """Return where legs (n_path, MOST_MIRRORS + 1) start and end, a little off their mirrors.

    Shifted along the normals, not along the leg, so that none of it goes unseen.
    """
    mirrors = chain >= 0
    normal = facets.normal[np.where(mirrors, chain, 0)] if len(facets.normal) else 0.0 * way[:, 1:]
    lift = np.where(mirrors[..., None], LIFT * normal, 0.0)
    start, end = stop[:, :-1].copy(), stop[:, 1:].copy()
    lift *= np.sign(np.sum(lift * np.diff(way, axis=1), 2, keepdims=True))  # to the path's side
    # Where points are one, in a seam, off all the mirrors that meet there.
    point = stop[:, 1:-1]
    one = np.linalg.norm(point[:, :, None] - point[:, None], axis=3) < LIFT
    lift = (one & mirrors[:, None]).astype(np.float64) @ lift
    start[:, 1:] += lift
    end[:, :-1] += lift
    return start, end


def _open(
    scene: RayScene,
    surfaces: SurfaceTable,
    field: NDArray[np.complex128],
    rows: NDArray[np.int64],
    start: Array,
    end: Array,
) -> NDArray[np.bool_]:
    """Return whether each leg is open; panes take their part of field[rows]."""
    leg = end - start
    length = np.linalg.norm(leg, axis=1)
    clear = length < LIFT  # in the very corner
    some = np.flatnonzero(~clear)
    part = field[rows[some]]
    way = leg[some] / length[some, None]
    clear[some] = passed(
        scene, surfaces, start[some].astype(np.float32), way.astype(np.float32),
        length[some].astype(np.float32), part,
    )  # fmt: skip
    field[rows[some]] = part
    return np.asarray(clear)


@njit(cache=True)
def _images(chain, normal, offset, low, high, transmitter, receiver):  # type: ignore[no-untyped-def]
    """Return the image of the transmitter in each chain, the points met, and whether it can be."""
    n, most = chain.shape
    image, point = np.empty((n, 3)), np.zeros((n, most, 3))
    possible = np.ones(n, np.bool_)
    step = np.empty((most + 1, 3))
    target = np.empty(3)
    for i in range(n):
        step[0] = transmitter
        count = 0
        while count < most and chain[i, count] >= 0:
            m = chain[i, count]
            height = -offset[m]
            for k in range(3):
                height += normal[m, k] * step[count, k]
            for k in range(3):
                step[count + 1, k] = step[count, k] - 2.0 * height * normal[m, k]
            count += 1
        image[i] = step[count]
        target[:] = receiver
        for j in range(count - 1, -1, -1):
            m = chain[i, j]
            above, below = -offset[m], -offset[m]
            for k in range(3):
                above += normal[m, k] * target[k]
                below += normal[m, k] * step[j + 1, k]
            if abs(above) < ON_SEAM and above * below >= 0.0:
                part = 0.0  # the next mirror's point lies on this one too, where the two meet
            elif above * below >= 0.0:
                possible[i] = False
                break
            else:
                part = above / (above - below)
            for k in range(3):
                target[k] += part * (step[j + 1, k] - target[k])
                if not low[m, k] - EDGE <= target[k] <= high[m, k] + EDGE:
                    possible[i] = False
            point[i, j] = target
    return image, point, possible


@njit(cache=True)
def _reflect(  # type: ignore[no-untyped-def]
    field, rows, incident, normal, material, permittivity, thickness, scattering, roughness,
    wavenumber,
):  # fmt: skip
    """Reflect field[rows] (n_path, 3) at surfaces with these normals (n, 3)."""
    for j in range(len(rows)):
        way, facing, m = load(incident, j), load(normal, j), material[j]
        along = dot(way, facing)
        if along > 0.0:
            facing = times(-1.0, facing)
        cosine = min(abs(along), 1.0)
        te, tm, _, _ = response(cosine, permittivity[m], thickness[m], wavenumber)
        keep = np.sqrt(kept_share(cosine, scattering[m], roughness[m], wavenumber))
        after = reflected_field(load(field, rows[j]), way, facing, cosine, te, tm)
        store(field, rows[j], times(keep, after))
