"""The look of windows: glass that mirrors, over a room, curtains or a blind painted by the shader.

The panes are opaque to light, so no ray is spent on going through them. Their base colour is what
a ray through the pane would meet behind it: curtains, a blind, or the walls of a box of a room,
which the shader intersects analytically. `mark_panes` tells the shader where on its pane a point
lies, and gives it a number from which all that stands behind it is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from scenes.looks.nodes import principled, surface_shader
from scenes.looks.tree import Tree
from scenes.materials import MATERIAL_ID
from scenes.things.shapes import Shape

ATTRIBUTE = "pane"  # x and z from the pane's lower left corner, its width and height [m]
CHANCE = "pane_chance"  # a number 0..1 of the pane's own
# Light of lamps of 2,700 K and of 4,000 K: Planck's, linear BT.709, with as much of its colour
# taken off as `scenes.light.sky.WHITE_BALANCE` takes off the sky's.
WARM, COOL = (1.0, 0.65, 0.32), (1.0, 0.81, 0.62)
# Rooms' brightness is log-normal, two thirds of them within two octaves: 2 to the power of a sum of
# three even chances, times this.
OCTAVES = 2.0
DRAWN = 0.4  # share of lit rooms in homes behind drawn curtains
THROUGH = 0.25  # share of the light of a room that cloth before it shows
PALER = 0.5  # of the way from the colours of rooms by day, which are strong in the dark, to grey
AMBIENT = 0.12  # of what is lit by a room's lamp, by light from its walls
LAMP_BELOW = 0.35  # a room's lamp below the ceiling [m]
TILT = 0.012  # greatest slope between a pane and its wall: no two panes mirror alike
# Panes larger than this that begin below this height are shops' and have no curtains [m].
SHOP_WIDTH, SHOP_HEIGHT, SHOP_SILL = 2.3, 1.9, 1.5
BESIDE = 0.9  # how far a room reaches beside its window [m]


def mark_panes(mesh: Any, shape: Shape, seed: int) -> None:
    """Write where every corner of the windows' faces lies on its pane; other faces get zeros.

    Args:
        mesh: The Blender mesh of `shape`, its polygons in the same order.
        shape: With upright faces of the material "window".
        seed: Of what stands behind the panes.
    """
    glazed = shape.material == MATERIAL_ID["window"]
    if not glazed.any():
        return
    sizes = (shape.faces >= 0).sum(1)
    values = np.zeros((int(sizes.sum()), 4), np.float32)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    for size in (3, 4):
        rows = np.flatnonzero(glazed & (sizes == size))
        corner = shape.vertices[shape.faces[rows, :size]]
        normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
        right = np.stack([-normal[:, 1], normal[:, 0]], 1)  # up x normal
        right /= np.maximum(np.linalg.norm(right, axis=1, keepdims=True), 1e-9)
        x = np.einsum("fci,fi->fc", corner[..., :2], right)
        place = np.stack([x, corner[..., 2]], -1)
        place -= place.min(1, keepdims=True)
        extent = np.broadcast_to(place.max(1, keepdims=True), place.shape)
        loops = starts[rows][:, None] + np.arange(size)
        values[loops] = np.concatenate([place, extent], -1)
    layer = mesh.attributes.new(ATTRIBUTE, "FLOAT_COLOR", "CORNER")
    layer.data.foreach_set("color", values.ravel())
    chances = np.random.default_rng(seed).random(len(sizes), np.float32)
    mesh.attributes.new(CHANCE, "FLOAT", "FACE").data.foreach_set("value", chances)


def window_material(lit_share: float = 0.0, radiance: float = 0.0) -> Any:
    """Return the material of windows.

    Args:
        lit_share: Of the windows that shine from within, 0..1; of shops' twice as many.
        radiance: Of white behind a lit pane, where daylight on level ground is 1.
    """
    material = principled("window", "window", Roughness=0.03, IOR=1.52)
    tree = Tree(material.node_tree)
    point = _point(tree)
    panes = _panes(tree, point)
    room = _room(tree, point, panes.shop)
    seen = _behind(tree, panes, tree.scaled(room.colour, room.gloom), 1.0)
    tree.link(_tilted(tree, point), "Normal")
    if lit_share > 0:
        share = tree.math("MULTIPLY", tree.math("ADD", panes.shop, 1.0), lit_share)
        lit = tree.math("LESS_THAN", point.chance[5], share)
        seen, shown = _lit(tree, point, panes, room, seen)
        tree.link(shown, "Emission Color")
        tree.link(tree.math("MULTIPLY", lit, radiance), "Emission Strength")
        material.cycles.emission_sampling = "NONE"  # too many and too faint to aim rays at
    tree.link(seen, "Base Color")
    _spare_diffuse_rays(tree, surface_shader(material))
    return material


def _spare_diffuse_rays(tree: Tree, shader: Any) -> None:
    """Show rays that a dull surface scattered a plain grey: Cycles then skips all of the above."""
    dull = tree.node("LightPath").outputs["Is Diffuse Ray"]
    plain = tree.node("BsdfDiffuse", {"Color": (0.09, 0.09, 0.09)})
    tree.show(tree.node("MixShader", {0: dull, 1: shader.outputs[0], 2: plain.outputs[0]}))


@dataclass(frozen=True)
class _Point:
    """Sockets that tell about the point that is shaded.

    Attributes:
        x: From the pane's left edge [m].
        z: From its lower edge [m].
        width: Of the pane [m].
        height: Of the pane [m].
        normal: Out of the wall.
        incoming: Towards the eye.
        chance: Numbers 0..1 of the pane, independent of each other.
    """

    x: Any
    z: Any
    width: Any
    height: Any
    normal: Any
    incoming: Any
    chance: tuple[Any, ...]


def _point(tree: Tree) -> _Point:
    geometry = tree.node("NewGeometry")
    pane, chances = (
        tree.node("Attribute", attribute_type="GEOMETRY", attribute_name=name)
        for name in (ATTRIBUTE, CHANCE)
    )
    x, z, width = tree.split(pane.outputs["Vector"])
    chance: list[Any] = []
    for factor in (1.0, 7.31, 3.77):
        own = tree.math("MULTIPLY", chances.outputs["Fac"], factor)
        noise = tree.node("TexWhiteNoise", {"W": own}, noise_dimensions="1D")
        chance += tree.node("SeparateColor", {0: noise.outputs["Color"]}).outputs
    return _Point(
        x, z, width, pane.outputs["Alpha"],
        geometry.outputs["True Normal"], geometry.outputs["Incoming"], tuple(chance),
    )  # fmt: skip


def _tilted(tree: Tree, point: _Point) -> Any:
    """Return the normal, off the wall's by a little of its own for every pane."""
    off = (tree.between(chance, -TILT, TILT) for chance in point.chance[:3])
    return tree.vector("NORMALIZE", tree.vector("ADD", point.normal, tree.joined(*off)))


