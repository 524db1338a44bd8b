"""What a kind of layer is: one frozen dataclass that says everything about it.

The class is at once the help page, the form in the inspector, the value in the document, the record in the file, the
rule of shapes and the text of torch's constructor.  Its defaults describe an element-wise layer, so ReLU is three
lines.  The decorator :func:`kind` registers it; palette, files, source, tests and documentation find it by themselves.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self, TypeVar

from graph.plugins import load_plugins
from graph.tensors import Tensor
from graph.text import Message, say
from graph.values import Spec, specs_of
from graph.windows import Seen

CATEGORIES: dict[str, Message] = {
    "io": say("Input / output"),
    "conv": say("Convolution"),
    "pool": say("Pooling"),
    "norm": say("Normalization"),
    "act": say("Activation"),
    "dense": say("Dense"),
    "merge": say("Merge"),
    "attn": say("Attention"),
    "res": say("Resample"),
    "det": say("Detection"),
    "loss": say("Loss"),
    "tens": say("Tensor operations"),
}
"""Families of kinds, in the order of the palette, by the key that colors and icons use."""

BOTH, TRAINING, INFERENCE = "both", "training", "inference"
"""When a kind is computed: always, only for the losses, or only for the outputs."""


RESERVED = frozenset(("name", "kind", "block", "at", "bind", "frozen", "bypass", "repeat", "shares"))
"""Fields of a node in a file; no value and no variable bears such a name."""


class Port(NamedTuple):
    """A place where edges begin or end.

    *accepts* are the classes of :mod:`graph.tensors` it takes or gives; an input may be *optional* (its rule gets
    None when free) or take *many* edges (its rule gets a tuple).
    """

    name: str
    accepts: tuple[type, ...] = (Tensor,)
    optional: bool = False
    many: bool = False


class Weight(NamedTuple):
    """One tensor of the state_dict: a parameter that learns, or a buffer that does not."""

    shape: tuple[int, ...]
    parameter: bool = True
    dtype: str = "float32"

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)


class Part(NamedTuple):
    """A part of a number: where it comes from (a path, a key), what it adds, and what there is with it."""

    name: str
    adds: str
    sum: str = ""
    note: Message | None = None


class Explanation(NamedTuple):
    """A number, explained: its formula, the same with the user's numbers, the result, one sentence why, the source.

    *parts* are the terms of a sum one by one; *note* says where a reader would trip.
    """

    formula: str
    worked: str
    result: str
    why: Message
    source: str = ""
    parts: tuple[Part, ...] = ()
    note: Message | None = None


@dataclass(frozen=True)
class Layer:
    """A kind with its values.  Subclasses are made with :func:`kind`; what they do not say is element-wise."""

    category: ClassVar[str] = "tens"
    formula: ClassVar[str] = ""
    source: ClassVar[str] = ""
    words: ClassVar[str] = ""
    """Other words a person may search it by (both languages), separated by spaces."""
    module: ClassVar[str] = "torch.nn"
    """Where torch keeps the class of the same name; ``"runtime.modules"`` for a module of our own; empty if none."""
    when: ClassVar[str] = BOTH
    passes: ClassVar[str] = ""
    """Of a layer that is not computed in one of the modes: the input that its first output is there."""
    overwrites: ClassVar[bool] = False
    """Whether torch's module can write its result over what it takes (``inplace=True``)."""
    offered: ClassVar[bool] = True
    """Whether a person may choose it; what only an import makes is not offered."""
    task: ClassVar[str] = ""
    """What a network with this target learns to do: ``"classification"``; empty for what is no target."""
    inputs: ClassVar[tuple[Port, ...]] = (Port("x"),)
    outputs: ClassVar[tuple[Port, ...]] = (Port("out"),)
    specs: ClassVar[tuple[Spec, ...]] = ()

    if TYPE_CHECKING:  # each kind is made a dataclass by the decorator, which type checkers cannot follow

        def __init__(self, *values: Any, **named: Any) -> None: ...

    def __post_init__(self) -> None:
        for spec in self.specs:
            raw = getattr(self, spec.name)
            if raw is spec.default:  # which was checked when the kind was made
                continue
            checked = spec.check(raw)
            if checked is not raw:
                object.__setattr__(self, spec.name, checked)

    @property
    def kind(self) -> str:
        """Name of the kind, torch's."""
        return type(self).__name__

    @property
    def values(self) -> dict[str, Any]:
        """The values by name, all of them."""
        return {spec.name: getattr(self, spec.name) for spec in self.specs}

    @property
    def changed(self) -> dict[str, Any]:
        """The values that differ from the kind's defaults."""
        default = type(self)()
        return {k: v for k, v in self.values.items() if v != getattr(default, k)}

    def with_values(self, **values: Any) -> Self:
        """The same layer with other values.

        Raises:
            InvalidValue: a value is out of its range.
        """
        return replace(self, **values)

    @property
    def caption(self) -> str:
        """The main values in a few characters, as they stand on a node: ``64, 3×3, /2``."""
        return ", ".join(f"{k} {v}" for k, v in self.changed.items())

    def output(self, *x: Any) -> Any:
        """Shape rule: what leaves each output port (one value, or a tuple of several).

        Raises:
            ShapeError: it cannot take *x*; says why with numbers, and a way out.
        """
        return x[0]

    def weights(self, *x: Any) -> dict[str, Weight]:
        """Parameters and buffers by their key in the state_dict below the node's path."""
        return {}

    def macs(self, *x: Any) -> int:
        """Multiply-adds per image: those of convolutions and matrix products; nothing for bias or element-wise work."""
        return 0

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """Per input port, which positions an output position sees; element-wise by default."""
        return (None,) * len(x)

    def arguments(self, *x: Any) -> dict[str, Any]:
        """Arguments of torch's constructor, in its order: those that differ from torch's defaults."""
        default = type(self)()
        return {s.name: v for s in self.specs if (v := getattr(self, s.name)) != getattr(default, s.name) or s.always}

    def expression(self, *names: Any) -> str:
        """The Python expression computing it from the variables *names* (a tuple of names for a port that takes many).

        Empty (the default) where the layer is a module that is called.
        """
        return ""

    def call(self, own: str, *names: Any) -> str:
        """The Python expression computing it where there is more to say than ``own(x)``.

        *own* is its module, or its parameter where the weight stands at the path itself.  Empty by default.
        """
        return ""

    def parameter(self, shape: str) -> str:
        """The Python expression of the first value of a weight that stands at the path itself; *shape* is its text."""
        return f"torch.zeros({shape})"

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """How a number comes about; *quantity* is ``"output"``, ``"weights"`` or ``"macs"``; None: nothing to add."""
        return None


