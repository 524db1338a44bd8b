"""Boxes where they lie after the images were resized.

Source: as torchvision resizes them.
"""

import torch
from torch import nn


class ResizeBoxes(nn.Module):
    """Objects ``(N, K, 5)`` in pixels of the images as they arrived, to objects in pixels of the resized images."""

    def forward(self, boxes, sizes):
        before, after = (torch.tensor(size, dtype=boxes.dtype, device=boxes.device) for size in sizes)
        height, width = (after / before).unbind(1)
        scale = torch.stack((width, height, width, height), 1)[:, None]
        return torch.cat((boxes[..., :4] * scale, boxes[..., 4:]), 2)
