"""Cross entropy of each pixel that counts most where two cells nearly touch.

Source: Ronneberger, Fischer and Brox, "U-Net", 2015, equations 1 and 2.
"""

import torch
from torch import nn


class BorderLoss(nn.Module):
    """Scores ``(N, C, H, W)`` and classes ``(N, H, W)`` to the mean over pixels of ``-w log p``.

    ``w = w_c + w0 exp(-(d1 + d2)^2 / (2 sigma^2))``: d1 and d2 are the distances in pixels of a pixel of the background
    to the two nearest cells, which are its connected regions of anything else; in cells w is w_c.
    """

    def __init__(self, w0=10.0, sigma=5.0, background=0, weight=None, ignore_index=-100):
        super().__init__()
        self.w0, self.sigma, self.background, self.ignore_index = w0, sigma, background, ignore_index
        self.register_buffer("weight", weight)

    def forward(self, input, target):
        errors = nn.functional.cross_entropy(input, target, ignore_index=self.ignore_index, reduction="none")
        counts = target != self.ignore_index
        each = 1.0 if self.weight is None else self.weight[target * counts]
        return (errors * (each + self.borders(target))).sum() / counts.sum().clamp(min=1)

    @torch.no_grad()
    def borders(self, target):
        """What is added to the weight of each pixel, ``(N, H, W)``."""
        ground = target == self.background
        cells = ~ground & (target != self.ignore_index)
        found = torch.zeros(target.shape, device=target.device)
        reach = min(int(6 * self.sigma) + 1, max(target.shape[1:]))  # beyond it less than 1e-7 w0 is added
        near = self.along_columns(*self.along_rows(self.components(cells), reach), ground, reach)
        found[ground] = self.w0 * torch.exp(-(near.sqrt().sum(0) ** 2) / (2 * self.sigma**2))
        return found

    @staticmethod
    def components(cells):
        """A number for each connected region (of pixels that share a side), -1 outside, ``(N, H, W)``."""
        labels = torch.arange(cells.numel(), device=cells.device)
        grid = labels.view(cells.shape)
        across, down = cells[:, :, 1:] & cells[:, :, :-1], cells[:, 1:] & cells[:, :-1]
        a = torch.cat((grid[:, :, :-1][across], grid[:, :-1][down]))
        b = torch.cat((grid[:, :, 1:][across], grid[:, 1:][down]))
        while len(a):  # neighbors whose numbers differ: the larger number takes over the smaller one
            low, high = torch.minimum(labels[a], labels[b]), torch.maximum(labels[a], labels[b])
            labels = labels.scatter_reduce(0, high, low, "amin")
            while not torch.equal(labels, further := labels[labels]):
                labels = further
            apart = labels[a] != labels[b]
            a, b = a[apart], b[apart]
        return labels.view(cells.shape).masked_fill(~cells, -1)

    def along_rows(self, labels, reach):
        """Of each pixel the two nearest regions within its row: distances squared and labels, ``(2, N, H, W)``."""
        far = torch.full(labels.shape, torch.inf, device=labels.device)
        near = torch.stack((far.masked_fill(labels >= 0, 0.0), far))
        whose = torch.stack((labels, torch.full_like(labels, -1)))
        width = labels.shape[2]
        padded = nn.functional.pad(labels, (reach, reach), value=-1)
        for step in range(1, reach + 1):
            for start in (reach - step, reach + step):
                other = padded[:, :, start : start + width]
                distance = far.masked_fill(other >= 0, float(step**2))
                near, whose = self.nearer(near, whose, distance, other)
        return near, whose

    def along_columns(self, rows, whose, ground, reach):
        """Of each pixel of the ground the distances squared to the two nearest regions, ``(2, P)``."""
        rows = nn.functional.pad(rows, (0, 0, reach, reach), value=torch.inf).flatten(1)
        labels = nn.functional.pad(whose, (0, 0, reach, reach), value=-1).flatten(1)
        at = nn.functional.pad(ground, (0, 0, reach, reach)).flatten().nonzero()[:, 0]
        near, mine = rows[:, at], labels[:, at]
        for step in range(1, reach + 1):
            for place in (at - step * ground.shape[2], at + step * ground.shape[2]):
                for i in (0, 1):
                    near, mine = self.nearer(near, mine, rows[i, place] + step**2, labels[i, place])
        return near

    @staticmethod
    def nearer(near, whose, distance, label):
        """The two nearest regions, each once, of those known and one more."""
        first = distance < near[0]
        more = torch.where(first, near[0], distance)
        behind = torch.where(first, whose[0], label)
        second = (label != whose[0]) & (more <= near[1])
        near = torch.stack((torch.where(first, distance, near[0]), torch.where(second, more, near[1])))
        whose = torch.stack((torch.where(first, label, whose[0]), torch.where(second, behind, whose[1])))
        return near, whose
