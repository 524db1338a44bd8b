"""Full analysis of large networks, receptive fields included, against torchinfo's summary of the same ones.

torchinfo runs the module to see its shapes.  It is measured as one calls it, on a module with its weights, and on
``meta`` tensors, which hold no numbers and are the fastest way it has.  What Canevas keeps of earlier analyses is
emptied before each round, and each round looks at a network that nobody has asked anything yet.
"""

from __future__ import annotations

import gc
import warnings

import torch
from torchinfo import summary
from torchvision import models

from benchmarks.harness import Figure, compared, cpu, forgetting, report
from graph import analyze, dumps, loads
from graph.report import Report
from runtime.import_.torchvision import from_torchvision

NETWORKS = {
    "vgg16": ("VGG16", 224, 20),
    "resnet152": ("ResNet-152", 224, 5),
    "efficientnet_v2_l": ("EfficientNetV2-L", 480, 3),
}
"""By torchvision's name: how it is called, height and width of its images, and analyses in a round."""

ROUNDS = 9

forget = forgetting("graph")


def checked(found: Report, said: object) -> None:
    """Both looked at the same network: the same number of parameters, and every layer's field is known."""
    assert found.parameters == said.total_params, (found.parameters, said.total_params)
    assert not found.problems or all(problem.severity != "error" for problem in found.problems)
    assert found.outputs


def figures(name: str, title: str, size: int, times: int) -> list[Figure]:
    shape = (1, 3, size, size)
    with torch.device("meta"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = models.get_model(name, weights=None).eval()
    text = dumps(from_torchvision(name))
    checked(analyze(loads(text)), summary(module, shape, device="meta", verbose=0))
    fresh = []

    def prepare() -> None:
        fresh[:] = [loads(text) for _ in range(times)]

    def ours() -> None:
        for network in fresh:
            forget()
            analyze(network)

    def theirs() -> None:
        summary(module, shape, device="meta", verbose=0)

    gc.collect()
    gc.freeze()
    mine, other = compared(ours, theirs, ROUNDS, before=prepare)
    mine /= times
    real = module.to_empty(device="cpu")
    for value in real.state_dict().values():
        value.zero_()
    start = cpu()
    summary(real, shape, verbose=0)
    called = cpu() - start
    told = f"{called * 1e3:.0f} ms and {mine * 1e3:.2f} ms"
    quick = f"{other * 1e3:.0f} ms and {mine * 1e3:.2f} ms"
    return [
        Figure(f"torchinfo / analysis, {title}", called / mine, "×", least=40, note=told),
        Figure(f"torchinfo on meta tensors / analysis, {title}", other / mine, "×", note=quick),
    ]


if __name__ == "__main__":
    torch.set_num_threads(1)
    report([figure for name, how in NETWORKS.items() for figure in figures(name, *how)])
