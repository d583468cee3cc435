"""The pipeline on a page: plan the sequences, let worker processes make them, keep the books."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from scenes.config import SEQUENCE_LENGTH, ConfigError, ScenarioConfig
from scenes.config_io import to_dict
from synth.manifest import (
    FILE,
    Manifest,
    new_manifest,
    read_manifest,
    record_of,
    write_manifest,
)
from synth.sample import Arrays
from synth.shards import (
    DatasetError,
    ShardHeader,
    generator_name,
    missing_from,
    open_shard,
    read_header,
    shard_name,
    write_shard,
)
from synth.workers import count_step, run_tasks

# Measured on the parking lot at defaults, see README "What it costs": core-seconds and bytes of a
# frame by what is asked for. The rest (scene, depth, labels) comes with every frame.
COST_S = {"camera": 2.1, "radio": 0.25, "lidar": 0.02, "rest": 0.30}
COST_BYTES = {
    "camera": 0.50e6, "depth": 0.35e6, "lidar": 0.25e6, "radar": 0.40e6, "csi": 0.75e6,
    "paths": 0.45e6, "rest": 0.01e6,
}  # fmt: skip

DISK_FAULTS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)

Synthesise = Callable[[ScenarioConfig, int, int, Callable[[int], None] | None], Arrays]


class Interrupted(Exception):
    """The user stopped the run; what is finished is kept."""


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
        samples = (config.camera.background_samples + config.camera.frame_samples) / (24 + 24)
        rays = config.radio.n_ray / 100_000
        seconds = COST_S["rest"] * pixels
        seconds += COST_S["camera"] * pixels * samples * ("camera" in entries)
        seconds += COST_S["radio"] * rays * bool(entries & {"radar", "csi", "paths"})
        seconds += COST_S["lidar"] * ("lidar" in entries)
        size = COST_BYTES["rest"] + sum(COST_BYTES[entry] for entry in entries)
        return Estimate(n_frame, n_frame * seconds / self.workers, n_frame * size)


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


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
    manifest = new_manifest(config, seed, n_frame, tables)
    _check_disk(folder)
    if (folder / FILE).exists():
        manifest = _continued(folder, manifest)
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


def generate(
    plan: Plan,
    synthesise: Synthesise,
    on_frame: Callable[[int], None] | None = None,
) -> Manifest:
    """Make what a plan says; run again, it goes on where it stopped.

    Args:
        plan: From `plan`.
        synthesise: Makes the arrays of a sequence; importable by name, it goes to the workers.
        on_frame: Called with the number of frames finished so far by this run.

    Raises:
        Interrupted: If the user stopped it.
        DatasetError: If a worker died or the disk failed.
        ConfigError: If a sequence cannot be made of the configuration.
    """
    folder, manifest = plan.folder, plan.manifest
    try:
        (folder / "shards").mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock").acquire(timeout=0):
            if (folder / FILE).exists():  # another run may have been here since the plan was made
                manifest = _continued(folder, manifest)
            for left in (*folder.glob(".*.tmp"), *(folder / "shards").glob(".*.tmp")):
                left.unlink()
            for sequence in manifest.sequences:
                manifest = _adopted(folder, manifest, sequence)
            write_manifest(folder, manifest)
            have = {shard.sequence for shard in manifest.shards}
            todo = [sequence for sequence in manifest.sequences if sequence not in have]
            return _run(plan, manifest, todo, synthesise, on_frame)
    except KeyboardInterrupt:
        raise Interrupted from None
    except Timeout:
        raise DatasetError(
            f"{folder} is in use by another radvis synth: wait for it or choose another --out"
        ) from None
    except OSError as error:
        if error.errno not in DISK_FAULTS:
            raise
        raise DatasetError(
            f"{folder}: {error.strerror}: make room or mend it, then run the same "
            "command again; finished sequences are kept"
        ) from None


def _run(
    plan: Plan,
    manifest: Manifest,
    todo: list[int],
    synthesise: Synthesise,
    on_frame: Callable[[int], None] | None,
) -> Manifest:
    """Let workers make the sequences, and write the manifest as each is done."""
    tasks = [
        (synthesise, manifest.config, manifest.seed, i, dict(manifest.tables), str(plan.folder))
        for i in todo
    ]
    try:
        with closing(run_tasks(_work, tasks, plan.workers, on_frame)) as finished:
            for sequence in finished:
                manifest = manifest.with_shard(record_of(plan.folder, sequence))
                write_manifest(plan.folder, manifest)
    except BrokenProcessPool:
        raise DatasetError(
            "a worker process was killed (out of memory?): run the same command again, perhaps "
            "with fewer --workers; finished sequences are kept"
        ) from None
    return manifest


def _work(
    synthesise: Synthesise,
    config: ScenarioConfig,
    seed: int,
    sequence: int,
    tables: Mapping[str, list[str]],
    folder: str,
) -> int:
    """Make one sequence and its shard, in a worker."""
    arrays = synthesise(config, seed, sequence, lambda _: count_step())
    header = ShardHeader(seed, sequence, config, tables, generator_name())
    write_shard(Path(folder) / shard_name(sequence), arrays, header)
    return sequence


def _continued(folder: Path, wanted: Manifest) -> Manifest:
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


def _adopted(folder: Path, manifest: Manifest, sequence: int) -> Manifest:
    """Take a shard into the books that was finished but not written down, or is not as written.

    A run that is killed between renaming a shard and writing the manifest leaves such a shard. One
    that is damaged or foreign is an error: it is never overwritten silently.
    """
    path = folder / shard_name(sequence)
    known = {shard.sequence: shard for shard in manifest.shards}.get(sequence)
    if not path.exists():
        return manifest
    if known is not None and path.stat().st_size == known.bytes:
        return manifest
    with open_shard(path) as file:
        header = read_header(file)
        same = (header.seed, header.sequence, header.config) == (
            manifest.seed, sequence, manifest.config,
        )  # fmt: skip
        defects = missing_from(file, manifest.config)
    if not same or defects:
        raise DatasetError(
            f"{path} is {defects[0] if defects else 'of another seed or configuration'}: delete it "
            "and run the same command again"
        )
    return manifest.with_shard(record_of(folder, sequence))


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
