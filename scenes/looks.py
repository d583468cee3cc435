"""How materials look: one Blender material per name in `scenes.materials`.

Shaders are cheap on purpose: a texture node or two, no transparency, no volume. Car paint is made
per car (`scenes.car_build.paint_material`); the entry here serves what has no paint of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from scenes.asphalt import AsphaltPicture
from scenes.materials import MATERIALS
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
}
# Too rough to shine: a diffuse shader costs less and is less noisy.
DULL = (
    "asphalt", "brick", "concrete", "foliage", "paving", "plaster", "rubber", "soil", "tile",
    "wood",
)  # fmt: skip
TINTED_AS_WALL = ("brick", "plaster", "concrete", "tile", "cladding")


def make_materials(tints: Tints, asphalt: AsphaltPicture) -> dict[str, Any]:
    """Return one Blender material per radvis material, tinted for this sequence.

    Args:
        tints: Of this sequence.
        asphalt: The lot's ground.
    """
    made = {}
    for record in MATERIALS:
        colour, roughness, metallic = LOOKS[record.name]
        if record.name in TINTED_AS_WALL:
            colour = _scaled(colour, tints.wall)
        elif record.name in ("foliage", "soil"):
            colour = _scaled(colour, tints.foliage)
        made[record.name] = _material(record.name, colour, roughness, metallic)
    _lay_asphalt(made["asphalt"], made["marking"], asphalt, tints.asphalt)
    _vary(made["soil"], scale=0.45, low=0.70, high=1.40, detail=2.0)
    _vary(made["concrete"], scale=0.8, low=0.86, high=1.1, detail=1.0)
    _vary(made["plaster"], scale=0.5, low=0.92, high=1.06, detail=1.0)
    _vary(made["foliage"], scale=0.9, low=0.65, high=1.5, detail=0.0)
    _courses(made["brick"], (0.25, 0.075), 0.006, (0.75, 1.25), "wall")
    _courses(made["tile"], (0.30, 0.30), 0.012, (0.8, 1.15), "ground")
    _courses(made["paving"], (0.60, 0.40), 0.008, (0.88, 1.1), "ground")
    _see_through_leaves(made["foliage"])
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
    _colour(material).default_value = (*colour, 1.0)
    return material


def _shader(material: Any) -> Any:
    """Return the node that a material's surface is made of."""
    kinds = ("BSDF_DIFFUSE", "BSDF_PRINCIPLED")
    return next(node for node in material.node_tree.nodes if node.type in kinds)


def _colour(material: Any) -> Any:
    """Return the input of the surface's colour."""
    return _shader(material).inputs[0]  # "Color" of one shader, "Base Color" of the other


def _lay_asphalt(asphalt: Any, marking: Any, picture: AsphaltPicture, tint: float) -> None:
    """Show the picture on the ground by world x and y, and through what is worn of the markings."""
    import bpy

    image = bpy.data.images.new("asphalt", *picture.brightness.shape[::-1], float_buffer=False)
    image.colorspace_settings.name = "Non-Color"
    pixels = np.ones((*picture.brightness.shape, 4), np.float32)
    pixels[..., 0] = 0.5 * picture.brightness
    pixels[..., 1] = picture.wear
    image.pixels.foreach_set(pixels.ravel())
    image.update()
    image.pack()
    base, paint = LOOKS["asphalt"][0], LOOKS["marking"][0]
    for material in (asphalt, marking):
        tree = material.node_tree
        new, link = tree.nodes.new, tree.links.new
        place, scale = new("ShaderNodeNewGeometry"), new("ShaderNodeMapping")
        width, depth = picture.x_max - picture.x_min, picture.y_max - picture.y_min
        scale.inputs["Scale"].default_value = (1 / width, 1 / depth, 1)
        scale.inputs["Location"].default_value = (
            -picture.x_min / width, -picture.y_min / depth, 0,
        )  # fmt: skip
        texture, split = new("ShaderNodeTexImage"), new("ShaderNodeSeparateColor")
        texture.image, texture.extension = image, "EXTEND"
        colour = new("ShaderNodeMix")
        colour.data_type, colour.blend_type, colour.clamp_factor = "RGBA", "MIX", False
        first, second = colour.inputs[6], colour.inputs[7]
        first.default_value = (0, 0, 0, 1)
        second.default_value = (*(2 * tint * c for c in base), 1)
        link(place.outputs["Position"], scale.inputs["Vector"])
        link(scale.outputs[0], texture.inputs["Vector"])
        link(texture.outputs["Color"], split.inputs[0])
        link(split.outputs[0], colour.inputs[0])
        result = colour.outputs[2]
        if material is marking:
            worn = new("ShaderNodeMix")
            worn.data_type = "RGBA"
            worn.inputs[6].default_value = (*paint, 1)
            link(split.outputs[1], worn.inputs[0])
            link(result, worn.inputs[7])
            result = worn.outputs[2]
        link(result, _colour(material))


