"""Which processes run, read from /proc: a minimal system has neither ps nor pgrep."""

from pathlib import Path


def _running():
    """Yield process, parent and group of every process that is not dead."""
    for place in Path("/proc").glob("[0-9]*"):
        try:
            text = (place / "stat").read_text()
        except (FileNotFoundError, ProcessLookupError):  # it has just ended
            continue
        state, parent, group = text.rpartition(")")[2].split()[:3]
        if state not in "ZX":
            yield int(place.name), int(parent), int(group)


def in_group(group):
    """Return the processes of a process group."""
    return [process for process, _, its in _running() if its == group]


def workers_of(parent):
    """Return the worker processes that a process has spawned."""
    children = [process for process, its, _ in _running() if its == parent]
    return [child for child in children if "spawn_main" in _command(child)]


def _command(process):
    return Path(f"/proc/{process}/cmdline").read_text()
