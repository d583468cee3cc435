"""Specular paths against an independent solver's, against brute force, and against their laws."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scenes.config import SPEED_OF_LIGHT
from scenes.itu import P2040
from scenes.materials import MATERIALS
from scenes.sensors import direction, tilted_frame
from synth.chains import unique_chains
from synth.launch import launch
from synth.paths import KINDS, LINE_OF_SIGHT, SPECULAR
from synth.rays import RayScene
from synth.reflection import surface_table
from synth.sample import NO_MATERIAL
from synth.tracer import trace
from tests.synth.oracle import brute_force
from tests.synth.reference import TOLERANCE, differences, mesh_of, read, set_up, solve

SCENES = sorted((Path(__file__).parents[1] / "reference").glob("*.json"))
KINDS_OF_WALL = {
    "concrete": {"relative_permittivity": 5.24, "conductivity_S_per_m": 0.62605},
    "metal": {"relative_permittivity": 1.0, "conductivity_S_per_m": 1e7},
    "glass": {"relative_permittivity": 6.31, "conductivity_S_per_m": 0.3123},
    "brick": {"relative_permittivity": 3.91, "conductivity_S_per_m": 0.0406},
}


def item(name, material, vertices, faces):
    return {"name": name, "material": material, "vertices": vertices, "faces": faces}


def quad(name, material, corners):
    return item(name, material, corners, [[0, 1, 2], [0, 2, 3]])


def box(name, material, low, high):
    ends = (low, high)
    corners = [
        [float(ends[i][0]), float(ends[j][1]), float(ends[k][2])]
        for k in (0, 1) for j in (0, 1) for i in (0, 1)
    ]  # fmt: skip
    faces = [(0, 2, 3), (0, 3, 1), (4, 5, 7), (4, 7, 6), (0, 1, 5), (0, 5, 4),
             (2, 6, 7), (2, 7, 3), (0, 4, 6), (0, 6, 2), (1, 3, 7), (1, 7, 5)]  # fmt: skip
    return item(name, material, corners, faces)


def scene_of(objects, tx, rx, reflections, polarization="V"):
    return {
        "frequency_hz": 28e9, "tx": list(tx), "rx": list(rx), "polarization": polarization,
        "max_reflections": reflections, "materials": KINDS_OF_WALL, "objects": objects,
    }  # fmt: skip


GROUND = quad("ground", "concrete", [[-50, -50, 0], [50, -50, 0], [50, 50, 0], [-50, 50, 0]])
ROOM = box("room", "concrete", [0, 0, 0], [8, 6, 3])


def wall(name, material, x):
    return quad(name, material, [[x, -60, 0], [x, 60, 0], [x, 60, 15], [x, -60, 15]])


def band(name, material, low, high):
    return quad(name, material, [[-30, 12, low], [30, 12, low], [30, 12, high], [-30, 12, high]])


def turned(scene, angle):
    """The whole scene, turned about the vertical."""
    turn = tilted_frame(0.0, angle)
    return scene | {
        "tx": (turn @ scene["tx"]).tolist(),
        "rx": (turn @ scene["rx"]).tolist(),
        "objects": [
            o | {"vertices": (np.array(o["vertices"]) @ turn.T).tolist()} for o in scene["objects"]
        ],
    }


def boxes(seed):
    rng = np.random.default_rng(seed)
    objects = [GROUND]
    for i, material in enumerate(KINDS_OF_WALL):
        low = np.append(rng.uniform(-15, 10, 2), 0)
        objects.append(box(f"box {i}", material, low, low + rng.uniform(1, 6, 3)))
    tx, rx = rng.uniform([-14, -14, 6.5], [14, 14, 9]), rng.uniform([-14, -14, 6.2], [14, 14, 8])
    return scene_of(objects, tx, rx, 3)


WORLDS = {
    "room": scene_of([ROOM], [2, 1.5, 1.2], [6.3, 4.4, 1.7], 3),
    "symmetric room": scene_of([ROOM], [2, 3, 1.5], [6, 3, 1.5], 3),
    "points on diagonals": scene_of([ROOM], [4, 3, 1.5], [4, 3, 1.0], 2),
    "canyon": scene_of(
        [GROUND, wall("left", "brick", -9), wall("right", "glass", 10)],
        [1, -20, 6], [-2.3, 25, 1.7], 4,
    ),
    "canyon, a point in a seam": scene_of(
        [GROUND, wall("left", "brick", -9), wall("right", "glass", 10)],
        [1, -20, 6], [-2, 25, 1.5], 4,
    ),
    "sheet before the point": scene_of(
        [GROUND,
         quad("sheet", "metal", [[9.98, -3, 0], [9.98, 3, 0], [9.98, 3, 1], [9.98, -3, 1]])],
        [0, 0, 5], [20, 0, 5], 1,
    ),
    "an antenna on the ground": scene_of(
        [GROUND, wall("left", "brick", -9), wall("right", "glass", 10)],
        [1, -20, 0.005], [-2.3, 40, 1.7], 3,
    ),
    "an antenna at a wall": scene_of([ROOM], [0.002, 1.5, 1.2], [6.3, 4.4, 1.7], 2),
    "turned boxes": turned(boxes(7), 0.4),
    "bands of one wall": scene_of(
        [GROUND, band("low", "brick", 0, 3), band("high", "glass", 3, 9),
         band("on", "metal", 1, 2)],
        [0, 0, 4], [6, 2, 1.5], 3,
    ),
    **{f"boxes {seed}": boxes(seed) for seed in range(4)},
}  # fmt: skip


@pytest.mark.parametrize("path", SCENES, ids=lambda path: path.stem)
def test_paths_are_those_of_an_independent_solver(path):
    scene = read(path)
    found = differences(scene, solve(scene))
    for name, value in found.items():
        assert value < TOLERANCE[name.split()[-1]], found


@pytest.mark.parametrize("path", SCENES, ids=lambda path: path.stem)
def test_phases_between_paths_are_those_of_an_independent_solver(path):
    scene = read(path)
    theirs = sorted(scene["paths"], key=lambda item: item["delay_s"])
    gain = np.array([item["gain_re"] + 1j * item["gain_im"] for item in theirs])
    turn = np.angle(gain / solve(scene).gain)
    assert np.ptp(np.unwrap(turn)) < 0.01  # [rad]


def test_the_independent_scenes_are_there():
    assert len(SCENES) >= 3


@pytest.mark.parametrize("world", WORLDS)
def test_no_path_is_lost_and_none_found_twice(world):
    scene = WORLDS[world]
    expected = brute_force(scene)
    paths = solve(scene, n_ray=300_000)
    assert len(paths) == len(expected)
    delay = np.array([length for length, _ in expected]) / SPEED_OF_LIGHT
    np.testing.assert_allclose(paths.delay, delay, atol=TOLERANCE["delay"])
    assert sorted(paths.bounces) == sorted(len(met) for _, met in expected)
    for kind in paths.kind:
        assert KINDS[kind] in ("line of sight", "specular")


def test_the_last_object_met_is_named():
    paths = solve(WORLDS["bands of one wall"])
    expected = brute_force(WORLDS["bands of one wall"])
    assert paths.object.tolist() == [met[-1] if met else 0 for _, met in expected]
    direct = paths[paths.kind == LINE_OF_SIGHT]
    assert direct.material.tolist() == [NO_MATERIAL]


def test_friis():
    paths = solve(scene_of([GROUND], [0, 0, 30], [40, 10, 20], 0))
    distance = np.sqrt(40**2 + 10**2 + 10**2)
    loss = 20 * np.log10(4 * np.pi * distance * 28e9 / SPEED_OF_LIGHT)
    assert len(paths) == 1
    assert -10 * np.log10(paths.power[0]) == pytest.approx(loss, abs=1e-4)
    phase = -2 * np.pi * np.remainder(28e9 * distance / SPEED_OF_LIGHT, 1)
    assert np.exp(1j * np.angle(paths.gain[0])) == pytest.approx(np.exp(1j * phase), abs=1e-4)


def two_ray_db(distance, high, low, polarization):
    """Received over transmitted power [dB] of isotropic ends over smooth concrete, closed form."""
    wave = SPEED_OF_LIGHT / 28e9
    straight, bent = np.hypot(distance, high - low), np.hypot(distance, high + low)
    cosine = (high + low) / bent
    e = 5.24 - 1j * 0.62605 / (2 * np.pi * 28e9 * 8.8541878e-12)
    root = np.sqrt(e - 1 + cosine**2)
    if polarization == "V":
        r = (e * cosine - root) / (e * cosine + root)
    else:
        r = (cosine - root) / (cosine + root)
    field = np.exp(-2j * np.pi * straight / wave) / straight
    field = field + r * np.exp(-2j * np.pi * bent / wave) / bent
    return 20 * np.log10(np.abs(field) * wave / (4 * np.pi))


def received_db(distance, high, low, polarization):
    """The same as radvis has it."""
    scene = scene_of([GROUND], [0, 0, high], [distance, 0, low], 1, polarization)
    return 20 * np.log10(abs(solve(scene, n_ray=50_000).gain.astype(complex).sum()))


@pytest.mark.parametrize("polarization", ["V", "H"])
def test_two_rays_interfere_over_distance(polarization):
    """The received power over distance is the two-ray formula's, every fade of it."""
    for distance in np.linspace(8, 45, 12):
        place = distance, 5.0, 1.5, polarization
        assert received_db(*place) == pytest.approx(two_ray_db(*place), abs=0.05)


