import csv
import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from radvis_cli import main
from scenes.config import ConfigError, SplitConfig
from scenes.config_io import config_hash
from synth.dataset import Dataset
from synth.manifest import read_manifest, record_of, write_manifest
from synth.merge import merge
from synth.release import Terms, check_release, make_release, plan_release, read_release
from synth.release.changes import Changes, Sequences, check_version
from synth.release.croissant import FILE as CROISSANT
from synth.shards import DatasetError, file_sha256
from synth.validate import validate
from synth.withheld import LEAST_SEED
from tests.fakes import fake_sequence

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
SECRET = LEAST_SEED + 12345
TERMS = Terms(
    "lot", "1.0.0", "CC-BY-4.0", "Example Lab", "2026-11-28", "Cars in a lot.",
    "https://example.org/lot",
)  # fmt: skip


def car_sequence(config, seed, sequence, on_frame=None):
    arrays = fake_sequence(config, seed, sequence, on_frame)
    arrays["object/model"][:] = sequence % 2
    return arrays


@pytest.fixture
def data(make):
    split = SplitConfig(validation=0.25, test=0.0)
    return make("lot", n=60, synthesise=car_sequence, split=split)


@pytest.fixture
def secret(make):
    return make("hidden", n=30, seed=SECRET, synthesise=car_sequence)


@pytest.fixture(scope="module")
def first_release():
    """Folders of first releases that were made already: the usual one, and with withheld data."""
    return {}


@pytest.fixture
def released(data, tmp_path, tmp_path_factory, first_release):
    """Give a release. The usual ones are made once, since drawing them takes seconds."""

    def run(version="1.0.0", folders=(data,), name=None, **how):
        out = tmp_path / (name or f"lot-{version}")
        seeds = tuple(read_manifest(folder).seed for folder in how.get("withheld", ()))
        private = how.get("private")
        told = (version, folders, name, private, seeds, how.get("previous"))
        plain = ("1.0.0", (data,), None, None, (), None)
        secret = ("1.0.0", (data,), None, tmp_path / "private", (SECRET,), None)
        usual = (plain, secret).index(told) if told in (plain, secret) else None
        if usual in first_release:
            if private is not None:
                shutil.copytree(first_release[usual] / "private", private)
            return shutil.copytree(first_release[usual] / "release", out)
        make_release(plan_release(replace(TERMS, version=version), out, tuple(folders), **how))
        if usual is not None:
            kept = tmp_path_factory.mktemp("first")
            first_release[usual] = kept
            shutil.copytree(out, kept / "release")
            if private is not None:
                shutil.copytree(private, kept / "private")
        return out

    return run


def tree(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*")) if path.is_file()
    }  # fmt: skip


def resigned(folder):
    """Write SHA256SUMS anew, as whoever changes a file on purpose would."""
    names = sorted(name for name in tree(folder) if name != "SHA256SUMS")
    lines = [f"{hashlib.sha256((folder / n).read_bytes()).hexdigest()}  {n}\n" for n in names]
    (folder / "SHA256SUMS").write_text("".join(lines))


def redescribed(folder):
    """Write sizes and checksums of croissant.json anew as well, so that all of them fit."""
    told = json.loads((folder / CROISSANT).read_text())
    for item in told["distribution"]:
        if "sha256" in item:
            content = (folder / item["@id"]).read_bytes()
            item["contentSize"] = f"{len(content)} B"
            item["sha256"] = hashlib.sha256(content).hexdigest()
    (folder / CROISSANT).write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    resigned(folder)


def run(*args):
    return CliRunner().invoke(main, [str(arg) for arg in args])


def command(out, *folders, **changes):
    options = {"version": "1.0.0", "license": "CC-BY-4.0", "creator": "Example Lab", "out": out}
    options |= changes
    given = [(f"--{key}", value) for key, value in options.items() if value is not None]
    return run("release", *folders, *(part for pair in given for part in pair))


def test_a_release_holds_its_data_and_validates(released, data):
    out = released()
    assert check_release(out) == []
    assert validate(out / "lot") == []
    with Dataset(out / "lot") as copy, Dataset(data) as original:
        for key in original.keys:
            np.testing.assert_array_equal(copy.read(17, key), original.read(17, key))
    assert read_release(out).terms == TERMS


