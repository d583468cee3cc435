"""Contact sheets of every scene: docs/gallery, from the code.

    python -m tests.gallery [SCENE ... | worlds] [--keep FOLDER] [--data FOLDER]

Each picture is a frame of another sequence, drawn at random from the scene's usual mixture of
weather and light, byte for byte what `radvis synth --seed 2026` gives; `--keep` also writes them
at full size, and with `--data` those that `FOLDER/SCENE` already holds are not rendered again.
`worlds` is README's picture.
"""

from __future__ import annotations

import multiprocessing
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from rich.progress import track

from radvis_cli import resolve
from scenes.config import SEQUENCE_LENGTH, ScenarioConfig
from scenes.presets import PRESETS, preset
from scenes.spec import SceneSpec
from synth.dataset import Dataset
from synth.manifest import difference, new_manifest
from synth.plan import usable_cores
from synth.preview import final_frame
from synth.sequence import code_tables
from synth.view import sheet as sheet_of_sensors
from synth.world import draw

FOLDER = Path(__file__).parent.parent / "docs" / "gallery"
N_FRAME, N_COLUMN = 48, 8
SIZE = (240, 180)  # of a picture on the sheet [px]
SEED = 2026  # of the dataset
QUALITY = 82  # of the JPEG


def frame(scene: str, keep: Path | None, data: Path | None, index: int) -> tuple[Image.Image, str]:
    """Give one picture of a scene, made or found in a dataset; return it with its weather."""
    chosen = int(np.random.default_rng([index, 5]).integers(SEQUENCE_LENGTH))
    config = replace(preset(scene), entries=("camera",))
    found = None if data is None else stored(data / scene, config, index, chosen)
    pixels = final_frame(config, SEED, index, chosen)[1]["camera/image"] if found is None else found
    picture = Image.fromarray(pixels)
    if keep is not None:
        picture.save(keep / f"{scene}_{index:02d}.png")
    spec = draw(config, SEED, index)
    assert isinstance(spec, SceneSpec)
    sky = spec.weather
    strength = f" {sky.rate:.2g} mm/h" if sky.rate else ""
    strength += f" {sky.visibility:.0f} m" if np.isfinite(sky.visibility) else ""
    return picture.resize(SIZE, Image.Resampling.LANCZOS), f"{sky.kind}{strength}, {sky.light}"


def stored(
    folder: Path, config: ScenarioConfig, sequence: int, index: int
) -> NDArray[np.uint8] | None:
    """Return a frame's picture from a dataset of the gallery's kind, None if it has none."""
    with Dataset(folder, keys=["camera/image"]) as data:
        usual = replace(config, entries=data.manifest.config.entries)
        wanted = new_manifest(usual, SEED, len(data), code_tables())
        other = difference(wanted, data.manifest)
        if other is not None:
            key, ours, theirs = other
            raise click.UsageError(
                f"{folder} has {key} = {theirs!r:.200}, the gallery {ours!r:.200}: make it with "
                f"radvis synth --scene {config.scene} --seed {SEED}"
            )
        if sequence not in data.sequences:
            return None
        place = data.sequences.index(sequence)
        return data.read(place * SEQUENCE_LENGTH + index, "camera/image")


def sheet(pictures: list[tuple[Image.Image, str]]) -> Image.Image:
    """Return the sheet of all pictures, each with its weather below."""
    line, gap = 14, 4
    width, height = SIZE[0] + gap, SIZE[1] + line + gap
    rows = -(-len(pictures) // N_COLUMN)
    page = Image.new("RGB", (N_COLUMN * width + gap, rows * height + gap), "#14171c")
    draw = ImageDraw.Draw(page)
    for k, (picture, text) in enumerate(pictures):
        x, y = gap + k % N_COLUMN * width, gap + k // N_COLUMN * height
        page.paste(picture, (x, y))
        draw.text((x + 2, y + SIZE[1] + 1), text, fill="#8b929c")
    return page


# Of README's picture: scene, sequence, weather.
WORLDS = (
    ("parking_lot", 4, "clear,day"),
    ("suburban", 8, "rain,day"),
    ("canyon", 2, "clear,night"),
)


def worlds(path: Path) -> None:
    """Draw one frame of each scene, every sensor."""
    shown, config = [], preset("canyon")
    for scene, sequence, weather in WORLDS:
        drawn = resolve(scene, None, (), None, weather)
        shown.append(final_frame(drawn, SEED, sequence, 7)[1])
    with NamedTemporaryFile(suffix=".png") as file:
        sheet_of_sensors(
            shown, config, code_tables(), "three scenes", f"seed {SEED}", Path(file.name)
        )
        picture = Image.open(file.name).convert("RGB")
    picture.save(path, quality=QUALITY, optimize=True)


@click.command()
@click.argument("scenes", nargs=-1)
@click.option("--keep", type=click.Path(path_type=Path), help="Folder for full-size pictures.")
@click.option("--data", type=click.Path(path_type=Path), help="Folder of datasets, by scene.")
@click.option("--n", default=N_FRAME, show_default=True, help="Pictures of a scene.")
def main(scenes: tuple[str, ...], keep: Path | None, data: Path | None, n: int) -> None:
    """Draw the contact sheets of scenes, by default all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
    # A process each few pictures: Blender keeps what it once allocated.
    chosen = [scene for scene in scenes or PRESETS if scene != "worlds"]
    with multiprocessing.get_context("spawn").Pool(usable_cores(), maxtasksperchild=6) as pool:
        for scene in chosen:
            made = pool.imap(partial(frame, scene, keep, data), range(n))
            pictures = list(track(made, scene, total=n))
            sheet(pictures).save(FOLDER / f"{scene}.jpg", quality=QUALITY, optimize=True)
    if not scenes or "worlds" in scenes:  # last: a process with Blender starts no good others
        worlds(FOLDER.parent / "worlds.jpg")


if __name__ == "__main__":
    main()
