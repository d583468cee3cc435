"""What names and custom properties in a user's Blender file mean: pure rules, without Blender."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from scenes.config import ConfigError
from scenes.materials import MATERIAL_ID
from scenes.spec import CLASSES

# Custom properties. Those of objects stand on the object, not on its mesh.
TARGET, SENSOR, CLASS, SPEED = "radvis_target", "radvis_sensor", "radvis_class", "radvis_speed"
MATERIAL = "radvis_material"
SENSORS = ("camera", "lidar", "radar")
DEFAULT_MATERIAL, DEFAULT_CLASS = "concrete", "thing"
NO_MATERIAL = "(no material)"
FASTEST = 60.0  # [m/s], as of `traffic.speed_max`
LONGEST_NAME = 300  # characters; Blender's have 63 bytes, and those of linked files twice that
_SUFFIX = re.compile(r"\.\d{3,}$")  # what Blender adds to make a name unique


def plain(name: str) -> str:
    """Return a Blender name as it is compared: `Lamp Glass.001` as `lamp_glass`."""
    return re.sub(r"[\s_-]+", "_", _SUFFIX.sub("", name).strip().lower())


def printable(name: str) -> str:
    """Return a stranger's name as it may be shown: a ? for what would steer a terminal."""
    return "".join(c if c.isprintable() else "?" for c in name[:LONGEST_NAME]) or "?"


def material_name(name: str, properties: Mapping[str, object]) -> str | None:
    """Return the radio material of a Blender material, None if neither property nor name says.

    Raises:
        ConfigError: If the property names a material that there is not.
    """
    tagged = properties.get(MATERIAL)
    if tagged is not None:
        if tagged not in MATERIAL_ID:
            raise ConfigError(_unknown(f"material {name!r}", MATERIAL, tagged, MATERIAL_ID))
        return str(tagged)
    return plain(name) if plain(name) in MATERIAL_ID else None


def class_name(name: str, properties: Mapping[str, object]) -> str:
    """Return the class of a Blender object.

    Raises:
        ConfigError: If the property names a class that there is not.
    """
    tagged = properties.get(CLASS)
    if tagged is not None:
        known = dict.fromkeys(CLASSES[1:])  # nothing is no class of an object
        if tagged not in known:
            raise ConfigError(_unknown(f"object {name!r}", CLASS, tagged, known))
        return str(tagged)
    return "ground" if plain(name) == "ground" else DEFAULT_CLASS


def sensor_name(name: str, properties: Mapping[str, object]) -> str | None:
    """Return which sensor an object is by its property, None if it is none.

    Raises:
        ConfigError: If the property names a sensor that there is not.
    """
    tagged = properties.get(SENSOR)
    if tagged is None:
        return None
    if tagged not in SENSORS:
        raise ConfigError(_unknown(f"object {name!r}", SENSOR, tagged, dict.fromkeys(SENSORS)))
    return str(tagged)


def speed_of(name: str, properties: Mapping[str, object]) -> float | None:
    """Return the speed of the target by its property [m/s], None if it has none.

    Raises:
        ConfigError: If the property is no speed.
    """
    tagged = properties.get(SPEED)
    if tagged is None:
        return None
    if not isinstance(tagged, int | float) or not 0 < tagged <= FASTEST:
        raise ConfigError(
            f"object {name!r} has {SPEED} = {tagged!r}: write a speed above 0 and up to "
            f"{FASTEST:g} [m/s]"
        )
    return float(tagged)


def _unknown(owner: str, key: str, value: object, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(str(value), known, 1, 0.5)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
    return f"{owner} has {key} = {value!r}, which there is not; {hint}"
