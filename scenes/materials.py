"""What the world is made of: one record a material, for radio and lidar.

Permittivities are formulas over frequency with the range they are given for, see `scenes.itu`. How
a material looks to the camera stands beside its name in `scenes.looks.looks`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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
# A wet surface: the dry one with 12 % of its volume water, refractive mixing (square roots of
# permittivities add by volume: Birchak et al., Proc. IEEE 62(1), 1974) with water at 10 C by the
# double-Debye model of ITU-R P.840, fitted as soil is: within 2 % and, the conductivity, 6 % (of
# brick below 6 GHz 12 %).
WET_ASPHALT = (
    Dielectric(8.240, -0.0334, 0.0249, 1.6296, 1e9, 6e9),
    Dielectric(11.169, -0.2017, 0.0513, 1.2672, 6e9, 20e9),
    Dielectric(10.258, -0.1840, 0.3817, 0.5927, 20e9, 100e9),
)
WET_CONCRETE = (
    Dielectric(9.768, -0.0320, 0.0658, 1.2521, 1e9, 6e9),
    Dielectric(12.843, -0.1836, 0.0846, 1.1643, 6e9, 20e9),
    Dielectric(11.784, -0.1645, 0.4785, 0.5844, 20e9, 100e9),
)
WET_BRICK = (
    Dielectric(8.124, -0.0332, 0.0380, 1.2915, 1e9, 6e9),
    Dielectric(11.009, -0.2011, 0.0480, 1.2586, 6e9, 20e9),
    Dielectric(12.089, -0.2377, 0.2595, 0.6813, 20e9, 40e9),
)
# Dry snow of 0.3 g/cm^3: eps' 1 + 1.5995 rho + 1.861 rho^3 and a loss tangent near 1e-3 (Matzler,
# IEEE Trans. Geosci. Remote Sens. 34(2), 1996).
SNOW = (Dielectric(1.53, 0.0, 8.5e-5, 1.0, 1e9, 100e9),)
SNOW_REFLECTIVITY = 0.85

# P.2040 serves concrete also as paving, brick also as tile, plasterboard as plaster; what is
# painted or clad metal reflects as metal. For building materials the scattering coefficients lie
# within 0.2 to 0.6, as Degli-Esposti et al. found (IEEE Trans. Antennas Propag. 55(1), 2007); glass
# is smoother, soil and foliage are rougher, and car paint is chosen for a car's radar
# cross-section. The cross-polar shares are chosen within what is published of the cross-polar
# discrimination of scattering, roughly 5 to 15 dB (a share of 0.24 to 0.03); foliage, of many
# scatterers, is below. Validity in docs/limitations.md.
_BARE: tuple[Material, ...] = (
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
    Material("window", P2040["glass"], 0.10, 10, 0.0, 0.03, 0.0, 0.005, 0.05),
    Material("fabric", PLASTIC, 0.50, 2, 0.1, 0.15, 0.5e-3, None, 0.45),
    Material("street_light", PLASTIC, 0.30, 6, 0.0, 0.05, 0.0, None, 0.30),
    # Water fills the roughness: smoother, and darker to the lidar. Snow scatters from its volume.
    Material("wet_asphalt", WET_ASPHALT, 0.30, 4, 0.1, 0.15, 0.6e-3, None, 0.08),
    Material("wet_marking", WET_ASPHALT, 0.30, 4, 0.1, 0.12, 0.4e-3, None, 0.35),
    Material("wet_concrete", WET_CONCRETE, 0.35, 4, 0.1, 0.12, 0.5e-3, None, 0.20),
    Material("wet_paving", WET_CONCRETE, 0.40, 4, 0.1, 0.12, 0.6e-3, None, 0.18),
    Material("snow", SNOW, 0.90, 0, 0.0, 0.35, 3.0e-3, None, SNOW_REFLECTIVITY),
    Material("slush", WET_ASPHALT, 0.60, 0, 0.0, 0.25, 3.0e-3, None, 0.40),
    Material("gravel", SOIL, 0.65, 0, 0.0, 0.30, 6.0e-3, None, 0.35),
    Material("timber", P2040["wood"], 0.45, 4, 0.1, 0.20, 1.0e-3, None, 0.50),
    Material("earth", SOIL, 0.70, 0, 0.0, 0.30, 8.0e-3, None, 0.25),
    Material("lawn", SOIL, 0.75, 0, 0.0, 0.35, 8.0e-3, None, 0.45),
    Material("wet_tile", WET_BRICK, 0.45, 4, 0.1, 0.15, 2.0e-3, None, 0.15),
    Material("wet_gravel", SOIL, 0.60, 0, 0.0, 0.28, 5.0e-3, None, 0.18),  # soil is moist anyway
)
# A few centimetres of dry snow hide what they lie on from light, not from radio waves, which lose a
# few per cent of their power in it: by Matzler's loss tangent 7 % in 5 cm at 28 GHz, there and
# back, and by the step of the permittivity 1 % at each pass of its surface. Panes are too smooth to
# hold snow, lamps too warm; what is driven on turns to slush.
SNOWLESS = ("glass", "window", "street_light", "lamp_glass", "asphalt", "marking", "snow", "slush")
_SNOWED = [
    material
    for material in sorted(_BARE, key=lambda material: material.dielectric != METAL)
    if material.name not in SNOWLESS and not material.name.startswith("wet_")
]
SNOW_ON = {material.name: f"snow_on_{material.name}" for material in _SNOWED}
MATERIALS: tuple[Material, ...] = _BARE + tuple(
    replace(material, name=SNOW_ON[material.name], reflectivity=SNOW_REFLECTIVITY)
    for material in _SNOWED
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
    below_snow = SNOW_ON.values()  # of the range of what they lie on, which is named
    outside = [
        m
        for m in materials
        if m.name not in below_snow and not is_known(m.dielectric, radio.carrier_hz)
    ]
    if outside:
        named = ", ".join(f"{m.name} ({ranges_text(m.dielectric)})" for m in outside)
        raise ConfigError(
            f"radio.carrier_hz = {radio.carrier_hz / 1e9:g} GHz lies outside the ranges that "
            f"permittivities are given for: {named}; choose a carrier within, or {EXTEND}"
        )
