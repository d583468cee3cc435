"""The catalogue of cars, docs/cars.md, drawn and written from the code.

    python -m tests.catalogue [SHEET ...]

renders docs/cars/SHEET.jpg (all sheets when none is named) and writes the page. Cars stand alone
on a plain floor; materials, sky, renderer and film curve are those of a scene.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from scenes.cars import CAR_MODELS, build_car
from scenes.cars.model import CarModel
from scenes.cars.paint import sample_paint
from scenes.config import CameraConfig
from scenes.light.lighting import light_scene
from scenes.light.sky import make_light
from scenes.looks.asphalt_picture import AsphaltPicture
from scenes.looks.looks import make_materials
from scenes.looks.nodes import principled
from scenes.sensors import Camera
from scenes.spec import Daylight, Paint, Tints, Weather
from scenes.stage import Stage
from synth.camera import CameraRenderer
from synth.develop import develop

DOCS = Path(__file__).parents[1] / "docs"
TILE = (900, 285)  # pixels of one car's two views
N_ACROSS = 2  # cars beside each other
TURN = 0.68  # between a car's axis and the camera's [rad]
RISE = 0.24  # of the camera [rad]
FOCAL = 60 / 36  # over the picture's width
SAMPLES = 48
FLOOR = 0.22  # its albedo, that of a dry street
SUN = 0.12  # angular diameter that softens shadows [rad]
EMPTY = "#989691"  # as the floor
CAPTION = 20  # height of a model's name [px]
EXPOSURE = 1.2  # one for all, so that paints compare
MOST_BYTES = 450_000
_EVEN = np.ones((2, 2), np.float32)
BLANK = AsphaltPicture(_EVEN, _EVEN, _EVEN, 0.0, 1.0, 0.0, 1.0)  # cars bring no asphalt
Array = NDArray[np.float64]
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


def studio() -> None:
    """Make an empty Blender scene with a plain floor under a softened sun and a few clouds."""
    import bpy

    bpy.ops.wm.read_factory_settings(use_empty=True)
    sky = make_light(Daylight(0.75, 2.3, 3.0, 0.3, seed=1), Weather())
    light_scene(replace(sky, angle=SUN))
    mesh = bpy.data.meshes.new("floor")
    half = 60.0
    corners = [(-half, -half, 0), (half, -half, 0), (half, half, 0), (-half, half, 0)]
    mesh.from_pydata(corners, [], [(0, 1, 2, 3)])
    dull = principled("floor", "concrete", Base_Color=(FLOOR, FLOOR, FLOOR), Roughness=0.9)
    mesh.materials.append(dull)
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("floor", mesh))


def facing(place: Array, at: Array, size: tuple[int, int]) -> Camera:
    """Return the camera that looks from one place (3,) at another [m], upright."""
    ahead = (at - place) / np.linalg.norm(at - place)
    right = np.cross(ahead, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3] = np.stack([right, np.cross(ahead, right), ahead, place], 1)
    intrinsics = np.array([[FOCAL * size[0], 0, size[0] / 2], [0, FOCAL * size[0], size[1] / 2],
                           [0, 0, 1]])  # fmt: skip
    return Camera(*size, intrinsics, pose)


def picture_of(name: str, paint: Paint, n_sample: int, size: tuple[int, int] = TILE) -> Image.Image:
    """Return the picture of a car from ahead, and beside it from behind."""
    studio()
    materials = make_materials(Tints(1.0, (1, 1, 1), (1, 1, 1)), BLANK)
    model = CAR_MODELS[name]
    seen = model.length * np.sin(TURN) + model.width * np.cos(TURN)
    half = max(seen, 0.70 * model.height * size[0] / size[1]) * 0.55
    for aside, yaw in ((-1, -TURN), (1, TURN - np.pi)):
        body = build_car(model, paint, f"{name}_{aside}", materials).body
        body.location, body.rotation_euler = (0.0, aside * half, 0.0), (0.0, 0.0, yaw)
    middle = np.array([0.0, 0.0, 0.45 * model.height])
    away = 2.25 * 2 * half * FOCAL * np.array([np.cos(RISE), 0.0, np.sin(RISE)])
    camera = facing(middle + away, middle, size)
    # Whole pictures ask nothing of a stage.
    with CameraRenderer(cast(Stage, None), camera, CameraConfig(), seed=0) as renderer:
        return Image.fromarray(develop(renderer.whole(n_sample), EXPOSURE))


def sheet_picture(sheet: str, n_sample: int = SAMPLES) -> Image.Image:
    """Return the picture of all models of a sheet, each with its name."""
    shown = models_of(sheet)
    n_row = -(-len(shown) // N_ACROSS)
    picture = Image.new("RGB", (N_ACROSS * TILE[0], n_row * TILE[1]), EMPTY)
    for k, name in enumerate(shown):
        paint = sample_paint(np.random.default_rng(list(CAR_MODELS).index(name)), name)
        row, column = divmod(k, N_ACROSS)
        corner = (column * TILE[0], row * TILE[1])
        picture.paste(picture_of(name, paint, n_sample), corner)
        ImageDraw.Draw(picture).text(
            (corner[0] + 8, corner[1] + 5), name, "black", ImageFont.load_default(CAPTION)
        )
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
        "`python -m tests.catalogue`. Paints and dirt are drawn at random. Measures in metres; "
        "width without mirrors.",
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
