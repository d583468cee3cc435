"""The pipeline on a page: let worker processes make the sequences, and keep the books."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from scenes.config import ScenarioConfig
from synth.manifest import (
    FILE,
    Manifest,
    ShardRecord,
    faults_named,
    misfit,
    record_of,
    write_manifest,
)
from synth.plan import Plan, continued_in
from synth.sample import Arrays
from synth.shards import (
    DatasetError,
    ShardHeader,
    generator_name,
    open_shard,
    shard_name,
    write_shard,
)
from synth.workers import count_step, run_tasks

DISK_FAULTS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)

Synthesise = Callable[[ScenarioConfig, int, int, Callable[[int], None] | None], Arrays]


class Interrupted(Exception):
    """The user stopped the run; what is finished is kept."""


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
                manifest = continued_in(folder, manifest)
            for left in (*folder.glob(".*.tmp"), *(folder / "shards").glob(".*.tmp")):
                left.unlink()
            manifest = _adopted(folder, manifest)
            write_manifest(folder, manifest)
            missing = set(manifest.missing)
            todo = [sequence for sequence in plan.sequences if sequence in missing]
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
    tables = dict(manifest.tables)
    tasks = (
        (synthesise, manifest.config, manifest.seed, i, tables, str(plan.folder)) for i in todo
    )
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
    except KeyboardInterrupt:  # what others had finished, but not yet told, is written down, too
        listed = {shard.sequence for shard in manifest.shards}
        for sequence in todo:
            if sequence not in listed and (plan.folder / shard_name(sequence)).exists():
                manifest = manifest.with_shard(record_of(plan.folder, sequence))
        write_manifest(plan.folder, manifest)
        raise
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


def _adopted(folder: Path, manifest: Manifest) -> Manifest:
    """Return the manifest with the shards that are there, each checked.

    A run that is killed between renaming a shard and writing the manifest leaves one that is not
    written down. One that is damaged or foreign is an error: it is never overwritten silently.
    """
    known = {shard.sequence: shard for shard in manifest.shards}
    paths = {sequence: folder / shard_name(sequence) for sequence in manifest.sequences}
    records = tuple(
        _checked(path, folder, manifest, sequence, known.get(sequence))
        for sequence, path in paths.items()
        if path.exists()
    )
    return replace(manifest, shards=records)


def _checked(
    path: Path, folder: Path, manifest: Manifest, sequence: int, known: ShardRecord | None
) -> ShardRecord:
    """Return the record of a shard that is as written down, if it is, and as the manifest asks."""
    mend = "delete it and run the same command again"
    with faults_named(path, mend):
        record = record_of(folder, sequence)
    if known is not None and record != known:  # before HDF5 has trouble with it
        raise DatasetError(f"{path} is damaged, its checksum is not manifest.json's: {mend}")
    with open_shard(path) as file:
        fault = misfit(file, manifest, sequence)
    if fault:
        raise DatasetError(f"{path}: {fault}: {mend}")
    return record
