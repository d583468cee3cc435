"""What rain makes of a car's looks: a film and beads on paint and panes, wet dirt, wet plastic.

For the camera only. To radio and lidar a wet car is a dry one: docs/weather.md says how much that
leaves out.
"""

from __future__ import annotations

from typing import Any

from scenes.looks.nodes import principled
from scenes.looks.tree import Tree
from scenes.spec import RGB

# Water (1.33) over lacquer or glass (1.5) mirrors 2.0 and 0.4 % of what falls straight on it, the
# dry surface 4 %. One surface of this index mirrors as much as both.
FILM_IOR = 1.37
# Albedo of wet dust over that of dry, as of the scenes' wet asphalt, gravel and paving (0.41 to
# 0.48); why: Lekner and Dorf, Applied Optics 27(7), 1988.
WET_DUST = 0.45
# Roughness of a film, and of heaps of beads, whose domes are smaller than a pixel. Chosen, as is
# how large the heaps are; they are drawn out downwards, as water runs off.
FILM, BEADS = 0.02, 0.38
HEAPS = 16.0  # to a metre, along
DRAWN_OUT = 0.25  # as many to a metre downwards
WET_PLASTIC: RGB = (0.011, 0.011, 0.0115)


def beaded(tree: Tree) -> Any:
    """Return the socket of the roughness of what is wet: films with heaps of beads between."""
    place = tree.node("TexCoord").outputs["Object"]
    place = tree.vector("ADD", place, tree.joined(tree.value("pattern"), 0.0))
    drawn = tree.vector("MULTIPLY", place, (1.0, 1.0, DRAWN_OUT))
    noise = tree.node("TexNoise", {"Vector": drawn, "Scale": HEAPS, "Detail": 1.0})
    inputs = {
        "Value": noise.outputs["Fac"], "From Min": 0.42, "From Max": 0.58, "To Min": FILM,
        "To Max": BEADS,
    }  # fmt: skip
    return tree.node("MapRange", inputs, interpolation_type="SMOOTHSTEP").outputs["Result"]


def wet_plastic() -> Any:
    """Return the material of wet trims and bumpers, made once per Blender file."""
    import bpy

    name = "car_wet_plastic"
    found = bpy.data.materials.get(name)
    if found is not None:
        return found
    return principled(name, "plastic", Base_Color=WET_PLASTIC, Roughness=0.25, IOR=FILM_IOR)
