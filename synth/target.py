"""Where many machines write a dataset to: any place that fsspec reaches, by its URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
from filelock import FileLock, Timeout
from fsspec.implementations.local import LocalFileSystem

from scenes.config import ConfigError
from synth.shards import DatasetError, replace_file


class Target:
    """A folder behind a URL, as `s3://bucket/data` or `/shared/data`.

    It goes to other machines as its URL, and is opened anew there.

    Attributes:
        url: As it was given; a folder of this machine, absolute.
    """

    def __init__(self, url: str) -> None:
        """Find what serves a URL.

        Raises:
            ConfigError: If nothing installed does.
        """
        try:
            self._system, self._root = fsspec.core.url_to_fs(url)
        except (ValueError, ImportError) as error:  # no such protocol, or its library is missing
            raise ConfigError(
                f"--out {url}: {error}; name a folder or a URL, and install what serves it, as "
                "s3fs for s3://"
            ) from None
        self._root = self._root.rstrip("/")
        self.local = isinstance(self._system, LocalFileSystem)
        self.url = self._root if self.local else url.rstrip("/")

    def __reduce__(self) -> tuple[type[Target], tuple[str]]:
        return Target, (self.url,)

    def read(self, name: str, most: int) -> bytes | None:
        """Return a file, or None if there is none.

        Args:
            name: Of the file.
            most: Bytes that it may have; of more, none is read.

        Raises:
            DatasetError: If it is larger, or the place cannot be reached.
        """
        with self._reached():
            self._system.invalidate_cache()
            try:
                size = int(self._system.size(self._path(name)))
                content: bytes = self._system.cat_file(self._path(name)) if size <= most else b""
            except FileNotFoundError:
                return None
        if size > most:
            raise DatasetError(
                f"{self.url}/{name} has {size} bytes, at most {most} are believable: look what it "
                "is, and remove it or choose another --out"
            )
        return content

    def write(self, name: str, content: bytes) -> None:
        """Write a file in one step: whoever looks sees the old one or the new one, whole.

        Raises:
            DatasetError: If the place cannot be reached, or is full.
        """
        with self._reached():
            if self.local:
                path = Path(self._path(name))
                path.parent.mkdir(parents=True, exist_ok=True)
                replace_file(path, content)
            else:  # stores of objects show none before it is whole
                self._system.pipe_file(self._path(name), content)

    def sizes(self, folder: str) -> dict[str, int]:
        """Return the files in a folder of the target, each with its size in bytes.

        Raises:
            DatasetError: If the place cannot be reached.
        """
        files = {name: item for name, item in self._list(folder).items() if item["type"] == "file"}
        return {f"{folder}/{name}": int(item["size"]) for name, item in files.items()}

    def names(self) -> set[str]:
        """Return the names of what lies at the target itself.

        Raises:
            DatasetError: If the place cannot be reached.
        """
        return set(self._list(""))

    def _list(self, folder: str) -> dict[str, dict[str, Any]]:
        """Return what is in a folder by name, but for locks and what is being written."""
        place = self._path(folder).rstrip("/")
        with self._reached():
            try:
                found = self._system.ls(place, detail=True, refresh=True)
            except FileNotFoundError:
                return {}
        others = [item for item in found if item["name"].rstrip("/") != place]
        named = {PurePosixPath(item["name"]).name: item for item in others}
        return {name: item for name, item in named.items() if not name.startswith(".")}

    def check(self, name: str, n_byte: int) -> None:
        """Raise DatasetError unless this machine, too, sees a file that another one wrote."""
        with self._reached():
            self._system.invalidate_cache()
            try:
                size = self._system.size(self._path(name))
            except FileNotFoundError:
                size = None
        if size != n_byte:
            raise DatasetError(
                f"{self.url}/{name} was written by a machine of the cluster and is not there: "
                "choose an --out that all machines share, as s3://bucket/data"
            )

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other runs out of a folder; a store of objects has no locks, and none is needed.

        Two runs of one dataset write the same bytes there; of two, a shard's header tells.

        Raises:
            DatasetError: If another run is in it.
        """
        if self.local:
            with self._reached():
                Path(self._root).mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self._path(".lock")).acquire(timeout=0) if self.local else nullcontext():
                yield
        except Timeout:
            raise DatasetError(
                f"{self.url} is in use by another radvis synth: wait for it or choose another --out"
            ) from None

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """Turn whatever a file system raises into a DatasetError: place, reason, next step."""
        try:
            yield
        except Exception as error:  # each file system has errors of its own, of any kind
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise DatasetError(
                f"{self.url} cannot be reached ({lines[-1]:.300}): see that it exists and has room "
                "and that its keys and endpoint are set, then run the same command again; finished "
                "sequences are kept"
            ) from None
