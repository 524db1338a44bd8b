"""Boxes of several sizes and shapes at every position of some maps, as torchvision makes them.

Source: Ren and others, "Faster R-CNN", 2015, section 3.1.1.
"""

from torch import nn


class AnchorGenerator(nn.Module):
    """Maps ``(N, C, H, W)`` and the images they were made of to a list of ``(A, 4)``, equal for each image.

    *sizes* are those of each map; A counts the maps one after the other, in each row by row, and the shapes last.
    """

    def __init__(self, sizes=((128.0, 256.0, 512.0),), ratios=(0.5, 1.0, 2.0)):
        super().__init__()
        from torchvision.models.detection.anchor_utils import AnchorGenerator

        self.made = AnchorGenerator(sizes, (ratios,) * len(sizes))

    def forward(self, features, images):
        from torchvision.models.detection.image_list import ImageList

        return self.made(ImageList(images, [tuple(image.shape[-2:]) for image in images]), list(features))
