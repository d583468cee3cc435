"""Lamps: what their records say, and in Blender, rendered, that they give that light."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from scenes.layout import sample_sequence
from scenes.light.lamps import (
    STREET_COLOUR,
    STREET_CONE,
    Glass,
    Spot,
    dipped_beam,
    lit_glass,
    street_spots,
)
from scenes.own.light import Lamp, spots
from scenes.presets import preset
from scenes.spec import Mount, Pose, Weather

# UN Regulation 112, 01 series, paragraph 6.2.4, class A, traffic on the right: degrees to the right
# and up, least and most [cd]. III is where that zone begins, IV one corner of its own.
REGULATION = {
    "B50L": (-3.43, 0.57, 0, 350),
    "BR": (2.5, 1.0, 0, 1750),
    "III": (0.0, 0.0, 0, 625),
    "75L": (-3.43, -0.57, 0, 10_600),
    "75R": (1.15, -0.57, 5_100, np.inf),
    "50L": (-3.43, -0.86, 0, 13_200),
    "50R": (1.72, -0.86, 5_100, np.inf),
    "25L": (-9.0, -1.72, 1_250, np.inf),
    "25R": (9.0, -1.72, 1_250, np.inf),
    "IV": (2.25, -1.72, 1_700, np.inf),
}


def car_way(right, up):
    """Directions in a car's frame, from degrees to the right and up."""
    right, up = np.radians(right), np.radians(up)
    return np.stack(np.broadcast_arrays(
        np.cos(right) * np.cos(up), -np.sin(right) * np.cos(up), np.sin(up)
    ), -1)  # fmt: skip


@pytest.mark.parametrize("point", REGULATION)
def test_a_headlight_is_as_bright_as_the_regulation_asks(point):
    right, up, least, most = REGULATION[point]
    assert least <= dipped_beam(np.zeros(3), 1.0).towards(car_way(right, up)) <= most


def test_a_headlight_has_the_flux_of_one_and_blinds_nobody():
    beam = dipped_beam(np.zeros(3), 10.0)
    assert 500 < 10 * beam.flux < 1000  # [lm]
    assert beam.intensity < 2 * beam.towards(car_way(1.72, -0.86))  # zone I, by 50R
    right, up = np.meshgrid(np.arange(-90, 91, 3), np.arange(0.2, 90, 0.5))
    assert beam.towards(car_way(right, up)).max() == 0
    assert beam.towards(car_way(0.0, -1.8)) == pytest.approx(beam.intensity, rel=1e-6)


@pytest.mark.parametrize("height", (0.45, 0.7, 1.0))
@pytest.mark.parametrize("aside", (0.0, 1.0, 2.0))
def test_the_road_is_the_darker_the_further_from_the_bumper(height, aside):
    """Ahead, and along lines beside the car's way from where the beam meets them."""
    beam = dipped_beam(np.array([0, 0, height]), 1.0)
    ahead = np.arange(3.5 * height + 3 * aside, 60, 0.1)
    way = np.stack([ahead, 0 * ahead + aside, 0 * ahead], -1) - beam.place
    lux = beam.towards(way) * height / np.linalg.norm(way, axis=1) ** 3
    assert (np.diff(lux) < 0).all() and lux[-1] > 0
    if aside == 0:
        near, middle = np.interp([4 * height, 15], ahead, lux)
        # 500 to 2,000 cd at 14 degrees: no pool of light before the bumper.
        assert 8 < near < 60 and 1.5 < middle < 8


def test_a_spot_that_moves_shines_where_it_is_turned_to():
    pose = Pose((3.0, -2.0, 0.5), 1.1).world_from_object()
    way = np.random.default_rng(0).normal(size=(50, 3))
    for lamp in (
        dipped_beam(np.array([1.0, 0.6, 0.7]), 10.0),
        Spot(np.ones(3), np.array([0.6, 0, -0.8]), 5.0, 1.0, 0.1, (1, 1, 1)),
    ):
        moved = lamp.moved(pose)
        assert moved.towards(way @ pose[:3, :3].T) == pytest.approx(lamp.towards(way), abs=1e-9)
        assert moved.place == pytest.approx(pose[:3, :3] @ lamp.place + pose[:3, 3])


