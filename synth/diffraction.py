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

import numpy as np
from numpy.typing import NDArray
from scipy.special import modfresnelm

from scenes.config import SPEED_OF_LIGHT, RadioConfig
from scenes.sensors import Radar, angles
from synth.antenna import far_field
from synth.paths import DIFFRACTED, Paths
from synth.rays import RayScene
from synth.reflection import SurfaceTable, fresnel
from synth.wedges import Wedges, cross, towards, unit

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Complex = NDArray[np.complex128]

OFFSET = 1e-3  # [m] off the edge, where rays start
N_PROBE = 8  # chords of the arc around the edge that must be free
CONDUCTOR = np.diag([-1.0, 1.0]).astype(np.complex128)  # reflection (2, 2) of a perfect conductor


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
    way_in, length_in = towards(point - transmitter)
    way_out, length_out = towards(receiver - point)
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
    across_in = -unit(cross(edges.direction[row], way_in))
    across_out = unit(cross(edges.direction[row], way_out))
    basis_in = np.stack([cross(across_in, way_in), across_in], 1)
    basis_out = np.stack([cross(across_out, way_out), across_out], 1)
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
    return paths


def transition_over_root(root: Array) -> Complex:
    """Return F(x) / sqrt(x) (...) of sqrt(x) (...) from 0 up, which is finite at 0.

    F(x) = 2j sqrt(x) e^jx int_sqrt(x)^inf e^(-j t^2) dt. Source: KP, below equation 25.
    """
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
    return np.asarray(cotangent * transition_over_root(reach * np.sin(0.5 * size)), np.complex128)


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
    way, length = towards(end - start)
    single = (x.astype(np.float32) for x in (start, way, length - short))
    return scene.occluded(*single)
