"""The classifiers and segmenters of torchvision, opened as networks."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import torch
from torch import nn
from torchvision import models
from torchvision.models import regnet

from graph.layer import Layer
from graph.network import Network
from runtime.import_.builders import Builder, builder
from runtime.import_.losses import scores, with_classes, with_losses
from runtime.import_.module import from_module
from runtime.import_.remembered import keep, remembered
from runtime.import_.trace import Progress, unheard

AUXILIARY = {"googlenet": 0.3, "inception_v3": 0.4}
"""By how much a loss of an auxiliary head counts: 0.3 as published; torchvision trains Inception with 0.4."""

MASKS = {"out": 1.0, "aux": 0.5}
"""By how much the loss of each answer of a network for pixels counts, as torchvision trains them."""

BUILT = 0.3
"""The share of the whole that torchvision takes to build the module."""

FIRST_SCALES = {"layer_scale": 1e-6}
"""What ConvNeXt's factors begin with."""


def from_torchvision(
    name: str, *, classes: int = 0, size: int = 0, progress: Progress = unheard, **options: Any
) -> Network:
    """The network that ``torchvision.models.NAME()`` is: the same weight names, the same numbers.

    Args:
        name: the builder, such as ``"resnet50"``.
        classes: how many classes it tells apart; those of the published weights if 0.
        size: height and width of its images; those it was made for if 0.
        progress: hears how far it is, from 0 to 1, and gives it up by raising.
        options: what else the builder takes.

    Raises:
        InvalidValue: there is no such builder.
    """
    known = builder(name)
    size = size or known.size
    module = bare(known, classes or known.classes, size, **options)
    progress(BUILT)
    network, _ = from_module(
        module,
        torch.empty(2, 3, size, size, device="meta"),
        share=AUXILIARY.get(name, 1.0),
        progress=lambda share: progress(BUILT + (1 - BUILT) * share),
    )
    network = _first_scales(network).change(name=known.title)
    if known.task == "classification" and not any(node.kind == "Target" for node in network.nodes.values()):
        end = scores(network, "output")
        network = with_losses(network, {end: 1.0}) if end else network
    if known.task == "segmentation":
        ends = {end: share for name, share in MASKS.items() if name in network and (end := scores(network, name, 4))}
        network = with_losses(network, ends, "mask")
    return with_classes(network, classes or known.classes)


def opened(name: str, progress: Progress = unheard) -> Network:
    """As :func:`from_torchvision` with its defaults; remembered from the first time on.

    Raises:
        InvalidValue: there is no such builder.
    """
    found = remembered(name)
    if found is None:
        found = from_torchvision(name, progress=progress)
        keep(name, found)
    return found


def bare(known: Builder, classes: int, size: int, **options: Any) -> nn.Module:
    """The module of a builder without the values of its weights, in training, auxiliary heads on."""
    given = _options(known, size) | {"num_classes": classes} | options
    with torch.device("meta"), _counted_on_cpu(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the first weights will be drawn otherwise one day
        return models.get_model(known.name, **given).train()


def _options(known: Builder, size: int) -> Mapping[str, Any]:
    """What the builder must be told: nothing is downloaded, auxiliary heads are on, sizes are known where needed."""
    found: dict[str, Any] = {"weights": None}
    if known.task == "segmentation":
        found |= {"weights_backbone": None}
        found |= {} if known.name.startswith("lraspp") else {"aux_loss": True}
    elif known.name in AUXILIARY:
        found |= {"init_weights": False}
    elif known.name.startswith("vit"):
        found |= {"image_size": size}
    elif known.name.startswith("maxvit"):
        found |= {"input_size": (size, size)}
    return found


@contextmanager
def _counted_on_cpu() -> Iterator[None]:
    """RegNet computes the widths of its blocks with tensors, whose values it must see."""
    count = regnet.BlockParams.from_init_params.__func__

    def counted(cls: Any, *args: Any, **kwargs: Any) -> Any:
        with torch.device("cpu"):
            return count(cls, *args, **kwargs)

    with patch.object(regnet.BlockParams, "from_init_params", classmethod(counted)):
        yield


def _first_scales(network: Network) -> Network:
    """The factors of branches begin as torchvision lets them."""

    def level(one: Network) -> Network:
        nodes = {
            name: replace(node, layer=node.layer.with_values(initial=FIRST_SCALES[name]))
            if name in FIRST_SCALES and isinstance(node.layer, Layer) and node.kind == "Scale"
            else node
            for name, node in one.nodes.items()
        }
        return one.change(nodes=nodes)

    return level(network).change(blocks={name: level(one) for name, one in network.blocks.items()})
