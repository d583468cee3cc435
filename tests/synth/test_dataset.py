import errno
import json
import math
import os
import pickle
import subprocess
import sys
from dataclasses import replace
from itertools import chain

import h5py
import numpy as np
import pytest

from scenes.config import (
    ENTRIES,
    LARGEST_ARRAY,
    SEQUENCE_LENGTH,
    CameraConfig,
    ConfigError,
    HeatmapConfig,
    RadioConfig,
    ScenarioConfig,
)
from scenes.config_io import config_hash
from synth.dataset import MOST_OPEN, Dataset
from synth.manifest import read_manifest
from synth.plan import plan
from synth.sample import fields_of, lengths, shape_of
from synth.shards import DatasetError
from synth.storage import most_rows
from tests.fakes import TABLES, fake_sequence, lock, tiny_config


def test_frames_are_those_of_their_sequences(make):
    data = Dataset(make())
    assert len(data) == 30
    arrays = fake_sequence(tiny_config(), 0, 1)
    frame = data[15 + 4]
    assert frame["frame/sequence"] == 1
    np.testing.assert_array_equal(frame["camera/image"], arrays["camera/image"][4])
    first, last = arrays["paths/offset"][4:6].astype(int)
    np.testing.assert_array_equal(frame["paths/gain"], arrays["paths/gain"][first:last])
    np.testing.assert_array_equal(frame["radar/range"], arrays["radar/range"])
    np.testing.assert_array_equal(data[-1]["camera/image"], data[29]["camera/image"])
    assert len(data[3:5]) == 2
    with pytest.raises(IndexError):
        data[30]


def test_splits_are_disjoint_complete_and_by_sequence(make):
    folder = make(n=150)
    parts = {name: Dataset(folder, name).sequences for name in ("train", "validation", "test")}
    assert sorted(chain(*parts.values())) == list(range(10))
    assert [len(part) for part in parts.values()] == [8, 2, 0]
    with pytest.raises(DatasetError, match="splits: train"):
        Dataset(folder, "dev")


def test_one_entry_of_one_frame_reads_little_else(make, monkeypatch):
    with Dataset(make()) as data:
        touched = []
        original = h5py.Dataset.__getitem__

        def spy(self, rows):
            touched.append((self.name, rows))
            return original(self, rows)

        monkeypatch.setattr(h5py.Dataset, "__getitem__", spy)
        data.read(20, "radar/heatmap")
        assert touched == [("/radar/heatmap", 5)]


def test_chosen_entries_and_keys_only(make):
    folder = make()
    frame = Dataset(folder, entries=["radar"])[0]
    assert "radar/heatmap" in frame
    assert "target/position" in frame
    assert "camera/image" not in frame
    assert set(Dataset(folder, keys=["target/box"])[0]) == {"target/box"}
    with pytest.raises(DatasetError, match="no key 'x'"):
        Dataset(folder, keys=["x"])
    with pytest.raises(DatasetError, match="no key"):
        Dataset(folder).read(0, "camera/nothing")


def test_a_range_doppler_map_comes_with_its_axes_when_it_is_asked_for(make):
    assert "radar/doppler_map" not in Dataset(make()).keys
    frame = Dataset(make("other", entries=("doppler",)))[3]
    assert frame["radar/doppler_map"].shape == (8, 6)
    assert len(frame["radar/range"]) == 8
    assert len(frame["radar/doppler"]) == 6
    assert frame["radar/world_from_radar"].shape == (4, 4)
    assert {"radar/snr", "target/snr"} <= set(frame)
    assert "radar/heatmap" not in frame


def test_an_entry_that_is_not_there_says_how_to_make_it(make):
    folder = make(entries=("radar",))
    with pytest.raises(DatasetError, match=r"holds radar, not camera.*--entries radar,camera"):
        Dataset(folder, entries=["camera"])


def test_torch_batches_it_in_worker_processes(make):
    torch_data = pytest.importorskip("torch.utils.data")
    data = Dataset(make(), keys=["camera/image", "radar/heatmap", "target/position"])
    data[0]  # files that are open here must not be used there
    loader = torch_data.DataLoader(data, batch_size=10, num_workers=2)
    batches = list(loader)
    assert [len(batch["target/position"]) for batch in batches] == [10, 10, 10]
    assert batches[0]["camera/image"].shape == (10, 32, 40, 3)


