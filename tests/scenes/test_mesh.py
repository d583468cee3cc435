"""Checks of meshes; trimesh, which knows nothing of ours, gives a second opinion."""

from dataclasses import replace

import numpy as np
import pytest
import trimesh

from scenes.config import ScenarioConfig
from scenes.layout import sample_sequence
from scenes.materials import MATERIALS
from scenes.mesh import EMPTY_MESH, concatenate
from scenes.mesh_check import MeshError, checked, enclosing, require_free
from scenes.things.street import build_lamp
from tests.worlds import calm, cube, ground, inside_out, loose, plate, without_face

NAMES = {1: "ground", 2: "wall_2", 3: "car_3"}
CUBE = cube((5, 5, 1), 2)


def changed(array, index, value):
    array = array.copy()
    array[index] = value
    return array


def moved(mesh, offset):
    return replace(mesh, vertices=(mesh.vertices + np.float32(offset)).astype(np.float32))


@pytest.mark.parametrize("form", [lambda mesh: mesh, loose], ids=["shared", "loose"])
def test_a_closed_cube_passes_as_it_is(form):
    mesh = form(CUBE)
    same, n_dropped = checked(mesh, NAMES, {2})
    assert same is mesh and n_dropped == 0


def test_an_empty_mesh_passes():
    assert checked(EMPTY_MESH, {}, {4})[1] == 0


@pytest.mark.parametrize("form", [lambda mesh: mesh, loose], ids=["shared", "loose"])
def test_an_open_solid_is_named_with_its_open_edges(form):
    mesh = form(without_face(CUBE, 4))
    with pytest.raises(
        MeshError, match="wall_2 is not closed, it has 3 open edges: close"
    ) as error:
        checked(concatenate([ground(), mesh]), NAMES, {2})
    assert "\n" not in str(error.value)
    assert checked(mesh, NAMES)[1] == 0  # nothing said it is solid
    checked(mesh, NAMES, {3})  # not here


def test_each_solid_is_looked_at_by_itself():
    whole, broken = cube((0, 0, 1), 2, object_id=2), without_face(cube((2, 0, 1), 2, 3), 0)
    with pytest.raises(MeshError, match="car_3 is not closed"):
        checked(concatenate([whole, broken]), NAMES, {2, 3})
    # Two objects that share vertices, each lacking what the other has, are both open.
    half = replace(CUBE, object_id=np.repeat(np.array([2, 3], np.uint16), 6))
    with pytest.raises(MeshError, match="wall_2 is not closed"):
        checked(half, NAMES, {2, 3})


def test_a_solid_that_is_inside_out_is_refused():
    with pytest.raises(MeshError, match=r"wall_2 is inside out, its volume is -8 m\^3: turn"):
        checked(inside_out(CUBE), NAMES, {2})
    checked(inside_out(CUBE), NAMES)


def test_a_solid_wound_in_two_senses_is_refused():
    mesh = replace(CUBE, faces=changed(CUBE.faces, 3, CUBE.faces[3, ::-1]))
    for form in (mesh, loose(mesh)):
        with pytest.raises(MeshError, match="wall_2 has faces wound in two senses: turn"):
            checked(form, NAMES, {2})


def test_bodies_of_one_object_may_touch_along_an_edge():
    pair = concatenate([cube((0, 0, 1), 2), cube((2, 2, 1), 2)])
    checked(loose(pair), NAMES, {2})
    checked(pair, NAMES, {2})


def test_a_fin_on_a_solid_opens_it():
    fin = replace(
        CUBE,
        vertices=np.concatenate([CUBE.vertices, [[9, 9, 9]]]).astype(np.float32),
        velocity=np.zeros((9, 3), np.float32),
        faces=np.concatenate([CUBE.faces, [[0, 1, 8]]]).astype(np.int32),
        object_id=np.full(13, 2, np.uint16),
        material=np.full(13, CUBE.material[0]),
    )
    with pytest.raises(MeshError, match="has 3 open edges"):
        checked(fin, NAMES, {2})


def test_triangles_that_collapse_when_vertices_are_welded_open_nothing():
    needle = np.array([[0, 0, 1], [3, 3, 3]], np.int32)
    mesh = loose(
        replace(
            CUBE,
            faces=np.concatenate([CUBE.faces, needle]),
            object_id=np.full(14, 2, np.uint16),
            material=np.full(14, CUBE.material[0]),
        )
    )
    assert checked(mesh, NAMES, {2})[1] == 2


