"""Lit windows, rendered: no two rooms shine alike."""

import numpy as np
import pytest

from scenes.things.shapes import quads

pytestmark = pytest.mark.bpy

SIDE = 16  # panes in a row, and rows
PIXELS = 12  # across a pane and its share of the wall


def rendered(folder, seed):
    """The light of upstairs panes of 1.2 m, all lit: (row, column, down, across, 3)."""
    bpy = pytest.importorskip("bpy")
    from scenes.blender import quiet
    from scenes.looks.windows import mark_panes, window_material

    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    corners = np.array(
        [
            [[x, 0, z], [x + 1.2, 0, z], [x + 1.2, 0, z + 1.2], [x, 0, z + 1.2]]
            for z in np.arange(SIDE) * 1.5 + 5.0
            for x in np.arange(SIDE) * 1.5
        ]
    )
    shape = quads(corners, "window")
    mesh = bpy.data.meshes.new("wall")
    mesh.from_pydata(shape.vertices.tolist(), [], shape.faces.tolist())
    mesh.materials.append(window_material(1.0, 1.0))
    mark_panes(mesh, shape, seed)
    scene.collection.objects.link(bpy.data.objects.new("wall", mesh))
    lens = bpy.data.cameras.new("eye")
    lens.type, lens.ortho_scale = "ORTHO", SIDE * 1.5
    eye = bpy.data.objects.new("eye", lens)
    eye.location = (SIDE * 0.75 - 0.15, -20, 5.0 + SIDE * 0.75 - 0.15)
    eye.rotation_euler = (np.pi / 2, 0, 0)
    scene.collection.objects.link(eye)
    scene.camera = eye
    render = scene.render
    render.engine = "CYCLES"
    render.filepath = str(folder / "x.exr")
    render.resolution_x = render.resolution_y = SIDE * PIXELS
    render.threads_mode, render.threads = "FIXED", 1
    render.image_settings.file_format = "OPEN_EXR"
    scene.cycles.samples, scene.cycles.use_denoising = 8, False
    with quiet():
        bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(render.filepath)
    light = np.array(image.pixels[:]).reshape(SIDE, PIXELS, SIDE, PIXELS, -1)[..., :3]
    return light.transpose(0, 2, 1, 3, 4)[:, :, 3:-3, 3:-3].reshape(SIDE**2, 6, 6, 3)


@pytest.fixture(scope="module")
def wall(tmp_path_factory):
    return rendered(tmp_path_factory.mktemp("wall"), 0)


def test_two_houses_of_one_shape_have_other_rooms(wall, tmp_path):
    again, other = (rendered(tmp_path, seed).mean((1, 2)) for seed in (0, 1))
    np.testing.assert_array_equal(again, wall.mean((1, 2)))
    likeness = np.corrcoef(np.log(other.mean(1)), np.log(again.mean(1)))[0, 1]
    assert abs(likeness) < 0.25


def test_rooms_differ_by_octaves(wall):
    octaves = np.log2(wall.mean((1, 2, 3)))
    assert 0.7 < octaves.std() < 1.6
    assert -6 < np.median(octaves) < -2  # of white two metres from the lamp


def test_rooms_are_lit_by_lamps_of_2700_to_4000_kelvin(wall):
    red, green, blue = wall.mean((1, 2)).T
    cool = (blue / red)[green > 0.5 * red]  # but for red curtains
    assert len(cool) > 200 and 0.2 < cool.min() < 0.5 < cool.max() < 0.95 and cool.std() > 0.05
    assert (blue < red).all() and (green < red).all()


def test_behind_some_panes_curtains_glow_evenly_and_behind_others_a_lamp_is_seen_to_shine(wall):
    grey = wall.mean(-1)
    rows = grey.mean(2) / grey.mean((1, 2))[:, None]  # curtains' folds run down
    uneven = np.ptp(rows, 1)
    assert 0.25 < (uneven < 0.05).mean() < 0.65
    assert (uneven > 0.15).mean() > 0.15
