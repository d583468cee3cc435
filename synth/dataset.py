"""Reading a dataset: by frame, by entry, with torch or without.

    data = Dataset("data/parking_lot", split="train")
    frame = data[0]                              # a dict of arrays by key
    heatmap = data.read(0, "radar/heatmap")      # reads little more than that

Neither bpy nor Embree nor torch is needed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin  # noqa: F401  # its import registers the filters that h5py decompresses with
import numpy as np
from numpy.typing import NDArray

from scenes.config import SEQUENCE_LENGTH
from synth.manifest import SPLITS, Manifest, faults_named, foreign, read_manifest
from synth.sample import CODES, FIELD, fields_of, unknown_code
from synth.shards import DatasetError, lies_in, open_shard, read_header
from synth.storage import H5_FAULTS, missing_from, most_rows

MOST_OPEN = 64  # shards kept open a process; systems allow about a thousand files


class Dataset(Sequence[dict[str, NDArray[Any]]]):
    """The frames of a dataset, or of one of its splits.

    Shards are opened when first read, and again in each process, so a `Dataset` goes to data
    loader workers as it is; it works as a map-style dataset of `torch.utils.data` unchanged.

    Attributes:
        folder: Where it lies.
        manifest: What it says about itself.
        objects: Of a user's .blend, what object ids stand for: `objects[17].name` and `.kind`, its
            class; empty for built-in scenes.
        sequences: The sequences it reads, those whose shards exist.
        keys: The keys it returns.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        split: str | None = None,
        entries: Sequence[str] | None = None,
        keys: Sequence[str] | None = None,
    ) -> None:
        """Open a dataset.

        Args:
            folder: Of the dataset.
            split: "train", "validation" or "test"; None for all.
            entries: Entries to return; None for all that it holds. Labels always come.
            keys: The very keys to return instead; without ragged ones, torch's own collation
                batches the frames.

        Raises:
            DatasetError: If it is none, lacks an entry, or has no such split.
        """
        self.folder = Path(folder)
        self.manifest: Manifest = read_manifest(self.folder)
        self.objects = {label.id: label for label in self.manifest.objects}
        held = self.manifest.config.entries
        wanted = tuple(held if entries is None else entries)
        lacking = [entry for entry in wanted if entry not in held]
        if lacking:
            raise DatasetError(
                f"{self.folder} holds {', '.join(held)}, not {', '.join(lacking)}: make it with "
                f"radvis synth --entries {','.join((*held, *lacking))} into another folder"
            )
        if split is not None and split not in SPLITS:
            raise DatasetError(f"unknown split {split!r}; splits: {', '.join(SPLITS)}")
        self._files = {shard.sequence: shard.file for shard in self.manifest.shards}
        chosen = self.manifest.sequences if split is None else self.manifest.splits[split]
        self.sequences = [sequence for sequence in chosen if sequence in self._files]
        self.keys = tuple(field.key for field in fields_of(wanted, self.manifest.labels))
        if keys is not None:
            unknown = [key for key in keys if key not in self.keys]
            if unknown:
                raise DatasetError(f"no key {unknown[0]!r} here; keys: {', '.join(self.keys)}")
            self.keys = tuple(keys)
        self._open: dict[tuple[int, int], h5py.File] = {}

    def __len__(self) -> int:
        return len(self.sequences) * SEQUENCE_LENGTH

    def __getitem__(self, index: Any) -> Any:
        """Return one frame: every key of its entries, ragged tables as that frame's rows."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        return {key: self.read(index, key) for key in self.keys if not key.endswith("/offset")}

    def __iter__(self) -> Iterator[dict[str, NDArray[Any]]]:
        return (self[i] for i in range(len(self)))

    def read(self, index: int, key: str) -> NDArray[Any]:
        """Return one array of one frame, and read little else from disk.

        Args:
            index: Of the frame, in this dataset or split.
            key: As in docs/format.md.

        Raises:
            IndexError: If there is no such frame.
            DatasetError: If there is no such key, or the shard is damaged.
        """
        if not -len(self) <= index < len(self):
            raise IndexError(f"frame {index} of {len(self)}")
        if key not in self.keys:
            raise DatasetError(f"no key {key!r} here; keys: {', '.join(self.keys)}")
        place, frame = divmod(index % len(self), SEQUENCE_LENGTH)
        file = self._shard(self.sequences[place])
        field, item = FIELD[key], file[key]
        try:
            if field.ragged:
                first, last = (int(i) for i in file[f"{field.group}/offset"][frame : frame + 2])
                most = most_rows(self.manifest.config)[field.axes[0]]
                if not 0 <= first <= last <= min(item.shape[0], first + most):
                    raise DatasetError(f"{file.filename}: {field.group}/offset is damaged")
                rows: Any = slice(first, last)
            else:
                rows = frame if field.per_frame else slice(None)
            values = np.asarray(item[rows])
        except H5_FAULTS as error:
            raise DatasetError(
                f"{file.filename}: {key} cannot be read ({error}): run radvis validate"
            ) from None
        self._check_meaning(file, key, values)
        return values

    def _check_meaning(self, file: h5py.File, key: str, values: NDArray[Any]) -> None:
        """Raise DatasetError if a code or an object id stands for nothing."""
        code = unknown_code(key, values, self.manifest.tables)
        if code is not None:
            raise DatasetError(
                f"{file.filename}: {key} = {code} is beyond the table {CODES[key]}: run radvis "
                f"validate {self.folder}"
            )
        if key == "object/id" and self.objects:
            unnamed = set(values.tolist()) - set(self.objects)
            if unnamed:
                raise DatasetError(
                    f"{file.filename}: {key} = {min(unnamed)} has no name in manifest.json: run "
                    f"radvis validate {self.folder}"
                )

    def require_labels(self) -> None:
        """Raise DatasetError if the dataset is withheld."""
        if not self.manifest.labels:
            raise DatasetError(
                f"{self.folder} is withheld: it has no labels, which this needs; its pictures are "
                "drawn by radvis view, its arrays read with synth.Dataset"
            )

    def frames_of(self, sequences: Sequence[int] | None, most: int) -> list[int]:
        """Return the numbers of the frames of some sequences.

        Args:
            sequences: Which; None for the first.
            most: How many there may be.

        Raises:
            DatasetError: If the dataset is empty, a sequence is not in it, or they are too many.
        """
        held = self.sequences
        chosen = held[:1] if sequences is None else list(sequences)
        if not held:
            raise DatasetError(f"{self.folder} has no finished sequence yet: run radvis synth")
        unknown = [sequence for sequence in chosen if sequence not in held]
        if unknown:
            raise DatasetError(
                f"sequence {unknown[0]}: {self.folder} holds {len(held)}, {held[0]} to {held[-1]}"
            )
        if not 1 <= len(chosen) <= most:
            raise DatasetError(f"{len(chosen)} sequences: 1 to {most} can be shown at once")
        first = [held.index(sequence) * SEQUENCE_LENGTH for sequence in chosen]
        return [i + j for i in first for j in range(SEQUENCE_LENGTH)]

    def close(self) -> None:
        """Close the shards that this process opened."""
        for (process, _), file in self._open.items():
            if process == os.getpid():
                file.close()
        self._open = {}

    def __enter__(self) -> Dataset:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_open": {}}  # open files stay in their process

    def _shard(self, sequence: int) -> h5py.File:
        key = (os.getpid(), sequence)
        if key not in self._open:
            while len(self._open) >= MOST_OPEN:
                oldest = next(iter(self._open))
                file = self._open.pop(oldest)
                if oldest[0] == os.getpid():
                    file.close()
            self._open[key] = self._checked(sequence)
        return self._open[key]

    def _checked(self, sequence: int) -> h5py.File:
        """Open a shard and compare shapes, types and origin before anything is read."""
        path = self.folder / self._files[sequence]
        with faults_named(path, "change its rights"):
            if path.is_symlink() or not lies_in(path, self.folder):
                raise DatasetError(
                    f"{path} leads out of the dataset: replace it by the file itself"
                )
        file = open_shard(path)
        try:
            fault = foreign(read_header(file), self.manifest, sequence)
            if fault is not None:
                raise DatasetError(f"{path} {fault}: remove it, it belongs to another dataset")
            defects = missing_from(file, self.manifest.config, self.manifest.labels)
            if defects:
                raise DatasetError(f"{path}: {defects[0]}: run radvis validate {self.folder}")
        except DatasetError:
            file.close()
            raise
        return file