def test_triangles_without_area_are_dropped_and_counted():
    point, line = [0, 0, 0], [4, 4, 5]
    vertices = np.concatenate(
        [CUBE.vertices, np.array([[7, 7, 7], [8, 8, 8], [10, 10, 10]], np.float32)]
    )
    mesh = replace(
        CUBE,
        vertices=vertices,
        velocity=np.zeros_like(vertices),
        faces=np.concatenate([CUBE.faces, np.array([point, line, [8, 9, 10]], np.int32)]),
        object_id=np.full(15, 2, np.uint16),
        material=np.full(15, CUBE.material[0]),
    )
    kept, n_dropped = checked(mesh, NAMES)
    assert n_dropped == 3
    np.testing.assert_array_equal(kept.faces, CUBE.faces)
    assert len(kept.object_id) == len(kept.material) == 12


def test_small_triangles_keep_their_area():
    tiny = moved(cube((0, 0, 0), 1e-4), (0, 0, 0))
    assert checked(tiny, NAMES)[1] == 0


def test_a_triangle_without_area_may_close_a_solid():
    """Corner 8 halves an edge of one of its two faces; only a flat triangle closes the gap."""
    middle = (CUBE.vertices[0] + CUBE.vertices[1]) / 2
    faces = CUBE.faces.tolist()
    faces.remove([0, 3, 1])
    faces += [[0, 3, 8], [8, 3, 1], [0, 8, 1]]
    mesh = replace(
        CUBE,
        vertices=np.concatenate([CUBE.vertices, [middle]]).astype(np.float32),
        velocity=np.zeros((9, 3), np.float32),
        faces=np.array(faces, np.int32),
        object_id=np.full(14, 2, np.uint16),
        material=np.full(14, CUBE.material[0]),
    )
    assert checked(mesh, NAMES, {2})[1] == 1


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize(("field", "what"), [("vertices", "positions"), ("velocity", "velocities")])
def test_what_is_not_finite_is_counted_and_named(field, what, value):
    mesh = replace(CUBE, **{field: changed(getattr(CUBE, field), ([1, 2], [0, 2]), value)})
    with pytest.raises(MeshError, match=f"wall_2 has 2 vertices with {what} that are not finite"):
        checked(concatenate([ground(), mesh]), NAMES)


def test_what_is_not_finite_at_rest_or_in_no_face_is_found():
    rest = changed(CUBE.vertices, (0, 0), np.nan)
    with pytest.raises(MeshError, match="wall_2 has 1 vertices with positions at rest"):
        checked(replace(CUBE, rest=rest), NAMES)
    unused = np.concatenate([CUBE.vertices, np.array([[np.nan, 0, 0]], np.float32)])
    with pytest.raises(MeshError, match="no object, but the mesh, has 1 vertices"):
        checked(replace(CUBE, vertices=unused, velocity=np.zeros_like(unused)), NAMES)


@pytest.mark.parametrize("index", [-1, 8])
def test_faces_that_point_nowhere_are_named(index):
    mesh = replace(CUBE, faces=changed(CUBE.faces, (2, 1), index))
    with pytest.raises(MeshError, match="wall_2 has 1 triangles with vertices outside 0 to 7"):
        checked(mesh, NAMES)


def test_materials_that_are_none_are_named():
    mesh = replace(CUBE, material=changed(CUBE.material, [4, 5], len(MATERIALS)))
    last = len(MATERIALS) - 1
    with pytest.raises(
        MeshError, match=f"wall_2 has 2 triangles with materials outside 0 to {last}:"
    ):
        checked(mesh, NAMES)


def test_an_object_without_a_name_is_called_by_its_number():
    with pytest.raises(MeshError, match="object 2 is not closed"):
        checked(without_face(CUBE, 0), {}, {2})


def test_trimesh_is_of_the_same_opinion():
    rng = np.random.default_rng(0)
    ball = trimesh.creation.icosphere(subdivisions=2, radius=2.0)
    seen = set()
    for _ in range(40):
        faces = np.array(ball.faces, np.int32)
        fault = rng.integers(4)
        if fault == 1:
            faces = np.delete(faces, rng.integers(len(faces), size=3), 0)
        elif fault == 2:
            turned = rng.integers(len(faces), size=3)
            faces[turned] = faces[turned, ::-1]
        elif fault == 3:
            faces = faces[:, ::-1]
        mesh = loose(
            replace(
                CUBE,
                vertices=ball.vertices.astype(np.float32),
                velocity=np.zeros(ball.vertices.shape, np.float32),
                faces=faces,
                object_id=np.full(len(faces), 2, np.uint16),
                material=np.zeros(len(faces), np.uint8),
            )
        )
        other = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
        other.merge_vertices()
        try:
            checked(mesh, NAMES, {2})
            verdict = (True, True, True)
        except MeshError as error:
            closed, wound = "not closed" not in str(error), "two senses" not in str(error)
            verdict = (closed, wound, False)
        seen.add(verdict)
        assert other.is_watertight == verdict[0]
        if verdict[0]:
            assert other.is_winding_consistent == verdict[1]
        if verdict[0] and verdict[1]:
            assert (other.volume > 0) == verdict[2]
    assert len(seen) == 4


