"""Which node gives the first number that is none, once a training has come to an end in such numbers.

Nothing is watched while all is well: the loss is read anyway.  Only then is the training repeated from its last
checkpoint, bit by bit as it was, and every value and every gradient on the way is looked at.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from graph.errors import CanevasError
from graph.text import say
from runtime import checkpoint
from runtime.compile import ModelError
from runtime.correction import shares

if TYPE_CHECKING:
    from runtime.engine import Engine


class Culprit(NamedTuple):
    """The first node with a number that is none, at which step: in what it gives (``value``), in its gradient
    (``gradient``), or in its weights after the correction (``weights``)."""

    step: int
    path: str
    what: str


def sound(net: nn.Module) -> bool:
    """Whether every weight is a finite number; makes the device wait."""
    return bool(torch.stack([parameter.detach().isfinite().all() for parameter in net.parameters()]).all())


def found(engine: Engine, step: int, rate: float) -> CanevasError:
    """What to say of a training whose loss is no number at *step*; the node is named where it can be found."""
    culprit = None
    if engine.together.world == 1:
        text = say("The loss is no number any more. Looking for where it began, from the last checkpoint on.")
        engine.journal.event("log", text=str(text))
        culprit = sought(engine, step)
    known: dict[str, Any] = {"step": step, "rate": f"{rate:g}"}
    if culprit is None or not culprit.path:
        return CanevasError(
            "The loss is no number any more at step {step}: the corrections are too large. "
            "Lower the learning rate ({rate}).",
            **known,
        )
    known |= {"step": culprit.step, "path": culprit.path}
    if culprit.what == "gradient":
        message = say(
            "At step {step} the gradient became no finite number, at {path} first. Lower the learning rate ({rate}), "
            "or look at what {path} is given: a root or logarithm of zero has an infinite slope, for example.",
            **known,
        )
    elif culprit.what == "weights":
        message = say(
            "At step {step} the weights of {path} left the range of numbers: the corrections are too large. "
            "Lower the learning rate ({rate}), or set the longest gradient to 1.",
            **known,
        )
    else:
        message = say(
            "At step {step} what {path} gives is no finite number any more, and nothing before it was to blame. "
            "Lower the learning rate ({rate}), set the longest gradient to 1, or look at what {path} is given.",
            **known,
        )
    return ModelError(message, culprit.path)


def sought(engine: Engine, last: int) -> Culprit | None:
    """Repeat the training from the last checkpoint up to step *last*, watched; what went wrong first, if anything."""
    engine.restore(checkpoint.load(engine.run.folder / "checkpoints" / "last.pt"))
    place, correction, watch = engine.place, engine.correction, Watch(engine.net)
    forward = correction.forward
    correction.forward = watch.around(forward)
    try:
        while place.step < last:
            for batches in engine.steps():
                watch.begin()
                made = correction.make(
                    batches, shares(engine.batches, place.batch, len(batches)), engine.rate(place.step)
                )
                place.step, place.batch = place.step + 1, place.batch + len(batches)
                losses = [float(loss) for one in made for loss in one.losses.values()]
                if not all(map(math.isfinite, losses)) or not sound(engine.net):
                    path, what = watch.first() or (first_weights(engine.net), "weights")
                    return Culprit(place.step, path, what)
                if place.step >= last:
                    return None
            place.epoch, place.batch = place.epoch + 1, 0
    finally:
        correction.forward = forward
    return None


def first_weights(net: nn.Module) -> str:
    """The path of the first layer with a weight that is no finite number; empty if there is none."""
    bad = (key for key, parameter in net.named_parameters() if not bool(parameter.isfinite().all()))
    return next(bad, "").rpartition(".")[0]


class Watch(TorchFunctionMode):
    """Looks at every value that a model computes, and at every gradient on the way back."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.node_at: Callable[[Any], str] = net.node_at  # type: ignore[assignment]
        self.begin()

    def begin(self) -> None:
        """Forget the step before."""
        self.values: list[tuple[str, Tensor]] = []
        self.gradients: list[tuple[str, Tensor]] = []

    def around(self, forward: Callable[..., Any]) -> Callable[..., Any]:
        """*forward*, watched."""

        def watched(*given: Any) -> Any:
            with self:
                return forward(*given)

        return watched

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        path = ""
        for tensor in _tensors(result):
            path = path or self.node_at(sys._getframe(1))
            self.values.append((path, tensor.detach().isfinite().all()))
            if tensor.grad_fn is not None:
                tensor.grad_fn.register_hook(self._hook(path))
        return result

    def _hook(self, path: str) -> Callable[[Any, Any], None]:
        def look(given: Any, received: Any) -> None:
            for tensor in _tensors(given):
                self.gradients.append((path, tensor.isfinite().all()))

        return look

    def first(self) -> tuple[str, str] | None:
        """Path of the node that was the first to give no number, or else the first whose gradient is none."""
        for what, seen in (("value", self.values), ("gradient", self.gradients)):
            for path, good in seen:
                if path and not bool(good):
                    return path, what
        return None


def _tensors(value: Any) -> Iterator[Tensor]:
    """The tensors of fractions in what a function gives."""
    if isinstance(value, Tensor):
        if value.is_floating_point():
            yield value
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from _tensors(one)
