"""The Rerun recording, read back by Rerun."""

from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.constants import speed_of_light

from radvis_cli import main
from scenes.config import ENTRIES, RadioConfig
from scenes.sensors import direction
from synth.dataset import Dataset
from synth.shards import DatasetError

rerun = pytest.importorskip("rerun")
recording = pytest.importorskip("synth.recording")


@pytest.fixture
def columns(tmp_path):
    """Give what a recording holds: rows of an entity by column name; and all entities."""

    def run(folder, sequences=None):
        recording.save_recording(Dataset(folder), tmp_path / "a.rrd", sequences)
        held = rerun.dataframe.load_recording(tmp_path / "a.rrd")

        def of(entity):
            table = held.view(index="time", contents=entity).select().read_all().to_pydict()
            return {name.rpartition(":")[2]: rows for name, rows in table.items()}

        return of, {column.entity_path for column in held.schema().component_columns()}

    return run


def test_a_recording_holds_what_the_dataset_does(make, columns):
    folder = make(n=45, entries=ENTRIES)
    data, (of, entities) = Dataset(folder), columns(folder, [1, 2])
    assert entities >= {
        "/frame", "/world/object", "/world/camera/image", "/world/camera/image/object",
        "/world/camera/depth", "/world/lidar", "/world/path", "/radar/heatmap",
        "/radar/heatmap/target",
    }  # fmt: skip
    solids, points, words = of("/world/object"), of("/world/lidar"), of("/frame")
    outlines, poses = of("/world/camera/image/object"), of("/world/camera")
    seconds = [stamp.timestamp() for stamp in solids["time"]]
    assert seconds == pytest.approx(0.2 * np.arange(15, 45))
    for row in (0, 17, 29):
        frame = data[15 + row]
        shown = frame["object/model"] >= 0
        np.testing.assert_allclose(solids["PoseTranslation3D"][row], frame["object/centre"][shown])
        np.testing.assert_allclose(2 * np.array(solids["HalfSize3D"][row]), frame["object/size"])
        turned = 2 * np.arctan2(*np.array(solids["PoseRotationQuat"][row])[:, 2:].T)
        np.testing.assert_allclose(np.exp(1j * turned), np.exp(1j * frame["object/yaw"]), atol=1e-5)
        np.testing.assert_allclose(points["Position3D"][row], frame["lidar/point"], rtol=1e-6)
        corner = np.array(outlines["Position2D"][row]) - outlines["HalfSize2D"][row]
        np.testing.assert_allclose(corner, frame["object/box"][:, :2])
        np.testing.assert_allclose(
            poses["PinholeProjection"][row][0], frame["camera/intrinsics"].T.ravel()
        )
        assert f"frame {int(frame['frame/index'])}**" in words["Text"][row][0]
        assert f"target at {float(frame['target/range']):.1f} m" in words["Text"][row][0]
        amber = np.array(outlines["Color"][row]) == 0xFFB000FF
        np.testing.assert_array_equal(amber, frame["object/id"] == frame["target/object"])


@pytest.mark.parametrize("entry", ["camera", "depth", "lidar", "radar", "paths"])
def test_any_entry_alone_can_be_recorded(make, columns, entry):
    of, entities = columns(make(n=15, entries=(entry,)))
    assert len(of("/frame")["time"]) == 15
    assert ("/world/camera" in entities) == (entry in ("camera", "depth"))
    assert "/world/path" not in entities  # without a map, nothing tells where the array stood


def test_the_first_sequence_is_shown_unless_others_are_asked_for(make, columns):
    of, _ = columns(make(n=30))
    assert len(of("/frame")["time"]) == 15


