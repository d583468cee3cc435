"""Every promise of the format, checked against what lies on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from scenes.config import SEQUENCE_LENGTH
from scenes.spec import GROUND_ID
from synth.manifest import SPLITS, Manifest, ShardRecord, read_manifest
from synth.sample import FIELDS, Field, fields_of
from synth.shards import DatasetError, open_shard, read_header
from synth.storage import H5_FAULTS, ROWS_A_CHUNK, missing_from

CODES = {
    "frame/weather": "weathers",
    "lidar/material": "materials",
    "lidar/class": "classes",
    "paths/material": "materials",
    "object/class": "classes",
    "object/model": "models",
}
RANGES = {
    "depth/image": (0, np.inf),
    "lidar/intensity": (0, 1),
    "object/visibility": (0, 1),
    "object/size": (0, np.inf),
    "paths/delay": (0, np.inf),
    "target/range": (0, np.inf),
}
NO_OBJECT = {0, GROUND_ID}  # ids that have no row in `object/`: nothing, and the ground


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
    if any(shard.n_frame != SEQUENCE_LENGTH for shard in manifest.shards):
        yield f"a shard is not of {SEQUENCE_LENGTH} frames"
    if manifest.name != manifest.config.scene:
        yield f"name {manifest.name!r} is not the scene {manifest.config.scene!r}"
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
        yield "is missing: run the same radvis synth command again"
        return
    mend = "delete it and run the same radvis synth command again"
    if path.stat().st_size != record.bytes:
        yield f"has {path.stat().st_size} bytes, the manifest says {record.bytes}: {mend}"
        return
    with path.open("rb") as raw:
        if hashlib.file_digest(raw, "sha256").hexdigest() != record.sha256:
            yield f"has another checksum than the manifest says: {mend}"
            return  # what is known to be damaged is not worth HDF5's trouble
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
    except H5_FAULTS as error:
        yield f"cannot be read ({error})"


def _content_defects(file: h5py.File, manifest: Manifest, record: ShardRecord) -> Iterator[str]:
    """Yield what values break, in a shard whose shapes and types are right."""
    config = manifest.config
    if not np.array_equal(file["frame/index"][:], np.arange(SEQUENCE_LENGTH)):
        yield f"frame/index is not 0 to {SEQUENCE_LENGTH - 1}"
    if (file["frame/sequence"][:] != record.sequence).any():
        yield "frame/sequence is not the shard's"
    if (np.diff(file["frame/time"][:]) <= 0).any():
        yield "frame/time does not rise"
    for field in fields_of(config.entries):
        yield from _value_defects(file, field, manifest.tables)
    offsets = [text for group in sorted(file) for text in _offset_defects(file, group)]
    yield from offsets
    if not offsets:
        yield from _object_defects(file, config.camera.width, config.camera.height)
        yield from _target_defects(file)


def _value_defects(file: h5py.File, field: Field, tables: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield at most one line: a value that is not finite, out of range, or beyond its table."""
    item = file[field.key]
    low, high = RANGES.get(field.key, (-np.inf, np.inf))
    table = CODES.get(field.key)
    for rows in _slices(item, field):
        values = item[rows]
        if not np.isfinite(values).all():
            yield f"{field.key} is not finite everywhere"
            return
        if values.dtype.kind != "c" and ((values < low) | (values > high)).any():
            yield f"{field.key} is outside {low:g} to {high:g}"
            return
        if (
            table is not None
            and (
                (values.astype(np.int64) >= len(tables[table])) | (values.astype(np.int64) < -1)
            ).any()
        ):
            yield f"{field.key} reaches beyond the table {table}"
            return


def _slices(item: h5py.Dataset, field: Field) -> Iterator[slice]:
    """Return steps through an array that fit into memory, whatever its size."""
    step = ROWS_A_CHUNK if field.ragged else 1 if field.per_frame else max(len(item), 1)
    return (slice(i, i + step) for i in range(0, len(item), step))


