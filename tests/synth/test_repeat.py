"""The whole command, for real: the same bytes however it is run. Small pictures, few rays."""

import os
import signal
import subprocess
import sys
import time

import pytest

pytest.importorskip("bpy")

from synth.manifest import read_manifest

pytestmark = [pytest.mark.bpy, pytest.mark.slow]
N_SEQUENCE = 3
SMALL = [
    "camera.width=160", "camera.height=120", "camera.background_samples=4",
    "camera.frame_samples=4", "radio.n_ray=20000",
]  # fmt: skip


def start(folder, workers):
    line = f"-m radvis_cli synth --scene parking_lot --n {15 * N_SEQUENCE} --seed 0".split()
    options = ["--out", str(folder), "--workers", str(workers)]
    settings = [word for setting in SMALL for word in ("--set", setting)]
    return subprocess.Popen(
        [sys.executable, *line, *options, *settings],
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def checksums(folder):
    return {shard.sequence: shard.sha256 for shard in read_manifest(folder).shards}


def finished(folder):
    return len(list((folder / "shards").glob("0*.h5")))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Checksums of a run by one worker."""
    folder = tmp_path_factory.mktemp("repeat") / "one"
    process = start(folder, 1)
    _, said = process.communicate(timeout=600)
    assert process.returncode == 0, said
    assert len(checksums(folder)) == N_SEQUENCE
    return checksums(folder)


def test_two_workers_killed_in_the_middle_and_resumed_give_the_same_bytes(whole, tmp_path):
    process = start(tmp_path / "two", 2)
    end = time.monotonic() + 300
    while finished(tmp_path / "two") < 1:
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert finished(tmp_path / "two") < N_SEQUENCE
    again = start(tmp_path / "two", 2)
    _, said = again.communicate(timeout=600)
    assert again.returncode == 0, said
    assert checksums(tmp_path / "two") == whole


def test_seed_0_repeats(whole, tmp_path):
    process = start(tmp_path / "again", 2)
    _, said = process.communicate(timeout=600)
    assert process.returncode == 0, said
    assert checksums(tmp_path / "again") == whole
