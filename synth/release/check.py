"""Every promise of a release, checked against what lies on disk."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from mmap import ACCESS_READ, mmap
from pathlib import Path, PurePosixPath

import h5py
import numpy as np

from scenes.own.names import printable
from synth.manifest import FILE as MANIFEST
from synth.manifest import Manifest, manifest_bytes, read_manifest
from synth.release.card import card, card_body
from synth.release.contents import Contents, drawn
from synth.release.croissant import DESCRIBED, croissant, described
from synth.release.croissant import FILE as CROISSANT
from synth.release.datasheet import datasheet
from synth.release.frames import FILE as FRAMES
from synth.release.frames import frame_rows, row_writer
from synth.release.record import (
    RELEASE,
    Progress,
    Release,
    files_of,
    read_release,
    sum_defects,
    things_of,
)
from synth.release.statistics import Tally, summaries
from synth.release.terms import LICENSE, license_text
from synth.shards import DatasetError, file_sha256, generator_name, open_shard
from synth.storage import H5_FAULTS
from synth.validate import validate
from synth.withheld import NO_SEED

DOCUMENTS = (
    "README.md", "DATASHEET.md", "CHANGELOG.md", LICENSE, "statistics.json",
    "statistics/targets.png", "statistics/worlds.png", FRAMES, CROISSANT,
)  # fmt: skip
HEADER = {
    "format_version",
    "generator",
    "seed",
    "sequence",
    "config",
    "scene",
    "tables",
    "labels",
}  # attributes of a shard
PIXELS = {b"IHDR", b"IDAT", b"IEND", b"pHYs"}  # chunks of the PNGs that radvis writes
LARGEST_DOCUMENT = 10_000_000  # bytes of JSON that are read at once


def check_release(
    folder: Path, private: Path | None = None, on_step: Progress | None = None
) -> list[str]:
    """Return what is wrong with a release, a line a defect; an empty list if nothing is.

    Args:
        folder: Of the release, from anywhere.
        private: Where its withheld labels are, to compare what is released with them.
        on_step: Called with what is checked, how far it is, and of how many.

    Raises:
        DatasetError: If it is no release.
    """
    step = on_step or (lambda what, done, whole: None)
    release = read_release(folder)
    if private is not None:
        for name in release.withheld:
            read_manifest(private / name)  # a wrong folder is said before the work
    whole = sum((folder / name).stat().st_size for name in files_of(folder))
    defects = list(sum_defects(folder, lambda done: step("checksums", done, whole)))
    defects += [f"{name} is missing" for name in DOCUMENTS if not (folder / name).is_file()]
    for name in release.folders:
        try:
            defects += [f"{name}: {text}" for text in _dataset_defects(folder, release, name, step)]
        except DatasetError as error:
            defects.append(str(error))
    if defects:
        return list(dict.fromkeys(defects))  # what is damaged is not worth comparing
    checks: tuple[tuple[str, Callable[[Path, Release], Iterable[str]]], ...] = (
        ("files", _file_defects), (CROISSANT, _description_defects),
        ("labels", _label_defects), ("documents", _document_defects),
    )  # fmt: skip
    for what, check in checks:
        if defects and check is _document_defects:
            break  # they are written from what the others have found wrong
        try:
            defects += check(folder, release)
        except (DatasetError, OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            defects.append(f"{what}: cannot be read ({error})")
    if private is not None:
        defects += _private_defects(folder, release, private)
    return defects


def _dataset_defects(folder: Path, release: Release, name: str, step: Progress) -> Iterator[str]:
    manifest = read_manifest(folder / name)
    whole = len(manifest.shards)
    yield from validate(
        folder / name, lambda done: step(f"check {name}", done, whole), "fetch it again"
    )
    if name in release.withheld:
        yield from _leaks(folder / name, manifest)
    elif not manifest.labels:
        yield "has no labels, and is not among the withheld"


def _leaks(folder: Path, manifest: Manifest) -> Iterator[str]:
    """Yield by what the labels of a withheld dataset could be made again."""
    if manifest.labels:
        yield "is withheld and has labels"
    if manifest.seed != NO_SEED:
        yield "is withheld and tells its seed, from which the labels follow"
    if manifest.splits["train"] or manifest.splits["validation"]:
        yield "is withheld and in another split than test"
    if manifest.objects:
        yield "is withheld and names objects"
    if _holds_more(folder / MANIFEST, manifest):
        yield f"{MANIFEST} is not written as radvis writes it, and may tell more: fetch it again"
    for shard in manifest.shards:
        if not _only_hdf5(folder / shard.file):
            yield f"{shard.file} has bytes before or behind its arrays: fetch it again"
            return
        extra = _strange_attributes(folder / shard.file)
        if extra:
            yield f"{shard.file} carries {min(extra)!r:.100}, which no format has"
            return


def _holds_more(path: Path, manifest: Manifest) -> bool:
    """Return whether a manifest's bytes are others than those that radvis writes of it."""
    content = path.read_bytes()
    held = json.loads(content.decode())
    older = {key: held[key] for key in ("config", "config_hash")}  # some keys may be younger
    whole = json.loads(manifest_bytes(manifest)) | older
    return content != (json.dumps(whole, indent=1) + "\n").encode()


