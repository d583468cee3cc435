"""Sequences made by the machines of a Ray cluster, written to any place that all of them reach.

A sequence is a function of seed, configuration and its number, so which machine makes it, how often
it is tried and in which order changes no byte.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
import socket
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import ray

from scenes.config import SEQUENCE_LENGTH, ConfigError, ScenarioConfig
from synth.generate import Interrupted, Synthesise
from synth.manifest import (
    FILE,
    LARGEST,
    Manifest,
    ShardRecord,
    manifest_bytes,
    misfit,
    parse_manifest,
)
from synth.plan import continued, raw_bytes
from synth.shards import (
    DatasetError,
    ShardHeader,
    generator_name,
    shard_image,
    shard_name,
)
from synth.storage import H5_FAULTS
from synth.target import Target
from synth.workers import TASKS_A_WORKER, THREADS

TRIES = 10  # more of a sequence whose machine or process died; then something kills it every time
MEMORY = 1.5e9  # bytes that a sequence asks a machine for: the peak of a worker in docs/cost.md
GPU_SHARE = 0.1  # of a GPU, of one that renders: its copy of a scene takes 1 to 2 GB of 16 to 80
AHEAD = 3  # tasks a core that wait at the cluster, so that none is idle
BOOKED = 10.0  # [s] at least between writings of the manifest, which grows with the dataset


def begun(target: Target, wanted: Manifest) -> Manifest:
    """Return the manifest to go on with: that of the target, with shards that are not listed yet.

    Raises:
        DatasetError: If the target holds another dataset, or a shard of another one, or cannot be
            reached.
    """
    content = target.read(FILE, LARGEST)
    if content is None and target.names():
        raise DatasetError(f"{target.url} is not empty and no dataset: choose another --out")
    if content is None:
        return wanted
    sizes = target.sizes("shards")
    found = parse_manifest(content, f"{target.url}/{FILE}")
    manifest = continued(target.url, wanted, found, set(sizes))
    listed = {shard.file: shard for shard in manifest.shards}
    for name, size in sizes.items():
        if name in listed and listed[name].bytes != size:
            raise DatasetError(
                f"{target.url}/{name} has {size} bytes, {FILE} says {listed[name].bytes}: delete "
                "it and run the same command again"
            )
    for sequence in manifest.sequences:
        if shard_name(sequence) in sizes.keys() - listed.keys():
            manifest = manifest.with_shard(_adopted(target, manifest, sequence))
    return manifest


@contextmanager
def connected(address: str) -> Iterator[int]:
    """Connect this process to a Ray cluster for a while, and give how many cores it has.

    Args:
        address: "auto" for that of this machine, or `host:port` of its head.

    Raises:
        DatasetError: If none answers.
    """
    try:
        head = address if address != "auto" else _last_head()
        if head:  # Ray itself would try one that is gone for many minutes
            host, _, port = head.removeprefix("ray://").rpartition(":")
            socket.create_connection((host, int(port)), timeout=10).close()
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, RuntimeError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise DatasetError(
            f"--address {address}: no Ray cluster answers ({reason:.200}); start one with "
            "ray start --head, or name its head, as --address 192.0.2.1:6379"
        ) from None
    try:
        yield _cores()
    finally:
        ray.shutdown()


def needs_gpu(manifest: Manifest) -> bool:
    """Return whether a dataset's pictures are rendered on a GPU."""
    config = manifest.config
    return "camera" in config.entries and config.camera.device != "cpu"


def lacks_gpu(manifest: Manifest) -> bool:
    """Return whether the dataset needs a GPU and the cluster has none by now."""
    return needs_gpu(manifest) and _resource("GPU") < GPU_SHARE


def generate_on_ray(
    target: Target,
    wanted: Manifest,
    synthesise: Synthesise,
    on_frame: Callable[[int], None] | None = None,
) -> Manifest:
    """Make what a dataset lacks on the Ray cluster to which this process is connected.

    Args:
        target: Where shards and manifest go.
        wanted: Of what is to be made.
        synthesise: Makes the arrays of a sequence; importable by name on every machine.
        on_frame: Called with the number of frames finished so far by this run.

    Raises:
        Interrupted: If the user stopped it.
        DatasetError: If a sequence's process died again and again, a machine has another radvis,
            or the target failed.
        ConfigError: If a sequence cannot be made of the configuration.
    """
    with target.held():
        manifest = begun(target, wanted)
        records = {shard.sequence: shard for shard in manifest.shards}
        have, began, took = len(records), time.monotonic(), 0.0

        def book() -> Manifest:
            whole = replace(manifest, shards=tuple(records[i] for i in sorted(records)))
            target.write(FILE, manifest_bytes(whole))
            return whole

        book()
        try:
            with closing(_records(target, manifest, synthesise)) as made:
                for record in made:
                    records[record.sequence] = record
                    if on_frame is not None:
                        on_frame((len(records) - have) * SEQUENCE_LENGTH)
                    now = time.monotonic()
                    if now - began > max(BOOKED, 20 * took):
                        book()
                        began, took = time.monotonic(), time.monotonic() - now
        except KeyboardInterrupt:
            raise Interrupted from None
        finally:
            manifest = book()
    return manifest


