"""What differs between two releases, and which version that allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from semver import Version

from scenes.config import ConfigError
from synth.manifest import Manifest, read_manifest
from synth.release.terms import Terms, parse_version
from synth.sample import fields_of
from synth.shards import DatasetError, open_shard, read_header, shard_name
from synth.storage import H5_FAULTS, missing_from

MAJOR, MINOR, PATCH = "major", "minor", "patch"
MOST_LISTED = 8  # numbers of sequences in a line


@dataclass(frozen=True)
class Sequences:
    """Some sequences of one dataset.

    Attributes:
        dataset: Its name.
        numbers: Of the sequences, growing.
    """

    dataset: str
    numbers: tuple[int, ...]

    def __str__(self) -> str:
        listed = ", ".join(map(str, self.numbers[:MOST_LISTED]))
        more = ", ..." if len(self.numbers) > MOST_LISTED else ""
        many = "sequence" if len(self.numbers) == 1 else "sequences"
        return f"{self.dataset}: {len(self.numbers)} {many} ({listed}{more})"


@dataclass(frozen=True)
class Changes:
    """What a release has done to the one before it.

    Attributes:
        added: Sequences that are new.
        removed: Those that are gone.
        altered: Those that hold something else.
        moved: Those that went to another split.
    """

    added: tuple[Sequences, ...]
    removed: tuple[Sequences, ...]
    altered: tuple[Sequences, ...]
    moved: tuple[Sequences, ...]

    @property
    def kind(self) -> str:
        """The least part of the version that must grow.

        Whoever has results on the release before can compare them with new ones unless a frame or
        a split is another.
        """
        if self.removed or self.altered or self.moved:
            return MAJOR
        return MINOR if self.added else PATCH

    def lines(self) -> Iterator[str]:
        """Yield what changed, a line each; one line if nothing did."""
        for what, found in (
            ("Removed", self.removed), ("Changed", self.altered),
            ("Moved to another split", self.moved), ("Added", self.added),
        ):  # fmt: skip
            yield from (f"{what}: {sequences}." for sequences in found)
        if not (self.removed or self.altered or self.moved or self.added):
            yield "Repackaged: the data are the same."


def changes(old: Mapping[str, Path], new: Mapping[str, Path]) -> Changes:
    """Return what differs between the datasets of two releases.

    What is compared are checksums of shards. Where these differ and both shards are there, it is
    what the shards hold: arrays may be packed in another way.

    Args:
        old: Folders of the datasets of the one, by name.
        new: Those of the other.

    Raises:
        DatasetError: If one has no manifest, or a damaged one.
    """
    manifests = [{name: read_manifest(path) for name, path in x.items()} for x in (old, new)]
    before, after = ({name: _shards(held) for name, held in x.items()} for x in manifests)
    split_before, split_after = (
        {name: held.split_of for name, held in x.items()} for x in manifests
    )
    added, removed, altered, moved = [], [], [], []
    for name in sorted({*old, *new}):
        one, two = before.get(name, {}), after.get(name, {})
        both = sorted(set(one) & set(two))
        added.append(Sequences(name, tuple(sorted(set(two) - set(one)))))
        removed.append(Sequences(name, tuple(sorted(set(one) - set(two)))))
        altered.append(Sequences(name, tuple(
            i for i in both
            if one[i] != two[i]
            and not _same(old[name] / shard_name(i), new[name] / shard_name(i))
        )))  # fmt: skip
        elsewhere = (i for i in both if split_before[name].get(i) != split_after[name].get(i))
        moved.append(Sequences(name, tuple(elsewhere)))
    return Changes(*(tuple(x for x in found if x.numbers) for found in (
        added, removed, altered, moved
    )))  # fmt: skip


def term_lines(old: Terms, new: Terms) -> Iterator[str]:
    """Yield what a maintainer says otherwise than before, a line each."""
    for what, before, after in (
        ("Name", old.name, new.name), ("Licence", old.license, new.license),
        ("Creator", old.creator, new.creator),
    ):  # fmt: skip
        if before != after:
            yield f"{what}: {after}, before: {before}."


def check_version(old: str, new: str, found: Changes, older: str = "") -> None:
    """Raise ConfigError unless a version may follow another, given what changed.

    Args:
        old: The version before.
        new: The version to be.
        found: What changed in between.
        older: The version before `old`; empty if that was the first.
    """
    before, after = parse_version("the version before", old), parse_version("--version", new)
    if after <= before:
        raise ConfigError(f"--version {new} does not follow {old}: {_advice(before, found)}")
    promised = before.major and (before.minor or before.patch)  # to whoever uses a final one
    if before.prerelease and older and promised and not after.prerelease:
        raise ConfigError(
            f"--version {new} after {old}: what a final version may change is measured from the "
            "last final one: give that as --previous"
        )
    if _unstable(before):
        return
    grown = _grown(before, after)
    order = (PATCH, MINOR, MAJOR)
    if order.index(grown) < order.index(found.kind):
        why = {
            MAJOR: "data were changed, moved or removed, so that results cannot be compared",
            MINOR: "data were added",
        }[found.kind]
        first = next(found.lines()).rstrip(".")
        raise ConfigError(f"--version {new} after {old}: {why} ({first}); {_advice(before, found)}")


def _grown(before: Version, after: Version) -> str:
    if after.major != before.major:
        return MAJOR
    return MINOR if after.minor != before.minor else PATCH


def _unstable(version: Version) -> bool:
    """Return whether anything may change after a version (semver.org 2.0.0, rules 4 and 9)."""
    return version.major == 0 or version.prerelease is not None


def _advice(before: Version, found: Changes) -> str:
    if before.prerelease is not None:
        return f"give {before.finalize_version()} or more"
    kind = PATCH if _unstable(before) else found.kind
    least = {
        MAJOR: before.bump_major, MINOR: before.bump_minor, PATCH: before.bump_patch
    }[kind]()  # fmt: skip
    return f"give {least} or more"


def _shards(manifest: Manifest) -> dict[int, str]:
    return {shard.sequence: shard.sha256 for shard in manifest.shards}


def _same(one: Path, other: Path) -> bool:
    """Return whether two shards are there and hold the same, whatever their bytes are."""
    try:
        with open_shard(one) as first, open_shard(other) as second:
            heads = (read_header(first), read_header(second))
            means = [(head.config, head.tables, head.labels) for head in heads]
            if means[0] != means[1]:
                return False
            config, _, labels = means[0]
            if any(missing_from(file, config, labels) for file in (first, second)):
                return False
            keys = [field.key for field in fields_of(config.entries, labels)]
            return all(np.array_equal(first[key][()], second[key][()]) for key in keys)
    except (DatasetError, *H5_FAULTS):
        return False
