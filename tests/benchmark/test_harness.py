"""What surrounds methods: several processes, the store of pairs, own methods, and bad input."""

import errno
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from click.testing import CliRunner

from benchmark import training
from benchmark.moving import moving
from benchmark.pairs import Pair, Pairs, load
from benchmark.presets import PRESETS
from benchmark.rows import ROWS, read_rows
from benchmark.sources import Shuffled, Source
from benchmark.store import stored
from models.scl import Scl
from radvis_cli import main
from synth.generate import generate
from synth.plan import plan
from synth.shards import DatasetError
from tests.benchmark.paintings import paired_config, paired_dataset, paired_sequence
from tests.fakes import TABLES

ROOT = Path(__file__).parents[2]
SMOKE = PRESETS["smoke"]
STEPS = 15  # of an epoch of `folder` on the preset `smoke`
TRIAL = 8  # steps of two estimates before training: of the run and of its first stage


def only(wanted):
    """A synthesiser of some entries of `paired_sequence`."""
    whole = ("camera", "radar", "doppler")
    left_out = {"camera": ("camera/",), "doppler": ("radar/doppler",)}
    starts = tuple(start for entry, starts in left_out.items() for start in starts
                   if entry not in wanted)  # fmt: skip

    def synthesise(config, seed, sequence, on_frame=None):
        arrays = paired_sequence(replace(config, entries=whole), seed, sequence, on_frame)
        return {key: value for key, value in arrays.items() if not key.startswith(starts)}

    return synthesise


def without_camera(*arguments):
    return only(("radar", "doppler"))(*arguments)


def other_sequence(config, seed, sequence, on_frame=None):
    """A dataset of the same numbers and other frames."""
    return paired_sequence(config, seed + 1, sequence, on_frame)


def without_doppler(*arguments):
    return only(("camera", "radar"))(*arguments)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return paired_dataset(tmp_path_factory.mktemp("pairs") / "data")


def bench(*arguments):
    """The command, in this process."""
    return CliRunner().invoke(main, ["bench", *map(str, arguments)])


def smoke(method, folder, out, *more):
    return bench(method, "--data", folder, "--out", out, "--preset", "smoke", *more)


def files(out):
    """Content by name, but for locks."""
    found = sorted(path for path in out.rglob("*") if path.is_file() and path.suffix != ".lock")
    return {path.relative_to(out): path.read_bytes() for path in found}


def the_line(done):
    """The one line that says what is wrong."""
    said = [line for line in done.output.splitlines() if line.startswith("radvis: ")]
    assert done.exit_code == 2 and len(said) == 1, done.output
    assert done.output.endswith(said[0] + "\n") and "Traceback" not in done.output
    return said[0]


# Several processes


def torchrun(number, *arguments):
    local = ("--standalone", "--local-addr", "127.0.0.1", "--nproc_per_node", str(number))
    command = [sys.executable, "-m", "torch.distributed.run", *local, *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240, check=False
    )


METHODS = ("scl", "mcl-ema", "supervised")
STAGES = [
    ("scl", "backbones"), ("scl", "localiser"), ("mcl-ema", "backbones"),
    ("mcl-ema", "localiser"), ("supervised", "localiser"),
]  # fmt: skip
# SCL's localiser learns from its self-labels: a last bit that decides a maximum makes them others.
ALIKE = [stage for stage in STAGES if stage != ("scl", "localiser")]
FIRST = 8  # steps before a last bit that decides a maximum, or a ReLU, may have grown to be seen


@pytest.fixture(scope="module")
def runs(folder, tmp_path_factory):
    """Folders of results of one process and of two."""
    out = tmp_path_factory.mktemp("processes")
    for number in (1, 2):
        done = torchrun(
            number, ROOT / "tests/benchmark/processes.py", folder, out / str(number), *METHODS
        )
        assert done.returncode == 0, done.stderr
    return out


def held(runs, number, method, stage, process=0):
    (path,) = (runs / str(number)).glob(f"checkpoints/{method}-smoke-*-0/{stage}.process{process}")
    return torch.load(path, weights_only=True)


@pytest.mark.slow
@pytest.mark.parametrize("method, stage", ALIKE)
def test_two_processes_learn_what_one_does(runs, method, stage):
    """SCL's self-labels and the preset's fast localiser make of a last bit what they will."""
    one, two = held(runs, 1, method, stage), held(runs, 2, method, stage)
    assert len(one["losses"]) == len(two["losses"]) == 2 * STEPS
    assert np.ptp(one["losses"]) > 0.05
    assert np.allclose(one["losses"][:FIRST], two["losses"][:FIRST], atol=1e-5)
    if method != "mcl-ema":
        return
    assert np.allclose(one["losses"], two["losses"], atol=1e-3)
    for key, value in one["weights"].items():
        assert torch.allclose(value.float(), two["weights"][key].float(), atol=3e-3), key


