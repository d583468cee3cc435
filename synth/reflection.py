"""What a surface does to a wave: reflection, transmission, roughness, scattering.

Of the power that falls on a surface |r|^2 is reflected and, by a pane, |t|^2 passes; the rest is
absorbed. Of what is reflected the share (1 - S^2) exp(-4 (k sigma cos)^2) keeps the mirror
direction, and all the rest scatters: nothing is lost, nothing is made. Signs and conventions:
docs/conventions.md. All kernels are compiled by numba and cached.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, pi

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scenes.config import SPEED_OF_LIGHT
from scenes.materials import MATERIALS, Material
from synth.vectors import FAST, cross, dot, moved, times

PHASORS = np.exp(2j * pi * np.arange(4096) / 4096)  # the phases that surface points draw from
N_ANGLE = 512  # nodes over cos(incidence) of tabulated functions; errors: docs/physics.md


@dataclass(frozen=True)
class SurfaceTable:
    """The materials at one frequency, as arrays that kernels read.

    Attributes:
        permittivity: (n_material,) complex, relative to vacuum; the loss is negative imaginary.
        thickness: (n_material,) [m] of a pane, 0 for a half-space.
        scattering: (n_material,) share S^2 of the reflected power that scatters.
        lobe: (n_material,) exponent of the lobe, 0 for Lambert.
        back: (n_material,) share of the scattered power that goes back to where it came from.
        cross: (n_material,) share of the scattered power in the cross polarisation.
        roughness: (n_material,) standard deviation of the height [m].
        lobe_gain: (n_material, N_ANGLE) one over the lobe's integral over the hemisphere [1/sr],
            over the cosine of incidence from 0 to 1.
        coefficient: (n_material, N_ANGLE, 5) what `response` and `kept_share` return, over the
            same cosines: for tubes, which are samples anyway; single paths are worth the formulas.
        wavenumber: 2 pi / wavelength [rad/m].
    """

    permittivity: NDArray[np.complex128]
    thickness: NDArray[np.float64]
    scattering: NDArray[np.float64]
    lobe: NDArray[np.int64]
    back: NDArray[np.float64]
    cross: NDArray[np.float64]
    roughness: NDArray[np.float64]
    lobe_gain: NDArray[np.float64]
    coefficient: NDArray[np.complex64]
    wavenumber: float


def surface_table(
    frequency: float, materials: tuple[Material, ...] = MATERIALS, extrapolate: bool = False
) -> SurfaceTable:
    """Return the materials at a frequency.

    Args:
        frequency: [Hz].
        materials: What material ids index.
        extrapolate: Whether formulas are used beyond the ranges they are given for.

    Raises:
        ConfigError: If a material is not given at the frequency.
    """
    cosine = np.linspace(0, 1, N_ANGLE)
    wavenumber = 2 * pi * frequency / SPEED_OF_LIGHT
    permittivity = [complex(m.permittivity(frequency, extrapolate)) for m in materials]
    thickness = [m.thickness or 0.0 for m in materials]
    return SurfaceTable(
        np.array(permittivity),
        np.array(thickness),
        np.array([m.scattering**2 for m in materials]),
        np.array([m.lobe for m in materials]),
        np.array([m.back for m in materials]),
        np.array([m.cross for m in materials]),
        np.array([m.roughness for m in materials]),
        np.stack([1 / lobe_integral(m.lobe, cosine) for m in materials]),
        np.array(
            [
                [
                    (
                        *response(c, value, depth, wavenumber),
                        kept_share(c, m.scattering**2, m.roughness, wavenumber),
                    )
                    for c in cosine
                ]
                for m, value, depth in zip(materials, permittivity, thickness, strict=True)
            ],
            np.complex64,
        ),
        wavenumber,
    )


def lobe_integral(exponent: int, cosine: NDArray[np.float64]) -> NDArray[np.float64]:
    """Integrate ((1 + cos psi) / 2)^exponent over the hemisphere above a surface.

    psi is the angle from the mirror direction (or, by symmetry, from the direction of incidence).
    Exponent 0 stands for Lambert's cos(theta), whose integral is pi.

    Args:
        exponent: Of the lobe.
        cosine: (n,) cosine of the angle of incidence.

    Returns:
        (n,) [sr].

    Source: Degli-Esposti, Fuschini, Vitucci, Falciasecca, IEEE Trans. Antennas Propag. 55(1),
    2007, equations 11 to 13.
    """
    if exponent == 0:
        return np.full(len(cosine), pi)
    sine2 = 1 - cosine**2
    total = np.zeros(len(cosine))
    for j in range(exponent + 1):
        term = np.full(len(cosine), 2 * pi / (j + 1))
        if j % 2:
            series = sum(comb(2 * w, w) * sine2**w / 4.0**w for w in range((j - 1) // 2 + 1))
            term = term * cosine * series
        total += comb(exponent, j) * term
    return total / 2.0**exponent


@njit(cache=True, fastmath=FAST, error_model="numpy")
def fresnel(cosine, permittivity):  # type: ignore[no-untyped-def]
    """Return the reflection coefficients (TE, TM) of a half-space.

    Args:
        cosine: Of the angle of incidence, from the normal.
        permittivity: Complex, relative; the wave comes through vacuum.

    Source: ITU-R P.2040-3, equations 31a and 31b; the field's E is reflected.
    """
    root = np.sqrt(permittivity - (1.0 - cosine * cosine))
    te = (cosine - root) / (cosine + root)
    tm = (permittivity * cosine - root) / (permittivity * cosine + root)
    return te, tm


@njit(cache=True, fastmath=FAST, error_model="numpy")
def response(cosine, permittivity, thickness, wavenumber):  # type: ignore[no-untyped-def]
    """Return a surface's coefficients: reflection (TE, TM), transmission (TE, TM).

    A pane is a sheet without thickness in the geometry: its transmission is relative to the wave
    that would have passed there undisturbed. A half-space lets nothing through.

    Args:
        cosine: Of the angle of incidence.
        permittivity: Complex, relative.
        thickness: Of a pane [m]; 0 for a half-space.
        wavenumber: 2 pi / wavelength [rad/m].

    Source: ITU-R P.2040-3, equations 31 and, for a pane, section 2.2.2.2 (single-layer slab).
    """
    te, tm = fresnel(cosine, permittivity)
    if thickness <= 0.0:
        return te, tm, 0j, 0j
    turn = np.exp(-1j * wavenumber * thickness * np.sqrt(permittivity - (1.0 - cosine * cosine)))
    around = turn * turn
    free = turn * np.exp(1j * wavenumber * thickness * cosine)
    te_round, tm_round = 1.0 - te * te * around, 1.0 - tm * tm * around
    return (
        te * (1.0 - around) / te_round,
        tm * (1.0 - around) / tm_round,
        (1.0 - te * te) * free / te_round,
        (1.0 - tm * tm) * free / tm_round,
    )


@njit(cache=True, fastmath=FAST, error_model="numpy")
def tabulated(coefficient, cosine):  # type: ignore[no-untyped-def]
    """Return what `response` and `kept_share` do, from one material's table (N_ANGLE, 5)."""
    place = cosine * (len(coefficient) - 1)
    low = min(int(place), len(coefficient) - 2)
    part = np.float32(place - low)
    a, b = coefficient[low], coefficient[low + 1]
    return (
        a[0] + part * (b[0] - a[0]),
        a[1] + part * (b[1] - a[1]),
        a[2] + part * (b[2] - a[2]),
        a[3] + part * (b[3] - a[3]),
        a[4].real + part * (b[4].real - a[4].real),
    )


