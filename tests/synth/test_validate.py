import json
from dataclasses import replace

import h5py
import numpy as np
import pytest

from scenes.sensors import make_radar
from synth.doppler import make_doppler_imager
from synth.heatmap import make_imager
from synth.manifest import read_manifest, record_of, write_manifest
from synth.validate import known_arrays, validate
from tests.fakes import tiny_config

SHARD = "shards/000001.h5"


def test_a_good_dataset_has_no_defect(make):
    assert validate(make()) == []


def test_a_flipped_byte_a_missing_and_a_surplus_shard_are_found(make):
    folder = make(n=45)
    path = folder / SHARD
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    (folder / "shards/000002.h5").rename(folder / "shards/000009.h5")
    text = "\n".join(validate(folder))
    assert f"{SHARD}: has another checksum" in text
    assert "shards/000002.h5: is missing" in text
    assert "shards/000009.h5 is not listed" in text


def rewrite(folder, change):
    """Change a shard's content and make the checksums agree, as a stranger would."""
    with h5py.File(folder / SHARD, "r+") as file:
        change(file)
    write_manifest(folder, read_manifest(folder).with_shard(record_of(folder, 1)))


def put(key, place, value):
    def change(file):
        file[key][place] = value

    return change


def text(place, key, value):
    def change(file):
        raw = value.encode()
        kind = h5py.string_dtype("utf-8", len(raw))
        file[place].attrs.create(key, raw, dtype=kind)

    return change


@pytest.mark.parametrize(
    ("change", "defect"),
    [
        (put("target/position", 3, np.nan), "target/position is not finite"),
        (put("csi/response", (2, 0, 0, 0), np.inf), "csi/response is not finite"),
        (put("lidar/offset", 4, 10**6), "lidar/offset does not divide"),
        (put("object/class", 5, 77), "object/class reaches beyond the table classes"),
        (put("object/model", 5, -9), "object/model reaches beyond"),
        (put("object/box", 4, [0, 0, 999, 5]), "object/box leaves the picture"),
        (put("object/box", 4, [9, 9, 2, 2]), "object/box is inside out"),
        (put("object/visibility", 1, 1.5), "object/visibility is outside"),
        (put("target/box", 2, [1, 1, 2, 2]), "frame 2: target/box is not"),
        (put("target/object", 2, 9), "frame 2: the target is 0 times"),
        (put("depth/instance", (0, 0, 0), 50), "instance 50 is no object"),
        (put("depth/instance", (1, slice(None), slice(None)), 0), "is not around its pixels"),
        (put("frame/index", 3, 9), "frame/index is not"),
        (put("frame/sequence", 3, 9), "frame/sequence is not"),
        (put("frame/time", 3, 0.61), "frame/time is not"),
        (put("camera/intrinsics", (0, 0), 99.0), "camera/intrinsics is not"),
        (put("radar/range", 3, 9.9), "radar/range is not"),
        (put("radar/azimuth", 3, 0.1), "radar/azimuth is not"),
        (put("csi/frequency", 3, 1e6), "csi/frequency is not"),
        (put("camera/world_from_camera", (2, 0, 0), 1.01), "camera/world_from_camera is not rigid"),
        (put("lidar/world_from_lidar", (2, 0, 0), -1.0), "lidar/world_from_lidar is not rigid"),
        (put("radar/world_from_radar", (2, 3, 0), 0.1), "radar/world_from_radar is not rigid"),
        (put("radar/world_from_radar", (2, 1, 2), np.nan), "radar/world_from_radar is not finite"),
        (put("radar/world_from_radar", 2, 1e300), "radar/world_from_radar is not rigid"),
        (put("radar/world_from_radar", (2, 0, 3), 0.5), "target/range is not"),
        (put("target/azimuth", 2, 3.2), "target/azimuth is outside"),
        (put("paths/aoa", (2, 0), -3.2), "paths/aoa is outside"),
        (put("paths/aod", (2, 1), 1.6), "paths/aod is outside"),
        (put("paths/bounces", 2, 0), "paths/bounces is 0 of a path that is no line of sight"),
        (put("paths/bounces", 2, 4), "paths/bounces is outside 0 to 3"),
        (put("paths/object", 2, 0), "paths/object is 0 of a path that is no line of sight"),
        (put("paths/material", 2, 255), "paths/material is 255 of a path that is no line of sight"),
        (put("paths/material", 2, 2), "paths/material reaches beyond the table materials"),
        (put("paths/kind", 2, 4), "paths/kind reaches beyond the table kinds"),
        (put("radar/snr", 2, -np.inf), "radar/snr is not finite"),
        (put("target/snr", 2, np.nan), "target/snr is not finite"),
        (put("frame/rate", slice(None), 9.0), "frame/rate is above 0 in other weather than rain"),
        (put("frame/visibility", 4, 9.0), "frame/visibility changes within the sequence"),
        (put("object/visibility", 1, 0.0), "object/visibility is 0 of an object with a box"),
        (put("depth/class", slice(None), 1 - np.eye(32, 40)), "depth/class of object"),
        (put("depth/image", (2, slice(None), slice(None)), 0.0), "frame 2: depth/image is 0 of"),
        (put("depth/image", (2, 0, 0), 9.0), "frame 2: depth/image is 0 of a thing, or not 0"),
        (
            put("lidar/object", slice(10, 20), 2),
            "frame 1: lidar/class of object 2 is not its object/class",
        ),
        (put("target/velocity", 2, [9, 9, 9]), "target/velocity is not that of target/position"),
        (put("target/half_path", 2, 1.0), "target/half_path is not half the way"),
        (put("target/snr", 2, 999.0), "target/snr is above radar/snr"),
        (text("/", "scene", "street"), "attribute scene of / is not 'parking_lot'"),
        (text("radar/range", "unit", "km"), "attribute unit of /radar/range is not 'm'"),
        (lambda f: f["csi/response"].attrs.pop("unit"), "attribute unit of /csi/response is not"),
        (text("/", "generator", "radvis 0"), "was made with generator = 'radvis 0'"),
        (lambda f: f.attrs.modify("seed", 5), "was made with seed = 5"),
        (lambda f: f.attrs.modify("sequence", 5), "holds sequence 5, not 1"),
        (lambda f: f.attrs.modify("tables", "{}"), "no radvis shard"),
        (lambda f: f.__delitem__("radar/range"), "radar/range is missing"),
    ],
)
def test_what_breaks_a_promise_is_found(make, change, defect):
    folder = make()
    rewrite(folder, change)
    assert defect in "\n".join(validate(folder))


