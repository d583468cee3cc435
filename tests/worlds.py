"""Small worlds that tests are made of."""

from dataclasses import replace

import numpy as np

from scenes.config import KINDS_OF_LIGHT, KINDS_OF_WEATHER, WeatherConfig
from scenes.materials import MATERIAL_ID
from scenes.mesh import TriMesh

# Weather and light that pictures are measured in.
SKIES = (
    "clear,day", "overcast,day", "rain,day", "snow,day", "fog,day", "dust,day", "clear,dusk",
    "clear,night", "rain,night", "snow,night",
)  # fmt: skip


def only(config, kind="clear", light="day"):
    """The scenario in one weather and light."""
    shares = dict.fromkeys((*KINDS_OF_WEATHER, *KINDS_OF_LIGHT), 0.0) | {kind: 1.0, light: 1.0}
    return replace(config, weather=WeatherConfig(**shares))


def calm(config):
    """The scenario on clear days, with every post mounted as the configuration says."""
    jitter = ("height_jitter", "heading_jitter_deg", "pitch_jitter_deg", "roll_jitter_deg")
    return only(replace(config, rig=replace(config.rig, **dict.fromkeys(jitter, 0.0))))


def quad(corners, object_id=1, material="concrete", velocity=(0.0, 0.0, 0.0)):
    """A flat quadrilateral of four corners (4, 3) [m], as two triangles."""
    return TriMesh(
        np.asarray(corners, np.float32),
        np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        np.full(2, object_id, np.uint16),
        np.full(2, MATERIAL_ID[material], np.uint8),
        np.tile(np.float32(velocity), (4, 1)),
    )


def ground(object_id=1, material="asphalt", half=100.0):
    """The plane z = 0."""
    return quad(
        [[-half, -half, 0], [half, -half, 0], [half, half, 0], [-half, half, 0]],
        object_id,
        material,
    )


def plate(centre, width, height, object_id=2, material="metal", velocity=(0.0, 0.0, 0.0)):
    """An upright plate that faces -y."""
    x, y, z = centre
    a, b = width / 2, height / 2
    return quad(
        [[x - a, y, z - b], [x + a, y, z - b], [x + a, y, z + b], [x - a, y, z + b]],
        object_id,
        material,
        velocity,
    )


def cube(centre, edge, object_id=2, material="concrete", velocity=(0.0, 0.0, 0.0)):
    """A closed cube, faces outward."""
    corner = np.array([[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)], np.float32)
    faces = [
        (0, 2, 3), (0, 3, 1), (4, 5, 7), (4, 7, 6), (0, 1, 5), (0, 5, 4),
        (2, 6, 7), (2, 7, 3), (0, 4, 6), (0, 6, 2), (1, 3, 7), (1, 7, 5),
    ]  # fmt: skip
    return TriMesh(
        ((corner - 0.5) * edge + np.asarray(centre)).astype(np.float32),
        np.array(faces, np.int32),
        np.full(12, object_id, np.uint16),
        np.full(12, MATERIAL_ID[material], np.uint8),
        np.tile(np.float32(velocity), (8, 1)),
    )


def without_face(mesh, face):
    """The mesh less one of its triangles."""
    keep = np.arange(mesh.n_face) != face
    return replace(
        mesh,
        faces=mesh.faces[keep],
        object_id=mesh.object_id[keep],
        material=mesh.material[keep],
    )


def inside_out(mesh):
    """The mesh with every face turned over."""
    return replace(mesh, faces=np.ascontiguousarray(mesh.faces[:, ::-1]))


def loose(mesh):
    """The mesh with vertices of its own for every triangle."""
    at = mesh.faces.ravel()
    return replace(
        mesh,
        vertices=mesh.vertices[at],
        faces=np.arange(len(at), dtype=np.int32).reshape(-1, 3),
        velocity=mesh.velocity[at],
    )
