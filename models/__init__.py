"""Networks that learn from the datasets: so far the car detector.

Everything here needs torch (`pip install 'radvis[learn]'`) and nothing of Blender.
"""

from models.boxes import giou, iou, suppress
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

__all__ = [
    "CarDetector",
    "Detections",
    "DetectorConfig",
    "Maps",
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
