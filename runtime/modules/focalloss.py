"""Cross entropy that makes little of what is right already.

Source: Lin and others, "Focal Loss for Dense Object Detection", 2017, equations 4 and 5.
"""

import torch
from torch import nn


class FocalLoss(nn.Module):
    """Scores ``(N, C, ...)`` and classes ``(N, ...)`` to the mean of ``-alpha (1 - p)^gamma log p``."""

    def __init__(self, gamma=2.0, alpha=-1.0, over="softmax", ignore_index=-100):
        super().__init__()
        self.gamma, self.alpha, self.over, self.ignore_index = gamma, alpha, over, ignore_index

    def forward(self, input, target):
        counts = target != self.ignore_index
        classes = torch.where(counts, target, 0)
        if self.over == "softmax" and input.shape[1] > 1:
            logs = input.log_softmax(1).gather(1, classes.unsqueeze(1)).squeeze(1)
            errors = -((1 - logs.exp()) ** self.gamma) * logs
            return (errors * counts).sum() / counts.sum().clamp(min=1)
        n = input.shape[1]  # a single one tells 1 from 0
        right = nn.functional.one_hot(classes, max(n, 2)).movedim(-1, 1)[:, -n:].to(input.dtype)
        errors = nn.functional.binary_cross_entropy_with_logits(input, right, reduction="none")
        p = input.sigmoid()
        errors = errors * (1 - (p * right + (1 - p) * (1 - right))) ** self.gamma
        if self.alpha >= 0:
            errors = errors * (self.alpha * right + (1 - self.alpha) * (1 - right))
        return (errors * counts.unsqueeze(1)).sum() / (counts.sum() * n).clamp(min=1)
