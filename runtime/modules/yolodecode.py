"""The scores of YOLO v1 as boxes on the image.

Source: Redmon and others, "You only look once", 2016.
"""

import torch
from torch import nn


class YoloDecode(nn.Module):
    """Scores ``(N, S * S * (5B + C))`` or ``(N, 5B + C, H, W)`` to a list of boxes, scores and labels per image."""

    def __init__(self, boxes=2, classes=20, grid=7, threshold=0.2, overlap=0.4):
        super().__init__()
        self.boxes, self.classes, self.grid = boxes, classes, grid
        self.threshold, self.overlap = threshold, overlap

    def forward(self, input, images):
        from torchvision.ops import batched_nms

        boxes, scores = self.decoded(input, images)
        size = torch.tensor(images.shape[:1:-1], device=input.device, dtype=input.dtype)  # width, height
        found = []
        for places, sure in zip(boxes, scores, strict=True):
            which, label = (sure > self.threshold).nonzero(as_tuple=True)
            kept = batched_nms(places[which], sure[which, label], label, self.overlap)
            which, label = which[kept], label[kept]
            low = places[which].clamp(min=0)
            clipped = torch.minimum(low, torch.cat((size, size)))
            found.append({"boxes": clipped, "scores": sure[which, label], "labels": label})
        return found

    def decoded(self, input, images):
        """Boxes of all cells, in pixels ``(N, cells * B, 4)``, and confidence times class ``(N, cells * B, C)``."""
        n, parts = len(input), (self.classes, self.boxes, 4 * self.boxes)
        if input.ndim == 4:
            rows, columns = input.shape[2:]
            scores, confidence, boxes = input.flatten(2).transpose(1, 2).split(parts, 2)
        else:
            rows = columns = self.grid
            split = input.split([rows * columns * part for part in parts], 1)
            scores, confidence, boxes = (part.reshape(n, rows * columns, -1) for part in split)
        cell = torch.arange(rows * columns, device=input.device)
        corner = torch.stack((cell % columns, cell // columns), 1)[:, None]
        size = torch.tensor(images.shape[:1:-1], device=input.device, dtype=input.dtype)
        boxes = boxes.reshape(n, rows * columns, self.boxes, 4)
        middle = (boxes[..., :2] + corner) / torch.tensor((columns, rows), device=input.device) * size
        extent = boxes[..., 2:] ** 2 * size
        boxes = torch.cat((middle - extent / 2, middle + extent / 2), -1).flatten(1, 2)
        return boxes, (confidence[..., None] * scores[:, :, None]).flatten(1, 2)
