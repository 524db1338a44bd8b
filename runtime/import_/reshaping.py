"""Functions of torch that write the same values in another shape, order or extent, each as the kind that it is."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

from graph.layer import Layer, kinds
from runtime.import_.operations import Here, refuse, translates
from runtime.import_.steps import Ref


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


@translates("pad")
def _pad(here: Here, x: Any, pad: Any, mode: str = "constant", value: Any = None) -> Ref:
    return here.put("pad", kinds()["Pad"](padding=tuple(pad), mode=mode, fill=float(value or 0)), x)
