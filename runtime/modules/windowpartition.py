"""Maps cut into windows, as MaxViT cuts them."""

from torch import nn


class WindowPartition(nn.Module):
    """``(N, C, H, W)`` becomes ``(N, windows, places, C)``."""

    def __init__(self, size):
        super().__init__()
        self.size = size

    def forward(self, x):
        (n, c, h, w), p = x.shape, self.size
        return x.reshape(n, c, h // p, p, w // p, p).permute(0, 2, 4, 3, 5, 1).reshape(n, -1, p * p, c)