WORLD = concatenate([ground(), CUBE])
# A room: a cube of walls, and a hollow in it whose faces look into the hollow.
ROOM = concatenate([cube((0, 0, 5), 10, 3), inside_out(cube((0, 0, 5), 6, 3))])


@pytest.mark.parametrize(
    ("mesh", "point", "inside"),
    [
        (WORLD, (5, 5, 1), 2),
        (WORLD, (5.9, 4.1, 1.9), 2),
        (WORLD, (5, 5, 2.01), None),
        (WORLD, (0, 0, 1e-3), None),
        (WORLD, (0, 0, 6.5), None),
        (WORLD, (0, 0, -1e-3), None),  # a plane is no body, not even from below
        (cube((0, 0, -5), 10, 1), (0, 0, -1), 1),
        (ROOM, (0, 0, 5), None),
        (ROOM, (0, 4, 5), 3),
        (concatenate([WORLD, cube((5, 5, 1), 1, 3)]), (5, 5, 1.7), 2),
        (plate((0, 5, 2), 40, 40), (0, 5.001, 2), None),
        (EMPTY_MESH, (0, 0, 0), None),
    ],
)  # fmt: skip
def test_what_a_point_is_inside_of(mesh, point, inside):
    assert enclosing(mesh, point) == inside


def test_a_building_without_a_floor_has_an_inside():
    floor = (CUBE.vertices[CUBE.faces][:, :, 2] < 0.01).all(1).nonzero()[0]
    mesh = without_face(without_face(CUBE, floor[1]), floor[0])
    assert enclosing(mesh, (5, 5, 1.5)) == 2


def test_enclosing_agrees_with_trimesh_about_many_points():
    ball = trimesh.creation.icosphere(subdivisions=2, radius=1.0)
    mesh = replace(
        CUBE,
        vertices=ball.vertices.astype(np.float32),
        velocity=np.zeros(ball.vertices.shape, np.float32),
        faces=np.array(ball.faces, np.int32),
        object_id=np.full(len(ball.faces), 7, np.uint16),
        material=np.zeros(len(ball.faces), np.uint8),
    )
    for point in np.random.default_rng(1).uniform(-1.2, 1.2, (200, 3)):
        radius = np.linalg.norm(point)
        if not 0.96 < radius < 1.01:
            assert enclosing(mesh, point) == (7 if radius < 1 else None)


def test_somebody_inside_is_told_to_move():
    require_free(WORLD, NAMES, receiver=(0, 0, 6.5), transmitter=(5, 5, 3))
    with pytest.raises(MeshError) as caught:
        require_free(WORLD, NAMES, receiver=(0, 0, 6.5), transmitter=(5, 5.5, 1))
    text = str(caught.value)
    assert "the transmitter at (5, 5.5, 1) m is inside wall_2: move the transmitter" in text
    assert "\n" not in text


def test_only_objects_with_a_name_are_in_the_way():
    require_free(WORLD, {1: "ground"}, receiver=(5, 5, 1))


@pytest.mark.bpy
def test_a_stage_checks_its_models(monkeypatch):
    pytest.importorskip("bpy")
    from scenes import build
    from scenes.stage import SOLID_KINDS, object_names
    from scenes.things.props import BUILDERS
    from scenes.things.shapes import Shape

    spec = sample_sequence(calm(ScenarioConfig(scene="parking_lot")), np.random.default_rng(2))
    built = build.build_stage(spec)
    assert built.n_dropped == 0
    for label in spec.labels:
        if label.kind in SOLID_KINDS and label.id != spec.target.id:
            assert built.static_mesh.of_object(label.id).n_face
    names = object_names(spec.labels)
    assert names[1] == "ground" and names[spec.target.id] == f"car_{spec.target.id}"

    def broken(prop):
        whole = build_lamp(prop)
        return Shape(whole.vertices, whole.faces[1:], whole.material[1:])

    monkeypatch.setitem(BUILDERS, "lamp", broken)
    with pytest.raises(MeshError, match=r"lamp_\d+ is not closed, it has \d+ open edges"):
        build.build_stage(spec)
    monkeypatch.undo()
    extract = build.extract
    monkeypatch.setattr(build, "extract", lambda item: without_face(extract(item), 100))
    with pytest.raises(MeshError, match=r"car_\d+ is not closed, it has 3 open edges"):
        build.build_stage(replace(spec, parked=()))  # the target's own parts
