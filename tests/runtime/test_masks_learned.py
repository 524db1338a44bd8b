"""The networks of the papers on masks learn: in a few steps on a few disks their losses fall."""

from __future__ import annotations

import pytest

import presets
from graph import edit

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

import runtime  # noqa: E402

SIDES = {"unet": 204, "fcn_32s": 40, "fcn_16s": 40, "fcn_8s": 40}
"""Pixels of an image; the U-Net answers for the 20 in its middle."""


def disks(side: int, n: int = 3):
    """Images ``(n, 1, side, side)`` of a bright disk in noise near the middle, and their masks."""
    torch.manual_seed(1)
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    middle = side // 2 + torch.randint(-5, 6, (n, 2))
    masks = (x - middle[:, :1, None]) ** 2 + (y - middle[:, 1:, None]) ** 2 < 49
    return (masks + 0.8 * torch.rand(n, side, side) - 0.5)[:, None], masks.long()


def as_he_begins(model):
    """Begin as the papers do: weights of deviation ``sqrt(2 / fan_in)``; what begins at zero or is fixed stays."""
    for module in model.modules():
        if type(module) is torch.nn.Conv2d:
            torch.nn.init.kaiming_normal_(module.weight)


@pytest.mark.parametrize("name", SIDES)
def test_its_loss_falls(name: str):
    """By a third in sixteen steps, from log 2 for each pixel or with the weights of borders a little more."""
    side = SIDES[name]
    network = edit.set_values(presets.build(name, width=3, classes=2), "input", shape=(1, side, side))
    torch.manual_seed(0)
    model = runtime.compile(network).train()
    images, masks = disks(side)
    as_he_begins(model)
    if name == "unet":
        masks = masks[:, 92:-92, 92:-92]
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], 0.02 if name == "unet" else 0.01)
    losses = []
    for _ in range(16):
        loss = model(images, masks)["loss"]
        losses.append(float(loss.detach()))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[-1] < 0.67 * losses[0], losses
