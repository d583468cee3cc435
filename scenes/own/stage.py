"""A user's Blender file to a Stage: what is built of `scenes.own.world.OwnSpec`.

The file keeps its looks and its light; radio and lidar see its triangles, made of what
`scenes.own.names` knows its materials as.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes.config import ConfigError
from scenes.light.lamps import Spot
from scenes.light.lighting import light_scene
from scenes.light.metering import ALBEDO, own_grey
from scenes.light.sky import make_light
from scenes.mesh import TriMesh, concatenate
from scenes.mesh_check import checked
from scenes.own.file import OwnFile, freeze, named, open_own_file
from scenes.own.light import Lamp, is_lit, lamps, own_light, spots
from scenes.own.mesh import Piece, Unmapped, materials_of, may_show, pieces
from scenes.own.motion import animated_path, is_animated, rigid, straight_path
from scenes.own.names import CLASS, DEFAULT_MATERIAL, MATERIAL, class_name, printable, speed_of
from scenes.own.world import OwnSpec, Survey, require_unchanged
from scenes.sensors import tilted_frame
from scenes.spec import GROUND_ID, Label, Mount, Mounts
from scenes.stage import Stage, object_names
from scenes.target import Target

Array = NDArray[np.float64]

MOST_OBJECTS = 65_535  # as many as object ids tell apart
LEVEL = np.radians(1.0)  # roll of lidar and radar that is worth a warning [rad]
STEADY = Mount(0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class _Found:
    """What a file shows at one moment.

    Attributes:
        known: Every object that any moment may show, by growing id.
        labels: Those that this one shows.
        yaws: How those that stand still are turned [rad], by id.
        static: Triangles of all that stands still.
        moving: Triangles of the target, in its own frame.
        target: Its id.
        parts: What the target is shown by: its meshes and lamps with world_from_part (4, 4).
        unmapped: Names of materials that count as concrete.
    """

    known: tuple[Label, ...]
    labels: tuple[Label, ...]
    yaws: dict[int, float]
    static: TriMesh
    moving: TriMesh
    target: int
    parts: tuple[tuple[Any, Array], ...]
    unmapped: tuple[str, ...]


def build_own_stage(spec: OwnSpec) -> Stage:
    """Open a file and show it at one moment, with its target free to move.

    Raises:
        ConfigError: If the file has changed, or lacks what radvis needs.
        MeshError: If one of its meshes has numbers that are not finite.
    """
    require_unchanged(spec.file, spec.sha256)
    own = open_own_file(spec.file)
    first = own.first + spec.start * own.fps if spec.animated else float(own.first)
    path = None
    if spec.animated:
        path = animated_path(own.scene, own.target, first, first + spec.duration * own.fps, own.fps)
    depsgraph = freeze(own.scene, round(first))
    start = rigid(np.array(own.target.evaluated_get(depsgraph).matrix_world))
    if path is None:
        path = straight_path(start, speed_of(own.target.name, own.target) or spec.speed)
    mounts, shining = _mounts(own, depsgraph, spec.sway), lamps(depsgraph)
    found = _take(spec.file, own, depsgraph, start, shining)
    family = own.family
    standing = [lamp for lamp in shining if lamp.owner.name_full not in family]
    riding = [x for x in shining if x.owner.name_full in family and x.kind != "SUN"]
    light = own_light(own.scene.world, _lighting(own, shining))
    keeps_light = light is not None
    if light is None:
        light = make_light(spec.daylight, spec.weather)
        light_scene(light)
    grey = own_grey(spec.weather, keeps_light, bool(light.on_level_ground.any()))
    objects = _released(own, found.parts, start)
    names = object_names(found.labels)
    static, n_dropped = checked(found.static, names)
    moving, n_flat = checked(found.moving, names)
    target = Target(
        found.target, objects, ((moving, np.zeros(3)),),
        tuple(_seen_from(start, spot) for spot in spots(riding)), path,
    )  # fmt: skip
    return Stage(
        found.labels, found.yaws, spec.weather, mounts, static, target, light,
        tuple(spots(standing)), n_dropped + n_flat, grey, ALBEDO, see_through=True,
    )  # fmt: skip


def _lighting(own: OwnFile, shining: list[Lamp]) -> list[Lamp]:
    """Return the lamps that light a file's world: all that stand, and suns wherever they hang."""
    family = own.family
    standing = [lamp for lamp in shining if lamp.owner.name_full not in family]
    return standing + [x for x in shining if x.owner.name_full in family and x.kind == "SUN"]


