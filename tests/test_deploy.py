import json
import os
import re
import subprocess
from pathlib import Path

import jsonschema
import pytest
import ray
import yaml

from radvis_cli import SYSTEM_LIBRARIES, synth

DEPLOY = Path(__file__).parent.parent / "deploy"


@pytest.mark.parametrize(("parts", "of"), [({}, 16), ({"PARTS": "64"}, 64)])
def test_the_slurm_script_makes_its_part_when_submitted_alone(tmp_path, parts, of):
    told = tmp_path / "radvis"
    told.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    told.chmod(0o755)
    environment = os.environ | {
        "PATH": f"{tmp_path}:{os.environ['PATH']}", "SLURM_ARRAY_TASK_ID": "3",
        "SLURM_ARRAY_TASK_COUNT": "1", "SLURM_CPUS_PER_TASK": "8", **parts,
    }  # fmt: skip
    command = [str(DEPLOY / "slurm.sh"), "canyon", "30000", "/shared/my canyon", "--seed", "7"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "synth", "--scene", "canyon", "--n", "30000", "--shard", f"3/{of}",
        "--out", "/shared/my canyon.part-3", "--workers", "8", "--json", "--seed", "7",
    ]  # fmt: skip


def test_the_image_has_what_blender_loads():
    text = (DEPLOY / "Dockerfile").read_text()
    installed = re.search(r"--no-install-recommends(.*?)&&", text, re.S)
    assert installed is not None
    assert installed.group(1).replace("\\", " ").split() == SYSTEM_LIBRARIES.split()


def test_the_image_has_what_ray_starts_machines_with():
    cluster = yaml.safe_load((DEPLOY / "ray.yaml").read_text())
    assert cluster["provider"]["type"] == "aws"  # Ray's provider imports boto3
    install = re.search(r"^RUN pip install .*$", (DEPLOY / "Dockerfile").read_text(), re.M)
    assert install is not None and "boto3" in install.group().split()
    assert "\nboto3==" in (DEPLOY.parent / "constraints.txt").read_text()


def test_ray_accepts_the_cluster():
    schema = Path(ray.__file__).parent / "autoscaler/ray-schema.json"
    cluster = yaml.safe_load((DEPLOY / "ray.yaml").read_text())
    jsonschema.validate(cluster, json.loads(schema.read_text()))
    command = re.search(r"'radvis (synth .*)'", (DEPLOY / "ray.yaml").read_text())
    assert command is not None
    wanted = synth.make_context("synth", command.group(1).split()[1:]).params
    assert wanted["engine"] == "ray"
