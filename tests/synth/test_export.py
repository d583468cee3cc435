import json
import os
import shutil
import subprocess
import sys
import tarfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from radvis_cli import main
from scenes.config import ENTRIES, ConfigError, SplitConfig
from synth.dataset import Dataset
from synth.export import FORMATS, plan_export, run_export
from synth.export.coco import run_lengths
from synth.export.labels import labels_of
from synth.export.run import STATE
from synth.release import Release, Terms
from synth.release.record import write_release
from synth.release.terms import license_text
from synth.shards import DatasetError, replace_file
from tests.fakes import fake_sequence

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


def posed_sequence(config, seed, sequence, on_frame=None):
    """Fake arrays of cars, seen by a camera and a lidar on a post that look down, to the right."""
    arrays = fake_sequence(config, seed, sequence, on_frame)
    pitch, heading = 0.2, 0.3
    ahead = np.array([np.sin(heading), np.cos(heading), 0]) * np.cos(pitch) - [0, 0, np.sin(pitch)]
    right = np.array([np.cos(heading), -np.sin(heading), 0])
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(ahead, right), ahead], 1)
    pose[:3, 3] = 1, 2, 6
    arrays["camera/world_from_camera"][:] = pose
    lidar = pose.copy()
    lidar[:3, :3] = np.stack([right, ahead, np.cross(right, ahead)], 1)
    lidar[:3, 3] = 1.5, 2, 6.2
    arrays["lidar/world_from_lidar"][:] = lidar
    return arrays


@pytest.fixture
def data(make):
    split = SplitConfig(validation=0.25, test=0.25)
    return make(n=60, entries=ENTRIES, synthesise=posed_sequence, split=split)


@pytest.fixture
def exported(data, tmp_path):
    def run(kind, **how):
        out = tmp_path / kind
        run_export(plan_export(data, out, kind, **how))
        return out

    return run


def frames_of(data, split):
    with Dataset(data, split) as held:
        return {f"{int(f['frame/sequence']):06d}_{int(f['frame/index']):02d}": f for f in held}


