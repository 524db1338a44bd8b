"""The middle of maps."""

from torch import nn


class CenterCrop(nn.Module):
    """Cuts the middle out of ``(N, C, H, W)``: to *size*, or to that of another input."""

    def __init__(self, size=(32, 32)):
        super().__init__()
        self.size = (size, size) if isinstance(size, int) else tuple(size)

    def forward(self, x, like=None):
        height, width = self.size if like is None else like.shape[-2:]
        top, left = (x.shape[-2] - height) // 2, (x.shape[-1] - width) // 2
        return x[..., top : top + height, left : left + width]
