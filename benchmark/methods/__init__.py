"""The methods that the benchmark compares, by name; a user's own has the same two calls."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from benchmark.context import Context
from benchmark.methods.cfar import Cfar
from benchmark.methods.duet import Duet
from benchmark.methods.fusion import Fusion
from benchmark.methods.localised import Supervised
from benchmark.methods.self_labelled import SelfLabelled, cl, scl
from benchmark.self_labels import Places
from benchmark.sources import Source


class Method(Protocol):
    """What locates targets in radio maps. `fit` may be left out."""

    def predict(self, frames: Source) -> Places:
        """Return range [m] and azimuth [rad] (n, 2) of the target of each frame."""


class MethodError(ValueError):
    """There is no such method, or it is none."""


METHODS: dict[str, Callable[[], Any]] = {
    "cfar": Cfar,
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
    folder = Path.cwd()
    if module.endswith(".py"):
        if not Path(module).is_file():
            raise MethodError(f"{module} is no file: name your method as file.py:Class")
        folder, module = Path(module).resolve().parent, Path(module).stem
    sys.path.insert(0, str(folder))
    try:
        made = getattr(importlib.import_module(module), attribute)()
    except ImportError as error:
        raise MethodError(f"{module} cannot be imported: {error}") from None
    except SyntaxError as error:
        raise MethodError(f"{error.filename}, line {error.lineno}: {error.msg}") from None
    except AttributeError:
        raise MethodError(f"{module} has no {attribute}") from None
    finally:
        sys.path.pop(0)
    if not callable(getattr(made, "predict", None)):
        raise MethodError(f"{name} has no method predict(frames)")
    return made


__all__ = ["METHODS", "Context", "Method", "MethodError", "make_method"]
