"""Makes own_scene.blend: a courtyard that a forklift drives through, seen by three sensors.

What radvis needs of a Blender file is all in here: a target, a camera, materials that it knows.
Run it with the Python that radvis runs in, and look at what the sensors see:

    python examples/make_own_scene.py own_scene.blend
    radvis scene preview own_scene.blend

The walk-through is docs/own-scene.md.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

Vec = tuple[float, float, float]
FPS, SECONDS = 24, 6.0

# name: linear RGB, roughness, metallic. Names that radvis knows need no property.
LOOKS: dict[str, tuple[Vec, float, float]] = {
    "Concrete": ((0.36, 0.35, 0.33), 0.85, 0.0),
    "Brick": ((0.32, 0.12, 0.08), 0.9, 0.0),
    "Metal": ((0.08, 0.16, 0.24), 0.45, 0.6),
    "Wood": ((0.36, 0.22, 0.11), 0.8, 0.0),
    "Rubber": ((0.02, 0.02, 0.02), 0.9, 0.0),
    "Asphalt": ((0.10, 0.10, 0.105), 0.9, 0.0),
    "Marking": ((0.72, 0.62, 0.12), 0.7, 0.0),
    "Truck Yellow": ((0.75, 0.36, 0.02), 0.4, 0.0),
    "Cladding": ((0.46, 0.48, 0.50), 0.5, 0.3),
    "Door": ((0.55, 0.56, 0.55), 0.6, 0.2),
    "Window": ((0.02, 0.03, 0.035), 0.05, 0.0),
    "Mast": ((0.06, 0.06, 0.065), 0.5, 0.8),
}
# What radvis would not know by its name.
KNOWN_AS = {"Truck Yellow": "car_paint", "Mast": "metal", "Door": "metal"}


def make(path: Path, frames: int = int(FPS * SECONDS)) -> None:
    """Write the scene to a .blend; the forklift's drive lasts `frames` of Blender's frames."""
    build(frames)
    bpy.ops.wm.save_as_mainfile(filepath=str(path.absolute()), compress=True)


def build(frames: int) -> None:
    """Fill an empty Blender file with the courtyard."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    for name, (colour, roughness, metallic) in LOOKS.items():
        add_material(name, colour, roughness, metallic)
    courtyard()
    drive(forklift(), frames)
    sensors()


def courtyard() -> None:
    """Add ground, walls, a container, pallets and a lane of paint."""
    box("ground", (0.0, 22.0, -0.1), (44.0, 60.0, 0.2), "Asphalt")
    for x in (-2.3, 2.7):
        box(f"Line {x:+.1f}", (x, 22.0, 0.002), (0.12, 36.0, 0.004), "Marking")
    wall = box("Wall back", (0.0, 41.0, 2.0), (36.0, 0.4, 4.0), "Brick")
    wall["radvis_class"] = "wall"
    side = box("Wall left", (-13.0, 23.0, 1.6), (0.4, 36.0, 3.2), "Brick")
    side["radvis_class"] = "wall"
    coping = box("Coping", (0.0, 41.0, 4.06), (36.2, 0.6, 0.12), "Concrete")
    coping["radvis_class"] = "wall"
    hall()
    container()
    for index, (x, y, turn) in enumerate(
        [(-9.5, 17.0, 0.1), (-9.3, 19.2, -0.15), (6.0, 34.0, 0.5)]
    ):
        pallet(f"Pallet {index + 1}", x, y, turn, height=3 + 2 * index)
    for index in range(5):
        bollard = tube(f"Bollard {index + 1}", (-5.5, 12.0 + 4.5 * index, 0.5), 0.09, 1.0, "Metal")
        bollard["radvis_class"] = "bollard"


def hall() -> None:
    """Add a hall of sheet metal with three roller doors, on a plinth; its parts are children."""
    body = box("Hall", (20.0, 26.0, 3.4), (12.0, 34.0, 6.0), "Cladding")
    body["radvis_class"] = "building"
    parts = [box("Plinth", (0.0, 0.0, -3.2), (12.1, 34.1, 0.4), "Concrete")]
    parts.append(box("Eaves", (0.0, 0.0, 3.06), (12.4, 34.4, 0.12), "Metal"))
    for y in (-10.0, 0.0, 10.0):
        parts.append(box(f"Door {y:+.0f}", (-6.02, y, -1.3), (0.1, 4.0, 4.2), "Door"))
        parts.append(box(f"Window {y:+.0f}", (-6.02, y + 5.0, 1.0), (0.06, 3.2, 1.0), "Window"))
    for part in parts:
        part.parent = body
        part["radvis_class"] = "building"


