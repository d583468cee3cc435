"""A synthesiser that makes small, valid arrays in no time, importable by worker processes."""

import errno
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from scenes.config import ScenarioConfig
from scenes.sensors import make_camera, make_radar
from synth.channel import subcarriers
from synth.doppler import doppler_axis
from synth.sample import fields_of, lengths, shape_of

TABLES = {
    "classes": ["nothing", "ground", "car"],
    "kinds": ["line of sight", "specular", "scattered", "diffracted"],
    "materials": ["asphalt", "metal"],
    "models": ["hatch", "saloon"],
    "lights": ["day"],
    "weathers": ["clear"],
}


def tiny_config(**changes):
    """A configuration whose frames have a few kilobytes."""
    base = ScenarioConfig(scene="parking_lot")
    small = replace(
        base,
        camera=replace(base.camera, width=40, height=32),
        radio=replace(base.radio, n_row=2, n_col=3, n_subcarrier=256, n_symbol=6),
        heatmap=replace(base.heatmap, n_range=8, n_azimuth=10, range_max=40.0),
    )
    return replace(small, **changes)


def fake_tables():
    return TABLES


def no_gpu():
    return ()


def cuda_alone():
    return ("cuda",)


def fake_sequence(config, seed, sequence, on_frame=None):
    """Random arrays of the right shapes whose labels agree with each other."""
    rng = np.random.default_rng([seed, sequence])
    axes = lengths(config, 15)
    n_row = {"object": 30, "point": 150, "path": 75}
    arrays = {}
    for field in fields_of(config.entries):
        shape = shape_of(field, axes, n_row.get(str(field.axes[0])))
        if field.key.endswith("/offset"):
            rows = n_row[{"object": "object", "lidar": "point", "paths": "path"}[field.group]]
            arrays[field.key] = np.linspace(0, rows, 16).astype(np.uint64)
        elif np.dtype(field.dtype).kind in "ui":
            arrays[field.key] = rng.integers(0, 2, shape).astype(field.dtype)
        else:
            arrays[field.key] = rng.normal(size=shape).astype(field.dtype)
    _agree(arrays, config, sequence, rng)
    for index in range(15):
        time.sleep(float(os.environ.get("FAKE_SECONDS", "0")))
        if on_frame is not None:
            on_frame(index)
    return arrays


def _agree(arrays, config, sequence, rng):
    """Two cars a frame, 2 and 3; 2 is the target."""
    width, height = config.camera.width, config.camera.height
    arrays["frame/sequence"][:] = sequence
    arrays["frame/index"][:] = np.arange(15)
    arrays["frame/weather"][:] = 0
    arrays["frame/light"][:] = 0
    arrays["frame/rate"][:] = 0
    arrays["frame/visibility"][:] = 1e5
    arrays["object/id"][:] = np.tile([2, 3], 15)
    arrays["object/class"][:] = TABLES["classes"].index("car")
    arrays["target/object"][:] = 2
    arrays["object/visibility"][:] = rng.random(30)
    arrays["object/transmittance"][:] = 1
    arrays["object/occlusion"][:] = 1 - arrays["object/visibility"]
    arrays["object/size"][:] = rng.uniform(1, 5, (30, 3))
    arrays["frame/time"][:] = config.frame_interval * np.arange(15)
    for key in ("depth/image", "lidar/intensity", "paths/delay", "paths/aoa", "paths/aod"):
        if key in arrays:
            arrays[key] = np.abs(arrays[key]).clip(0, 1)
    half = np.radians(config.heatmap.azimuth_span_deg) / 2
    first, last = config.heatmap.range_min, config.heatmap.range_max
    arrays |= {
        key: values
        for key, values in {
            "camera/intrinsics": make_camera(config).intrinsics,
            "csi/frequency": subcarriers(config.radio),
            "paths/bounces": np.ones(75, np.uint8),
            "paths/kind": np.full(75, 2, np.uint8),
            "paths/object": rng.integers(1, 4, 75).astype(np.uint16),
            "radar/doppler": doppler_axis(config.radio),
            "radar/azimuth": np.linspace(-half, half, config.heatmap.n_azimuth),
            "radar/range": np.linspace(first, last, config.heatmap.n_range, endpoint=False),
        }.items()
        if key in arrays
    }
    x = rng.integers(0, width // 2 - 4, 30)
    y = rng.integers(0, height - 4, 30)
    x[1::2] += width // 2
    box = np.stack([x, y, x + 4, y + 3], 1)
    arrays["object/box"][:] = box
    time = config.frame_interval * np.arange(15)
    for row in (0, 1):
        arrays["object/velocity"][row::2] = arrays["object/velocity"][row]
        way = time[:, None] * arrays["object/velocity"][row]
        arrays["object/centre"][row::2] = arrays["object/centre"][row] + way
    for key, other in (("box", "box"), ("position", "centre"), ("velocity", "velocity")):
        arrays[f"target/{key}"][:] = arrays[f"object/{other}"][::2]
    position = arrays["target/position"]
    arrays["target/range"][:] = np.linalg.norm(position, axis=1)
    away = np.linalg.norm(position - make_radar(config).transmitter, axis=1)
    arrays["target/half_path"][:] = (arrays["target/range"] + away) / 2
    if "radar/snr" in arrays:
        arrays["target/snr"][:] = arrays["radar/snr"] - 1
    arrays["target/azimuth"][:] = np.arctan2(position[:, 0], position[:, 1])
    for key in ("radar/world_from_radar", "camera/world_from_camera", "lidar/world_from_lidar"):
        if key in arrays:
            arrays[key][:] = np.eye(4)
    if "depth/instance" in arrays:
        arrays["depth/instance"][:] = 0
        arrays["depth/class"][:] = 0
        for row, (x0, y0, x1, y1) in enumerate(box):
            at = row // 2, slice(y0, y1), slice(x0, x1)
            arrays["depth/instance"][at] = 2 + row % 2
            arrays["depth/class"][at] = arrays["object/class"][row]
        arrays["depth/image"][arrays["depth/instance"] == 0] = 0


def broken_sequence(config, seed, sequence, on_frame=None):
    """A synthesiser that fails."""
    raise ValueError("no such thing")


def full_disk(config, seed, sequence, on_frame=None):
    """A synthesiser whose disk is full."""
    raise OSError(28, "No space left on device")


def dying_sequence(config, seed, sequence, on_frame=None):
    """A synthesiser whose process is killed at the second sequence."""
    if sequence == 1:
        os.kill(os.getpid(), 9)
    return fake_sequence(config, seed, sequence, on_frame)


def noted_sequence(notes, doomed, config, seed, sequence, on_frame=None):
    """A synthesiser that notes what each machine of a Ray cluster begins.

    That of the doomed one ends with its machine only; the others wait until it has begun.
    """
    import ray  # here, as most tests do without

    here = ray.get_runtime_context().get_node_id()
    (notes / here).mkdir(exist_ok=True)
    (notes / here / str(sequence)).touch()
    if here == doomed:
        time.sleep(600)
    until = time.monotonic() + 60
    while not (notes / doomed).exists():
        assert time.monotonic() < until, "the machine that is to die makes nothing"
        time.sleep(0.05)
    return fake_sequence(config, seed, sequence, on_frame)


def endless_preview(*_):
    """A preview that is never done; says that it has begun."""
    Path(os.environ["STARTED"]).touch()
    time.sleep(600)


def lock(monkeypatch, place):
    """Deny the rights to look at a place; to root, too, whom the system denies nothing."""
    original = Path.stat

    def stat(path, **options):
        if path == place:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return original(path, **options)

    monkeypatch.setattr(Path, "stat", stat)
