import pytest

from synth.generate import generate
from synth.plan import plan
from tests.benchmark.paintings import painted_sequence, small_config
from tests.fakes import TABLES


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A dataset of five painted sequences: four to train on, one to validate."""
    made = tmp_path_factory.mktemp("painted") / "street"
    generate(plan(small_config(), made, 75, 0, TABLES, 1), painted_sequence)
    return made
