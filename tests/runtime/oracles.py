"""What each kind computes, by a second source: torch's own class, torchvision's, numpy, or loops over positions.

A kind whose class torch has needs nothing here: :func:`of_torch` makes torch's class from the kind's values by the
names of its arguments.  A kind that torch lacks has one entry in :data:`OTHERS`; the test that runs over all kinds says
which one is missing.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
import torchvision
from torch import Tensor, nn
from torchvision.models import convnext, maxvit, swin_transformer

from graph.layer import Layer

F = nn.functional
Weights = Mapping[str, Tensor]

DERIVED: dict[str, Callable[[Layer, Any], Any]] = {
    "in_channels": lambda layer, x: x.channels,
    "in_features": lambda layer, x: x.channels,
    "num_features": lambda layer, x: x.channels,
    "num_channels": lambda layer, x: x.channels,
    "embed_dim": lambda layer, x: x.dims[-1],
    "batch_first": lambda layer, x: True,
    "normalized_shape": lambda layer, x: x.dims[-layer.over :],
    "num_parameters": lambda layer, x: x.channels if layer.per_channel else 1,
}
"""Arguments of torch's constructors that follow from what arrives."""

OURS = {"share", "padding_value", "over", "per_channel"}
"""Values that torch's constructors do not have, each looked at below."""


def of_torch(layer: Layer, weights: Weights, flows: tuple[Any, ...], *given: Tensor) -> Tensor:
    """What torch's class of the same name makes of *given*, constructed from the kind's values and *flows*."""
    cls = getattr(nn, layer.kind)
    known = inspect.signature(cls).parameters
    values = dict(layer.values)
    assert set(values) - set(known) <= OURS, f"{layer.kind}: torch has no {set(values) - set(known)}"
    values = {name: value for name, value in values.items() if name in known}
    values |= {name: rule(layer, flows[0]) for name, rule in DERIVED.items() if name in known}
    if layer.category == "loss":
        values = {name: v for name, v in values.items() if v is not None}
        given_weights = values.pop("weight", ())
        values |= {"weight": torch.tensor(given_weights)} if given_weights else {}
    values = CHANGED.get(layer.kind, lambda layer, flows, values: values)(layer, flows, values)
    module = cls(**values).eval()
    module.load_state_dict(dict(weights))
    if layer.kind == "MultiheadAttention":
        return module(*given * 3)[0]
    if getattr(layer, "padding_value", 0.0):
        module.padding = (0,) * layer.axes
        sides = [n for pair in reversed(layer.pads()) for n in pair]
        given = (getattr(nn, f"ConstantPad{layer.axes}d")(tuple(sides), layer.padding_value)(given[0]),)
    return module(*given) * getattr(layer, "share", 1.0)


CHANGED: dict[str, Callable[[Layer, Any, dict[str, Any]], dict[str, Any]]] = {
    "Bilinear": lambda layer, x, v: v | {"in1_features": x[0].channels, "in2_features": x[1].channels},
    "LPPool1d": lambda layer, x, v: v | {"kernel_size": v["kernel_size"][0], "stride": v["stride"] and v["stride"][0]},
    "Upsample": lambda layer, x, v: {
        "size": tuple(int(n * layer.scale_factor) for n in x[0].spatial),
        "mode": layer.mode,
        "align_corners": None if layer.mode == "nearest" else layer.align_corners,
    },
}
"""Where an argument is not the value of the same name."""


def _numpy(made: Any) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(made))


def _one(module: nn.Module, weights: Weights, *given: Any) -> Tensor:
    module.eval().load_state_dict(dict(weights))
    return module(*given)


