"""A convolution that says the same everywhere until it has learned.

Source: Long, Shelhamer and Darrell, "Fully convolutional networks for semantic segmentation", 2015, section 4.3.
"""

from torch import nn


class ZeroConv2d(nn.Conv2d):
    """Convolves ``(N, C, H, W)``; weights and biases begin at zero."""

    def __init__(self, in_channels, out_channels, kernel_size=3, bias=True):
        super().__init__(in_channels, out_channels, kernel_size, bias=bias)

    def reset_parameters(self):
        nn.init.zeros_(self.weight)
        if self.bias is not None:
            nn.init.zeros_(self.bias)
