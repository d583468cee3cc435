"""Whole runs of every method on a dataset of seconds."""

import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from lightning_fabric import Fabric

from benchmark import bench, masks, training
from benchmark.bench import expected_seconds, open_source, run
from benchmark.context import Context
from benchmark.job import Job, code_name
from benchmark.masks import moving_boxes
from benchmark.methods import METHODS, MethodError, make_method, self_labelled
from benchmark.pairs import Pairs
from benchmark.presets import PRESETS
from benchmark.report import write_report
from benchmark.rows import ROWS, Row, current, read_rows
from benchmark.self_labels import visible
from benchmark.tasks import localisation, methods_of
from benchmark.tasks.labels import FewLabels
from benchmark.training import Diverged
from models.checkpoint import CheckpointError, save_detector
from models.detector import Detections, DetectorConfig, new_detector
from radvis_cli import main
from synth.dataset import Dataset
from synth.generate import generate
from synth.plan import plan
from synth.shards import DatasetError
from tests.benchmark.paintings import paired_config, paired_dataset, paired_sequence
from tests.fakes import TABLES

SMOKE = PRESETS["smoke"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return paired_dataset(tmp_path_factory.mktemp("pairs") / "data")


def job(folder, out, method="supervised", **changes):
    usual = Job(method, folder, SMOKE, 1, out, "labels", "echo", "validation", "a test")
    return replace(usual, **changes)


def go(made):
    said: list[str] = []
    fabric = Fabric(accelerator="cpu", devices=1)
    return run(made, fabric, lambda *_: None, said.append), said


@pytest.mark.parametrize("method", METHODS)
def test_every_method_runs_and_leaves_rows(folder, tmp_path, method):
    rows, _ = go(job(folder, tmp_path, method))
    assert [row.metric for row in rows] == ["median error", "90th percentile error", "error CDF"]
    median, ninety, curve = rows
    assert 0 < median.low <= median.value <= median.high < ninety.high < 60
    assert median.n == 30 and len(curve.x) == len(curve.y) == 201
    assert read_rows(tmp_path / ROWS)[0] == replace(
        median, **{key: float(f"{getattr(median, key):.6g}") for key in ("value", "low", "high")}
    )


def test_the_same_seed_gives_the_same_rows(folder, tmp_path):
    first, _ = go(job(folder, tmp_path / "a", "scl"))
    again, _ = go(job(folder, tmp_path / "b", "scl"))
    assert [row.value for row in first[:2]] == [row.value for row in again[:2]]
    assert first[2].x == again[2].x


def test_a_finished_seed_is_not_run_again(folder, tmp_path):
    go(job(folder, tmp_path))
    _, said = go(job(folder, tmp_path))
    assert said == [f"supervised: all its seeds are in {tmp_path / ROWS} already"]
    _, said = go(job(folder, tmp_path, seeds=2))
    assert said[0] == "supervised, seed 1 (1 of 1)"


def test_before_several_runs_people_are_told_how_long_they_train(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("benchmark.context.step_seconds", lambda *_: 10.0)
    fabric = Fabric(accelerator="cpu", devices=1)
    made = [job(folder, tmp_path, name, seeds=3) for name in ("cfar", "supervised", "scl")]
    train = open_source(made[0], "train", fabric.device, lambda *_: None)
    frames, shown = len(train), len(visible(train))
    localiser = SMOKE.localiser.epochs * (frames // SMOKE.localiser.batch)
    backbones = SMOKE.backbones.epochs * (shown // SMOKE.backbones.batch)
    found = expected_seconds(made, fabric, lambda *_: None)
    assert found == [0, 30 * localiser, 30 * (localiser + backbones)]
    go(job(folder, tmp_path, seeds=1))  # what is done is not counted
    found = expected_seconds(made[1:2], fabric, lambda *_: None)
    assert found == [20 * localiser]
    options = ["--data", str(folder), "--preset", "smoke", "--out", str(tmp_path), "--seeds", "2"]
    monkeypatch.setattr("benchmark.context.step_seconds", lambda *_: 1e5)
    done = CliRunner().invoke(main, ["bench", "supervised", *options])
    said = "supervised with --seeds 2: about .* of training: .* days on this machine; a smaller"
    assert re.search(said, " ".join(done.output.split())), done.output


@pytest.mark.parametrize(("task", "method", "stages"), [
    ("labels", "supervised", 2), ("labels", "scl", 3), ("linear", "supervised", 21),
    ("linear", "scl", 1), ("linear", "random", 0), ("spectrum", "mcl", 1),
    ("localisation", "tests.benchmark.test_bench:Middle", 0),
])  # fmt: skip
def test_every_task_says_how_long_it_trains(folder, tmp_path, monkeypatch, task, method, stages):
    """In the preset smoke there are two numbers of labels; linear networks are seven a class."""
    monkeypatch.setattr(Context, "seconds", lambda *_: 1.0)
    monkeypatch.setattr(FewLabels, "seconds", lambda few, stage, *_: float(
        few.first or stage != self_labelled.STAGE
    ))  # fmt: skip
    made = job(folder, tmp_path, method, task=task, seeds=2)
    fabric = Fabric(accelerator="cpu", devices=1)
    assert expected_seconds([made], fabric, lambda *_: None) == [2.0 * stages]


def test_a_method_is_not_shown_what_it_is_scored_by(folder, tmp_path):
    made = job(folder, tmp_path, "tests.benchmark.test_bench:Peeping")
    with pytest.raises(MethodError, match="values that are no numbers"):
        go(made)


def test_a_contrast_of_one_is_refused(folder, tmp_path):
    options = ["--data", str(folder), "--preset", "smoke", "--out", str(tmp_path), "--batch", "1"]
    for method in ("scl", "mcl"):
        done = CliRunner().invoke(main, ["bench", method, *options])
        assert done.exit_code == 2 and "--batch 2 or more" in done.output


def test_what_trains_nothing_is_never_told_to_have_been_changed(folder, tmp_path):
    options = ["--data", str(folder), "--preset", "smoke", "--out", str(tmp_path), "--epochs", "1"]
    done = CliRunner().invoke(main, ["bench", "cfar", *options])
    assert done.exit_code == 2 and "cfar has no use for --epochs: leave it out" in done.output
    for method, option, value in (
        ("supervised", "--calibration", "labels"), ("duet", "--calibration", "none"),
        ("fusion", "--masks", __file__),
    ):  # fmt: skip
        done = CliRunner().invoke(main, ["bench", method, *options, option, value])
        assert done.exit_code == 2 and f"has no use for {option}: leave it out" in done.output
    done = CliRunner().invoke(main, ["bench", "supervised", *options])
    assert done.exit_code == 0
    assert re.findall(r"localiser: (\d+) steps", done.output) == [str(120 // SMOKE.localiser.batch)]


def test_rows_say_by_which_code_and_configuration(folder, tmp_path):
    made = job(folder, tmp_path, "tests.benchmark.test_bench:Middle")
    rows, _ = go(made)
    assert {row.version for row in rows} == {code_name()}
    assert re.fullmatch(r"radvis \S+( at [0-9a-f]{12}(-dirty)?)?", code_name())
    kept = json.loads((tmp_path / "configs" / f"{rows[0].config}.json").read_text())
    assert kept == made.config
    path = tmp_path / ROWS
    path.write_text(path.read_text().replace(code_name(), "radvis 0.0.9"))
    _, said = go(made)
    assert "has rows of radvis 0.0.9, and they are kept" in said[0]


def test_a_run_that_was_stopped_ends_as_one_that_was_not(folder, tmp_path, monkeypatch):
    whole, _ = go(job(folder, tmp_path / "a", "mcl-ema"))

    class Stop(Exception):
        pass

    fabric, made = Fabric(accelerator="cpu", devices=1), job(folder, tmp_path / "b", "mcl-ema")
    steps = 0

    def tell(stage, done, total, text):
        nonlocal steps
        steps += stage == "backbones"
        if steps == total * 3 // 4:  # in the second of two epochs
            raise Stop

    with pytest.raises(Stop):
        run(made, fabric, tell, lambda line: None)
    resumed, _ = go(made)
    assert [row.value for row in resumed[:2]] == [row.value for row in whole[:2]]


@pytest.mark.parametrize("method", METHODS)
def test_nothing_is_learned_from_the_scored_split(folder, tmp_path, monkeypatch, method):
    learned: set[int] = set()
    make, train = make_method, training.train

    def made(name):
        one = make(name)
        fit = one.fit

        def spied(source, given):
            learned.update(source.pairs.data.sequences)
            fit(source, given)

        one.fit = spied
        return one

    def trained(objective, batches, *rest):
        learned.update(batches.source.pairs.sequence_of[batches.chosen].tolist())
        train(objective, batches, *rest)

    monkeypatch.setattr(localisation, "make_method", made)
    monkeypatch.setattr("benchmark.context.train", trained)
    go(job(folder, tmp_path, method))
    assert len(learned) == 8 and not learned & set(Dataset(folder, "validation").sequences)


def test_boxes_may_come_from_a_detector(folder, tmp_path, monkeypatch):
    weights = tmp_path / "detector.pt"
    small = DetectorConfig(widths=(8, 8, 16, 16), blocks=(1, 1, 1, 1), neck=8)
    save_detector(weights, new_detector(small, 0), 0.01, "")
    source = bench.open_source(
        job(folder, tmp_path, masks=str(weights)), "validation", torch.device("cpu"),
        lambda *_: None,
    )  # fmt: skip
    assert source.pairs.boxes.shape == (30, 4)
    assert torch.equal(next(source.in_order(30)).box, source.pairs.boxes)
    monkeypatch.setattr(masks, "detect", None)  # all methods of a run share what was found
    pairs = Pairs(folder, "validation", SMOKE.height, SMOKE.width)
    again = masks.detected_boxes(pairs, weights, torch.device("cpu"), lambda: None)
    assert torch.equal(again, source.pairs.boxes)
    with pytest.raises(CheckpointError, match="No such file"):
        go(job(folder, tmp_path, masks=str(tmp_path / "none.pt")))


def test_the_box_of_the_target_is_the_one_that_moves():
    parked = torch.tensor([[10.0, 10, 30, 20]])
    found = []
    for i in range(15):
        car = torch.tensor([[40.0 + 8 * i, 12, 60 + 8 * i, 24]])
        found.append(Detections(torch.cat([parked, car]), torch.tensor([0.9, 0.6])))
    found[3] = Detections(parked, torch.tensor([0.9]))
    found[4] = Detections(torch.zeros(0, 4), torch.zeros(0))
    boxes = moving_boxes(found)
    assert boxes[3].sum() == boxes[4].sum() == 0
    assert boxes[5].tolist() == [80, 12, 100, 24]


class Middle:
    """A user's method: the middle of everything."""

    def predict(self, frames):
        return np.tile([20.0, 0.0], (len(frames), 1))


LEVEL = 3


class Wanting:
    def __init__(self, size):
        raise AssertionError


class Texts:
    def predict(self, frames):
        return [["a", "b"]] * len(frames)


class Leaving:
    def predict(self, frames):
        raise SystemExit(3)


class Peeping:
    """A user's method that returns the truth it finds, once it has looked for boxes, too."""

    def predict(self, frames):
        assert not frames.pairs.boxes.any()
        assert all(not batch.box.any() for batch in frames.in_order(8))
        return frames.pairs.places.double().numpy()


class Wrong:
    def predict(self, frames):
        return np.zeros(3)


def test_a_users_own_method_is_scored(folder, tmp_path):
    rows, _ = go(job(folder, tmp_path, "tests.benchmark.test_bench:Middle"))
    assert rows[0].value > 1


def test_a_method_that_was_edited_is_run_again_and_imports_what_lies_beside_it(folder, tmp_path):
    (tmp_path / "beside.py").write_text("import numpy as np\n")
    file = tmp_path / "random.py"  # the name of another module
    code = "from beside import np\nclass It:\n def predict(self, of): return np.full((30, 2), {})\n"
    values = []
    for place in (0.0, 1.0):
        file.write_text(code.format(place))
        rows, _ = go(job(folder, tmp_path, f"{file}:It"))
        values.append(rows[0].value)
    assert values[0] != values[1]


def test_a_users_file_is_run_once_in_a_run(folder, tmp_path):
    file, count = tmp_path / "mine.py", tmp_path / "count"
    file.write_text(
        f"with open({str(count)!r}, 'a') as file:\n file.write('.')\n"
        "class It:\n def predict(self, of): return [[20.0, 0.0]] * len(of)\n"
    )
    options = ["--data", str(folder), "--preset", "smoke", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(main, ["bench", f"{file}:It", *options, "--epochs", "1"])
    assert done.exit_code == 0, done.output
    assert count.read_text() == "."


def test_what_a_user_changed_is_told_and_never_mixed_with_what_is_usual(folder, tmp_path):
    rows: list[Row] = []
    for more in ([], ["--epochs", "1", "--rate", "0.5"], ["--precision", "bf16-mixed"]):
        out = tmp_path / str(len(rows))  # a checkpoint of another training is refused
        options = ["--data", str(folder), "--preset", "smoke", "--out", str(out), *more]
        done = CliRunner().invoke(main, ["bench", "scl", *options])
        assert done.exit_code == 0, done.output
        rows.append(read_rows(out / ROWS)[0])
    variants = ["", "epochs=1, rate=0.5", "precision=bf16-mixed"]
    assert [row.variant for row in rows] == variants
    assert len({row.config for row in rows}) == 3
    other = replace(rows[0], config="c1", seed=1)
    assert current([*rows, other]) == [*rows[1:], other]


@pytest.mark.parametrize("method", ["scl", "duet"])
def test_rows_tell_how_self_labels_did(folder, tmp_path, method):
    rows, said = go(job(folder, tmp_path, method))
    assert "correlation of range" in rows[0].note and rows[0].note in said
    markdown, page = write_report(rows, tmp_path)
    assert rows[0].note in markdown.read_text() and rows[0].note in page.read_text()


def test_cfar_says_what_it_chose_and_runs_once(folder, tmp_path):
    rows, said = go(job(folder, tmp_path, "cfar", seeds=3))
    assert {row.seed for row in rows} == {0}
    assert "statistic" in rows[0].note and "behind the echo" in rows[0].note
    assert rows[0].note in said
    _, said = go(job(folder, tmp_path, "cfar", seeds=3))
    assert said == [f"cfar: all its seeds are in {tmp_path / ROWS} already"]


def test_all_leaves_out_what_a_dataset_does_not_serve(tmp_path):
    config = paired_config(entries=("camera", "radar"))
    generate(plan(config, tmp_path / "d", 60, 3, TABLES, 1), paired_sequence_without_doppler)
    options = ["--data", str(tmp_path / "d"), "--preset", "smoke", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(main, ["bench", "all", *options, "--epochs", "1"])
    assert done.exit_code == 0, done.output
    assert "cfar is left out: " in done.output and "holds no doppler" in done.output
    rows = read_rows(tmp_path / "out" / ROWS)
    assert {row.method for row in rows} == set(METHODS) - {"cfar"}
    # what trains nothing is as usual, and one sequence has no interval
    variants = {row.method: row.variant for row in rows}
    assert variants["cfar-map"] == "" and variants["scl"] == "epochs=1"
    assert all(math.isnan(row.low) for row in rows)


def test_cfar_on_heatmaps_alone_needs_no_velocities(tmp_path):
    config = paired_config(entries=("camera", "radar"))
    generate(plan(config, tmp_path / "d", 60, 3, TABLES, 1), paired_sequence_without_doppler)
    rows, _ = go(job(tmp_path / "d", tmp_path, "cfar-map"))
    assert "statistic" in rows[0].note and "doppler_level" not in rows[0].note
    assert rows[0].n == rows[1].n > 0 and np.isfinite(rows[0].value)


def test_boxes_that_show_no_target_are_told(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(self_labelled, "visible", lambda source: np.zeros(0, np.int64))
    with pytest.raises(MethodError, match="--masks"):
        go(job(folder, tmp_path, "scl"))


@pytest.mark.parametrize("name, text", [
    ("sclx", "methods: cfar, cfar-map, supervised"), ("nowhere:It", "cannot be imported"),
    ("tests.benchmark.test_bench:It", "has no It"),
    ("tests.benchmark.test_bench:Wrong", "predict returned"),
    ("json:JSONEncoder", "no method predict"),
    ("tests.benchmark.test_bench:Wanting", r":Wanting\(\): TypeError: .*missing 1 required"),
    ("tests.benchmark.test_bench:Texts", r":Texts.predict: ValueError: could not convert"),
    ("tests.benchmark.test_bench:Leaving", r":Leaving.predict: SystemExit: 3 \(.*test_bench.py"),
    ("tests.benchmark.test_bench:LEVEL", r":LEVEL\(\): TypeError: 'int' object is not callable"),
])  # fmt: skip
def test_what_is_no_method_is_said_in_a_line(folder, tmp_path, name, text):
    with pytest.raises(MethodError, match=text):
        go(job(folder, tmp_path, name))


def test_a_dataset_without_what_is_needed_says_how_to_make_it(tmp_path):
    config = paired_config(entries=("camera", "radar"))
    generate(plan(config, tmp_path / "d", 60, 3, TABLES, 1), paired_sequence_without_doppler)
    with pytest.raises(DatasetError, match=r"--entries camera,radar,doppler .* cfar-map"):
        go(job(tmp_path / "d", tmp_path / "out", "cfar"))


def paired_sequence_without_doppler(config, seed, sequence, on_frame=None):
    whole = replace(config, entries=("camera", "radar", "doppler"))
    arrays = paired_sequence(whole, seed, sequence, on_frame)
    return {key: value for key, value in arrays.items() if "doppler" not in key}


def test_the_command_prints_what_it_found(folder, tmp_path):
    options = ["--data", str(folder), "--preset", "smoke", "--out", str(tmp_path), "--epochs", "1"]
    done = CliRunner().invoke(main, ["bench", "scl", *options])
    assert done.exit_code == 0, done.output
    assert "scl (epochs=1): median error" in done.output
    rows = [json.loads(line) for line in (tmp_path / ROWS).read_text().splitlines()]
    assert rows[0]["method"] == "scl"


def test_all_runs_every_method_that_a_task_can_measure(folder, tmp_path):
    options = ["--data", str(folder), "--preset", "smoke", "--out", str(tmp_path), "--epochs", "1"]
    done = CliRunner().invoke(main, ["bench", "all", "--task", "spectrum", *options])
    assert done.exit_code == 0, done.output
    methods = {row.method for row in read_rows(tmp_path / ROWS)}
    assert methods == {"scl", "cl", "cl-ema", "mcl", "mcl-ema", "random"}
    assert "6 methods with --seeds 1" in done.output
    assert re.search("5 of 6 methods in .*, about .* left", done.output)
    assert methods_of("localisation") == list(METHODS)


@pytest.mark.parametrize("arguments, text", [
    (["scl", "--data", "nowhere"], "radvis synth"),
    (["scl"], "radvis synth"),  # of the default, data/parking_lot
    (["sclx", "--data", "{folder}"], "unknown method"),
    (["scl", "--data", "{folder}", "--rate", "nan"], "--rate nan: a factor, as 0.3"),
    (["scl", "--data", "{folder}", "--masks", "none.pt"], "no such detector; python -m"),
    (["scl", "--data", "{folder}/manifest.json"], "is a file: --data takes the folder"),
])  # fmt: skip
def test_wrong_input_is_told_in_a_line(folder, tmp_path, monkeypatch, arguments, text):
    monkeypatch.chdir(tmp_path)  # where no data is
    filled = [argument.format(folder=folder) for argument in arguments]
    done = CliRunner().invoke(main, ["bench", *filled, "--out", str(tmp_path / "out")])
    assert done.exit_code == 2 and text in done.output and done.output.count("\n") == 1


def test_the_rate_is_a_factor_on_all_rates(folder, tmp_path):
    rows = []
    for factor in ("0.5", "1"):
        options = ["--preset", "smoke", "--rate", factor, "--out", str(tmp_path / factor)]
        done = CliRunner().invoke(main, ["bench", "supervised", "--data", str(folder), *options])
        assert done.exit_code == 0, done.output
        rows.append(read_rows(tmp_path / factor / ROWS)[0])
    assert rows[0].config != rows[1].config and rows[0].value != rows[1].value
    assert rows[1].config == job(folder, tmp_path, "supervised").digest


def test_a_loss_that_is_no_number_stops_the_run(folder, tmp_path):
    wild = replace(SMOKE, backbones=replace(SMOKE.backbones, rate=1e30))
    with pytest.raises(Diverged, match=r"step \d+ .*lower the learning rate"):
        go(job(folder, tmp_path, "scl", preset=wild))
    assert torch.is_grad_enabled()
