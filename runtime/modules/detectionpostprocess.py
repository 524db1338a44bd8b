"""Scores and boxes of regions as detections on the images as they arrived.

Source: Girshick, "Fast R-CNN", 2015, section 3.1; computed by torchvision.
"""

import torch
from torch import nn


class DetectionPostprocess(nn.Module):
    """Scores ``(R, K + 1)`` and moves ``(R, 4 (K + 1))`` of regions to boxes, scores and labels (from 0) per image."""

    def __init__(self, threshold=0.05, overlap=0.5, most=100, center_weight=10.0, size_weight=5.0):
        super().__init__()
        from torchvision.models.detection.roi_heads import RoIHeads

        self.threshold, self.overlap, self.most = threshold, overlap, most
        weights = (center_weight, center_weight, size_weight, size_weight)
        self.heads = RoIHeads(None, None, None, 0.5, 0.5, 512, 0.25, weights, threshold, overlap, most)

    def forward(self, scores, boxes, regions, sizes):
        heads = self.heads  # the thresholds may have been moved since
        heads.score_thresh, heads.nms_thresh, heads.detections_per_img = self.threshold, self.overlap, self.most
        found = []
        kept = heads.postprocess_detections(scores, boxes, regions, sizes[1])
        for place, sure, label, before, after in zip(*kept, *sizes, strict=True):
            height, width = (place.new_tensor(b) / place.new_tensor(a) for b, a in zip(before, after, strict=True))
            left, top, right, bottom = place.unbind(1)
            place = torch.stack((left * width, top * height, right * width, bottom * height), 1)
            found.append({"boxes": place, "scores": sure, "labels": label - 1})
        return found
