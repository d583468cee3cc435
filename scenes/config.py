"""The configuration tree: frozen, checked when made, written into every shard.

Every field with its range stands here once; TOML files, `--set key=value` and the manifest read
and write this tree. Options in other units than SI name the unit.
"""

from __future__ import annotations

import math
import re
from dataclasses import field
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator
from pydantic.dataclasses import dataclass

SPEED_OF_LIGHT = 299_792_458.0  # [m/s], exact by definition of the metre
KINDS_OF_WEATHER = ("clear", "overcast", "rain", "snow", "fog", "dust")
KINDS_OF_LIGHT = ("day", "dusk", "night")
SEQUENCE_LENGTH = 15  # frames; the paper's, and the format's
LARGEST_ARRAY = 2**30  # bytes of one array of a frame, or of one column of a sequence's table
MOST_REACH = 16  # times the subcarriers that the heatmap's window needs

_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)
LEAST_APART = 0.5  # [m] of a bistatic rig's ends: nearer, the far field of an array does not hold
Coordinate = Annotated[float, Field(ge=-10_000, le=10_000)]  # in the world [m]


class ConfigError(ValueError):
    """A configuration that makes no sense; the message names value, range and next step."""


@dataclass(frozen=True, config=_STRICT)
class RigConfig:
    """The lamppost that carries camera, lidar and radar."""

    height: Annotated[float, Field(ge=0.2, le=200)] = 6.5  # of the sensors above ground [m]
    pitch_deg: Annotated[float, Field(ge=-10, le=60)] = 18.0  # camera and lidar, downwards
    # Every sequence mounts its post anew, up to so far from the above, evenly spread.
    height_jitter: Annotated[float, Field(ge=0, le=1)] = 0.2  # [m]
    heading_jitter_deg: Annotated[float, Field(ge=0, le=15)] = 2.0  # all sensors, about the post
    pitch_jitter_deg: Annotated[float, Field(ge=0, le=10)] = 1.0
    roll_jitter_deg: Annotated[float, Field(ge=0, le=10)] = 0.6  # the camera's


