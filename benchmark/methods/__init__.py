"""The methods that the benchmark compares, by name; a user's own has the same two calls."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from benchmark.context import Context
from benchmark.methods.cfar import Cfar
from benchmark.methods.duet import Duet
from benchmark.methods.error import MethodError
from benchmark.methods.fusion import Fusion
from benchmark.methods.localised import Supervised
from benchmark.methods.self_labelled import SelfLabelled, cl, scl
from benchmark.self_labels import Places
from benchmark.sources import Source
from benchmark.training import Diverged, OutOfMemory
from models.checkpoint import CheckpointError
from synth.shards import DatasetError

# Options that not all methods have a use for, and the name by which methods say so.
OPTIONS = {
    **dict.fromkeys(("epochs", "batch", "rate", "precision"), "training"),
    "masks": "masks", "calibration": "calibration",
}  # fmt: skip


class Method(Protocol):
    """What locates targets in radio maps. `fit` may be left out."""

    def predict(self, frames: Source) -> Places:
        """Return range [m] and azimuth [rad] (n, 2) of the target of each frame."""


METHODS: dict[str, Callable[[], Any]] = {
    "cfar": Cfar,
    "cfar-map": partial(Cfar, velocity=False),
    "supervised": Supervised,
    "scl": partial(SelfLabelled, scl),
    "cl": partial(SelfLabelled, partial(cl, masked=False, averaged=False)),
    "cl-ema": partial(SelfLabelled, partial(cl, masked=False, averaged=True)),
    "mcl": partial(SelfLabelled, partial(cl, masked=True, averaged=False)),
    "mcl-ema": partial(SelfLabelled, partial(cl, masked=True, averaged=True)),
    "scl-moving": partial(SelfLabelled, scl, clutter=False),
    "mcl-moving": partial(SelfLabelled, partial(cl, masked=True, averaged=False), clutter=False),
    "fusion": Fusion,
    "duet": Duet,
    "duet-radio": partial(Duet, vision=False),
}


def make_method(name: str) -> Any:
    """Return a method by its name, or by `module:Class` or `file.py:Class` of a user's own.

    Raises:
        MethodError: If there is none.
    """
    if name in METHODS:
        return METHODS[name]()
    module, _, attribute = name.rpartition(":")
    if not module or not attribute:
        raise MethodError(
            f"unknown method {name!r}; methods: {', '.join(METHODS)}, or your own as module:Class "
            "or file.py:Class"
        )
    try:
        kind = getattr(_imported(module), attribute)
        with faults_of(name, "()"):
            made = kind()
    except ImportError as error:
        raise MethodError(f"{module} cannot be imported: {error}") from None
    except SyntaxError as error:
        raise MethodError(f"{error.filename}, line {error.lineno}: {error.msg}") from None
    except AttributeError:
        raise MethodError(f"{module} has no {attribute}") from None
    if not callable(getattr(made, "predict", None)):
        raise MethodError(f"{name} has no method predict(frames)")
    return made


@contextmanager
def faults_of(name: str, call: str) -> Iterator[None]:
    """Turn what a user's own method raises into a MethodError that says where; not ours."""
    try:
        yield
    except (CheckpointError, DatasetError, Diverged, MethodError, OutOfMemory):
        raise
    except (Exception, SystemExit) as error:
        if ":" not in name:
            raise
        last = traceback.extract_tb(error.__traceback__)[-1]
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        dot = "" if call.startswith("(") else "."
        raise MethodError(
            f"{name}{dot}{call}: {what} ({last.filename}, line {last.lineno})"
        ) from error


def depends_on_seed(name: str) -> bool:
    """Return whether a method's runs differ from seed to seed, as all do that say nothing of it."""
    try:
        return bool(getattr(make_method(name), "by_chance", True))
    except MethodError:  # a name that some task knows
        return True


def has_use_for(name: str, option: str) -> bool:
    """Return whether an option changes a method, as all do that say nothing of it."""
    try:
        uses: tuple[str, ...] = getattr(make_method(name), "uses", tuple(OPTIONS.values()))
    except MethodError:  # a name that some task knows
        return True
    return OPTIONS[option] in uses


def needs(name: str) -> tuple[str, ...]:
    """Return the entries of a dataset that a method of ours needs beside pictures and heatmaps."""
    return tuple(getattr(METHODS[name](), "needs", ())) if name in METHODS else ()


def code_of(name: str) -> str:
    """Return a hash of the file of a user's own method, made before: it may have been edited."""
    module = name.rpartition(":")[0]
    file = module if module.endswith(".py") else sys.modules[module].__file__
    return file_digest(Path(file)) if file else ""


def file_digest(path: Path) -> str:
    """Return a short hash of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _imported(module: str) -> ModuleType:
    """Return a module by its name, or by its file, whatever other modules are called."""
    folder = Path.cwd()
    if not module.endswith(".py"):
        sys.path.insert(0, str(folder))
        try:
            return importlib.import_module(module)
        finally:
            sys.path.pop(0)
    path = Path(module).resolve()
    if not path.is_file():
        raise MethodError(f"{module} is no file: name your method as file.py:Class")
    return _loaded(path, file_digest(path))


@lru_cache(1)
def _loaded(path: Path, digest: str) -> ModuleType:
    """Return the module of a file, once for each content of it."""
    spec = importlib.util.spec_from_file_location(f"own_method_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made  # dataclasses look their module up
    sys.path.insert(0, str(path.parent))  # for what lies beside it
    try:
        spec.loader.exec_module(made)
    finally:
        sys.path.pop(0)
    return made


__all__ = [
    "METHODS", "OPTIONS", "Context", "Method", "MethodError", "code_of", "depends_on_seed",
    "faults_of", "file_digest", "has_use_for", "make_method", "needs",
]  # fmt: skip
