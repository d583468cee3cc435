from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from scenes.cars import CAR_MODELS
from scenes.config import ScenarioConfig
from scenes.layout import sample_sequence
from scenes.materials import MATERIAL_ID, MATERIALS
from scenes.presets import PRESETS
from scenes.sensors import make_camera
from scenes.spec import GROUND_ID
from scenes.things.props import build_prop
from scenes.things.vegetation import tree_variant
from scenes.weather import BECOMES
from synth.labels import solid
from tests.worlds import calm, only

pytest.importorskip("bpy")
from scenes.blender import quiet
from scenes.build import build_stage
from scenes.cars.shell import SLOTS
from scenes.looks.tree import PATTERN

pytestmark = pytest.mark.bpy
CONFIG = calm(ScenarioConfig(scene="parking_lot"))


def spec(seed):
    return sample_sequence(CONFIG, np.random.default_rng(seed))


@pytest.fixture(scope="module")
def stage():
    """Only its triangles may be looked at: another test's build takes its Blender scene away."""
    return build_stage(spec(2))


@pytest.fixture
def shown():
    """As it stands in Blender."""
    return build_stage(spec(2))


def areas(mesh):
    corner = mesh.vertices[mesh.faces].astype(np.float64)
    cross = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    return 0.5 * np.linalg.norm(cross, axis=1)


def test_triangles_are_finite_indexed_and_have_area(stage):
    for mesh in (stage.static_mesh, stage.target.mesh(0.4)):
        assert np.isfinite(mesh.vertices).all()
        assert mesh.faces.min() >= 0 and mesh.faces.max() < len(mesh.vertices)
        assert (areas(mesh) < 1e-10).mean() < 1e-3
        assert mesh.vertices[:, 2].min() > -0.2
        assert mesh.material.max() < len(MATERIALS)


def test_every_object_has_triangles_and_every_triangle_an_object(stage):
    still = {label.id for label in stage.labels} - {stage.target.id}
    assert set(np.unique(stage.static_mesh.object_id)) == still
    assert set(np.unique(stage.target.mesh(0.0).object_id)) == {stage.target.id}
    assert not stage.static_mesh.velocity.any()


def test_the_ground_is_asphalt_with_markings_among_green(stage):
    ground = stage.static_mesh.of_object(GROUND_ID)
    names = {MATERIALS[index].name for index in np.unique(ground.material)}
    assert names == {"asphalt", "marking", "soil"}
    marking = ground.vertices[np.unique(ground.faces[ground.material == MATERIAL_ID["marking"]])]
    assert (marking[:, 2] > 0.002).all() and (marking[:, 2] < 0.006).all()


def test_cars_stand_on_the_ground_within_their_measures(stage):
    for car in spec(2).parked:
        mesh, model = stage.static_mesh.of_object(car.id), CAR_MODELS[car.model]
        rotation = car.pose.world_from_object()[:3, :3]
        local = (mesh.vertices - np.array(car.pose.position)) @ rotation
        assert local[:, 0].max() == pytest.approx(model.length / 2, abs=0.05)
        assert -0.25 < local[:, 0].min() + model.length / 2 < 0.05  # a spare wheel may stand out
        assert abs(local[:, 2].min()) < 0.02


def test_velocity_is_the_difference_of_positions(stage):
    step = 1e-3
    mesh = stage.target.mesh(0.7)
    before, after = stage.target.mesh(0.7 - step), stage.target.mesh(0.7 + step)
    difference = (after.vertices.astype(float) - before.vertices) / (2 * step)
    np.testing.assert_allclose(mesh.velocity, difference, atol=0.02)
    speed = np.linalg.norm(mesh.velocity, axis=1)
    assert speed.max() > 1.8 * spec(2).drive.speed  # the top of a wheel goes twice as fast


def test_where_wheels_touch_the_ground_they_stand_still(stage):
    mesh = stage.target.mesh(0.3)
    lowest = mesh.vertices[:, 2] < mesh.vertices[:, 2].min() + 0.005
    speed = np.linalg.norm(mesh.velocity[lowest], axis=1)
    assert speed.max() < 0.2 * spec(2).drive.speed


