"""A transposed convolution that begins as bilinear interpolation, stored whole as Caffe does.

Source: Long, Shelhamer and Darrell, "Fully convolutional networks for semantic segmentation", 2015.
"""

from torch import nn


class BilinearConvTranspose2d(nn.ConvTranspose2d):
    """Blends each map of ``(N, C, H, W)`` with itself, larger; its windows between different maps are zero."""

    def __init__(self, in_channels, out_channels, kernel_size=4, stride=2, padding=0):
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, bias=False)

    def reset_parameters(self):
        weight = self.weight.data.zero_()
        sides = []
        for size in weight.shape[2:]:
            factor = (size + 1) // 2
            middle = factor - 1 if size % 2 else factor - 0.5
            sides.append([1 - abs(i - middle) / factor for i in range(size)])
        window = weight.new_tensor([[a * b for b in sides[1]] for a in sides[0]])
        for channel in range(min(weight.shape[:2])):
            weight[channel, channel] = window
