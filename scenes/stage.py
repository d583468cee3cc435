"""What a built scene is, whatever it was built from."""

from __future__ import annotations

from dataclasses import dataclass, field

from scenes.light.lamps import Spot
from scenes.light.sky import Light
from scenes.mesh import TriMesh
from scenes.spec import GROUND_ID, Label, Mounts, Weather
from scenes.target import Target

# Kinds whose models are closed. The ground is a sheet; buildings, trees, hedges and shelters have
# panes, leaves and roofs of one sheet.
SOLID_KINDS = frozenset({"car", "wall", "lamp", "kerb", "sign", "bollard", "bin", "pole"})
# Of sheets in layers, which have no inside; a user's things may be open, or rooms.
LEAFY_KINDS = frozenset({"tree", "hedge", "bush", "board", "thing"})


@dataclass(frozen=True)
class Stage:
    """A built scene, whatever it was built from.

    Attributes:
        labels: Every object, by growing id.
        yaws: How what stands still is turned [rad], by object id; 0 where it is not named.
        weather: Of all frames.
        mounts: Of the sensors.
        static_mesh: All that stands still, in world coordinates.
        target: What moves.
        light: Sun and sky.
        spots: Lamps that burn and stand still.
        n_dropped: Triangles without area that were left out.
        grey: Where the camera's meter lays the mean of the picture, before the film curve.
        albedo: Of the ground under the haze, all in all.
        paints: How much of the lidar's light the paint of a car scatters back, by object id, where
            that is not the material's `reflectivity`.
        see_through: Whether light passes surfaces that rays do not, as a user's glass.
    """

    labels: tuple[Label, ...]
    yaws: dict[int, float]
    weather: Weather
    mounts: Mounts
    static_mesh: TriMesh
    target: Target
    light: Light
    spots: tuple[Spot, ...]
    n_dropped: int
    grey: float
    albedo: float
    paints: dict[int, float] = field(default_factory=dict)
    see_through: bool = False


def solid_ids(labels: tuple[Label, ...]) -> set[int]:
    """Return the ids of objects whose meshes must be closed."""
    return {label.id for label in labels if label.kind in SOLID_KINDS}


def object_names(labels: tuple[Label, ...]) -> dict[int, str]:
    """Return what each object id is called in the Blender scene, as `car_7`."""
    names = {label.id: f"{label.kind}_{label.id}" for label in labels} | {GROUND_ID: "ground"}
    return names | {label.id: label.name for label in labels if label.name}
