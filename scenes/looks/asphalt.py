"""The look of asphalt and its markings: dry, wet, or under slush."""

from __future__ import annotations

from typing import Any

import numpy as np

from scenes.looks.asphalt_picture import AsphaltPicture
from scenes.looks.nodes import colour_input, surface_shader

PUDDLE_SIZE = 3.0  # about, across [m]
WET_ROUGHNESS, PUDDLE_ROUGHNESS = 0.30, 0.04
PUDDLES = (0.54, 0.62)  # noise from which on a place is damp, and from which on a puddle

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
    for name, painted in (("asphalt", ""), ("marking", "marking")):
        channels = _Channels(materials[name], picture, image)
        channels.lay(looks["asphalt"][0], tint, looks[painted][0] if painted else None)
    for name, painted in (("wet_asphalt", ""), ("wet_marking", "wet_marking")):
        channels = _Channels(materials[name], picture, image)
        channels.lay(looks["wet_asphalt"][0], tint, looks[painted][0] if painted else None)
        _puddles(materials[name])
    slush = _Channels(materials["slush"], picture, image)
    slush.lay(looks["wet_asphalt"][0], tint, looks["slush"][0], by="tracks")


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


class _Channels:
    """The picture's channels inside one material."""

    def __init__(self, material: Any, picture: AsphaltPicture, image: Any) -> None:
        self.material, self.tree = material, material.node_tree
        new, link = self.tree.nodes.new, self.tree.links.new
        place, scale = new("ShaderNodeNewGeometry"), new("ShaderNodeMapping")
        width, depth = picture.x_max - picture.x_min, picture.y_max - picture.y_min
        scale.inputs["Scale"].default_value = (1 / width, 1 / depth, 1)
        scale.inputs["Location"].default_value = (
            -picture.x_min / width, -picture.y_min / depth, 0,
        )  # fmt: skip
        texture, split = new("ShaderNodeTexImage"), new("ShaderNodeSeparateColor")
        texture.image, texture.extension = image, "EXTEND"
        link(place.outputs["Position"], scale.inputs["Vector"])
        link(scale.outputs[0], texture.inputs["Vector"])
        link(texture.outputs["Color"], split.inputs[0])
        self.outputs = dict(zip(("brightness", "wear", "tracks"), split.outputs, strict=True))

    def lay(
        self, base: tuple[float, float, float], tint: float,
        cover: tuple[float, float, float] | None, by: str = "wear",
    ) -> None:  # fmt: skip
        """Colour the surface by the picture, under a cover that a channel lays bare."""
        new, link = self.tree.nodes.new, self.tree.links.new
        colour = new("ShaderNodeMix")
        colour.data_type, colour.blend_type, colour.clamp_factor = "RGBA", "MIX", False
        colour.inputs[6].default_value = (0, 0, 0, 1)
        colour.inputs[7].default_value = (*(2 * tint * c for c in base), 1)
        link(self.outputs["brightness"], colour.inputs[0])
        result = colour.outputs[2]
        if cover is not None:
            bare = new("ShaderNodeMix")
            bare.data_type = "RGBA"
            bare.inputs[6].default_value = (*cover, 1)
            link(self.outputs[by], bare.inputs[0])
            link(result, bare.inputs[7])
            result = bare.outputs[2]
        link(result, colour_input(self.material))


def _puddles(material: Any) -> None:
    """Let water stand in places: smooth there, less so between."""
    tree = material.node_tree
    place, noise = tree.nodes.new("ShaderNodeNewGeometry"), tree.nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value = 1 / PUDDLE_SIZE
    noise.inputs["Detail"].default_value = 1.0
    ramp = tree.nodes.new("ShaderNodeMapRange")
    ramp.inputs["From Min"].default_value, ramp.inputs["From Max"].default_value = PUDDLES
    ramp.inputs["To Min"].default_value = WET_ROUGHNESS
    ramp.inputs["To Max"].default_value = PUDDLE_ROUGHNESS
    tree.links.new(place.outputs["Position"], noise.inputs["Vector"])
    tree.links.new(noise.outputs["Fac"], ramp.inputs["Value"])
    shader = surface_shader(material)
    tree.links.new(ramp.outputs["Result"], shader.inputs["Roughness"])
    shader.inputs["IOR"].default_value = 1.33
