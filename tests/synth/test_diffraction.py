from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad as integral
from scipy.optimize import minimize_scalar
from scipy.special import erfc, hankel2, jv

from scenes.config import SPEED_OF_LIGHT, RadioConfig
from scenes.materials import MATERIAL_ID
from scenes.mesh import TriMesh, concatenate
from scenes.sensors import Radar, angles, direction, tilted_frame
from synth.antenna import far_field
from synth.diffraction import (
    CONDUCTOR,
    diffracted,
    diffraction_coefficients,
    transition_over_root,
)
from synth.paths import DIFFRACTED
from synth.rays import RayScene
from synth.reflection import fresnel, surface_table
from synth.wedges import wedges
from tests.worlds import cube, ground, plate, quad

RADIO = RadioConfig()
WAVE = RADIO.wavelength
K = 2 * np.pi / WAVE
TABLE = surface_table(RADIO.carrier_hz)


def pose(position, azimuth=0.0):
    matrix = np.eye(4)
    matrix[:3, :3] = tilted_frame(0.0, azimuth)
    matrix[:3, 3] = position
    return matrix


def rig(receiver, transmitter, polarization=("V", "V"), azimuth=0.0, element="isotropic"):
    matrix = pose(receiver, azimuth)
    local = (np.asarray(transmitter) - receiver) @ matrix[:3, :3]
    spacing = (WAVE / 2, WAVE / 2)
    return Radar(
        matrix, local, np.eye(3), np.eye(3), (2, 2), spacing, element, polarization, True
    )  # fmt: skip


def around(mesh, radar):
    return diffracted(RayScene(mesh), radar, RADIO, TABLE, wedges(mesh, 10 * WAVE))


def coefficients(incidence, departure, exterior, distance, k=K):
    incidence, departure, exterior, distance, sine = np.broadcast_arrays(
        *(np.asarray(x, float) for x in (incidence, departure, exterior, distance, 1.0))
    )
    return diffraction_coefficients(
        incidence, departure, exterior, sine, distance, k, CONDUCTOR, CONDUCTOR
    )


def geometric(incidence, departure, exterior, s_in, s_out, mirror, wave):
    """Incident and reflected waves of a source (s_in, incidence) at (s_out, departure)."""

    def length(angle):
        return np.sqrt(s_in**2 + s_out**2 - 2 * s_in * s_out * np.cos(angle))

    apart, both = departure - incidence, departure + incidence
    field = np.where(np.abs(apart) < np.pi, wave(length(apart)), 0)
    field = field + np.where(both < np.pi, mirror * wave(length(both)), 0)
    beyond = 2 * exterior * np.pi - both
    return field + np.where(beyond < np.pi, mirror * wave(length(beyond)), 0)


def spherical(length):
    return np.exp(-1j * K * length) / length


@pytest.mark.parametrize("x", [1e-6, 0.01, 0.3, 1.0, 5.5, 40.0])
def test_transition_function_is_its_integral(x):
    # Along u = sqrt(x) + t e^(-j pi/4) the integrand dies out instead of turning.
    def part(t):
        return np.exp(-1j * (np.sqrt(x) + t * np.exp(-0.25j * np.pi)) ** 2)

    value = integral(lambda t: part(t).real, 0, 20)[0] + 1j * integral(
        lambda t: part(t).imag, 0, 20
    )[0]  # fmt: skip
    expected = 2j * np.sqrt(x) * np.exp(1j * x) * value * np.exp(-0.25j * np.pi)
    root = np.sqrt([x])
    assert (root * transition_over_root(root))[0] == pytest.approx(expected, rel=1e-6)
    far = np.array([1e3])
    assert (far * transition_over_root(far))[0] == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("kind", [0, 1], ids=["soft", "hard"])
