"""What the documents of a release are written from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from scenes.config import SEQUENCE_LENGTH
from synth.manifest import SPLITS, Manifest
from synth.release.record import Release
from synth.sample import RADIO
from synth.view import PANELS

ENTRY_TEXTS = {
    "camera": "camera picture (sRGB) with pose and intrinsics",
    "depth": "depth, instance and class of every pixel",
    "lidar": "lidar points with reflectivity, material, class and object",
    "radar": "range-azimuth heatmap of an OFDM radar [dB]",
    "doppler": "range-Doppler map of the same radar [dB]",
    "csi": "complex channel of every antenna and subcarrier",
    "paths": "propagation paths: gain, delay, angles, Doppler, what they met",
}


@dataclass(frozen=True)
class Contents:
    """A release's data, as its documents tell of them.

    Attributes:
        release: What release.json says.
        manifests: Of its datasets, by name.
        statistics: What statistics.json says, by name.
    """

    release: Release
    manifests: Mapping[str, Manifest]
    statistics: Mapping[str, Mapping[str, Any]]

    @property
    def n_frame(self) -> int:
        """Frames of all datasets."""
        return sum(manifest.n_frame for manifest in self.manifests.values())

    @property
    def bytes(self) -> int:
        """Size of all shards."""
        return sum(shard.bytes for held in self.manifests.values() for shard in held.shards)

    @property
    def entries(self) -> tuple[str, ...]:
        """Entries that any dataset holds, in the format's order."""
        held = {entry for manifest in self.manifests.values() for entry in manifest.config.entries}
        return tuple(entry for entry in ENTRY_TEXTS if entry in held)

    @property
    def has_radio(self) -> bool:
        """Whether any dataset holds what the radio tells."""
        return any(entry in RADIO for entry in self.entries)

    @property
    def scenes(self) -> tuple[str, ...]:
        """Scenes, each once."""
        return tuple(dict.fromkeys(manifest.name for manifest in self.manifests.values()))

    @property
    def generators(self) -> tuple[str, ...]:
        """Programs and versions that made the data, each once."""
        return tuple(dict.fromkeys(manifest.generator for manifest in self.manifests.values()))


def drawn(manifest: Manifest) -> bool:
    """Return whether a dataset holds anything that a contact sheet shows."""
    return any(entry in manifest.config.entries for entry in PANELS)


def split_frames(manifest: Manifest) -> dict[str, int]:
    """Return how many frames each split of a dataset has."""
    return {name: len(manifest.splits[name]) * SEQUENCE_LENGTH for name in SPLITS}


def plain(text: str) -> str:
    """Return a text as Markdown shows it letter by letter, tags and all."""
    return escape(text, quote=False)


def count(number: int) -> str:
    """Return a whole number as people read it: 30,000."""
    return f"{number:,}"


def size(n_bytes: float) -> str:
    """Return a size as people say it: 12.3 GB."""
    for unit, one in (("GB", 1e9), ("MB", 1e6)):
        if n_bytes >= one:
            return f"{n_bytes / one:.1f} {unit}"
    return f"{n_bytes / 1e3:.0f} kB"


def shares(counts: Mapping[str, int]) -> str:
    """Return counts as shares, the largest first: `clear 35 %, rain 15 %`."""
    whole = sum(counts.values())
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {100 * number / whole:.0f} %" for name, number in ordered if number)


def middle(quantiles: Mapping[str, float], unit: str) -> str:
    """Return where the middle nine tenths of a number lie."""
    return f"{quantiles['0.05']:.3g} to {quantiles['0.95']:.3g} {unit}"
