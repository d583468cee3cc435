"""Every promise of the format, checked against what lies on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from scenes.config import SEQUENCE_LENGTH
from synth.manifest import SPLITS, Manifest, ShardRecord, read_manifest
from synth.sample import FIELDS, fields_of
from synth.shards import DatasetError, missing_from, open_shard, read_header

CODES = {
    "frame/weather": "weathers",
    "lidar/material": "materials",
    "lidar/class": "classes",
    "paths/material": "materials",
    "object/class": "classes",
    "object/model": "models",
}


def validate(folder: Path, on_shard: Callable[[int], None] | None = None) -> list[str]:
    """Return what is wrong with a dataset, a line a defect; an empty list if nothing is.

    Args:
        folder: Of the dataset.
        on_shard: Called with the number of shards checked so far.

    Raises:
        DatasetError: If there is no manifest to check against.
    """
    manifest = read_manifest(folder)
    defects = [f"manifest.json: {text}" for text in _manifest_defects(folder, manifest)]
    for count, record in enumerate(manifest.shards):
        defects += [f"{record.file}: {text}" for text in _shard_defects(folder, manifest, record)]
        if on_shard is not None:
            on_shard(count + 1)
    return defects


def _manifest_defects(folder: Path, manifest: Manifest) -> Iterator[str]:
    sequences = [shard.sequence for shard in manifest.shards]
    missing = sorted(set(manifest.sequences) - set(sequences))
    if missing:
        yield (
            f"{len(missing)} of {len(manifest.sequences)} sequences are missing (first: "
            f"{missing[0]}): run the same radvis synth command again"
        )
    if len(set(sequences)) != len(sequences):
        yield "a sequence is listed twice"
    if set(sequences) - set(manifest.sequences):
        yield "a shard lies beyond n_frame"
    members = [i for name in SPLITS for i in manifest.splits[name]]
    if len(set(members)) != len(members):
        yield "splits share a sequence"
    if set(members) != set(manifest.sequences):
        yield "splits and sequences differ"
    listed = {folder / shard.file for shard in manifest.shards}
    for path in sorted((folder / "shards").glob("*")):
        if path not in listed and not path.name.startswith("."):
            yield f"{path.relative_to(folder)} is not listed"


def _shard_defects(folder: Path, manifest: Manifest, record: ShardRecord) -> Iterator[str]:
    path = folder / record.file
    if path.is_symlink() or not path.resolve().is_relative_to(folder.resolve()):
        yield "leads out of the dataset"
        return
    if not path.is_file():
        yield "is missing"
        return
    if path.stat().st_size != record.bytes:
        yield f"has {path.stat().st_size} bytes, the manifest says {record.bytes}"
    with path.open("rb") as raw:
        if hashlib.file_digest(raw, "sha256").hexdigest() != record.sha256:
            yield "has another checksum than the manifest says"
    try:
        with open_shard(path) as file:
            header = read_header(file)
            if header.config != manifest.config or header.tables != manifest.tables:
                yield "was made of another configuration"
            if (header.seed, header.sequence) != (manifest.seed, record.sequence):
                yield f"is sequence {header.sequence} of seed {header.seed}"
            shape_defects = missing_from(file, manifest.config)
            yield from shape_defects
            if not shape_defects:
                yield from _content_defects(file, manifest, record)
    except DatasetError as error:
        yield str(error).removeprefix(f"{path} ")
    except OSError as error:
        yield f"cannot be read ({error})"


def _content_defects(file: h5py.File, manifest: Manifest, record: ShardRecord) -> Iterator[str]:
    """Yield what values break, in a shard whose shapes and types are right."""
    config = manifest.config
    if not np.array_equal(file["frame/index"][:], np.arange(SEQUENCE_LENGTH)):
        yield f"frame/index is not 0 to {SEQUENCE_LENGTH - 1}"
    if (file["frame/sequence"][:] != record.sequence).any():
        yield "frame/sequence is not the shard's"
    for field in fields_of(config.entries):
        item = file[field.key]
        if item.dtype.kind in "fc" and not all(
            np.isfinite(item[rows]).all() for rows in _slices(item)
        ):
            yield f"{field.key} is not finite everywhere"
    for field in FIELDS:
        if field.key.endswith("/offset") and field.key in file:
            yield from _offset_defects(file, field.group)
    for key, table in CODES.items():
        if key in file and file[key].size:
            values = file[key][:].astype(np.int64)
            if values.max() >= len(manifest.tables[table]) or values.min() < -1:
                yield f"{key} reaches beyond the table {table}"
    yield from _label_defects(file, config.camera.width, config.camera.height)


def _slices(item: h5py.Dataset) -> Iterator[slice]:
    step = item.chunks[0] if item.chunks else max(len(item), 1)
    return (slice(i, i + step) for i in range(0, len(item), step))


def _offset_defects(file: h5py.File, group: str) -> Iterator[str]:
    offset = file[f"{group}/offset"][:].astype(np.int64)
    first = next(field.key for field in FIELDS if field.group == group and field.ragged)
    if offset[0] != 0 or (np.diff(offset) < 0).any() or offset[-1] != len(file[first]):
        yield f"{group}/offset does not divide its rows"


def _label_defects(file: h5py.File, width: int, height: int) -> Iterator[str]:
    box = file["object/box"][:]
    if (box < 0).any() or (box > [width, height, width, height]).any():
        yield "object/box leaves the picture"
    if (box[:, :2] > box[:, 2:]).any():
        yield "object/box is inside out"
    visibility = file["object/visibility"][:]
    if ((visibility < 0) | (visibility > 1)).any():
        yield "object/visibility is outside 0 to 1"
    offset, ids = file["object/offset"][:].astype(np.int64), file["object/id"][:]
    targets = file["target/object"][:]
    for frame, target in enumerate(targets):
        rows = slice(offset[frame], offset[frame + 1])
        row = offset[frame] + np.flatnonzero(ids[rows] == target)
        if len(row) != 1:
            yield f"frame {frame}: the target is {len(row)} times in object/id"
            continue
        for key, other in (("box", "box"), ("position", "centre"), ("velocity", "velocity")):
            if not np.allclose(file[f"target/{key}"][frame], file[f"object/{other}"][row[0]]):
                yield f"frame {frame}: target/{key} is not the target's object/{other}"
        if "depth/instance" in file:
            yield from _instance_defects(file, frame, ids[rows], box[rows])


def _instance_defects(
    file: h5py.File, frame: int, ids: NDArray[np.uint16], boxes: NDArray[np.float32]
) -> Iterator[str]:
    instance = file["depth/instance"][frame]
    for number, box in zip(ids, boxes, strict=True):
        rows, cols = np.nonzero(instance == number)
        tight = (
            [cols.min(), rows.min(), cols.max() + 1, rows.max() + 1] if len(rows) else [0, 0, 0, 0]
        )
        if not np.array_equal(box, tight):
            yield f"frame {frame}: the box of object {number} is not around its pixels"
    unknown = set(np.unique(instance).tolist()) - set(ids.tolist()) - {0, 1}
    if unknown:
        yield f"frame {frame}: instance {min(unknown)} is no object"
