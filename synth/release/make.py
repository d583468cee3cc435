"""Making a release: datasets, documents and checksums in one folder, whole or not there at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from synth.dataset import Dataset
from synth.manifest import Manifest, faults_named, read_manifest, write_manifest
from synth.release.archive import archive
from synth.release.card import card
from synth.release.contents import Contents, drawn
from synth.release.croissant import FILE as CROISSANT
from synth.release.croissant import croissant
from synth.release.datasheet import datasheet
from synth.release.frames import FILE as FRAMES
from synth.release.frames import frame_rows, row_writer
from synth.release.plan import ReleasePlan, folders_of, new_lines
from synth.release.plots import target_plots, world_plots
from synth.release.record import (
    Progress,
    Release,
    files_of,
    read_release,
    write_release,
    write_sums,
)
from synth.release.statistics import Tally, summaries
from synth.release.terms import LICENSE, license_text
from synth.shards import DatasetError, generator_name, link_or_copy, replace_file
from synth.validate import validate
from synth.view import contact_sheet
from synth.withheld import strip

CHANGELOG, CHANGELOG_HEAD = "CHANGELOG.md", "# Changelog"
LARGEST_CHANGELOG = 1_000_000  # bytes
SHOWN = 3  # frames of each dataset in the card


def make_release(plan: ReleasePlan, on_step: Progress | None = None) -> Release:
    """Make a release: in a folder beside, which takes its name when it and its tar are whole.

    Shards are linked where the file system allows it, else copied; the datasets stay as they are.

    Args:
        plan: From `plan_release`.
        on_step: Called with what is done, how far it is, and of how many.

    Raises:
        DatasetError: If a dataset breaks a promise of the format, or the disk is full.
    """
    step = on_step or (lambda what, done, whole: None)
    out = plan.out.absolute()
    beside = out.with_name(f".{out.name}.tmp")
    hidden = None if plan.private is None else plan.private.absolute()
    private = None if hidden is None else hidden.with_name(f".{hidden.name}.tmp")
    with faults_named(out, "make room or mend it, then run the same command again"):
        out.parent.mkdir(parents=True, exist_ok=True)
        with _alone(out), _begun(beside), _begun(private):
            sums = dict(_bring_all(plan, beside, private, step))
            release = Release(
                plan.terms, generator_name(), tuple(plan.folders), tuple(plan.withheld),
                "" if plan.previous is None else read_release(plan.previous).terms.version,
            )  # fmt: skip
            write_release(beside, release)
            _describe(plan, beside, release, step)
            write_sums(beside, sums)
            if plan.archive is not None:
                whole = sum((beside / name).stat().st_size for name in files_of(beside))
                told = partial(_tell, step, "archive", whole)
                archive(beside, plan.archive.absolute(), out.name, told)
            if private is not None and hidden is not None:
                _take_name(private, hidden)
            _take_name(beside, out)
    return release


def _bring_all(
    plan: ReleasePlan, out: Path, private: Path | None, step: Progress
) -> Iterator[tuple[str, str]]:
    """Check and place all datasets; yield the shards' checksums by file."""
    for name, source in {**plan.folders, **plan.withheld}.items():
        manifest = read_manifest(source)
        whole = len(manifest.shards)
        found = validate(source, partial(_tell, step, f"check {name}", whole))
        if found:
            raise DatasetError(
                f"{source} does not validate ({len(found)} defects, the first: {found[0]}): run "
                f"radvis validate {source}, mend it, then release"
            )
        if name in plan.withheld:
            assert private is not None
            _bring(source, private / name, manifest)
            told = partial(_tell, step, f"strip {name}", whole)
            yield from strip(source, out / name, told).items()
        else:
            _bring(source, out / name, manifest)
            yield from ((f"{name}/{shard.file}", shard.sha256) for shard in manifest.shards)


def _tell(step: Progress, what: str, whole: int, done: int) -> None:
    step(what, done, whole)