@pytest.mark.parametrize("polarization", ["V", "H"])
@pytest.mark.parametrize("world", ["room", "canyon", "boxes 1"])
def test_transmitter_and_receiver_can_be_exchanged(world, polarization):
    scene = WORLDS[world] | {"polarization": polarization}
    there = solve(scene, n_ray=300_000)
    back = solve(scene | {"tx": scene["rx"], "rx": scene["tx"]}, n_ray=300_000)
    np.testing.assert_allclose(there.delay, back.delay, atol=1e-15)
    # Equal delays leave the order open; their sums do not.
    np.testing.assert_allclose(np.sort(there.power), np.sort(back.power), rtol=2e-4, atol=1e-16)


@pytest.mark.parametrize("angle", [0.3, 2.0])
def test_turning_the_whole_world_changes_nothing(angle):
    scene, turn = WORLDS["boxes 2"], tilted_frame(0.0, angle)
    before, after = (solve(s, n_ray=300_000) for s in (scene, turned(scene, angle)))
    np.testing.assert_allclose(after.delay, before.delay, atol=TOLERANCE["delay"])
    np.testing.assert_allclose(after.power, before.power, rtol=1e-3)
    way = direction(*before.aoa.astype(float).T) @ turn.T
    np.testing.assert_allclose(direction(*after.aoa.astype(float).T), way, atol=1e-5)