def test_an_uneven_size_squeezes_the_cone_of_a_users_spot():
    size = np.diag([2.0, 1.0, 1.0, 1.0])
    data = SimpleNamespace(spot_blend=0.5)
    lamp = Lamp(None, data, "SPOT", np.full(3, 4 * np.pi), 0.8, np.zeros(2), size)
    (spot,) = spots([lamp])
    for slope in (0.0, 0.2, 0.35, 0.5):
        wide, narrow = spot.towards(np.array([[2 * slope, 0, -1], [0, slope, -1]]))
        assert wide == pytest.approx(narrow)
        assert (narrow > 0) == (np.arctan(slope) < 0.4)
    assert spot.towards(np.array([0, 0, -1.0])) == pytest.approx(1.0)


def test_the_lamp_of_the_sensors_post_hangs_over_them():
    drawn = sample_sequence(preset("canyon"), np.random.default_rng(0))
    mount = Mount(5.0, np.pi / 2, 0.1, 0.0, 3.0, -2.0)
    spec = replace(drawn, mount=mount, weather=Weather(light="night"))
    assert street_spots(spec, 10.0)[0].place == pytest.approx([3.9, -2.0, 6.5])


@pytest.fixture
def ground(tmp_path):
    """A white plane seen from 4 m above through a square of 4 m; renders its radiance, a line."""
    bpy = pytest.importorskip("bpy")
    from scenes.blender import quiet
    from scenes.looks.asphalt_picture import AsphaltPicture
    from scenes.looks.looks import make_materials
    from scenes.spec import Tints

    bpy.ops.wm.read_factory_settings(use_empty=True)
    blank = np.ones((2, 2), np.float32)
    picture = AsphaltPicture(blank, blank, blank, 0, 1, 0, 1)
    materials = make_materials(Tints(1.0, (1, 1, 1), (1, 1, 1)), picture, lux=10.0)
    scene = bpy.context.scene

    def plate(name, z, half, material):
        mesh = bpy.data.meshes.new(name)
        corners = [(-half, -half, z), (half, -half, z), (half, half, z), (-half, half, z)]
        mesh.from_pydata(corners, [], [(0, 1, 2, 3)])
        mesh.materials.append(material)
        scene.collection.objects.link(bpy.data.objects.new(name, mesh))

    white = bpy.data.materials.new("white")
    white.use_nodes = True
    tree = white.node_tree
    tree.nodes.remove(tree.nodes["Principled BSDF"])
    dull = tree.nodes.new("ShaderNodeBsdfDiffuse")
    dull.inputs[0].default_value = (1, 1, 1, 1)
    tree.links.new(dull.outputs[0], tree.nodes["Material Output"].inputs[0])
    plate("ground", 0.0, 20.0, white)
    lens = bpy.data.cameras.new("eye")
    lens.type, lens.ortho_scale = "ORTHO", 4.0
    eye = bpy.data.objects.new("eye", lens)
    eye.location = (0, 0, 4.0)
    scene.collection.objects.link(eye)
    scene.camera = eye
    scene.render.engine, scene.render.filepath = "CYCLES", str(tmp_path / "x.exr")
    scene.render.resolution_x = scene.render.resolution_y = 16
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.cycles.samples, scene.cycles.use_denoising = 64, False

    def render():
        with quiet():
            bpy.ops.render.render(write_still=True)
        image = bpy.data.images.load(scene.render.filepath)
        return np.array(image.pixels[:]).reshape(16, 16, -1)[..., :3]

    return plate, materials, render


@pytest.mark.bpy
@pytest.mark.parametrize("cone", [STREET_CONE, np.radians(50)])
def test_a_spot_gives_its_intensity_with_its_falloff(ground, cone):
    from scenes.light.lighting import add_spots

    _, _, render = ground
    height = 3.0
    spot = Spot(np.array([0, 0, height]), np.array([0, 0, -1.0]), 5.0, float(cone), 0.02, (1, 1, 1))
    add_spots([spot])
    at = (np.arange(16) + 0.5) / 4 - 2
    x, y = np.meshgrid(at, at)
    way = np.stack([x, y, 0 * x - height], -1)
    wanted = spot.towards(way) * height / np.linalg.norm(way, axis=-1) ** 3 / np.pi
    assert np.abs(render().mean(-1) - wanted).max() < 0.05 * wanted.max()  # pixels are means


