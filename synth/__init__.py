"""What the sensors see: rays, radio, camera, labels, and the dataset they fill.

Here is what reads a dataset, on any Python. What makes one is imported from its own module, as it
needs Embree and Blender: `synth.sequence`, `synth.generate`, `synth.tracer`, `synth.camera`.
"""

from synth.dataset import Dataset
from synth.manifest import Manifest, read_manifest
from synth.sample import FIELDS, Field
from synth.shards import DatasetError
from synth.view import contact_sheet

__all__ = [
    "FIELDS",
    "Dataset",
    "DatasetError",
    "Field",
    "Manifest",
    "contact_sheet",
    "read_manifest",
]
