"""Every promise of the format, checked against what lies on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from scenes.config import SEQUENCE_LENGTH, ScenarioConfig
from scenes.own.names import printable
from scenes.sensors import angles, make_camera, make_radar
from scenes.spec import GROUND_ID
from synth.channel import subcarriers
from synth.doppler import doppler_axis
from synth.heatmap import heatmap_axes
from synth.manifest import SPLITS, Manifest, ShardRecord, foreign, read_manifest
from synth.paths import LINE_OF_SIGHT
from synth.sample import CODES, FIELDS, LARGEST_ID, NO_MATERIAL, Field, fields_of, unknown_code
from synth.shards import (
    DatasetError,
    attribute_defects,
    file_sha256,
    lies_in,
    open_shard,
    read_header,
)
from synth.storage import H5_FAULTS, ROWS_A_CHUNK, missing_from

SPHERE = np.array([np.pi, np.pi / 2], np.float32)  # azimuth, elevation [rad]
RANGES: dict[str, tuple[Any, Any]] = {
    "depth/image": (0, np.inf),
    "lidar/intensity": (0, 1),
    "object/occlusion": (0, 1),
    "object/transmittance": (0, 1),
    "object/visibility": (0, 1),
    "frame/rate": (0, np.inf),
    "frame/visibility": (0, np.inf),
    "object/size": (0, np.inf),
    "paths/delay": (0, np.inf),
    "paths/aoa": (-SPHERE, SPHERE),
    "paths/aod": (-SPHERE, SPHERE),
    "target/range": (0, np.inf),
    "target/half_path": (0, np.inf),
    "target/azimuth": (-np.pi, np.pi),
}
POSES = [field.key for field in FIELDS if field.axes == ("F", 4, 4)]
FALLS = ("rain", "snow")  # weathers that have a rate
JERK_M = 0.05  # by which a target may leave the way of its mean velocity between two frames
NO_OBJECT = {0, GROUND_ID}  # ids that have no row in `object/`: nothing, and the ground
SYNTH_AGAIN = "delete it and run the same radvis synth command again"


def validate(
    folder: Path, on_shard: Callable[[int], None] | None = None, mend: str = SYNTH_AGAIN
) -> list[str]:
    """Return what is wrong with a dataset, a line a defect; an empty list if nothing is.

    Args:
        folder: Of the dataset.
        on_shard: Called with the number of shards checked so far.
        mend: What to do about a damaged shard.

    Raises:
        DatasetError: If there is no manifest to check against.
    """
    manifest = read_manifest(folder)
    defects = [f"manifest.json: {text}" for text in _manifest_defects(folder, manifest)]
    for count, record in enumerate(manifest.shards):
        with np.errstate(all="ignore"):  # what a stranger's numbers overflow is told, not warned of
            texts = list(_shard_defects(folder, manifest, record, mend))
        defects += [f"{record.file}: {text}" for text in texts]
        if on_shard is not None:
            on_shard(count + 1)
    return defects


def _manifest_defects(folder: Path, manifest: Manifest) -> Iterator[str]:
    sequences = [shard.sequence for shard in manifest.shards]
    missing = sorted(set(manifest.sequences) - set(sequences))
    if missing:
        yield (
            f"{len(missing)} of {len(manifest.sequences)} sequences are missing (first: "
            f"{missing[0]}): run the same radvis synth command again, or join parts with radvis "
            "merge"
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
            yield f"{printable(path.relative_to(folder).as_posix())} is not listed"


def _shard_defects(
    folder: Path, manifest: Manifest, record: ShardRecord, mend: str
) -> Iterator[str]:
    path = folder / record.file
    try:
        damage = file_defect(folder, record, mend)
        if damage is not None:
            yield damage
            return  # what is known to be damaged is not worth HDF5's trouble
        with open_shard(path) as file:
            fault = foreign(read_header(file), manifest, record.sequence)
            if fault is not None:
                yield fault
            shape_defects = missing_from(file, manifest.config, manifest.labels)
            yield from shape_defects
            if not shape_defects:
                yield from attribute_defects(file, manifest.config, manifest.labels)
                yield from _content_defects(file, manifest, record)
    except DatasetError as error:
        yield str(error).removeprefix(f"{path} ")
    except H5_FAULTS as error:
        yield f"cannot be read ({error})"


def file_defect(folder: Path, record: ShardRecord, mend: str = SYNTH_AGAIN) -> str | None:
    """Return what is wrong with a shard before it is opened as HDF5."""
    path = folder / record.file
    if path.is_symlink() or not lies_in(path, folder):
        return "leads out of the dataset"
    if not path.is_file():
        return f"is missing: {mend.removeprefix('delete it and ')}"
    if path.stat().st_size != record.bytes:
        return f"has {path.stat().st_size} bytes, the manifest says {record.bytes}: {mend}"
    if file_sha256(path) != record.sha256:
        return f"has another checksum than the manifest says: {mend}"
    return None


def _content_defects(file: h5py.File, manifest: Manifest, record: ShardRecord) -> Iterator[str]:
    """Yield what values break, in a shard whose shapes and types are right."""
    config = manifest.config
    for key, values in known_arrays(config, record.sequence).items():
        if key in file and not np.allclose(file[key][:], values, rtol=1e-9, atol=1e-9):
            yield f"{key} is not what configuration and sequence number make it"
    most = max(config.radio.n_bounce, config.radio.n_reflection, 1)
    ranges = {**RANGES, "paths/bounces": (0, most)}
    for field in fields_of(config.entries, manifest.labels):
        yield from _value_defects(file, field, ranges, manifest.tables)
    yield from (f"{key} is not rigid" for key in POSES if key in file and not _rigid(file[key][:]))
    offsets = [text for group in sorted(file) for text in _offset_defects(file, group)]
    yield from offsets
    yield from _sky_defects(file, manifest.tables["weathers"])
    if not manifest.labels:
        return
    if not offsets:
        yield from _object_defects(file, config.camera.width, config.camera.height)
        yield from _name_defects(file, manifest)
        yield from _target_defects(file)
        yield from _track_defects(file, config)
    yield from _path_defects(file)


def known_arrays(config: ScenarioConfig, sequence: int) -> dict[str, NDArray[Any]]:
    """Return the arrays of a shard that follow without a world being made."""
    index = np.arange(SEQUENCE_LENGTH)
    ranges, azimuth = heatmap_axes(config.heatmap)
    return {
        "frame/sequence": np.full(SEQUENCE_LENGTH, sequence),
        "frame/index": index,
        "frame/time": index * config.frame_interval,
        "camera/intrinsics": make_camera(config).intrinsics,
        "radar/range": ranges,
        "radar/azimuth": azimuth,
        "radar/doppler": doppler_axis(config.radio),
        "csi/frequency": subcarriers(config.radio),
    }


def _rigid(poses: NDArray[np.float64]) -> bool:
    """Return whether poses (F, 4, 4) only turn and move; True if a value is not finite."""
    turn = poses[:, :3, :3]
    return not np.isfinite(poses).all() or bool(
        np.allclose(turn @ turn.transpose(0, 2, 1), np.eye(3), atol=1e-6)
        and (np.linalg.det(turn) > 0).all()
        and (poses[:, 3] == [0, 0, 0, 1]).all()
    )


def _value_defects(
    file: h5py.File,
    field: Field,
    ranges: Mapping[str, tuple[Any, Any]],
    tables: Mapping[str, list[str]],
) -> Iterator[str]:
    """Yield at most one line: a value that is not finite, out of range, or beyond its table."""
    item = file[field.key]
    low, high = ranges.get(field.key, (-np.inf, np.inf))
    for rows in _slices(item, field):
        values = item[rows]
        if not np.isfinite(values).all():
            yield f"{field.key} is not finite everywhere"
            return
        if values.dtype.kind != "c" and ((values < low) | (values > high)).any():
            yield f"{field.key} is outside {low} to {high}"
            return
        if unknown_code(field.key, values, tables) is not None:
            yield f"{field.key} reaches beyond the table {CODES[field.key]}"
            return


def _sky_defects(file: h5py.File, weathers: Sequence[str]) -> Iterator[str]:
    """Yield what of the weather changes within a sequence, or falls from a sky that has none."""
    for key in ("frame/weather", "frame/light", "frame/rate", "frame/visibility"):
        if np.ptp(file[key][:]) > 0:
            yield f"{key} changes within the sequence"
    falls = [weathers[code] in FALLS for code in file["frame/weather"][:]]
    if (file["frame/rate"][:][~np.array(falls)] > 0).any():
        yield f"frame/rate is above 0 in other weather than {', '.join(FALLS)}"


def _path_defects(file: h5py.File) -> Iterator[str]:
    """Yield which columns say that a path met nothing, though it is no line of sight."""
    if "paths" not in file:
        return
    nothing = {"object": 0, "material": NO_MATERIAL, "bounces": 0}
    kind = file["paths/kind"][:]
    for name, value in nothing.items():
        if ((file[f"paths/{name}"][:] == value) & (kind != LINE_OF_SIGHT)).any():
            yield f"paths/{name} is {value} of a path that is no line of sight"


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
    empty = (box[:, :2] >= box[:, 2:]).any(1)
    if (empty != (file["object/visibility"][:] == 0)).any():
        yield "object/visibility is 0 of an object with a box, or not 0 of one without"
    kinds = file["object/class"][:]
    for frame, rows in enumerate(_rows_of_frames(file, "object")):
        known = set(ids[rows].tolist())
        if len(known) != len(ids[rows]):
            yield f"frame {frame}: an object/id stands twice"
        if "depth/instance" in file:
            instance = file["depth/instance"][frame]
            yield from _instance_defects(frame, instance, ids[rows], box[rows])
            kind = file["depth/class"][frame]
            yield from _class_defects(
                f"frame {frame}: depth", instance, kind, ids[rows], kinds[rows]
            )
            if ((file["depth/image"][frame] > 0) != (instance != 0)).any():
                yield f"frame {frame}: depth/image is 0 of a thing, or not 0 of the sky"
    for group in ("lidar", "paths"):
        if group in file:
            yield from _reference_defects(file, group)


def _name_defects(file: h5py.File, manifest: Manifest) -> Iterator[str]:
    """Yield which object a manifest that names objects has no name or another class for."""
    if not manifest.objects:
        return
    classes = manifest.tables["classes"]
    named = {label.id: classes.index(label.kind) for label in manifest.objects}
    for number, code in sorted({*zip(file["object/id"][:], file["object/class"][:], strict=True)}):
        if number not in named:
            yield f"object {number} has no name in manifest.json"
        elif named[number] != code:
            yield f"object {number} is of another class than manifest.json says"


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


def _class_defects(
    where: str,
    met: NDArray[np.uint16],
    kind: NDArray[np.uint8],
    ids: NDArray[np.uint16],
    kinds: NDArray[np.uint8],
) -> Iterator[str]:
    """Yield an object that is of another class here (pixels or points) than in its own row."""
    table = np.full(LARGEST_ID + 1, -1)
    table[ids] = kinds
    told = table[met]
    wrong = (told >= 0) & (told != kind)
    if wrong.any():
        yield f"{where}/class of object {met[wrong].min()} is not its object/class"


def _reference_defects(file: h5py.File, group: str) -> Iterator[str]:
    """Yield ids in a table that are no object's, or stand beside another class than its own."""
    ids, kinds = file["object/id"][:], file["object/class"][:]
    tables = zip(_rows_of_frames(file, group), _rows_of_frames(file, "object"), strict=True)
    for frame, (rows, objects) in enumerate(tables):
        met = file[f"{group}/object"][rows]
        unknown = set(np.unique(met).tolist()) - set(ids[objects].tolist()) - NO_OBJECT
        if unknown:
            yield f"frame {frame}: {group}/object {min(unknown)} is no object"
        if f"{group}/class" in file:
            where, kind = f"frame {frame}: {group}", file[f"{group}/class"][rows]
            yield from _class_defects(where, met, kind, ids[objects], kinds[objects])


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
            if _apart(file[f"target/{key}"][frame], file[f"object/{other}"][row[0]], 1e-4):
                yield f"frame {frame}: target/{key} is not the target's object/{other}"
    if "radar/world_from_radar" in file:
        pose = file["radar/world_from_radar"][:]
        way = file["target/position"][:] - pose[:, :3, 3]
        if _apart(np.linalg.norm(way, axis=1), file["target/range"][:], 0.01):
            yield "target/range is not the distance from the array"
        seen = angles(np.einsum("fji,fj->fi", pose[:, :3, :3], way))  # a rotation's inverse
        if _apart(seen[:, 0], file["target/azimuth"][:], 0.001):
            yield "target/azimuth is not that of target/position"


def _track_defects(file: h5py.File, config: ScenarioConfig) -> Iterator[str]:
    """Yield where the target's velocity, way or echo disagree with where it is."""
    place, velocity = file["target/position"][:], file["target/velocity"][:]
    moved = (velocity[1:] + velocity[:-1]) / 2 * config.frame_interval
    if not config.world.file and _apart(np.diff(place, axis=0), moved, JERK_M):
        yield "target/velocity is not that of target/position"
    if "radar/world_from_radar" in file:
        pose = file["radar/world_from_radar"][:]
        way = place - pose[:, :3, 3]
        other = way - pose[:, :3, :3] @ make_radar(config).transmitter
        half = (np.linalg.norm(way, axis=1) + np.linalg.norm(other, axis=1)) / 2
        if _apart(half, file["target/half_path"][:], 0.01):
            yield "target/half_path is not half the way transmitter, target, array"
    if "target/snr" in file and (file["target/snr"][:] > file["radar/snr"][:] + 0.01).any():
        yield "target/snr is above radar/snr, of which it is a part"


def _apart(one: NDArray[Any], other: NDArray[Any], most: float) -> bool:
    """Return whether two arrays differ by more; what is not finite is a defect of its own."""
    return bool((np.abs(one - other) > most).any())
