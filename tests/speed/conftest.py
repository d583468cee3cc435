import pytest

pytest.importorskip("bpy")

from tests.speed.lot import Lot


@pytest.fixture(scope="session")
def lot():
    return Lot()
