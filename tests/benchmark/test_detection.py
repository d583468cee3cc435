import json
import math
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from lightning_fabric import Fabric
from rich.console import Console

from benchmark import detection
from benchmark.augment import AugmentConfig, augmented, mirrored
from benchmark.car_frames import CarFrames, Cars, load_frames
from benchmark.detection import ROWS, SHEET, WEIGHTS, Run, main, run
from benchmark.detection_scores import (
    MAIN,
    assign,
    average_precision,
    find,
    match,
    match_all,
    results,
    threshold_of,
    wilson,
)
from benchmark.detection_training import LAST, TrainConfig, fitted, train
from benchmark.training import rate_factor
from models.checkpoint import CheckpointError, load_detector
from models.detector import Detections, DetectorConfig
from synth.dataset import Dataset
from synth.generate import generate
from synth.manifest import fingerprint
from synth.plan import plan
from synth.shards import DatasetError
from tests.benchmark.paintings import painted_sequence, small_config
from tests.fakes import TABLES

SMALL = DetectorConfig(widths=(8, 8, 16, 16), blocks=(1, 1, 1, 1), neck=8)
QUICK = TrainConfig(epochs=3, batch=16, augment=AugmentConfig(size=64), network=SMALL)


@pytest.fixture
def fabric():
    return Fabric(accelerator="cpu", devices=1)


def cars(*rows, seen=None):
    boxes = torch.tensor(rows, dtype=torch.float32).reshape(-1, 4)
    return Cars(boxes, torch.tensor(seen or [1.0] * len(rows)))


def test_frames_are_those_of_the_dataset(folder):
    frames = load_frames(folder, "validation")
    data = Dataset(folder, "validation")
    assert len(frames) == len(data) == 15
    for i in range(15):
        assert np.array_equal(frames.pictures[i].numpy(), data.read(i, "camera/image"))
        target = frames.cars[i].boxes[frames.target[i]].numpy()
        assert np.array_equal(target, data.read(i, "target/box"))
        assert frames.cars[i].count.all()
        assert frames.conditions[i] == ("clear", "day")
        assert frames.places[i] == (int(data.read(i, "frame/sequence")), i)
    assert (frames.target_seen == 1).all()


def test_no_sequence_of_validation_is_trained_on(folder, tmp_path, fabric, monkeypatch):
    seen: list[tuple[int, int]] = []

    def spy(config, data, *rest):
        seen.extend(place for frames in data for place in frames.places)
        return train(config, data, *rest)

    monkeypatch.setattr(detection, "train", spy)
    run(Run((folder,), ("validation",), tmp_path, replace(QUICK, epochs=1)), fabric, quiet())
    splits = Dataset(folder).manifest.splits
    assert {sequence for sequence, _ in seen} == set(splits["train"])
    assert not {sequence for sequence, _ in seen} & set(splits["validation"])
    assert len(seen) == 60


