"""The catalogue of cars, docs/cars.md, drawn and written from the code.

    python -m tests.catalogue [SHEET ...]

renders docs/cars/SHEET.jpg (all sheets when none is named) and writes the page. Cars stand alone
on plain ground under a soft sky, so that nothing but the car models is needed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from scenes.cars import CAR_MODELS, build_car
from scenes.cars.model import CarModel
from scenes.cars.paint import sample_paint
from scenes.looks.looks import LOOKS
from scenes.spec import Paint

DOCS = Path(__file__).parents[1] / "docs"
TILE = (480, 152)  # pixels of one car's two views
N_ACROSS = 2  # cars beside each other
TURN = 0.68  # between a car's axis and the camera's [rad]
RISE = 0.24  # of the camera [rad]
MOST_BYTES = 150_000
# Sheets with the styles they show.
SHEETS: dict[str, tuple[str, ...]] = {
    "small": ("hatch",),
    "saloons": ("saloon",),
    "estates": ("estate", "mpv"),
    "coupes": ("coupe",),
    "suvs": ("suv",),
    "work": ("offroad", "pickup"),
    "vans": ("van", "minibus"),
    "trucks": ("box_truck", "flatbed"),
}


def models_of(sheet: str) -> dict[str, CarModel]:
    """Return the models that a sheet shows, by name, short ones first."""
    shown = {name: m for name, m in CAR_MODELS.items() if m.style in SHEETS[sheet]}
    return dict(sorted(shown.items(), key=lambda item: item[1].length))


def plain_materials() -> dict[str, Any]:
    """Return one Blender material per radvis material, without pictures and noise."""
    import bpy

    made = {}
    for name, (colour, roughness, metallic) in LOOKS.items():
        material = bpy.data.materials.new(name)
        material.use_nodes = True
        material["radvis_material"] = name
        shader = material.node_tree.nodes["Principled BSDF"]
        shader.inputs["Base Color"].default_value = (*colour, 1.0)
        shader.inputs["Roughness"].default_value = roughness
        shader.inputs["Metallic"].default_value = metallic
        made[name] = material
    return made


def studio(n_sample: int) -> None:
    """Make an empty Blender scene with plain ground, a soft sky and a camera."""
    import bpy

    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    scene.cycles.samples, scene.cycles.seed = n_sample, 0
    scene.cycles.use_denoising, scene.cycles.max_bounces = True, 3
    scene.render.resolution_x, scene.render.resolution_y = TILE
    scene.view_settings.view_transform = "Standard"
    scene.render.image_settings.file_format = "PNG"
    world = bpy.data.worlds.new("sky")
    scene.world = world
    world.use_nodes = True
    tree = world.node_tree
    place, split = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeSeparateXYZ")
    ramp = tree.nodes.new("ShaderNodeValToRGB")
    tree.links.new(place.outputs["Generated"], split.inputs[0])
    tree.links.new(split.outputs["Z"], ramp.inputs[0])
    tree.links.new(ramp.outputs[0], tree.nodes["Background"].inputs["Color"])
    low, high = ramp.color_ramp.elements
    low.position, low.color = 0.0, (0.20, 0.21, 0.22, 1)
    high.position, high.color = 1.0, (0.55, 0.65, 0.85, 1)
    for position, colour in ((0.06, (0.24, 0.25, 0.27, 1)), (0.12, (0.95, 0.97, 1.0, 1))):
        ramp.color_ramp.elements.new(position).color = colour
    sun = bpy.data.objects.new("sun", bpy.data.lights.new("sun", "SUN"))
    sun.data.energy, sun.data.angle = 2.2, 0.15
    sun.rotation_euler = (0.75, 0.1, 0.6)
    scene.collection.objects.link(sun)
    ground = bpy.data.meshes.new("ground")
    half = 60.0
    ground.from_pydata(
        [(-half, -half, 0), (half, -half, 0), (half, half, 0), (-half, half, 0)], [], [(0, 1, 2, 3)]
    )
    dull = bpy.data.materials.new("ground")
    dull.use_nodes = True
    dull.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (0.3, 0.3, 0.3, 1)
    dull.node_tree.nodes["Principled BSDF"].inputs["Roughness"].default_value = 0.9
    ground.materials.append(dull)
    scene.collection.objects.link(bpy.data.objects.new("ground", ground))
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.data.lens = 60.0
    scene.collection.objects.link(camera)
    scene.camera = camera


def picture_of(name: str, paint: Paint, n_sample: int, size: tuple[int, int] = TILE) -> Image.Image:
    """Return the picture of a car from ahead, and beside it from behind."""
    import bpy
    from mathutils import Vector

    studio(n_sample)
    scene, materials = bpy.context.scene, plain_materials()
    scene.render.resolution_x, scene.render.resolution_y = size
    model = CAR_MODELS[name]
    seen = model.length * np.sin(TURN) + model.width * np.cos(TURN)
    half = max(seen, 0.62 * model.height * size[0] / size[1]) * 0.55
    for aside, yaw in ((-1, -TURN), (1, TURN - np.pi)):
        body = build_car(model, paint, f"{name}_{aside}", materials).body
        body.location, body.rotation_euler = (0.0, aside * half, 0.0), (0.0, 0.0, yaw)
    lens = scene.camera.data
    reach = 2 * half * lens.lens / lens.sensor_width * 2.05
    place = Vector((reach * np.cos(RISE), 0.0, reach * np.sin(RISE)))
    target = Vector((0.0, 0.0, 0.45 * model.height))
    scene.camera.location = place + target
    scene.camera.rotation_euler = (-place).to_track_quat("-Z", "Y").to_euler()
    with TemporaryDirectory() as folder:
        scene.render.filepath = str(Path(folder) / "view.png")
        bpy.ops.render.render(write_still=True)
        with Image.open(scene.render.filepath) as picture:
            return picture.convert("RGB")


def sheet_picture(sheet: str, n_sample: int = 6) -> Image.Image:
    """Return the picture of all models of a sheet, each with its name."""
    shown = models_of(sheet)
    n_row = -(-len(shown) // N_ACROSS)
    picture = Image.new("RGB", (N_ACROSS * TILE[0], n_row * TILE[1]), "white")
    for k, name in enumerate(shown):
        paint = sample_paint(np.random.default_rng(list(CAR_MODELS).index(name)), name)
        row, column = divmod(k, N_ACROSS)
        corner = (column * TILE[0], row * TILE[1])
        picture.paste(picture_of(name, paint, n_sample), corner)
        ImageDraw.Draw(picture).text((corner[0] + 6, corner[1] + 4), name, fill="black")
    return picture


def save(picture: Image.Image, path: Path) -> None:
    """Write a JPEG of at most `MOST_BYTES`."""
    for quality in range(88, 30, -6):
        picture.save(path, quality=quality, optimize=True, progressive=True)
        if path.stat().st_size <= MOST_BYTES:
            return


def page() -> str:
    """Return docs/cars.md."""
    lines = [
        "# Cars",
        "",
        f"The {len(CAR_MODELS)} models of `scenes.cars.CAR_MODELS`, drawn by "
        "`python -m tests.catalogue`. Measures in metres; width without mirrors.",
    ]
    for sheet, styles in SHEETS.items():
        lines += [
            "",
            f"## {', '.join(styles).replace('_', ' ')}",
            "",
            f"![{sheet}](cars/{sheet}.jpg)",
        ]
        lines += ["", "| name | style | length | width | height | wheelbase | wheel |"]
        lines += ["|---|---|---|---|---|---|---|"]
        for name, m in models_of(sheet).items():
            measures = (m.length, m.width, m.height, m.wheelbase, 2 * m.wheel_radius)
            lines.append(
                f"| {name} | {m.style} | " + " | ".join(f"{x:.2f}" for x in measures) + " |"
            )
    return "\n".join(lines) + "\n"


def main(wanted: list[str]) -> None:
    """Draw the sheets that are named, or all, and write the page."""
    (DOCS / "cars").mkdir(exist_ok=True)
    for sheet in wanted or SHEETS:
        save(sheet_picture(sheet), DOCS / "cars" / f"{sheet}.jpg")
    (DOCS / "cars.md").write_text(page())


if __name__ == "__main__":
    main(sys.argv[1:])
