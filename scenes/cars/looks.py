"""How cars look beyond the scene's materials: paint with pearl and dirt, lamps, lit and unlit.

One Principled shader each and a few nodes: no transparency, no pictures.
"""

from __future__ import annotations

import colorsys
from typing import Any

from scenes.cars.model import CarModel
from scenes.cars.rain import FILM_IOR, WET_DUST, beaded
from scenes.looks.nodes import principled, shine
from scenes.looks.tree import Tree
from scenes.spec import RGB, Paint

# Slots of lamps with a look of their own: base colour, linear RGB.
LAMP_COLOURS: dict[str, RGB] = {
    "lamp_red": (0.30, 0.006, 0.008),
    "lamp_amber": (0.55, 0.16, 0.01),
    "reflector": (0.30, 0.006, 0.008),
}
# Luminance of lit lamps' glass [cd/m^2]. Headlamps: 250 cd off the low beam's axis (the glare limit
# of UN Regulation 112, 0.4 lx at 25 m) from 80 cm^2; tail-lamps: 4.8 cd (UN Regulation 7 allows 4
# to 17 cd) from 80 cm^2, of 625 nm, which is as red as BT.709 gets.
LIT_LUMINANCE: dict[str, float] = {"headlamp": 31_000.0, "lamp_red": 600.0}
LIT_COLOURS: dict[str, RGB] = {"headlamp": (1.0, 0.95, 0.88), "lamp_red": (1.0, 0.004, 0.002)}

DUST: RGB = (0.125, 0.105, 0.080)
DIRT_TOP = 0.85  # height up to which dirt is thrown [m]
ARCH_REACH = 0.35  # how far around the wheels it lies thick [m]
TAIL_REACH = 0.5  # how far ahead of the tail it lies thick [m]


def lamp_material(slot: str) -> Any:
    """Return the coloured lamp glass of a slot, made once per Blender file."""
    import bpy

    found = bpy.data.materials.get(slot)
    if found is not None:
        return found
    return principled(
        slot,
        "lamp_glass",
        Base_Color=LAMP_COLOURS[slot],
        Roughness=0.12,
        Coat_Weight=1.0,
        Coat_Roughness=0.02,
    )


def lit_material(slot: str, lux: float) -> Any:
    """Return the shining glass of a slot in `LIT_LUMINANCE`, made once per Blender file.

    Args:
        slot: The slot.
        lux: Illuminance that the scene's unit of light stands for [lx].
    """
    import bpy

    name = f"{slot}_lit"
    found = bpy.data.materials.get(name)
    if found is not None:
        return found
    material = principled(
        name,
        "lamp_glass",
        Base_Color=LAMP_COLOURS.get(slot, (0.55, 0.55, 0.56)),
        Roughness=0.12,
        Emission_Color=LIT_COLOURS[slot],
    )
    strength = material.node_tree.nodes["Principled BSDF"].inputs["Emission Strength"]
    shine(material, strength, LIT_LUMINANCE[slot] / lux)
    return material


def dirt_places(model: CarModel) -> dict[str, float]:
    """Return the custom properties of a car's body that place its dirt [m]."""
    return {
        "front_axle": model.front_axle,
        "rear_axle": model.rear_axle,
        "axle_height": model.wheel_radius,
        "wheel_reach": model.arch_radius,
        "tail": -model.nose,
    }


def paint_material(paint: Paint, wet: bool = False) -> Any:
    """Return the Blender material of a paint: base coat, flakes, pearl, clear coat, dirt, rain."""
    import bpy

    red, green, blue = paint.colour
    name = (
        f"car_paint {red:.4f} {green:.4f} {blue:.4f} {paint.metallic:.3f} {paint.roughness:.3f} "
        f"{paint.pearl:.3f} {paint.dirt:.3f}{' wet' if wet else ''}"
    )
    found = bpy.data.materials.get(name)
    if found is not None:
        return found
    material = principled(
        name,
        "car_paint",
        Base_Color=paint.colour,
        Metallic=0.75 * paint.metallic,
        Roughness=paint.roughness,
        Coat_Weight=1.0,
        Coat_Roughness=0.02,
        Coat_IOR=FILM_IOR if wet else 1.5,
    )
    tree = Tree(material.node_tree)
    colour: Any = paint.colour
    if paint.pearl:
        colour = shifted(tree, colour, interference(paint.colour), paint.pearl)
    if paint.dirt:
        lay_dirt(tree, colour, paint, wet)
    elif paint.pearl:
        tree.link(colour, "Base Color")
    if wet:
        tree.link(beaded(tree), "Coat Roughness")
    return material


