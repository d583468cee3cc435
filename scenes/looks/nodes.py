"""What looks are made of: materials of one shader, and changes to them."""

from __future__ import annotations

from typing import Any

from scenes.looks.tree import Tree


def principled(name: str, radvis_material: str, **inputs: Any) -> Any:
    """Return a new material of one Principled BSDF.

    Args:
        name: Its name in Blender.
        radvis_material: Its name in `scenes.materials`.
        inputs: Values of the shader's inputs, spaces in their names as underscores.
    """
    import bpy

    material = bpy.data.materials.new(name)
    material.use_nodes = True
    material["radvis_material"] = radvis_material
    tree = Tree(material.node_tree)
    for key, value in inputs.items():
        tree.link(value, key.replace("_", " "))
    return material


def surface_shader(material: Any) -> Any:
    """Return the node that a material's surface is made of."""
    kinds = ("BSDF_DIFFUSE", "BSDF_PRINCIPLED")
    return next(node for node in material.node_tree.nodes if node.type in kinds)


def colour_input(material: Any) -> Any:
    """Return the input of the surface's colour."""
    return surface_shader(material).inputs[0]  # "Color" of one shader, "Base Color" of the other


def tint_by_object(material: Any) -> None:
    """Multiply the surface's colour by that of the object that wears it."""
    tree, socket = Tree(material.node_tree), colour_input(material)
    own = socket.links[0].from_socket if socket.is_linked else tuple(socket.default_value)
    tint = tree.node("ObjectInfo").outputs["Color"]
    tree.connect(tree.mixed(1.0, own, tint, "MULTIPLY"), socket)


def vary(material: Any, scale: float, low: float, high: float, detail: float) -> None:
    """Let the base colour wander between `low` and `high` times itself, over 1/scale metres."""
    tree, socket = Tree(material.node_tree), colour_input(material)
    colour = tuple(socket.default_value)[:3]
    # By world position: no two objects alike.
    noise = tree.node("TexNoise", {"Vector": tree.patterned(), "Scale": scale, "Detail": detail})
    ramp = tree.node("ValToRGB", {"Fac": noise.outputs["Fac"]})
    for element, place_on, factor in zip(
        ramp.color_ramp.elements, (0.32, 0.68), (low, high), strict=True
    ):
        element.position = place_on
        element.color = (*(c * factor for c in colour), 1.0)
    tree.connect(ramp.outputs["Color"], socket)


def let_light_through(material: Any) -> None:
    """Let leaves glow a little where the sun is behind them."""
    tree, shader = Tree(material.node_tree), surface_shader(material)
    through = tree.node("BsdfTranslucent", {"Color": (0.13, 0.20, 0.02)})
    tree.show(tree.node("MixShader", {0: 0.3, 1: shader.outputs[0], 2: through.outputs[0]}))


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
    tree, socket = Tree(material.node_tree), colour_input(material)
    colour = tuple(socket.default_value)[:3]
    where, mortar = tree.patterned(), tuple(0.5 * c for c in colour)
    if plane == "wall":
        mortar = (0.30, 0.28, 0.25)
        x, y, z = tree.split(where)
        where = tree.joined(tree.math("ADD", x, y), z)  # x + y runs along all such walls
    inputs = {
        "Vector": where,
        "Color1": tuple(c * shades[0] for c in colour),
        "Color2": tuple(c * shades[1] for c in colour),
        "Mortar": mortar,
        "Scale": 1.0,
        "Mortar Size": joint,
        "Brick Width": size[0],
        "Row Height": size[1],
    }
    tree.connect(tree.node("TexBrick", inputs).outputs["Color"], socket)


def glow(material: Any, colour: tuple[float, float, float], radiance: float) -> None:
    """Let a surface shine by itself for the camera; what it lights and mirrors is lamps' work."""
    tree = Tree(material.node_tree)
    emission = tree.node("Emission", {"Color": colour})
    tree.show(emission)
    shine(material, emission.inputs["Strength"], radiance)


def shine(material: Any, strength: Any, radiance: float) -> None:
    """Set a shader's strength of emission, for rays from the camera only.

    Args:
        material: With the shader.
        strength: The shader's input.
        radiance: In the scene's unit of light.
    """
    tree = Tree(material.node_tree)
    seen = tree.node("LightPath").outputs["Is Camera Ray"]
    tree.connect(tree.between(seen, 0.0, radiance), strength)
    material.cycles.emission_sampling = "NONE"
