"""What stands where and what moves how: the pure records between layout and stage.

Axes and angles: docs/conventions.md. Nothing here knows Blender.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenes.config import KINDS_OF_LIGHT, KINDS_OF_WEATHER

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
        pearl: Strength of the interference colour at grazing angles, 0..1.
        dirt: Of sills, arches and tail, 0 (clean) to 1.
    """

    colour: RGB
    metallic: float
    roughness: float
    pearl: float = 0.0
    dirt: float = 0.0


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
    "bollard", "bin", "shelter", "fence", "pole", "bench", "planter", "post_box", "cabinet",
    "table", "awning", "shed", "bush", "bicycle", "rack", "cover", "board", "thing",
)  # fmt: skip
GROUND_ID = 1


@dataclass(frozen=True)
class Prop:
    """One thing that stands still and is no car, or a part of one.

    Props with one id are parts of one thing, each in a colour of its own, as a house's walls and
    its roof. All have one kind and one yaw; the first says what the thing is.

    Attributes:
        id: Object id of the thing, 2 or more.
        kind: One of `CLASSES`.
        pose: Where it stands; its frame has x along its length, z up, the origin on the ground.
        size: Length, depth and height [m].
        style: Variant, as the module that builds the kind knows it.
        seed: Of whatever is random in its shape.
        tint: Factor on the colours of its painted and plastered surfaces, linear RGB.
    """

    id: int
    kind: str
    pose: Pose
    size: Vector3
    style: str = ""
    seed: int = 0
    tint: RGB = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Surface:
    """A level rectangle of ground.

    Attributes:
        x0: Left edge [m].
        x1: Right edge [m].
        y0: Near edge [m].
        y1: Far edge [m].
        material: A name in `scenes.materials.MATERIALS`.
        z: Its height [m].
    """

    x0: float
    x1: float
    y0: float
    y1: float
    material: str
    z: float = 0.0


@dataclass(frozen=True)
class Lane:
    """A strip that cars drive along, both ways.

    Attributes:
        start: x and y of one end of its middle line [m].
        end: x and y of the other end [m].
        width: [m].
        margin: How far what stands beside it may stand out into it, each side [m].
    """

    start: tuple[float, float]
    end: tuple[float, float]
    width: float
    margin: float = 0.3


@dataclass(frozen=True)
class Ground:
    """The ground: level surfaces, what is painted on them, and how the asphalt is worn.

    Attributes:
        surfaces: Rectangles that tile the plane without overlap.
        marks: Painted polygons, three or four corners x, y [m] each, counter-clockwise from above.
        extent: x0, x1, y0, y1 [m] of all asphalt.
        lanes: Where wheels roll.
        stains: x, y [m] of places where cars stand and drip.
        skids: Polylines of x, y [m] where wheels turned sharply.
        seed: Of the wear.
    """

    surfaces: tuple[Surface, ...]
    marks: tuple[tuple[tuple[float, float], ...], ...]
    extent: tuple[float, float, float, float]
    lanes: tuple[Lane, ...]
    stains: tuple[tuple[float, float], ...]
    skids: tuple[tuple[tuple[float, float], ...], ...]
    seed: int


# The frame's columns of weather and light hold indices into these tuples.
WEATHERS, LIGHTS = KINDS_OF_WEATHER, KINDS_OF_LIGHT


CONTRAST = 3.912  # -ln(0.02): two per cent of an object's contrast is left at the visibility


@dataclass(frozen=True)
class Weather:
    """The weather of one sequence.

    Attributes:
        kind: One of `WEATHERS`.
        light: One of `LIGHTS`.
        rate: Of rain, or of snow as water [mm/h]; 0 otherwise.
        visibility: Meteorological optical range of fog or dust [m]; infinite otherwise.
        seed: Of exposure and wind, surfaces' patterns, plants' shapes, dirt and water on cars.
    """

    kind: str = "clear"
    light: str = "day"
    rate: float = 0.0
    visibility: float = float("inf")
    seed: int = 0


@dataclass(frozen=True)
class Mount:
    """How the sensors' post stands in one sequence.

    Attributes:
        height: Of the sensors above ground [m].
        heading: Where camera, lidar and radar look [rad], 0 along world y, positive to the right.
        pitch: Of camera and lidar below the horizon [rad].
        roll: Of the camera about its axis [rad], positive clockwise as the camera sees the world.
        x: Where the post stands, to the right [m].
        y: Where the post stands, ahead [m].
    """

    height: float
    heading: float
    pitch: float
    roll: float
    x: float = 0.0
    y: float = 0.0


@dataclass(frozen=True)
class Mounts:
    """How each sensor stands: on one post, all alike."""

    camera: Mount
    lidar: Mount
    radar: Mount


@dataclass(frozen=True)
class Daylight:
    """Sun and sky.

    Attributes:
        elevation: Of the sun [rad]; below 0 at dusk and at night.
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
    """What an object id stands for; `name` is what a user's file calls it."""

    id: int
    kind: str
    model: str
    name: str = ""


@dataclass(frozen=True)
class SceneSpec:
    """Everything that one sequence shows.

    Attributes:
        ground: Object `GROUND_ID`.
        parked: Cars that stand still.
        target: The car that drives.
        drive: How it drives.
        props: Everything else, every part of it.
        daylight: Sun and sky.
        tints: Of materials.
        weather: Of all frames.
        mount: Of the sensors.
    """

    ground: Ground
    parked: tuple[Car, ...]
    target: Car
    drive: Drive
    props: tuple[Prop, ...]
    daylight: Daylight
    tints: Tints
    weather: Weather
    mount: Mount

    @property
    def things(self) -> tuple[Prop, ...]:
        """The first part of every thing, which says what it is."""
        first: dict[int, Prop] = {}
        for prop in self.props:
            first.setdefault(prop.id, prop)
        return tuple(first.values())

    @property
    def labels(self) -> tuple[Label, ...]:
        """Every object of the scene, by growing id, the ground first; parts of one are one."""
        cars = [Label(car.id, "car", car.model) for car in (*self.parked, self.target)]
        props = [Label(prop.id, prop.kind, prop.style) for prop in self.things]
        return (Label(GROUND_ID, "ground", ""), *sorted(cars + props, key=lambda label: label.id))
