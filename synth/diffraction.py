"""Diffraction around single straight edges, by the uniform theory of diffraction (UTD).

Source: Kouyoumjian and Pathak, A uniform geometrical theory of diffraction for an edge in a
perfectly conducting surface, Proc. IEEE 62(11), 1974 ("KP" below); for faces of any material the
heuristic of Luebbers, IEEE Trans. Antennas Propag. 32(1), 1984. Time runs as exp(+j omega t).

Valid where both ends are well above a wavelength away from the edge, and the edge is straight and
several wavelengths long. Left out: double diffraction, reflection before or after diffraction,
diffraction at the corners where an edge ends (the field jumps where Keller's cone leaves the
edge), curved faces, panes (faces are half-spaces) and roughness. For lossy wedges the coefficients
are a heuristic: right at the boundaries of shadow and reflection, a guess between them, least sure
deep in the shadow. Two edges within a few wavelengths of each other interact; here they do not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.special import modfresnelm

from scenes.config import SPEED_OF_LIGHT, RadioConfig
from scenes.mesh import TriMesh
from scenes.sensors import Radar, angles
from synth.antenna import far_field
from synth.paths import DIFFRACTED, Paths
from synth.rays import RayScene
from synth.reflection import SurfaceTable, fresnel

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Complex = NDArray[np.complex128]

WELD = 1e-4  # [m] positions closer than about this are one vertex
FLATTEST = np.radians(5.0)  # angle between faces below which they count as one surface
SAME = np.cos(np.radians(0.5))  # of directions that count as one
STRAIGHT = 1e-4  # share by which the pieces of a straight edge may be longer than the edge
OFFSET = 1e-3  # [m] off the edge, where rays start
N_PROBE = 8  # chords of the arc around the edge that must be free
CONDUCTOR = np.diag([-1.0, 1.0]).astype(np.complex128)  # reflection (2, 2) of a perfect conductor


@dataclass(frozen=True)
class Wedges:
    """Straight edges with an exterior angle above 180 degrees.

    The angle phi is counted from the 0-face through the exterior to the n-face; tangent, normal
    and direction are a right-handed frame. Both sides of a free edge of a sheet are outside:
    there n = 2 and both faces are the sheet.

    Attributes:
        ends: (n_edge, 2, 3) [m], world axes, from the first along `direction` to the second.
        direction: (n_edge, 3) unit vector along the edge.
        tangent: (n_edge, 3) unit vector from the edge into the 0-face: phi = 0.
        normal: (n_edge, 3) unit normal of the 0-face, outwards: phi = 90 degrees.
        exterior: (n_edge,) exterior angle over pi, 1 < n <= 2.
        object: (n_edge, 2) uint16, ids of the 0-face's and the n-face's object.
        material: (n_edge, 2) uint8, of the 0-face and of the n-face.
        velocity: (n_edge, 2, 3) of the end points [m/s].
    """

    ends: Array
    direction: Array
    tangent: Array
    normal: Array
    exterior: Array
    object: NDArray[np.uint16]
    material: NDArray[np.uint8]
    velocity: Array

    def __len__(self) -> int:
        return len(self.ends)


def wedges(mesh: TriMesh, shortest: float) -> Wedges:
    """Return the convex wedges and the free edges of sheets.

    Vertices at one position count as one, and collinear pieces between the same faces as one edge.
    Pairs of edges that run the same way (faces of opposite winding) and edges of three and more
    faces are left out.

    Args:
        mesh: Faces are counter-clockwise seen from outside.
        shortest: Length [m] that an edge must exceed; several wavelengths.
    """
    if not mesh.n_face:
        return _wedges(mesh, np.zeros((5, 0), np.int64), np.zeros((0, 3)))
    vertex, point = _weld(mesh.vertices)
    corner = vertex[mesh.faces]
    spot = point[corner]  # (n_face, 3) vertices that stand for the welded ones
    normal = _unit(_cross(*(_span(mesh, spot[:, 0], spot[:, k]) for k in (1, 2))))
    start = corner.ravel()
    end = np.roll(corner, -1, 1).ravel()
    face = np.repeat(np.arange(mesh.n_face), 3)
    keep = (start != end) & normal.any(1)[face]
    start, end, face = start[keep], end[keep], face[keep]

    first, second, free = _pair(start, end)
    pairs = np.stack([face[first], face[second], start[first], end[first]])
    pairs = _sharp(mesh, point, normal, pairs)
    # One side may have more vertices along the edge than the other: join, then pair again.
    loose = np.stack([face[free], face[free], start[free], end[free]])
    loose = _joined(mesh, point, normal, loose)
    first, second, free = _pair(loose[2], loose[3])
    late = np.stack([loose[0, first], loose[0, second], loose[2, first], loose[3, first]])
    pairs = np.concatenate([pairs, _sharp(mesh, point, normal, late)], 1)
    pairs = _joined(mesh, point, normal, pairs)
    found = np.concatenate([pairs, loose[:, free]], 1)
    sheet = np.arange(found.shape[1]) >= pairs.shape[1]
    rows = np.concatenate([found[:2], point[found[2:]], sheet[None]])
    long = np.linalg.norm(_span(mesh, rows[2], rows[3]), axis=1) > shortest
    return _wedges(mesh, rows[:, long], normal)


def diffraction_coefficients(
    incidence: Array,
    departure: Array,
    exterior: Array,
    sine: Array,
    distance: Array,
    wavenumber: float,
    face_0: Complex,
    face_n: Complex,
) -> Complex:
    """Return the diffraction coefficients (..., 2, 2) [m^0.5] over the edge-fixed components.

    [0, 0] is D_s of the field along the edge (beta), [1, 1] is D_h of the field across (phi): the
    diffracted field is -D times the incident one, components (beta, phi). Off the diagonal only
    lossy faces at oblique incidence couple. All stays finite on the boundaries of shadow and
    reflection, where the coefficient jumps by what the geometrical field jumps. At exact grazing of
    a perfect conductor incident and reflected wave are one, which KP count half; a real face
    reflects -1 there and needs no exception.

    Args:
        incidence: (...) phi' of the transmitter [rad], 0 to n pi.
        departure: (...) phi of the receiver [rad].
        exterior: (...) n.
        sine: (...) of beta_0, between edge and ray.
        distance: (...) L [m], s s' / (s + s') sin^2(beta_0) of a spherical wave and flat faces.
        wavenumber: [rad/m].
        face_0: (..., 2, 2) reflection of the 0-face over the same components; `CONDUCTOR`.
        face_n: (..., 2, 2) reflection of the n-face.

    Source: KP equation 25 and those below it; Luebbers for faces that reflect in part.
    """
    reach = np.sqrt(2.0 * wavenumber * distance)
    apart, both = departure - incidence, departure + incidence
    direct = _term(np.pi + apart, exterior, reach) + _term(np.pi - apart, exterior, reach)
    sum_0 = _term(np.pi - both, exterior, reach)
    sum_n = _term(np.pi + both, exterior, reach)
    factor = -np.exp(-0.25j * np.pi) / (2.0 * exterior * np.sqrt(2.0 * np.pi * wavenumber) * sine)
    inner = (
        direct[..., None, None] * np.eye(2)
        + sum_0[..., None, None] * face_0
        + sum_n[..., None, None] * face_n
    )
    return np.asarray(factor[..., None, None] * inner, np.complex128)


def transition(x: Array) -> Complex:
    """Return F(x) (...) of x (...) from 0 up: 2j sqrt(x) e^jx int_sqrt(x)^inf e^(-j t^2) dt.

    Source: KP, below equation 25.
    """
    root = np.sqrt(x)
    return np.asarray(root * _over_root(root), np.complex128)


def diffracted(
    scene: RayScene, radar: Radar, radio: RadioConfig, surfaces: SurfaceTable, edges: Wedges
) -> Paths:
    """Return the paths from the transmitter to the array around each edge.

    Args:
        scene: What may stand in the way, the wedges' own faces among it.
        radar: Where transmitter and array are.
        radio: Gives the carrier.
        surfaces: The materials at the carrier.
        edges: Of the scene's mesh at this moment.
    """
    rotation = radar.world_from_radar[:3, :3]
    receiver = radar.position
    transmitter = rotation @ radar.transmitter + receiver
    point, share, found = _keller(edges, transmitter, receiver)
    way_in, length_in = _towards(point - transmitter)
    way_out, length_out = _towards(receiver - point)
    found &= np.minimum(length_in, length_out) > radio.wavelength
    span = np.pi * edges.exterior
    phi_in, phi_out = _azimuth(edges, -way_in), _azimuth(edges, way_out)
    found &= (phi_in < span) & (phi_out < span)
    row = np.flatnonzero(found)
    middle = 0.5 * span[row]
    start = point[row] + OFFSET * _at(edges, row, middle)
    for end in (transmitter, receiver):
        if len(row):
            clear = ~_blocked(scene, start, np.broadcast_to(end, start.shape), OFFSET)
            row, start = row[clear], start[clear]
    row = row[_open(scene, edges, row, point[row])]

    way_in, length_in, way_out, length_out = (
        x[row] for x in (way_in, length_in, way_out, length_out)
    )
    cosine = np.clip(np.sum(way_in * edges.direction[row], 1), -1.0, 1.0)
    sine = np.sqrt(1.0 - cosine**2)
    phi_in, phi_out, span = phi_in[row], phi_out[row], span[row]
    across_in = -_unit(_cross(edges.direction[row], way_in))
    across_out = _unit(_cross(edges.direction[row], way_out))
    basis_in = np.stack([_cross(across_in, way_in), across_in], 1)
    basis_out = np.stack([_cross(across_out, way_out), across_out], 1)
    permittivity = surfaces.permittivity[edges.material[row]]
    matrix = diffraction_coefficients(
        phi_in,
        phi_out,
        edges.exterior[row],
        sine,
        length_in * length_out / (length_in + length_out) * sine**2,
        2.0 * np.pi / radio.wavelength,
        _reflection(phi_in, phi_out, cosine, permittivity[:, 0]),
        _reflection(span - phi_in, span - phi_out, -cosine, permittivity[:, 1]),
    )
    departure, arrival = way_in @ rotation, -way_out @ rotation
    transmit, receive = radar.polarization
    sent = far_field(radar.element, transmit, radar.transmit_panel, departure) @ rotation.T
    heard = far_field(radar.element, receive, radar.panel, arrival) @ rotation.T
    coupling = -np.einsum(
        "ni,nai,nab,nbj,nj->n", heard, basis_out, matrix, basis_in, sent, optimize=True
    )
    spreading = np.sqrt(length_in / (length_out * (length_in + length_out))) / length_in
    delay = (length_in + length_out) / SPEED_OF_LIGHT
    phase = np.exp(-2j * np.pi * radio.carrier_hz * delay)
    gain = radio.wavelength / (4.0 * np.pi) * spreading * coupling * phase
    first, last = edges.velocity[row, 0], edges.velocity[row, 1]
    velocity = first + share[row, None] * (last - first)
    doppler = np.sum(velocity * (way_out - way_in), 1) / radio.wavelength
    paths = Paths(
        gain.astype(np.complex64),
        delay,
        angles(arrival).astype(np.float32),
        angles(departure).astype(np.float32),
        doppler.astype(np.float32),
        edges.object[row, 0],
        edges.material[row, 0],
        np.ones(len(row), np.uint8),
        np.full(len(row), DIFFRACTED, np.uint8),
    )
    return paths[np.isfinite(gain)]


def _over_root(root: Array) -> Complex:
    """Return F(x) / sqrt(x) (...) of sqrt(x) (...), which is finite at 0."""
    modified: Complex = modfresnelm(root)[1]
    return np.asarray(2.0 * np.sqrt(np.pi) * np.exp(0.25j * np.pi) * modified, np.complex128)


def _term(angle: Array, exterior: Array, reach: Array) -> Complex:
    """Return cot(angle / 2n) F(k L a) (...), one of the four terms of KP equation 25.

    With delta, the angle less the nearest multiple of 2 pi n (that is N+ or N-), a is
    2 sin^2(delta / 2), and the pole of the cotangent cancels against the root in F.
    """
    delta = angle - 2.0 * np.pi * exterior * np.rint(angle / (2.0 * np.pi * exterior))
    size = np.abs(delta)
    small = np.sin(size / (2.0 * exterior))
    safe = np.where(small > 1e-12, small, 1.0)
    ratio = np.where(small > 1e-12, np.sin(0.5 * size) / safe, exterior)
    sign = np.where(delta < 0.0, -1.0, 1.0)
    cotangent = sign * np.cos(size / (2.0 * exterior)) * ratio * reach  # times sqrt(k L a)
    return np.asarray(cotangent * _over_root(reach * np.sin(0.5 * size)), np.complex128)


def _reflection(incidence: Array, departure: Array, along: Array, permittivity: Complex) -> Complex:
    """Return a face's reflection (n, 2, 2) over the edge-fixed components.

    The plane of incidence is turned against the edge-fixed plane by alpha; for a perfect conductor
    the turn cancels. The smaller of both angles is taken to be that of incidence: at the boundary
    of reflection they are the same, and exchanging transmitter and receiver changes nothing.

    Args:
        incidence: (n,) angle from the face to the transmitter around the edge [rad].
        departure: (n,) the same of the receiver.
        along: (n,) cosine between the way in and the edge; its negative for the n-face.
        permittivity: (n,) of the face.
    """
    low = np.minimum(incidence, departure)
    rise = np.sqrt(1.0 - along**2) * np.abs(np.sin(low))
    te, tm = fresnel(rise, permittivity)
    flat = np.where(incidence <= departure, 1.0, -1.0) * np.cos(low)
    # (cos alpha, sin alpha) = (flat, |sin(low)| along) / sin(theta), theta from the normal.
    turn = np.abs(np.sin(low)) * along
    size2 = flat**2 + turn**2
    safe = np.where(size2 > 1e-24, size2, 1.0)
    cos2 = np.where(size2 > 1e-24, flat**2 / safe, 1.0)
    mixed = flat * turn / safe * (te + tm)
    rows = [
        [cos2 * te - (1.0 - cos2) * tm, -mixed],
        [mixed, cos2 * tm - (1.0 - cos2) * te],
    ]
    return np.moveaxis(np.array(rows, np.complex128), -1, 0)


def _keller(
    edges: Wedges, transmitter: Array, receiver: Array
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Return where the shortest way touches each edge (n, 3) [m], its share (n,), and if it does.

    The edge unfolds: the point divides the two feet in the ratio of the two distances.
    """
    base = edges.ends[:, 0]
    length = np.sum((edges.ends[:, 1] - base) * edges.direction, 1)
    foot, off = [], []
    for end in (transmitter, receiver):
        along = np.sum((end - base) * edges.direction, 1)
        foot.append(along)
        off.append(np.linalg.norm(end - base - along[:, None] * edges.direction, axis=1))
    total = off[0] + off[1]
    place = (foot[0] * off[1] + foot[1] * off[0]) / np.where(total > 0.0, total, 1.0)
    found = (place >= 0.0) & (place <= length) & (np.minimum(off[0], off[1]) > OFFSET)
    return base + place[:, None] * edges.direction, place / length, found


