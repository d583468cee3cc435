"""Values of strangers that stand for nothing are told by name, whatever is to be made of them."""

import json

import h5py
import numpy as np
import pytest

from synth.dataset import Dataset
from synth.export import plan_export, run_export
from synth.manifest import read_manifest, record_of, write_manifest
from synth.page import write_page
from synth.recording import save_recording
from synth.shards import DatasetError
from synth.view import contact_sheet

USES = {
    "read": lambda data, _: [frame for frame in data],
    "sheet": lambda data, out: contact_sheet(data, out, [0]),
    "page": write_page,
    "recording": save_recording,
    "export": lambda data, out: run_export(plan_export(data.folder, out, "folders")),
}


def changed(folder, key, row, value):
    """Put a value into a shard, and its checksum into the manifest, as a stranger would."""
    with h5py.File(folder / "shards/000000.h5", "r+") as file:
        values = file[key][:]
        values[row] = np.array(value, values.dtype)
        file[key][:] = values
    write_manifest(folder, read_manifest(folder).with_shard(record_of(folder, 0)))


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(
    ("key", "value", "table"),
    [("frame/weather", 200, "weathers"), ("object/class", 99, "classes"),
     ("object/model", -2, "models"), ("object/model", 300, "models")],
)  # fmt: skip
def test_a_code_beyond_its_table_is_told(make, tmp_path, use, key, value, table):
    changed(folder := make(n=15), key, 0, value)
    told = f"{key} = {value} is beyond the table {table}: run radvis validate"
    with Dataset(folder) as data, pytest.raises(DatasetError, match=told):
        USES[use](data, tmp_path / "out")


@pytest.mark.parametrize(("key", "nothing"), [("object/model", -1), ("paths/material", 255)])
def test_codes_for_nothing_are_read(make, key, nothing):
    changed(folder := make(n=15), key, 0, nothing)
    with Dataset(folder) as data:
        assert data[0][key][0] == nothing


@pytest.mark.parametrize("use", [use for use in USES if use != "read"])
@pytest.mark.parametrize(
    ("key", "row", "value", "told"),
    [("target/range", 0, np.nan, "target/range = nan is no measure"),
     ("target/half_path", 0, 3e38, r"target/half_path = 3e\+38 is no measure"),
     ("lidar/world_from_lidar", 0, np.inf, "lidar/world_from_lidar = inf is no measure"),
     ("radar/range", -1, 1e12, "radar/range is not what configuration"),
     ("radar/azimuth", -1, np.nan, "radar/azimuth is not what configuration")],
)  # fmt: skip
def test_what_is_no_measure_is_told(make, tmp_path, use, key, row, value, told):
    changed(folder := make(n=15), key, row, value)
    with Dataset(folder) as data, pytest.raises(DatasetError, match=f"{told}.*: run radvis valid"):
        USES[use](data, tmp_path / "out")


def test_an_object_without_a_name_is_told(make):
    folder = make(n=15)
    values = json.loads((folder / "manifest.json").read_text())
    values["objects"] = [{"id": 2, "name": "Hut", "class": "car"}]
    (folder / "manifest.json").write_text(json.dumps(values))
    with Dataset(folder) as data, pytest.raises(DatasetError, match="object/id = 3 has no name"):
        data.read(0, "object/id")


@pytest.mark.parametrize("name", ["two\nlines", "half \ud800"])
def test_tables_of_names_that_do_not_print_are_refused(make, name):
    folder = make(n=15)
    values = json.loads((folder / "manifest.json").read_text())
    values["tables"]["weathers"] = [name]
    (folder / "manifest.json").write_text(json.dumps(values))
    with pytest.raises(DatasetError, match="table weathers is no list of names that print"):
        Dataset(folder)
