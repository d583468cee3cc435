"""What the world is made of: one record a material, for radio and lidar.

Permittivity: relative permittivity a f^b and conductivity c f^d [S/m], f in GHz
(Recommendation ITU-R P.2040-3, equations 28 and 29, table 3). How a material looks to the camera
stands beside its name in `scenes.looks`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Material:
    """The radio and lidar properties of one material.

    Attributes:
        name: Its name, as Blender materials carry it in the property `radvis_material`.
        a: Coefficient of the relative permittivity, a f^b.
        b: Exponent of the relative permittivity.
        c: Coefficient of the conductivity, c f^d [S/m].
        d: Exponent of the conductivity.
        scattering: Share S of the reflected amplitude that is scattered; S^2 of the power.
        lobe: Width exponent of the lobe about the mirror direction (Degli-Esposti 2007); 0 scatters
            by Lambert's law.
        back: Share of the scattered power in a second lobe, back to where the wave came from.
        roughness: Standard deviation of the surface height [m], of the Rayleigh-Ament factor on
            what is reflected specularly.
        thickness: Thickness [m] of a pane or shell; None for what is thick and opaque.
        reflectivity: Diffuse reflectivity at the lidar's wavelength (905 nm), 0..1.
    """

    name: str
    a: float
    b: float
    c: float
    d: float
    scattering: float
    lobe: int
    back: float
    roughness: float
    thickness: float | None
    reflectivity: float


# Permittivities: table 3 of ITU-R P.2040-3 where it has the material (concrete also as paving,
# brick also as tile, plasterboard as plaster, medium dry ground as soil); what is painted or clad
# metal reflects as metal. Asphalt, marking, rubber, plastic, lamp glass, frames and foliage are not
# in that table: rounded from published millimetre-wave measurements. For building materials the
# scattering coefficients lie within 0.2 to 0.6, as Degli-Esposti et al. found (IEEE Trans. Antennas
# Propag. 55(1), 2007); glass is smoother, soil and foliage are rougher, and car paint is chosen for
# a car's radar cross-section. Validity in docs/limitations.md.
MATERIALS: tuple[Material, ...] = (
    Material("asphalt", 4.0, 0.0, 0.01, 1.0, 0.40, 4, 0.1, 1.0e-3, None, 0.17),
    Material("marking", 4.0, 0.0, 0.01, 1.0, 0.35, 4, 0.1, 0.6e-3, None, 0.65),
    Material("concrete", 5.24, 0.0, 0.0462, 0.7822, 0.45, 4, 0.1, 0.8e-3, None, 0.40),
    Material("brick", 3.91, 0.0, 0.0238, 0.16, 0.50, 4, 0.1, 1.0e-3, None, 0.35),
    Material("plaster", 2.73, 0.0, 0.0085, 0.9395, 0.40, 4, 0.1, 0.5e-3, None, 0.55),
    Material("glass", 6.31, 0.0, 0.0036, 1.3394, 0.10, 10, 0.0, 0.0, 0.005, 0.05),
    Material("metal", 1.0, 0.0, 1.0e7, 0.0, 0.35, 4, 0.2, 0.2e-3, None, 0.45),
    Material("car_paint", 1.0, 0.0, 1.0e7, 0.0, 0.85, 4, 0.5, 0.1e-3, None, 0.40),
    Material("chrome", 1.0, 0.0, 1.0e7, 0.0, 0.35, 6, 0.2, 0.0, None, 0.60),
    Material("plastic", 2.8, 0.0, 0.002, 1.0, 0.40, 4, 0.1, 0.3e-3, None, 0.12),
    Material("rubber", 6.0, 0.0, 0.02, 1.0, 0.50, 2, 0.1, 1.0e-3, None, 0.06),
    Material("lamp_glass", 2.8, 0.0, 0.002, 1.0, 0.30, 6, 0.0, 0.0, None, 0.30),
    Material("plate", 1.0, 0.0, 1.0e7, 0.0, 0.30, 6, 0.1, 0.1e-3, None, 0.90),
    Material("sign", 1.0, 0.0, 1.0e7, 0.0, 0.30, 6, 0.1, 0.1e-3, None, 0.50),
    Material("frame", 2.8, 0.0, 0.002, 1.0, 0.40, 4, 0.1, 0.3e-3, None, 0.70),
    Material("wood", 1.99, 0.0, 0.0047, 1.0718, 0.60, 2, 0.1, 2.0e-3, None, 0.35),
    Material("foliage", 4.0, 0.0, 0.1, 1.0, 0.90, 0, 0.0, 3.0e-3, None, 0.55),
    Material("soil", 15.0, -0.1, 0.035, 1.63, 0.70, 0, 0.0, 8.0e-3, None, 0.40),
    Material("tile", 3.91, 0.0, 0.0238, 0.16, 0.55, 4, 0.1, 3.0e-3, None, 0.30),
    Material("cladding", 1.0, 0.0, 1.0e7, 0.0, 0.35, 4, 0.2, 0.5e-3, None, 0.50),
    Material("paving", 5.24, 0.0, 0.0462, 0.7822, 0.50, 4, 0.1, 1.0e-3, None, 0.35),
)

MATERIAL_ID: dict[str, int] = {material.name: i for i, material in enumerate(MATERIALS)}
