import hashlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenes.config import ConfigError, SplitConfig
from scenes.presets import preset
from synth.dataset import Dataset
from synth.generate import generate
from synth.manifest import SPLITS, make_splits, new_manifest, read_manifest, write_manifest
from synth.plan import COST_S, LIGHT_COST, Plan, plan
from synth.shards import DatasetError, open_shard, read_header, write_shard
from synth.validate import validate
from tests.fakes import (
    TABLES,
    broken_sequence,
    dying_sequence,
    fake_sequence,
    full_disk,
    lock,
    tiny_config,
)
from tests.processes import in_group, workers_of

CONFIG = tiny_config()
RUN = """
import sys
from pathlib import Path
from synth.generate import generate
from synth.plan import plan
from tests.fakes import TABLES, fake_sequence, tiny_config
if __name__ == "__main__":
    generate(plan(tiny_config(), Path(sys.argv[1]), 60, 0, TABLES, 2), fake_sequence)
"""


@pytest.fixture
def make(tmp_path):
    """Make a small dataset of random arrays, or go on with it; returns its folder."""

    def run(name="data", n=30, workers=1, synthesise=fake_sequence, **changes):
        folder = tmp_path / name
        generate(plan(tiny_config(**changes), folder, n, 0, TABLES, workers), synthesise)
        return folder

    return run


def checksums(folder):
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((folder / "shards").iterdir())
    }


def rewrite(path, **change):
    """Write a shard again, with another header."""
    with open_shard(path) as file:
        header = read_header(file)
    write_shard(path, fake_sequence(CONFIG, 0, header.sequence), replace(header, **change))


def start(folder, tmp_path, seconds):
    script = tmp_path / "run.py"
    script.write_text(RUN)
    environment = {**os.environ, "FAKE_SECONDS": str(seconds), "PYTHONPATH": os.getcwd()}
    return subprocess.Popen(
        [sys.executable, str(script), str(folder)], env=environment, start_new_session=True
    )


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_one_and_two_workers_and_a_second_run_give_the_same_bytes(make):
    one, two = make("one", n=60), make("two", n=60, workers=2)
    assert checksums(one) == checksums(two)
    before = checksums(one)
    make("one", n=60)
    assert checksums(one) == before
    assert validate(one) == []


def test_a_larger_n_extends_a_dataset(make):
    make("grown", n=30)
    folder, whole = make("grown", n=60), make("whole", n=60)
    assert checksums(folder) == checksums(whole)
    assert read_manifest(folder) == read_manifest(whole)
    assert validate(folder) == []


def test_a_dataset_that_grows_keeps_the_splits_it_has(make):
    folder = make(n=30)
    manifest = read_manifest(folder)
    theirs = {"train": [1], "validation": [0], "test": []}
    write_manifest(folder, replace(manifest, splits=theirs))
    splits = read_manifest(make(n=60)).splits
    assert splits == {"train": [1, 2, 3], "validation": [0], "test": []}


@pytest.mark.parametrize("victim", ["parent", "all", "worker"])
def test_killed_in_the_middle_and_resumed_gives_the_same_bytes(make, tmp_path, victim):
    whole, folder = make("whole", n=60), tmp_path / "killed"
    process = start(folder, tmp_path, 0.05)
    wait_for(lambda: len(list(folder.glob("shards/0*.h5"))) >= 1)
    time.sleep(0.2)
    if victim == "all":
        os.killpg(process.pid, signal.SIGKILL)
    elif victim == "parent":
        process.kill()
    else:
        os.kill(workers_of(process.pid)[0], signal.SIGKILL)
    assert process.wait(60) != 0
    assert len(list(folder.glob("shards/0*.h5"))) < 4
    wait_for(lambda: not in_group(process.pid))
    generate(plan(CONFIG, folder, 60, 0, TABLES, 2), fake_sequence)
    assert checksums(folder) == checksums(whole)
    assert validate(folder) == []
    assert not list(folder.rglob("*.tmp"))


def test_workers_are_renewed_now_and_then(make, monkeypatch):
    monkeypatch.setattr("synth.workers.TASKS_A_WORKER", 2)
    assert validate(make(n=15 * 7, workers=2)) == []


def test_a_run_that_was_killed_before_its_manifest_is_begun_anew(make, tmp_path):
    (tmp_path / "data/shards").mkdir(parents=True)
    (tmp_path / "data/.lock").touch()
    (tmp_path / "data/.manifest.json.7.tmp").touch()
    folder = make(n=15)
    assert validate(folder) == []
    assert not list(folder.rglob("*.tmp"))


def test_finished_shards_that_the_manifest_does_not_know_are_taken_in(make):
    folder = make(n=45)
    manifest = read_manifest(folder)
    write_manifest(folder, replace(manifest, shards=manifest.shards[:1]))
    make(n=45, synthesise=broken_sequence)  # nothing is left to make
    assert validate(folder) == []
    assert read_manifest(folder) == manifest


