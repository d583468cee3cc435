"""The command `radvis`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import click
import numpy as np
from rich.console import Console
from rich.progress import Progress, TaskID

from scenes.config import ENTRIES, SEQUENCE_LENGTH, ConfigError, ScenarioConfig
from scenes.config_io import from_dict, merged, parse_settings, read_toml, to_dict, to_toml
from scenes.mesh_check import MeshError
from scenes.own.world import blend_hash
from scenes.presets import PRESETS, own_preset, preset
from scenes.spec import LIGHTS, WEATHERS
from synth.dataset import Dataset
from synth.export import FORMATS, plan_export, run_export
from synth.generate import Interrupted, generate
from synth.manifest import SPLITS, new_manifest, read_manifest
from synth.merge import merge as join
from synth.page import write_page
from synth.plan import WHOLE, Plan, check_request, plan
from synth.progress import BarReport, JsonReport, progress_bar
from synth.release import (
    Terms,
    changes,
    check_release,
    is_release,
    lacking,
    make_release,
    plan_release,
    read_release,
    term_lines,
)
from synth.shards import DatasetError
from synth.validate import validate as find_defects
from synth.view import contact_sheet, sheet

BPY_VERSION = "4.5"
SYSTEM_LIBRARIES = (
    "libx11-6 libxrender1 libxfixes3 libxi6 libxkbcommon0 libsm6 libice6 libgl1"  # of bpy
)
WEATHER_HELP = "Comma-separated, with shares if you like, as rain,fog=2,day [a mixture]."
PREVIEW_SAMPLES = 8
USAGE, DEFECT, STOPPED = 2, 1, 130  # exit statuses: wrong input, defects found, Ctrl-C


class Unavailable(Exception):
    """A module that a command needs is missing or of another version."""


class _Commands(click.Group):
    """Commands whose errors are one line: status 2 for what a user can mend, 130 for Ctrl-C."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command of the command line, and exit."""
        try:
            status = super().main(*args, **{**kwargs, "standalone_mode": False})
            sys.exit(status if isinstance(status, int) else 0)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(USAGE)
        except click.ClickException as error:
            click.echo(f"radvis: {error.format_message()}", err=True)
            sys.exit(error.exit_code)
        except (ConfigError, DatasetError, MeshError, Unavailable) as error:
            click.echo(f"radvis: {error}", err=True)
            sys.exit(USAGE)
        except (click.Abort, KeyboardInterrupt):
            click.echo("radvis: stopped", err=True)
            sys.exit(STOPPED)
        except BrokenPipeError:  # as in `radvis synth --print-config | head -1`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(DEFECT)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="radvis", prog_name="radvis")
def main() -> None:
    """Paired radio-visual datasets by ray tracing Blender scenes."""


