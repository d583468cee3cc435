from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from synth.dataset import Dataset
from synth.shards import DatasetError
from synth.view import PANELS, TARGET, Scales, contact_sheet


def picture(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def size(path):
    with Image.open(path) as image:
        return image.size


def has_target_colour(path):
    colour = np.array([int(TARGET[i : i + 2], 16) for i in (1, 3, 5)])
    return (np.abs(picture(path).astype(int) - colour) < 12).all(-1).any()


def test_a_sheet_shows_every_sensor_and_marks_the_target(make, tmp_path):
    with Dataset(make()) as data:
        contact_sheet(data, tmp_path / "five.png")
        contact_sheet(data, tmp_path / "two.png", [0, 29])
    assert has_target_colour(tmp_path / "five.png")
    (width, five), (same, two) = size(tmp_path / "five.png"), size(tmp_path / "two.png")
    assert width == same
    assert five > two


@pytest.mark.parametrize("entry", ["camera", "depth", "lidar", "radar"])
def test_columns_of_missing_entries_are_left_out(make, tmp_path, entry):
    folder, whole = make(entry, n=15, entries=(entry,)), make("all", n=15)
    contact_sheet(Dataset(folder), tmp_path / "one.png", [7])
    contact_sheet(Dataset(whole), tmp_path / "all.png", [7])
    assert size(tmp_path / "one.png")[0] < size(tmp_path / "all.png")[0] / 2
    assert has_target_colour(tmp_path / "one.png")


def test_the_same_dataset_gives_the_same_picture(make, tmp_path):
    data = Dataset(make(n=15))
    for name in ("a.png", "b.png"):
        contact_sheet(data, tmp_path / name, [3])
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize("name", [r"a $\bad{ b$", "$x^$", "half a \ud800 pair"])
def test_a_strangers_name_is_drawn_as_it_is(make, tmp_path, name):
    data = Dataset(make(n=15))
    data.manifest = replace(data.manifest, name=name)
    contact_sheet(data, tmp_path / "a.png", [3])
    assert (tmp_path / "a.png").exists()


def test_a_cell_of_the_heatmap_is_drawn_around_its_centre():
    frame = {
        "radar/range": np.array([10.0, 12.0, 14.0]),
        "radar/azimuth": np.radians([-10.0, 0.0, 10.0]),
        "radar/heatmap": np.zeros((3, 3)),
        "target/azimuth": np.array(0.0),
        "target/range": np.array(12.0),
        "target/half_path": np.array(12.0),
    }
    axis = Figure().add_subplot()
    PANELS["radar"](axis, frame, Scales((1, 2), (-1, 0), 20, 0.5, 1))
    np.testing.assert_allclose(axis.images[0].get_extent(), [-15, 15, 9, 15])


def test_frames_that_are_not_there_and_entries_without_a_picture_are_named(make, tmp_path):
    data = Dataset(make(n=15))
    with pytest.raises(DatasetError, match=r"frame 15: .* has frames 0 to 14"):
        contact_sheet(data, tmp_path / "x.png", [0, 15])
    with pytest.raises(DatasetError, match="51 frames: a sheet shows 1 to 50"):
        contact_sheet(data, tmp_path / "x.png", [0] * 51)
    blind = Dataset(make("blind", n=15, entries=("csi", "paths")))
    with pytest.raises(DatasetError, match="none of camera, depth, lidar, radar"):
        contact_sheet(blind, tmp_path / "x.png")
    assert not (tmp_path / "x.png").exists()
