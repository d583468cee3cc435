"""Files of strangers, bent at random: an error of ours, never a crash, a hang or a flood of memory.

python -m pytest tests/synth/test_fuzz.py --hypothesis-profile=long
"""

import hashlib
import json
import multiprocessing
import resource
import shutil
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenes.config import ConfigError
from scenes.config_io import read_toml, to_toml
from synth.dataset import Dataset
from synth.export import plan_export, run_export
from synth.manifest import read_manifest, write_manifest
from synth.release import Terms, check_release, make_release, plan_release, read_release
from synth.shards import DatasetError
from synth.validate import validate
from tests.fakes import fake_sequence, tiny_config

LONGEST = 30.0  # [s] that any file may take
MOST_MEMORY = 3_000_000_000  # bytes of the process that reads; a dataset of some kilobytes

place = st.integers(0, 2**22)
EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), place, st.binary(min_size=1, max_size=8)),
        st.tuples(st.just("insert"), place, st.binary(min_size=1, max_size=40)),
        st.tuples(st.just("cut"), place, st.integers(1, 5000)),
        st.tuples(st.just("end"), place, st.none()),
        st.tuples(st.just("copy"), place, place),
    ),
    min_size=1, max_size=6,
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)


def bent(content, edits):
    """Content after some edits, whose places are taken modulo its length."""
    held = bytearray(content)
    for kind, at, what in edits:
        i = at % max(len(held), 1)
        if kind == "set":
            held[i : i + len(what)] = what
        elif kind == "insert":
            held[i:i] = what
        elif kind == "cut":
            del held[i : i + what]
        elif kind == "end":
            del held[i:]
        else:
            j = what % max(len(held), 1)
            held[i : i + 64] = held[j : j + 64]
    return bytes(held)


def replaced(held, path, value):
    """A JSON value with another one somewhere in it."""
    if not path or not isinstance(held, dict | list) or not held:
        return value
    keys = sorted(held) if isinstance(held, dict) else range(len(held))
    key = keys[path[0] % len(held)]
    copy = dict(held) if isinstance(held, dict) else list(held)
    copy[key] = replaced(copy[key], path[1:], value)
    return copy


def each_bent(path, work):
    """Bend a file in many ways, each time from what it was; hand what it holds to `work`."""
    content = path.read_bytes()

    @given(EDITS)
    def run(edits):
        raw = bent(content, edits)
        path.write_bytes(raw)
        work(raw)

    run()


def each_replaced(path, deepest, work):
    """Put other values into a JSON file, in many ways, each time from what it was."""
    held = json.loads(path.read_text())

    @given(st.lists(st.integers(0, 100), min_size=1, max_size=deepest), JSON)
    def run(where, value):
        path.write_text(json.dumps(replaced(held, where, value)))
        work()

    run()


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    from synth.generate import generate
    from synth.plan import plan
    from tests.fakes import TABLES

    folder = tmp_path_factory.mktemp("fuzz") / "data"
    generate(plan(tiny_config(), folder, 15, 0, TABLES), fake_sequence)
    return folder


@pytest.fixture(scope="module")
def release(original, tmp_path_factory):
    out = tmp_path_factory.mktemp("fuzz") / "release"
    make_release(plan_release(Terms("x", "1.0.0", "CC0-1.0", "Lab"), out, (original,)))
    return out


def copied(folder, tmp_path_factory):
    place = tmp_path_factory.mktemp("bent") / folder.name
    return shutil.copytree(folder, place)


# Shards: HDF5 reads them in a process of its own, which may die of it.


def read_everything(folder):
    """Validate a dataset and read every array of it."""
    try:
        validate(folder)
        with Dataset(folder) as data:
            for frame in data:
                assert frame
    except DatasetError:
        pass


def serve(pipe):
    """Read datasets, one after the other; say what went wrong with each."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    for folder in iter(pipe.recv, None):
        try:
            read_everything(folder)
            pipe.send("")
        except Exception as error:
            pipe.send(f"{type(error).__name__}: {error}")


class Reader:
    """A process that reads datasets, and is started again when it died."""

    def __init__(self):
        self._process: Any = None
        self._pipe: Any = None

    def read(self, folder):
        """What went wrong; empty if nothing did."""
        if self._process is None:
            context = multiprocessing.get_context("spawn")
            self._pipe, theirs = context.Pipe()
            self._process = context.Process(target=serve, args=(theirs,), daemon=True)
            self._process.start()
            theirs.close()
        self._pipe.send(folder)
        try:
            if self._pipe.poll(LONGEST):
                return self._pipe.recv()
            fault = "it hangs"
        except EOFError:
            fault = "it crashed"
        self.close()
        return fault

    def close(self):
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._process = None


@pytest.fixture(scope="module")
def reader():
    held = Reader()
    yield held
    held.close()


def test_the_reader_says_what_goes_wrong(reader, original, monkeypatch):
    assert reader.read(original) == ""
    assert "TypeError" in reader.read(7)


@pytest.mark.slow
def test_bent_shards(reader, original, tmp_path_factory):
    folder = copied(original, tmp_path_factory)
    manifest = read_manifest(folder)

    def work(raw):
        digest = hashlib.sha256(raw).hexdigest()  # as a stranger would, who wants it to be read
        record = replace(manifest.shards[0], bytes=len(raw), sha256=digest)
        write_manifest(folder, replace(manifest, shards=(record,)))
        assert reader.read(folder) == ""

    each_bent(folder / "shards/000000.h5", work)


# Texts: they are read here.


def tried(work, *args):
    """Do something that may fail by our errors only."""
    try:
        work(*args)
    except (DatasetError, ConfigError):
        pass


def test_bent_manifests(original, tmp_path_factory):
    folder = copied(original, tmp_path_factory)

    def work(_):
        tried(validate, folder)
        tried(read_everything, folder)

    each_bent(folder / "manifest.json", work)


def test_manifests_with_other_values(original, tmp_path_factory):
    folder = copied(original, tmp_path_factory)

    def work():
        tried(validate, folder)
        tried(read_everything, folder)

    each_replaced(folder / "manifest.json", 4, work)


@pytest.mark.parametrize("name", ["release.json", "SHA256SUMS", "croissant.json", "frames.csv",
                                  "statistics.json", "CHANGELOG.md"])  # fmt: skip
def test_bent_releases(release, tmp_path_factory, name):
    folder = copied(release, tmp_path_factory)
    others = {
        line.split("  ")[1]: line for line in (folder / "SHA256SUMS").read_text().splitlines()
    }

    def work(raw):
        if name != "SHA256SUMS":
            line = f"{hashlib.sha256(raw).hexdigest()}  {name}"
            text = "\n".join({**others, name: line}.values()) + "\n"
            (folder / "SHA256SUMS").write_text(text)
        tried(check_release, folder)

    each_bent(folder / name, work)


def test_releases_with_other_values(release, tmp_path_factory):
    folder = copied(release, tmp_path_factory)
    each_replaced(folder / "release.json", 3, lambda: tried(read_release, folder))


def test_bent_exports(original, tmp_path_factory):
    out = tmp_path_factory.mktemp("bent") / "out"
    plan = plan_export(original, out, "folders", entries=("radar",))
    run_export(plan)
    each_bent(out / "export.json", lambda _: tried(run_export, plan))


def test_bent_configurations(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(to_toml(tiny_config()))
    each_bent(path, lambda _: tried(read_toml, path))
