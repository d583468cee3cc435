"""How materials look: one Blender material per name in `scenes.materials`.

Shaders are cheap on purpose: a texture node or two, no transparency, no volume. Car paint is made
per car (`scenes.car_build.paint_material`); the entry here serves what has no paint of its own.
"""

from __future__ import annotations

from typing import Any

from scenes.materials import MATERIALS
from scenes.spec import RGB, Tints

# Base colour (linear), roughness, metallic.
LOOKS: dict[str, tuple[RGB, float, float]] = {
    "asphalt": ((0.070, 0.070, 0.072), 0.85, 0.0),
    "marking": ((0.62, 0.62, 0.58), 0.60, 0.0),
    "concrete": ((0.34, 0.33, 0.31), 0.80, 0.0),
    "brick": ((0.26, 0.095, 0.055), 0.85, 0.0),
    "plaster": ((0.56, 0.51, 0.42), 0.85, 0.0),
    "glass": ((0.018, 0.022, 0.025), 0.03, 0.0),
    "metal": ((0.36, 0.37, 0.38), 0.38, 0.9),
    "car_paint": ((0.40, 0.40, 0.41), 0.30, 0.5),
    "chrome": ((0.70, 0.70, 0.71), 0.10, 1.0),
    "plastic": ((0.018, 0.018, 0.019), 0.50, 0.0),
    "rubber": ((0.014, 0.014, 0.014), 0.80, 0.0),
    "lamp_glass": ((0.55, 0.55, 0.56), 0.08, 0.3),
    "plate": ((0.72, 0.70, 0.55), 0.40, 0.0),
    "sign": ((0.012, 0.07, 0.38), 0.40, 0.0),
    "frame": ((0.60, 0.60, 0.58), 0.45, 0.0),
    "wood": ((0.085, 0.055, 0.035), 0.90, 0.0),
    "foliage": ((0.055, 0.115, 0.022), 0.65, 0.0),
    "soil": ((0.085, 0.120, 0.035), 0.95, 0.0),
}


def make_materials(tints: Tints) -> dict[str, Any]:
    """Return one Blender material per radvis material, tinted for this sequence."""
    made = {}
    for record in MATERIALS:
        colour, roughness, metallic = LOOKS[record.name]
        if record.name == "asphalt":
            colour = _scaled(colour, (tints.asphalt,) * 3)
        elif record.name in ("brick", "plaster", "concrete"):
            colour = _scaled(colour, tints.wall)
        elif record.name in ("foliage", "soil"):
            colour = _scaled(colour, tints.foliage)
        made[record.name] = _principled(record.name, colour, roughness, metallic)
    _vary(made["asphalt"], scale=0.35, low=0.78, high=1.22, detail=5.0)
    _vary(made["soil"], scale=0.5, low=0.65, high=1.35, detail=4.0)
    _vary(made["concrete"], scale=0.8, low=0.88, high=1.1, detail=3.0)
    _vary(made["plaster"], scale=0.5, low=0.9, high=1.06, detail=3.0)
    _vary(made["marking"], scale=1.6, low=0.6, high=1.1, detail=3.0)
    _vary(made["foliage"], scale=1.3, low=0.6, high=1.5, detail=1.0)
    _bricks(made["brick"])
    return made


def _scaled(colour: RGB, factor: RGB) -> RGB:
    red, green, blue = (min(c * f, 0.9) for c, f in zip(colour, factor, strict=True))
    return red, green, blue


def _principled(name: str, colour: RGB, roughness: float, metallic: float) -> Any:
    import bpy

    material = bpy.data.materials.new(name)
    material.use_nodes = True
    material["radvis_material"] = name
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*colour, 1.0)
    shader.inputs["Roughness"].default_value = roughness
    shader.inputs["Metallic"].default_value = metallic
    return material


def _vary(material: Any, scale: float, low: float, high: float, detail: float) -> None:
    """Let the base colour wander between `low` and `high` times itself, over 1/scale metres."""
    tree = material.node_tree
    shader = tree.nodes["Principled BSDF"]
    colour = tuple(shader.inputs["Base Color"].default_value)[:3]
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
    tree.links.new(ramp.outputs["Color"], shader.inputs["Base Color"])


def _bricks(material: Any) -> None:
    """Lay courses of bricks over the base colour: 25 cm by 7.5 cm in the wall's plane."""
    tree = material.node_tree
    shader = tree.nodes["Principled BSDF"]
    colour = tuple(shader.inputs["Base Color"].default_value)[:3]
    place = tree.nodes.new("ShaderNodeNewGeometry")
    split = tree.nodes.new("ShaderNodeSeparateXYZ")
    along = tree.nodes.new("ShaderNodeMath")  # x + y runs along every wall that faces an axis
    along.operation = "ADD"
    join = tree.nodes.new("ShaderNodeCombineXYZ")
    brick = tree.nodes.new("ShaderNodeTexBrick")
    brick.inputs["Scale"].default_value = 1.0
    brick.inputs["Brick Width"].default_value = 0.25
    brick.inputs["Row Height"].default_value = 0.075
    brick.inputs["Mortar Size"].default_value = 0.006
    brick.inputs["Color1"].default_value = (*(c * 0.75 for c in colour), 1.0)
    brick.inputs["Color2"].default_value = (*(c * 1.25 for c in colour), 1.0)
    brick.inputs["Mortar"].default_value = (0.30, 0.28, 0.25, 1.0)
    tree.links.new(place.outputs["Position"], split.inputs[0])
    tree.links.new(split.outputs["X"], along.inputs[0])
    tree.links.new(split.outputs["Y"], along.inputs[1])
    tree.links.new(along.outputs[0], join.inputs["X"])
    tree.links.new(split.outputs["Z"], join.inputs["Y"])
    tree.links.new(join.outputs[0], brick.inputs["Vector"])
    tree.links.new(brick.outputs["Color"], shader.inputs["Base Color"])
