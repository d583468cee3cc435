"""The pipeline on a page: let worker processes make the sequences, and keep the books."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from pathlib import Path

from filelock import FileLock, Timeout

from scenes.config import ScenarioConfig
from synth.manifest import (
    FILE,
    Manifest,
    record_of,
    write_manifest,
)
from synth.plan import Plan, continued
from synth.sample import Arrays
from synth.shards import (
    DatasetError,
    ShardHeader,
    generator_name,
    open_shard,
    read_header,
    shard_name,
    write_shard,
)
from synth.storage import missing_from
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
                manifest = continued(folder, manifest)
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
