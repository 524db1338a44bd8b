"""The two losses of the regions.

Source: Girshick, "Fast R-CNN", 2015, equation 1; the same arithmetic as torchvision's.
"""

import torch
from torch import nn


class RoILoss(nn.Module):
    """Scores ``(R, K + 1)``, moves ``(R, 4 (K + 1))`` and matches, to the losses of classes and of boxes."""

    def __init__(self, beta=1 / 9):
        super().__init__()
        self.beta = beta

    def forward(self, scores, boxes, matches):
        labels, wanted = map(torch.cat, matches)
        objects = torch.where(labels > 0)[0]  # the ground has no box
        moves = boxes.reshape(len(scores), -1, 4)[objects, labels[objects]]
        far = nn.functional.smooth_l1_loss(moves, wanted[objects], beta=self.beta, reduction="sum")
        return nn.functional.cross_entropy(scores, labels), far / labels.numel()
