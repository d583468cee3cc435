"""Shrunk pairs in a file beside the results, decoded once and then mapped.

Decoding and shrinking a frame of 640 x 480 takes 11 ms of a core, twenty times what the localiser's
training step takes for it in the preset `laptop`, and would be due in each epoch of every method.
Mapped, a split of any size is read at the speed of memory as far as it fits there, at the disk's
beyond, and all processes of a machine share what the system keeps of it.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock
from numpy.typing import NDArray
from torch import Tensor

from benchmark.pairs import MOST, SPREAD, Pair, Pairs
from synth.manifest import fingerprint
from synth.shards import DatasetError, replace_file

VERSION = 1  # of what a store holds: another one is never read
CHUNK = 1 << 24  # bytes that are checked at a time
PICTURE, RADIO = 3, 4  # bytes of a pixel


@dataclass(frozen=True)
class Stored:
    """The pairs of a split, mapped from a file.

    Attributes:
        picture: (n, 3, height, width) uint8 sRGB.
        radio: (n, 1, height, width) float32, see `benchmark.pairs.as_radio`.
    """

    picture: NDArray[np.uint8]
    radio: NDArray[np.float32]

    def read(self, chosen: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """Return pictures and radio maps of frames (n,)."""
        return torch.from_numpy(self.picture[chosen]), torch.from_numpy(self.radio[chosen])


def stored(pairs: Pairs, folder: Path, on_frame: Callable[[], None] | None = None) -> Stored:
    """Return the mapped pairs of a split; they are decoded if no whole store of them is there.

    Several processes may ask at once: one decodes, the others wait for it.

    Args:
        pairs: The split.
        folder: Of stores; one is named by a hash of the data's fingerprint, the split and the size.
        on_frame: Called after each frame that is decoded.

    Raises:
        DatasetError: If the disk is full or not writable, or a frame cannot be read.
    """
    identity = _identity(pairs)
    key = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]
    path = folder / f"{key}.pairs"
    size = len(pairs) * pairs.height * pairs.width * (PICTURE + RADIO)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not _whole(path, identity, size):
            with FileLock(folder / f".{key}.lock"):
                if not _whole(path, identity, size):  # nobody else made it meanwhile
                    _write(pairs, path, identity, size, on_frame)
        return _mapped(path, pairs)
    except OSError as error:
        need = f" ({size / 1e9:.1f} GB)" if error.errno == errno.ENOSPC else ""
        raise DatasetError(
            f"{path}{need}: {error.strerror or error}; make room, or choose another --out"
        ) from None


def _identity(pairs: Pairs) -> dict[str, Any]:
    return {
        "version": VERSION, "data": fingerprint([pairs.data.folder]),
        "sequences": pairs.data.sequences, "height": pairs.height, "width": pairs.width,
        "spread": SPREAD, "most": MOST,
    }  # fmt: skip


def _whole(path: Path, identity: dict[str, Any], size: int) -> bool:
    """Return whether a store is there, of these pairs and undamaged.

    All of it is read for its checksum, which also brings it into the system's memory.
    """
    try:
        if path.stat().st_size != size:
            return False
        held = json.loads(path.with_suffix(".json").read_bytes())
    except (FileNotFoundError, ValueError, RecursionError):
        return False
    return bool(held == {"identity": identity, "crc32": _checksum(path)})


def _checksum(path: Path) -> int:
    total = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            total = zlib.crc32(chunk, total)
    return total


def _write(
    pairs: Pairs,
    path: Path,
    identity: dict[str, Any],
    size: int,
    on_frame: Callable[[], None] | None,
) -> None:
    """Decode all frames into a file beside, which takes its name when it is whole."""
    beside = path.with_suffix(".tmp")
    try:
        with beside.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, size)  # a full disk is said before the work
            for i in range(len(pairs)):
                for start, content in zip(_starts(pairs, i), _content(pairs[i]), strict=True):
                    file.seek(start)
                    file.write(content)
                if on_frame is not None:
                    on_frame()
            file.flush()
            os.fsync(file.fileno())
        crc32 = _checksum(beside)
        os.replace(beside, path)
        text = json.dumps({"identity": identity, "crc32": crc32})
        replace_file(path.with_suffix(".json"), text.encode())
    finally:
        beside.unlink(missing_ok=True)


def _starts(pairs: Pairs, frame: int) -> tuple[int, int]:
    """Return the bytes at which a frame's radio map and picture begin.

    Radio maps come first: their numbers then lie where numbers of four bytes may.
    """
    pixels = pairs.height * pairs.width
    return frame * pixels * RADIO, (len(pairs) * RADIO + frame * PICTURE) * pixels


def _content(pair: Pair) -> tuple[bytes, bytes]:
    return pair.radio.numpy().astype("<f4").tobytes(), pair.picture.numpy().tobytes()


def _mapped(path: Path, pairs: Pairs) -> Stored:
    shape, (first, start) = (pairs.height, pairs.width), _starts(pairs, 0)
    return Stored(
        np.memmap(path, np.uint8, "r", start, (len(pairs), 3, *shape)),
        np.memmap(path, np.dtype("<f4"), "r", first, (len(pairs), 1, *shape)),
    )