def tree(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def test_coco_loads_in_pycocotools(data, exported):
    from pycocotools.coco import COCO

    out = exported("coco")
    for split in ("train", "validation", "test"):
        frames = frames_of(data, split)
        coco = COCO(out / "annotations" / f"instances_{split}.json")
        assert len(coco.getImgIds()) == len(frames)
        assert [c["name"] for c in coco.loadCats(coco.getCatIds())] == ["car"]
        for image in coco.loadImgs(coco.getImgIds()):
            frame = frames[image["file_name"].removesuffix(".png")]
            picture = np.asarray(Image.open(out / "images" / split / image["file_name"]))
            np.testing.assert_array_equal(picture, frame["camera/image"])
            found = coco.loadAnns(coco.getAnnIds(image["id"], areaRng=[]))
            assert len(found) == 2  # all that is seen
            for item in found:
                row = frame["object/id"].tolist().index(item["object"])
                x, y, width, height = item["bbox"]
                np.testing.assert_allclose(
                    [x, y, x + width, y + height], frame["object/box"][row], atol=1e-4
                )
                mask = frame["depth/instance"] == item["object"]
                np.testing.assert_array_equal(coco.annToMask(item), mask)
                assert item["area"] == mask.sum()
                assert item["target"] == (item["object"] == frame["target/object"])
                assert item["visibility"] == pytest.approx(frame["object/visibility"][row])


def test_what_is_exported_of_a_release_says_its_licence(data, exported, tmp_path):
    from pycocotools.coco import COCO

    terms = Terms("lot", "1.2.0", "CC-BY-4.0", "Example Lab")
    plain = exported("coco")
    assert not (plain / "LICENSE").exists()
    write_release(data.parent, Release(terms, "radvis", ("other",)))  # this one is none of it
    assert plan_export(data, tmp_path / "other", "coco").head["release"] is None
    write_release(data.parent, Release(terms, "radvis", (data.name,)))
    for kind in FORMATS:
        out = tmp_path / f"licensed-{kind}"
        run_export(plan_export(data, out, kind))
        assert (out / "LICENSE").read_text() == license_text(terms)
        assert json.loads((out / STATE).read_text())["release"] == "lot 1.2.0"
    coco = COCO(tmp_path / "licensed-coco/annotations/instances_train.json")
    assert [row["url"] for row in coco.dataset["licenses"]] == [terms.license_url]
    assert {row["license"] for row in coco.dataset["images"]} == {coco.dataset["licenses"][0]["id"]}
    recording = next((tmp_path / "licensed-sigmf").rglob("*.sigmf-meta"))
    assert json.loads(recording.read_text())["global"]["core:license"] == terms.license_url
    with pytest.raises(DatasetError, match="another release"):
        run_export(plan_export(data, plain, "coco"))


def test_run_lengths_begin_with_zeros():
    assert run_lengths(np.array([[1, 0], [1, 0]], bool)) == {"size": [2, 2], "counts": [0, 2, 2]}
    assert run_lengths(np.array([[0, 1], [0, 0]], bool)) == {"size": [2, 2], "counts": [2, 1, 1]}
    assert run_lengths(np.zeros((3, 2), bool)) == {"size": [3, 2], "counts": [6]}


def test_coco_without_depth_has_boxes_alone(exported):
    from pycocotools.coco import COCO

    out = exported("coco", entries=("camera",))
    coco = COCO(out / "annotations" / "instances_train.json")
    assert not any("segmentation" in item for item in coco.anns.values())
    assert not (out / ".parts").exists()
    assert all(item["area"] == pytest.approx(12) for item in coco.anns.values())


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # webdataset closes no file itself
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_tars_load_in_webdataset(data, exported):
    import webdataset

    out = exported("webdataset")
    for split in ("train", "validation", "test"):
        frames = frames_of(data, split)
        urls = [str(path) for path in sorted(out.glob(f"{split}-*.tar"))]
        samples = list(webdataset.WebDataset(urls, shardshuffle=False).decode("rgb8"))
        assert [sample["__key__"] for sample in samples] == list(frames)
        for sample in samples:
            frame = frames[sample["__key__"]]
            np.testing.assert_array_equal(sample["camera_image.png"], frame["camera/image"])
            for key in ("radar/heatmap", "csi/response", "lidar/point", "depth/instance"):
                found = sample[f"{key.replace('/', '_')}.npy"]
                assert found.dtype == frame[key].dtype
                np.testing.assert_array_equal(found, frame[key])
            target = sample["labels.json"]["target"]
            np.testing.assert_allclose(target["position"], frame["target/position"], rtol=1e-6)


def test_parquet_loads_in_hugging_face_datasets(data, exported, tmp_path):
    import datasets

    out = exported("huggingface")
    held = datasets.load_dataset(str(out), cache_dir=str(tmp_path / "cache"))
    assert set(held) == {"train", "validation", "test"}
    for split, table in held.items():
        frames = frames_of(data, split)
        assert table["name"][:] == list(frames)
        for name, row in zip(table["name"], table.with_format("numpy"), strict=True):
            frame = frames[name]
            np.testing.assert_array_equal(row["camera_image"], frame["camera/image"])
            np.testing.assert_array_equal(row["radar_heatmap"], frame["radar/heatmap"])
            response = row["csi_response"][..., 0] + 1j * row["csi_response"][..., 1]
            np.testing.assert_array_equal(response, frame["csi/response"])
            np.testing.assert_array_equal(row["lidar_point"], frame["lidar/point"])
            np.testing.assert_array_equal(row["paths_object"], frame["paths/object"])
            np.testing.assert_allclose(row["target_position"], frame["target/position"], rtol=1e-6)
            assert row["frame_weather"] == "clear"
            assert [item["id"] for item in row["objects"]] == frame["object/id"].tolist()


def calibration_of(path):
    return {
        name: np.array(rest.split(), float)
        for name, rest in (line.split(":") for line in path.read_text().splitlines())
    }


def test_kitti_projects_scans_and_boxes_into_the_picture(data, exported):
    """What its calibration says of points and boxes is what our own poses say."""
    from pypcd4.pypcd4 import PointCloud

    out = exported("kitti")
    frames = frames_of(data, "train")
    listed = (out / "ImageSets" / "train.txt").read_text().split()
    assert len(listed) == len(frames)
    for number, frame in zip(listed, frames.values(), strict=True):
        at = out / "train"
        scan = np.fromfile(at / "velodyne" / f"{number}.bin", np.float32).reshape(-1, 4)
        np.testing.assert_array_equal(scan[:, 3], frame["lidar/intensity"])
        cloud = PointCloud.from_path(at / "pcd" / f"{number}.pcd")
        np.testing.assert_array_equal(cloud.numpy(("x", "y", "z", "intensity")), scan)
        np.testing.assert_array_equal(cloud.numpy(("class",))[:, 0], frame["lidar/class"])
        held = calibration_of(at / "calib" / f"{number}.txt")
        project = held["P2"].reshape(3, 4)
        to_level = np.vstack([held["Tr_velo_to_cam"].reshape(3, 4), [0, 0, 0, 1]])
        ours = homogeneous(frame["lidar/point"]) @ frame["lidar/world_from_lidar"].T
        above = ours[:, 2] - frame["lidar/world_from_lidar"][2, 3]
        np.testing.assert_allclose(scan[:, 2], above, atol=1e-4)  # it stands level
        pixels = pixels_of(homogeneous(scan[:, :3]) @ to_level.T @ project.T)
        seen = np.linalg.inv(frame["camera/world_from_camera"])[:3]
        inside = frame["camera/intrinsics"] @ seen
        np.testing.assert_allclose(pixels, pixels_of(ours @ inside.T), rtol=1e-4, atol=1e-2)
        rows = (at / "label_2" / f"{number}.txt").read_text().splitlines()
        assert len(rows) == 2
        for i, row in enumerate(rows):
            kind, *values = row.split()
            assert kind == "Car"
            visible, hidden = frame["object/visibility"][i], frame["object/occlusion"][i]
            shown = min(visible / max(1 - hidden, 1e-6), 1)
            assert float(values[0]) == pytest.approx(1 - shown, abs=0.006)
            assert int(values[1]) == (0 if hidden < 0.1 else 1 if hidden < 0.5 else 2)
            box, (high, wide, long), place, turn = np.split(np.array(values, float)[3:], [4, 7, 10])
            np.testing.assert_allclose(box, frame["object/box"][i], atol=0.01)
            corners = upright(place, long, high, wide, turn[0])
            yaw, size = frame["object/yaw"][i], frame["object/size"][i]
            own = standing(frame["object/centre"][i], size, yaw)
            np.testing.assert_allclose(
                (corners @ project[:, :3].T), (homogeneous(own) @ inside.T), atol=0.2 * 40
            )


def homogeneous(points):
    return np.column_stack([points, np.ones(len(points))])


def pixels_of(points):
    return points[:, :2] / points[:, 2:]


def upright(place, long, high, wide, turn):
    """Corners as KITTI's devkit makes them: (8, 3) in the reference frame."""
    x = np.array([1, 1, -1, -1, 1, 1, -1, -1]) * long / 2
    y = np.array([0, 0, 0, 0, -1, -1, -1, -1]) * high
    z = np.array([1, -1, -1, 1, 1, -1, -1, 1]) * wide / 2
    c, s = np.cos(turn), np.sin(turn)
    return (np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]) @ [x, y, z]).T + place