def _azimuth(edges: Wedges, way: Array) -> Array:
    """Return phi (n,) [rad], 0 to 2 pi, of vectors (n, 3) away from the edges."""
    angle = np.arctan2(np.sum(way * edges.normal, 1), np.sum(way * edges.tangent, 1))
    return np.asarray(np.mod(angle, 2.0 * np.pi))


def _at(edges: Wedges, row: Index, phi: Array) -> Array:
    """Return the unit vectors (n, 3) across edges `row` (n,) at angles phi (n,) [rad]."""
    cos, sin = np.cos(phi)[:, None], np.sin(phi)[:, None]
    return np.asarray(cos * edges.tangent[row] + sin * edges.normal[row])


def _open(scene: RayScene, edges: Wedges, row: Index, point: Array) -> NDArray[np.bool_]:
    """Return (n,) whether nothing else touches edges `row` (n,) at points (n, 3).

    Chords from face to face around the edge must be free: they meet the other surface where a
    sheet goes on as another object, or a box stands on the ground.
    """
    span = np.pi * edges.exterior[row]
    phi = [0.02 + (span - 0.04) * i / N_PROBE for i in range(N_PROBE + 1)]
    stop = [point + 2.0 * OFFSET * _at(edges, row, angle) for angle in phi]
    shut = _blocked(scene, np.concatenate(stop[:-1]), np.concatenate(stop[1:]), 0.0)
    return np.asarray(~shut.reshape(N_PROBE, -1).any(0))


