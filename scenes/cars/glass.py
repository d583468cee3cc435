"""The look of a car's windows: dark glossy glass with seats painted behind it by the shader.

The panes are opaque to light, so no ray is spent on going through them. Their base colour is what
a ray through the pane would meet inside: a few ellipsoids in the car's frame (seats, headrests,
dashboard, steering wheel), which the shader intersects analytically.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scenes.cars.model import CarModel
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
)
ROW_PITCH = 0.88  # between the rows of seats [m]
AWAY = -50.0  # where seats are put that a car does not have [m]


def interior_places(model: CarModel) -> dict[str, float]:
    """Return the custom properties of a car's body that place its interior [m]."""
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
        "rear_seats": there[1],
        "third_seats": there[2],
        "seat_height": min(roof - 1.02, model.belt_front - 0.45),
    }


def glass_material() -> Any:
    """Return the material of the windows, made once per Blender file."""
    import bpy

    found = bpy.data.materials.get(NAME)
    if found is not None:
        return found
    material = bpy.data.materials.new(NAME)
    material.use_nodes = True
    material["radvis_material"] = "glass"
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Roughness"].default_value = 0.02
    shader.inputs["IOR"].default_value = 1.52
    tree = Tree(material.node_tree)
    material.node_tree.links.new(seen_inside(tree), shader.inputs["Base Color"])
    return material


@dataclass(frozen=True)
class Tree:
    """Short hands for building a shader.

    Attributes:
        nodes: The Blender node tree.
    """

    nodes: Any

    def node(self, kind: str, operation: str, *inputs: Any) -> Any:
        """Return a new node of `kind` with sockets or constants on its first inputs."""
        node = self.nodes.nodes.new(kind)
        node.operation = operation
        for socket, value in zip(node.inputs, inputs, strict=False):
            if isinstance(value, float | tuple):
                socket.default_value = value
            else:
                self.nodes.links.new(value, socket)
        return node

    def math(self, operation: str, *inputs: Any) -> Any:
        """Return the output of a Math node."""
        return self.node("ShaderNodeMath", operation, *inputs).outputs[0]

    def vector(self, operation: str, *inputs: Any) -> Any:
        """Return the vector output of a Vector Math node."""
        return self.node("ShaderNodeVectorMath", operation, *inputs).outputs["Vector"]

    def dot(self, first: Any, second: Any) -> Any:
        """Return the scalar product of two vectors."""
        return self.node("ShaderNodeVectorMath", "DOT_PRODUCT", first, second).outputs["Value"]

    def place(self, origin: str) -> Any:
        """Return the point (x of the body's property `origin`, 0, height of the seats)."""
        combine = self.nodes.nodes.new("ShaderNodeCombineXYZ")
        for name, axis in ((origin, "X"), ("seat_height", "Z")):
            self.nodes.links.new(self.value(name), combine.inputs[axis])
        return combine.outputs[0]

    def value(self, name: str) -> Any:
        """Return the socket of one of the body's custom properties."""
        attribute = self.nodes.nodes.new("ShaderNodeAttribute")
        attribute.attribute_type = "OBJECT"
        attribute.attribute_name = name
        return attribute.outputs["Fac"]

    def mixed(self, share: Any, first: Any, second: Any) -> Any:
        """Return the colour between two, by a share from 0 to 1."""
        node = self.nodes.nodes.new("ShaderNodeMix")
        node.data_type = "RGBA"
        for socket, value in zip((0, 6, 7), (share, first, second), strict=True):
            if isinstance(value, float | tuple):
                node.inputs[socket].default_value = value
            else:
                self.nodes.links.new(value, node.inputs[socket])
        return node.outputs[2]

    def falling(self, value: Any, start: float, end: float) -> Any:
        """Return 1 below `start`, falling smoothly to 0 at `end`."""
        node = self.nodes.nodes.new("ShaderNodeMapRange")
        node.interpolation_type = "SMOOTHSTEP"
        self.nodes.links.new(value, node.inputs["Value"])
        for name, number in (("From Min", start), ("From Max", end), ("To Min", 1.0)):
            node.inputs[name].default_value = number
        node.inputs["To Max"].default_value = 0.0
        return node.outputs["Result"]

    def link(self, output: Any, name: str) -> None:
        """Connect a socket to an input of the tree's Principled shader."""
        self.nodes.links.new(output, self.nodes.nodes["Principled BSDF"].inputs[name])


def seen_inside(tree: Tree) -> Any:
    """Return the socket with the brightness of what a ray through the pane meets."""
    coordinates = tree.nodes.nodes.new("ShaderNodeTexCoord")
    geometry = tree.nodes.nodes.new("ShaderNodeNewGeometry")
    to_object = tree.nodes.nodes.new("ShaderNodeVectorTransform")
    to_object.vector_type = "VECTOR"
    to_object.convert_from, to_object.convert_to = "WORLD", "OBJECT"
    tree.nodes.links.new(geometry.outputs["Incoming"], to_object.inputs[0])
    ray = to_object.outputs[0]
    starts = {
        name: tree.vector("SUBTRACT", coordinates.outputs["Object"], tree.place(name))
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
