"""The record of a search: Optuna's study in a file of JSON lines, which a kill may cut short.

Trials are stopped when their best error so far is worse than the median of the others' at that
epoch. Successive halving would need more trials than usual ones here for its rungs to mean
anything, and stops slow starters, of which a space with a rate of 0.0001 and sigmoids has many.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.study import StudyDirection
from optuna.trial import TrialState

from benchmark.search.space import Settings, checked
from benchmark.training import difference
from synth.shards import replace_file

UNPRUNED = 5  # whole trials before any is stopped
WARM_UP = 0.25  # share of the epochs before a trial may be stopped
MOST_BYTES = 64 * 2**20  # of a study: some ten thousand trials
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
DAMAGE = (AssertionError, AttributeError, IndexError, KeyError, RecursionError, TypeError,
          ValueError)  # fmt: skip


class SearchError(ValueError):
    """A search cannot begin or go on, in a line."""


def open_study(path: Path, identity: dict[str, Any], epochs: int) -> optuna.Study:
    """Return the study of a file, begun or gone on with; the file's folder must be locked.

    The file is a journal: lines of JSON, of which Optuna runs nothing. (Its journals in Redis also
    hold pickles; this storage has no such snapshots.) Trials that a kill cut short are closed.

    Raises:
        SearchError: If the file is damaged or of another search.
    """
    damaged = SearchError(f"{path} is no study of radvis, or damaged: remove it and search anew")
    if path.exists():
        if path.stat().st_size > MOST_BYTES:
            raise damaged
        held = path.read_bytes()
        whole = held[: held.rfind(b"\n") + 1]
        if len(whole) < len(held):  # a search was killed as it wrote
            replace_file(path, whole)
    path.with_name(f"{path.name}.lock").unlink(missing_ok=True)  # such a search's: nobody runs now
    warm_up = math.ceil(WARM_UP * epochs)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        backend = JournalFileBackend(str(path), lock_obj=JournalFileOpenLock(str(path)))
        study = optuna.create_study(
            storage=JournalStorage(backend),
            study_name="localiser",
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(UNPRUNED, warm_up),
        )
        if "identity" not in study.user_attrs and not study.trials:
            study.set_user_attr("identity", identity)
        theirs = study.user_attrs["identity"]
        if not isinstance(theirs, dict) or study.direction != StudyDirection.MINIMIZE:
            raise damaged
        for trial in study.get_trials(states=(TrialState.RUNNING,)):
            study.tell(trial.number, state=TrialState.FAIL)
        for trial in study.get_trials(states=FINISHED):
            checked(trial.params, str(path))
            if trial.state == TrialState.COMPLETE and not math.isfinite(trial.values[0]):
                raise damaged
    except DAMAGE:
        raise damaged from None
    other = difference({**theirs, "data": None}, {**identity, "data": None})
    advice = "choose another --out, or remove it"
    if other is not None:
        other = " ".join(other.split())
        raise SearchError(f"{path} is of another search ({other:.200}): {advice}")
    if theirs.get("data") != identity["data"]:
        raise SearchError(f"{path} is of other data: {advice}")
    return study


def best_settings(study: optuna.Study) -> tuple[Settings, float] | None:
    """Return the best trial's settings and its error [m]; None if no trial ran to its end."""
    whole = study.get_trials(states=(TrialState.COMPLETE,))
    if not whole:
        return None
    best = min(whole, key=lambda trial: (trial.values[0], trial.number))
    return checked(best.params, "search"), best.values[0]
