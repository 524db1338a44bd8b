"""The ``.safetensors`` of a network: its weights, and as metadata its description, its source and its card.

The format holds tensors and texts, nothing that runs.  ``format`` is ``pt``, as others that read such files expect.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from graph.network import Network
from runtime.export import About
from runtime.export.pt import texts


def write(network: Network, weights: Mapping[str, Tensor], file: Path, about: About, card: str = "") -> None:
    """Write weights and texts."""
    plain = {key: tensor.detach().cpu().contiguous().clone() for key, tensor in weights.items()}
    save_file(plain, file, {"format": "pt", **texts(network, about, card)})
