"""Attention in shifted windows, as Swin transformers use it; the same keys and numbers as torchvision's.

Source: Liu and others, "Swin Transformer: Hierarchical Vision Transformer using Shifted Windows", 2021.
"""

import torch
from torch import nn


class ShiftedWindowAttention(nn.Module):
    """Each place of ``(N, H, W, C)`` looks at its window; windows are shifted, and the map is rolled to make it so."""

    def __init__(
        self,
        dim,
        window_size,
        shift_size,
        num_heads,
        qkv_bias=True,
        proj_bias=True,
        attention_dropout=0.0,
        dropout=0.0,
    ):
        super().__init__()
        pair = (window_size, window_size) if isinstance(window_size, int) else tuple(window_size)
        shift = (shift_size, shift_size) if isinstance(shift_size, int) else tuple(shift_size)
        self.window_size, self.shift_size, self.num_heads = pair, shift, num_heads
        self.attention_dropout, self.dropout = attention_dropout, dropout
        self.qkv = nn.Linear(dim, 3 * dim, bias=qkv_bias)
        self.proj = nn.Linear(dim, dim, bias=proj_bias)
        entries = (2 * pair[0] - 1) * (2 * pair[1] - 1)
        self.relative_position_bias_table = nn.Parameter(torch.zeros(entries, num_heads))
        nn.init.trunc_normal_(self.relative_position_bias_table, std=0.02)
        places = torch.stack(torch.meshgrid(torch.arange(pair[0]), torch.arange(pair[1]), indexing="ij")).flatten(1)
        apart = places[:, :, None] - places[:, None, :]  # (2, places, places)
        index = (apart[0] + pair[0] - 1) * (2 * pair[1] - 1) + apart[1] + pair[1] - 1
        self.register_buffer("relative_position_index", index.flatten())

    def bias(self):
        """What is added for each relative position: ``(1, heads, places, places)``."""
        area = self.window_size[0] * self.window_size[1]
        found = self.relative_position_bias_table[self.relative_position_index]
        return found.view(area, area, -1).permute(2, 0, 1).contiguous().unsqueeze(0)

    def mask(self, x, shift):
        """Forbids what the roll brought together from opposite borders to look at each other."""
        (h, w), (wh, ww) = x.shape[1:3], self.window_size
        regions = x.new_zeros((h, w))
        count = 0
        for top, bottom in ((0, -wh), (-wh, -shift[0]), (-shift[0], None)):
            for left, right in ((0, -ww), (-ww, -shift[1]), (-shift[1], None)):
                regions[top:bottom, left:right] = count
                count += 1
        regions = regions.view(h // wh, wh, w // ww, ww).permute(0, 2, 1, 3).reshape(-1, wh * ww)
        apart = regions.unsqueeze(1) - regions.unsqueeze(2)
        return apart.masked_fill(apart != 0, -100.0).masked_fill(apart == 0, 0.0)

    def forward(self, x):
        bias = self.bias()
        n, height, width, c = x.shape
        (wh, ww), heads = self.window_size, self.num_heads
        x = nn.functional.pad(x, (0, 0, 0, -width % ww, 0, -height % wh))
        h, w = x.shape[1:3]
        shift = (0 if wh >= h else self.shift_size[0], 0 if ww >= w else self.shift_size[1])
        mask = self.mask(x, shift) if sum(shift) else None
        if mask is not None:
            x = torch.roll(x, (-shift[0], -shift[1]), (1, 2))
        x = x.view(n, h // wh, wh, w // ww, ww, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, wh * ww, c)
        q, k, v = self.qkv(x).reshape(x.shape[0], wh * ww, 3, heads, c // heads).permute(2, 0, 3, 1, 4)
        looks = (q * (c // heads) ** -0.5).matmul(k.transpose(-2, -1)) + bias  # (windows, heads, places, places)
        if mask is not None:
            looks = looks.view(n, -1, heads, wh * ww, wh * ww) + mask.unsqueeze(1).unsqueeze(0)
            looks = looks.view(-1, heads, wh * ww, wh * ww)
        looks = nn.functional.dropout(looks.softmax(-1), self.attention_dropout, self.training)
        x = self.proj(looks.matmul(v).transpose(1, 2).reshape(-1, wh * ww, c))
        x = nn.functional.dropout(x, self.dropout, self.training)
        x = x.view(n, h // wh, w // ww, wh, ww, c).permute(0, 1, 3, 2, 4, 5).reshape(n, h, w, c)
        if mask is not None:
            x = torch.roll(x, shift, (1, 2))
        return x[:, :height, :width, :].contiguous()
