"""Tasks on the datasets, and how well methods do them: locating targets, finding cars.

Everything here needs torch and Lightning Fabric (`pip install '.[learn]'`), nothing of
Blender.
"""

from benchmark.augment import AugmentConfig
from benchmark.car_frames import CarFrames, Cars, load_frames
from benchmark.detection_scores import Result, match_all, results, threshold_of
from benchmark.detection_training import TrainConfig, train

__all__ = [
    "AugmentConfig",
    "CarFrames",
    "Cars",
    "Result",
    "TrainConfig",
    "load_frames",
    "match_all",
    "results",
    "threshold_of",
    "train",
]
