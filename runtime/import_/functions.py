"""Functions of torch that compute: curves, sums and products, poolings, resampling, each as the kind that it is."""

from __future__ import annotations

import operator
from collections.abc import Callable
from math import frexp
from typing import Any

from torch import fx

from graph.layer import kinds
from runtime.import_.operations import TABLE, Here, name_of, refuse, translates
from runtime.import_.steps import Ref


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


def _number(value: Any) -> bool:
    return type(value) in (int, float)


def _rescaled(here: Here, x: Any, factor: float, offset: float) -> Ref:
    return here.put("rescale", kinds()["Rescale"](factor=float(factor), offset=float(offset)), x)


@translates("add", "iadd")
def _add(here: Here, a: Any, b: Any, *, alpha: float = 1) -> Ref:
    if alpha != 1:
        refuse("a factor stands before the second term")
    if _number(a) or _number(b):
        return _rescaled(here, b, 1, a) if _number(a) else _rescaled(here, a, 1, b)
    if hasattr(b, "path") and isinstance(a, Ref):
        return here.parameter(b, "PositionBias", a)
    if hasattr(a, "path") and isinstance(b, Ref):
        return here.parameter(a, "PositionBias", b)
    return here.put("add", kinds()["Add"](), (a, b))


@translates("mul", "imul", "multiply")
def _mul(here: Here, a: Any, b: Any) -> Ref:
    if _number(a) or _number(b):
        return _rescaled(here, b, a, 0) if _number(a) else _rescaled(here, a, b, 0)
    if hasattr(b, "path") and isinstance(a, Ref):
        return here.parameter(b, "Scale", a)
    if hasattr(a, "path") and isinstance(b, Ref):
        return here.parameter(a, "Scale", b)
    return here.put("multiply", kinds()["Multiply"](), (a, b))


@translates("sub", "isub")
def _sub(here: Here, a: Any, b: Any) -> Ref:
    if _number(b):
        return _rescaled(here, a, 1, -b)
    return _rescaled(here, b, -1, a) if _number(a) else refuse("no kind subtracts one value from another")


@translates("truediv", "div", "itruediv")
def _div(here: Here, a: Any, b: Any) -> Ref:
    if not _number(b) or frexp(b)[0] not in (0.5, -0.5):
        refuse("only a division by a power of two is a multiplication, digit by digit")
    return _rescaled(here, a, 1 / b, 0)


@translates("neg")
def _neg(here: Here, x: Any) -> Ref:
    return _rescaled(here, x, -1, 0)


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