def _is_shop(tree: Tree, point: _Point) -> Any:
    """Return 1 on panes as large and as low as shops have, else 0."""
    sill = tree.math("SUBTRACT", tree.split(tree.place())[2], point.z)
    low = tree.math("LESS_THAN", sill, SHOP_SILL)
    wide = tree.math("GREATER_THAN", point.width, SHOP_WIDTH)
    tall = tree.math("GREATER_THAN", point.height, SHOP_HEIGHT)
    return tree.math("MULTIPLY", low, tree.math("MULTIPLY", wide, tall))


@dataclass(frozen=True)
class _Panes:
    """Sockets that tell what hangs behind the pane.

    Attributes:
        shop: 1 where a shop is, with nothing before its room, else 0.
        cloth: Colour of curtains, with their folds.
        shade: Colour of a blind.
        net: Share of the pane's light that a net takes.
        drapes: 1 where curtains hang at both sides.
        blind: 1 where a blind hangs.
    """

    shop: Any
    cloth: Any
    shade: Any
    net: Any
    drapes: Any
    blind: Any


def _panes(tree: Tree, point: _Point) -> _Panes:
    kind, tone, drawn = point.chance[:3]
    shop = _is_shop(tree, point)
    home = tree.math("SUBTRACT", 1.0, shop)
    cloth = tree.mixed(tone, (0.40, 0.38, 0.34), (0.30, 0.26, 0.20))
    cloth = tree.mixed(tree.math("GREATER_THAN", drawn, 0.9), cloth, (0.16, 0.06, 0.05))
    folds = tree.math("SINE", tree.math("MULTIPLY", point.x, tree.between(tone, 38.0, 64.0)))
    cloth = tree.scaled(cloth, tree.math("MULTIPLY_ADD", folds, 0.16, 0.84))
    # Curtains at both sides, 0.08 to 0.3 of the width each.
    reach = tree.math("MULTIPLY", point.width, tree.between(drawn, 0.10, 0.34))
    edge = tree.math("MINIMUM", point.x, tree.math("SUBTRACT", point.width, point.x))
    drapes = tree.math("MULTIPLY", tree.math("LESS_THAN", edge, reach),
                       tree.math("GREATER_THAN", kind, 0.38))  # fmt: skip
    drapes = tree.math("MULTIPLY", drapes, tree.math("LESS_THAN", kind, 0.72))
    # A blind from above.
    lower = tree.math("MULTIPLY", point.height, tree.between(drawn, 0.05, 0.92))
    blind = tree.math("MULTIPLY", tree.math("GREATER_THAN", point.z, lower),
                      tree.math("GREATER_THAN", kind, 0.82))  # fmt: skip
    # A net over the lower part or all of it lets the room through.
    net = tree.math("MULTIPLY", tree.math("LESS_THAN", kind, 0.22), 0.65)
    shade = tree.mixed(tone, (0.46, 0.44, 0.39), (0.24, 0.24, 0.25))
    return _Panes(
        shop, cloth, shade, *(tree.math("MULTIPLY", share, home) for share in (net, drapes, blind))
    )


