"""Optical extinction of fog, dust, rain and snow: what is lost to light in a metre of air.

Sizes, sources and what is left out: docs/weather.md.
"""

from __future__ import annotations

import math

from scenes.config import ConfigError
from scenes.spec import CONTRAST, Weather

REFERENCE = 0.55e-6  # wavelength [m] that the visibility is given for
PER_DECIBEL = math.log(10) / 10  # exponents [1/m] in a decibel [dB/m]


def extinction(weather: Weather, wavelength: float) -> float:
    """Return the extinction coefficient [1/m], 0 in clear air.

    A beam of light keeps exp(-alpha L) of its power over L metres.

    Args:
        weather: Its rain and snow fill the air evenly, its fog and dust too.
        wavelength: Of the light [m], visible or near infrared (0.4e-6 to 2e-6).

    Raises:
        ConfigError: If a rate is negative or a visibility is not positive.
    """
    if weather.kind in ("rain", "snow"):
        require_rate(weather)
        if weather.kind == "rain":
            return rain_extinction(weather.rate)
        return snow_extinction(weather.rate, wavelength)
    if weather.kind in ("fog", "dust"):
        require_visibility(weather)
        if weather.kind == "fog":
            return fog_extinction(weather.visibility, wavelength)
        return CONTRAST / weather.visibility
    return 0.0


def fog_extinction(visibility: float, wavelength: float) -> float:
    """Return the extinction coefficient of fog [1/m].

    3.912 / V (lambda / 0.55 um)^-q: Koschmieder's law (Beitraege zur Physik der freien Atmosphaere
    12, 1924) with Kim's exponent q, which corrects Kruse's below 6 km (Kim, McArthur and Korevaar,
    Proc. SPIE 4214, 2001): fog's drops are larger than the wavelengths, below 500 m no wavelength
    fares better than another.

    Args:
        visibility: Meteorological optical range [m].
        wavelength: [m].
    """
    ratio = wavelength / REFERENCE
    return float(CONTRAST / visibility * ratio ** -kim_exponent(visibility))


def kim_exponent(visibility: float) -> float:
    """Return Kim's size exponent q, of a visibility [m]."""
    km = visibility / 1000
    if km > 50:
        return 1.6
    if km > 6:
        return 1.3
    if km > 1:
        return 0.16 * km + 0.34
    return max(km - 0.5, 0.0)


def rain_extinction(rate: float) -> float:
    """Return the extinction coefficient of rain [1/m] at `rate` [mm/h].

    1.076 R^0.67 dB/km: Recommendation ITU-R P.1814-0, section 4.2. Drops are thousands of
    wavelengths large, so the wavelength does not count.
    """
    return float(1.076 * rate**0.67 / 1000 * PER_DECIBEL)


def snow_extinction(rate: float, wavelength: float) -> float:
    """Return the extinction coefficient of dry snow [1/m].

    (5.42e-5 lambda + 5.4958776) S^1.38 dB/km with S in mm/h and lambda in nm: Recommendation ITU-R
    P.1814-0, section 4.3. Measured snow scatters about such curves by a factor of two and more.

    Args:
        rate: As water [mm/h].
        wavelength: [m].
    """
    decibel = (5.42e-5 * wavelength * 1e9 + 5.4958776) * rate**1.38
    return float(decibel / 1000 * PER_DECIBEL)


def require_rate(weather: Weather) -> None:
    """Raise a ConfigError unless the rate of rain or snow is a number from 0 up."""
    if not (math.isfinite(weather.rate) and weather.rate >= 0):
        raise ConfigError(
            f"{weather.kind} of rate = {weather.rate:g} mm/h: must be a number from 0 up; 0 is none"
        )


def require_visibility(weather: Weather) -> None:
    """Raise a ConfigError unless the visibility of fog or dust is above 0; infinity is none."""
    if not weather.visibility > 0:
        raise ConfigError(
            f"{weather.kind} of visibility = {weather.visibility:g} m: must be above 0; "
            "infinity is none"
        )