def test_progress_counts_no_shard_that_is_to_be_taken_in(make):
    folder = make(n=45)
    write_manifest(folder, replace(read_manifest(folder), shards=()))
    (folder / "shards/000002.h5").unlink()
    made = plan(CONFIG, folder, 45, 0, TABLES)
    assert (made.todo, made.estimate.n_frame) == ((2,), 15)


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"generator": "radvis 0.0"}, r"generator = 'radvis 0\.0', the dataset with 'radvis "),
        ({"tables": TABLES | {"models": ["van"]}}, r"tables\.models = \['van'\]"),
        ({"config": tiny_config(frame_interval=0.5)}, r"frame_interval = 0\.5, .* with 0\.2"),
        ({"seed": 7}, "seed = 7, the dataset with 0"),
        ({"sequence": 7}, "holds sequence 7, not 1"),
    ],
)
def test_a_foreign_shard_is_neither_taken_in_nor_read(make, change, difference):
    folder = make()
    rewrite(folder / "shards/000001.h5", **change)
    with Dataset(folder) as data, pytest.raises(DatasetError, match=difference):
        data[15]
    manifest = read_manifest(folder)
    write_manifest(folder, replace(manifest, shards=manifest.shards[:1]))
    with pytest.raises(DatasetError, match=rf"000001\.h5: .*{difference}.*: delete it"):
        make()


def test_two_runs_in_one_folder_do_not_mix(tmp_path):
    folder = tmp_path / "busy"
    process = start(folder, tmp_path, 0.1)
    try:
        wait_for(lambda: (folder / "manifest.json").exists())
        with pytest.raises(DatasetError, match="in use"):
            generate(plan(CONFIG, folder, 60, 0, TABLES, 1), fake_sequence)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_a_worker_that_dies_is_named_and_the_rest_is_kept(make, tmp_path):
    with pytest.raises(DatasetError, match="worker process was killed"):
        make(n=30, synthesise=dying_sequence)
    folder = make(n=30)
    assert validate(folder) == []


def test_a_disk_that_fills_is_said(make, tmp_path):
    with pytest.raises(DatasetError, match=r"No space left on device.*same command again"):
        make(synthesise=full_disk)
    assert not list((tmp_path / "data").rglob("*.tmp"))
    assert validate(make()) == []


def test_an_error_of_the_programs_own_is_not_dressed_up(make):
    with pytest.raises(ValueError, match="no such thing"):
        make(synthesise=broken_sequence)


def test_progress_counts_every_frame(tmp_path):
    seen: list[int] = []
    generate(plan(CONFIG, tmp_path / "d", 30, 0, TABLES, 1), fake_sequence, seen.append)
    assert seen[-1] == 30
    assert seen == sorted(seen)


@pytest.mark.parametrize(("n", "advice"), [(0, "take 15"), (-15, "take 15"), (7, "take 15"),
                                           (40, "take 30 or 45")])  # fmt: skip
def test_n_must_be_whole_sequences(tmp_path, n, advice):
    with pytest.raises(ConfigError, match=rf"n = {n}: .*multiple of 15.*{advice}"):
        plan(CONFIG, tmp_path / "d", n, 0, TABLES)
    assert not (tmp_path / "d").exists()


def test_n_ends_where_names_of_shards_do(tmp_path):
    with pytest.raises(ConfigError, match=r"n = 15000015: must be 15 to 15000000; make several"):
        plan(CONFIG, tmp_path / "d", 15_000_015, 0, TABLES)


@pytest.mark.parametrize(("key", "value"), [("seed", -1), ("workers", 0)])
def test_numbers_out_of_range_are_named(tmp_path, key, value):
    arguments = {"seed": 0, "workers": 1, key: value}
    with pytest.raises(ConfigError, match=f"{key} = {value}"):
        plan(CONFIG, tmp_path / "d", 15, tables=TABLES, **arguments)


def test_a_dataset_of_another_seed_or_configuration_is_never_mixed(make):
    folder = make()
    before = checksums(folder)
    with pytest.raises(DatasetError, match="made with seed = 0, not 1: choose another --out"):
        plan(CONFIG, folder, 30, 1, TABLES)
    with pytest.raises(DatasetError, match=r"frame_interval = 0\.2, not 0\.5"):
        plan(tiny_config(frame_interval=0.5), folder, 30, 0, TABLES)
    with pytest.raises(DatasetError, match="planned with n = 30"):
        plan(CONFIG, folder, 15, 0, TABLES)
    assert checksums(folder) == before


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(DatasetError, match="not empty and no dataset"):
        plan(CONFIG, tmp_path, 15, 0, TABLES)


@pytest.mark.parametrize("damage", [lambda raw: raw[:5000], lambda raw: raw[:-1] + b"?"])
def test_a_damaged_shard_is_named_and_not_overwritten(make, damage):
    folder = make()
    shard = folder / "shards/000001.h5"
    shard.write_bytes(damage(shard.read_bytes()))
    with pytest.raises(DatasetError, match=r"000001\.h5 is damaged.*checksum.*delete it"):
        make()
    shard.unlink()
    assert validate(make()) == []


