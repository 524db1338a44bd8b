"""More curves for single values: smooth ones that keep a little below zero, and hard ones made of straight pieces."""

from __future__ import annotations

from graph.errors import ShapeError
from graph.layer import Layer, kind
from graph.tensors import Tensor
from graph.values import value


@kind
class ELU(Layer):
    """Keeps positive values and bends negative ones smoothly towards a floor."""

    category = "act"
    overwrites = True
    formula = "max(0, x) + α · min(0, exp(x) − 1)"
    source = "Clevert, Unterthiner and Hochreiter, 2016"
    words = "exponential exponentielle"

    alpha: float = value(1.0, low=0.0, high=100.0, label="Floor", help="How far below zero the values can go.")


@kind
class SELU(Layer):
    """An ELU scaled so that values keep mean 0 and variance 1 from layer to layer."""

    category = "act"
    overwrites = True
    formula = "1.0507 · (max(0, x) + 1.6733 · min(0, exp(x) − 1))"
    source = "Klambauer and others, 2017"
    words = "self normalizing auto-normalisante"


@kind
class CELU(Layer):
    """An ELU whose slope stays continuous for every floor."""

    category = "act"
    overwrites = True
    formula = "max(0, x) + min(0, α · (exp(x/α) − 1))"
    source = "Barron, 2017"
    words = "exponential exponentielle"

    alpha: float = value(1.0, low=0.001, high=100.0, label="Floor", help="How far below zero the values can go.")


@kind
class Mish(Layer):
    """A smooth curve close to SiLU."""

    category = "act"
    overwrites = True
    formula = "x · tanh(softplus(x))"
    source = "Misra, 2019"
    words = "smooth lisse"


@kind
class Softplus(Layer):
    """A ReLU with a round corner: the larger beta, the sharper."""

    category = "act"
    formula = "log(1 + exp(β x)) / β"
    source = "Dugas and others, 2001"
    words = "smooth lisse"

    beta: float = value(1.0, low=0.001, high=1000.0, label="Beta", help="How sharp the corner is.")
    threshold: float = value(
        20.0, low=0.0, high=1e6, label="Threshold", help="Above it the curve is taken as straight."
    )


@kind
class Softsign(Layer):
    """Presses values between -1 and 1, more gently than tanh."""

    category = "act"
    formula = "x / (1 + |x|)"
    source = "Bergstra and others, 2009"
    words = "saturating saturation"


@kind
class Hardtanh(Layer):
    """Cuts values off below a floor and above a ceiling."""

    category = "act"
    overwrites = True
    formula = "min(max(x, low), high)"
    source = "Collobert, 2004"
    words = "clip clamp borner"

    min_val: float = value(-1.0, low=-1e6, high=1e6, label="Floor", help="No value is smaller.")
    max_val: float = value(1.0, low=-1e6, high=1e6, label="Ceiling", help="No value is larger; above the floor.")

    def output(self, x: Tensor) -> Tensor:
        """The same shape.

        Raises:
            ShapeError: the ceiling is not above the floor.
        """
        if self.max_val <= self.min_val:
            raise ShapeError(
                "The ceiling of {high} must be above the floor of {low}.",
                code="empty_range",
                high=self.max_val,
                low=self.min_val,
            )
        return x


@kind
class Hardsigmoid(Layer):
    """A sigmoid made of three straight lines: cheap to compute."""

    category = "act"
    overwrites = True
    formula = "min(max(x + 3, 0), 6) / 6"
    source = "Howard and others, 2019"
    words = "sigmoid mobile gate porte"


@kind
class Hardswish(Layer):
    """A SiLU made of straight pieces and a parabola: cheap to compute."""

    category = "act"
    overwrites = True
    formula = "x · min(max(x + 3, 0), 6) / 6"
    source = "Howard and others, 2019"
    words = "swish silu mobile par morceaux"