@dataclass(frozen=True, config=_STRICT)
class RadioConfig:
    """Transmitter, receiver array, waveform and ray launch."""

    carrier_hz: Annotated[float, Field(ge=1e9, le=300e9)] = 28e9
    bandwidth_hz: Annotated[float, Field(ge=1e6, le=20e9)] = 800e6
    n_subcarrier: Annotated[int, Field(ge=16, le=65536)] = 1024
    n_symbol: Annotated[int, Field(ge=2, le=4096)] = 64  # of a range-Doppler map
    symbol_interval: Annotated[float, Field(gt=0, le=1)] = 125e-6  # [s]
    n_row: Annotated[int, Field(ge=1, le=128)] = 16  # elements, upwards
    n_col: Annotated[int, Field(ge=1, le=128)] = 16  # elements, to the right
    row_spacing: Annotated[float, Field(ge=0.1, le=10)] = 0.5  # [wavelengths of the carrier]
    col_spacing: Annotated[float, Field(ge=0.1, le=10)] = 0.5  # [wavelengths of the carrier]
    element: Literal["isotropic", "dipole", "tr38901"] = "tr38901"
    transmit_polarization: Literal["V", "H", "+45", "-45"] = "V"
    receive_polarization: Literal["V", "H", "+45", "-45"] = "V"
    downtilt_deg: Annotated[float, Field(ge=-10, le=60)] = 15.0  # of the array's panel
    beam_squint: bool = False  # the array's phases at each subcarrier's own frequency
    rig: Literal["monostatic", "bistatic"] = "monostatic"
    transmit_offset: Annotated[float, Field(ge=0.0, le=10)] = 0.15  # monostatic: to the right [m]
    transmit_position: tuple[Coordinate, Coordinate, Coordinate] = (12.0, 0.0, 6.5)  # bistatic [m]
    transmit_azimuth_deg: Annotated[float, Field(ge=-180, le=180)] = 0.0  # bistatic: panel's
    transmit_downtilt_deg: Annotated[float, Field(ge=-10, le=60)] = 15.0  # bistatic: panel's
    transmit_power_dbm: Annotated[float, Field(ge=-50, le=90)] = 30.0
    noise_figure_db: Annotated[float, Field(ge=0, le=40)] = 7.0
    temperature: Annotated[float, Field(ge=1, le=1000)] = 290.0  # [K]
    noise: bool = True
    n_ray: Annotated[int, Field(ge=100, le=10_000_000)] = 100_000
    n_bounce: Annotated[int, Field(ge=1, le=8)] = 3  # surfaces a scattered path meets
    n_reflection: Annotated[int, Field(ge=0, le=4)] = 3  # of a specular path
    finite_facets: bool = True  # flat pieces reflect by their size; false: as endless mirrors
    diffraction: bool = False  # around single edges
    extrapolate_materials: bool = False  # use their formulas outside the range they are given for
    max_path: Annotated[int, Field(ge=100, le=1_000_000)] = 20_000  # kept by random thinning
    azimuth_span_deg: Annotated[float, Field(gt=0, le=360)] = 120.0  # of the launch
    elevation_min_deg: Annotated[float, Field(ge=-90, le=90)] = -70.0
    elevation_max_deg: Annotated[float, Field(ge=-90, le=90)] = 20.0

    @field_validator("transmit_polarization", "receive_polarization", mode="before")
    @classmethod
    def _slanted(cls, value: object) -> object:
        """Take +45 and -45 as numbers too, which TOML makes of them."""
        return f"{value:+d}" if isinstance(value, int) else value

    @model_validator(mode="after")
    def _check(self) -> RadioConfig:
        if self.bandwidth_hz >= 0.5 * self.carrier_hz:
            raise ValueError(
                f"bandwidth_hz = {self.bandwidth_hz:g} must be below half of "
                f"carrier_hz = {self.carrier_hz:g}; lower radio.bandwidth_hz"
            )
        if self.elevation_min_deg >= self.elevation_max_deg:
            raise ValueError(
                f"elevation_min_deg = {self.elevation_min_deg:g} must be below "
                f"elevation_max_deg = {self.elevation_max_deg:g}"
            )
        return self

    @property
    def wavelength(self) -> float:
        """Wavelength of the carrier [m]."""
        return SPEED_OF_LIGHT / self.carrier_hz


@dataclass(frozen=True, config=_STRICT)
class HeatmapConfig:
    """The range-azimuth map."""

    n_range: Annotated[int, Field(ge=8, le=8192)] = 480
    n_azimuth: Annotated[int, Field(ge=8, le=8192)] = 640
    range_min: Annotated[float, Field(ge=0)] = 6.0  # [m]; below it the plane in focus ends
    range_max: Annotated[float, Field(le=10_000)] = 52.0  # [m]
    azimuth_span_deg: Annotated[float, Field(gt=0, le=170)] = 90.0  # centred ahead
    window: Literal["boxcar", "hann", "hamming", "taylor"] = "taylor"  # range and angle
    focus_height: Annotated[float, Field(ge=-10, le=100)] = 0.7  # plane in focus [m] above ground

    @model_validator(mode="after")
    def _check(self) -> HeatmapConfig:
        if self.range_min >= self.range_max:
            raise ValueError(
                f"range_min = {self.range_min:g} must be below range_max = {self.range_max:g}"
            )
        return self


