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
        # an exported graph takes any number of images, of one size, and nobody asks it for their sizes
        each = [images[0]] if torch.compiler.is_exporting() else images
        before = [tuple(image.shape[-2:]) for image in each]
        sides = [self.side() for _ in before]
        if isinstance(images, torch.Tensor) and len(set(sides)) == 1:
            scaled = self.scaled(images, sides[0])
            after = [tuple(scaled.shape[-2:])] * len(before)
            return self.padded(scaled, self.wanted(after)), (before, after)
        scaled = [self.scaled(image[None], side) for image, side in zip(images, sides, strict=True)]
        after = [tuple(image.shape[-2:]) for image in scaled]
        return torch.cat([self.padded(image, self.wanted(after)) for image in scaled]), (before, after)

    def wanted(self, sizes):
        """Height and width that hold all of these, as multiples of the divisor."""
        return [-(-max(size[i] for size in sizes) // self.divisor) * self.divisor for i in (0, 1)]

    def padded(self, images, size):
        """With zeros on the right and below."""
        height, width = (n - m for n, m in zip(size, images.shape[-2:], strict=True))
        return nn.functional.pad(images, (0, width, 0, height)) if height or width else images

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