def _bring(source: Path, folder: Path, manifest: Manifest) -> None:
    (folder / "shards").mkdir(parents=True)
    for shard in manifest.shards:
        link_or_copy(source / shard.file, folder / shard.file)
    write_manifest(folder, manifest)


def _describe(plan: ReleasePlan, out: Path, release: Release, step: Progress) -> None:
    """Write statistics, pictures and documents."""
    manifests = {name: read_manifest(out / name) for name in release.folders}
    tallies = {name: Tally() for name in manifests}
    n_frame, done = sum(manifest.n_frame for manifest in manifests.values()), 0
    with (out / FRAMES).open("w", newline="", encoding="utf-8") as file:
        writer = row_writer(file)
        for name in manifests:
            for row in frame_rows(name, out / name):
                tallies[name].add(row)
                writer.writerow(row)
                done += 1
                step("count frames", done, n_frame)
    contents = Contents(release, manifests, summaries(tallies))
    told = json.dumps(contents.statistics, indent=1) + "\n"
    replace_file(out / "statistics.json", told.encode())
    (out / "statistics").mkdir()
    replace_file(out / "statistics/targets.png", target_plots(tallies))
    replace_file(out / "statistics/worlds.png", world_plots(tallies))
    for name in release.datasets:
        with Dataset(out / name) as data:
            if drawn(manifests[name]):
                (out / "pictures").mkdir(exist_ok=True)
                last = len(data) - 1
                chosen = sorted({round(last * i / (SHOWN + 1)) for i in range(1, SHOWN + 1)})
                contact_sheet(data, out / f"pictures/{name}.png", chosen)
    for file_name, text in (
        ("README.md", card(contents)), ("DATASHEET.md", datasheet(contents)),
        (CHANGELOG, _changelog(plan, folders_of(out, manifests))),
        (LICENSE, license_text(plan.terms)),
    ):  # fmt: skip
        replace_file(out / file_name, text.encode())
    replace_file(out / CROISSANT, croissant(contents, out))


def _changelog(plan: ReleasePlan, new: Mapping[str, Path]) -> str:
    """Return the changelog: what is new, and below it that of the release before."""
    if plan.previous is None:
        lines, older = iter(["First release."]), ""
    else:
        before = read_release(plan.previous)
        lines = new_lines(plan.terms, plan.previous, before.folders, new)
        older = _older(plan.previous / CHANGELOG)
    day = f" ({plan.terms.day})" if plan.terms.day else ""
    head = f"## {plan.terms.version}{day}\n\n" + "".join(f"* {line}\n" for line in lines)
    return f"{CHANGELOG_HEAD}\n\n{head}" + (f"\n{older}" if older else "")


def _older(path: Path) -> str:
    """Return the versions of a changelog from anywhere; nothing if there is none."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST_CHANGELOG:
        return ""
    text = path.read_text("utf-8", "replace")
    return text.removeprefix(CHANGELOG_HEAD).strip() + "\n"


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Hold the lock of a release that is being made."""
    lock = FileLock(out.with_name(f".{out.name}.lock"))
    try:
        with lock.acquire(timeout=0):
            try:
                yield
            finally:  # while it is held: nobody else's is taken away
                Path(lock.lock_file).unlink(missing_ok=True)
    except Timeout:
        raise DatasetError(
            f"{out} is being made by another radvis: wait for it or choose another --out"
        ) from None


@contextmanager
def _begun(beside: Path | None) -> Iterator[None]:
    """Make a folder anew, and leave nothing of it if what follows fails."""
    if beside is None:
        yield
        return
    shutil.rmtree(beside, ignore_errors=True)  # of a run that was killed
    beside.mkdir(parents=True)
    try:
        yield
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _take_name(beside: Path, folder: Path) -> None:
    if folder.exists():  # and empty, as the plan has seen
        folder.rmdir()
    os.replace(beside, folder)