def _blocked(scene: RayScene, start: Array, end: Array, short: float) -> NDArray[np.bool_]:
    """Return (n,) whether anything stands between points (n, 3), `short` [m] of the end."""
    way, length = _towards(end - start)
    single = (x.astype(np.float32) for x in (start, way, length - short))
    return scene.occluded(*single)


def _towards(vector: Array) -> tuple[Array, Array]:
    """Return unit vectors (n, 3) and lengths (n,) of vectors (n, 3)."""
    length = np.linalg.norm(vector, axis=1)
    return vector / np.maximum(length, 1e-12)[:, None], length


def _unit(vector: Array) -> Array:
    return _towards(vector)[0]


def _cross(a: Array, b: Array) -> Array:
    """Return the cross products (n, 3), several times faster than np.cross."""
    x, y, z = a.T
    u, v, w = b.T
    return np.stack([y * w - z * v, z * u - x * w, x * v - y * u], 1)


def _span(mesh: TriMesh, start: Index, end: Index) -> Array:
    """Return the vectors (n, 3) [m] between vertices."""
    return np.asarray(mesh.vertices[end].astype(np.float64) - mesh.vertices[start])


def _weld(vertices: NDArray[np.float32]) -> tuple[Index, Index]:
    """Return the position (n_vertex,) of each vertex, and a vertex (n_position,) that has it."""
    place = vertices.astype(np.float64)
    place -= place.min(0)
    cell = np.rint(place / max(WELD, place.max() / 2e6)).astype(np.int64)  # 21 bits an axis
    key = (cell[:, 0] << 42) | (cell[:, 1] << 21) | cell[:, 2]
    _, first, position = np.unique(key, return_index=True, return_inverse=True)
    return position.astype(np.int64), first.astype(np.int64)


