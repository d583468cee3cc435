"""manifest.json: what a dataset is, how it was made, its splits and checksums."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from scenes.config import SEQUENCE_LENGTH, ConfigError, ScenarioConfig
from scenes.config_io import config_hash, from_dict, to_dict
from synth.sample import FORMAT_VERSION
from synth.shards import DatasetError, checked_tables, generator_name, replace_file, shard_name

FILE = "manifest.json"
LARGEST = 200_000_000  # bytes; ten million frames need about 150 MB
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

    @property
    def sequences(self) -> range:
        """The numbers of all sequences."""
        return range(self.n_frame // SEQUENCE_LENGTH)

    @property
    def complete(self) -> bool:
        """Whether every sequence has its shard."""
        return {shard.sequence for shard in self.shards} == set(self.sequences)

    def with_shard(self, record: ShardRecord) -> Manifest:
        """Return the manifest with one more shard, in order."""
        others = [shard for shard in self.shards if shard.sequence != record.sequence]
        ordered = sorted([*others, record], key=lambda shard: shard.sequence)
        return replace(self, shards=tuple(ordered))


def new_manifest(
    config: ScenarioConfig, seed: int, n_frame: int, tables: Mapping[str, list[str]]
) -> Manifest:
    """Return the manifest of a dataset that has no shard yet."""
    splits = make_splits(config, seed, n_frame // SEQUENCE_LENGTH)
    return Manifest(config.scene, seed, config, n_frame, splits, tables, (), generator_name())


def make_splits(config: ScenarioConfig, seed: int, n_sequence: int) -> dict[str, list[int]]:
    """Draw validation and test sequences, in the exact shares that whole sequences allow.

    Each sequence has a place in a fixed random order of its own, so that of a larger dataset of
    the same seed, a sequence mostly keeps its split.
    """
    place = np.array([
        np.random.SeedSequence([seed, 0x5B117], spawn_key=(i,)).generate_state(1)[0]
        for i in range(n_sequence)
    ])  # fmt: skip
    order = np.argsort(place, kind="stable")
    wanted = {"test": config.split.test, "validation": config.split.validation}
    result: dict[str, list[int]] = {}
    start = 0
    for name, share in wanted.items():
        size = round(share * n_sequence)
        if share > 0 and n_sequence > len([s for s in wanted.values() if s > 0]):
            size = max(size, 1)
        result[name] = sorted(order[start : start + size].tolist())
        start += size
    result["train"] = sorted(order[start:].tolist())
    return {name: result[name] for name in SPLITS}


def record_of(folder: Path, sequence: int) -> ShardRecord:
    """Return the record of a shard that lies in the dataset's folder."""
    path = folder / shard_name(sequence)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return ShardRecord(shard_name(sequence), sequence, SEQUENCE_LENGTH, path.stat().st_size, digest)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write manifest.json in one step: readers see the old one or the new one."""
    values = {
        "name": manifest.name,
        "format_version": manifest.format_version,
        "generator": manifest.generator,
        "seed": manifest.seed,
        "n_frame": manifest.n_frame,
        "config": to_dict(manifest.config),
        "config_hash": config_hash(manifest.config),
        "splits": dict(manifest.splits),
        "tables": dict(manifest.tables),
        "shards": [asdict(shard) for shard in manifest.shards],
    }
    replace_file(folder / FILE, (json.dumps(values, indent=1) + "\n").encode())


def read_manifest(folder: Path) -> Manifest:
    """Read a manifest that may come from anywhere.

    Raises:
        DatasetError: If there is none, or it is not what docs/format.md says.
    """
    path = folder / FILE
    if not folder.is_dir():
        raise DatasetError(f"{folder} is no folder: name a dataset, or make one with radvis synth")
    if not path.is_file():
        raise DatasetError(f"{path} is missing: {folder} is no radvis dataset")
    if path.stat().st_size > LARGEST:
        raise DatasetError(f"{path} is over {LARGEST} bytes: this is no manifest")
    try:
        values = json.loads(path.read_text("utf-8"))
        return _parse(values)
    except (ValueError, KeyError, TypeError, ConfigError, RecursionError) as error:
        what = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        raise DatasetError(f"{path} is damaged ({what}): restore it or make it anew") from None


def _parse(values: Any) -> Manifest:
    if not isinstance(values, dict):
        raise ValueError("not a JSON object")
    if values["format_version"] != FORMAT_VERSION:
        raise ValueError(
            f"format version {values['format_version']}, this radvis reads {FORMAT_VERSION}"
        )
    config = from_dict(values["config"])
    if values["config_hash"] != config_hash(config):
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
    return Manifest(
        str(values["name"]), seed, config, n_frame, splits, checked_tables(values["tables"]),
        tuple(shards), str(values["generator"]),
    )  # fmt: skip


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise ValueError(f"{value!r} is no count")
    return value
