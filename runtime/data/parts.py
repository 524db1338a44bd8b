"""Which images are learned from, which choose the best weights, and which judge in the end."""

from __future__ import annotations

import numpy as np

from runtime.data.draws import mixed

SHARES = {"validation": 0.15, "test": 0.15}
SPLIT_SEED = 1
"""Fixed, so that the test part is the same in every run and never leaks into another's training."""


def split(labels: np.ndarray, shares: dict[str, float] = SHARES) -> dict[str, np.ndarray]:
    """Indices of each part, each class divided in the same shares; ``train`` gets what the *shares* leave.

    Every class keeps at least one image to learn from; a class of two images has none in the later parts.
    """
    chosen: dict[str, list[np.ndarray]] = {"train": [], **{name: [] for name in shares}}
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        members = members[np.argsort(mixed(SPLIT_SEED, members), kind="stable")]
        for name, share in shares.items():
            n = min(round(len(labels[labels == label]) * share), len(members) - 1)
            chosen[name].append(members[:n])
            members = members[n:]
        chosen["train"].append(members)
    return {name: np.sort(np.concatenate(found)) for name, found in chosen.items()}
