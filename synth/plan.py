"""Planning a run: what is to be made, what it will cost, and whether it may be made there."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from scenes.config import (
    ENTRIES,
    LARGEST_ARRAY,
    SEQUENCE_LENGTH,
    ConfigError,
    ScenarioConfig,
    WeatherConfig,
)
from scenes.materials import check_materials
from scenes.presets import preset
from synth.manifest import FILE, Manifest, difference, faults_named, new_manifest, read_manifest
from synth.sample import FIELDS, RADIO, lengths, shape_of
from synth.shards import DatasetError, shard_name

# Measured on the parking lot at its default size by day, see docs/cost.md: core-seconds and bytes
# of a frame. A camera sample is one of the still world, shared by 15 frames, of a frame of its own,
# or, by dusk and night, of what headlights shed on all of the picture.
COST_S = {
    "still sample": 0.032, "frame sample": 0.112, "shed sample": 1.4, "trace": 0.105,
    "response": 0.035, "heatmap": 0.012, "burst": 0.11, "lidar": 0.02, "pixels": 0.15,
    "world": 0.2,
}  # fmt: skip
COST_BYTES = {
    "camera": 0.50e6, "depth": 0.20e6, "lidar": 0.30e6, "radar": 0.40e6, "doppler": 0.05e6,
    "csi": 0.90e6, "paths": 0.53e6, "rest": 0.01e6,
}  # fmt: skip
# Of camera samples: in other scenes over those in the parking lot, in other light over the day's.
CAMERA_COST = {"suburban": 0.62, "canyon": 0.72}
LIGHT_COST = {"day": 1.0, "dusk": 1.5, "night": 2.2}
TAKEN = 0.45  # share of the still world's samples that pixels take until their noise is low
PATHS_A_RAY = 0.91  # measured there too, before they are thinned
WHOLE = (1, 1)  # the share of a run that makes all
MOST_SEQUENCES = 1_000_000  # as many as names of shards have digits for


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
        manifest: As it will be, with the shards that are written down already.
        todo: Sequences to make: without a shard, written down or not.
        workers: Processes to use.
        share: Which of how many parts of the dataset this one is, from 1.
    """

    folder: Path
    manifest: Manifest
    todo: tuple[int, ...]
    workers: int
    share: tuple[int, int] = WHOLE

    @property
    def sequences(self) -> range:
        """The numbers of the sequences that its share holds."""
        part, of = self.share
        return self.manifest.sequences[part - 1 :: of]

    @property
    def estimate(self) -> Estimate:
        """What the rest will cost, from measured rates scaled with sizes and samples."""
        config = self.manifest.config
        n_frame = len(self.todo) * SEQUENCE_LENGTH
        entries = set(config.entries)
        usual = preset("parking_lot")
        scale = {entry: raw_bytes(entry, config) / raw_bytes(entry, usual) for entry in ENTRIES}
        seconds = COST_S["world"] + COST_S["pixels"] * scale["depth"]
        if "camera" in entries:
            still = COST_S["still sample"] * config.camera.background_samples
            still *= TAKEN if config.camera.background_noise else 1.0
            drawn = still + COST_S["frame sample"] * config.camera.frame_samples
            shed = COST_S["shed sample"] * config.camera.frame_samples
            light, dark = _light_cost(config.weather)
            seconds += (
                CAMERA_COST.get(config.scene, 1.0) * scale["camera"] * (light * drawn + dark * shed)
            )
        if entries & set(RADIO):
            bounces = (1 + min(config.radio.n_bounce, 3)) / 4  # few rays are left after the third
            seconds += COST_S["trace"] * bounces * config.radio.n_ray / usual.radio.n_ray
        seconds += COST_S["response"] * scale["csi"] * bool(entries & {"radar", "csi"})
        seconds += COST_S["heatmap"] * scale["radar"] * ("radar" in entries)
        seconds += COST_S["burst"] * scale["doppler"] * ("doppler" in entries)
        seconds += COST_S["lidar"] * scale["lidar"] * ("lidar" in entries)
        size = COST_BYTES["rest"] + sum(COST_BYTES[entry] * scale[entry] for entry in entries)
        return Estimate(n_frame, n_frame * seconds / self.workers, n_frame * size)


def raw_bytes(entry: str, config: ScenarioConfig) -> float:
    """Return the bytes of an entry's arrays, a frame, before they are compressed."""
    radio, lidar = config.radio, config.lidar
    n_row = {
        "point": lidar.n_beam * lidar.n_azimuth,
        "path": min(radio.max_path, int(PATHS_A_RAY * radio.n_ray)),
    }
    axes = lengths(config, 1)
    return sum(
        np.dtype(field.dtype).itemsize
        * math.prod(shape_of(field, axes, n_row.get(str(field.axes[0]))))
        for field in FIELDS
        if entry in field.entries
    )


