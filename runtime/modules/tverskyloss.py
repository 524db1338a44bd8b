"""Overlap with a price of its own for each kind of error.

Source: Salehi and others, "Tversky loss function for image segmentation using 3D fully convolutional deep networks",
2017, equation 3.
"""

from torch import nn


class TverskyLoss(nn.Module):
    """Scores ``(N, C, ...)`` and classes ``(N, ...)``; alpha weighs false alarms, beta what was missed."""

    def __init__(self, alpha=0.3, beta=0.7, smooth=1.0, ignore_index=-100):
        super().__init__()
        self.alpha, self.beta, self.smooth, self.ignore_index = alpha, beta, smooth, ignore_index

    def forward(self, input, target):
        counts = target != self.ignore_index
        classes = input.shape[1]  # a single one tells 1 from 0
        right = nn.functional.one_hot(target * counts, max(classes, 2)).movedim(-1, 1)[:, -classes:].to(input.dtype)
        counts = counts.unsqueeze(1)
        p, g = (input.softmax(1) if classes > 1 else input.sigmoid()) * counts, right * counts
        over = [0, *range(2, input.ndim)]
        both, alarms, missed = (p * g).sum(over), (p * (1 - g)).sum(over), ((1 - p) * g).sum(over)
        both = both + self.smooth
        return (1 - both / (both + self.alpha * alarms + self.beta * missed)).mean()