@pytest.mark.bpy
@pytest.mark.parametrize("yaw", (0.0, 2.0))
def test_a_headlight_gives_its_intensity_on_a_road(ground, yaw):
    """From a metre and a half ahead; pixels are means of half a metre."""
    import bpy
    from mathutils import Matrix

    from scenes.light.lighting import add_spots

    _, _, render = ground
    bpy.context.scene.camera.data.ortho_scale = 8.0
    bpy.context.scene.cycles.samples, bpy.context.scene.cycles.pixel_filter_type = 256, "BOX"
    body = bpy.data.objects.new("car", None)
    bpy.context.scene.collection.objects.link(body)
    pose = Pose((0.0, 0.0, 0.0), yaw).world_from_object()
    pose[:2, 3] = pose[:2, :2] @ [-5.0, 0.0]
    body.matrix_world = Matrix(pose.tolist())
    beam = replace(dipped_beam(np.array([0.0, 0.6, 0.7]), 10.0), radius=0.005)
    add_spots([beam], body)
    at = (np.arange(128) + 0.5) / 16 - 4
    way = np.stack([*np.meshgrid(at, at), np.zeros((128, 128))], -1) - beam.moved(pose).place
    fine = beam.moved(pose).towards(way) * 0.7 / np.linalg.norm(way, axis=-1) ** 3 / np.pi
    wanted = fine.reshape(16, 8, 16, 8).mean((1, 3)) * np.mean(beam.colour)
    near = np.linalg.norm(way[..., :2], axis=-1).reshape(16, 8, 16, 8).min((1, 3)) < 1.5
    clear = (wanted > 0.05 * wanted.max()) & ~near
    assert clear.sum() > 50
    light = render().mean(-1)
    assert light[clear] == pytest.approx(wanted[clear], rel=0.03)
    assert light[(wanted == 0) & ~near].max(initial=0) < 0.01 * wanted.max()


@pytest.mark.bpy
def test_the_glass_of_a_lamp_is_seen_and_lights_nothing(ground):
    plate, materials, render = ground
    plate("glass", 1.0, 0.5, materials["street_light"])
    radiance = render()
    seen = radiance.mean(-1) > 100
    assert 9 <= seen.sum() <= 36
    assert radiance.max((0, 1)) == pytest.approx(np.array(STREET_COLOUR) * 1000, rel=0.02)
    away = np.r_[0:4, 12:16]
    assert radiance[away].max() == 0 and radiance[:, away].max() == 0


@pytest.mark.bpy
def test_lit_glass_is_mirrored_as_bright_as_it_is_and_lights_nothing_dull(ground):
    import bpy

    from scenes.light.lighting import add_glass

    plate, _, render = ground
    mirror = bpy.data.materials.new("mirror")
    mirror.use_nodes = True
    shader = mirror.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (1, 1, 1, 1)
    shader.inputs["Metallic"].default_value, shader.inputs["Roughness"].default_value = 1.0, 0.05
    plate("mirror", 0.5, 0.5, mirror)
    down = np.array([0, 0, -1.0])
    add_glass([Glass(np.array([0, 0, 1.0]), down, 300.0, (1, 0.5, 0.25), 0.4)], None)
    radiance = render()
    assert radiance[7:9, 7:9].mean((0, 1)) == pytest.approx([300, 150, 75], rel=0.03)
    away = np.r_[0:5, 11:16]
    assert radiance[away].max() == 0 and radiance[:, away].max() == 0


@pytest.mark.bpy
def test_a_car_has_four_lit_glasses_of_eighty_square_centimetres():
    from scenes.cars import CAR_MODELS

    white, other, red, last = lit_glass(CAR_MODELS["suv"], 10.0)
    for glass, candela, ahead in (
        (white, 250, 1),
        (other, 250, 1),
        (red, 4.8, -1),
        (last, 4.8, -1),
    ):
        assert glass.direction.tolist() == [ahead, 0, 0]
        area = np.pi * glass.radius**2
        assert 10 * glass.radiance * area == pytest.approx(candela, rel=0.03)
    assert white.place[1] == -other.place[1] and red.place[0] < 0 < white.place[0]
