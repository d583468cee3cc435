"""What differs between two releases, and which version that allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from semver import Version

from scenes.config import ConfigError
from synth.manifest import Manifest
from synth.release.terms import parse_version

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
        altered: Those whose bytes are others.
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


def changes(old: Mapping[str, Manifest], new: Mapping[str, Manifest]) -> Changes:
    """Return what differs between the datasets of two releases, by name.

    What is compared are checksums of shards, so two releases differ exactly where a byte does.
    """
    before = {name: _shards(held) for name, held in old.items()}
    after = {name: _shards(held) for name, held in new.items()}
    split_before = {name: held.split_of for name, held in old.items()}
    split_after = {name: held.split_of for name, held in new.items()}
    added, removed, altered, moved = [], [], [], []
    for name in sorted({*old, *new}):
        one, two = before.get(name, {}), after.get(name, {})
        both = sorted(set(one) & set(two))
        added.append(Sequences(name, tuple(sorted(set(two) - set(one)))))
        removed.append(Sequences(name, tuple(sorted(set(one) - set(two)))))
        altered.append(Sequences(name, tuple(i for i in both if one[i] != two[i])))
        elsewhere = (i for i in both if split_before[name].get(i) != split_after[name].get(i))
        moved.append(Sequences(name, tuple(elsewhere)))
    return Changes(*(tuple(x for x in found if x.numbers) for found in (
        added, removed, altered, moved
    )))  # fmt: skip


def check_version(old: str, new: str, found: Changes) -> None:
    """Raise ConfigError unless a version may follow another, given what changed."""
    before, after = parse_version("the version before", old), parse_version("--version", new)
    if after <= before:
        raise ConfigError(f"--version {new} does not follow {old}: {_advice(before, found)}")
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


def _advice(before: Version, found: Changes) -> str:
    least = {
        MAJOR: before.bump_major, MINOR: before.bump_minor, PATCH: before.bump_patch
    }[found.kind]()  # fmt: skip
    return f"give {least} or more"


def _shards(manifest: Manifest) -> dict[int, str]:
    return {shard.sequence: shard.sha256 for shard in manifest.shards}
