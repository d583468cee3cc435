"""How close delta rendering comes to whole renders, frame by frame.

    python -m tests.synth.quality --scene canyon --weather rain,day --frame 7
    python -m tests.synth.quality --left-out --frame 7 --samples 16

The first asks of frames as they ship, noise and all; the second what delta rendering leaves out.

A whole render has noise of its own. Its power is in the mean square of a difference to it, but not
in the mean product of the differences to two whole renders of independent seeds: there, each one's
noise averages out, and what is left is the distance to what both would come to with ever more
seeds. So 64 samples a pixel judge as 1,000 would.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from radvis_cli import resolve
from scenes.config import KINDS_OF_LIGHT, KINDS_OF_WEATHER, SEQUENCE_LENGTH, ScenarioConfig
from scenes.presets import PRESETS
from synth.delta import blend_weight, changed
from synth.depth import view
from synth.picture import picture
from synth.rays import RayScene
from synth.sequence import exposed
from synth.world import build_world, chance_of
from tests.worlds import SKIES

Picture = NDArray[np.uint8]
Difference = NDArray[np.float64]
EVERY_SKY = tuple(map(",".join, product(KINDS_OF_WEATHER, KINDS_OF_LIGHT)))
SHIFTS = (0x5A5A5A, 0xA5A5A5)  # what makes other seeds of one


def compare(
    config: ScenarioConfig,
    sequence: int,
    frames: Sequence[int],
    samples: int = 64,
    shift: int = 0,
    whole_shifts: Sequence[int] = SHIFTS[:1],
) -> Iterator[tuple[int, Picture, list[Picture], NDArray[np.float32]]]:
    """Yield frame, delta picture, whole pictures and the blend's weight, for a drawn world.

    All go through the same air, with the same drops and flakes.

    Args:
        config: Of the world.
        sequence: Its number, of seed 0.
        frames: Which of it.
        samples: Of the whole renders, for every pixel.
        shift: What makes the seed of Cycles' sampling another than the sequence's.
        whole_shifts: What makes the seeds of the whole renders of that, one render each; with 0 a
            whole render takes the seed of what it judges, so that much noise is in both alike.
    """
    chance = chance_of(config, 0, sequence)
    chance = replace(chance, cycles=chance.cycles ^ shift)
    world = build_world(config, chance)
    target = world.stage.target
    with exposed(world, chance) as (renderer, factor):
        assert renderer is not None
        for frame in frames:
            time = frame * config.frame_interval
            moving = target.mesh(time)
            scene = RayScene(world.still.mesh, moving, shared=world.still)
            seen = view(scene, world.camera, world.seen)
            beams = target.moving_beams(time)
            change = changed(world.around, RayScene(moving), seen, target.id)
            linears = [renderer.frame(time, change)]
            for other in whole_shifts:
                linears.append(renderer.whole(samples, seed=chance.cycles ^ other))
            quick, *wholes = (
                picture(linear, factor, world.air, scene, seen, beams, np.random.default_rng(frame))
                for linear in linears
            )
            yield frame, quick, wholes, blend_weight(change)


def sampled(config: ScenarioConfig, samples: int) -> ScenarioConfig:
    """As many samples of the still world as of what is drawn again."""
    camera = replace(config.camera, background_samples=samples, frame_samples=samples)
    return replace(config, camera=camera)


def left_out(
    config: ScenarioConfig, sequence: int, frames: Sequence[int], samples: int = 16
) -> Iterator[tuple[int, float]]:
    """Yield frame, and PSNR [dB] of delta against whole renders without the noise of either.

    Each of two pairs shares a seed, which takes much of the noise out of its difference; the mean
    product of the two differences is free of what is left.
    """
    one, another = (
        [
            (frame, difference(quick, whole))
            for frame, quick, (whole,), _ in compare(
                sampled(config, samples), sequence, frames, samples, shift, whole_shifts=(0,)
            )
        ]
        for shift in SHIFTS
    )
    for (frame, error), (_, again) in zip(one, another, strict=True):
        yield frame, psnr(error, again)


def difference(one: Picture, other: Picture) -> Difference:
    """Return how far a picture lies above another, of 255."""
    return np.subtract(one, other, dtype=np.float64)


def psnr(error: Difference, again: Difference | None = None, where: Any = slice(None)) -> float:
    """Return the peak signal to noise ratio [dB] of 8-bit pictures.

    Args:
        error: The one's difference from the other.
        again: The same with noise that is independent of `error`'s: what only one of them has
            does not count.
        where: Of the pixels that count.
    """
    power = np.mean((error * (error if again is None else again))[where])
    return float(10 * np.log10(255**2 / power)) if power > 0 else float("inf")


@click.command()
@click.option("--scene", "scenes", multiple=True, help="Repeatable [all].")
@click.option("--weather", "weathers", multiple=True, help="Repeatable [ten; or all].")
@click.option("--sequence", default=2, show_default=True)
@click.option("--frame", "frames", type=int, multiple=True, help="Repeatable [all].")
@click.option("--samples", default=64, show_default=True, help="Of each of two whole renders.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="As of radvis synth.")
@click.option("--left-out", "clean", is_flag=True, help="Nothing but what delta rendering omits.")
def main(scenes, weathers, sequence, frames, samples, settings, clean):
    """Print the PSNR of delta rendering against whole renders without their noise."""
    weathers = weathers or (EVERY_SKY if clean else SKIES)
    for scene, weather in product(scenes or PRESETS, weathers):
        config = resolve(scene, None, settings, None, weather)
        chosen = frames or range(SEQUENCE_LENGTH)
        if clean:
            for frame, distance in left_out(config, sequence, chosen, samples):
                click.echo(f"{scene} {weather} {sequence} frame {frame:2d}: {distance:.2f} dB")
            continue
        for frame, quick, wholes, weight in compare(
            config, sequence, chosen, samples, whole_shifts=SHIFTS
        ):
            one, other = (difference(quick, whole) for whole in wholes)
            inside = weight > 0
            click.echo(
                f"{scene} {weather} {sequence} frame {frame:2d}: {psnr(one, other):.2f} dB, "
                f"{psnr(one, other, inside):.2f} where drawn again ({inside.mean():.0%}), "
                f"{psnr(one, other, ~inside):.2f} elsewhere; whole against whole "
                f"{psnr(difference(*wholes)):.2f}"
            )


if __name__ == "__main__":
    main()