@dataclass(frozen=True, config=_STRICT)
class CameraConfig:
    """A pinhole camera, rendered by Cycles."""

    width: Annotated[int, Field(ge=32, le=4096)] = 640  # [px]
    height: Annotated[int, Field(ge=32, le=4096)] = 480  # [px]
    fov_deg: Annotated[float, Field(ge=10, le=120)] = 70.0  # horizontal
    background_samples: Annotated[int, Field(ge=1, le=4096)] = 64  # of the still world, at most
    # Noise of a pixel, relative to its light, at which sampling the still world ends; 0: never.
    background_noise: Annotated[float, Field(ge=0, le=1)] = 0.06
    frame_samples: Annotated[int, Field(ge=1, le=4096)] = 8  # of what the target changes
    device: Literal["cpu", "cuda", "optix"] = "cpu"  # that renders: the last bits are its own


@dataclass(frozen=True, config=_STRICT)
class LidarConfig:
    """A scanning lidar beside the camera."""

    n_beam: Annotated[int, Field(ge=1, le=512)] = 64
    n_azimuth: Annotated[int, Field(ge=1, le=8192)] = 400
    azimuth_span_deg: Annotated[float, Field(gt=0, le=360)] = 80.0
    elevation_min_deg: Annotated[float, Field(ge=-90, le=90)] = -26.0  # in the lidar's own frame
    elevation_max_deg: Annotated[float, Field(ge=-90, le=90)] = 18.0
    range_max: Annotated[float, Field(gt=0, le=1000)] = 120.0  # [m]
    range_noise: Annotated[float, Field(ge=0, le=1)] = 0.01  # standard deviation [m], cut at 3

    @model_validator(mode="after")
    def _check(self) -> LidarConfig:
        if self.elevation_min_deg >= self.elevation_max_deg:
            raise ValueError(
                f"elevation_min_deg = {self.elevation_min_deg:g} must be below "
                f"elevation_max_deg = {self.elevation_max_deg:g}"
            )
        return self


@dataclass(frozen=True, config=_STRICT)
class TrafficConfig:
    """The car that drives, and those that stand."""

    speed_min: Annotated[float, Field(gt=0, le=60)] = 3.0  # [m/s]
    speed_max: Annotated[float, Field(gt=0, le=60)] = 7.0  # [m/s]
    parked_min: Annotated[int, Field(ge=0, le=200)] = 5
    parked_max: Annotated[int, Field(ge=0, le=200)] = 14

    @model_validator(mode="after")
    def _check(self) -> TrafficConfig:
        if self.speed_min > self.speed_max:
            raise ValueError(
                f"speed_min = {self.speed_min:g} is above speed_max = {self.speed_max:g}"
            )
        if self.parked_min > self.parked_max:
            raise ValueError(
                f"parked_min = {self.parked_min} is above parked_max = {self.parked_max}"
            )
        return self


@dataclass(frozen=True, config=_STRICT)
class WorldConfig:
    """A Blender file that is the world, instead of a built-in scene; filled in by the command.

    `scenes.own.world.Survey` says what the file tells.
    """

    file: str = ""  # as it was named; empty for built-in scenes
    sha256: str = ""  # of its content
    animation: Annotated[float, Field(ge=0)] = 0.0  # how long its target moves [s]; 0 not at all

    @model_validator(mode="after")
    def _check(self) -> WorldConfig:
        if not self.file:
            if self.sha256 or self.animation:
                raise ValueError("sha256 and animation belong to a file: set world.file")
            return self
        if not self.file.lower().endswith(".blend"):
            raise ValueError(f"file = {self.file!r}: name a Blender file, as courtyard.blend")
        if re.fullmatch("[0-9a-f]{64}", self.sha256) is None:
            raise ValueError(
                f"sha256 = {self.sha256!r} is none of {self.file}: leave world.sha256 out, the "
                "command fills it in"
            )
        return self


Share = Annotated[float, Field(ge=0, le=1000)]


