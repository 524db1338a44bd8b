"""Activations: a curve applied to every value by itself."""

from __future__ import annotations

from typing import Any

from graph.errors import ShapeError
from graph.layer import Explanation, Layer, Weight, kind
from graph.tensors import Tensor
from graph.text import number, say
from graph.values import value
from graph.windows import WHOLE, Seen


@kind
class ReLU(Layer):
    """Keeps positive values and replaces negative ones by zero."""

    category = "act"
    overwrites = True
    formula = "max(0, x)"
    source = "Nair and Hinton, 2010"
    words = "rectifier rectifieur"


@kind
class LeakyReLU(Layer):
    """Keeps positive values and shrinks negative ones, so that their gradient never dies."""

    category = "act"
    overwrites = True
    formula = "max(0, x) + slope · min(0, x)"
    source = "Maas, Hannun and Ng, 2013"
    words = "leaky fuite rectifier"

    negative_slope: float = value(
        0.01, low=0.0, high=1.0, label="Negative slope", help="By how much negative values are multiplied."
    )

    @property
    def caption(self) -> str:
        """The slope."""
        return f"{self.negative_slope:g}"


@kind
class ReLU6(Layer):
    """Keeps values between 0 and 6 and cuts off the rest: made for arithmetic of few bits."""

    category = "act"
    overwrites = True
    formula = "min(max(0, x), 6)"
    source = "Howard and others, 2017"
    words = "rectifier rectifieur mobile"


@kind
class PReLU(Layer):
    """Like LeakyReLU, but the slope of the negative part is learned: one for all, or one per map."""

    category = "act"
    formula = "max(0, x) + a · min(0, x)"
    source = "He and others, 2015"
    words = "parametric paramétrique rectifier"

    per_channel: bool = value(False, label="Per map", help="Learns a slope for each map instead of one for all.")

    def weights(self, x: Tensor) -> dict[str, Weight]:
        """The slopes."""
        return {"weight": Weight((x.channels if self.per_channel else 1,))}

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """How many slopes."""
        if quantity != "weights":
            return None
        n = number(x[0].channels if self.per_channel else 1)
        why = say("A slope for each map.") if self.per_channel else say("One slope for all the maps.")
        return Explanation("C" if self.per_channel else "1", n, n, why, self.source)

    def arguments(self, x: Tensor) -> dict[str, Any]:
        """As ``torch.nn.PReLU``."""
        return {"num_parameters": x.channels} if self.per_channel else {}


@kind
class GELU(Layer):
    """Weighs each value by the chance that a normal number is smaller: a smooth ReLU, as transformers use it."""

    category = "act"
    formula = "x · Φ(x)"
    source = "Hendrycks and Gimpel, 2016"
    words = "gaussian gaussienne transformer"

    approximate: str = value(
        "none", choices=("none", "tanh"), label="Approximation", help="Computes the curve exactly, or faster by a tanh."
    )


@kind
class SiLU(Layer):
    """Multiplies each value by its sigmoid: smooth, and slightly negative before zero (also called swish)."""

    category = "act"
    overwrites = True
    formula = "x · σ(x)"
    source = "Elfwing, Uchibe and Doya, 2018"
    words = "swish sigmoid smooth lisse"


@kind
class Tanh(Layer):
    """Presses values between -1 and 1."""

    category = "act"
    formula = "tanh(x)"
    source = "LeCun and others, 1989"
    words = "hyperbolic hyperbolique saturating saturation"


@kind
class Sigmoid(Layer):
    """Presses values between 0 and 1, so that each can be read as a probability by itself."""

    category = "act"
    formula = "1 / (1 + exp(−x))"
    source = "Verhulst, 1838"
    words = "logistic logistique probability gate porte"


