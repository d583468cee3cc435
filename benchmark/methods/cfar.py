"""The statistical baseline: CFAR, DBSCAN and matching by range, tuned on the training split."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from benchmark.context import Context
from benchmark.errors import errors
from benchmark.pairs import Pairs
from benchmark.self_labels import Places
from benchmark.sources import Source
from models.cfar import CfarConfig, locate
from scenes.config import SPEED_OF_LIGHT
from synth.shards import DatasetError

TUNED_ON = 60  # training frames, spread evenly
CHOICES = {
    "statistic": ("ca", "os"), "rank": (0.6, 0.75), "guard": (2, 4), "train": (4, 8),
    "false_alarms": (1e-3, 1e-5), "reach": (1.5, 2.5, 3.5), "fewest": (2, 4),
    "still": (0.5, 1.0, 1.5), "doppler_level": (6.0, 12.0, 18.0),
}  # fmt: skip
OF_VELOCITY = ("still", "doppler_level")
ROUNDS = 2  # over all choices: what is best for one depends on the others


class Cfar:
    """Detection without learning.

    Attributes:
        by_chance: Whether a seed matters.
        uses: What options change it.
        needs: Entries of the dataset beside pictures and heatmaps.
        note: What was chosen.
        velocity: Whether range-velocity maps tell what moves; else the strongest target is it.
    """

    by_chance = False
    uses = ()
    note = ""

    def __init__(self, velocity: bool = True) -> None:
        self.velocity = velocity
        self.needs = ("doppler",) if velocity else ()

    def fit(self, train: Source, context: Context) -> None:
        """Choose the parameters that locate targets of training frames best, one after another.

        Echoes come from cars' near sides: how much farther their middles are, in the median of the
        same frames, is added.
        """
        frames = np.unique(np.linspace(0, len(train) - 1, TUNED_ON).astype(int))
        reader = Maps(train.pairs, self.velocity)
        maps = [reader.read(int(frame)) for frame in frames]
        true = np.array([train.pairs[int(frame)].place.numpy() for frame in frames], float)
        self.config, best, done = CfarConfig(), np.inf, 0
        choices = {
            name: values
            for name, values in CHOICES.items()
            if self.velocity or name not in OF_VELOCITY
        }
        trials = ROUNDS * sum(map(len, choices.values()))
        for name, values in ROUNDS * list(choices.items()):
            for config in [replace(self.config, **{name: value}) for value in values]:  # type: ignore[arg-type]
                found = np.array([reader.place(*each, config) for each in maps])
                behind = np.array([np.median(true[:, 0] - found[:, 0]), 0.0])
                median = float(np.median(errors(found + behind, true)))
                if median < best:
                    best, self.config, self.behind = median, config, behind
                done += 1
                context.tell("tuning", done, trials, f"median {best:.2f} m")
        chosen = ", ".join(f"{name} {getattr(self.config, name)}" for name in choices)
        self.note = (
            f"chosen on {len(frames)} labelled training frames: {chosen}, "
            f"{self.behind[0]:.2f} m behind the echo"
        )
        context.say(self.note)
        self.context = context

    def predict(self, frames: Source) -> Places:
        """Return range [m] and azimuth [rad] (n, 2); the map's middle where nothing is found."""
        reader = Maps(frames.pairs, self.velocity)
        found = []
        for i in range(len(frames)):
            found.append(reader.place(*reader.read(i), self.config))
            self.context.tell("detecting", i + 1, len(frames), "")
        return np.asarray(np.array(found) + self.behind)


class Maps:
    """Reads heatmaps and range-Doppler maps [dB], shrunk to the preset's rows and columns."""

    def __init__(self, pairs: Pairs, velocity: bool) -> None:
        """Open them; range-Doppler maps only with `velocity`.

        Raises:
            DatasetError: If the dataset has no range-Doppler maps.
        """
        held = pairs.data.manifest.config.entries
        if velocity and "doppler" not in held:
            raise DatasetError(
                f"{pairs.data.folder} holds {', '.join(held)}; CFAR needs range-velocity maps: "
                f"radvis synth --entries {','.join((*held, 'doppler'))} into another folder, or "
                "radvis bench cfar-map, which does without"
            )
        self.pairs = pairs
        self.speed: NDArray[np.float64] | None = None
        if velocity:
            wave = SPEED_OF_LIGHT / pairs.data.manifest.config.radio.carrier_hz
            self.speed = pairs.whole("radar/doppler") * wave / 2

    def read(self, frame: int) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
        """Return heatmap (height, width) and range-Doppler map (height, n_doppler) [dB]."""
        pairs = self.pairs
        heatmap = _shrunk(pairs.whole("radar/heatmap", frame), pairs.height, pairs.width)
        if self.speed is None:
            return heatmap, None
        doppler = pairs.whole("radar/doppler_map", frame)
        return heatmap, _shrunk(doppler, pairs.height, len(self.speed))

    def place(
        self,
        heatmap: NDArray[np.float64],
        doppler: NDArray[np.float64] | None,
        config: CfarConfig,
    ) -> NDArray[np.float64]:
        """Return range [m] and azimuth [rad] (2,) of the target."""
        axes = self.pairs.axes
        found = locate(heatmap, config, doppler, self.speed)
        row, column = (len(axes.range) / 2, len(axes.azimuth) / 2) if found is None else found
        return axes.at(np.array(row), np.array(column))


def _shrunk(level: NDArray[np.float64], height: int, width: int) -> NDArray[np.float64]:
    power = 10 ** (level.astype(float) / 10)
    parts = power.reshape(height, power.shape[0] // height, width, power.shape[1] // width)
    return np.asarray(10 * np.log10(np.maximum(parts.mean((1, 3)), 1e-30)))
