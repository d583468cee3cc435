"""What is to be released, decided before anything is written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from scenes.config import ConfigError
from synth.manifest import check_complete, read_manifest
from synth.release.changes import changes, check_version, term_lines
from synth.release.check import DOCUMENTS
from synth.release.record import RELEASE, SUMS, is_release, read_release
from synth.release.terms import NAME, Terms
from synth.shards import DatasetError, lies_in
from synth.withheld import check_secret

RESERVED = sorted({"pictures", *(name.split("/")[0] for name in (*DOCUMENTS, RELEASE, SUMS))})


@dataclass(frozen=True)
class ReleasePlan:
    """A release that can be made.

    Attributes:
        terms: What the maintainer says.
        out: Folder of the release.
        folders: Of its labelled datasets, by name.
        withheld: Of those whose labels stay private, by name.
        private: Where these go with their labels.
        previous: Folder of the release before.
        archive: A tar of it all; None for none.
    """

    terms: Terms
    out: Path
    folders: Mapping[str, Path]
    withheld: Mapping[str, Path]
    private: Path | None
    previous: Path | None
    archive: Path | None


def plan_release(
    terms: Terms,
    out: Path,
    folders: tuple[Path, ...],
    withheld: tuple[Path, ...] = (),
    private: Path | None = None,
    previous: Path | None = None,
    as_archive: bool = False,
) -> ReleasePlan:
    """Decide what to release; nothing is written yet.

    Args:
        terms: What the maintainer says.
        out: Folder of the release: it must not exist.
        folders: Of datasets.
        withheld: Of datasets that are released without their labels.
        private: Where those go with their labels: it must not exist.
        previous: Folder of the release before, if there is one.
        as_archive: Whether a tar is made beside the folder, too: it must not exist.

    Raises:
        ConfigError: If the version does not follow, or an option lacks another.
        DatasetError: If a dataset is not complete, or a folder exists.
    """
    if _is_there(out):
        another = ", or another --version" if is_release(out) else ""
        raise DatasetError(
            f"{out} exists: a release is never changed; choose another --out{another}"
        )
    if private is not None and _is_there(private):
        raise DatasetError(
            f"{private} exists: each release has a private folder of its own; choose another "
            "--private"
        )
    archive = out.with_name(f"{out.name}.tar") if as_archive else None
    if archive is not None and archive.exists():
        raise DatasetError(f"{archive} exists: move it away, or choose another --out")
    if withheld and private is None:
        raise ConfigError("--withheld: say where the labels go, with --private FOLDER")
    if private is not None and not withheld:
        raise ConfigError("--private: name the datasets whose labels go there, with --withheld DIR")
    if private is not None and lies_in(private, out):
        raise ConfigError(
            f"--private {private} is inside {out}: labels would be released; choose another folder"
        )
    if private is not None and lies_in(out, private):
        raise ConfigError(
            f"--out {out} is inside --private {private}, where labels stay: choose another folder"
        )
    named = _named((*folders, *withheld))
    for name, folder in named.items():
        _check_dataset(name, folder)
    public = {name: path for name, path in named.items() if path in folders}
    hidden = {name: path for name, path in named.items() if path not in folders}
    if public:
        _check_splits(public.values())
    before = {} if previous is None else folders_of(previous, read_release(previous).datasets)
    seeds = {read_manifest(path).seed for path in (*public.values(), *before.values())}
    for path in hidden.values():
        check_secret(path, read_manifest(path), seeds)
    if previous is not None:  # what is withheld is compared when it has lost its labels
        new_lines(terms, previous, tuple(before), public)
    return ReleasePlan(terms, out, public, hidden, private, previous, archive)


def new_lines(
    terms: Terms, previous: Path, names: tuple[str, ...], new: Mapping[str, Path]
) -> Iterator[str]:
    """Return what the changelog says is new, a line each.

    Args:
        terms: Of the new release.
        previous: Folder of the release before.
        names: Its datasets that are compared.
        new: Folders of the datasets of the new release, by name.

    Raises:
        ConfigError: If the version does not follow from it.
    """
    found = changes(folders_of(previous, names), new)
    before = read_release(previous)
    check_version(before.terms.version, terms.version, found, before.previous)
    return chain(found.lines(), term_lines(before.terms, terms))


def folders_of(release: Path, names: Iterable[str]) -> dict[str, Path]:
    """Return where datasets of a release lie, by name."""
    return {name: release / name for name in names}


def _named(folders: tuple[Path, ...]) -> dict[str, Path]:
    """Return datasets by the name of their folder.

    Raises:
        ConfigError: If there is none, or two have one name.
    """
    if not folders:
        raise ConfigError("name at least one dataset: radvis release DIR ... --version 1.0.0")
    named: dict[str, Path] = {}
    for folder in folders:
        name = folder.resolve().name
        if not NAME.fullmatch(name) or name.lower() in map(str.lower, RESERVED):
            raise ConfigError(
                f"{folder}: the folder's name becomes the dataset's: letters, digits, dots, "
                f"dashes, and none of {', '.join(RESERVED)}"
            )
        if name in named:
            raise ConfigError(f"{folder} and {named[name]} have one name: rename a folder")
        named[name] = folder
    return named


def _check_dataset(name: str, folder: Path) -> None:
    manifest = read_manifest(folder)
    check_complete(folder, manifest)
    if not manifest.labels:
        raise DatasetError(f"{folder} has lost its labels already: release {name} with them")


def _check_splits(folders: Collection[Path]) -> None:
    """Raise DatasetError if no sequence is in a split that there should be."""
    manifests = [read_manifest(folder) for folder in folders]
    wanted = {"train": 1.0}
    for name in ("validation", "test"):
        wanted[name] = max(getattr(manifest.config.split, name) for manifest in manifests)
    for name, share in wanted.items():
        if share > 0 and not any(manifest.splits[name] for manifest in manifests):
            raise DatasetError(
                f"no sequence of {', '.join(map(str, folders))} is in the split {name}: give "
                "radvis synth a larger --n, or other shares with --set split.validation and "
                "split.test"
            )


def _is_there(path: Path) -> bool:
    return path.exists() and (not path.is_dir() or any(path.iterdir()))
