"""The command line, with a synthesiser that needs neither Blender nor time."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from importlib.metadata import PackageNotFoundError

import pytest
from click.testing import CliRunner

import radvis_cli
from scenes.config import ConfigError
from scenes.config_io import to_toml
from scenes.presets import preset
from tests.fakes import cuda_alone, fake_sequence, fake_tables, no_gpu, tiny_config
from tests.processes import in_group

STARTER = """
import sys
import radvis_cli, synth.sequence
from tests.fakes import fake_sequence, fake_tables
if __name__ == "__main__":
    radvis_cli.check_blender = lambda: None
    synth.sequence.synthesise_sequence = fake_sequence
    synth.sequence.code_tables = fake_tables
    radvis_cli.main(sys.argv[1:])
"""


@pytest.fixture
def radvis(monkeypatch, tmp_path):
    """Run the command in-process, in an empty folder, with a fake synthesiser."""
    sequence = pytest.importorskip("synth.sequence", exc_type=ImportError)
    monkeypatch.setattr(radvis_cli, "check_blender", lambda: None)
    monkeypatch.setattr(sequence, "synthesise_sequence", fake_sequence)
    monkeypatch.setattr(sequence, "code_tables", fake_tables)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.toml").write_text(to_toml(tiny_config()))

    def run(line):
        return CliRunner().invoke(radvis_cli.main, line.split())

    return run


@pytest.fixture
def dataset(radvis):
    """A dataset in ./data/parking_lot of two sequences."""
    assert radvis("synth --scene parking_lot --n 30 --config tiny.toml").exit_code == 0
    return radvis


def test_synthesise_validate_and_view(dataset, tmp_path):
    done = dataset("validate data/parking_lot")
    assert done.exit_code == 0
    assert "30 frames" in done.stdout
    assert "no defect" in done.stdout
    assert dataset("view data/parking_lot --frames 0,29").exit_code == 0
    assert (tmp_path / "data/parking_lot/contact_sheet.png").stat().st_size > 10_000
    assert dataset("validate data/parking_lot").exit_code == 0  # the picture is no defect


def test_the_estimate_comes_first_and_the_next_step_last(radvis):
    done = radvis("synth --scene parking_lot --n 15 --config tiny.toml --out d --workers 1")
    first, *_, last = done.stderr.strip().splitlines()
    assert first.startswith("d: 15 frames to make, about ")
    assert "GB with 1 worker" in first
    assert last.endswith("radvis view d")


def test_json_lines_for_programs(radvis):
    done = radvis("synth --scene parking_lot --n 15 --config tiny.toml --json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows[0]["event"] == "start"
    assert rows[0]["frames"] == 15
    assert rows[-1] == {"event": "done", "folder": "data/parking_lot", "frames": 15}
    report = json.loads(radvis("validate data/parking_lot --json").stdout)
    assert report == {"folder": "data/parking_lot", "frames": 15, "defects": []}


def test_the_resolved_configuration_can_be_fed_back(radvis, tmp_path):
    line = (
        "synth --scene parking_lot --set radio.carrier_hz=60e9 --entries csi,radar --print-config"
    )
    printed = radvis(line).stdout
    (tmp_path / "again.toml").write_text(printed)
    assert radvis("synth --config again.toml --print-config").stdout == printed
    assert "carrier_hz = 60000000000.0" in printed


def test_options_outrank_settings_outrank_file_outrank_preset(radvis, tmp_path):
    (tmp_path / "c.toml").write_text('entries = ["csi"]\n[radio]\nn_ray = 500\nn_row = 4\n')

    def resolved(settings, entries=None):
        return radvis_cli.resolve("parking_lot", tmp_path / "c.toml", settings, entries)

    config = resolved(("radio.n_ray=600", 'entries=["depth"]'), "lidar")
    assert (config.radio.n_ray, config.radio.n_row) == (600, 4)
    assert config.radio.n_col == preset("parking_lot").radio.n_col
    assert config.entries == ("lidar",)
    assert resolved(('entries=["depth"]',)).entries == ("depth",)
    assert resolved(()).entries == ("csi",)


@pytest.mark.parametrize(
    ("here", "asked", "taken", "said"),
    [
        (no_gpu, "auto", "cpu", "radvis: no GPU found, the CPU renders\n"),
        (no_gpu, "cuda", "cpu", "radvis: no GPU for cuda found, the CPU renders\n"),
        (cuda_alone, "auto", "cuda", "radvis: cuda renders\n"),
        (cuda_alone, "cuda", "cuda", "radvis: cuda renders\n"),
        (cuda_alone, "optix", "cpu", "radvis: no GPU for optix found, the CPU renders\n"),
        (cuda_alone, "cpu", "cpu", ""),
    ],
)
def test_a_gpu_renders_where_there_is_one(monkeypatch, capsys, here, asked, taken, said):
    monkeypatch.setattr(radvis_cli, "check_blender", lambda: None)
    monkeypatch.setattr("scenes.blender.gpu_kinds", here)
    config = radvis_cli.rendered_on(preset("parking_lot"), asked, "local")
    assert config.camera.device == taken
    assert replace(config, camera=replace(config.camera, device="cpu")) == preset("parking_lot")
    assert capsys.readouterr().err == said


def test_a_clusters_gpu_is_taken_for_granted(capsys):
    config = radvis_cli.rendered_on(preset("parking_lot"), "optix", "ray")
    assert config.camera.device == "optix"
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("synth --n 30", "--scene is missing: one of parking_lot"),
        ("synth --scene parkinglot --n 30", "did you mean parking_lot"),
        ("synth --scene parking_lot", "--n is missing"),
        ("synth --scene parking_lot --n 31", "n = 31: .* take 30 or 45"),
        ("synth --scene parking_lot --n 0", "n = 0: .* take 15"),
        ("synth --scene parking_lot --n many", "'many' is not a valid integer"),
        ("synth --scene parking_lot --n 15 --seed -1", "seed = -1: must be 0"),
        ("synth --scene parking_lot --n 15 --workers 0", "workers = 0: must be 1"),
        ("synth --scene parking_lot --n 15 --entries sonar", "entries are camera"),
        ("synth --scene parking_lot --n 15 --weather hail", "'hail': weathers and lights are"),
        ("synth --scene parking_lot --n 15 --weather rain=much", "rain=much: write a share"),
        ("synth --scene parking_lot --n 15 --weather rain=", "rain=: write a share"),
        ("synth --scene parking_lot --n 15 --weather rain,fog,rain=2", "rain stands twice"),
        ("synth --scene parking_lot --n 15 --set radio.n_rays=5", "did you mean radio.n_ray"),
        ("synth --scene parking_lot --n 15 --set radio.carrier_hz=5", "allowed: 1e"),
        ("synth --scene parking_lot --n 15000000000000", "n = 15000000000000: must be 15 to 15000"),
        ("synth --scene parking_lot --n 15 --set scene=x", "scene = 'x' in --set, but .* drop one"),
        ("synth --n 15 --set scene=x", "unknown scene 'x'"),
        ("synth --n 15 --set scene=5", "unknown scene '5'"),
        ("synth --scene parking_lot --n 15 --config none.toml", "No such file"),
        ("synth --scene parking_lot --n 15 --out tiny.toml", "tiny.toml is a file"),
        ("synth --scene parking_lot --n 15 --out s3://a/b", "s3://a/b: .*; add --engine ray"),
        (
            "synth --scene parking_lot --n 15 --engine ray --workers 2",
            "go with --engine local: a cluster",
        ),
        (
            "synth --scene parking_lot --n 15 --engine ray --shard 1/1",
            "go with --engine local: a cluster",
        ),
        ("synth --scene parking_lot --n 15 --engine slurm", "'slurm' is not one of 'local', 'ray'"),
        (
            "synth --scene parking_lot --n 15 --engine ray --device auto",
            "--device auto: a cluster's machines are alike, say cpu, cuda or optix",
        ),
        ("synth --scene parking_lot --n 15 --device gpu", "'gpu' is not one of 'auto', 'cpu'"),
        ("synth --scene parking_lot --n 15 --out .", "not empty and no dataset"),
        (f"synth --scene parking_lot --n 15 --out {'x' * 300}", "xxx: File name too long: choose"),
        ("synth --scne parking_lot", "No such option '--scne'"),
        ("synthesise", "No such command 'synthesise'"),
        ("validate none", "none is no folder"),
        ("validate .", "no radvis dataset"),
        ("view none", "none is no folder"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_status_2(radvis, tmp_path, line, message):
    before = sorted(tmp_path.rglob("*"))
    done = radvis(line)
    assert done.exit_code == 2
    assert done.stdout == ""
    (said,) = done.stderr.strip().splitlines()
    assert said.startswith("radvis: ")
    assert re.search(message, said), said
    assert sorted(tmp_path.rglob("*")) == before


def test_a_place_that_cannot_be_written_is_said(radvis, tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write everywhere
    done = radvis("synth --scene parking_lot --n 15 --out a/b")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        f"radvis: {tmp_path} cannot be written: choose another --out or change its rights\n"
    )


def test_the_scene_may_come_by_any_way(radvis, tmp_path):
    (tmp_path / "c.toml").write_text('scene = "nowhere"')
    expected = radvis("synth --scene parking_lot --print-config").stdout
    assert radvis("synth --set scene=parking_lot --print-config").stdout == expected
    done = radvis("synth --config c.toml --set scene=parking_lot --print-config")
    assert done.stdout == expected
    done = radvis("synth --config c.toml --scene parking_lot --n 15")
    assert "scene = 'nowhere' in c.toml, but --scene parking_lot: drop one" in done.stderr


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("synth --scene parking_lot --n 30 --config tiny.toml --seed 1", "seed = 0, not 1"),
        ("synth --scene parking_lot --n 30", "radio.n_subcarrier = 256, not 1024"),
        ("synth --scene parking_lot --n 15 --config tiny.toml", "planned with n = 30"),
        ("view data/parking_lot --frames a", "write numbers"),
        ("view data/parking_lot --frames 30", "frames 0 to 29"),
        ("view data/parking_lot --out none/x.png", "choose another --out"),
    ],
)
def test_what_does_not_fit_a_dataset_is_named(dataset, line, message):
    done = dataset(line)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_defects_are_a_line_each_and_status_1(dataset, tmp_path):
    shard = tmp_path / "data/parking_lot/shards/000001.h5"
    shard.write_bytes(shard.read_bytes()[:-1])
    done = dataset("validate data/parking_lot")
    assert done.exit_code == 1
    assert done.stdout.startswith("shards/000001.h5: has ")
    assert len(done.stdout.splitlines()) == 1
    report = json.loads(dataset("validate data/parking_lot --json").stdout)
    assert len(report["defects"]) == 1


def test_version_and_help(radvis):
    assert radvis("--version").stdout.startswith("radvis, version ")
    assert radvis("--help").exit_code == 0
    assert "Usage" in radvis("").stderr


def answer(found):
    def version(name):
        if found is None:
            raise PackageNotFoundError(name)
        return found

    return version


@pytest.mark.parametrize("found", [None, "4.2.0", "5.0.1"])
def test_blender_missing_or_of_another_line_says_what_to_install(monkeypatch, found):
    monkeypatch.setattr(radvis_cli, "version", answer(found))
    with pytest.raises(radvis_cli.Unavailable) as caught:
        radvis_cli.check_blender()
    assert "pip install '.[synth]' in radvis's folder, on Python 3.11" in str(caught.value)
    assert (found or "bpy") in str(caught.value)


def test_a_blender_that_does_not_load_brings_the_system_libraries(monkeypatch):
    def fails(*_, **__):
        error = "ImportError: libSM.so.6: cannot open shared object file"
        return subprocess.CompletedProcess([], 1, "", f"Traceback\n{error}\n")

    monkeypatch.setattr(radvis_cli, "version", answer("4.5.15"))
    monkeypatch.setattr("radvis_cli.subprocess.run", fails)
    with pytest.raises(radvis_cli.Unavailable) as caught:
        radvis_cli.check_blender()
    assert "libSM.so.6" in str(caught.value)
    assert "apt-get install -y libx11-6 libxrender1" in str(caught.value)


def test_ctrl_c_ends_all_processes_and_the_same_command_goes_on(radvis, tmp_path):
    script = tmp_path / "start.py"
    script.write_text(STARTER)
    line = "synth --scene parking_lot --n 60 --config tiny.toml --workers 2".split()
    environment = {**os.environ, "FAKE_SECONDS": "0.05", "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, str(script), *line],
        stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True,
    )  # fmt: skip
    shards = tmp_path / "data/parking_lot/shards"
    end = time.monotonic() + 60
    while not list(shards.glob("0*.h5")):
        assert time.monotonic() < end
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to parent and workers
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert said.strip().splitlines()[-1].endswith("run the same command again to go on")
    while in_group(process.pid):
        assert time.monotonic() < end
        time.sleep(0.02)
    kept = len(list(shards.glob("0*.h5")))
    assert 1 <= kept < 4
    assert radvis(" ".join(line)).exit_code == 0
    assert "60 frames" in radvis("validate data/parking_lot").stdout


@pytest.mark.parametrize("options, text", [
    ("--out {folder}/nowhere/x.png", "is no folder to write into"),
    ("--out x.jpg", "the picture is a PNG"),
    ("--seed 9223372036854775808", "allowed are 0 to 9223372036854775807"),
    ("--final --samples 8", "--samples 8: --final takes the configuration's samples, drop one"),
])  # fmt: skip
def test_a_preview_that_cannot_be_is_refused_before_it_is_rendered(radvis, tmp_path, options, text):
    done = radvis(f"scene preview canyon {options.format(folder=tmp_path)}")
    assert done.exit_code == 2 and text in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("options, asked", [("--final", "final"), ("--samples 3", "3 samples"),
                                            ("", "8 samples")])  # fmt: skip
def test_a_preview_is_of_the_final_frame_if_so_asked(radvis, monkeypatch, options, asked):
    def run(work, tasks, n_worker):
        for *_, samples in tasks:
            raise ConfigError("final" if samples is None else f"{samples} samples")
        yield

    pytest.importorskip("synth.preview", exc_type=ImportError)
    monkeypatch.setattr("synth.workers.run_tasks", run)
    assert radvis(f"scene preview canyon {options}").stderr == f"radvis: {asked}\n"


def test_ctrl_c_stops_a_preview(tmp_path):
    pytest.importorskip("synth.preview", exc_type=ImportError)
    script = tmp_path / "start.py"
    script.write_text(
        STARTER.replace(
            "    radvis_cli.main", "    import synth.preview, tests.fakes\n"
            "    synth.preview.preview = tests.fakes.endless_preview\n    radvis_cli.main",
        )
    )  # fmt: skip
    environment = {**os.environ, "STARTED": "started", "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, str(script), "scene", "preview", "canyon"], cwd=tmp_path,
        env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    end = time.monotonic() + 60
    while not (tmp_path / "started").exists():
        assert time.monotonic() < end and process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (130, "\nradvis: stopped\n")
    assert not (tmp_path / "preview.png").exists()
    while in_group(process.pid):
        assert time.monotonic() < end
        time.sleep(0.02)


def test_parts_are_synthesised_and_merged(radvis, tmp_path):
    for part in (1, 2):
        line = f"synth --scene parking_lot --n 30 --config tiny.toml --shard {part}/2"
        done = radvis(line)
        assert done.exit_code == 0 and "radvis merge" in done.stderr
        assert "15 frames" in done.stderr
    parts = "data/parking_lot-1-of-2 data/parking_lot-2-of-2"
    assert radvis(f"merge {parts} --out data/parking_lot").stdout.strip().endswith("30 frames")
    assert radvis("validate data/parking_lot").exit_code == 0
    unfinished = radvis("merge data/parking_lot-1-of-2 --out data/half")
    assert unfinished.exit_code == 2 and "1 of 2 sequences are in no part" in unfinished.stderr


@pytest.mark.parametrize("shard", ["3", "3-16", "a/b", "/", "1.0/2"])
def test_a_shard_that_is_none_is_told(radvis, shard):
    done = radvis(f"synth --scene parking_lot --n 30 --config tiny.toml --shard {shard}")
    assert done.exit_code == 2 and "as 3/16" in done.stderr
