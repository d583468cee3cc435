"""Camera pictures by Cycles, the still world once and then only what the target changes.

Delta rendering: the still world is rendered once a sequence; each frame renders anew only the
rectangles that `synth.delta` names and blends them in, in linear light. What the air adds, and
the film curve, are `synth.picture`'s.
"""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from scenes.blender import quiet, render_on
from scenes.config import CameraConfig
from scenes.sensors import Camera
from scenes.stage import Stage
from synth.delta import Patch, blend_weight, patches

CYCLES = {
    # Light paths: what a picture of a street by day needs; more costs time and adds noise.
    "max_bounces": 4,
    "diffuse_bounces": 2,
    "glossy_bounces": 3,
    "caustics_reflective": False,
    "caustics_refractive": False,
    "blur_glossy": 0.5,
    "sample_clamp_direct": 10.0,  # tens of times white by night: glass of lamps has calm edges
    "sample_clamp_indirect": 4.0,  # against fireflies that a denoiser smears
    "filter_width": 3.0,  # [px]; half the contrast at 0.45 cycles a pixel, as a sharp camera's
    "sampling_pattern": "TABULATED_SOBOL",  # costs 4 % less than the scrambled one, no worse
    "adaptive_min_samples": 8,  # fewer misjudge the noise of small bright things
    "use_light_tree": True,  # between sun and sky, too, it takes what lights a place: 0.9 dB
    "use_auto_tile": False,
    "use_denoising": True,
    "denoiser": "OPENIMAGEDENOISE",
    "denoising_quality": "HIGH",
    "denoising_input_passes": "RGB_ALBEDO_NORMAL",
    # A few samples' albedo and normals are noisy along edges, which a denoiser copies from them
    # unless they are denoised first: lines came out dotted. Takes 0.2 s a frame.
    "denoising_prefilter": "ACCURATE",
}

LAMPLIT = 4  # times the samples, at most, of what is drawn again where many lamps light it
RESIDUE = 0.05  # of a glow: as much light beside it nobody sees
BESIDE = 7  # [px] across, about twice the pixel filter's width


