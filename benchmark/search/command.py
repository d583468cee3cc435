"""What `radvis bench search` and the option `--localiser` do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmark.bench import open_source
from benchmark.job import Job
from benchmark.launch import BenchError, check_folders, faults_told, launch
from benchmark.presets import PRESETS, Preset
from benchmark.progress import Bars
from benchmark.search.space import PAPER, SettingsError, read_settings, with_settings
from synth.manifest import fingerprint

SEARCH = "search"  # in the place of a method's name
SERVES = ("out", "batch", "trials", "device", "precision")  # options of a search
TRIALS = 40


def run_search(
    data: Path,
    size: str,
    trials: int | None,
    out: Path,
    batch: int | None,
    device: str,
    precision: str,
) -> list[str]:
    """Run a search and return what to print.

    Raises:
        BenchError: If it cannot go on, in a line.
        DatasetError: If the dataset does not serve.
    """
    # Optuna takes a second to load, which other commands need not wait for.
    from benchmark.search.loop import Search, search
    from benchmark.search.study import SearchError

    check_folders(data, out)
    usual = PRESETS[size].table_5
    schedule = replace(usual.localiser, batch=batch or usual.localiser.batch)
    preset = replace(usual, localiser=schedule)
    fabric = launch(device, precision)
    with faults_told(out):
        if fabric.world_size > 1:
            raise BenchError("a search runs in one process: start it without torchrun")
        with Bars() as bars:
            job = Job("supervised", data, preset, 1, out, "labels", "none", "train", "")
            source = open_source(job, "train", fabric.device, bars.tell)
            wanted = Search(preset, trials or TRIALS, out, fingerprint([data]))
            try:
                return search(wanted, source, fabric, bars.tell, bars.say)
            except SearchError as error:
                raise BenchError(str(error)) from None


def searched(preset: Preset, localiser: Path | None, trials: int | None) -> Preset:
    """Return the preset with the paper's localiser or that of a file; as it is without one.

    Raises:
        BenchError: If the file does not serve, or trials are asked for where there are none.
    """
    if trials is not None:
        raise BenchError("--trials is for radvis bench search: leave it out")
    if localiser is None:
        return preset
    try:
        settings = PAPER if str(localiser) == "paper" else read_settings(localiser)
    except SettingsError as error:
        raise BenchError(str(error)) from None
    return with_settings(preset, settings)


def refuse(given: Sequence[str]) -> None:
    """Raise BenchError if an option is given that a search has no use for."""
    for name in given:
        if name not in SERVES:
            option = "localiser" if name == "settings" else name
            raise BenchError(f"--{option} is not for radvis bench search: leave it out")