def test_a_truncated_shard_that_is_not_listed_is_named(make):
    folder = make()
    manifest = read_manifest(folder)
    write_manifest(folder, replace(manifest, shards=manifest.shards[:1]))
    shard = folder / "shards/000001.h5"
    shard.write_bytes(shard.read_bytes()[:5000])
    with pytest.raises(DatasetError, match=r"000001\.h5 is truncated.*delete it"):
        make()


def test_too_small_a_disk_is_said_before_anything_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "shutil.disk_usage", lambda _: type("U", (), {"free": 1000, "total": 2000})()
    )
    with pytest.raises(DatasetError, match="GB are free"):
        plan(CONFIG, tmp_path / "d", 15, 0, TABLES)
    assert not (tmp_path / "d").exists()


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(DatasetError, match="is a file"):
        plan(CONFIG, tmp_path / "file/data", 15, 0, TABLES)


def test_a_name_that_cannot_be_is_said(tmp_path):
    with pytest.raises(DatasetError, match=r"nnn: File name too long: choose another --out"):
        plan(CONFIG, tmp_path / ("n" * 300), 15, 0, TABLES)


def test_a_folder_that_may_not_be_looked_into_is_said(tmp_path, monkeypatch):
    folder = tmp_path / "locked/d"
    lock(monkeypatch, folder)
    with pytest.raises(DatasetError, match=r"locked/d: Permission denied: choose another --out"):
        plan(CONFIG, folder, 15, 0, TABLES)


def cost(**sections):
    """Return the estimate of a frame of the parking lot with some values changed."""
    base = preset("parking_lot")
    changed = {
        name: replace(getattr(base, name), **values) if isinstance(values, dict) else values
        for name, values in sections.items()
    }
    manifest = new_manifest(replace(base, **changed), 0, 15, TABLES)
    estimate = Plan(Path("d"), manifest, (0,), 1).estimate
    return np.array([estimate.seconds, estimate.bytes]) / estimate.n_frame


def test_the_estimate_follows_the_sizes_of_what_is_made():
    usual = cost()
    drawn = 0.8 + 0.1 * LIGHT_COST["dusk"] + 0.1 * LIGHT_COST["night"]
    by_day = 0.45 * 64 * COST_S["still sample"] + 8 * COST_S["frame sample"]  # 1.8 s
    shed = 8 * COST_S["shed sample"]  # at dusk and by night
    picture = drawn * by_day + 0.2 * shed
    np.testing.assert_allclose(usual, [4.9, 2.84e6], rtol=0.02)
    larger = 3 * (COST_S["pixels"] + picture)
    night = {"day": 0.0, "dusk": 0.0, "night": 1.0}
    more: dict[str, tuple[dict[str, Any], float, float]] = {
        "night": ({"weather": night}, (LIGHT_COST["night"] - drawn) * by_day + 0.8 * shed, 0),
        "camera": ({"camera": {"width": 1280, "height": 960}}, larger, 2.1),
        "csi": ({"radio": {"n_row": 32}}, COST_S["response"], 0.9),
        "heatmap": ({"heatmap": {"n_range": 960}}, COST_S["heatmap"], 0.4),
        "lidar": ({"lidar": {"n_beam": 128}}, COST_S["lidar"], 0.3),
        "rays": ({"radio": {"n_ray": 200_000}}, COST_S["trace"], 0),
        "bounces": ({"radio": {"n_bounce": 1}}, -COST_S["trace"] / 2, 0),
        "paths": ({"radio": {"max_path": 40_000}}, 0, 0.53),
        "all paths": ({"radio": {"max_path": 1_000_000}}, 0, 0.53 * (91_000 / 20_000 - 1)),
    }
    for name, (change, seconds, megabytes) in more.items():
        np.testing.assert_allclose(
            cost(**change) - usual, [seconds, megabytes * 1e6], rtol=0.01, atol=1e-3, err_msg=name
        )
    assert (cost(entries=("lidar",)) < [0.4, 0.4e6]).all()


def test_splits_have_the_shares_that_are_asked_for():
    config = tiny_config()
    for n in (5, 10, 100, 2000):
        splits = make_splits(config, 0, n)
        assert len(splits["validation"]) == round(0.2 * n)
        assert sorted(chain(*splits.values())) == list(range(n))
    assert len(make_splits(config, 0, 2)["validation"]) == 1
    assert make_splits(config, 0, 100) != make_splits(config, 1, 100)


@pytest.mark.parametrize(("validation", "test"), [(0.2, 0.0), (0.49, 0.5), (0.1, 0.15), (0, 0.9)])
def test_splits_never_move_and_train_is_never_empty(validation, test):
    config = tiny_config(split=SplitConfig(validation, test))
    whole = make_splits(config, 0, 200)
    assert [len(whole[name]) for name in SPLITS[1:]] == [200 * validation, 200 * test]
    for n in range(1, 200):
        part = make_splits(config, 0, n)
        assert part == {name: [i for i in whole[name] if i < n] for name in SPLITS}
        assert part["train"]


def test_a_withheld_test_split(make):
    folder = make(n=150, split=SplitConfig(validation=0.2, test=0.2))
    assert [len(Dataset(folder, name)) for name in SPLITS] == [90, 30, 30]