@njit(cache=True, fastmath=FAST, error_model="numpy")
def kept_share(cosine, scattering, roughness, wavenumber):  # type: ignore[no-untyped-def]
    """Return the share of the reflected power that keeps the mirror direction; the rest scatters.

    Args:
        cosine: Of the angle of incidence.
        scattering: Share S^2 that scatters whatever the roughness.
        roughness: Standard deviation of the height [m].
        wavenumber: 2 pi / wavelength [rad/m].

    Source: Degli-Esposti et al. 2007, equation 5 (S and R), with R^2 reduced by Ament's factor
    (Proc. IRE 41(1), 1953: the amplitude falls by exp(-2 (k sigma cos)^2)).
    """
    phase = wavenumber * roughness * cosine
    return (1.0 - scattering) * np.exp(-4.0 * phase * phase)


@njit(cache=True, fastmath=FAST, error_model="numpy")
def facet_share(cos_mirror, area, wavenumber):  # type: ignore[no-untyped-def]
    """Return the density [1/sr] of what a flat facet reflects; it integrates to one.

    A facet of projected area A diffracts what it mirrors into a lobe about the mirror direction,
    A / lambda^2 at its centre as in physical optics (a plate's cross-section 4 pi A^2 / lambda^2),
    here a Gaussian in place of the squared sinc: the same power and peak, no sidelobes.

    Args:
        cos_mirror: Cosine between the direction and the mirror direction.
        area: Of the facet, seen from where the wave comes [m^2].
        wavenumber: 2 pi / wavelength [rad/m].

    Source: Knott, Shaeffer, Tuley, Radar Cross Section, 2nd ed., section 5.3 (flat plates).
    """
    peak = area * (0.5 * wavenumber / np.pi) ** 2
    # 2 (1 - cos psi) stands for psi^2, so that the integral over the sphere is known exactly.
    fall = 2.0 * np.pi * peak * (1.0 - cos_mirror)
    if fall > 40.0:
        return 0.0
    share = peak * np.exp(-fall)
    return share if peak > 3.0 else share / (1.0 - np.exp(-4.0 * np.pi * peak))


