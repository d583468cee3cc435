"""The labels of one frame as plain values, for formats that keep them as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes.spec import Label
from synth.sample import CODES, FIELD

Frame = Mapping[str, NDArray[Any]]
CODED = {key: table for key, table in CODES.items() if key.startswith(("frame/", "object/"))}


def is_label(key: str) -> bool:
    """Return whether an array of a frame is told with its labels: few numbers, as many in all."""
    field = FIELD[key]
    small = field.per_frame and all(isinstance(axis, int) for axis in field.axes[1:])
    return small or field.group == "object"


def labels_of(
    frame: Frame, tables: Mapping[str, list[str]], names: Mapping[int, Label] | None = None
) -> dict[str, Any]:
    """Return the labels of a frame, codes spelled out.

    Args:
        frame: Arrays by key, as `synth.Dataset` gives them.
        tables: What codes index.
        names: Of a user's .blend, what object ids stand for.

    Returns:
        `frame` and `target`: a value by name; `objects`: one such a row of `object/`; poses and
        intrinsics as nested lists, by their key.
    """
    found: dict[str, Any] = {"frame": {}, "target": {}, "objects": objects_of(frame, tables, names)}
    for key, values in frame.items():
        group, name = key.split("/")
        if group == "object" or not is_label(key):
            continue
        place = found[group] if group in ("frame", "target") else found
        place[name if place is not found else key] = _plain(key, values, tables)
    return found


def objects_of(
    frame: Frame, tables: Mapping[str, list[str]], names: Mapping[int, Label] | None = None
) -> list[dict[str, Any]]:
    """Return one dict an object of a frame: the columns of `object/`, and its name, if any."""
    keys = [key for key in frame if key.startswith("object/")]
    columns = [[_plain(key, row, tables) for row in frame[key]] for key in keys]
    titles = [key.split("/")[1] for key in keys]
    objects = [dict(zip(titles, row, strict=True)) for row in zip(*columns, strict=True)]
    for item in objects:
        if names:
            item["name"] = names[item["id"]].name
    return objects


def seen(item: Mapping[str, Any]) -> bool:
    """Return whether an object, as `objects_of` gives it, has pixels."""
    x0, y0, x1, y1 = item["box"]
    return bool(x1 > x0 and y1 > y0)


def _plain(key: str, values: Any, tables: Mapping[str, list[str]]) -> Any:
    """Return values as JSON takes them; a code as what it stands for, None for none."""
    if key in CODED:
        return tables[CODED[key]][int(values)] if int(values) >= 0 else None
    found = np.asarray(values)
    if found.dtype == np.float32:  # as many digits as tell it from its neighbours
        found = found.astype(str).astype(np.float64)
    return found.tolist()
