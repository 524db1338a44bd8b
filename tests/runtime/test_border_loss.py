"""The weighted loss of U-Net against SciPy's regions and distances, and against a sum on paper."""

from __future__ import annotations

import math

import pytest

from graph import ShapeError, Tensor, edit, kinds
from graph.tensors import MASK, Labels

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

import presets  # noqa: E402
import runtime  # noqa: E402
from runtime.modules.borderloss import BorderLoss  # noqa: E402
from tests.runtime.oracles import border_weights  # noqa: E402

F = torch.nn.functional


def cells(n: int, height: int, width: int, seed: int = 0) -> torch.Tensor:
    """Masks with regions of many forms: smoothed noise, cut."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.rand(n, 1, height, width, generator=generator)
    return (F.avg_pool2d(noise, 5, 1, 2)[:, 0] > 0.5).long()


def test_the_sum_on_paper():
    """Three pixels in a row, cell, ground, cell: d1 = d2 = 1, so w = 1 + 10 exp(-4 / 50)."""
    target = torch.tensor([[[1, 0, 1]]])
    scores = torch.zeros(1, 2, 1, 3)
    w = 1 + 10 * math.exp(-4 / 50)
    assert float(BorderLoss()(scores, target)) == pytest.approx((1 + w + 1) * math.log(2) / 3, rel=1e-6)


@pytest.mark.parametrize("sigma", [1.5, 5.0])
def test_the_map_is_that_of_scipy(sigma):
    target = cells(3, 47, 60)
    target[2] = torch.where(target[2] > 0, 2, 0)  # another class makes cells, too
    target[1, :10] = 255  # nobody knows what is there: neither cell nor ground
    found = BorderLoss(w0=7.0, sigma=sigma, ignore_index=255).borders(target)
    expected = border_weights(target.numpy(), 7.0, sigma, 0, 255)
    torch.testing.assert_close(found, torch.from_numpy(expected), rtol=1e-4, atol=2e-6)
    assert found.max() > 2.8
    assert not found[1, :10].any()


def test_cells_that_meet_at_a_corner_are_two():
    """A line of ground one pixel wide may run aslant."""
    target = torch.tensor([[[1, 1, 0], [1, 0, 1], [0, 1, 1]]])
    assert len(BorderLoss.components(target > 0).unique()) == 3
    expected = border_weights(target.numpy(), 10.0, 5.0, 0, -100)
    torch.testing.assert_close(BorderLoss().borders(target), torch.from_numpy(expected))


def test_a_winding_cell_is_one():
    """A spiral, along which a number has far to go."""
    size = 41
    mask = torch.zeros(size, size, dtype=torch.bool)
    mask[::4] = True
    mask[:, 0] = mask[:, -1] = True
    for i, row in enumerate(range(0, size - 4, 4)):
        mask[row + 1 : row + 4, 0 if i % 2 else -1] = False
    assert BorderLoss.components(mask[None]).unique().tolist()[0] == -1
    assert len(BorderLoss.components(mask[None]).unique()) == 2


@pytest.mark.parametrize("value", [0, 1, 255])
def test_without_two_cells_it_is_the_cross_entropy(value):
    target = torch.full((2, 9, 8), value)
    target[0, 2:5, 2:5] = 1
    scores = torch.randn(2, 2, 9, 8, generator=torch.Generator().manual_seed(1))
    found = BorderLoss(ignore_index=255)(scores, target)
    torch.testing.assert_close(found, F.cross_entropy(scores, target, ignore_index=255))


def test_images_of_a_batch_know_nothing_of_each_other():
    target = cells(4, 30, 33)
    together = BorderLoss().borders(target)
    torch.testing.assert_close(together, torch.cat([BorderLoss().borders(one[None]) for one in target]))


def test_the_loss_of_the_paper_is_that_of_u_net():
    network = presets.build("unet", width=1)
    assert network["loss"].kind == "BorderLoss"
    assert "class BorderLoss(nn.Module):" in runtime.source(network)
    assert presets.build("unet_padded", width=1)["loss"].kind == "CrossEntropyLoss"
    small = edit.set_values(network, "input", shape=(1, 204, 204))
    losses = runtime.compile(small)(torch.randn(1, 1, 204, 204), cells(1, 20, 20))
    assert list(losses) == ["loss"]
    losses["loss"].backward()


def test_it_asks_for_masks_and_two_classes():
    loss = kinds()["BorderLoss"]()
    for scores, target in ((("N", 2), Labels()), (("N", 1, 8, 8), MASK), (("N", 2, 8, 8), Labels())):
        with pytest.raises(ShapeError, match="takes classes × H × W"):
            loss.output(Tensor(scores), target)
    with pytest.raises(ShapeError, match="3 weights for 2 classes"):
        kinds()["BorderLoss"](weight=(1.0, 2.0, 3.0)).output(Tensor(("N", 2, 8, 8)), MASK)
