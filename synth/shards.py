"""Shards: one HDF5 file a sequence, complete or not there at all."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin
import numpy as np

from scenes.config import SEQUENCE_LENGTH, ConfigError, ScenarioConfig
from scenes.config_io import from_dict, to_dict
from synth.sample import FORMAT_VERSION, Arrays, Field, fields_of, lengths, shape_of

ROWS_A_CHUNK = 4096  # of ragged tables: a few tens of kilobytes, little more than one frame's rows
LARGEST_READ = 2**30  # bytes of one array of one frame, or of a ragged table; 2 MB by default
FIRST_COLUMN = {"object": "object/id", "point": "lidar/intensity", "path": "paths/gain"}
H5_FAULTS = (KeyError, OSError, RuntimeError)  # what h5py raises for damage inside a file
LARGEST_ATTRIBUTE = 1_000_000  # bytes; a configuration has a few thousand


class DatasetError(Exception):
    """A dataset that is damaged, foreign or of another kind; the message names the next step."""


@dataclass(frozen=True)
class ShardHeader:
    """What a shard says about itself.

    Attributes:
        seed: Of the dataset.
        sequence: Its number.
        config: The resolved configuration.
        tables: What code columns index.
        generator: Program and version.
    """

    seed: int
    sequence: int
    config: ScenarioConfig
    tables: Mapping[str, list[str]]
    generator: str


def generator_name() -> str:
    """Return program and version, as manifests and shards carry it."""
    try:
        return f"radvis {version('radvis')}"
    except PackageNotFoundError:
        return "radvis (not installed)"


def shard_name(sequence: int) -> str:
    """Return the file of a sequence, relative to the dataset."""
    return f"shards/{sequence:06d}.h5"


def write_shard(path: Path, arrays: Arrays, header: ShardHeader) -> None:
    """Write one sequence, beside, synced to disk and renamed; the same arrays, the same bytes.

    Args:
        path: Where the shard goes; its folder exists.
        arrays: By key, as `synth.sample.FIELDS` says.
        header: What the shard says about itself.

    Raises:
        ValueError: If the arrays are not those that FIELDS promises.
        OSError: If the disk is full or not writable; nothing is left behind then.
    """
    check_arrays(arrays, header.config)
    replace_file(path, _image(arrays, header))


def replace_file(path: Path, content: bytes) -> None:
    """Write a file in one step: whoever looks sees the old one or the new one, whole.

    Raises:
        OSError: If the disk is full or not writable; nothing is left behind then.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the rename itself survives a power cut
    finally:
        os.close(folder)


def check_arrays(arrays: Arrays, config: ScenarioConfig) -> None:
    """Raise ValueError unless keys, types and shapes are what FIELDS promises."""
    fields = fields_of(config.entries)
    wanted = {field.key for field in fields}
    if wanted != set(arrays):
        raise ValueError(f"arrays differ from the format in {sorted(wanted ^ set(arrays))}")
    axes = lengths(config, len(arrays["frame/index"]))
    for field in fields:
        array = arrays[field.key]
        n_row = int(arrays[f"{field.group}/offset"][-1]) if field.ragged else None
        shape = shape_of(field, axes, n_row)
        if array.shape != shape:
            raise ValueError(f"{field.key} has shape {array.shape}, the format says {shape}")
        if array.dtype != np.dtype(field.dtype):
            raise ValueError(f"{field.key} is {array.dtype}, the format says {field.dtype}")


def _image(arrays: Arrays, header: ShardHeader) -> bytes:
    """Return a shard's bytes, made in memory: HDF5 itself cannot tell of a full disk and go on."""
    memory = {"driver": "core", "backing_store": False}
    with h5py.File("shard", "w", libver=("v110", "v110"), **memory) as file:
        _fill(file, arrays, header)
        file.flush()
        image: bytes = file.id.get_file_image()
    return image


def _fill(file: h5py.File, arrays: Arrays, header: ShardHeader) -> None:
    file.attrs["format_version"] = FORMAT_VERSION
    file.attrs["generator"] = header.generator
    file.attrs["scene"] = header.config.scene
    file.attrs["seed"] = header.seed
    file.attrs["sequence"] = header.sequence
    file.attrs["config"] = json.dumps(to_dict(header.config), sort_keys=True)
    file.attrs["tables"] = json.dumps(dict(header.tables), sort_keys=True)
    for field in fields_of(header.config.entries):
        array = arrays[field.key]
        options: dict[str, Any] = {"track_times": False}  # the clock must not change a byte
        if array.size > 64:  # smaller ones are cheaper whole
            rows = 1 if field.per_frame else min(len(array), ROWS_A_CHUNK)
            options["chunks"] = (rows, *array.shape[1:])
            options["compression"] = hdf5plugin.Bitshuffle(cname="zstd", clevel=3)
        data = file.create_dataset(field.key, data=array, **options)
        data.attrs["unit"] = field.unit


