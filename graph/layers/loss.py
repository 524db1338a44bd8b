"""Losses of classes: how wrong scores are about the right class, of each image or of each pixel."""

from __future__ import annotations

from typing import Any

from graph.errors import ShapeError
from graph.layer import TRAINING, Explanation, Layer, Port, Weight, kind
from graph.tensors import Labels, Loss, Tensor
from graph.text import say
from graph.values import Numbers, Vector, value
from graph.windows import WHOLE, Seen


def share_value() -> Any:
    """The value ``share``, which every loss has."""
    return value(1.0, low=0.0, high=1e6, label="Share", help="By how much this loss counts in the sum of all losses.")


def reduction_value() -> Any:
    """The value ``reduction``."""
    return value(
        "mean",
        choices=("mean", "sum"),
        label="Of all",
        help="The mean of all errors, or their sum, which grows with the batch and the size of the image.",
    )


def ignored_value(default: int | None = None) -> Any:
    """The value ``ignore_index``; None where every class counts."""
    return value(
        default,
        low=0,
        high=1_000_000,
        label="Ignored class",
        help="The class whose images or pixels do not count: 255 marks the borders of objects in Pascal VOC.",
    )


class Judgment(Layer):
    """What all losses share: they live in training, see everything, and give one number."""

    category = "loss"
    when = TRAINING
    task = "classification"
    inputs = (Port("input"), Port("target", (Labels,)))
    outputs = (Port("out", (Loss,)),)

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """All of it."""
        return (WHOLE,) * len(x)

    def arguments(self, *x: Any) -> dict[str, Any]:
        """As torch's constructor; the share is a factor outside, and what is ignored is left out where nothing is."""
        return {k: v for k, v in super().arguments(*x).items() if k != "share" and v is not None}

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """What is compared, and what is made of all the errors."""
        if quantity != "output":
            return None
        summed = getattr(self, "reduction", "mean") == "sum"
        why = say("Scores and target are compared, and one number for the whole batch is made: the mean of the errors.")
        if summed:
            why = say(
                "Scores and target are compared, and one number for the whole batch is made: the sum of the errors."
            )
        out = str(self.output(*x))
        return Explanation(self.formula, f"{x[0]}, {x[1]} → {out}", out, why, self.source)


def fits_classes(layer: Layer, input: Tensor, target: Labels) -> Loss:
    """One number, where there is a score per class for each thing that the target gives the class of.

    Raises:
        ShapeError: the scores are maps where there is one class per image, or a vector where each pixel has one.
    """
    if target.per_pixel and (len(input.dims) < 3 or input.channels_last):
        raise ShapeError(
            "{kind} compares the scores of each pixel with a mask, so it needs classes × H × W; it receives "
            "{shape}: take the maps before they are flattened, or set what the Target gives to class.",
            code="loss_on_vector",
            kind=layer.kind,
            shape=str(input),
        )
    if not target.per_pixel and (len(input.dims) != 2 or input.channels_last):
        raise ShapeError(
            "{kind} compares one score per class with a label; it receives {shape}: "
            "insert a Flatten and a Linear, or set what the Target gives to mask.",
            code="loss_on_maps",
            kind=layer.kind,
            shape=str(input),
        )
    return Loss()


class Comparison(Judgment):
    """What losses share that compare a score per class with the right class."""

    def output(self, input: Tensor, target: Labels) -> Loss:
        """One number.

        Raises:
            ShapeError: as :func:`fits_classes`.
        """
        return fits_classes(self, input, target)


class _Weighed(Comparison):
    """What CrossEntropyLoss and NLLLoss share: classes that count more or less."""

    weight: Numbers | None

    def output(self, input: Tensor, target: Labels) -> Loss:
        """One number.

        Raises:
            ShapeError: as of every loss of classes; or there is another number of weights than of classes.
        """
        if self.weight and len(self.weight) != input.dims[1]:
            raise ShapeError(
                "There are {n} weights for {classes} classes: give one per class, or none at all.",
                code="class_weights",
                n=len(self.weight),
                classes=input.dims[1],
            )
        return super().output(input, target)

    def weights(self, input: Tensor, target: Labels) -> dict[str, Weight]:
        """The weights of the classes are a buffer, if there are any."""
        return {"weight": Weight((len(self.weight),), False)} if self.weight else {}

    def arguments(self, *x: Any) -> dict[str, Any]:
        """As torch's constructor, which takes the weights as a tensor."""
        found = super().arguments(*x)
        return found | {"weight": Vector(self.weight)} if self.weight else found


