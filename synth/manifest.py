"""manifest.json: what a dataset is, how it was made, its splits and checksums."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from scenes.config import SEQUENCE_LENGTH, ConfigError, ScenarioConfig
from scenes.config_io import config_hash, from_dict, to_dict
from scenes.own.names import printable
from scenes.spec import Label
from synth.own_world import named_objects
from synth.sample import FORMAT_VERSION, LARGEST_ID
from synth.shards import (
    DatasetError,
    ShardHeader,
    checked_tables,
    file_sha256,
    generator_name,
    read_header,
    replace_file,
    shard_name,
)
from synth.storage import missing_from

FILE = "manifest.json"
LARGEST = 300_000_000  # bytes; a million sequences need about 200 MB
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class ShardRecord:
    """One line about one shard."""

    file: str
    sequence: int
    n_frame: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What manifest.json holds; docs/format.md says what each key means."""

    name: str
    seed: int
    config: ScenarioConfig
    n_frame: int
    splits: Mapping[str, list[int]]
    tables: Mapping[str, list[str]]
    shards: tuple[ShardRecord, ...] = ()
    generator: str = ""
    format_version: int = FORMAT_VERSION
    objects: tuple[Label, ...] = ()
    labels: bool = True

    @property
    def sequences(self) -> range:
        """The numbers of all sequences."""
        return range(self.n_frame // SEQUENCE_LENGTH)

    @property
    def split_of(self) -> dict[int, str]:
        """The split of each sequence."""
        return {i: name for name in SPLITS for i in self.splits[name]}

    @property
    def missing(self) -> tuple[int, ...]:
        """The sequences without a finished shard."""
        have = {shard.sequence for shard in self.shards}
        return tuple(sequence for sequence in self.sequences if sequence not in have)

    def with_shard(self, record: ShardRecord) -> Manifest:
        """Return the manifest with one more shard, in order."""
        others = [shard for shard in self.shards if shard.sequence != record.sequence]
        ordered = sorted([*others, record], key=lambda shard: shard.sequence)
        return replace(self, shards=tuple(ordered))


def new_manifest(
    config: ScenarioConfig, seed: int, n_frame: int, tables: Mapping[str, list[str]]
) -> Manifest:
    """Return the manifest of a dataset that has no shard yet.

    Raises:
        ConfigError: If the world is a user's file that lacks what radvis needs.
        MeshError: If one of that file's meshes will not do.
    """
    splits = make_splits(config, seed, n_frame // SEQUENCE_LENGTH)
    return Manifest(
        config.scene, seed, config, n_frame, splits, tables, (), generator_name(),
        objects=named_objects(config),
    )  # fmt: skip


def make_splits(config: ScenarioConfig, seed: int, n_sequence: int) -> dict[str, list[int]]:
    """Deal sequences out to the splits, each drawn by the seed from those behind their share.

    A sequence's split depends on the sequences before it only, so a dataset that grows keeps its
    splits, and has those of one made at its full size at once. Every split has its exact share
    wherever whole sequences allow. The first sequences go to train, validation and test in turn
    (if they have a share): a small dataset lacks no split that it can have, and train never.
    """
    validation, test = config.split.validation, config.split.test
    shares = dict(zip(SPLITS, (1 - validation - test, validation, test), strict=True))
    wanted = [name for name in SPLITS if name == "train" or shares[name] > 0]
    splits: dict[str, list[int]] = {name: [] for name in SPLITS}
    chance = np.random.default_rng([seed, 0x5B117]).random(n_sequence)
    for i in range(n_sequence):
        if i < len(wanted):
            splits[wanted[i]].append(i)
            continue
        behind = [max(shares[name] * (i + 1) - len(splits[name]), 0.0) for name in wanted]
        place = int(np.searchsorted(np.cumsum(behind), chance[i] * sum(behind), side="right"))
        splits[wanted[min(place, len(wanted) - 1)]].append(i)
    return splits


def difference(
    ours: Manifest | ShardHeader, theirs: Manifest | ShardHeader
) -> tuple[str, Any, Any] | None:
    """Return the first key in which the origins of two differ, with both values, or None.

    The origin is what decides a shard's bytes besides its number: seed, generator, code tables and
    configuration. Shards of different origins are never mixed in one dataset.
    """
    one, two = _origin(ours), _origin(theirs)
    pairs = ((key, one.get(key), two.get(key)) for key in one | two)
    return next((pair for pair in pairs if pair[1] != pair[2]), None)


def misfit(file: h5py.File, manifest: Manifest, sequence: int) -> str | None:
    """Return why an open shard cannot be taken for that sequence of a dataset, or None if it can.

    Raises:
        DatasetError: If it is no radvis shard, or of another format version.
    """
    fault = foreign(read_header(file), manifest, sequence)
    return fault or next(iter(missing_from(file, manifest.config)), None)


def foreign(header: ShardHeader, manifest: Manifest, sequence: int) -> str | None:
    """Return why a shard is not that sequence of the dataset, or None if it is."""
    if header.sequence != sequence:
        return f"holds sequence {header.sequence}, not {sequence}"
    found = difference(manifest, header)
    if found is None:
        return None
    key, ours, theirs = found
    return f"was made with {key} = {theirs!r:.200}, the dataset with {ours!r:.200}"


def fingerprint(folders: Sequence[Path]) -> str:
    """Return a hash of what datasets hold: their origin, splits and the shards' checksums.

    Configurations are in the shards, and so in their checksums.
    """
    held = [
        [
            manifest.name, manifest.seed, manifest.generator, dict(manifest.splits),
            [shard.sha256 for shard in manifest.shards],
        ]
        for manifest in map(read_manifest, folders)
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()


def _origin(made: Manifest | ShardHeader) -> dict[str, Any]:
    return _flat({
        "scene": made.config.scene, "seed": made.seed, "generator": made.generator,
        "tables": dict(made.tables), "labels": made.labels, **to_dict(made.config),
    })  # fmt: skip


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= (
            _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
        )
    return flat


@contextmanager
def faults_named(path: Path, advice: str) -> Iterator[None]:
    """Turn what the file system says into a DatasetError: path, reason, next step."""
    try:
        yield
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror or error}: {advice}") from None


def record_of(folder: Path, sequence: int) -> ShardRecord:
    """Return the record of a shard that lies in the dataset's folder."""
    path = folder / shard_name(sequence)
    size, digest = path.stat().st_size, file_sha256(path)
    return ShardRecord(shard_name(sequence), sequence, SEQUENCE_LENGTH, size, digest)


def check_complete(folder: Path, manifest: Manifest) -> None:
    """Raise DatasetError unless a dataset has all its sequences, and at least one."""
    missing = len(manifest.sequences) - len(manifest.shards)
    if missing or not manifest.n_frame:
        raise DatasetError(
            f"{folder} lacks {missing} of {len(manifest.sequences)} sequences: finish it with the "
            "same radvis synth command first, or join parts with radvis merge"
        )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write manifest.json in one step: readers see the old one or the new one."""
    replace_file(folder / FILE, manifest_bytes(manifest))


def manifest_bytes(manifest: Manifest) -> bytes:
    """Return manifest.json."""
    config = to_dict(manifest.config)
    values = {
        "name": manifest.name,
        "format_version": manifest.format_version,
        "generator": manifest.generator,
        "seed": manifest.seed,
        "labels": manifest.labels,
        "n_frame": manifest.n_frame,
        "config": config,
        "config_hash": config_hash(config),
        "splits": dict(manifest.splits),
        "tables": dict(manifest.tables),
        "objects": [{"id": x.id, "name": x.name, "class": x.kind} for x in manifest.objects],
        "shards": [asdict(shard) for shard in manifest.shards],
    }
    return (json.dumps(values, indent=1) + "\n").encode()


def read_manifest(folder: Path) -> Manifest:
    """Read a manifest that may come from anywhere.

    Raises:
        DatasetError: If there is none, or it is not what docs/format.md says.
    """
    path = folder / FILE
    with faults_named(path, "name a dataset that can be read, or change its rights"):
        if not folder.is_dir():
            raise DatasetError(
                f"{folder} is no folder: name a dataset, or make one with radvis synth"
            )
        if not path.is_file():
            within = sorted(item.parent.name for item in folder.glob(f"*/{FILE}"))
            what = (
                f"name a dataset in it: {', '.join(map(printable, within[:8]))}" if within
                else "name one, or make one with radvis synth"
            )  # fmt: skip
            raise DatasetError(f"{path} is missing: {folder} is no radvis dataset; {what}")
        if path.stat().st_size > LARGEST:
            raise DatasetError(f"{path} is over {LARGEST} bytes: this is no manifest")
        content = path.read_bytes()
    return parse_manifest(content, str(path))


def parse_manifest(content: bytes, name: str) -> Manifest:
    """Return a manifest from untrusted bytes.

    Args:
        content: Of manifest.json.
        name: What errors call it.

    Raises:
        DatasetError: If it is not what docs/format.md says.
    """
    try:
        return _parse(json.loads(content.decode()))
    except (ValueError, KeyError, TypeError, ConfigError, RecursionError) as error:
        what = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        raise DatasetError(f"{name} is damaged ({what}): restore it or make it anew") from None


def _parse(values: Any) -> Manifest:
    if not isinstance(values, dict):
        raise ValueError("not a JSON object")
    if values["format_version"] != FORMAT_VERSION:
        raise ValueError(
            f"format version {values['format_version']}, this radvis reads {FORMAT_VERSION}"
        )
    config = from_dict(values["config"])
    # Of the values as they are: an older radvis knew fewer keys, whose defaults are ours.
    if values["config_hash"] != config_hash(values["config"]):
        raise ValueError("config_hash is not that of config")
    n_frame, seed = _whole(values["n_frame"]), _whole(values["seed"])
    if n_frame % SEQUENCE_LENGTH:
        raise ValueError(f"n_frame = {n_frame} is no multiple of {SEQUENCE_LENGTH}")
    shards = []
    for row in values["shards"]:
        record = ShardRecord(
            row["file"], _whole(row["sequence"]), _whole(row["n_frame"]), _whole(row["bytes"]),
            row["sha256"],
        )  # fmt: skip
        if record.file != shard_name(record.sequence):
            raise ValueError(f"shard file {record.file!r} is not {shard_name(record.sequence)}")
        shards.append(record)
    splits = {name: [_whole(i) for i in values["splits"][name]] for name in SPLITS}
    if n_frame // SEQUENCE_LENGTH > sum(map(len, splits.values())):
        raise ValueError(f"n_frame = {n_frame} is more than the splits hold")
    tables, labels = checked_tables(values["tables"]), values.get("labels", True)
    if not isinstance(labels, bool):
        raise ValueError(f"labels = {labels!r:.100} is neither true nor false")
    return Manifest(
        str(values["name"]), seed, config, n_frame, splits, tables, tuple(shards),
        str(values["generator"]), labels=labels,
        objects=_objects(values["objects"], tables["classes"]),
    )  # fmt: skip


def _objects(rows: Any, classes: list[str]) -> tuple[Label, ...]:
    """Return named objects from untrusted JSON.

    Raises:
        ValueError: If ids do not grow, a class is unknown, or a name is no text.
    """
    if not isinstance(rows, list):
        raise ValueError("objects is no list")
    found: list[Label] = []
    for row in rows:
        number, name, kind = _whole(row["id"]), row["name"], row["class"]
        if not (found[-1].id if found else 0) < number <= LARGEST_ID:
            raise ValueError(f"object id {number} does not grow, or is beyond {LARGEST_ID}")
        if not isinstance(name, str):
            raise ValueError(f"the name of object {number} is no text")
        if kind not in classes:
            raise ValueError(f"the class of object {number} is not in the table classes")
        found.append(Label(number, kind, "", printable(name)))
    return tuple(found)


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise ValueError(f"{value!r} is no count")
    return value