def standing(centre, size, yaw):
    """The same corners in the world: ahead and left of a box, at its bottom, then at its top."""
    x = np.array([1, 1, -1, -1, 1, 1, -1, -1]) * size[0] / 2
    y = np.array([1, -1, -1, 1, 1, -1, -1, 1]) * size[1] / 2
    z = np.array([-1, -1, -1, -1, 1, 1, 1, 1]) * size[2] / 2
    c, s = np.cos(yaw), np.sin(yaw)
    return np.stack([c * x - s * y, s * x + c * y, z], 1) + centre


def test_folders_hold_pngs_arrays_and_labels(data, exported):
    out = exported("folders")
    for name, frame in frames_of(data, "test").items():
        sequence, index = name.split("_")
        at = out / "test" / sequence
        picture = np.asarray(Image.open(at / "camera_image" / f"{index}.png"))
        np.testing.assert_array_equal(picture, frame["camera/image"])
        for key in ("radar/heatmap", "paths/gain", "depth/image"):
            found = np.load(at / key.replace("/", "_") / f"{index}.npy", allow_pickle=False)
            np.testing.assert_array_equal(found, frame[key])
        labels = json.loads((at / "labels" / f"{index}.json").read_text())
        assert labels == labels_of(own(frame), Dataset(data).manifest.tables)


