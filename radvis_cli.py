"""The command `radvis`."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import wraps
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from scenes.config import ENTRIES, ConfigError, ScenarioConfig
from scenes.config_io import from_dict, merged, parse_settings, read_toml, to_dict, to_toml
from scenes.presets import PRESETS, preset
from synth.dataset import Dataset
from synth.generate import Estimate, Interrupted, generate, plan
from synth.shards import DatasetError
from synth.validate import validate as find_defects
from synth.view import contact_sheet

BPY_VERSION = "4.5"
SYSTEM_LIBRARIES = (
    "libx11-6 libxrender1 libxfixes3 libxi6 libxkbcommon0 libsm6 libice6 libgl1"  # of bpy
)
USAGE, DEFECT, STOPPED = 2, 1, 130  # exit statuses: wrong input, defects found, Ctrl-C


class SynthesisUnavailable(Exception):
    """Blender's Python module is missing or of another version."""


def _plainly(command: Callable[..., None]) -> Callable[..., None]:
    """Turn the errors a user can mend into one line and exit status 2."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except (ConfigError, DatasetError, SynthesisUnavailable) as error:
            click.echo(f"radvis: {error}", err=True)
            sys.exit(USAGE)

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="radvis")
def main() -> None:
    """Paired radio-visual datasets by ray tracing Blender scenes."""


@main.command()
@click.option("--scene", help=f"Scene: {', '.join(PRESETS)}.")
@click.option("--n", "n_frame", type=int, help="Frames in all, a multiple of 15.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder [data/SCENE].")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the dataset.")
@click.option("--workers", type=int, help="Processes [one a usable core].")
@click.option("--entries", help=f"Comma-separated, of {','.join(ENTRIES)} [all].")
@click.option("--config", type=click.Path(path_type=Path), help="TOML file over the preset.")
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="One value, repeatable."
)
@click.option("--print-config", is_flag=True, help="Print the resolved configuration and stop.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines instead of a progress bar.")
@_plainly
def synth(
    scene: str | None,
    n_frame: int | None,
    out: Path | None,
    seed: int,
    workers: int | None,
    entries: str | None,
    config: Path | None,
    settings: tuple[str, ...],
    print_config: bool,
    as_json: bool,
) -> None:
    """Synthesise a dataset; the same command again goes on where it stopped."""
    resolved = resolve(scene, config, settings, entries)
    if print_config:
        click.echo(to_toml(resolved), nl=False)
        return
    if n_frame is None:
        raise ConfigError("--n is missing: say how many frames, as --n 30")
    check_blender()
    from synth.sequence import code_tables, synthesise_sequence

    made = plan(
        resolved, out or Path("data") / resolved.scene, n_frame, seed, code_tables(), workers
    )
    report = _JsonReport() if as_json else _BarReport()
    report.begin(made.folder, made.estimate, made.workers)
    try:
        with report:
            generate(made, synthesise_sequence, report.frames)
    except Interrupted:
        click.echo(
            f"radvis: stopped; finished sequences are kept in {made.folder}, "
            "run the same command again to go on",
            err=True,
        )
        sys.exit(STOPPED)
    report.end(made.folder, n_frame)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
@_plainly
def validate(folder: Path, as_json: bool) -> None:
    """Check every promise of the format; exit status 1 and a line a defect if one is broken."""
    data = Dataset(folder)
    with _bar(Console(stderr=True), as_json) as progress:
        task = progress.add_task("shards", total=len(data.manifest.shards), rate="")
        defects = find_defects(folder, lambda done: progress.update(task, completed=done))
    if as_json:
        click.echo(json.dumps({"folder": str(folder), "frames": len(data), "defects": defects}))
    else:
        for defect in defects:
            click.echo(defect)
        if not defects:
            size = sum(shard.bytes for shard in data.manifest.shards)
            click.echo(f"{folder}: {len(data)} frames, {size / 1e6:.1f} MB, no defect")
    sys.exit(DEFECT if defects else 0)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="PNG [FOLDER/contact_sheet.png].")
@click.option("--frames", help="Comma-separated frame numbers [five, spread].")
@_plainly
def view(folder: Path, out: Path | None, frames: str | None) -> None:
    """Draw a contact sheet: every sensor of several frames, with the labels."""
    try:
        chosen = [int(part) for part in frames.split(",")] if frames else None
    except ValueError:
        raise ConfigError(f"--frames {frames}: write numbers, as 0,7,14") from None
    path = out or folder / "contact_sheet.png"
    with Dataset(folder) as data:
        try:
            contact_sheet(data, path, chosen)
        except OSError as error:
            raise DatasetError(f"{path}: {error.strerror or error}; choose another --out") from None
    click.echo(path)


def resolve(
    scene: str | None, config: Path | None, settings: tuple[str, ...], entries: str | None
) -> ScenarioConfig:
    """Return the configuration: preset, then file, then --set, then options of their own.

    Raises:
        ConfigError: If anything in it makes no sense.
    """
    from_file = read_toml(config) if config is not None else {}
    name = scene or from_file.get("scene")
    if not isinstance(name, str):
        raise ConfigError(f"--scene is missing: one of {', '.join(PRESETS)}")
    values = merged(merged(to_dict(preset(name)), from_file), parse_settings(settings))
    if entries is not None:
        values["entries"] = [entry.strip() for entry in entries.split(",")]
        unknown = [entry for entry in values["entries"] if entry not in ENTRIES]
        if unknown:
            raise ConfigError(f"--entries {unknown[0]!r}: entries are {', '.join(ENTRIES)}")
    if values["scene"] != name:
        raise ConfigError(f"scene = {values['scene']!r} in {config}, but --scene {name}: drop one")
    preset(values["scene"])
    return from_dict(values)


def check_blender() -> None:
    """Raise SynthesisUnavailable, with what to do, unless Blender's module of our line loads.

    It is loaded in a process of its own: this one only hands out work.
    """
    try:
        found = version("bpy")
    except PackageNotFoundError:
        raise SynthesisUnavailable(
            "synthesis needs Blender's module bpy 4.5, which is for Python 3.11 (this is "
            f"{sys.version_info.major}.{sys.version_info.minor}): pip install 'radvis[synth]' there"
        ) from None
    if not found.startswith(BPY_VERSION + "."):
        raise SynthesisUnavailable(
            f"bpy {found} is installed, radvis needs {BPY_VERSION}: pip install 'bpy=={BPY_VERSION}.*'"
        )
    loaded = subprocess.run(
        [sys.executable, "-c", "import bpy"], capture_output=True, text=True, check=False
    )
    if loaded.returncode:
        reason = (loaded.stderr.strip().splitlines() or ["it crashed"])[-1]
        raise SynthesisUnavailable(
            f"bpy does not load ({reason}); its system libraries: "
            f"apt-get install -y {SYSTEM_LIBRARIES}"
        )


def _bar(console: Console, silent: bool = False) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}", style="dim"),
        TimeRemainingColumn(),
        console=console,
        disable=silent,
    )


class _BarReport:
    """Progress for people."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._bar = _bar(self._console)
        self._start = time.monotonic()

    def begin(self, folder: Path, estimate: Estimate, workers: int) -> None:
        """Say what it will cost."""
        self._console.print(
            f"{folder}: {estimate.n_frame} frames to make, about {duration(estimate.seconds)} and "
            f"{estimate.bytes / 1e9:.2g} GB with {workers} worker{'s' * (workers > 1)}",
            highlight=False,
            soft_wrap=True,
        )
        self._task = self._bar.add_task("frames", total=estimate.n_frame, rate="")

    def __enter__(self) -> _BarReport:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def frames(self, done: int) -> None:
        """Move the bar."""
        rate = done / (time.monotonic() - self._start)
        self._bar.update(self._task, completed=done, rate=f"{rate:.2f}/s")

    def end(self, folder: Path, n_frame: int) -> None:
        """Say what there is now, and what to do with it."""
        self._console.print(
            f"{folder}: {n_frame} frames; look at them with: radvis view {folder}",
            highlight=False,
            soft_wrap=True,
        )


