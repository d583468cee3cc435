"""Highlights: the light of small lamps that surfaces with a gloss throw into the camera.

Lobes are those of Walter et al., Microfacet models for refraction (Eurographics Symposium on
Rendering, 2007), on flat triangles. What the shaders do to normals is only known in size, so lobes
are widened by it: this tells where a highlight may be seen, not how it looks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scenes.looks.looks import DULL, LOOKS
from scenes.materials import MATERIALS

Image = NDArray[np.float32]

BUMPS = 0.03  # slope by which the shaders' normals differ from the triangles': panes, wear, curves
DIELECTRIC, METALLIC = 0.04, 0.6  # share of light that is mirrored at normal incidence
GRAZING = 0.05  # cosine below which lobes are cut: they would be infinite
# Width of the lobe (Walter's alpha), roughness squared as Blender has it, and what is mirrored at
# normal incidence, by material id; no width for those that are dull.
WIDTH = np.array(
    [0.0 if m.name in DULL else LOOKS[m.name][1] ** 2 + BUMPS for m in MATERIALS], np.float32
)
MIRRORED = np.array(
    [DIELECTRIC + (METALLIC - DIELECTRIC) * LOOKS[m.name][2] for m in MATERIALS], np.float32
)


def highlight(
    towards_eye: Image,
    normal: Image,
    material: NDArray[np.uint8],
    towards_lamp: Image,
    irradiance: Image,
) -> Image:
    """Return the radiance (n,) that surfaces mirror into the eye.

    Args:
        towards_eye: (n, 3) unit vectors.
        normal: (n, 3) unit vectors on the eye's side.
        material: (n,) ids, none of them dull.
        towards_lamp: (n, 3) unit vectors.
        irradiance: (n,) by the lamp.
    """
    half = towards_eye + towards_lamp
    half /= np.maximum(np.linalg.norm(half, axis=1, keepdims=True), 1e-6)
    tilt = np.einsum("nk,nk->n", half, normal)
    square = WIDTH[material] ** 2
    lobe = square / (np.pi * (tilt**2 * (square - 1) + 1) ** 2)
    least = MIRRORED[material]
    steep = 1 - np.clip(np.einsum("nk,nk->n", half, towards_lamp), 0, 1)
    fresnel = least + (1 - least) * steep**5
    outward = np.maximum(np.einsum("nk,nk->n", towards_eye, normal), GRAZING)
    inward = np.maximum(np.einsum("nk,nk->n", towards_lamp, normal), GRAZING)
    return np.asarray(irradiance * lobe * fresnel / (4 * outward * inward), np.float32)
