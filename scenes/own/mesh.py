"""The triangles of a user's Blender scene: modifiers and instances applied, by owner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes.materials import MATERIAL_ID
from scenes.mesh import TriMesh
from scenes.own.names import DEFAULT_MATERIAL, NO_MATERIAL, material_name

Array = NDArray[np.float64]

# Kinds of Blender objects without faces, unless they make instances of a collection.
FACELESS = ("ARMATURE", "CAMERA", "EMPTY", "LATTICE", "LIGHT", "LIGHT_PROBE", "SPEAKER")


@dataclass(frozen=True)
class Piece:
    """One mesh of the scene where it stands.

    Attributes:
        owner: The Blender object it belongs to; of an instance, the object that makes it.
        item: The evaluated Blender object.
        world_from_item: (4, 4), with whatever scale it has.
        mesh: Its triangles in the world, object id 0.
    """

    owner: Any
    item: Any
    world_from_item: Array
    mesh: TriMesh


@dataclass
class Unmapped:
    """Collects the names of Blender materials that no radio material is known for."""

    names: set[str] = field(default_factory=set)

    def material_id(self, material: Any) -> int:
        """Return the index in `scenes.materials.MATERIALS` of a Blender material, or of none.

        Raises:
            ConfigError: If its property names a material that there is not.
        """
        name = material_name(material.name, material) if material is not None else None
        if name is None:
            self.names.add(NO_MATERIAL if material is None else material.name)
            name = DEFAULT_MATERIAL
        return MATERIAL_ID[name]


def may_show(item: Any) -> bool:
    """Return whether a Blender object may own faces that render, at whatever frame."""
    never = item.hide_render and item.animation_data is None
    return not never and (item.type not in FACELESS or item.instance_type == "COLLECTION")


def pieces(depsgraph: Any, unmapped: Unmapped) -> Iterator[Piece]:
    """Yield every mesh of an evaluated scene that has faces.

    Curves, texts and metaballs come as the meshes they render as. What a piece holds of Blender is
    good until the next one.

    Args:
        depsgraph: Of `scenes.own.file.freeze`.
        unmapped: Learns which materials are not known.
    """
    for instance in depsgraph.object_instances:
        item = instance.object
        if not instance.show_self or item.type != "MESH":
            continue
        world_from_item = np.array(instance.matrix_world)
        mesh = _triangles(item, world_from_item, unmapped)
        if mesh.n_face:
            owner = instance.parent if instance.is_instance else item
            yield Piece(owner.original, item, world_from_item, mesh)


def materials_of(item: Any) -> list[Any]:
    """Return the Blender materials of an evaluated object's faces, by their index."""
    own = [slot.material for slot in item.material_slots]
    inside = list(item.data.materials)
    longest = max(len(own), len(inside))
    own, inside = (part + [None] * (longest - len(part)) for part in (own, inside))
    return [first or second for first, second in zip(own, inside, strict=True)]


def _triangles(item: Any, world_from_item: Array, unmapped: Unmapped) -> TriMesh:
    """Return the triangles of an evaluated mesh object in the world, faces outward."""
    mesh = item.data
    mesh.calc_loop_triangles()
    n_face = len(mesh.loop_triangles)
    vertices = np.empty((len(mesh.vertices), 3), np.float32)
    mesh.vertices.foreach_get("co", vertices.ravel())
    faces, slot = np.empty((n_face, 3), np.int32), np.empty(n_face, np.int32)
    mesh.loop_triangles.foreach_get("vertices", faces.ravel())
    mesh.loop_triangles.foreach_get("material_index", slot)
    materials = materials_of(item) or [None]
    slot = slot.clip(0, len(materials) - 1)  # as Blender renders a slot that there is not
    known = np.zeros(len(materials), np.uint8)
    for index in np.unique(slot):
        known[index] = unmapped.material_id(materials[index])
    if np.linalg.det(world_from_item[:3, :3]) < 0:  # mirrored: outside stays outside
        faces = np.ascontiguousarray(faces[:, ::-1])
    placed = vertices.astype(np.float64) @ world_from_item[:3, :3].T + world_from_item[:3, 3]
    at = placed.astype(np.float32)
    return TriMesh(at, faces, np.zeros(n_face, np.uint16), known[slot], np.zeros_like(at))
