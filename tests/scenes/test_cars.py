"""Cars: dimensions, closed outward surfaces, materials, budget, sharing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from scenes.build import extract
from scenes.cars import CAR_MODELS, CarObjects, build_car
from scenes.cars.build import caster
from scenes.cars.cage import body_shell
from scenes.cars.lights import headlamp_places, tail_lamp_places
from scenes.cars.looks import LIT_LUMINANCE, paint_material
from scenes.cars.paint import sample_paint
from scenes.cars.shell import SLOTS, rounded_box, signed_volume
from scenes.cars.subdivision import Cage, subdivide
from scenes.cars.wheels import wheel_centres
from scenes.materials import MATERIAL_ID
from scenes.mesh_check import checked
from scenes.spec import Paint
from tests.catalogue import DOCS, SHEETS, page

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
    corners = np.empty(len(mesh.loops), np.int64)
    mesh.loops.foreach_get("vertex_index", corners)
    starts = np.empty(len(mesh.polygons), np.int64)
    mesh.polygons.foreach_get("loop_start", starts)
    following = np.arange(1, len(corners) + 1)
    following[np.append(starts[1:], len(corners)) - 1] = starts
    edges = np.column_stack([corners, corners[following]])
    return vertices.reshape(-1, 3), triangles.reshape(-1, 3), edges


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
    assert 15_000 < n_triangle < 29_000


@pytest.mark.bpy
@pytest.mark.parametrize("name", NAMES)
def test_the_build_accepts_every_car(bpy, name):
    car = build(bpy, name)
    parts = [extract(item) for item in (car.body, *car.wheels)]
    for part in parts:
        labelled = replace(part, object_id=np.full(part.n_face, 2, np.uint16))
        _, n_dropped = checked(labelled, {2: name}, (2,))
        assert n_dropped == 0


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
            and np.abs(part[:, 1]).min() > 0.36 * model.cab.width
            and np.ptp(part[:, 0]) < 0.2
        )
        is_on_roof = model.load is None and part[:, 2].mean() > model.height - 0.09
        is_spare = model.spare_wheel and part[:, 0].min() < -model.nose - 0.03
        if not (is_mirror or is_on_roof or is_spare):
            points.append(part)
    for wheel in car.wheels:
        points.append(arrays(wheel.data)[0] + np.array(wheel.location))
    everything = np.concatenate(points)
    low, high = everything.min(0), everything.max(0)
    np.testing.assert_allclose(
        high - low, [model.length, model.width, model.height], rtol=0, atol=0.025
    )
    np.testing.assert_allclose(low[2], 0.0, atol=1e-3)
    np.testing.assert_allclose((high + low)[:2], 0.0, atol=0.02)


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
def test_lit_lamps_shine_and_stay_lamps_to_the_radio(bpy):
    materials = plain_materials(bpy)
    dark = build_car(CAR_MODELS["suv"], PAINT, "dark", materials)
    lit = build_car(CAR_MODELS["suv"], PAINT, "lit", materials, lit_lux=10.0)
    assert lit.body.data is dark.body.data
    for slot, luminance in LIT_LUMINANCE.items():
        index = SLOTS.index(slot)
        shining = lit.body.material_slots[index].material
        assert shining["radvis_material"] == "lamp_glass"
        assert dark.body.material_slots[index].material != shining
        strength = shining.node_tree.nodes["Principled BSDF"].inputs["Emission Strength"]
        keep = strength.links[0].from_node  # radiance, for the camera only
        assert keep.inputs[2].default_value == 0
        assert keep.inputs[1].default_value == pytest.approx(luminance / 10)
    assert lit.body.material_slots[SLOTS.index("reflector")].link == "DATA"


WHITE = [SLOTS.index(name) for name in ("snow_on_plastic", "snow_on_car_paint")]


@pytest.mark.bpy
def test_snow_lies_on_what_looks_up(bpy):
    materials = plain_materials(bpy)
    bare = build_car(CAR_MODELS["suv"], PAINT, "bare", materials)
    white = build_car(CAR_MODELS["suv"], PAINT, "white", materials, snowy=True)
    up = np.empty(3 * len(white.body.data.polygons), np.float32)
    white.body.data.polygons.foreach_get("normal", up)
    slots = np.empty(len(white.body.data.polygons), np.int32)
    white.body.data.polygons.foreach_get("material_index", slots)
    snow = np.isin(slots, WHITE)
    assert 0.1 < snow.mean() < 0.5
    assert up.reshape(-1, 3)[snow, 2].min() > 0.65
    bare.body.data.polygons.foreach_get("material_index", slots)
    assert not np.isin(slots, WHITE).any()
    for name in ("snow_on_plastic", "snow_on_car_paint"):
        assert white.body.material_slots[name].material["radvis_material"] == name


@pytest.mark.bpy
@pytest.mark.parametrize("name", NAMES)
def test_lamps_are_where_they_are_said_to_be(bpy, name):
    model = CAR_MODELS[name]
    mesh = build(bpy, name).body.data
    vertices, _, _ = arrays(mesh)
    for slot, places, ahead in (
        ("headlamp", headlamp_places(model), 1),
        ("lamp_red", tail_lamp_places(model), -1),
    ):
        faces = [p for p in mesh.polygons if p.material_index == SLOTS.index(slot)]
        centres = np.array([vertices[list(p.vertices)].mean(0) for p in faces])
        assert places.shape == (2, 3)
        assert places[0, 1] > 0 > places[1, 1]
        assert (ahead * places[:, 0] > 0.3 * model.length).all()
        for place in places:
            assert np.linalg.norm(centres - place, axis=1).min() < 0.06


@pytest.mark.bpy
@pytest.mark.parametrize("name", NAMES)
def test_left_and_right_are_alike(bpy, name):
    vertices = arrays(build(bpy, name).body.data)[0]
    # Number plates read one way only.
    distance = KDTree(vertices).query(vertices * [1, -1, 1])[0]
    assert (distance > 1e-3).mean() < 0.04


@pytest.mark.bpy
def test_walls_do_not_fold_over_at_the_arches(bpy):
    """Seen from the side, faces that look away are next to none."""
    for name in NAMES:
        model = CAR_MODELS[name].cab
        body = body_shell(model)
        across, up = np.meshgrid(
            np.arange(-model.nose, model.nose, 0.04),
            np.arange(model.sill + 0.03, model.belt_front, 0.03),
        )
        if model.bed == "open":
            up = up * 0.9
        start = np.column_stack([across.ravel(), np.full(across.size, 3.0), up.ravel()])
        hit, normal, met = caster(body)(start, np.tile([0.0, -1.0, 0.0], (len(start), 1)))
        near = met & (hit[:, 1] > 0)
        assert (normal[near, 1] < -0.05).mean() < 0.004, name


@pytest.mark.parametrize("name", NAMES)
def test_wheels_stand_inside_their_arches(name):
    model = CAR_MODELS[name]
    centres = wheel_centres(model)
    assert model.arch_radius > model.wheel_radius + 0.04
    widths = np.repeat([model.wheel_width, model.rear_width], 2)
    outer = np.abs(centres[:, 1]) + widths / 2
    assert (outer < model.cab.width / 2 + model.flare).all()
    assert (outer > model.cab.width / 2 - 0.16).all()
    assert model.front_overhang - model.nose_bow > 1.02 * model.arch_radius
    rear = model.length - model.front_overhang - model.wheelbase
    assert rear - model.tail_bow > model.arch_radius - 0.01
    assert model.wheelbase > 2.5 * model.arch_radius


# Least and greatest length, width and height [m] of each style, from public data sheets of the
# classes.
BOUNDS = {
    "hatch": ((2.5, 4.5), (1.45, 1.85), (1.38, 1.80)),
    "saloon": ((4.2, 5.3), (1.65, 1.95), (1.37, 1.52)),
    "estate": ((4.4, 5.0), (1.75, 1.95), (1.38, 1.60)),
    "coupe": ((3.9, 4.9), (1.70, 2.00), (1.12, 1.42)),
    "suv": ((3.6, 5.2), (1.60, 2.05), (1.50, 1.95)),
    "offroad": ((3.4, 5.1), (1.60, 2.02), (1.65, 2.00)),
    "mpv": ((4.2, 5.3), (1.70, 2.02), (1.58, 1.95)),
    "pickup": ((5.0, 6.0), (1.75, 2.10), (1.70, 2.02)),
    "van": ((3.3, 6.1), (1.45, 2.10), (1.75, 2.80)),
    "minibus": ((5.0, 6.5), (1.90, 2.15), (1.90, 2.85)),
    "box_truck": ((5.0, 6.5), (2.00, 2.20), (2.60, 3.00)),
    "flatbed": ((3.3, 6.5), (1.45, 2.20), (1.70, 2.40)),
}


def test_there_are_fifty_models_of_plausible_size():
    assert len(CAR_MODELS) == 50
    assert {model.style for model in CAR_MODELS.values()} == set(BOUNDS)
    for name, model in CAR_MODELS.items():
        for value, (low, high) in zip(
            (model.length, model.width, model.height), BOUNDS[model.style], strict=True
        ):
            assert low <= value <= high, name
        assert 0.55 < model.wheelbase / model.length < 0.74, name
        assert 0.8 < model.track / model.width < 0.93 or model.load is not None, name
        assert 0.10 < model.clearance < 0.31, name
        assert 0.26 < model.wheel_radius < 0.42, name


def silhouette(bpy, name, cell=0.02):
    """Cells (n_z, n_x) of the plane y = 0 that the car covers seen from the side."""
    car = build(bpy, name)
    image = np.zeros((160, 340), bool)
    for item in (car.body, car.wheels[0], car.wheels[2]):
        vertices, triangles, _ = arrays(item.data)
        corner = (vertices + np.array(item.location))[triangles][..., [0, 2]]
        share = np.array([(i, j, 8 - i - j) for i in range(9) for j in range(9 - i)]) / 8
        points = (share @ corner).reshape(-1, 2) + np.array([3.4, 0.0])
        column, row = np.floor(points / cell).astype(int).T
        image[row.clip(0, 159), column.clip(0, 339)] = True
    return image


@pytest.mark.bpy
def test_no_two_silhouettes_are_alike(bpy):
    images = {}
    for name in NAMES:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        images[name] = silhouette(bpy, name)
    flat = np.array([image.ravel() for image in images.values()], np.float64)
    both = flat @ flat.T
    area = flat.sum(1)
    overlap = both / (area[:, None] + area - both) - np.eye(len(flat))
    worst = np.unravel_index(overlap.argmax(), overlap.shape)
    assert overlap.max() < 0.94, [NAMES[k] for k in worst]


def test_companies_buy_white():
    rng = np.random.default_rng(0)
    paints = [sample_paint(rng, "van_high") for _ in range(400)]
    assert np.mean([min(p.colour) > 0.55 for p in paints]) == pytest.approx(0.66, abs=0.07)
    cars = [sample_paint(rng, "saloon") for _ in range(400)]
    assert np.mean([min(p.colour) > 0.55 for p in cars]) == pytest.approx(0.26, abs=0.07)
    for paint in paints + cars:
        assert all(0 <= value <= 1 for value in (paint.metallic, paint.pearl, paint.dirt))
        assert all(0 < c <= 0.85 for c in paint.colour)
        assert paint.metallic > 0 or paint.pearl == 0
    assert 0.05 < np.mean([p.pearl > 0 for p in cars]) < 0.25
    again = sample_paint(np.random.default_rng(3), "van")
    assert again == sample_paint(np.random.default_rng(3), "van")


@pytest.mark.bpy
def test_pearl_and_dirt_are_one_shader(bpy):
    plain = paint_material(Paint((0.1, 0.1, 0.5), 0.8, 0.3))
    assert len(plain.node_tree.nodes) == 2
    rich = paint_material(Paint((0.1, 0.1, 0.5), 0.8, 0.3, pearl=0.7, dirt=0.5))
    kinds = [node.type for node in rich.node_tree.nodes]
    assert [kind for kind in kinds if kind.startswith("BSDF")] == ["BSDF_PRINCIPLED"]
    assert rich["radvis_material"] == "car_paint"
    shader = rich.node_tree.nodes["Principled BSDF"]
    assert all(shader.inputs[name].is_linked for name in ("Base Color", "Roughness", "Coat Weight"))


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


def test_the_catalogue_tells_of_the_models_there_are():
    assert (DOCS / "cars.md").read_text() == page()
    for sheet in SHEETS:
        assert (DOCS / "cars" / f"{sheet}.jpg").exists()
