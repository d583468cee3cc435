"""The look of a car's windows: dark glossy glass with seats painted behind it by the shader.

The panes are opaque to light, so no ray is spent on going through them. Their base colour is what
a ray through the pane would meet inside: a few ellipsoids in the car's frame (seats, headrests,
dashboard, steering wheel), which the shader intersects analytically.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scenes.cars.model import CarModel
from scenes.cars.rain import FILM_IOR, beaded
from scenes.looks.nodes import principled
from scenes.looks.tree import Tree
from scenes.spec import Vector3

NAME = "car_glass"


@dataclass(frozen=True)
class Interior:
    """One ellipsoid inside a car.

    Attributes:
        origin: The body's custom property that holds the x [m] it is placed from.
        centre: x from there, y, and height above the seats [m].
        radius: Half axes [m].
        albedo: How bright it looks through the pane.
    """

    origin: str
    centre: Vector3
    radius: Vector3
    albedo: float


INTERIOR: tuple[Interior, ...] = (
    Interior("dashboard", (0.05, 0.0, 0.26), (0.32, 0.66, 0.14), 0.014),
    Interior("dashboard", (-0.33, 0.36, 0.33), (0.025, 0.18, 0.18), 0.010),
    *(
        part
        for y in (-0.36, 0.36)
        for part in (
            Interior("front_seats", (0.0, y, 0.22), (0.10, 0.27, 0.44), 0.020),
            Interior("front_seats", (-0.05, y, 0.73), (0.06, 0.15, 0.10), 0.018),
            Interior("rear_seats", (-0.08, y, 0.66), (0.06, 0.15, 0.09), 0.017),
        )
    ),
    Interior("rear_seats", (0.0, 0.0, 0.20), (0.14, 0.66, 0.44), 0.019),
    Interior("third_seats", (0.0, 0.0, 0.26), (0.13, 0.66, 0.50), 0.018),
    # Who drives: shoulders and head, behind the steering wheel.
    Interior("driver", (0.14, 0.36, 0.46), (0.12, 0.22, 0.22), 0.030),
    Interior("driver", (0.13, 0.36, 0.78), (0.10, 0.08, 0.12), 0.055),
)
ROW_PITCH = 0.88  # between the rows of seats [m]
AWAY = -50.0  # where seats are put that a car does not have [m]


def interior_places(model: CarModel, driven: bool = False) -> dict[str, float]:
    """Return the custom properties of a car's body that place its interior [m].

    Args:
        model: Its measures.
        driven: Whether somebody sits behind the steering wheel.
    """
    dashboard = model.nose - model.cowl - 0.30
    seats = dashboard - 0.78
    # A row of seats needs a side window and a roof; cargo has neither seats nor windows.
    last = -model.nose + 0.45 if model.load is None else AWAY
    n_row = min(1 + (model.side_windows > 1) + (model.side_windows > 2), 3)
    end = model.nose - model.roof_end if model.load is None and model.side_windows > 1 else seats
    rows = [seats - ROW_PITCH * k for k in range(n_row)]
    there = [x if k == 0 or x > max(last, end - 0.25) else AWAY for k, x in enumerate(rows)]
    there += [AWAY] * (3 - len(there))
    roof = model.cab.height
    return {
        "dashboard": dashboard,
        "front_seats": there[0],
        "driver": there[0] if driven else AWAY,
        "rear_seats": there[1],
        "third_seats": there[2],
        "seat_height": min(roof - 1.02, model.belt_front - 0.45),
    }


def glass_material(wet: bool = False) -> Any:
    """Return the material of the windows, dry or in rain, made once per Blender file."""
    import bpy

    name = f"{NAME}_wet" if wet else NAME
    found = bpy.data.materials.get(name)
    if found is not None:
        return found
    material = principled(name, "glass", Roughness=0.02, IOR=FILM_IOR if wet else 1.52)
    tree = Tree(material.node_tree)
    tree.link(seen_inside(tree), "Base Color")
    if wet:
        tree.link(beaded(tree), "Roughness")
    return material


def seen_inside(tree: Tree) -> Any:
    """Return the socket with the brightness of what a ray through the pane meets."""
    point = tree.node("TexCoord").outputs["Object"]
    to_object = tree.node(
        "VectorTransform",
        {0: tree.node("NewGeometry").outputs["Incoming"]},
        vector_type="VECTOR",
        convert_from="WORLD",
        convert_to="OBJECT",
    )
    ray = to_object.outputs[0]
    height = tree.value("seat_height")
    starts = {
        name: tree.vector("SUBTRACT", point, tree.joined(tree.value(name), 0.0, height))
        for name in sorted({part.origin for part in INTERIOR})
    }
    seen: Any = 0.006
    for part in INTERIOR:
        x, y, z = part.radius
        inverse = (1 / x, 1 / y, 1 / z)
        start = tree.vector(
            "MULTIPLY", tree.vector("SUBTRACT", starts[part.origin], part.centre), inverse
        )
        along = tree.vector("MULTIPLY", ray, inverse)
        # The line comes as near to the unit sphere's middle as sqrt(s.s - (s.d)^2 / d.d).
        product = tree.dot(start, along)
        gained = tree.math(
            "DIVIDE", tree.math("MULTIPLY", product, product), tree.dot(along, along)
        )
        outside = tree.math("SUBTRACT", tree.dot(start, start), 1.0)
        depth = tree.math("MULTIPLY", tree.math("SUBTRACT", gained, outside), 2.5)
        shade = tree.math("MINIMUM", depth, 1.0)
        seen = tree.math("MAXIMUM", seen, tree.math("MULTIPLY", shade, part.albedo))
    return seen