def test_reading_needs_neither_torch_nor_blender_nor_embree(make):
    code = (
        "import sys\n"
        "for name in ('torch', 'bpy', 'embreex'): sys.modules[name] = None\n"
        "from synth.dataset import Dataset\n"
        f"print(Dataset({str(make())!r})[0]['camera/image'].shape)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "(32, 40, 3)\n"


def test_it_survives_pickling_and_keeps_few_files_open(make):
    data = Dataset(make(n=15 * (MOST_OPEN + 3)))
    for index in range(0, len(data), 15):
        data.read(index, "frame/time")
    assert len(data._open) == MOST_OPEN
    again = pickle.loads(pickle.dumps(data))
    assert again._open == {}
    assert again.read(3, "frame/index") == 3


def test_a_folder_that_is_no_dataset_says_so(tmp_path):
    with pytest.raises(DatasetError, match="radvis synth"):
        Dataset(tmp_path / "none")
    with pytest.raises(DatasetError, match="no radvis dataset"):
        Dataset(tmp_path)


@pytest.mark.parametrize("place", ["data", "data/manifest.json"])
def test_a_dataset_that_may_not_be_read_says_so(make, tmp_path, monkeypatch, place):
    folder = make()
    lock(monkeypatch, tmp_path / place)
    with pytest.raises(DatasetError, match=r"manifest\.json: Permission denied: .*rights"):
        Dataset(folder)


def test_a_shard_that_may_not_be_read_says_so(make, tmp_path, monkeypatch):
    data = Dataset(make())
    monkeypatch.setattr("pathlib.Path.is_symlink", denied)
    with pytest.raises(DatasetError, match=r"000000\.h5: Permission denied: change its rights"):
        data[0]


def denied(path):
    raise PermissionError(errno.EACCES, "Permission denied", str(path))


def test_whatever_a_configuration_allows_can_be_read_back():
    radio = RadioConfig(n_row=128, n_col=128, n_subcarrier=8192, n_symbol=4096, max_path=1_000_000)
    config = ScenarioConfig(
        "parking_lot",
        radio=radio,
        camera=CameraConfig(width=4096, height=4096),
        heatmap=HeatmapConfig(n_range=8192, n_azimuth=8192, range_max=1000.0),
    )
    most = most_rows(config) | {"point": 512 * 8192}
    for field in fields_of(ENTRIES):
        rows = SEQUENCE_LENGTH * most[str(field.axes[0])] if field.ragged else None
        shape = shape_of(field, lengths(config, 1), rows)
        assert np.dtype(field.dtype).itemsize * math.prod(shape) <= LARGEST_ARRAY, field.key


@pytest.mark.parametrize(
    ("changes", "entries", "message"),
    [
        ({"n_col": 128, "n_symbol": 4096}, ("doppler",), "values of a burst"),
        ({"carrier_hz": 299e9}, ("csi",), "carrier_hz"),
    ],
)
def test_what_the_radio_cannot_do_is_said_before_anything_is_written(
    tmp_path, changes, entries, message
):
    config = tiny_config()
    config = replace(config, radio=replace(config.radio, **changes), entries=entries)
    with pytest.raises(ConfigError, match=message):
        plan(config, tmp_path / "d", 15, 0, TABLES)
    assert not list(tmp_path.iterdir())
    quiet = replace(config, entries=("camera",))
    assert plan(quiet, tmp_path / "d", 15, 0, TABLES).estimate.seconds > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.update(format_version=1), "version 1"),
        (lambda m: m.pop("splits"), "splits"),
        (lambda m: m["shards"][0].update(file="../../etc/passwd"), "is not shards/000000"),
        (lambda m: m["shards"][0].update(sequence=-1), "no count"),
        (lambda m: m["config"].update(rig={"height": 1e9}), "rig.height"),
        (lambda m: m["config"]["radio"].update(carrier_hz=29e9), "config_hash"),
        (lambda m: m.update(n_frame=31), "multiple"),
        (lambda m: m.update(tables=[1]), "tables"),
    ],
)
def test_a_manifest_from_a_stranger_is_checked(make, change, message):
    folder = make()
    values = json.loads((folder / "manifest.json").read_text())
    change(values)
    (folder / "manifest.json").write_text(json.dumps(values))
    with pytest.raises(DatasetError, match=message):
        Dataset(folder)


def test_a_manifest_of_a_radvis_that_knew_fewer_keys_is_read(make):
    folder = make()
    before = read_manifest(folder)
    values = json.loads((folder / "manifest.json").read_text())
    del values["config"]["camera"]["device"]
    values["config_hash"] = config_hash(values["config"])
    (folder / "manifest.json").write_text(json.dumps(values))
    assert read_manifest(folder) == before


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"format_version": 1}'])
def test_a_manifest_that_is_no_manifest(make, text):
    folder = make()
    (folder / "manifest.json").write_text(text)
    with pytest.raises(DatasetError, match=r"manifest\.json is damaged"):
        Dataset(folder)


def test_a_shard_that_leads_out_of_the_dataset_is_refused(make, tmp_path):
    folder = make()
    shard = folder / "shards/000000.h5"
    shard.rename(tmp_path / "elsewhere.h5")
    shard.symlink_to(tmp_path / "elsewhere.h5")
    with pytest.raises(DatasetError, match="leads out"):
        Dataset(folder)[0]


def test_a_shard_of_another_dataset_is_refused(make):
    folder, other = make(), make("other", seed=5)
    (other / "shards/000000.h5").replace(folder / "shards/000000.h5")
    with pytest.raises(DatasetError, match="seed = 5, the dataset with 0: remove it"):
        Dataset(folder)[0]


def test_a_small_file_that_claims_many_rows_is_not_read(make):
    folder = make()
    path = folder / "shards/000000.h5"
    with h5py.File(path, "r+") as file:
        rows = most_rows(tiny_config())["path"] + 1
        for name, item in list(file["paths"].items()):
            if name == "offset":
                item[1:] = rows
                continue
            plan, shape = item.id.get_create_plist(), (rows, *item.shape[1:])
            space, kind = h5py.h5s.create_simple(shape), item.id.get_type()
            del file[f"paths/{name}"]
            plan.set_chunk((4096, *shape[1:]))
            h5py.h5d.create(
                file["paths"].id, name.encode(), kind, space, plan
            )  # no chunk is stored
    assert path.stat().st_size < 1e6
    with Dataset(folder) as data, pytest.raises(DatasetError, match="paths/offset is damaged"):
        data.read(0, "paths/gain")


def test_a_pipe_in_the_place_of_a_shard_is_not_waited_for(make):
    folder = make()
    path = folder / "shards/000000.h5"
    path.unlink()
    os.mkfifo(path)
    with Dataset(folder) as data, pytest.raises(DatasetError, match="is a link or no file"):
        data.read(0, "frame/time")