def _pair(start: Index, end: Index) -> tuple[Index, Index, Index]:
    """Pair directed edges: first and second (n_pair,) of opposite ways, and the single ones."""
    low, high = np.minimum(start, end), np.maximum(start, end)
    key = low * (int(high.max(initial=0)) + 1) + high
    order = np.argsort(key, kind="stable")
    change = np.flatnonzero(np.diff(key[order], prepend=-1))
    count = np.diff(change, append=len(order))
    single = order[change[count == 1]]
    one, other = order[change[count == 2]], order[change[count == 2] + 1]
    opposite = start[one] == end[other]
    one, other = one[opposite], other[opposite]
    return one, other, single


def _interior(way: Array, normal_0: Array, normal_n: Array) -> Array:
    """Return the angle (n,) [rad] inside the wedge; above pi where it is concave.

    Args:
        way: (n, 3) unit vector along the edge, in the 0-face's winding.
        normal_0: (n, 3) outward normal of the 0-face.
        normal_n: (n, 3) outward normal of the n-face.
    """
    tangent_0, tangent_n = _cross(normal_0, way), _cross(way, normal_n)
    angle = np.arctan2(-np.sum(tangent_n * normal_0, 1), np.sum(tangent_n * tangent_0, 1))
    angle = np.mod(angle, 2.0 * np.pi)
    return np.where(angle > 2.0 * np.pi - 1e-3, 0.0, angle)  # both sides of a plate, not a crack


