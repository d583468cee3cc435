"""Worker processes: one task at a time each, fresh ones now and then, none left behind."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

TASKS_A_WORKER = 20  # then a fresh process: a bound on whatever Blender may leak
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")

Result = TypeVar("Result")


def run_tasks(
    work: Callable[..., Result],
    tasks: Iterable[tuple[Any, ...]],
    n_worker: int,
    on_step: Callable[[int], None] | None = None,
) -> Generator[Result, None, None]:
    """Run `work(*task)` for every task in processes, and yield the results as they come.

    Close the iterator (`contextlib.closing`) and the processes end, whatever they do. A worker is a
    pool of one that is replaced after `TASKS_A_WORKER` tasks: the standard pool's own
    `max_tasks_per_child` may wait for ever (CPython issue 115634).

    Args:
        work: Importable by name; calls `count_step` as it goes on.
        tasks: Its arguments.
        n_worker: Number of processes.
        on_step: Called a few times a second with the number of steps that all workers have done.

    Raises:
        concurrent.futures.process.BrokenProcessPool: If a worker was killed.
    """
    context = multiprocessing.get_context("spawn")  # Blender survives no fork
    # A place for each worker and no lock, which a killed worker could keep for ever.
    steps = context.RawArray("q", n_worker)
    pools: dict[int, ProcessPoolExecutor] = {}
    taken = dict.fromkeys(range(n_worker), 0)
    running: dict[Future[Result], int] = {}
    left = iter(tasks)
    # What workers and their Blenders leave in here when they are ended goes with it.
    scratch = tempfile.TemporaryDirectory(prefix="radvis-", ignore_cleanup_errors=True)
    inherited = {**dict.fromkeys(THREADS, "1"), "TMPDIR": scratch.name}

    def start(place: int) -> None:
        task = next(left, None)
        if task is None:
            return
        if taken[place] % TASKS_A_WORKER == 0:
            _end(pools.pop(place, None))
            pools[place] = ProcessPoolExecutor(1, context, _start_worker, (steps, place))
        taken[place] += 1
        with _inherited_by_workers(inherited):
            running[pools[place].submit(work, *task)] = place

    try:
        for place in range(n_worker):
            start(place)
        while running:
            finished, _ = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
            if on_step is not None:
                on_step(sum(steps))
            for future in finished:
                place = running.pop(future)
                result = future.result()
                start(place)
                yield result
    finally:
        for pool in pools.values():
            _end(pool)
        scratch.cleanup()


def count_step() -> None:
    """Say from within a worker that it has gone on by one step."""
    if _STEPS is not None:
        steps, place = _STEPS
        steps[place] += 1


_STEPS: tuple[Any, int] | None = None  # of a worker: where it counts


@contextmanager
def _inherited_by_workers(environment: dict[str, str]) -> Iterator[None]:
    """Start processes that have an environment and leave Ctrl-C to their parent."""
    before = {name: os.environ.get(name) for name in environment}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    os.environ.update(environment)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _end(pool: ProcessPoolExecutor | None) -> None:
    """End a worker now; what it was writing is removed at the next start."""
    if pool is not None:
        for process in list((pool._processes or {}).values()):  # 3.14 has kill_workers for this
            process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)


def _start_worker(steps: Any, place: int) -> None:
    """Prepare a worker: Blender's chatter is nobody's business."""
    global _STEPS
    _STEPS = steps, place
    # A parent that imported bpy hands down its search path, in which Blender's scripts hide bpy.
    sys.path[:] = [entry for entry in sys.path if not Path(entry, "bpy", "__init__.py").is_file()]
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.close(silence)
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    """End this worker when its parent is gone, so that no orphan writes beside a later run."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
