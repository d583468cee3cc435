"""How close delta rendering comes to whole renders, frame by frame.

    python -m tests.synth.quality --scene canyon --weather rain,day --frame 7

A whole frame at 256 samples takes two minutes a core at full size. It has noise of its own, from
another seed: two renders that share theirs err alike, and look closer to each other than to the
truth, by a decibel in a street canyon.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from radvis_cli import resolve
from scenes.config import SEQUENCE_LENGTH, ScenarioConfig
from synth.delta import blend_weight, changed
from synth.depth import view
from synth.picture import picture
from synth.rays import RayScene
from synth.sequence import exposed
from synth.world import build_world, chance_of

Picture = NDArray[np.uint8]
OTHER = 0x5A5A5A  # what makes another seed of one


def compare(
    config: ScenarioConfig,
    sequence: int,
    frames: Sequence[int],
    samples: int = 256,
    one_seed: bool = False,
) -> Iterator[tuple[int, Picture, Picture, NDArray[np.float32]]]:
    """Yield frame, delta picture, whole picture and the blend's weight, for a drawn world.

    Both go through the same air, with the same drops and flakes.

    Args:
        config: Of the world.
        sequence: Its number, of seed 0.
        frames: Which of it.
        samples: Of the whole renders, for every pixel.
        one_seed: Whether whole renders take the seed of what they judge: what is left is then less
            of noise and more of what delta rendering leaves out.
    """
    chance = chance_of(config, 0, sequence)
    world = build_world(config, chance)
    target = world.stage.target
    seed = chance.cycles if one_seed else chance.cycles ^ OTHER
    with exposed(world, chance) as (renderer, factor):
        assert renderer is not None
        for frame in frames:
            time = frame * config.frame_interval
            moving = target.mesh(time)
            scene = RayScene(world.still.mesh, moving, shared=world.still)
            seen = view(scene, world.camera, world.seen)
            beams = target.moving_beams(time)
            change = changed(world.around, RayScene(moving), seen, target.id)
            quick, whole = (
                picture(linear, factor, world.air, scene, seen, beams, np.random.default_rng(frame))
                for linear in (renderer.frame(time, change), renderer.whole(samples, seed=seed))
            )
            yield frame, quick, whole, blend_weight(change)


def psnr(one: Picture, other: Picture, where: Any = slice(None)) -> float:
    """Return the peak signal to noise ratio [dB] of 8-bit pictures."""
    error = (one.astype(float) - other)[where]
    return float(10 * np.log10(255**2 / np.mean(error**2)))


@click.command()
@click.option("--scene", default="parking_lot", show_default=True)
@click.option("--weather", default="clear,day", show_default=True)
@click.option("--sequence", default=0, show_default=True)
@click.option("--frame", "frames", type=int, multiple=True, help="Repeatable [all].")
@click.option("--samples", default=256, show_default=True, help="Of the whole renders.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="As of radvis synth.")
def main(scene, weather, sequence, frames, samples, settings):
    """Print the PSNR of delta rendering against whole renders."""
    config = resolve(scene, None, settings, None, weather)
    for frame, quick, whole, weight in compare(
        config, sequence, frames or range(SEQUENCE_LENGTH), samples
    ):
        inside = weight > 0
        click.echo(
            f"{scene} {weather} {sequence} frame {frame:2d}: {psnr(quick, whole):.2f} dB, "
            f"{psnr(quick, whole, inside):.2f} where drawn again ({inside.mean():.0%}), "
            f"{psnr(quick, whole, ~inside):.2f} elsewhere"
        )


if __name__ == "__main__":
    main()
