"""Parts of a dataset, made in folders of their own, joined to one."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from synth.manifest import (
    FILE,
    Manifest,
    ShardRecord,
    difference,
    faults_named,
    read_manifest,
    write_manifest,
)
from synth.shards import DatasetError, link_or_copy
from synth.validate import file_defect

MEND = "mend it by the radvis synth command that made it, then merge again"


def merge(
    parts: Sequence[Path], out: Path, on_shard: Callable[[int, int], None] | None = None
) -> Manifest:
    """Join datasets of one seed and configuration; run again, it goes on where it stopped.

    Every shard is compared with its checksum, then linked if `out` lies in the same file system,
    else copied; the parts stay as they are.

    Args:
        parts: Folders of datasets; a shard may be in several of them.
        out: Folder of the whole: new, or of the same dataset.
        on_shard: Called with the number of shards that are there, and of all.

    Raises:
        DatasetError: If the parts are not of one dataset, a shard is damaged, or one is missing.
    """
    if out.resolve() in {part.resolve() for part in parts}:
        raise DatasetError(f"{out} is one of the parts: choose another --out")
    manifests = {part: read_manifest(part) for part in parts}
    if (out / FILE).exists():
        manifests = {out: read_manifest(out), **manifests}
    elif out.exists() and any(out.iterdir()):
        raise DatasetError(f"{out} is not empty and no dataset: choose another --out")
    whole = _joined(manifests)
    # Parts come after `out` and win: what it lists may have been deleted since.
    origin = {shard.sequence: part for part, held in manifests.items() for shard in held.shards}
    with faults_named(out, "make room or mend it, then run the same command again"):
        (out / "shards").mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(out / ".lock").acquire(timeout=0):
                if not (out / FILE).exists():  # whoever looks sees that nothing is complete yet
                    write_manifest(out, replace(whole, shards=()))
                for count, shard in enumerate(whole.shards, 1):
                    _bring(origin[shard.sequence], out, shard)
                    if on_shard is not None:
                        on_shard(count, len(whole.shards))
                write_manifest(out, whole)
        except Timeout:
            raise DatasetError(
                f"{out} is in use by another radvis: wait for it or choose another --out"
            ) from None
    return whole


def _joined(manifests: dict[Path, Manifest]) -> Manifest:
    """Return the manifest of all parts together.

    Raises:
        DatasetError: If they are not of one dataset.
    """
    (first, whole), *others = manifests.items()
    for part, held in others:
        differs = difference(whole, held)
        if differs is not None:
            key, ours, theirs = differs
            raise DatasetError(
                f"{part} was made with {key} = {theirs!r:.200}, {first} with {ours!r:.200}: parts "
                "of one dataset have all in common but their shards"
            )
        if held.n_frame != whole.n_frame or held.splits != whole.splits:
            raise DatasetError(
                f"{part} is of {held.n_frame} frames, {first} of {whole.n_frame}: give all parts "
                "the same --n"
            )
    shards: dict[int, ShardRecord] = {}
    for part, held in manifests.items():
        for shard in held.shards:
            if shards.setdefault(shard.sequence, shard) != shard:
                raise DatasetError(f"{part / shard.file} differs from another part's: {MEND}")
    missing = sorted(set(whole.sequences) - set(shards))
    if missing:
        listed = ", ".join(map(str, missing[:10])) + ", ..." * (len(missing) > 10)
        raise DatasetError(
            f"{len(missing)} of {len(whole.sequences)} sequences are in no part ({listed}): finish "
            "the parts with their radvis synth commands, or name the parts that hold them, too"
        )
    return replace(whole, shards=tuple(shards[i] for i in sorted(shards)))


def _bring(part: Path, out: Path, shard: ShardRecord) -> None:
    """Put a shard where it belongs, whole or not at all."""
    target = out / shard.file
    if not target.exists():
        _check(part, shard, MEND)
        beside = target.with_name(f".{target.name}.tmp")
        beside.unlink(missing_ok=True)
        linked = link_or_copy(part / shard.file, beside)
        os.replace(beside, target)
        if linked:
            return
    _check(out, shard, "delete it and merge again")


def _check(folder: Path, shard: ShardRecord, mend: str) -> None:
    """Raise DatasetError unless a shard is as its record says."""
    damage = file_defect(folder, shard)
    if damage is not None:
        raise DatasetError(f"{folder / shard.file} {damage.split(':')[0]}: {mend}")
