"""Regions cut out of the map of a pyramid that suits their size.

Source: Lin and others, "Feature pyramid networks for object detection", 2017, equation 1; as in torchvision.
"""

import torch
from torch import nn


class MultiScaleRoIAlign(nn.Module):
    """Maps ``(N, C, H, W)`` of several strides, and a list of regions ``(R, 4)``, to ``(R, C, h, w)``."""

    def __init__(
        self,
        output_size=(7, 7),
        strides=(4.0, 8.0, 16.0, 32.0),
        sampling_ratio=2,
        canonical_size=224,
        canonical_level=4,
    ):
        super().__init__()
        self.output_size = (output_size, output_size) if isinstance(output_size, int) else output_size
        self.strides, self.sampling_ratio = strides, sampling_ratio
        self.canonical_size, self.canonical_level = canonical_size, canonical_level

    def forward(self, features, regions):
        from torchvision.ops import roi_align

        image = torch.cat([torch.full_like(boxes[:, :1], i) for i, boxes in enumerate(regions)])
        rois = torch.cat((image, torch.cat(list(regions))), 1)  # (R, 5)
        if len(features) == 1:
            return roi_align(features[0], rois, self.output_size, 1 / self.strides[0], self.sampling_ratio)
        level = self.level(rois)
        found = features[0].new_zeros(len(rois), features[0].shape[1], *self.output_size)
        for i, (maps, stride) in enumerate(zip(features, self.strides, strict=True)):
            mine = torch.where(level == i)[0]
            cut = roi_align(maps, rois[mine], self.output_size, 1 / stride, self.sampling_ratio)
            found[mine] = cut.to(found.dtype)
        return found

    def level(self, rois):
        """Which map each region is cut out of."""
        side = ((rois[:, 3] - rois[:, 1]) * (rois[:, 4] - rois[:, 2])).sqrt()
        level = torch.floor(self.canonical_level + torch.log2(side / self.canonical_size) + 1e-6)
        first = torch.tensor(self.strides[0]).log2().round()
        return (level - first.item()).clamp(0, len(self.strides) - 1).long()
