"""What a thing to measure consists of."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from benchmark.context import Context
from benchmark.job import Job
from benchmark.rows import Row
from benchmark.sources import Source


class Task(NamedTuple):
    """One thing to measure.

    Attributes:
        check: Raises MethodError, of a line, if there is no such method or it cannot be measured.
        seconds: About how long a method trains with one seed [s]; None if it does not say.
        run: Trains and scores a method with one seed.
    """

    check: Callable[[str], None]
    seconds: Callable[[Job, Source, Context], float | None]
    run: Callable[[Job, Source, Source, Context], list[Row]]
