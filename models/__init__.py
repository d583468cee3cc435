"""Networks that learn from the datasets, and the detection that needs no learning.

Everything here needs torch (`pip install '.[learn]'`) and nothing of Blender.
"""

from models.boxes import giou, iou, suppress
from models.cfar import CfarConfig
from models.cl import Cl, ClConfig
from models.detector import (
    CarDetector,
    Detections,
    DetectorConfig,
    Maps,
    as_input,
    decode,
    detect,
    new_detector,
)
from models.detector_loss import Truth, detector_loss, encode
from models.localiser import Localiser, LocaliserConfig
from models.place import PlaceNetwork
from models.scl import Scl, SclConfig
from models.spatial import SpatialConfig, SpatialLocaliser
from models.vgg import Backbone, BackboneConfig, Layer

__all__ = [
    "Backbone",
    "BackboneConfig",
    "CarDetector",
    "CfarConfig",
    "Cl",
    "ClConfig",
    "Detections",
    "DetectorConfig",
    "Layer",
    "Localiser",
    "LocaliserConfig",
    "Maps",
    "PlaceNetwork",
    "Scl",
    "SclConfig",
    "SpatialConfig",
    "SpatialLocaliser",
    "Truth",
    "as_input",
    "decode",
    "detect",
    "detector_loss",
    "encode",
    "giou",
    "iou",
    "new_detector",
    "suppress",
]
