"""Normalization over the maps at each position, as ConvNeXt uses it; the same keys as torchvision's."""

import torch
from torch import nn


class LayerNorm2d(nn.Module):
    """Brings the channels of each position of ``(N, C, H, W)`` to mean 0 and variance 1, then scales and shifts."""

    def __init__(self, num_channels, eps=1e-6):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(num_channels))
        self.bias = nn.Parameter(torch.zeros(num_channels))

    def forward(self, x):
        x = x.permute(0, 2, 3, 1)
        x = nn.functional.layer_norm(x, self.weight.shape, self.weight, self.bias, self.eps)
        return x.permute(0, 3, 1, 2)