def _behind(tree: Tree, panes: _Panes, room: Any, light: float) -> Any:
    """Return what a ray through the pane meets.

    Args:
        tree: Of the shader.
        panes: What hangs behind the pane.
        room: Colour of the room.
        light: Share of their own colours that curtains and blinds show.
    """
    cloth, shade = (tree.scaled(colour, light) for colour in (panes.cloth, panes.shade))
    seen = tree.mixed(panes.net, room, cloth)
    seen = tree.mixed(panes.drapes, seen, cloth)
    return tree.mixed(panes.blind, seen, shade)


def _lit(tree: Tree, point: _Point, panes: _Panes, room: _Room, seen: Any) -> tuple[Any, Any]:
    """Return what the pane shows by the light of the street, and what by that of its room.

    Behind some panes of homes curtains are drawn, and glow evenly; the others show the room around
    its lamp.

    Args:
        tree: Of the shader.
        point: That is shaded.
        panes: What hangs behind the pane.
        room: Behind that.
        seen: What the pane shows by the light of the street if no curtains are drawn.
    """
    math = tree.math
    home = math("SUBTRACT", 1.0, panes.shop)
    drawn = math("MULTIPLY", math("LESS_THAN", point.chance[4], DRAWN), home)
    paler = tree.mixed(PALER, room.colour, (0.10, 0.10, 0.10))
    shown = _behind(tree, panes, tree.scaled(paler, room.glow), THROUGH)
    shown = tree.mixed(drawn, shown, tree.scaled(panes.cloth, THROUGH))
    seen = tree.mixed(drawn, seen, panes.cloth)
    even = math("ADD", math("ADD", *point.chance[6:8]), point.chance[8])
    octaves = math("MULTIPLY", math("SUBTRACT", even, 1.5), OCTAVES)
    bright = math("POWER", 2.0, octaves)
    cool = math("MAXIMUM", math("MULTIPLY", point.chance[7], point.chance[3]), panes.shop)
    shown = tree.mixed(1.0, shown, tree.mixed(cool, WARM, COOL), "MULTIPLY")
    return seen, tree.scaled(shown, bright)


@dataclass(frozen=True)
class _Room:
    """Sockets that tell about the point of a room that a ray through the pane meets.

    Attributes:
        colour: Of wall, floor, ceiling, furniture or goods there.
        gloom: Share of the light at the pane that is left there, the less the deeper it lies; in
            shops more.
        glow: What the room's lamp sheds there, 1 two metres from it.
    """

    colour: Any
    gloom: Any
    glow: Any


