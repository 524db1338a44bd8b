"""The convex extension of the Jaccard index.

Source: Berman and others, "The Lovasz-Softmax loss", 2018, algorithm 1 and equation 11.
"""

import torch
from torch import nn


class LovaszLoss(nn.Module):
    """Scores ``(N, C, ...)`` and classes ``(N, ...)`` to the mean over the classes that are there.

    A single map of scores tells 1 from 0: its errors are those of the hinge.
    """

    def __init__(self, ignore_index=-100):
        super().__init__()
        self.ignore_index = ignore_index

    def forward(self, input, target):
        counts = target != self.ignore_index
        right = target[counts]
        if input.shape[1] == 1:
            g = right.to(input.dtype)
            return self.extended(nn.functional.relu(1 - input.squeeze(1)[counts] * (2 * g - 1)), g)
        p = input.softmax(1).movedim(1, -1)[counts]
        losses = []
        for c in right.unique():
            g = (right == c).to(p.dtype)
            losses.append(self.extended((g - p[:, c]).abs(), g))
        return torch.stack(losses).mean() if losses else input.sum() * 0

    def extended(self, errors, g):
        errors, order = errors.sort(descending=True)
        g = g[order]
        union = g.sum() + (1 - g).cumsum(0)
        jaccard = 1 - (g.sum() - g.cumsum(0)) / union
        return errors @ torch.cat((jaccard[:1], jaccard[1:] - jaccard[:-1]))
