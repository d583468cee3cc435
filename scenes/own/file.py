"""Opening a user's Blender file: an untrusted guest, whose scene is set up as it would render.

What names and properties mean: `scenes.own.names`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scenes.blender import load_bpy, quiet
from scenes.config import ConfigError
from scenes.own.names import TARGET, plain, printable, sensor_name

MOST_ERRORS_NAMED = 5


@dataclass(frozen=True)
class OwnFile:
    """An opened file.

    Attributes:
        scene: A fresh Blender scene that holds what the file's active scene shows.
        target: The object that moves; its children move with it.
        camera: The camera's object.
        lidar: Where the lidar stands.
        radar: Where the radar stands.
        first: Of the file's frames.
        last: Of the file's frames.
        fps: Frames a second.
        half_width: Tangent of half the camera's horizontal field of view.
        warnings: What was taken for granted, a line each.
    """

    scene: Any
    target: Any
    camera: Any
    lidar: Any
    radar: Any
    first: int
    last: int
    fps: float
    half_width: float
    warnings: tuple[str, ...]

    @property
    def family(self) -> set[str]:
        """Full names of the target and of all that is parented to it."""
        return family_of(self.target)


def open_own_file(file: str) -> OwnFile:
    """Open a file, without running its scripts, and find what radvis needs in it.

    Its render settings are left behind: all but world, collections and frame range.

    Args:
        file: Path of a .blend.

    Raises:
        ConfigError: One line: what the file lacks or has too much of, and what to do.
    """
    bpy = load_bpy()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    path = str(Path(file).absolute())
    try:
        with quiet():
            bpy.ops.wm.open_mainfile(filepath=path, load_ui=False, use_scripts=False)
    except RuntimeError as error:
        raise ConfigError(
            f"{file}: Blender cannot open it ({_first_line(error)}): save it anew or fetch it again"
        ) from None
    ours = bpy.app.version_string
    if tuple(bpy.data.version[:2]) > tuple(bpy.app.version[:2]):
        newer = ".".join(map(str, bpy.data.version[:2]))
        raise ConfigError(
            f"{file} was saved by Blender {newer}, radvis has {ours}: save it from Blender "
            f"{'.'.join(map(str, bpy.app.version[:2]))} or older"
        )
    old = bpy.context.scene
    scale = old.unit_settings.scale_length
    if old.unit_settings.system != "NONE" and abs(scale - 1) > 1e-6:
        raise ConfigError(
            f"{file} has a unit scale of {scale:g}; a Blender unit has to be a metre: set Scene > "
            "Units > Unit Scale to 1 and scale the objects"
        )
    warnings = _require_whole(file)
    objects = sorted(old.objects, key=lambda item: item.name)
    target = _target(file, objects)
    camera = _sensor(file, objects, "camera") or old.camera
    if camera is None or camera.type != "CAMERA":
        raise ConfigError(
            f"{file} has no camera: add one (Add > Camera), it is also where lidar and radar "
            "stand if nothing says otherwise"
        )
    lidar, radar = (_sensor(file, objects, name) or camera for name in ("lidar", "radar"))
    for sensor in (camera, lidar, radar):
        if sensor.name_full in family_of(target):
            raise ConfigError(
                f"{file}: {sensor.name!r} rides on the target, sensors stand still: clear its "
                "parent (Object > Parent > Clear)"
            )
    half_width, note = _half_width(file, camera, old)
    first, last = old.frame_start, old.frame_end
    fps = old.render.fps / old.render.fps_base
    blocked = ["its scripts and Python drivers did not run: bake what they do"]
    warnings += [note] * bool(note) + blocked * bool(bpy.app.autoexec_fail)
    return OwnFile(
        _fresh_scene(old), target, camera, lidar, radar, first, last, fps, half_width,
        tuple(f"{file}: {text}" for text in warnings),
    )  # fmt: skip


def family_of(item: Any) -> set[str]:
    """Return the full names of an object and of all that is parented to it."""
    return {item.name_full, *(child.name_full for child in item.children_recursive)}


def freeze(scene: Any, frame: int) -> Any:
    """Show a scene as it renders at one frame, and return its evaluated dependency graph."""
    import bpy

    scene.frame_set(frame)
    for collection in bpy.data.collections:
        collection.hide_viewport = collection.hide_render
    for item in scene.objects:
        item.hide_viewport = item.hide_render
        item.hide_set(False)
        for modifier in item.modifiers:
            modifier.show_viewport = modifier.show_render
            if modifier.type in ("SUBSURF", "MULTIRES"):
                modifier.levels = modifier.render_levels
        for system in item.particle_systems:
            system.settings.display_percentage = 100
    for curve in bpy.data.curves:
        curve.resolution_u = curve.render_resolution_u or curve.resolution_u
    bpy.context.view_layer.update()
    return bpy.context.evaluated_depsgraph_get()


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].removeprefix("Error: ")


def _require_whole(file: str) -> list[str]:
    """Raise ConfigError if linked files are missing; return warnings about what lies outside."""
    import bpy

    def outside(items: Iterable[Any]) -> dict[str, Path]:
        return {
            item.filepath: Path(bpy.path.abspath(item.filepath, library=item.library))
            for item in items
        }

    libraries = outside(bpy.data.libraries)
    images = outside(
        image
        for image in bpy.data.images
        if image.source in ("FILE", "SEQUENCE") and image.users and not image.packed_file
    )
    for what, found in (("linked files", libraries), ("pictures", images)):
        missing = [name for name, path in found.items() if not path.is_file()]
        if missing:
            raise ConfigError(
                f"{file}: {what} are missing: {named(missing)}; bring them back, or find them "
                "in Blender and pack them (File > External Data)"
            )
    if libraries or images:
        return [
            f"uses {named([*libraries, *images])} outside of it, whose changes go unnoticed: pack "
            "them (File > External Data)"
        ]
    return []


def named(names: Sequence[str]) -> str:
    """Return names as a list for people, cut short, without what would steer a terminal."""
    more = len(names) - MOST_ERRORS_NAMED
    text = ", ".join(printable(name) for name in names[:MOST_ERRORS_NAMED])
    return f"{text} and {more} more" if more > 0 else text


def _only(objects: list[Any], tagged: Callable[[Any], bool], called: str) -> list[Any]:
    """Return the objects that are tagged, or else those of a name, without children of theirs."""
    found = [item for item in objects if tagged(item)]
    found = found or [item for item in objects if plain(item.name) == called]
    children = {child.name for item in found for child in item.children_recursive}
    return [item for item in found if item.name not in children]


def _target(file: str, objects: list[Any]) -> Any:
    found = _only(objects, lambda item: bool(item.get(TARGET)), "target")
    if len(found) == 1:
        return found[0]
    if found:
        raise ConfigError(
            f"{file} has {len(found)} targets, one is to move: "
            f"{named([item.name for item in found])}; take the property {TARGET} off the others"
        )
    meshes = [item.name for item in objects if item.type == "MESH"]
    raise ConfigError(
        f"{file} has no target: give one object the custom property {TARGET} = true, or call it "
        f"'target' (its objects: {named(meshes) or 'none'})"
    )


def _sensor(file: str, objects: list[Any], name: str) -> Any:
    """Return the object that stands for a sensor; None if there is none."""
    tagged = [item for item in objects if sensor_name(item.name, item) == name]
    found = tagged
    if not found and name != "camera":  # the active camera goes before one of that name
        found = [item for item in objects if plain(item.name) == name]
    if len(found) > 1:
        raise ConfigError(
            f"{file} has {len(found)} objects for the {name}: "
            f"{named([item.name for item in found])}; keep one"
        )
    return found[0] if found else None


def _half_width(file: str, camera: Any, scene: Any) -> tuple[float, str]:
    """Return the tangent of half the horizontal field of view, and a warning if there is one."""
    if camera.data.type != "PERSP":
        raise ConfigError(
            f"{file}: the camera {camera.name!r} is {camera.data.type.lower()}: set its lens type "
            "to Perspective"
        )
    shift = camera.data.shift_x or camera.data.shift_y
    corners = camera.data.view_frame(scene=scene)
    across = [corner.x / -corner.z for corner in corners]
    note = "the camera's shift is left out: its axis is the middle of the picture" if shift else ""
    return (max(across) - min(across)) / 2, note


def _fresh_scene(old: Any) -> Any:
    """Return a new scene with the collections and the world of a file's, and Blender's settings."""
    import bpy

    scene = bpy.data.scenes.new("radvis")
    for item in old.collection.objects:
        scene.collection.objects.link(item)
    for child in old.collection.children:
        scene.collection.children.link(child)
    scene.world = old.world
    scene.render.fps, scene.render.fps_base = old.render.fps, old.render.fps_base
    _same_layers(old.view_layers[0].layer_collection, scene.view_layers[0].layer_collection)
    bpy.context.window.scene = scene
    for other in list(bpy.data.scenes):
        if other != scene:
            bpy.data.scenes.remove(other)
    return scene


def _same_layers(old: Any, new: Any) -> None:
    """Leave out of a view layer what another leaves out."""
    for child in new.children:
        twin = old.children.get(child.name)
        if twin is not None:
            child.exclude = twin.exclude
            _same_layers(twin, child)
