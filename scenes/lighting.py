"""Sun and sky in a Blender scene."""

from __future__ import annotations

import numpy as np

from scenes.sky import Light


def light_scene(light: Light) -> None:
    """Give the Blender scene a sun lamp and a sky picture."""
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

    sun = bpy.data.lights.new("sun", "SUN")
    sun.energy = float(light.sun.max())
    sun.color = tuple((light.sun / light.sun.max()).tolist())
    sun.angle = light.angle
    holder = bpy.data.objects.new("sun", sun)
    holder.rotation_euler = Vector(light.direction).to_track_quat("Z", "Y").to_euler()
    scene.collection.objects.link(holder)
