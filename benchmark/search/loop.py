"""`radvis bench search`: hyper-parameters of the localiser, by the median error on held-out frames.

The scored split is not opened. A fifth of the sequences of the train split, drawn once, is kept
back, and each trial trains a network on the others as `supervised` does. The tree-structured Parzen
estimator proposes settings: Bergstra et al., "Algorithms for Hyper-Parameter Optimization", 2011.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from filelock import FileLock, Timeout
from lightning_fabric import Fabric
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState

from benchmark.context import step_seconds
from benchmark.presets import Preset
from benchmark.search.picture import draw_trials
from benchmark.search.space import (
    CHOICES,
    MOMENTUM,
    NAMES,
    PAPER,
    checked,
    settings_text,
    with_settings,
)
from benchmark.search.study import FINISHED, SearchError, best_settings, open_study
from benchmark.search.trial import Parts, cut, require_memory, run_trial, trial_task
from benchmark.sources import Source
from benchmark.training import OutOfMemory, memory_named
from synth.progress import duration
from synth.shards import replace_file

FOLDER, STUDY, BEST, PICTURE = "search", "study.log", "best.toml", "trials.png"
MEASURED = 3  # networks drawn from the space, that the estimate is of
DISTRIBUTIONS: dict[str, BaseDistribution] = {
    name: FloatDistribution(*MOMENTUM)
    if name == "momentum"
    else CategoricalDistribution(CHOICES[name])
    for name in NAMES
}


@dataclass(frozen=True)
class Search:
    """What is to be searched.

    Attributes:
        preset: Sizes, and how long a trial trains.
        trials: Finished ones wanted in all, those of an earlier call included.
        out: Folder of results; the search has a folder `search` in it.
        data: Fingerprint of the dataset.
        seed: Of everything.
    """

    preset: Preset
    trials: int
    out: Path
    data: str
    seed: int = 0


def search(
    wanted: Search,
    source: Source,
    fabric: Fabric,
    tell: Callable[[str, int, int, str], None],
    say: Callable[[str], None],
) -> list[str]:
    """Run the trials that are missing; return lines to print.

    Args:
        wanted: What is to be searched.
        source: The train split.
        fabric: On what.
        tell: Called with the stage, steps done, steps in all, and a text.
        say: Called with a line for people.

    Raises:
        DatasetError: If the split has fewer than two sequences.
        SearchError: If another search is in the folder or running there, or no trial finished.
    """
    parts = cut(source, wanted.seed)
    folder = wanted.out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", blocking=False):
            study = open_study(
                folder / STUDY, _identity(wanted, parts), wanted.preset.localiser.epochs
            )
            _run(study, wanted, parts, folder, fabric, tell, say)
            return _result(study, wanted, parts, folder)
    except Timeout:
        raise SearchError(f"another search is running in {folder}: choose another --out") from None


def _identity(wanted: Search, parts: Parts) -> dict[str, Any]:
    """Return all that makes trials comparable, of plain values."""
    held = {
        "data": wanted.data, "preset": asdict(wanted.preset), "kept": parts.sequences,
        "seed": wanted.seed, "space": {**CHOICES, "momentum": MOMENTUM},
    }  # fmt: skip
    plain: dict[str, Any] = json.loads(json.dumps(held))
    return plain


def _run(
    study: optuna.Study,
    wanted: Search,
    parts: Parts,
    folder: Path,
    fabric: Fabric,
    tell: Callable[[str, int, int, str], None],
    say: Callable[[str], None],
) -> None:
    """Run the trials that are missing, and keep the best one's file up to date."""
    first = len(study.get_trials(states=FINISHED))
    if first >= wanted.trials:
        say(f"all {wanted.trials} trials are in {folder / STUDY} already")
        return
    say(_estimate(wanted, parts, first, fabric))
    _, batches = trial_task(wanted.preset, parts, wanted.seed)
    steps = wanted.preset.localiser.epochs * len(batches)
    best, begin = "", time.monotonic()
    for done in range(first, wanted.trials):
        # Chance depends on the finished trials alone: a search that was killed ends as one that
        # was not.
        draw = int(np.random.default_rng([wanted.seed, done, 4]).integers(2**31))
        study.sampler = optuna.samplers.TPESampler(seed=draw)
        if done == 0 and not study.get_trials(states=(TrialState.WAITING,)):
            study.enqueue_trial(PAPER)  # what the others must beat

        def on_step(step: int, before: int = done, text: str = best) -> None:
            told = before * steps + min(step, steps - 1)  # the last one's end is told below
            tell("trials", told, wanted.trials * steps, text)

        trial = study.ask(DISTRIBUTIONS)
        checkpoint = folder / ".trial.ckpt"
        ending = run_trial(trial, wanted.preset, parts, wanted.seed, checkpoint, fabric, on_step)
        held = _write_best(study, folder, wanted.preset)
        left = (time.monotonic() - begin) / (done + 1 - first) * (wanted.trials - done - 1)
        rest = f"; about {duration(left)} left" if done + 1 < wanted.trials else ""
        best = f"best {held:.3f} m" if held is not None else "none finished"
        say(f"trial {done + 1} of {wanted.trials}: {ending}; {best}{rest}")
        tell("trials", (done + 1) * steps, wanted.trials * steps, best)


