"""The handwritten digits that scikit-learn ships: real, small, and there without a network."""

from __future__ import annotations

import gzip
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

CLASSES = tuple("0123456789")
SIZE = (28, 28)


def digits() -> tuple[Tensor, np.ndarray]:
    """1,797 images ``(N, 1, 28, 28)`` as bytes, enlarged bilinearly from 8 × 8 values of 0 to 16, and their classes.

    Source: E. Alpaydin and C. Kaynak, "Optical recognition of handwritten digits", UCI, 1998 (its test half).
    """
    pixels, labels = _table()
    small = torch.from_numpy(pixels.reshape(-1, 1, 8, 8).astype(np.float32) * (255.0 / 16.0))
    large = F.interpolate(small, SIZE, mode="bilinear", align_corners=False)
    return large.round_().clamp_(0, 255).to(torch.uint8), labels


def _table() -> tuple[np.ndarray, np.ndarray]:
    """The table itself: reading its file takes .05 s, importing scikit-learn for it a second and more."""
    spec = find_spec("sklearn")
    file = Path(spec.origin).parent / "datasets" / "data" / "digits.csv.gz" if spec and spec.origin else None
    if file is not None and file.is_file():
        with gzip.open(file, "rt") as f:
            table = np.loadtxt(f, delimiter=",", dtype=np.int64)
        return table[:, :64], table[:, 64]
    from sklearn.datasets import load_digits

    found = load_digits()
    return found.data.astype(np.int64), found.target.astype(np.int64)
