"""The models of torchvision to hold opened networks against, with weights drawn quickly and alike for both."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch import nn
from torchvision import models

import runtime
from graph import Network
from runtime.import_.builders import BUILDERS
from runtime.import_.torchvision import from_torchvision

CLASSES = 7
FIXED = {"vit": 224, "maxvit": 224, "inception": 299, "alexnet": 96}
"""Sizes of images that a family needs; the others are content with less."""
LARGE = 200_000_000
"""Models with more parameters share their tensors with the network, so that memory holds both."""


def size_of(name: str) -> int:
    """A small size of images that the model can take."""
    return next((size for family, size in FIXED.items() if name.startswith(family)), 64)


def options(name: str, **more: Any) -> dict[str, Any]:
    """What the builder must be told for the auxiliary heads to be there and nothing to be downloaded."""
    found: dict[str, Any] = {"weights": None, "num_classes": CLASSES}
    if BUILDERS[name].task == "segmentation":
        found |= {"weights_backbone": None} | ({} if name.startswith("lraspp") else {"aux_loss": True})
    elif name in ("googlenet", "inception_v3"):
        found |= {"init_weights": False}
    return found | more


def model_of(name: str, **more: Any) -> nn.Module:
    """torchvision's own model, with random weights, and running means that are not those of the beginning."""
    with _undrawn(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = models.get_model(name, **options(name, **more))
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                bound = (3 / parameter[0].numel()) ** 0.5
                parameter.uniform_(-bound, bound)
            else:
                parameter.uniform_(0.5, 1.5)
        for key, buffer in model.named_buffers():
            if key.endswith("running_mean"):
                buffer.uniform_(-0.1, 0.1)
            elif key.endswith("running_var"):
                buffer.uniform_(0.5, 1.5)
    return model


@contextmanager
def _undrawn() -> Iterator[None]:
    """Weights are left as memory was: they are drawn afterwards, all alike and much faster."""
    with ExitStack() as stack:
        for name in dir(nn.init):
            if name.endswith("_") and not name.startswith("_"):
                stack.enter_context(patch.object(nn.init, name, lambda tensor, *_, **__: tensor))
        yield


def opened(name: str, **more: Any) -> Network:
    """The network of a model for small images and few classes."""
    return from_torchvision(name, classes=CLASSES, size=size_of(name), **more)


def compiled(network: Network, model: nn.Module) -> nn.Module:
    """The running network with the weights of *model*."""
    large = sum(p.numel() for p in model.parameters()) > LARGE
    if not large:
        return runtime.compile(network, model.state_dict())
    with torch.device("meta"):
        made = runtime.compile(network)
    made.load_state_dict(model.state_dict(), assign=True)
    return made


def images(name: str) -> torch.Tensor:
    """A batch of two."""
    generator = torch.Generator().manual_seed(2)
    return torch.randn(2, 3, size_of(name), size_of(name), generator=generator)


def assert_equal_in_use(name: str, network: nn.Module, model: nn.Module) -> None:
    """The same numbers, bit by bit, in evaluation mode."""
    x = images(name)
    with torch.no_grad():
        expected, found = model.eval()(x), network.eval()(x)
    expected = dict(expected) if isinstance(expected, dict) else {"output": expected}
    found = found if isinstance(found, dict) else {next(iter(expected)): found}
    assert list(found) == list(expected)
    for key, value in expected.items():
        assert value.isfinite().all()
        assert value.std() > 0
        assert torch.equal(found[key], value), key


def assert_equal_in_training(name: str, network: nn.Module, model: nn.Module) -> None:
    """The same losses and the same gradients, bit by bit, with every draw of chance in its place."""
    x = images(name)
    torch.manual_seed(3)
    expected = _losses(name, model.train()(x))
    sum(expected.values()).backward()
    grads = {key: p.grad for key, p in model.named_parameters()}
    torch.manual_seed(3)
    found = network.train()(x) if BUILDERS[name].task == "segmentation" else network.train()(x, TARGETS)
    if BUILDERS[name].task == "segmentation":
        found = _losses(name, found if isinstance(found, dict) else {"out": found})
    sum(found.values()).backward()

    assert sorted(v.item() for v in found.values()) == sorted(v.item() for v in expected.values())
    own = dict(network.named_parameters())
    assert own.keys() == grads.keys()
    for key, grad in grads.items():
        assert (grad is None) == (own[key].grad is None), key
        assert grad is None or torch.equal(own[key].grad, grad), key


TARGETS = torch.tensor([1, 4])


def _losses(name: str, given: Any) -> dict[str, torch.Tensor]:
    """As torchvision's reference scripts train: auxiliary heads count less."""
    entropy = nn.functional.cross_entropy
    if isinstance(given, torch.Tensor):
        return {"loss": entropy(given, TARGETS)}
    if isinstance(given, dict):
        maps = TARGETS.view(2, 1, 1).expand(2, *given["out"].shape[-2:])
        return {key: (1.0 if key == "out" else 0.5) * entropy(value, maps) for key, value in given.items()}
    share = {"googlenet": 0.3, "inception_v3": 0.4}[name]
    return {key: (1.0 if key == "logits" else share) * entropy(v, TARGETS) for key, v in given._asdict().items()}