@main.command()
@click.option("--scene", help=f"Scene: {', '.join(PRESETS)}, or a Blender file.")
@click.option("--n", "n_frame", type=int, help="Frames in all, 15 to 15000000, a multiple of 15.")
@click.option("--out", help="Folder [data/SCENE]; a URL, as s3://bucket/data, for a cluster.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the dataset.")
@click.option("--workers", type=int, help="Processes [one a usable core].")
@click.option(
    "--shard",
    "part",
    metavar="K/N",
    help="Only the K-th of N parts, into a folder of its own; then radvis merge.",
)
@click.option(
    "--engine", type=click.Choice(["local", "ray"]), default="local", show_default=True,
    help="Processes of this machine, or a Ray cluster.",
)  # fmt: skip
@click.option("--address", default="auto", show_default=True, help="Of the Ray cluster's head.")
@click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda", "optix"]),
    help="That Cycles renders on; auto takes the fastest. Without that GPU, the CPU [cpu].",
)  # fmt: skip
@click.option("--weather", help=WEATHER_HELP)
@click.option("--entries", help=f"Comma-separated, of {','.join(ENTRIES)} [all].")
@click.option("--config", type=click.Path(path_type=Path), help="TOML file over the preset.")
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="One value, repeatable."
)
@click.option("--print-config", is_flag=True, help="Print the resolved configuration and stop.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines instead of a progress bar.")
def synth(
    scene: str | None,
    n_frame: int | None,
    out: str | None,
    seed: int,
    workers: int | None,
    part: str | None,
    engine: str,
    address: str,
    device: str | None,
    weather: str | None,
    entries: str | None,
    config: Path | None,
    settings: tuple[str, ...],
    print_config: bool,
    as_json: bool,
) -> None:
    """Synthesise a dataset; the same command again goes on where it stopped."""
    resolved = resolve(scene, config, settings, entries, weather)
    if device is not None:
        resolved = rendered_on(resolved, device, engine)
    if print_config:
        click.echo(to_toml(resolved), nl=False)
        return
    if n_frame is None:
        raise ConfigError("--n is missing: say how many frames, as --n 30")
    if engine == "ray" and (part is not None or workers is not None):
        raise ConfigError(
            "--shard and --workers go with --engine local: a cluster has cores of its own"
        )
    if engine == "local" and out is not None and "://" in out:
        raise ConfigError(f"--out {out}: this machine alone writes to folders; add --engine ray")
    check_blender()
    from synth.kernels import compile_kernels
    from synth.sequence import code_tables, synthesise_sequence
    from synth.world import draw

    report = JsonReport() if as_json else BarReport()
    if engine == "ray":
        _synth_on_ray(resolved, out or f"data/{resolved.scene}", n_frame, seed, address, report)
        return
    share = WHOLE if part is None else parse_share(part)
    folder = Path("data") / resolved.scene
    if part is not None:
        folder = folder.with_name(f"{folder.name}-{share[0]}-of-{share[1]}")
    place = folder if out is None else Path(out)
    made = plan(resolved, place, n_frame, seed, code_tables(), workers, share)
    for sequence in made.todo[:20]:  # what cannot be is said before anything is written
        draw(resolved, seed, sequence)
    report.begin(made.folder, made.estimate, made.workers)
    if made.todo:
        report.compiled(compile_kernels(resolved))
    try:
        with report:
            generate(made, synthesise_sequence, report.frames)
    except Interrupted:
        _stopped(made.folder)
    report.end(made.folder, len(made.sequences) * SEQUENCE_LENGTH)
    if part is not None:
        held = read_manifest(made.folder)
        if len(held.shards) < len(held.sequences):
            click.echo("radvis: join all parts with: radvis merge PART ... --out FOLDER", err=True)


def _synth_on_ray(
    config: ScenarioConfig,
    out: str,
    n_frame: int,
    seed: int,
    address: str,
    report: BarReport | JsonReport,
) -> None:
    check_extra("cluster", "ray", "fsspec")
    from synth.cluster import begun, connected, generate_on_ray, lacks_gpu
    from synth.sequence import code_tables, synthesise_sequence
    from synth.target import Target
    from synth.world import draw

    check_request(config, n_frame, seed)
    target = Target(out)
    wanted = new_manifest(config, seed, n_frame, code_tables())
    manifest = begun(target, wanted)
    todo = manifest.missing
    for sequence in todo[:20]:  # what cannot be is said before anything is written
        draw(config, seed, sequence)
    with connected(address) as cores:
        report.begin(out, Plan(Path(out), manifest, todo, max(cores, 1)).estimate, cores)
        if lacks_gpu(manifest):
            click.echo("radvis: the cluster has no GPU yet; sequences wait for one", err=True)
        try:
            with report:
                generate_on_ray(target, wanted, synthesise_sequence, report.frames)
        except Interrupted:
            _stopped(out)
    report.end(out, n_frame)


def _stopped(out: Path | str) -> NoReturn:
    click.echo(
        f"radvis: stopped; finished sequences are kept in {out}, run the same command again to go "
        "on",
        err=True,
    )
    sys.exit(STOPPED)