def interference(colour: RGB) -> RGB:
    """Return the colour that mica flakes shift a base colour to at grazing angles."""
    hue, saturation, value = colorsys.rgb_to_hsv(*colour)
    # Colourless paints shift to blue-green, others by a sixth of the colour wheel.
    turned = 0.52 if saturation < 0.3 else (hue + 1 / 6) % 1.0
    red, green, blue = colorsys.hsv_to_rgb(turned, max(0.45, saturation), min(1.0, value + 0.10))
    return red, green, blue


def shifted(tree: Tree, colour: Any, other: RGB, strength: float) -> Any:
    """Return the socket of a colour that turns to another one where it is seen at an angle."""
    facing = tree.node("LayerWeight", {"Blend": 0.4}).outputs["Facing"]
    steep = tree.math("MULTIPLY", facing, facing)
    share = tree.math("MULTIPLY", steep, 0.75 * strength)
    return tree.mixed(share, colour, other)


def lay_dirt(tree: Tree, colour: Any, paint: Paint, wet: bool = False) -> None:
    """Lay dust over the sills, around the wheels and on the tail; water covers it where wet."""
    place = tree.node("TexCoord").outputs["Object"]
    drawn = tree.vector("ADD", place, tree.joined(tree.value("pattern"), 0.0))
    noise = tree.node("TexNoise", {"Vector": drawn, "Scale": 4.0, "Detail": 2.0})
    x, _, z = tree.split(place)
    sill = falling(tree, z, 0.15, DIRT_TOP)
    behind = falling(tree, tree.math("SUBTRACT", x, tree.value("tail")), 0.02, TAIL_REACH)
    lower = falling(tree, z, 0.5, 1.6)
    thrown = tree.math("MAXIMUM", sill, tree.math("MULTIPLY", behind, lower))
    height = tree.math("SUBTRACT", z, tree.value("axle_height"))
    for axle in ("front_axle", "rear_axle"):
        along = tree.math("SUBTRACT", x, tree.value(axle))
        away = tree.math(
            "SQRT",
            tree.math(
                "ADD", tree.math("MULTIPLY", along, along), tree.math("MULTIPLY", height, height)
            ),
        )
        beyond = tree.math("SUBTRACT", away, tree.value("wheel_reach"))
        thrown = tree.math("MAXIMUM", thrown, falling(tree, beyond, 0.0, ARCH_REACH))
    # A film lies on everything, thick dirt has patchy edges.
    patchy = tree.math("MULTIPLY", thrown, tree.math("ADD", noise.outputs["Fac"], 0.45))
    film = tree.math("ADD", tree.math("MULTIPLY", patchy, 1.1), 0.12)
    share = tree.math("MINIMUM", tree.math("MULTIPLY", film, paint.dirt), 0.9)
    red, green, blue = DUST
    dust = (WET_DUST * red, WET_DUST * green, WET_DUST * blue) if wet else DUST
    tree.link(tree.mixed(share, colour, dust), "Base Color")
    clean = tree.math("SUBTRACT", 1.0, share)
    if not wet:
        tree.link(clean, "Coat Weight")
    tree.link(tree.math("MULTIPLY", clean, 0.75 * paint.metallic), "Metallic")
    rise = tree.math("MULTIPLY", share, 0.85 - paint.roughness)
    tree.link(tree.math("ADD", rise, paint.roughness), "Roughness")


def falling(tree: Tree, value: Any, start: float, end: float) -> Any:
    """Return 1 below `start`, falling smoothly to 0 at `end`."""
    inputs = {"Value": value, "From Min": start, "From Max": end, "To Min": 1.0, "To Max": 0.0}
    return tree.node("MapRange", inputs, interpolation_type="SMOOTHSTEP").outputs["Result"]