@njit(cache=True, fastmath=FAST, error_model="numpy")
def scattered_share(cos_in, cos_out, cos_mirror, cos_back, lobe, back, gain):  # type: ignore[no-untyped-def]
    """Return the density [1/sr] of scattered power in one direction; it integrates to one.

    Args:
        cos_in: Cosine of the angle of incidence.
        cos_out: Cosine of the angle of departure, from the normal.
        cos_mirror: Cosine between departure and the mirror direction.
        cos_back: Cosine between departure and the way back.
        lobe: Exponent; 0 for Lambert.
        back: Share of the lobe that points back.
        gain: (N_ANGLE,) one over the lobe's integral [1/sr].

    Source: Degli-Esposti et al. 2007, equations 10 and 14 (double lobe), in power.
    """
    if cos_out <= 0.0:
        return 0.0
    if lobe == 0:
        return cos_out * gain[0]
    place = min(max(cos_in, 0.0), 1.0) * (len(gain) - 1)
    low = min(int(place), len(gain) - 2)
    norm = gain[low] + (place - low) * (gain[low + 1] - gain[low])
    mirror_lobe = (0.5 * (1.0 + cos_mirror)) ** lobe
    back_lobe = (0.5 * (1.0 + cos_back)) ** lobe
    return norm * ((1.0 - back) * mirror_lobe + back * back_lobe)


@njit(cache=True, fastmath=FAST, error_model="numpy")
def surface_hash(point, object_id, cell):  # type: ignore[no-untyped-def]
    """Return 64 random bits of a surface point: a hash of its cell on its own body.

    The upper 12 bits choose the phase of what it scatters from `PHASORS`, the next 12 that of its
    cross polarisation.

    Args:
        point: (3,) [m] in the body's own frame, so that a moving body keeps its phases.
        object_id: Of the object.
        cell: Edge of a cell [m]: one wavelength, the correlation length of the surface, or what a
            tube covers of it if that is smaller.
    """
    mixed = np.uint64(object_id)
    for place in point:
        step = np.uint64(np.int64(np.floor(place / cell)))
        # SplitMix64's finaliser (Steele, Lea, Flood, OOPSLA 2014) over the running sum.
        mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + step
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed = mixed ^ (mixed >> np.uint64(31))
    return mixed


@njit(cache=True, fastmath=FAST, error_model="numpy")
def reflected_field(field, incident, normal, cosine, te, tm):  # type: ignore[no-untyped-def]
    """Return what a surface makes of a field, polarisation by polarisation.

    With k the incident direction, s = k x n / |k x n| (TE) and p = k x s (TM) before, p' = k' x s
    after: E' = te (E . s) s + tm (E . p) p'. Head on both are alike. With a cosine of zero the
    direction stays: what a sheet lets through.

    Args:
        field: (3,) complex, across the incident direction.
        incident: (3,) unit vector.
        normal: (3,) unit vector towards where the wave comes from.
        cosine: Of the angle of incidence.
        te: Coefficient of the TE part.
        tm: Coefficient of the TM part.
    """
    side = cross(incident, normal)
    size = np.sqrt(dot(side, side))
    if size < 1e-9:
        return times(te, field)
    side = times(1.0 / size, side)
    after = moved(incident, 2.0 * cosine, normal)
    e_te, e_tm = te * dot(field, side), tm * dot(field, cross(incident, side))
    return moved(times(e_te, side), e_tm, cross(after, side))