def own(frame):
    return {key: frame[key] for key in frame if key not in ("camera/intrinsics", "radar/range")}


def test_sigmf_gives_the_channel_back(data, exported):
    import sigmf

    out = exported("sigmf")
    with Dataset(data, "train") as held:
        radio = held.manifest.config.radio
        for place, sequence in enumerate(held.sequences):
            recording = sigmf.fromfile(str(out / "train" / f"{sequence:06d}.sigmf-meta"))
            recording.validate()
            assert recording.get_global_field("core:num_channels") == radio.n_row * radio.n_col
            assert recording.get_global_field("core:sample_rate") == radio.bandwidth_hz
            assert len(recording.get_captures()) == 15
            assert recording.calculate_hash() == recording.get_global_field("core:sha512")
            symbols = recording.read_samples().reshape(15, radio.n_subcarrier, -1)
            for index, symbol in enumerate(symbols):
                response = np.fft.fftshift(np.fft.fft(symbol, axis=0), axes=0).T
                true = held.read(place * 15 + index, "csi/response")
                np.testing.assert_allclose(
                    response.reshape(true.shape), true, atol=1e-5 * np.abs(true).max()
                )
                capture = recording.get_captures()[index]
                assert capture["core:frequency"] == radio.carrier_hz
                assert capture["core:global_index"] == round(0.2 * index * radio.bandwidth_hz)


