"""The car models and the way to build them in Blender."""

from __future__ import annotations

from scenes.car_build import CarObjects, build_car
from scenes.car_model import CarModel
from scenes.car_models_low import LOW_MODELS
from scenes.car_models_tall import TALL_MODELS
from scenes.car_models_work import WORK_MODELS

__all__ = ["CAR_MODELS", "CarObjects", "build_car"]

CAR_MODELS: dict[str, CarModel] = {**LOW_MODELS, **TALL_MODELS, **WORK_MODELS}
