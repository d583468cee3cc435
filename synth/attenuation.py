"""Specific attenuation of radio waves by rain, fog, dust and snow, and paths through such air.

Valid from 1 to 300 GHz, the carriers of `RadioConfig`. Sizes, sources and what is left out:
docs/weather.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from scenes.config import SPEED_OF_LIGHT, ConfigError, RadioConfig
from scenes.spec import Weather
from synth.antenna import SLANTS
from synth.extinction import require_rate, require_visibility
from synth.paths import Paths

LOWEST, HIGHEST = 1e9, 300e9  # [Hz]
FOG_TEMPERATURE = 283.15  # [K]; chosen: fogs are cool
# Of dry dust: between what is published for 15 GHz (5.5 - 1.3j) and for 94 GHz (3.5 - 1.64j);
# approximate, and with it the attenuation, by some 40 %.
DUST_PERMITTIVITY = 4.0 - 1.3j


@dataclass(frozen=True)
class Regression:
    """A sum of Gaussian bells over log10(f / GHz) and a straight line.

    Attributes:
        bells: Height a, place b and width c of each.
        slope: m.
        constant: c.
    """

    bells: tuple[tuple[float, float, float], ...]
    slope: float
    constant: float

    def at(self, frequency: float) -> float:
        """Return the sum at `frequency` [Hz]."""
        x = math.log10(frequency / 1e9)
        bells = sum(a * math.exp(-(((x - b) / c) ** 2)) for a, b, c in self.bells)
        return bells + self.slope * x + self.constant


# Recommendation ITU-R P.838-3, tables 1 to 4: log10 k_H, log10 k_V, alpha_H, alpha_V.
LOG_K_H = Regression(
    (
        (-5.33980, -0.10008, 1.13098),
        (-0.35351, 1.26970, 0.45400),
        (-0.23789, 0.86036, 0.15354),
        (-0.94158, 0.64552, 0.16817),
    ),
    -0.18961,
    0.71147,
)
LOG_K_V = Regression(
    (
        (-3.80595, 0.56934, 0.81061),
        (-3.44965, -0.22911, 0.51059),
        (-0.39902, 0.73042, 0.11899),
        (0.50167, 1.07319, 0.27195),
    ),
    -0.16398,
    0.63297,
)
ALPHA_H = Regression(
    (
        (-0.14318, 1.82442, -0.55187),
        (0.29591, 0.77564, 0.19822),
        (0.32177, 0.63773, 0.13164),
        (-5.37610, -0.96230, 1.47828),
        (16.1721, -3.29980, 3.43990),
    ),
    0.67849,
    -1.95537,
)
ALPHA_V = Regression(
    (
        (-0.07771, 2.33840, -0.76284),
        (0.56727, 0.95545, 0.54039),
        (-0.20238, 1.14520, 0.26809),
        (-48.2991, 0.791669, 0.116226),
        (48.5833, 0.791459, 0.116479),
    ),
    -0.053739,
    0.83433,
)


def specific_attenuation(weather: Weather, radio: RadioConfig) -> float:
    """Return the specific attenuation [dB/km] at the carrier, 0 in clear air.

    Paths of a rig and its street are taken to be level.

    Raises:
        ConfigError: If a rate is negative, a visibility is not positive, or the carrier lies
            outside 1 to 300 GHz.
    """
    frequency = radio.carrier_hz
    if weather.kind in ("rain", "snow"):
        require_rate(weather)
        if weather.kind == "rain":
            # P.838's tilt counts from the horizontal, a slant from the vertical.
            tilt = np.pi / 2 - SLANTS[radio.transmit_polarization]
            return rain_attenuation(frequency, weather.rate, tilt)
        return snow_attenuation(frequency, weather.rate)
    if weather.kind in ("fog", "dust"):
        require_visibility(weather)
        if weather.kind == "fog":
            return fog_attenuation(frequency, weather.visibility)
        return dust_attenuation(frequency, weather.visibility)
    return 0.0


def attenuated(paths: Paths, weather: Weather, radio: RadioConfig) -> Paths:
    """Return the paths with what the weather leaves of their amplitudes over their lengths."""
    per_metre = specific_attenuation(weather, radio) / 1000
    if per_metre == 0:
        return paths
    left = 10 ** (-per_metre * SPEED_OF_LIGHT * paths.delay / 20)
    return replace(paths, gain=(paths.gain * left).astype(np.complex64))


def rain_coefficients(frequency: float, tilt: float, elevation: float = 0.0) -> tuple[float, float]:
    """Return k and alpha of k R^alpha [dB/km], R the rain's rate [mm/h].

    Recommendation ITU-R P.838-3, equations 2 to 5.

    Args:
        frequency: [Hz].
        tilt: Of the polarisation from the horizontal [rad]: 0 is H, pi/2 is V, pi/4 is slanted or
            circular.
        elevation: Of the path [rad].
    """
    _require_frequency(frequency)
    k_h, k_v = 10 ** LOG_K_H.at(frequency), 10 ** LOG_K_V.at(frequency)
    alpha_h, alpha_v = ALPHA_H.at(frequency), ALPHA_V.at(frequency)
    turn = math.cos(elevation) ** 2 * math.cos(2 * tilt)
    k = (k_h + k_v + (k_h - k_v) * turn) / 2
    alpha = (k_h * alpha_h + k_v * alpha_v + (k_h * alpha_h - k_v * alpha_v) * turn) / (2 * k)
    return k, alpha


def rain_attenuation(frequency: float, rate: float, tilt: float, elevation: float = 0.0) -> float:
    """Return the specific attenuation of rain [dB/km].

    Recommendation ITU-R P.838-3, equation 1.

    Args:
        frequency: [Hz].
        rate: [mm/h].
        tilt: Of the polarisation from the horizontal [rad].
        elevation: Of the path [rad].
    """
    k, alpha = rain_coefficients(frequency, tilt, elevation)
    return float(k * rate**alpha)


def water_permittivity(frequency: float, temperature: float) -> complex:
    """Return water's relative permittivity, its imaginary part negative.

    Recommendation ITU-R P.840-9, section 2: the double-Debye model.

    Args:
        frequency: [Hz].
        temperature: [K].
    """
    f, theta = frequency / 1e9, 300 / temperature - 1
    low = 77.66 + 103.3 * theta
    middle, high = 0.0671 * low, 3.52
    first = 20.20 - 146 * theta + 316 * theta**2  # principal and secondary relaxation [GHz]
    second = 39.8 * first
    return (low - middle) / (1 + 1j * f / first) + (middle - high) / (1 + 1j * f / second) + high


def cloud_coefficient(frequency: float, temperature: float) -> float:
    """Return K_l, the specific attenuation of a gram of drops in a cubic metre [(dB/km)/(g/m^3)].

    Recommendation ITU-R P.840-9, section 2: Rayleigh's approximation, recommended up to 200 GHz.
    Fog's drops, about 0.02 mm, are a fiftieth of the wavelength at 300 GHz, and the permittivity
    model goes on to 1 THz.

    Args:
        frequency: [Hz].
        temperature: [K].
    """
    _require_frequency(frequency)
    water = water_permittivity(frequency, temperature)
    eta = (2 + water.real) / -water.imag
    return 0.819 * frequency / 1e9 / (-water.imag * (1 + eta**2))


def fog_attenuation(
    frequency: float, visibility: float, temperature: float = FOG_TEMPERATURE
) -> float:
    """Return the specific attenuation of fog [dB/km].

    K_l M, the liquid water M = (0.024 / V)^1.54 g/m^3 with V in km: Altshuler (IEEE Trans. Antennas
    Propag. 32(7), 1984), within a factor of two to three, as fogs' drops differ. P.840 names 0.05
    and 0.5 g/m^3 for 300 and 50 m, where this gives 0.020 and 0.32.

    Args:
        frequency: [Hz].
        visibility: [m].
        temperature: [K].
    """
    return float(cloud_coefficient(frequency, temperature) * (24 / visibility) ** 1.54)


def dust_attenuation(
    frequency: float, visibility: float, permittivity: complex = DUST_PERMITTIVITY
) -> float:
    """Return the specific attenuation of dust [dB/km].

    2.317e-3 eps'' / ([(eps' + 2)^2 + eps''^2] lambda V^1.07), lambda in m, V in km: Goldhirsh
    (IEEE Trans. Antennas Propag. 30(6), 1982). It is Rayleigh's absorption by particles of 2440
    kg/m^3 that weigh 2.3e-5 kg/m^3 V^-1.07 together. Given there for 1 to 10 GHz; grains of tens of
    micrometres stay small to 300 GHz, only the permittivity is less known there.

    Args:
        frequency: [Hz].
        visibility: [m].
        permittivity: Relative, of the grains, its imaginary part negative.
    """
    _require_frequency(frequency)
    loss = -permittivity.imag / abs(permittivity + 2) ** 2
    return float(2.317e-3 * loss / (SPEED_OF_LIGHT / frequency) * (1000 / visibility) ** 1.07)


def snow_attenuation(frequency: float, rate: float) -> float:
    """Return the specific attenuation of dry snow [dB/km].

    0.00349 R^1.6 / lambda^4 + 0.00224 R / lambda, lambda in cm, at 0 C: Gunn and East (Quarterly
    J. Royal Meteorological Society 80, 1954), scattering and absorption of flakes that are small
    beside the wavelength. Above some 60 GHz they are not, and the first term grows without bound;
    dry snow is therefore held below rain of the same rate. Approximate, within a factor of ten:
    docs/weather.md. Wet snow takes more than rain and is left out.

    Args:
        frequency: [Hz].
        rate: As water [mm/h].
    """
    _require_frequency(frequency)
    cm = 100 * SPEED_OF_LIGHT / frequency
    small = 0.00349 * rate**1.6 / cm**4 + 0.00224 * rate / cm
    return float(min(small, rain_attenuation(frequency, rate, tilt=math.pi / 4)))


def _require_frequency(frequency: float) -> None:
    if not LOWEST <= frequency <= HIGHEST:
        raise ConfigError(
            f"{frequency:g} Hz: attenuation by weather is given from {LOWEST:g} to {HIGHEST:g} Hz; "
            "choose a carrier in there, or clear weather"
        )
