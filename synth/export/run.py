"""An export from its first sequence to its last, which goes on where it was stopped."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from scenes.config import ENTRIES, SEQUENCE_LENGTH, ConfigError
from scenes.config_io import to_dict
from synth.checked import check_frame
from synth.dataset import Dataset
from synth.export.captures import Captures
from synth.export.coco import Coco
from synth.export.folders import Folders
from synth.export.kitti import Kitti
from synth.export.parquet import Parquet
from synth.export.part import ASIDE, Exporter, Part, Source
from synth.export.tars import Tars
from synth.manifest import SPLITS, check_complete, faults_named, fingerprint
from synth.plan import raw_bytes
from synth.release.record import is_release, read_release
from synth.release.terms import LICENSE, Terms, license_text
from synth.sample import fields_of
from synth.shards import DatasetError, lies_in, replace_file

STATE = "export.json"  # what an export is of, and how far it has come
PNG_SHARE = 0.5  # of a picture's bytes, as measured on the built-in scenes
KEPT = 10.0  # [s] between writings of the state: what a killed export does again
LARGEST_STATE = 20_000_000  # bytes; a million sequences need some 10 MB


@dataclass(frozen=True)
class Format:
    """One format to export to.

    Attributes:
        make: What writes it.
        text: What it is.
        needs: Entries without which there is nothing to write.
        takes: Entries that it has a place for; None for all.
        library: The module that it is written with, if it is not radvis's own.
    """

    make: type[Exporter]
    text: str
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] | None = None
    library: str | None = None


FORMATS = {
    "coco": Format(Coco, "COCO JSON with pictures, boxes, masks", ("camera",), ("camera", "depth")),
    "webdataset": Format(Tars, "tar files of samples, one a sequence"),
    "huggingface": Format(Parquet, "Parquet for Hugging Face datasets", library="datasets"),
    "kitti": Format(
        Kitti, "KITTI's object benchmark, with .bin and .pcd scans", ("camera", "lidar"),
        ("camera", "lidar"), "pypcd4",
    ),
    "folders": Format(Folders, "plain PNG, NPY and JSON files"),
    "sigmf": Format(Captures, "SigMF recordings of the channel", ("csi",), ("csi",), "sigmf"),
}  # fmt: skip


@dataclass(frozen=True)
class Export:
    """What is to be exported, and where to.

    Attributes:
        folder: Of the dataset.
        out: Folder to write into.
        kind: A name of `FORMATS`.
        entries: Those that are written.
        parts: Split and number of each sequence.
        head: What the export's state file says of it, besides how far it has come.
        source: The dataset.
    """

    folder: Path
    out: Path
    kind: str
    entries: tuple[str, ...]
    parts: tuple[tuple[str, int], ...]
    head: dict[str, Any]
    source: Source

    @property
    def n_frame(self) -> int:
        """Frames in all."""
        return len(self.parts) * SEQUENCE_LENGTH

    @property
    def bytes(self) -> float:
        """About how much will be written: arrays as they are, pictures as PNG."""
        sizes = {entry: raw_bytes(entry, self.source.config) for entry in self.entries}
        if "camera" in sizes:
            sizes["camera"] *= PNG_SHARE
        return self.n_frame * sum(sizes.values())


def plan_export(
    folder: Path,
    out: Path,
    kind: str,
    splits: tuple[str, ...] = SPLITS,
    entries: tuple[str, ...] | None = None,
) -> Export:
    """Decide what to export; nothing is written yet.

    Args:
        folder: Of the dataset.
        out: Folder to write into: new, empty, or of the same export.
        kind: A name of `FORMATS`.
        splits: Which splits.
        entries: Which entries; None for all that the format takes.

    Raises:
        ConfigError: If there is no such format or entry, or a library is missing.
        DatasetError: If the dataset is withheld, not complete, or lacks what the format needs.
    """
    if lies_in(out, folder):
        raise ConfigError(f"--out {out} is inside {folder}, the dataset: choose another folder")
    if kind not in FORMATS:
        raise ConfigError(f"--to {kind}: formats are {', '.join(FORMATS)}")
    library = FORMATS[kind].library
    if library is not None and find_spec(library) is None:
        raise ConfigError(
            f"--to {kind} is written with {library}, which is not installed: "
            "pip install '.[export]' in radvis's folder"
        )
    with Dataset(folder) as data:
        data.require_labels()
        manifest = data.manifest
        check_complete(folder, manifest)
        wanted = _entries(folder, kind, manifest.config.entries, entries)
        fixed = {
            field.key: data.read(0, field.key)
            for field in fields_of(wanted)
            if not field.per_frame and not field.ragged and not field.key.endswith("/offset")
        }
        check_frame(data, 0, fixed)
        axes = {key: values.tolist() for key, values in fixed.items()}
    terms = _terms(folder)
    head = {
        "format": kind, "fingerprint": fingerprint([folder]), "generator": manifest.generator,
        "scene": manifest.name, "seed": manifest.seed, "splits": list(splits),
        "entries": list(wanted), "config": to_dict(manifest.config),
        "tables": dict(manifest.tables), "axes": axes,
        "release": f"{terms.name} {terms.version}" if terms else None,
        "license": terms.license if terms else None,
    }  # fmt: skip
    parts = tuple((split, i) for split in splits for i in sorted(manifest.splits[split]))
    if not parts:
        raise DatasetError(f"{folder} has no frame in its {splits[0]} split: name another --split")
    objects = {label.id: label for label in manifest.objects}
    source = Source(
        manifest.name, manifest.config, manifest.tables, objects, manifest.generator, terms
    )
    return Export(folder, out, kind, wanted, parts, head, source)


def run_export(plan: Export, on_frame: Callable[[int], None] | None = None) -> None:
    """Write a dataset in another format; run again, it goes on where it stopped.

    Args:
        plan: From `plan_export`.
        on_frame: Called with the number of frames written, those of runs before included.

    Raises:
        DatasetError: If the folder is another's, the disk is too small, or a shard is damaged.
    """
    out = plan.out
    with faults_named(out, "make room or mend it, then run the same command again"):
        out.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(out / ".lock").acquire(timeout=0):
                done, complete = _begun(plan)
                if not complete:
                    _go_on(plan, done, on_frame)
        except Timeout:
            raise DatasetError(
                f"{out} is in use by another radvis export: wait for it or choose another --out"
            ) from None


def _go_on(plan: Export, done: list[int], on_frame: Callable[[int], None] | None) -> None:
    """Write the sequences that are not done, and the end."""
    exporter = FORMATS[plan.kind].make(plan.out, plan.source)
    before = set(done)
    left = [(split, sequence) for split, sequence in plan.parts if sequence not in before]
    _keep(plan, done, complete=False)  # the folder is ours before anything else is in it
    kept = time.monotonic()
    with Dataset(plan.folder, entries=plan.entries) as data:
        first = {sequence: i * SEQUENCE_LENGTH for i, sequence in enumerate(data.sequences)}
        try:
            for split, sequence in left:
                exporter.write(Part(split, sequence, data, first[sequence]))
                done.append(sequence)
                if time.monotonic() - kept > KEPT:
                    _keep(plan, done, complete=False)
                    kept = time.monotonic()
                if on_frame is not None:
                    on_frame(len(done) * SEQUENCE_LENGTH)
        finally:
            _keep(plan, done, complete=False)
    exporter.finish(list(plan.parts))
    if plan.source.terms is not None:
        replace_file(plan.out / LICENSE, license_text(plan.source.terms).encode())
    _keep(plan, done, complete=True)
    shutil.rmtree(plan.out / ASIDE, ignore_errors=True)


def _terms(folder: Path) -> Terms | None:
    """Return the terms of the release that a dataset lies in; None if it lies in none.

    Raises:
        DatasetError: If its release.json is damaged.
    """
    place = folder.resolve()
    if not is_release(place.parent):
        return None
    release = read_release(place.parent)
    return release.terms if place.name in release.folders else None


def _entries(
    folder: Path, kind: str, held: tuple[str, ...], asked: tuple[str, ...] | None
) -> tuple[str, ...]:
    """Return the entries that are written.

    Raises:
        ConfigError: If the format has no place for one that is asked for.
        DatasetError: If the dataset lacks one.
    """
    needs, takes = FORMATS[kind].needs, FORMATS[kind].takes
    for entry in asked or ():
        if entry not in ENTRIES:
            raise ConfigError(f"--entries {entry!r}: entries are {', '.join(ENTRIES)}")
        if takes is not None and entry not in takes:
            raise ConfigError(f"--entries {entry}: {kind} has places for {', '.join(takes)} only")
    wanted = asked or tuple(entry for entry in held if takes is None or entry in takes)
    for entry in (*needs, *wanted):
        if entry not in held:
            raise DatasetError(f"{folder} holds {', '.join(held)}; {kind} needs {entry}, too")
    return tuple(entry for entry in held if entry in {*needs, *wanted})


def _begun(plan: Export) -> tuple[list[int], bool]:
    """Return which sequences the folder has, and whether the export came to its end.

    Raises:
        DatasetError: If the folder holds anything else.
    """
    path = plan.out / STATE
    if not path.exists():
        if any(item.name != ".lock" for item in plan.out.iterdir()):
            raise DatasetError(f"{plan.out} is not empty and no export: choose another --out")
        return [], False
    try:
        if path.stat().st_size > LARGEST_STATE:
            raise ValueError("too large")
        held = json.loads(path.read_text())
        done, complete = [int(i) for i in held["done"]], bool(held["complete"])
        theirs = {key: held[key] for key in plan.head}
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise DatasetError(
            f"{path} is damaged ({error}): remove {plan.out} and export anew"
        ) from None
    ours = json.loads(json.dumps(plan.head))
    differs = next((key for key, value in ours.items() if theirs[key] != value), None)
    if differs is not None:
        raise DatasetError(
            f"{plan.out} holds an export of another {differs}: choose another --out, or remove it"
        )
    return done, complete


def _keep(plan: Export, done: list[int], complete: bool) -> None:
    """Write down how far an export has come, once what it wrote would survive a power cut."""
    held = {**plan.head, "done": done, "complete": complete}
    os.sync()  # libraries write most of the files, and tell of none
    replace_file(plan.out / STATE, (json.dumps(held) + "\n").encode())
