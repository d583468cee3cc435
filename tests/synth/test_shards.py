import h5py
import numpy as np
import pytest

from synth.sample import FIELDS, RAGGED, fields_of, format_page
from synth.shards import (
    DatasetError,
    ShardHeader,
    open_shard,
    read_header,
    write_shard,
)
from synth.storage import FIRST_COLUMN, missing_from, storage
from tests.fakes import TABLES, fake_sequence, tiny_config

CONFIG = tiny_config()
HEADER = ShardHeader(3, 7, CONFIG, TABLES, "radvis test")


def write(path, arrays=None, header=HEADER):
    write_shard(path, fake_sequence(CONFIG, 3, 7) if arrays is None else arrays, header)
    return path


def test_keys_are_unique_and_every_entry_brings_something():
    keys = [field.key for field in FIELDS]
    assert len(set(keys)) == len(keys)
    for entry in CONFIG.entries:
        assert len(fields_of((entry,))) > len(fields_of(()))


def test_ragged_tables_are_those_with_an_offset():
    offsets = {field.group for field in FIELDS if field.key.endswith("/offset")}
    assert {field.group for field in FIELDS if field.ragged} == offsets
    assert set(FIRST_COLUMN) == set(RAGGED)


def test_the_format_page_names_every_key():
    page = format_page()
    assert all(f"`{field.key}`" in page for field in FIELDS)


def test_what_is_written_is_read_back_with_its_header(tmp_path):
    arrays = fake_sequence(CONFIG, 3, 7)
    with open_shard(write(tmp_path / "a.h5", arrays)) as file:
        header = read_header(file)
        assert (header.seed, header.sequence, header.config) == (3, 7, CONFIG)
        assert header.tables == TABLES
        assert missing_from(file, CONFIG) == []
        for key, array in arrays.items():
            np.testing.assert_array_equal(file[key][:], array)
    assert [path.name for path in tmp_path.iterdir()] == ["a.h5"]


def test_the_same_arrays_give_the_same_bytes(tmp_path):
    assert write(tmp_path / "a.h5").read_bytes() == write(tmp_path / "b.h5").read_bytes()


def test_frames_are_chunks_of_their_own_and_compressed(tmp_path):
    with open_shard(write(tmp_path / "a.h5")) as file:
        image = file["camera/image"]
        assert image.chunks == (1, 32, 40, 3)
        assert file["csi/response"].chunks[0] == 1
        assert list(image._filters) == ["32008", "fletcher32"]  # Bitshuffle, a checksum


