"""The kinds of layers, a file per family.  Importing this package registers them all."""

from graph.layers import (
    activation,
    attention,
    convolution,
    dense,
    dropout,
    learned,
    loss,
    merge,
    normalization,
    opaque,
    pooling,
    resample,
    source,
    tensor_ops,
    transposed,
    windowed,
)

__all__ = [
    "activation",
    "attention",
    "convolution",
    "dense",
    "dropout",
    "learned",
    "loss",
    "merge",
    "normalization",
    "opaque",
    "pooling",
    "resample",
    "source",
    "tensor_ops",
    "transposed",
    "windowed",
]
