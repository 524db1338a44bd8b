"""Weights by chance through which everything can be seen in the answer.

As drawn, the numbers in a deep network become smaller from layer to layer, until only the last bias is left: whatever
stands before could be anything.  Here each layer's answer has a standard deviation of 1, as in Mishkin and Matas, "All
you need is a good init", 2016; normalizations have the statistics of what arrives, and scales and shifts that differ.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from graph.analysis import analyze
from graph.network import Network
from runtime.compile import compile
from runtime.export.questions import cases

WEIGHED = (nn.modules.conv._ConvNd, nn.Linear)


def lively(network: Network, seed: int = 0) -> dict[str, Tensor]:
    """Such weights for *network*, by path, the same for the same *seed*."""
    torch.manual_seed(seed)
    model = compile(network).eval()
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.momentum, module.training = 1.0, True
            if module.affine:
                module.weight.data.uniform_(0.5, 1.5)
                module.bias.data.normal_(0.0, 0.2)
        elif isinstance(module, WEIGHED):
            if module.bias is not None:
                module.bias.data.normal_(0.0, 0.2)
            module.register_forward_hook(_to_unit)
    with torch.no_grad():
        model(*cases(analyze(network), None)[0])
    return model.state_dict()


def _to_unit(module: nn.Module, given: tuple[Tensor, ...], answer: Tensor) -> Tensor | None:
    """Divide the weights by the deviation of what they make, at the first time that they are used."""
    if getattr(module, "scaled", False) or not (deviation := float(answer.std())) > 0:
        return None
    module.scaled = True
    for weight in module.parameters():
        weight.data /= deviation
    return answer / deviation
