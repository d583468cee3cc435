"""A builder of shaders: nodes of a Blender material, each put down with what flows into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PATTERN = "pattern"  # the scene's custom property: by how much its patterns are shifted [m]


@dataclass(frozen=True)
class Tree:
    """Short hands for building a shader.

    What flows into a node is another node's output, a number, a vector, or a linear RGB colour.

    Attributes:
        graph: The Blender node tree.
    """

    graph: Any

    def node(self, kind: str, inputs: Mapping[Any, Any] | None = None, **settings: Any) -> Any:
        """Return a new node.

        Args:
            kind: Blender's name of it, without "ShaderNode".
            inputs: What flows in, by the input's name or number.
            settings: Its other properties, as `operation`.
        """
        node = self.graph.nodes.new(f"ShaderNode{kind}")
        for name, value in settings.items():
            setattr(node, name, value)
        for key, value in (inputs or {}).items():
            self.connect(value, node.inputs[key])
        return node

    def connect(self, value: Any, socket: Any) -> None:
        """Let an output, or a constant, flow into an input."""
        if not isinstance(value, float | int | tuple):
            self.graph.links.new(value, socket)
        elif socket.type == "RGBA" and isinstance(value, tuple) and len(value) == 3:
            socket.default_value = (*value, 1.0)
        else:
            socket.default_value = value

    def link(self, value: Any, name: str) -> None:
        """Let an output, or a constant, flow into an input of the material's Principled shader."""
        self.connect(value, self.graph.nodes["Principled BSDF"].inputs[name])

    def show(self, shader: Any) -> None:
        """Make a shader node the look of the surface."""
        self.connect(shader.outputs[0], self.graph.nodes["Material Output"].inputs["Surface"])

    def math(self, operation: str, *inputs: Any) -> Any:
        """Return the output of a Math node."""
        return self.node("Math", dict(enumerate(inputs)), operation=operation).outputs[0]

    def vector(self, operation: str, *inputs: Any) -> Any:
        """Return the vector output of a Vector Math node."""
        node = self.node("VectorMath", dict(enumerate(inputs)), operation=operation)
        return node.outputs["Vector"]

    def dot(self, first: Any, second: Any) -> Any:
        """Return the scalar product of two vectors."""
        node = self.node("VectorMath", {0: first, 1: second}, operation="DOT_PRODUCT")
        return node.outputs["Value"]

    def scaled(self, vector: Any, factor: Any) -> Any:
        """Return a vector times a number."""
        node = self.node("VectorMath", {0: vector, "Scale": factor}, operation="SCALE")
        return node.outputs["Vector"]

    def split(self, vector: Any) -> tuple[Any, Any, Any]:
        """Return x, y and z of a vector."""
        x, y, z = self.node("SeparateXYZ", {0: vector}).outputs
        return x, y, z

    def joined(self, x: Any, y: Any, z: Any = 0.0) -> Any:
        """Return the vector of x, y and z."""
        return self.node("CombineXYZ", {0: x, 1: y, 2: z}).outputs[0]

    def between(self, share: Any, low: float, high: float) -> Any:
        """Return a number from `low` to `high` for one from 0 to 1."""
        return self.math("MULTIPLY_ADD", share, high - low, low)

    def mixed(self, share: Any, first: Any, second: Any, blend: str = "MIX") -> Any:
        """Return the colour `first` where `share` is 0; where it is 1 `second`, or their blend."""
        inputs = {0: share, 6: first, 7: second}  # those of colours
        return self.node("Mix", inputs, data_type="RGBA", blend_type=blend).outputs[2]

    def place(self) -> Any:
        """Return the place in the world of the point that is shaded [m]."""
        return self.node("NewGeometry").outputs["Position"]

    def patterned(self) -> Any:
        """Return that place, shifted as the scene has drawn: no two scenes' patterns are alike."""
        shift = self.node("Attribute", attribute_type="VIEW_LAYER", attribute_name=PATTERN)
        return self.vector("ADD", self.place(), shift.outputs["Vector"])

    def value(self, name: str) -> Any:
        """Return one of the custom properties of the object that wears the material."""
        node = self.node("Attribute", attribute_type="OBJECT", attribute_name=name)
        return node.outputs["Fac"]
