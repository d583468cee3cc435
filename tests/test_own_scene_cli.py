"""The command line with users' own Blender files; what is synthesised of them is fake here."""

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

import radvis_cli
from scenes.spec import CLASSES
from synth.dataset import Dataset
from synth.own_world import survey_own_world
from synth.workers import run_tasks
from tests.fakes import fake_sequence

pytest.importorskip("bpy")
import bpy

from tests.own_files import animate, camera_at, cube, sheet, thing

pytestmark = pytest.mark.bpy
SMALL = """
entries = ["lidar"]
[lidar]
n_beam = 4
n_azimuth = 8
"""


@pytest.fixture
def radvis(monkeypatch, tmp_path):
    """Run the command in-process in an empty folder; own files are really opened, elsewhere."""
    sequence = pytest.importorskip("synth.sequence", exc_type=ImportError)
    monkeypatch.setattr(radvis_cli, "check_blender", lambda: None)
    monkeypatch.setattr(sequence, "synthesise_sequence", things)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.toml").write_text(SMALL)

    def run(line):
        return CliRunner().invoke(radvis_cli.main, line.split())

    return run


def things(config, seed, sequence, on_frame=None):
    """What is synthesised: two things, 2 and 3."""
    arrays = fake_sequence(config, seed, sequence, on_frame)
    arrays["object/class"][:] = CLASSES.index("thing")
    if "depth/class" in arrays:
        arrays["depth/class"][arrays["depth/instance"] > 0] = CLASSES.index("thing")
    return arrays