@dataclass(frozen=True, config=_STRICT)
class WeatherConfig:
    """How often a sequence has which weather and light, and how strong the weather is.

    Shares are relative: 2 and 1 mean twice as often. Intensities are drawn evenly in their
    logarithm between their limits.
    """

    clear: Share = 0.35
    overcast: Share = 0.2
    rain: Share = 0.15
    snow: Share = 0.1
    fog: Share = 0.1
    dust: Share = 0.1
    day: Share = 0.8
    dusk: Share = 0.1
    night: Share = 0.1
    rain_min: Annotated[float, Field(ge=0.1, le=200)] = 2.0  # [mm/h]
    rain_max: Annotated[float, Field(ge=0.1, le=200)] = 50.0  # [mm/h]
    snow_min: Annotated[float, Field(ge=0.1, le=20)] = 0.5  # as water [mm/h]
    snow_max: Annotated[float, Field(ge=0.1, le=20)] = 4.0  # as water [mm/h]
    fog_min: Annotated[float, Field(ge=20, le=20_000)] = 60.0  # visibility [m]
    fog_max: Annotated[float, Field(ge=20, le=20_000)] = 600.0  # visibility [m]
    dust_min: Annotated[float, Field(ge=20, le=20_000)] = 100.0  # visibility [m]
    dust_max: Annotated[float, Field(ge=20, le=20_000)] = 800.0  # visibility [m]

    @model_validator(mode="after")
    def _check(self) -> WeatherConfig:
        for names in (KINDS_OF_WEATHER, KINDS_OF_LIGHT):
            if not any(getattr(self, name) for name in names):
                raise ValueError(f"all of {', '.join(names)} are 0: give one a share")
        for name in ("rain", "snow", "fog", "dust"):
            low, high = getattr(self, f"{name}_min"), getattr(self, f"{name}_max")
            if low > high:
                raise ValueError(f"{name}_min = {low:g} is above {name}_max = {high:g}")
        return self


@dataclass(frozen=True, config=_STRICT)
class SplitConfig:
    """Shares of the sequences, by kind; what is left over trains."""

    validation: Annotated[float, Field(ge=0, lt=1)] = 0.2
    test: Annotated[float, Field(ge=0, lt=1)] = 0.0  # withheld

    @model_validator(mode="after")
    def _check(self) -> SplitConfig:
        if self.validation + self.test >= 1:
            raise ValueError(
                f"validation + test = {self.validation + self.test:g} leaves nothing to train on"
            )
        return self


Entry = Literal["camera", "depth", "lidar", "radar", "doppler", "csi", "paths"]
ENTRIES: tuple[Entry, ...] = ("camera", "depth", "lidar", "radar", "doppler", "csi", "paths")
USUAL_ENTRIES: tuple[Entry, ...] = ("camera", "depth", "lidar", "radar", "csi", "paths")


def _shown(value: float | tuple[float, ...]) -> str:
    return str(list(value)) if isinstance(value, tuple) else f"{value:g}"


