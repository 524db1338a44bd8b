"""The kinds of layers, a file per family.  Importing this package registers them all."""

from graph.layers import (
    activation,
    convolution,
    dense,
    dropout,
    loss,
    merge,
    normalization,
    pooling,
    resample,
    source,
    tensor_ops,
    transposed,
)

__all__ = [
    "activation",
    "convolution",
    "dense",
    "dropout",
    "loss",
    "merge",
    "normalization",
    "pooling",
    "resample",
    "source",
    "tensor_ops",
    "transposed",
]