def test_a_sequence_in_two_splits_is_an_error(folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["splits"]["train"] += manifest["splits"]["validation"]
    (copy / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(DatasetError, match="in two splits"):
        load_frames(copy, "train")


def test_little_of_a_car_does_not_count():
    some = cars((0, 0, 20, 10), (0, 0, 20, 10), (0, 0, 20, 5), seen=[0.25, 0.2, 1.0])
    assert some.count.tolist() == [True, False, False]


def test_a_part_of_a_picture_has_parts_of_its_cars():
    some = cars((10, 10, 30, 20), (0, 0, 12, 8), (60, 60, 70, 70), seen=[1.0, 0.8, 1.0])
    inside = some.through((10, 0, 40), 80)
    assert inside.boxes.tolist() == [[0, 20, 40, 40], [0, 0, 4, 16]]
    assert inside.seen.tolist() == pytest.approx([1.0, 0.8 * 2 / 12])
    assert inside.count.tolist() == [True, False]


@pytest.mark.parametrize("seed", range(20))
def test_varied_pictures_keep_their_boxes(seed):
    plain = AugmentConfig(size=64, brightness=0, contrast=0, saturation=0, tint=0)
    picture = torch.zeros(96, 128, 3, dtype=torch.uint8)
    picture[30:60, 40:90] = 255
    part, shown = augmented(picture, cars((40, 30, 90, 60)), plain, np.random.default_rng(seed))
    assert part.shape == (64, 64, 3)
    assert part.dtype == torch.uint8
    lit = torch.nonzero(part[..., 0] > 127)
    if not len(shown.boxes):
        assert not len(lit)
        return
    (y0, x0), (y1, x1) = lit.amin(0).tolist(), (lit.amax(0) + 1).tolist()
    assert shown.boxes[0].tolist() == pytest.approx([x0, y0, x1, y1], abs=1.1)


def test_colours_change_and_chance_is_the_seeds():
    picture = torch.full((64, 64, 3), 128, dtype=torch.uint8)
    config = AugmentConfig(size=64)
    one, same, other = (
        augmented(picture, cars((1, 1, 9, 9)), config, np.random.default_rng(seed))[0]
        for seed in (1, 1, 2)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_mirrored_twice_is_as_before():
    picture = torch.rand(3, 20, 30)
    some = cars((2, 3, 9, 8))
    assert mirrored(picture, some)[1].boxes.tolist() == [[21, 3, 28, 8]]
    again, boxes = mirrored(*mirrored(picture, some))
    assert torch.equal(again, picture)
    assert torch.equal(boxes.boxes, some.boxes)


def test_the_rate_rises_and_falls():
    rates = [rate_factor(i / 100, 0.1) for i in range(101)]
    assert max(rates) == rates[10] == 1
    assert rates[0] < 0.05
    assert rates[-1] == pytest.approx(0, abs=1e-9)
    assert all(np.diff(rates[10:]) < 0)


def test_a_stopped_training_goes_on_to_the_same_end(folder, tmp_path, fabric):
    data = [load_frames(folder, "train")]
    for name in ("whole", "parts"):
        (tmp_path / name).mkdir()

    def stop(done, _):
        if done == 7:  # in the second epoch, of 4 steps
            raise KeyboardInterrupt

    whole = train(QUICK, data, "x", tmp_path / "whole", fabric, lambda *_: None)
    with pytest.raises(KeyboardInterrupt):
        train(QUICK, data, "x", tmp_path / "parts", fabric, stop)
    steps = []
    parts = train(QUICK, data, "x", tmp_path / "parts", fabric, lambda done, _: steps.append(done))
    assert steps == list(range(5, 13))
    ours, theirs = whole.state_dict(), parts.state_dict()
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)


def test_a_checkpoint_of_something_else_is_refused(folder, tmp_path, fabric):
    data = [load_frames(folder, "train")]
    quick = replace(QUICK, epochs=1)
    train(quick, data, "x", tmp_path, fabric, lambda *_: None)
    other = replace(quick, network=replace(SMALL, neck=12))
    with pytest.raises(CheckpointError, match=r"network\.neck = 8, here 12.*another --out"):
        train(other, data, "x", tmp_path, fabric, lambda *_: None)
    with pytest.raises(CheckpointError, match="other data"):
        train(quick, data, "y", tmp_path, fabric, lambda *_: None)
    held = torch.load(tmp_path / LAST, weights_only=True)
    torch.save({**held, "network": {}}, tmp_path / LAST)
    with pytest.raises(CheckpointError, match="does not fit"):
        train(quick, data, "x", tmp_path, fabric, lambda *_: None)


def test_parts_are_no_larger_than_pictures(folder):
    data = [load_frames(folder, "validation")]
    assert fitted(TrainConfig(), data).augment.size == 64


def detections(*rows):
    boxes = torch.tensor([row[:4] for row in rows], dtype=torch.float32).reshape(-1, 4)
    return Detections(boxes, torch.tensor([row[4] for row in rows]))


def test_detections_are_right_wrong_or_neither():
    some = cars((0, 0, 20, 20), (30, 0, 50, 20), (60, 0, 100, 40), seen=[1.0, 1.0, 0.1])
    found = detections(
        (0, 0, 20, 18, 0.9),  # right
        (1, 0, 20, 20, 0.8),  # the same car again
        (70, 10, 90, 30, 0.7),  # in a car that does not count
        (60, 0, 100, 40, 0.6),  # that car
        (30, 0, 50, 9, 0.5),  # overlaps too little
        (30, 0, 50, 11, 0.4),  # just enough
        (0, 0, 1, 1, 0.0),  # none
    )
    result = match(found, some, 1, 1.0)
    assert result.scores.tolist() == pytest.approx([0.9, 0.8, 0.5, 0.4])
    assert result.right.tolist() == [True, False, False, True]
    assert result.n_car == 2
    assert result.target_score == pytest.approx(0.4)
    assert result.target_iou == pytest.approx(11 / 20)
    assert result.target_height == 20


def test_cars_that_count_are_taken_first():
    taken = assign(torch.tensor([[0.9, 0.6], [0.9, 0.6]]), torch.tensor([False, True]))
    assert taken.tolist() == [1, 0]


def test_frames_without_cars_or_detections_are_scored():
    none = detections()
    assert match(none, cars(), -1, 0.0).n_car == 0
    assert match(none, cars((0, 0, 9, 9)), 0, 1.0).target_score == 0
    wrong = match(detections((0, 0, 9, 9, 0.5)), cars(), -1, 0.0)
    assert wrong.right.tolist() == [False]
    assert threshold_of([match(none, cars(), -1, 0.0)]) == 0.5
    rows = results([], 0.5, "a", "validation")
    assert all(math.isnan(row.value) and row.n == 0 for row in rows)


def test_the_threshold_is_the_lowest_of_its_precision():
    rng = np.random.default_rng(0)
    base = match(detections(), cars(), -1, 0.0)
    scores = np.sort(rng.random(200))[::-1]
    matches = [replace(base, scores=scores, right=rng.random(200) < scores + 0.2, n_car=150)]

    def precision(threshold):
        return matches[0].right[scores > threshold].mean()

    chosen = threshold_of(matches, 0.9)
    assert precision(chosen) >= 0.9
    assert all(precision(lower - 1e-9) < 0.9 for lower in scores[scores < chosen])
    wrong = [replace(base, scores=scores, right=np.zeros(200, bool))]
    assert threshold_of(wrong) == 0.5


def test_average_precision_is_the_area_under_its_curve():
    right = np.array([True, False, True, True, False])
    # Best precision at a recall of at least 1/4, 2/4, 3/4 and 4/4: 1, 3/4, 3/4, 0.
    assert average_precision(right, 4) == pytest.approx((1 + 0.75 + 0.75) / 4)
    assert average_precision(np.ones(4, bool), 4) == 1


def test_intervals_are_wilsons():
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    for hits, n, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605),
                               (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)):  # fmt: skip
        assert wilson(hits, n) == pytest.approx((low, high), abs=1e-4)


