"""What stands where and what moves how: the pure records between layout and stage.

Axes and angles: docs/conventions.md. Nothing here knows Blender.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector3 = tuple[float, float, float]
RGB = tuple[float, float, float]


@dataclass(frozen=True)
class Pose:
    """An upright pose in the world.

    Attributes:
        position: Origin of the object's own frame [m], in world axes.
        yaw: Rotation about world z [rad], from world x (right) towards world y (ahead).
    """

    position: Vector3
    yaw: float = 0.0

    def world_from_object(self) -> NDArray[np.float64]:
        """Return the (4, 4) transform that takes object coordinates to the world."""
        cos, sin = np.cos(self.yaw), np.sin(self.yaw)
        matrix = np.eye(4)
        matrix[:2, :2] = [[cos, -sin], [sin, cos]]
        matrix[:3, 3] = self.position
        return matrix


@dataclass(frozen=True)
class Paint:
    """The paint of one car.

    Attributes:
        colour: Base colour, linear RGB in 0..1.
        metallic: Share of metal flakes, 0 (solid) to 1.
        roughness: Roughness of the base coat, 0..1; the clear coat is smooth.
    """

    colour: RGB
    metallic: float
    roughness: float


@dataclass(frozen=True)
class Car:
    """One car of the scene.

    Its frame has x forward, y left, z up, the origin on the ground below the centre of its
    bounding box.

    Attributes:
        id: Object id, unique in the scene, 1 or more.
        model: A key of `scenes.cars.CAR_MODELS`.
        paint: Its paint.
        pose: Where it stands (of a moving car: at time 0).
    """

    id: int
    model: str
    paint: Paint
    pose: Pose


@dataclass(frozen=True)
class Drive:
    """A straight drive at constant speed, in the direction the car's nose points.

    Attributes:
        start: Pose at time 0.
        speed: Speed [m/s].
    """

    start: Pose
    speed: float

    def velocity(self) -> NDArray[np.float64]:
        """Return the velocity (3,) [m/s] in world axes."""
        yaw = self.start.yaw
        return self.speed * np.array([np.cos(yaw), np.sin(yaw), 0.0])

    def pose(self, time: float) -> Pose:
        """Return the pose at `time` [s]."""
        x, y, z = np.asarray(self.start.position) + self.velocity() * time
        return Pose((float(x), float(y), float(z)), self.start.yaw)


# Semantic classes of objects; a class column holds an index into this tuple.
CLASSES = (
    "nothing", "ground", "car", "building", "wall", "tree", "hedge", "lamp", "kerb", "sign",
    "bollard", "bin", "shelter",
)  # fmt: skip
GROUND_ID = 1


@dataclass(frozen=True)
class Prop:
    """One thing that stands still and is no car.

    Attributes:
        id: Object id, unique in the scene, 2 or more.
        kind: One of `CLASSES`.
        pose: Where it stands; its frame has x along its length, z up, the origin on the ground.
        size: Length, depth and height [m].
        style: Variant, as the module that builds the kind knows it.
        seed: Of whatever is random in its shape.
    """

    id: int
    kind: str
    pose: Pose
    size: Vector3
    style: str = ""
    seed: int = 0


@dataclass(frozen=True)
class Bay:
    """One parking bay.

    Attributes:
        x: Of its centre [m].
        y: Of its centre [m].
        opens: +1 if the lane is towards larger y, -1 if towards smaller y.
    """

    x: float
    y: float
    opens: int


@dataclass(frozen=True)
class Lot:
    """The marked ground.

    Attributes:
        bays: All bays that are not planted.
        bay_width: [m].
        bay_length: [m].
        lanes: y of the middle of each lane [m].
        lane_width: [m].
        x_min: Where the asphalt's bays begin [m].
        x_max: Where they end [m].
        y_end: Where the asphalt ends, away from the sensors [m].
        seed: Of the wear of asphalt and markings.
    """

    bays: tuple[Bay, ...]
    bay_width: float
    bay_length: float
    lanes: tuple[float, ...]
    lane_width: float
    x_min: float
    x_max: float
    y_end: float
    seed: int


@dataclass(frozen=True)
class Daylight:
    """Sun and sky.

    Attributes:
        elevation: Of the sun [rad].
        azimuth: Of the sun [rad], 0 ahead, positive to the right.
        turbidity: Of the air, 2 (clear) to 8 (hazy).
        cloudiness: Share of the sky under clouds, 0..1.
        seed: Of the clouds.
    """

    elevation: float
    azimuth: float
    turbidity: float
    cloudiness: float
    seed: int


@dataclass(frozen=True)
class Tints:
    """How this sequence's materials differ from the usual: factors about 1 and colours."""

    asphalt: float
    wall: RGB
    foliage: RGB


@dataclass(frozen=True)
class Label:
    """What an object id stands for."""

    id: int
    kind: str
    model: str


@dataclass(frozen=True)
class SceneSpec:
    """Everything that one sequence shows.

    Attributes:
        lot: The marked ground; object `GROUND_ID`.
        parked: Cars that stand still.
        target: The car that drives.
        drive: How it drives.
        props: Everything else.
        daylight: Sun and sky.
        tints: Of materials.
    """

    lot: Lot
    parked: tuple[Car, ...]
    target: Car
    drive: Drive
    props: tuple[Prop, ...]
    daylight: Daylight
    tints: Tints

    @property
    def labels(self) -> tuple[Label, ...]:
        """Every object of the scene, by growing id, the ground first."""
        cars = [Label(car.id, "car", car.model) for car in (*self.parked, self.target)]
        props = [Label(prop.id, prop.kind, prop.style) for prop in self.props]
        return (Label(GROUND_ID, "ground", ""), *sorted(cars + props, key=lambda label: label.id))
