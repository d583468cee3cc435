"""What a surface does to a wave: Fresnel reflection, roughness, directive scattering.

Signs and conventions: docs/conventions.md. All kernels are compiled by numba and cached.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, pi

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scenes.config import SPEED_OF_LIGHT
from scenes.materials import MATERIALS, Material

VACUUM_PERMITTIVITY = 8.8541878128e-12  # [F/m], CODATA 2018
N_ANGLE = 512  # nodes over cos(incidence) of the lobe's normalisation; error below 1e-5


@dataclass(frozen=True)
class SurfaceTable:
    """The materials at one frequency, as arrays that kernels read.

    Attributes:
        permittivity: (n_material,) complex, relative to vacuum; the loss is negative imaginary.
        thickness: (n_material,) [m] of a pane, 0 for a half-space.
        scattering: (n_material,) share S^2 of the reflected power that scatters.
        lobe: (n_material,) exponent of the lobe, 0 for Lambert.
        back: (n_material,) share of the scattered power that goes back to where it came from.
        roughness: (n_material,) standard deviation of the height [m].
        lobe_gain: (n_material, N_ANGLE) one over the lobe's integral over the hemisphere [1/sr],
            over the cosine of incidence from 0 to 1.
        wavenumber: 2 pi / wavelength [rad/m].
    """

    permittivity: NDArray[np.complex128]
    thickness: NDArray[np.float64]
    scattering: NDArray[np.float64]
    lobe: NDArray[np.int64]
    back: NDArray[np.float64]
    roughness: NDArray[np.float64]
    lobe_gain: NDArray[np.float64]
    wavenumber: float


def surface_table(frequency: float, materials: tuple[Material, ...] = MATERIALS) -> SurfaceTable:
    """Return the materials at `frequency` [Hz].

    Permittivity by ITU-R P.2040-3, equations 28, 29 and 9b.
    """
    cosine = np.linspace(0, 1, N_ANGLE)
    ghz = frequency / 1e9
    conductivity = np.array([m.c * ghz**m.d for m in materials])
    permittivity = np.array([m.a * ghz**m.b for m in materials]) - 1j * conductivity / (
        2 * pi * frequency * VACUUM_PERMITTIVITY
    )
    return SurfaceTable(
        permittivity,
        np.array([m.thickness or 0.0 for m in materials]),
        np.array([m.scattering**2 for m in materials]),
        np.array([m.lobe for m in materials]),
        np.array([m.back for m in materials]),
        np.array([m.roughness for m in materials]),
        np.stack([1 / lobe_integral(m.lobe, cosine) for m in materials]),
        2 * pi * frequency / SPEED_OF_LIGHT,
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


@njit(cache=True)
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


@njit(cache=True)
def reflectance(cosine, permittivity, thickness, wavenumber):  # type: ignore[no-untyped-def]
    """Return the share of an unpolarised wave's power that a surface reflects.

    Args:
        cosine: Of the angle of incidence.
        permittivity: Complex, relative.
        thickness: Of a pane [m]; 0 for a half-space.
        wavenumber: 2 pi / wavelength [rad/m].

    Source: ITU-R P.2040-3, equations 31 and, for a pane, section 2.2.2.2 (single-layer slab).
    """
    te, tm = fresnel(cosine, permittivity)
    if thickness > 0.0:
        root = np.sqrt(permittivity - (1.0 - cosine * cosine))
        turn = np.exp(-2j * wavenumber * thickness * root)
        te = te * (1.0 - turn) / (1.0 - te * te * turn)
        tm = tm * (1.0 - turn) / (1.0 - tm * tm * turn)
    return 0.5 * (abs(te) ** 2 + abs(tm) ** 2)


@njit(cache=True)
def specular_roughness(cosine, roughness, wavenumber):  # type: ignore[no-untyped-def]
    """Return the share of the specular power that a rough surface keeps.

    Args:
        cosine: Of the angle of incidence.
        roughness: Standard deviation of the height [m].
        wavenumber: 2 pi / wavelength [rad/m].

    Source: Ament, Proc. IRE 41(1), 1953: the amplitude falls by exp(-2 (k sigma cos)^2).
    """
    phase = wavenumber * roughness * cosine
    return np.exp(-4.0 * phase * phase)


@njit(cache=True)
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
