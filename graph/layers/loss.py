"""Losses: how wrong the answers are, as one number that training makes small."""

from __future__ import annotations

from typing import Any

from graph.errors import ShapeError
from graph.layer import TRAINING, Layer, Port, kind
from graph.tensors import Labels, Loss, Tensor
from graph.values import value
from graph.windows import WHOLE, Seen


@kind
class CrossEntropyLoss(Layer):
    """Compares the scores of the classes with the right class: minus the logarithm of its probability.

    It applies the softmax itself, so it takes the scores before any Softmax.
    """

    category = "loss"
    formula = "−log(exp(x_y) / Σⱼ exp(xⱼ))"
    source = "Bridle, 1990"
    words = "entropie croisée classification"
    when = TRAINING
    task = "classification"
    inputs = (Port("input"), Port("target", (Labels,)))
    outputs = (Port("out", (Loss,)),)

    label_smoothing: float = value(
        0.0,
        low=0.0,
        high=1.0,
        label="Label smoothing",
        help="The share of certainty that is given to the other classes, so that the network does not become too sure.",
    )
    share: float = value(
        1.0, low=0.0, high=1e6, label="Share", help="By how much this loss counts in the sum of all losses."
    )

    def output(self, input: Tensor, target: Labels) -> Loss:
        """One number.

        Raises:
            ShapeError: the scores are no vector.
        """
        if len(input.dims) != 2:
            raise ShapeError(
                "CrossEntropyLoss compares one score per class with a label; it receives {shape}: "
                "insert a Flatten and a Linear.",
                code="loss_on_maps",
                shape=str(input),
            )
        return Loss()

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """All of it."""
        return (WHOLE, WHOLE)

    def arguments(self, *x: Any) -> dict[str, Any]:
        """As ``torch.nn.CrossEntropyLoss``; the share is a factor outside."""
        return {k: v for k, v in super().arguments(*x).items() if k != "share"}
