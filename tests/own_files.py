"""What tests put into Blender files of users' own; needs bpy."""

import bpy
import numpy as np


def mesh_object(name, vertices, faces, material=None):
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices, [], faces)
    if material:
        known = bpy.data.materials.get(material) or bpy.data.materials.new(material)
        mesh.materials.append(known)
    item = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(item)
    return item


def cube(name, centre=(0, 0, 0), edge=1.0, material=None):
    corners = [(x, y, z) for z in (-0.5, 0.5) for y in (-0.5, 0.5) for x in (-0.5, 0.5)]
    quads = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
    item = mesh_object(name, edge * np.array(corners), quads, material)
    item.location = centre
    return item


def sheet(name, half=20.0, material=None):
    corners = [(-half, -half, 0), (half, -half, 0), (half, half, 0), (-half, half, 0)]
    return mesh_object(name, corners, [(0, 1, 2, 3)], material)


def empty(name, place, parent=None):
    item = bpy.data.objects.new(name, None)
    item.location, item.parent = place, parent
    bpy.context.scene.collection.objects.link(item)
    return item


def camera_at(place=(0, 0, 5), pitch=20.0, heading=0.0):
    lens = bpy.data.cameras.new("Camera")
    lens.angle = np.radians(70)
    item = bpy.data.objects.new("Camera", lens)
    item.location = place
    item.rotation_euler = (np.radians(90 - pitch), 0.0, -np.radians(heading))
    bpy.context.scene.collection.objects.link(item)
    bpy.context.scene.camera = item
    return item


def lamp(kind, place=(0, 10, 6), energy=100.0, turn=(0, 0, 0)):
    data = bpy.data.lights.new(kind, kind)
    data.energy = energy
    item = bpy.data.objects.new(kind, data)
    item.location, item.rotation_euler = place, turn
    bpy.context.scene.collection.objects.link(item)
    return item


def thing(name):
    return bpy.data.objects[name]


def remove(name):
    bpy.data.objects.remove(thing(name))


def animate(item, seconds, fps=24, to=(6.0, 10.0, 0.5), turn=np.pi / 2):
    """Move and turn an object evenly."""
    bpy.context.scene.render.fps = fps
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 1, 1 + round(seconds * fps)
    for frame, place, yaw in ((1, item.location.copy(), 0.0), (1 + seconds * fps, to, turn)):
        item.location, item.rotation_euler = place, (0.0, 0.0, yaw)
        item.keyframe_insert("location", frame=frame)
        item.keyframe_insert("rotation_euler", frame=frame)
    for curve in item.animation_data.action.fcurves:
        for point in curve.keyframe_points:
            point.interpolation = "LINEAR"
