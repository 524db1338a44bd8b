"""A sample of the regions to learn from, and what is right for each.

Source: Girshick, "Fast R-CNN", 2015, section 2.3; computed by torchvision.
"""

from torch import nn


class RoISampler(nn.Module):
    """Regions, a list of ``(R, 4)``, and objects ``(N, K, 5)``, to the regions of the sample and their matches.

    Matches are two lists: classes ``(R,)``, 0 for the ground, and moves ``(R, 4)`` from the region to its object. Which
    regions are looked at is drawn by torch's generator.
    """

    def __init__(
        self,
        fg_iou_thresh=0.5,
        bg_iou_thresh=0.5,
        batch_size_per_image=512,
        positive_fraction=0.25,
        center_weight=10.0,
        size_weight=5.0,
    ):
        super().__init__()
        from torchvision.models.detection.roi_heads import RoIHeads

        weights = (center_weight, center_weight, size_weight, size_weight)
        chosen = (fg_iou_thresh, bg_iou_thresh, batch_size_per_image, positive_fraction)
        self.heads = RoIHeads(None, None, None, *chosen, weights, 0.05, 0.5, 100)

    def forward(self, regions, target):
        there = [rows[rows[:, 4] >= 0] for rows in target]
        right = [{"boxes": rows[:, :4], "labels": rows[:, 4].long() + 1} for rows in there]
        regions, _, labels, wanted = self.heads.select_training_samples(regions, right)
        return regions, (labels, wanted)