@pytest.mark.parametrize("exterior", [1.25, 1.5, 1.9, 2.0])
@pytest.mark.parametrize("incidence", [0.4, 1.1, 2.9])
def test_field_is_continuous_across_the_boundaries_of_a_conducting_wedge(kind, exterior, incidence):
    s_in, s_out, mirror = 7.0, 11.0, [-1.0, 1.0][kind]
    span = exterior * np.pi
    boundaries = [incidence + np.pi, np.pi - incidence, 2 * span - np.pi - incidence]
    boundaries = [b for b in boundaries if 0.01 < b < span - 0.01]
    assert boundaries
    for boundary in boundaries:
        departure = boundary + np.array([-1e-8, 1e-8])
        geo = geometric(incidence, departure, exterior, s_in, s_out, mirror, spherical)
        spread = np.sqrt(s_in / (s_out * (s_in + s_out)))
        d = coefficients(incidence, departure, exterior, s_in * s_out / (s_in + s_out))
        edge = d[:, kind, kind] * spherical(s_in) * spread * np.exp(-1j * K * s_out)
        assert abs(geo[1] - geo[0]) > 0.9 / (s_in + s_out)  # geometrical optics alone jumps
        total = geo + edge
        assert abs(total[1] - total[0]) < 0.001 / (s_in + s_out)
        assert np.isfinite(coefficients(incidence, boundary, exterior, 4.0)).all()


def test_coefficients_are_finite_everywhere():
    eighth = np.arange(0, 17) * np.pi / 8
    for exterior in (1.001, 1.25, 1.5, 2.0):
        angle = eighth[eighth <= exterior * np.pi]
        d = coefficients(angle[:, None], angle, exterior, 5.0)
        assert np.isfinite(d).all()
        assert np.abs(d).max() < 10


@pytest.mark.parametrize("kind", [0, 1], ids=["soft", "hard"])
@pytest.mark.parametrize("incidence", [0.3, 1.2, 2.5])
def test_half_plane_in_a_plane_wave_is_sommerfelds_exact_solution(kind, incidence):
    distance = 0.3
    departure = np.linspace(0.05, 2 * np.pi - 0.05, 200)
    mirror = [-1.0, 1.0][kind]

    def sommerfeld(angle):
        edge = -np.sqrt(2 * K * distance) * np.cos(angle / 2)
        phase = np.exp(1j * K * distance * np.cos(angle))
        return 0.5 * phase * erfc(np.exp(0.25j * np.pi) * edge)

    exact = sommerfeld(departure - incidence) + mirror * sommerfeld(departure + incidence)
    apart, both = departure - incidence, departure + incidence
    geo = np.where(np.abs(apart) < np.pi, np.exp(1j * K * distance * np.cos(apart)), 0)
    geo = geo + mirror * np.where(both < np.pi, np.exp(1j * K * distance * np.cos(both)), 0)
    d = coefficients(incidence, departure, 2.0, distance)[:, kind, kind]
    total = geo + d * np.exp(-1j * K * distance) / np.sqrt(distance)
    assert np.abs(total - exact).max() < 1e-6


@pytest.mark.parametrize("kind", [0, 1], ids=["soft", "hard"])
@pytest.mark.parametrize("exterior", [1.2, 1.5, 1.8, 2.0])
def test_wedge_in_a_line_sources_field_is_the_exact_series(kind, exterior):
    # Eigenfunctions of the wedge: Balanis, Advanced Engineering Electromagnetics, chapter 13.
    k, s_in, s_out, incidence = 2 * np.pi, 6.0, 4.0, 0.9
    departure = np.linspace(0.1, exterior * np.pi - 0.1, 60)
    m = np.arange(0, 200)
    radial = jv(m / exterior, k * s_out) * hankel2(m / exterior, k * s_in)
    radial = np.where(np.isfinite(radial), radial, 0) * np.where(m == 0, 1, 2) / exterior
    mirror = [-1.0, 1.0][kind]
    # Beyond what Bessel's functions reach, the terms vanish.
    shape = np.cos(np.outer(departure - incidence, m / exterior))
    shape = shape + mirror * np.cos(np.outer(departure + incidence, m / exterior))
    exact = shape @ radial

    def cylindrical(length):
        return hankel2(0, k * length)

    geo = geometric(incidence, departure, exterior, s_in, s_out, mirror, cylindrical)
    d = coefficients(incidence, departure, exterior, s_in * s_out / (s_in + s_out), k)
    edge = d[:, kind, kind] * cylindrical(s_in) * np.exp(-1j * k * s_out) / np.sqrt(s_out)
    size = abs(cylindrical(s_in + s_out))
    assert np.abs(geo + edge - exact).max() < 0.02 * size
    assert np.abs(geo - exact).max() > 0.3 * size


def knife_edge_loss_db(v):
    """ITU-R P.526-15, equation 31."""
    return 6.9 + 20 * np.log10(np.sqrt((v - 0.1) ** 2 + 1) + v - 0.1)


