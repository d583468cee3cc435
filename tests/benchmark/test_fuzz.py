"""Results and checkpoints of strangers, bent at random: an error of ours and nothing else.

`make fuzz` bends many more than a run of the tests does.
"""

import zipfile
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from benchmark.rows import Row, append_rows, read_rows
from models.checkpoint import (
    CheckpointError,
    load_detector,
    read_checkpoint,
    save_detector,
    write_checkpoint,
)
from models.detector import DetectorConfig, new_detector
from synth.shards import DatasetError
from tests.bending import EDITS, JSON, bent, each_bent, replaced

SMALL = DetectorConfig(widths=(2, 2, 2, 2), blocks=(1, 1, 1, 1), neck=2)


def tried(work, *args):
    """Do something that may fail by our errors only."""
    try:
        work(*args)
    except (DatasetError, CheckpointError):
        pass


@pytest.fixture
def detector(tmp_path):
    path = tmp_path / "detector.pt"
    save_detector(path, new_detector(SMALL, 0), 0.5, "0" * 64)
    return path


def test_bent_rows(tmp_path):
    path = tmp_path / "rows.jsonl"
    texts: dict[str, Any] = dict.fromkeys(
        ("task", "method", "variant", "metric", "unit", "preset", "config", "data", "dataset",
         "version", "machine", "command"), "x",
    )  # fmt: skip
    numbers: dict[str, Any] = {"value": 1.0, "low": 0.5, "high": 2.0, "n": 15}
    append_rows(path, [Row(**texts, **numbers, seed=seed) for seed in (0, 1, 2)])
    each_bent(path, lambda _: tried(read_rows, path))


def test_bent_checkpoints(detector):
    each_bent(detector, lambda _: tried(load_detector, detector))


def test_checkpoints_whose_parts_are_bent_and_whose_checksums_are_right(detector, tmp_path):
    path = tmp_path / "bent.pt"
    with zipfile.ZipFile(detector) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    names = sorted(parts, key=lambda name: not name.endswith("data.pkl"))

    @given(st.sampled_from(names) | st.just(names[0]), EDITS)
    def run(name, edits):
        with zipfile.ZipFile(path, "w") as archive:
            for part, content in parts.items():
                archive.writestr(part, bent(content, edits) if part == name else content)
        tried(load_detector, path)

    run()


def test_checkpoints_with_other_values(detector):
    held = read_checkpoint(detector)

    @given(st.lists(st.integers(0, 100), min_size=1, max_size=3), JSON)
    def run(where, value):
        told = {"config": held["config"], "threshold": held["threshold"]}
        write_checkpoint(detector, {**held, **replaced(told, where, value)})
        tried(load_detector, detector)

    run()


@pytest.mark.parametrize("config", [
    {"neck": 10**9}, {"widths": (10**9,) * 4}, {"blocks": (10**9, 1, 1, 1)}, {"widths": (2,) * 400},
    {"neck": -1}, {"neck": "2"}, {"blocks": (1.5, 1, 1, 1)},
])  # fmt: skip
def test_sizes_that_no_detector_has_are_refused_at_once(detector, config):
    held = read_checkpoint(detector)
    write_checkpoint(detector, {**held, "config": {**held["config"], **config}})
    with pytest.raises(CheckpointError, match="holds no car detector"):
        load_detector(detector)


def test_a_checkpoint_that_would_grow_is_refused(detector, tmp_path):
    path = tmp_path / "bomb.pt"
    with (
        zipfile.ZipFile(detector) as archive,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out,
    ):
        for name in archive.namelist():
            out.writestr(name, archive.read(name))
    assert torch.load(path, weights_only=True)
    with pytest.raises(CheckpointError, match="is no checkpoint"):
        read_checkpoint(path)
