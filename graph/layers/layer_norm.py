"""Normalization of each example by itself: over its last axes, over its maps, or among neighboring maps."""

from __future__ import annotations

from typing import Any

from graph.arithmetic import times
from graph.errors import ShapeError
from graph.layer import Explanation, Layer, Weight, kind
from graph.layers.normalization import NORMALIZED, eps_value, scale_and_shift
from graph.tensors import Tensor
from graph.text import number, say
from graph.values import value
from graph.windows import WHOLE, Seen


class _LastAxes(Layer):
    """What normalizations over the last axes share."""

    category = "norm"
    over: int
    elementwise_affine: bool

    @property
    def caption(self) -> str:
        """Over how many axes."""
        return f"{self.over}"

    def normalized(self, x: Tensor) -> tuple[int, ...]:
        """Sizes of the axes that are normalized together.

        Raises:
            ShapeError: there are not as many beside the batch.
        """
        if self.over >= len(x.dims):
            raise ShapeError(
                "{kind} over the last {n} axes needs as many beside the batch; it receives {shape}.",
                code="no_such_axis",
                kind=self.kind,
                n=self.over,
                shape=str(x),
            )
        return tuple(d for d in x.dims[-self.over :] if isinstance(d, int))

    def output(self, x: Tensor) -> Tensor:
        """The same shape.

        Raises:
            ShapeError: there are not as many axes.
        """
        self.normalized(x)
        return x

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """Along an axis of space, all of it."""
        return (WHOLE if x[0].spatial and not (x[0].channels_last and self.over == 1) else None,)

    def arguments(self, x: Tensor) -> dict[str, Any]:
        """As torch's constructor: ``normalized_shape`` follows from what arrives."""
        found = {k: v for k, v in super().arguments(x).items() if k != "over"}
        return {"normalized_shape": self.normalized(x)} | found

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """A scale, and perhaps a shift, for each value that is normalized together."""
        weights = self.weights(*x)
        if quantity != "weights" or not weights:
            return None
        shape, n = self.normalized(x[0]), len(weights)
        total = number(sum(w.size for w in weights.values()))
        both = say("A scale and a shift for each value that is normalized together.")
        one = say("A scale for each value that is normalized together.")
        worked = f"{n} × {times(*shape)} = {total}" if n > 1 else f"{times(*shape)} = {total}"
        return Explanation("2 × size" if n > 1 else "size", worked, total, both if n > 1 else one, self.source)


def _over() -> Any:
    help = "How many of the last axes are normalized together: 3 are all maps and pixels of an image."
    return value(1, low=1, high=5, label="Last axes", help=help)


def _elementwise() -> Any:
    help = "Learns a scale and a shift for every value that is normalized."
    return value(True, label="Scale and shift", help=help)


@kind
class LayerNorm(_LastAxes):
    """Normalizes all the values of one example together (over its last axes)."""

    formula = NORMALIZED
    source = "Ba, Kiros and Hinton, 2016"
    words = "layer normalisation couche transformer"

    over: int = _over()
    eps: float = eps_value()
    elementwise_affine: bool = _elementwise()
    bias: bool = value(True, label="Shift", help="Learns a shift too, not only a scale.")

    def weights(self, x: Tensor) -> dict[str, Weight]:
        """A scale and a shift per value."""
        shape = self.normalized(x)
        found = {"weight": Weight(shape)} if self.elementwise_affine else {}
        return found | {"bias": Weight(shape)} if self.elementwise_affine and self.bias else found


@kind
class RMSNorm(_LastAxes):
    """Divides the values of one example by their root mean square; no mean is taken away."""

    formula = "γ x / √(mean(x²) + ε)"
    source = "Zhang and Sennrich, 2019"
    words = "root mean square quadratique normalisation"

    over: int = _over()
    eps: float | None = value(
        None,
        low=0.0,
        high=1.0,
        label="Epsilon",
        help="Added, so that nothing is divided by zero; torch's choice if none.",
    )
    elementwise_affine: bool = _elementwise()

    def weights(self, x: Tensor) -> dict[str, Weight]:
        """A scale per value."""
        return {"weight": Weight(self.normalized(x))} if self.elementwise_affine else {}


@kind
class LocalResponseNorm(Layer):
    """Divides each value by how strong its neighbors in other maps are: a contest between filters, as in AlexNet."""

    category = "norm"
    formula = "x / (k + α/n Σ x²)^β"
    source = "Krizhevsky, Sutskever and Hinton, 2012"
    words = "lrn alexnet response réponse locale"

    size: int = value(
        5,
        low=1,
        high=10_000,
        label="Neighbors",
        always=True,
        help="How many neighboring maps take part in the contest.",
    )
    alpha: float = value(1e-4, low=0.0, high=1e3, label="Alpha", help="How strongly the neighbors count.")
    beta: float = value(0.75, low=0.0, high=100.0, label="Beta", help="The power of the contest.")
    k: float = value(1.0, low=0.0, high=1e3, label="k", help="Added, so that nothing is divided by zero.")

    def output(self, x: Tensor) -> Tensor:
        """The same shape.

        Raises:
            ShapeError: there are no maps.
        """
        if len(x.dims) < 3:
            raise ShapeError("LocalResponseNorm needs maps; it receives {shape}.", code="rank", shape=str(x))
        return x


@kind
class LayerNorm2d(Layer):
    """Normalizes, at each position by itself, over all the maps."""

    category = "norm"
    formula = NORMALIZED
    source = "Liu and others, 2022"
    words = "layer normalisation couche convnext channels canaux"
    module = "runtime.modules"

    eps: float = value(
        1e-6, low=1e-12, high=1.0, label="Epsilon", help="Added to the variance, so that nothing is divided by zero."
    )

    def output(self, x: Tensor) -> Tensor:
        """The same shape.

        Raises:
            ShapeError: there are no maps.
        """
        if len(x.spatial) != 2 or x.channels_last:
            raise ShapeError("LayerNorm2d needs maps C × H × W; it receives {shape}.", code="rank", shape=str(x))
        return x

    def weights(self, x: Tensor) -> dict[str, Weight]:
        """A scale and a shift per map."""
        return {"weight": Weight((x.channels,)), "bias": Weight((x.channels,))}

    def arguments(self, x: Tensor) -> dict[str, Any]:
        """As torchvision's module: ``num_channels`` follows from what arrives."""
        return {"num_channels": x.channels} | super().arguments(x)

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """The sum of its weights."""
        return scale_and_shift(x[0].channels, self.source) if quantity == "weights" else None
