"""Lamps in Blender, rendered: they give the light that the records say."""

import numpy as np
import pytest

from scenes.light.lamps import STREET_COLOUR, STREET_CONE, Glass, Spot, lit_glass

pytestmark = pytest.mark.bpy


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


@pytest.mark.parametrize("cone", [STREET_CONE, np.radians(50)])
def test_a_spot_gives_its_intensity_with_its_falloff(ground, cone):
    from scenes.light.lighting import add_spots

    _, _, render = ground
    height = 3.0
    spot = Spot(np.array([0, 0, height]), np.array([0, 0, -1.0]), 5.0, float(cone), 0.02, (1, 1, 1))
    add_spots([spot])
    at = (np.arange(16) + 0.5) / 4 - 2
    x, y = np.meshgrid(at, at)
    distance = np.sqrt(x**2 + y**2 + height**2)
    cosine = height / distance
    wanted = spot.intensity * spot.falloff(cosine) * cosine / distance**2 / np.pi
    assert np.abs(render().mean(-1) - wanted).max() < 0.05 * wanted.max()  # pixels are means


def test_the_glass_of_a_lamp_is_seen_and_lights_nothing(ground):
    plate, materials, render = ground
    plate("glass", 1.0, 0.5, materials["street_light"])
    radiance = render()
    seen = radiance.mean(-1) > 100
    assert 9 <= seen.sum() <= 36
    assert radiance.max((0, 1)) == pytest.approx(np.array(STREET_COLOUR) * 1000, rel=0.02)
    away = np.r_[0:4, 12:16]
    assert radiance[away].max() == 0 and radiance[:, away].max() == 0


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


def test_a_car_has_four_lit_glasses_of_eighty_square_centimetres():
    from scenes.cars import CAR_MODELS

    white, other, red, last = lit_glass(CAR_MODELS["suv"], 10.0)
    for glass, candela, ahead in ((white, 250, 1), (other, 250, 1), (red, 8, -1), (last, 8, -1)):
        assert glass.direction.tolist() == [ahead, 0, 0]
        assert 10 * glass.towards(np.array(1.0)) == pytest.approx(candela, rel=0.03)
        assert glass.towards(np.array(-0.1)) == 0
    assert white.place[1] == -other.place[1] and red.place[0] < 0 < white.place[0]
