"""How much faster two workers are than one, for both engines, beside what two processes can be.

    python -m tests.speed.engines --entries radar,csi,lidar,depth --sequences 8

Start-up is included. The last line is the limit of the machine: the same work without memory or
files, in two processes and in one. Cores that share a unit do not double it.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import click
from ray.cluster_utils import Cluster

from radvis_cli import resolve
from scenes.config import ScenarioConfig
from synth.cluster import connected, generate_on_ray
from synth.generate import generate
from synth.manifest import new_manifest
from synth.plan import plan
from synth.sequence import code_tables, synthesise_sequence
from synth.target import Target

ENOUGH = 1.8  # times as fast with two as with one


def local(config: ScenarioConfig, n_frame: int, workers: int, folder: Path) -> float:
    """Let worker processes make a dataset; return how long it took [s]."""
    made = plan(config, folder, n_frame, 0, code_tables(), workers)
    begin = time.perf_counter()
    generate(made, synthesise_sequence)
    return time.perf_counter() - begin


def on_ray(config: ScenarioConfig, n_frame: int, workers: int, folder: Path) -> float:
    """Let a cluster of machines with a core each make a dataset; its own start is not counted."""
    wanted = new_manifest(config, 0, n_frame, code_tables())
    head = {"num_cpus": 0, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        for _ in range(workers):
            cluster.add_node(num_cpus=1)
        with connected(cluster.address):
            begin = time.perf_counter()
            generate_on_ray(Target(str(folder)), wanted, synthesise_sequence)
            return time.perf_counter() - begin
    finally:
        cluster.shutdown()


def spin(_: int) -> None:
    """Keep a core busy with numbers that fit its nearest cache."""
    text = b"radvis" * 100
    for _ in range(1_000_000):
        text = hashlib.sha256(text).digest() * 10


def limit() -> float:
    """Return how much more two processes compute than one."""
    rate = []
    for workers in (1, 2):
        with ProcessPoolExecutor(workers) as pool:
            list(pool.map(spin, range(workers)))
            begin = time.perf_counter()
            list(pool.map(spin, range(4 * workers)))
            rate.append(4 * workers / (time.perf_counter() - begin))
    return rate[1] / rate[0]


@click.command()
@click.option("--scene", default="parking_lot", show_default=True)
@click.option("--entries", help="Comma-separated [all].")
@click.option("--sequences", default=8, show_default=True)
def main(scene, entries, sequences):
    """Print frames a second of both engines with one worker and two; status 1 below 1.8 times."""
    config = resolve(scene, None, (), entries, "clear,day")
    n_frame, ratios = 15 * sequences, []
    for name, make in (("local", local), ("ray", on_ray)):
        rates = []
        for workers in (1, 2):
            with tempfile.TemporaryDirectory() as folder:
                rates.append(n_frame / make(config, n_frame, workers, Path(folder) / "data"))
            click.echo(f"{name}, {workers} worker{'s' * (workers > 1)}: {rates[-1]:.2f} frames/s")
        ratios.append(rates[1] / rates[0])
        click.echo(f"{name}: {ratios[-1]:.2f} times")
    click.echo(f"limit: {limit():.2f} times")
    sys.exit(min(ratios) < ENOUGH)


if __name__ == "__main__":
    main()
