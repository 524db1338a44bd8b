"""Everything that stands ready before the first step: data, model, optimizer, task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from graph.analysis import analyze
from graph.errors import CanevasError
from graph.network import Network
from runtime import checkpoint
from runtime.compile import compile
from runtime.data.batches import Batches
from runtime.data.dataset import DataSet
from runtime.data.dataset import open as open_data
from runtime.journal import Journal
from runtime.optimizer import optimizer
from runtime.recipe import Recipe
from runtime.run import Run
from runtime.tasks import classification
from runtime.together import Together


@dataclass(eq=False)
class Prepared:
    """What the loop works with; *forward* is the model as training calls it, *net* the bare one."""

    data: DataSet
    net: nn.Module
    forward: Callable[[Tensor, Tensor], dict[str, Tensor]]
    optimizer: Any
    batches: Batches
    task: classification.Classification
    total: int

    @property
    def epochs(self) -> int:
        """Epochs in all, the last one perhaps not whole."""
        return -(-self.total // len(self.batches))


def prepare(run: Run, recipe: Recipe, network: Network, together: Together, journal: Journal) -> Prepared:
    """Read the data, build the model with its first weights, and bring all to the device.

    Raises:
        CanevasError: network, data and weights do not go together.
    """
    report = analyze(network)
    data = open_data(run.data, classification.image_shape(report))
    classification.check(report, data)
    for problem in data.problems:
        journal.event("log", text=str(problem))

    fabric = together.fabric
    net = begun(network, recipe.seed, checkpoint.gathered(run.spec["weights"]) if run.checkpoint() is None else {})
    if any(p.ndim == 4 for p in net.parameters()):
        net.to(memory_format=torch.channels_last)
    net.to(fabric.device)
    if why := together.normalize(net):
        journal.event("log", text=str(why))
    model, rule = fabric.setup(net, optimizer(net, recipe, fabric.device))
    # what Fabric wraps around a model costs 3 % of a small one, and does nothing for one process in 32 bits
    plain = together.world == 1 and fabric.strategy.precision.precision == "32-true"

    batches = Batches(data.parts["train"], data.preprocessing, recipe, fabric.device, together.rank, together.world)
    task = classification.Classification(net, losses_of(net, batches, fabric.autocast), data.classes)
    total = recipe.steps or recipe.epochs * len(batches)
    return Prepared(data, net, net if plain else model, rule, batches, task, total)


def begun(network: Network, seed: int, given: Mapping[str, Tensor]) -> nn.Module:
    """The model of *network* with weights drawn by *seed*, save those that are *given*.

    Raises:
        CanevasError: one of these has another shape.
    """
    torch.manual_seed(seed)
    net = compile(network)
    own = net.state_dict()
    for key, tensor in given.items():
        if key in own and own[key].shape != tensor.shape:
            raise CanevasError(
                "The weights given for {key} are {given}, but the network needs {own}.",
                key=key,
                given=" × ".join(map(str, tensor.shape)),
                own=" × ".join(map(str, own[key].shape)),
            )
    net.load_state_dict({**own, **{key: tensor for key, tensor in given.items() if key in own}})
    return net


def losses_of(net: nn.Module, batches: Batches, autocast: Callable[[], Any]) -> tuple[str, ...]:
    """The names of the losses, found by asking once; in evaluation, so that no chance is used up."""
    images, labels, _ = batches.batch(np.zeros(1, np.int64), 0)
    net.eval()
    with torch.inference_mode(), autocast():
        losses = tuple(net(images, labels))
    net.train()
    return losses
