"""The two losses of the region proposals.

Source: Ren and others, "Faster R-CNN", 2015, equation 1; computed by torchvision.
"""

from torch import nn


class RPNLoss(nn.Module):
    """Scores ``(N, k, H, W)`` and moves ``(N, 4k, H, W)`` of each map, and objects ``(N, K, 5)``, to two losses.

    Which anchors are looked at is drawn by torch's generator.
    """

    def __init__(self, fg_iou_thresh=0.7, bg_iou_thresh=0.3, batch_size_per_image=256, positive_fraction=0.5):
        super().__init__()
        from torchvision.models.detection.rpn import RegionProposalNetwork

        chosen = (fg_iou_thresh, bg_iou_thresh, batch_size_per_image, positive_fraction)
        self.rpn = RegionProposalNetwork(None, nn.Identity(), *chosen, {}, {}, 0.7)

    def forward(self, objectness, boxes, anchors, target):
        from torchvision.models.detection.rpn import concat_box_prediction_layers

        scores, moves = concat_box_prediction_layers(list(objectness), list(boxes))
        right = [{"boxes": rows[rows[:, 4] >= 0][:, :4]} for rows in target]
        labels, matched = self.rpn.assign_targets_to_anchors(anchors, right)
        wanted = self.rpn.box_coder.encode(matched, anchors)
        return self.rpn.compute_loss(scores, moves, labels, wanted)