@main.command()
@click.argument("parts", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of the whole.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def merge(parts: tuple[Path, ...], out: Path, as_json: bool) -> None:
    """Join PARTS that radvis synth --shard made; they stay as they are.

    Shards are linked where parts and FOLDER share a file system, else copied.
    """
    with progress_bar(Console(stderr=True), as_json) as progress:
        show = _steps(progress)
        whole = join(parts, out, lambda done, of: show("shards", done, of))
    held = {"folder": str(out), "frames": whole.n_frame}
    click.echo(json.dumps(held) if as_json else f"{out}: {whole.n_frame} frames")


@main.group()
def scene() -> None:
    """Look at scenes while you tune them."""


@scene.command()
@click.argument("name", metavar="SCENE")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the dataset.")
@click.option("--sequence", type=int, default=0, show_default=True, help="Of the dataset.")
@click.option("--frame", "index", type=int, default=7, show_default=True, help="0 to 14.")
@click.option("--samples", type=int, help=f"Of the camera [{PREVIEW_SAMPLES}].")
@click.option("--final", is_flag=True, help="The very frame that synth writes; takes longer.")
@click.option("--out", type=click.Path(path_type=Path), help="PNG [preview.png].")
@click.option("--weather", help=WEATHER_HELP)
@click.option("--config", type=click.Path(path_type=Path), help="TOML file over the preset.")
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="One value, repeatable."
)
def preview(
    name: str,
    seed: int,
    sequence: int,
    index: int,
    samples: int | None,
    final: bool,
    out: Path | None,
    weather: str | None,
    config: Path | None,
    settings: tuple[str, ...],
) -> None:
    """Render one frame and its radar, in seconds: a picture of every sensor.

    World, weather and exposure are those of the dataset's frame; noise and places of drops differ,
    but with --final.
    """
    if final and samples is not None:
        raise ConfigError(
            f"--samples {samples}: --final takes the configuration's samples, drop one"
        )
    samples = PREVIEW_SAMPLES if samples is None else samples
    for what, value, least, most in (
        ("--seed", seed, 0, 2**63 - 1), ("--sequence", sequence, 0, 10**9),
        ("--frame", index, 0, SEQUENCE_LENGTH - 1), ("--samples", samples, 1, 4096),
    ):  # fmt: skip
        if not least <= value <= most:
            raise ConfigError(f"{what} {value}: allowed are {least} to {most}")
    path = out or Path("preview.png")
    if path.suffix.lower() != ".png":
        raise ConfigError(f"--out {path}: the picture is a PNG, name it so")
    if not path.parent.is_dir():
        raise ConfigError(f"--out {path}: {path.parent} is no folder to write into")
    if not os.access(path.parent, os.W_OK):
        raise ConfigError(
            f"--out {path}: {path.parent} cannot be written; change its rights, or choose another"
        )
    resolved = resolve(name, config, settings, None, weather)
    check_blender()
    from synth.preview import preview as render
    from synth.sequence import code_tables
    from synth.workers import run_tasks

    begin = time.perf_counter()
    task = (resolved, seed, sequence, index, None if final else samples)
    # In a process of its own, which ends with Ctrl-C: Blender's callbacks would swallow it.
    try:
        with closing(run_tasks(render, [task], 1)) as rendered:
            made = next(rendered)
    except BrokenProcessPool:
        raise Unavailable("the process that rendered was killed (out of memory?)") from None
    sky = made.weather
    text = f"{sky.kind}, {sky.light}"
    text += f", {sky.rate:.1f} mm/h" if sky.rate else ""
    text += f", visibility {sky.visibility:.0f} m" if sky.visibility < np.inf else ""
    facts = f"seed {seed}    sequence {sequence}    {text}"
    try:
        sheet([made.row], resolved, code_tables(), resolved.scene, facts, path)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}; choose another --out") from None
    click.echo(
        f"{path}  ({text}, {made.n_object} objects, {made.n_triangle:,} triangles, "
        f"{time.perf_counter() - begin:.1f} s)"
    )
    if not np.any(made.row["target/box"]):
        click.echo("radvis: the target is out of the picture or hidden in this frame", err=True)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--private", type=click.Path(path_type=Path), help="Labels withheld from a release.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def validate(folder: Path, private: Path | None, as_json: bool) -> None:
    """Check every promise of a dataset or a release.

    Exit status 1 and a line a defect if one is broken.
    """
    if is_release(folder):
        sys.exit(_validate_release(folder, private, as_json))
    if private is not None:
        raise ConfigError(f"--private is of a release, and {folder} is a dataset: leave it out")
    data = Dataset(folder)
    with progress_bar(Console(stderr=True), as_json) as progress:
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