@kind
class GLU(Layer):
    """Splits the channels in two halves: one passes, weighed by the sigmoid of the other."""

    category = "act"
    formula = "a · σ(b)"
    source = "Dauphin and others, 2017"
    words = "gated porte"

    dim: int = value(
        1, low=-6, high=5, label="Axis", always=True, help="The axis that is split: 1 is that of the maps."
    )

    def output(self, x: Tensor) -> Tensor:
        """Half as many along ``dim``.

        Raises:
            ShapeError: there is no such axis, or it has an odd number of values.
        """
        axis = _axis(self.dim, x)
        n = x.dims[axis]
        if not isinstance(n, int) or n % 2:
            raise ShapeError(
                "GLU splits axis {axis} in two halves; it has {n} values.", code="odd", axis=axis, n=str(n)
            )
        return x._replace(dims=(*x.dims[:axis], n // 2, *x.dims[axis + 1 :]))

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """Half of them."""
        if quantity != "output":
            return None
        n, out = x[0].dims[_axis(self.dim, x[0])], self.output(*x)
        why = say("One half is what passes, the other says how much of it.")
        return Explanation("C / 2", f"{n} / 2 = {n // 2}", str(out), why, self.source)

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """The same position of every channel; along an axis of space, all of it."""
        return (WHOLE if _axis(self.dim, x[0]) > 1 else None,)


def _axis(dim: int, x: Tensor) -> int:
    """The axis *dim* counted from the front.

    Raises:
        ShapeError: there is no such axis.
    """
    if not -len(x.dims) <= dim < len(x.dims):
        raise ShapeError(
            "dim={dim} names no axis of {n}: choose from 0 to {last}.",
            code="no_such_axis",
            dim=dim,
            n=len(x.dims),
            last=len(x.dims) - 1,
        )
    return dim % len(x.dims)


class _Competition(Layer):
    """What softmax and its logarithm share."""

    category = "act"
    source = "Bridle, 1990"
    dim: int

    def output(self, x: Tensor) -> Tensor:
        """The same shape.

        Raises:
            ShapeError: there is no such axis.
        """
        _axis(self.dim, x)
        return x

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """The same position of every channel; along an axis of space, the whole of it."""
        return (WHOLE if _axis(self.dim, x[0]) > 1 else None,)


def _competing() -> Any:
    help = "The axis whose values compete: 1 is that of the classes."
    return value(1, low=-6, high=5, label="Axis", always=True, help=help)


@kind
class LogSoftmax(_Competition):
    """The logarithm of softmax, computed so that nothing overflows."""

    formula = "xᵢ − log Σⱼ exp(xⱼ)"
    words = "log probabilities probabilités"

    dim: int = _competing()


@kind
class Softmax(_Competition):
    """Turns scores into probabilities: all positive, and their sum is one."""

    formula = "exp(xᵢ) / Σⱼ exp(xⱼ)"
    words = "probabilities probabilités"

    dim: int = _competing()


@kind
class Abs(Layer):
    """Takes the sign away: what matters is how strong a value is."""

    category = "act"
    formula = "|x|"
    source = "Jarrett and others, 2009"
    words = "absolute value rectification valeur absolue redressement"
    module = ""

    def expression(self, *names: Any) -> str:
        """``x.abs()``."""
        return f"{names[0]}.abs()"


@kind
class Maxout(Layer):
    """Keeps the largest of each few neighboring channels: a curve that is learned, made of straight pieces."""

    category = "act"
    formula = "max(x_{k·c}, …, x_{k·c + k − 1})"
    source = "Goodfellow and others, 2013"
    words = "maximum channels canaux"
    module = ""

    pieces: int = value(2, low=1, high=1000, label="Pieces", help="Of how many channels the largest is kept.")

    @property
    def caption(self) -> str:
        """How many pieces."""
        return f"{self.pieces}"

    def output(self, x: Tensor) -> Tensor:
        """As many times fewer channels.

        Raises:
            ShapeError: the pieces do not divide the channels.
        """
        axis = len(x.dims) - 1 if x.channels_last else 1
        if x.channels % self.pieces or len(x.dims) < 2:
            raise ShapeError(
                "Maxout of {pieces} pieces must divide the {channels} channels.",
                code="groups",
                pieces=self.pieces,
                channels=x.channels,
            )
        return x._replace(dims=(*x.dims[:axis], x.channels // self.pieces, *x.dims[axis + 1 :]))

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """As many times fewer."""
        if quantity != "output":
            return None
        c, out = x[0].channels, self.output(*x)
        why = say("Of each {k} neighboring channels, the largest is kept.", k=self.pieces)
        worked = f"{number(c)} / {self.pieces} = {number(c // self.pieces)}"
        return Explanation("C / k", worked, str(out), why, self.source)

    def expression(self, *names: Any) -> str:
        """``x.unflatten(1, (-1, 2)).amax(2)``."""
        return f"{names[0]}.unflatten(1, (-1, {self.pieces})).amax(2)"