def _weight_value() -> Any:
    help = "How much each class counts, one number per class; with none, all count alike."
    return value(None, low=0.0, high=1e6, label="Class weights", help=help)


@kind
class CrossEntropyLoss(_Weighed):
    """Compares the scores of the classes with the right class: minus the logarithm of its probability.

    It applies the softmax itself, so it takes the scores before any Softmax.
    """

    formula = "−log(exp(x_y) / Σⱼ exp(xⱼ))"
    source = "Bridle, 1990"
    words = "loss entropie croisée classification segmentation perte"

    weight: Numbers | None = _weight_value()
    ignore_index: int | None = ignored_value()
    reduction: str = reduction_value()
    label_smoothing: float = value(
        0.0,
        low=0.0,
        high=1.0,
        label="Label smoothing",
        help="The share of certainty that is given to the other classes, so that the network does not become too sure.",
    )
    share: float = share_value()


@kind
class NLLLoss(_Weighed):
    """Compares the logarithms of probabilities, as LogSoftmax gives them, with the right class: minus its logarithm."""

    formula = "−log p_y"
    source = "Fisher, 1922"
    words = "negative log likelihood vraisemblance perte"

    weight: Numbers | None = _weight_value()
    ignore_index: int | None = ignored_value()
    reduction: str = reduction_value()
    share: float = share_value()


@kind
class FocalLoss(Comparison):
    """Cross entropy that makes little of what is right already, so that the rare and the hard count.

    With the sigmoid every class is a question of its own, as in RetinaNet; with the softmax they compete.
    """

    formula = "−α (1 − p)^γ log p"
    source = "Lin and others, 2017"
    words = "focal retinanet rare imbalance déséquilibre perte"
    module = "runtime.modules"

    gamma: float = value(2.0, low=0.0, high=10.0, label="Gamma", help="How little what is right already counts.")
    alpha: float = value(
        -1.0,
        low=-1.0,
        high=1.0,
        label="Alpha",
        help="The weight of what is there against what is not, from 0 to 1, for the sigmoid; below 0: none.",
    )
    over: str = value(
        "softmax", choices=("softmax", "sigmoid"), label="Over", help="Classes that compete, or one question each."
    )
    ignore_index: int | None = ignored_value()
    share: float = share_value()


@kind
class BorderLoss(_Weighed):
    """Cross entropy of each pixel that counts most on the thin ground between two cells, so that they stay apart.

    Cells are the connected regions of everything that is not background.
    """

    formula = "−(w_c + w₀ exp(−(d₁ + d₂)² / 2σ²)) log p"
    source = "Ronneberger, Fischer and Brox, 2015"
    words = "border weight map cells u-net touching separate bord carte poids cellules perte segmentation"
    module = "runtime.modules"
    task = "segmentation"

    w0: float = value(
        10.0,
        low=0.0,
        high=1e4,
        label="Border weight",
        help="What a pixel that touches two cells at once would count more than others.",
    )
    sigma: float = value(
        5.0,
        low=0.1,
        high=50.0,
        label="Border width",
        help="How far from two cells, in pixels, the ground between them still counts more.",
    )
    background: int = value(
        0, low=0, high=1_000_000, label="Background", help="The class of the ground between the cells."
    )
    weight: Numbers | None = _weight_value()
    ignore_index: int | None = ignored_value()
    share: float = share_value()

    def output(self, input: Tensor, target: Labels) -> Loss:
        """One number.

        Raises:
            ShapeError: as of every loss of classes; or there is one class per image; or no score for the cells beside
                that of the ground.
        """
        if not target.per_pixel or len(input.dims) != 4 or input.channels_last or input.channels == 1:
            raise ShapeError(
                "{kind} weighs the pixels of a mask by how near two cells are: it takes classes × H × W, two classes "
                "at least, and a Target that gives a mask; it receives {shape} and {given}.",
                code="loss_on_vector",
                kind=self.kind,
                shape=str(input),
                given=str(target),
            )
        return super().output(input, target)