def test_brewsters_angle_leaves_no_vertical_reflection():
    height = 5.0
    distance = 2 * height * np.sqrt(5.24)
    kinds = {"concrete": {"relative_permittivity": 5.24, "conductivity_S_per_m": 0.0}}
    scene = scene_of([GROUND], [0, 0, height], [distance, 0, height], 1) | {"materials": kinds}
    vertical = solve(scene, n_ray=50_000)
    horizontal = solve(scene | {"polarization": "H"}, n_ray=50_000)
    assert vertical.power[1] < 1e-9 * vertical.power[0]
    assert horizontal.power[1] > 0.3 * horizontal.power[0]


def test_crossed_polarisations_hear_nothing_of_flat_ground():
    scene = scene_of([GROUND], [0, 0, 5], [20, 0, 5], 1)
    paths = trace(*set_up(scene, n_ray=50_000, receive_polarization="H"))
    assert paths.power.max() < 1e-14


@pytest.mark.parametrize("velocity", [(3.0, -2.0, 1.0)])
def test_doppler_of_moving_mirrors_is_the_rate_of_the_length(velocity):
    scene = WORLDS["canyon"] | {"max_reflections": 2}
    world, radar, radio, surfaces, rays = set_up(scene, n_ray=300_000)

    def at(time):
        parts = mesh_of(scene)
        vertices = parts.vertices.copy()
        moving = vertices[:, 0] > 9.5
        moving[:4] = False
        vertices[moving] += np.float32(np.multiply(velocity, time))
        speed = np.where(moving[:, None], np.float32(velocity), np.float32(0))
        mesh = replace(parts, vertices=vertices, velocity=speed)
        paths = trace(RayScene(mesh), radar, radio, surfaces, rays)
        return paths[np.argsort(paths.delay)]

    assert len(world.facets(0.0).offset) == 3
    before, now, after = at(-0.01), at(0.0), at(0.01)
    rate = (after.delay - before.delay) / 0.02
    np.testing.assert_allclose(now.doppler, -rate * radio.carrier_hz, rtol=2e-3, atol=0.5)
    assert (now.doppler != 0).sum() >= 3


def test_a_pane_takes_its_share_of_the_line_of_sight():
    pane = quad("pane", "glass", [[5, -3, 1], [5, 3, 1], [5, 3, 6], [5, -3, 6]])
    scene = scene_of([pane], [0, 0, 4], [9, 0.5, 3], 0)
    world, radar, radio, _, rays = set_up(scene, n_ray=20_000)
    glass = replace(
        MATERIALS[0], dielectric=P2040["glass"], thickness=0.005, scattering=0.0, cross=0.0
    )
    surfaces = surface_table(28e9, (glass,) * 4)
    through = trace(world, radar, radio, surfaces, rays)
    free = solve(scene | {"objects": [GROUND]}, n_ray=20_000)
    assert len(through) == 1
    way = np.array([9, 0.5, -1]) / np.linalg.norm([9, 0.5, -1])
    cosine, e = way[0], surfaces.permittivity[0]
    k = 2 * np.pi * 28e9 / SPEED_OF_LIGHT
    inside = k * np.sqrt(e - 1 + cosine**2)
    # V is nearly TE here: the plane of incidence is nearly level.
    r = (k * cosine - inside) / (k * cosine + inside)
    q = np.exp(-1j * inside * 0.005)
    t = (1 - r**2) * q / (1 - r**2 * q**2) * np.exp(1j * k * cosine * 0.005)
    assert through.gain[0] / free.gain[0] == pytest.approx(t, abs=0.02)
    opaque = trace(world, radar, radio, surface_table(28e9, (replace(glass, thickness=None),) * 4),
                   rays)  # fmt: skip
    assert len(opaque) == 0