def container() -> None:
    """Add a shipping container of 6.06 m, its sides corrugated."""
    length, width, height, wave = 6.06, 2.44, 2.59, 0.036
    steps = np.linspace(-length / 2, length / 2, 89)
    out = np.where(np.arange(89) // 2 % 2, wave, 0.0)
    vertices: list[Vec] = []
    faces: list[tuple[int, ...]] = []
    for side in (-1, 1):
        first = len(vertices)
        for y, dent in zip(steps.tolist(), out.tolist(), strict=True):
            x = side * (width / 2 - dent)
            vertices += [(x, y, 0.08), (x, y, height - 0.06)]
        for i in range(len(steps) - 1):
            a, b, c, d = first + 2 * i, first + 2 * i + 2, first + 2 * i + 3, first + 2 * i + 1
            faces.append((a, b, c, d) if side > 0 else (d, c, b, a))
    mesh = bpy.data.meshes.new("Container")
    mesh.from_pydata(vertices, [], faces)
    mesh.materials.append(bpy.data.materials["Metal"])
    body = bpy.data.objects.new("Container", mesh)
    body.location, body.rotation_euler = (8.3, 21.0, 0.0), (0.0, 0.0, np.radians(4.0))
    bpy.context.scene.collection.objects.link(body)
    body["radvis_class"] = "building"
    w, n, top = width / 2 - wave, length / 2, height
    for name, centre, size in (
        ("roof", (0.0, 0.0, top - 0.03), (2 * w + 0.06, 2 * n, 0.06)),
        ("floor", (0.0, 0.0, 0.08), (2 * w + 0.06, 2 * n, 0.16)),
        ("door", (0.0, -n, top / 2), (2 * w, 0.08, top - 0.1)),
        ("end", (0.0, n, top / 2), (2 * w, 0.08, top - 0.1)),
    ):
        box(f"Container {name}", centre, size, "Metal").parent = body
    for x in (-0.62, -0.36, 0.36, 0.62):
        tube(f"Container bar {x:+.2f}", (x, -n - 0.07, top / 2), 0.025, 2.3, "Mast").parent = body


def pallet(name: str, x: float, y: float, turn: float, height: int) -> None:
    """Add a stack of wooden pallets, as one object."""
    parts = []
    for level in range(height):
        z = 0.144 * level
        for row in (-0.35, 0.0, 0.35):
            parts.append(((0.0, row, z + 0.05), (1.2, 0.1, 0.1)))
        for plank in np.linspace(-0.54, 0.54, 7):
            parts.append(((float(plank), 0.0, z + 0.122), (0.12, 0.8, 0.022)))
    stack = boxes(name, parts, "Wood")
    stack.location, stack.rotation_euler = (x, y, 0.0), (0.0, 0.0, turn)


def forklift() -> Any:
    """Add a counterbalance truck, its load on the forks; its empty is the target, +x is forward."""
    target = bpy.data.objects.new("Forklift", None)
    bpy.context.scene.collection.objects.link(target)
    target["radvis_target"] = True
    target["radvis_class"] = "car"
    body = boxes(
        "Body",
        [
            ((-0.35, 0.0, 0.62), (1.9, 1.15, 0.55)),  # chassis
            ((-1.05, 0.0, 1.02), (0.75, 1.10, 0.45)),  # counterweight
            ((0.35, 0.0, 0.98), (0.25, 0.95, 0.30)),  # dashboard
        ],
        "Truck Yellow",
    )
    bevel = body.modifiers.new("Bevel", "BEVEL")
    bevel.width, bevel.segments = 0.05, 2
    cage = boxes(
        "Cage",
        [
            *(((x, y, 1.55), (0.07, 0.07, 1.2)) for x in (-0.75, 0.45) for y in (-0.5, 0.5)),
            *(((-0.15, y, 2.14), (1.3, 0.07, 0.07)) for y in np.linspace(-0.5, 0.5, 6).tolist()),
            *(((x, 0.0, 2.12), (0.07, 1.0, 0.07)) for x in (-0.75, 0.45)),
            *(((0.86, y, 1.15), (0.12, 0.10, 2.05)) for y in (-0.36, 0.36)),  # mast
            ((0.86, 0.0, 2.10), (0.10, 0.72, 0.10)),
            ((0.95, 0.0, 0.45), (0.06, 0.95, 0.45)),  # carriage
            *(((1.50, y, 0.14), (1.10, 0.12, 0.05)) for y in (-0.28, 0.28)),  # forks
        ],
        "Mast",
    )
    seat = boxes(
        "Seat", [((-0.45, 0, 1.0), (0.5, 0.5, 0.2)), ((-0.68, 0, 1.3), (0.1, 0.5, 0.5))], "Rubber"
    )
    load = boxes("Load", [((1.55, 0.0, 0.62), (1.0, 0.9, 0.85))], "Wood")
    parts = [body, cage, seat, load]
    for x, y, radius in (
        (0.55, 0.5, 0.33),
        (0.55, -0.5, 0.33),
        (-1.0, 0.48, 0.27),
        (-1.0, -0.48, 0.27),
    ):
        wheel = tube(f"Wheel {x:+.1f} {y:+.1f}", (x, y, radius), radius, 0.24, "Rubber", 28)
        wheel.rotation_euler = (np.pi / 2, 0.0, 0.0)
        parts.append(wheel)
    for part in parts:
        part.parent = target
    return target


def drive(target: Any, frames: int) -> None:
    """Animate the target along a bend, by six key frames a second, evenly in between."""
    scene = bpy.context.scene
    scene.render.fps, scene.frame_start, scene.frame_end = FPS, 1, frames + 1
    for share in np.linspace(0.0, 1.0, 1 + frames // 4):
        place, ahead = bend(float(share)), bend(float(share) + 0.01) - bend(float(share) - 0.01)
        frame = 1 + share * frames
        target.location = place
        target.rotation_euler = (0.0, 0.0, float(np.arctan2(ahead.y, ahead.x)))
        target.keyframe_insert("location", frame=frame)
        target.keyframe_insert("rotation_euler", frame=frame)
    for curve in target.animation_data.action.fcurves:
        for key in curve.keyframe_points:
            key.interpolation = "LINEAR"


def bend(share: float) -> Vector:
    """Return where the forklift is: towards the camera, in a wide bend."""
    y = 32.0 - 20.0 * share
    return Vector((0.3 + 2.6 * np.cos(2.2 * share), y, 0.0))


def sensors() -> None:
    """Add a camera high on a wall, a lidar below it and a radar beside it."""
    lens = bpy.data.cameras.new("Camera")
    lens.angle = np.radians(62.0)
    camera = bpy.data.objects.new("Camera", lens)
    radar = bpy.data.objects.new("Radar", None)
    lidar = bpy.data.objects.new("Lidar", None)
    for item, place, towards in (
        (camera, (-3.6, 2.0, 4.6), (1.0, 21.0, 0.6)),
        (lidar, (-3.6, 2.0, 4.2), (1.0, 21.0, 0.6)),
        (radar, (-3.2, 2.0, 4.4), (1.2, 21.0, 0.6)),
    ):
        item.location = place
        way = Vector(towards) - Vector(place)
        item.rotation_euler = way.to_track_quat("-Z", "Y").to_euler()
        bpy.context.scene.collection.objects.link(item)
    bpy.context.scene.camera = camera


def add_material(name: str, colour: Vec, roughness: float, metallic: float) -> None:
    """Add a material, mottled a little, that radvis knows by its name or by a property."""
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    tree = material.node_tree
    surface = tree.nodes["Principled BSDF"]
    surface.inputs["Roughness"].default_value = roughness
    surface.inputs["Metallic"].default_value = metallic
    noise = tree.nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value = 1.7
    noise.inputs["Detail"].default_value = 8.0
    place = tree.nodes.new("ShaderNodeTexCoord")
    ramp = tree.nodes.new("ShaderNodeValToRGB")
    for stop, factor in zip(ramp.color_ramp.elements, (0.7, 1.25), strict=True):
        stop.color = (*(min(1.0, factor * part) for part in colour), 1.0)
    ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = 0.3, 0.7
    tree.links.new(place.outputs["Object"], noise.inputs["Vector"])
    tree.links.new(noise.outputs["Fac"], ramp.inputs["Fac"])
    tree.links.new(ramp.outputs["Color"], surface.inputs["Base Color"])
    if name in KNOWN_AS:
        material["radvis_material"] = KNOWN_AS[name]


def box(name: str, centre: Vec, size: Vec, material: str) -> Any:
    """Add a box as an object of its own, its origin in the middle."""
    item = boxes(name, [((0.0, 0.0, 0.0), size)], material)
    item.location = centre
    return item


def boxes(name: str, parts: list[tuple[Vec, Vec]], material: str) -> Any:
    """Add boxes, each by its centre and size, as one object."""
    vertices: list[Vec] = []
    faces: list[tuple[int, ...]] = []
    quads = ((0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5))
    for (x, y, z), (length, depth, height) in parts:
        first = len(vertices)
        vertices += [
            (x + i * length / 2, y + j * depth / 2, z + k * height / 2)
            for k in (-1, 1)
            for j in (-1, 1)
            for i in (-1, 1)
        ]
        faces += [tuple(first + corner for corner in quad) for quad in quads]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices, [], faces)
    mesh.materials.append(bpy.data.materials[material])
    item = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(item)
    return item


def tube(name: str, centre: Vec, radius: float, length: float, material: str, n: int = 20) -> Any:
    """Add an upright cylinder."""
    turn = np.linspace(0, 2 * np.pi, n, endpoint=False)
    ring = [(radius * np.cos(t), radius * np.sin(t)) for t in turn]
    vertices = [(x, y, z) for z in (-length / 2, length / 2) for x, y in ring]
    faces: list[tuple[int, ...]] = [(i, (i + 1) % n, n + (i + 1) % n, n + i) for i in range(n)]
    faces += [tuple(reversed(range(n))), tuple(range(n, 2 * n))]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices, [], faces)
    mesh.materials.append(bpy.data.materials[material])
    item = bpy.data.objects.new(name, mesh)
    item.location = centre
    bpy.context.scene.collection.objects.link(item)
    return item


if __name__ == "__main__":
    file = Path(sys.argv[1] if len(sys.argv) > 1 else "own_scene.blend")
    if not file.absolute().parent.is_dir():
        sys.exit(f"{file}: there is no folder {file.parent}; make it first")
    make(file)
