"""The cross entropy of a yes or no for each score, which takes class indices too."""

from torch import nn


class BCEWithLogitsLoss(nn.BCEWithLogitsLoss):
    """Scores ``(N, C, ...)`` and as many numbers from 0 to 1, or classes ``(N, ...)``; one score tells 1 from 0."""

    def forward(self, input, target):
        if not target.is_floating_point():
            classes = input.shape[1]
            target = nn.functional.one_hot(target, max(classes, 2)).movedim(-1, 1)[:, -classes:].to(input.dtype)
        return super().forward(input, target)