@pytest.mark.parametrize("height", [0.0, 0.05, 0.15, 0.4, 1.0, 2.0])
def test_knife_edge_loses_what_itu_r_p526_says(height):
    # A sheet whose upper edge stands `height` above the line of sight.
    mesh = plate((0, 50, -25), 40, 50, material="metal")
    radar = rig([0.0, 0.0, -height], [0.0, 100.0, -height - 1e-5])
    paths = around(mesh, radar)
    top = paths[(np.abs(paths.aoa[:, 0]) < 1e-3) & (paths.aoa[:, 1] > -1e-6)]
    assert len(top) == 1
    free = WAVE / (4 * np.pi * 100.0)
    loss = -10 * np.log10(top.power[0] / free**2)
    v = height * np.sqrt(2 / WAVE * (1 / 50 + 1 / 50))
    assert loss == pytest.approx(knife_edge_loss_db(v), abs=0.1 if height == 0 else 0.5)
    if height == 0:
        assert loss == pytest.approx(6.02, abs=0.05)


def line_of_sight(radar):
    transmitter = radar.world_from_radar[:3, :3] @ radar.transmitter
    length = np.linalg.norm(transmitter)
    sent = far_field(radar.element, radar.polarization[0], np.eye(3), -radar.transmitter / length)
    heard = far_field(radar.element, radar.polarization[1], np.eye(3), radar.transmitter / length)
    return WAVE / (4 * np.pi * length) * heard @ sent * np.exp(-1j * K * length)


def reflection(radar, point, normal, material):
    """Gain by way of the plane's mirror image, written out as vectors."""
    receiver = radar.position
    transmitter = radar.world_from_radar[:3, :3] @ radar.transmitter + receiver
    image = transmitter - 2 * (transmitter - point) @ normal * normal
    length = np.linalg.norm(receiver - image)
    out = (receiver - image) / length
    way = out - 2 * out @ normal * normal
    across = np.cross(normal, way)
    across /= np.linalg.norm(across)
    te, tm = fresnel(abs(way @ normal), TABLE.permittivity[MATERIAL_ID[material]])
    sent = far_field(radar.element, radar.polarization[0], np.eye(3), way)
    field = te * across * (across @ sent)
    field = field + tm * np.cross(out, across) * (np.cross(way, across) @ sent)
    heard = far_field(radar.element, radar.polarization[1], np.eye(3), -out)
    return WAVE / (4 * np.pi * length) * heard @ field * np.exp(-1j * K * length)


@pytest.mark.parametrize("material", ["metal", "concrete", "glass"])
@pytest.mark.parametrize("polarization", [("V", "V"), ("H", "H"), ("+45", "V"), ("V", "H")])
@pytest.mark.parametrize("boundary", ["shadow", "front", "side"])
def test_field_is_continuous_at_oblique_incidence_on_any_face(material, polarization, boundary):
    # The vertical edge x = -1, y = 9 of a tall box; the ends at different heights.
    mesh = cube((0, 10, 0), 2, material=material)
    mesh = TriMesh(
        mesh.vertices * np.array([1, 1, 8], np.float32),
        mesh.faces, mesh.object_id, mesh.material, mesh.velocity,
    )  # fmt: skip
    edge = np.array([-1.0, 9.0, 0.0])
    transmitter = np.array([1.0 if boundary == "shadow" else -3.0, 4.0, 1.5])
    way = (edge - transmitter) * [1, 1, 0]
    if boundary == "front":
        way *= [1, -1, 1]
    elif boundary == "side":
        transmitter = np.array([-5.0, 6.0, 1.5])
        way = (edge - transmitter) * [-1, 1, 0]
    gains = []
    for side in (-1e-6, 1e-6):
        turned = tilted_frame(0.0, side) @ way
        radar = rig(edge + turned - [0, 0, 2.0], transmitter, polarization)
        paths = around(mesh, radar)
        where = angles((edge - radar.position)[None])[0, 0]
        hit = np.flatnonzero(np.abs(np.angle(np.exp(1j * (paths.aoa[:, 0] - where)))) < 1e-4)
        assert len(hit) == 1
        gains.append(complex(paths.gain[hit[0]]))
    if boundary == "shadow":
        jump = line_of_sight(radar)
    else:
        normal = np.array([0.0, -1.0, 0.0]) if boundary == "front" else np.array([-1.0, 0, 0])
        jump = reflection(radar, edge, normal, material)
    lit, dark = gains if boundary != "side" else gains[::-1]
    assert abs(lit + jump - dark) < 0.01 * max(abs(jump), 1e-3 * WAVE / (4 * np.pi * 10.0))


