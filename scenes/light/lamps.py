"""Lamps that burn at dusk and at night: on posts, and the headlights of the car that drives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes.cars.lights import headlamp_places, tail_lamp_places
from scenes.cars.looks import LIT_COLOURS, LIT_LUMINANCE
from scenes.cars.model import CarModel
from scenes.light.beam import BEAM_CANDELA, BEAM_CONE, BRIGHTEST, beam_axes
from scenes.spec import RGB, Mount, Prop, SceneSpec

BLEND = 0.9  # of lamps' cones: soft nearly to the axis
# Street lamps of 3,000 to 4,000 K with some 3,000 lm, all of it downwards.
STREET_CANDELA, STREET_CONE = 1200.0, float(np.radians(150.0))
HEAD_RADIUS = 0.15  # of the light, which hangs right below the lamp's glass [m]
STREET_COLOUR: RGB = (1.0, 0.80, 0.56)
STREET_LUMINANCE = 1.0e4  # of the lit glass [cd/m^2]
BEAM_COLOUR: RGB = (1.0, 0.95, 0.86)
LAMP_REACH = 25.0  # [m] from a street lamp, where the shadows it throws are seen
BEAM_RADIUS = 0.05  # of a beam's source [m]
AHEAD = 0.06  # of a beam's source before the lamp's glass [m]
GLASS_RADIUS, GLASS_AHEAD = 0.05, 0.04  # of the disc of 80 cm^2 that stands for a lamp's glass [m]
N_FLUX = 64  # steps across and around a cone in which its light is summed
WINDOW_LUMINANCE = 15.0  # of white 2 m from the lamp of a room, most often [cd/m^2]
LIT_WINDOWS = 0.3  # share of windows with light behind them, at dusk and at night
# The lamp of the sensors' own post, from them [m]: above and so near that no camera shows it, and
# with no more of a mesh than the post.
POST_LAMP_AHEAD, POST_LAMP_ABOVE = 0.9, 1.5


@dataclass(frozen=True)
class Spot:
    """A lamp that shines into a cone.

    Attributes:
        place: [m].
        direction: (3,) unit vector into which it shines brightest.
        intensity: There, in the scene's unit of light times square metres: candelas over the
            illuminance that the unit stands for.
        cone: Full angle [rad].
        radius: Of the glowing surface [m].
        colour: Linear BT.709, the largest 1.
        reach: From which on nobody sees the shadows it throws [m].
        blend: Share of 1 - cosine, inside the cone's edge, over which its light fades.
        skew: (3, 3) rows that take a direction to coordinates in which the cone is round and about
            the third axis, which `direction` goes to; None if it is round as it is.
    """

    place: NDArray[np.float64]
    direction: NDArray[np.float64]
    intensity: float
    cone: float
    radius: float
    colour: RGB
    reach: float = LAMP_REACH
    blend: float = BLEND
    skew: NDArray[np.float64] | None = None

    @property
    def axes(self) -> NDArray[np.float64]:
        """Rows (3, 3) that take a direction to coordinates in which the cone is round."""
        if self.skew is not None:
            return self.skew
        thin = np.eye(3)[np.abs(self.direction).argmin()]
        side = np.cross(thin, self.direction)
        side /= np.linalg.norm(side)
        return np.array([side, np.cross(self.direction, side), self.direction])

    @property
    def flux(self) -> float:
        """All its light, in the scene's unit of light times square metres."""
        lowest = np.cos(self.cone / 2)
        cosine = lowest + (np.arange(N_FLUX) + 0.5) / N_FLUX * (1 - lowest)
        turn = (np.arange(N_FLUX) + 0.5) / N_FLUX * 2 * np.pi
        sine = np.sqrt(1 - cosine**2)[:, None]
        up = np.broadcast_to(cosine[:, None], (N_FLUX, N_FLUX))
        inverse = np.linalg.inv(self.axes)
        way = np.stack([sine * np.cos(turn), sine * np.sin(turn), up], -1) @ inverse.T
        solid = 2 * np.pi * (1 - lowest) / N_FLUX**2 * np.abs(np.linalg.det(inverse))
        return float((self.towards(way) / np.linalg.norm(way, axis=-1) ** 3).sum() * solid)

    def towards(self, way: NDArray[Any]) -> NDArray[Any]:
        """Return its intensity (...) in directions (..., 3) of any length, as Cycles has it."""
        local = way @ self.axes.T.astype(way.dtype)
        length = np.sqrt(np.einsum("...k,...k->...", local, local))
        edge = np.cos(self.cone / 2)
        inside = local[..., 2] / np.maximum(length, 1e-9) - edge
        share = np.clip(inside / max(self.blend * (1 - edge), 1e-9), 0, 1)
        return np.asarray(self.intensity * share * share * (3 - 2 * share), way.dtype)

    def moved(self, pose: NDArray[np.float64]) -> Spot:
        """Return it where a rigid motion (4, 4) takes it."""
        turn = pose[:3, :3]
        skew = None if self.skew is None else self.skew @ turn.T
        place, direction = turn @ self.place + pose[:3, 3], turn @ self.direction
        return replace(self, place=place, direction=direction, skew=skew)


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
        for place in [_above(spec.mount), *heads]
    ]


def beams(model: CarModel, lux: float) -> list[Spot]:
    """Return the headlights of a car, in the car's frame.

    Args:
        model: The car.
        lux: Illuminance that the scene's unit of light stands for [lx].
    """
    ahead = np.array([AHEAD, 0.0, 0.0])
    return [dipped_beam(place + ahead, lux) for place in headlamp_places(model)]


def dipped_beam(place: NDArray[np.float64], lux: float) -> Spot:
    """Return one headlight, in the car's frame.

    Args:
        place: (3,) [m].
        lux: Illuminance that the scene's unit of light stands for [lx].
    """
    brightest = np.array([np.cos(BRIGHTEST), 0.0, -np.sin(BRIGHTEST)])
    return Spot(
        place, brightest, BEAM_CANDELA / lux, BEAM_CONE, BEAM_RADIUS, BEAM_COLOUR, blend=1.0,
        skew=beam_axes(),
    )  # fmt: skip


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


def _above(mount: Mount) -> NDArray[np.float64]:
    """Return where the lamp of the sensors' post shines from [m]."""
    ahead = np.array([np.sin(mount.heading), np.cos(mount.heading)]) * POST_LAMP_AHEAD
    return np.array([mount.x + ahead[0], mount.y + ahead[1], mount.height + POST_LAMP_ABOVE])


def _head(prop: Prop) -> NDArray[np.float64]:
    """Return where a lamppost built by `scenes.things.street` shines from [m]."""
    reach, _, height = prop.size
    cos, sin = np.cos(prop.pose.yaw), np.sin(prop.pose.yaw)
    x, y, z = prop.pose.position
    out = reach + 0.25
    return np.array([x + cos * out, y + sin * out, z + height - HEAD_RADIUS])
