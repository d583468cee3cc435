"""What a weather asks of the camera's meter, and what the ground sends back up into the haze."""

from __future__ import annotations

from scenes.spec import Weather

# Where the mean of the picture comes to lie before the film curve, as a photographer would meter:
# snow is to be white, a night dark.
GREY = 0.26
GREY_OF_AIR = {"fog": 0.42, "dust": 0.36}  # filled with light
GREY_OF_WEATHER = {"snow": 0.55, **GREY_OF_AIR}
GREY_OF_LIGHT = {"dusk": 0.20, "night": 0.12}
# Of the ground, all in all: 0.1 wet asphalt, 0.2 dry streets, 0.8 snow.
ALBEDO, ALBEDO_OF_WEATHER = 0.2, {"rain": 0.1, "snow": 0.8}


def weather_grey(weather: Weather) -> float:
    """Return where the meter lays the mean of a scene that the weather lights and covers."""
    return GREY_OF_LIGHT.get(weather.light, GREY_OF_WEATHER.get(weather.kind, GREY))


def weather_albedo(weather: Weather) -> float:
    """Return the albedo of ground that the weather wets and covers."""
    return ALBEDO_OF_WEATHER.get(weather.kind, ALBEDO)


def own_grey(weather: Weather, keeps_light: bool, sunlit: bool) -> float:
    """Return where the meter lays the mean of a user's file, which no weather wets or covers.

    Args:
        weather: Of the sequence.
        keeps_light: Whether the light is the file's own, whatever the weather calls it.
        sunlit: Whether a sun or a sky shines; only these fill fog and dust with light.
    """
    if not keeps_light and weather.light in GREY_OF_LIGHT:
        return GREY_OF_LIGHT[weather.light]
    return GREY_OF_AIR.get(weather.kind, GREY) if sunlit else GREY
