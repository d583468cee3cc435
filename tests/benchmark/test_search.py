"""The search of the localiser's settings: its space, its record, and what becomes of its trials."""

import json
import math
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pytest
import torch
from click.testing import CliRunner
from filelock import FileLock
from lightning_fabric import Fabric
from optuna.storages.journal import JournalFileBackend
from optuna.storages.journal._base import BaseJournalSnapshot
from PIL import Image

from benchmark import training
from benchmark.job import Job
from benchmark.localisers import PlaceSchedule, place_network
from benchmark.pairs import Pairs, load
from benchmark.presets import PRESETS
from benchmark.rows import ROWS
from benchmark.search import trial as search_trial
from benchmark.search.command import searched
from benchmark.search.loop import Search, search
from benchmark.search.space import (
    CHOICES,
    MOMENTUM,
    NAMES,
    PAPER,
    SettingsError,
    checked,
    read_settings,
    settings_text,
    with_settings,
)
from benchmark.search.study import SearchError
from benchmark.search.trial import cut, training_bytes
from benchmark.sources import Source
from benchmark.training import Diverged, OutOfMemory
from models.localiser import Localiser, LocaliserConfig
from radvis_cli import main
from synth.generate import generate
from synth.plan import plan
from synth.shards import DatasetError
from tests.benchmark.paintings import paired_config, paired_dataset, paired_sequence
from tests.fakes import TABLES

