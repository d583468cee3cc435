"""What power cuts, killed processes and full disks leave behind: never a wrong dataset that
validates, never a finished sequence lost.
"""

import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from synth.generate import generate
from synth.manifest import read_manifest
from synth.plan import COST_BYTES, plan
from synth.shards import DatasetError
from synth.validate import validate
from tests.fakes import TABLES, fake_sequence, tiny_config
from tests.processes import in_group, workers_of

pytestmark = pytest.mark.slow
N = 900
START = """
from pathlib import Path
from synth.generate import generate
from synth.plan import plan
from tests.fakes import TABLES, fake_sequence, tiny_config
if __name__ == "__main__":
    generate(plan(tiny_config(), Path("{folder}"), {n}, 0, TABLES, 2), fake_sequence)
"""


def finish(folder, n=N):
    """Let an undisturbed run do what is left."""
    generate(plan(tiny_config(), folder, n, 0, TABLES, 2), fake_sequence)


def shards(folder):
    """What is finished: names, with what tells whether a file was written again."""
    return {path.name: path.stat().st_ino for path in (folder / "shards").glob("[0-9]*.h5")}


def same(one, other):
    return all(
        (one / path.relative_to(other)).read_bytes() == path.read_bytes()
        for path in [*(other / "shards").glob("*.h5"), other / "manifest.json"]
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "data"
    finish(folder)
    return folder


def test_twenty_kills_at_random_moments_lose_nothing(whole, tmp_path):
    """Of a worker, of the parent, of both; at any moment from the start of a process on."""
    folder, script = tmp_path / "data", tmp_path / "start.py"
    script.write_text(START.format(folder=folder, n=N))
    environment = {**os.environ, "FAKE_SECONDS": "0.02", "PYTHONPATH": os.pathsep.join(sys.path)}
    rng = np.random.default_rng(0)
    for kill in range(20):
        process = subprocess.Popen(
            [sys.executable, str(script)], env=environment, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        before, end = shards(folder), time.monotonic() + 60
        while len(shards(folder)) < len(before) + kill % 3:  # how many new ones to let it make
            assert time.monotonic() < end and process.poll() is None
            time.sleep(0.01)
        time.sleep(rng.uniform(0.0, 0.7))
        assert process.poll() is None, "the dataset was finished before the last kill"
        workers = workers_of(process.pid)
        victim = rng.choice(["worker", "parent", "both"])
        if victim == "worker" and workers:
            os.kill(rng.choice(workers), signal.SIGKILL)  # the parent is to notice, and to end
        elif victim == "both":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            os.kill(process.pid, signal.SIGKILL)  # its workers are to notice, and to end
        process.wait(timeout=30)
        end = time.monotonic() + 30
        while in_group(process.pid):
            assert time.monotonic() < end, "a process outlives the run"
            time.sleep(0.02)
        after = shards(folder)
        assert before.items() <= after.items()
        if (folder / "manifest.json").exists():
            # It is not complete, and whatever it lists is whole: nothing else is wrong with it
            # but for shards that were finished and not yet written down.
            texts = [text for text in validate(folder) if not text.endswith(" is not listed")]
            assert len(texts) == 1 and "sequences are missing" in texts[0]
            listed = {shard.file for shard in read_manifest(folder).shards}
            assert listed <= {f"shards/{name}" for name in after}
    assert len(after) > 10
    finish(folder)
    assert after.items() <= shards(folder).items()
    assert validate(folder) == [] and same(folder, whole)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of a megabyte that can grow."""
    place = tmp_path / "disk"
    place.mkdir()
    options = "size=1500k"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("nobody may mount a file system here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_fills_loses_nothing_and_the_run_goes_on_when_there_is_room(
    whole, small_disk, monkeypatch
):
    folder = small_disk / "data"
    monkeypatch.setattr("synth.plan.COST_BYTES", dict.fromkeys(COST_BYTES, 0.0))
    with pytest.raises(DatasetError, match="No space left on device: make room") as told:
        finish(folder)
    assert str(folder) in str(told.value)
    before = shards(folder)
    assert before and validate(folder) != []
    with pytest.raises(DatasetError, match="No space left on device: make room"):
        finish(folder)
    grow = ["mount", "-o", "remount,size=200m", str(small_disk)]
    subprocess.run(grow, check=True)
    finish(folder)
    assert before.items() <= shards(folder).items()
    assert validate(folder) == [] and same(folder, whole)


def test_a_manifest_of_another_run_never_validates(whole, make, tmp_path):
    folder = shutil.copytree(whole, tmp_path / "data")
    other = make("other", n=N, seed=1)
    shutil.copy(other / "manifest.json", folder)
    assert all("the manifest says" in text for text in validate(folder))
    assert len(validate(folder)) == N // 15
    with pytest.raises(DatasetError, match="made with seed = 1, not 0"):
        finish(folder)
    shutil.copy(whole / "manifest.json", folder)
    assert validate(folder) == []
