"""What object ids stand for in datasets of users' own Blender files."""

import json
from dataclasses import replace

import h5py
import numpy as np
import pytest

from scenes.spec import Label
from synth.dataset import Dataset
from synth.manifest import read_manifest, record_of, write_manifest
from synth.shards import DatasetError
from synth.validate import validate
from synth.view import contact_sheet, sheet
from tests.fakes import fake_sequence

NAMED = (Label(1, "ground", "", "Yard"), Label(2, "car", "", "Kran"), Label(3, "car", "", "Müll"))


@pytest.fixture
def named(make):
    """A dataset whose manifest names its objects."""
    folder = make(n=15, synthesise=fake_sequence)
    write_manifest(folder, replace(read_manifest(folder), objects=NAMED))
    return folder


def changed(folder, change):
    """Change the manifest as a stranger would."""
    values = json.loads((folder / "manifest.json").read_text())
    change(values)
    (folder / "manifest.json").write_text(json.dumps(values))
    return folder


def test_names_and_classes_come_back(named):
    data = Dataset(named)
    assert data.manifest.objects == NAMED
    assert data.objects[3].name == "Müll" and data.objects[1].kind == "ground"
    assert int(data[0]["target/object"]) in data.objects
    rows = json.loads((named / "manifest.json").read_text())["objects"]
    assert rows[1] == {"id": 2, "name": "Kran", "class": "car"}
    assert validate(named) == []


def test_a_built_in_scene_names_none_and_an_older_manifest_reads(make, named):
    plain = make("plain", n=15)
    assert json.loads((plain / "manifest.json").read_text())["objects"] == []
    assert Dataset(plain).objects == {}
    assert validate(named) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.update(objects={"2": "Kran"}), "objects is no list"),
        (lambda m: m.pop("objects"), "lacks 'objects'"),
        (lambda m: m.update(objects=[7]), "damaged"),
        (lambda m: m["objects"][1].pop("class"), "lacks 'class'"),
        (lambda m: m["objects"][1].update(id=1), "object id 1 does not grow"),
        (lambda m: m["objects"][2].update(id=65536), "beyond 65535"),
        (lambda m: m["objects"][0].update(id=0), "object id 0 does not grow"),
        (lambda m: m["objects"][0].update(id="1"), "'1' is no count"),
        (lambda m: m["objects"][1].update(name=["Kran"]), "name of object 2 is no text"),
        (lambda m: m["objects"][1].update(**{"class": "crane"}), "class of object 2 is not in"),
        (lambda m: m["objects"][1].update(**{"class": {}}), "class of object 2 is not in"),
    ],
)
def test_what_is_no_table_of_objects_is_refused(named, change, message):
    with pytest.raises(DatasetError, match=message):
        Dataset(changed(named, change))


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("a\nb\x1b[31m\x00\x7f", "a?b?[31m??"), ("\u202eevil\u200b", "?evil?"),
        ("half \ud800", "half ?"), ("", "?"), ("x" * 10_000, "x" * 300),
        ("../../etc/passwd", "../../etc/passwd"),
    ],
)  # fmt: skip
def test_names_from_a_stranger_can_be_shown(named, tmp_path, hostile, shown):
    data = Dataset(changed(named, lambda m: m["objects"][1].update(name=hostile)))
    assert data.objects[2].name == shown
    contact_sheet(data, tmp_path / "sheet.png", [0])


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Kran", "target Kran    15 frames"), (r"$\bad{ b$", r"target $\bad{ b$    15"),
        ("クレーン", "target ????    "), ("y" * 80, f"target {'y' * 37}...    15"),
    ],
)  # fmt: skip
def test_the_sheet_says_what_the_target_is_called(named, tmp_path, monkeypatch, name, shown):
    data = Dataset(changed(named, lambda m: m["objects"][1].update(name=name)))
    facts = []

    def spy(frames, config, tables, scene, told, path):
        facts.append(told)
        sheet(frames, config, tables, scene, told, path)

    monkeypatch.setattr("synth.view.sheet", spy)
    contact_sheet(data, tmp_path / "sheet.png", [0])
    assert facts[0].startswith(shown)


@pytest.mark.parametrize(
    ("row", "key", "value", "defect"),
    [
        (3, "object/class", 1, "object 3 is of another class than manifest.json says"),
        (3, "object/id", 9, "object 9 has no name in manifest.json"),
    ],
)
def test_shards_that_disagree_with_the_names_are_found(named, row, key, value, defect):
    with h5py.File(named / "shards/000000.h5", "r+") as file:
        values = file[key][:]
        values[row] = np.array(value, values.dtype)
        file[key][:] = values
    write_manifest(named, read_manifest(named).with_shard(record_of(named, 0)))
    assert f"shards/000000.h5: {defect}" in validate(named)
