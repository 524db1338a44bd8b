"""A moving average of the weights, which forgets slowly: what is tested and kept instead of the last ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn


class Average:
    """The average of every number that *net* keeps; whole numbers, such as counts of batches, are as they are last.

    ``a ← d · a + (1 − d) · w`` after each correction, with ``d = min(decay, (1 + t) / (10 + t))`` after t of them, so
    that the first weights, which are chance, are forgotten quickly.

    Source: Polyak and Juditsky, 1992; the d of the beginning as in TensorFlow's ``ExponentialMovingAverage``.
    """

    def __init__(self, net: nn.Module, decay: float) -> None:
        self.net, self.decay = net, decay
        self.updates = 0
        own = [tensor.detach() for tensor in chain(net.parameters(), net.buffers())]
        self._live = [tensor for tensor in own if tensor.is_floating_point()]
        self._counts = [tensor for tensor in own if not tensor.is_floating_point()]
        self._kept = [tensor.clone() for tensor in self._live]
        self._kept_counts = [tensor.clone() for tensor in self._counts]

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights as they are after a correction."""
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        self.updates += 1
        torch._foreach_lerp_(self._kept, self._live, 1.0 - decay)
        for kept, live in zip(self._kept_counts, self._counts, strict=True):
            kept.copy_(live)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Let the network have the average; afterwards its own weights again, to the last bit."""
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    @torch.no_grad()
    def _exchange(self) -> None:
        for kept, live in zip(self._kept + self._kept_counts, self._live + self._counts, strict=True):
            mine = live.clone()
            live.copy_(kept)
            kept.copy_(mine)

    def state_dict(self) -> dict[str, Tensor]:
        """The average by key, as the network's own weights are kept."""
        with self.in_use():
            return {key: tensor.clone() for key, tensor in self.net.state_dict().items()}

    def load(self, saved: dict[str, Any], updates: int) -> None:
        """Go on from an average that was kept; the weights of the network are set by whoever calls."""
        self.net.load_state_dict(saved)
        for kept, live in zip(self._kept + self._kept_counts, self._live + self._counts, strict=True):
            kept.copy_(live)
        self.updates = updates


def kept(net: nn.Module, average: Average | None) -> dict[str, Any]:
    """What a checkpoint keeps: the weights to use (``model``); where they are an average, beside it what learns on."""
    if average is None:
        return {"model": net.state_dict()}
    return {"model": average.state_dict(), "learning": net.state_dict(), "averaged": average.updates}


def restore(net: nn.Module, average: Average | None, saved: Mapping[str, Any]) -> None:
    """Have *net* and its average stand as a checkpoint kept them."""
    if average is not None:
        average.load(saved["model"], saved["averaged"])
    net.load_state_dict(saved.get("learning", saved["model"]))
