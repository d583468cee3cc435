"""What the world is made of: one record a material, for radio and lidar.

Permittivities are formulas over frequency with the range they are given for, see `scenes.itu`. How
a material looks to the camera stands beside its name in `scenes.looks`.
"""

from __future__ import annotations

from dataclasses import dataclass

from scenes.config import ConfigError, RadioConfig
from scenes.itu import EXTEND, P2040, Dielectric, is_known, ranges_text, relative_permittivity


@dataclass(frozen=True)
class Material:
    """The radio and lidar properties of one material.

    Attributes:
        name: Its name, as Blender materials carry it in the property `radvis_material`.
        dielectric: Formulas of its permittivity, by growing frequency.
        scattering: Share S of the reflected amplitude that is scattered; S^2 of the power.
        lobe: Width exponent of the lobe about the mirror direction (Degli-Esposti 2007); 0 scatters
            by Lambert's law.
        back: Share of the scattered power in a second lobe, back to where the wave came from.
        cross: Share of the scattered power in the cross polarisation, 0..1; 0.5 is fully
            depolarised.
        roughness: Standard deviation of the surface height [m], of the Rayleigh-Ament factor on
            what is reflected specularly.
        thickness: Thickness [m] of a pane or shell; None for what is thick and opaque.
        reflectivity: Diffuse reflectivity at the lidar's wavelength (905 nm), 0..1.
    """

    name: str
    dielectric: tuple[Dielectric, ...]
    scattering: float
    lobe: int
    back: float
    cross: float
    roughness: float
    thickness: float | None
    reflectivity: float

    def permittivity(self, frequency: float, extrapolate: bool = False) -> complex:
        """Return the complex relative permittivity at `frequency` [Hz].

        Raises:
            ConfigError: If no formula is given there, and `extrapolate` is false.
        """
        return relative_permittivity(self.name, self.dielectric, frequency, extrapolate)


# What ITU-R P.2040-3 does not have, rounded from published millimetre-wave measurements.
ASPHALT = (Dielectric(4.0, 0.0, 0.01, 1.0, 1e9, 100e9),)
PLASTIC = (Dielectric(2.8, 0.0, 0.002, 1.0, 1e9, 100e9),)
RUBBER = (Dielectric(6.0, 0.0, 0.02, 1.0, 1e9, 100e9),)
FOLIAGE = (Dielectric(4.0, 0.0, 0.1, 1.0, 1e9, 100e9),)
# Fitted, least greatest relative error, to the moist soil model of ITU-R P.527 (semi-empirical
# mixing, double-Debye water) for silt loam (30.63 % sand, 13.48 % clay, 55.89 % silt) at 20 C with
# a volumetric water content of 0.2: eps' within 5 %, the conductivity within 8 %. One power law
# cannot follow water's relaxation near 17 GHz, three can.
SOIL = (
    Dielectric(10.17, 0.020, 0.0662, 1.186, 1e9, 6e9),
    Dielectric(18.25, -0.301, 0.0676, 1.238, 6e9, 20e9),
    Dielectric(20.61, -0.366, 1.072, 0.321, 20e9, 100e9),
)
METAL = P2040["metal"]

# P.2040 serves concrete also as paving, brick also as tile, plasterboard as plaster; what is
# painted or clad metal reflects as metal. For building materials the scattering coefficients lie
# within 0.2 to 0.6, as Degli-Esposti et al. found (IEEE Trans. Antennas Propag. 55(1), 2007); glass
# is smoother, soil and foliage are rougher, and car paint is chosen for a car's radar
# cross-section. The cross-polar shares are chosen within what is published of the cross-polar
# discrimination of scattering, roughly 5 to 15 dB (a share of 0.24 to 0.03); foliage, of many
# scatterers, is below. Validity in docs/limitations.md.
MATERIALS: tuple[Material, ...] = (
    Material("asphalt", ASPHALT, 0.40, 4, 0.1, 0.20, 1.0e-3, None, 0.17),
    Material("marking", ASPHALT, 0.35, 4, 0.1, 0.15, 0.6e-3, None, 0.65),
    Material("concrete", P2040["concrete"], 0.45, 4, 0.1, 0.15, 0.8e-3, None, 0.40),
    Material("brick", P2040["brick"], 0.50, 4, 0.1, 0.20, 1.0e-3, None, 0.35),
    Material("plaster", P2040["plasterboard"], 0.40, 4, 0.1, 0.15, 0.5e-3, None, 0.55),
    Material("glass", P2040["glass"], 0.10, 10, 0.0, 0.03, 0.0, 0.005, 0.05),
    Material("metal", METAL, 0.35, 4, 0.2, 0.05, 0.2e-3, None, 0.45),
    Material("car_paint", METAL, 0.85, 4, 0.5, 0.08, 0.1e-3, None, 0.40),
    Material("chrome", METAL, 0.35, 6, 0.2, 0.03, 0.0, None, 0.60),
    Material("plastic", PLASTIC, 0.40, 4, 0.1, 0.10, 0.3e-3, None, 0.12),
    Material("rubber", RUBBER, 0.50, 2, 0.1, 0.15, 1.0e-3, None, 0.06),
    Material("lamp_glass", PLASTIC, 0.30, 6, 0.0, 0.05, 0.0, None, 0.30),
    Material("plate", METAL, 0.30, 6, 0.1, 0.04, 0.1e-3, None, 0.90),
    Material("sign", METAL, 0.30, 6, 0.1, 0.04, 0.1e-3, None, 0.50),
    Material("frame", PLASTIC, 0.40, 4, 0.1, 0.10, 0.3e-3, None, 0.70),
    Material("wood", P2040["wood"], 0.60, 2, 0.1, 0.25, 2.0e-3, None, 0.35),
    Material("foliage", FOLIAGE, 0.90, 0, 0.0, 0.40, 3.0e-3, None, 0.55),
    Material("soil", SOIL, 0.70, 0, 0.0, 0.30, 8.0e-3, None, 0.40),
    Material("tile", P2040["brick"], 0.55, 4, 0.1, 0.20, 3.0e-3, None, 0.30),
    Material("cladding", METAL, 0.35, 4, 0.2, 0.05, 0.5e-3, None, 0.50),
    Material("paving", P2040["concrete"], 0.50, 4, 0.1, 0.15, 1.0e-3, None, 0.35),
)

MATERIAL_ID: dict[str, int] = {material.name: i for i, material in enumerate(MATERIALS)}


def check_materials(radio: RadioConfig, materials: tuple[Material, ...] = MATERIALS) -> None:
    """Refuse a carrier that materials have no permittivity for, before a run starts.

    Does nothing if `radio.extrapolate_materials` is true.

    Raises:
        ConfigError: One line that names all such materials with the ranges they are given for.
    """
    if radio.extrapolate_materials:
        return
    outside = [m for m in materials if not is_known(m.dielectric, radio.carrier_hz)]
    if outside:
        named = ", ".join(f"{m.name} ({ranges_text(m.dielectric)})" for m in outside)
        raise ConfigError(
            f"radio.carrier_hz = {radio.carrier_hz / 1e9:g} GHz lies outside the ranges that "
            f"permittivities are given for: {named}; choose a carrier within, or {EXTEND}"
        )