def _vary(material: Any, scale: float, low: float, high: float, detail: float) -> None:
    """Let the base colour wander between `low` and `high` times itself, over 1/scale metres."""
    tree = material.node_tree
    colour = tuple(_colour(material).default_value)[:3]
    place = tree.nodes.new("ShaderNodeNewGeometry")  # world position: no two objects alike
    noise = tree.nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value = scale
    noise.inputs["Detail"].default_value = detail
    ramp = tree.nodes.new("ShaderNodeValToRGB")
    for element, place_on, factor in zip(
        ramp.color_ramp.elements, (0.32, 0.68), (low, high), strict=True
    ):
        element.position = place_on
        element.color = (*(c * factor for c in colour), 1.0)
    tree.links.new(place.outputs["Position"], noise.inputs["Vector"])
    tree.links.new(noise.outputs["Fac"], ramp.inputs["Fac"])
    tree.links.new(ramp.outputs["Color"], _colour(material))


def _see_through_leaves(material: Any) -> None:
    """Let leaves glow a little where the sun is behind them."""
    tree = material.node_tree
    shader, output = _shader(material), tree.nodes["Material Output"]
    through = tree.nodes.new("ShaderNodeBsdfTranslucent")
    mix = tree.nodes.new("ShaderNodeMixShader")
    through.inputs["Color"].default_value = (0.13, 0.20, 0.02, 1.0)
    mix.inputs[0].default_value = 0.3
    tree.links.new(shader.outputs[0], mix.inputs[1])
    tree.links.new(through.outputs[0], mix.inputs[2])
    tree.links.new(mix.outputs[0], output.inputs["Surface"])


def _courses(
    material: Any,
    size: tuple[float, float],
    joint: float,
    shades: tuple[float, float],
    plane: str,
) -> None:
    """Lay courses of bricks, tiles or slabs over the base colour.

    Args:
        material: To change.
        size: Width and height of one [m].
        joint: Width of the joints [m].
        shades: Of the darkest and the brightest one.
        plane: "wall" for courses in upright walls that face an axis, "ground" for level ones.
    """
    tree = material.node_tree
    colour = tuple(_colour(material).default_value)[:3]
    place = tree.nodes.new("ShaderNodeNewGeometry")
    brick = tree.nodes.new("ShaderNodeTexBrick")
    brick.inputs["Scale"].default_value = 1.0
    brick.inputs["Brick Width"].default_value, brick.inputs["Row Height"].default_value = size
    brick.inputs["Mortar Size"].default_value = joint
    brick.inputs["Color1"].default_value = (*(c * shades[0] for c in colour), 1.0)
    brick.inputs["Color2"].default_value = (*(c * shades[1] for c in colour), 1.0)
    mortar = (0.30, 0.28, 0.25) if plane == "wall" else tuple(0.5 * c for c in colour)
    brick.inputs["Mortar"].default_value = (*mortar, 1.0)
    where = place.outputs["Position"]
    if plane == "wall":
        split, join = (
            tree.nodes.new("ShaderNodeSeparateXYZ"),
            tree.nodes.new("ShaderNodeCombineXYZ"),
        )
        along = tree.nodes.new("ShaderNodeMath")  # x + y runs along every wall that faces an axis
        along.operation = "ADD"
        tree.links.new(where, split.inputs[0])
        tree.links.new(split.outputs["X"], along.inputs[0])
        tree.links.new(split.outputs["Y"], along.inputs[1])
        tree.links.new(along.outputs[0], join.inputs["X"])
        tree.links.new(split.outputs["Z"], join.inputs["Y"])
        where = join.outputs[0]
    tree.links.new(where, brick.inputs["Vector"])
    tree.links.new(brick.outputs["Color"], _colour(material))