def _estimate(wanted: Search, parts: Parts, first: int, fabric: Fabric) -> str:
    """Return how long the trials would take, by some steps of networks drawn from the space."""
    rng = np.random.default_rng([wanted.seed, 3])
    seconds = []
    for _ in range(MEASURED):
        drawn: dict[str, Any] = {
            name: values[int(rng.integers(len(values)))] for name, values in CHOICES.items()
        }
        drawn["momentum"] = PAPER["momentum"]
        preset = with_settings(wanted.preset, checked(drawn, "estimate"))
        try:
            require_memory(preset, fabric)
            with memory_named(preset.localiser.batch):
                objective, batches = trial_task(preset, parts, wanted.seed)
                seconds.append(
                    step_seconds(objective, batches, preset.localiser, fabric) * len(batches)
                )
        except OutOfMemory:
            continue
    epochs, todo = wanted.preset.localiser.epochs, wanted.trials - first
    line = (
        f"search: {todo} trials of {epochs} epochs; {len(parts.learned)} frames to train on, "
        f"{len(parts.kept)} of {len(parts.sequences)} other sequences to compare by"
    )
    if not seconds:
        return line
    return f"{line}; about {duration(float(np.mean(seconds)) * epochs * todo)} if none stops early"


def _write_best(study: optuna.Study, folder: Path, preset: Preset) -> float | None:
    """Write the best trial's file; return its error [m]."""
    held = best_settings(study)
    if held is None:
        return None
    settings, value = held
    number = len(study.get_trials(states=FINISHED))
    text = settings_text(
        settings,
        f"The best of {number} localisers, preset {preset.name}: median error {value:.3f} m on "
        "sequences kept back from training.",
        f"radvis bench supervised --data ... --preset {preset.name} --localiser {folder / BEST}",
    )
    replace_file(folder / BEST, text.encode())
    return value


def _result(study: optuna.Study, wanted: Search, parts: Parts, folder: Path) -> list[str]:
    """Write file and picture of a search; return lines to print.

    Raises:
        SearchError: If no trial ran to its end.
    """
    trials = study.get_trials(states=FINISHED)
    endings = [str(trial.user_attrs.get("ending")) for trial in trials]
    counts = ", ".join(
        f"{endings.count(ending)} {ending}"
        for ending in ("stopped early", "diverged", "does not fit in memory")
        if ending in endings
    )
    held = best_settings(study)
    if held is None:
        raise SearchError(f"none of {len(trials)} trials ran to its end ({counts}): try --trials")
    settings, value = held
    _write_best(study, folder, wanted.preset)
    draw_trials(trials, folder / PICTURE)
    first = trials[0]
    usual = f"; the paper's: {first.values[0]:.3f} m" if first.state == TrialState.COMPLETE else ""
    return [
        f"best of {len(trials)} trials{f' ({counts})' if counts else ''}: median error "
        f"{value:.3f} m on {len(parts.kept)} frames of the train split{usual}",
        ", ".join(f"{name} = {settings[name]}" for name in NAMES),
        str(folder / BEST),
        str(folder / PICTURE),
    ]
