"""Classifications of frames that a dataset's labels give: presence, family and sector.

Labels and code tables: docs/format.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.pairs import Pairs
from benchmark.self_labels import places_of
from benchmark.sources import Source
from scenes.cars import CAR_MODELS
from synth.shards import DatasetError

SECTORS = 8


@dataclass(frozen=True)
class Classes:
    """The classes of two splits' frames.

    Attributes:
        names: Of the classes, those of the train split first.
        train: (n,) number of each train frame's class.
        test: (m,) of each frame that is scored on.
    """

    names: tuple[str, ...]
    train: NDArray[np.int64]
    test: NDArray[np.int64]

    @property
    def chance(self) -> NDArray[np.bool_]:
        """Where the train split's most frequent class is right (m,)."""
        return np.asarray(self.test == np.bincount(self.train).argmax())


def presence(train: Source, test: Source) -> Classes:
    """Return whether the camera sees anything of the target."""

    def seen(source: Source) -> list[str]:
        pairs = source.pairs
        boxes = np.array([pairs.data.read(i, "target/box") for i in range(len(pairs))])
        visible = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
        return ["visible" if shown else "hidden" for shown in visible]

    return _numbered(seen(train), seen(test))


def family(train: Source, test: Source) -> Classes:
    """Return the kind of the target's body, such as "van"; a model of no kind is its own."""
    return _numbered(families(train.pairs), families(test.pairs))


def sector(train: Source, test: Source) -> Classes:
    """Return in which of eight sectors the target is; the train split has as many in each."""
    inside, scored = places_of(train)[:, 1], places_of(test)[:, 1]
    edges = np.quantile(inside, np.arange(1, SECTORS) / SECTORS)
    names = tuple(f"sector {i + 1}" for i in range(SECTORS))
    return Classes(names, np.searchsorted(edges, inside), np.searchsorted(edges, scored))


CLASSIFICATIONS: dict[str, Callable[[Source, Source], Classes]] = {
    "presence": presence, "family": family, "sector": sector,
}  # fmt: skip


def families(pairs: Pairs) -> list[str]:
    """Return the kind of body (n,) of each frame's target.

    Raises:
        DatasetError: If labels contradict each other.
    """
    data = pairs.data
    models = data.manifest.tables.get("models", [])
    found = []
    for i in range(len(pairs)):
        row = np.flatnonzero(data.read(i, "object/id") == data.read(i, "target/object"))
        code = int(data.read(i, "object/model")[row[0]]) if len(row) else len(models)
        if code >= len(models):
            raise DatasetError(f"{data.folder}, frame {i}: target of no model: run radvis validate")
        name = models[code] if code >= 0 else "none"
        found.append(CAR_MODELS[name].style if name in CAR_MODELS else name)
    return found


def _numbered(train: list[str], test: list[str]) -> Classes:
    known = sorted(set(train))
    names = [*known, *sorted(set(test) - set(known))]
    number = {name: i for i, name in enumerate(names)}
    one, other = (np.array([number[name] for name in part], np.int64) for part in (train, test))
    return Classes(tuple(names), one, other)
