"""How badly probabilities cover the pixels of their class: Dice's measure.

Source: Milletari and others, "V-Net", 2016; the squares of its denominator left out, as most libraries do.
"""

from torch import nn


class DiceLoss(nn.Module):
    """Scores ``(N, C, ...)`` and classes ``(N, ...)`` to the mean over classes of ``1 - 2 p g / (p + g)``."""

    def __init__(self, smooth=1.0, ignore_index=-100):
        super().__init__()
        self.smooth, self.ignore_index = smooth, ignore_index

    def forward(self, input, target):
        counts = target != self.ignore_index
        classes = input.shape[1]  # a single one tells 1 from 0
        right = nn.functional.one_hot(target * counts, max(classes, 2)).movedim(-1, 1)[:, -classes:].to(input.dtype)
        counts = counts.unsqueeze(1)
        p, g = (input.softmax(1) if classes > 1 else input.sigmoid()) * counts, right * counts
        over = [0, *range(2, input.ndim)]
        both, areas = (p * g).sum(over), (p + g).sum(over)
        return (1 - (2 * both + self.smooth) / (areas + self.smooth)).mean()
