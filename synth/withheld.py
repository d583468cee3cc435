"""Datasets without labels: what sensors saw, and nothing by which the labels could be made again.

Whoever knows seed and configuration of a dataset makes its labels again with radvis itself. So the
seed goes with the labels, and it must be one that nobody guesses by trying.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from scenes.config import ConfigError
from synth.manifest import Manifest, read_manifest, record_of, write_manifest
from synth.sample import fields_of
from synth.shards import DatasetError, open_shard, read_header, write_shard

# Weather and light are a seed's first draws, and are published: trying one takes about 0.2 us of a
# core, so that half of 2**62 seeds take a million cores 15,000 years.
LEAST_SEED = 2**62
NO_SEED = 0  # what stands where the seed was


def check_secret(folder: Path, manifest: Manifest, public: Collection[int]) -> None:
    """Raise ConfigError unless a dataset's labels cannot be made again by strangers.

    Args:
        folder: Of the dataset.
        manifest: What it says about itself.
        public: Seeds that are published.
    """
    if manifest.config.world.file:
        raise ConfigError(
            f"{folder} is of your own file {manifest.config.world.file}, whose target moves alike "
            "for every seed: it cannot be withheld"
        )
    if manifest.seed < LEAST_SEED or manifest.seed in public:
        fault = "is published" if manifest.seed in public else "can be guessed"
        raise ConfigError(
            f"{folder} has seed {manifest.seed}, which {fault}, and labels follow from it: "
            f"make it anew with a secret --seed of at least {LEAST_SEED} (python3 -c "
            f"'import secrets; print({LEAST_SEED} + secrets.randbelow({LEAST_SEED}))')"
        )


def strip(source: Path, out: Path, on_shard: Callable[[int], None] | None = None) -> dict[str, str]:
    """Write a dataset without its labels and its seed.

    Args:
        source: A whole dataset.
        out: Folder to write into: it has nothing yet.
        on_shard: Called with the number of shards written.

    Returns:
        Checksums by file, relative to the folder that `out` is in.

    Raises:
        DatasetError: If nothing would be left.
    """
    manifest = read_manifest(source)
    entries = tuple(entry for entry in manifest.config.entries if entry != "paths")
    if not entries:
        raise DatasetError(f"{source} holds propagation paths only, and these are labels")
    config = replace(manifest.config, entries=entries)
    tables = manifest.tables
    every = {"train": [], "validation": [], "test": list(manifest.sequences)}
    stripped = replace(
        manifest, config=config, seed=NO_SEED, splits=every, shards=(), objects=(), labels=False
    )
    (out / "shards").mkdir(parents=True)
    sums = {}
    for done, shard in enumerate(manifest.shards, 1):
        with open_shard(source / shard.file) as file:
            header = replace(
                read_header(file), seed=NO_SEED, config=config, tables=tables, labels=False
            )
            arrays = {field.key: file[field.key][()] for field in fields_of(entries, labels=False)}
        write_shard(out / shard.file, arrays, header)
        record = record_of(out, shard.sequence)
        stripped = stripped.with_shard(record)
        sums[f"{out.name}/{record.file}"] = record.sha256
        if on_shard is not None:
            on_shard(done)
    write_manifest(out, stripped)
    return sums