def _validate_release(folder: Path, private: Path | None, as_json: bool) -> int:
    with progress_bar(Console(stderr=True), as_json) as progress:
        defects = check_release(folder, private, _steps(progress))
    if as_json:
        click.echo(json.dumps({"folder": str(folder), "defects": defects}))
        return DEFECT if defects else 0
    for defect in defects:
        click.echo(defect)
    if not defects:
        terms = read_release(folder).terms
        click.echo(f"{folder}: {terms.name} {terms.version}, no defect")
    return DEFECT if defects else 0


def _steps(progress: Progress) -> Callable[[str, int, int], None]:
    """Return what shows steps of a long work, a bar each."""
    tasks: dict[str, TaskID] = {}

    def show(step: str, done: int, of: int) -> None:
        if step not in tasks:
            tasks[step] = progress.add_task(step, rate="")
        progress.update(tasks[step], completed=done, total=of)

    return show


@main.command()
@click.argument("folders", nargs=-1, metavar="DIR...", type=click.Path(path_type=Path))
@click.option("--version", "number", required=True, help="Semantic version, as 1.1.0.")
@click.option("--license", "spdx", required=True, help="SPDX identifier, as CC-BY-4.0.")
@click.option("--name", help="Of the release [that of --previous, else radvis-dataset].")
@click.option("--creator", help="Person or institution [that of --previous].")
@click.option("--description", help="A sentence or a few [those of --previous].")
@click.option("--url", help="Where it will be found [that of --previous].")
@click.option("--date", "day", default="", help="When it is published, as 2026-11-28.")
@click.option("--previous", type=click.Path(path_type=Path), help="Folder of the release before.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder [releases/NAME-VERSION].")
@click.option(
    "--withheld", multiple=True, type=click.Path(path_type=Path),
    help="Dataset whose labels stay private; repeatable.",
)  # fmt: skip
@click.option("--private", type=click.Path(path_type=Path), help="Folder for those labels.")
@click.option("--archive", "as_archive", is_flag=True, help="A tar beside the folder, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def release(
    folders: tuple[Path, ...],
    number: str,
    spdx: str,
    name: str | None,
    creator: str | None,
    description: str | None,
    url: str | None,
    day: str,
    previous: Path | None,
    out: Path | None,
    withheld: tuple[Path, ...],
    private: Path | None,
    as_archive: bool,
    as_json: bool,
) -> None:
    """Make a publishable folder of datasets: documents, statistics, checksums, version.

    What it holds, and which version may follow which: docs/releases.md.
    """
    check_extra("release", "huggingface_hub")
    before = None if previous is None else read_release(previous).terms
    if creator is None and before is None:
        raise ConfigError("--creator is missing: say who made the data, as --creator 'Example Lab'")
    said = {"name": name, "creator": creator, "description": description, "url": url}
    first = {"name": "radvis-dataset", "creator": "", "description": "", "url": ""}
    kept = first if before is None else {key: getattr(before, key) for key in said}
    told = kept | {key: text for key, text in said.items() if text is not None}
    terms = Terms(version=number, license=spdx, day=day, **told)
    place = out or Path("releases") / f"{terms.name}-{number}"
    wanted = plan_release(terms, place, folders, withheld, private, previous, as_archive)
    if incomplete := lacking(terms):
        click.echo(f"radvis: {incomplete}", err=True)
    with progress_bar(Console(stderr=True), as_json) as progress:
        make_release(wanted, _steps(progress))
    packed = wanted.archive
    if as_json:
        told = {"folder": str(place), "archive": None if packed is None else str(packed)}
        click.echo(json.dumps({**told, "name": terms.name, "version": number}))
        return
    click.echo(place)
    if packed is not None:
        click.echo(packed)
    if private is not None:
        click.echo(f"radvis: keep {private} to yourself: it holds labels and seeds", err=True)


