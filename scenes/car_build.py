"""Cars in Blender: meshes shared between the cars of one model, a paint for each car."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes.car_glass import glass_material, interior_places
from scenes.car_model import CarModel
from scenes.car_parts import car_shell
from scenes.car_shell import SLOTS, Points, Shell
from scenes.car_surface import REACH, Cast
from scenes.car_wheels import wheel_centres, wheel_shell
from scenes.spec import Paint

SHARP_ANGLE = np.radians(38.0)

# Slots whose look belongs to cars: material in `scenes.materials`, base colour, linear RGB.
LAMP_COLOURS = {
    "lamp_red": (0.30, 0.006, 0.008),
    "lamp_amber": (0.55, 0.16, 0.01),
}


@dataclass(frozen=True)
class CarObjects:
    """The Blender objects of one car.

    Attributes:
        body: Everything but the wheels; its frame is the car's frame.
        wheels: Front left, front right, rear left, rear right: children of the body, each about
            its own centre; rolling forward turns them by positive angles about local y.
    """

    body: Any
    wheels: tuple[Any, Any, Any, Any]


def build_car(model: CarModel, paint: Paint, name: str, materials: Mapping[str, Any]) -> CarObjects:
    """Build one car at the world's origin and link it to the scene's collection.

    Args:
        model: Its measures. Cars of equal models share their meshes.
        paint: Its paint.
        name: Name of the body object; the wheels add `_wheel_0` to `_wheel_3`.
        materials: One Blender material per radvis material name.
    """
    import bpy

    link = bpy.context.scene.collection.objects.link
    body = bpy.data.objects.new(name, body_mesh(model, materials))
    link(body)
    for key, value in interior_places(model).items():
        body[key] = value
    slot = body.material_slots[SLOTS.index("car_paint")]
    slot.link = "OBJECT"
    slot.material = paint_material(paint)
    wheels = []
    for k, centre in enumerate(wheel_centres(model)):
        wheel = bpy.data.objects.new(f"{name}_wheel_{k}", wheel_mesh(model, k % 2 == 1, materials))
        link(wheel)
        wheel.parent = body
        wheel.location = centre
        wheels.append(wheel)
    front_left, front_right, rear_left, rear_right = wheels
    return CarObjects(body, (front_left, front_right, rear_left, rear_right))


def body_mesh(model: CarModel, materials: Mapping[str, Any]) -> Any:
    """Return the model's body mesh, built once per Blender file."""
    return shared_mesh(f"car_body {model!r}", lambda: _body(model), materials)


@cache
def _body(model: CarModel) -> Shell:
    """Return the model's body; a process that makes many scenes shapes each model once."""
    return car_shell(model, caster)


def wheel_mesh(model: CarModel, right: bool, materials: Mapping[str, Any]) -> Any:
    """Return the model's left or right wheel mesh, built once per Blender file."""
    side = "right" if right else "left"

    def make() -> Shell:
        wheel = wheel_shell(model)
        return wheel.mirrored() if right else wheel

    return shared_mesh(f"car_wheel {side} {model!r}", make, materials)


def shared_mesh(key: str, make: Callable[[], Shell], materials: Mapping[str, Any]) -> Any:
    """Return the mesh marked with `key`, made by `make` if there is none yet."""
    import bpy

    name = "car_" + sha256(key.encode()).hexdigest()[:16]
    found = bpy.data.meshes.get(name)
    if found is not None:
        return found
    mesh = mesh_from_shell(name, make())
    for slot in SLOTS:
        mesh.materials.append(slot_material(slot, materials))
    return mesh


def mesh_from_shell(name: str, part: Shell) -> Any:
    """Return a new Blender mesh of the shell, smooth but for sharp edges."""
    import bpy

    count = np.where(part.faces[:, 3] < 0, 3, 4)
    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(len(part.vertices))
    mesh.vertices.foreach_set("co", part.vertices.astype(np.float32).ravel())
    corners = part.faces.ravel()
    corners = corners[corners >= 0].astype(np.int32)
    mesh.loops.add(len(corners))
    mesh.loops.foreach_set("vertex_index", corners)
    mesh.polygons.add(len(part.faces))
    starts = np.concatenate([[0], np.cumsum(count)[:-1]]).astype(np.int32)
    mesh.polygons.foreach_set("loop_start", starts)
    mesh.polygons.foreach_set("material_index", part.slot.astype(np.int32))
    mesh.update(calc_edges=True)
    mesh.set_sharp_from_angle(angle=SHARP_ANGLE)
    return mesh


def caster(part: Shell) -> Cast:
    """Return the function that casts rays at a shell; a ray that misses finds the nearest point."""
    from mathutils import Vector
    from mathutils.bvhtree import BVHTree

    polygons = [[v for v in face if v >= 0] for face in part.faces.tolist()]
    tree = BVHTree.FromPolygons(part.vertices.tolist(), polygons)

    def cast(origins: Points, directions: Points) -> tuple[Points, Points, NDArray[np.bool_]]:
        found, met = [], []
        for origin, direction in zip(origins.tolist(), directions.tolist(), strict=True):
            hit = tree.ray_cast(Vector(origin), Vector(direction))
            met.append(hit[0] is not None)
            if hit[0] is None:
                hit = tree.find_nearest(Vector(origin) + REACH * Vector(direction))
            found.append((*hit[0], *hit[1]))
        table = np.asarray(found, np.float64)
        return table[:, :3], table[:, 3:], np.asarray(met)

    return cast


def slot_material(slot: str, materials: Mapping[str, Any]) -> Any:
    """Return the Blender material of one of `SLOTS`."""
    if slot == "car_paint":
        return materials.get(slot)
    if slot == "glass":
        return glass_material()
    if slot in LAMP_COLOURS:
        return lamp_material(slot)
    return materials[slot]


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
    shader = material.node_tree.nodes["Principled BSDF"]
    for key, value in inputs.items():
        shader.inputs[key.replace("_", " ")].default_value = value
    return material


def lamp_material(slot: str) -> Any:
    """Return the coloured lamp glass of a slot, made once per Blender file."""
    import bpy

    found = bpy.data.materials.get(slot)
    if found is not None:
        return found
    return principled(
        slot,
        "lamp_glass",
        Base_Color=(*LAMP_COLOURS[slot], 1.0),
        Roughness=0.12,
        Coat_Weight=1.0,
        Coat_Roughness=0.02,
    )


def paint_material(paint: Paint) -> Any:
    """Return the Blender material of a paint: a base coat, flakes, and a smooth clear coat."""
    import bpy

    red, green, blue = paint.colour
    name = f"car_paint {red:.4f} {green:.4f} {blue:.4f} {paint.metallic:.3f} {paint.roughness:.3f}"
    found = bpy.data.materials.get(name)
    if found is not None:
        return found
    return principled(
        name,
        "car_paint",
        Base_Color=(red, green, blue, 1.0),
        Metallic=0.75 * paint.metallic,
        Roughness=paint.roughness,
        Coat_Weight=1.0,
        Coat_Roughness=0.02,
        Coat_IOR=1.5,
    )