@pytest.mark.parametrize(("n_pane", "seen"), [(1, 1), (4, 1), (5, 0)])
def test_up_to_four_panes_are_passed(n_pane, seen):
    panes = [
        quad(f"pane {x}", "glass", [[x, -3, 1], [x, 3, 1], [x, 3, 6], [x, -3, 6]])
        for x in range(2, 2 + n_pane)
    ]
    world, radar, radio, _, rays = set_up(scene_of(panes, [0, 0, 4], [9, 0.5, 3], 0), n_ray=2000)
    glass = replace(MATERIALS[0], dielectric=P2040["glass"], thickness=0.005)
    assert len(trace(world, radar, radio, surface_table(28e9, (glass,) * 4), rays)) == seen


def test_reflections_are_seen_from_behind_a_pane():
    """A pane takes a step of `n_bounce`: with enough of them nothing is lost."""
    pane = quad("pane", "glass", [[-8, -19, 0], [9, -19, 0], [9, -19, 14], [-8, -19, 14]])
    scene = WORLDS["canyon"] | {"max_reflections": 3}
    behind = scene | {"objects": [*scene["objects"], pane]}
    world, radar, radio, _, rays = set_up(behind, n_ray=300_000, n_bounce=6)
    thick = replace(MATERIALS[2], scattering=0.0, roughness=0.0)
    kinds = (thick, thick, replace(thick, dielectric=P2040["glass"], thickness=0.005), thick)
    objects = [o | {"material": "brick"} for o in scene["objects"]]
    free = solve(scene | {"objects": objects}, n_ray=300_000)
    world = RayScene(mesh_of(behind | {"objects": [*objects, pane]}))
    paths = trace(world, radar, radio, surface_table(28e9, kinds), rays)
    through = paths[(paths.kind == SPECULAR) | (paths.kind == LINE_OF_SIGHT)]
    found = np.abs(through.delay[:, None] - free.delay).min(0)
    assert (found < 1e-12).all()


def test_panes_are_passed_on_reflected_legs_too():
    pane = quad("pane", "glass", [[5, -3, 0.1], [5, 3, 0.1], [5, 3, 2], [5, -3, 2]])
    scene = scene_of([GROUND, pane], [0, 0, 4], [9, 0.5, 3], 1)
    world, radar, radio, _, rays = set_up(scene, n_ray=50_000)
    thick = replace(MATERIALS[2], scattering=0.0, roughness=0.0)
    pane = replace(thick, dielectric=P2040["glass"], thickness=0.005)
    surfaces = surface_table(28e9, (thick, thick, pane, thick))
    paths = trace(world, radar, radio, surfaces, rays)
    bare = solve(scene | {"objects": [GROUND]}, n_ray=50_000)
    assert sorted(paths.kind) == [LINE_OF_SIGHT, SPECULAR]
    share = paths.power[paths.kind == SPECULAR] / bare.power[1]
    assert 0.3 < share[0] < 0.95


def test_a_chain_is_kept_once_with_the_sum_of_its_areas():
    rng = np.random.default_rng(0)
    rows = rng.integers(-1, 6, (5000, 4)).astype(np.int32)
    area = rng.random(5000)
    found = unique_chains(rows, area)
    expected, inverse = np.unique(rows, axis=0, return_inverse=True)
    order = np.lexsort(found.mirror.T[::-1])
    np.testing.assert_array_equal(found.mirror[order], expected)
    np.testing.assert_allclose(found.area[order], np.bincount(inverse.ravel(), area))
    assert len(unique_chains(rows[:0], area[:0]).area) == 0


def test_few_rays_are_enough_where_walls_are_large():
    scene = WORLDS["canyon"]
    few, many = solve(scene, n_ray=20_000), solve(scene, n_ray=1_000_000)
    np.testing.assert_allclose(few.delay, many.delay, atol=1e-15)


def test_rays_do_not_decide_what_a_path_carries():
    scene = WORLDS["room"]
    world, radar, radio, surfaces, rays = set_up(scene, n_ray=100_000)
    other = launch(radio, radar, np.random.default_rng(7))
    first, second = (trace(world, radar, radio, surfaces, r) for r in (rays, other))
    np.testing.assert_array_equal(np.sort(first.delay), np.sort(second.delay))
    np.testing.assert_array_equal(np.sort(first.power), np.sort(second.power))