def test_every_point_of_the_target_has_a_name_of_its_own_that_moves_with_it(stage):
    """What tells surface points apart must tell the four wheels apart as well."""
    early, late = stage.target.mesh(0.0), stage.target.mesh(1.0)
    np.testing.assert_array_equal(early.body_vertices, late.body_vertices)
    tyre = early.vertices[np.unique(early.faces[early.material == MATERIAL_ID["rubber"]])]
    names = early.body_vertices[np.unique(early.faces[early.material == MATERIAL_ID["rubber"]])]
    assert np.ptp(names, axis=0) == pytest.approx(np.ptp(tyre, axis=0), abs=0.02)


def test_blender_shows_the_target_where_the_triangles_are(shown):
    import bpy

    shown.target.place(1.1)
    bpy.context.view_layer.update()
    parts = []
    for item in shown.target.objects:
        vertices = np.empty((len(item.data.vertices), 3), np.float32)
        item.data.vertices.foreach_get("co", vertices.ravel())
        matrix = np.array(item.matrix_world)
        parts.append(vertices @ matrix[:3, :3].T + matrix[:3, 3])
    np.testing.assert_allclose(np.concatenate(parts), shown.target.mesh(1.1).vertices, atol=1e-4)


def test_blender_shows_what_stands_still_where_the_triangles_are(shown):
    import bpy

    bpy.context.view_layer.update()
    for prop in spec(2).props:
        item = bpy.data.objects[f"{prop.kind}_{prop.id}"]
        vertices = np.empty((len(item.data.vertices), 3), np.float32)
        item.data.vertices.foreach_get("co", vertices.ravel())
        matrix = np.array(item.matrix_world)
        world = vertices @ matrix[:3, :3].T + matrix[:3, 3]
        mesh = shown.static_mesh.of_object(prop.id)
        used = mesh.vertices[np.unique(mesh.faces)]
        np.testing.assert_allclose(world.min(0), used.min(0), atol=1e-3)
        np.testing.assert_allclose(world.max(0), used.max(0), atol=1e-3)


@pytest.mark.parametrize(("scene", "weather"), [("suburban", "snow"), ("canyon", "clear")])
def test_parts_of_a_thing_are_one_object(scene, weather):
    import bpy

    config = only(PRESETS[scene], weather)
    drawn = replace(sample_sequence(config, np.random.default_rng(2)), parked=())
    stage, camera = build_stage(drawn), make_camera(config)
    mesh = stage.static_mesh
    ids = [label.id for label in stage.labels if label.id != stage.target.id]
    assert sorted(set(mesh.object_id.tolist())) == ids  # as often as labels: once
    items = Counter(item.name.split(".")[0] for item in bpy.data.objects)
    houses = [thing for thing in drawn.things if thing.kind == "building"]
    for house in sorted(houses, key=lambda house: house.pose.position[1])[:6]:
        parts = [prop for prop in drawn.props if prop.id == house.id]
        assert items[f"building_{house.id}"] == len(parts) > 1
        points = [build_prop(part).moved(part.pose.position, part.pose.yaw) for part in parts]
        corners = np.concatenate([shape.vertices for shape in points])
        found = solid(mesh.of_object(house.id), stage.yaws[house.id], camera)
        assert found.size[2] == pytest.approx(np.ptp(corners[:, 2]), abs=1e-3)
        (roof,) = [part for part in parts if part.style.endswith(("roof", ":trim"))]
        assert found.centre[2] + found.size[2] / 2 > build_prop(roof).vertices[:, 2].max() - 1e-3
        assert stage.yaws[house.id] == house.pose.yaw


def test_snow_lies_on_roofs_but_not_on_lids():
    config = only(PRESETS["suburban"], "snow")
    drawn = replace(sample_sequence(config, np.random.default_rng(2)), parked=())
    mesh = build_stage(drawn).static_mesh
    snow = [MATERIAL_ID[name] for name in BECOMES["snow"].values()]
    for thing in drawn.things:
        if thing.kind == "cover":
            assert not np.isin(mesh.of_object(thing.id).material, snow).any()
        elif thing.kind == "building":
            assert np.isin(mesh.of_object(thing.id).material, snow).any()


