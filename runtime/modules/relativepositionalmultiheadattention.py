"""Attention in groups of places, with a learned term per relative position; keys and numbers are torchvision's.

Source: Tu and others, "MaxViT: Multi-Axis Vision Transformer", 2022.
"""

import torch
from torch import nn


class RelativePositionalMultiHeadAttention(nn.Module):
    """Every place of a group of ``(N, groups, places, C)`` looks at the others of its group."""

    def __init__(self, feat_dim, head_dim, max_seq_len):
        super().__init__()
        self.heads, self.head_dim, self.places = feat_dim // head_dim, head_dim, max_seq_len
        self.scale = feat_dim**-0.5
        side = round(max_seq_len**0.5)
        self.to_qkv = nn.Linear(feat_dim, 3 * feat_dim)
        self.merge = nn.Linear(feat_dim, feat_dim)
        self.relative_position_bias_table = nn.Parameter(torch.empty((2 * side - 1) ** 2, self.heads))
        places = torch.stack(torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")).flatten(1)
        apart = places[:, :, None] - places[:, None, :] + side - 1  # (2, places, places)
        self.register_buffer("relative_position_index", apart[0] * (2 * side - 1) + apart[1])
        nn.init.trunc_normal_(self.relative_position_bias_table, std=0.02)

    def forward(self, x):
        n, groups, places, c = x.shape
        q, k, v = self.to_qkv(x).chunk(3, dim=-1)
        split = (n, groups, places, self.heads, self.head_dim)
        q, k, v = (part.reshape(split).permute(0, 1, 3, 2, 4) for part in (q, k, v))
        bias = self.relative_position_bias_table[self.relative_position_index.view(-1)]
        bias = bias.view(self.places, self.places, -1).permute(2, 0, 1).contiguous().unsqueeze(0)
        looks = torch.einsum("nghie, nghje -> nghij", q, k * self.scale) + bias
        out = torch.einsum("nghij, nghje -> nghie", looks.softmax(-1), v)
        return self.merge(out.permute(0, 1, 3, 2, 4).reshape(n, groups, places, c))
