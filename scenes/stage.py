"""SceneSpec to a Blender scene, and to the triangles that every other sensor sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes.blender import load_bpy
from scenes.buildings import build_building, build_wall
from scenes.cars import CAR_MODELS, CarObjects, build_car
from scenes.ground import build_ground
from scenes.looks import make_materials
from scenes.materials import MATERIAL_ID, MATERIALS
from scenes.mesh import TriMesh, concatenate
from scenes.shapes import Shape
from scenes.sky import SUN_ANGLE, sky_picture, sun_direction, sun_strength
from scenes.spec import GROUND_ID, Car, Daylight, Drive, Prop, SceneSpec
from scenes.street import build_bin, build_bollard, build_kerb, build_lamp, build_sign
from scenes.vegetation import build_hedge, build_tree

BUILDERS: dict[str, Callable[[Prop], Shape]] = {
    "building": build_building,
    "wall": build_wall,
    "tree": build_tree,
    "hedge": build_hedge,
    "lamp": build_lamp,
    "kerb": build_kerb,
    "sign": build_sign,
    "bollard": build_bollard,
    "bin": build_bin,
}


@dataclass(frozen=True)
class Stage:
    """A built scene.

    Attributes:
        spec: What it was built from.
        static_mesh: All that stands still, in world coordinates.
        target_objects: The target's Blender objects: its body, then its wheels.
        sun_direction: (3,) unit vector towards the sun.
        sun_angle: Angular diameter of the sun [rad].
    """

    spec: SceneSpec
    static_mesh: TriMesh
    target_objects: tuple[Any, ...]
    sun_direction: NDArray[np.float64]
    sun_angle: float
    _parts: tuple[tuple[TriMesh, NDArray[np.float64]], ...]
    _wheel_radius: float

    def moving_mesh(self, time: float) -> TriMesh:
        """Return the target at `time` [s], its wheels turned, with every vertex's velocity."""
        drive = self.spec.drive
        world_from_car = drive.pose(time).world_from_object()
        velocity = drive.velocity()
        left = world_from_car[:3, 1]
        (body, _), *wheels = self._parts
        meshes = [body.transformed(world_from_car, velocity)]
        angle = drive.speed * time / self._wheel_radius
        for wheel, centre in wheels:
            matrix = world_from_car @ _about_y(angle, centre)
            meshes.append(
                wheel.transformed(matrix, velocity, left * drive.speed / self._wheel_radius)
            )
        return concatenate(meshes)

    def set_time(self, time: float) -> None:
        """Move the target's Blender objects to where they are at `time` [s]."""
        from mathutils import Matrix

        drive: Drive = self.spec.drive
        body, *wheels = self.target_objects
        body.matrix_world = Matrix(drive.pose(time).world_from_object().tolist())
        for wheel in wheels:
            wheel.rotation_euler = (0.0, drive.speed * time / self._wheel_radius, 0.0)


def build_stage(spec: SceneSpec) -> Stage:
    """Build the Blender scene from an empty file, and extract its triangles.

    Args:
        spec: What to build. The camera is the renderer's business.
    """
    bpy = load_bpy()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    materials = make_materials(spec.tints)
    meshes = [_add_shape(build_ground(spec.lot), GROUND_ID, "ground", materials)]
    for prop in spec.props:
        shape = BUILDERS[prop.kind](prop).moved(prop.pose.position, prop.pose.yaw)
        meshes.append(_add_shape(shape, prop.id, f"{prop.kind}_{prop.id}", materials))
    local: dict[str, TriMesh] = {}
    for car in spec.parked:
        _, parts = _add_car(car, materials, local)
        world_from_car = car.pose.world_from_object()
        meshes += [part.transformed(world_from_car @ _about_y(0.0, c)) for part, c in parts]
    objects, parts = _add_car(spec.target, materials, local)
    _light(spec.daylight)
    return Stage(
        spec,
        concatenate(meshes),
        (objects.body, *objects.wheels),
        sun_direction(spec.daylight),
        SUN_ANGLE,
        tuple(parts),
        CAR_MODELS[spec.target.model].wheel_radius,
    )


