"""FIELDS: the one source of the dataset's format.

The writer, the reader, the validator and docs/format.md all read this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from scenes.config import ScenarioConfig

FORMAT_VERSION = 3
NO_MATERIAL = 255  # of a path that met no surface, of a lidar point in the air
LARGEST_ID = 65_535  # of an object: ids are 16 bits wide
RAGGED = ("object", "point", "path")  # first axes of tables whose frames differ in rows
# Labels among what sensors measure.
_LABELS = ("depth/instance", "depth/class", "lidar/material", "lidar/class", "lidar/object")

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Field:
    """One array of a shard.

    Attributes:
        key: Its path in the shard, `group/name`.
        dtype: Its NumPy type.
        axes: Its axes by name; F is the frame, a first axis of RAGGED counts the rows of a table
            with an `offset`, numbers are fixed lengths.
        unit: In square brackets in the documentation; empty for pure numbers.
        text: What it holds.
        entries: The entries that bring it; empty if it is always there.
    """

    key: str
    dtype: str
    axes: tuple[str | int, ...]
    unit: str
    text: str
    entries: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """The part before the slash."""
        return self.key.split("/")[0]

    @property
    def label(self) -> bool:
        """Whether it tells what no sensor measures; withheld datasets go without."""
        return self.group in ("object", "target", "paths") or self.key in _LABELS

    @property
    def ragged(self) -> bool:
        """Whether frames have different numbers of rows."""
        return self.axes[0] in RAGGED

    @property
    def per_frame(self) -> bool:
        """Whether the first axis counts frames."""
        return self.axes[0] == "F"


_OPTICS = ("camera", "depth")
_RADAR = ("radar", "doppler")
RADIO = ("radar", "doppler", "csi", "paths")  # entries that need the rays of the radio

FIELDS: tuple[Field, ...] = (
    Field("frame/sequence", "uint32", ("F",), "", "Number of the sequence"),
    Field("frame/index", "uint16", ("F",), "", "Frame in its sequence, from 0"),
    Field("frame/time", "float64", ("F",), "s",
          "Time since the sequence began: index times `frame_interval`"),
    Field("frame/weather", "uint8", ("F",), "", "Weather, index into `weathers`"),
    Field("frame/light", "uint8", ("F",), "", "Light, index into `lights`"),
    Field("frame/rate", "float32", ("F",), "mm/h", "Of rain, or of snow as water; 0 otherwise"),
    Field("frame/visibility", "float32", ("F",), "m",
          "Meteorological optical range; 100000 in clear air"),
    Field("camera/image", "uint8", ("F", "height", "width", 3), "", "Picture, sRGB", ("camera",)),
    Field("camera/intrinsics", "float64", (3, 3), "px", "Pinhole matrix", _OPTICS),
    Field("camera/world_from_camera", "float64", ("F", 4, 4), "m", "Pose", _OPTICS),
    Field("depth/image", "float32", ("F", "height", "width"), "m",
          "Depth along the optical axis, 0 where nothing is met", ("depth",)),
    Field("depth/instance", "uint16", ("F", "height", "width"), "",
          "Object id; 0 where nothing is met, 1 the ground, without a row in `object/`",
          ("depth",)),
    Field("depth/class", "uint8", ("F", "height", "width"), "",
          "What is met, index into `classes`", ("depth",)),
    Field("lidar/point", "float32", ("point", 3), "m", "Points, lidar frame", ("lidar",)),
    Field("lidar/intensity", "float32", ("point",), "",
          "Reflectivity times cosine of incidence times what the air leaves, 0 to 1", ("lidar",)),
    Field("lidar/material", "uint8", ("point",), "",
          "Index into `materials`; 255 for drops, flakes and dust in the air", ("lidar",)),
    Field("lidar/class", "uint8", ("point",), "", "Index into `classes`", ("lidar",)),
    Field("lidar/object", "uint16", ("point",), "", "Object id, 0 for the air", ("lidar",)),
    Field("lidar/offset", "uint64", ("F+1",), "", "First row of each frame", ("lidar",)),
    Field("lidar/world_from_lidar", "float64", ("F", 4, 4), "m", "Pose", ("lidar",)),
    Field("radar/heatmap", "float32", ("F", "range", "azimuth"), "dB",
          "Power relative to the transmitted power", ("radar",)),
    Field("radar/range", "float64", ("range",), "m", "Of each row: half the path's length", _RADAR),
    Field("radar/azimuth", "float64", ("azimuth",), "rad", "Centre of each column", ("radar",)),
    Field("radar/doppler_map", "float32", ("F", "range", "doppler"), "dB",
          "Power relative to the transmitted power, mean over the middle row", ("doppler",)),
    Field("radar/doppler", "float64", ("doppler",), "Hz",
          "Centre of each column, positive when approaching", ("doppler",)),
    Field("radar/world_from_radar", "float64", ("F", 4, 4), "m", "Pose", _RADAR),
    Field("radar/snr", "float32", ("F",), "dB",
          "Summed power of the paths over the noise of an element of the channel, at least -300",
          RADIO),
    Field("csi/response", "complex64", ("F", "row", "col", "subcarrier"), "",
          "Channel, received over transmitted amplitude", ("csi",)),
    Field("csi/frequency", "float64", ("subcarrier",), "Hz", "Relative to the carrier", ("csi",)),
    Field("paths/gain", "complex64", ("path",), "", "Amplitude at the carrier", ("paths",)),
    Field("paths/delay", "float64", ("path",), "s", "Propagation delay", ("paths",)),
    Field("paths/aoa", "float32", ("path", 2), "rad", "Arrival: azimuth, elevation", ("paths",)),
    Field("paths/aod", "float32", ("path", 2), "rad", "Departure: azimuth, elevation", ("paths",)),
    Field("paths/doppler", "float32", ("path",), "Hz", "Positive when closing in", ("paths",)),
    Field("paths/object", "uint16", ("path",), "", "Object met last, 0 for none", ("paths",)),
    Field("paths/material", "uint8", ("path",), "",
          "Material met last, index into `materials`; 255 for none", ("paths",)),
    Field("paths/bounces", "uint8", ("path",), "",
          "Surfaces met; 0 only in line of sight", ("paths",)),
    Field("paths/kind", "uint8", ("path",), "", "How it came, index into `kinds`", ("paths",)),
    Field("paths/offset", "uint64", ("F+1",), "", "First row of each frame", ("paths",)),
    Field("object/id", "uint16", ("object",), "", "Object id, as in `depth/instance`"),
    Field("object/class", "uint8", ("object",), "", "Index into `classes`"),
    Field("object/model", "int16", ("object",), "", "Index into `models`, -1 for none"),
    Field("object/centre", "float32", ("object", 3), "m", "Centre of the 3-D box, world"),
    Field("object/size", "float32", ("object", 3), "m", "Length, width, height of the 3-D box"),
    Field("object/velocity", "float32", ("object", 3), "m/s", "Velocity, world"),
    Field("object/yaw", "float32", ("object",), "rad", "From world x towards world y"),
    Field("object/box", "float32", ("object", 4), "px",
          "x0 y0 x1 y1 around the visible pixels, zeros if there are none"),
    Field("object/visibility", "float32", ("object",), "",
          "Visible share of the pixels it would fill alone in a picture without edges, 0 to 1; "
          "geometric: haze does not count"),
    Field("object/occlusion", "float32", ("object",), "",
          "Share of the pixels in the picture that it would fill alone and something else hides, "
          "0 to 1; geometric: haze does not count"),
    Field("object/transmittance", "float32", ("object",), "",
          "Share of green light (550 nm) that the air leaves between the camera and the centre of "
          "the 3-D box, 0 to 1"),
    Field("object/offset", "uint64", ("F+1",), "", "First row of each frame"),
    Field("target/object", "uint16", ("F",), "", "Object id of the target"),
    Field("target/position", "float32", ("F", 3), "m", "Centre of the target's 3-D box, world"),
    Field("target/velocity", "float32", ("F", 3), "m/s", "Velocity, world"),
    Field("target/range", "float32", ("F",), "m", "Distance from the array to that centre"),
    Field("target/half_path", "float32", ("F",), "m",
          "Half of the way transmitter, that centre, array: its place on `radar/range`, "
          "where echoes of its near side lie a little before it"),
    Field("target/azimuth", "float32", ("F",), "rad", "Azimuth of that centre, radar frame"),
    Field("target/box", "float32", ("F", 4), "px", "x0 y0 x1 y1, as in `object/box`"),
    Field("target/snr", "float32", ("F",), "dB",
          "As `radar/snr`, of the paths that met the target last", RADIO),
)  # fmt: skip

CODES = {  # the table that each column of codes indexes
    "frame/weather": "weathers",
    "depth/class": "classes",
    "frame/light": "lights",
    "lidar/material": "materials",
    "lidar/class": "classes",
    "paths/material": "materials",
    "paths/kind": "kinds",
    "object/class": "classes",
    "object/model": "models",
}

FIELD: dict[str, Field] = {field.key: field for field in FIELDS}


def fields_of(entries: tuple[str, ...], labels: bool = True) -> tuple[Field, ...]:
    """Return the fields of a dataset that holds `entries`, with or without labels."""
    held = (f for f in FIELDS if not f.entries or set(f.entries) & set(entries))
    return tuple(f for f in held if labels or not f.label)


def lengths(config: ScenarioConfig, n_frame: int) -> dict[str | int, int]:
    """Return the length of every named axis that the configuration fixes."""
    return {
        "F": n_frame,
        "F+1": n_frame + 1,
        "height": config.camera.height,
        "width": config.camera.width,
        "range": config.heatmap.n_range,
        "azimuth": config.heatmap.n_azimuth,
        "doppler": config.radio.n_symbol,
        "row": config.radio.n_row,
        "col": config.radio.n_col,
        "subcarrier": config.radio.n_subcarrier,
    }


def shape_of(
    field: Field, axes: Mapping[str | int, int], n_row: int | None = None
) -> tuple[int, ...]:
    """Return the shape a field must have.

    Args:
        field: The field.
        axes: From `lengths`.
        n_row: Rows of a ragged table, all frames together.

    Raises:
        ValueError: If a ragged field comes without `n_row`.
    """
    if field.ragged and n_row is None:
        raise ValueError(f"{field.key} is ragged: n_row is needed")
    first = {field.axes[0]: n_row} if field.ragged and n_row is not None else {}
    known = {**axes, **first}
    return tuple(axis if isinstance(axis, int) else known[axis] for axis in field.axes)


def unknown_code(key: str, values: NDArray[Any], tables: Mapping[str, list[str]]) -> int | None:
    """Return a code that its table lacks, or None if there is none or `key` holds no codes."""
    if key not in CODES:
        return None
    nothing = NO_MATERIAL if key.endswith("/material") else -1
    beyond = values[(values < 0) | (values >= len(tables[CODES[key]]))]
    wrong = beyond[beyond != nothing]
    return int(wrong[0]) if len(wrong) else None


def format_page() -> str:
    """Return docs/format.md."""
    rows = [
        f"| `{f.key}` | {f.dtype} | ({', '.join(map(str, f.axes))}) | "
        f"{f'[{f.unit}]' if f.unit else ''} | {', '.join(f.entries) or 'always'} | {f.text}"
        f"{' (label)' * f.label} |"
        for f in FIELDS
    ]
    table, ragged = "\n".join(rows), ", ".join(f"`{axis}`" for axis in RAGGED)
    return f"""# Dataset format, version {FORMAT_VERSION}

