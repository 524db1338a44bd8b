"""Windows put together to maps, as MaxViT does."""

from torch import nn


class WindowDepartition(nn.Module):
    """``(N, windows, places, C)`` becomes ``(N, C, H, W)``; *windows* lie below and beside each other."""

    def __init__(self, size, windows):
        super().__init__()
        self.size = size
        self.windows = (windows, windows) if isinstance(windows, int) else tuple(windows)

    def forward(self, x):
        (n, _, _, c), p, (h, w) = x.shape, self.size, self.windows
        return x.reshape(n, h, w, p, p, c).permute(0, 5, 1, 3, 2, 4).reshape(n, c, h * p, w * p)