@pytest.mark.slow
@pytest.mark.parametrize("method, stage", STAGES)
def test_all_processes_hold_the_same_weights_queues_and_averages(runs, method, stage):
    first, second = (held(runs, 2, method, stage, process)["weights"] for process in (0, 1))
    assert all(torch.equal(value, second[key]) for key, value in first.items())
    assert ("vision.queue.keys" in first) == (stage == "backbones" and method == "mcl-ema")
    written = torch.load(
        next((runs / "2").glob(f"checkpoints/{method}-smoke-*-0/{stage}.ckpt")), weights_only=True
    )["network"]
    assert all(torch.equal(value, first[key]) for key, value in written.items())


@pytest.mark.slow
def test_rows_are_written_once_and_are_those_that_one_process_writes(runs, folder, tmp_path):
    """One process scores what two have trained."""
    assert len((runs / "2" / ROWS).read_text().splitlines()) == 3 * len(METHODS)
    shutil.copytree(runs / "2", tmp_path, dirs_exist_ok=True)
    (tmp_path / ROWS).unlink()
    done = torchrun(1, ROOT / "tests/benchmark/processes.py", folder, tmp_path, "supervised")
    assert done.returncode == 0, done.stderr
    two = [row for row in read_rows(runs / "2" / ROWS) if row.method == "supervised"]
    one = read_rows(tmp_path / ROWS)
    assert [row.metric for row in one] == [row.metric for row in two]
    assert [row.value for row in one] == pytest.approx(
        [row.value for row in two], abs=1e-4, nan_ok=True
    )


