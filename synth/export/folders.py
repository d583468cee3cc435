"""Plain files: a PNG a picture, an .npy an array, a JSON a frame's labels."""

from __future__ import annotations

import json
from pathlib import Path

from synth.export.labels import is_label, labels_of
from synth.export.part import Part, Source, npy, png


class Folders:
    """SPLIT/SEQUENCE/KEY/FRAME.png or .npy, with `_` for the slash of a key; labels/FRAME.json."""

    def __init__(self, out: Path, source: Source) -> None:
        self._out, self._source = out, source

    def write(self, part: Part) -> None:
        """Write the files of a sequence."""
        folder = self._out / part.split / f"{part.sequence:06d}"
        for index, frame in enumerate(part.frames()):
            labels = labels_of(frame, self._source.tables, self._source.objects)
            files = {f"labels/{index:02d}.json": json.dumps(labels, indent=1).encode()}
            for key, values in frame.items():
                name = f"{key.replace('/', '_')}/{index:02d}"
                if key == "camera/image":
                    files[f"{name}.png"] = png(values)
                elif not is_label(key):
                    files[f"{name}.npy"] = npy(values)
            for name, content in files.items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)

    def finish(self, parts: list[tuple[str, int]]) -> None:
        """Do nothing: the files' names say all."""
