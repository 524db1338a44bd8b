"""Whole branches left out at random while training; draws as torchvision's does.

Source: Huang and others, "Deep Networks with Stochastic Depth", 2016.
"""

import torch
from torch import nn


class StochasticDepth(nn.Module):
    """Leaves out the branch for a share *p* of the images, and makes the others as much stronger."""

    def __init__(self, p, mode="row"):
        super().__init__()
        self.p, self.mode = p, mode

    def forward(self, x):
        if not self.training or self.p == 0:
            return x
        images = x.shape[0] if self.mode == "row" else 1
        kept = torch.empty((images, *(1,) * (x.ndim - 1)), dtype=x.dtype, device=x.device).bernoulli_(1.0 - self.p)
        return x * (kept.div_(1.0 - self.p) if self.p < 1 else kept)
