"""Vectors in kernels: tuples of three numbers, which the compiler keeps in registers."""

from __future__ import annotations

from numba import njit

# What kernels may reorder: sums and products, never what decides whether a number is finite.
FAST = {"reassoc", "contract", "arcp", "nsz"}


@njit(cache=True)
def load(array, row):  # type: ignore[no-untyped-def]
    """Return row `row` of an array (n, 3)."""
    return array[row, 0], array[row, 1], array[row, 2]


@njit(cache=True)
def store(array, row, vector):  # type: ignore[no-untyped-def]
    """Write a vector to row `row` of an array (n, 3)."""
    array[row, 0], array[row, 1], array[row, 2] = vector[0], vector[1], vector[2]


@njit(cache=True)
def dot(a, b):  # type: ignore[no-untyped-def]
    """Return a . b, without conjugation."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@njit(cache=True)
def cross(a, b):  # type: ignore[no-untyped-def]
    """Return a x b."""
    return (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )


@njit(cache=True)
def times(factor, a):  # type: ignore[no-untyped-def]
    """Return factor a."""
    return factor * a[0], factor * a[1], factor * a[2]


@njit(cache=True)
def moved(a, factor, b):  # type: ignore[no-untyped-def]
    """Return a + factor b."""
    return a[0] + factor * b[0], a[1] + factor * b[1], a[2] + factor * b[2]


@njit(cache=True)
def into(frame, a):  # type: ignore[no-untyped-def]
    """Return the coordinates of `a` along the columns of a frame (3, 3)."""
    return (
        a[0] * frame[0, 0] + a[1] * frame[1, 0] + a[2] * frame[2, 0],
        a[0] * frame[0, 1] + a[1] * frame[1, 1] + a[2] * frame[2, 1],
        a[0] * frame[0, 2] + a[1] * frame[1, 2] + a[2] * frame[2, 2],
    )


@njit(cache=True)
def out_of(frame, a):  # type: ignore[no-untyped-def]
    """Return the vector whose coordinates along the columns of a frame (3, 3) are `a`."""
    return (
        frame[0, 0] * a[0] + frame[0, 1] * a[1] + frame[0, 2] * a[2],
        frame[1, 0] * a[0] + frame[1, 1] * a[1] + frame[1, 2] * a[2],
        frame[2, 0] * a[0] + frame[2, 1] * a[1] + frame[2, 2] * a[2],
    )


@njit(cache=True)
def power(field):  # type: ignore[no-untyped-def]
    """Return |field|^2 of a complex vector."""
    total = 0.0
    for part in field:
        total += part.real * part.real + part.imag * part.imag
    return total
