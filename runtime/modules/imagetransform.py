"""Images of any sizes as one batch.

Source: Ren and others, "Faster R-CNN", 2015; scale and rounding as in torchvision.
"""

import torch
from torch import nn


class ImageTransform(nn.Module):
    """Images ``(N, C, H, W)``, or a list of ``(C, H, W)``, to one batch ``(N, C, H', W')`` and their sizes.

    Of each image the sizes are told (height, width), before, and after without what is added around it.
    """

    def __init__(self, min_size=(800,), max_size=1333, mean=(0.0,), std=(1.0,), divisor=32):
        super().__init__()
        self.min_size, self.max_size, self.mean, self.std, self.divisor = min_size, max_size, mean, std, divisor

    def forward(self, images):
        before = [tuple(image.shape[-2:]) for image in images]
        sides = [self.side() for _ in before]
        if isinstance(images, torch.Tensor) and len(set(sides)) == 1:
            scaled = self.scaled(images, sides[0])
        else:
            scaled = [self.scaled(image[None], side)[0] for image, side in zip(images, sides, strict=True)]
        after = [tuple(image.shape[-2:]) for image in scaled]
        height, width = (-(-max(size[i] for size in after) // self.divisor) * self.divisor for i in (0, 1))
        if isinstance(scaled, torch.Tensor) and (height, width) == after[0]:
            return scaled, (before, after)
        batch = scaled[0].new_zeros(len(scaled), scaled[0].shape[0], height, width)
        for place, image, (h, w) in zip(batch, scaled, after, strict=True):
            place[:, :h, :w].copy_(image)
        return batch, (before, after)

    def side(self):
        """What the shorter side of an image becomes; while it learns drawn, as torchvision does it, among one too."""
        if not self.training:
            return self.min_size[-1]
        return self.min_size[int(torch.empty(1).uniform_(0.0, float(len(self.min_size))).item())]

    def scaled(self, images, side):
        """Normalized, and as large as they shall be, ``(N, C, H, W)``."""
        if any(self.mean) or any(s != 1 for s in self.std):
            mean, std = (images.new_tensor(numbers)[:, None, None] for numbers in (self.mean, self.std))
            images = (images - mean) / std
        size = images.shape[-2:]
        scale = min(side / min(size), self.max_size / max(size))
        if scale == 1:
            return images
        blend = {"mode": "bilinear", "align_corners": False, "recompute_scale_factor": True}
        return nn.functional.interpolate(images, scale_factor=scale, **blend)