@pytest.mark.slow
def test_the_command_runs_in_two_processes_and_speaks_once(folder, tmp_path):
    done = torchrun(
        2, "-m", "radvis_cli", "bench", "cl", "--data", folder, "--preset", "smoke", "--epochs",
        "1", "--device", "cpu", "--out", tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("cl (epochs=1): median error") == 1 and done.stdout.count("\n") == 3
    assert done.stderr.count("cl, seed 0 (1 of 1)") == 1
    assert "GLOBAL_RANK" not in done.stderr and "Warning" not in done.stderr


def test_parts_of_processes_are_the_batch_of_one(folder, monkeypatch):
    source = Source(Pairs(folder, "train", 60, 80), None)

    def batches(number, process):
        monkeypatch.setattr("benchmark.sources.n_process", lambda: number)
        monkeypatch.setattr("benchmark.sources.rank", lambda: process)
        made = Shuffled(source, np.arange(50), 9, lambda batch: (batch.frame,))
        parts = [frames.tolist() for (frames,) in made.epoch(np.random.default_rng(1))]
        assert len(made) == len(parts)
        return parts

    parts = [batches(3, process) for process in range(3)]
    assert [a + b + c for a, b, c in zip(*parts, strict=True)] == batches(1, 0)
    with pytest.raises(DatasetError, match="9 frames a batch are fewer than 10 processes"):
        batches(10, 0)


@pytest.mark.parametrize("method", ["supervised", "scl", "mcl"])
def test_half_precision_runs(folder, tmp_path, method):
    done = smoke(method, folder, tmp_path, "--precision", "bf16-mixed", "--epochs", "1")
    assert done.exit_code == 0, done.output
    assert 0 < read_rows(tmp_path / ROWS)[0].value < 60


# The store of pairs


@pytest.fixture
def pairs(folder):
    return Pairs(folder, "train", 60, 80)


def decoded(pairs, out):
    """The store, and how many frames were decoded for it."""
    count = []
    return stored(pairs, out, lambda: count.append(1)), len(count)


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_the_store_holds_what_memory_does_and_is_made_once(pairs, tmp_path):
    memory = Source(pairs, load(pairs))
    for wanted in (len(pairs), 0):
        made, count = decoded(pairs, tmp_path)
        assert count == wanted
    mapped, anew = Source(pairs, made), Source(pairs, None)
    order = np.random.default_rng(0).permutation(len(pairs))
    for batches in zip(*(s.batches(order, 32) for s in (memory, mapped, anew)), strict=True):
        assert same(batches[0], batches[1]) and same(batches[0], batches[2])
    assert isinstance(memory.held, Pair) and not made.radio.flags.writeable


def test_maps_of_what_moves_are_what_is_above_the_least_of_the_sequence(pairs, tmp_path):
    memory = Source(pairs, load(pairs))
    mapped = Source(pairs, stored(pairs, tmp_path))
    chosen = np.array([31, 0, 17, 14])
    for source in (memory, mapped):
        found = moving(source).read(chosen)
        assert torch.equal(found.picture, memory.read(chosen).picture)
        assert torch.equal(found.frame, torch.from_numpy(chosen))
        for frame, radio in zip(chosen, found.radio, strict=True):
            first = frame // 15 * 15
            least = np.minimum.reduce([pairs[i].radio.numpy() for i in range(first, first + 15)])
            np.testing.assert_array_equal(radio.numpy(), pairs[int(frame)].radio.numpy() - least)


def test_a_store_of_other_data_is_never_used(pairs, folder, tmp_path):
    decoded(pairs, tmp_path)
    other = tmp_path / "other"
    generate(plan(paired_config(), other, 150, 3, TABLES, 1), other_sequence)
    for changed in (
        Pairs(other, "train", 60, 80), Pairs(folder, "validation", 60, 80),
        Pairs(folder, "train", 30, 40), Pairs(folder, "train", 30, 80),
    ):  # fmt: skip
        made, count = decoded(changed, tmp_path)
        assert count == len(changed)
        assert torch.equal(Source(changed, made).read(np.array([5])).picture[0], changed[5].picture)
    assert decoded(pairs, tmp_path)[1] == 0


def truncated(path):
    os.truncate(path, path.stat().st_size - 4096)


def grown(path):
    with path.open("ab") as file:
        file.write(b"more")


def flipped(path):
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def headless(path):
    path.with_suffix(".json").unlink()


def beheaded(path):
    path.with_suffix(".json").write_text('{"identity": [')


def gone(path):
    path.unlink()


@pytest.mark.parametrize("damage", [truncated, grown, flipped, headless, beheaded, gone])
def test_a_damaged_store_is_made_again(pairs, tmp_path, damage):
    decoded(pairs, tmp_path)
    damage(next(tmp_path.glob("*.pairs")))
    made, count = decoded(pairs, tmp_path)
    assert count == len(pairs) and same(Source(pairs, made).read(np.arange(9)), load_some(pairs, 9))
    assert decoded(pairs, tmp_path)[1] == 0


def load_some(pairs, n):
    return Pair(*(torch.stack(part) for part in zip(*(pairs[i] for i in range(n)), strict=True)))


def test_a_full_disk_is_told_before_the_work(pairs, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.posix_fallocate", full)
    count = []
    with pytest.raises(DatasetError, match=r"\(0.0 GB\): No space left.*another --out"):
        stored(pairs, tmp_path / "store", lambda: count.append(1))
    assert not count and not files(tmp_path / "store")


def test_a_store_that_is_left_half_made_is_none(pairs, tmp_path):
    class Stop(Exception):
        pass

    def stop():
        raise Stop

    with pytest.raises(Stop):
        stored(pairs, tmp_path, stop)
    assert not files(tmp_path)
    assert decoded(pairs, tmp_path)[1] == len(pairs)


def test_an_epoch_that_is_left_early_ends_the_thread(pairs, tmp_path):
    source = Source(pairs, stored(pairs, tmp_path))
    for batch in source.in_order(8):
        assert len(batch.frame) == 8
        break
    with pytest.raises(IndexError):
        list(source.batches(np.array([0, 10**6]), 1))


# A user's own method


@pytest.mark.parametrize("name", ["Ridge", "Nearest"])
def test_the_example_of_an_own_method_runs(folder, tmp_path, name):
    middle = 8.0  # [m] median error of saying the middle on such data, about
    method = f"{ROOT / 'examples/my_method.py'}:{name}"
    done = smoke(method, folder, tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert read_rows(tmp_path / "out" / ROWS)[0].value < middle
    assert sorted(path.name for path in (ROOT / "examples").glob("*-smoke-*")) == []


@pytest.mark.parametrize("content, text", [
    (None, "is no file"), ("class Mine:\n  def (", "mine.py, line 2: "),
    ("import nothing_like_it", "cannot be imported"), ("class Other: pass", "mine.py has no Mine"),
])  # fmt: skip
def test_an_own_file_that_will_not_do_is_told(folder, tmp_path, monkeypatch, content, text):
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    path = tmp_path / "mine.py"
    if content is not None:
        path.write_text(content)
    assert text in the_line(smoke(f"{path}:Mine", folder, tmp_path / "out"))


# Bad input: one line, status 2, nothing lost


def test_no_dataset_names_the_command_that_makes_one(tmp_path):
    text = the_line(smoke("scl", tmp_path / "none", tmp_path / "out"))
    assert f"--entries camera,radar,doppler --out {tmp_path / 'none'}" in text
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("method, entries, synthesise, lacking", [
    ("scl", ("radar", "doppler"), without_camera, "not camera"),
    ("cfar", ("camera", "radar"), without_doppler, "range-velocity maps: radvis synth --entries "
     "camera,radar,doppler"),
])  # fmt: skip
def test_an_entry_that_is_missing_is_named(tmp_path, method, entries, synthesise, lacking):
    data = tmp_path / "data"
    generate(plan(paired_config(entries=entries), data, 60, 3, TABLES, 1), synthesise)
    assert lacking in the_line(smoke(method, data, tmp_path / "out"))


@pytest.mark.parametrize("where", ["shard", "manifest"])
def test_another_format_version_is_named(folder, tmp_path, where):
    data = tmp_path / "data"
    shutil.copytree(folder, data)
    if where == "shard":
        with h5py.File(data / "shards" / "000004.h5", "r+") as file:
            file.attrs["format_version"] = 1
    else:
        text = (data / "manifest.json").read_text()
        (data / "manifest.json").write_text(
            text.replace('"format_version": 3', '"format_version": 1')
        )
    assert "format version 1, this radvis reads 3" in the_line(
        smoke("supervised", data, tmp_path / "out")
    )


def test_a_checkpoint_of_another_configuration_is_kept(folder, tmp_path):
    places = []
    for epochs in ("1", "2"):
        out = tmp_path / epochs
        assert smoke("scl", folder, out, "--epochs", epochs).exit_code == 0
        places.append(next((out / "checkpoints").iterdir()))
    one, two = places
    assert one.name != two.name  # in one --out they would stand side by side
    shutil.rmtree(two)
    shutil.copytree(one, two)
    (tmp_path / "2" / ROWS).unlink()
    before = files(tmp_path)
    text = the_line(smoke("scl", folder, tmp_path / "2", "--epochs", "2"))
    assert "epochs = 1, here 2): choose another --out" in text
    assert files(tmp_path) == before


class Spoiled:
    """SCL whose calls go wrong after some."""

    def __init__(self, monkeypatch, after, fault):
        original, calls = Scl.forward, []

        def forward(network, *arguments):
            calls.append(1)
            if len(calls) <= after:
                return original(network, *arguments)
            if isinstance(fault, BaseException):
                raise fault
            return original(network, *arguments) * fault

        monkeypatch.setattr(Scl, "forward", forward)


def test_a_diverged_loss_keeps_the_last_good_checkpoint(folder, tmp_path, monkeypatch):
    Spoiled(monkeypatch, TRIAL + STEPS + 2, float("nan"))
    text = the_line(smoke("scl", folder, tmp_path))
    (path,) = tmp_path.glob("checkpoints/scl-smoke-*-0/backbones.ckpt")
    assert f"loss became nan in step {STEPS + 3} (epoch 2); {path} holds the last good" in text
    kept = torch.load(path, weights_only=True)
    assert kept["epoch"] == 1
    assert all(value.isfinite().all() for value in kept["network"].values())
    monkeypatch.undo()
    assert smoke("scl", folder, tmp_path).exit_code == 0


def test_a_rate_that_is_too_large_leaves_no_checkpoint(folder, tmp_path, monkeypatch):
    wild = replace(SMOKE, backbones=replace(SMOKE.backbones, rate=1e30))
    monkeypatch.setitem(PRESETS, "smoke", wild)
    assert "no epoch was finished: lower the" in the_line(smoke("scl", folder, tmp_path))
    assert not list(tmp_path.rglob("*.ckpt"))


def test_weights_that_are_no_numbers_are_not_kept(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "averaged", lambda loss: torch.zeros(()))  # nothing looks wrong
    Spoiled(monkeypatch, TRIAL + STEPS + 2, float("nan"))
    text = the_line(smoke("scl", folder, tmp_path))
    assert "a weight is no number any more in step 30" in text and "last good epoch" in text


CPU_FULL = RuntimeError(
    "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you "
    "tried to allocate 17179869184 bytes. Error code 12 (Cannot allocate memory)"
)


@pytest.mark.parametrize("after", [0, TRIAL + STEPS + 2])
@pytest.mark.parametrize("fault", [torch.OutOfMemoryError("CUDA out of memory"), CPU_FULL])
def test_a_full_memory_names_a_batch_that_may_fit(folder, tmp_path, monkeypatch, after, fault):
    Spoiled(monkeypatch, after, fault)
    text = the_line(smoke("scl", folder, tmp_path))
    assert text == "radvis: a batch of 8 does not fit in the memory: try --batch 4"
    assert len(list(tmp_path.rglob("*.ckpt"))) == bool(after)
    text = the_line(smoke("scl", folder, tmp_path / "two", "--batch", "2"))
    assert "a batch of 2 does not fit in the memory: take a smaller --preset" in text


def test_another_runtime_error_is_no_full_memory(folder, tmp_path, monkeypatch):
    Spoiled(monkeypatch, 6, RuntimeError("shapes differ"))
    assert isinstance(smoke("scl", folder, tmp_path).exception, RuntimeError)


def test_the_batch_is_that_of_all_stages(folder, tmp_path):
    done = smoke("supervised", folder, tmp_path, "--batch", "4")
    assert f"localiser: {4 * STEPS} steps" in done.output


def half(raw):
    return raw[: len(raw) // 2]


def garbled(raw):
    middle = len(raw) // 2
    return raw[:middle] + bytes(b ^ 255 for b in raw[middle : middle + 4096]) + raw[middle + 4096 :]


@pytest.mark.parametrize("damage", [
    half, garbled, lambda raw: b"", lambda raw: b"no checkpoint", lambda raw: b"\x80\x02}q\x00.",
    lambda raw: raw[64:],
])  # fmt: skip
def test_a_corrupt_checkpoint_is_named_and_kept(folder, tmp_path, damage):
    assert smoke("supervised", folder, tmp_path).exit_code == 0
    (tmp_path / ROWS).unlink()
    (path,) = tmp_path.glob("checkpoints/supervised-smoke-*-0/localiser.ckpt")
    path.write_bytes(damage(path.read_bytes()))
    before = files(tmp_path)
    assert str(path) in the_line(smoke("supervised", folder, tmp_path))
    assert files(tmp_path) == before


def test_a_broken_row_is_named_and_the_others_are_kept(folder, tmp_path):
    assert smoke("supervised", folder, tmp_path).exit_code == 0
    lines = (tmp_path / ROWS).read_text().splitlines()
    (tmp_path / ROWS).write_text("\n".join([lines[0], lines[1][:40], *lines[2:], ""]))
    before = files(tmp_path)
    text = the_line(smoke("supervised", folder, tmp_path, "--seeds", "2"))
    assert f"{tmp_path / ROWS}, line 2: " in text and "remove that line" in text
    assert files(tmp_path) == before


@pytest.mark.parametrize("option", ["--seeds", "--batch", "--epochs"])
def test_none_of_a_thing_is_refused(folder, tmp_path, option):
    assert "0 is not in the range" in the_line(smoke("scl", folder, tmp_path, option, "0"))


@pytest.mark.parametrize("out", ["{file}", "{file}/out", "/proc/results"])
def test_a_folder_that_cannot_be_written_is_told_first(folder, tmp_path, out):
    file = tmp_path / "file"
    file.write_text("mine")
    named = out.format(file=file)
    text = the_line(smoke("scl", folder, named))
    assert f"--out {named}: " in text and "choose another folder" in text
    assert file.read_text() == "mine"


def test_a_disk_that_is_full_at_a_checkpoint_keeps_the_last(folder, tmp_path, monkeypatch):
    assert smoke("scl", folder, tmp_path, "--epochs", "1").exit_code == 0
    before = files(tmp_path)

    def full(path, held):
        raise RuntimeError("PytorchStreamWriter failed writing file data/3: file write failed")

    monkeypatch.setattr(training, "write_checkpoint", full)
    text = the_line(smoke("scl", folder, tmp_path, "--seeds", "2", "--epochs", "1"))
    assert "-1/backbones.ckpt cannot be written (PytorchStreamWriter" in text
    assert files(tmp_path) == before


def test_a_disk_that_is_full_at_the_rows_says_so(folder, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path / ROWS))

    monkeypatch.setattr("benchmark.bench.append_rows", full)
    assert "No space left on device; what is" in the_line(smoke("supervised", folder, tmp_path))
    monkeypatch.undo()
    assert smoke("supervised", folder, tmp_path).exit_code == 0
    assert len(read_rows(tmp_path / ROWS)) == 3
