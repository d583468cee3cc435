"""How materials look: one Blender material per name in `scenes.materials`.

Shaders are cheap on purpose: a texture node or two, no transparency, no volume. Car paint is made
per car (`scenes.cars.build.paint_material`); the entry here serves what has no paint of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from scenes.light.lamps import LIT_WINDOWS, STREET_COLOUR, STREET_LUMINANCE, WINDOW_LUMINANCE
from scenes.looks.asphalt import lay_asphalt
from scenes.looks.asphalt_picture import AsphaltPicture
from scenes.looks.nodes import (
    colour_input,
    glow,
    lay_courses,
    let_light_through,
    surface_shader,
    tint_by_object,
    vary,
)
from scenes.looks.windows import window_material
from scenes.materials import MATERIALS, SNOW_ON
from scenes.spec import RGB, Tints

# Base colour (linear), roughness, metallic.
LOOKS: dict[str, tuple[RGB, float, float]] = {
    "asphalt": ((0.088, 0.086, 0.085), 0.85, 0.0),
    "marking": ((0.66, 0.66, 0.63), 0.60, 0.0),
    "concrete": ((0.36, 0.35, 0.33), 0.80, 0.0),
    "brick": ((0.26, 0.095, 0.055), 0.85, 0.0),
    "plaster": ((0.60, 0.55, 0.46), 0.85, 0.0),
    "glass": ((0.020, 0.025, 0.028), 0.03, 0.0),
    "metal": ((0.36, 0.37, 0.38), 0.38, 0.9),
    "car_paint": ((0.40, 0.40, 0.41), 0.30, 0.5),
    "chrome": ((0.70, 0.70, 0.71), 0.10, 1.0),
    "plastic": ((0.018, 0.018, 0.019), 0.50, 0.0),
    "rubber": ((0.014, 0.014, 0.014), 0.80, 0.0),
    "lamp_glass": ((0.55, 0.55, 0.56), 0.08, 0.3),
    "plate": ((0.72, 0.70, 0.55), 0.40, 0.0),
    "sign": ((0.012, 0.07, 0.38), 0.40, 0.0),
    "frame": ((0.60, 0.60, 0.58), 0.45, 0.0),
    "wood": ((0.085, 0.060, 0.042), 0.90, 0.0),
    "foliage": ((0.080, 0.145, 0.030), 0.60, 0.0),
    "soil": ((0.095, 0.130, 0.040), 0.95, 0.0),
    "tile": ((0.20, 0.075, 0.045), 0.75, 0.0),
    "cladding": ((0.34, 0.37, 0.40), 0.45, 0.0),
    "paving": ((0.27, 0.26, 0.25), 0.85, 0.0),
    "window": ((0.020, 0.025, 0.028), 0.03, 0.0),
    "fabric": ((0.60, 0.60, 0.58), 0.85, 0.0),
    "gravel": ((0.24, 0.22, 0.19), 0.95, 0.0),
    "street_light": ((0.55, 0.55, 0.56), 0.08, 0.3),
    "wet_asphalt": ((0.036, 0.036, 0.037), 0.22, 0.0),
    "wet_marking": ((0.42, 0.42, 0.41), 0.22, 0.0),
    "wet_concrete": ((0.17, 0.165, 0.155), 0.35, 0.0),
    "wet_paving": ((0.12, 0.117, 0.112), 0.30, 0.0),
    "wet_tile": ((0.115, 0.038, 0.021), 0.60, 0.0),
    "wet_gravel": ((0.115, 0.105, 0.088), 0.95, 0.0),
    "snow": ((0.84, 0.86, 0.89), 0.90, 0.0),
    "slush": ((0.60, 0.62, 0.65), 0.60, 0.0),
    "timber": ((0.55, 0.53, 0.50), 0.70, 0.0),
    "earth": ((0.070, 0.046, 0.030), 0.95, 0.0),
    "lawn": ((0.088, 0.128, 0.036), 0.95, 0.0),
}
LOOKS |= dict.fromkeys(SNOW_ON.values(), LOOKS["snow"])
WATER = 1.33  # index of refraction of the film on tiles
# Too rough to shine: a diffuse shader costs less and is less noisy.
DULL = (
    "asphalt", "brick", "concrete", "earth", "fabric", "foliage", "gravel", "lawn", "paving",
    "plaster", "rubber", "snow", "soil", "tile", "timber", "wet_gravel", "wood", *SNOW_ON.values(),
)  # fmt: skip
# What an object's own tint (`Prop.tint`) colours.
TINTED_BY_OBJECT = (
    "brick", "cladding", "fabric", "foliage", "metal", "plaster", "plastic", "tile", "timber",
    "wet_tile", "wood",
)  # fmt: skip
TINTED_AS_WALL = ("brick", "plaster", "concrete", "tile", "wet_tile", "cladding")


def make_materials(tints: Tints, asphalt: AsphaltPicture, lux: float = np.inf) -> dict[str, Any]:
    """Return one Blender material per radvis material, tinted for this sequence.

    Args:
        tints: Of this sequence.
        asphalt: The picture of the ground.
        lux: Illuminance that the scene's unit of light stands for [lx], where lamps burn;
            infinite by day.
    """
    made = {}
    for record in MATERIALS:
        colour, roughness, metallic = LOOKS[record.name]
        if record.name in TINTED_AS_WALL:
            colour = _scaled(colour, tints.wall)
        elif record.name in ("foliage", "lawn", "soil"):
            colour = _scaled(colour, tints.foliage)
        made[record.name] = _material(record.name, colour, roughness, metallic)
    lay_asphalt(made, asphalt, tints.asphalt, LOOKS)
    vary(made["soil"], scale=0.45, low=0.70, high=1.40, detail=2.0)
    vary(made["concrete"], scale=0.8, low=0.86, high=1.1, detail=1.0)
    vary(made["plaster"], scale=0.5, low=0.92, high=1.06, detail=1.0)
    vary(made["foliage"], scale=0.9, low=0.65, high=1.5, detail=0.0)
    lay_courses(made["brick"], (0.25, 0.075), 0.006, (0.75, 1.25), "wall")
    lay_courses(made["tile"], (0.30, 0.30), 0.012, (0.8, 1.15), "ground")
    lay_courses(made["wet_tile"], (0.30, 0.30), 0.012, (0.7, 1.3), "ground")
    surface_shader(made["wet_tile"]).inputs["IOR"].default_value = WATER
    lay_courses(made["paving"], (0.60, 0.40), 0.008, (0.88, 1.1), "ground")
    lay_courses(made["wet_paving"], (0.60, 0.40), 0.008, (0.88, 1.1), "ground")
    for name in ("snow", *SNOW_ON.values()):
        vary(made[name], scale=0.6, low=0.93, high=1.03, detail=2.0)
    lay_courses(made["timber"], (4.0, 0.16), 0.014, (0.94, 1.06), "wall")
    vary(made["lawn"], scale=1.1, low=0.62, high=1.45, detail=6.0)
    vary(made["earth"], scale=2.0, low=0.7, high=1.3, detail=2.0)
    vary(made["gravel"], scale=3.0, low=0.75, high=1.2, detail=2.0)
    vary(made["wet_gravel"], scale=3.0, low=0.75, high=1.2, detail=2.0)
    for name in TINTED_BY_OBJECT:
        tint_by_object(made[name])
    let_light_through(made["foliage"])
    if np.isfinite(lux):
        glow(made["street_light"], STREET_COLOUR, STREET_LUMINANCE / lux)
        made["window"] = window_material(LIT_WINDOWS, WINDOW_LUMINANCE / lux)
    else:
        made["window"] = window_material()
    return made


def _scaled(colour: RGB, factor: RGB) -> RGB:
    red, green, blue = (min(c * f, 0.9) for c, f in zip(colour, factor, strict=True))
    return red, green, blue


def _material(name: str, colour: RGB, roughness: float, metallic: float) -> Any:
    import bpy

    material = bpy.data.materials.new(name)
    material.use_nodes = True
    material["radvis_material"] = name
    tree = material.node_tree
    shader = tree.nodes["Principled BSDF"]
    if name in DULL:
        tree.nodes.remove(shader)
        shader = tree.nodes.new("ShaderNodeBsdfDiffuse")
        tree.links.new(shader.outputs[0], tree.nodes["Material Output"].inputs["Surface"])
    else:
        shader.inputs["Roughness"].default_value = roughness
        shader.inputs["Metallic"].default_value = metallic
    colour_input(material).default_value = (*colour, 1.0)
    return material
