"""Car models: their measures, shapes, looks and lamps."""

from scenes.cars.build import CarObjects, build_car
from scenes.cars.models import CAR_MODELS

__all__ = ["CAR_MODELS", "CarObjects", "build_car"]