def _only_hdf5(path: Path) -> bool:
    """Return whether a file is what its superblock says, from the first byte to the last.

    Source: HDF5 File Format Specification 3.0, "Disk Format: Level 0A", superblock versions 2, 3.
    """
    with path.open("rb") as file:
        head = file.read(48)
    base, end = int.from_bytes(head[12:20], "little"), int.from_bytes(head[28:36], "little")
    known = head[:8] == b"\x89HDF\r\n\x1a\n" and head[8] in (2, 3) and head[9] == 8
    return known and base == 0 and end == path.stat().st_size


def _strange_attributes(path: Path) -> set[str]:
    """Return attributes that a shard has beyond its header and the units of its arrays."""
    try:
        with open_shard(path) as file:
            found = set(file.attrs) - HEADER

            def look(_: str, item: h5py.HLObject) -> None:
                of_arrays = {"unit"} if isinstance(item, h5py.Dataset) else set()
                found.update(set(item.attrs) - of_arrays)

            file.visititems(look)
            return found
    except H5_FAULTS as error:
        raise DatasetError(f"{path} cannot be read ({error}): fetch it again") from None


def _file_defects(folder: Path, release: Release) -> list[str]:
    """Return which files a release lacks, and which it has that it should not have."""
    wanted, there = {RELEASE, *DOCUMENTS}, set(files_of(folder))
    for name in release.folders:
        manifest = read_manifest(folder / name)
        wanted |= {f"{name}/{file}" for file in (MANIFEST, *(x.file for x in manifest.shards))}
        if name in release.datasets and drawn(manifest):
            wanted.add(f"pictures/{name}.png")
    holding = {path.as_posix() for name in wanted for path in PurePosixPath(name).parents}
    names = {name for name, is_file in things_of(folder) if not is_file}
    strange = sorted((there - wanted) | (names - holding))
    return [
        *(f"{name} is missing" for name in sorted(wanted - there)),
        *(f"{printable(name)} is no file of a release: remove it" for name in strange),
    ]


def _description_defects(folder: Path, release: Release) -> list[str]:
    """Return where croissant.json says anything else than the files that it describes."""
    path = folder / CROISSANT
    if path.stat().st_size > LARGEST_DOCUMENT:
        raise ValueError("too large")
    held = json.loads(path.read_bytes().decode())
    if not isinstance(held, dict):
        raise ValueError("not a JSON object")
    terms = release.terms
    found = [
        f"{CROISSANT}: {key} is {held.get(key)!r:.100}, release.json says {value!r:.100}"
        for key, value in (
            ("name", terms.name), ("version", terms.version), ("license", terms.license_url),
        ) if held.get(key) != value
    ]  # fmt: skip
    told = described(held)
    wanted = {*DESCRIBED, *(f"{name}/manifest.json" for name in release.folders)}
    found += [
        f"{CROISSANT}: {name!r:.100} is no file that it should describe"
        for name in sorted(set(told) ^ wanted)
    ]
    for name in sorted(set(told) & wanted):
        n_bytes, digest = told[name]
        if (folder / name).stat().st_size != n_bytes or file_sha256(folder / name) != digest:
            found.append(f"{CROISSANT}: size or sha256 of {name} is not the file's")
    return found


def _label_defects(folder: Path, release: Release) -> list[str]:
    """Return where frames.csv and statistics.json differ from what the shards hold."""
    tallies = {name: Tally() for name in release.folders}
    with (folder / FRAMES).open(encoding="utf-8", newline="") as file:
        for number, (row, line) in enumerate(
            zip_longest(_rows(folder, release, tallies), _lines(file)), 1
        ):
            if row != line:
                return [f"{FRAMES}: line {number} is not what the shards hold"]
    path = folder / "statistics.json"
    if path.stat().st_size > LARGEST_DOCUMENT:
        raise ValueError("too large")
    if json.loads(path.read_bytes().decode()) != json.loads(json.dumps(summaries(tallies))):
        return ["statistics.json is not what the shards hold"]
    return []


