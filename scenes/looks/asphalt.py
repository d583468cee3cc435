"""The look of asphalt and its markings: dry, wet, or under slush."""

from __future__ import annotations

from typing import Any

import numpy as np

from scenes.looks.asphalt_picture import AsphaltPicture
from scenes.looks.nodes import colour_input
from scenes.looks.tree import Tree

PUDDLE_SIZE = 3.0  # about, across [m]
WET_ROUGHNESS, PUDDLE_ROUGHNESS = 0.30, 0.04
PUDDLES = (0.54, 0.62)  # noise from which on a place is damp, and from which on a puddle
# What is laid of asphalt: which asphalt, and the channel that says where it lies bare, if covered.
LAID: dict[str, tuple[str, str | None]] = {
    "asphalt": ("asphalt", None),
    "marking": ("asphalt", "wear"),
    "wet_asphalt": ("wet_asphalt", None),
    "wet_marking": ("wet_asphalt", "wear"),
    "slush": ("wet_asphalt", "tracks"),
}

Looks = dict[str, tuple[tuple[float, float, float], float, float]]


def lay_asphalt(
    materials: dict[str, Any], picture: AsphaltPicture, tint: float, looks: Looks
) -> None:
    """Show the picture on all asphalt by world x and y, and through what is worn of markings.

    Args:
        materials: By name; those of asphalt are changed.
        picture: Of the ground.
        tint: Factor on the asphalt's brightness.
        looks: Base colour (and what else) of each material.
    """
    image = _image(picture)
    for name, (ground, bared_by) in LAID.items():
        tree = Tree(materials[name].node_tree)
        channels = _channels(tree, picture, image)
        full = tuple(2 * tint * c for c in looks[ground][0])  # the picture holds half
        colour = tree.mixed(channels["brightness"], (0.0, 0.0, 0.0), full)
        if bared_by is not None:
            colour = tree.mixed(channels[bared_by], looks[name][0], colour)
        tree.connect(colour, colour_input(materials[name]))
    for name in ("wet_asphalt", "wet_marking"):
        _let_puddles_stand(materials[name])


def _image(picture: AsphaltPicture) -> Any:
    """Return the picture in Blender: brightness red, wear green, wheel tracks blue."""
    import bpy

    image = bpy.data.images.new("asphalt", *picture.brightness.shape[::-1], float_buffer=False)
    image.colorspace_settings.name = "Non-Color"
    pixels = np.ones((*picture.brightness.shape, 4), np.float32)
    pixels[..., 0] = 0.5 * picture.brightness
    pixels[..., 1] = picture.wear
    pixels[..., 2] = picture.tracks
    image.pixels.foreach_set(pixels.ravel())
    image.update()
    image.pack()
    return image


def _channels(tree: Tree, picture: AsphaltPicture, image: Any) -> dict[str, Any]:
    """Return the picture's channels at the point that is shaded."""
    width, depth = picture.x_max - picture.x_min, picture.y_max - picture.y_min
    place = {
        "Vector": tree.place(),
        "Scale": (1 / width, 1 / depth, 1.0),
        "Location": (-picture.x_min / width, -picture.y_min / depth, 0.0),
    }
    where = tree.node("Mapping", place).outputs[0]
    texture = tree.node("TexImage", {"Vector": where}, image=image, extension="EXTEND")
    split = tree.node("SeparateColor", {0: texture.outputs["Color"]})
    return dict(zip(("brightness", "wear", "tracks"), split.outputs, strict=True))


def _let_puddles_stand(material: Any) -> None:
    """Let water stand in places: smooth there, less so between."""
    tree = Tree(material.node_tree)
    inputs = {"Vector": tree.patterned(), "Scale": 1 / PUDDLE_SIZE, "Detail": 1.0}
    noise = tree.node("TexNoise", inputs)
    ramp = {
        "Value": noise.outputs["Fac"],
        "From Min": PUDDLES[0],
        "From Max": PUDDLES[1],
        "To Min": WET_ROUGHNESS,
        "To Max": PUDDLE_ROUGHNESS,
    }
    tree.link(tree.node("MapRange", ramp).outputs["Result"], "Roughness")
    tree.link(1.33, "IOR")
