"""WebDataset: tar files that training reads from front to back, from a disk or over a network.

A sample is a frame, `SEQUENCE_FRAME`; its files are `camera_image.png`, one `.npy` an array that is
too large for a label, and `labels.json`.
"""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

from synth.export.labels import is_label, labels_of
from synth.export.part import Part, Source, npy, png


class Tars:
    """SPLIT-SEQUENCE.tar, one a sequence: the same data, the same bytes."""

    def __init__(self, out: Path, source: Source) -> None:
        self._out, self._source = out, source

    def write(self, part: Part) -> None:
        """Write one tar file."""
        path = self._out / f"{part.split}-{part.sequence:06d}.tar"
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
            for index, frame in enumerate(part.frames()):
                key = part.name(index)
                for name, values in frame.items():
                    if name == "camera/image":
                        _add(tar, f"{key}.camera_image.png", png(values))
                    elif not is_label(name):
                        _add(tar, f"{key}.{name.replace('/', '_')}.npy", npy(values))
                labels = labels_of(frame, self._source.tables, self._source.objects)
                _add(tar, f"{key}.labels.json", json.dumps(labels).encode())

    def finish(self, parts: list[tuple[str, int]]) -> None:
        """Do nothing: the files' names say all."""


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)  # of nobody, at no time
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))
