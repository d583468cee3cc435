"""Pictures of a method's frames: which are chosen, and whether things are drawn where they are."""

import io
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from benchmark import panels
from benchmark.context import Context
from benchmark.methods.duet import Duet
from benchmark.pairs import Pairs, load
from benchmark.panels import chosen_frames, mark, panel_path, show_map, show_picture, write_panels
from benchmark.presets import PRESETS
from benchmark.self_labels import places_of
from benchmark.sources import Source
from tests.benchmark.paintings import paired_dataset

SMOKE = PRESETS["smoke"]


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = paired_dataset(tmp_path_factory.mktemp("panels") / "data")
    pairs = Pairs(path, "validation", SMOKE.height, SMOKE.width)
    return Source(pairs, load(pairs))


@pytest.fixture
def context(tmp_path):
    fabric = Fabric(accelerator="cpu", devices=1)
    return Context(SMOKE, 0, tmp_path, fabric, {"data": "x"})


def near(source):
    """Places that are off by 0 m in the first frame, by ever more in later ones."""
    return places_of(source) + np.linspace(0, 3, len(source))[:, None] * [1, 0]


def test_frames_are_those_at_the_quantiles_of_the_error():
    error = np.random.default_rng(0).permutation(101) / 10
    found = {name: error[frame] for name, frame in chosen_frames(error)}
    assert found == {
        "best": 0, "25 %": 2.5, "median": 5, "75 %": 7.5, "90 %": 9, "worst": 10,
    }  # fmt: skip
    assert [frame for _, frame in chosen_frames(np.array([1.0]))] == [0] * 6


class Attentive:
    """A method whose attention is largest in one known cell."""

    def __init__(self):
        self.backbones = self
        self.asked = []

    def attention(self, pictures, radio, boxes):
        self.asked.append((pictures.shape, radio.shape, boxes.shape))
        maps = torch.zeros(len(boxes), 15, 20)
        maps[:, 3, 4] = 1
        return maps


def test_methods_with_attention_have_a_column_more(source, context, tmp_path):
    plain, attended, tracked = (tmp_path / "deep" / f"{i}.jpg" for i in range(3))
    write_panels(plain, object(), "supervised", source, near(source), context)
    method = Attentive()
    write_panels(attended, method, "scl", source, near(source), context)
    write_panels(tracked, Duet(), "duet", source, near(source), context)
    assert method.asked == [((1, 3, 60, 80), (1, 1, 60, 80), (1, 4))] * 6
    widths = []
    for path in (plain, attended, tracked):
        assert path.stat().st_size <= panels.MOST_BYTES
        with Image.open(path) as picture:
            assert picture.format == "JPEG"
            widths.append(picture.width)
    assert widths[1] > widths[0] == widths[2]
    assert plain.read_bytes() != tracked.read_bytes()


def test_a_target_that_is_not_seen_has_neither_box_nor_attention(source, context, tmp_path):
    pairs = Pairs(source.pairs.data.folder, "validation", SMOKE.height, SMOKE.width)
    pairs.boxes[:] = 0
    blind, method = Source(pairs, None), Attentive()
    assert panels.attention_maps(method, blind, [0, 3], context) == [None, None]
    assert not method.asked
    plot = Figure().add_subplot()
    show_picture(plot, blind, 0)
    assert not plot.patches and plot.texts[0].get_text() == "target unseen"
    write_panels(tmp_path / "blind.jpg", method, "scl", blind, near(blind), context)


def test_the_box_is_where_the_dataset_has_it(source):
    frame = 7
    plot = Figure().add_subplot()
    show_picture(plot, source, frame)
    x0, y0, x1, y1 = source.pairs.data.read(frame, "target/box")
    (box,) = plot.patches
    assert isinstance(box, Rectangle)
    assert np.allclose(box.get_xy(), [x0 - 0.5, y0 - 0.5], atol=1e-4)
    assert np.allclose([box.get_width(), box.get_height()], [x1 - x0, y1 - y0], atol=1e-4)