def test_a_line_of_sight_meets_nothing_and_is_good(make):
    def change(file):
        for name, value in {"kind": 0, "object": 0, "material": 255, "bounces": 0}.items():
            file[f"paths/{name}"][2] = value

    folder = make()
    rewrite(folder, change)
    assert validate(folder) == []


def test_a_range_doppler_map_is_checked(make):
    folder = make(entries=("doppler", "csi"))
    assert validate(folder) == []
    rewrite(folder, put("radar/doppler", 3, 1.0))
    assert "radar/doppler is not what" in "\n".join(validate(folder))


def test_more_reflections_than_bounces_are_good(make):
    radio = replace(tiny_config().radio, n_bounce=1, n_reflection=4)
    folder = make(radio=radio)
    rewrite(folder, put("paths/bounces", 2, 4))
    assert validate(folder) == []


def test_a_value_that_is_not_finite_is_one_defect(make):
    folder = make()
    rewrite(folder, put("radar/world_from_radar", (2, 1, 2), np.nan))
    assert validate(folder) == [f"{SHARD}: radar/world_from_radar is not finite everywhere"]


def test_angles_at_the_very_end_of_their_range_are_good(make):
    folder = make()
    rewrite(folder, put("paths/aoa", 2, [-np.pi, np.pi / 2]))
    assert validate(folder) == []


@pytest.mark.parametrize("step", ["file_sha256", "open_shard"])
def test_a_shard_that_cannot_be_read_is_one_defect(make, monkeypatch, step):
    def fails(*_):
        raise PermissionError(13, "Permission denied")

    folder = make()
    monkeypatch.setattr(f"synth.validate.{step}", fails)
    found = validate(folder)
    assert len(found) == 2
    assert all("cannot be read" in line and "Permission denied" in line for line in found)


def test_the_arrays_known_beforehand_are_those_that_are_made():
    config = tiny_config()
    known, imager = known_arrays(config, 3), make_imager(config, make_radar(config))
    np.testing.assert_array_equal(known["radar/range"], imager.range)
    np.testing.assert_array_equal(known["radar/azimuth"], imager.azimuth)
    doppler = make_doppler_imager(config).doppler
    np.testing.assert_array_equal(known["radar/doppler"], doppler)


def test_splits_that_share_or_lack_a_sequence_are_found(make):
    folder = make(n=45)
    path = folder / "manifest.json"
    values = json.loads(path.read_text())
    values["splits"] = {"train": [0, 1], "validation": [1], "test": []}
    path.write_text(json.dumps(values))
    text = "\n".join(validate(folder))
    assert "splits share a sequence" in text
    assert "splits and sequences differ" in text


def test_an_unfinished_dataset_says_how_to_go_on(make):
    folder = make(n=45)
    manifest = read_manifest(folder)
    write_manifest(folder, type(manifest)(**{**vars(manifest), "shards": manifest.shards[:1]}))
    assert "2 of 3 sequences are missing" in validate(folder)[0]