@main.command()
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def diff(old: Path, new: Path, as_json: bool) -> None:
    """Say what changed from one release to another, and which version that asks for.

    Exit status 1 if data differ.
    """
    one, two = read_release(old), read_release(new)
    found = changes(
        {name: old / name for name in one.folders},
        {name: new / name for name in two.folders},
    )
    if as_json:
        told = {"old": one.terms.version, "new": two.terms.version, "kind": found.kind}
        click.echo(json.dumps({**told, "changes": list(found.lines())}))
    else:
        click.echo(f"{one.terms.version} to {two.terms.version}: {found.kind}")
        for line in (*found.lines(), *term_lines(one.terms, two.terms)):
            click.echo(line)
    sys.exit(0 if found.kind == "patch" else DEFECT)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="PNG [FOLDER/contact_sheet.png, of a release's ./FOLDER.png].",
)
@click.option("--frames", help="Comma-separated frame numbers [five, spread].")
@click.option("--html", type=click.Path(path_type=Path), help="A page to step through, instead.")
@click.option("--save", type=click.Path(path_type=Path), help="A Rerun recording, instead.")
@click.option("--sequences", help="Comma-separated, of page, recording or window [the first].")
def view(
    folder: Path,
    out: Path | None,
    frames: str | None,
    html: Path | None,
    save: Path | None,
    sequences: str | None,
) -> None:
    """Look at a dataset: a contact sheet, and a window to step through it in 3-D.

    The contact sheet shows every sensor of several frames, with the labels. Where Rerun (the extra
    view) and a display are there, its window opens, too, unless --frames or --out ask for the sheet
    alone. With --save FILE.rrd, write what the window would show; with --html FILE, one
    self-contained page for a browser, which steps through all frames of some sequences.
    """
    if html is not None and save is not None:
        raise ConfigError("--html and --save are two things: ask for one, then for the other")
    if (html or save) and (frames or out):
        raise ConfigError("--frames and --out are of a sheet: leave them out beside --html, --save")
    window = (
        not (frames or out or html or save) and has_display() and find_spec("rerun") is not None
    )
    if sequences and not (html or save or window):
        raise ConfigError("--sequences is of a page or recording: add --html FILE or --save FILE")
    if save is not None:
        check_extra("view", "rerun")
    chosen, steps = parse_numbers("--frames", frames), parse_numbers("--sequences", sequences)
    whole = folder.resolve()
    usual = Path(f"{whole.name}.png") if is_release(whole.parent) else folder / "contact_sheet.png"
    path = html or save or out or usual
    for option, given, suffix in (
        ("--out", out, ".png"), ("--save", save, ".rrd"), ("--html", html, ".html")
    ):  # fmt: skip
        if given is not None and given.suffix.lower() != suffix:
            raise ConfigError(f"{option} {given}: name it {given.with_suffix(suffix).name}")
    with Dataset(folder) as data:
        try:
            if html is not None:
                write_page(data, path, steps)
            elif save is not None:
                from synth.recording import save_recording

                save_recording(data, path, steps)
            else:
                contact_sheet(data, path, chosen)
        except OSError as error:
            option = "--html" if html else "--save" if save else "--out"
            raise DatasetError(
                f"{path}: {error.strerror or error}; choose another {option}"
            ) from None
        click.echo(path)
        if window and data.manifest.labels:
            from synth.recording import open_viewer

            open_viewer(data, steps)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--to", "kind", required=True, type=click.Choice(list(FORMATS)), help="The other format."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder [FOLDER-FORMAT, of a release's ./FOLDER-FORMAT].",
)
@click.option("--split", type=click.Choice(SPLITS), help="Only this one [all].")
@click.option("--entries", help="Comma-separated [all that the format has a place for].")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def export(
    folder: Path, kind: str, out: Path | None, split: str | None, entries: str | None, as_json: bool
) -> None:
    """Write a dataset in the format of another tool; the same command again goes on.

    What each format holds and which library reads it: docs/exports.md.
    """
    chosen = None if entries is None else tuple(part.strip() for part in entries.split(","))
    name = f"{folder.resolve().name}-{kind}"
    # Beside the dataset, but a release takes nothing in.
    place = out or (Path(name) if is_release(folder.resolve().parent) else folder.with_name(name))
    wanted = plan_export(folder, place, kind, (split,) if split else SPLITS, chosen)
    console = Console(stderr=True, quiet=as_json)
    console.print(
        f"{place}: {wanted.n_frame} frames to {kind}, up to {wanted.bytes / 1e9:.2g} GB",
        highlight=False, soft_wrap=True,
    )  # fmt: skip
    begin = time.monotonic()
    with progress_bar(console, as_json) as progress:
        task = progress.add_task("frames", total=wanted.n_frame, rate="")
        run_export(wanted, lambda done: progress.update(task, completed=done))
    held = {"folder": str(place), "format": kind, "frames": wanted.n_frame}
    seconds = time.monotonic() - begin
    click.echo(
        json.dumps(held) if as_json else f"{place}: {wanted.n_frame} frames ({seconds:.1f} s)"
    )


