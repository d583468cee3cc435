"""What `radvis bench --task` measures: whole runs on a dataset of seconds, and their arithmetic."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from lightning_fabric import Fabric

from benchmark import bench
from benchmark.bench import run
from benchmark.context import Context
from benchmark.job import Job
from benchmark.methods import MethodError
from benchmark.pairs import Pair, load
from benchmark.presets import PRESETS
from benchmark.rows import ROWS, read_rows
from benchmark.sources import Source
from benchmark.tasks import TASKS, linear, spectrum
from benchmark.tasks.classes import Classes, family, presence, sector
from benchmark.tasks.encoders import backbones, encoders, features, radio_branch
from benchmark.tasks.labels import run as sweep
from models.cl import Cl
from radvis_cli import main
from synth.generate import generate
from synth.plan import plan
from synth.shards import DatasetError
from tests.benchmark.paintings import paired_config, paired_dataset, paired_sequence
from tests.fakes import TABLES

SMOKE = PRESETS["smoke"]
SHORT = replace(
    SMOKE,
    backbones=replace(SMOKE.backbones, epochs=1),
    localiser=replace(SMOKE.localiser, epochs=1),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return paired_dataset(tmp_path_factory.mktemp("pairs") / "data")


def job(folder, out, task, method, **changes):
    usual = Job(method, folder, SHORT, 1, out, "labels", "echo", "validation", "a test", task)
    return replace(usual, **changes)


def go(made, tell=lambda *_: None):
    said: list[str] = []
    rows = run(made, Fabric(accelerator="cpu", devices=1), tell, said.append)
    return rows, said


def sources(made):
    """Both splits of a job, in memory, where tests can change them."""
    cpu = torch.device("cpu")
    opened = [bench.open_source(made, split, cpu, lambda *_: None)
              for split in ("train", made.split)]  # fmt: skip
    return [Source(source.pairs, load(source.pairs)) for source in opened]


def context(tmp_path, preset=SHORT, seed=0):
    fabric = Fabric(accelerator="cpu", devices=1)
    return Context(preset, seed, tmp_path, fabric, {"data": "d"})


def values(rows):
    """Everything of rows that was measured; text, because NaN is not itself."""
    return repr([(row.variant, row.metric, row.value, row.low, row.high, row.x, row.y)
                 for row in rows])  # fmt: skip


@pytest.mark.parametrize("task, method", [
    ("labels", "supervised"), ("labels", "mcl"), ("labels", "duet-radio"), ("linear", "supervised"),
    ("linear", "cl-ema"), ("linear", "random"), ("spectrum", "scl"), ("spectrum", "mcl-ema"),
])  # fmt: skip
def test_two_runs_with_one_seed_give_the_same_rows(folder, tmp_path, task, method):
    first, _ = go(job(folder, tmp_path / "a", task, method))
    again, _ = go(job(folder, tmp_path / "b", task, method))
    assert values(first) == values(again)
    assert {row.task for row in first} == {task} and len(first) == len({row.key for row in first})
    assert len(read_rows(tmp_path / "a" / ROWS)) == len(first)


def test_tasks_share_backbones_and_keep_their_rows_apart(folder, tmp_path):
    _, said = go(job(folder, tmp_path, "localisation", "scl"))
    assert sum(line.startswith("epoch") for line in said) == 1
    for task in ("labels", "linear", "spectrum"):
        rows, said = go(job(folder, tmp_path, task, "scl"))
        assert not any(line.startswith(("epoch", "backbones")) for line in said)
        again, said = go(job(folder, tmp_path, task, "scl"))
        assert said == [f"scl: all its seeds are in {tmp_path / ROWS} already"]
        assert len(again) == len(rows)
    alone, _ = go(job(folder, tmp_path / "other", "labels", "scl"))
    kept = [row for row in read_rows(tmp_path / ROWS) if row.task == "labels"]
    assert [row.value for row in kept] == pytest.approx([row.value for row in alone], rel=1e-5)
    assert {row.task for row in read_rows(tmp_path / ROWS)} == set(TASKS)


class Counting:
    """A user's method that says how many labels it was given."""

    n_label = 0

    def predict(self, frames):
        return np.tile([1.0 * self.n_label, 0.0], (len(frames), 1))


