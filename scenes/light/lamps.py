"""Lamps that burn at dusk and at night: on posts, and the headlights of the car that drives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenes.cars.lights import headlamp_places, tail_lamp_places
from scenes.cars.looks import LIT_COLOURS, LIT_LUMINANCE
from scenes.cars.model import CarModel
from scenes.spec import RGB, Prop, SceneSpec, Vector3

BLEND = 0.9  # of lamps' cones: soft nearly to the axis
# Street lamps of 3,000 to 4,000 K with some 3,000 lm, all of it downwards.
STREET_CANDELA, STREET_CONE = 1200.0, float(np.radians(150.0))
HEAD_RADIUS = 0.15  # of the light, which hangs right below the lamp's glass [m]
STREET_COLOUR: RGB = (1.0, 0.80, 0.56)
STREET_LUMINANCE = 1.0e4  # of the lit glass [cd/m^2]
# Dipped beams: UN Regulation 112 asks for some 10,000 cd just below the horizon, and for next to
# nothing above it, where it would blind: cones end a degree above. A narrow lobe lights the road
# some 10 m ahead, a wide one what lies between there and the bumper. Candelas, full cone, dip.
BEAM_LOBES = (
    (10_000.0, float(np.radians(7.0)), float(np.radians(2.5))),
    (350.0, float(np.radians(40.0)), float(np.radians(19.0))),
)
BEAM_COLOUR: RGB = (1.0, 0.95, 0.86)
LAMP_REACH = 25.0  # [m] from a street lamp, where the shadows it throws are seen
AHEAD = 0.06  # of a beam's source before the lamp's glass [m]
GLASS_RADIUS, GLASS_AHEAD = 0.05, 0.04  # of the disc of 80 cm^2 that stands for a lamp's glass [m]
WINDOW_LUMINANCE = 40.0  # of a white wall in a lit room, behind its window [cd/m^2]
LIT_WINDOWS = 0.3  # share of windows with light behind them, at dusk and at night
POST_LAMP: Vector3 = (0.0, 0.9, 8.0)  # the lamp of the sensors' own post [m]


@dataclass(frozen=True)
class Spot:
    """A lamp that shines into a cone.

    Attributes:
        place: [m].
        direction: (3,) unit vector of the cone's axis.
        intensity: On the axis, in the scene's unit of light times square metres: candelas over
            the illuminance that the unit stands for.
        cone: Full angle [rad].
        radius: Of the glowing surface [m].
        colour: Linear BT.709, the largest 1.
        reach: From which on nobody sees the shadows it throws [m].
        blend: Share of 1 - cosine, inside the cone's edge, over which its light fades.
    """

    place: NDArray[np.float64]
    direction: NDArray[np.float64]
    intensity: float
    cone: float
    radius: float
    colour: RGB
    reach: float = LAMP_REACH
    blend: float = BLEND

    def falloff(self, cosine: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share of the intensity at angles (...) from the axis, as Cycles has it.

        Args:
            cosine: (...) of the angles.
        """
        edge = np.cos(self.cone / 2)
        share = np.clip((cosine - edge) / max(self.blend * (1 - edge), 1e-9), 0, 1)
        return np.asarray(share * share * (3 - 2 * share))

    def towards(self, cosine: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return its intensity at angles (...) from the axis, given by their cosines."""
        return np.asarray(self.intensity * self.falloff(cosine))


@dataclass(frozen=True)
class Glass:
    """The lit glass of a lamp: a disc that shines evenly to one side.

    Attributes:
        place: [m].
        direction: (3,) unit vector, of the side that shines.
        radiance: In the scene's unit of light.
        colour: Linear BT.709, the largest 1.
        radius: [m].
    """

    place: NDArray[np.float64]
    direction: NDArray[np.float64]
    radiance: float
    colour: RGB
    radius: float = GLASS_RADIUS

    def towards(self, cosine: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return its intensity at angles (...) from the axis, given by their cosines."""
        return np.asarray(self.radiance * np.pi * self.radius**2 * np.maximum(cosine, 0))


def street_spots(spec: SceneSpec, lux: float) -> list[Spot]:
    """Return the lamps on posts; none by day.

    Args:
        spec: The scene.
        lux: Illuminance that its unit of light stands for [lx].
    """
    if spec.weather.light == "day":
        return []
    heads = [_head(prop) for prop in spec.props if prop.kind == "lamp"]
    down = np.array([0.0, 0.0, -1.0])
    return [
        Spot(place, down, STREET_CANDELA / lux, STREET_CONE, HEAD_RADIUS, STREET_COLOUR)
        for place in [np.array(POST_LAMP), *heads]
    ]


def beams(model: CarModel, lux: float) -> list[Spot]:
    """Return the headlights of a car, in the car's frame.

    Args:
        model: The car.
        lux: Illuminance that the scene's unit of light stands for [lx].
    """
    return [
        Spot(
            np.add(place, [AHEAD, 0.0, 0.0]), np.array([np.cos(dip), 0.0, -np.sin(dip)]),
            candela / lux, cone, 0.05, BEAM_COLOUR,
        )
        for place in headlamp_places(model)
        for candela, cone, dip in BEAM_LOBES
    ]  # fmt: skip


def lit_glass(model: CarModel, lux: float) -> list[Glass]:
    """Return the glass of a car's head- and tail-lamps, in the car's frame.

    Args:
        model: The car.
        lux: Illuminance that the scene's unit of light stands for [lx].
    """
    ends = (
        ("headlamp", headlamp_places(model), 1.0),
        ("lamp_red", tail_lamp_places(model), -1.0),
    )
    return [
        Glass(
            np.add(place, [ahead * GLASS_AHEAD, 0.0, 0.0]), np.array([ahead, 0.0, 0.0]),
            LIT_LUMINANCE[slot] / lux, LIT_COLOURS[slot],
        )
        for slot, places, ahead in ends
        for place in places
    ]  # fmt: skip


def _head(prop: Prop) -> NDArray[np.float64]:
    """Return where a lamppost built by `scenes.things.street` shines from [m]."""
    reach, _, height = prop.size
    cos, sin = np.cos(prop.pose.yaw), np.sin(prop.pose.yaw)
    x, y, z = prop.pose.position
    out = reach + 0.25
    return np.array([x + cos * out, y + sin * out, z + height - HEAD_RADIUS])
