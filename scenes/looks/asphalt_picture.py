"""The asphalt of a scene as a picture: mottled, patched, cracked, stained, and worn by tyres.

One picture serves the ground's colour and the wear of its markings; a look-up costs Cycles far
less than noise, and holds no detail finer than the camera can see.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import fft, ndimage

from scenes.spec import Ground, Lane

TEXEL = 0.04  # [m]
Y_START = 2.0  # where the picture begins [m]; the camera sees nothing nearer

Field = NDArray[np.float32]


@dataclass(frozen=True)
class AsphaltPicture:
    """Brightness and wear of the ground.

    Attributes:
        brightness: (n_y, n_x) factor about 1, growing y downwards in the array.
        wear: (n_y, n_x) share of a marking that is worn off, 0..1.
        tracks: (n_y, n_x) how often wheels roll there, 0..1.
        x_min: Left edge [m].
        x_max: Right edge [m].
        y_min: Near edge [m].
        y_max: Far edge [m].
    """

    brightness: Field
    wear: Field
    tracks: Field
    x_min: float
    x_max: float
    y_min: float
    y_max: float


class _Canvas:
    """Draws soft masks in metres on the picture's grid."""

    def __init__(self, extent: tuple[float, float, float, float]) -> None:
        self.x0, x1, y0, y1 = extent
        self.y0 = max(y0, Y_START)
        self.n_x = round((x1 - self.x0) / TEXEL)
        self.n_y = round((y1 - self.y0) / TEXEL)
        self.x = (self.x0 + (np.arange(self.n_x) + 0.5) * TEXEL).astype(np.float32)
        self.y = (self.y0 + (np.arange(self.n_y) + 0.5) * TEXEL).astype(np.float32)

    def pixel(self, points: NDArray[np.float64]) -> list[tuple[float, float]]:
        return [((x - self.x0) / TEXEL, (y - self.y0) / TEXEL) for x, y in points]

    def lines(self, paths: list[NDArray[np.float64]], width: int = 1) -> Field:
        """Return a mask 0..1 of polylines, each (n_point, 2) [m]."""
        image = Image.new("L", (self.n_x, self.n_y))
        draw = ImageDraw.Draw(image)
        for path in paths:
            draw.line(self.pixel(path), fill=255, width=width, joint="curve")
        return np.asarray(image, np.float32) / 255

    def blob(self, field: Field, x: float, y: float, size: float, gain: float) -> None:
        """Multiply `field` by a Gaussian spot of width `size` [m] around x, y."""
        cols = slice(*np.searchsorted(self.x, [x - 3 * size, x + 3 * size]))
        rows = slice(*np.searchsorted(self.y, [y - 3 * size, y + 3 * size]))
        spot = np.exp(-(((self.y[rows] - y) / size) ** 2))[:, None] * np.exp(
            -(((self.x[cols] - x) / size) ** 2)
        )
        field[rows, cols] *= 1 + np.float32(gain) * spot


def asphalt_picture(ground: Ground) -> AsphaltPicture:
    """Return the picture of a ground's asphalt, from the ground's own seed."""
    rng = np.random.default_rng(ground.seed)
    canvas = _Canvas(ground.extent)
    broad = _noise((canvas.n_y, canvas.n_x), 1.35, rng)
    fine = _noise((canvas.n_y, canvas.n_x), 0.55, rng)
    field = 1 + 0.07 * broad + 0.035 * fine
    _resurface(field, canvas, rng)
    tracks = np.zeros_like(field)
    for lane in ground.lanes:
        tracks = np.maximum(tracks, _tyres(canvas, lane))
    tracks *= np.clip(1 + 0.5 * broad, 0.2, 1.6)
    field *= 1 - 0.10 * tracks
    for x, y in ground.stains:
        if rng.random() < 0.6:
            where = x + rng.normal(0, 0.25), y + rng.normal(0, 0.9)
            canvas.blob(field, *where, rng.uniform(0.12, 0.5), -rng.uniform(0.1, 0.45))
    cracks = canvas.lines([_crack(canvas, rng) for _ in range(int(rng.integers(6, 18)))])
    field *= 1 - 0.45 * cracks
    if ground.skids:
        skids = canvas.lines([np.array(track) for track in ground.skids], 4)
        field *= 1 - 0.22 * ndimage.uniform_filter(skids, (1, 7))
    wear = np.clip(0.35 + 0.3 * broad * 0.6 + 0.28 * fine - rng.uniform(0.15, 0.4), 0, 0.85)
    return AsphaltPicture(
        np.clip(field, 0.3, 1.8).astype(np.float32),
        wear.astype(np.float32),
        np.clip(tracks, 0, 1).astype(np.float32),
        float(canvas.x0), float(canvas.x0 + canvas.n_x * TEXEL),
        float(canvas.y0), float(canvas.y0 + canvas.n_y * TEXEL),
    )  # fmt: skip