def test_rows_of_two_splits_are_kept_apart(folder, tmp_path):
    made = job(folder, tmp_path, "localisation", "tests.benchmark.test_tasks:Counting")
    first, _ = go(made)
    other, _ = go(replace(made, split="train"))
    assert values(first) != values(other)
    assert len(read_rows(tmp_path / ROWS)) == len(first) + len(other)


def test_the_sweep_has_a_row_for_each_number_of_labels_there_is(folder, tmp_path):
    preset = replace(SHORT, labels=(10, 60, 120, 121))
    made = job(folder, tmp_path, "labels", "tests.benchmark.test_tasks:Counting", preset=preset)
    rows, _ = go(made)
    found = [(row.variant, row.metric, row.unit) for row in rows[::2]]
    assert found == [(f"labels={n}", "median error", "m") for n in (10, 60, 120)]
    truth = sources(made)[1].pairs.places.double().numpy()
    x, y = truth[:, 0] * np.sin(truth[:, 1]), truth[:, 0] * np.cos(truth[:, 1])
    for row, n in zip(rows[::2], (10, 60, 120), strict=True):
        assert row.value == pytest.approx(np.median(np.hypot(x, y - n)))
    with pytest.raises(DatasetError, match=r"has 120 labels to train on.* begins at 121"):
        go(replace(made, preset=replace(SHORT, labels=(121,))))


def test_localisers_of_the_sweep_learn_from_as_many_labels_and_end_apart(folder, tmp_path):
    seen = {}

    def tell(stage, done, total, text):
        seen[stage] = total

    preset = replace(SHORT, labels=(16, 64), localiser=replace(SMOKE.localiser, epochs=3, batch=8))
    rows, _ = go(job(folder, tmp_path, "labels", "supervised", preset=preset), tell)
    assert {key: total for key, total in seen.items() if "localiser" in key} == {
        "localiser-16": 46, "localiser-64": 48,
    }  # fmt: skip  # 3 epochs of all 120 frames are 45 steps: few labels are not less training
    assert rows[0].value != rows[2].value
    made = sorted(path.name for path in tmp_path.rglob("*.ckpt"))
    assert made == ["localiser-16.ckpt", "localiser-64.ckpt"]


def test_self_labels_are_only_of_frames_that_show_their_target(folder, tmp_path):
    made = job(folder, tmp_path, "labels", "duet-radio", preset=replace(SHORT, labels=(100, 120)))
    train, test = sources(made)
    train.pairs.boxes[:15] = 0
    rows = sweep(made, train, test, context(tmp_path))
    assert {row.variant for row in rows} == {"labels=100"}


def test_linear_has_an_accuracy_for_each_share_of_labels(folder, tmp_path):
    rows, said = go(job(folder, tmp_path, "linear", "random"))
    assert "presence: skipped, all 120 train frames are 'visible'" in said
    expected = [
        variant
        for kind in ("family", "sector")
        for variant in (kind, *(f"{kind}, {share} %" for share in (1, 2, 5, 10, 20, 50, 100)))
    ]
    assert [row.variant for row in rows] == expected
    assert {row.metric for row in rows if "%" in row.variant} == {"accuracy"}
    assert all(0 <= row.low <= row.value <= row.high <= 100 and row.unit == "%" for row in rows)


def test_a_stopped_linear_run_does_not_train_again_what_is_trained(folder, tmp_path):
    whole, _ = go(job(folder, tmp_path / "a", "linear", "supervised"))

    class Stop(Exception):
        pass

    def stop(stage, done, total, text):
        if stage == "linear-sector-10":
            raise Stop

    with pytest.raises(Stop):
        go(job(folder, tmp_path / "b", "linear", "supervised"), stop)
    trained = set()
    resumed, _ = go(
        job(folder, tmp_path / "b", "linear", "supervised"), lambda stage, *_: trained.add(stage)
    )
    stages = {stage for stage in trained if stage.startswith("linear")}
    assert stages == {f"linear-sector-{share}" for share in (10, 20, 50, 100)}
    assert values(resumed) == values(whole)


