import shutil

import pytest

from synth.generate import generate
from synth.plan import plan
from tests.fakes import TABLES, fake_sequence, tiny_config


@pytest.fixture(scope="session")
def originals():
    """Folders of datasets that were made in this run, by what they are of."""
    return {}


@pytest.fixture
def make(tmp_path, tmp_path_factory, originals):
    """Give a small dataset of random arrays, a copy of one's own; returns its folder.

    Making one starts a process, which takes seconds: the same is made once a run.
    """

    def run(name="data", n=30, seed=0, synthesise=fake_sequence, **changes):
        wanted = (n, seed, synthesise.__qualname__, repr(sorted(changes.items())))
        if wanted not in originals:
            folder = tmp_path_factory.mktemp("original") / "data"
            generate(plan(tiny_config(**changes), folder, n, seed, TABLES), synthesise)
            originals[wanted] = folder
        return shutil.copytree(originals[wanted], tmp_path / name)

    return run