class CameraRenderer:
    """Renders the frames of one sequence, one thread, on a stage that is built.

    Use it as a context manager: it keeps a temporary folder for what Blender writes.
    """

    def __init__(self, stage: Stage, camera: Camera, config: CameraConfig, seed: int) -> None:
        """Set the Blender scene up.

        Args:
            stage: The built scene.
            camera: The camera to render through.
            config: Samples, size and device.
            seed: Of Cycles' sampling.

        Raises:
            ConfigError: If this machine lacks the device.
        """
        import bpy

        self._stage, self._camera, self._config = stage, camera, config
        self._folder = tempfile.TemporaryDirectory(prefix="radvis-")
        self._file = str(Path(self._folder.name) / "render.exr")
        self._scene: Any = bpy.context.scene
        _set_up(self._scene, camera, self._file)
        render_on(self._scene, config.device)
        self._seed = seed
        self._every = Patch(0, 0, camera.width, camera.height)
        self._image: Any = None
        self._still: NDArray[np.float32] | None = None
        self._glow: NDArray[np.float32] | None = None

    def __enter__(self) -> CameraRenderer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._folder.cleanup()

    def still(self) -> NDArray[np.float32]:
        """Return the world without the target: (height, width, 3) linear light, rendered once."""
        if self._still is None:
            with _hidden(self._stage.target.objects):
                self._still = self.whole(
                    self._config.background_samples, self._config.background_noise
                )
        return self._still

    def frame(self, time: float, change: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Return the linear light (height, width, 3) at `time` [s].

        Args:
            time: Since the sequence's start [s].
            change: (height, width) what the target changes, from `synth.delta.changed`.
        """
        linear = self.still().copy()
        self._stage.target.place(time)
        if self._stage.target.lamps:
            linear += self._shed()
        weight = blend_weight(change)
        samples, noise = self._config.frame_samples, 0.0
        if self._stage.target.lamps:
            samples, noise = LAMPLIT * samples, self._config.background_noise
        for patch in patches(weight):
            rows, cols = slice(patch.y0, patch.y1), slice(patch.x0, patch.x1)
            fresh = self._render(samples, patch, noise)
            linear[rows, cols] += weight[rows, cols, None] * (fresh - linear[rows, cols])
        return linear

    def _shed(self) -> NDArray[np.float32]:
        """Return what the target's lamps shed on the world, (height, width, 3) linear light.

        Light adds up: the world is rendered with these lamps alone, and what glows by itself, lit
        windows and the glass of lamps, is taken off again. Two renders of a glow are alike but for
        what the denoiser makes of it, `RESIDUE` of the brightest beside.
        """
        samples = self._config.frame_samples
        with self._lit_by_target():
            if self._glow is None:
                with _hidden(self._stage.target.objects):
                    glow = self._render(samples, self._every)
                self._glow = glow + RESIDUE * maximum_filter(glow, (BESIDE, BESIDE, 1))
            return np.maximum(self._render(samples, self._every) - self._glow, 0)

    @contextmanager
    def _lit_by_target(self) -> Iterator[None]:
        """Put out every light but the target's."""
        scene, mine = self._scene, set(self._stage.target.lamps)
        others = [item for item in scene.objects if item.type == "LIGHT" and item not in mine]
        world, scene.world = scene.world, None
        try:
            with _hidden(others):
                yield
        finally:
            scene.world = world

    def whole(
        self, samples: int, noise: float = 0.0, seed: int | None = None
    ) -> NDArray[np.float32]:
        """Render the whole picture as the stage stands: (height, width, 3) linear light.

        Args:
            samples: A pixel, at most.
            noise: Of a pixel, relative to its light, at which sampling it ends; 0 for never.
            seed: Of Cycles' sampling, if noise of its own is wanted.
        """
        return self._render(samples, self._every, noise, seed)

    def _render(
        self,
        samples: int,
        patch: Patch,
        noise: float = 0.0,
        seed: int | None = None,
    ) -> NDArray[np.float32]:
        import bpy

        width, height = self._camera.width, self._camera.height
        render = self._scene.render
        # Blender truncates border x width; a quarter of a pixel keeps that off a rounding edge.
        render.border_min_x = (patch.x0 + 0.25) / width
        render.border_max_x = min((patch.x1 + 0.25) / width, 1.0)
        render.border_min_y = (height - patch.y1 + 0.25) / height
        render.border_max_y = min((height - patch.y0 + 0.25) / height, 1.0)
        cycles = self._scene.cycles
        cycles.samples = samples
        cycles.seed = self._seed if seed is None else seed
        cycles.use_adaptive_sampling, cycles.adaptive_threshold = noise > 0, noise
        Path(self._file).unlink(missing_ok=True)
        with quiet():
            bpy.ops.render.render(write_still=True)
        if not Path(self._file).exists():
            raise OSError(errno.EIO, f"Blender could not write {self._file}")
        # One image, read anew: a new one each time would make Blender sync the whole scene again.
        if self._image is None:
            self._image = bpy.data.images.load(self._file)
        else:
            self._image.reload()
        shape = (self._image.size[1], self._image.size[0], self._image.channels)
        pixels = np.empty(int(np.prod(shape)), np.float32)
        self._image.pixels.foreach_get(pixels)
        wanted = (patch.y1 - patch.y0, patch.x1 - patch.x0)
        if shape[:2] != wanted:
            raise RuntimeError(f"Blender rendered {shape[:2]} pixels where {wanted} were asked for")
        return np.ascontiguousarray(pixels.reshape(shape)[::-1, :, :3])


@contextmanager
def _hidden(objects: Iterable[Any]) -> Iterator[None]:
    """Leave Blender objects out of what is rendered."""
    shown = [item for item in objects if not item.hide_render]
    for item in shown:
        item.hide_render = True
    try:
        yield
    finally:
        for item in shown:
            item.hide_render = False


def _set_up(scene: Any, camera: Camera, file: str) -> None:
    """Give a Blender scene our camera and render settings."""
    import bpy
    from mathutils import Matrix

    lens = bpy.data.cameras.new("camera")
    lens.sensor_fit = "HORIZONTAL"
    lens.lens_unit = "FOV"
    lens.angle = 2 * float(np.arctan(0.5 * camera.width / camera.intrinsics[0, 0]))
    lens.clip_end = 1e4
    holder = bpy.data.objects.new("camera", lens)
    # Blender's camera looks along -z with y up; ours along z with y down.
    holder.matrix_world = Matrix((camera.world_from_camera @ np.diag([1, -1, -1, 1.0])).tolist())
    scene.collection.objects.link(holder)
    scene.camera = holder

    render = scene.render
    render.engine = "CYCLES"
    render.threads_mode, render.threads = "FIXED", 1  # one process a core
    render.resolution_x, render.resolution_y = camera.width, camera.height
    render.resolution_percentage = 100
    render.use_border = render.use_crop_to_border = True
    render.use_persistent_data = True  # only what moved is sent to Cycles again
    render.image_settings.file_format = "OPEN_EXR"
    render.image_settings.color_mode = "RGB"
    render.image_settings.color_depth = "32"
    render.image_settings.exr_codec = "NONE"
    render.filepath = file
    for name, value in CYCLES.items():
        setattr(scene.cycles, name, value)
