"""Losses of numbers: how far what comes out lies from the numbers that are right."""

from __future__ import annotations

from graph.errors import ShapeError
from graph.layer import Port, kind
from graph.layers.loss import Judgment, fits_classes, reduction_value, share_value
from graph.tensors import Labels, Loss, Tensor
from graph.values import value


class _OfNumbers(Judgment):
    """What losses share that compare number with number."""

    task = "regression"
    inputs = (Port("input"), Port("target"))

    def output(self, input: Tensor, target: Tensor) -> Loss:
        """One number.

        Raises:
            ShapeError: the two differ in shape, and torch would stretch one over the other.
        """
        if input.dims != target.dims:
            raise ShapeError(
                "{kind} compares number with number: {a} and {b} differ. Give both the same shape.",
                code="loss_shapes_differ",
                kind=self.kind,
                a=str(input),
                b=str(target),
            )
        return Loss()


@kind
class MSELoss(_OfNumbers):
    """The mean of the squares of the differences: large errors count most."""

    formula = "(x − y)²"
    source = "Legendre, 1805"
    words = "mean squared error erreur quadratique moyenne régression perte"

    reduction: str = reduction_value()
    share: float = share_value()


@kind
class L1Loss(_OfNumbers):
    """The mean of the differences without their sign: outliers pull less than on squares."""

    formula = "|x − y|"
    source = "Boscovich, 1757"
    words = "mean absolute error erreur absolue moyenne régression perte"

    reduction: str = reduction_value()
    share: float = share_value()


@kind
class SmoothL1Loss(_OfNumbers):
    """Squares of small differences, the plain size of large ones: what Fast R-CNN measures its boxes with."""

    formula = "½ (x − y)² / β where |x − y| < β, else |x − y| − ½ β"
    source = "Girshick, 2015"
    words = "huber boxes boîtes régression perte"

    reduction: str = reduction_value()
    beta: float = value(1.0, low=1e-6, high=1e6, label="Beta", help="Below this difference the square counts.")
    share: float = share_value()


@kind
class HuberLoss(_OfNumbers):
    """Squares of small differences, a straight line for large ones."""

    formula = "½ (x − y)² where |x − y| < δ, else δ (|x − y| − ½ δ)"
    source = "Huber, 1964"
    words = "robust robuste régression perte"

    reduction: str = reduction_value()
    delta: float = value(1.0, low=1e-6, high=1e6, label="Delta", help="Below this difference the square counts.")
    share: float = share_value()


@kind
class BCEWithLogitsLoss(_OfNumbers):
    """Each score is a question of its own, answered with yes (1) or no (0): cross entropy of its sigmoid.

    It applies the sigmoid itself, so it takes the scores before any Sigmoid.  The target gives the answers as numbers,
    or the class whose answer is yes; a single map of scores tells class 1 from class 0.
    """

    formula = "−y log σ(x) − (1 − y) log(1 − σ(x))"
    source = "Good, 1952"
    words = "binary cross entropy binaire entropie croisée sigmoid plusieurs étiquettes multilabel segmentation perte"
    module = "runtime.modules"
    inputs = (Port("input"), Port("target", (Labels, Tensor)))

    reduction: str = reduction_value()
    share: float = share_value()

    def output(self, input: Tensor, target: Labels | Tensor) -> Loss:
        """One number.

        Raises:
            ShapeError: the target gives other numbers than there are scores, or no class for each position.
        """
        if isinstance(target, Labels):
            return fits_classes(self, input, target)
        return super().output(input, target)
