"""Worlds of users' own: tiny Blender files, each made by the test that needs it."""

from dataclasses import replace
from pathlib import Path
from runpy import run_path

import numpy as np
import pytest

from scenes.config import ConfigError, WorldConfig
from scenes.config_io import from_dict
from scenes.light.metering import ALBEDO, GREY, weather_albedo, weather_grey
from scenes.materials import MATERIAL_ID
from scenes.own.names import class_name, material_name, plain, sensor_name, speed_of
from scenes.own.world import blend_hash, sample_own_world
from scenes.presets import own_preset
from scenes.sensors import make_camera
from scenes.spec import GROUND_ID, Weather

pytest.importorskip("bpy")
import bpy

from scenes.build import build_stage
from scenes.layout import sample_world
from scenes.mesh_check import MeshError
from scenes.own.stage import inspect_own_world
from scenes.stage import object_names
from synth.delta import changed, surroundings
from synth.depth import view
from synth.generate import generate
from synth.plan import plan
from synth.preview import preview_frame
from synth.rays import RayScene
from synth.sequence import code_tables, synthesise_sequence
from synth.shards import DatasetError
from synth.validate import validate
from synth.world import build_world, chance_of
from tests.own_files import animate, camera_at, cube, empty, lamp, mesh_object, remove, sheet, thing

pytestmark = pytest.mark.bpy
EXAMPLE = Path(__file__).parents[2] / "examples/make_own_scene.py"
TINY = {
    "camera": {"width": 96, "height": 72, "background_samples": 1, "frame_samples": 1},
    "radio": {"n_ray": 2000, "n_row": 4, "n_col": 4, "n_subcarrier": 512, "max_path": 2000},
    "heatmap": {"n_range": 24, "n_azimuth": 32},
    "lidar": {"n_beam": 16, "n_azimuth": 40},
}


# Shares of weather and light.
NIGHT, DUSK = {"day": 0.0, "night": 1.0}, {"day": 0.0, "dusk": 1.0}
SNOW = {"clear": 0.0, "snow": 1.0, "snow_min": 0.1, "snow_max": 0.1}
RAIN = {"clear": 0.0, "rain": 1.0, "rain_min": 0.1, "rain_max": 0.1}
FOG = {"clear": 0.0, "fog": 1.0}
FEW = 4  # grey levels, by which flakes and drops may change most of a picture


def scenario(file, changes=()):
    """The scenario of a file, as the command resolves it, and its survey."""
    survey = inspect_own_world(str(file))
    values = own_preset(Path(file).stem, str(file), blend_hash(str(file)), survey)
    for section, part in {**TINY, **dict(changes)}.items():
        values[section] = {**values[section], **part} if isinstance(part, dict) else part
    return from_dict(values), survey


def stage_of(file, seed=0, changes=()):
    config, _ = scenario(file, changes)
    return build_stage(sample_world(config, np.random.default_rng(seed)))