@main.command()
@click.argument("method")
@click.option(
    "--data", type=click.Path(path_type=Path), default=Path("data/parking_lot"), show_default=True,
    help="Folder of a dataset.",
)  # fmt: skip
@click.option(
    "--preset", "size", type=click.Choice(["paper", "laptop", "smoke"]), default="laptop",
    show_default=True, help="Sizes and schedules.",
)  # fmt: skip
@click.option(
    "--task", type=click.Choice(["localisation", "labels", "linear", "spectrum"]),
    default="localisation", show_default=True, help="What is measured.",
)  # fmt: skip
@click.option("--seeds", type=click.IntRange(1, 100), help="Runs [the preset's].")
@click.option("--out", type=click.Path(path_type=Path), default=Path("results"), show_default=True)
@click.option("--split", type=click.Choice(["validation", "test"]), default="validation")
@click.option("--masks", default="labels", show_default=True, help="labels, or a detector's file.")
@click.option(
    "--calibration", type=click.Choice(["echo", "labels", "none"]), default="echo",
    show_default=True, help="Of self-labels; echo needs no ground truth.",
)  # fmt: skip
@click.option("--batch", type=click.IntRange(1), help="Frames a step [the preset's].")
@click.option("--epochs", type=click.IntRange(1), help="Of each training [the preset's].")
@click.option(
    "--rate", type=click.FloatRange(1e-4, 1e4), help="Factor on the preset's learning rates [1]."
)
@click.option("--trials", type=click.IntRange(1, 10_000), help="Of METHOD search, in all [40].")
@click.option(
    "--localiser", "settings", type=click.Path(path_type=Path),
    help="paper for table 5's, or a TOML file that METHOD search has written [the preset's].",
)  # fmt: skip
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto")
@click.option("--precision", type=click.Choice(["32-true", "bf16-mixed"]), default="32-true")
def bench(method: str, data: Path, size: str, **options: Any) -> None:
    """Train and score METHOD on a dataset, or your own, as module:Class.

    The same command again goes on after the last finished epoch; finished seeds are not run twice.
    METHOD all stands for every method of radvis; search looks for a better localiser instead.
    """
    check_learning()
    from benchmark.command import run_bench

    context = click.get_current_context()
    given = [
        name for name in options
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    ]  # fmt: skip
    for line in run_bench(method, data, size, given, **options):
        click.echo(line)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("results"))
def report(folder: Path) -> None:
    """Draw the results in FOLDER [results] as one Markdown and one HTML page."""
    check_learning()
    from benchmark.report import write_report
    from benchmark.rows import ROWS, read_rows

    rows = read_rows(folder / ROWS)
    if not rows:
        raise DatasetError(f"{folder / ROWS} holds no results: run radvis bench first")
    for path in write_report(rows, folder):
        click.echo(path)