def test_rows_tell_target_recall_by_visibility_and_size():
    base = match(detections(), cars(), -1, 0.0)
    matches = [
        replace(base, target_score=score, target_seen=seen, target_height=height, conditions=kind)
        for score, seen, height, kind in (
            (0.9, 1.0, 50, ("rain", "day")),
            (0.2, 0.5, 10, ("rain", "night")),
            (0.9, 0.3, 50, ("snow", "day")),
            (0, 0, 0, ("clear", "day")),
        )
    ]
    rows = {row.group: row for row in results(matches, 0.4, "a", "test") if "target" in row.metric}
    assert (rows[MAIN].value, rows[MAIN].n) == (0.5, 2)
    assert (rows["visible 0.25 to 0.5"].value, rows["visible 0.25 to 0.5"].n) == (1, 1)
    assert (rows["0 to 12 px high"].value, rows["48 to 96 px high"].value) == (0, 1)
    assert rows["visible 0 to 0.25"].n == 0
    assert (rows["rain"].value, rows["rain"].n) == (0.5, 2)
    assert (rows["day"].value, rows["night"].value, rows["snow"].n) == (1, 0, 0)


def quiet():
    return Console(quiet=True)


def test_painted_cars_are_found_in_other_sequences(folder, tmp_path, fabric):
    config = replace(QUICK, epochs=20, batch=8, rate=1e-2)
    rows = run(Run((folder,), ("validation",), tmp_path, config), fabric, quiet())
    main_rows = [row for row in rows if row.group == MAIN and row.split == "validation"]
    assert [row.value for row in main_rows] == [1.0]
    network, threshold = load_detector(tmp_path / WEIGHTS)
    frames = load_frames(folder, "validation")
    again = match_all(find(network, frames, torch.device("cpu")), frames)
    assert results(again, threshold, frames.name, "validation") == [
        row for row in rows if row.split == "validation"
    ]


def test_the_command_writes_rows_weights_and_a_sheet(folder, tmp_path):
    out = tmp_path / "out"
    arguments = [str(folder), "--out", str(out), "--epochs", "1", "--device", "cpu"]
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "parking_lot, validation: target found in" in result.output
    rows = [json.loads(line) for line in (out / ROWS).read_text().splitlines()]
    assert {row["split"] for row in rows} == {"train", "validation"}
    assert {row["data"] for row in rows} == {fingerprint([folder])}
    assert (out / WEIGHTS).exists() and (out / SHEET).stat().st_size > 1000
    arguments[-3] = "2"
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert result.exit_code == 2
    assert "epochs = 1, here 2" in result.output


def test_datasets_that_do_not_serve_are_errors_of_one_line(folder, tmp_path):
    blind = tmp_path / "blind"
    generate(plan(small_config(entries=("depth",)), blind, 30, 0, TABLES, 1), painted_sequence)
    empty = tmp_path / "empty"
    shutil.copytree(folder, empty)
    manifest = json.loads((empty / "manifest.json").read_text())
    (empty / "manifest.json").write_text(json.dumps({**manifest, "shards": []}))
    for place, reason in (
        (blind, "holds depth, not camera"),
        (empty, "no finished sequence in its train split"),
        (tmp_path / "none", "is no folder"),
    ):
        arguments = [str(folder), str(place), "--out", str(tmp_path / "out")]
        result = CliRunner().invoke(main, arguments, catch_exceptions=False)
        assert result.exit_code == 2
        assert reason in result.output
        assert "Traceback" not in result.output
    result = CliRunner().invoke(main, [str(folder), "--out", str(folder / "manifest.json")])
    assert result.exit_code == 2
    assert "choose another --out" in result.output


def test_frames_are_a_sequence():
    frames = CarFrames("a", torch.zeros(0, 4, 4, 3), (), torch.zeros(0), torch.zeros(0), (), ())
    assert len(frames) == 0
