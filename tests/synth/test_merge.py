import errno
import json
import os
import shutil
from pathlib import Path

import pytest

from scenes.config import ConfigError
from synth.generate import generate
from synth.manifest import read_manifest
from synth.merge import merge
from synth.plan import plan
from synth.shards import DatasetError
from synth.validate import validate
from tests.fakes import TABLES, fake_sequence, tiny_config

N, OF = 60, 3


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A dataset made at once, and the same in three parts: a folder of both."""
    root = tmp_path_factory.mktemp("parts")
    generate(plan(tiny_config(), root / "whole", N, 4, TABLES), fake_sequence)
    for part in range(1, OF + 1):
        wanted = plan(tiny_config(), root / f"part-{part}", N, 4, TABLES, share=(part, OF))
        generate(wanted, fake_sequence)
    return root


@pytest.fixture
def parts(made, tmp_path):
    return [shutil.copytree(made / f"part-{i}", tmp_path / f"part-{i}") for i in (1, 2, 3)]


def files(folder):
    return {path.name: path.read_bytes() for path in sorted(Path(folder).rglob("*.h5"))}


def manifest_bytes(folder):
    return (Path(folder) / "manifest.json").read_bytes()


def test_parts_hold_every_third_sequence_and_no_other(parts):
    held = [[shard.sequence for shard in read_manifest(part).shards] for part in parts]
    assert held == [[0, 3], [1], [2]]


def test_parts_that_are_merged_are_the_dataset_to_the_byte(made, parts, tmp_path):
    counted: list[tuple[int, int]] = []
    merge(parts, tmp_path / "out", lambda *shards: counted.append(shards))
    assert counted == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert files(tmp_path / "out") == files(made / "whole")
    assert manifest_bytes(tmp_path / "out") == manifest_bytes(made / "whole")
    assert validate(tmp_path / "out") == []
    merge(parts, tmp_path / "out")  # once more: nothing to do
    assert manifest_bytes(tmp_path / "out") == manifest_bytes(made / "whole")


def test_shards_are_linked_where_they_can_be_and_copied_elsewhere(parts, tmp_path, monkeypatch):
    merge(parts, tmp_path / "links")
    assert all(path.stat().st_nlink == 2 for path in (tmp_path / "links/shards").glob("*.h5"))

    def refuse(*_):
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr("os.link", refuse)
    merge(parts, tmp_path / "copies")
    assert files(tmp_path / "copies") == files(tmp_path / "links")
    assert all(path.stat().st_nlink == 1 for path in (tmp_path / "copies/shards").glob("*.h5"))


def test_a_merge_that_was_stopped_goes_on(parts, tmp_path):
    def stop(count, _):
        if count == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        merge(parts, tmp_path / "out", stop)
    assert any("is missing" in text or "are missing" in text for text in validate(tmp_path / "out"))
    merge(parts, tmp_path / "out")
    assert validate(tmp_path / "out") == []


def test_a_merged_shard_that_is_damaged_comes_from_its_part_again(made, parts, tmp_path):
    out = tmp_path / "out"
    merge(parts, out)
    shard = out / "shards/000001.h5"
    shard.unlink()  # it is a link to the part's
    shard.write_bytes(b"damaged")
    with pytest.raises(DatasetError, match=r"000001.h5 has 7 bytes.*: delete it and merge again"):
        merge(parts, out)
    shard.unlink()
    merge(parts, out)
    assert files(out) == files(made / "whole")


def test_more_parts_join_what_is_merged(parts, tmp_path):
    whole = shutil.copytree(parts[0], tmp_path / "begun")
    with pytest.raises(DatasetError, match=r"2 of 4 sequences are in no part \(1, 2\)"):
        merge(parts[:1], tmp_path / "nothing")
    merge(parts[1:], whole)
    assert validate(whole) == []


def test_a_part_of_another_dataset_is_refused(parts, tmp_path):
    generate(plan(tiny_config(), tmp_path / "other", N, 5, TABLES, share=(2, OF)), fake_sequence)
    with pytest.raises(DatasetError, match="made with seed = 5"):
        merge([parts[0], tmp_path / "other", parts[2]], tmp_path / "out")
    more = plan(tiny_config(), tmp_path / "more", N + 15, 4, TABLES, share=(2, OF))
    generate(more, fake_sequence)
    with pytest.raises(DatasetError, match="same --n"):
        merge([parts[0], tmp_path / "more", parts[2]], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_damaged_shard_is_never_merged(parts, tmp_path):
    shard = next(parts[1].rglob("*.h5"))
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    with pytest.raises(DatasetError, match=r"000001.h5 has another checksum"):
        merge(parts, tmp_path / "out")
    assert read_manifest(tmp_path / "out").shards == ()
    shard.write_bytes(content[:-100])
    with pytest.raises(DatasetError, match=r"000001.h5 has \d+ bytes"):
        merge(parts, tmp_path / "out")


def test_a_shard_that_differs_between_parts_is_refused(parts, tmp_path):
    shutil.copy(parts[0] / "shards/000000.h5", parts[1] / "shards/000000.h5")
    path = parts[1] / "manifest.json"
    values = json.loads(path.read_text())
    record = json.loads((parts[0] / "manifest.json").read_text())["shards"][0]
    values["shards"].insert(0, {**record, "sha256": "0" * 64})
    path.write_text(json.dumps(values))
    with pytest.raises(DatasetError, match="differs from another part's"):
        merge(parts, tmp_path / "out")


def test_a_link_that_leads_out_of_a_part_is_refused(parts, tmp_path):
    shard = next(parts[1].rglob("*.h5"))
    shutil.move(shard, tmp_path / "elsewhere.h5")
    shard.symlink_to(tmp_path / "elsewhere.h5")
    with pytest.raises(DatasetError, match="leads out of the dataset"):
        merge(parts, tmp_path / "out")


def test_a_part_is_not_made_the_whole(parts):
    with pytest.raises(DatasetError, match="is one of the parts: choose another --out"):
        merge(parts, parts[0])


def test_a_folder_of_others_is_left_alone(parts, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.txt").write_text("mine")
    with pytest.raises(DatasetError, match="not empty and no dataset"):
        merge(parts, tmp_path / "out")


@pytest.mark.parametrize("share", [(0, 3), (4, 3), (1, 5), (1, 0)])
def test_shares_that_cannot_be_are_told(tmp_path, share):
    with pytest.raises(ConfigError, match="parts count from 1"):
        plan(tiny_config(), tmp_path / "d", N, 0, TABLES, share=share)