def inspect_own_world(file: str) -> Survey:
    """Open a file as every sequence will, and say what a configuration needs to know.

    Raises:
        ConfigError: If the file lacks what radvis needs, or says what radvis does not know.
        MeshError: If one of its meshes has numbers that are not finite.
    """
    own = open_own_file(file)
    speed_of(own.target.name, own.target)
    moves = is_animated(own.scene, own.target, own.first, own.last)
    depsgraph = freeze(own.scene, own.first)
    start = rigid(np.array(own.target.evaluated_get(depsgraph).matrix_world))
    mounts = _mounts(own, depsgraph, STEADY)
    found = _take(file, own, depsgraph, start, [])
    for mesh in (found.static, found.moving):
        checked(mesh, object_names(found.labels))
    radar = mounts.radar
    return Survey(
        round(float(np.degrees(2 * np.arctan(own.half_width))), 4),
        round(radar.height, 4),
        round(float(np.degrees(radar.pitch)), 4),
        (radar.x, radar.y, radar.height),
        (own.last - own.first) / own.fps if moves else 0.0,
        found.known,
        own.warnings + tuple(f"{file}: {text}" for text in _notes(own, found, mounts)),
        is_lit(own.scene.world, _lighting(own, lamps(depsgraph))),
    )


def _notes(own: OwnFile, found: _Found, mounts: Mounts) -> list[str]:
    """Return what was taken for granted."""
    notes = []
    if found.unmapped:
        notes.append(
            f"no radio material is known for {named(found.unmapped)}: they count as "
            f"{DEFAULT_MATERIAL}; rename them, or give them the property {MATERIAL}"
        )
    if not any(label.id == GROUND_ID for label in found.labels):
        notes.append(
            f"no object is the ground: call one 'ground', or give it {CLASS} = ground, if it is to "
            "be labelled so"
        )
    family = own.family
    moving = [
        item.name
        for item in own.scene.objects
        if item.animation_data and item.animation_data.action and item.name_full not in family
    ]
    if moving:
        notes.append(f"only the target moves, these stand still in a sequence: {named(moving)}")
    tilted = [
        name
        for name in ("lidar", "radar")
        if getattr(own, name) != own.camera and abs(getattr(mounts, name).roll) > LEVEL
    ]
    if tilted:
        notes.append(f"the roll of {' and '.join(tilted)} is left out: they are level sideways")
    return notes


def _mounts(own: OwnFile, depsgraph: Any, sway: Mount) -> Mounts:
    """Return how the sensors stand, each as much beside its place in the file as the others."""
    return Mounts(
        *(
            _mount(np.array(item.evaluated_get(depsgraph).matrix_world), sway)
            for item in (own.camera, own.lidar, own.radar)
        )
    )


def _mount(matrix: Array, sway: Mount) -> Mount:
    """Return how an object (4, 4) stands that looks along its -z axis, with y up."""
    across, upwards, back = (matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0)).T
    pitch = float(np.arcsin(np.clip(back[2], -1, 1)))
    level = -back if abs(back[2]) < 0.9999 else upwards * np.sign(back[2])  # straight down, or up
    heading = float(np.arctan2(level[0], level[1]))
    right, _, up = tilted_frame(pitch, heading).T
    roll = float(np.arctan2(across @ up, across @ right))
    x, y, height = (float(value) for value in matrix[:3, 3])
    return Mount(
        height + sway.height, heading + sway.heading, pitch + sway.pitch, roll + sway.roll, x, y
    )