BOX = cube((1.0, 12.0, 3.0), 4.0)
FAR_END, NEAR_END = np.array([-6.0, 2.0, 4.1]), np.array([7.0, 6.0, 1.3])


@pytest.mark.parametrize("polarization", [("V", "V"), ("H", "+45"), ("V", "H")])
def test_exchanging_transmitter_and_receiver_changes_nothing(polarization):
    one = around(BOX, rig(NEAR_END, FAR_END, polarization))
    other = around(BOX, rig(FAR_END, NEAR_END, polarization[::-1]))
    assert len(one) >= 3
    assert other.gain == pytest.approx(one.gain, rel=1e-4)
    assert other.aoa == pytest.approx(one.aod, abs=1e-5)


def turned(mesh, azimuth):
    matrix = np.eye(4)
    matrix[:3, :3] = tilted_frame(0.0, azimuth)
    return mesh.transformed(matrix)


@pytest.mark.parametrize("azimuth", [0.7, 2.0, -2.9])
def test_turning_world_and_rig_about_the_vertical_changes_nothing(azimuth):
    turn = tilted_frame(0.0, azimuth)
    one = around(BOX, rig(NEAR_END, FAR_END, ("+45", "V"), element="tr38901"))
    other = around(
        turned(BOX, azimuth),
        rig(turn @ NEAR_END, turn @ FAR_END, ("+45", "V"), azimuth, "tr38901"),
    )
    assert len(one) == len(other)
    a, b = np.argsort(one.delay), np.argsort(other.delay)
    assert other.delay[b] == pytest.approx(one.delay[a], rel=1e-6)
    assert other.power[b] == pytest.approx(one.power[a], rel=1e-4)
    assert other.aoa[b] == pytest.approx(one.aoa[a], abs=1e-5)


def test_paths_around_a_box_are_the_shortest_over_their_edges():
    radar = rig(NEAR_END, FAR_END)
    paths = around(BOX, radar)
    edges = wedges(BOX, 1.0)
    lengths = []
    for first, last in edges.ends:

        def over(share, first=first, last=last):
            point = first + share * (last - first)
            return np.linalg.norm(point - FAR_END) + np.linalg.norm(point - NEAR_END)

        best = minimize_scalar(over, bounds=(0, 1), options={"xatol": 1e-10}, method="bounded")
        lengths.append(best.fun if 1e-6 < best.x < 1 - 1e-6 else np.inf)
    found = paths.delay * SPEED_OF_LIGHT
    assert len(paths) >= 3
    assert np.abs(found[:, None] - lengths).min(1).max() < 1e-6
    upright = [i for i, way in enumerate(edges.direction) if abs(way[2]) > 0.9]
    corner = [i for i in upright if np.allclose(edges.ends[i, 0, :2], [3.0, 10.0])]
    assert np.abs(found - lengths[corner[0]]).min() < 1e-6  # the corner that both ends see
    assert (paths.kind == DIFFRACTED).all()
    assert (paths.bounces == 1).all()
    assert (paths.object == 2).all()


def test_monostatic_backscatter_comes_from_the_point_square_to_the_edge():
    place = np.array([-3.0, 0.0, 4.5])
    paths = around(BOX, rig(place, place))
    lengths = paths.delay * SPEED_OF_LIGHT / 2
    expected = np.hypot(2.0, 10.0)  # to the edge x = -1, y = 10
    assert np.abs(lengths - expected).min() < 1e-6
    row = np.argmin(np.abs(lengths - expected))
    assert paths.aoa[row] == pytest.approx([np.arctan2(2.0, 10.0), 0.0], abs=1e-6)
    assert np.isfinite(paths.gain).all()


