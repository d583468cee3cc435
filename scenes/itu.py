"""Permittivity of building materials and ground: table 3 of Recommendation ITU-R P.2040-3."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, pi

from scenes.config import ConfigError

VACUUM_PERMITTIVITY = 8.8541878128e-12  # [F/m], CODATA 2018


@dataclass(frozen=True)
class Dielectric:
    """One row of the table: real relative permittivity a f^b, conductivity c f^d, f in GHz.

    Attributes:
        a: Coefficient of the real relative permittivity.
        b: Exponent of the real relative permittivity.
        c: Coefficient of the conductivity [S/m].
        d: Exponent of the conductivity.
        low_hz: Where the formula begins to hold [Hz]; held itself.
        high_hz: Where it ceases to hold [Hz]; held itself.
    """

    a: float
    b: float
    c: float
    d: float
    low_hz: float
    high_hz: float

    def permittivity(self, frequency: float) -> complex:
        """Return the relative permittivity at `frequency` [Hz]; losses are negative imaginary.

        Source: ITU-R P.2040-3, equations 28, 29 and 9b.
        """
        ghz = frequency / 1e9
        loss = self.c * ghz**self.d / (2 * pi * frequency * VACUUM_PERMITTIVITY)
        return complex(self.a * ghz**self.b, -loss)

    def distance(self, frequency: float) -> float:
        """Return how far outside its range `frequency` [Hz] lies, as a logarithm; 0 inside."""
        return max(log(self.low_hz / frequency), log(frequency / self.high_hz), 0.0)


# Recommendation ITU-R P.2040-3 (08/2023), table 3: a, b, c, d, and the range in Hz.
P2040: dict[str, tuple[Dielectric, ...]] = {
    "vacuum": (Dielectric(1.0, 0.0, 0.0, 0.0, 1e6, 100e9),),
    "concrete": (Dielectric(5.24, 0.0, 0.0462, 0.7822, 1e9, 100e9),),
    "brick": (Dielectric(3.91, 0.0, 0.0238, 0.16, 1e9, 40e9),),
    "plasterboard": (Dielectric(2.73, 0.0, 0.0085, 0.9395, 1e9, 100e9),),
    "wood": (Dielectric(1.99, 0.0, 0.0047, 1.0718, 1e6, 100e9),),
    "glass": (
        Dielectric(6.31, 0.0, 0.0036, 1.3394, 0.1e9, 100e9),
        Dielectric(5.79, 0.0, 0.0004, 1.658, 220e9, 450e9),
    ),
    "ceiling_board": (
        Dielectric(1.48, 0.0, 0.0011, 1.0750, 1e9, 100e9),
        Dielectric(1.52, 0.0, 0.0029, 1.029, 220e9, 450e9),
    ),
    "chipboard": (Dielectric(2.58, 0.0, 0.0217, 0.7800, 1e9, 100e9),),
    "plywood": (Dielectric(2.71, 0.0, 0.33, 0.0, 1e9, 40e9),),
    "marble": (Dielectric(7.074, 0.0, 0.0055, 0.9262, 1e9, 60e9),),
    "floorboard": (Dielectric(3.66, 0.0, 0.0044, 1.3515, 50e9, 100e9),),
    "metal": (Dielectric(1.0, 0.0, 1.0e7, 0.0, 1e9, 100e9),),
    "very_dry_ground": (Dielectric(3.0, 0.0, 0.00015, 2.52, 1e9, 10e9),),
    "medium_dry_ground": (Dielectric(15.0, -0.1, 0.035, 1.63, 1e9, 10e9),),
    "wet_ground": (Dielectric(30.0, -0.4, 0.15, 1.30, 1e9, 10e9),),
}


def is_known(ranges: tuple[Dielectric, ...], frequency: float) -> bool:
    """Return whether one of a material's ranges holds `frequency` [Hz]; their ends do."""
    return any(row.low_hz <= frequency <= row.high_hz for row in ranges)


def ranges_text(ranges: tuple[Dielectric, ...]) -> str:
    """Return a material's ranges for people, as `0.1 to 100 and 220 to 450 GHz`.

    Ranges that meet are one.
    """
    ends: list[list[float]] = []
    for row in ranges:
        if ends and ends[-1][1] == row.low_hz:
            ends[-1][1] = row.high_hz
        else:
            ends.append([row.low_hz, row.high_hz])
    return " and ".join(f"{low / 1e9:g} to {high / 1e9:g}" for low, high in ends) + " GHz"


EXTEND = "set radio.extrapolate_materials = true to extend the formula of the nearest range"


def relative_permittivity(
    name: str, ranges: tuple[Dielectric, ...], frequency: float, extrapolate: bool = False
) -> complex:
    """Return a material's complex relative permittivity, eps' - j sigma / (2 pi f eps0).

    Args:
        name: Of the material, for the error.
        ranges: Its formulas, by growing frequency; where two meet, the lower one is taken.
        frequency: [Hz].
        extrapolate: Whether to extend the formula of the nearest range (nearest by the ratio of
            frequencies) where none is given.

    Raises:
        ConfigError: If no range holds the frequency, and `extrapolate` is false.
    """
    if not extrapolate and not is_known(ranges, frequency):
        raise ConfigError(
            f"{name} is given for {ranges_text(ranges)}, not at {frequency / 1e9:g} GHz; choose "
            f"radio.carrier_hz within, or {EXTEND}"
        )
    return min(ranges, key=lambda row: row.distance(frequency)).permittivity(frequency)