def _noise(shape: tuple[int, int], power: float, rng: np.random.Generator) -> Field:
    """Return noise whose amplitude falls as frequency^-power: zero mean, deviation 1."""
    n_y, n_x = (int(fft.next_fast_len(n, real=True)) for n in shape)
    white = rng.standard_normal((n_y, n_x), np.float32)
    fy, fx = np.fft.fftfreq(n_y)[:, None], np.fft.rfftfreq(n_x)[None]
    radius = np.hypot(fy, fx).astype(np.float32)
    radius[0, 0] = np.inf
    # No wave longer than 20 m, nothing as fine as a texel.
    gain = np.maximum(radius, TEXEL / 20) ** -power * np.exp(-((radius / 0.28) ** 2))
    field = fft.irfft2(fft.rfft2(white) * gain, s=(n_y, n_x))[: shape[0], : shape[1]]
    return np.asarray((field - field.mean()) / field.std(), np.float32)


def _resurface(field: Field, canvas: _Canvas, rng: np.random.Generator) -> None:
    """Lay the asphalt in strips along x, and mend it with patches; seams are dark."""
    edge = canvas.y0 + rng.uniform(0, 4)
    while edge < canvas.y[-1]:
        rows = slice(*np.searchsorted(canvas.y, [edge, edge + 4.2]))
        field[rows] *= 1 + np.float32(rng.uniform(-0.035, 0.035))
        field[rows.start : rows.start + 1] *= 0.82
        edge += 4.2
    for _ in range(int(rng.integers(2, 7))):
        x = rng.uniform(max(canvas.x[0], -24), min(canvas.x[-1], 24))
        y = rng.uniform(max(canvas.y[0], 6), canvas.y[-1] - 3)
        wide, long = (1.1, rng.uniform(4, 14)) if rng.random() < 0.5 else rng.uniform(0.8, 3.5, 2)
        if rng.random() < 0.5:
            wide, long = long, wide
        cols = slice(*np.searchsorted(canvas.x, [x, x + long]))
        rows = slice(*np.searchsorted(canvas.y, [y, y + wide]))
        inner = field[rows, cols]
        inner[:] = 1 + 0.55 * (inner - 1)
        inner *= np.float32(rng.choice([rng.uniform(0.68, 0.88), rng.uniform(1.08, 1.2)]))
        for seam in (inner[:1], inner[-1:], inner[:, :1], inner[:, -1:]):
            seam *= 0.72


def _tyres(canvas: _Canvas, lane: Lane) -> Field:
    """Return (n_y, n_x) 0..1 how often wheels roll along a lane: a pair of ruts each way."""
    along_x = abs(lane.end[0] - lane.start[0]) > abs(lane.end[1] - lane.start[1])
    across, along = (canvas.y, canvas.x) if along_x else (canvas.x, canvas.y)
    axis = 1 if along_x else 0
    middle, side_middle = lane.start[axis], 0.223 * lane.width
    profile = np.zeros_like(across)
    for side in (-1, 1):
        for wheel in (-0.78, 0.78):
            profile += np.exp(-(((across - middle - side * side_middle - wheel) / 0.28) ** 2))
    low, high = sorted((lane.start[1 - axis], lane.end[1 - axis]))
    there = ((along >= low) & (along <= high)).astype(np.float32)
    return profile[:, None] * there if along_x else profile * there[:, None]


def _crack(canvas: _Canvas, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a crack as a wandering polyline (n_point, 2) [m]."""
    n = int(rng.integers(15, 70))
    turn = rng.uniform(0, 2 * np.pi) + 0.5 * np.cumsum(rng.normal(0, 0.35, n))
    steps = 0.14 * np.stack([np.cos(turn), np.sin(turn)], -1)
    x0, x1 = max(canvas.x[0], -24), min(canvas.x[-1], 24)
    start = [rng.uniform(x0, x1), rng.uniform(max(canvas.y[0], 6), canvas.y[-1] - 1)]
    return np.asarray(start + np.cumsum(steps, 0))
