"""A convolution along a signal that shares no weights.

Source: LeCun, "Generalization and network design strategies", 1989.
"""

import torch
from torch import nn


class LocallyConnected1d(nn.Module):
    """``(N, C, L)`` to ``(N, out, L')``: each position has windows of weights of its own."""

    def __init__(self, in_channels, out_channels, size, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        each = [n if isinstance(n, int) else n[0] for n in (size, kernel_size, stride, padding)]
        size, self.kernel_size, self.stride, self.padding = each
        places = (size + 2 * self.padding - self.kernel_size) // self.stride + 1
        bound = (in_channels * self.kernel_size) ** -0.5
        weight = torch.empty(out_channels, in_channels, self.kernel_size, places)
        self.weight = nn.Parameter(weight.uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(out_channels, places).uniform_(-bound, bound)) if bias else None

    def forward(self, x):
        x = nn.functional.pad(x, (self.padding, self.padding))
        seen = x.unfold(2, self.kernel_size, self.stride)  # (N, C, places, k)
        x = torch.einsum("ncpk,ockp->nop", seen, self.weight)
        return x if self.bias is None else x + self.bias
