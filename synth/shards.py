"""Shards: one HDF5 file a sequence, complete or not there at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from scenes.config import ConfigError, ScenarioConfig
from scenes.config_io import from_dict, to_dict
from synth.sample import FORMAT_VERSION, Arrays, fields_of, lengths, shape_of
from synth.storage import H5_FAULTS, storage

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
        labels: Whether it has labels; those of withheld datasets have none.
    """

    seed: int
    sequence: int
    config: ScenarioConfig
    tables: Mapping[str, list[str]]
    generator: str
    labels: bool = True


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
    replace_file(path, shard_image(arrays, header))


def replace_file(path: Path, content: bytes) -> None:
    """Write a file in one step: whoever looks sees the old one or the new one, whole.

    Raises:
        OSError: If the disk is full or not writable; nothing is left behind then.
    """
    beside = path.with_name(f".{path.name}.{socket.gethostname()}.{os.getpid()}.tmp")
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


def lies_in(path: Path, folder: Path) -> bool:
    """Return whether a path leads into a folder, links followed."""
    return path.resolve().is_relative_to(folder.resolve())


def link_or_copy(source: Path, target: Path) -> bool:
    """Put a file in a second place: linked, else copied (another file system, or no links there).

    Returns:
        Whether it is linked: the very same bytes, with nothing read or written.

    Raises:
        OSError: If neither can be done.
    """
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
        return False
    return True


def file_sha256(path: Path) -> str:
    """Return the checksum of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_arrays(arrays: Arrays, config: ScenarioConfig, labels: bool = True) -> None:
    """Raise ValueError unless keys, types and shapes are what FIELDS promises."""
    fields = fields_of(config.entries, labels)
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


def shard_image(arrays: Arrays, header: ShardHeader) -> bytes:
    """Return a shard's bytes, made in memory: HDF5 itself cannot tell of a full disk and go on.

    Raises:
        ValueError: If the arrays are not those that FIELDS promises.
    """
    check_arrays(arrays, header.config, header.labels)
    memory = {"driver": "core", "backing_store": False}
    with h5py.File("shard", "w", libver=("v110", "v110"), **memory) as file:
        _fill(file, arrays, header)
        file.flush()
        image: bytes = file.id.get_file_image()
    return image


def _fill(file: h5py.File, arrays: Arrays, header: ShardHeader) -> None:
    file.attrs["format_version"] = FORMAT_VERSION
    file.attrs["seed"] = header.seed
    file.attrs["sequence"] = header.sequence
    _put_text(file, "generator", header.generator)
    _put_text(file, "scene", header.config.scene)
    _put_text(file, "config", json.dumps(to_dict(header.config), sort_keys=True))
    _put_text(file, "tables", json.dumps(dict(header.tables), sort_keys=True))
    if not header.labels:
        file.attrs["labels"] = 0
    for field in fields_of(header.config.entries, header.labels):
        array = arrays[field.key]
        data = file.create_dataset(field.key, data=array, **storage(field, array.shape))
        _put_text(data, "unit", field.unit or "1")


def _put_text(place: h5py.HLObject, key: str, text: str) -> None:
    """Write a text of fixed length: HDF5 may hang where it reads a damaged one of free length."""
    raw = text.encode()
    place.attrs.create(key, raw, dtype=h5py.string_dtype("utf-8", len(raw)))


def _get_text(place: h5py.HLObject, key: str) -> str:
    """Read what `_put_text` wrote.

    Raises:
        ValueError: If it is no text of fixed and sensible length.
    """
    kind = place.attrs.get_id(key)
    text = h5py.check_string_dtype(kind.dtype)
    if text is None or not text.length or kind.shape != () or text.length > LARGEST_ATTRIBUTE:
        raise ValueError(f"attribute {key} is no text of sensible length")
    return bytes(place.attrs[key]).decode()


def attribute_defects(
    file: h5py.File, config: ScenarioConfig, labels: bool = True
) -> Iterator[str]:
    """Yield which texts beside the header are not as `write_shard` writes them, a line each."""
    fields = fields_of(config.entries, labels)
    units = [(file[field.key], "unit", field.unit or "1") for field in fields]
    for place, key, text in [(file, "scene", config.scene), *units]:
        try:
            good = _get_text(place, key) == text
        except (*H5_FAULTS, ValueError, TypeError):
            good = False
        if not good:
            yield f"attribute {key} of {place.name} is not {text!r}"


def _get_count(place: h5py.HLObject, key: str) -> int:
    kind = place.attrs.get_id(key)
    if kind.dtype.kind not in "iu" or kind.shape != ():
        raise ValueError(f"attribute {key} is no number")
    return int(place.attrs[key])


def open_shard(path: Path) -> h5py.File:
    """Open a shard for reading.

    Raises:
        DatasetError: If it is missing, no file, a link, truncated or no HDF5.
    """
    try:
        if not stat.S_ISREG(path.lstat().st_mode):  # a pipe would be waited for
            raise DatasetError(f"{path} is a link or no file: a dataset holds files only")
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
        version_found = _get_count(file, "format_version")
        if version_found != FORMAT_VERSION:
            raise DatasetError(
                f"{name} has format version {version_found}, this radvis reads {FORMAT_VERSION}: "
                "use the radvis that wrote it"
            )
        return ShardHeader(
            _get_count(file, "seed"),
            _get_count(file, "sequence"),
            from_dict(json.loads(_get_text(file, "config"))),
            checked_tables(json.loads(_get_text(file, "tables"))),
            _get_text(file, "generator"),
            "labels" not in file.attrs or _get_count(file, "labels") != 0,
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
    names = ("classes", "kinds", "lights", "materials", "models", "weathers")
    if not isinstance(value, dict) or set(value) != set(names):
        raise ValueError(f"tables must be {', '.join(names)}")
    for name, items in value.items():
        good = isinstance(items, list) and all(
            isinstance(i, str) and len(i) < 200 and i.isprintable() for i in items
        )
        if not good:
            raise ValueError(f"table {name} is no list of names that print")
    return value