class _JsonReport:
    """Progress for programs: one JSON object a line, at most one a second."""

    def __init__(self) -> None:
        self._start, self._last = time.monotonic(), -1.0

    def begin(self, folder: Path, estimate: Estimate, workers: int) -> None:
        """Say what it will cost."""
        self._say(
            event="start", folder=str(folder), frames=estimate.n_frame, workers=workers,
            estimated_seconds=round(estimate.seconds), estimated_bytes=round(estimate.bytes),
        )  # fmt: skip

    def __enter__(self) -> _JsonReport:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def frames(self, done: int) -> None:
        """Say how far it is."""
        now = time.monotonic()
        if now - self._last >= 1:
            self._last = now
            self._say(event="progress", done=done, seconds=round(now - self._start, 1))

    def end(self, folder: Path, n_frame: int) -> None:
        """Say that it is done."""
        self._say(event="done", folder=str(folder), frames=n_frame)

    def _say(self, **values: Any) -> None:
        click.echo(json.dumps(values))


def duration(seconds: float) -> str:
    """Return a time as people say it: 40 s, 12 min, 3.5 h, 4 days."""
    for limit, unit, size in ((90, "s", 1), (5400, "min", 60), (172800, "h", 3600)):
        if seconds < limit:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 86400:.3g} days"


if __name__ == "__main__":
    main()
