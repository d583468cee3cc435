import json

import h5py
import numpy as np
import pytest

from synth.manifest import read_manifest, record_of, write_manifest
from synth.validate import validate

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
        (lambda f: f.attrs.modify("seed", 5), "is sequence 1 of seed 5"),
        (lambda f: f.attrs.modify("tables", "{}"), "no radvis shard"),
        (lambda f: f.__delitem__("radar/range"), "radar/range is missing"),
    ],
)
def test_what_breaks_a_promise_is_found(make, change, defect):
    folder = make()
    rewrite(folder, change)
    assert defect in "\n".join(validate(folder))


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
