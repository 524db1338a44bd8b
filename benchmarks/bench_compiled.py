"""Models compiled from drawings against torchvision's own: CPU time of an answer, and of a step of training.

Both hold the same weights and take the same images; they run in turns.
"""

from __future__ import annotations

import gc
import warnings
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torchvision import models

from benchmarks.harness import Figure, compared, report
from runtime.compile import compile
from runtime.import_.torchvision import from_torchvision

NETWORKS = {
    "resnet50": ("ResNet-50", 64),
    "mobilenet_v3_large": ("MobileNetV3", 96),
    "efficientnet_b0": ("EfficientNet-B0", 96),
    "vit_b_16": ("ViT-B/16", 64),
}
"""By torchvision's name: how it is called, and height and width of the images, small so that overhead shows."""

BATCH, CLASSES, ROUNDS = 2, 1000, 25
ANSWERS = 3
"""Answers in a round; a step of training takes as long as some of them."""
MOST = 1.02


def both(name: str, size: int) -> tuple[nn.Module, nn.Module]:
    """The compiled model and torchvision's, with the same weights."""
    options = {"image_size": size} if name.startswith("vit") else {}
    theirs = models.get_model(name, weights=None, **options)
    return compile(from_torchvision(name, size=size), theirs.state_dict()), theirs


def answer(model: nn.Module, images: Tensor) -> Callable[[], None]:
    """Some answers of the model in use."""

    def run() -> None:
        with torch.inference_mode():
            for _ in range(ANSWERS):
                model(images)

    return run


def step(model: nn.Module, loss: Callable[[], Tensor]) -> Callable[[], None]:
    """Forward and backward, from gradients that are none."""

    def run() -> None:
        model.zero_grad()
        loss().backward()

    return run


def figures(name: str, title: str, size: int) -> list[Figure]:
    torch.manual_seed(0)
    images, labels = torch.randn(BATCH, 3, size, size), torch.randint(CLASSES, (BATCH,))
    mine, theirs = both(name, size)
    gc.collect()
    gc.freeze()
    mine.eval(), theirs.eval()
    used = compared(answer(mine, images), answer(theirs, images), ROUNDS, warm=3)
    mine.train(), theirs.train()
    trained = compared(
        step(mine, lambda: sum(mine(images, labels).values())),
        step(theirs, lambda: nn.functional.cross_entropy(theirs(images), labels)),
        ROUNDS,
        warm=3,
    )
    return [
        Figure(
            f"{title}, {what}, compiled / torchvision", own / other, "×", most=MOST, note=f"{own / times * 1e3:.0f} ms"
        )
        for what, times, (own, other) in (("forward", ANSWERS, used), ("forward and backward", 1, trained))
    ]


if __name__ == "__main__":
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")  # torchvision's own
    report([figure for name, how in NETWORKS.items() for figure in figures(name, *how)])
