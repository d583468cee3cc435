"""The light of a user's Blender file, as the rest of radvis has to know it: sun, sky, lamps."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes.blender import quiet
from scenes.light.lamps import BLEND, Spot
from scenes.light.sky import SUN_DISC, Light
from scenes.light.veiled_sky import DAY_LUX
from scenes.sensors import direction

Array = NDArray[np.float64]

SKY_SIZE, SKY_SAMPLES = (128, 256), 64  # of the picture of a file's world; a sun is small
BLANK = (0.049, 0.052)  # grey of a world that nobody has touched, between these
# A sun in the picture of the world: this many times brighter than the sky's mean, this near to the
# brightest point [rad], and this share of all light; fainter ones throw no shadow that is seen.
SUN_CONTRAST, SUN_REACH, SUN_SHARE = 20.0, 0.12, 0.1
FAINT = 0.01  # irradiance of a lamp whose shadows nobody sees, in Blender's units
FAR = 1e4  # [m] from where a second sun shines


@dataclass(frozen=True)
class Lamp:
    """One lamp that shines, as Blender has it.

    Attributes:
        owner: The Blender object it belongs to; of an instance, the object that makes it.
        data: Its Blender lamp.
        kind: `POINT`, `SUN`, `SPOT` or `AREA`.
        power: (3,) linear BT.709 [W], of a sun [W/m^2].
        angle: Of a sun its diameter, of a spot its cone, otherwise all around [rad].
        size: (2,) of an area [m].
        world_from_lamp: (4, 4).
    """

    owner: Any
    data: Any
    kind: str
    power: Array
    angle: float
    size: Array
    world_from_lamp: Array

    @property
    def upwards(self) -> Array:
        """Unit vector (3,) against its axis: of a sun, towards it."""
        axis = self.world_from_lamp[:3, 2]
        return np.asarray(axis / np.linalg.norm(axis))


def lamps(depsgraph: Any) -> list[Lamp]:
    """Return the lamps of an evaluated scene that shine."""
    found = []
    for instance in depsgraph.object_instances:
        item = instance.object
        if item.type != "LIGHT" or item.data.energy <= 0 or not any(item.data.color):
            continue
        data, kind = item.data, item.data.type
        size = np.zeros(2)
        if kind == "AREA":
            size[:] = (
                data.size,
                data.size_y if data.shape in ("RECTANGLE", "ELLIPSE") else data.size,
            )
        angle = {"SUN": "angle", "SPOT": "spot_size"}.get(kind)
        owner = instance.parent if instance.is_instance else item
        found.append(
            Lamp(
                owner.original, data.original, kind, data.energy * np.array(data.color),
                float(getattr(data, angle)) if angle else 2 * np.pi, size,
                np.array(instance.matrix_world),
            )
        )  # fmt: skip
    return found


def is_lit(world: Any, shining: list[Lamp]) -> bool:
    """Return whether a file has a sky or any lamp, as `own_light` is told of them."""
    return bool(shining) or not (world is None or _is_blank(world))


def own_light(world: Any, shining: list[Lamp]) -> Light | None:
    """Return sun and sky of a file; None if it has neither a sky nor any lamp.

    Args:
        world: Blender's, or None.
        shining: Its lamps, without those that the target carries.
    """
    suns = _suns(shining)
    if not is_lit(world, shining):
        return None
    sky = np.zeros((*SKY_SIZE, 3), np.float32) if world is None else _picture(world)
    if suns:
        first = suns[0]
        return Light(sky, first.power, max(first.angle, SUN_DISC), first.upwards, DAY_LUX)
    if not sky.any():  # night: its lamps are all the light there is
        return Light(sky, np.zeros(3), SUN_DISC, np.array([0.0, 0.0, 1.0]), DAY_LUX)
    return _split(sky)


def _suns(shining: list[Lamp]) -> list[Lamp]:
    """Return the suns, the brightest first."""
    return sorted((x for x in shining if x.kind == "SUN"), key=lambda x: -x.power.max())


def spots(shining: list[Lamp]) -> list[Spot]:
    """Return lamps as what the shadows of the target are looked for with.

    Suns but the brightest shine from afar; lamps of some extent shine from their corners, too.
    """
    found = [_spot(sun, FAR * sun.upwards, np.inf) for sun in _suns(shining)[1:]]
    for lamp in shining:
        if lamp.kind != "SUN":
            reach = float(np.sqrt(lamp.power.max() / (4 * np.pi) / FAINT))
            found += [_spot(lamp, place, reach) for place in _places(lamp)]
    return found


def _spot(lamp: Lamp, place: Array, reach: float) -> Spot:
    red, green, blue = (lamp.power / lamp.power.max()).tolist()
    intensity = float(lamp.power.max() / (4 * np.pi))
    cone = lamp.angle if lamp.kind == "SPOT" else 2 * np.pi
    blend = {"SPOT": float(getattr(lamp.data, "spot_blend", 0.0)), "POINT": 0.0}.get(
        lamp.kind, BLEND
    )
    # Objects of uneven size squeeze the cones of their spots.
    matrix = lamp.world_from_lamp[:3, :3]
    squeezed = lamp.kind == "SPOT" and abs(np.linalg.det(matrix)) > 1e-12
    skew = np.linalg.inv(matrix @ np.diag([1.0, 1.0, -1.0])) if squeezed else None
    return Spot(place, -lamp.upwards, intensity, cone, 0.0, (red, green, blue), reach, blend, skew)


def _places(lamp: Lamp) -> Array:
    """Return where (n, 3) a lamp's light comes from: its middle, and the corners of an area."""
    local = np.zeros((1, 3))
    if lamp.kind == "AREA":
        x, y = lamp.size / 2
        local = np.array([[0, 0, 0], [x, y, 0], [-x, y, 0], [x, -y, 0], [-x, -y, 0.0]])
    matrix = lamp.world_from_lamp
    return np.asarray(local @ matrix[:3, :3].T + matrix[:3, 3])


