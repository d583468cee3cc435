"""Cars: dimensions, closed outward surfaces, materials, budget, sharing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from scenes.car_shell import SLOTS, rounded_box, signed_volume
from scenes.car_subdivision import Cage, subdivide
from scenes.car_wheels import wheel_centres
from scenes.cars import CAR_MODELS, CarObjects, build_car
from scenes.materials import MATERIAL_ID
from scenes.spec import Paint

PAINT = Paint(colour=(0.4, 0.05, 0.05), metallic=0.5, roughness=0.35)
NAMES = sorted(CAR_MODELS)


@pytest.fixture
def bpy():
    module = pytest.importorskip("bpy")
    module.ops.wm.read_factory_settings(use_empty=True)
    return module


def plain_materials(bpy):
    materials = {}
    for name in MATERIAL_ID:
        material = bpy.data.materials.new(name)
        material["radvis_material"] = name
        materials[name] = material
    return materials


def build(bpy: Any, name: str) -> CarObjects:
    return build_car(CAR_MODELS[name], PAINT, name, plain_materials(bpy))


def arrays(mesh):
    """Vertices (n, 3), triangles (m, 3), and the polygons' directed edges (k, 2)."""
    vertices = np.empty(3 * len(mesh.vertices))
    mesh.vertices.foreach_get("co", vertices)
    mesh.calc_loop_triangles()
    triangles = np.empty(3 * len(mesh.loop_triangles), np.int64)
    mesh.loop_triangles.foreach_get("vertices", triangles)
    edges = []
    for polygon in mesh.polygons:
        corners = np.array(polygon.vertices)
        edges.append(np.column_stack([corners, np.roll(corners, -1)]))
    return vertices.reshape(-1, 3), triangles.reshape(-1, 3), np.concatenate(edges)


def shells_of(n_vertex, edges):
    graph = coo_matrix((np.ones(len(edges)), edges.T), shape=(n_vertex, n_vertex))
    return connected_components(graph, directed=False)


@pytest.mark.bpy
@pytest.mark.parametrize("name", NAMES)
def test_car_is_closed_outward_and_within_budget(bpy, name):
    car = build(bpy, name)
    n_triangle = 0
    for mesh in {o.data for o in (car.body, *car.wheels)}:
        vertices, triangles, edges = arrays(mesh)
        assert np.isfinite(vertices).all()
        directed = edges[:, 0] * len(vertices) + edges[:, 1]
        reverse = edges[:, 1] * len(vertices) + edges[:, 0]
        assert len(np.unique(directed)) == len(directed)
        assert np.array_equal(np.sort(directed), np.sort(reverse))
        corner = vertices[triangles]
        area = np.linalg.norm(
            np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1
        )
        assert (area > 1e-10).all()
        n_shell, shell = shells_of(len(vertices), edges)
        of_face = shell[triangles[:, 0]]
        volume = np.bincount(
            of_face,
            np.einsum("ij,ij->i", corner[:, 0], np.cross(corner[:, 1], corner[:, 2])) / 6,
            minlength=n_shell,
        )
        assert (volume > 0).all()
    for item in (car.body, *car.wheels):
        item.data.calc_loop_triangles()
        n_triangle += len(item.data.loop_triangles)
    assert 15_000 < n_triangle < 27_000


@pytest.mark.bpy
@pytest.mark.parametrize("name", NAMES)
def test_car_has_its_dimensions(bpy, name):
    model = CAR_MODELS[name]
    car = build(bpy, name)
    body, _, edges = arrays(car.body.data)
    n_shell, shell = shells_of(len(body), edges)
    points = []
    for k in range(n_shell):
        part = body[shell == k]
        is_mirror = (
            part[:, 2].mean() > model.belt_front - 0.03
            and np.abs(part[:, 1]).min() > 0.36 * model.width
            and np.ptp(part[:, 0]) < 0.2
        )
        is_on_roof = part[:, 2].mean() > model.height - 0.06
        if not (is_mirror or is_on_roof):
            points.append(part)
    for wheel in car.wheels:
        points.append(arrays(wheel.data)[0] + np.array(wheel.location))
    everything = np.concatenate(points)
    low, high = everything.min(0), everything.max(0)
    np.testing.assert_allclose(
        high - low, [model.length, model.width, model.height], rtol=0, atol=0.02
    )
    np.testing.assert_allclose(low[2], 0.0, atol=1e-3)
    np.testing.assert_allclose((high + low)[:2], 0.0, atol=0.01)


@pytest.mark.bpy
def test_wheels_turn_about_the_axles(bpy):
    model = CAR_MODELS["hatch"]
    car = build(bpy, "hatch")
    for wheel, centre in zip(car.wheels, wheel_centres(model), strict=True):
        assert wheel.parent is car.body
        np.testing.assert_allclose(wheel.location, centre, atol=1e-6)
        vertices = arrays(wheel.data)[0]
        radius = np.hypot(vertices[:, 0], vertices[:, 2]).max()
        assert radius == pytest.approx(model.wheel_radius, abs=1e-5)
    front_left, front_right, rear_left, _ = (np.array(w.location) for w in car.wheels)
    assert front_left[0] > rear_left[0]
    assert front_left[1] > 0 > front_right[1]


@pytest.mark.bpy
def test_materials_are_known_and_paint_is_the_cars_own(bpy):
    materials = plain_materials(bpy)
    first = build_car(CAR_MODELS["saloon"], PAINT, "first", materials)
    other = Paint(colour=(0.1, 0.1, 0.5), metallic=0.0, roughness=0.4)
    second = build_car(CAR_MODELS["saloon"], other, "second", materials)
    assert first.body.data is second.body.data
    assert first.wheels[0].data is second.wheels[2].data
    paint = SLOTS.index("car_paint")
    assert first.body.material_slots[paint].material != second.body.material_slots[paint].material
    for item in (first.body, *first.wheels, second.body):
        assert not item.modifiers
        used = {polygon.material_index for polygon in item.data.polygons}
        for index in used:
            assert item.material_slots[index].material["radvis_material"] in MATERIAL_ID


@pytest.mark.bpy
def test_same_model_gives_the_same_vertices(bpy):
    first = arrays(build(bpy, "suv").body.data)[0]
    bpy.ops.wm.read_factory_settings(use_empty=True)
    np.testing.assert_array_equal(first, arrays(build(bpy, "suv").body.data)[0])


def test_subdivided_cube_stays_closed_and_keeps_fixed_corners():
    box = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], np.float64)
    faces = np.array(
        [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    )
    no_edges = np.zeros((0, 2), np.int64)
    cube = Cage(box, faces, no_edges, np.zeros(0), np.array([7]))
    fine = subdivide(cube, n_level=2, n_fit=0)
    assert fine.faces.shape == (6 * 16, 4)
    np.testing.assert_array_equal(fine.vertices[7], [1, 1, 1])
    assert 0.3 < signed_volume(fine.vertices, fine.faces) < 1
    # One step on a cube: a vertex goes to (F + 2 R + (n - 3) P) / n with n = 3.
    once = subdivide(cube, n_level=1, n_fit=0)
    np.testing.assert_allclose(once.vertices[0], np.full(3, (1 / 3 + 2 / 6) / 3))


def test_rounded_box_fills_its_size():
    part = rounded_box((0.2, 0.1, 0.3), "plastic")
    np.testing.assert_allclose(np.ptp(part.vertices, axis=0), (0.2, 0.1, 0.3), rtol=0.05)
    assert signed_volume(part.vertices, part.faces) > 0
