"""The layer that a module of torch is: the kind of the same name with the values that the module was made with.

Whether the layer computes the same is not taken on trust: its weights and its shape are compared with the module's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn
from torchvision import ops
from torchvision.models import convnext, maxvit, swin_transformer

from graph.errors import CanevasError
from graph.layer import Layer, kinds
from graph.values import Spec

Reader = Callable[[Any], dict[str, Any]]


def _own(*names: str) -> Reader:
    return lambda module: {name: getattr(module, name) for name in names}


def _attention(module: Any) -> dict[str, Any]:
    return {
        "num_heads": module.num_heads,
        "window_size": tuple(module.window_size),
        "shift_size": tuple(module.shift_size),
        "qkv_bias": module.qkv.bias is not None,
        "proj_bias": module.proj.bias is not None,
        "attention_dropout": module.attention_dropout,
        "dropout": module.dropout,
    }


def _over(module: Any) -> dict[str, Any]:
    return {"over": len(module.normalized_shape)}


def _multihead(module: Any) -> dict[str, Any]:
    plain = module._qkv_same_embed_dim and module.bias_k is None and not module.add_zero_attn and module.batch_first
    if not plain:
        raise CanevasError("Only attention of one sequence on itself, the batch first, can be drawn.")
    return {"num_heads": module.num_heads, "dropout": module.dropout, "bias": module.in_proj_bias is not None}


def _relative(module: Any) -> dict[str, Any]:
    return {"head_dim": module.head_dim, "max_seq_len": module.max_seq_len}


def _merging(module: Any) -> dict[str, Any]:
    return {"eps": module.norm.eps}


SPECIAL: dict[type[nn.Module], tuple[str, Reader]] = {
    nn.LayerNorm: ("LayerNorm", _over),
    nn.RMSNorm: ("RMSNorm", _over),
    nn.PReLU: ("PReLU", lambda module: {"per_channel": module.num_parameters > 1}),
    nn.MultiheadAttention: ("MultiheadAttention", _multihead),
    convnext.LayerNorm2d: ("LayerNorm2d", _own()),
    ops.Permute: ("Permute", lambda module: {"dims": tuple(module.dims)}),
    ops.StochasticDepth: (
        "StochasticDepth",
        lambda module: {"p": module.p, "mode": module.mode, "step": 1, "steps": 1},
    ),
    ops.FrozenBatchNorm2d: ("FrozenBatchNorm2d", _own("eps")),
    swin_transformer.ShiftedWindowAttention: ("ShiftedWindowAttention", _attention),
    swin_transformer.ShiftedWindowAttentionV2: ("ShiftedWindowAttentionV2", _attention),
    swin_transformer.PatchMerging: ("PatchMerging", _merging),
    swin_transformer.PatchMergingV2: ("PatchMergingV2", _merging),
    maxvit.RelativePositionalMultiHeadAttention: ("RelativePositionalMultiHeadAttention", _relative),
    maxvit.SwapAxes: ("Transpose", lambda module: {"dim0": module.a, "dim1": module.b}),
}
"""Modules whose kind has another name, or values under other names: the kind, and what cannot be read by name."""

CALLED: tuple[type[nn.Module], ...] = (maxvit.WindowPartition, maxvit.WindowDepartition)
"""Modules that stay whole but take numbers when they are called: :mod:`runtime.import_.operations` knows them."""

_SILENT = ("return_indices", "ceil_mode", "count_include_pad", "padding_mode", "dilation")
"""Attributes that would change the result: a module that has one which its kind lacks is not that kind."""

_OURS = {"padding_value": 0.0}
"""Values that torch's modules do not have, and what they compute with instead."""


def is_leaf(module: nn.Module) -> bool:
    """Whether *module* stays whole while a network is traced."""
    return type(module) in SPECIAL or type(module) in CALLED


def layer_of(module: nn.Module) -> Layer:
    """The layer that *module* is.

    Raises:
        CanevasError: no kind expresses it; says why.
    """
    name, read = SPECIAL.get(type(module), (type(module).__name__, _own()))
    cls = kinds().get(name)
    if cls is None or (type(module) not in SPECIAL and getattr(nn, name, None) is not type(module)):
        raise CanevasError("There is no kind of layer called {kind}.", kind=type(module).__name__)
    found = read(module)
    for spec in cls.specs:
        if spec.name not in found:
            found[spec.name] = _OURS[spec.name] if spec.name in _OURS else _value(module, spec)
    lost = [n for n in _SILENT if n not in found and getattr(module, n, False) not in (False, "zeros", 1, (1, 1))]
    if lost and type(module) not in SPECIAL:
        raise CanevasError("{kind} has no value called {name}.", kind=name, name=lost[0])
    return cls(**found)


def _value(module: nn.Module, spec: Spec) -> Any:
    """The value of *spec* as the module holds it: under its own name."""
    if spec.name == "bias":
        return getattr(module, "bias", None) is not None
    if not hasattr(module, spec.name):
        raise CanevasError("{kind} does not say its {name}.", kind=type(module).__name__, name=spec.name)
    raw = getattr(module, spec.name)
    if isinstance(raw, list):
        raw = tuple(raw)
    if spec.type == "float" and type(raw) is int:
        return float(raw)
    return raw
