"""Progress of a benchmark run: a bar a stage, or lines where no bar can move."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import TaskID

from synth.progress import duration, progress_bar

QUIET_S = 30.0  # between two lines of a stage, where no bar can move


class Bars:
    """Tells people how far each stage is. Use it as a context manager."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._bar = progress_bar(self._console)
        self._tasks: dict[str, TaskID] = {}
        self._begun: dict[str, tuple[float, int]] = {}
        self._told = 0.0

    def __enter__(self) -> Bars:
        if self._console.is_terminal:  # elsewhere it would leave an empty line
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._console.is_terminal:
            self._bar.stop()

    def tell(self, stage: str, done: int, total: int, text: str) -> None:
        """Show that `done` steps of `total` are done."""
        if stage not in self._tasks:
            self._tasks[stage] = self._bar.add_task(stage, total=total, rate="")
            self._begun[stage] = time.monotonic(), done
        self._bar.update(self._tasks[stage], completed=done, rate=text)
        now = time.monotonic()
        if not self._console.is_terminal and (now - self._told > QUIET_S or done == total):
            self._told = now
            begin, first = self._begun[stage]
            left = (now - begin) / max(done - first, 1) * (total - done)
            wait = f", about {duration(left)} left" if done < total and done > first else ""
            self.say(f"{stage} {done}/{total} {text}{wait}")
        if done == total:
            self._bar.remove_task(self._tasks.pop(stage))

    def say(self, line: str) -> None:
        """Write a line."""
        self._console.print(line, highlight=False, soft_wrap=True)
