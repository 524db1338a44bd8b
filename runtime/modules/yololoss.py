"""The five sums of YOLO v1.

Source: Redmon and others, "You only look once", 2016, equation 3; the rule for boxes without overlap, and half the
square over the batch, as in the authors' program of 2015.
"""

import torch
from torch import nn


class YoloLoss(nn.Module):
    """Scores ``(N, S * S * (5B + C))`` or ``(N, 5B + C, H, W)`` and objects ``(N, K, 5)`` to five losses.

    Of a cell there are C class scores, B confidences and B boxes: x, y from the cell's corner in cells, then the square
    roots of width and height as shares of the image.
    """

    def __init__(self, boxes=2, classes=20, grid=7, coord=5.0, noobj=0.5, rescore=True):
        super().__init__()
        self.boxes, self.classes, self.grid = boxes, classes, grid
        self.coord, self.noobj, self.rescore = coord, noobj, rescore

    def forward(self, input, target, images):
        scores, confidence, boxes, rows, columns = self.cells(input)
        size = torch.tensor(images.shape[:1:-1], device=input.device, dtype=input.dtype)  # width, height
        cells = torch.tensor((columns, rows), device=input.device, dtype=input.dtype)
        image, cell, middle, extent, label = self.objects(target, size, cells, columns)

        found = boxes[image, cell]  # (M, B, 4)
        corner = torch.stack((cell % columns, cell // columns), 1).to(input.dtype)
        best, overlap = self.fitting(found, corner, cells, middle, extent)
        one = torch.arange(len(best), device=input.device)

        responsible = torch.zeros_like(confidence, dtype=torch.bool)
        responsible[image, cell, best] = True
        sure = overlap[one, best].detach() if self.rescore else torch.ones_like(best, dtype=input.dtype)
        mine = found[one, best]
        xy = (mine[:, :2] - (middle * cells - corner)) ** 2
        wh = (mine[:, 2:] - extent.sqrt()) ** 2
        obj = (confidence[image, cell, best] - sure) ** 2
        noobj = confidence.masked_fill(responsible, 0.0) ** 2
        cls = (scores[image, cell] - nn.functional.one_hot(label, self.classes)) ** 2
        half = 2 * len(input)
        sums = (self.coord * xy.sum(), self.coord * wh.sum(), obj.sum(), self.noobj * noobj.sum(), cls.sum())
        return tuple(each / half for each in sums)

    def cells(self, input):
        """Scores ``(N, cells, C)``, confidences ``(N, cells, B)``, boxes ``(N, cells, B, 4)``, rows and columns."""
        n, parts = len(input), (self.classes, self.boxes, 4 * self.boxes)
        if input.ndim == 4:
            rows, columns = input.shape[2:]
            scores, confidence, boxes = input.flatten(2).transpose(1, 2).split(parts, 2)
        else:
            rows = columns = self.grid
            split = input.split([rows * columns * part for part in parts], 1)
            scores, confidence, boxes = (part.reshape(n, rows * columns, -1) for part in split)
        return scores, confidence, boxes.reshape(n, rows * columns, self.boxes, 4), rows, columns

    def objects(self, target, size, cells, columns):
        """Of each object its image, its cell, its middle and extent as shares of the image, and its class.

        A cell has one object, the first that lies in it; objects of less than half a hundredth are left out.
        """
        middle = (target[..., :2] + target[..., 2:4]) / 2 / size
        extent = (target[..., 2:4] - target[..., :2]) / size
        counts = (target[..., 4] >= 0) & (extent >= 0.005).all(-1)
        at = (middle * cells).floor().clamp(min=0).minimum(cells - 1).long()
        cell = at[..., 1] * columns + at[..., 0]
        same = (cell[:, :, None] == cell[:, None, :]) & counts[:, None, :]
        counts = counts & ~same.tril(-1).any(2)
        image = counts.nonzero()[:, 0]
        return image, cell[counts], middle[counts], extent[counts], target[..., 4][counts].long()

    def fitting(self, found, corner, cells, middle, extent):
        """Which of the B boxes of its cell is responsible for each object, and how much each overlaps it, ``(M, B)``.

        The one that overlaps most; where none does, the one whose place and size are nearest.
        """
        place, sizes = (found[..., :2] + corner[:, None]) / cells, found[..., 2:] ** 2
        overlap = self.iou(place, sizes, middle[:, None], extent[:, None])
        apart = ((place - middle[:, None]) ** 2 + (sizes - extent[:, None]) ** 2).sum(-1)
        return torch.where(overlap.amax(1) > 0, overlap.argmax(1), apart.argmin(1)), overlap

    @staticmethod
    def iou(place, sizes, middle, extent):
        """Intersection over union of boxes given by middle and extent, ``(M, B)``."""
        low = torch.maximum(place - sizes / 2, middle - extent / 2)
        high = torch.minimum(place + sizes / 2, middle + extent / 2)
        both = (high - low).clamp(min=0).prod(-1)
        return both / (sizes.prod(-1) + extent.prod(-1) - both).clamp(min=1e-12)