@pytest.mark.parametrize("task, method, text", [
    ("labels", "cfar", "supervised, scl"), ("labels", "fusion", "duet"),
    ("linear", "cfar", "scl, cl, .*random, supervised"), ("linear", "duet", "mcl-ema"),
    ("spectrum", "supervised", "scl, cl"), ("spectrum", "sclx", "scl, cl"),
    ("localisation", "random", "unknown method 'random'"),
])  # fmt: skip
def test_a_method_that_a_task_makes_no_sense_for_is_told_in_a_line(
    folder, tmp_path, task, method, text
):
    with pytest.raises(MethodError, match=text) as caught:
        go(job(folder, tmp_path, task, method))
    assert "\n" not in str(caught.value) and method in str(caught.value)
    assert not tmp_path.joinpath("checkpoints").exists()


def test_the_command_knows_the_tasks(folder, tmp_path):
    options = ["--data", str(folder), "--preset", "smoke", "--out", str(tmp_path), "--epochs", "1"]
    done = CliRunner().invoke(main, ["bench", "random", "--task", "spectrum", *options])
    assert done.exit_code == 0, done.output
    assert "random (radio, epochs=1): effective rank" in done.output
    done = CliRunner().invoke(main, ["bench", "cfar", "--task", "linear", *options])
    assert done.exit_code == 2 and "random, supervised" in done.output
    assert done.output.count("\n") == 1
    done = CliRunner().invoke(main, ["bench", "cfar", "--task", "none", *options])
    assert ", ".join(f"'{task}'" for task in TASKS) in done.output


def test_labels_are_drawn_once_of_every_class_and_few_are_some_of_many():
    classes = np.repeat([0, 1, 2, 3], [1000, 3, 2, 1])
    draws = {share: linear.drawn(classes, share, 5) for share in (0.1, 1, 10, 100)}
    assert [len(draw) for draw in draws.values()] == [2, 10, 101, 1006]
    assert set(classes[draws[1]]) == {0, 1, 2, 3} and len(set(classes[draws[0.1]])) == 2
    for fewer, more in ((0.1, 1), (1, 10), (10, 100)):
        assert set(draws[fewer]) < set(draws[more])
    assert (draws[1] == linear.drawn(classes, 1, 5)).all()
    assert (draws[10] != linear.drawn(classes, 10, 6)).any()


def test_the_interval_of_an_accuracy_is_of_sequences():
    sequence = np.repeat(np.arange(6), [15, 15, 15, 15, 15, 5])
    right = np.random.default_rng(1).random(80) < np.repeat([0.1, 0.9, 0.5, 0.8, 0.3, 1.0],
                                                            [15, 15, 15, 15, 15, 5])  # fmt: skip
    found = linear.accuracy(right, sequence + 40, np.random.default_rng(2))
    rng, draws = np.random.default_rng(2), []
    for chosen in rng.integers(6, size=(2000, 6)):
        draws.append(100 * np.concatenate([right[sequence == i] for i in chosen]).mean())
    assert found.value == pytest.approx(100 * right.mean())
    assert [found.low, found.high] == pytest.approx(np.quantile(draws, [0.025, 0.975]).tolist())
    assert found.high - found.low > 25


def test_the_classifier_is_linear_and_blind_to_the_features_units():
    rng = np.random.default_rng(3)
    known, asked = rng.normal(size=(200, 2)), rng.normal(size=(500, 2))
    units = np.array([1e-6, 1e6])
    told = linear.fitted(known * units, (known.sum(1) > 0).astype(int), asked * units)
    assert (told == (asked.sum(1) > 0)).mean() > 0.95
    cross = linear.fitted(known, (known.prod(1) > 0).astype(int), asked)
    assert (cross == (asked.prod(1) > 0)).mean() < 0.7