SMOKE = PRESETS["smoke"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return paired_dataset(tmp_path_factory.mktemp("search") / "data")


@pytest.fixture(scope="module")
def source(folder):
    pairs = Pairs(folder, "train", SMOKE.height, SMOKE.width)
    return Source(pairs, load(pairs))


def go(source, out, trials, preset=SMOKE, data="x", tell=lambda *_: None):
    said: list[str] = []
    fabric = Fabric(accelerator="cpu", devices=1)
    return search(Search(preset, trials, out, data), source, fabric, tell, said.append), said


def record(out):
    """Return how trials ended, what they tried and what they reached, of those that a kill spared.

    Read by Optuna alone.
    """
    backend = JournalFileBackend(str(out / "search" / "study.log"))
    study = optuna.load_study(
        study_name="localiser", storage=optuna.storages.JournalStorage(backend)
    )
    return [
        (trial.state.name, trial.params, trial.values)
        for trial in study.trials
        if trial.state.name != "FAIL"
    ]


def test_the_space_is_the_papers_table():
    """Counted by hand in table 5: 21 rows, of which one is a range."""
    assert len(NAMES) == 21 and NAMES[:2] == ("lr", "momentum")
    assert [len(CHOICES[name]) for name in NAMES if name != "momentum"] == [
        3, 5, 2, 2, *[5] * 4, *[3] * 4, *[2] * 4, 3, 5, 5, 3,
    ]  # fmt: skip
    assert CHOICES["lin4_size"] == (64, 182, 256) and MOMENTUM[0] == 0.8 and MOMENTUM[1] < 1
    preset = with_settings(SMOKE, PAPER)
    assert preset.network == LocaliserConfig()  # the defaults are the table's last column
    found = preset.localiser
    assert (found.rate, found.momentum, found.optimizer) == (0.001, 0.948985588, "adam")
    assert (found.epochs, found.batch) == (SMOKE.localiser.epochs, SMOKE.localiser.batch)
    assert torch.optim.Adam([torch.zeros(1)], betas=(MOMENTUM[1], 0.999))


def test_the_papers_localiser_needs_no_file():
    assert searched(PRESETS["laptop"], Path("paper"), None) == with_settings(
        PRESETS["laptop"], PAPER
    )
    preset = searched(PRESETS["laptop"], None, None)
    assert preset == PRESETS["laptop"] and preset.flat is not None
    learns = searched(PRESETS["laptop"], Path("paper"), None).localiser
    assert (learns.epochs, learns.cosine) == (preset.flat.epochs, preset.flat.cosine)


@pytest.mark.parametrize("name, value", [
    ("s1_size", True), ("c1_size", 8.0), ("c1_size", 12), ("lin4_size", 128), ("lr", 0.002),
    ("momentum", 1.0), ("momentum", math.nan), ("momentum", 0.79), ("act_func", "__class__"),
    ("optimizer", ["Adam"]), ("loss_func", "mse"),
])  # fmt: skip
def test_a_value_outside_the_space_is_refused_by_name(tmp_path, name, value):
    with pytest.raises(SettingsError, match=rf"x\.toml: {name} = .*: allowed are "):
        checked({**PAPER, name: value}, "x.toml")


@pytest.mark.parametrize("text, said", [
    ("lr = ", "is no TOML"), ("c5_size = 8\n", "unknown 'c5_size'"), ("lr = 0.001\n", "is missing"),
    ("x = '" + "a" * 70_000 + "'", "too large"), ("a=" + "[" * 5000, "is no TOML"),
    ("\xff", "is no TOML"),
])  # fmt: skip
def test_a_file_that_is_none_is_told_in_a_line(tmp_path, text, said):
    path = tmp_path / "best.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(SettingsError, match=said) as told:
        read_settings(path)
    assert "\n" not in str(told.value) and len(str(told.value)) < 500
    with pytest.raises(SettingsError, match="No such file"):
        read_settings(tmp_path / "none.toml")


def test_a_file_holds_what_was_written(tmp_path):
    path = tmp_path / "best.toml"
    path.write_text(settings_text(PAPER, "of\n[a] = folder"))
    assert read_settings(path) == PAPER


def test_settings_are_part_of_the_runs_hash(tmp_path):
    digests = set()
    for changes in ({}, {"lr": 0.01}, {"loss_func": "L1"}, {"k1_size": 2}, {"momentum": 0.9}):
        preset = with_settings(SMOKE, {**PAPER, **changes})
        job = Job("supervised", tmp_path, preset, 1, tmp_path, "labels", "echo", "test", "")
        digests.add((job.digest, preset.name))
    assert len(digests) == 5 and len({name for _, name in digests}) == 5


def test_the_losses_are_what_they_are_called():
    place, weight = torch.tensor([[1.0, 2.0], [3.0, -1.0]]), torch.tensor([1.0, 3.0])
    for loss, power in (("MSE", 2), ("L1", 1)):
        schedule = PlaceSchedule(1, 1, 0.1, loss=loss)
        learned = torch.tensor([[0.0, 0.0], [4.0, 8.0]])  # centre 2, 4; spread 2, 4
        network = place_network(torch.nn.Identity(), learned, schedule)
        wanted = 0.0
        for (x, y), w in zip(place.tolist(), weight.tolist(), strict=True):
            errors = [abs(0.5 - (x - 2) / 2) ** power, abs(0.5 - (y - 4) / 4) ** power]
            wanted += w * sum(errors) / 2 / 4  # 4: the sum of weights
        assert float(network(place, weight, torch.full((2, 2), 0.5))) == pytest.approx(wanted)
    with pytest.raises(ValueError, match="losses are MSE, L1"):
        place_network(torch.nn.Identity(), place, replace(schedule, loss="L2"))


def test_the_part_to_compare_by_is_whole_sequences_of_the_train_split(source, folder):
    parts, again, other = cut(source, 0), cut(source, 0), cut(source, 1)
    of_frame = source.pairs.sequence_of
    assert not set(of_frame[parts.learned]) & set(of_frame[parts.kept])
    assert set(of_frame[parts.kept]) == set(parts.sequences) and len(parts.kept) == 30
    assert sorted([*parts.learned, *parts.kept]) == list(range(len(source)))
    assert parts.sequences == again.sequences != other.sequences
    scored = Pairs(folder, "validation", SMOKE.height, SMOKE.width)
    assert not set(scored.sequence_of) & set(of_frame)


def test_one_sequence_cannot_be_cut(tmp_path):
    generate(plan(paired_config(), tmp_path / "d", 30, 3, TABLES, 1), paired_sequence)
    pairs = Pairs(tmp_path / "d", "train", SMOKE.height, SMOKE.width)
    with pytest.raises(DatasetError, match="a search needs two"):
        cut(Source(pairs, None), 0)


def test_a_search_that_was_killed_ends_as_one_that_was_not(source, tmp_path):
    whole, said = go(source, tmp_path / "a", 5)
    assert said[0].startswith("search: 5 trials of 2 epochs; 90 frames to train on")
    assert "left" in said[1] and "left" not in said[-1]

    class Kill(BaseException):
        pass

    def tell(stage, done, total, text):
        assert stage == "trials" and 0 < done <= total
        if done == total * 5 // 8:  # in the fourth of five trials
            raise Kill

    with pytest.raises(Kill):
        go(source, tmp_path / "b", 5, tell=tell)
    with (tmp_path / "b" / "search" / "study.log").open("ab") as file:
        file.write(b'{"op_code": 5, "wor')  # what a kill may leave
    (tmp_path / "b" / "search" / "study.log.lock").touch()
    resumed, said = go(source, tmp_path / "b", 5)
    assert said[0].startswith("search: 2 trials") and said[1].startswith("trial 4 of 5")
    assert record(tmp_path / "b") == record(tmp_path / "a")
    assert resumed[:2] == whole[:2]
    names = {path.name for path in (tmp_path / "b" / "search").iterdir()}
    assert names == {".lock", "study.log", "best.toml", "trials.png"}

    done, said = go(source, tmp_path / "a", 5)
    assert done == whole and said[0].startswith("all 5 trials are in")
    go(source, tmp_path / "a", 6)
    assert len(record(tmp_path / "a")) == 6


def test_the_file_is_the_best_trials_and_the_first_trial_is_the_papers(source, tmp_path):
    lines, _ = go(source, tmp_path, 4)
    trials = record(tmp_path)
    assert trials[0][1] == PAPER
    best = min((trial for trial in trials if trial[0] == "COMPLETE"), key=lambda trial: trial[2])
    assert read_settings(tmp_path / "search" / "best.toml") == best[1]
    assert lines[0].startswith(f"best of 4 trials: median error {best[2][0]:.3f} m on 30 frames")
    with Image.open(tmp_path / "search" / "trials.png") as picture:
        assert min(picture.size) > 700


def test_a_trial_worse_than_the_others_is_stopped_and_does_not_count(source, tmp_path, monkeypatch):
    """Five good trials run to their end; the sixth, which looks worse, does not."""
    errors = iter([*[3.0, 2.0, 2.0] * 5, 9.0])  # after each of two epochs, and at the end
    monkeypatch.setattr(search_trial, "kept_error", lambda *_: next(errors))
    lines, said = go(source, tmp_path, 6)
    assert said[-1] == "trial 6 of 6: stopped early, epoch 1; best 2.000 m"
    assert [state for state, *_ in record(tmp_path)] == ["COMPLETE"] * 5 + ["PRUNED"]
    assert "1 stopped early" in lines[0]


def test_a_trial_that_diverges_or_does_not_fit_is_not_the_end(source, tmp_path, monkeypatch):
    original, calls = training.train, 0

    def train(*arguments):
        nonlocal calls
        calls += 1
        if calls == 2:
            arguments[8](1)  # on_epoch: it looked good before
            raise Diverged("the loss became nan")
        if calls == 3:
            raise OutOfMemory("full")
        original(*arguments)

    monkeypatch.setattr(search_trial, "train", train)
    lines, said = go(source, tmp_path, 4)
    assert "diverged, epoch 1" in said[2] and "does not fit in memory" in said[3]
    assert "(1 diverged, 1 does not fit in memory)" in lines[0]
    states = [(state, values) for state, _, values in record(tmp_path)]
    assert [state for state, _ in states] == ["COMPLETE", "PRUNED", "PRUNED", "COMPLETE"]
    assert states[1][1] == [math.inf]


def test_places_that_are_no_numbers_are_a_divergence(source, tmp_path):
    fabric = Fabric(accelerator="cpu", devices=1)
    parts = cut(source, 0)
    objective, _ = search_trial.trial_task(with_settings(SMOKE, PAPER), parts, 0)
    error = search_trial.kept_error(objective, parts, fabric)
    true = source.held.place[torch.from_numpy(parts.kept)].double().numpy()
    found = objective.places(source.held.radio[torch.from_numpy(parts.kept)]).double().numpy()
    x, y = true[:, 0] * np.sin(true[:, 1]), true[:, 0] * np.cos(true[:, 1])
    assert error == pytest.approx(np.median(np.hypot(found[:, 0] - x, found[:, 1] - y)), rel=1e-5)
    torch.nn.init.constant_(list(objective.parameters())[-1], math.nan)
    with pytest.raises(Diverged):
        search_trial.kept_error(objective, parts, fabric)


def test_a_network_too_large_is_not_even_made(source, tmp_path, monkeypatch):
    monkeypatch.setattr(search_trial, "MEMORY_SHARE", 0.0)
    with pytest.raises(SearchError, match=r"none of 2 trials ran to its end \(2 does not fit"):
        go(source, tmp_path, 2)


def test_memory_is_that_of_weights_and_values():
    config = LocaliserConfig((4, 4, 4, 4), (2, 2, 2, 2), (2, 2, 2, 2), (128, 16, 16, 64))
    network = Localiser(config, 1, 60, 80)
    weights = sum(weight.numel() for weight in network.parameters())
    shapes = [(60, 80), (30, 40), (15, 20), (7, 10), (3, 5)]
    values = 60 * 80 + sum(2 * 4 * h * w for h, w in shapes[1:])  # 2: and the activation's
    values += 4 * 3 * 5 + 2 * (128 + 16 + 16 + 64) + 2
    assert training_bytes(config, 60, 80, 8) == 4 * (4 * weights + 2 * 8 * values)
    widest = LocaliserConfig((64,) * 4, (2,) * 4, (1,) * 4, (512, 256, 256, 256))
    assert training_bytes(widest, 480, 640, 32) > 100e9


@pytest.mark.parametrize("changed, text", [
    ({"preset": replace(SMOKE, height=120)}, "another search .*preset.height = 60, here 120"),
    ({"data": "y"}, "of other data"),
])  # fmt: skip
def test_trials_of_another_search_are_not_mixed(source, tmp_path, changed, text):
    go(source, tmp_path, 1)
    with pytest.raises(SearchError, match=text):
        go(source, tmp_path, 2, **changed)


@pytest.mark.parametrize("line", [
    b"\x80\x04\x95garbage\n", b"{}\n", b"[]\n", b'{"op_code": 99}\n', b"[" * 100_000 + b"\n",
    b'{"op_code":0,"worker_id":"w","study_name":"localiser","directions":[2]}\n',
    b'{"op_code":0,"worker_id":"w","study_name":"localiser","directions":[1]}\n'
    b'{"op_code":2,"worker_id":"w","study_id":0,"user_attr":{"identity":5}}\n',
])  # fmt: skip
def test_a_record_from_elsewhere_is_refused_in_a_line(source, tmp_path, line):
    (tmp_path / "search").mkdir()
    (tmp_path / "search" / "study.log").write_bytes(line)
    with pytest.raises(SearchError) as told:
        go(source, tmp_path, 1)
    assert "\n" not in str(told.value) and "remove it" in str(told.value)


def test_a_recorded_trial_outside_the_space_is_refused(source, tmp_path):
    go(source, tmp_path, 1)
    path = tmp_path / "search" / "study.log"
    lines = []
    for line in path.read_text().splitlines():
        held = json.loads(line)
        if held.get("param_name") == "act_func":
            held["distribution"] = held["distribution"].replace("ReLU", "eval", 1)
        lines.append(json.dumps(held))
    assert "eval" in "".join(lines)
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(SearchError, match="no study of radvis"):
        go(source, tmp_path, 2)


def test_the_records_format_holds_no_pickles():
    """Optuna unpickles what a backend keeps as a snapshot; a file keeps none."""
    assert not issubclass(JournalFileBackend, BaseJournalSnapshot)


def test_two_searches_in_one_folder_are_refused(source, tmp_path):
    (tmp_path / "search").mkdir()
    with (
        FileLock(tmp_path / "search" / ".lock"),
        pytest.raises(SearchError, match="another search is running"),
    ):
        go(source, tmp_path, 1)


def bench(*arguments):
    return CliRunner().invoke(main, ["bench", *map(str, arguments)])


def test_the_command_searches_and_a_run_takes_what_it_found(folder, tmp_path):
    options = ["--data", folder, "--preset", "smoke", "--out", tmp_path]
    done = bench("search", *options, "--trials", 1)
    assert done.exit_code == 0, done.output
    best = tmp_path / "search" / "best.toml"
    assert f"{best}\n" in done.output and "best of 1 trials" in done.output
    assert tomllib.loads(best.read_text())["loss_func"] == "MSE"
    for _ in range(2):  # the second finds all seeds done
        done = bench("supervised", *options, "--localiser", best)
        assert done.exit_code == 0, done.output
    best.write_text(best.read_text().replace("MSE", "L1"))
    done = bench("supervised", *options, "--localiser", best)
    assert done.exit_code == 0, done.output
    done = bench("supervised", *options)
    assert done.exit_code == 0, done.output
    rows = [json.loads(line) for line in (tmp_path / ROWS).read_text().splitlines()]
    assert [row["preset"].partition("+")[0] for row in rows] == ["smoke"] * 9
    assert len({(row["preset"], row["config"]) for row in rows}) == 3
    losses = [row["value"] for row in rows if row["metric"] == "median error"]
    assert losses[0] != losses[1]


@pytest.mark.parametrize("arguments, text", [
    (["supervised", "--trials", "3"], "--trials is for radvis bench search"),
    (["search", "--seeds", "3"], "--seeds is not for radvis bench search"),
    (["search", "--task", "localisation"], "--task is not for radvis bench search"),
    (["search", "--masks", "labels"], "--masks is not for radvis bench search"),
    (["search", "--localiser", "none.toml"], "--localiser is not for radvis bench search"),
    (["supervised", "--localiser", "none.toml"], "none.toml: No such file"),
])  # fmt: skip
def test_wrong_options_are_told_in_a_line(folder, tmp_path, arguments, text):
    done = bench(*arguments, "--data", folder, "--preset", "smoke", "--out", tmp_path)
    assert done.exit_code == 2 and text in done.output and done.output.count("\n") == 1
