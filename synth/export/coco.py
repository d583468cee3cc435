"""COCO: pictures, with boxes and masks of everything that is seen in them.

Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014; the JSON is the one that
cocodataset.org describes for object detection, masks as uncompressed run lengths.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes.config import SEQUENCE_LENGTH
from synth.export.labels import labels_of, seen
from synth.export.part import ASIDE, Part, Source, png
from synth.shards import replace_file

LICENSE_ID = 1  # of the only one
TOLD = ("visibility", "occlusion", "model", "name")  # of an object, beside what COCO has


class Coco:
    """images/SPLIT/SEQUENCE_FRAME.png and annotations/instances_SPLIT.json."""

    def __init__(self, out: Path, source: Source) -> None:
        self._out, self._source = out, source

    def write(self, part: Part) -> None:
        """Write the pictures of a sequence, and aside what is in them."""
        folder = self._out / "images" / part.split
        folder.mkdir(parents=True, exist_ok=True)
        images: list[dict[str, Any]] = []
        annotations: list[dict[str, Any]] = []
        for index, frame in enumerate(part.frames()):
            labels = labels_of(frame, self._source.tables, self._source.objects)
            number, file = part.sequence * SEQUENCE_LENGTH + index, f"{part.name(index)}.png"
            (folder / file).write_bytes(png(frame["camera/image"]))
            height, width = frame["camera/image"].shape[:2]
            size = {"id": number, "file_name": file, "width": width, "height": height}
            licensed = {} if self._source.terms is None else {"license": LICENSE_ID}
            images.append({**size, **licensed, **labels["frame"]})
            instance, target = frame.get("depth/instance"), labels["target"]["object"]
            annotations += [
                {"image_id": number, **self._annotation(item, instance), "target": int(
                    item["id"] == target
                )}
                for item in labels["objects"]
                if seen(item)
            ]  # fmt: skip
        aside = self._aside(part.sequence)
        aside.parent.mkdir(exist_ok=True)
        replace_file(aside, json.dumps({"images": images, "annotations": annotations}).encode())

    def finish(self, parts: list[tuple[str, int]]) -> None:
        """Join what is in the pictures to one file a split."""
        (self._out / "annotations").mkdir(exist_ok=True)
        for split in sorted({split for split, _ in parts}):
            sequences = [sequence for part, sequence in parts if part == split]
            path = self._out / "annotations" / f"instances_{split}.json"
            with path.open("w") as file:
                file.writelines(self._joined(split, sequences))

    def _annotation(
        self, item: dict[str, Any], instance: NDArray[np.uint16] | None
    ) -> dict[str, Any]:
        x0, y0, x1, y1 = item["box"]
        found = {
            "category_id": self._source.tables["classes"].index(item["class"]),
            "bbox": [x0, y0, x1 - x0, y1 - y0], "iscrowd": 0, "object": item["id"],
            **{key: item[key] for key in TOLD if item.get(key) is not None},
        }  # fmt: skip
        if instance is None:
            return {**found, "area": (x1 - x0) * (y1 - y0)}
        mask = instance == item["id"]
        return {**found, "area": int(mask.sum()), "segmentation": run_lengths(mask)}

    def _joined(self, split: str, sequences: list[int]) -> Iterator[str]:
        """Yield the text of a split's file; a million annotations need not be in memory."""
        classes, terms = enumerate(self._source.tables["classes"]), self._source.terms
        head = {
            "info": {"description": f"radvis {self._source.name}, {split}",
                     "version": self._source.generator},
            "licenses": [] if terms is None else [
                {"id": LICENSE_ID, "name": terms.license, "url": terms.license_url}
            ],
            "categories": [{"id": i, "name": name, "supercategory": "thing"}
                           for i, name in classes if name not in ("nothing", "ground")],
        }  # fmt: skip
        yield json.dumps(head)[:-1]
        number = count(1)
        for key in ("images", "annotations"):
            yield f', "{key}": ['
            comma = ""
            for sequence in sequences:
                for row in json.loads(self._aside(sequence).read_text())[key]:
                    made = row if key == "images" else {"id": next(number), **row}
                    yield comma + json.dumps(made)
                    comma = ",\n"
            yield "]"
        yield "}\n"

    def _aside(self, sequence: int) -> Path:
        return self._out / ASIDE / f"{sequence:06d}.json"


def run_lengths(mask: NDArray[np.bool_]) -> dict[str, Any]:
    """Return COCO's run lengths of a mask: column by column, of zeros first."""
    flat = mask.ravel(order="F")
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    lengths = np.diff(edges, prepend=0, append=flat.size).tolist()
    return {"size": list(mask.shape), "counts": [0, *lengths] if flat[0] else lengths}
