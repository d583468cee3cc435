"""Sun, sky and lamps in a Blender scene."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scenes.light.lamps import Spot
from scenes.light.sky import Light


def light_scene(light: Light) -> None:
    """Give the Blender scene a sky picture, and a sun lamp if the sun shines."""
    import bpy
    from mathutils import Vector

    scene = bpy.context.scene
    height, width, _ = light.sky.shape
    image = bpy.data.images.new("sky", width, height, float_buffer=True)
    image.colorspace_settings.name = "Linear Rec.709"
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., :3] = light.sky[::-1]
    image.pixels.foreach_set(pixels.ravel())
    image.update()
    image.pack()
    world = bpy.data.worlds.new("sky")
    scene.world = world
    world.use_nodes = True
    tree = world.node_tree
    texture = tree.nodes.new("ShaderNodeTexEnvironment")
    texture.image = image
    tree.links.new(texture.outputs["Color"], tree.nodes["Background"].inputs["Color"])
    world.cycles.sampling_method = "MANUAL"
    world.cycles.sample_map_resolution = 256

    if not light.sun.any():
        return
    sun = bpy.data.lights.new("sun", "SUN")
    sun.energy = float(light.sun.max())
    sun.color = tuple((light.sun / light.sun.max()).tolist())
    sun.angle = light.angle
    holder = bpy.data.objects.new("sun", sun)
    holder.rotation_euler = Vector(light.direction).to_track_quat("Z", "Y").to_euler()
    scene.collection.objects.link(holder)


def add_spots(spots: Sequence[Spot], parent: Any = None) -> list[Any]:
    """Add lamps to the Blender scene and return their objects.

    Args:
        spots: In the parent's frame, or in the world.
        parent: A Blender object that carries them.
    """
    import bpy
    from mathutils import Vector

    holders = []
    for index, spot in enumerate(spots):
        lamp = bpy.data.lights.new(f"spot_{index}", "SPOT")
        lamp.energy = 4 * np.pi * spot.intensity  # Blender's watts are those of a sphere
        lamp.color = spot.colour
        lamp.spot_size, lamp.spot_blend = spot.cone, spot.blend
        lamp.shadow_soft_size = spot.radius
        holder = bpy.data.objects.new(f"spot_{index}", lamp)
        holder.location = spot.place.tolist()
        away = Vector((-spot.direction).tolist())
        holder.rotation_euler = away.to_track_quat("Z", "Y").to_euler()
        holder.parent = parent
        bpy.context.scene.collection.objects.link(holder)
        holders.append(holder)
    return holders
