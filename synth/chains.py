"""Chains: the mirrors that rays meet one after the other, each chain once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

MOST_MIRRORS = 4  # reflections of a specular path


@dataclass(frozen=True)
class Chains:
    """Candidates of specular paths.

    Attributes:
        mirror: (n_chain, MOST_MIRRORS) int32, mirrors in the order they are met, -1 after the last.
        area: (n_chain,) [m^2] what the chain's beam measures across where it meets the last
            mirror: the sum over its tubes.
    """

    mirror: NDArray[np.int32]
    area: NDArray[np.float64]


def no_chains() -> Chains:
    """Return the record of no chain."""
    return Chains(np.zeros((0, MOST_MIRRORS), np.int32), np.zeros(0))


def single_chains(mirror: NDArray[np.int64]) -> Chains:
    """Return the chains of each of these mirrors (n,) alone, which no ray needs to have met."""
    chain = np.full((len(mirror), MOST_MIRRORS), -1, np.int32)
    chain[:, 0] = mirror
    return Chains(chain, np.zeros(len(mirror)))


def unique_chains(mirror: NDArray[np.int32], area: NDArray[np.float64]) -> Chains:
    """Return each chain of rows (n, MOST_MIRRORS) once, with the sum of its areas (n,)."""
    return Chains(*_unique(mirror, area))


def join_chains(parts: list[Chains]) -> Chains:
    """Return the chains of all `parts` (at least one), each once."""
    return unique_chains(
        np.concatenate([part.mirror for part in parts]),
        np.concatenate([part.area for part in parts]),
    )


@njit(cache=True)
def _unique(rows, weight):  # type: ignore[no-untyped-def]
    """Find equal rows with a hash table of open addresses, in order of first appearance."""
    size = 16
    while size < 2 * len(rows):
        size *= 2
    table = np.full(size, -1, np.int32)
    first = np.empty(len(rows), np.int32)
    total = np.empty(len(rows))
    count = 0
    for i in range(len(rows)):
        mixed = np.uint64(0)
        for k in range(rows.shape[1]):
            # SplitMix64's increment and a shift spread neighbouring numbers.
            mixed = (mixed ^ np.uint64(rows[i, k] + 1)) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
        slot = np.int64(mixed & np.uint64(size - 1))
        while True:
            entry = table[slot]
            if entry < 0:
                table[slot] = count
                first[count], total[count] = i, weight[i]
                count += 1
                break
            same = True
            for k in range(rows.shape[1]):
                same = same and rows[first[entry], k] == rows[i, k]
            if same:
                total[entry] += weight[i]
                break
            slot = (slot + 1) & (size - 1)
    return rows[first[:count]].copy(), total[:count].copy()