def open_shard(path: Path) -> h5py.File:
    """Open a shard for reading.

    Raises:
        DatasetError: If it is missing, truncated or no HDF5.
    """
    try:
        return h5py.File(path, "r")
    except FileNotFoundError:
        raise DatasetError(f"{path} is missing: run the same radvis synth command again") from None
    except (OSError, RuntimeError) as error:  # h5py raises either for what HDF5 stumbles over
        reason = str(error).split("(")[-1].rstrip(")")
        raise DatasetError(
            f"{path} is truncated or no HDF5 file ({reason}): delete it and run the same "
            "radvis synth command again"
        ) from None


def read_header(file: h5py.File) -> ShardHeader:
    """Return what an open shard says about itself.

    Raises:
        DatasetError: If it is no radvis shard, or of another format version.
    """
    name = Path(file.filename)
    try:
        version_found = int(file.attrs["format_version"])
        if version_found != FORMAT_VERSION:
            raise DatasetError(
                f"{name} has format version {version_found}, this radvis reads {FORMAT_VERSION}: "
                "use the radvis that wrote it"
            )
        texts = {}
        for key in ("config", "tables", "generator"):
            text = file.attrs[key]
            if not isinstance(text, str) or len(text) > LARGEST_ATTRIBUTE:
                raise DatasetError(f"{name}: attribute {key} is not a text of sensible length")
            texts[key] = text
        return ShardHeader(
            int(file.attrs["seed"]),
            int(file.attrs["sequence"]),
            from_dict(json.loads(texts["config"])),
            checked_tables(json.loads(texts["tables"])),
            texts["generator"],
        )
    except (*H5_FAULTS, ValueError, TypeError, RecursionError, ConfigError) as error:
        raise DatasetError(
            f"{name} is no radvis shard ({error}): remove it from the dataset"
        ) from None


def checked_tables(value: Any) -> dict[str, list[str]]:
    """Return code tables from untrusted JSON.

    Raises:
        ValueError: If they are not lists of short texts.
    """
    names = ("classes", "materials", "models", "weathers")
    if not isinstance(value, dict) or set(value) != set(names):
        raise ValueError(f"tables must be {', '.join(names)}")
    for name, items in value.items():
        good = isinstance(items, list) and all(isinstance(i, str) and len(i) < 200 for i in items)
        if not good:
            raise ValueError(f"table {name} is no list of names")
    return value


def missing_from(file: h5py.File, config: ScenarioConfig) -> list[str]:
    """Return what an open shard lacks or has wrong against FIELDS, a line each.

    Nothing is read but shapes and types, so a hostile file costs no memory.
    """
    fields = fields_of(config.entries)
    axes = lengths(config, SEQUENCE_LENGTH)
    known = {field.key for field in fields}
    try:
        defects = [text for field in fields for text in _array_defects(file, field, axes)]
        found: list[str] = []
        file.visit(found.append)
        extra = [key for key in found if key not in known and _array(file, key) is not None]
    except (*H5_FAULTS, ValueError, TypeError) as error:
        return [f"is damaged ({error})"]
    return defects + [f"{key} is not in the format" for key in extra]


def _array_defects(file: h5py.File, field: Field, axes: Mapping[str | int, int]) -> Iterator[str]:
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
    first = _array(file, FIRST_COLUMN[str(field.axes[0])]) if field.ragged else None
    n_row = int(first.shape[0]) if first is not None and first.shape else 0
    shape = shape_of(field, axes, n_row)
    if item.shape != shape:
        yield f"{field.key} has shape {item.shape}, the format says {shape}"
        return
    row = item.dtype.itemsize * math.prod(shape[1:])
    chunk = item.dtype.itemsize * math.prod(item.chunks or ())
    if max(chunk, row * (n_row if field.ragged else 1)) > LARGEST_READ:
        yield f"{field.key} has shape {shape} in chunks of {item.chunks}, too large to be true"


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
