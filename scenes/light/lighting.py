"""Sun, sky and lamps in a Blender scene."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes.light.lamps import Glass, Spot
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
    # Without the sun the sky is even: rays that shade find it as well as rays that aim at it, and
    # fewer of them go out.
    world.cycles.sampling_method = "NONE"

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
        parent: A Blender object that carries them; skewed ones need one.
    """
    import bpy

    holders = []
    for index, spot in enumerate(spots):
        lamp = bpy.data.lights.new(f"spot_{index}", "SPOT")
        lamp.energy = 4 * np.pi * spot.intensity  # Blender's watts are those of a sphere
        lamp.color = spot.colour
        lamp.spot_size, lamp.spot_blend = spot.cone, spot.blend
        lamp.shadow_soft_size = spot.radius
        holders.append(_hang(lamp, spot.place, spot.direction, parent))
        if spot.skew is not None:
            _skew(holders[-1], spot)
    return holders


def add_glass(glasses: Sequence[Glass], parent: Any) -> list[Any]:
    """Add what mirrors show of lit glass to the Blender scene and return its objects.

    The glass itself shines for the camera only. A ray that leaves a wet road hits so small a thing
    once in a thousand times; a lamp in its place is aimed at, and its streak is without noise.
    Dull surfaces are lit by beams.

    Args:
        glasses: In the parent's frame.
        parent: A Blender object that carries them.
    """
    import bpy

    holders = []
    for index, glass in enumerate(glasses):
        lamp = bpy.data.lights.new(f"glass_{index}", "AREA")
        lamp.shape, lamp.size = "DISK", 2 * glass.radius
        lamp.energy = glass.radiance * np.pi * np.pi * glass.radius**2  # a Lambertian disc's flux
        lamp.color = glass.colour
        holder = _hang(lamp, glass.place, glass.direction, parent)
        holder.visible_camera = holder.visible_diffuse = False
        holders.append(holder)
    return holders


def _hang(
    lamp: Any, place: NDArray[np.float64], direction: NDArray[np.float64], parent: Any
) -> Any:
    """Link a lamp to the scene and return its object."""
    import bpy
    from mathutils import Vector

    holder = bpy.data.objects.new(lamp.name, lamp)
    holder.location = place.tolist()
    away = Vector((-direction).tolist())  # lamps shine along their -z
    holder.rotation_euler = away.to_track_quat("Z", "Y").to_euler()
    holder.parent = parent
    bpy.context.scene.collection.objects.link(holder)
    return holder


def _skew(holder: Any, spot: Spot) -> None:
    """Give a lamp's object the coordinates in which its cone is round.

    Cycles takes directions to an object's coordinates before it asks for the cone, skewed or not.
    The object's own place, turn and size cannot skew; what stands between it and its parent can.
    """
    from mathutils import Matrix

    if holder.parent is None:
        raise ValueError("a skewed spot needs a parent")
    matrix = np.eye(4)
    matrix[:3, :3] = np.linalg.inv(spot.axes) @ np.diag([1.0, 1.0, -1.0])  # lamps look along -z
    matrix[:3, 3] = spot.place
    holder.matrix_parent_inverse = Matrix(matrix.tolist())
    holder.location = holder.rotation_euler = (0.0, 0.0, 0.0)
