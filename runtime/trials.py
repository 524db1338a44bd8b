"""Two short trials before a training: whether the network can learn one batch by heart, and which learning rate suits.

Both train a network of their own, which nobody keeps: no run, no weights and no data are changed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import mean, pstdev
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from graph.analysis import Report, analyze
from graph.errors import CanevasError
from graph.network import Network
from graph.text import Message, say, tr
from runtime import devices, rates
from runtime.data.batches import Batch, Batches
from runtime.data.dataset import DataSet
from runtime.data.draws import order
from runtime.data.targets import as_they_are
from runtime.learning_rate import START
from runtime.machine import out_of_memory
from runtime.optimizer import optimizer
from runtime.prepared import begun, losses_of, masks
from runtime.recipe import Recipe
from runtime.tasks import known
from runtime.tasks.task import Task

Progress = Callable[[float, str], object]

BATCH = 32
"""Images that are to be learned by heart, at most."""
STEPS = 200
"""Corrections that they are given, at most."""
ZERO, DONE = 0.05, 0.01
"""A loss has fallen to about zero at this share of the first one; at the smaller share nothing more is to be seen."""
SURE = 0.99
"""The share of right answers from which on the batch is known by heart, whatever its loss (it may have a floor)."""

LOWEST, HIGHEST = 1e-6, 10.0
"""The learning rates that are tried."""
TRIED = 100
"""How many of them."""
MEMORY = 0.9
"""How much of the smoothed loss comes from the steps before."""
SMALL, LEAST = 10, 0.02
"""So many of the first rates are too small to change anything; a fall by a smaller share than this one is none."""
LOST = 4.0
"""The trial ends where the loss is so many times the least one: the network is lost."""


@dataclass(frozen=True)
class ByHeart:
    """How the loss of one batch of so many *images* went, whether it was *learned*, and that in words."""

    losses: tuple[float, ...]
    images: int
    learned: bool
    text: Message

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {"losses": self.losses, "images": self.images, "learned": self.learned, "text": str(self.text)}


@dataclass(frozen=True)
class Range:
    """The loss at each learning rate, as measured and smoothed; the rate to take (None if none helped); in words."""

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    suggestion: float | None
    text: Message

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        found = {"rates": self.rates, "losses": self.losses, "smoothed": self.smoothed}
        return found | {"suggestion": self.suggestion, "text": str(self.text)}


class Asked(NamedTuple):
    """What is tried: a network with its first weights, how it would be trained, and on what."""

    network: Network
    weights: Mapping[str, Tensor]
    recipe: Recipe
    data: DataSet


class Learner:
    """A network that learns for a moment."""

    def __init__(self, asked: Asked, device: torch.device) -> None:
        report, recipe, data = analyze(asked.network), asked.recipe, asked.data
        known.check(report, data)
        rates.check(rates.factors(recipe.rates), rates.learning(report))
        self.recipe, self.net = recipe, begun(asked.network, recipe.seed, asked.weights)
        if any(p.ndim == 4 for p in self.net.parameters()):
            self.net.to(memory_format=torch.channels_last)
        self.net.to(device)
        self.batches = _batches(report, self.net, asked, device)
        losses = losses_of(self.net, self.batches, torch.no_grad)
        self.task: Task = known.TASKS[data.task](self.net, losses, data.classes)
        self.optimizer = optimizer(self.net, recipe, device)

    def step(self, batch: Batch, rate: float) -> float:
        """Correct the weights once; the loss before."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["factor"]
        losses = self.net(batch.images, batch.targets)
        objective = torch.stack(list(losses.values())).sum()
        objective.backward()
        if self.recipe.clip:
            nn.utils.clip_grad_norm_(self.net.parameters(), self.recipe.clip)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return float(objective.detach())


def by_heart(asked: Asked, progress: Progress, steps: int = STEPS) -> ByHeart:
    """Train on one batch alone, without chance and decay: a network that cannot even learn that has something wrong.

    Raises:
        CanevasError: network and data do not go together, or there is not enough memory.

    Source: Karpathy, "A recipe for training neural networks", 2019: overfit one batch.
    """
    calm = dict.fromkeys(("shift", "rotation", "zoom", "brightness", "contrast", "weight_decay"), 0.0)
    recipe = replace(asked.recipe, flip=False, batch=min(asked.recipe.batch, BATCH), **calm)
    losses: list[float] = []
    with _apart(recipe) as device:
        learner = Learner(asked._replace(recipe=recipe), device)
        chosen = order(recipe.seed, 0, len(learner.batches.targets))[: recipe.batch]
        batch = learner.batches.batch(chosen, 0)
        for module in learner.net.modules():
            if "Dropout" in type(module).__name__ or "StochasticDepth" in type(module).__name__:
                module.eval()
        right = 0.0
        for step in range(steps):
            share = min(1.0, (step + 1) / (0.1 * steps))
            losses.append(learner.step(batch, recipe.learning_rate * (START + (1 - START) * share)))
            if learner.task.counts:
                right = float(learner.task.right()) / len(chosen)
            if not math.isfinite(losses[-1]) or losses[-1] <= DONE * losses[0]:
                break
            words = tr("Step {step} of {steps}, loss {loss}", step=step + 1, steps=steps, loss=f"{losses[-1]:.3g}")
            progress((step + 1) / steps, words)
    return _judged(losses, len(chosen), right, recipe.learning_rate)