def _document_defects(folder: Path, release: Release) -> Iterator[str]:
    """Yield which documents are others than those that radvis writes of the data.

    Texts differ from version to version: those of another one are not compared. Pictures hold
    nothing but pixels.
    """
    pictures = [name for name in files_of(folder) if name.endswith(".png")]
    for name in pictures:
        if not _only_pixels(folder / name):
            yield f"{name} carries more than a picture: fetch it again"
    if release.generator != generator_name():
        return
    manifests = {name: read_manifest(folder / name) for name in release.folders}
    statistics = json.loads((folder / "statistics.json").read_bytes().decode())
    contents = Contents(release, manifests, statistics)
    made = {
        "DATASHEET.md": datasheet(contents).encode(),
        LICENSE: license_text(release.terms).encode(),
        CROISSANT: croissant(contents, folder),
    }
    try:
        made["README.md"] = card(contents).encode()
    except ImportError:  # the hub's library writes its header; the rest is compared
        body = card_body(contents).encode()
        if not (folder / "README.md").read_bytes().endswith(b"---\n\n" + body):
            yield "README.md is not what radvis writes of the data"
    for name, content in made.items():
        path = folder / name
        if path.stat().st_size != len(content) or path.read_bytes() != content:
            yield f"{name} is not what radvis writes of the data"


def _only_pixels(path: Path) -> bool:
    """Return whether a PNG has the chunks of a plain picture alone, and ends with the last."""
    with path.open("rb") as file:
        if file.read(8) != b"\x89PNG\r\n\x1a\n":
            return False
        kind = b""
        while kind != b"IEND":
            head = file.read(8)
            if len(head) < 8:
                return False
            length, kind = int.from_bytes(head[:4], "big"), head[4:]
            if kind not in PIXELS:
                return False
            file.seek(length + 4, os.SEEK_CUR)
        return file.tell() == path.stat().st_size


def _rows(folder: Path, release: Release, tallies: dict[str, Tally]) -> Iterator[str]:
    """Yield the lines of frames.csv as the shards make them."""
    text = io.StringIO()
    writer = row_writer(text)
    yield text.getvalue()
    for name in release.folders:
        for row in frame_rows(name, folder / name):
            tallies[name].add(row)
            text.seek(0)
            text.truncate()
            writer.writerow(row)
            yield text.getvalue()


def _lines(file: io.TextIOBase) -> Iterator[str]:
    """Yield lines of a text from anywhere; a line without end is cut."""
    while line := file.readline(10_000):
        yield line


def _private_defects(folder: Path, release: Release, private: Path) -> list[str]:
    """Return where withheld data are not those of the private folder, or its seeds are public."""
    public = {read_manifest(folder / name).seed for name in release.datasets}
    found = []
    for name in release.withheld:
        secret, open_ = read_manifest(private / name), read_manifest(folder / name)
        if secret.seed in public:
            found.append(f"{name}: its secret seed is that of a released dataset")
        found += [f"{file}: holds the secret seed of {name}" for file in _telling(folder, secret)]
        if list(secret.sequences) != list(open_.sequences):
            found.append(f"{name}: the private folder has other sequences")
            continue
        found += [f"{name}: {text}" for text in validate(private / name)]
        found += [
            f"{name}: {shard.file} is not what the private folder holds"
            for shard in open_.shards
            if not _same(folder / name / shard.file, private / name / shard.file)
        ]
    return found


def _telling(folder: Path, secret: Manifest) -> Iterator[str]:
    """Yield which files hold a seed, as text or as a number of eight bytes."""
    forms = [str(secret.seed).encode(), f"{secret.seed:x}".encode(), f"{secret.seed:X}".encode()]
    forms += [secret.seed.to_bytes(8, "little"), secret.seed.to_bytes(8, "big")]
    for name in files_of(folder):
        path = folder / name
        if not path.stat().st_size:
            continue
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
            if any(content.find(form) >= 0 for form in forms):
                yield name


def _same(one: Path, other: Path) -> bool:
    """Return whether all arrays of a shard are in another, too."""
    try:
        with open_shard(one) as held, open_shard(other) as whole:
            keys = [f"{group}/{name}" for group in held for name in held[group]]
            return all(np.array_equal(held[key][()], whole[key][()]) for key in keys)
    except H5_FAULTS:
        return False
