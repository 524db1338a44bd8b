"""Normalization: values brought to mean 0 and variance 1, then scaled by what was learned; and dropout."""

from __future__ import annotations

from typing import Any

from graph.errors import ShapeError
from graph.layer import Explanation, Layer, Weight, kind
from graph.tensors import Tensor
from graph.text import number, say
from graph.values import value


@kind
class BatchNorm2d(Layer):
    """Normalizes each map over all the images of the batch and all their pixels.

    With ``affine`` a scale and a shift per map are learned; running means are kept for inference.
    """

    category = "norm"
    formula = "γ (x − μ) / √(σ² + ε) + β"
    source = "Ioffe and Szegedy, 2015"
    words = "batch normalisation lot"

    eps: float = value(
        1e-5, low=0.0, high=1.0, label="Epsilon", help="Added to the variance, so that nothing is divided by zero."
    )
    momentum: float = value(
        0.1, low=0.0, high=1.0, label="Momentum", help="How fast the running means follow the batches."
    )
    affine: bool = value(True, label="Scale and shift", help="Learns a scale and a shift for each map.")
    track_running_stats: bool = value(
        True, label="Running means", help="Keeps means over the batches, used once training is over."
    )

    def output(self, x: Tensor) -> Tensor:
        """The same shape.

        Raises:
            ShapeError: what arrives are no maps.
        """
        if len(x.dims) != 4:
            raise ShapeError("BatchNorm2d needs maps C × H × W; it receives {shape}.", code="rank", shape=str(x))
        return x

    def weights(self, x: Tensor) -> dict[str, Weight]:
        """Scale and shift learn; mean, variance and count are buffers."""
        c = (x.channels,)
        found: dict[str, Weight] = {}
        if self.affine:
            found |= {"weight": Weight(c), "bias": Weight(c)}
        if self.track_running_stats:
            found |= {"running_mean": Weight(c, False), "running_var": Weight(c, False)}
            found |= {"num_batches_tracked": Weight((), False, "int64")}
        return found

    def arguments(self, x: Tensor) -> dict[str, Any]:
        """As ``torch.nn.BatchNorm2d``."""
        return {"num_features": x.channels} | super().arguments(x)

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """The sum of its weights."""
        if quantity != "weights" or not self.affine:
            return None
        c, total = x[0].channels, number(2 * x[0].channels)
        return Explanation("2 C", f"2 × {number(c)} = {total}", total, say("A scale and a shift per map."), self.source)


@kind
class Dropout(Layer):
    """In training, sets values to zero at random, so that no value relies on another; does nothing in inference."""

    category = "norm"
    formula = "x · Bernoulli(1 − p) / (1 − p)"
    source = "Srivastava and others, 2014"
    words = "abandon regularization régularisation"

    p: float = value(0.5, low=0.0, high=1.0, label="Probability", help="The share of values set to zero.")

    @property
    def caption(self) -> str:
        """The probability."""
        return f"{self.p:g}"