def resolve(
    scene: str | None,
    config: Path | None,
    settings: tuple[str, ...],
    entries: str | None,
    weather: str | None = None,
) -> ScenarioConfig:
    """Return the configuration: preset, then file, then --set, then options of their own.

    Raises:
        ConfigError: If anything in it makes no sense.
    """
    from_file = read_toml(config) if config is not None else {}
    from_settings = parse_settings(settings)
    changes = merged(from_file, from_settings)
    if weather is not None:
        changes = merged(changes, {"weather": parse_weather(weather)})
    file = own_file(scene, changes)
    if file is not None and scene in (None, file):
        scene = changes.get("scene", Path(file).stem) if scene is None else Path(file).stem
    name = changes.setdefault("scene", scene)
    if name is None:
        raise ConfigError(f"--scene is missing: one of {', '.join(PRESETS)}, or a .blend")
    if scene is not None and name != scene:
        place = "--set" if "scene" in from_settings else config
        raise ConfigError(f"scene = {name!r} in {place}, but --scene {scene}: drop one")
    base = to_dict(preset(str(name))) if file is None else own_values(str(name), file, changes)
    values = merged(base, changes)
    if entries is not None:
        values["entries"] = [entry.strip() for entry in entries.split(",")]
        unknown = [entry for entry in values["entries"] if entry not in ENTRIES]
        if unknown:
            raise ConfigError(f"--entries {unknown[0]!r}: entries are {', '.join(ENTRIES)}")
    return from_dict(values)


def own_file(scene: str | None, changes: dict[str, Any]) -> str | None:
    """Return the Blender file that is the world; None for a built-in scene.

    Raises:
        ConfigError: If two are named.
    """
    world = changes.get("world")
    inside = world.get("file") if isinstance(world, dict) else None
    if scene is None or not scene.lower().endswith(".blend"):
        return inside or None
    if inside not in (None, scene):
        raise ConfigError(f"world.file = {inside!r}, but --scene {scene}: drop one")
    return scene


