"""A trace made of kinds: every operation that computes becomes a layer, and arithmetic of shapes disappears.

What no kind expresses becomes an ``Opaque`` layer, and the plan says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from torch import fx, nn

from graph.errors import CanevasError
from graph.layer import Layer, kinds
from graph.network import check_name
from graph.tensors import Tensor
from runtime.import_ import functions, operations, reshaping
from runtime.import_.layers import layer_of
from runtime.import_.steps import Plan, Ref, Step
from runtime.import_.trace import Shape, Trace

TRANSLATORS = (functions, reshaping)
"""What they translate stands in ``operations.TABLE`` once they are imported."""


@dataclass(frozen=True)
class Parameter:
    """A parameter that stands by itself, beside the modules; *expanded* once it was repeated for every image."""

    path: str
    shape: tuple[int, ...]
    expanded: bool = False


class Refused(Exception):
    """No kind expresses this operation; the message says why."""


def rewrite(trace: Trace) -> Plan:
    """The plan of a traced module."""
    made = _Rewrite(trace)
    for node in trace.nodes:
        made.node(node)
    return made.plan


class _Rewrite:
    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.plan = Plan(classes=_classes(trace.module))
        self.env: dict[fx.Node, Any] = {}
        self.taken: set[tuple[str, ...]] = set()
        self.owners: dict[str, tuple[str, ...]] = {}
        self.places: dict[str, tuple[str, ...]] = {}

    def node(self, node: fx.Node) -> None:
        """One operation of the trace."""
        if node.op == "output":
            self.plan.outputs = _named(self.read(node.args[0]))
        elif node.op == "placeholder":
            alone = sum(other.op == "placeholder" for other in self.trace.nodes) == 1
            name = self.free((), "input" if alone else str(node.target))
            shape = self.trace.values[node].dims[1:]
            self.env[node] = self.put((name,), kinds()["Input"](shape=shape), (), self.trace.values[node])
        elif node.op == "get_attr":
            self.env[node] = self._attribute(str(node.target))
        elif not _holds_tensor(self.trace.values[node]):
            self.env[node] = self.trace.values[node]
        elif node.op == "call_module":
            self.env[node] = self._module(node)
        else:
            self.env[node] = self._operation(node)

    def _attribute(self, path: str) -> Any:
        found: Any = self.trace.module
        for part in path.split("."):
            found = getattr(found, part)
        return Parameter(path, tuple(found.shape)) if isinstance(found, nn.Parameter) else _Held(path)

    def read(self, argument: Any) -> Any:
        """An argument of an operation with what is known in the place of nodes."""
        if isinstance(argument, fx.Node):
            return self.env[argument]
        if isinstance(argument, (tuple, list)):
            return type(argument)(self.read(part) for part in argument)
        if isinstance(argument, slice):
            return slice(*(self.read(part) for part in (argument.start, argument.stop, argument.step)))
        if isinstance(argument, dict):
            return {key: self.read(part) for key, part in argument.items()}
        return argument

    def _module(self, node: fx.Node) -> Any:
        path = str(node.target)
        module = self.trace.module.get_submodule(path)
        place = self._place(self.trace.calls[node])
        try:
            if path in self.trace.refused:
                raise Refused(self.trace.refused[path])
            if self.owners.setdefault(path, place)[:-1] != place[:-1] and module.state_dict():
                raise Refused("its weights are used twice, and not side by side")
            found = self._called(node, module, place)
        except (Refused, CanevasError) as error:
            found = self._opaque(node, place, type(module).__name__, str(error), module)
        if getattr(module, "inplace", False) and isinstance(found, Ref):
            self._overwritten(node.args[0], found)
        return found

    def _called(self, node: fx.Node, module: nn.Module, place: tuple[str, ...]) -> Any:
        args, kwargs = self.read(node.args), self.read(node.kwargs)
        value = self.trace.values[node]
        if isinstance(module, nn.MultiheadAttention):
            if self.owners[str(node.target)] != place:
                raise Refused("its weights are used twice")
            return operations.attention(self, layer_of(module), args, kwargs, place, value[0]), None
        if type(module) in operations.MODULES:
            layer = operations.MODULES[type(module)](*args[1:], **kwargs)
            args, kwargs = args[:1], {}
        else:
            layer = layer_of(module)
        if kwargs or not all(isinstance(a, Ref) for a in args):
            raise Refused("it is called with more than the values that flow")
        found = self.put(place, layer, tuple(args), value, module)
        self.plan.steps[found.step].weights = str(node.target) if module.state_dict() else ""
        return found

    def _operation(self, node: fx.Node) -> Any:
        name = operations.name_of(node)
        args, kwargs = self.read(node.args), self.read(node.kwargs)
        here = operations.Here(self, node)
        try:
            if name not in operations.TABLE:
                raise Refused(f"there is no kind for {name or node.target}")
            found = operations.TABLE[name](here, *args, **kwargs)
        except (Refused, CanevasError, TypeError) as error:
            found = self._opaque(node, self.named(node, name or "opaque"), name or str(node.target), str(error))
        if isinstance(found, Ref) and (operations.is_in_place(node) or kwargs.get("inplace")):
            self._overwritten(node.args[0], found)
        return found

    def _overwritten(self, before: Any, after: Ref) -> None:
        """An operation in place: whoever reads its input later reads its result."""
        old = self.env.get(before)
        if isinstance(old, Ref) and old != after:
            self.env |= {node: after for node, value in self.env.items() if value == old}

    def put(
        self,
        place: tuple[str, ...],
        layer: Layer,
        takes: tuple[Any, ...],
        shape: Shape,
        module: nn.Module | None = None,
        own: dict[str, tuple[int, ...]] | None = None,
    ) -> Ref:
        """A new step, if the layer computes the shape that was traced from what arrives.

        Raises:
            Refused: it does not, or it has other weights than the module.
        """
        step = Step(place, layer, takes)
        flows = [self._flows(taken) for taken in takes]
        out = layer.output(*flows)
        if not isinstance(out, Tensor) or out.dims != shape.dims or out.dtype != shape.dtype:
            raise Refused(f"{layer.kind} would give {out}, not {shape.dims}")
        expected = own if own is not None else _weights(module)
        found = {key: weight.shape for key, weight in layer.weights(*flows).items()}
        if found != expected:
            raise Refused(f"the weights of {layer.kind} are others: {found}")
        step.flow = out
        self.taken.add(place)
        self.plan.steps.append(step)
        return Ref(len(self.plan.steps) - 1)

    def _flows(self, taken: Any) -> Any:
        if taken is None or isinstance(taken, Ref):
            return None if taken is None else self.plan.steps[taken.step].flow
        return tuple(self.plan.steps[ref.step].flow for ref in taken)

    def _opaque(
        self, node: fx.Node, place: tuple[str, ...], of: str, reason: str, module: nn.Module | None = None
    ) -> Any:
        """A step that is only shown, for each tensor that leaves the operation."""
        takes = (tuple(dict.fromkeys(_refs(self.read([*node.args, *node.kwargs.values()])))),)
        value = self.trace.values[node]
        tensors = [_held(module)]

        def one(shape: Any, at: tuple[str, ...]) -> Any:
            if isinstance(shape, Shape):
                layer = kinds()["Opaque"](of=of, shape=shape.dims[1:] or (1,), held=tensors.pop() if tensors else "")
                self.plan.opaque[".".join(at)] = reason
                step = Step(at, layer, takes, Tensor(shape.dims, False, shape.dtype))
                self.taken.add(at)
                self.plan.steps.append(step)
                return Ref(len(self.plan.steps) - 1)
            if isinstance(shape, dict):
                return {
                    key: one(part, (*at[:-1], self.free(at[:-1], f"{at[-1]}_{key}"))) for key, part in shape.items()
                }
            if isinstance(shape, (tuple, list)):
                return tuple(
                    one(part, at if i == 0 else (*at[:-1], self.free(at[:-1], f"{at[-1]}_{i}")))
                    for i, part in enumerate(shape)
                )
            return shape

        return one(value, place)

    def _place(self, call: str) -> tuple[str, ...]:
        """Where the module of a *call* stands; that of a second call has no weights, and gets a name of its own."""
        if call not in self.places:
            *outer, name = call.split(".")
            around = self._place(".".join(outer)) if outer else ()
            plain, again, _ = name.partition("@")
            self.places[call] = (*around, self.free(around, plain) if again else plain)
            self.taken.add(self.places[call])
        return self.places[call]

    def named(self, node: fx.Node, wanted: str) -> tuple[str, ...]:
        """A free place for an operation, in the module that it belongs to."""
        scope = self.trace.scopes[node]
        around = self._place(scope) if scope else ()
        return (*around, self.free(around, wanted))

    def free(self, around: tuple[str, ...], wanted: str) -> str:
        """*wanted*, numbered where a module or an operation bears it already."""
        number, name = 1, wanted
        while (*around, name) in self.taken or ".".join((*around, name)) in self.plan.classes or not _allowed(name):
            number += 1
            name = f"{wanted}{number}"
        return name


@dataclass(frozen=True)
class _Held:
    """A buffer, or what else a module holds."""

    path: str


def _allowed(name: str) -> bool:
    try:
        check_name(name)
    except CanevasError:
        return False
    return True


def _classes(module: nn.Module) -> dict[str, str]:
    return {path: type(child).__name__ for path, child in module.named_modules()}


def _weights(module: nn.Module | None) -> dict[str, tuple[int, ...]]:
    return {} if module is None else {key: tuple(tensor.shape) for key, tensor in module.state_dict().items()}


def _held(module: nn.Module | None) -> str:
    """The weights of a module as the text that an opaque node keeps."""
    learned = {} if module is None else dict(module.named_parameters())
    parts = [
        (key, "×".join(map(str, shape)), "" if key in learned else "buffer") for key, shape in _weights(module).items()
    ]
    return "; ".join(" ".join(filter(None, part)) for part in parts)


def _holds_tensor(value: Any) -> bool:
    if isinstance(value, Shape):
        return True
    parts: Iterable[Any] = (
        value.values() if isinstance(value, dict) else value if isinstance(value, (tuple, list)) else ()
    )
    return any(_holds_tensor(part) for part in parts)


def _refs(value: Any) -> list[Ref]:
    if isinstance(value, Ref):
        return [value]
    parts: Iterable[Any] = (
        value.values() if isinstance(value, dict) else value if isinstance(value, (tuple, list)) else ()
    )
    return [ref for part in parts for ref in _refs(part)]


def _named(value: Any) -> dict[str, Ref]:
    """What leaves the module, by name."""
    if isinstance(value, Ref):
        return {"output": value}
    if isinstance(value, dict):
        return {key: part for key, part in value.items() if isinstance(part, Ref)}
    return {f"output{i + 1}": part for i, part in enumerate(value) if isinstance(part, Ref)}
