"""Telling how far a run is: a bar for people, JSON lines for programs."""

from __future__ import annotations

import json
import shlex
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from synth.plan import Estimate


class RateColumn(ProgressColumn):
    """A task's `rate`, or how many steps a second it makes."""

    def render(self, task: Task) -> Text:
        """Return the text; it is empty until something is known."""
        speed = task.finished_speed or task.speed
        measured = "" if speed is None else f"{speed:.2f}/s"
        return Text(task.fields["rate"] or measured, style="dim")


def progress_bar(console: Console, silent: bool = False) -> Progress:
    """Return a bar whose tasks carry a `rate`, a text; one that is empty is measured."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=silent,
    )


NOTICED = 2.0  # [s] above which loading compiled kernels was compiling them


class BarReport:
    """Progress for people."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._bar = progress_bar(self._console)
        self._start = time.monotonic()

    def begin(self, folder: Path | str, estimate: Estimate, workers: int) -> None:
        """Say what it will cost."""
        cost = (
            f"{estimate.n_frame} frames to make, about {duration(estimate.seconds)} and "
            f"{estimate.bytes / 1e9:.2g} GB with {workers} worker{'s' * (workers > 1)}"
        )
        wanted = estimate.n_frame > 0
        self._console.print(
            f"{folder}: {cost if wanted else 'nothing is left to make'}",
            highlight=False,
            soft_wrap=True,
        )
        self._task = self._bar.add_task("frames", total=estimate.n_frame, rate="", visible=wanted)

    def compiled(self, seconds: float) -> None:
        """Say how long the compiler took, if it had anything to do; frames' time begins now."""
        if seconds > NOTICED:
            self._console.print(
                f"kernels compiled in {duration(seconds)}, once for this installation",
                highlight=False,
            )
        self._start = time.monotonic()

    def __enter__(self) -> BarReport:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def frames(self, done: int) -> None:
        """Move the bar."""
        rate = done / (time.monotonic() - self._start)
        self._bar.update(self._task, completed=done, rate=f"{rate:.2f}/s")

    def end(self, folder: Path | str, n_frame: int) -> None:
        """Say what there is now, and what to do with it."""
        distant = "://" in str(folder)
        view = f"radvis view {'FOLDER' if distant else shlex.quote(str(folder))}"
        self._console.print(
            f"{folder}: {n_frame} frames; {'copy them here and ' * distant}look at them with: "
            f"{view}",
            highlight=False,
            soft_wrap=True,
        )


class JsonReport:
    """Progress for programs: one JSON object a line, at most one a second."""

    def __init__(self) -> None:
        self._start, self._last = time.monotonic(), -1.0

    def begin(self, folder: Path | str, estimate: Estimate, workers: int) -> None:
        """Say what it will cost."""
        self._say(
            event="start", folder=str(folder), frames=estimate.n_frame, workers=workers,
            estimated_seconds=round(estimate.seconds), estimated_bytes=round(estimate.bytes),
        )  # fmt: skip

    def compiled(self, seconds: float) -> None:
        """Say how long the compiler took; frames' time begins now."""
        self._say(event="compiled", seconds=round(seconds, 1))
        self._start = time.monotonic()

    def __enter__(self) -> JsonReport:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def frames(self, done: int) -> None:
        """Say how far it is."""
        now = time.monotonic()
        if now - self._last >= 1:
            self._last = now
            self._say(event="progress", done=done, seconds=round(now - self._start, 1))

    def end(self, folder: Path | str, n_frame: int) -> None:
        """Say that it is done."""
        self._say(event="done", folder=str(folder), frames=n_frame)

    def _say(self, **values: Any) -> None:
        print(json.dumps(values), file=sys.stdout, flush=True)


def duration(seconds: float) -> str:
    """Return a time as people say it: 40 s, 12 min, 3.5 h, 4 days."""
    for limit, unit, size in ((90, "s", 1), (5400, "min", 60), (172800, "h", 3600)):
        if seconds < limit:
            return f"{_rough(seconds / size)} {unit}"
    return f"{_rough(seconds / 86400)} days"


def _rough(value: float) -> str:
    """Return a number in two digits: nobody knows better how long a run will take."""
    return f"{float(f'{value:.2g}'):.10g}"