def test_hidden_edges_give_no_path():
    place = np.array([1.0, 0.0, 3.0])
    mesh = BOX
    lengths = around(mesh, rig(place, place)).delay * SPEED_OF_LIGHT / 2
    assert len(lengths) == 4  # the near face's edges
    assert lengths == pytest.approx(np.hypot(2.0, 10.0))
    screen = plate((1.0, 6.0, 3.0), 4.0, 4.0, object_id=3)
    behind = around(concatenate([mesh, screen]), rig(place, place))
    assert (behind.object == 3).all()
    assert len(behind) == 4


@pytest.mark.parametrize("screened", [0, 1], ids=["transmitter", "receiver"])
def test_either_leg_may_be_blocked(screened):
    sheet = plate((0, 10, 0), 4.0, 40.0)
    ends = np.array([[-8.0, 4.0, 0.5], [-5.0, 16.0, 1.0]])
    radar = rig(ends[1], ends[0])
    free = around(sheet, radar)
    middle = 0.5 * (ends[screened] + [-2.0, 10.0, 0.7])
    screen = plate(middle, 1.0, 1.0, object_id=3)
    blocked = around(concatenate([sheet, screen]), radar)
    assert (free.object == 2).sum() == 2  # the two upright edges
    assert (blocked.object == 2).sum() == 1


def test_an_edge_ends_where_it_ends():
    sheet = plate((0, 10, 0), 4.0, 4.0)
    for height, upright in ((1.99, 2), (2.01, 0)):
        place = np.array([0.0, 0.0, height])
        paths = around(sheet, rig(place, place))
        assert (np.abs(paths.aoa[:, 0]) > 0.1).sum() == upright


def test_elements_and_panels_of_both_ends_count():
    panels = tilted_frame(0.2, -0.4), tilted_frame(0.1, 1.3)
    gains = []
    for element in ("isotropic", "tr38901"):
        radar = replace(
            rig(NEAR_END, FAR_END, element=element), panel=panels[0], transmit_panel=panels[1]
        )
        paths = around(BOX, radar)
        gains.append(paths.gain.astype(complex))
    ends = []
    for panel, angle in zip(panels, (paths.aoa, paths.aod), strict=True):
        way = direction(angle[:, 0].astype(float), angle[:, 1].astype(float))
        ends.append(np.linalg.norm(far_field("tr38901", "V", panel, way), axis=1))
    assert gains[1] == pytest.approx(gains[0] * ends[0] * ends[1], rel=1e-4)
    assert (np.abs(ends[0] / ends[1] - 1) > 0.01).any()


def test_edges_that_stand_on_the_ground_or_go_on_as_another_sheet_give_no_path():
    place = np.array([0.0, 0.0, 5.0])
    box = cube((0.0, 10.0, 1.0), 2.0)
    lengths = around(concatenate([box, ground(1, half=40.0)]), rig(place, place)).delay
    low = np.hypot(9.0, 5.0) * 2 / SPEED_OF_LIGHT
    assert np.abs(lengths - low).min() > 1e-10
    assert np.abs(around(box, rig(place, place)).delay - low).min() < 1e-14
    sheets = [plate((0, 10, 5), 4.0, 4.0), plate((2.5, 10.0005, 5), 3.0, 8.0, object_id=3)]
    paths = around(concatenate(sheets), rig(place, place))
    assert np.abs(paths.delay - 2 * np.hypot(2.0, 10.0) / SPEED_OF_LIGHT).min() < 1e-14  # x = -2
    assert (np.abs(paths.aoa[:, 0] - np.arctan2(2.0, 10.0)) > 1e-3).all()


def test_a_cube_has_twelve_edges_and_a_sheet_four():
    box = wedges(cube((0, 5, 0), 2.0, object_id=7, material="brick"), 0.1)
    assert len(box) == 12
    assert box.exterior == pytest.approx(1.5)
    assert (box.object == 7).all()
    assert (box.material == MATERIAL_ID["brick"]).all()
    out = 0.5 * (box.normal - box.tangent)  # the other face's tangent is minus the normal
    middle = box.ends.mean(1) - [0, 5, 0]
    assert np.einsum("ni,ni->n", out, middle) == pytest.approx(np.ones(12))
    assert np.cross(box.tangent, box.normal) == pytest.approx(box.direction)
    sheet = wedges(plate((0, 5, 0), 2.0, 1.0), 0.1)
    assert len(sheet) == 4
    assert (sheet.exterior == 2.0).all()
    assert np.einsum("ni,ni->n", sheet.tangent, sheet.ends.mean(1) - [0, 5, 0]).max() < 0
    assert len(wedges(plate((0, 5, 0), 2.0, 1.0), 1.5)) == 2


