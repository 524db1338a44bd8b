"""The convex extension of the Jaccard index.

Source: Berman and others, "The Lovasz-Softmax loss", 2018, algorithm 1 and equation 11.
"""

import torch
from torch import nn


class LovaszLoss(nn.Module):
    """Scores ``(N, C, ...)`` and classes ``(N, ...)`` to the mean over the classes that are there."""

    def __init__(self, ignore_index=-100):
        super().__init__()
        self.ignore_index = ignore_index

    def forward(self, input, target):
        counts = target != self.ignore_index
        p = input.softmax(1).movedim(1, -1)[counts]
        right = target[counts]
        losses = []
        for c in right.unique():
            g = (right == c).to(p.dtype)
            errors, order = (g - p[:, c]).abs().sort(descending=True)
            g = g[order]
            union = g.sum() + (1 - g).cumsum(0)
            jaccard = 1 - (g.sum() - g.cumsum(0)) / union
            grown = torch.cat((jaccard[:1], jaccard[1:] - jaccard[:-1]))
            losses.append(errors @ grown)
        return torch.stack(losses).mean() if losses else input.sum() * 0
