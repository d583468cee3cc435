"""Planning a run: what is to be made, what it will cost, and whether it may be made there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scenes.config import SEQUENCE_LENGTH, ConfigError, ScenarioConfig
from scenes.config_io import to_dict
from synth.manifest import FILE, Manifest, new_manifest, read_manifest
from synth.shards import DatasetError

# Measured on the parking lot at its default size, see README "What it costs": core-seconds and
# bytes of a frame. A camera sample is one of the still world, shared by 15 frames, or of a
# frame of its own.
COST_S = {"still sample": 0.042, "frame sample": 0.065, "radio": 0.15, "lidar": 0.02, "rest": 0.35}
COST_BYTES = {
    "camera": 0.50e6, "depth": 0.20e6, "lidar": 0.30e6, "radar": 0.40e6, "csi": 0.90e6,
    "paths": 0.53e6, "rest": 0.01e6,
}  # fmt: skip


@dataclass(frozen=True)
class Estimate:
    """What a run will cost: frames to make, seconds, bytes."""

    n_frame: int
    seconds: float
    bytes: float


@dataclass(frozen=True)
class Plan:
    """What is to be made, and where.

    Attributes:
        folder: Of the dataset.
        manifest: As it will be, with the shards that are there already.
        todo: Sequences without a shard.
        workers: Processes to use.
    """

    folder: Path
    manifest: Manifest
    todo: tuple[int, ...]
    workers: int

    @property
    def estimate(self) -> Estimate:
        """What the rest will cost, from measured rates scaled with size and samples."""
        config = self.manifest.config
        n_frame = len(self.todo) * SEQUENCE_LENGTH
        entries = set(config.entries)
        pixels = config.camera.width * config.camera.height / (640 * 480)
        rays = config.radio.n_ray / 100_000
        seconds = COST_S["rest"] * pixels
        if "camera" in entries:
            still = COST_S["still sample"] * config.camera.background_samples
            seconds += pixels * (still + COST_S["frame sample"] * config.camera.frame_samples)
        seconds += COST_S["radio"] * rays * bool(entries & {"radar", "csi", "paths"})
        seconds += COST_S["lidar"] * ("lidar" in entries)
        size = COST_BYTES["rest"] + sum(COST_BYTES[entry] for entry in entries)
        return Estimate(n_frame, n_frame * seconds / self.workers, n_frame * size)


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def check_numbers(n_frame: int, seed: int, workers: int | None) -> None:
    """Raise ConfigError if a number makes no sense."""
    if n_frame < 1 or n_frame % SEQUENCE_LENGTH:
        below = n_frame // SEQUENCE_LENGTH * SEQUENCE_LENGTH
        near = [str(n) for n in (below, below + SEQUENCE_LENGTH) if n > 0]
        raise ConfigError(
            f"n = {n_frame}: must be a positive multiple of {SEQUENCE_LENGTH} frames, the length "
            f"of a sequence; take {' or '.join(near) if n_frame > 0 else SEQUENCE_LENGTH}"
        )
    if not 0 <= seed < 2**63:
        raise ConfigError(f"seed = {seed}: must be 0 to 2^63 - 1")
    if workers is not None and not 1 <= workers <= 1024:
        raise ConfigError(f"workers = {workers}: must be 1 to 1024")


def plan(
    config: ScenarioConfig,
    folder: Path,
    n_frame: int,
    seed: int,
    tables: Mapping[str, list[str]],
    workers: int | None = None,
) -> Plan:
    """Decide what to make; nothing is written yet.

    Args:
        config: The scenario.
        folder: Of the dataset, new or begun by the same seed and configuration.
        n_frame: Frames in all, a multiple of 15.
        seed: Of the dataset, 0 or more.
        tables: What code columns index.
        workers: Processes; None for one a usable core.

    Raises:
        ConfigError: If a number makes no sense.
        DatasetError: If the folder holds another dataset, or cannot be written, or the disk is
            too small.
    """
    check_numbers(n_frame, seed, workers)
    manifest = new_manifest(config, seed, n_frame, tables)
    _check_disk(folder)
    if (folder / FILE).exists():
        manifest = continued(folder, manifest)
    elif folder.exists() and not _unused(folder):
        raise DatasetError(f"{folder} is not empty and no dataset: choose another --out")
    have = {shard.sequence for shard in manifest.shards}
    todo = tuple(sequence for sequence in manifest.sequences if sequence not in have)
    workers = max(1, min(workers or usable_cores(), len(todo)))
    made = Plan(folder, manifest, todo, workers)
    free = shutil.disk_usage(_existing(folder)).free
    if made.estimate.bytes > free:
        raise DatasetError(
            f"{folder}: needs about {made.estimate.bytes / 1e9:.2f} GB, {free / 1e9:.2f} GB are "
            "free: make room, choose another --out, or ask for fewer --entries"
        )
    return made


def continued(folder: Path, wanted: Manifest) -> Manifest:
    """Return the manifest to go on with, or say in what the folder's differs from ours."""
    found = read_manifest(folder)
    ours, theirs = _flat(to_dict(wanted.config)), _flat(to_dict(found.config))
    pairs = {
        "seed": (wanted.seed, found.seed),
        "generator": (wanted.generator, found.generator),
        **{f"tables.{key}": (wanted.tables[key], found.tables[key]) for key in found.tables},
        **{key: (ours.get(key), theirs.get(key)) for key in (*ours, *theirs)},
    }
    for key, (new, old) in pairs.items():
        if new != old:
            raise DatasetError(
                f"{folder} was made with {key} = {old!r}, not {new!r}: choose another --out, or "
                f"give it the same {key}"
            )
    if wanted.n_frame < found.n_frame:
        raise DatasetError(
            f"{folder} was planned with n = {found.n_frame}, more than {wanted.n_frame}: give "
            f"--n {found.n_frame} to finish it, or choose another --out"
        )
    manifest = wanted
    for record in found.shards:
        if (folder / record.file).is_file():
            manifest = manifest.with_shard(record)
    return manifest


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= (
            _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
        )
    return flat


def _existing(folder: Path) -> Path:
    """Return the folder, or its nearest parent that exists."""
    folder = folder.absolute()
    return folder if folder.exists() else _existing(folder.parent)


def _unused(folder: Path) -> bool:
    """Whether a folder is empty, but for what a run leaves that was killed before its manifest."""
    names = {path.name for path in folder.iterdir() if path.suffix != ".tmp"}
    return names <= {".lock", "shards"} and not any((folder / "shards").glob("[!.]*"))


def _check_disk(folder: Path) -> None:
    place = _existing(folder)
    if not place.is_dir():
        raise DatasetError(f"{place} is a file: choose another --out")
    if not os.access(place, os.R_OK | os.W_OK | os.X_OK):
        raise DatasetError(f"{place} cannot be written: choose another --out or change its rights")