def save(**changes):
    """Save yard.blend; `changes` move an object of that name to a place."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    sheet("Ground", material="Asphalt")
    cube("Target", (0.0, 10.0, 0.5), material="Paint")
    cube("Würfel.003", (3.0, 12.0, 0.5), material="Brick")
    camera_at((1.0, 0.0, 5.0), pitch=20.0)
    for item, place in changes.items():
        thing(item).location = place
    write("yard.blend")


def write(name):
    bpy.ops.wm.save_as_mainfile(filepath=str(Path(name).absolute()))


def test_a_blender_file_is_a_scene(radvis, tmp_path):
    save()
    done = radvis("synth --scene yard.blend --n 30 --config small.toml --workers 1")
    assert done.exit_code == 0, done.stderr
    warnings = [line for line in done.stderr.splitlines() if "warning" in line]
    assert len(warnings) == 1  # not one a sequence
    assert "yard.blend: no radio material is known for Paint: they count as concrete" in warnings[0]
    assert radvis("validate data/yard").exit_code == 0
    assert radvis("synth --scene yard.blend --n 30 --config small.toml").exit_code == 0


def test_the_dataset_knows_what_the_file_calls_its_objects(radvis):
    save()
    assert radvis("synth --scene yard.blend --n 15 --config small.toml").exit_code == 0
    found = {i: (label.name, label.kind) for i, label in Dataset("data/yard").objects.items()}
    assert found == {1: ("Ground", "ground"), 2: ("Target", "thing"), 3: ("Würfel.003", "thing")}
    assert radvis("validate data/yard").exit_code == 0
    assert radvis("synth --scene parking_lot --n 15 --config small.toml").exit_code == 0
    assert Dataset("data/parking_lot").objects == {}


def test_a_file_is_opened_once_a_run_and_again_once_it_has_changed(radvis, monkeypatch):
    save()
    begun = []

    def spy(*task):
        begun.append(task)
        return run_tasks(*task)

    monkeypatch.setattr("synth.own_world.run_tasks", spy)
    assert radvis("synth --scene yard.blend --n 15 --config small.toml").exit_code == 0
    assert len(begun) == 1
    save(Camera=(1.0, 0.0, 7.0))
    assert survey_own_world("yard.blend").height == 7.0
    assert len(begun) == 2


def test_the_file_fills_in_the_configuration_and_settings_go_before_it(radvis, tmp_path):
    save()
    printed = radvis("synth --scene yard.blend --set radio.downtilt_deg=12 --print-config")
    values = tomllib.loads(printed.stdout)
    assert values["scene"] == "yard"
    assert values["world"]["file"] == "yard.blend" and len(values["world"]["sha256"]) == 64
    assert values["camera"]["fov_deg"] == pytest.approx(70.0, abs=1e-3)
    assert values["rig"]["height"] == 5.0 and values["rig"]["height_jitter"] == 0.0
    assert values["radio"]["downtilt_deg"] == 12
    assert values["weather"]["clear"] == 1.0 and values["weather"]["rain"] == 0.0
    (tmp_path / "again.toml").write_text(printed.stdout)
    assert radvis("synth --config again.toml --print-config").stdout == printed.stdout
    save(Target=(1.0, 10.0, 0.5))
    done = radvis("synth --config again.toml --print-config")
    assert "does not fit yard.blend: its content is another" in done.stderr


def test_a_changed_file_does_not_go_on_with_a_dataset(radvis):
    save()
    line = "synth --scene yard.blend --n 15 --config small.toml --workers 1"
    assert radvis(line).exit_code == 0
    save(Camera=(1.0, 0.0, 6.0))
    done = radvis(line)
    assert done.exit_code == 2
    last = done.stderr.strip().splitlines()[-1]
    assert last == (
        "radvis: yard.blend has changed since data/yard was begun: bring the old file back, or "
        "choose another --out"
    )


def test_names_that_are_no_text_are_refused_in_one_line(radvis, tmp_path):
    save()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "yard.blend"), compress=False)
    content = (tmp_path / "yard.blend").read_bytes()
    (tmp_path / "yard.blend").write_bytes(content.replace(b"OBTarget", b"OB\xff\xfeget\n"))
    done = radvis("synth --scene yard.blend --n 15")
    assert done.exit_code == 2
    assert "yard.blend: a name in it is no UTF-8 text: rename" in done.stderr


def test_a_short_animation_is_refused_before_anything_is_written(radvis, tmp_path):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    sheet("Ground")
    camera_at()
    animate(cube("Target", (0, 10, 0.5)), 1.0)
    write("short.blend")
    done = radvis("synth --scene short.blend --n 15")
    assert done.exit_code == 2
    assert "its target moves for 1.00 s, a sequence of 15 frames takes 2.80 s" in done.stderr
    assert not (tmp_path / "data").exists()
    assert radvis("synth --scene short.blend --n 15 --set frame_interval=0.05").exit_code == 0


@pytest.mark.parametrize(
    ("weather", "kind", "warned"),
    [("night", "SUN", True), ("rain", "SUN", False), ("night", "headlight", False)],
)
def test_a_night_that_a_file_with_its_own_sun_does_not_show_is_warned_of(
    radvis, weather, kind, warned
):
    save()
    bpy.ops.object.light_add(type="SUN" if kind == "SUN" else "SPOT")
    if kind == "headlight":  # which lights no world
        bpy.context.object.parent = bpy.data.objects["Target"]
    write("yard.blend")
    line = f"synth --scene yard.blend --n 15 --print-config --weather {weather}"
    assert ("frame/light will say" in radvis(line).stderr) == warned


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("synth --scene none.blend --n 15", "none.blend: No such file"),
        ("synth --scene note.blend --n 15", "note.blend is no Blender file"),
        ("scene preview note.blend", "note.blend is no Blender file"),
        ("synth --scene broken.blend --n 15", "broken.blend: Blender cannot open it"),
        ("synth --scene bare.blend --n 15", "bare.blend has no target"),
        (
            "synth --scene yard.blend --n 15 --set world.file=other.blend",
            "world.file = 'other.blend', but --scene yard.blend: drop one",
        ),
        (
            "synth --scene yard.blend --n 15 --set scene=other",
            "scene = 'other' in --set, but --scene yard: drop one",
        ),
        (
            "synth --scene yard.blend --n 15 --set rig.height=8",
            "rig.height = 8 does not fit yard.blend: the file says where its sensors stand",
        ),
        (
            "synth --scene yard.blend --n 15 --set traffic.parked_max=3",
            "traffic.parked_max = 3 does not fit yard.blend: cars stand where the file has them",
        ),
        (
            "synth --scene yard.blend --n 15 --set radio.rig=bistatic"
            " --set radio.transmit_position=[1.0,0.0,5.2]",
            "is 0.2 m from the array",
        ),
        ("synth --scene parking_lot --set world.sha256=0 --n 15", "world"),
        ("synth --scene yard.obj --n 15", "unknown scene 'yard.obj'"),
    ],
)
def test_errors_are_one_line(radvis, tmp_path, line, message):
    (tmp_path / "note.blend").write_text("a note")
    (tmp_path / "broken.blend").write_bytes(b"BLENDER-v405" + bytes(64))
    save()
    if "bare" in line:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        camera_at()
        write("bare.blend")
    done = radvis(line)
    assert done.exit_code == 2, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("radvis: ")
    assert message in last
    assert "Traceback" not in done.stderr
