import numpy as np
import pytest

from scenes.mesh import EMPTY_MESH, concatenate
from synth.rays import RayScene
from tests.worlds import cube, ground, plate


def shots(n=4000, seed=1):
    rng = np.random.default_rng(seed)
    way = rng.normal(size=(n, 3))
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    origin = rng.uniform([-3, -3, 2], [3, 3, 6], (n, 3))
    return origin.astype(np.float32), way.astype(np.float32)


def brute_force(mesh, origin, way):
    """Nearest distance by Moeller and Trumbore's test of every ray against every triangle."""
    a, b, c = (mesh.vertices[mesh.faces[:, k]].astype(float) for k in range(3))
    e, g = b - a, c - a
    p = np.cross(way[:, None], g[None])
    det = np.sum(p * e, -1)
    with np.errstate(divide="ignore", invalid="ignore"):
        s = origin[:, None] - a
        u = np.sum(s * p, -1) / det
        q = np.cross(s, e[None])
        v = np.sum(way[:, None] * q, -1) / det
        t = np.sum(g * q, -1) / det
    good = (np.abs(det) > 1e-12) & (u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0)
    return np.where(good, t, np.inf).min(1)


WORLD = [ground(), cube([0, 8, 1], 2.0), cube([-4, 2, 1], 2.0, 3)]


@pytest.mark.parametrize("n_moving", [0, 1, 3])
def test_first_hit_agrees_with_brute_force_however_the_world_is_split(n_moving):
    scene = RayScene(concatenate(WORLD[n_moving:]), concatenate(WORLD[:n_moving]))
    origin, way = shots()
    hits = scene.first_hit(origin, way)
    truth = brute_force(concatenate(WORLD), origin, way)
    assert np.array_equal(hits.face >= 0, np.isfinite(truth))
    met = hits.face >= 0
    np.testing.assert_allclose(hits.distance[met], truth[met], rtol=1e-5)
    weight = np.column_stack([1 - hits.second - hits.third, hits.second, hits.third])[met]
    corner = scene.mesh.vertices[scene.mesh.faces[hits.face[met]]]
    np.testing.assert_allclose(
        np.einsum("nk,nkd->nd", weight, corner),
        origin[met] + hits.distance[met, None] * way[met],
        atol=2e-4,
    )


def test_occluded_agrees_with_the_first_hit():
    scene = RayScene(concatenate(WORLD[:2]), WORLD[2])
    origin, way = shots()
    hits = scene.first_hit(origin, way)
    for reach in (0.5, 3.0, 50.0):
        blocked = scene.occluded(origin, way, np.full(len(origin), reach, np.float32))
        assert np.array_equal(blocked, hits.distance < reach)


def test_a_shared_still_scene_gives_the_same_hits():
    first = RayScene(concatenate(WORLD[:2]), WORLD[2])
    moved = cube([5, 5, 1], 2.0, 3)
    shared = RayScene(concatenate(WORLD[:2]), moved, shared=first)
    fresh = RayScene(concatenate(WORLD[:2]), moved)
    origin, way = shots()
    assert np.array_equal(
        shared.first_hit(origin, way).distance, fresh.first_hit(origin, way).distance
    )


def test_rays_along_an_axis_meet_a_moving_plate():
    scene = RayScene(EMPTY_MESH, plate([0, 5, 0], 1, 1))
    hits = scene.first_hit(np.zeros((1, 3), np.float32), np.array([[0, 1, 0]], np.float32))
    assert hits.distance[0] == pytest.approx(5)


def test_an_empty_world_is_met_by_nothing():
    origin, way = shots(10)
    scene = RayScene(EMPTY_MESH)
    assert (scene.first_hit(origin, way).face == -1).all()
    assert not scene.occluded(origin, way, np.full(10, 1e9, np.float32)).any()