Generated by `make docs` from `synth.sample.FIELDS`; frames, angles and signs are those of
[conventions](conventions.md).

```
<dataset>/manifest.json          what it is, how it was made, its splits and checksums
<dataset>/shards/000000.h5 …     HDF5, one sequence of 15 frames each, numbered by sequence
```

The first axis of a table is one of

* `F`: frames of the shard;
* {ragged}: rows of all frames, one after the other; rows of frame i are
  `offset[i]` to `offset[i + 1]` of the same group.

Arrays of frames are chunked by frame, ragged tables by 4096 rows, and both are compressed without
loss (Bitshuffle with Zstandard, from `hdf5plugin`; then Fletcher's checksum, so that a damaged
chunk is an error). One frame of one entry is read without the rest. Arrays of up to 64 values are
stored whole.

| key | type | axes | unit | entry | holds |
|---|---|---|---|---|---|
{table}

## Attributes of a shard

`format_version`, `generator`, `scene`, `seed`, `sequence`, `config` (JSON: the resolved
configuration) and `tables` (JSON: the lists `classes`, `kinds`, `lights`, `materials`, `models`,
`weathers` that code columns index); `labels`, 0, of a withheld dataset's. Every array has its
`unit`, `1` for pure numbers. Texts are UTF-8 of fixed length.

## manifest.json

| key | holds |
|---|---|
| `name` | the scene |
| `format_version` | {FORMAT_VERSION} |
| `generator` | program and version |
| `seed` | of the dataset; 0 if it is withheld |
| `config` | the resolved configuration |
| `config_hash` | SHA-256 of it, as canonical JSON |
| `labels` | `false` of a withheld dataset, which lacks what is marked (label); if missing, `true` |
| `n_frame` | frames that were asked for |
| `splits` | `train`, `validation`, `test`: sequence numbers, disjoint |
| `tables` | as in the shards |
| `objects` | of your own .blend one `{{id, name, class}}` an object; otherwise empty |
| `shards` | one `{{file, sequence, n_frame, bytes, sha256}}` a shard |

`objects` says what object ids stand for, by growing id, in all sequences alike; a sequence need not
show them all. Names are those in the file, up to 300 characters, `?` for what does not print; two
may be the same.
"""
