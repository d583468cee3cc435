"""What looks are made of: changes to the node tree of a Blender material."""

from __future__ import annotations

from typing import Any


def surface_shader(material: Any) -> Any:
    """Return the node that a material's surface is made of."""
    kinds = ("BSDF_DIFFUSE", "BSDF_PRINCIPLED")
    return next(node for node in material.node_tree.nodes if node.type in kinds)


def colour_input(material: Any) -> Any:
    """Return the input of the surface's colour."""
    return surface_shader(material).inputs[0]  # "Color" of one shader, "Base Color" of the other


def tint_by_object(material: Any) -> None:
    """Multiply the surface's colour by that of the object that wears it."""
    tree, socket = material.node_tree, colour_input(material)
    mix, item = tree.nodes.new("ShaderNodeMix"), tree.nodes.new("ShaderNodeObjectInfo")
    mix.data_type, mix.blend_type = "RGBA", "MULTIPLY"
    mix.inputs[0].default_value = 1.0
    if socket.is_linked:
        tree.links.new(socket.links[0].from_socket, mix.inputs[6])
    else:
        mix.inputs[6].default_value = tuple(socket.default_value)
    tree.links.new(item.outputs["Color"], mix.inputs[7])
    tree.links.new(mix.outputs[2], socket)


def vary(material: Any, scale: float, low: float, high: float, detail: float) -> None:
    """Let the base colour wander between `low` and `high` times itself, over 1/scale metres."""
    tree = material.node_tree
    colour = tuple(colour_input(material).default_value)[:3]
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
    tree.links.new(ramp.outputs["Color"], colour_input(material))


def let_light_through(material: Any) -> None:
    """Let leaves glow a little where the sun is behind them."""
    tree = material.node_tree
    shader, output = surface_shader(material), tree.nodes["Material Output"]
    through = tree.nodes.new("ShaderNodeBsdfTranslucent")
    mix = tree.nodes.new("ShaderNodeMixShader")
    through.inputs["Color"].default_value = (0.13, 0.20, 0.02, 1.0)
    mix.inputs[0].default_value = 0.3
    tree.links.new(shader.outputs[0], mix.inputs[1])
    tree.links.new(through.outputs[0], mix.inputs[2])
    tree.links.new(mix.outputs[0], output.inputs["Surface"])


def lay_courses(
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
    colour = tuple(colour_input(material).default_value)[:3]
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
    tree.links.new(brick.outputs["Color"], colour_input(material))


def glow(material: Any, colour: tuple[float, float, float], radiance: float) -> None:
    """Let a surface shine by itself; it is seen and mirrored, but lights nothing: lamps do that."""
    tree = material.node_tree
    emission = tree.nodes.new("ShaderNodeEmission")
    emission.inputs["Color"].default_value = (*colour, 1.0)
    tree.links.new(emission.outputs[0], tree.nodes["Material Output"].inputs["Surface"])
    shine(material, emission.inputs["Strength"], radiance)


def shine(material: Any, strength: Any, radiance: float) -> None:
    """Set a shader's strength of emission, but to rays that a dull surface scattered.

    Args:
        material: With the shader.
        strength: The shader's input.
        radiance: In the scene's unit of light.
    """
    tree = material.node_tree
    path, keep = (tree.nodes.new(f"ShaderNode{kind}") for kind in ("LightPath", "Math"))
    keep.operation = "MULTIPLY_ADD"  # radiance times (1 - whether it is a diffuse ray)
    keep.inputs[1].default_value, keep.inputs[2].default_value = -radiance, radiance
    tree.links.new(path.outputs["Is Diffuse Ray"], keep.inputs[0])
    tree.links.new(keep.outputs[0], strength)
    material.cycles.emission_sampling = "NONE"