@dataclass(frozen=True, config=_STRICT)
class ScenarioConfig:
    """Everything, besides the seed, that decides what a dataset holds."""

    scene: str
    world: WorldConfig = field(default_factory=WorldConfig)
    frame_interval: Annotated[float, Field(gt=0, le=10)] = 0.2  # [s]
    entries: Annotated[tuple[Entry, ...], Field(min_length=1)] = USUAL_ENTRIES
    rig: RigConfig = field(default_factory=RigConfig)
    radio: RadioConfig = field(default_factory=RadioConfig)
    heatmap: HeatmapConfig = field(default_factory=HeatmapConfig)
    camera: CameraConfig = field(default_factory=CameraConfig)
    lidar: LidarConfig = field(default_factory=LidarConfig)
    traffic: TrafficConfig = field(default_factory=TrafficConfig)
    weather: WeatherConfig = field(default_factory=WeatherConfig)
    split: SplitConfig = field(default_factory=SplitConfig)

    @field_validator("entries")
    @classmethod
    def _in_order(cls, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        return tuple(entry for entry in ENTRIES if entry in entries)  # one spelling of one choice

    @model_validator(mode="after")
    def _check(self) -> ScenarioConfig:
        """Refuse subcarriers that are too few or far too many for the window's ranges."""
        radio, far = self.radio, self.heatmap.range_max
        cell = SPEED_OF_LIGHT / (2 * radio.bandwidth_hz)
        reach, enough = cell * radio.n_subcarrier, math.ceil(far / cell)
        if far > reach:
            raise ValueError(
                f"heatmap.range_max = {far:g} m lies beyond {reach:.1f} m, "
                f"where ranges fold back with {radio.n_subcarrier} subcarriers over "
                f"{radio.bandwidth_hz:g} Hz: echoes from {reach:.1f} to {far:g} m fold onto 0 to "
                f"{min(far - reach, reach):.1f} m; raise radio.n_subcarrier to {enough} or lower "
                "heatmap.range_max"
            )
        if radio.n_subcarrier > MOST_REACH * enough:
            raise ValueError(
                f"radio.n_subcarrier = {radio.n_subcarrier} tells ranges to {reach:,.0f} m, "
                f"{reach / far:.0f} times heatmap.range_max = {far:g} m: what no map shows would "
                f"be computed; {enough} reach the window's end, {MOST_REACH} times as many are "
                "allowed; lower it or raise heatmap.range_max"
            )
        symbol = radio.n_subcarrier / radio.bandwidth_hz
        if symbol > radio.symbol_interval:
            raise ValueError(
                f"radio.symbol_interval = {radio.symbol_interval:g} s is shorter than the OFDM "
                f"symbol, radio.n_subcarrier / radio.bandwidth_hz = {symbol:g} s; raise it or "
                "lower radio.n_subcarrier"
            )
        return self

    @model_validator(mode="after")
    def _check_rig(self) -> ScenarioConfig:
        """Refuse transmitters that cannot be, and keys of the other kind of rig."""
        radio, usual = self.radio, RadioConfig()
        place = radio.transmit_position
        if radio.rig == "monostatic":
            for key in ("transmit_position", "transmit_azimuth_deg", "transmit_downtilt_deg"):
                value = getattr(radio, key)
                if value != getattr(usual, key):
                    raise ValueError(
                        f"radio.{key} = {_shown(value)} is of a bistatic rig: set radio.rig = "
                        "bistatic, or radio.transmit_offset"
                    )
            return self
        if radio.transmit_offset != usual.transmit_offset:
            raise ValueError(
                f"radio.transmit_offset = {radio.transmit_offset:g} is of a monostatic rig: "
                "set radio.rig = monostatic, or radio.transmit_position"
            )
        if place[2] <= 0:
            raise ValueError(
                f"radio.transmit_position = {list(place)} lies below the ground: its last number "
                "is the height [m] in the world, above 0"
            )
        if not self.world.file:  # whose radar stands elsewhere
            self.require_apart((0.0, 0.0, self.rig.height))
        return self

    def require_apart(self, array: tuple[float, float, float]) -> None:
        """Raise ConfigError if a bistatic rig's transmitter is too near to its array [m]."""
        place = self.radio.transmit_position
        apart = math.dist(place, array)
        if self.radio.rig == "bistatic" and apart < LEAST_APART:
            raise ConfigError(
                f"radio.transmit_position = {list(place)} is {apart:.2g} m from the array: move it "
                f"at least {LEAST_APART:g} m away, or set radio.rig = monostatic"
            )

    @model_validator(mode="after")
    def _check_sizes(self) -> ScenarioConfig:
        """Refuse what no reader would take back; other arrays' ranges keep them below the limit."""
        radio = self.radio
        most = LARGEST_ARRAY // 8  # complex64
        values = radio.n_row * radio.n_col * radio.n_subcarrier
        if "csi" in self.entries and values > most:
            raise ValueError(
                f"radio.n_row * radio.n_col * radio.n_subcarrier = {values} values of CSI a frame, "
                f"at most {most} can be read back; lower one of them, or leave out the entry csi"
            )
        return self