def _is_blank(world: Any) -> bool:
    """Return whether a world is the even dark grey that Blender begins with."""
    low, high = BLANK
    if not world.use_nodes:
        return all(low < value < high for value in world.color)
    nodes = [node for node in world.node_tree.nodes if node.type == "BACKGROUND"]
    if len(nodes) != 1 or any(entry.is_linked for entry in nodes[0].inputs):
        return False
    colour, strength = (nodes[0].inputs[name].default_value for name in ("Color", "Strength"))
    return strength == 1.0 and all(low < value < high for value in colour[:3])


def _picture(world: Any) -> NDArray[np.float32]:
    """Return a world's radiance (height, width, 3) as `Light.sky` has it, by Cycles."""
    import bpy

    scene = bpy.data.scenes.new("sky")
    lens = bpy.data.cameras.new("sky")
    lens.type, lens.panorama_type = "PANO", "EQUIRECTANGULAR"
    holder = bpy.data.objects.new("sky", lens)
    holder.rotation_euler = (np.pi / 2, 0.0, 0.0)  # ahead, as the picture's middle
    scene.collection.objects.link(holder)
    scene.camera, scene.world = holder, world
    render = scene.render
    render.engine = "CYCLES"
    render.threads_mode, render.threads = "FIXED", 1
    render.resolution_y, render.resolution_x = SKY_SIZE
    render.resolution_percentage = 100
    render.image_settings.file_format = "OPEN_EXR"
    render.image_settings.color_mode, render.image_settings.color_depth = "RGB", "32"
    scene.cycles.samples = SKY_SAMPLES
    scene.cycles.use_denoising = scene.cycles.use_adaptive_sampling = False
    with tempfile.TemporaryDirectory(prefix="radvis-") as folder:
        render.filepath = str(Path(folder) / "sky.exr")
        with quiet():
            bpy.ops.render.render(write_still=True, scene="sky")
        image = bpy.data.images.load(render.filepath)
        pixels = np.empty(int(np.prod(image.size)) * image.channels, np.float32)
        image.pixels.foreach_get(pixels)
        shape = (*SKY_SIZE, image.channels)
        bpy.data.images.remove(image)
    bpy.data.scenes.remove(scene)
    bpy.data.objects.remove(holder)
    return np.ascontiguousarray(pixels.reshape(shape)[::-1, :, :3])


def _split(sky: NDArray[np.float32]) -> Light:
    """Return a picture of the whole sky as light, its sun apart if it shows one."""
    height, width = SKY_SIZE
    elevation = np.pi / 2 - (np.arange(height) + 0.5) / height * np.pi
    azimuth = (np.arange(width) + 0.5) / width * 2 * np.pi - np.pi
    way = direction(*np.broadcast_arrays(azimuth, elevation[:, None]))
    solid = np.cos(elevation)[:, None] * (np.pi / height) * (2 * np.pi / width)
    grey = sky.mean(-1, dtype=np.float64)
    brightest = way.reshape(-1, 3)[grey.argmax()]
    mean = float(np.average(grey, weights=np.broadcast_to(solid, grey.shape)))
    disc = (way @ brightest > np.cos(SUN_REACH)) & (grey > SUN_CONTRAST * mean)
    light = (sky * solid[..., None])[disc].sum(0, dtype=np.float64)
    if light.mean() < SUN_SHARE * (grey * solid).sum():
        return Light(sky, np.zeros(3), SUN_DISC, np.array([0.0, 0.0, 1.0]), DAY_LUX)
    weight = (grey * solid)[disc]
    towards = weight @ way[disc]
    towards /= np.linalg.norm(towards)
    angle = 2 * np.arccos(np.clip(way[disc] @ towards, -1, 1)).max()
    rest = np.where(disc[..., None], np.median(sky[: height // 2], (0, 1)), sky)
    return Light(rest.astype(np.float32), light, max(float(angle), SUN_DISC), towards, DAY_LUX)