def own_values(name: str, file: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Return the scenario of a user's Blender file as values; warnings go to the terminal.

    Raises:
        ConfigError: If the file will not do, or `changes` contradict it.
        MeshError: If one of its meshes will not do.
    """
    sha256 = blend_hash(file)
    check_blender()
    from synth.own_world import survey_own_world

    survey = survey_own_world(file)
    values = own_preset(name, file, sha256, survey)
    parked = "cars stand where the file has them: leave the key out"
    speeds = "the file's animation says how fast its target moves: leave the key out"
    moving = ("speed_min", "speed_max") if survey.seconds else ()
    for section, key, told in (
        *(("traffic", key, parked) for key in ("parked_min", "parked_max")),
        *(("traffic", key, speeds) for key in moving),
        ("world", "sha256", "its content is another: bring that file back, or leave the key out"),
        ("world", "animation", "the file says how long its target moves: leave the key out"),
        ("rig", "height", "the file says where its sensors stand: move them in Blender"),
        ("rig", "pitch_deg", "the file says where its sensors look: turn them in Blender"),
    ):
        wanted = dict(changes.get(section) or {}).get(key)
        if wanted not in (None, values[section][key]):
            raise ConfigError(f"{section}.{key} = {wanted!r} does not fit {file}: {told}")
    config = from_dict(merged(values, changes))
    config.require_apart(survey.radar)
    warnings = list(survey.warnings)
    if survey.lit and config.weather.dusk + config.weather.night > 0:
        warnings.append(
            f"{file} has light of its own, which stays: frame/light will say dusk or night and its "
            "pictures will not; remove its sun and its world's light to let radvis light it"
        )
    for warning in warnings:
        click.echo(f"radvis: warning: {warning}", err=True)
    return values


def parse_numbers(option: str, text: str | None) -> list[int] | None:
    """Return the numbers of `0,7,14`; None for none.

    Raises:
        ConfigError: If one is no number.
    """
    try:
        return [int(part) for part in text.split(",")] if text else None
    except ValueError:
        raise ConfigError(f"{option} {text}: write numbers, as 0,7,14") from None


def parse_share(text: str) -> tuple[int, int]:
    """Return part and number of parts of `3/16`.

    Raises:
        ConfigError: If it is written in another way.
    """
    part, slash, of = text.partition("/")
    if not (slash and part.isdecimal() and of.isdecimal()):
        raise ConfigError(f"--shard {text}: write which of how many parts, as 3/16")
    return int(part), int(of)


def parse_weather(text: str) -> dict[str, float]:
    """Return the shares of `rain,fog=2,day`: of what is not named beside its like, none.

    Raises:
        ConfigError: If there is no weather or light of a name, one stands twice, or a share is no
            number.
    """
    shares: dict[str, float] = {}
    for part in text.split(","):
        name, equals, share = (piece.strip().lower() for piece in part.partition("="))
        if name not in (*WEATHERS, *LIGHTS):
            known = f"{', '.join(WEATHERS)}; {', '.join(LIGHTS)}"
            raise ConfigError(f"--weather {name!r}: weathers and lights are {known}")
        if name in shares:
            raise ConfigError(f"--weather {text}: {name} stands twice; name it once")
        try:
            shares[name] = float(share) if equals else 1.0
        except ValueError:
            raise ConfigError(f"--weather {part.strip()}: write a share, as rain=2") from None
    for names in (WEATHERS, LIGHTS):
        if set(names) & set(shares):
            shares = dict.fromkeys(names, 0.0) | shares
    return shares


def check_learning() -> None:
    """Raise Unavailable if what training needs is not installed."""
    check_extra("learn", "torch", "lightning_fabric", "sklearn", "optuna")


def check_extra(extra: str, *modules: str) -> None:
    """Raise Unavailable if a module of an optional part is not installed."""
    for name in modules:
        if find_spec(name) is None:
            raise Unavailable(f"{name} is missing: pip install '.[{extra}]' in radvis's folder")


def has_display() -> bool:
    """Return whether a window can be opened here."""
    return sys.platform != "linux" or bool({"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys())


def rendered_on(config: ScenarioConfig, device: str, engine: str) -> ScenarioConfig:
    """Return the configuration with the device that Cycles renders on, and say which it is.

    A GPU that this machine lacks gives way to the CPU. Of a cluster's machines the one that asks
    knows nothing, so there its GPU is taken for granted.

    Raises:
        ConfigError: If a cluster's device is left to be found out.
        Unavailable: If Blender's module does not load.
    """
    if engine == "ray" and device == "auto":
        raise ConfigError("--device auto: a cluster's machines are alike, say cpu, cuda or optix")
    if engine == "local" and device != "cpu":
        from scenes.blender import gpu_kinds
        from synth.workers import run_tasks

        try:
            with closing(run_tasks(gpu_kinds, [()], 1)) as looked:
                found = next(looked)
        except (BrokenProcessPool, ImportError):
            check_blender()  # says what is wrong with it
            raise Unavailable("looking for GPUs killed Blender: take --device cpu") from None
        missing = "GPU" if device == "auto" else f"GPU for {device}"
        device = next((kind for kind in found if device in ("auto", kind)), "cpu")
        told = f"no {missing} found, the CPU renders" if device == "cpu" else f"{device} renders"
        click.echo(f"radvis: {told}", err=True)
    return from_dict(merged(to_dict(config), {"camera": {"device": device}}))


def check_blender() -> None:
    """Raise Unavailable, with what to do, unless Blender's module of our line loads.

    It is loaded in a process of its own: this one only hands out work.
    """
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    try:
        found = version("bpy")
        version("embreex")
    except PackageNotFoundError as error:
        raise Unavailable(
            f"synthesis needs {error.name}, which is not installed: pip install '.[synth]' "
            f"in radvis's folder, on Python 3.11 (this is {python})"
        ) from None
    if not found.startswith(BPY_VERSION + "."):
        raise Unavailable(
            f"bpy {found} is installed, radvis needs {BPY_VERSION}: pip install '.[synth]' "
            f"in radvis's folder, on Python 3.11 (this is {python})"
        )
    loaded = subprocess.run(
        [sys.executable, "-c", "import bpy"], capture_output=True, text=True, check=False
    )
    if loaded.returncode:
        reason = (loaded.stderr.strip().splitlines() or ["it crashed"])[-1]
        raise Unavailable(
            f"bpy does not load ({reason}); its system libraries: "
            f"apt-get install -y {SYSTEM_LIBRARIES}"
        )


if __name__ == "__main__":
    main()
