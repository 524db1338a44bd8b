"""Four neighboring places become one, second version; the same keys and numbers as torchvision's.

Source: Liu and others, "Swin Transformer V2: Scaling Up Capacity and Resolution", 2022.
"""

import torch
from torch import nn


class PatchMergingV2(nn.Module):
    """``(N, H, W, C)`` becomes ``(N, H/2, W/2, 2C)``: mixed, then normalized."""

    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.reduction = nn.Linear(4 * dim, 2 * dim, bias=False)
        self.norm = nn.LayerNorm(2 * dim, eps=eps)

    def forward(self, x):
        x = nn.functional.pad(x, (0, 0, 0, x.shape[2] % 2, 0, x.shape[1] % 2))
        parts = (x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2])
        return self.norm(self.reduction(torch.cat(parts, -1)))