def _about_y(angle: float, centre: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (4, 4): turn about y by `angle` [rad], then shift by `centre` (3,) [m]."""
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.eye(4)
    matrix[:3, :3] = [[cos, 0.0, sin], [0.0, 1.0, 0.0], [-sin, 0.0, cos]]
    matrix[:3, 3] = centre
    return matrix


def _add_shape(shape: Shape, object_id: int, name: str, materials: dict[str, Any]) -> TriMesh:
    """Add a shape to the Blender scene; return its triangles."""
    import bpy

    used = np.unique(shape.material)
    mesh = bpy.data.meshes.new(name)
    corners = shape.faces[shape.faces >= 0]
    sizes = (shape.faces >= 0).sum(1)
    mesh.vertices.add(len(shape.vertices))
    mesh.vertices.foreach_set("co", shape.vertices.astype(np.float32).ravel())
    mesh.loops.add(len(corners))
    mesh.loops.foreach_set("vertex_index", corners.astype(np.int32))
    mesh.polygons.add(len(sizes))
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    mesh.polygons.foreach_set("loop_start", starts.astype(np.int32))
    for index in used:
        mesh.materials.append(materials[MATERIALS[index].name])
    mesh.polygons.foreach_set(
        "material_index", np.searchsorted(used, shape.material).astype(np.int32)
    )
    mesh.update(calc_edges=True)
    mesh.shade_flat()
    bpy.context.scene.collection.objects.link(bpy.data.objects.new(name, mesh))
    return shape.triangles(object_id)


def _add_car(
    car: Car, materials: dict[str, Any], local: dict[str, TriMesh]
) -> tuple[CarObjects, list[tuple[TriMesh, NDArray[np.float64]]]]:
    """Add a car to the Blender scene; return its parts with the wheels' centres.

    Args:
        car: The car.
        materials: By name.
        local: Triangles of Blender meshes that were extracted before, by name; grows.
    """
    from mathutils import Matrix

    objects = build_car(CAR_MODELS[car.model], car.paint, f"car_{car.id}", materials)
    objects.body.matrix_world = Matrix(car.pose.world_from_object().tolist())
    parts = []
    for item in (objects.body, *objects.wheels):
        if item.data.name not in local:
            local[item.data.name] = extract(item)
        mesh = local[item.data.name]
        labelled = TriMesh(
            mesh.vertices, mesh.faces, np.full(mesh.n_face, car.id, np.uint16), mesh.material,
            mesh.velocity,
        )  # fmt: skip
        centre = np.zeros(3) if item is objects.body else np.array(item.location)
        parts.append((labelled, centre))
    return objects, parts


def extract(item: Any) -> TriMesh:
    """Return the triangles of a Blender object's mesh, in its own frame, object id 0.

    Materials are known by the property `radvis_material` of each slot's Blender material.
    """
    mesh = item.data
    mesh.calc_loop_triangles()
    vertices = np.empty((len(mesh.vertices), 3), np.float32)
    mesh.vertices.foreach_get("co", vertices.ravel())
    n_face = len(mesh.loop_triangles)
    faces, slot = np.empty((n_face, 3), np.int32), np.empty(n_face, np.int32)
    mesh.loop_triangles.foreach_get("vertices", faces.ravel())
    mesh.loop_triangles.foreach_get("material_index", slot)
    names = [place.material["radvis_material"] for place in item.material_slots]
    material = np.array([MATERIAL_ID[name] for name in names], np.uint8)[slot]
    return TriMesh(
        vertices, faces, np.zeros(n_face, np.uint16), material, np.zeros_like(vertices)
    )


def _light(daylight: Daylight) -> None:
    """Give the Blender scene its sun and sky."""
    import bpy
    from mathutils import Vector

    scene = bpy.context.scene
    picture = sky_picture(daylight)
    height, width, _ = picture.shape
    image = bpy.data.images.new("sky", width, height, float_buffer=True)
    image.colorspace_settings.name = "Linear Rec.709"
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., :3] = picture[::-1]
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
    sun.energy = sun_strength(daylight)
    sun.angle = SUN_ANGLE
    warmth = np.clip(1 - daylight.elevation / np.radians(50), 0, 1)
    sun.color = (1.0, 0.96 - 0.14 * warmth, 0.90 - 0.30 * warmth)
    holder = bpy.data.objects.new("sun", sun)
    holder.rotation_euler = Vector(sun_direction(daylight)).to_track_quat("Z", "Y").to_euler()
    scene.collection.objects.link(holder)
