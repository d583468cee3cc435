"""All car models by name."""

from __future__ import annotations

from scenes.cars.model import CarModel
from scenes.cars.models_low import LOW_MODELS
from scenes.cars.models_tall import TALL_MODELS
from scenes.cars.models_work import WORK_MODELS

CAR_MODELS: dict[str, CarModel] = {**LOW_MODELS, **TALL_MODELS, **WORK_MODELS}
