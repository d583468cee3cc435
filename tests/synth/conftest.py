import pytest

from synth.generate import generate
from synth.plan import plan
from tests.fakes import TABLES, fake_sequence, tiny_config


@pytest.fixture
def make(tmp_path):
    """Make a small dataset of random arrays; returns its folder."""

    def run(name="data", n=30, seed=0, workers=1, synthesise=fake_sequence, **changes):
        folder = tmp_path / name
        generate(plan(tiny_config(**changes), folder, n, seed, TABLES, workers), synthesise)
        return folder

    return run
