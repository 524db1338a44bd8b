"""Dense layers: every output is connected to every input."""

from __future__ import annotations

from typing import Any

from graph.arithmetic import times
from graph.errors import ShapeError
from graph.layer import Explanation, Layer, Port, Weight, kind
from graph.tensors import Tensor
from graph.text import number, say
from graph.values import value
from graph.windows import WHOLE, Seen


@kind
class Linear(Layer):
    """Each output is a weighted sum of all the inputs, plus a bias."""

    category = "dense"
    formula = "y = W x + b"
    source = "Rosenblatt, 1958"
    words = "dense fully connected complètement connectée"

    out_features: int = value(10, low=1, high=10_000_000, label="Outputs", help="How many values come out.")
    bias: bool = value(True, label="Bias", help="Adds a learned number to each output.")

    @property
    def caption(self) -> str:
        """How many outputs."""
        return number(self.out_features)

    def output(self, x: Tensor) -> Tensor:
        """The last axis becomes ``out_features``.

        Raises:
            ShapeError: maps arrive; a Flatten is missing.
        """
        if x.spatial and not x.channels_last:
            raise ShapeError(
                "Linear needs a vector; it receives {shape}: insert a Flatten, which makes {n} values of it.",
                code="linear_on_maps",
                shape=str(x),
                n=x.size,
            )
        return Tensor((*x.dims[:-1], self.out_features), x.channels_last, x.dtype)

    def weights(self, x: Tensor) -> dict[str, Weight]:
        """A matrix ``(out_features, in_features)``, and a bias."""
        found = {"weight": Weight((self.out_features, x.channels))}
        return found | {"bias": Weight((self.out_features,))} if self.bias else found

    def macs(self, x: Tensor) -> int:
        """One multiply-add per weight (and token)."""
        return x.size * self.out_features

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """The whole input (where the channels stand last: the same position)."""
        return (None if x[0].channels_last else WHOLE,)

    def arguments(self, x: Tensor) -> dict[str, Any]:
        """As ``torch.nn.Linear``."""
        found: dict[str, Any] = {"in_features": x.channels, "out_features": self.out_features}
        return found if self.bias else found | {"bias": False}

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """Its shape, and the sums of its weights and of its multiply-adds."""
        if quantity == "output":
            why = say("As many values come out as it has outputs; each of them sees all the inputs.")
            worked = f"{number(x[0].channels)} → {number(self.out_features)}"
            return Explanation("in → out", worked, str(self.output(*x)), why, self.source)
        f, n, y = x[0].channels, self.out_features, number(x[0].size * self.out_features)
        if quantity == "weights":
            inner = f"({number(f)} + 1)" if self.bias else number(f)
            total = sum(w.size for w in self.weights(*x).values())
            why = say("Each output has a weight per input, and a bias.")
            plain = say("Each output has a weight per input.")
            return Explanation(
                "(in + 1) × out" if self.bias else "in × out",
                f"{inner} × {number(n)} = {number(total)}",
                number(total),
                why if self.bias else plain,
                self.source,
            )
        if quantity == "macs":
            why = say("One multiplication and one addition per weight.")
            return Explanation("in × out", f"{times(x[0].size, n)} = {y}", y, why, self.source)
        return None


@kind
class Bilinear(Layer):
    """Each output weighs every product of a value of one input with a value of the other, plus a bias."""

    category = "dense"
    formula = "y = x₁ᵀ W x₂ + b"
    source = "Tenenbaum and Freeman, 2000"
    words = "product pair bilinéaire produit"
    inputs = (Port("x1"), Port("x2"))

    out_features: int = value(10, low=1, high=10_000_000, label="Outputs", help="How many values come out.")
    bias: bool = value(True, label="Bias", help="Adds a learned number to each output.")

    @property
    def caption(self) -> str:
        """How many outputs."""
        return number(self.out_features)

    def output(self, x1: Tensor, x2: Tensor) -> Tensor:
        """The last axis becomes ``out_features``.

        Raises:
            ShapeError: maps arrive, or the inputs differ before the last axis.
        """
        if x1.spatial or x2.spatial or x1.dims[:-1] != x2.dims[:-1]:
            raise ShapeError(
                "Bilinear needs two vectors; it receives {a} and {b}: insert a Flatten.",
                code="merge_differs",
                a=str(x1),
                b=str(x2),
            )
        return x1._replace(dims=(*x1.dims[:-1], self.out_features))

    def weights(self, x1: Tensor, x2: Tensor) -> dict[str, Weight]:
        """``(out_features, in1_features, in2_features)``, and a bias."""
        found = {"weight": Weight((self.out_features, x1.channels, x2.channels))}
        return found | {"bias": Weight((self.out_features,))} if self.bias else found

    def macs(self, x1: Tensor, x2: Tensor) -> int:
        """One multiply-add per weight (and token)."""
        return x1.size * x2.channels * self.out_features

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """The whole of both; of tokens, the same position."""
        return tuple(None if one.channels_last else WHOLE for one in x)

    def arguments(self, x1: Tensor, x2: Tensor) -> dict[str, Any]:
        """As ``torch.nn.Bilinear``."""
        found = {"in1_features": x1.channels, "in2_features": x2.channels, "out_features": self.out_features}
        return found if self.bias else found | {"bias": False}

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """Its shape, and the sums of its weights and of its multiply-adds."""
        if quantity == "output":
            why = say("As many values come out as it has outputs; each of them sees all pairs of inputs.")
            worked = f"{times(x[0].channels, x[1].channels)} → {number(self.out_features)}"
            return Explanation("in₁ × in₂ → out", worked, str(self.output(*x)), why, self.source)
        a, b, n = x[0].channels, x[1].channels, self.out_features
        if quantity == "weights":
            total = number(sum(w.size for w in self.weights(*x).values()))
            why = say("Each output has a weight per pair of inputs, and a bias.")
            plain = say("Each output has a weight per pair of inputs.")
            formula = "(in₁ × in₂ + 1) × out" if self.bias else "in₁ × in₂ × out"
            inner = f"({times(a, b)} + 1)" if self.bias else times(a, b)
            worked = f"{inner} × {number(n)} = {total}"
            return Explanation(formula, worked, total, why if self.bias else plain, self.source)
        if quantity == "macs":
            total = number(self.macs(*x))
            why = say("One multiplication and one addition per weight.")
            return Explanation("in₁ × in₂ × out", f"{times(x[0].size, b, n)} = {total}", total, why, self.source)
        return None