def marked(plot, marker):
    """Where a plot has markers of a kind."""
    return [
        tuple(line.get_xydata()[0]) for line in plot.lines if line.get_marker() == marker
    ]  # fmt: skip


def test_the_brightest_of_what_moves_is_drawn_at_the_truth(source):
    """The painted echo lies at the true place, so the map's colours must peak there."""
    frame, pairs = 4, source.pairs
    plot = Figure().add_subplot()
    distance, azimuth = pairs.whole("radar/range", frame), pairs.whole("radar/azimuth", frame)
    levels = pairs.whole("radar/heatmap", frame)
    true = places_of(source)[frame]
    show_map(plot, distance, azimuth, levels, (-120, -80), "inferno")
    mark(plot, true, true)
    (mesh,) = plot.collections
    assert isinstance(mesh, QuadMesh)
    x, y = np.degrees(true[1]), true[0]
    corners = np.asarray(mesh.get_coordinates())
    row = np.searchsorted(corners[:, 0, 1], y) - 1
    column = np.searchsorted(corners[0, :, 0], x) - 1
    around = levels[max(row - 2, 0) : row + 3, max(column - 3, 0) : column + 4]
    assert around.max() > levels.mean() + 30
    assert marked(plot, "o") == [(x, y)] * 2  # rim and colour


def test_an_estimate_outside_the_map_stands_at_its_edge():
    plot = Figure().add_subplot()
    show_map(plot, np.arange(6.0, 36), np.linspace(-1, 1, 40), np.zeros((30, 40)), (0, 1), "gray")
    limits = plot.get_xlim(), plot.get_ylim()
    mark(plot, np.array([20.0, 0.1]), np.array([80.0, -3.0]))
    assert (plot.get_xlim(), plot.get_ylim()) == limits
    assert marked(plot, "x") == [(limits[0][0], limits[1][1])] * 2


def test_attention_covers_the_radars_plane(source):
    values = np.zeros((15, 20))
    values[3, 4] = 1
    plot = Figure().add_subplot()
    panels.show_attention(plot, source, values)
    (mesh,) = plot.collections
    assert isinstance(mesh, QuadMesh)
    cell = np.asarray(mesh.get_coordinates())[3:5, 4:6].reshape(-1, 2)
    axes = source.pairs.axes
    middle = axes.at(np.array(3.5 * 4 - 0.5), np.array(4.5 * 4 - 0.5))
    assert np.allclose(cell.mean(0), [np.degrees(middle[1]), middle[0]], rtol=1e-3)
    assert np.asarray(mesh.get_array()).reshape(15, 20)[3, 4] == 1


def test_files_stay_small_whatever_is_shown(monkeypatch):
    figure = Figure(figsize=(6, 8))
    noise = np.random.default_rng(0).random((800, 600, 3))
    figure.add_axes((0, 0, 1, 1)).imshow(noise, interpolation="nearest")
    assert len(panels.as_jpeg(figure)) <= panels.MOST_BYTES
    monkeypatch.setattr(panels, "MOST_BYTES", 10**9)
    best = panels.as_jpeg(figure)
    assert len(best) > 300_000 and Image.open(io.BytesIO(best)).size == (600, 800)


@pytest.mark.parametrize("method", ["../../x", "mine:Middle", "a/b", "\x00<script>"])
def test_a_methods_name_leads_nowhere_else(tmp_path, method):
    path = panel_path(tmp_path, method, "1a2b3c4d5e", "ff00")
    assert path.resolve().parent == tmp_path / "panels"
    assert path.name.endswith("-1a2b3c4d-ff00.jpg")
    assert panel_path(tmp_path, "scl", "0123456789", "fedc").name == "scl-01234567-fedc.jpg"


def test_the_same_panels_are_the_same_bytes(source, context, tmp_path):
    for name in "ab":
        write_panels(tmp_path / name, SimpleNamespace(), "x", source, near(source), context)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    other = replace(context, preset=replace(SMOKE, name="other"))
    write_panels(tmp_path / "b", SimpleNamespace(), "x", source, near(source), other)
    assert (tmp_path / "a").read_bytes() != (tmp_path / "b").read_bytes()
