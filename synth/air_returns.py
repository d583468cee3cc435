"""Lidar returns from the air: the soft echo of fog and dust, single drops and flakes in the beam.

Signals here are received power relative to what a white Lambert surface, met head-on, would return
from 1 m through clear air: rho exp(-2 alpha R) / R^2 of a surface of reflectivity rho. Only the
strongest return of a beam is reported. Drops and flakes: `synth.drops`. Sources, sizes and what is
left out: docs/weather.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenes.config import SPEED_OF_LIGHT
from scenes.spec import Weather
from synth.drops import FILL, density, melted_size, number_above

Array = NDArray[np.float64]

# The lidar, as scanners of its kind are: a pulse of 5 ns (Velodyne, HDL-64E user's manual), a beam
# of 1 cm that widens by 3 mrad (Kilic et al., Lidar light scattering augmentation, 2021).
PULSE = 5e-9  # [s]
BEAM_DIAMETER = 0.01  # at the sensor [m]
DIVERGENCE = 3e-3  # full angle [rad]
NEAREST = 0.9  # [m]; nearer returns are not reported (HDL-64E user's manual)
# Nearer than this the image of the lit spot is blurred beyond the detector: a lens of 30 mm that
# sees 3 mrad, focused far away.
FULL_OVERLAP = 10.0  # [m]
FAINTEST = 0.1  # reflectivity of a Lambert surface just seen at the range's end in clear air

# Extinction over backscatter [sr]. Drops of fog at 905 nm: 18.8 +- 0.8, O'Connor, Illingworth and
# Hogan (J. Atmos. Oceanic Technol. 21, 2004). Desert dust: 40 to 60, Mueller et al. (J. Geophys.
# Res. 112, 2007). Approximate for dust.
LIDAR_RATIO = {"fog": 18.8, "dust": 50.0}
# Fog and dust are patchy, and so is what each pulse's length of air returns: standard deviation of
# its logarithm. Chosen; liquid water in fog varies by about half its mean.
PATCHINESS = 0.5
N_CELL = 20  # pulse lengths of air that are looked at: 15 m; farther soft echoes are weak

# Reflectivity of the Lambert disc, as large as the particle's, that returns as much. A drop: its
# front face, and the back face behind a lens, on the axis, (((n - 1) / (n + 1))^2 (1 + 3.9)) / 4
# with n = 1.33; Kilic et al. take 0.020. Perfect spheres return tens of times more (the glory),
# falling drops are oblate and do not. A flake: 2 pi over a lidar ratio of 25 sr, as of ice clouds.
DISC = {"rain": 0.024, "snow": 0.25}
N_RANGE, N_SIGNAL = 96, 96  # nodes of its tables
N_STRONGEST = 4  # particles of a beam that are looked at, strongest first


@dataclass(frozen=True)
class AirReturns:
    """What the air returns more strongly than what stands behind it.

    Attributes:
        distance: (n_ray,) [m], infinite where the air does not win.
        signal: (n_ray,) of it; 0 where the air does not win.
    """

    distance: Array
    signal: Array


def spreading(distance: Array) -> Array:
    """Return the share (...) [1/m^2] of an echo from `distance` [m] that falls on the detector.

    1 / R^2, and of that (R / R_full)^2 where R is below R_full: the blur of a near point has the
    diameter f D / R in the focal plane, the detector f times the field of view. Source: Measures,
    Laser Remote Sensing (1984), section 7.4.
    """
    return np.asarray(1 / np.maximum(distance, FULL_OVERLAP) ** 2)


def threshold(range_max: float) -> float:
    """Return the weakest signal that is detected, of a lidar that reaches `range_max` [m]."""
    return FAINTEST / range_max**2


def air_returns(
    weather: Weather,
    extinction: float,
    range_max: float,
    reach: Array,
    rival: Array,
    rng: np.random.Generator,
) -> AirReturns:
    """Return where the air returns more than what is met.

    What is drawn does not hang on what the rays meet.

    Args:
        weather: What is in the air.
        extinction: Of it [1/m].
        range_max: Of the lidar [m].
        reach: (n_ray,) how far the air goes [m], up to what is met or to the end of the range.
        rival: (n_ray,) the signal that the air must exceed: of what is met, or the threshold.
        rng: Draws.
    """
    if weather.kind in LIDAR_RATIO:
        return _soft(extinction, LIDAR_RATIO[weather.kind], reach, rival, rng)
    if weather.kind in DISC and weather.rate > 0:
        return _particles(weather, extinction, range_max, reach, rival, rng)
    return AirReturns(np.full(len(reach), np.inf), np.zeros(len(reach)))


def soft_signal(distance: Array, extinction: float, lidar_ratio: float) -> Array:
    """Return the mean signal (...) of the pulse's length of fog or dust at `distance` [m].

    pi beta (c tau / 2) O(R) exp(-2 alpha R) / R^2 with beta = alpha / S and O the overlap: the
    lidar equation of a soft target, relative to that of a Lambert surface, rho / pi
    exp(-2 alpha R) / R^2. Source: Rasshofer, Spies and Spies, Influences of weather phenomena on
    automotive laser radar systems (Advances in Radio Science 9, 2011), as Hahner et al. use it
    (ICCV 2021).
    """
    white = np.pi * extinction / lidar_ratio * SPEED_OF_LIGHT * PULSE / 2
    return np.asarray(white * spreading(distance) * np.exp(-2 * extinction * distance))


def _soft(
    extinction: float, lidar_ratio: float, reach: Array, rival: Array, rng: np.random.Generator
) -> AirReturns:
    """Return the strongest of the patchy cells of air, each a pulse long."""
    depth = np.float32(SPEED_OF_LIGHT * PULSE / 2)
    patch = rng.standard_normal((N_CELL, len(reach)), np.float32)
    place = (
        np.arange(N_CELL, dtype=np.float32)[:, None] + rng.random(len(reach), np.float32)
    ) * depth
    place += np.float32(NEAREST)
    # The logarithm, but for what is the same everywhere; single precision is enough to choose.
    level = np.float32(PATCHINESS) * patch
    level -= np.float32(2 * extinction) * place
    level -= 2 * np.log(np.maximum(place, np.float32(FULL_OVERLAP)))
    level[place >= reach.astype(np.float32)] = -np.inf
    best = np.argmax(level, axis=0)
    rays = np.arange(len(reach))
    distance = place[best, rays].astype(np.float64)
    # Log-normal, with the mean kept.
    patchy = np.exp(PATCHINESS * patch[best, rays].astype(np.float64) - PATCHINESS**2 / 2)
    signal = soft_signal(distance, extinction, lidar_ratio) * patchy
    wins = (signal > rival) & (distance < reach)
    return AirReturns(np.where(wins, distance, np.inf), np.where(wins, signal, 0.0))


@dataclass(frozen=True)
class ParticleTable:
    """How many particles of a beam return how much, from where.

    Attributes:
        edges: (N_RANGE + 1,) ends of the range cells [m].
        log_signal: (N_SIGNAL,) growing.
        number: (N_SIGNAL,) expected particles whose signal exceeds each, falling.
        share: (N_SIGNAL, N_RANGE) of particles of just that signal, those up to the end of each
            cell.
    """

    edges: Array
    log_signal: Array
    number: Array
    share: Array


def particle_table(weather: Weather, extinction: float, range_max: float) -> ParticleTable | None:
    """Return the table of particles above the threshold; None if no particle can reach it.

    A particle that is seen d wide in a beam of diameter b(R), and fills the share f of its disc,
    has the signal s = rho f (d / b)^2 O(R) exp(-2 alpha R) / R^2, O the overlap. Particles are a
    Poisson process in the beam's volume, so the number above s is the integral over R of
    pi / 4 b^2 n, n the number per volume of those that return more than s from R. Kilic et al.
    draw the same particles one by one.

    Args:
        weather: Rain or snow, of a rate above 0.
        extinction: Of it [1/m].
        range_max: Of the lidar [m].
    """
    kind, rate, weakest = weather.kind, weather.rate, threshold(range_max)
    if range_max <= NEAREST:
        return None
    edges = np.geomspace(NEAREST, range_max, N_RANGE + 1)
    middle = np.sqrt(edges[1:] * edges[:-1])
    beam = BEAM_DIAMETER + DIVERGENCE * middle
    whole = DISC[kind] * FILL[kind] * spreading(middle) * np.exp(-2 * extinction * middle)
    if whole.max() <= weakest:
        return None
    log_signal = np.linspace(np.log(weakest), np.log(whole.max()), N_SIGNAL)
    diameter = melted_size(kind, beam * np.sqrt(np.exp(log_signal)[:, None] / whole))
    volume = np.pi / 4 * beam**2 * np.diff(edges)
    number = np.sum(volume * number_above(kind, rate, diameter), axis=1)
    # Of just that signal: d(number) / d(ln signal), the diameter being a power of the signal.
    share = np.cumsum(volume * diameter * density(kind, rate, diameter), axis=1)
    share /= np.maximum(share[:, -1:], np.finfo(float).tiny)
    return ParticleTable(edges, log_signal, number, share)


def _particles(
    weather: Weather,
    extinction: float,
    range_max: float,
    reach: Array,
    rival: Array,
    rng: np.random.Generator,
) -> AirReturns:
    """Return the strongest particle before what is met.

    The numbers of particles above the strongest signal, the second and so on are the arrivals of
    a Poisson process of rate one, so the strongest are drawn without the others.
    """
    n_ray = len(reach)
    arrival = np.cumsum(rng.standard_exponential((N_STRONGEST, n_ray)), axis=0)
    where = rng.random((N_STRONGEST, n_ray))
    distance, signal = np.full(n_ray, np.inf), np.zeros(n_ray)
    table = particle_table(weather, extinction, range_max)
    if table is None:
        return AirReturns(distance, signal)
    number, log_signal = table.number[::-1], table.log_signal[::-1]
    ray = np.arange(n_ray)
    for turn in range(N_STRONGEST):
        ray = ray[arrival[turn, ray] < number[-1]]
        strength = np.exp(np.interp(arrival[turn, ray], number, log_signal))
        strong = strength > rival[ray]  # weaker ones come after it
        ray, strength = ray[strong], strength[strong]
        place = _places(table, np.log(strength), where[turn, ray])
        free = place < reach[ray]
        distance[ray[free]], signal[ray[free]] = place[free], strength[free]
        ray = ray[~free]
    return AirReturns(distance, signal)


def _places(table: ParticleTable, log_signal: Array, chance: Array) -> Array:
    """Return ranges [m] of particles of given signals: the inverse of the shares."""
    step = table.log_signal[1] - table.log_signal[0]
    row = np.rint((log_signal - table.log_signal[0]) / step).astype(np.int64)
    row = row.clip(0, N_SIGNAL - 1)
    # Rows of shares one after the other, each raised by its number, are one growing sequence.
    raised = (table.share + np.arange(N_SIGNAL)[:, None]).ravel()
    cell = np.searchsorted(raised, row + chance) - row * N_RANGE
    cell = cell.clip(0, N_RANGE - 1)
    before = np.where(cell > 0, table.share[row, np.maximum(cell - 1, 0)], 0.0)
    inside = (chance - before) / np.maximum(table.share[row, cell] - before, 1e-300)
    low, high = table.edges[cell], table.edges[cell + 1]
    return np.asarray(low + (high - low) * inside.clip(0, 1))
