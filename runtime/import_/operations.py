"""The kind that a function of torch is: ``torch.cat`` is Concat, ``x[:, 0]`` is Select, ``F.relu`` is ReLU.

One entry per function in :data:`TABLE`; a translator gets the place of the operation and its arguments, where a tensor
is a :class:`Ref` and a number is a number (or a multiple of the batch).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import fx, nn
from torchvision.models import maxvit

from graph.layer import Layer, kinds
from graph.tensors import Dim
from runtime.import_.steps import Ref
from runtime.import_.trace import Shape

if TYPE_CHECKING:
    from runtime.import_.rewrite import _Rewrite


class Here(NamedTuple):
    """An operation that is being translated."""

    rewrite: _Rewrite
    node: fx.Node

    @property
    def shape(self) -> Shape:
        """What it gave when it was traced."""
        found = self.rewrite.trace.values[self.node]
        assert isinstance(found, Shape)
        return found

    def dims(self, ref: Ref) -> tuple[Dim, ...]:
        """The dimensions of a value that it takes."""
        flow = self.rewrite.plan.steps[ref.step].flow
        assert flow is not None
        return flow.dims

    def put(self, name: str, layer: Layer, *takes: Any, shape: Shape | None = None) -> Ref:
        """A layer in its place."""
        _tensors(takes)
        return self.rewrite.put(self.rewrite.named(self.node, name), layer, takes, shape or self.shape)

    def parameter(self, parameter: Any, kind: str, *takes: Any) -> Ref:
        """A layer whose only weight is the *parameter* itself, at its place."""
        _tensors(takes)
        place = tuple(parameter.path.split("."))
        if place in self.rewrite.taken:
            refuse("its weights are used twice")
        return self.rewrite.put(place, kinds()[kind](), takes, self.shape, own={"": parameter.shape})


def refuse(reason: str) -> Any:
    """Leave the operation to be an opaque node."""
    from runtime.import_.rewrite import Refused

    raise Refused(reason)


def _tensors(takes: tuple[Any, ...]) -> None:
    for taken in takes:
        for one in taken if isinstance(taken, tuple) and not isinstance(taken, Ref) else (taken,):
            if one is not None and not isinstance(one, Ref):
                refuse("it takes a weight or a number where a value should flow")


def attention(
    rewrite: _Rewrite, layer: Layer, args: Any, kwargs: dict[str, Any], place: tuple[str, ...], shape: Shape
) -> Ref:
    """Attention of a sequence on itself."""
    given = [*args, *(kwargs[k] for k in ("query", "key", "value") if k in kwargs)]
    others = {k: v for k, v in kwargs.items() if k not in ("query", "key", "value", "need_weights") and v is not None}
    if len(set(given)) != 1 or others:
        refuse("only attention of a sequence on itself can be drawn")
    module = rewrite.trace.module.get_submodule(".".join(place))
    return rewrite.put(place, layer, (given[0],), shape, module)


MODULES: dict[type[nn.Module], Callable[..., Layer]] = {
    maxvit.WindowPartition: lambda p: kinds()["WindowPartition"](size=p),
    maxvit.WindowDepartition: lambda p, h_partitions, w_partitions: kinds()["WindowDepartition"](
        size=p, windows=(h_partitions, w_partitions)
    ),
}
"""Modules that take numbers when they are called: the layer they are with these."""

TABLE: dict[str, Callable[..., Any]] = {}
"""Translators by the name of the function."""


def translates(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The decorated function translates the functions of torch with these names."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        TABLE.update(dict.fromkeys(names, function))
        return function

    return register


def name_of(node: fx.Node) -> str:
    """The name of the function of torch that *node* calls; empty if it is none of torch's."""
    if node.op == "call_method":
        return str(node.target).rstrip("_")
    name = str(getattr(node.target, "__name__", ""))
    if isinstance(node.target, type) and hasattr(node.target, "_fields"):
        return "namedtuple"
    homes = (torch, nn.functional, operator, torch._C._nn)
    return name.rstrip("_") if any(getattr(home, name, None) is node.target for home in homes) else ""


def is_in_place(node: fx.Node) -> bool:
    """Whether the operation writes its result over its first input."""
    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
    return name.endswith("_") or name in ("iadd", "imul", "isub", "itruediv")
