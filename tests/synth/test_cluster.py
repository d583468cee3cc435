"""A Ray cluster of two machines in one, and a local stand-in for S3."""

import json
import shutil
from dataclasses import replace
from functools import partial
from typing import Any

import boto3
import pytest
import ray
from click.testing import CliRunner
from moto.server import ThreadedMotoServer
from ray.cluster_utils import Cluster

import radvis_cli
from scenes.config import ConfigError
from scenes.config_io import to_toml
from synth import cluster as ours
from synth.cluster import begun, connected, generate_on_ray, lacks_gpu
from synth.generate import Interrupted, generate
from synth.manifest import new_manifest, read_manifest, write_manifest
from synth.plan import plan
from synth.shards import DatasetError
from synth.target import Target
from synth.validate import validate
from tests.fakes import (
    TABLES,
    broken_sequence,
    dying_sequence,
    fake_sequence,
    fake_tables,
    noted_sequence,
    tiny_config,
)

pytestmark = pytest.mark.slow
MACHINE: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 80_000_000, "memory": 3e9}


def wanted(n=90, seed=0):
    return new_manifest(tiny_config(), seed, n, TABLES)


def files(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


@pytest.fixture(scope="module")
def storage():
    """A server that speaks S3, and the environment that leads there."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "nobody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        boto3.client("s3").create_bucket(Bucket="radvis")
        yield
    server.stop()


@pytest.fixture(scope="module")
def machines(storage):
    """A cluster whose head makes nothing, with one machine that does; each test may add others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAKE_SECONDS", "0.02")  # a frame
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        head = {"num_cpus": 0, "include_dashboard": False, "object_store_memory": 80_000_000}
        cluster = Cluster(initialize_head=True, head_node_args=head)
        cluster.add_node(**MACHINE)
        yield cluster
        ray.shutdown()
        cluster.shutdown()


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """What the local engine makes."""
    folder = tmp_path_factory.mktemp("local") / "data"
    generate(plan(tiny_config(), folder, 90, 0, TABLES, 2), fake_sequence)
    return folder


def make(machines, url, n=90, synthesise=fake_sequence, on_frame=None):
    with connected(machines.address):
        return generate_on_ray(Target(str(url)), wanted(n), synthesise, on_frame)


def test_a_cluster_makes_the_bytes_of_the_local_engine(machines, local, tmp_path):
    told: list[int] = []
    made = make(machines, tmp_path / "data", on_frame=told.append)
    assert files(tmp_path / "data") == files(local)
    assert made == read_manifest(local)
    assert validate(tmp_path / "data") == []
    assert told == sorted(told) and told[-1] == 90


def test_what_a_machine_was_making_as_it_died_is_made_again(machines, local, tmp_path):
    folder, notes = tmp_path / "data", tmp_path / "notes"
    notes.mkdir()
    second = machines.add_node(**MACHINE)
    machines.wait_for_nodes()

    def on_frame(done):
        """Kill the second machine, which makes something by now; return when it is gone."""
        if done == 15:
            machines.remove_node(second, allow_graceful=False)

    make(machines, folder, synthesise=partial(noted_sequence, notes, second.node_id),
         on_frame=on_frame)  # fmt: skip
    died_at = {path.name for path in (notes / second.node_id).iterdir()}
    again = {path.name for place in notes.iterdir() for path in place.iterdir()
             if place.name != second.node_id}  # fmt: skip
    assert died_at and died_at <= again
    assert files(folder) == files(local)
    assert validate(folder) == []


def test_a_run_goes_on_where_another_stopped(machines, local, tmp_path):
    folder = tmp_path / "data"

    def stop(done):
        if done == 30:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        make(machines, folder, on_frame=stop)
    kept = {path.name: path.stat().st_ino for path in folder.glob("shards/[0-9]*")}
    assert 2 <= len(kept) < 6
    make(machines, folder)
    assert files(folder) == files(local)
    again = {path.name: path.stat().st_ino for path in folder.glob("shards/[0-9]*")}
    assert kept.items() <= again.items()


def unlist_the_last(folder):
    """Take the last shard out of the manifest; return what that was."""
    listed = read_manifest(folder)
    write_manifest(folder, replace(listed, shards=listed.shards[:-1]))
    return listed


def test_a_shard_that_is_not_listed_yet_is_adopted(local, tmp_path):
    folder = shutil.copytree(local, tmp_path / "data")
    listed = unlist_the_last(folder)
    assert len(read_manifest(folder).shards) == 5
    assert begun(Target(str(folder)), wanted()) == listed


def test_s3_holds_the_same_bytes(machines, local, tmp_path):
    make(machines, "s3://radvis/some/data")
    target = Target("s3://radvis/some/data")
    for name, content in files(local).items():
        assert target.read(name, len(content)) == content
    assert set(target.sizes("shards")) == {name for name in files(local) if "shards" in name}
    assert begun(target, wanted()) == read_manifest(local)
    Target("s3://radvis/some/data").write("shards/000003.h5", b"nothing")
    with pytest.raises(DatasetError, match=r"000003.h5 has 7 bytes, manifest.json says \d+: del"):
        make(machines, "s3://radvis/some/data")


def test_what_a_sequence_raises_is_told(machines, tmp_path):
    with pytest.raises(ValueError, match="no such thing"):
        make(machines, tmp_path / "data", synthesise=broken_sequence)


def test_a_sequence_that_kills_its_process_ends_the_run(machines, tmp_path, monkeypatch):
    monkeypatch.setattr(ours, "TRIES", 1)
    with pytest.raises(DatasetError, match=r"lost a sequence 2 times .*out of memory"):
        make(machines, tmp_path / "data", synthesise=dying_sequence)
    assert len(read_manifest(tmp_path / "data").shards) < 6


def test_pictures_of_a_gpu_wait_for_a_machine_that_has_one(machines, tmp_path):
    camera = replace(tiny_config().camera, device="cuda")
    rendered = new_manifest(tiny_config(camera=camera), 0, 30, TABLES)
    with connected(machines.address):
        assert lacks_gpu(rendered)
        assert not lacks_gpu(wanted())
        graphics = machines.add_node(**MACHINE, num_gpus=1)
        machines.wait_for_nodes()
        assert not lacks_gpu(rendered)
        made = generate_on_ray(Target(str(tmp_path / "data")), rendered, fake_sequence)
        machines.remove_node(graphics)
    assert not made.missing
    assert validate(tmp_path / "data") == []


def test_another_radvis_on_a_machine_is_refused(machines, tmp_path, monkeypatch):
    monkeypatch.setattr(ours, "generator_name", lambda: "radvis 9.9.9")
    with pytest.raises(DatasetError, match=r"machine \S+ has radvis .*, this one radvis 9.9.9"):
        make(machines, tmp_path / "data")


def test_another_dataset_is_not_written_over(local, tmp_path):
    folder = shutil.copytree(local, tmp_path / "data")
    target = Target(str(folder))
    with pytest.raises(DatasetError, match="made with seed = 0, not 1: choose another --out"):
        begun(target, wanted(seed=1))
    (folder / "manifest.json").unlink()
    with pytest.raises(DatasetError, match="is not empty and no dataset: choose another"):
        begun(target, wanted())


def test_a_damaged_or_foreign_shard_is_not_adopted(local, tmp_path):
    folder = tmp_path / "data"
    generate(plan(tiny_config(), folder, 15, 0, TABLES, 1), fake_sequence)
    shutil.copy(local / "shards/000001.h5", folder / "shards/000002.h5")
    with pytest.raises(DatasetError, match=r"000002.h5: .*sequence.*: delete it and run"):
        begun(Target(str(folder)), wanted())
    (folder / "shards/000002.h5").write_bytes(b"nothing")
    with pytest.raises(DatasetError, match=r"000002.h5: is truncated or no HDF5 file"):
        begun(Target(str(folder)), wanted())


def test_two_runs_do_not_share_a_folder(tmp_path):
    one, two = Target(str(tmp_path / "data")), Target(str(tmp_path / "data"))
    with one.held(), pytest.raises(DatasetError, match="in use by another radvis synth"):
        two.held().__enter__()


def test_a_folder_that_machines_do_not_share_is_noticed(tmp_path):
    with pytest.raises(DatasetError, match="is not there: choose an --out that all machines share"):
        Target(str(tmp_path)).check("shards/000000.h5", 10)


def test_places_that_cannot_be_reached(storage, tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match=r"--out nowhere://x: .*name a folder or a URL"):
        Target("nowhere://x")
    with pytest.raises(DatasetError, match=r"s3://no-such-bucket/x cannot be reached \(.*bucket"):
        Target("s3://no-such-bucket/x").write("manifest.json", b"")
    (tmp_path / "file").write_text("")
    with pytest.raises(DatasetError, match=r"cannot be reached \(.*(exists|directory)"):
        Target(str(tmp_path / "file/data")).write("manifest.json", b"")


@pytest.mark.parametrize("name", ["manifest.json", "shards/000005.h5"])
def test_a_file_of_unbelievable_size_is_not_read(local, tmp_path, name):
    folder = shutil.copytree(local, tmp_path / "data")
    unlist_the_last(folder)
    with (folder / name).open("r+b") as file:
        file.truncate(10**12)  # a hole: it takes no room
    with pytest.raises(DatasetError, match=rf"{name} has 10{{12}} bytes, at most \d+ are belie"):
        begun(Target(str(folder)), wanted())


@pytest.mark.parametrize("address", ["127.0.0.1:1", "auto", "nowhere"])
def test_a_cluster_that_does_not_answer(address, tmp_path, monkeypatch):
    (tmp_path / "ray").mkdir()
    (tmp_path / "ray/ray_current_cluster").write_text("127.0.0.1:1")  # what was, and is gone
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with (
        pytest.raises(DatasetError, match=f"--address {address}: no Ray cluster answers"),
        connected(address),
    ):
        pass
    assert not ray.is_initialized()


def test_the_command_goes_on_with_either_engine(machines, local, tmp_path, monkeypatch):
    sequence = pytest.importorskip("synth.sequence", exc_type=ImportError)
    monkeypatch.setattr(radvis_cli, "check_blender", lambda: None)
    monkeypatch.setattr(sequence, "synthesise_sequence", fake_sequence)
    monkeypatch.setattr(sequence, "code_tables", fake_tables)
    (tmp_path / "tiny.toml").write_text(to_toml(tiny_config()))
    folder = tmp_path / "data"

    def run(n, *options):
        line = f"synth --scene parking_lot --config {tmp_path / 'tiny.toml'} --out {folder} --json"
        done = CliRunner().invoke(radvis_cli.main, [*line.split(), "--n", str(n), *options])
        assert done.exit_code == 0, done.output
        return [json.loads(line) for line in done.stdout.splitlines()]

    run(15)
    told = run(75, "--engine", "ray", "--address", machines.address)
    assert (told[0]["event"], told[0]["frames"]) == ("start", 60)
    assert told[-1] == {"event": "done", "folder": str(folder), "frames": 75}
    run(90)
    assert files(folder) == files(local)


def test_a_target_is_opened_anew_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    target = Target("data")
    assert target.url == str(tmp_path / "data")
    kind, arguments = target.__reduce__()
    assert kind(*arguments).url == target.url