@pytest.fixture
def world(tmp_path):
    """An empty file that `world()` saves, with ground, target and camera unless they are taken."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    sheet("Ground", material="Asphalt")
    cube("Target", (0.0, 10.0, 0.5), material="Metal")
    camera_at()

    def save(name="my.blend"):
        path = tmp_path / name
        bpy.ops.wm.save_as_mainfile(filepath=str(path))
        return path

    return save


# Names.


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Concrete", "concrete"), ("concrete.001", "concrete"), ("CAR paint.012", "car_paint"),
        ("Lamp-Glass", "lamp_glass"), ("Concrete rough", None), ("Material", None),
    ],
)  # fmt: skip
def test_a_material_is_known_by_its_name_without_suffix(name, expected):
    assert material_name(name, {}) == expected


def test_properties_go_before_names_and_must_be_known():
    assert material_name("Concrete", {"radvis_material": "brick"}) == "brick"
    assert class_name("ground", {"radvis_class": "wall"}) == "wall"
    assert class_name("Ground.003", {}) == "ground"
    assert class_name("House", {}) == "thing"
    assert sensor_name("x", {"radvis_sensor": "lidar"}) == "lidar"
    assert speed_of("x", {"radvis_speed": 4}) == 4.0
    assert plain(" Wet  Asphalt.001") == "wet_asphalt"
    for function, key, value, hint in (
        (material_name, "radvis_material", "bricks", "did you mean brick"),
        (class_name, "radvis_class", "zzz", "known are ground, car"),
        (sensor_name, "radvis_sensor", "radr", "did you mean radar"),
        (speed_of, "radvis_speed", "fast", "above 0 and up to 60"),
        (speed_of, "radvis_speed", -1.0, "above 0"),
    ):
        with pytest.raises(ConfigError, match=hint):
            function("x", {key: value})


# What a file shows.


def test_objects_are_numbered_by_name_with_their_classes_and_materials(world):
    cube("B wall", (3, 12, 0.5), material="Brick.001")["radvis_class"] = "wall"
    cube("A thing", (-3, 12, 0.5), material="Odd")
    bpy.data.materials["Odd"]["radvis_material"] = "wood"
    stage = stage_of(world())
    assert [(x.id, x.kind, x.name) for x in stage.labels] == [
        (1, "ground", "Ground"), (2, "thing", "A thing"), (3, "wall", "B wall"),
        (4, "thing", "Target"),
    ]  # fmt: skip
    assert stage.target.id == 4
    for object_id, name in ((GROUND_ID, "asphalt"), (2, "wood"), (3, "brick")):
        assert set(stage.static_mesh.of_object(object_id).material) == {MATERIAL_ID[name]}
    assert set(stage.target.mesh(0.0).material) == {MATERIAL_ID["metal"]}
    assert object_names(stage.labels)[3] == "B wall"
    box = stage.static_mesh.of_object(3).vertices
    assert np.allclose([box.min(0), box.max(0)], [[2.5, 11.5, 0], [3.5, 12.5, 1]])


def test_unmapped_materials_are_concrete_and_said_once(world):
    cube("Crate", (3, 12, 0.5), material="Fancy")
    cube("Box", (-3, 12, 0.5))
    path = world()
    (warning,) = scenario(path)[1].warnings
    assert "no radio material is known for (no material), Fancy: they count as concrete" in warning
    stage = stage_of(path)
    boxes = stage.static_mesh.of_object(2), stage.static_mesh.of_object(3)
    assert {int(i) for mesh in boxes for i in mesh.material} == {MATERIAL_ID["concrete"]}


def test_ids_are_the_same_at_every_moment_and_named_beforehand(world):
    animate(thing("Target"), 10.0)
    guest = cube("A guest", (3, 12, 0.5), material="Wood")
    for frame, hidden in ((1, True), (120, True), (121, False)):
        guest.hide_render = hidden
        guest.keyframe_insert("hide_render", frame=frame)
    cube("B hidden", (3, 14, 0.5)).hide_render = True
    lamp("POINT").name = "C lamp"
    empty("D empty", (0, 0, 0))
    inner = bpy.data.collections.new("inner")
    inner.objects.link(cube("Source", (0, 0, 0), material="Brick"))
    bpy.context.scene.collection.objects.unlink(thing("Source"))
    copy = empty("E copy", (-5, 12, 0.5))
    copy.instance_type, copy.instance_collection = "COLLECTION", inner
    path = world()
    config, survey = scenario(path)
    names = {label.id: label.name for label in survey.objects}
    assert names == {1: "Ground", 2: "A guest", 3: "E copy", 4: "Target"}
    shown = []
    for seed in range(8):
        spec = sample_own_world(config, np.random.default_rng(seed))
        stage = build_stage(spec)
        assert {x.id: x.name for x in stage.labels}.items() <= names.items()
        assert stage.target.id == 4
        assert set(stage.static_mesh.object_id) == {x.id for x in stage.labels} - {4}
        shown.append(2 in {x.id for x in stage.labels})
        assert shown[-1] == (round(1 + 24 * spec.start) > 120)
    assert len(set(shown)) == 2


def test_names_that_would_steer_a_terminal_are_made_printable(world):
    cube("a\nb\x1b[31m", (3, 12, 0.5), material="Brick")
    sheet("\u202eevil\x1b[31m").data.vertices[0].co.x = np.nan
    path = world()
    with pytest.raises(MeshError, match=r"^\?evil\?\[31m has 1 vertices"):
        scenario(path)
    bpy.ops.wm.open_mainfile(filepath=str(path))
    remove("\u202eevil\x1b[31m")
    names = [label.name for label in scenario(world())[1].objects]
    assert names == ["Ground", "Target", "a?b?[31m"]


def test_without_a_ground_ids_start_at_two(world):
    thing("Ground").name = "Floor"
    path = world()
    assert "no object is the ground" in scenario(path)[1].warnings[0]
    assert [x.id for x in stage_of(path).labels] == [2, 3]


def test_modifiers_instances_curves_and_mirrored_scales_are_triangles_facing_outward(world):
    array = cube("Row", (5, 10, 0.5), material="Wood").modifiers.new("Array", "ARRAY")
    array.count, array.use_relative_offset = 3, False
    array.use_constant_offset, array.constant_offset_displace = True, (0, 2, 0)
    array.show_viewport = False  # it renders all the same
    inner = bpy.data.collections.new("inner")
    source = cube("Source", (0, 0, 0), material="Brick")
    bpy.context.scene.collection.objects.unlink(source)
    inner.objects.link(source)
    copy = empty("Copy", (-5, 12, 0.5))
    copy.instance_type, copy.instance_collection = "COLLECTION", inner
    copy.scale = (-2.0, 1.0, 1.0)
    curve = bpy.data.curves.new("Pipe", "CURVE")
    curve.dimensions, curve.bevel_depth = "3D", 0.1
    points = curve.splines.new("POLY")
    points.points.add(1)
    points.points[0].co, points.points[1].co = (0, 15, 1, 1), (2, 15, 1, 1)
    pipe = bpy.data.objects.new("Pipe", curve)
    bpy.context.scene.collection.objects.link(pipe)
    hidden = cube("Hidden", (0, 5, 0.5))
    hidden.hide_render = True
    shown = cube("Shown", (0, 6, 0.5), material="Metal")
    shown.hide_viewport = True
    stage = stage_of(world())
    by_name = {x.name: stage.static_mesh.of_object(x.id) for x in stage.labels}
    assert set(by_name) == {"Ground", "Copy", "Pipe", "Row", "Shown", "Target"}
    assert by_name["Row"].n_face == 36
    assert np.ptp(by_name["Copy"].vertices[:, 0]) == pytest.approx(2.0)
    assert set(by_name["Copy"].material) == {MATERIAL_ID["brick"]}
    assert by_name["Pipe"].n_face > 8
    for name in ("Row", "Copy", "Shown"):
        mesh = by_name[name]
        corner = mesh.vertices[mesh.faces] - mesh.vertices.mean(0)
        volume = np.einsum("ij,ij->", corner[:, 0], np.cross(corner[:, 1], corner[:, 2])) / 6
        assert volume > 0.9


def test_slots_of_objects_go_before_those_of_meshes(world):
    crate = cube("Crate", (3, 12, 0.5), material="Wood")
    crate.material_slots[0].link = "OBJECT"
    crate.material_slots[0].material = bpy.data.materials.new("Rubber")
    body = thing("Target")
    body.material_slots[0].link = "OBJECT"
    body.material_slots[0].material = bpy.data.materials.new("Glass")
    stage = stage_of(world())
    assert set(stage.static_mesh.of_object(2).material) == {MATERIAL_ID["rubber"]}
    assert set(stage.target.mesh(0.0).material) == {MATERIAL_ID["glass"]}
    part = stage.target.objects[1]
    assert part.material_slots[0].material.name == "Glass"


def test_open_flat_and_loose_meshes_are_taken_and_bad_numbers_are_named(world):
    mesh_object("Shards", [(0, 0, 0), (1, 0, 0), (2, 0, 0), (0, 1, 0)], [(0, 1, 2), (0, 1, 3)])
    path = world()
    assert stage_of(path).n_dropped == 1
    bpy.ops.wm.open_mainfile(filepath=str(path))
    sheet("Broken").data.vertices[0].co.x = np.nan
    with pytest.raises(MeshError, match=r"^Broken has 1 vertices with positions that are not"):
        scenario(world())


# The target.


def test_a_target_without_animation_drives_along_its_x_axis(world):
    body = thing("Target")
    body.rotation_euler = (0.0, 0.0, np.radians(30))
    body.scale = (4.0, 2.0, 1.0)
    body["radvis_speed"] = 5.0
    empty("Child", (0, 0, 1), parent=body)
    target = stage_of(world()).target
    forward = np.array([np.cos(np.pi / 6), 0.5, 0.0])
    assert np.allclose(target.velocity(1.0), 5.0 * forward, atol=1e-6)
    assert target.yaw(0.3) == pytest.approx(np.pi / 6)
    assert np.allclose(target.pose(0.0)[:3, :3] @ target.pose(0.0)[:3, :3].T, np.eye(3), atol=1e-6)
    mesh = target.mesh(2.0)
    assert np.allclose(mesh.vertices.mean(0), [0, 10, 0.5] + 10.0 * forward, atol=1e-4)
    assert np.ptp(mesh.vertices @ forward) == pytest.approx(4.0, abs=1e-4)


def test_the_speed_is_drawn_if_the_target_says_none(world):
    path = world()
    config, _ = scenario(path)
    speeds = {sample_own_world(config, np.random.default_rng(seed)).speed for seed in range(9)}
    assert len(speeds) == 9
    low, high = config.traffic.speed_min, config.traffic.speed_max
    assert all(low <= speed <= high for speed in speeds)


def test_an_animated_target_follows_its_animation_from_a_moment_of_its_own(world):
    animate(thing("Target"), 10.0)
    path = world()
    config, survey = scenario(path)
    assert survey.seconds == pytest.approx(10.0)
    starts = []
    for seed in range(4):
        spec = sample_own_world(config, np.random.default_rng(seed))
        assert 0 < spec.start < 10.0 - 2.8
        starts.append(spec.start)
        target = build_stage(spec).target
        for time in (0.0, 1.37, 2.8):
            share = (spec.start + time) / 10.0
            assert np.allclose(target.pose(time)[:3, 3], [6 * share, 10, 0.5], atol=1e-4)
            assert target.yaw(time) == pytest.approx(share * np.pi / 2, abs=1e-4)
            assert np.allclose(target.velocity(time), [0.6, 0, 0], atol=1e-4)
            assert np.allclose(target.spin(time), [0, 0, np.pi / 20], atol=1e-4)
    assert len(set(starts)) == 4


def test_a_target_moves_with_its_parents_and_paths(world):
    carrier = empty("Carrier", (0, 0, 0))
    thing("Target").parent = carrier
    animate(carrier, 4.0, to=(8.0, 0.0, 0.0), turn=0.0)
    config, survey = scenario(world())
    assert survey.seconds == pytest.approx(4.0)
    stage = build_stage(sample_own_world(config, np.random.default_rng(0)))
    assert np.allclose(stage.target.velocity(1.0), [2.0, 0.0, 0.0], atol=1e-3)
    stage.target.place(1.0)
    bpy.context.view_layer.update()
    assert np.allclose(
        stage.target.objects[1].matrix_world.translation, stage.target.pose(1.0)[:3, 3], atol=1e-4
    )


def test_an_animation_that_is_too_short_says_how_long_it_has_to_be(world):
    animate(thing("Target"), 2.0)
    config, _ = scenario(world())
    with pytest.raises(ConfigError, match=r"moves for 2.00 s, a sequence .* takes 2.80 s"):
        sample_own_world(config, np.random.default_rng(0))
    quick = replace(config, frame_interval=0.1)
    assert sample_own_world(quick, np.random.default_rng(0)).duration == pytest.approx(1.4)


def test_what_else_moves_stands_still_and_is_named(world):
    animate(cube("Fan", (3, 12, 0.5), material="Metal"), 4.0)
    _, survey = scenario(world())
    assert "these stand still in a sequence: Fan" in survey.warnings[0]
    assert survey.seconds == 0.0


# Sensors.


def test_sensors_stand_and_look_as_in_the_file(world):
    remove("Camera")
    item = camera_at((1.0, -2.0, 6.0), pitch=25.0, heading=40.0)
    item.rotation_euler.rotate_axis("Z", np.radians(-8.0))  # about its own axis
    radar = empty("Eye", (2.0, -2.0, 3.0))
    radar["radvis_sensor"] = "radar"
    radar.rotation_euler = (np.radians(80.0), np.radians(5.0), 0.0)
    path = world()
    config, survey = scenario(path)
    assert "the roll of radar is left out" in survey.warnings[0]
    assert config.camera.fov_deg == pytest.approx(70.0, abs=1e-3)
    assert config.radio.downtilt_deg == pytest.approx(10.0, abs=0.1)
    assert config.rig.height == pytest.approx(3.0)
    assert survey.radar == pytest.approx((2.0, -2.0, 3.0))
    mounts = build_stage(sample_own_world(config, np.random.default_rng(1))).mounts
    assert mounts.lidar == mounts.camera
    assert np.degrees(mounts.radar.heading) == pytest.approx(0.0, abs=1.0)
    camera = make_camera(config, mounts.camera)
    bpy.ops.wm.open_mainfile(filepath=str(path), load_ui=False)
    matrix = np.array(thing("Camera").matrix_world) @ np.diag([1, -1, -1, 1.0])
    assert np.allclose(camera.world_from_camera, matrix, atol=1e-5)


def test_sensors_may_look_straight_down(world):
    thing("Camera").rotation_euler = (0.0, 0.0, np.radians(-30))
    config, _ = scenario(world(), {"radio": {"downtilt_deg": 45.0}})
    mount = build_stage(sample_own_world(config, np.random.default_rng(0))).mounts.camera
    assert np.degrees([mount.pitch, mount.heading]) == pytest.approx([90.0, 30.0], abs=0.1)


def test_sensors_sway_only_if_asked_to(world):
    path = world()
    config, _ = scenario(path)
    spec = sample_own_world(config, np.random.default_rng(0))
    assert (spec.sway.height, spec.sway.heading, spec.sway.pitch, spec.sway.roll) == (0, 0, 0, 0)
    config = replace(config, rig=replace(config.rig, height_jitter=0.2, heading_jitter_deg=3.0))
    spec = sample_own_world(config, np.random.default_rng(0))
    mounts = build_stage(spec).mounts
    assert mounts.camera.height == pytest.approx(5.0 + spec.sway.height)
    assert 0 < abs(mounts.radar.heading) < np.radians(3.0)


# Light.


def test_a_file_without_light_gets_the_usual_sun_and_sky(world):
    bpy.context.scene.world = bpy.data.worlds.new("World")  # as Blender begins
    stage = stage_of(world())
    assert stage.light.sun.any() and not stage.spots
    assert [item.type for item in bpy.context.scene.objects].count("LIGHT") == 1


def test_a_files_own_light_is_kept_and_known(world):
    lamp("SUN", energy=3.0, turn=(np.radians(40), 0.0, 0.0))
    lamp("AREA", (2, 9, 4), energy=50.0)
    bpy.context.scene.world = bpy.data.worlds.new("Sky")
    bpy.context.scene.world.use_nodes = True
    colour = bpy.context.scene.world.node_tree.nodes["Background"].inputs["Color"]
    colour.default_value = (0.2, 0.4, 0.8, 1.0)
    stage = stage_of(world())
    elevated = np.array([0.0, -np.sin(np.radians(40)), np.cos(np.radians(40))])
    assert np.allclose(stage.light.direction, elevated, atol=1e-6)
    assert np.allclose(stage.light.sun, 3.0)
    assert np.allclose(stage.light.sky, [0.2, 0.4, 0.8], atol=1e-3)
    assert np.allclose(stage.light.ambient, [0.2, 0.4, 0.8], atol=1e-3)
    assert len(stage.spots) == 5
    assert bpy.context.scene.world.name == "Sky"


def test_a_sun_in_the_sky_is_found(world):
    made = bpy.data.worlds.new("Sky")
    bpy.context.scene.world = made
    made.use_nodes = True
    sky = made.node_tree.nodes.new("ShaderNodeTexSky")
    sky.sky_type, sky.sun_elevation, sky.sun_rotation = "NISHITA", 0.7, 1.2
    made.node_tree.links.new(sky.outputs[0], made.node_tree.nodes["Background"].inputs["Color"])
    light = stage_of(world()).light
    towards = [np.cos(0.7) * np.sin(1.2), np.cos(0.7) * np.cos(1.2), np.sin(0.7)]
    assert np.degrees(np.arccos(light.direction @ towards)) < 1.0
    assert light.sun.mean() > 3 * light.ambient.mean()
    assert light.sky.max() < 50 * np.median(light.sky)


def test_lamps_of_the_target_ride_with_it(world):
    bulb = lamp("SPOT", (0.5, 0.0, 0.0), energy=80.0, turn=(0.0, np.radians(-90), 0.0))
    bulb.parent = thing("Target")
    stage = stage_of(world())
    (beam,) = stage.target.moving_beams(1.0)
    place = np.array([0.5, 10, 0.5]) + stage.target.velocity(0.0)
    assert np.allclose(beam.place, place, atol=1e-5)
    assert np.allclose(beam.direction, [1, 0, 0], atol=1e-6)
    assert [item.type for item in stage.target.objects] == ["EMPTY", "MESH", "LIGHT"]
    assert not stage.spots


def test_lamps_of_the_target_leave_the_usual_sun_and_sky(world):
    lamp("SPOT", (0.5, 0.0, 0.0), energy=80.0).parent = thing("Target")
    assert stage_of(world()).light.sun.any()


def test_other_lamps_are_all_the_light_there_is(world):
    lamp("POINT", (0, 6, 4))
    path = world()
    stage = stage_of(path, changes={"weather": NIGHT})
    assert not stage.light.sun.any() and not stage.light.sky.any()
    assert stage.grey == GREY  # its own light, whatever it is called
    assert stage_of(path, changes={"weather": FOG}).grey == GREY


def test_weather_changes_no_picture_of_a_file_with_its_own_sun(world):
    remove("Ground")
    remove("Camera")
    sheet("Ground", 60.0)  # near and all over the picture: what little is in the air hides nothing
    camera_at((0, 0, 8), pitch=55.0)
    lamp("SUN", energy=3.0, turn=(np.radians(40), 0.0, 0.0))
    bpy.context.scene.world = bpy.data.worlds.new("Sky")
    bpy.context.scene.world.color = (0.2, 0.4, 0.8)
    path = world()

    def shown(weather):
        config, _ = scenario(path, {"weather": weather, "entries": ["camera"]})
        made, row = preview_frame(config, 0, 0, 3, 4)
        assert (made.stage.grey, made.stage.albedo) == (GREY, ALBEDO)
        return row["camera/image"].astype(int)

    day = shown({})
    assert 60 < day.mean() < 200
    for label in (NIGHT, DUSK):
        np.testing.assert_array_equal(shown(label), day)
    for falling in (SNOW, RAIN):
        apart = np.abs(shown(falling) - day).max(-1)
        assert (apart > FEW).mean() < 0.03


def test_a_file_without_light_is_metered_as_built_in_scenes_are(world):
    path = world()
    for changes, grey in (({}, GREY), (NIGHT, 0.12), (DUSK, 0.2), (SNOW, GREY), (FOG, 0.42)):
        stage = stage_of(path, changes={"weather": changes})
        assert stage.grey == grey and stage.albedo == ALBEDO
    config, _ = scenario(path, {"weather": NIGHT, "entries": ["camera"]})
    assert build_world(config, chance_of(config, 0, 0)).air.grey == 0.12  # what the meter reads
    spec = sample_world(from_dict({"scene": "parking_lot"}), np.random.default_rng(0))
    for weather in (Weather("snow", rate=1.0), Weather("clear", "night"), Weather("rain", rate=2)):
        stage = build_stage(replace(spec, weather=weather))
        assert (stage.grey, stage.albedo) == (weather_grey(weather), weather_albedo(weather))


def test_shadows_of_lamps_are_within_what_is_drawn_again(world):
    lamp("POINT", (0, 6, 4), energy=500.0)
    lamp("SUN", energy=1.0, turn=(0.5, 0.3, 0.0))
    lamp("SUN", energy=0.5, turn=(-0.6, 0.2, 0.0))
    config, _ = scenario(world())
    stage = build_stage(sample_own_world(config, np.random.default_rng(0)))
    camera = make_camera(config, stage.mounts.camera)
    still, moving = RayScene(stage.static_mesh), RayScene(stage.target.mesh(0.0))
    seen = view(still, camera)
    now = view(RayScene(stage.static_mesh, stage.target.mesh(0.0)), camera)
    around = surroundings(still, seen, camera, stage.light, stage.spots)
    change = changed(around, moving, now, stage.target.id).ravel()[around.pixel]
    for spot in stage.spots:
        way = spot.place - around.start
        far = np.linalg.norm(way, axis=1).astype(np.float32)
        dark = moving.occluded(around.start, (way / far[:, None]).astype(np.float32), far)
        assert dark.sum() > 3
        assert change[dark].all()


# Errors.


def error(path, **changes):
    with pytest.raises(ConfigError) as caught:
        scenario(path, **changes)
    bpy.ops.wm.open_mainfile(filepath=str(path))  # to be mended and saved again
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_a_file_has_one_target(world):
    thing("Target").name = "Cube"
    assert "has no target: give one object" in error(world())
    thing("Cube")["radvis_target"] = True
    cube("Target.001", (2, 9, 0.5))
    path = world()
    assert scenario(path)  # what is tagged goes before what is called so
    bpy.ops.wm.open_mainfile(filepath=str(path))
    thing("Target.001")["radvis_target"] = True
    assert "has 2 targets, one is to move: Cube, Target.001" in error(world())


def test_a_target_has_faces_and_is_not_all_there_is(world):
    thing("Target").hide_render = True
    assert "the target 'Target' has no faces that render" in error(world())
    thing("Target").hide_render = False
    remove("Ground")
    assert "nothing but the target has faces" in error(world())


def test_a_file_has_a_camera_and_it_stands_still(world):
    thing("Camera").parent = thing("Target")
    assert "'Camera' rides on the target" in error(world())
    thing("Camera").parent = None
    thing("Camera").data.type = "ORTHO"
    assert "the camera 'Camera' is ortho" in error(world())
    remove("Camera")
    assert "has no camera" in error(world())


def test_a_unit_is_a_metre(world):
    bpy.context.scene.unit_settings.scale_length = 0.01
    assert "a unit scale of 0.01" in error(world())


def test_unknown_properties_are_named(world):
    thing("Ground")["radvis_class"] = "gruond"
    assert "'Ground' has radvis_class = 'gruond', which there is not; did you" in error(world())
    thing("Ground")["radvis_class"] = "ground"
    part = cube("Part", (0, 12, 2))
    part.parent, part["radvis_class"] = thing("Target"), "cra"
    assert "'Part' has radvis_class = 'cra', which there is not; did you" in error(world())
    remove("Part")
    bpy.data.materials["Asphalt"]["radvis_material"] = "tarmac"
    assert "material 'Asphalt' has radvis_material = 'tarmac'" in error(world())


def test_missing_pictures_are_named(world):
    image = bpy.data.images.new("Bricks", 4, 4)
    image.source, image.filepath = "FILE", "//textures/bricks.png"
    image.use_fake_user = True
    assert "pictures are missing: //textures/bricks.png; bring them back" in error(world())


def test_what_is_no_blender_file_is_said(tmp_path):
    (tmp_path / "a.blend").write_text("hello")
    (tmp_path / "b.blend").write_bytes(b"BLENDER-v405" + bytes(100))
    for name, text in (
        ("none.blend", "No such file"), ("a.blend", "is no Blender file"),
    ):  # fmt: skip
        with pytest.raises(ConfigError, match=text):
            blend_hash(str(tmp_path / name))
    with pytest.raises(ConfigError, match=r"b\.blend: Blender cannot open it"):
        inspect_own_world(str(tmp_path / "b.blend"))


def test_configurations_name_a_blend_with_its_content():
    with pytest.raises(ValueError, match="name a Blender file"):
        WorldConfig(file="a.obj", sha256="0" * 64)
    with pytest.raises(ValueError, match="the command fills it in"):
        WorldConfig(file="a.blend")
    with pytest.raises(ValueError, match="belong to a file"):
        WorldConfig(sha256="0" * 64)


# The whole way.


@pytest.fixture(scope="module")
def courtyard(tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "courtyard.blend"
    run_path(str(EXAMPLE))["make"](path)
    return path


def test_the_example_needs_no_warning_and_is_what_its_page_says(courtyard):
    config, survey = scenario(courtyard)
    assert survey.warnings == ()
    assert survey.seconds == pytest.approx(6.0)
    stage = build_stage(sample_own_world(config, np.random.default_rng(3)))
    kinds = {x.name: x.kind for x in stage.labels}
    assert kinds["Forklift"] == "car" and kinds["Container"] == "building"
    speeds = [np.linalg.norm(stage.target.velocity(t)) for t in np.arange(0, 2.8, 0.2)]
    assert 2.0 < min(speeds) and max(speeds) < 6.0


def test_a_sequence_of_ones_own_world_is_a_dataset_like_any_other(courtyard, tmp_path):
    config, _ = scenario(courtyard)
    arrays = synthesise_sequence(config, 0, 0)
    again = synthesise_sequence(config, 0, 0)
    assert arrays.keys() == again.keys()
    for key, value in arrays.items():
        assert value.tobytes() == again[key].tobytes(), key
    target = int(arrays["target/object"][0])
    places = arrays["target/position"]
    assert np.all(np.diff(places[:, 1]) < 0)  # it comes nearer
    assert arrays["target/box"].any(1).all()
    assert (arrays["depth/instance"] == target).any((1, 2)).all()
    assert np.isin([target, 1], arrays["lidar/object"]).all()
    assert np.isfinite(arrays["target/snr"]).all() and arrays["target/snr"].mean() > 0
    step = np.diff(places[:, :2], axis=0) / 0.2
    assert np.allclose(step, arrays["target/velocity"][:-1, :2], atol=0.1)
    pictures = arrays["camera/image"].astype(int)
    moved = np.abs(pictures[14] - pictures[0]).max(-1) > 40
    seen = (arrays["depth/instance"][0] == target) | (arrays["depth/instance"][14] == target)
    assert moved[seen].mean() > 0.3
    made = plan(config, tmp_path / "data", 15, 0, code_tables(), 1)
    generate(made, synthesise_sequence)
    assert validate(tmp_path / "data") == []
    other = replace(config, world=replace(config.world, sha256="0" * 64))
    with pytest.raises(DatasetError, match=r"courtyard\.blend has changed since .* was begun"):
        plan(other, tmp_path / "data", 15, 0, code_tables(), 1)
    with pytest.raises(ConfigError, match="has changed since this run began"):
        synthesise_sequence(other, 0, 0)