def test_the_supervised_network_learns_what_can_be_told(folder, tmp_path):
    longer = replace(SMOKE, backbones=replace(SMOKE.backbones, epochs=6))
    train, _ = sources(job(folder, tmp_path, "linear", "supervised"))
    loud = np.random.default_rng(1).permutation(120) % 2
    assert isinstance(train.held, Pair)
    radio = train.held.radio + torch.from_numpy(loud)[:, None, None, None]
    train = replace(train, held=train.held._replace(radio=radio))
    classes, chosen = Classes(("quiet", "loud"), loud, loud), np.arange(0, 120, 2)
    told = linear.trained("loud", classes, chosen, train, train, context(tmp_path, longer))
    assert (told == loud).mean() > 0.95


def test_pooled_features_are_means_over_the_cells_of_a_frozen_encoder(folder, tmp_path):
    train, _ = sources(job(folder, tmp_path, "linear", "cl"))
    network = backbones("cl", train, context(tmp_path))
    assert isinstance(network, Cl) and radio_branch(network) is network.radio.fast[0]
    before = {key: value.clone() for key, value in network.state_dict().items()}
    found = linear.pooled_features(network, train, context(tmp_path))
    assert isinstance(train.held, Pair) and found.shape == (120, 16)
    with torch.no_grad():
        one = network.radio.fast[0](train.held.radio[7:8])[0]
    assert found[7] == pytest.approx([float(channel.mean()) for channel in one], rel=1e-4)
    assert all(torch.equal(before[key], value) for key, value in network.state_dict().items())


def test_random_backbones_are_those_of_their_seed(folder, tmp_path):
    train, _ = sources(job(folder, tmp_path, "linear", "random"))
    one, other = (backbones("random", train, context(tmp_path, seed=i)) for i in (4, 5))
    again = backbones("random", train, context(tmp_path, seed=4))
    weights = [next(radio_branch(each).parameters()) for each in (one, other, again)]
    assert torch.equal(weights[0], weights[2]) and not torch.equal(weights[0], weights[1])
    assert "random" in encoders() and not list(tmp_path.glob("*.ckpt"))


@pytest.mark.parametrize("most_bytes", [2**31, 4000])
@pytest.mark.parametrize("n", [9, 60])
def test_the_spectrum_is_that_of_all_channels_and_cells_covariances(monkeypatch, n, most_bytes):
    monkeypatch.setattr(spectrum, "MOST_BYTES", most_bytes)
    features = torch.randn(n, 5, 4, 6, generator=torch.manual_seed(1))  # 24 cells
    flat = features.double().numpy().reshape(n, 5, 24)
    expected = []
    for vectors in (*(flat[:, c] for c in range(5)), *(flat[:, :, i] for i in range(24))):
        centred = vectors - vectors.mean(0)
        covariance = sum(np.outer(row, row) for row in centred) / n
        expected += np.linalg.svd(covariance)[1].tolist()
    real = sorted((value for value in expected if value > 1e-10), reverse=True)
    found = spectrum.spectrum(lambda: iter(features.split(4)), n)
    assert len(found) == len(real) == 5 * min(n - 1, 24) + 24 * min(n - 1, 5)
    assert found == pytest.approx(np.array(real), rel=1e-6)


def test_features_that_are_all_alike_have_no_spectrum():
    found = spectrum.spectrum(lambda: iter([torch.ones(7, 2, 3, 3)]), 7)
    assert len(found) == 0 == len(spectrum.kept(0))
    assert spectrum.effective_rank(found) == 0


def test_the_effective_rank_of_equal_values_is_their_number():
    assert spectrum.effective_rank(0.3 * np.ones(12)) == pytest.approx(12)
    assert spectrum.effective_rank(np.array([5.0, 5e-300])) == pytest.approx(1)
    halves = np.array([0.5, 0.25, 0.25])
    assert spectrum.effective_rank(3.0 * halves) == pytest.approx(2**1.5)  # entropy of 1.5 bit