def test_the_scene_has_one_sun_that_shines_from_where_the_stage_says(shown):
    import bpy

    bpy.context.view_layer.update()
    (sun,) = [item for item in bpy.data.objects if item.type == "LIGHT"]
    towards = np.array(sun.matrix_world)[:3, 2]
    np.testing.assert_allclose(towards, shown.light.direction, atol=1e-6)
    assert np.linalg.norm(shown.light.direction) == pytest.approx(1)
    assert sun.data.angle == pytest.approx(shown.light.angle)
    assert np.radians(0.5) < shown.light.angle < np.radians(4)


def test_built_twice_nothing_differs_and_nothing_is_left_over():
    import bpy

    first = build_stage(spec(4))
    counts = len(bpy.data.objects), len(bpy.data.meshes), len(bpy.data.materials)
    build_stage(spec(9))
    second = build_stage(spec(4))
    assert (len(bpy.data.objects), len(bpy.data.meshes), len(bpy.data.materials)) == counts
    for name in ("vertices", "faces", "object_id", "material"):
        np.testing.assert_array_equal(
            getattr(first.static_mesh, name), getattr(second.static_mesh, name)
        )


def test_every_material_is_known_by_its_name(shown):
    import bpy

    for item in bpy.data.objects:
        for slot in item.material_slots:
            assert slot.material["radvis_material"] in MATERIAL_ID


def test_plants_have_other_shapes_in_other_sequences():
    one, other, again = (tree_variant("broad0", seed) for seed in (1, 2, 1))
    assert one.vertices.shape != other.vertices.shape or (one.vertices != other.vertices).any()
    np.testing.assert_array_equal(one.vertices, again.vertices)


@pytest.mark.parametrize(("kind", "lit"), [("clear", False), ("overcast", False), ("fog", True)])
def test_somebody_drives_the_target_with_lamps_on_where_the_weather_asks_for_them(kind, lit):
    import bpy

    spec = sample_sequence(only(PRESETS["parking_lot"], kind), np.random.default_rng(4))
    build_stage(spec)
    body, parked = (bpy.data.objects[f"car_{car.id}"] for car in (spec.target, spec.parked[0]))
    assert body["driver"] == body["front_seats"] and parked["driver"] < -40
    lamp = body.material_slots[SLOTS.index("headlamp")]
    assert (lamp.link == "OBJECT") == lit
    assert parked.material_slots[SLOTS.index("headlamp")].link == "DATA"
    assert body["pattern"] != parked["pattern"]


def picture_of_the_ground(folder, shift):
    """A lawn from above, as the scene's pattern is shifted."""
    import bpy

    scene = bpy.context.scene
    scene[PATTERN] = (shift, 0.0, 0.0)
    scene.render.filepath = str(folder / "lawn.exr")
    with quiet():
        bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(scene.render.filepath, check_existing=False)
    return np.array(image.pixels[:]).reshape(24, 24, -1)[..., :3]


def test_patterns_lie_elsewhere_in_other_sequences(tmp_path):
    import bpy

    spec = sample_sequence(PRESETS["suburban"], np.random.default_rng(4))
    build_stage(spec)
    first = tuple(bpy.context.scene[PATTERN])
    build_stage(replace(spec, weather=replace(spec.weather, seed=spec.weather.seed + 1)))
    assert tuple(bpy.context.scene[PATTERN]) != first
    materials = {item["radvis_material"]: item for item in bpy.data.materials if item.users}
    for item in list(bpy.data.objects):
        bpy.data.objects.remove(item)
    bpy.ops.mesh.primitive_plane_add(size=8.0)
    bpy.context.object.data.materials.append(materials["lawn"])
    bpy.ops.object.camera_add(location=(0, 0, 5))
    scene = bpy.context.scene
    scene.camera = bpy.context.object
    scene.camera.data.type, scene.camera.data.ortho_scale = "ORTHO", 6.0
    scene.render.engine, scene.cycles.samples = "CYCLES", 16
    scene.render.resolution_x = scene.render.resolution_y = 24
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    scene.render.image_settings.file_format = "OPEN_EXR"
    one, again, other = (picture_of_the_ground(tmp_path, shift) for shift in (0.0, 0.0, 50.0))
    np.testing.assert_allclose(again, one)
    assert one.std() > 0.1 * one.mean()  # a pattern is seen
    likeness = np.corrcoef(one.mean(2).ravel(), other.mean(2).ravel())[0, 1]
    assert abs(likeness) < 0.5
