"""A convolution in which a table says which maps each filter sees.

Source: LeCun and others, "Backpropagation applied to handwritten zip code recognition", 1989.
"""

import torch
from torch import nn


class TableConv2d(nn.Module):
    """``(N, C, H, W)`` to a map per row of *table*, which names the maps that it is made of.

    There is a window of weights for each connection, and a bias per map, or for each of its *units* (H', W').
    """

    def __init__(self, in_channels, table, kernel_size, stride=1, padding=0, bias=True, units=None):
        super().__init__()
        kernel = (kernel_size, kernel_size) if isinstance(kernel_size, int) else tuple(kernel_size)
        self.stride, self.padding, self.shape = stride, padding, (len(table), in_channels, *kernel)
        places = [row * in_channels + seen for row, maps in enumerate(table) for seen in maps]
        self.register_buffer("places", torch.tensor(places), persistent=False)
        bounds = torch.tensor([(len(maps) * kernel[0] * kernel[1]) ** -0.5 for maps in table])
        own = torch.tensor([row for row, maps in enumerate(table) for _ in maps])
        self.weight = nn.Parameter((torch.rand(len(places), *kernel) * 2 - 1) * bounds[own, None, None])
        size = (len(table), *(units or (1, 1)))
        first = (torch.rand(size) * 2 - 1) * bounds[:, None, None]
        self.bias = nn.Parameter(first if units else first.flatten()) if bias else None

    def forward(self, x):
        rows, maps, *kernel = self.shape
        weight = self.weight.new_zeros(rows * maps, *kernel).index_copy(0, self.places, self.weight).view(self.shape)
        shared = self.bias if self.bias is not None and self.bias.ndim == 1 else None
        x = nn.functional.conv2d(x, weight, shared, self.stride, self.padding)
        return x if self.bias is None or shared is not None else x + self.bias
