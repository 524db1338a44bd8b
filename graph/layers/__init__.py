"""The kinds of layers, a file per family.  Importing this package registers them all."""

from graph.layers import activation, convolution, dense, loss, merge, normalization, pooling, source, tensor_ops

__all__ = [
    "activation",
    "convolution",
    "dense",
    "loss",
    "merge",
    "normalization",
    "pooling",
    "source",
    "tensor_ops",
]
