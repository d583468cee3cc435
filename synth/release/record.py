"""release.json: what a release is, and which datasets it holds; SHA256SUMS: the bytes of it all."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from scenes.config import ConfigError
from scenes.own.names import printable
from synth.manifest import faults_named
from synth.release.terms import NAME, Terms
from synth.shards import DatasetError, file_sha256, replace_file

RELEASE, SUMS = "release.json", "SHA256SUMS"
RELEASE_VERSION = 1  # of the layout of a release
Progress = Callable[[str, int, int], None]  # step, done, of
LARGEST = 300_000_000  # bytes of SHA256SUMS; a million shards need a third of it
LARGEST_RECORD = 1_000_000  # bytes of release.json; thousands of datasets need less
DEEPEST = 3  # parts of the longest path in a release: DATASET/shards/000000.h5
READABLE = "change its rights, or fetch the release again"
LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9._/-]{1,500})")  # sha256sum's text form


@dataclass(frozen=True)
class Release:
    """What release.json holds.

    Attributes:
        terms: What the maintainer says.
        generator: Program and version that packed it.
        datasets: Names of its labelled datasets, which are folders beside release.json.
        withheld: Names of those without labels.
        previous: Version of the release before; empty for the first.
    """

    terms: Terms
    generator: str
    datasets: tuple[str, ...]
    withheld: tuple[str, ...] = ()
    previous: str = ""

    @property
    def folders(self) -> tuple[str, ...]:
        """All its datasets."""
        return (*self.datasets, *self.withheld)


def write_release(folder: Path, release: Release) -> None:
    """Write release.json."""
    held = {
        "release_version": RELEASE_VERSION, **asdict(release.terms),
        "generator": release.generator, "previous": release.previous,
        "datasets": list(release.datasets), "withheld": list(release.withheld),
    }  # fmt: skip
    replace_file(folder / RELEASE, (json.dumps(held, indent=1) + "\n").encode())


def read_release(folder: Path) -> Release:
    """Read a release.json that may come from anywhere.

    Raises:
        DatasetError: If there is none, or it is damaged.
    """
    path = folder / RELEASE
    try:
        held = json.loads(_content(path, LARGEST_RECORD))
        if held["release_version"] != RELEASE_VERSION:
            raise ValueError(
                f"release version {held['release_version']!r}, this radvis reads {RELEASE_VERSION}"
            )
        terms = Terms(**{key: _text(held[key]) for key in Terms.__dataclass_fields__})
        names = {key: tuple(map(_text, held[key])) for key in ("datasets", "withheld")}
        found = Release(terms, _text(held["generator"]), **names, previous=_text(held["previous"]))
        every = [name for part in names.values() for name in part]
        bad = next((name for name in every if not NAME.fullmatch(name)), None)
        if bad is not None or len(set(every)) != len(every) or not every:
            raise ValueError(f"datasets {every!r:.200} are not names of folders, each once")
        return found
    except (ValueError, KeyError, TypeError, RecursionError, ConfigError) as error:
        what = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        raise DatasetError(f"{path} is damaged ({what}): fetch the release again") from None


def is_release(folder: Path) -> bool:
    """Return whether a folder is a release, or one that has lost its release.json."""
    return (folder / RELEASE).is_file() or (folder / SUMS).is_file()


def files_of(folder: Path) -> Iterator[str]:
    """Yield all files of a release but SHA256SUMS, relative to it, sorted as bytes.

    Raises:
        DatasetError: If something is no file, or leads elsewhere.
    """
    held = things_of(folder)
    yield from sorted(name for name, is_file in held if is_file and name != SUMS)


def things_of(folder: Path) -> Iterator[tuple[str, bool]]:
    """Yield all files and folders of a release, relative to it, and whether each is a file.

    Raises:
        DatasetError: If something is neither, leads elsewhere, or lies too deep.
    """
    waiting = [folder]
    while waiting:
        for path in sorted(waiting.pop().iterdir()):
            name = path.relative_to(folder).as_posix()
            shown = folder / printable(name)
            with faults_named(shown, READABLE):
                is_folder = path.is_dir()
                kept = not path.is_symlink() and (is_folder or path.is_file())
            if not kept:
                raise DatasetError(f"{shown} is a link or no file: a release holds files only")
            if is_folder:
                if name.count("/") + 1 >= DEEPEST:
                    raise DatasetError(f"{shown} is no folder of a release: remove it")
                waiting.append(path)
            yield name, not is_folder


def write_sums(folder: Path, known: Mapping[str, str]) -> None:
    """Write SHA256SUMS over all files, so that `sha256sum -c` in the release checks it.

    Args:
        folder: Of the release.
        known: Checksums that need not be made again, by file.
    """
    lines = [
        f"{known.get(name) or file_sha256(folder / name)}  {name}\n" for name in files_of(folder)
    ]
    replace_file(folder / SUMS, "".join(lines).encode())


def read_sums(folder: Path) -> dict[str, str]:
    """Return checksums by file, from a SHA256SUMS that may come from anywhere.

    Raises:
        DatasetError: If there is none, or a line of it names no file within the release.
    """
    path = folder / SUMS
    found: dict[str, str] = {}
    for number, line in enumerate(_content(path, LARGEST).splitlines(), 1):
        match = LINE.fullmatch(line)
        name = match.group(2) if match else ""
        if match is None or PurePosixPath(name).is_absolute() or ".." in name.split("/"):
            raise DatasetError(f"{path}: line {number} is no checksum of a file of the release")
        if name in found:
            raise DatasetError(f"{path}: line {number} names {name} again")
        found[name] = match.group(1)
    return found


def sum_defects(folder: Path, on_bytes: Callable[[int], None] | None = None) -> Iterator[str]:
    """Yield which files are missing, not listed or of another checksum, a line each."""
    sums, done = read_sums(folder), 0
    there = list(files_of(folder))
    yield from (f"{name} is missing" for name in sorted(sums.keys() - set(there)))
    for name in there:
        if name not in sums:
            yield f"{printable(name)} is not listed in {SUMS}"
        elif _digest(folder / name) != sums[name]:
            yield f"{name} has another checksum than {SUMS} says: fetch it again"
        done += (folder / name).stat().st_size
        if on_bytes is not None:
            on_bytes(done)


def _digest(path: Path) -> str:
    with faults_named(path, READABLE):
        return file_sha256(path)


def _content(path: Path, largest: int) -> str:
    with faults_named(path, "name a release that can be read, or change its rights"):
        if path.is_symlink() or not path.is_file():
            raise DatasetError(
                f"{path} is missing: {path.parent} is no release; name one, or make one with "
                "radvis release"
            )
        if path.stat().st_size > largest:
            raise DatasetError(f"{path} is over {largest} bytes: this is not what it says it is")
        try:
            return path.read_bytes().decode()
        except UnicodeDecodeError:
            raise DatasetError(f"{path} is no text: fetch the release again") from None


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 2000:
        raise ValueError(f"{value!r:.100} is no text of sensible length")
    return value
