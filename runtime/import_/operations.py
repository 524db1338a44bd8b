"""The kind that a function of torch is: ``torch.cat`` is Concat, ``x[:, 0]`` is Select, ``F.relu`` is ReLU.

One entry per function in :data:`TABLE`; a translator gets the place of the operation and its arguments, where a tensor
is a :class:`Ref` and a number is a number (or a multiple of the batch).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from math import prod
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
    return name.endswith("_") or name in ("iadd", "imul")


def _activation(kind: str, *values: str) -> Callable[..., Ref]:
    def translate(here: Here, x: Any, *given: Any, inplace: bool = False, **named: Any) -> Ref:
        found = dict(zip(values, given, strict=False)) | named
        known = {spec.name: spec for spec in kinds()[kind].specs}
        found = {k: float(v) if known[k].type == "float" else v for k, v in found.items() if k in known}
        return here.put(kind.lower(), kinds()[kind](**found), x)

    return translate


TABLE |= {
    "relu": _activation("ReLU"),
    "relu6": _activation("ReLU6"),
    "silu": _activation("SiLU"),
    "gelu": _activation("GELU", "approximate"),
    "mish": _activation("Mish"),
    "selu": _activation("SELU"),
    "elu": _activation("ELU", "alpha"),
    "celu": _activation("CELU", "alpha"),
    "leaky_relu": _activation("LeakyReLU", "negative_slope"),
    "hardtanh": _activation("Hardtanh", "min_val", "max_val"),
    "hardswish": _activation("Hardswish"),
    "hardsigmoid": _activation("Hardsigmoid"),
    "sigmoid": _activation("Sigmoid"),
    "tanh": _activation("Tanh"),
    "softplus": _activation("Softplus", "beta", "threshold"),
    "softsign": _activation("Softsign"),
    "abs": _activation("Abs"),
    "softmax": _activation("Softmax", "dim"),
    "log_softmax": _activation("LogSoftmax", "dim"),
    "glu": _activation("GLU", "dim"),
    "pixel_shuffle": _activation("PixelShuffle", "upscale_factor"),
    "pixel_unshuffle": _activation("PixelUnshuffle", "downscale_factor"),
    "channel_shuffle": _activation("ChannelShuffle", "groups"),
}


@translates("dropout")
def _dropout(here: Here, x: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Ref:
    return here.put("dropout", kinds()["Dropout"](p=float(p)), x) if training else x


@translates("add", "iadd")
def _add(here: Here, a: Any, b: Any, *, alpha: float = 1) -> Ref:
    if alpha != 1:
        refuse("a factor stands before the second term")
    if hasattr(b, "path") and isinstance(a, Ref):
        return here.parameter(b, "PositionBias", a)
    if hasattr(a, "path") and isinstance(b, Ref):
        return here.parameter(a, "PositionBias", b)
    return here.put("add", kinds()["Add"](), (a, b))


@translates("mul", "imul", "multiply")
def _mul(here: Here, a: Any, b: Any) -> Ref:
    if hasattr(b, "path") and isinstance(a, Ref):
        return here.parameter(b, "Scale", a)
    if hasattr(a, "path") and isinstance(b, Ref):
        return here.parameter(a, "Scale", b)
    return here.put("multiply", kinds()["Multiply"](), (a, b))


@translates("maximum")
def _maximum(here: Here, a: Any, b: Any) -> Ref:
    return here.put("maximum", kinds()["Maximum"](), (a, b))


@translates("cat", "concat", "concatenate")
def _cat(here: Here, tensors: Any, dim: int = 0) -> Ref:
    if len(tensors) == 1:
        return tensors[0]
    if getattr(tensors[0], "expanded", False) and len(tensors) == 2 and dim == 1:
        return here.parameter(tensors[0], "PrependToken", tensors[1])
    return here.put("concat", kinds()["Concat"](dim=dim), tuple(tensors))


@translates("contiguous", "clone")
def _same(here: Here, x: Any, **_: Any) -> Any:
    return x


@translates("expand")
def _expand(here: Here, x: Any, *sizes: Any) -> Any:
    if hasattr(x, "path") and here.shape.dims == ("N", *x.shape[1:]):
        return x.__class__(x.path, x.shape, True)
    return refuse("only a token can be repeated for every image")


@translates("flatten")
def _flatten(here: Here, x: Any, start_dim: int = 0, end_dim: int = -1) -> Ref:
    return here.put("flatten", kinds()["Flatten"](start_dim=start_dim, end_dim=end_dim), x)


@translates("reshape", "view")
def _reshape(here: Here, x: Any, *_: Any) -> Ref:
    """Several axes become one, one becomes several, or (where neither is true) the values are written anew."""
    before, after = here.dims(x), here.shape.dims
    if before == after:
        return x
    if before[0] != after[0]:
        refuse("it changes the number of images")
    first = next(
        (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    fewer = len(before) - len(after)
    if fewer > 0 and first < len(after) and before[first + fewer + 1 :] == after[first + 1 :]:
        last = first + fewer
        layer = kinds()["Flatten"](start_dim=first, end_dim=-1 if last == len(before) - 1 else last)
        return here.put("flatten", layer, x)
    if fewer < 0 and first < len(before) and after[first - fewer + 1 :] == before[first + 1 :]:
        parts = after[first : first - fewer + 1]
        if prod(parts) == before[first]:  # type: ignore[arg-type]
            return here.put("unflatten", kinds()["Unflatten"](dim=first, unflattened_size=parts), x)
    return here.put("reshape", kinds()["Reshape"](shape=after[1:]), x)


@translates("permute")
def _permute(here: Here, x: Any, *dims: Any) -> Ref:
    order = dims[0] if len(dims) == 1 and isinstance(dims[0], (tuple, list)) else dims
    return here.put("permute", kinds()["Permute"](dims=tuple(d % len(order) for d in order)), x)


@translates("transpose", "swapaxes", "swapdims")
def _transpose(here: Here, x: Any, dim0: int, dim1: int) -> Ref:
    return here.put("transpose", kinds()["Transpose"](dim0=dim0, dim1=dim1), x)


@translates("mean")
def _mean(here: Here, x: Any, dim: Any = None, keepdim: bool = False) -> Ref:
    dims = tuple(dim) if isinstance(dim, (tuple, list)) else (dim,)
    return here.put("mean", kinds()["MeanOver"](dims=dims, keepdim=keepdim), x)


@translates("unsqueeze")
def _unsqueeze(here: Here, x: Any, dim: int) -> Ref:
    return here.put("unsqueeze", kinds()["Unsqueeze"](dim=dim % len(here.shape.dims)), x)


@translates("squeeze")
def _squeeze(here: Here, x: Any, dim: Any = None) -> Ref:
    if not isinstance(dim, int):
        refuse("it does not say which axis is removed")
    return here.put("squeeze", kinds()["Squeeze"](dim=dim), x)


class Parts(NamedTuple):
    """The parts of a tensor that is split; each becomes a layer when it is taken."""

    x: Ref
    layers: tuple[Layer, ...]
    name: str


@translates("chunk")
def _chunk(here: Here, x: Any, chunks: int, dim: int = 0) -> Parts:
    count = len(here.rewrite.trace.values[here.node])
    made = tuple(kinds()["Chunk"](chunks=chunks, index=i, dim=dim) for i in range(count))
    return Parts(x, made, "chunk")


@translates("split")
def _split(here: Here, x: Any, sizes: Any, dim: int = 0) -> Parts:
    lengths = [shape.dims[dim] for shape in here.rewrite.trace.values[here.node]]
    starts = [sum(lengths[:i]) for i in range(len(lengths))]
    made = (kinds()["Slice"](dim=dim, start=s, length=n) for s, n in zip(starts, lengths, strict=True))
    return Parts(x, tuple(made), "split")


@translates("getitem")
def _getitem(here: Here, x: Any, index: Any) -> Any:
    """A part of a split tensor, an entry of a list, or the places of an axis (``x[:, 0]``, ``x[:, 2:5]``)."""
    if isinstance(x, Parts):
        return here.put(x.name, x.layers[index], x.x)
    if not isinstance(x, Ref):
        return x[index]
    dims = here.dims(x)
    wanted = list(index) if isinstance(index, tuple) else [index]
    if Ellipsis in wanted:
        at = wanted.index(Ellipsis)
        wanted[at : at + 1] = [slice(None)] * (len(dims) - len(wanted) + 1)
    chosen = [(axis, one) for axis, one in enumerate(wanted) if one != slice(None)]
    if len(chosen) != 1:
        refuse("only places of one axis can be taken at once")
    axis, one = chosen[0]
    if isinstance(one, int):
        return here.put("select", kinds()["Select"](dim=axis, index=one), x)
    if not isinstance(one, slice) or not isinstance(dims[axis], int):
        refuse("these places cannot be named")
    start, stop, step = one.indices(dims[axis])
    if step != 1:
        refuse("only neighboring places can be taken")
    return here.put("slice", kinds()["Slice"](dim=axis, start=start, length=stop - start), x)


@translates("namedtuple")
def _namedtuple(here: Here, *parts: Any, **named: Any) -> dict[str, Any]:
    return dict(zip(here.node.target._fields, parts, strict=False)) | named  # type: ignore[union-attr]


@translates("max_pool1d", "max_pool2d", "max_pool3d")
def _max_pool(
    here: Here, x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Ref:  # fmt: skip
    if return_indices:
        refuse("the places of the maxima are asked for")
    layer = kinds()[f"MaxPool{name_of(here.node)[-2:]}"](
        kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode
    )
    return here.put("pool", layer, x)


@translates("avg_pool1d", "avg_pool2d", "avg_pool3d")
def _avg_pool(
    here: Here, x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: Any = None,
) -> Ref:  # fmt: skip
    if divisor_override is not None:
        refuse("its divisor is chosen")
    layer = kinds()[f"AvgPool{name_of(here.node)[-2:]}"](
        kernel_size=kernel_size, stride=stride, padding=padding, ceil_mode=ceil_mode,
        count_include_pad=count_include_pad,
    )  # fmt: skip
    return here.put("pool", layer, x)


@translates(*(f"adaptive_{how}_pool{n}d" for how in ("avg", "max") for n in (1, 2, 3)))
def _adaptive(here: Here, x: Any, output_size: Any, return_indices: bool = False) -> Ref:
    _, how, last = name_of(here.node).split("_")
    return here.put("pool", kinds()[f"Adaptive{how.title()}Pool{last[-2:]}"](output_size=output_size), x)


@translates("interpolate")
def _interpolate(
    here: Here, x: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
    align_corners: bool | None = None, recompute_scale_factor: Any = None, antialias: bool = False,
) -> Ref:  # fmt: skip
    if antialias or recompute_scale_factor:
        refuse("it smooths, or computes its factor anew")
    size_argument = here.node.kwargs.get("size", here.node.args[1] if len(here.node.args) > 1 else None)
    like = here.rewrite.env.get(_measured(size_argument)) if isinstance(size_argument, fx.Node) else None
    target = here.shape.dims[2:]
    layer = kinds()["Interpolate"](size=target, mode=mode, align_corners=bool(align_corners))
    if isinstance(like, Ref) and here.dims(like)[2:] == target:
        return here.put("resize", layer, x, like)
    if size is None and isinstance(scale_factor, (int, float)):
        layer = kinds()["Upsample"](scale_factor=float(scale_factor), mode=mode, align_corners=bool(align_corners))
    return here.put("resize", layer, x) if size is None else here.put("resize", layer, x, None)


def _measured(size: fx.Node) -> fx.Node:
    """The value whose shape was asked for to get this size."""
    while size.op == "call_function" and size.target is operator.getitem:
        size = size.args[0]  # type: ignore[assignment]
    asks = size.target is getattr or size.target == "size"
    return size.args[0] if asks else size  # type: ignore[return-value]


@translates("pad")
def _pad(here: Here, x: Any, pad: Any, mode: str = "constant", value: Any = None) -> Ref:
    return here.put("pad", kinds()["Pad"](padding=tuple(pad), mode=mode, fill=float(value or 0)), x)