def _offset_defects(file: h5py.File, group: str) -> Iterator[str]:
    columns = [field.key for field in FIELDS if field.group == group and field.ragged]
    if columns:
        offset = file[f"{group}/offset"][:].astype(np.int64)
        if offset[0] != 0 or (np.diff(offset) < 0).any() or offset[-1] != len(file[columns[0]]):
            yield f"{group}/offset does not divide its rows"


def _object_defects(file: h5py.File, width: int, height: int) -> Iterator[str]:
    """Yield what is wrong with the objects' ids and boxes, and with ids that refer to them."""
    box, ids = file["object/box"][:], file["object/id"][:]
    if (box < 0).any() or (box > [width, height, width, height]).any():
        yield "object/box leaves the picture"
    if (box[:, :2] > box[:, 2:]).any():
        yield "object/box is inside out"
    for frame, rows in enumerate(_rows_of_frames(file, "object")):
        known = set(ids[rows].tolist())
        if len(known) != len(ids[rows]):
            yield f"frame {frame}: an object/id stands twice"
        if "depth/instance" in file:
            instance = file["depth/instance"][frame]
            yield from _instance_defects(frame, instance, ids[rows], box[rows])
    for group in ("lidar", "paths"):
        if group in file:
            yield from _reference_defects(file, group)


def _instance_defects(
    frame: int,
    instance: NDArray[np.uint16],
    ids: NDArray[np.uint16],
    boxes: NDArray[np.float32],
) -> Iterator[str]:
    places = find_objects(instance.astype(np.int32))  # of id 1, 2, ...
    for number, box in zip(ids.tolist(), boxes, strict=True):
        place = places[number - 1] if 0 < number <= len(places) else None
        rows, cols = place or (slice(0, 0), slice(0, 0))
        if not np.array_equal(box, [cols.start, rows.start, cols.stop, rows.stop]):
            yield f"frame {frame}: the box of object {number} is not around its pixels"
    seen = {number for number, place in enumerate(places, 1) if place is not None}
    unknown = seen - set(ids.tolist()) - NO_OBJECT
    if unknown:
        yield f"frame {frame}: instance {min(unknown)} is no object"


def _reference_defects(file: h5py.File, group: str) -> Iterator[str]:
    ids = file["object/id"][:]
    tables = zip(_rows_of_frames(file, group), _rows_of_frames(file, "object"), strict=True)
    for frame, (rows, objects) in enumerate(tables):
        met = set(np.unique(file[f"{group}/object"][rows]).tolist())
        unknown = met - set(ids[objects].tolist()) - NO_OBJECT
        if unknown:
            yield f"frame {frame}: {group}/object {min(unknown)} is no object"


def _rows_of_frames(file: h5py.File, group: str) -> Iterator[slice]:
    offset = file[f"{group}/offset"][:].astype(np.int64).tolist()
    return (slice(first, last) for first, last in pairwise(offset))


def _target_defects(file: h5py.File) -> Iterator[str]:
    """Yield where the target's row disagrees with its object's, or with the radar's pose."""
    ids, targets = file["object/id"][:], file["target/object"][:]
    for frame, rows in enumerate(_rows_of_frames(file, "object")):
        row = rows.start + np.flatnonzero(ids[rows] == targets[frame])
        if len(row) != 1:
            yield f"frame {frame}: the target is {len(row)} times in object/id"
            continue
        for key, other in (("box", "box"), ("position", "centre"), ("velocity", "velocity")):
            if not np.allclose(file[f"target/{key}"][frame], file[f"object/{other}"][row[0]]):
                yield f"frame {frame}: target/{key} is not the target's object/{other}"
    if "radar" in file:
        radar_from_world = np.linalg.pinv(file["radar/world_from_radar"][:])
        centre = np.pad(file["target/position"][:], ((0, 0), (0, 1)), constant_values=1.0)
        x, y, z = np.einsum("fij,fj->if", radar_from_world[:, :3], centre)
        if (np.abs(np.sqrt(x**2 + y**2 + z**2) - file["target/range"][:]) > 0.01).any():
            yield "target/range is not the distance from the array"
        if (np.abs(np.arctan2(x, y) - file["target/azimuth"][:]) > 0.001).any():
            yield "target/azimuth is not that of target/position"