@pytest.mark.parametrize("rig", ["monostatic", "bistatic"])
def test_a_ray_is_as_long_as_its_delay_and_comes_from_its_arrival(rig):
    rng = np.random.default_rng(3)
    radio = replace(RadioConfig(), rig=rig, transmit_position=(20.0, 5.0, 7.0))
    pose = np.eye(4)
    turn = 0.3
    pose[:2, :2] = [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
    pose[:3, 3] = 1.0, 2.0, 6.5
    array = pose[:3, 3]
    apart = pose[:3, 0] * radio.transmit_offset
    transmitter = array + apart if rig == "monostatic" else np.array(radio.transmit_position)
    met = np.column_stack(
        [rng.uniform(-20, 20, 400), rng.uniform(8, 60, 400), rng.uniform(0, 4, 400)]
    )
    legs = np.linalg.norm(met - array, axis=1), np.linalg.norm(met - transmitter, axis=1)
    arrival = ((met - array) / legs[0][:, None]) @ pose[:3, :3]
    angles = np.column_stack([np.arctan2(*arrival[:, :2].T), np.arcsin(arrival[:, 2])])
    np.testing.assert_allclose(direction(*angles.T), arrival, atol=1e-12)
    gain = rng.uniform(1e-6, 1e-3, 400)
    frame = {
        "paths/gain": gain.astype(complex),
        "paths/delay": sum(legs) / speed_of_light,
        "paths/aoa": angles,
        "paths/bounces": rng.integers(1, 3, 400),
        "radar/world_from_radar": pose,
    }
    strips, colours = recording.rays(frame, radio)
    strongest = np.argsort(-gain)[: recording.MOST_RAYS]
    assert len(strips) == len(colours) == recording.MOST_RAYS
    for strip, index in zip(strips, strongest, strict=True):
        np.testing.assert_allclose(strip[-1], array)
        np.testing.assert_allclose(strip[-2], met[index], atol=1e-5)
        if frame["paths/bounces"][index] == 1:
            np.testing.assert_allclose(strip[0], transmitter)
        assert len(strip) == (3 if frame["paths/bounces"][index] == 1 else 2)
    brightness = colours.astype(int).sum(1)
    assert brightness[0] > brightness[-1]


def test_a_line_of_sight_is_straight():
    radio = replace(RadioConfig(), rig="bistatic", transmit_position=(20.0, 5.0, 7.0))
    frame = {
        "paths/gain": np.array([1e-3 + 0j]),
        "paths/delay": np.array([1e-7]),
        "paths/aoa": np.zeros((1, 2)),
        "paths/bounces": np.array([0]),
        "radar/world_from_radar": np.eye(4),
    }
    (strip,), _ = recording.rays(frame, radio)
    np.testing.assert_allclose(strip, [[20, 5, 7], [0, 0, 0]])


def test_a_frame_without_paths_has_no_rays():
    frame = {
        "paths/gain": np.zeros(0, complex), "paths/delay": np.zeros(0),
        "paths/aoa": np.zeros((0, 2)), "paths/bounces": np.zeros(0, int),
        "radar/world_from_radar": np.eye(4),
    }  # fmt: skip
    strips, colours = recording.rays(frame, RadioConfig())
    assert strips == [] and colours.shape == (0, 3)


def test_what_cannot_be_shown_is_told(make, tmp_path):
    path = tmp_path / "a.rrd"
    path.write_text("what was there before")
    with pytest.raises(DatasetError, match=r"sequence 7: .* holds 2, 0 to 1"):
        recording.save_recording(Dataset(make(n=30)), path, [7])
    with pytest.raises(DatasetError, match="to show"):
        recording.save_recording(Dataset(make("csi", n=15, entries=("csi",))), path)
    assert path.read_text() == "what was there before"


@pytest.mark.parametrize(("options", "said"), [
    ("--save {a} --html b.html", "ask for one, then"), ("--save {a} --frames 3", "leave them out"),
    ("--save /dev/null/a.rrd", "choose another --save"), ("--save {a} --sequences 9", "holds 1"),
])  # fmt: skip
def test_options_that_do_not_go_together_are_told(make, tmp_path, options, said):
    line = f"view {make(n=15)} {options.format(a=tmp_path / 'a.rrd')}"
    done = CliRunner().invoke(main, line.split())
    assert done.exit_code == 2 and said in done.output
    assert not list(tmp_path.glob(".*.tmp"))


def test_the_command_saves_a_recording_and_opens_a_window_where_there_is_a_display(
    make, tmp_path, monkeypatch
):
    folder, opened = make(n=30), []
    monkeypatch.setattr(recording, "open_viewer", lambda data, steps: opened.append(steps))
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)

    def run(line):
        done = CliRunner().invoke(main, ["view", str(folder), *line.split()])
        assert done.exit_code == 0, done.output

    run(f"--save {tmp_path / 'a.rrd'}")
    assert (tmp_path / "a.rrd").stat().st_size > 1000
    run("")
    assert opened == []
    monkeypatch.setenv("DISPLAY", ":0")
    run("--frames 0")
    assert opened == []
    run("--sequences 1")
    assert opened == [[1]]
    assert (folder / "contact_sheet.png").exists()
