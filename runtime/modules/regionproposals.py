"""The surest of the anchors, moved to where the network says.

Source: Ren and others, "Faster R-CNN", 2015, section 3.3; computed by torchvision.
"""

from torch import nn


class RegionProposals(nn.Module):
    """Scores ``(N, k, H, W)`` and moves ``(N, 4k, H, W)`` of each map, to a list of regions ``(R, 4)`` per image.

    No gradient passes through.
    """

    def __init__(
        self,
        pre_nms=1000,
        post_nms=1000,
        pre_nms_training=2000,
        post_nms_training=2000,
        nms_thresh=0.7,
        min_size=0.001,
    ):
        super().__init__()
        from torchvision.models.detection.rpn import RegionProposalNetwork

        before = {"training": pre_nms_training, "testing": pre_nms}
        after = {"training": post_nms_training, "testing": post_nms}
        self.rpn = RegionProposalNetwork(None, nn.Identity(), 0.7, 0.3, 256, 0.5, before, after, nms_thresh)
        self.rpn.min_size = min_size

    def forward(self, objectness, boxes, anchors, sizes):
        from torchvision.models.detection.rpn import concat_box_prediction_layers

        counts = [maps[0].numel() for maps in objectness]
        scores, moves = concat_box_prediction_layers(list(objectness), list(boxes))
        moved = self.rpn.box_coder.decode(moves.detach(), anchors)  # (N * A, 1, 4)
        return self.rpn.filter_proposals(moved.view(len(anchors), -1, 4), scores, sizes[1], counts)[0]