def _kept(layer: Layer, x: Tensor, *like: Tensor) -> Tensor:
    size = like[0].shape[-2:] if like else layer.size
    first = [(n - m) // 2 for n, m in zip(x.shape[-2:], size, strict=True)]
    return x[:, :, first[0] : first[0] + size[0], first[1] : first[1] + size[1]]


def _cut(layer: Layer, x: Tensor, *like: Tensor) -> Tensor:
    """A piece from the offset on, as large as the other or of the given size."""
    for axis, (at, n) in enumerate(zip(layer.offset, like[0].shape[2:] if like else layer.size, strict=True), 2):
        x = x.narrow(axis, at, n)
    return x


def _resized(layer: Layer, x: Tensor, *like: Tensor) -> Tensor:
    size = tuple(like[0].shape[2:]) if like else layer.size
    corners = None if layer.mode == "nearest" else layer.align_corners
    return nn.Upsample(size=size, mode=layer.mode, align_corners=corners)(x)


def _bordered(layer: Layer, x: Tensor) -> Tensor:
    name = {"constant": "Constant", "reflect": "Reflection", "replicate": "Replication", "circular": "Circular"}
    border = tuple(layer.padding) + (0,) * (2 * (x.ndim - 2) - len(layer.padding))
    more = (layer.fill,) if layer.mode == "constant" else ()
    return getattr(nn, f"{name[layer.mode]}Pad{x.ndim - 2}d")(border, *more)(x)


def _unshared(layer: Layer, weights: Weights, x: Tensor) -> Tensor:
    """Position by position, a convolution of one window with the weights of that position."""
    axes = layer.axes
    x = F.pad(x, [n for p in reversed(layer.padding) for n in (p, p)])
    places = weights["weight"].shape[2 + axes :]
    out = torch.zeros(len(x), layer.out_channels, *places)
    for at in np.ndindex(*places):
        window = x
        for axis, (i, s, k) in enumerate(zip(at, layer.stride, layer.kernel_size, strict=True)):
            window = window.narrow(2 + axis, i * s, k)
        own = weights["weight"][(..., *at)]
        out[(..., *at)] = torch.tensordot(window, own, dims=(list(range(1, axes + 2)), list(range(1, axes + 2))))
    return out + weights["bias"] if layer.bias else out


def _by_table(layer: Layer, weights: Weights, x: Tensor) -> Tensor:
    """Filter by filter, map by map: each connection is a convolution of one map with one window."""
    x = F.pad(x, [n for p in reversed(layer.padding) for n in (p, p)], value=layer.padding_value)
    found, at = [], 0
    for row in layer.rows:
        maps = []
        for seen in row:
            window = weights["weight"][at]
            maps.append(F.conv2d(x[:, seen : seen + 1], window[None, None], stride=layer.stride))
            at += 1
        found.append(sum(maps))
    out = torch.cat(found, 1)
    bias = {"none": 0.0, "filter": weights.get("bias"), "unit": weights.get("bias")}[layer.biases]
    return out + (bias[:, None, None] if layer.biases == "filter" else bias)


def _answers(x: Tensor, target: Tensor) -> Tensor:
    """One number per score: 1 for the right class; of a single score, 1 for class 1."""
    if target.is_floating_point():
        return target
    classes = [1] if x.shape[1] == 1 else range(x.shape[1])
    return torch.stack([(target == c).to(x.dtype) for c in classes], 1)


def _probabilities(x: Tensor) -> Tensor:
    return torch.sigmoid(x) if x.shape[1] == 1 else torch.exp(x) / torch.exp(x).sum(1, keepdim=True)


def _counts(layer: Layer, target: Tensor) -> Tensor:
    return torch.ones_like(target).bool() if layer.ignore_index is None else target != layer.ignore_index


def _counted(layer: Layer, x: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Probabilities and answers ``(positions that count, classes)``."""
    counts = _counts(layer, target)
    p, y = _probabilities(x.double()), _answers(x.double(), target)
    return p.movedim(1, -1)[counts], y.movedim(1, -1)[counts]


def _overlap(layer: Layer, x: Tensor, target: Tensor) -> Tensor:
    p, y = _counted(layer, x, target)
    both, alarms, missed = (p * y).sum(0), (p * (1 - y)).sum(0), ((1 - p) * y).sum(0)
    a, b, twice = {"DiceLoss": (1, 1, 2), "JaccardLoss": (1, 1, 1)}.get(layer.kind) or (layer.alpha, layer.beta, 1)
    above = twice * both + layer.smooth
    return (1 - above / (above + a * alarms + b * missed)).mean().float() * layer.share


def _lovasz(layer: Layer, x: Tensor, target: Tensor) -> Tensor:
    """The extension as an integral over thresholds of the Jaccard loss of the pixels whose error exceeds them."""
    p, y = _counted(layer, x, target)
    errors = (p - y).abs()
    if x.shape[1] == 1:
        scores = x.double().movedim(1, -1)[_counts(layer, target)]
        errors = torch.relu(1 - scores * (2 * y - 1))
    losses = []
    for c in range(x.shape[1]):
        if not y[:, c].any() and x.shape[1] > 1:
            continue
        right, total, last = y[:, c].bool(), 0.0, 0.0
        for level in sorted(set(errors[:, c].tolist()) - {0.0}):
            wrong = errors[:, c] >= level
            total += (level - last) * float(wrong.sum() / (wrong | right).sum())
            last = level
        losses.append(total)
    return torch.tensor(float(np.mean(losses)) if losses else 0.0) * layer.share


def _focal(layer: Layer, x: Tensor, target: Tensor) -> Tensor:
    counts, y = _counts(layer, target), _answers(x, target)
    if layer.over == "softmax" and x.shape[1] > 1:
        p = (_probabilities(x.double()) * y).sum(1)
        found = (-((1 - p) ** layer.gamma) * p.log())[counts]
    else:
        alpha = layer.alpha if layer.alpha >= 0 else -1
        found = torchvision.ops.sigmoid_focal_loss(x, y, alpha, layer.gamma).movedim(1, -1)[counts]
    return (found.mean().float() if found.numel() else torch.tensor(0.0)) * layer.share


def _maxvit_windows(layer: Layer, x: Tensor) -> Tensor:
    return maxvit.WindowPartition()(x, layer.size)


OTHERS: dict[str, Callable[..., Tensor]] = {
    "Abs": lambda layer, w, x: torch.where(x < 0, -x, x),
    "Maxout": lambda layer, w, x: torch.stack(
        [x[:, i : i + layer.pieces].max(1).values for i in range(0, x.shape[1], layer.pieces)], 1
    ),
    "Add": lambda layer, w, x: _numpy(sum(t.numpy() for t in x)),
    "Multiply": lambda layer, w, x: _numpy(np.prod(np.broadcast_arrays(*x), 0)),
    "Maximum": lambda layer, w, x: _numpy(np.max(np.broadcast_arrays(*x), 0)),
    "Mean": lambda layer, w, x: _numpy(np.mean(np.broadcast_arrays(*x), 0)),
    "Concat": lambda layer, w, x: _numpy(np.concatenate([t.numpy() for t in x], layer.dim)),
    "Reshape": lambda layer, w, x: _numpy(x.numpy().reshape(len(x), *layer.shape)),
    "Permute": lambda layer, w, x: _numpy(x.numpy().transpose(layer.dims)),
    "Transpose": lambda layer, w, x: _numpy(x.numpy().swapaxes(layer.dim0, layer.dim1)),
    "Squeeze": lambda layer, w, x: _numpy(x.numpy().squeeze(layer.dim)),
    "Unsqueeze": lambda layer, w, x: _numpy(np.expand_dims(x.numpy(), layer.dim)),
    "Chunk": lambda layer, w, x: x.split(-(-x.shape[layer.dim] // layer.chunks), layer.dim)[layer.index],
    "Slice": lambda layer, w, x: _numpy(x.numpy().take(range(layer.start, layer.start + layer.length), layer.dim)),
    "Select": lambda layer, w, x: _numpy(x.numpy().take(layer.index, layer.dim)),
    "MeanOver": lambda layer, w, x: _numpy(x.numpy().mean(layer.dims, keepdims=layer.keepdim)),
    "Rescale": lambda layer, w, x: _numpy(x.numpy() * np.float32(layer.factor) + np.float32(layer.offset)),
    "Pad": lambda layer, w, x: _bordered(layer, x),
    "CenterCrop": lambda layer, w, x, *like: _kept(layer, x, *like),
    "Crop": lambda layer, w, x, *like: _cut(layer, x, *like),
    "BilinearConvTranspose2d": lambda layer, w, x: nn.functional.conv_transpose2d(
        x, w["weight"], None, layer.stride, layer.padding
    ),
    "ZeroConv2d": lambda layer, w, x: nn.functional.conv2d(x, w["weight"], w.get("bias")),
    "Interpolate": lambda layer, w, x, *like: _resized(layer, x, *like),
    "Scale": lambda layer, w, x: x * w[""],
    "PositionBias": lambda layer, w, x: w[""] + x,
    "PrependToken": lambda layer, w, x: torch.stack([torch.cat([w[""][0], one]) for one in x]),
    "OneHot": lambda layer, w, x: torch.eye(layer.classes)[x] * (layer.on - layer.off) + layer.off,
    "LayerNorm2d": lambda layer, w, x: _one(convnext.LayerNorm2d(x.shape[1], eps=layer.eps), w, x),
    "FrozenBatchNorm2d": lambda layer, w, x: _one(torchvision.ops.FrozenBatchNorm2d(x.shape[1], eps=layer.eps), w, x),
    "StochasticDepth": lambda layer, w, x: torchvision.ops.StochasticDepth(layer.rate, layer.mode).eval()(x),
    "PatchMerging": lambda layer, w, x: _one(
        swin_transformer.PatchMerging(x.shape[-1], lambda n: nn.LayerNorm(n, eps=layer.eps)), w, x
    ),
    "PatchMergingV2": lambda layer, w, x: _one(
        swin_transformer.PatchMergingV2(x.shape[-1], lambda n: nn.LayerNorm(n, eps=layer.eps)), w, x
    ),
    "ShiftedWindowAttention": lambda layer, w, x: _one(
        swin_transformer.ShiftedWindowAttention(x.shape[-1], **_swin(layer)), w, x
    ),
    "ShiftedWindowAttentionV2": lambda layer, w, x: _one(
        swin_transformer.ShiftedWindowAttentionV2(x.shape[-1], **_swin(layer)), w, x
    ),
    "RelativePositionalMultiHeadAttention": lambda layer, w, x: _one(
        maxvit.RelativePositionalMultiHeadAttention(x.shape[-1], layer.head_dim, layer.max_seq_len), w, x
    ),
    "WindowPartition": lambda layer, w, x: _maxvit_windows(layer, x),
    "WindowDepartition": lambda layer, w, x: maxvit.WindowDepartition()(x, layer.size, *layer.windows),
    "LocallyConnected1d": lambda layer, w, x: _unshared(layer, w, x),
    "LocallyConnected2d": lambda layer, w, x: _unshared(layer, w, x),
    "TableConv2d": lambda layer, w, x: _by_table(layer, w, x),
    "BCEWithLogitsLoss": lambda layer, w, x, y: (
        F.binary_cross_entropy_with_logits(x, _answers(x, y), reduction=layer.reduction) * layer.share
    ),
    "FocalLoss": lambda layer, w, x, y: _focal(layer, x, y),
    "DiceLoss": lambda layer, w, x, y: _overlap(layer, x, y),
    "JaccardLoss": lambda layer, w, x, y: _overlap(layer, x, y),
    "TverskyLoss": lambda layer, w, x, y: _overlap(layer, x, y),
    "LovaszLoss": lambda layer, w, x, y: _lovasz(layer, x, y),
    "BorderLoss": lambda layer, w, x, y: _border(layer, w, x, y),
}
"""Kinds that torch lacks: ``(layer, weights by key, what arrives at each port) -> result``."""


def border_weights(target: np.ndarray, w0: float, sigma: float, background: int, ignored: int) -> np.ndarray:
    """The second term of equation 2 of U-Net's paper for masks ``(N, H, W)``, by SciPy's regions and distances."""
    from scipy import ndimage
    from scipy.spatial.distance import cdist

    found = np.zeros(target.shape, np.float32)
    for mask, weights in zip(target, found, strict=True):
        regions, n = ndimage.label((mask != background) & (mask != ignored))
        ground = mask == background
        if n > 1 and ground.any():
            places = np.argwhere(regions > 0)
            whose = regions[regions > 0]
            order = np.argsort(whose, kind="stable")
            starts = np.searchsorted(whose[order], np.arange(1, n + 1))
            away = np.minimum.reduceat(cdist(np.argwhere(ground), places[order]), starts, 1)
            away.partition(1, axis=1)
            weights[ground] = w0 * np.exp(-((away[:, 0] + away[:, 1]) ** 2) / (2 * sigma**2))
    return found


def _border(layer: Layer, weights: Weights, x: Tensor, y: Tensor) -> Tensor:
    ignored = -100 if layer.ignore_index is None else layer.ignore_index
    counts = y != ignored
    each = weights["weight"][y * counts] if layer.weight else 1.0
    border = torch.from_numpy(border_weights(y.numpy(), layer.w0, layer.sigma, layer.background, ignored))
    errors = -x.log_softmax(1).gather(1, (y * counts)[:, None])[:, 0] * counts
    return (errors * (each + border)).sum() / max(int(counts.sum()), 1) * layer.share


def _swin(layer: Layer) -> dict[str, Any]:
    names = ("num_heads", "qkv_bias", "proj_bias", "attention_dropout", "dropout")
    sizes = {"window_size": list(layer.window_size), "shift_size": list(layer.shift_size)}
    return {name: getattr(layer, name) for name in names} | sizes


def expected(layer: Layer, weights: Weights, flows: tuple[Any, ...], given: tuple[Any, ...]) -> Tensor:
    """What *layer* shall make of *given*, a tensor per port that is taken."""
    if layer.module == "torch.nn":
        return of_torch(layer, weights, flows, *given)
    return OTHERS[layer.kind](layer, weights, *given)
