"""The radio chain against what limits it: bare Embree, a bare FFT, a plain sum; on one core.

    python -m tests.speed.radio

Everything is measured in this one process, what is compared in turns, the best of each counts:
ratios are the same on a busy machine, times are not. Fails where a promise is broken.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from dataclasses import replace

import finufft
import numpy as np

from scenes.presets import preset
from scenes.sensors import direction, make_radar
from synth.channel import (
    PRECISION,
    UPSAMPLING,
    channel,
    element_steps,
    quantise,
    subcarrier_step,
    subcarriers,
    with_noise,
)
from synth.heatmap import heatmap, make_imager
from synth.kernels import compile_kernels
from synth.launch import launch
from synth.paths import SCATTERED, Paths
from synth.rays import RayScene
from synth.reflection import surface_table
from synth.tracer import trace
from synth.workers import THREADS
from tests.speed.frames import processor
from tests.worlds import cube, ground

ROUNDS = 15
MOST = {
    "trace over the same Embree queries": 1.6,
    "channel over bare finufft, the frame's paths": 1.3,
    "channel over bare finufft, 100,000 paths": 1.3,
    "rays to heatmap [s]": 0.15,
    "1,000,000 rays to heatmap, peak memory [MB]": 1000.0,
}
LEAST = {"plain NumPy sum over channel, 100,000 paths": 200.0}


def in_turns(*calls, rounds=ROUNDS):
    """Seconds of each call, the best of several rounds in which all take turns."""
    best = np.full(len(calls), np.inf)
    for _ in range(rounds):
        for i, call in enumerate(calls):
            begin = time.perf_counter()
            call()
            best[i] = min(best[i], time.perf_counter() - begin)
    return best


class Recorder:
    """Embree's scene, remembering what it was asked."""

    def __init__(self, scene, asked):
        self.scene, self.asked = scene, asked

    def run(self, *arguments, **options):
        self.asked.append((self.scene, arguments, options))
        return self.scene.run(*arguments, **options)


def queries(lot):
    """What one trace asks Embree."""
    asked: list[tuple[object, ...]] = []
    scene = lot.at(1.4)
    scene._still = Recorder(scene._still, asked)
    scene._moving = Recorder(scene._moving, asked)
    trace(scene, lot.radar, lot.config.radio, lot.surfaces, lot.rays)
    return asked


def random_paths(n):
    """Paths from everywhere."""
    rng = np.random.default_rng(0)
    gain = (rng.normal(size=n) + 1j * rng.normal(size=n)) * 1e-6
    one = np.ones(n, np.uint8)
    return Paths(
        gain.astype(np.complex64), rng.uniform(1e-8, 1e-6, n),
        rng.uniform(-1.2, 1.2, (n, 2)).astype(np.float32), np.zeros((n, 2), np.float32),
        np.zeros(n, np.float32), one.astype(np.uint16), one, one, np.full(n, SCATTERED, np.uint8),
    )  # fmt: skip


def bare(paths, radar, radio):
    """A call of the transform alone, its inputs ready, of the same size and precision."""
    phases = *element_steps(paths, radar, radio), subcarrier_step(paths, radio)
    weight = paths.gain.astype(np.complex128)
    shape = (*radar.shape, radio.n_subcarrier)
    return lambda: finufft.nufft3d1(
        *phases, weight, shape, eps=PRECISION, isign=1, nthreads=1, upsampfac=UPSAMPLING
    )


def plain(paths, radar, radio, precision, block):
    """The sum as NumPy does it best: blocks of paths, steering times tones, by BLAS."""
    arrival = direction(*paths.aoa.astype(float).T)
    place, tone = radar.elements().reshape(-1, 3), subcarriers(radio)
    total = np.zeros((len(place), len(tone)), precision)
    for start in range(0, len(paths), block):
        rows = slice(start, start + block)
        steering = np.exp(2j * np.pi / radio.wavelength * (place @ arrival[rows].T))
        steering = (steering * paths.gain[rows]).astype(precision)
        total += steering @ np.exp(-2j * np.pi * np.outer(paths.delay[rows], tone)).astype(
            precision
        )
    return total.reshape(*radar.shape, -1)


