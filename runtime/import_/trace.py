"""The operations that a module of torch computes, one after the other, with the shape of every value.

The module is traced symbolically (``torch.fx``) and then run on the ``meta`` device, where nothing is computed, at two
batch sizes: a number that grows with the batch is a multiple of it, every other one is fixed.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import fx, nn

from graph.errors import CanevasError
from graph.tensors import Dim, Multiple

Progress = Callable[[float], object]
"""Hears how far something is, from 0 to 1, and gives it up by raising."""


def unheard(_: float) -> None:
    """Nobody wants to know how far it is."""


BATCHES = (2, 3)
"""Batch sizes that the module is run at; a normalization in training needs two images at least."""

CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
"""Modules of torch that only hold others."""

KEEPS = (nn.modules.batchnorm._BatchNorm, nn.ReLU, nn.SiLU, nn.Hardswish, nn.Sigmoid, nn.Dropout, nn.GELU)
"""Modules that give the shape they take; running them on meta would take most of the time (a batch norm: 6 ms)."""


@dataclass(frozen=True)
class Shape:
    """A tensor of the trace: its dimensions, of which the first may be the batch, and its element type."""

    dims: tuple[Dim, ...]
    dtype: str = "float32"


@dataclass(frozen=True)
class Trace:
    """What a module computes.

    Args:
        module: what was traced, on the meta device.
        nodes: its operations in the order they ran.
        values: what each of them gave: a :class:`Shape` for a tensor, a number, or several of these.
        scopes: the path of the innermost module that each operation belongs to.
        calls: the path below which each call of a module stands: that of the module, numbered from its second call.
        refused: modules that could not be traced, by path, with the reason.
    """

    module: nn.Module
    nodes: tuple[fx.Node, ...]
    values: Mapping[fx.Node, Any]
    scopes: Mapping[fx.Node, str]
    calls: Mapping[fx.Node, str]
    refused: Mapping[str, str]


def trace(
    module: nn.Module,
    example: tuple[torch.Tensor, ...],
    leaf: Callable[[nn.Module], bool],
    progress: Progress = unheard,
) -> Trace:
    """The trace of *module*, in its present mode, for inputs like *example* (the batch first).

    Args:
        leaf: which modules stay whole.
        progress: hears how far it is, and gives it up by raising.

    Raises:
        CanevasError: it cannot be run on inputs of these shapes.
    """
    real, module = module, on_meta(module)
    tracer, graph = _traced(module, leaf)
    progress(0.5)
    try:
        two, three = (_run(module, graph, example, batch, "meta") for batch in BATCHES)
    except CanevasError:
        if not tracer.refused or any(tensor.is_meta for tensor in (*real.parameters(), *real.buffers())):
            raise
        whole = copy.deepcopy(real)  # what asks for values must see some, and may change its buffers
        two, three = (_run(whole, graph, example, batch, "cpu") for batch in BATCHES)
    values = {node: _joined(two[node], three[node]) for node in graph.nodes if node in two}
    return Trace(module, tuple(graph.nodes), values, tracer.scopes, tracer.calls, tracer.refused)


def on_meta(module: nn.Module) -> nn.Module:
    """A copy of *module* on the meta device; the tensors of the original are not copied."""
    tensors = [*module.parameters(), *module.buffers()]
    memo: dict[int, Any] = {}
    for tensor in tensors:
        bare = torch.empty_like(tensor, device="meta")
        memo[id(tensor)] = nn.Parameter(bare, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else bare
    return copy.deepcopy(module, memo)


@dataclass(eq=False)
class _Tracer(fx.Tracer):
    """Notes where each operation belongs; modules in *refused* stay whole because tracing them failed."""

    leaf: Callable[[nn.Module], bool]
    refused: dict[str, str] = field(default_factory=dict)
    scopes: dict[fx.Node, str] = field(default_factory=dict)
    calls: dict[fx.Node, str] = field(default_factory=dict)
    failed: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self.stack: list[str] = [""]
        self.times: dict[str, int] = {}

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        if module_qualified_name in self.refused or self.leaf(m):
            return True
        return m.__module__.startswith("torch.nn") and not isinstance(m, CONTAINERS)

    def call_module(self, m: nn.Module, forward: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        path = self.path_of_module(m)
        call = self._placed(path)
        self.times[call] = self.times.get(call, 0) + 1
        if self.times[call] > 1:
            call = f"{call}@{self.times[call]}"
        if self.is_leaf_module(m, path):
            made = self.create_proxy("call_module", path, args, kwargs)
            self.calls[made.node] = call
            return made
        self.stack.append(call)
        try:
            return forward(*args, **kwargs)
        except Exception:
            self.failed = self.failed or path
            raise
        finally:
            self.stack.pop()

    def _placed(self, path: str) -> str:
        """*path* below the call that surrounds it, so that what is inside a second call stands apart too."""
        around = self.stack[-1]
        plain = ".".join(part.partition("@")[0] for part in around.split("."))
        return around + path[len(plain) :] if around and path.startswith(plain + ".") else path

    def create_node(self, *args: Any, **kwargs: Any) -> fx.Node:
        node = super().create_node(*args, **kwargs)
        self.scopes[node] = self.stack[-1]
        return node


def _traced(module: nn.Module, leaf: Callable[[nn.Module], bool]) -> tuple[_Tracer, fx.Graph]:
    """The tracer after it succeeded; a module whose inside depends on values is kept whole and tracing begins anew."""
    refused: dict[str, str] = {}
    while True:
        tracer = _Tracer(leaf, dict(refused))
        try:
            return tracer, tracer.trace(module)
        except Exception as error:  # a user's forward may raise anything at all
            if not tracer.failed or tracer.failed in refused:
                raise CanevasError(
                    "The forward of {kind} cannot be followed from its input to its output: {reason}. Where it decides "
                    "by values (an if, a loop), put that part in a module of its own: it then stands as one node.",
                    kind=type(module).__name__,
                    reason=_short(error),
                ) from error
            refused[tracer.failed] = _short(error)


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _run(
    module: nn.Module, graph: fx.Graph, example: tuple[torch.Tensor, ...], batch: int, device: str
) -> dict[fx.Node, Any]:
    """What every operation gives for *batch* images on a device."""
    found: dict[fx.Node, Any] = {}

    class Run(fx.Interpreter):
        def run_node(self, n: fx.Node) -> Any:
            made = super().run_node(n)
            found[n] = _described(made)
            return made

        def call_module(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            same = isinstance(self.fetch_attr(str(target)), KEEPS) and len(args) == 1
            return args[0] if same else super().call_module(target, args, kwargs)

    given = [torch.zeros((batch, *x.shape[1:]), dtype=x.dtype, device=device) for x in example]
    try:
        with torch.no_grad(), torch.device(device):  # where tensors stand that are made on the way
            Run(module, graph=graph).run(*given)
    except Exception as error:  # a user's forward may raise anything at all
        raise CanevasError(
            "The module cannot be run on inputs of the shapes given: {reason}", reason=_short(error)
        ) from error
    return found


def _described(made: Any) -> Any:
    if isinstance(made, torch.Tensor):
        return Shape(tuple(made.shape), str(made.dtype).removeprefix("torch."))
    if isinstance(made, torch.Size):
        return tuple(made)
    if isinstance(made, tuple) and hasattr(made, "_fields"):
        return {name: _described(part) for name, part in zip(made._fields, made, strict=True)}
    if isinstance(made, (tuple, list)):
        return type(made)(_described(part) for part in made)
    if isinstance(made, dict):
        return {str(key): _described(part) for key, part in made.items()}
    return made


def _joined(a: Any, b: Any) -> Any:
    """One value for what two batch sizes gave."""
    if isinstance(a, Shape):
        return Shape(tuple(_joined(p, q) for p, q in zip(a.dims, b.dims, strict=True)), a.dtype)
    if isinstance(a, (tuple, list)):
        return type(a)(_joined(p, q) for p, q in zip(a, b, strict=True))
    if isinstance(a, dict):
        return {key: _joined(a[key], b[key]) for key in a}
    if type(a) is int and a != b:
        factor, rest = divmod(a, BATCHES[0])
        if rest or factor * BATCHES[1] != b:
            raise CanevasError("A size is {a} for {m} images, but {b} for {n}.", a=a, m=BATCHES[0], b=b, n=BATCHES[1])
        return "N" if factor == 1 else Multiple(factor, "N")
    return a
