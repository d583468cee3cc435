"""One file of a release: a tar whose bytes follow from the release alone."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

from synth.release.record import SUMS, files_of


def archive(
    folder: Path, path: Path, top: str, on_bytes: Callable[[int], None] | None = None
) -> None:
    """Write a release as a tar, beside and renamed; owners, times and rights of files are left out.

    It is not compressed: shards are already.

    Args:
        folder: Of the release.
        path: Of the tar.
        top: The folder that everything is unpacked into.
        on_bytes: Called with the number of bytes written so far.
    """
    beside = path.with_name(f".{path.name}.tmp")
    try:
        with tarfile.open(beside, "w", format=tarfile.GNU_FORMAT) as tar:
            done = 0
            for name in (*files_of(folder), SUMS):
                member = tarfile.TarInfo(f"{top}/{name}")
                member.size, member.mode = (folder / name).stat().st_size, 0o644
                with (folder / name).open("rb") as file:
                    tar.addfile(member, file)
                done += member.size
                if on_bytes is not None:
                    on_bytes(done)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
