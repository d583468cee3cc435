"""SceneSpec to a Blender scene, and to the triangles that every other sensor sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes.asphalt import asphalt_picture
from scenes.blender import load_bpy
from scenes.buildings import build_building, build_wall
from scenes.cars import CAR_MODELS, CarObjects, build_car
from scenes.ground import build_ground
from scenes.lighting import light_scene
from scenes.looks import make_materials
from scenes.materials import MATERIAL_ID, MATERIALS
from scenes.mesh import TriMesh, concatenate
from scenes.mesh_check import checked
from scenes.shapes import Shape
from scenes.sky import make_light
from scenes.spec import GROUND_ID, Car, Drive, Pose, Prop, SceneSpec, Vector3
from scenes.street import (
    build_bin,
    build_bollard,
    build_kerb,
    build_lamp,
    build_shelter,
    build_sign,
)
from scenes.vegetation import build_hedge, build_tree, is_shared, tree_variant

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
    "shelter": build_shelter,
}
ORIGIN = Pose((0.0, 0.0, 0.0))
# Kinds whose models are closed. The ground is a sheet; buildings, trees, hedges and shelters have
# panes, leaves and roofs of one sheet.
SOLID_KINDS = frozenset({"car", "wall", "lamp", "kerb", "sign", "bollard", "bin"})
LEAFY_KINDS = frozenset({"tree", "hedge"})  # of sheets in layers, which have no inside


@dataclass(frozen=True)
class Stage:
    """A built scene.

    Attributes:
        spec: What it was built from.
        static_mesh: All that stands still, in world coordinates.
        target_objects: The target's Blender objects: its body, then its wheels.
        sun_direction: (3,) unit vector towards the sun.
        sun_angle: Angular diameter of the sun [rad].
        n_dropped: Triangles without area that were left out.
    """

    spec: SceneSpec
    static_mesh: TriMesh
    target_objects: tuple[Any, ...]
    sun_direction: NDArray[np.float64]
    sun_angle: float
    n_dropped: int
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

    Raises:
        MeshError: If a model is not what `scenes.mesh_check.checked` asks for.
    """
    bpy = load_bpy()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    materials = make_materials(spec.tints, asphalt_picture(spec.lot))
    ground = build_ground(spec.lot)
    _add_shape(ground, "ground", ORIGIN, materials)
    meshes = [ground.triangles(GROUND_ID)]
    for prop in spec.props:
        meshes.append(_add_prop(prop, materials))
    local: dict[str, TriMesh] = {}
    for car in spec.parked:
        _, parts = _add_car(car, materials, local)
        world_from_car = car.pose.world_from_object()
        meshes += [part.transformed(world_from_car @ _about_y(0.0, c)) for part, c in parts]
    objects, parts = _add_car(spec.target, materials, local)
    names = object_names(spec)
    solid = {label.id for label in spec.labels if label.kind in SOLID_KINDS}
    static_mesh, n_dropped = checked(concatenate(meshes), names, solid)
    target = []
    for part, centre in parts:
        mesh, n_flat = checked(part, names, solid)
        target.append((mesh, centre))
        n_dropped += n_flat
    light = make_light(spec.daylight)
    light_scene(light)
    return Stage(
        spec,
        static_mesh,
        (objects.body, *objects.wheels),
        light.direction,
        light.angle,
        n_dropped,
        tuple(target),
        CAR_MODELS[spec.target.model].wheel_radius,
    )


def object_names(spec: SceneSpec) -> dict[int, str]:
    """Return what each object id is called in the Blender scene, as `car_7`."""
    names = {label.id: f"{label.kind}_{label.id}" for label in spec.labels}
    return names | {GROUND_ID: "ground"}


def _about_y(angle: float, centre: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (4, 4): turn about y by `angle` [rad], then shift by `centre` (3,) [m]."""
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.eye(4)
    matrix[:3, :3] = [[cos, 0.0, sin], [0.0, 1.0, 0.0], [-sin, 0.0, cos]]
    matrix[:3, 3] = centre
    return matrix


def _add_prop(prop: Prop, materials: dict[str, Any]) -> TriMesh:
    """Add a prop to the Blender scene, trees of one variant with one mesh; return its triangles."""
    import bpy

    name, shape = f"{prop.kind}_{prop.id}", BUILDERS[prop.kind](prop)
    if not is_shared(prop):
        _add_shape(shape, name, prop.pose, materials)
    else:
        mesh = bpy.data.meshes.get(prop.style)
        if mesh is None:
            mesh = _mesh(tree_variant(prop.style), prop.style, materials)
        _link(name, mesh, prop.pose, prop.size)
    return shape.moved(prop.pose.position, prop.pose.yaw).triangles(prop.id)


def _add_shape(shape: Shape, name: str, pose: Pose, materials: dict[str, Any]) -> None:
    """Add a shape to the Blender scene as an object of its own."""
    _link(name, _mesh(shape, name, materials), pose, (1.0, 1.0, 1.0))


def _link(name: str, mesh: Any, pose: Pose, scale: Vector3) -> None:
    import bpy

    item = bpy.data.objects.new(name, mesh)
    item.location, item.rotation_euler, item.scale = pose.position, (0.0, 0.0, pose.yaw), scale
    bpy.context.scene.collection.objects.link(item)


def _mesh(shape: Shape, name: str, materials: dict[str, Any]) -> Any:
    """Return a new Blender mesh of a shape."""
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
    return mesh


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
        centre = np.zeros(3) if item is objects.body else np.array(item.location)
        labelled = replace(
            mesh,
            object_id=np.full(mesh.n_face, car.id, np.uint16),
            rest=(mesh.vertices + centre).astype(np.float32),  # no two wheels alike
        )
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
    return TriMesh(vertices, faces, np.zeros(n_face, np.uint16), material, np.zeros_like(vertices))