def _records(
    target: Target, manifest: Manifest, synthesise: Synthesise
) -> Generator[ShardRecord, None, None]:
    """Let the cluster make what a dataset lacks, and yield the records as shards are written."""
    task = ray.remote(
        num_cpus=1,
        num_gpus=GPU_SHARE * needs_gpu(manifest),
        memory=MEMORY,
        max_calls=TASKS_A_WORKER,  # then a fresh process: a bound on whatever Blender may leak
        max_retries=TRIES,
        runtime_env={"env_vars": dict.fromkeys(THREADS, "1")},
    )(_work)
    left, generator = iter(manifest.missing), generator_name()
    running: list[Any] = []
    try:
        while True:
            wanted = AHEAD * max(_cores(), 1) - len(running)
            for _, sequence in zip(range(wanted), left, strict=False):
                header = ShardHeader(
                    manifest.seed, sequence, manifest.config, manifest.tables, generator
                )
                running.append(task.remote(synthesise, header, target))
            if not running:
                return
            finished, running = ray.wait(running, timeout=1.0)
            for record in ray.get(finished):
                target.check(record.file, record.bytes)
                yield record
    except ray.exceptions.RayTaskError as error:
        raise _told(error) from None
    except ray.exceptions.RayError as error:
        raise DatasetError(
            f"the cluster lost a sequence {TRIES + 1} times ({type(error).__name__}; out of "
            "memory?): see its logs, then run the same command again; finished sequences are kept"
        ) from None
    finally:
        for held in running:
            ray.cancel(held, force=True)


def _last_head() -> str:
    """Return the address that Ray takes for "auto", where it has one written down."""
    note = Path(os.environ.get("RAY_TMPDIR", "/tmp"), "ray", "ray_current_cluster")
    return os.environ.get("RAY_ADDRESS") or (note.read_text().strip() if note.exists() else "")


def _cores() -> int:
    return int(_resource("CPU"))


def _resource(name: str) -> float:
    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return resources.get(name, 0.0)


def _told(error: Any) -> Exception:
    """Return what a task raised, or what to do where its machine lacks our code."""
    if isinstance(error.cause, DatasetError | ConfigError):
        return error.cause
    if isinstance(error.cause, ImportError | AttributeError):
        return DatasetError(
            f"a machine of the cluster cannot load radvis ({error.cause}): install the same "
            f"{generator_name()} with its extras synth and cluster on all of them"
        )
    told: Exception = error.as_instanceof_cause()
    return told


def _work(synthesise: Synthesise, header: ShardHeader, target: Target) -> ShardRecord:
    """Make one sequence and its shard, on any machine."""
    if header.generator != generator_name():
        raise DatasetError(
            f"machine {socket.gethostname()} has {generator_name()}, this one {header.generator}: "
            "install the same on all of them"
        )
    arrays = synthesise(header.config, header.seed, header.sequence, None)
    content = shard_image(arrays, header)
    target.write(shard_name(header.sequence), content)
    return _record(header.sequence, content)


def _adopted(target: Target, manifest: Manifest, sequence: int) -> ShardRecord:
    """Return the record of a shard that a run left before it was listed."""
    name = shard_name(sequence)
    content = target.read(name, _largest_shard(manifest.config))
    if content is None:
        raise DatasetError(f"{target.url}/{name} went away: run the same command again")
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            fault = misfit(file, manifest, sequence)
    except H5_FAULTS as error:
        fault = f"is truncated or no HDF5 file ({error})"
    if fault:
        raise DatasetError(
            f"{target.url}/{name}: {fault}: delete it and run the same command again"
        )
    return _record(sequence, content)


def _largest_shard(config: ScenarioConfig) -> int:
    """Return more bytes than a shard has: twice its arrays uncompressed, and 100 MB for labels."""
    raw = sum(raw_bytes(entry, config) for entry in config.entries)
    return int(2 * SEQUENCE_LENGTH * raw + 100e6)


def _record(sequence: int, content: bytes) -> ShardRecord:
    digest = hashlib.sha256(content).hexdigest()
    return ShardRecord(shard_name(sequence), sequence, SEQUENCE_LENGTH, len(content), digest)