def _light_cost(weather: WeatherConfig) -> tuple[float, float]:
    """Return what a camera sample costs over one by day, and how often headlights shine.

    As often as each light is drawn.
    """
    shares = {light: float(getattr(weather, light)) for light in LIGHT_COST}
    cost = sum(LIGHT_COST[light] * share for light, share in shares.items())
    total = sum(shares.values())
    return cost / total, (total - shares["day"]) / total


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def check_request(
    config: ScenarioConfig, n_frame: int, seed: int, workers: int | None = None
) -> None:
    """Raise ConfigError if a number makes no sense, or no material is known at the carrier."""
    if n_frame > MOST_SEQUENCES * SEQUENCE_LENGTH:
        raise ConfigError(
            f"n = {n_frame}: must be {SEQUENCE_LENGTH} to {MOST_SEQUENCES * SEQUENCE_LENGTH}; make "
            "several datasets, each with a --seed of its own"
        )
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
    if set(config.entries) & set(RADIO):
        check_materials(config.radio)
    if "doppler" in config.entries:
        _check_burst(config)


def _check_burst(config: ScenarioConfig) -> None:
    """Raise ConfigError if the symbols of a range-Doppler map do not fit into memory."""
    radio = config.radio
    values, most = radio.n_col * radio.n_subcarrier * radio.n_symbol, LARGEST_ARRAY // 16
    if values > most:
        raise ConfigError(
            f"radio.n_col * radio.n_subcarrier * radio.n_symbol = {values} values of a burst, at "
            f"most {most}: lower one of them, or leave out the entry doppler"
        )


def plan(
    config: ScenarioConfig,
    folder: Path,
    n_frame: int,
    seed: int,
    tables: Mapping[str, list[str]],
    workers: int | None = None,
    share: tuple[int, int] = WHOLE,
) -> Plan:
    """Decide what to make; nothing is written yet.

    Args:
        config: The scenario.
        folder: Of the dataset, new or begun by the same seed and configuration.
        n_frame: Frames in all, a multiple of 15.
        seed: Of the dataset, 0 or more.
        tables: What code columns index.
        workers: Processes; None for one a usable core.
        share: Which of how many parts of the dataset to make, from 1: every so many-th sequence.

    Raises:
        ConfigError: If a number makes no sense, or no material is known at the carrier.
        DatasetError: If the folder holds another dataset, or cannot be written, or the disk is
            too small.
    """
    check_request(config, n_frame, seed, workers)
    if not 1 <= share[0] <= share[1] <= n_frame // SEQUENCE_LENGTH:
        raise ConfigError(
            f"shard {share[0]}/{share[1]} of {n_frame // SEQUENCE_LENGTH} sequences: parts count "
            "from 1, and each has a sequence at least"
        )
    manifest = new_manifest(config, seed, n_frame, tables)
    with faults_named(folder, "choose another --out or change its rights"):
        _check_disk(folder)
        if (folder / FILE).exists():
            manifest = continued_in(folder, manifest)
        elif folder.exists() and not _unused(folder):
            raise DatasetError(f"{folder} is not empty and no dataset: choose another --out")
        have = {f"shards/{path.name}" for path in folder.glob("shards/*.h5")}  # listed or not yet
        disk = shutil.disk_usage(_existing(folder))
        if not disk.total:
            raise DatasetError(f"{folder} lies where no files can be kept: choose another --out")
    made = Plan(folder, manifest, (), 1, share)
    todo = tuple(i for i in made.sequences if shard_name(i) not in have)
    workers = max(1, min(workers or usable_cores(), len(todo)))
    made = replace(made, todo=todo, workers=workers)
    if made.estimate.bytes > disk.free:
        raise DatasetError(
            f"{folder}: needs about {made.estimate.bytes / 1e9:.2f} GB, {disk.free / 1e9:.2f} GB "
            "are free: make room, choose another --out, or ask for fewer --entries"
        )
    return made


def continued_in(folder: Path, wanted: Manifest) -> Manifest:
    """Return the manifest to go on with in a folder, or say in what the folder's differs."""
    files = {f"shards/{path.name}" for path in (folder / "shards").glob("*.h5") if path.is_file()}
    return continued(str(folder), wanted, read_manifest(folder), files)


def continued(place: str, wanted: Manifest, found: Manifest, files: Set[str]) -> Manifest:
    """Return the manifest to go on with, or say in what the one that is there differs.

    Sequences keep the splits that they have.

    Args:
        place: What errors call it.
        wanted: Of what is to be made.
        found: What is there.
        files: Shards that are there, listed or not.

    Raises:
        DatasetError: If the two are of different datasets.
    """
    if not found.shards and not files:
        return wanted  # a run that was refused before its first sequence binds nobody
    differs = difference(wanted, found)
    if differs is not None:
        key, new, old = differs
        if key == "world.sha256":
            raise DatasetError(
                f"{wanted.config.world.file} has changed since {place} was begun: bring the old "
                "file back, or choose another --out"
            )
        raise DatasetError(
            f"{place} was made with {key} = {old!r}, not {new!r}: choose another --out, or give "
            f"it the same {key}"
        )
    if wanted.n_frame < found.n_frame:
        raise DatasetError(
            f"{place} was planned with n = {found.n_frame}, more than {wanted.n_frame}: give "
            f"--n {found.n_frame} to finish it, or choose another --out"
        )
    splits = {
        name: [*found.splits[name], *(i for i in new if i not in found.sequences)]
        for name, new in wanted.splits.items()
    }
    shards = {shard.sequence: shard for shard in found.shards if shard.file in files}
    return replace(wanted, splits=splits, shards=tuple(shards[i] for i in sorted(shards)))


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