def test_sha256sum_accepts_it(released):
    out = released()
    command = ["sha256sum", "--strict", "-c", "SHA256SUMS"]
    done = subprocess.run(command, cwd=out, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("OK") == len(tree(out)) - 1


def test_the_same_release_twice_is_the_same_bytes(released, tmp_path):
    assert tree(released(name="one")) == tree(released(name="two"))


def test_another_process_with_other_settings_makes_the_same_bytes(data, tmp_path):
    (tmp_path / "matplotlibrc").write_text("font.size: 20\naxes.facecolor: red\n")
    assert command(tmp_path / "a/out", data).exit_code == 0
    said = "--version 1.0.0 --license CC-BY-4.0 --out b/out --creator".split()
    line = [sys.executable, "-m", "radvis_cli", "release", data, *said, "Example Lab"]
    told = {**os.environ, "PYTHONHASHSEED": "7", "MATPLOTLIBRC": str(tmp_path), "LANG": "C",
            "TZ": "Asia/Tokyo", "PYTHONPATH": str(Path(__file__).parents[2])}  # fmt: skip
    done = subprocess.run(line, env=told, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert tree(tmp_path / "a/out") == tree(tmp_path / "b/out")


def test_the_archive_is_the_same_bytes_and_holds_everything(data, tmp_path):
    tars = []
    for name in ("a", "b"):
        folder = tmp_path / name / "lot-1"
        done = run("release", data, "--version", "1.0.0", "--license", "CC0-1.0", "--creator",
                   "Lab", "--out", folder, "--archive")  # fmt: skip
        assert done.exit_code == 0, done.output
        tars.append(folder.with_name("lot-1.tar"))
    assert tars[0].read_bytes() == tars[1].read_bytes()
    with tarfile.open(tars[0]) as tar:
        tar.extractall(tmp_path / "unpacked", filter="data")
    assert tree(tmp_path / "unpacked" / "lot-1") == tree(tmp_path / "a" / "lot-1")
    assert check_release(tmp_path / "unpacked" / "lot-1") == []


def test_a_tar_that_is_there_is_refused_before_the_work(data, tmp_path):
    (tmp_path / "out.tar").write_text("mine")
    done = run("release", data, "--version", "1.0.0", "--license", "CC0-1.0", "--creator", "Lab",
               "--out", tmp_path / "out", "--archive")  # fmt: skip
    assert done.exit_code == 2
    assert "out.tar exists: move it away, or choose another --out" in done.output
    assert (tmp_path / "out.tar").read_text() == "mine"
    assert not (tmp_path / "out").exists()


def test_a_disk_that_fills_up_under_the_tar_leaves_nothing(data, tmp_path, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    plan = plan_release(TERMS, tmp_path / "new/out", (data,), as_archive=True)
    with monkeypatch.context() as patch:
        patch.setattr(tarfile.TarFile, "addfile", full)
        with pytest.raises(DatasetError, match="No space left on device: make room"):
            make_release(plan)
    assert list((tmp_path / "new").iterdir()) == []
    make_release(plan)
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"out", "out.tar"}


def test_frames_csv_says_what_the_shards_hold(released):
    out = released()
    with (out / "frames.csv").open() as file:
        rows = list(csv.DictReader(file))
    with Dataset(out / "lot") as data:
        assert len(rows) == len(data) == 60
        splits = {i: s for s, held in data.manifest.splits.items() for i in held}
        for i in (0, 16, 59):
            row, frame = rows[i], data[i]
            assert int(row["index"]) == i % 15
            assert row["split"] == splits[i // 15]
            assert row["weather"] == "clear"
            assert float(row["target_range"]) == pytest.approx(float(frame["target/range"]), 1e-5)
            assert float(row["target_y"]) == pytest.approx(frame["target/position"][1], 1e-5)
            speed = np.linalg.norm(frame["target/velocity"])
            assert float(row["target_speed"]) == pytest.approx(speed, 1e-5)
            assert row["target_model"] == ("hatch", "saloon")[i // 15 % 2]
            visible = frame["object/visibility"][list(frame["object/id"]).index(2)]
            assert float(row["target_visible"]) == pytest.approx(visible, 1e-5)


def test_statistics_count(released):
    out = released()
    told = json.loads((out / "statistics.json").read_text())["lot"]
    assert told["frames"] == 60
    assert told["sequences_by_target_model"] == {"hatch": 2, "saloon": 2}
    splits = read_manifest(out / "lot").splits
    assert told["frames_by"]["split"] == {k: 15 * len(v) for k, v in sorted(splits.items()) if v}
    with Dataset(out / "lot") as data:
        far = sorted(float(data.read(i, "target/range")) for i in range(60))
    quantiles = told["quantiles"]["target_range"]
    assert quantiles["0.0"] == pytest.approx(far[0], 1e-5)
    assert quantiles["0.5"] == pytest.approx(far[29], 1e-5)
    assert quantiles["1.0"] == pytest.approx(far[-1], 1e-5)
    for name in ("targets", "worlds"):
        with Image.open(out / f"statistics/{name}.png") as picture:
            assert picture.width > 1000


def test_the_card_is_read_by_huggingface_hub(released):
    from huggingface_hub import DatasetCard

    text = (released() / "README.md").read_text()
    card = DatasetCard(text, ignore_metadata_errors=False)
    told = card.data.to_dict()
    assert told["license"] == "cc-by-4.0"
    assert told["size_categories"] == ["n<1K"]
    assert told["configs"][0]["data_files"] == [{"split": "frames", "path": "frames.csv"}]
    assert "object-detection" in told["task_categories"]
    assert "| `lot` | 45 | 15 | 0 |" in text


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_hugging_face_datasets_load_the_rows(released, tmp_path):
    import datasets

    out = released()
    held = datasets.load_dataset(str(out), cache_dir=str(tmp_path / "cache"))
    assert {name: len(table) for name, table in held.items()} == {"frames": 60}


def test_what_is_not_held_is_not_told(make, tmp_path):
    """A release of depth alone has no picture of a radar's noise, nor words about it."""
    alone = make("alone", n=60, synthesise=car_sequence, entries=("depth",))
    plain = make("plain", n=60, synthesise=car_sequence, entries=("csi",))
    for folder in (alone, plain):
        out = tmp_path / f"{folder.name}-out"
        assert command(out, folder).exit_code == 0
        assert check_release(out) == []
        assert (out / "pictures").exists() == (folder == alone)
    card, sheet = ((tmp_path / "alone-out" / name).read_text()
                   for name in ("README.md", "DATASHEET.md"))  # fmt: skip
    assert "radar" not in card and "noise ratio" not in card
    assert "GHz" not in sheet and "thermal" not in sheet and "beam" not in sheet


def test_a_releases_dataset_is_shown_and_exported_outside_of_it(released, tmp_path, monkeypatch):
    out = released()
    monkeypatch.chdir(tmp_path)
    assert run("view", out / "lot", "--frames", "0").exit_code == 0
    assert run("export", out / "lot", "--to", "folders").exit_code == 0
    assert (tmp_path / "lot.png").is_file() and (tmp_path / "lot-folders").is_dir()
    assert check_release(out) == []
    told = run("view", out)
    assert told.exit_code == 2 and "name a dataset in it: lot" in told.output


def test_markup_in_what_a_maintainer_says_is_shown_as_it_is_written(data, tmp_path):
    out = tmp_path / "out"
    terms = replace(TERMS, creator="A <a@b.org>", description="<b>bold</b>")
    make_release(plan_release(terms, out, (data,)))
    for name in ("README.md", "DATASHEET.md"):
        text = (out / name).read_text()
        assert "A &lt;a@b.org&gt;" in text and "&lt;b&gt;bold" in text and "<a@b" not in text


def test_the_hub_is_given_a_licence_that_it_does_not_know_by_link(released, data, tmp_path):
    from huggingface_hub import DatasetCard

    out = tmp_path / "odd"
    make_release(plan_release(replace(TERMS, license="CDLA-Permissive-1.0"), out, (data,)))
    told = DatasetCard((out / "README.md").read_text()).data.to_dict()
    assert told["license"] == "other"
    assert told["license_name"] == "CDLA-Permissive-1.0"
    assert told["license_link"].endswith("CDLA-Permissive-1.0.html")


def test_croissant_is_read_by_mlcroissant(released, data):
    import mlcroissant

    out = released()
    described = mlcroissant.Dataset(str(out / CROISSANT))
    assert not described.metadata.ctx.issues.errors
    assert not described.metadata.ctx.issues.warnings
    assert str(described.metadata.version) == "1.0.0"
    records = list(described.records("frames"))
    assert len(records) == 60
    with Dataset(data) as held:
        far = float(held.read(20, "target/range"))
    assert records[20]["frames/target_range"] == pytest.approx(far, 1e-5)
    assert [record["splits/url"] for record in described.records("splits")] == [
        "cr:TrainingSplit", "cr:ValidationSplit"
    ]  # fmt: skip
    told = json.loads((out / CROISSANT).read_text())
    assert told["rai:hasSyntheticData"] is True
    made = told["prov:wasGeneratedBy"][0]
    assert ", seed 0" in made["prov:label"]
    assert made["prov:wasAssociatedWith"]["prov:label"] == read_manifest(data).generator
    assert "http://mlcommons.org/croissant/1.1" in told["conformsTo"]


def test_croissant_is_a_graph_of_linked_data(released):
    from rdflib import RDF, Graph, Namespace

    graph = Graph().parse(released() / CROISSANT, format="json-ld")
    prov = Namespace("http://www.w3.org/ns/prov#")
    assert list(graph.subjects(RDF.type, prov.Activity))
    assert list(graph.objects(None, prov.wasGeneratedBy))
    assert list(graph.objects(None, prov.wasAssociatedWith))


def test_the_datasheet_answers_every_question(released):
    text = (released() / "DATASHEET.md").read_text()
    parts = text.split("\n**")[1:]
    assert len(parts) == 50
    for part in parts:
        question, answer = part.split("**\n\n", 1)
        assert question.endswith("?")
        assert len(answer.strip()) > 1
    assert "60 of `lot` (parking_lot)" in text
    assert "`lot` train 45, validation 15" in text
    assert "older versions of the dataset continue to be supported/hosted/maintained?" in text
    assert "extend/augment/build on/contribute to the dataset" in text
    assert "Contributions go to https://example.org/lot." in text


# Versions


def grown(data, make, n):
    """The dataset of the same seed with more frames."""
    split = SplitConfig(validation=0.25, test=0.0)
    return make(f"more{n}/lot", n=n, synthesise=car_sequence, split=split)


def test_the_same_data_may_be_a_patch(released):
    first = released()
    second = released("1.0.1", previous=first)
    assert (
        "## 1.0.1 (2026-11-28)\n\n* Repackaged: the data are the same.\n\n## 1.0.0"
        in (second / "CHANGELOG.md").read_text()
    )
    assert read_release(second).previous == "1.0.0"
    assert check_release(second) == []
    done = run("diff", first, second)
    assert done.exit_code == 0
    assert "patch" in done.output


def test_added_data_are_a_minor_version_at_least(released, data, make):
    first, more = released(), grown(data, make, 75)
    with pytest.raises(ConfigError, match=r"data were added.*give 1\.1\.0 or more"):
        released("1.0.1", folders=(more,), previous=first)
    second = released("1.1.0", folders=(more,), previous=first)
    assert "* Added: lot: 1 sequence (4)." in (second / "CHANGELOG.md").read_text()
    done = run("diff", first, second, "--json")
    assert done.exit_code == 1
    assert json.loads(done.output)["kind"] == "minor"
    with pytest.raises(ConfigError, match=r"Removed: lot: 1 sequence \(4\).*give 2\.0\.0"):
        released("1.2.0", previous=second)


def test_another_dataset_is_added_data(released, data, make):
    first = released()
    other = make("yard", n=15, seed=4, synthesise=car_sequence)
    with pytest.raises(ConfigError, match=r"give 1\.1\.0"):
        released("1.0.1", folders=(data, other), previous=first)
    assert check_release(released("1.1.0", folders=(data, other), previous=first)) == []


def test_changed_data_are_a_major_version(released, make):
    first = released()
    other = make("other/lot", n=60, seed=1, synthesise=car_sequence,
                 split=SplitConfig(validation=0.25, test=0.0))  # fmt: skip
    for version in ("1.0.1", "1.1.0"):
        with pytest.raises(ConfigError, match=r"changed.*give 2\.0\.0"):
            released(version, folders=(other,), previous=first)
    assert check_release(released("2.0.0", folders=(other,), previous=first)) == []


def test_other_splits_are_a_major_version(released, data):
    first = released()
    manifest = read_manifest(data)
    train = manifest.splits["train"]
    splits = {**manifest.splits, "train": train[:-1], "test": train[-1:]}
    write_manifest(data, replace(manifest, splits=splits))
    with pytest.raises(ConfigError, match=r"Moved to another split.*give 2\.0\.0"):
        released("1.1.0", previous=first)


def packed_anew(folder):
    """Give all shards of a dataset other bytes, and none of them another array."""
    manifest = read_manifest(folder)
    for shard in manifest.shards:
        path = folder / shard.file
        content = path.read_bytes()
        path.unlink()  # it may be linked with a release's
        path.write_bytes(content + bytes(8))  # HDF5 does not mind
        changed = record_of(folder, shard.sequence)
        assert changed.sha256 != shard.sha256
        manifest = manifest.with_shard(changed)
    write_manifest(folder, manifest)


def test_the_same_arrays_in_other_bytes_are_a_patch_where_both_are_there(released, data):
    first = released()
    packed_anew(data)
    second = released("1.0.1", previous=first)
    assert "* Repackaged: the data are the same." in (second / "CHANGELOG.md").read_text()
    assert json.loads(run("diff", first, second, "--json").output)["kind"] == "patch"
    (first / "lot/shards/000002.h5").unlink()
    with pytest.raises(ConfigError, match=r"Changed: lot: 1 sequence \(2\).*give 2\.0\.0"):
        released("1.0.1", previous=first, name="third")


def test_one_array_that_is_another_is_a_major_version(released, data):
    first = released()
    packed_anew(data)
    with h5py.File(data / "shards/000001.h5", "r+") as file:
        file["radar/heatmap"][3, 2, 1] += 1
    manifest = read_manifest(data)
    write_manifest(data, manifest.with_shard(record_of(data, 1)))
    with pytest.raises(ConfigError, match=r"Changed: lot: 1 sequence \(1\).*give 2\.0\.0"):
        released("1.1.0", previous=first)


NOTHING = Changes((), (), (), ())
ADDED = replace(NOTHING, added=(Sequences("lot", (4,)),))
REMOVED = replace(NOTHING, removed=(Sequences("lot", (4,)),))


@pytest.mark.parametrize(("old", "new"), [
    ("1.1.0-rc.1", "1.1.0"), ("1.1.0-rc.1", "1.1.0-rc.2"), ("1.0.0", "2.0.0-rc.1"),
    ("0.1.0", "0.1.1"), ("0.9.0", "1.0.0"),
])  # fmt: skip
def test_versions_that_promise_nothing_yet_may_change_anything(old, new):
    check_version(old, new, REMOVED)


def test_what_a_final_version_may_change_is_measured_from_a_final_one():
    with pytest.raises(ConfigError, match="the last final one: give that as --previous"):
        check_version("1.0.1-rc.1", "1.0.1", REMOVED, older="1.0.0")
    check_version("1.0.1-rc.1", "1.0.1-rc.2", REMOVED, older="1.0.0")
    check_version("1.0.1-rc.1", "1.0.1", REMOVED)  # the first of all
    check_version("2.0.0-rc.1", "2.0.0", REMOVED, older="1.0.0")
    check_version("0.3.1-rc.1", "0.3.1", REMOVED, older="0.3.0")


@pytest.mark.parametrize(("old", "new", "found", "least"), [
    ("1.0.0-rc.1", "1.0.0-alpha", REMOVED, "1.0.0"), ("1.1.0-rc.1", "1.0.9", NOTHING, "1.1.0"),
    ("0.1.0", "0.1.0", REMOVED, "0.1.1"), ("1.0.0", "1.1.0-rc.1", REMOVED, "2.0.0"),
    ("1.0.0", "1.0.1-rc.1", ADDED, "1.1.0"), ("1.2.3", "1.2.3", NOTHING, "1.2.4"),
])  # fmt: skip
def test_the_least_version_is_advised(old, new, found, least):
    with pytest.raises(ConfigError, match=rf"give {least} or more$"):
        check_version(old, new, found)


@pytest.mark.parametrize("version", ["1.0.0", "0.9.0", "1.0.0-rc.1"])
def test_a_version_that_does_not_grow_is_refused(released, version):
    first = released()
    with pytest.raises(ConfigError, match=r"does not follow 1\.0\.0: give 1\.0\.1 or more"):
        released(version, previous=first, name="second")


def test_a_licence_of_another_kind_is_no_silent_change(released, data, tmp_path):
    first, second = released(), tmp_path / "second"
    terms = replace(TERMS, version="1.0.1", license="MIT", creator="Other Lab")
    make_release(plan_release(terms, second, (data,), previous=first))
    text = (second / "CHANGELOG.md").read_text()
    assert "* Licence: MIT, before: CC-BY-4.0." in text
    assert "* Creator: Other Lab, before: " in text
    assert "Licence: MIT, before: CC-BY-4.0." in run("diff", first, second).output


# Withheld data


@pytest.fixture
def with_secret(released, secret, tmp_path):
    return released(withheld=(secret,), private=tmp_path / "private")


def test_withheld_data_have_no_labels(with_secret, secret, tmp_path):
    hidden = with_secret / "hidden"
    assert check_release(with_secret) == []
    assert check_release(with_secret, tmp_path / "private") == []
    assert validate(tmp_path / "private" / "hidden") == []
    with Dataset(hidden) as held, Dataset(secret) as whole:
        assert len(held) == 30
        assert held.sequences == Dataset(hidden, "test").sequences
        for key in held.keys:
            np.testing.assert_array_equal(held.read(3, key), whole.read(3, key))
        lost = set(whole.keys) - set(held.keys)
    assert {key.split("/")[0] for key in lost} == {"depth", "lidar", "object", "paths", "target"}
    assert {"camera/image", "radar/heatmap", "csi/response", "lidar/point"} <= set(held.keys)


def test_nothing_released_tells_the_secret_seed(with_secret):
    seed = str(SECRET).encode()
    raw = [np.array(SECRET, kind).tobytes() for kind in ("<i8", ">i8")]
    for name, content in tree(with_secret).items():
        assert seed not in content, name
        assert not any(number in content for number in raw), name


def test_withheld_frames_are_told_without_their_targets(with_secret):
    with (with_secret / "frames.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["dataset"] == "hidden"]
    assert len(rows) == 30
    assert {row["split"] for row in rows} == {"test"}
    assert not any(row[name] for row in rows for name in row if name.startswith("target_"))
    assert rows[0]["weather"] == "clear"


def test_the_card_of_withheld_data_alone_opens_a_split_that_is_there(released, secret, tmp_path):
    alone = released(folders=(), withheld=(secret,), private=tmp_path / "private")
    assert 'Dataset("hidden", split="test")' in (alone / "README.md").read_text()


def test_a_seed_that_can_be_guessed_is_refused(released, make, tmp_path):
    plain = make("hidden", n=30, seed=7, synthesise=car_sequence)
    with pytest.raises(ConfigError, match=r"seed 7, which can be guessed.*--seed"):
        released(withheld=(plain,), private=tmp_path / "private")


def test_a_seed_that_is_published_is_refused(released, data, make, secret, tmp_path):
    twin = make("twin", n=15, seed=SECRET, synthesise=car_sequence)
    with pytest.raises(ConfigError, match=f"seed {SECRET}, which is published"):
        released(folders=(data, twin), withheld=(secret,), private=tmp_path / "private")


def test_a_seed_that_the_release_before_published_is_refused(released, data, secret, tmp_path):
    first = released(folders=(data, secret))
    with pytest.raises(ConfigError, match=f"seed {SECRET}, which is published"):
        released("2.0.0", withheld=(secret,), private=tmp_path / "private", previous=first)


def test_labels_are_not_put_where_they_would_be_released(released, secret, tmp_path):
    with pytest.raises(ConfigError, match="labels would be released"):
        released(withheld=(secret,), private=tmp_path / "lot-1.0.0" / "private")
    (tmp_path / "link").symlink_to(tmp_path / "lot-1.0.0")
    for path in ("link/private", "x/../lot-1.0.0/private"):
        with pytest.raises(ConfigError, match="labels would be released"):
            released(withheld=(secret,), private=tmp_path / path)
    with pytest.raises(ConfigError, match=r"--out .* is inside --private"):
        released(withheld=(secret,), private=tmp_path / "private", name="private/lot")
    with pytest.raises(ConfigError, match="--private"):
        released(withheld=(secret,))
    with pytest.raises(ConfigError, match="--withheld"):
        released(private=tmp_path / "private")


def test_a_label_that_leaked_is_found(with_secret, secret):
    shutil.copy(secret / "shards/000001.h5", with_secret / "hidden/shards/000001.h5")
    resigned(with_secret)
    assert any("hidden" in text for text in check_release(with_secret))


def leak(folder, change):
    """Change a withheld shard, and all checksums with it."""
    path = folder / "hidden/shards/000000.h5"
    path.unlink() if path.is_symlink() else None
    with h5py.File(path, "r+") as file:
        change(file)
    manifest = read_manifest(folder / "hidden")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    first = replace(manifest.shards[0], bytes=path.stat().st_size, sha256=digest)
    write_manifest(folder / "hidden", replace(manifest, shards=(first, *manifest.shards[1:])))
    redescribed(folder)


@pytest.mark.parametrize(("change", "defect"), [
    (lambda file: file.create_dataset("target/position", data=np.zeros((15, 3), "float32")),
     "hidden: shards/000000.h5: target is not in the format"),
    (lambda file: file.create_group("x=7.25"),
     "hidden: shards/000000.h5: x=7.25 is not in the format"),
    (lambda file: file.create_group("camera/x=7.25"),
     "hidden: shards/000000.h5: camera/x=7.25 is not in the format"),
    (lambda file: file.__setitem__("x=7.25", h5py.SoftLink("/nowhere")),
     "hidden: shards/000000.h5: x=7.25 is not in the format"),
    (lambda file: file["radar"].__setitem__("x=7.25", h5py.ExternalLink("x.h5", "/nowhere")),
     "hidden: shards/000000.h5: radar/x=7.25 is not in the format"),
    (lambda file: file["radar"].__setitem__("back", file["/"]),
     "hidden: shards/000000.h5: radar/back is not in the format"),
    (lambda file: file.attrs.__setitem__("note", "seed 7"),
     "hidden: shards/000000.h5 carries 'note', which no format has"),
    (lambda file: file["camera/image"].attrs.__setitem__("x", 7),
     "hidden: shards/000000.h5 carries 'x', which no format has"),
    (lambda file: file["camera"].attrs.__setitem__("unit", "x=7.25"),
     "hidden: shards/000000.h5 carries 'unit', which no format has"),
    (lambda file: file.attrs.__setitem__("seed", 7),
     "hidden: shards/000000.h5: was made with seed = 7, the dataset with 0"),
])  # fmt: skip
def test_whatever_a_withheld_shard_carries_beyond_the_format_is_found(with_secret, change, defect):
    leak(with_secret, change)
    assert check_release(with_secret) == [defect]


@pytest.mark.parametrize(("name", "change", "defect"), [
    ("croissant.json", lambda raw: raw.replace(b'"Synthesised by', b'"Of seed 7, synthesised by'),
     "croissant.json is not what radvis writes of the data"),
    ("croissant.json", lambda raw: raw.replace(b'"rai:hasSyntheticData": true',
                                               b'"rai:hasSyntheticData": false'),
     "croissant.json is not what radvis writes of the data"),
    ("README.md", lambda raw: raw + b"x = 7.25", "README.md is not what radvis writes of the data"),
    ("LICENSE", lambda raw: raw + b"x = 7.25", "LICENSE is not what radvis writes of the data"),
    ("statistics/worlds.png", lambda raw: raw + b"x = 7.25",
     "statistics/worlds.png carries more than a picture: fetch it again"),
    ("statistics/worlds.png", lambda raw: raw[:-12] + b"\0\0\0\1tEXtx\0\0\0\0" + raw[-12:],
     "statistics/worlds.png carries more than a picture: fetch it again"),
])  # fmt: skip
def test_documents_that_tell_more_are_found(with_secret, name, change, defect):
    raw = (with_secret / name).read_bytes()
    assert change(raw) != raw
    (with_secret / name).write_bytes(change(raw))
    resigned(with_secret)
    assert check_release(with_secret) == [defect]


def test_bytes_behind_a_withheld_shard_are_found(with_secret):
    path = with_secret / "hidden/shards/000000.h5"
    leak(with_secret, lambda file: None)
    path.write_bytes(path.read_bytes() + b"x = 7.25")
    manifest = read_manifest(with_secret / "hidden")
    write_manifest(
        with_secret / "hidden", manifest.with_shard(record_of(with_secret / "hidden", 0))
    )
    redescribed(with_secret)
    found = check_release(with_secret)
    assert found == [
        "hidden: shards/000000.h5 has bytes before or behind its arrays: fetch it again"
    ]


@pytest.mark.parametrize("form", [str(SECRET).encode(), SECRET.to_bytes(8, "little")])
def test_the_secret_seed_is_looked_for_in_every_file(with_secret, tmp_path, form):
    with (with_secret / "CHANGELOG.md").open("ab") as file:
        file.write(form)
    resigned(with_secret)
    assert check_release(with_secret) == []
    found = check_release(with_secret, tmp_path / "private")
    assert found == ["CHANGELOG.md: holds the secret seed of hidden"]


def test_a_folder_within_folders_is_refused(released):
    out = released()
    (out / "lot/shards" / ("x/" * 900)).mkdir(parents=True)
    with pytest.raises(DatasetError, match=r"shards/x is no folder of a release: remove it"):
        check_release(out)


def test_a_withheld_shard_written_anew_on_purpose_is_no_defect(with_secret):
    leak(with_secret, lambda file: None)
    assert check_release(with_secret) == []


@pytest.mark.parametrize("name", [
    "hidden/labels.csv", "hidden/shards/.labels.npy", "pictures/hidden.png", "notes.txt",
])  # fmt: skip
def test_a_file_that_no_release_has_is_found_though_its_checksum_is_listed(with_secret, name):
    (with_secret / name).write_text("x=7.25")
    resigned(with_secret)
    assert check_release(with_secret) == [f"{name} is no file of a release: remove it"]


def test_a_folder_that_no_release_has_is_found(with_secret):
    (with_secret / "hidden/x=7.25").mkdir()
    assert check_release(with_secret) == ["hidden/x=7.25 is no file of a release: remove it"]


@pytest.mark.parametrize(("change", "defect"), [
    (lambda held: {**held, "target": [7.25]}, "is not written as radvis writes it"),
    (lambda held: {"target": 1, **held}, "is not written as radvis writes it"),
    (lambda held: {**held, "objects": [{"id": 2, "name": "x=7.25", "class": "car"}]},
     "is withheld and names objects"),
])  # fmt: skip
def test_a_withheld_manifest_that_carries_more_is_found(with_secret, change, defect):
    path = with_secret / "hidden/manifest.json"
    path.write_text(json.dumps(change(json.loads(path.read_text())), indent=1) + "\n")
    redescribed(with_secret)
    (found,) = check_release(with_secret)
    assert found.startswith("hidden: ")
    assert defect in found


def test_a_withheld_manifest_of_an_older_radvis_that_knew_fewer_keys_is_no_defect(with_secret):
    path = with_secret / "hidden/manifest.json"
    held = json.loads(path.read_text())
    del held["config"]["camera"]["device"]
    held["config_hash"] = config_hash(held["config"])
    path.write_text(json.dumps(held, indent=1) + "\n")
    redescribed(with_secret)
    assert check_release(with_secret) == []


def test_withheld_data_of_another_world_are_found_by_their_labels(with_secret, make, tmp_path):
    other = make("again/hidden", n=30, seed=SECRET + 1, synthesise=car_sequence)
    shutil.rmtree(tmp_path / "private" / "hidden")
    shutil.copytree(other, tmp_path / "private" / "hidden")
    found = check_release(with_secret, tmp_path / "private")
    assert any("is not what the private folder holds" in text for text in found)


def test_withheld_data_cannot_be_released_as_data(released, with_secret):
    with pytest.raises(DatasetError, match="lost its labels"):
        released("1.1.0", folders=(with_secret / "hidden",))


def test_withheld_data_are_drawn_but_not_exported(with_secret, tmp_path):
    hidden = with_secret / "hidden"
    done = run("view", hidden, "--out", tmp_path / "sheet.png")
    assert done.exit_code == 0, done.output
    with Image.open(tmp_path / "sheet.png") as picture:
        assert picture.width > 500
    for args in (("view", hidden, "--html", tmp_path / "x.html"),
                 ("export", hidden, "--to", "coco", "--out", tmp_path / "coco")):  # fmt: skip
        done = run(*args)
        assert done.exit_code == 2
        assert "is withheld: it has no labels" in done.output


def test_withheld_data_that_go_are_a_major_change(released, with_secret):
    with pytest.raises(ConfigError, match=r"Removed: hidden.*give 2\.0\.0"):
        released("1.0.1", previous=with_secret)


# What is damaged


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.unlink()  # it may be linked with the dataset's own
    path.write_bytes(content)


@pytest.mark.parametrize("name", [
    "README.md", "DATASHEET.md", "croissant.json", "frames.csv", "statistics.json",
    "lot/manifest.json", "lot/shards/000002.h5", "statistics/targets.png", "LICENSE",
])  # fmt: skip
def test_a_flipped_bit_is_found(released, name):
    out = released()
    flip(out / name)
    assert any(name in text for text in check_release(out))


def test_a_file_more_or_less_is_found(released):
    out = released()
    (out / "notes.txt").write_text("x")
    (out / "LICENSE").unlink()
    found = check_release(out)
    assert any("notes.txt is not listed" in text for text in found)
    assert any("LICENSE is missing" in text for text in found)


def test_names_of_strangers_do_not_steer_the_terminal(released):
    out = released()
    for name in ("a\x1b[2J", "lot/shards/b\x1b[2J"):
        (out / name).write_text("x")
    told = "\n".join(check_release(out))
    (out / "a\x1b[2J").unlink()
    (out / "a\x1b[2J").symlink_to("/nowhere")
    with pytest.raises(DatasetError, match=r"a\?\[2J is a link"):
        check_release(out)
    assert "a?[2J is not listed in SHA256SUMS" in told
    assert "shards/b?[2J is not listed" in told
    assert "\x1b" not in told


def test_a_file_that_cannot_be_read_is_named(released, monkeypatch):
    out = released()

    def denied(path):
        if path.name == "LICENSE":
            raise PermissionError(errno.EACCES, "Permission denied")
        return file_sha256(path)

    monkeypatch.setattr("synth.release.record.file_sha256", denied)
    done = run("validate", out)
    assert done.exit_code == 2
    assert f"{out / 'LICENSE'}: Permission denied: change its rights" in done.output


def test_a_wrong_checksum_in_croissant_is_found_though_mlcroissant_takes_it(released):
    import mlcroissant

    out = released()
    told = json.loads((out / CROISSANT).read_text())
    item = next(x for x in told["distribution"] if x["@id"] == "statistics.json")
    item["sha256"] = "0" * 64
    (out / CROISSANT).write_text(json.dumps(told))
    resigned(out)
    assert not mlcroissant.Dataset(str(out / CROISSANT)).metadata.ctx.issues.errors
    assert check_release(out) == [
        "croissant.json: size or sha256 of statistics.json is not the file's"
    ]


def test_another_version_in_croissant_is_found(released):
    out = released()
    told = json.loads((out / CROISSANT).read_text())
    told["version"] = "9.9.9"
    (out / CROISSANT).write_text(json.dumps(told))
    resigned(out)
    assert any("version is '9.9.9'" in text for text in check_release(out))


@pytest.mark.parametrize(("change", "defect"), [
    (lambda told: [], "not a JSON object"),
    (lambda told: {**told, "distribution": [7]}, "7 in distribution is no object"),
    (lambda told: {**told, "distribution": 7}, "'int' object is not iterable"),
    (lambda told: {**told, "distribution": [{**told["distribution"][0], "contentSize": 5}]},
     "contentSize 5 is no text"),
    (lambda told: {**told, "distribution": [{**told["distribution"][0], "contentSize": "5 kB"}]},
     "'frames.csv' is described in another way than ours"),
])  # fmt: skip
def test_a_strangers_croissant_is_a_defect_and_no_crash(released, change, defect):
    out = released()
    told = json.loads((out / CROISSANT).read_text())
    (out / CROISSANT).write_text(json.dumps(change(told)))
    resigned(out)
    assert check_release(out) == [f"croissant.json: cannot be read ({defect})"]


@pytest.mark.parametrize(("old", "new"), [(",train,", ",test,"), (",clear,", ",rain,")])
def test_labels_that_are_not_the_datas_are_found(released, old, new):
    out = released()
    text = (out / "frames.csv").read_text()
    (out / "frames.csv").write_text(text.replace(old, new, 1))
    resigned(out)
    assert any("frames.csv: line" in line for line in check_release(out))


def test_splits_that_share_a_sequence_are_found(released):
    out = released()
    manifest = read_manifest(out / "lot")
    shared = [*manifest.splits["validation"], manifest.splits["train"][0]]
    splits = {**manifest.splits, "validation": shared}
    write_manifest(out / "lot", replace(manifest, splits=splits))
    resigned(out)
    assert any("splits share a sequence" in text for text in check_release(out))


@pytest.mark.parametrize("line", [
    "0" * 64 + "  ../../etc/passwd\n", "0" * 64 + "  /etc/passwd\n", "nonsense\n", "\0\n",
])  # fmt: skip
def test_sums_that_lead_out_of_the_release_are_refused(released, line):
    out = released()
    with (out / "SHA256SUMS").open("a") as file:
        file.write(line)
    with pytest.raises(DatasetError, match="no checksum of a file of the release"):
        check_release(out)


def test_a_link_in_a_release_is_refused(released, tmp_path):
    out = released()
    (out / "LICENSE").unlink()
    (out / "LICENSE").symlink_to("/etc/hostname")
    with pytest.raises(DatasetError, match="is a link"):
        check_release(out)


@pytest.mark.parametrize(("key", "value"), [
    ("datasets", ["../.."]), ("datasets", []), ("datasets", ["lot", "lot"]), ("datasets", 3),
    ("version", "one"), ("license", "mine"), ("name", 7), ("release_version", 99),
])  # fmt: skip
def test_a_damaged_release_json_is_refused(released, key, value):
    out = released()
    held = json.loads((out / "release.json").read_text())
    (out / "release.json").write_text(json.dumps({**held, key: value}))
    with pytest.raises(DatasetError, match="is damaged"):
        check_release(out)


# The command


def test_the_command(data, tmp_path):
    out = tmp_path / "lot-1"
    done = command(out, data, name="lot")
    assert done.exit_code == 0, done.output
    done = run("validate", out)
    assert done.exit_code == 0
    assert "lot 1.0.0, no defect" in done.output
    done = run("validate", out, "--json")
    assert json.loads(done.output)["defects"] == []
    flip(out / "README.md")
    done = run("validate", out)
    assert done.exit_code == 1
    assert "README.md" in done.output


def test_who_made_it_is_taken_from_the_release_before(data, tmp_path):
    first, second = tmp_path / "one", tmp_path / "two"
    assert command(first, data, description="Cars.", name="cars").exit_code == 0
    done = command(second, data, version="1.0.1", creator=None, previous=first)
    assert done.exit_code == 0, done.output
    terms = read_release(second).terms
    assert (terms.name, terms.creator, terms.description) == ("cars", "Example Lab", "Cars.")


@pytest.mark.parametrize(("said", "text"), [
    ({}, "croissant.json lacks datePublished and url, which Croissant 1.1 requires: give --date "
         "and --url"),
    ({"date": "2026-11-28"}, "lacks url, which Croissant 1.1 requires: give --url"),
    ({"date": "2026-11-28", "url": "https://example.org/lot"}, ""),
])  # fmt: skip
def test_what_croissant_requires_and_nobody_said_is_told(data, tmp_path, said, text):
    done = command(tmp_path / "out", data, **said)
    assert done.exit_code == 0, done.output
    assert text in done.stderr
    assert ("requires" in done.stderr) == bool(text)
    told = json.loads((tmp_path / "out" / CROISSANT).read_text())
    assert told.get("datePublished") == said.get("date")
    assert told.get("url") == said.get("url")


@pytest.mark.parametrize(("changes", "text"), [
    ({"license": "CC-BY-40"}, "do you mean CC-BY-4.0?"),
    ({"license": "cc-by-4.0"}, "do you mean CC-BY-4.0?"),
    ({"license": "my own"}, "is no SPDX identifier"),
    ({"license": "LicenseRef-scancode-public-domain"}, "is no SPDX identifier"),
    ({"license": "public-domain"}, "is no SPDX identifier, as"),
    ({"version": "1.0"}, "write a semantic version"),
    ({"version": "v1.0.0"}, "write a semantic version"),
    ({"creator": None}, "--creator is missing"),
    ({"creator": "a\nb"}, "letters that print"),
    ({"creator": "   "}, "one line of 1 to 200 letters"),
    ({"license": "GPL-3.0"}, "do you mean GPL-3.0-only?"),
    ({"date": "28.11.2026"}, "as 2026-11-28"),
    ({"date": "20261128"}, "as 2026-11-28"),
    ({"url": "example"}, "as https://"),
    ({"name": "../x"}, "letters, digits"),
    ({"previous": "/nowhere"}, "is no release"),
])  # fmt: skip
def test_wrong_terms_are_refused(data, tmp_path, changes, text):
    done = command(tmp_path / "out", data, **changes)
    assert done.exit_code == 2
    assert text in done.output
    assert not (tmp_path / "out").exists()


def test_a_release_over_one_is_refused(data, tmp_path):
    out = tmp_path / "out"
    assert command(out, data).exit_code == 0
    before = tree(out)
    done = command(out, data)
    assert done.exit_code == 2
    assert "a release is never changed" in done.output
    assert tree(out) == before


def test_data_that_do_not_validate_are_not_released(data, tmp_path):
    flip(data / "shards/000001.h5")
    done = command(tmp_path / "out", data)
    assert done.exit_code == 2
    assert "does not validate" in done.output
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".out*"))


def test_data_that_are_not_complete_are_not_released(data, tmp_path):
    manifest = read_manifest(data)
    write_manifest(data, replace(manifest, shards=manifest.shards[:-1]))
    done = command(tmp_path / "out", data)
    assert done.exit_code == 2
    assert "lacks 1 of 4 sequences" in done.output


def test_two_datasets_of_one_name_are_refused(data, make, tmp_path):
    other = make("other/lot", n=15, seed=3, synthesise=car_sequence)
    done = command(tmp_path / "out", data, other)
    assert done.exit_code == 2
    assert "have one name" in done.output


@pytest.mark.parametrize("name", ["LICENSE", "README.md", "readme.md", "pictures", "SHA256SUMS"])
def test_a_dataset_of_a_documents_name_is_refused(data, tmp_path, name):
    done = command(tmp_path / "out", data.rename(tmp_path / name))
    assert done.exit_code == 2
    assert "the folder's name becomes the dataset's" in done.output


def test_a_dataset_of_test_frames_alone_is_refused(make, tmp_path):
    alone = make("alone", n=15, synthesise=car_sequence)
    manifest = read_manifest(alone)
    every = {"train": [], "validation": [], "test": list(manifest.sequences)}
    write_manifest(alone, replace(manifest, splits=every))
    done = command(tmp_path / "out", alone)
    assert done.exit_code == 2
    assert "is in the split train: give" in done.output


def test_an_empty_split_that_the_configuration_asks_for_is_refused(make, tmp_path):
    alone = make("alone", n=15, synthesise=car_sequence)
    done = command(tmp_path / "out", alone)
    assert done.exit_code == 2
    assert "is in the split validation: give radvis synth a larger --n" in done.output


def test_no_dataset_and_none_there_are_refused(tmp_path):
    done = command(tmp_path / "out")
    assert done.exit_code == 2
    assert "name at least one dataset" in done.output
    done = command(tmp_path / "out", tmp_path / "nowhere")
    assert done.exit_code == 2
    assert "is no folder" in done.output


def test_private_is_of_releases(data):
    done = run("validate", data, "--private", data)
    assert done.exit_code == 2
    assert "is a dataset" in done.output


def test_parts_of_withheld_and_whole_data_are_not_joined(with_secret, secret, tmp_path):
    with pytest.raises(DatasetError, match="was made with"):
        merge([secret, with_secret / "hidden"], tmp_path / "joined")