def test_an_echo_comes_at_its_delay_in_a_recording():
    from synth.export.captures import samples

    n, bandwidth, late = 256, 800e6, 40
    frequency = (np.arange(n) - n // 2) * bandwidth / n
    response = np.exp(-2j * np.pi * frequency * late / bandwidth)[None, None]
    assert np.abs(samples(response)[:, 0]).argmax() == late


@pytest.mark.parametrize("kind", FORMATS)
def test_an_export_that_was_stopped_goes_on_to_the_same_bytes(kind, data, tmp_path, monkeypatch):
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    run_export(plan_export(data, whole, kind))
    plan = plan_export(data, stopped, kind)

    def stop(done):
        if done == 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_export(plan, stop)
    assert not json.loads((stopped / STATE).read_text())["complete"]
    counted: list[int] = []
    run_export(plan, counted.append)
    assert counted == [45, 60]
    run_export(plan, counted.append)  # there is nothing left to do
    assert counted == [45, 60]
    assert tree(stopped) == tree(whole)


def test_the_state_never_says_more_than_the_disk_has(data, tmp_path, monkeypatch):
    told: list[str] = []

    def keep(path, content):
        held = json.loads(content)
        told.append(f"{len(held['done'])} {held['complete']}")
        replace_file(path, content)

    monkeypatch.setattr("synth.export.run.replace_file", keep)
    monkeypatch.setattr("os.sync", lambda: told.append("sync"))
    run_export(plan_export(data, tmp_path / "seldom", "folders"), lambda _: told.append("frames"))
    frames = ["frames"] * 4  # the folder is marked before them
    assert told == ["sync", "0 False", *frames, "sync", "4 False", "sync", "4 True"]
    told.clear()
    monkeypatch.setattr("synth.export.run.KEPT", 0.0)
    run_export(plan_export(data, tmp_path / "often", "folders"))
    assert told[2:6] == ["sync", "1 False", "sync", "2 False"]


def test_the_state_says_what_the_arrays_axes_are(data, exported):
    state = json.loads((exported("webdataset") / STATE).read_text())
    with Dataset(data) as held:
        np.testing.assert_array_equal(state["axes"]["radar/range"], held.read(0, "radar/range"))
        assert state["tables"] == held.manifest.tables


def test_no_member_of_a_tar_leads_out_of_it(exported):
    for path in exported("webdataset").glob("*.tar"):
        with tarfile.open(path) as tar:
            names = tar.getnames()
        assert all("/" not in name and name.count(".") == 2 for name in names)
        keys = [name.split(".")[0] for name in names]
        assert sum(one != two for one, two in pairwise(keys)) == 14  # a frame's files lie together


@pytest.mark.parametrize("how, error, said", [
    ({"kind": "voc"}, ConfigError, "coco, webdataset"),
    ({"kind": "sigmf", "entries": ("camera",)}, ConfigError, "places for csi only"),
    ({"kind": "coco", "entries": ("pictures",)}, ConfigError, "entries are camera"),
])  # fmt: skip
def test_what_cannot_be_exported_is_told(how, error, said, data, tmp_path):
    with pytest.raises(error, match=said):
        plan_export(data, tmp_path / "out", **how)
    assert not (tmp_path / "out").exists()


def test_nothing_is_exported_into_the_dataset_itself(data):
    with pytest.raises(ConfigError, match=r"is inside .*, the dataset"):
        plan_export(data, data / "coco", "coco")


def test_an_entry_that_is_not_there_is_told(make, tmp_path):
    data = make(entries=("camera",))
    with pytest.raises(DatasetError, match="no frame in its test split"):
        plan_export(data, tmp_path / "out", "coco", ("test",))
    with pytest.raises(DatasetError, match="kitti needs lidar"):
        plan_export(data, tmp_path / "out", "kitti")


def test_a_dataset_that_is_not_finished_is_told(data, tmp_path):
    path = data / "manifest.json"
    values = json.loads(path.read_text())
    del values["shards"][1]
    path.write_text(json.dumps(values))
    with pytest.raises(DatasetError, match="lacks 1 of 4 sequences"):
        plan_export(data, tmp_path / "out", "coco")


def test_folders_of_others_are_left_alone(data, make, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    with pytest.raises(DatasetError, match="no export"):
        run_export(plan_export(data, out, "coco"))
    assert set(os.listdir(out)) == {".lock", "thesis.txt"}
    shutil.rmtree(out)
    run_export(plan_export(data, out, "coco", ("train",)))
    other = make("other", seed=5, n=60, entries=ENTRIES)
    for wanted, said in (
        (plan_export(other, out, "coco", ("train",)), "another fingerprint"),
        (plan_export(data, out, "folders", ("train",)), "another format"),
        (plan_export(data, out, "coco", ("test",)), "another splits"),
    ):
        with pytest.raises(DatasetError, match=said):
            run_export(wanted)
    for text in ('{"done": [', '{"done": [Infinity], "complete": true}'):
        (out / STATE).write_text(text)
        with pytest.raises(DatasetError, match="damaged"):
            run_export(plan_export(data, out, "coco", ("train",)))


def test_the_command_exports(data, tmp_path):
    result = CliRunner().invoke(main, ["export", str(data), "--to", "folders"])
    assert result.exit_code == 0, result.output
    assert (data.parent / f"{data.name}-folders" / STATE).exists()
    json_out = CliRunner().invoke(
        main, ["export", str(data), "--to", "folders", "--split", "test", "--json",
               "--out", str(tmp_path / "test")],
    )  # fmt: skip
    assert json.loads(json_out.output)["frames"] == 15
    missing = CliRunner().invoke(main, ["export", str(tmp_path / "none"), "--to", "coco"])
    assert missing.exit_code == 2 and "no folder" in missing.output


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # webdataset closes no file itself
def test_the_example_reads_every_export(data):
    example = Path(__file__).parents[2] / "examples/read_exports.py"
    none = subprocess.run([sys.executable, example, data], capture_output=True, text=True)
    assert none.returncode == 1 and "no exports of" in none.stderr
    for kind in FORMATS:
        run_export(plan_export(data, data.with_name(f"{data.name}-{kind}"), kind))
    done = subprocess.run([sys.executable, example, data], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = [line for line in done.stdout.splitlines() if line.startswith(f"{data}-")]
    assert len(said) == len(FORMATS)
    assert "60 pictures, 60 targets" in done.stdout and "60 samples" in done.stdout
    assert "60 scans" in done.stdout and "60 radar_heatmap" in done.stdout
    assert "4 recordings, 60 symbols" in done.stdout
