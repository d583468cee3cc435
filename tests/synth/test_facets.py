from itertools import pairwise

import numpy as np
import pytest

from scenes.mesh import EMPTY_MESH, concatenate
from synth.facets import facets
from synth.rays import RayScene
from tests.synth.bodies import sphere
from tests.worlds import cube, ground, plate, quad


def sheet(n, height):
    """A tessellated sheet over the unit square, z = height(x, y)."""
    edge = np.linspace(0, 1, n + 1)
    parts = []
    for x0, x1 in pairwise(edge):
        for y0, y1 in pairwise(edge):
            corner = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
            parts.append(quad([[x, y, height(x, y)] for x, y in corner]))
    return concatenate(parts)


def test_a_cube_has_six_facets_of_two_triangles():
    found = facets(cube([0, 0, 0], 2.0), 0.0)
    assert len(found.offset) == 6
    assert found.area == pytest.approx(4.0)
    assert (np.bincount(found.mirror) == 2).all()


def test_a_tessellated_wall_is_one_facet_and_a_step_two():
    slope = facets(sheet(8, lambda x, y: 0.3 * x), 0.0)
    assert slope.area == pytest.approx(np.hypot(1, 0.3))
    assert len(slope.offset) == 1
    assert len(facets(sheet(8, lambda x, y: 0.1 * max(x - 0.5, 0)), 0.0).offset) == 2


def test_a_gentle_curve_is_no_facet():
    found = facets(sheet(60, lambda x, y: 0.02 * x * x), 0.0)
    assert found.area.max() < 0.01
    assert len(facets(sphere(0.5, 10, 2), 0.0).offset) == 320


def test_separate_plates_in_one_plane_are_separate():
    found = facets(concatenate([plate([0, 5, 0], 1, 1), plate([3, 5, 0], 1, 1)]), 0.0)
    assert len(found.offset) == 2


def test_a_triangle_without_area_does_no_harm():
    flat = quad([[0, 0, 0], [1, 0, 0], [1, 0, 0], [0, 1, 0]])
    assert np.isfinite(facets(concatenate([flat, ground()]), 0.1).area).all()


def test_mirrors_are_large_facets_with_their_planes():
    mesh = concatenate([ground(), cube([0, 0, 3], 0.2), plate([1, 7, 2], 2.0, 3.0)])
    found = facets(mesh, smallest=1.0)
    assert len(found.offset) == 2
    assert set(found.mirror[2:14]) == {-1}
    assert found.area[2:14] == pytest.approx(0.04, rel=1e-3)
    corner = mesh.vertices[mesh.faces].astype(float)
    for face in (0, 1, 14, 15):
        i = found.mirror[face]
        np.testing.assert_allclose(corner[face] @ found.normal[i], found.offset[i], atol=1e-6)
        assert (corner[face] >= found.low[i] - 1e-6).all()
        assert (corner[face] <= found.high[i] + 1e-6).all()


def test_a_mesh_without_mirrors_and_an_empty_one():
    found = facets(cube([0, 0, 3], 0.2), smallest=1.0)
    assert set(found.mirror) == {-1}
    assert found.area == pytest.approx(0.04, rel=1e-3)
    assert len(facets(EMPTY_MESH, 1.0).area) == 0


def test_what_moves_keeps_its_facets_and_moves_its_mirrors():
    matrix = np.eye(4)
    matrix[:3, 3] = [0, 0, 2]
    body = cube([0, 5, 3], 1.0)
    still = RayScene(ground())
    before = RayScene(ground(), body, shared=still).facets(0.5)
    after = RayScene(ground(), body.transformed(matrix), shared=still).facets(0.5)
    np.testing.assert_array_equal(before.mirror, after.mirror)
    shift = after.offset - before.offset
    assert shift[0] == 0
    np.testing.assert_allclose(shift[1:], 2 * after.normal[1:, 2], atol=1e-6)