def test_a_chunk_that_rots_is_noticed_when_it_is_read(tmp_path):
    path = write(tmp_path / "a.h5")
    with open_shard(path) as file:
        place = file["camera/image"].id.get_chunk_info(3)
    raw = bytearray(path.read_bytes())
    raw[place.byte_offset + place.size // 2] ^= 4
    path.write_bytes(raw)
    with open_shard(path) as file:
        file["camera/image"][2]
        with pytest.raises(OSError, match="filter returned failure"):
            file["camera/image"][3]


@pytest.mark.parametrize("key", ["camera/image", "paths/gain", "target/box"])
def test_arrays_that_break_the_format_are_refused_and_leave_nothing(tmp_path, key):
    for wrong in (lambda a: a[:1], lambda a: np.abs(a).astype(np.float16)):
        arrays = fake_sequence(CONFIG, 3, 7)
        arrays[key] = wrong(arrays[key])
        with pytest.raises(ValueError, match="format"):
            write(tmp_path / "a.h5", arrays)
    del arrays[key]
    with pytest.raises(ValueError, match=key):
        write(tmp_path / "a.h5", arrays)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("step", ["synth.shards.os.fsync", "synth.shards.os.replace"])
def test_a_disk_that_fails_leaves_nothing(tmp_path, monkeypatch, step):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(step, full)
    with pytest.raises(OSError, match="No space"):
        write(tmp_path / "a.h5")
    assert not list(tmp_path.iterdir())


def test_a_truncated_and_a_foreign_file_are_named(tmp_path):
    path = write(tmp_path / "a.h5")
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(DatasetError, match=r"a\.h5 is truncated"):
        open_shard(path)
    path.write_text("hello")
    with pytest.raises(DatasetError, match="no HDF5"):
        open_shard(path)
    with pytest.raises(DatasetError, match="missing"):
        open_shard(tmp_path / "b.h5")
    with h5py.File(tmp_path / "c.h5", "w") as file:
        file["x"] = 1
    with (
        open_shard(tmp_path / "c.h5") as file,
        pytest.raises(DatasetError, match="no radvis shard"),
    ):
        read_header(file)


def test_another_format_version_is_named(tmp_path):
    path = write(tmp_path / "a.h5")
    with h5py.File(path, "r+") as file:
        file.attrs["format_version"] = 9
    with open_shard(path) as file, pytest.raises(DatasetError, match="version 9"):
        read_header(file)


def test_defects_of_shape_type_and_place_are_found_without_reading(tmp_path):
    path = write(tmp_path / "a.h5")
    with h5py.File(path, "r+") as file:
        del file["camera/image"], file["target/box"], file["radar/range"]
        file.create_dataset("camera/image", (10**6, 10**6, 10**6), "u1", chunks=(1, 9, 9))
        file["target/box"] = np.zeros((15, 4), "f8")
        file["extra/thing"] = 1
    with open_shard(path) as file:
        text = "; ".join(missing_from(file, CONFIG))
    for part in ("camera/image has shape", "target/box is float64", "radar/range is missing",
                 "extra is not in the format"):  # fmt: skip
        assert part in text


def test_data_behind_links_or_in_other_files_is_not_read(tmp_path):
    path, other = write(tmp_path / "a.h5"), write(tmp_path / "b.h5")
    with h5py.File(path, "r+") as file:
        del file["target/box"], file["radar"], file["camera/image"], file["paths/gain"]
        file["target/box"] = h5py.ExternalLink(other.name, "target/box")
        file["radar"] = h5py.ExternalLink(other.name, "radar")
        file["paths/gain"] = h5py.SoftLink("/paths/delay")
        file.create_dataset(
            "camera/image", (15, 32, 40, 3), "u1", external=[("/etc/passwd", 0, 15 * 32 * 40 * 3)]
        )
    with open_shard(path) as file:
        text = "; ".join(missing_from(file, CONFIG))
    for key in ("target/box", "radar/heatmap", "paths/gain"):
        assert f"{key} is missing" in text
    assert "camera/image keeps its data outside the file" in text


def test_more_rows_than_there_can_be_are_refused_before_anything_is_read(tmp_path):
    most = {"object": 15 * 65_535, "lidar": 15 * CONFIG.lidar.n_beam * CONFIG.lidar.n_azimuth}
    path = write(tmp_path / "a.h5")
    for more, said in ((0, False), (1, True)):
        with h5py.File(path, "r+") as file:
            for group, n_row in most.items():
                for field in (f for f in FIELDS if f.group == group and f.ragged):
                    shape = file[field.key].shape[1:]
                    del file[field.key]
                    file.create_dataset(field.key, (n_row + more, *shape), field.dtype, **storage(
                        field, (n_row + more, *shape)
                    ))  # fmt: skip
        with open_shard(path) as file:
            text = "; ".join(missing_from(file, CONFIG))
        for key, n_row in (("object/id", most["object"]), ("lidar/object", most["lidar"])):
            told = f"{key} has shape ({n_row + more},), too large to be true" in text
            assert told is said


def test_sizes_beyond_belief_are_refused_before_anything_is_read(tmp_path):
    path = write(tmp_path / "a.h5")
    with h5py.File(path, "r+") as file:
        del file["radar/heatmap"]
        file.create_dataset("radar/heatmap", (15, 8, 10), "f4", maxshape=(None,) * 3,
                            chunks=(2**10, 2**10, 2**9))  # fmt: skip
        for key in ("lidar/intensity", "lidar/material"):
            dtype = file[key].dtype
            del file[key]
            file.create_dataset(key, (2**40,), dtype, chunks=(4096,))
    with open_shard(path) as file:
        text = "; ".join(missing_from(file, CONFIG))
    assert "radar/heatmap is chunked or compressed in another way" in text
    for key in ("lidar/intensity", "lidar/material"):
        assert f"{key} has shape (1099511627776,), too large to be true" in text