def _sharp(mesh: TriMesh, point: Index, normal: Array, edges: Index) -> Index:
    """Keep convex wedges of edges (4, n), in one order of faces for all pieces of an edge.

    The rows of edges are the faces 0 and n, and the positions where the edge starts and ends.
    """
    way = _unit(_span(mesh, point[edges[2]], point[edges[3]]))
    convex = _interior(way, normal[edges[0]], normal[edges[1]]) < np.pi - FLATTEST
    edges, way = edges[:, convex], way[convex]
    back = way @ [0.4817, 0.3591, 0.7994] < 0.0  # no edge of a built thing is square to this
    return np.asarray(np.where(back, edges[[1, 0, 3, 2]], edges))


def _joined(mesh: TriMesh, point: Index, normal: Array, edges: Index) -> Index:
    """Join the collinear pieces among edges (4, n), as in `_sharp`, that have the same faces."""
    n = edges.shape[1]
    if n == 0:
        return edges
    base = mesh.vertices[point[edges[2]]].astype(np.float64)
    way, length = _towards(mesh.vertices[point[edges[3]]] - base)
    kind = [x[edges[i]].astype(np.int64) for i in (0, 1) for x in (mesh.object_id, mesh.material)]
    label = np.stack(kind, 1)
    # All (i, j) such that j starts where i ends.
    order = np.argsort(edges[2], kind="stable")
    low = np.searchsorted(edges[2, order], edges[3], "left")
    count = np.searchsorted(edges[2, order], edges[3], "right") - low
    one = np.repeat(np.arange(n), count)
    offset = np.arange(len(one)) - np.repeat(np.cumsum(count) - count, count)
    other = order[low[one] + offset]
    same = (label[one] == label[other]).all(1)
    for vector in (way, normal[edges[0]], normal[edges[1]]):
        same &= np.sum(vector[one] * vector[other], 1) > SAME
    graph = coo_matrix((np.ones(same.sum()), (one[same], other[same])), (n, n))
    chain = connected_components(graph, directed=False)[1]
    # Along the direction of the chain's first piece.
    _, first = np.unique(chain, return_index=True)
    place = np.sum((base - base[first[chain]]) * way[first[chain]], 1)
    order = np.lexsort((place, chain))
    head = order[np.flatnonzero(np.diff(chain[order], prepend=-1))]
    tail = order[np.flatnonzero(np.diff(chain[order], append=-1))]
    whole = np.stack([edges[0, head], edges[1, head], edges[2, head], edges[3, tail]])
    across = np.linalg.norm(_span(mesh, point[whole[2]], point[whole[3]]), axis=1)
    straight = np.bincount(chain, length) < across * (1.0 + STRAIGHT)
    return np.asarray(whole[:, straight])


def _wedges(mesh: TriMesh, rows: Index, normal: Array) -> Wedges:
    """Return the record of edges, in the order of their faces.

    Args:
        mesh: Theirs.
        rows: (5, n_edge) faces 0 and n, first and last vertex, 1 for the free edge of a sheet.
        normal: (n_face, 3).
    """
    face_0, face_n, first, last, sheet = rows[:, np.lexsort(rows[3::-1])]
    way = _unit(_span(mesh, first, last))
    across = _unit(normal[face_0] - np.sum(normal[face_0] * way, 1, keepdims=True) * way)
    interior = np.where(sheet, 0.0, _interior(way, normal[face_0], normal[face_n]))
    ends = np.stack([first, last], 1)
    faces = np.stack([face_0, face_n], 1)
    return Wedges(
        mesh.vertices[ends].astype(np.float64),
        way,
        _cross(across, way),
        across,
        2.0 - interior / np.pi,
        mesh.object_id[faces],
        mesh.material[faces],
        mesh.velocity[ends].astype(np.float64),
    )