def _room(tree: Tree, point: _Point, shop: Any) -> _Room:
    """Return where a ray meets the box of a room behind the pane.

    In shops, bright goods stand along the back.
    """
    math = tree.math
    right = tree.vector("CROSS_PRODUCT", (0.0, 0.0, 1.0), point.normal)
    inward = math("MAXIMUM", tree.dot(point.incoming, point.normal), 0.02)
    aside = math("MULTIPLY", tree.dot(point.incoming, right), -1.0)
    rise = math("MULTIPLY", tree.split(point.incoming)[2], -1.0)
    # The room: as wide as the window and a piece of wall, from floor to ceiling.
    low = math("GREATER_THAN", 2.1, point.height)  # a sill is below it, else its pane stands low
    below = math("MULTIPLY_ADD", low, 0.75, 0.12)
    size_x = math("ADD", point.width, 2 * BESIDE)
    size_z = math("ADD", math("ADD", point.height, below), 0.35)
    depth = tree.between(point.chance[3], 2.6, 5.5)
    at_x, at_z = math("ADD", point.x, BESIDE), math("ADD", point.z, below)
    to_back = math("DIVIDE", depth, inward)
    to_side = _to_wall(tree, at_x, size_x, aside)
    to_level = _to_wall(tree, at_z, size_z, rise)
    way = math("MINIMUM", to_back, math("MINIMUM", to_side, to_level))
    deep = math("MULTIPLY", way, inward)
    level = math("LESS_THAN", to_level, math("MINIMUM", to_back, to_side))
    up = math("GREATER_THAN", rise, 0.0)
    back = math("LESS_THAN", to_back, math("MINIMUM", to_side, to_level))
    wall = tree.mixed(point.chance[1], (0.125, 0.115, 0.10), (0.075, 0.085, 0.095))
    floor = tree.mixed(up, (0.060, 0.045, 0.032), (0.15, 0.145, 0.135))
    side = tree.mixed(level, wall, floor)
    # Furniture and pictures: patches of the back wall.
    met_x, met_z = math("MULTIPLY_ADD", aside, way, at_x), math("MULTIPLY_ADD", rise, way, at_z)
    met = tree.joined(met_x, met_z, math("MULTIPLY", point.chance[4], 50.0))
    snapped = tree.vector("SNAP", met, (0.62, 0.48, 1.0))
    goods = tree.node("TexWhiteNoise", {"Vector": snapped})  # one colour a crate
    colour = tree.mixed(0.55, goods.outputs["Color"], (0.5, 0.5, 0.5))
    dim = tree.mixed(1.0, colour, (0.10, 0.085, 0.075), "MULTIPLY")
    bright = tree.mixed(1.0, colour, (0.21, 0.19, 0.16), "MULTIPLY")
    goods_here = tree.mixed(shop, dim, bright)
    patched = math("MULTIPLY", back, tree.between(shop, 0.5, 0.75))
    steep = tree.between(shop, 0.55, 0.12)
    gloom = math("DIVIDE", 1.0, math("MULTIPLY_ADD", deep, steep, 1.0))
    # From the lamp, which hangs in the room's middle.
    away = tree.joined(
        math("MULTIPLY_ADD", size_x, -0.5, met_x),
        math("ADD", math("SUBTRACT", met_z, size_z), LAMP_BELOW),
        math("MULTIPLY_ADD", depth, -0.5, deep),
    )
    near = math("ADD", tree.dot(away, away), 0.2)
    glow = math("ADD", math("DIVIDE", 4.0 * (1 - AMBIENT), near), AMBIENT)
    return _Room(tree.mixed(patched, side, goods_here), gloom, glow)


def _to_wall(tree: Tree, at: Any, size: Any, along: Any) -> Any:
    """Return how far a ray at `at` between 0 and `size` goes until it leaves that range."""
    forward = tree.math("GREATER_THAN", along, 0.0)
    rest = tree.math("SUBTRACT", size, tree.math("MULTIPLY", at, 2.0))
    left = tree.math("ADD", at, tree.math("MULTIPLY", forward, rest))
    speed = tree.math("MAXIMUM", tree.math("ABSOLUTE", along), 1e-3)
    return tree.math("DIVIDE", left, speed)
