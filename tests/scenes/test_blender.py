"""Which device Cycles renders on."""

from types import SimpleNamespace

import pytest

from scenes import blender
from scenes.blender import gpu_kinds, render_on
from scenes.config import ConfigError


class Settings:
    """Cycles' preferences on a machine with two cards: CUDA knows both, OptiX one."""

    def __init__(self):
        kinds = {"CUDA": 2, "OPTIX": 1}
        self.compute_device_type = "NONE"
        self.devices = {
            kind: [SimpleNamespace(type=name, use=name == "CPU") for name in [kind] * n + ["CPU"]]
            for kind, n in kinds.items()
        }

    def get_devices_for_type(self, kind):
        return self.devices.get(kind, [])


@pytest.fixture
def settings(monkeypatch):
    held = Settings()
    monkeypatch.setattr(blender, "_cycles_settings", lambda: held)
    return held


@pytest.fixture
def scene():
    return SimpleNamespace(cycles=SimpleNamespace(device="", denoising_use_gpu=False))


def test_the_fastest_kind_comes_first(settings):
    assert gpu_kinds() == ("optix", "cuda")
    del settings.devices["OPTIX"]
    assert gpu_kinds() == ("cuda",)


def test_all_gpus_of_a_kind_render_and_the_cpu_does_not(settings, scene):
    render_on(scene, "cuda")
    assert settings.compute_device_type == "CUDA"
    assert [entry.use for entry in settings.devices["CUDA"]] == [True, True, False]
    assert (scene.cycles.device, scene.cycles.denoising_use_gpu) == ("GPU", True)


def test_the_cpu_leaves_the_settings_alone(settings, scene):
    render_on(scene, "cpu")
    assert settings.compute_device_type == "NONE"
    assert (scene.cycles.device, scene.cycles.denoising_use_gpu) == ("CPU", False)


def test_a_gpu_that_is_not_there_is_named(settings, scene):
    settings.devices.clear()
    assert gpu_kinds() == ()
    with pytest.raises(ConfigError, match=r"camera\.device = 'optix': .* --device cpu"):
        render_on(scene, "optix")


@pytest.mark.bpy
def test_blender_knows_all_kinds():
    pytest.importorskip("bpy")
    settings = blender._cycles_settings()
    for kind in blender.GPU_KINDS:
        for entry in settings.get_devices_for_type(kind.upper()):
            assert entry.type in (kind.upper(), "CPU")
    assert set(gpu_kinds()) <= set(blender.GPU_KINDS)
