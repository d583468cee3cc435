"""SceneSpec to a Blender scene, and to the triangles that every other sensor sees."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes.blender import load_bpy
from scenes.cars import CAR_MODELS, CarObjects, build_car
from scenes.cars.paint import infrared_reflectivity
from scenes.light.lamps import beams, lit_glass, street_spots
from scenes.light.lighting import add_glass, add_spots, light_scene
from scenes.light.metering import weather_albedo, weather_grey
from scenes.light.sky import make_light
from scenes.looks.asphalt_picture import asphalt_picture
from scenes.looks.looks import make_materials
from scenes.looks.tree import PATTERN
from scenes.looks.windows import mark_panes
from scenes.materials import MATERIAL_ID, MATERIALS
from scenes.mesh import TriMesh, concatenate
from scenes.mesh_check import checked
from scenes.own.stage import build_own_stage
from scenes.own.world import OwnSpec
from scenes.spec import (
    GROUND_ID,
    RGB,
    Car,
    Mounts,
    Pose,
    Prop,
    SceneSpec,
    Vector3,
    Weather,
)
from scenes.stage import Stage, object_names, solid_ids
from scenes.target import Target, about_y
from scenes.things.ground import build_ground
from scenes.things.props import build_prop
from scenes.things.season import in_season
from scenes.things.shapes import Shape
from scenes.things.vegetation import is_shared, tree_variant
from scenes.weather import weathered

ORIGIN = Pose((0.0, 0.0, 0.0))
PATTERNS = 100.0  # by which a scene's patterns of surfaces are shifted at most [m]
LAMPS_ON = ("rain", "snow", "fog", "dust")  # weather in which one drives with lamps by day
# In the wheel tracks, or warm from below: snow does not stay.
LIDS = ("drain", "gully", "inlaid", "manhole")


def build_stage(spec: SceneSpec | OwnSpec) -> Stage:
    """Build the Blender scene, from an empty file or a user's, and extract its triangles.

    Args:
        spec: What to build. The camera is the renderer's business.

    Raises:
        ConfigError: If a user's file lacks what radvis needs.
        MeshError: If a model is not what `scenes.mesh_check.checked` asks for.
    """
    if isinstance(spec, OwnSpec):
        return build_own_stage(spec)
    bpy = load_bpy()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    light = make_light(spec.daylight, spec.weather)
    dark = spec.weather.light != "day"
    materials = make_materials(
        spec.tints, asphalt_picture(spec.ground), light.lux if dark else np.inf
    )
    shift = np.random.default_rng([spec.weather.seed, 2]).uniform(-PATTERNS, PATTERNS, 2)
    bpy.context.scene[PATTERN] = (*shift.tolist(), 0.0)  # courses still begin at the ground
    ground = weathered(build_ground(spec.ground), spec.weather)
    _add_shape(ground, "ground", ORIGIN, materials)
    meshes = [ground.triangles(GROUND_ID)]
    for prop in in_season(spec.props, spec.weather):
        meshes.append(_add_prop(prop, spec.weather, materials))
    local: dict[str, TriMesh] = {}
    for car in spec.parked:
        _, parts = _add_car(car, materials, local, spec.weather)
        world_from_car = car.pose.world_from_object()
        meshes += [part.transformed(world_from_car @ about_y(0.0, c)) for part, c in parts]
    on_it = spec.weather
    if on_it.kind != "rain":
        on_it = Weather(seed=on_it.seed)  # snow has blown off it
    lit_lux = light.lux if dark or spec.weather.kind in LAMPS_ON else None
    objects, parts = _add_car(spec.target, materials, local, on_it, lit_lux, driven=True)
    names, solid = object_names(spec.labels), solid_ids(spec.labels)
    static_mesh, n_dropped = checked(concatenate(meshes), names, solid)
    moving = []
    for part, centre in parts:
        mesh, n_flat = checked(part, names, solid)
        moving.append((mesh, centre))
        n_dropped += n_flat
    light_scene(light)
    model = CAR_MODELS[spec.target.model]
    spots, front, glasses = (
        (street_spots(spec, light.lux), beams(model, light.lux), lit_glass(model, light.lux))
        if dark
        else ([], [], [])
    )
    add_spots(spots)
    lamps = add_spots(front, objects.body) + add_glass(glasses, objects.body)
    target = Target(
        spec.target.id,
        (objects.body, *objects.wheels, *lamps),
        tuple(moving),
        tuple(front),
        lambda time: spec.drive.pose(time).world_from_object(),
        model.wheel_radius,
    )
    cars = {car.id: car.pose.yaw for car in spec.parked}
    yaws = cars | {prop.id: prop.pose.yaw for prop in spec.things}
    return Stage(
        spec.labels, yaws, spec.weather, Mounts(spec.mount, spec.mount, spec.mount), static_mesh,
        target, light, tuple(spots), n_dropped, weather_grey(spec.weather),
        weather_albedo(spec.weather),
        {car.id: infrared_reflectivity(car.paint) for car in (*spec.parked, spec.target)},
    )  # fmt: skip


def _add_prop(prop: Prop, weather: Weather, materials: dict[str, Any]) -> TriMesh:
    """Add a prop to the Blender scene, trees of one variant with one mesh; return its triangles.

    Blender numbers the further parts of a thing, as `building_7.001`.
    """
    import bpy

    name = f"{prop.kind}_{prop.id}"
    if not is_shared(prop):
        shape = build_prop(prop)
        if weather.kind != "snow" or prop.style not in LIDS:
            shape = weathered(shape, weather)
        _add_shape(shape, name, prop.pose, materials, prop.tint, prop.seed)
    else:
        unit = weathered(tree_variant(prop.style, weather.seed), weather)
        shape = replace(unit, vertices=unit.vertices * np.asarray(prop.size))
        mesh = bpy.data.meshes.get(prop.style)
        if mesh is None:
            mesh = _mesh(unit, prop.style, materials, weather.seed)
        _link(name, mesh, prop.pose, prop.size, prop.tint)
    return shape.moved(prop.pose.position, prop.pose.yaw).triangles(prop.id)


def _add_shape(
    shape: Shape,
    name: str,
    pose: Pose,
    materials: dict[str, Any],
    tint: RGB = (1.0, 1.0, 1.0),
    seed: int = 0,
) -> None:
    """Add a shape to the Blender scene as an object of its own."""
    _link(name, _mesh(shape, name, materials, seed), pose, (1.0, 1.0, 1.0), tint)


def _link(name: str, mesh: Any, pose: Pose, scale: Vector3, tint: RGB) -> None:
    import bpy

    item = bpy.data.objects.new(name, mesh)
    item.color = (*tint, 1.0)  # what the looks of painted surfaces are multiplied by
    item.location, item.rotation_euler, item.scale = pose.position, (0.0, 0.0, pose.yaw), scale
    bpy.context.scene.collection.objects.link(item)


def _mesh(shape: Shape, name: str, materials: dict[str, Any], seed: int) -> Any:
    """Return a new Blender mesh of a shape; `seed` is of what stands behind its windows."""
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
    starts = np.cumsum(sizes) - sizes
    mesh.polygons.foreach_set("loop_start", starts.astype(np.int32))
    for index in used:
        mesh.materials.append(materials[MATERIALS[index].name])
    mesh.polygons.foreach_set(
        "material_index", np.searchsorted(used, shape.material).astype(np.int32)
    )
    mark_panes(mesh, shape, seed)
    mesh.update(calc_edges=True)
    mesh.shade_flat()
    return mesh


def _add_car(
    car: Car,
    materials: dict[str, Any],
    local: dict[str, TriMesh],
    weather: Weather,
    lit_lux: float | None = None,
    driven: bool = False,
) -> tuple[CarObjects, list[tuple[TriMesh, NDArray[np.float64]]]]:
    """Add a car to the Blender scene; return its parts with the wheels' centres.

    Args:
        car: The car.
        materials: By name.
        local: Triangles of Blender meshes that were extracted before, by name; grows.
        weather: What lies on it: snow, or water; its seed is of the patterns of dirt and water.
        lit_lux: Illuminance that the unit of light stands for [lx], if its lamps shine.
        driven: Whether somebody sits in it.
    """
    from mathutils import Matrix

    objects = build_car(
        CAR_MODELS[car.model], car.paint, f"car_{car.id}", materials, lit_lux,
        snowy=weather.kind == "snow", wet=weather.kind == "rain", driven=driven,
        pattern=float(np.random.default_rng([weather.seed, 3, car.id]).uniform(0, PATTERNS)),
    )  # fmt: skip
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
