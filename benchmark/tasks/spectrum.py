"""Spectra of the features' subspaces: how many dimensions backbones use.

Appendix C, equation 9 and figure 8 of Alloulah and Arnold, "Look, Radiate, and Learn", 2023. Over
the frames of a split each cell's vector of channels has a covariance, and so has each channel's
vector of cells; the singular values of all these covariances are put together and sorted. The paper
names no normalisation, so none is done.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmark.context import Context
from benchmark.job import Job, Measured, make_row
from benchmark.rows import Row
from benchmark.sources import Source
from benchmark.tasks.encoders import backbones, check_encoder, features, seconds_to_learn
from benchmark.tasks.task import Task

BRANCHES = ("radio", "vision")
SPECTRUM, RANK = "singular values", "effective rank"
MOST_BYTES = 2**31  # of features held at once; more are computed again, group by group
NEGLIGIBLE = 1e-12  # of the largest value: less is rounding of features
POINTS = 200  # of a curve that are kept, twice: evenly spaced, and evenly on a logarithmic axis


def check(method: str) -> None:
    """Raise MethodError if a method has no backbones."""
    check_encoder("spectrum", method)


def seconds(job: Job, train: Source, context: Context) -> float:
    """Return about how long a seed trains [s]."""
    return seconds_to_learn(job.method, train, context)


def run(job: Job, train: Source, test: Source, context: Context) -> list[Row]:
    """Return the spectrum and the effective rank of each branch of a method's backbones."""
    network = backbones(job.method, train, context)
    rows = []
    for branch in BRANCHES:

        def encode(branch: str = branch) -> Iterable[Tensor]:
            return features(network, branch, test, context)

        values = spectrum(encode, len(test))
        at = kept(len(values))
        x, y = tuple((at + 1.0).tolist()), tuple(np.log10(values[at]).tolist())
        rank = Measured(effective_rank(values), math.nan, math.nan)
        none = Measured(math.nan, math.nan, math.nan)
        variant = job.variant(branch)
        rows.append(make_row(job, context, test, RANK, rank, "", variant))
        rows.append(make_row(job, context, test, SPECTRUM, none, "log10", variant, x=x, y=y))
        context.say(
            f"{job.method}, seed {context.seed}, {branch}: effective rank {rank.value:.0f} of "
            f"{len(values)} singular values"
        )
    return rows


def spectrum(encode: Callable[[], Iterable[Tensor]], n_frame: int) -> NDArray[np.float64]:
    """Return the singular values (n,) of all cells' and channels' covariances, falling.

    Those that only rounding makes are left out: none are left if all frames are alike.

    Args:
        encode: Yields features (b, channels, rows, columns) of a split's frames, each time anew.
        n_frame: Frames of the split.
    """
    first = next(iter(encode()))
    n_channel, n_cell = first.shape[1], first[0, 0].numel()
    found = []
    for axis, count, width in ((1, n_channel, n_cell), (2, n_cell, n_channel)):
        size = max(1, MOST_BYTES // (first.element_size() * n_frame * width))
        for begin in range(0, count, size):
            length = min(size, count - begin)
            held = [batch.flatten(2).narrow(axis, begin, length).float() for batch in encode()]
            for vectors in torch.cat(held).unbind(axis):
                found.append(covariance_values(vectors))
    values = np.sort(np.concatenate(found))[::-1]
    return np.asarray(values[values > max(values[0] * NEGLIGIBLE, 0.0)])


def covariance_values(vectors: Tensor) -> NDArray[np.float64]:
    """Return the singular values of the covariance of vectors (n, d): equation 9.

    The smaller of covariance (d, d) and Gram matrix (n, n) is taken: both have the same ones.
    """
    centred = vectors.double() - vectors.double().mean(0)
    n, d = centred.shape
    product = centred.T @ centred if d <= n else centred @ centred.T
    return np.asarray(torch.linalg.eigvalsh(product / n).cpu().numpy())


def effective_rank(values: NDArray[np.float64]) -> float:
    """Return the exponential of the entropy of singular values (n,) that are scaled to sum 1.

    They are larger than 0; of none of them it is 0.

    Roy and Vetterli, "The effective rank: A measure of effective dimensionality", EUSIPCO 2007.
    """
    if not len(values):
        return 0.0
    share = values / values.sum()
    return float(np.exp(-(share * np.log(share)).sum()))


def kept(count: int) -> NDArray[np.int64]:
    """Return which of `count` sorted values a curve keeps: the first and the last among them."""
    if not count:
        return np.zeros(0, np.int64)
    even = np.linspace(0, count - 1, POINTS)
    early = np.geomspace(1, count, POINTS) - 1
    return np.asarray(np.unique(np.rint(np.concatenate([even, early]))), np.int64)


TASK = Task(check, seconds, run)
