"""A convolution that shares no weights.

Source: LeCun, "Generalization and network design strategies", 1989.
"""

import torch
from torch import nn


class LocallyConnected2d(nn.Module):
    """``(N, C, H, W)`` to ``(N, out, H', W')``: each position has windows of weights of its own."""

    def __init__(self, in_channels, out_channels, size, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        both = [(n, n) if isinstance(n, int) else tuple(n) for n in (size, kernel_size, stride, padding)]
        size, self.kernel_size, self.stride, self.padding = both
        self.places = tuple((n + 2 * p - k) // s + 1 for n, k, s, p in zip(*both, strict=True))
        bound = (in_channels * self.kernel_size[0] * self.kernel_size[1]) ** -0.5
        weight = torch.empty(out_channels, in_channels, *self.kernel_size, *self.places)
        self.weight = nn.Parameter(weight.uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(out_channels, *self.places).uniform_(-bound, bound)) if bias else None

    def forward(self, x):
        seen = nn.functional.unfold(x, self.kernel_size, padding=self.padding, stride=self.stride)
        weight = self.weight.flatten(4).flatten(1, 3)  # (out, C·k·k, places)
        x = torch.einsum("nkp,okp->nop", seen, weight).unflatten(2, self.places)
        return x if self.bias is None else x + self.bias
