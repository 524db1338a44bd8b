"""Chance without a generator: numbers that depend only on what they are for.

A draw is an integer hash of (seed, epoch, sample, draw), so that it does not matter in which batch, in which process
or after which interruption a sample is seen.
"""

from __future__ import annotations

import numpy as np

_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_30, _27, _31 = np.uint64(30), np.uint64(27), np.uint64(31)
_STEP = np.uint64(0x9E3779B97F4A7C15)


def mixed(*numbers: int | np.ndarray) -> np.ndarray:
    """A 64-bit hash of whole numbers or arrays of them, arrays element by element.

    Source: the finalizer of SplitMix64 (Steele, Lea and Flood, 2014), applied once per number.
    """
    state = np.zeros((), np.uint64)
    with np.errstate(over="ignore"):  # wrapping around is the point
        for number in numbers:
            state = (state ^ np.asarray(number).astype(np.uint64)) + _STEP
            state = (state ^ (state >> _30)) * _MIX[0]
            state = (state ^ (state >> _27)) * _MIX[1]
            state = state ^ (state >> _31)
    return state


def uniform(seed: int, epoch: int, samples: np.ndarray, draws: int) -> np.ndarray:
    """Numbers in [0, 1), ``(draws, n)``: as many *draws* for each of the n *samples* (their indices in the part)."""
    hashed = mixed(seed, epoch, samples[None, :], np.arange(draws)[:, None])
    return (hashed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def order(seed: int, epoch: int, n: int) -> np.ndarray:
    """The indices 0 … n − 1 in the order in which *epoch* sees them."""
    return np.argsort(mixed(seed, epoch, 0x5EED, np.arange(n)), kind="stable")