def tessellated(corner, u, v, nu, nv):
    """A flat wall of nu x nv cells, each with vertices of its own."""
    corner, u, v = (np.asarray(x, float) for x in (corner, u, v))
    parts = []
    for i in range(nu):
        for j in range(nv):
            a, b = corner + i / nu * u + j / nv * v, corner + (i + 1) / nu * u + j / nv * v
            parts.append(quad([a, b, b + v / nv, a + v / nv]))
    return concatenate(parts)


def test_edges_of_a_tessellated_wall_count_once():
    wall = tessellated([-2, 8, 0], [4, 0, 0], [0, 0, 3], 7, 5)
    found = wedges(wall, 0.1)
    assert len(found) == 4
    length = np.linalg.norm(found.ends[:, 1] - found.ends[:, 0], axis=1)
    assert sorted(length) == pytest.approx([3, 3, 4, 4])
    # A corner whose second wall has other vertices along it, or the same ones.
    for rows in (1, 3, 5):
        other = tessellated([2, 8, 0], [0, 4, 0], [0, 0, 3], 2, rows)
        found = wedges(concatenate([wall, other]), 0.1)
        assert len(found) == 7
        assert sorted(found.exterior)[:2] == pytest.approx([1.5, 2.0])


def test_flat_and_concave_joints_make_no_wedge():
    flat = concatenate([tessellated([-2, 8, 0], [4, 0, 0], [0, 0, 3], 3, 3),
                        tessellated([2, 8, 0], [4, 0, 0], [0, 0, 3], 2, 3)])  # fmt: skip
    assert len(wedges(flat, 0.1)) == 4
    room = cube((0, 0, 0), 4.0)
    inward = TriMesh(
        room.vertices, room.faces[:, ::-1].copy(), room.object_id, room.material, room.velocity
    )
    assert len(wedges(inward, 0.1)) == 0
    for bend_deg, extra in ((4.0, 0), (6.0, 1)):
        bend = np.radians(bend_deg)
        walls = [tessellated([-2, 8, 0], [2, 0, 0], [0, 0, 3], 1, 1),
                 tessellated([0, 8, 0], [2 * np.cos(bend), 2 * np.sin(bend), 0],
                             [0, 0, 3], 1, 1)]  # fmt: skip
        assert (wedges(concatenate(walls), 0.1).exterior < 2.0).sum() == extra


def test_a_curved_rim_is_no_straight_edge():
    angle = np.linspace(0, np.pi, 721)  # each piece goes on within the tolerance of direction
    rim = np.stack([np.cos(angle), np.zeros(721), np.sin(angle)], 1)
    parts = [quad([a * 0.5, a, b, b * 0.5]) for a, b in pairwise(rim)]
    found = wedges(concatenate(parts), 0.1)
    assert len(found) == 2  # the straight ends


def test_no_edges_no_paths():
    empty = wedges(concatenate([]), 0.1)
    assert len(empty) == 0
    radar = rig(NEAR_END, FAR_END)
    assert len(diffracted(RayScene(ground()), radar, RADIO, TABLE, empty)) == 0


def test_doppler_is_the_rate_at_which_the_path_grows_shorter():
    velocity, spin = np.array([3.0, -7.0, 1.0]), np.array([0.1, -0.2, 0.4])

    def at(time):
        matrix = np.eye(4)
        angle = np.linalg.norm(spin) * time
        axis = spin / np.linalg.norm(spin)
        cross = np.cross(np.eye(3), axis)  # Rodrigues' formula
        matrix[:3, :3] = (
            np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
        )  # fmt: skip
        matrix[:3, 3] = np.array([1.0, 12.0, 3.0]) + time * velocity
        return around(cube((0, 0, 0), 4.0).transformed(matrix, velocity, spin), radar)

    radar = rig(NEAR_END, FAR_END)
    before, now, after = at(-1e-2), at(0.0), at(1e-2)
    assert len(before) == len(now) == len(after) >= 3
    rate = (after.delay - before.delay) * SPEED_OF_LIGHT / 2e-2
    assert now.doppler == pytest.approx(-rate / WAVE, rel=2e-3, abs=1.0)
    assert np.abs(now.doppler).max() > 100
