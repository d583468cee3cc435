"""The space that `radvis bench search` searches, and the file that a search leaves.

Names and values are those of table 5 of Alloulah and Arnold, "Look, Radiate, and Learn", 2023
(appendix A). Not stated there, and chosen here:

* what momentum is for Adam: the first of its two decay rates; and that 1 itself, with which an
  optimiser never forgets, is left out of "0.8,...,1";
* how long a trial trains, in which batches, and in which units places are learned: as the preset
  trains its localiser;
* what is compared, and on which frames: the median error on a part of the train split;
* how the values are drawn, how many trials there are, and whether bad ones are stopped.

The last linear layer's 182 is what the table says, though 128 may have been meant.
"""

from __future__ import annotations

import hashlib
import json
import math
import tomllib
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import tomli_w

from benchmark.localisers import PlaceSchedule
from benchmark.presets import Preset
from models.localiser import ACTIVATIONS, BEST_MOMENTUM, LocaliserConfig
from models.place import LOSSES

Value = float | int | str
Settings = dict[str, Value]

_WIDTHS, _KERNELS, _STRIDES = (4, 8, 16, 32, 64), (2, 3, 4), (1, 2)
CHOICES: dict[str, tuple[Value, ...]] = {
    "lr": (0.0001, 0.001, 0.01),
    "act_func": tuple(ACTIVATIONS),
    "optimizer": ("SGD", "Adam"),
    "loss_func": tuple(LOSSES),
    "c1_size": _WIDTHS, "c2_size": _WIDTHS, "c3_size": _WIDTHS, "c4_size": _WIDTHS,
    "k1_size": _KERNELS, "k2_size": _KERNELS, "k3_size": _KERNELS, "k4_size": _KERNELS,
    "s1_size": _STRIDES, "s2_size": _STRIDES, "s3_size": _STRIDES, "s4_size": _STRIDES,
    "lin1_size": (128, 256, 512),
    "lin2_size": (16, 32, 64, 128, 256),
    "lin3_size": (16, 32, 64, 128, 256),
    "lin4_size": (64, 182, 256),
}  # fmt: skip
MOMENTUM = (0.8, math.nextafter(1.0, 0.0))
NAMES = ("lr", "momentum", *list(CHOICES)[1:])  # in the table's order

# The table's right column: what the paper's own search found.
PAPER: Settings = {
    "lr": 0.001, "momentum": BEST_MOMENTUM, "act_func": "ReLU", "optimizer": "Adam",
    "loss_func": "MSE", "c1_size": 8, "c2_size": 16, "c3_size": 8, "c4_size": 32, "k1_size": 4,
    "k2_size": 3, "k3_size": 2, "k4_size": 4, "s1_size": 2, "s2_size": 2, "s3_size": 2,
    "s4_size": 1, "lin1_size": 128, "lin2_size": 16, "lin3_size": 64, "lin4_size": 64,
}  # fmt: skip
MOST_BYTES = 64 * 1024  # of a file of settings; one has half a kilobyte


class SettingsError(ValueError):
    """A file of settings does not serve, in a line."""


def checked(held: dict[str, Any], origin: str) -> Settings:
    """Return settings in the table's order.

    Args:
        held: Of a file, or of a search.
        origin: Where they come from, for people.

    Raises:
        SettingsError: If a name is unknown or missing, or a value is outside the space.
    """
    unknown = [name for name in held if name not in NAMES]
    if unknown:
        raise SettingsError(f"{origin}: unknown {unknown[0]!r:.100}; known: {', '.join(NAMES)}")
    missing = [name for name in NAMES if name not in held]
    if missing:
        raise SettingsError(f"{origin}: {missing[0]} is missing; radvis bench search writes all")
    for name in NAMES:
        value = held[name]
        if name == "momentum":
            inside = isinstance(value, float) and MOMENTUM[0] <= value <= MOMENTUM[1]
            allowed = "0.8 to below 1"
        else:  # the type as well: to Python, True is 1 and 8.0 is 8
            inside = any(type(value) is type(one) and value == one for one in CHOICES[name])
            allowed = ", ".join(map(str, CHOICES[name]))
        if not inside:
            raise SettingsError(f"{origin}: {name} = {value!r:.100}: allowed are {allowed}")
    return {name: held[name] for name in NAMES}


def read_settings(path: Path) -> Settings:
    """Return the settings of a file.

    Raises:
        SettingsError: If there is none, or it holds something else.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise SettingsError(f"{path} is too large for what radvis bench search writes")
        held = tomllib.loads(content.decode())
    except OSError as error:
        raise SettingsError(
            f"{path}: {error.strerror or error}; radvis bench search makes one"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsError(f"{path} is no TOML: {error}") from None
    return checked(held, str(path))


def settings_text(settings: Settings, *remarks: str) -> str:
    """Return a file of settings, with remarks at its head."""
    head = "".join(f"# {' '.join(remark.split())}\n" for remark in remarks)
    return head + tomli_w.dumps(checked(settings, "search"))


def digest(settings: Settings) -> str:
    """Return a name for settings: the first 8 digits of their hash."""
    text = json.dumps({name: settings[name] for name in NAMES})
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def with_settings(preset: Preset, settings: Settings) -> Preset:
    """Return a preset with a localiser of table 5, and "+" and the settings' digest in its name."""

    def four(letter: str) -> Any:
        return tuple(settings[f"{letter}{number}_size"] for number in range(1, 5))

    usual = preset.table_5
    network = LocaliserConfig(
        four("c"), four("k"), four("s"), four("lin"), str(settings["act_func"])
    )
    learned = {
        "rate": settings["lr"], "momentum": settings["momentum"],
        "optimizer": str(settings["optimizer"]).lower(), "loss": settings["loss_func"],
    }  # fmt: skip
    schedule = PlaceSchedule(**{**asdict(usual.localiser), **learned})
    name = f"{preset.name}+{digest(settings)}"
    return replace(usual, name=name, network=network, localiser=schedule)