def _judged(losses: list[float], images: int, right: float, rate: float) -> ByHeart:
    """What the losses of one batch say."""
    first, last = losses[0], losses[-1]
    known: dict[str, Any] = {"images": images, "steps": len(losses), "rate": f"{rate:g}"}
    known |= {"first": f"{first:.3g}", "last": f"{last:.3g}"}
    if not math.isfinite(last):
        text = say("The loss became no number at step {steps}: lower the learning rate ({rate}).", **known)
        finite = tuple(loss for loss in losses if math.isfinite(loss))
        return ByHeart(finite, images, False, text)
    if last <= ZERO * first or right >= SURE:
        text = say(
            "The network has learned {images} images by heart in {steps} steps: the loss fell from {first} to {last}. "
            "Layers, loss and data work together.",
            **known,
        )
        return ByHeart(tuple(losses), images, True, text)
    text = say(
        "The loss of {images} images fell only from {first} to {last} in {steps} steps. Look at the learning rate "
        "({rate}), at layers that are frozen, at what the loss compares, and whether images and labels belong "
        "together.",
        **known,
    )
    return ByHeart(tuple(losses), images, False, text)


def range_test(asked: Asked, progress: Progress, tried: int = TRIED) -> Range:
    """Train with a rate that grows from step to step, until the loss runs away; a tenth of the best one is suggested.

    Raises:
        CanevasError: network and data do not go together, or there is not enough memory.

    Source: Smith, "Cyclical learning rates for training neural networks", 2017, section 3.3; a tenth of the rate with
    the least smoothed loss as in Gugger, "How do you find a good learning rate", 2018.
    """
    found: list[float] = []
    losses: list[float] = []
    smoothed: list[float] = []
    kept = 0.0
    with _apart(asked.recipe) as device:
        learner = Learner(asked, device)
        batches = _endless(learner.batches)
        for step in range(tried):
            rate = LOWEST * (HIGHEST / LOWEST) ** (step / (tried - 1))
            loss = learner.step(next(batches), rate)
            if not math.isfinite(loss):
                break
            kept = MEMORY * kept + (1 - MEMORY) * loss
            found.append(rate)
            losses.append(loss)
            smoothed.append(kept / (1 - MEMORY ** (step + 1)))
            if smoothed[-1] > LOST * min(smoothed):
                break
            words = tr("Rate {rate}, loss {loss}", rate=f"{rate:.2g}", loss=f"{loss:.3g}")
            progress((step + 1) / tried, words)
    return Range(tuple(found), tuple(losses), tuple(smoothed), *_suggested(found, losses, smoothed))


def _suggested(tried: list[float], losses: list[float], smoothed: list[float]) -> tuple[float | None, Message]:
    """The rate to take, with two digits that count, and why.

    The first losses, at rates too small to change anything, say how much batches differ: less is no fall.
    """
    first = losses[:SMALL]
    best = min(range(len(first), len(losses)), key=smoothed.__getitem__, default=0)
    if not best or smoothed[best] > mean(first) - max(pstdev(first), LEAST * mean(first)):
        return None, say("No learning rate made the loss fall: see first whether the network can learn one batch.")
    rate = float(f"{tried[best] / 10:.1e}")
    text = say(
        "The loss is least at a rate of {best}; a tenth of it leaves room before training runs away: {rate}.",
        best=f"{tried[best]:.2g}",
        rate=f"{rate:g}",
    )
    return rate, text


def _batches(report: Report, net: nn.Module, asked: Asked, device: torch.device) -> Batches:
    ready = masks(report, net) if asked.data.task == "segmentation" else as_they_are
    return Batches(asked.data.parts["train"], asked.data.preprocessing, asked.recipe, device, ready=ready)


def _endless(batches: Batches) -> Iterator[Batch]:
    """The whole batches of one epoch after the other; the small last one would be judged like a large one."""
    epoch = 0
    while True:
        for batch in batches.epoch(epoch):
            if len(batch.images) == batches.recipe.batch or len(batches) == 1:
                yield batch
        epoch += 1


@contextmanager
def _apart(recipe: Recipe) -> Iterator[torch.device]:
    """The device to try on; what this process had set up stands afterwards as before.

    Raises:
        CanevasError: memory ran out.
    """
    chosen = devices.device(recipe)
    threads, exact = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    try:
        with torch.random.fork_rng():
            devices.prepare(recipe, chosen)
            yield torch.device(chosen.type)
    except Exception as error:
        if not out_of_memory(error):
            raise
        raise CanevasError(
            "There is not enough memory for a batch of {n} images: make it smaller.", n=recipe.batch
        ) from None
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(exact)
