"""Cars in Blender: meshes shared between the cars of one model, a paint for each car."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes.cars.glass import glass_material, interior_places
from scenes.cars.looks import (
    LAMP_COLOURS,
    LIT_LUMINANCE,
    dirt_places,
    lamp_material,
    lit_material,
    paint_material,
)
from scenes.cars.model import CarModel
from scenes.cars.parts import car_shell
from scenes.cars.rain import wet_plastic
from scenes.cars.shell import SLOTS, Points, Shell
from scenes.cars.surface import REACH, Cast
from scenes.cars.wheels import wheel_centres, wheel_shell
from scenes.materials import MATERIAL_ID, MATERIALS, METAL
from scenes.spec import Paint
from scenes.things.shapes import four_corners, upward

SHARP_ANGLE = np.radians(38.0)
SNOW_LEVEL = 0.7  # upward part of a face's normal from which on snow stays on a smooth body
SNOW_HEIGHT = 0.6  # [m]
METALS = [
    k for k, name in enumerate(SLOTS)
    if name in MATERIAL_ID and MATERIALS[MATERIAL_ID[name]].dielectric == METAL
]  # fmt: skip
SNOWLESS = ("glass", "lamp_glass", "lamp_red", "lamp_amber", "headlamp", "reflector")


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


def build_car(
    model: CarModel,
    paint: Paint,
    name: str,
    materials: Mapping[str, Any],
    lit_lux: float | None = None,
    snowy: bool = False,
    wet: bool = False,
    driven: bool = False,
    pattern: float = 0.0,
) -> CarObjects:
    """Build one car at the world's origin and link it to the scene's collection.

    Args:
        model: Its measures. Cars of equal models share their meshes.
        paint: Its paint.
        name: Name of the body object; the wheels add `_wheel_0` to `_wheel_3`.
        materials: One Blender material per radvis material name.
        lit_lux: Illuminance that the unit of light stands for [lx], if its lamps shine.
        snowy: Whether snow lies on it.
        wet: Whether it stands or drives in rain: looks differ, nothing else.
        driven: Whether somebody sits behind the steering wheel.
        pattern: By how much the patterns of dirt and water on it are shifted [m].
    """
    import bpy

    link = bpy.context.scene.collection.objects.link
    body = bpy.data.objects.new(name, body_mesh(model, materials, snowy, wet))
    link(body)
    for key, value in (interior_places(model, driven) | dirt_places(model)).items():
        body[key] = value
    body["pattern"] = pattern
    own = {"car_paint": paint_material(paint, wet)}
    if lit_lux is not None:
        own |= {slot: lit_material(slot, lit_lux) for slot in LIT_LUMINANCE}
    for key, material in own.items():
        slot = body.material_slots[SLOTS.index(key)]
        slot.link = "OBJECT"
        slot.material = material
    wheels = []
    for k, centre in enumerate(wheel_centres(model)):
        mesh = wheel_mesh(model, k % 2 == 1, k > 1, materials)
        wheel = bpy.data.objects.new(f"{name}_wheel_{k}", mesh)
        link(wheel)
        wheel.parent = body
        wheel.location = centre
        wheels.append(wheel)
    front_left, front_right, rear_left, rear_right = wheels
    return CarObjects(body, (front_left, front_right, rear_left, rear_right))


def body_mesh(
    model: CarModel, materials: Mapping[str, Any], snowy: bool = False, wet: bool = False
) -> Any:
    """Return the model's body mesh, built once per Blender file."""
    if snowy:
        return shared_mesh(f"car_snowy {model!r}", lambda: snowed(_body(model)), materials)
    kind = "car_wet" if wet else "car_body"
    return shared_mesh(f"{kind} {model!r}", lambda: _body(model), materials, wet)


def snowed(body: Shell) -> Shell:
    """Return a body under snow: on what looks up, higher than a wheel throws slush, but panes."""
    corners = four_corners(body.vertices, body.faces)
    level = (upward(corners) > SNOW_LEVEL) & (corners[..., 2].mean(1) > SNOW_HEIGHT)
    level &= ~np.isin(body.slot, [SLOTS.index(name) for name in SNOWLESS])
    metal = np.isin(body.slot, METALS)
    white = np.where(metal, SLOTS.index("snow_on_car_paint"), SLOTS.index("snow_on_plastic"))
    return replace(body, slot=np.where(level, white, body.slot))


@cache
def _body(model: CarModel) -> Shell:
    """Return the model's body; a process that makes many scenes shapes each model once."""
    return car_shell(model, caster)


def wheel_mesh(model: CarModel, right: bool, rear: bool, materials: Mapping[str, Any]) -> Any:
    """Return the model's left or right, front or rear wheel mesh, built once per Blender file."""
    rear = rear and model.rear_width != model.wheel_width
    place = f"{'right' if right else 'left'}{' rear' if rear else ''}"

    def make() -> Shell:
        wheel = wheel_shell(model, rear)
        return wheel.mirrored() if right else wheel

    return shared_mesh(f"car_wheel {place} {model!r}", make, materials)


def shared_mesh(
    key: str, make: Callable[[], Shell], materials: Mapping[str, Any], wet: bool = False
) -> Any:
    """Return the mesh marked with `key`, made by `make` if there is none yet."""
    import bpy

    name = "car_" + sha256(key.encode()).hexdigest()[:16]
    found = bpy.data.meshes.get(name)
    if found is not None:
        return found
    mesh = mesh_from_shell(name, make())
    for slot in SLOTS:
        mesh.materials.append(slot_material(slot, materials, wet))
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


def slot_material(slot: str, materials: Mapping[str, Any], wet: bool = False) -> Any:
    """Return the Blender material of one of `SLOTS`."""
    if slot == "car_paint":
        return materials.get(slot)  # each car brings its own
    if slot == "headlamp":
        return materials["lamp_glass"]
    if slot == "glass":
        return glass_material(wet)
    if slot == "plastic" and wet:
        return wet_plastic()
    if slot in LAMP_COLOURS:
        return lamp_material(slot)
    return materials[slot]