LayerClass = TypeVar("LayerClass", bound=type[Layer])
_KINDS: dict[str, type[Layer]] = {}


def kind(cls: LayerClass) -> LayerClass:
    """Make a frozen dataclass of a :class:`Layer` subclass and register it under its name."""
    made: Any = dataclass(frozen=True)(cls)
    made.specs = specs_of(made)
    for spec in made.specs:
        if not isinstance(spec.default, type(spec.check(spec.default))) or spec.check(spec.default) != spec.default:
            raise TypeError(f"{made.__name__}: the default of {spec.name} is not in its normal form")
    if made.__name__ in _KINDS:
        raise TypeError(f"the kind {made.__name__} exists already")
    if clash := RESERVED.intersection(spec.name for spec in made.specs):
        raise TypeError(f"{made.__name__}: no value may be called {min(clash)!r}")
    if made.category not in CATEGORIES:
        raise TypeError(f"{made.__name__}: unknown category {made.category!r}")
    _KINDS[made.__name__] = made
    return made  # type: ignore[no-any-return]


def kinds() -> Mapping[str, type[Layer]]:
    """Every registered kind by name, those of plug-ins (entry point group ``canevas.layers``) included."""
    _load_plugins()
    return _KINDS


def help_of(cls: type[Layer]) -> str:
    """The first paragraph of a kind's docstring on one line (English; pass it through ``tr``)."""
    return " ".join((inspect.getdoc(cls) or "").split("\n\n")[0].split())


def refused_plugins() -> list[Message]:
    """What went wrong with plug-ins while loading them, a sentence each."""
    _load_plugins()
    return list(_Plugins.refused)


class _Plugins:
    loaded = False
    refused: ClassVar[list[Message]] = []


def _load_plugins() -> None:
    if _Plugins.loaded:
        return
    _Plugins.loaded = True
    import_module("graph.layers")  # ours; nobody need have imported them
    _Plugins.refused = load_plugins("canevas.layers", _KINDS)
