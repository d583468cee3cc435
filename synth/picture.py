"""From the light that reaches the lens in clear air to the camera's picture: air, then film."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenes.light.lamps import Spot
from scenes.light.metering import ALBEDO, GREY
from scenes.light.sky import Light
from scenes.sensors import Camera
from scenes.spec import Weather
from synth.depth import View
from synth.develop import develop, exposure
from synth.haze import Haze, Veil, airlight, apply_haze, daylit, make_haze, veil
from synth.lamplight import Lamps, floating, lamplight
from synth.precipitation import precipitation
from synth.rays import RayScene

Image = NDArray[np.float32]


@dataclass(frozen=True)
class Air:
    """What is between camera and world in one sequence.

    Attributes:
        camera: The camera.
        weather: The weather.
        light: Sun and sky.
        haze: What fills the air, None if it is clear.
        still: What it leaves of the light from the still world.
        endless: (height, width, 3) radiance of endless haze.
        spots: Still lamps that burn.
        glow: (height, width, 3) what haze scatters of them to the camera from the still world;
            None if none burns.
        grey: Where the meter lays the mean of the picture, before the film curve.
    """

    camera: Camera
    weather: Weather
    light: Light
    haze: Haze | None = None
    still: Veil | None = None
    endless: Image | None = None
    spots: tuple[Spot, ...] = ()
    glow: Image | None = None
    grey: float = GREY


def make_air(
    weather: Weather,
    light: Light,
    spots: Sequence[Spot],
    still: RayScene,
    camera: Camera,
    seen: View,
    grey: float = GREY,
    albedo: float = ALBEDO,
) -> Air:
    """Return the air of a sequence.

    Args:
        weather: The weather.
        light: Sun and sky.
        spots: Still lamps that burn.
        still: The still world.
        camera: The camera.
        seen: What the camera sees of the still world.
        grey: Where the meter lays the mean of the picture, before the film curve.
        albedo: Of the ground, all in all.
    """
    haze = make_haze(weather)
    if haze is None:
        return Air(camera, weather, light, grey=grey)
    through = veil(still, camera, seen, haze)
    endless = airlight(camera, light.on_level_ground, albedo)
    endless *= daylit(still, camera, seen, haze).astype(np.float32)[..., None]
    glow = lamplight(camera, through, haze, _lamps(spots)) if spots else None
    return Air(camera, weather, light, haze, through, endless, tuple(spots), glow, grey)


def metered(still: Image, air: Air) -> float:
    """Return the exposure of a sequence, metered on the still world as the camera sees it."""
    if air.still is not None and air.endless is not None:
        still = apply_haze(still, air.still, air.endless)
        still = still if air.glow is None else still + air.glow
    return exposure(still, air.grey)


def picture(
    linear: Image,
    factor: float,
    air: Air,
    scene: RayScene,
    seen: View,
    beams: Sequence[Spot],
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """Return the picture (height, width, 3), sRGB.

    Args:
        linear: (height, width, 3) radiance in clear air, linear BT.709.
        factor: Exposure, from `metered`.
        air: Of the sequence.
        scene: The world of this moment.
        seen: What the camera sees of it.
        beams: The target's headlights that burn, in the world.
        rng: Where drops and flakes are.
    """
    lit = None
    if air.haze is not None and air.still is not None and air.endless is not None:
        through = veil(scene, air.camera, seen, air.haze, air.still)
        linear = apply_haze(linear, through, air.endless)
        shining = None
        if air.glow is not None:  # what stands before a lamp's cone hides it
            before = air.still, air.glow
            shining = lamplight(air.camera, through, air.haze, _lamps(air.spots), before)
        if beams:
            headlights = lamplight(air.camera, through, air.haze, _lamps(beams))
            shining = headlights if shining is None else shining + headlights
        if shining is not None:
            linear, lit = linear + shining, floating(shining, through)
    ambient = air.light.ambient
    linear = precipitation(linear, seen.depth, air.camera, air.weather, ambient, rng, lit)
    return develop(linear, factor)


def _lamps(spots: Sequence[Spot]) -> Lamps:
    """Return spots as what haze scatters."""
    return Lamps(
        np.array([spot.place for spot in spots]),
        np.array([spot.axes for spot in spots]),
        np.array([np.cos(spot.cone / 2) for spot in spots]),
        np.array([np.multiply(spot.colour, spot.intensity) for spot in spots]),
        np.array([spot.radius for spot in spots]),
        np.array([spot.blend for spot in spots]),
        np.array([spot.flux / spot.intensity for spot in spots]),
    )