def peak_of_a_million_rays():
    """Peak memory [MB] of a process that takes 1,000,000 rays to a heatmap."""
    return float(
        subprocess.check_output([sys.executable, "-m", "tests.speed.radio", "million"], text=True)
    )


def million():
    """A frame of 1,000,000 rays, in a world without Blender."""
    config = preset("parking_lot")
    config = replace(config, radio=replace(config.radio, n_ray=1_000_000))
    radar, radio, rng = make_radar(config), config.radio, np.random.default_rng(0)
    world = RayScene(ground(), cube([3, 14, 1], 2.0))
    rays, surfaces = launch(radio, radar, rng), surface_table(radio.carrier_hz)
    response = channel(trace(world, radar, radio, surfaces, rays), radar, radio)
    heatmap(quantise(with_noise(response, radio, rng), radio), make_imager(config, radar))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6)


def measure():
    """All figures by name."""
    from tests.speed.lot import Lot

    print(f"{processor()}, one core")
    print(f"{'kernels compiled or loaded':52s}{compile_kernels(preset('parking_lot')):8.2f} s")
    lot = Lot()
    radio, radar, rng = lot.config.radio, lot.radar, np.random.default_rng(0)
    asked, found = queries(lot), {}

    def replay():
        for scene, arguments, options in asked:
            scene.run(*arguments, **options)

    traced, embree = in_turns(lot.trace, replay)
    found["trace over the same Embree queries"] = traced / embree
    n_query = sum(len(arguments[0]) for _, arguments, _ in asked)
    print(f"{'trace':52s}{traced:8.4f} s, {n_query} queries, {n_query / embree / 1e6:.1f} M/s bare")

    many = random_paths(100_000)
    for label, paths in (("the frame's paths", lot.paths), ("100,000 paths", many)):
        ours, alone = in_turns(lambda p=paths: channel(p, radar, radio), bare(paths, radar, radio))
        found[f"channel over bare finufft, {label}"] = ours / alone
        print(f"{'channel, ' + label:52s}{ours:8.4f} s")
    ours = in_turns(lambda: channel(many, radar, radio))[0]
    for precision in (np.complex128, np.complex64):
        slow = min(
            in_turns(lambda b=b, p=precision: plain(many, radar, radio, p, b), rounds=2)[0]
            for b in (500, 2000)
        )
        name = "plain NumPy sum over channel, 100,000 paths"
        if precision is np.complex128:
            found[name] = slow / ours
        else:
            print(f"{name + ', in single precision':60s}{slow / ours:8.1f}")

    def frame():
        response = quantise(with_noise(channel(lot.trace(), radar, radio), radio, rng), radio)
        heatmap(response, lot.imager)

    found["rays to heatmap [s]"] = in_turns(frame)[0]
    found["1,000,000 rays to heatmap, peak memory [MB]"] = peak_of_a_million_rays()
    return found


if __name__ == "__main__":
    if any(os.environ.get(name) != "1" for name in THREADS):  # too late for a NumPy that is loaded
        os.execve(
            sys.executable,
            [sys.executable, "-m", "tests.speed.radio", *sys.argv[1:]],
            {**os.environ, **dict.fromkeys(THREADS, "1")},
        )
    if sys.argv[1:] == ["million"]:
        million()
        sys.exit()
    broken = 0
    for label, value in measure().items():
        limit = MOST.get(label, LEAST.get(label))
        kept = value <= limit if label in MOST else value >= limit
        broken += not kept
        sign = "<=" if label in MOST else ">="
        print(f"{label:52s}{value:8.3g}  {sign} {limit:g}{'' if kept else '  BROKEN'}")
    sys.exit(bool(broken))