def _take(file: str, own: OwnFile, depsgraph: Any, start: Array, shining: list[Lamp]) -> _Found:
    """Return what the evaluated scene shows; ids go by name, the ground is `GROUND_ID`."""
    import bpy

    family, unmapped = own.family, Unmapped()
    still: dict[str, list[TriMesh]] = {}
    owners, moving, parts = {}, [], []
    for piece in pieces(depsgraph, unmapped):
        name = piece.owner.name_full
        if name not in family:
            owners[name] = piece.owner
            still.setdefault(name, []).append(piece.mesh)
            continue
        moving.append(piece.mesh)
        mesh = bpy.data.meshes.new_from_object(
            piece.item, preserve_all_data_layers=True, depsgraph=depsgraph
        )
        _dress(mesh, piece)
        item = bpy.data.objects.new(f"part of {own.target.name}", mesh)
        item.color = piece.item.color
        parts.append((item, piece.world_from_item))
    for lamp in shining:
        if lamp.owner.name_full in family:
            item = bpy.data.objects.new(f"lamp of {own.target.name}", lamp.data)
            parts.append((item, lamp.world_from_lamp))
    if not moving:
        raise ConfigError(
            f"{file}: the target {own.target.name!r} has no faces that render: give it a mesh, or "
            "parent meshes to it"
        )
    if not still:
        raise ConfigError(f"{file}: nothing but the target has faces that render: add a ground")
    ids, known = _numbered(file, own)
    yaws = {}
    for name, owner in owners.items():
        forward = np.array(owner.evaluated_get(depsgraph).matrix_world)[:3, 0]
        yaws[ids[name]] = float(np.arctan2(forward[1], forward[0]))
    target = ids[own.target.name_full]
    shown = {target, *(ids[name] for name in owners)}
    return _Found(
        known,
        tuple(label for label in known if label.id in shown),
        yaws,
        concatenate(_owned(mesh, ids[name]) for name in sorted(still) for mesh in still[name]),
        _owned(concatenate(moving), target).transformed(np.linalg.inv(start)),
        target,
        tuple(parts),
        tuple(sorted(unmapped.names)),
    )


def _numbered(file: str, own: OwnFile) -> tuple[dict[str, int], tuple[Label, ...]]:
    """Return the id of each object by its full name, and all labels by growing id.

    What may come into sight at another moment has its id, so that ids are the same at all moments.
    """
    target, family = own.target, own.family
    kinds = {
        item.name_full: class_name(item.name, item)
        for item in own.scene.view_layers[0].objects
        if item.name_full not in family and may_show(item)
    }
    kinds[target.name_full] = class_name(target.name, target)
    for part in target.children_recursive:
        class_name(part.name, part)  # it counts as the target, but must not be misspelt
    if kinds[target.name_full] == "ground":
        raise ConfigError(f"{file}: the target {target.name!r} is the ground: choose another")
    grounds = [name for name, kind in kinds.items() if kind == "ground"]
    others = sorted(set(kinds) - set(grounds))
    if len(others) + GROUND_ID > MOST_OBJECTS:
        raise ConfigError(
            f"{file} has {len(others)} objects, ids go up to {MOST_OBJECTS}: join some (Object > "
            "Join)"
        )
    ids = dict.fromkeys(grounds, GROUND_ID)
    ids |= {name: index for index, name in enumerate(others, GROUND_ID + 1)}
    labels = [Label(ids[name], kinds[name], "", printable(name)) for name in others]
    if grounds:
        labels.insert(0, Label(GROUND_ID, "ground", "", printable(min(grounds))))
    return ids, tuple(labels)


def _owned(mesh: TriMesh, object_id: int) -> TriMesh:
    return replace(mesh, object_id=np.full(mesh.n_face, object_id, np.uint16))


def _dress(mesh: Any, piece: Piece) -> None:
    """Give a new Blender mesh the materials that a piece shows, which its object may override."""
    for index, material in enumerate(materials_of(piece.item)):
        original = material.original if material is not None else None
        if index < len(mesh.materials):
            mesh.materials[index] = original
        else:
            mesh.materials.append(original)


def _released(own: OwnFile, parts: tuple[tuple[Any, Array], ...], start: Array) -> tuple[Any, ...]:
    """Put the target's parts in its place, on an object that is free to move; return all of them.

    The target itself is hidden: its animation and parents would hold it where it is.
    """
    import bpy
    from mathutils import Matrix

    for item in (own.target, *own.target.children_recursive):
        item.animation_data_clear()
        item.hide_render = item.hide_viewport = True
    root = bpy.data.objects.new("radvis target", None)
    root.matrix_world = Matrix(start.tolist())
    own.scene.collection.objects.link(root)
    for item, world_from_part in parts:
        item.parent = root
        item.matrix_basis = Matrix((np.linalg.inv(start) @ world_from_part).tolist())
        own.scene.collection.objects.link(item)
    return (root, *(item for item, _ in parts))


def _seen_from(frame: Array, spot: Spot) -> Spot:
    """Return a lamp of the world in a rigid frame (4, 4)."""
    return spot.moved(np.linalg.inv(frame))
