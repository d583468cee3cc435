"""Files of strangers, bent at random: an error of ours, never a crash, a hang or a flood of memory.

`make fuzz` bends many more than a run of the tests does.
"""

import hashlib
import multiprocessing
import resource
import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from scenes.config import ConfigError, SplitConfig
from scenes.config_io import read_toml, to_toml
from synth.dataset import Dataset
from synth.export import plan_export, run_export
from synth.manifest import read_manifest, write_manifest
from synth.page import write_page
from synth.release import Terms, check_release, make_release, plan_release, read_release
from synth.shards import DatasetError
from synth.validate import validate
from synth.view import contact_sheet
from tests.bending import each_bent, each_replaced
from tests.fakes import fake_sequence, tiny_config

LONGEST = 30.0  # [s] that any file may take
MOST_MEMORY = 3_000_000_000  # bytes of the process that reads; a dataset of some kilobytes


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    from synth.generate import generate
    from synth.plan import plan
    from tests.fakes import TABLES

    folder = tmp_path_factory.mktemp("fuzz") / "data"
    config = tiny_config(split=SplitConfig(validation=0.0))
    generate(plan(config, folder, 15, 0, TABLES), fake_sequence)
    return folder


@pytest.fixture(scope="module")
def release(original, tmp_path_factory):
    out = tmp_path_factory.mktemp("fuzz") / "release"
    make_release(plan_release(Terms("x", "1.0.0", "CC0-1.0", "Lab"), out, (original,)))
    return out


def copied(folder, tmp_path_factory):
    place = tmp_path_factory.mktemp("bent") / folder.name
    return shutil.copytree(folder, place)


def tried(work, *args):
    """Do something that may fail by our errors only."""
    try:
        work(*args)
    except (DatasetError, ConfigError):
        pass


# Shards: HDF5 reads them in a process of its own, which may die of it.


def read_everything(folder):
    """Validate a dataset, read every array of it, draw and export it."""
    with Dataset(folder) as data, TemporaryDirectory() as place:
        out = Path(place)
        for use in (
            lambda: validate(folder),
            lambda: [frame for frame in data],
            lambda: contact_sheet(data, out / "sheet.png", [0]),
            lambda: write_page(data, out / "page.html"),
            lambda: run_export(plan_export(folder, out / "export", "folders")),
        ):
            tried(use)


def serve(pipe):
    """Read datasets, one after the other; say what went wrong with each."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    for folder in iter(pipe.recv, None):
        try:
            tried(read_everything, folder)
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


def test_bent_manifests(original, tmp_path_factory):
    folder = copied(original, tmp_path_factory)

    def work(_):
        tried(read_everything, folder)

    each_bent(folder / "manifest.json", work)


def test_manifests_with_other_values(original, tmp_path_factory):
    folder = copied(original, tmp_path_factory)

    def work():
        tried(read_everything, folder)

    each_replaced(folder / "manifest.json", 4, work)


@pytest.mark.parametrize("name", ["release.json", "SHA256SUMS", "croissant.json", "frames.csv",
                                  "statistics.json", "CHANGELOG.md"])  # fmt: skip
def test_bent_releases(release, tmp_path_factory, name):
    folder = copied(release, tmp_path_factory)
    sign = signer(folder, name)

    def work(_):
        sign()
        tried(check_release, folder)

    each_bent(folder / name, work)


def signer(folder, name):
    """Return what puts a file's checksum into SHA256SUMS, whatever it holds by then."""
    sums = folder / "SHA256SUMS"
    others = {line.split("  ")[1]: line for line in sums.read_text().splitlines()}

    def sign():
        if name != sums.name:
            line = f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}"
            sums.write_text("\n".join({**others, name: line}.values()) + "\n")

    return sign


@pytest.mark.parametrize(("name", "deepest"), [("croissant.json", 4), ("statistics.json", 5)])
def test_documents_with_other_values(release, tmp_path_factory, name, deepest):
    folder = copied(release, tmp_path_factory)
    sign = signer(folder, name)

    def work():
        sign()
        tried(check_release, folder)

    each_replaced(folder / name, deepest, work)


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