def test_a_curve_keeps_the_first_and_the_last_and_few_between():
    assert spectrum.kept(3).tolist() == [0, 1, 2]
    at = spectrum.kept(1_000_000)
    assert at[0] == 0 and at[-1] == 999_999 and len(at) <= 400 and (np.diff(at) > 0).all()
    assert at[:5].tolist() == [0, 1, 2, 3, 4]


def test_masked_methods_see_the_target_alone(folder, tmp_path):
    made = job(folder, tmp_path, "spectrum", "cl")
    _, test = sources(made)
    assert isinstance(test.held, Pair)
    loud = replace(test, held=test.held._replace(picture=test.held.picture.clone()))
    for i, (x0, y0, x1, y1) in enumerate(test.held.box.round().int().tolist()):
        shown = torch.zeros(60, 80, dtype=torch.bool)
        shown[max(y0 - 3, 0) : y1 + 3, max(x0 - 3, 0) : x1 + 3] = True
        loud.held.picture[i][:, ~shown] = 255
    for method, alike in (("mcl", True), ("scl", True), ("cl", False)):
        context_ = context(tmp_path / method)
        context_.folder.mkdir()
        network = backbones(method, test, context_)
        one, other = (
            torch.cat(list(features(network, "vision", part, context_))) for part in (test, loud)
        )
        assert torch.equal(one, other) == alike


def test_sectors_have_equal_counts_whose_edges_are_the_train_splits(folder, tmp_path):
    train, test = sources(job(folder, tmp_path, "linear", "random"))
    found = sector(train, test)
    assert np.bincount(found.train).tolist() == [15] * 8
    azimuth, scored = (part.pairs.places[:, 1].numpy() for part in (train, test))
    for i, angle in enumerate(scored):
        nearest = np.abs(azimuth - angle).argmin()
        assert abs(found.train[nearest] - found.test[i]) <= 1
    assert (np.diff(found.test[np.argsort(scored)]) >= 0).all()


MODELS = ["hatch_a", "van_b", "unheard"]


def varied_sequence(config, seed, sequence, on_frame=None):
    """A hatch, a van, or a model that nobody knows, by sequence; hidden in one frame of five."""
    arrays = paired_sequence(config, seed, sequence, on_frame)
    arrays["object/model"][:] = (sequence + 1) % 3
    arrays["object/model"][::2] = sequence % 3  # the target's rows
    arrays["target/box"][::5] = arrays["object/box"][::10] = 0
    return arrays


def test_families_and_presence_are_told_by_the_labels(tmp_path, monkeypatch):
    known = {"hatch_a": "hatch", "van_b": "van"}

    class Model:
        def __init__(self, style):
            self.style = style

    models = {name: Model(style) for name, style in known.items()}
    monkeypatch.setattr("benchmark.tasks.classes.CAR_MODELS", models)
    path = tmp_path / "data"
    tables = TABLES | {"models": MODELS}
    generate(plan(paired_config(), path, 75, 3, tables, 1), varied_sequence)
    train, test = sources(job(path, tmp_path, "linear", "random"))
    for part, numbers in zip((train, test), family_numbers(train, test), strict=True):
        expected = [known.get(MODELS[i % 3], MODELS[i % 3]) for i in part.pairs.sequence_of]
        assert numbers == expected
    seen = presence(train, test)
    assert seen.names == ("hidden", "visible")
    assert [seen.names[i] for i in seen.test] == (["hidden"] + ["visible"] * 4) * 3
    assert seen.chance.mean() == 0.8


def family_numbers(train, test):
    found = family(train, test)
    return [[found.names[i] for i in part] for part in (found.train, found.test)]


def test_a_model_outside_the_table_names_the_dataset(folder, tmp_path):
    train, test = sources(job(folder, tmp_path, "linear", "random"))
    manifest = train.pairs.data.manifest
    train.pairs.data.manifest = replace(manifest, tables={**manifest.tables, "models": ["hatch"]})
    with pytest.raises(DatasetError, match="radvis validate"):
        family(train, test)
