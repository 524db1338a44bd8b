"""Everything that stands ready before the first step: data, model, optimizer, task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from graph.analysis import Report, analyze
from graph.errors import CanevasError
from graph.network import Network
from runtime import checkpoint, rates
from runtime.compile import compile
from runtime.data.batches import Batches
from runtime.data.dataset import DataSet
from runtime.data.dataset import open as open_data
from runtime.data.targets import IGNORED, Masks, as_they_are
from runtime.journal import Journal
from runtime.optimizer import optimizer
from runtime.recipe import Recipe
from runtime.run import Run
from runtime.tasks import known
from runtime.tasks.task import Task
from runtime.together import Together


@dataclass(eq=False)
class Prepared:
    """What the loop works with; *forward* is the model as training calls it, *net* the bare one."""

    data: DataSet
    net: nn.Module
    forward: Callable[[Tensor, Tensor], dict[str, Tensor]]
    optimizer: Any
    batches: Batches
    task: Task
    total: int

    @property
    def per_epoch(self) -> int:
        """Corrections in an epoch."""
        return -(-len(self.batches) // self.batches.recipe.accumulation)

    @property
    def epochs(self) -> int:
        """Epochs in all, the last one perhaps not whole."""
        return -(-self.total // self.per_epoch)


def prepare(run: Run, recipe: Recipe, network: Network, together: Together, journal: Journal) -> Prepared:
    """Read the data, build the model with its first weights, and bring all to the device.

    Raises:
        CanevasError: network, data and weights do not go together.
    """
    report = analyze(network)
    kind = known.task_of(network)
    data = open_data(run.data, known.image_shape(report), task=kind.name)
    known.check(report, data)
    rates.check(rates.factors(recipe.rates), rates.learning(report))
    if "validation" not in data.parts and (recipe.stop_after or recipe.schedule == "plateau"):
        raise CanevasError(
            "The data have no validation part that could tell whether anything gets better: choose another schedule "
            "than plateau, and do not stop early."
        )
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

    ready = masks(report, net) if kind.name == "segmentation" else as_they_are
    train = data.parts["train"]
    batches = Batches(train, data.preprocessing, recipe, fabric.device, together.rank, together.world, ready)
    task = kind(net, losses_of(net, batches, fabric.autocast), data.classes)
    total = recipe.steps or recipe.epochs * -(-len(batches) // recipe.accumulation)
    return Prepared(data, net, net if plain else model, rule, batches, task, total)


def masks(report: Report, net: nn.Module) -> Masks:
    """How masks are made ready for the last loss: as large as its scores, what does not count marked as it says."""
    path = report.losses[-1]
    ignored = getattr(net.get_submodule(path), "ignore_index", IGNORED)
    height, width = known.judged(report).spatial
    return Masks((height, width), int(ignored))


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
    images, targets, _ = batches.batch(np.zeros(1, np.int64), 0)
    net.eval()
    with torch.inference_mode(), autocast():
        losses = tuple(net(images, targets))
    net.train()
    return losses
