"""A Rerun recording: every sensor of some sequences on one timeline, and the rays in 3-D."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import rerun as rr
import rerun.blueprint as rrb
from matplotlib import colormaps
from numpy.typing import NDArray
from scipy.constants import speed_of_light

from scenes.config import SEQUENCE_LENGTH, RadioConfig
from scenes.sensors import direction
from synth.checked import checked_frame
from synth.dataset import Dataset
from synth.page import DRAWN, ENDS, MOST_SEQUENCES
from synth.shards import DatasetError
from synth.view import DYNAMIC_RANGE, HEIGHTS, Frame, Scales, scales_of, sky_of

QUALITY = 90  # of the JPEGs
MOST_RAYS = 300  # of a frame, the strongest: more hide each other
DEPTH_STEPS = 500.0  # in a metre; 16 bits reach 131 m
RING = 16.0  # [px] of the heatmap, radius of the target's mark
AMBER, GREY = (255, 176, 0), (150, 155, 165)  # the target, and all else
Log = Callable[..., None]
Rays = tuple[list[NDArray[np.float64]], NDArray[np.uint8]]


def save_recording(data: Dataset, path: Path, sequences: Sequence[int] | None = None) -> None:
    """Write a recording, which `rerun FILE` opens, of some sequences.

    Args:
        data: The dataset.
        path: Of the .rrd file.
        sequences: Which; None for the first.

    Raises:
        DatasetError: If the dataset is empty or withheld, or a sequence is not in it.
        OSError: If the file cannot be written; what was there before is kept then.
    """
    frames = _chosen(data, sequences)
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    beside.touch()  # Rerun itself tells of a place that cannot be written in a log only
    try:
        stream = rr.new_recording("radvis")
        rr.save(beside, default_blueprint=_layout(data), recording=stream)
        _log(stream, data, frames)
        stream.flush()
        rr.disconnect(recording=stream)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def open_viewer(data: Dataset, sequences: Sequence[int] | None = None) -> None:
    """Open Rerun's window on some sequences; arguments and errors are `save_recording`'s."""
    frames = _chosen(data, sequences)
    stream = rr.new_recording("radvis")
    rr.spawn(default_blueprint=_layout(data), recording=stream)
    _log(stream, data, frames)
    stream.flush()


def _chosen(data: Dataset, sequences: Sequence[int] | None) -> list[int]:
    data.require_labels()
    entries = data.manifest.config.entries
    if not any(entry in entries for entry in LOGGED):
        raise DatasetError(f"{data.folder} has none of {', '.join(LOGGED)} to show")
    return data.frames_of(sequences, MOST_SEQUENCES)


def _layout(data: Dataset) -> rrb.Blueprint:
    """Return where each sensor is seen: the world to the left, pictures to the right."""
    entries = data.manifest.config.entries
    flat = {
        "camera": rrb.Spatial2DView(
            name="camera", origin="world/camera", contents="world/camera/image/**"
        ),
        "depth": rrb.Spatial2DView(
            name="depth", origin="world/camera", contents="world/camera/depth"
        ),
        "radar": rrb.Spatial2DView(name="radar: azimuth, range", origin="radar"),
    }
    shown = [view for entry, view in flat.items() if entry in entries]
    world = rrb.Spatial3DView(
        name="world", origin="world", contents=["+ world/**", "- world/camera/depth"]
    )
    words = rrb.TextDocumentView(name="frame", origin="frame")
    left = rrb.Vertical(world, words, row_shares=[5, 1])
    whole = rrb.Horizontal(left, rrb.Vertical(*shown), column_shares=[3, 2]) if shown else left
    return rrb.Blueprint(whole, rrb.TimePanel(state="collapsed"), collapse_panels=True)


def _log(stream: rr.RecordingStream, data: Dataset, frames: Sequence[int]) -> None:
    config, log = data.manifest.config, partial(rr.log, recording=stream)
    ends = (i for i in frames if i % SEQUENCE_LENGTH in ENDS)
    scales = scales_of(config, [checked_frame(data, i) for i in ends])
    log("world", rr.ViewCoordinates.RIGHT_HAND_Z_UP, static=True)
    for index in frames:
        frame = checked_frame(data, index)
        rr.set_time_seconds("time", index * config.frame_interval, recording=stream)
        log("frame", rr.TextDocument(_words(frame, data), media_type="text/markdown"))
        log("world/object", _solids(frame, data))
        for entry, show in LOGGED.items():
            if entry in config.entries:
                show(log, frame, data, scales)


def _words(frame: Frame, data: Dataset) -> str:
    sequence, index = int(frame["frame/sequence"]), int(frame["frame/index"])
    snr = f", SNR {float(frame['target/snr']):.0f} dB" if "target/snr" in frame else ""
    return (
        f"**sequence {sequence}, frame {index}**, {float(frame['frame/time']):.1f} s, "
        f"{sky_of(frame, data.manifest.tables)}\n\ntarget at {float(frame['target/range']):.1f} m, "
        f"{np.degrees(float(frame['target/azimuth'])):+.1f}°, "
        f"{float(np.linalg.norm(frame['target/velocity'])):.1f} m/s{snr}"
    )


def _marks(frame: Frame, data: Dataset, shown: NDArray[np.bool_]) -> dict[str, Any]:
    """Return colours and labels of some objects; labels are read by pointing at them."""
    target = frame["object/id"] == frame["target/object"]
    models = data.manifest.tables["models"]
    names = [models[model] if model >= 0 else "target" for model in frame["object/model"][shown]]
    return {
        "colors": np.where(target[shown, None], AMBER, GREY),
        "labels": names,
        "show_labels": False,
    }


def _is_shown(frame: Frame) -> NDArray[np.bool_]:
    """Return which objects have boxes: cars and the target, not houses and what they stand on."""
    shown: NDArray[np.bool_] = frame["object/id"] == frame["target/object"]
    return shown | (frame["object/model"] >= 0)


def _solids(frame: Frame, data: Dataset) -> rr.Boxes3D:
    shown = _is_shown(frame)
    half = frame["object/yaw"][shown] / 2
    nought = np.zeros_like(half)
    return rr.Boxes3D(
        centers=frame["object/centre"][shown],
        half_sizes=frame["object/size"][shown] / 2,
        quaternions=np.stack([nought, nought, np.sin(half), np.cos(half)], 1),
        **_marks(frame, data, shown),
    )


def _camera(log: Log, frame: Frame, data: Dataset, _: Scales) -> None:
    _pinhole(log, frame, data)
    picture = rr.Image(frame["camera/image"]).compress(jpeg_quality=QUALITY)
    log("world/camera/image", picture)
    log("world/camera/image/object", _outlines(frame, data))


def _depth(log: Log, frame: Frame, data: Dataset, scales: Scales) -> None:
    _pinhole(log, frame, data)
    depth = (frame["depth/image"] * DEPTH_STEPS).round().clip(0, 65_535).astype(np.uint16)
    near, far = np.array(scales.depth) * DEPTH_STEPS
    picture = rr.DepthImage(
        depth, meter=DEPTH_STEPS, colormap=rr.components.Colormap.Magma, depth_range=[near, far]
    )
    log("world/camera/depth", picture)


def _pinhole(log: Log, frame: Frame, data: Dataset) -> None:
    camera, pose = data.manifest.config.camera, frame["camera/world_from_camera"]
    log("world/camera", rr.Transform3D(translation=pose[:3, 3], mat3x3=pose[:3, :3]))
    lens = rr.Pinhole(
        image_from_camera=frame["camera/intrinsics"],
        resolution=[camera.width, camera.height],
        image_plane_distance=3.0,  # [m] in front of the camera, where 3-D shows the picture
    )
    log("world/camera", lens)


def _outlines(frame: Frame, data: Dataset) -> rr.Boxes2D:
    box = frame["object/box"]
    shown = _is_shown(frame) & (box[:, 2] > box[:, 0])
    return rr.Boxes2D(
        array=box[shown], array_format=rr.Box2DFormat.XYXY, **_marks(frame, data, shown)
    )


def _lidar(log: Log, frame: Frame, data: Dataset, _: Scales) -> None:
    pose, point = frame["lidar/world_from_lidar"], frame["lidar/point"]
    height = point @ pose[2, :3] + pose[2, 3]
    share = (height - HEIGHTS[0]) / (HEIGHTS[1] - HEIGHTS[0])
    log("world/lidar", rr.Transform3D(translation=pose[:3, 3], mat3x3=pose[:3, :3]))
    colours = colormaps["viridis"](share, bytes=True)
    log("world/lidar", rr.Points3D(point, colors=colours, radii=0.03))


def _radar(log: Log, frame: Frame, data: Dataset, scales: Scales) -> None:
    panel = DRAWN["radar"](frame, scales)
    log("radar/heatmap", rr.Image(panel.pixels).compress(jpeg_quality=QUALITY))
    if panel.circle is not None:
        turn = np.linspace(0, 2 * np.pi, 49)
        ring = panel.circle + RING * np.stack([np.cos(turn), np.sin(turn)], 1)
        log("radar/heatmap/target", rr.LineStrips2D([ring], colors=AMBER, radii=1.0))


def _paths(log: Log, frame: Frame, data: Dataset, _: Scales) -> None:
    if "radar/world_from_radar" not in frame:  # only datasets with a map tell where it stood
        return
    strips, colours = rays(frame, data.manifest.config.radio)
    log("world/path", rr.LineStrips3D(strips, colors=colours, radii=0.015))


def rays(frame: Frame, radio: RadioConfig) -> Rays:
    """Return the strongest paths of a frame as lines in the world.

    A path that met one surface goes from the transmitter by that point to the array; a line of
    sight straight. Of one that met several, a dataset holds the ends only: it is drawn from the
    array to where, of all places in the direction it came from, one surface would send it back as
    late. That is where the heatmap shows it.

    Args:
        frame: Of a dataset with paths.
        radio: Its radio.

    Returns:
        At most `MOST_RAYS` lines, (2 or 3, 3) [m], and a colour for each, (n, 3).
    """
    power = 20 * np.log10(np.maximum(np.abs(frame["paths/gain"]), 1e-30))
    strongest = np.argsort(-power)[:MOST_RAYS]
    pose = frame["radar/world_from_radar"]
    array = pose[:3, 3]
    transmitter = array + pose[:3, 0] * radio.transmit_offset
    if radio.rig == "bistatic":
        transmitter = np.array(radio.transmit_position, float)
    apart = transmitter - array
    arrival = direction(*frame["paths/aoa"][strongest].T.astype(float)) @ pose[:3, :3].T
    length = frame["paths/delay"][strongest] * speed_of_light
    # Law of cosines: the other leg, from the transmitter, is what is left of the length.
    leg = (length**2 - apart @ apart) / (2 * np.maximum(length - arrival @ apart, 1e-6))
    point = array + np.maximum(leg, 0.0)[:, None] * arrival
    lines = {0: [transmitter, array], 1: [transmitter, None, array]}
    strips = []
    for bounces, met in zip(frame["paths/bounces"][strongest], point, strict=True):
        line = lines.get(int(bounces), [None, array])
        strips.append(np.array([met if end is None else end for end in line]))
    share = 1 + (power[strongest] - power.max(initial=-600.0)) / DYNAMIC_RANGE
    return strips, colormaps["inferno"](share, bytes=True)[:, :3]


LOGGED: dict[str, Callable[[Log, Frame, Dataset, Scales], None]] = {
    "camera": _camera,
    "depth": _depth,
    "lidar": _lidar,
    "radar": _radar,
    "paths": _paths,
}
