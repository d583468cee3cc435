"""How arrays lie in a shard: chunks, compression, checksums; and whether a file's do."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import h5py
import hdf5plugin
import numpy as np

from scenes.config import LARGEST_ARRAY, SEQUENCE_LENGTH, ScenarioConfig
from scenes.own.names import printable
from synth.sample import FIELDS, LARGEST_ID, Field, fields_of, lengths, shape_of

ROWS_A_CHUNK = 4096  # of ragged tables: a few tens of kilobytes, little more than one frame's rows
SMALL = 64  # values; arrays up to this are cheaper whole
ZSTD_LEVEL = 3  # 9 saves 2 % more and takes three times as long
BITSHUFFLE, FLETCHER32 = 32008, 3  # numbers of filters, registered with the HDF Group
FIRST_COLUMN = {f.axes[0]: f.key for f in reversed(FIELDS) if f.ragged and len(f.axes) == 1}
H5_FAULTS = (KeyError, OSError, RuntimeError)  # what h5py raises for damage inside a file


def storage(field: Field, shape: tuple[int, ...]) -> dict[str, Any]:
    """Return how h5py creates the dataset of a field: a chunk a frame, compressed, checksummed.

    The checksum of a chunk is checked before it is decompressed: what time does to disks becomes an
    error, not a wrong number or a crash of the decompressor.
    """
    options: dict[str, Any] = {"track_times": False}  # the clock must not change a byte
    chunks = _chunks(field, shape)
    if chunks is not None:
        options["chunks"] = chunks
        options["compression"] = hdf5plugin.Bitshuffle(cname="zstd", clevel=ZSTD_LEVEL)
        options["fletcher32"] = True
    return options


def _chunks(field: Field, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    if math.prod(shape) <= SMALL:
        return None
    return (1 if field.per_frame else min(shape[0], ROWS_A_CHUNK), *shape[1:])


def _filters_of(field: Field, shape: tuple[int, ...]) -> list[tuple[int, int]]:
    if _chunks(field, shape) is None:
        return []
    return [(BITSHUFFLE, np.dtype(field.dtype).itemsize), (FLETCHER32, 0)]


def _filters(item: h5py.Dataset) -> list[tuple[int, int]]:
    """Return the filters of a dataset, each with the element size it was set up for."""
    plan = item.id.get_create_plist()
    found = [plan.get_filter(i) for i in range(plan.get_nfilters())]
    return [(number, values[2] if len(values) > 2 else 0) for number, _, values, _ in found]


def most_rows(config: ScenarioConfig) -> dict[str | int, int]:
    """Return how many rows a frame may have in ragged tables, by their first axis."""
    return {
        "object": LARGEST_ID,  # each has an id of its own
        "point": config.lidar.n_beam * config.lidar.n_azimuth,  # one of a ray
        "path": 2 * config.radio.max_path + 10_000,  # thinned to about so many, and the exact ones
    }


def missing_from(file: h5py.File, config: ScenarioConfig, labels: bool = True) -> list[str]:
    """Return what an open shard lacks or has wrong against FIELDS, a line each.

    Nothing is read but shapes and types, so a hostile file costs no memory.
    """
    fields = fields_of(config.entries, labels)
    axes = lengths(config, SEQUENCE_LENGTH)
    most = most_rows(config)
    known = {field.key for field in fields}
    try:
        defects = [text for field in fields for text in _array_defects(file, field, axes, most)]
        extra = list(_strangers(file, known))
    except (*H5_FAULTS, ValueError, TypeError) as error:
        return [f"is damaged ({error})"]
    return defects + [f"{printable(key)} is not in the format" for key in extra]


def _strangers(file: h5py.File, known: Collection[str]) -> Iterator[str]:
    """Yield the name of every group, array and link that no field has; links are not followed."""
    groups = {key.partition("/")[0] for key in known}
    for group in file:
        own = group in groups and isinstance(file.get(group, getlink=True), h5py.HardLink)
        place = file.get(group) if own else None
        if not isinstance(place, h5py.Group):
            yield group
            continue
        yield from (key for name in place if (key := f"{group}/{name}") not in known)


def _array_defects(
    file: h5py.File, field: Field, axes: Mapping[str | int, int], most: Mapping[str | int, int]
) -> Iterator[str]:
    item = _array(file, field.key)
    if item is None:
        yield f"{field.key} is missing"
        return
    if item.external or item.is_virtual:
        yield f"{field.key} keeps its data outside the file"
        return
    if item.dtype != np.dtype(field.dtype):
        yield f"{field.key} is {item.dtype}, the format says {field.dtype}"
        return
    first = _array(file, FIRST_COLUMN[field.axes[0]]) if field.ragged else None
    n_row = int(first.shape[0]) if first is not None and first.shape else 0
    shape = shape_of(field, axes, n_row)
    if item.shape != shape:
        yield f"{field.key} has shape {item.shape}, the format says {shape}"
        return
    row = item.dtype.itemsize * math.prod(shape[1:])
    rows = n_row if field.ragged else 1
    if row * rows > LARGEST_ARRAY or rows > SEQUENCE_LENGTH * most.get(field.axes[0], rows):
        yield f"{field.key} has shape {shape}, too large to be true"
    if item.chunks != _chunks(field, shape) or _filters(item) != _filters_of(field, shape):
        yield f"{field.key} is chunked or compressed in another way than the format's"


def _array(file: h5py.File, key: str) -> h5py.Dataset | None:
    """Return an array that lies in the file itself, not behind a link to somewhere else."""
    group, _, name = key.partition("/")
    for place, link in ((file, group), (file.get(group), name)):
        if not isinstance(place, h5py.Group):
            return None
        if not isinstance(place.get(link, getlink=True), h5py.HardLink):
            return None
        if not name:
            break
    item = file.get(key)
    return item if isinstance(item, h5py.Dataset) else None
