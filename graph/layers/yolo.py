"""YOLO v1: one look at the image gives, for each cell of a grid, boxes, how sure they are, and a class.

Source: Redmon, Divvala, Girshick and Farhadi, "You only look once: unified, real-time object detection", 2016; where
the paper leaves something open, the authors' program of 2015 decides.
"""

from __future__ import annotations

from typing import Any

from graph.errors import ShapeError
from graph.layer import INFERENCE, TRAINING, Explanation, Layer, Port, kind
from graph.layers.loss import share_value
from graph.tensors import Boxes, Detections, Loss, Tensor
from graph.text import number, say
from graph.values import value
from graph.windows import UNSEEN, WHOLE, Seen

SOURCE = "Redmon and others, 2016"
TERMS = ("xy", "wh", "obj", "noobj", "cls")
"""The five sums of equation 3: places, sizes, confidence where there is an object and where there is none, classes."""


def _boxes_value() -> Any:
    help = "How many boxes each cell of the grid proposes; the one that fits best is made responsible."
    return value(2, low=1, high=100, label="Boxes per cell", help=help)


def _classes_value() -> Any:
    return value(20, low=1, high=100_000, label="Classes", help="How many classes of objects there are.")


def _grid_value() -> Any:
    help = "Cells along each side, where the scores are one vector; maps are their own grid."
    return value(7, low=1, high=1000, label="Grid", help=help)


class _Yolo(Layer):
    """What loss and decoding share: how the scores are laid out.

    A vector holds the classes of all cells, then the confidences, then the boxes; maps hold the same along their
    channels, cell by cell.
    """

    category = "det"
    module = "runtime.modules"
    source = SOURCE

    boxes: int
    classes: int
    grid: int

    @property
    def caption(self) -> str:
        """Boxes and classes."""
        return f"B {self.boxes}, C {number(self.classes)}"

    @property
    def depth(self) -> int:
        """Numbers per cell: ``5 B + C``."""
        return 5 * self.boxes + self.classes

    def check(self, x: Tensor) -> None:
        """See to it that the scores are as many as boxes, classes and grid say.

        Raises:
            ShapeError: they are not; says what would fit.
        """
        wanted = f"5 × {self.boxes} + {number(self.classes)} = {number(self.depth)}"
        if len(x.spatial) == 2 and not x.channels_last:
            if x.channels != self.depth:
                raise ShapeError(
                    "{kind} needs {wanted} maps; it receives {n}: set the filters of the layer before to that.",
                    code="yolo_depth",
                    kind=self.kind,
                    wanted=wanted,
                    n=x.channels,
                )
            return
        total = self.grid**2 * self.depth
        if len(x.dims) != 2 or x.channels != total:
            raise ShapeError(
                "{kind} needs {grid} × {grid} × ({wanted}) = {total} numbers, or that many maps; it receives {shape}.",
                code="yolo_depth",
                kind=self.kind,
                grid=self.grid,
                wanted=wanted,
                total=total,
                shape=str(x),
            )

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """All of the scores; of the images, only how large they are."""
        return (*(WHOLE,) * (len(x) - 1), UNSEEN)

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """The sum of the numbers that arrive."""
        if quantity != "output":
            return None
        rows, columns = x[0].spatial or (self.grid, self.grid)
        total = number(rows * columns * self.depth)
        worked = f"{rows} × {columns} × (5 × {self.boxes} + {number(self.classes)}) = {total}"
        why = say("Each cell gives a box of four numbers and a confidence B times, and one score per class.")
        return Explanation("S × S × (5 B + C)", worked, total, why, self.source)


@kind
class YoloLoss(_Yolo):
    """The loss of YOLO v1: five sums over the cells of the grid, each drawn as a curve of its own.

    An object belongs to the cell in which its middle lies; of the boxes of that cell, the one that overlaps it most is
    responsible. Sizes are compared by their square roots, so that small boxes count as much as large ones.
    """

    formula = "λ_coord Σ 1ᵢⱼ (Δx² + Δy²) + λ_coord Σ 1ᵢⱼ (Δ√w² + Δ√h²) + Σ 1ᵢⱼ ΔC² + λ_noobj Σ (1 − 1ᵢⱼ) C² + Σ 1ᵢ Δp²"
    words = "yolo detection détection boxes boîtes perte objects objets"
    when = TRAINING
    task = "detection"
    inputs = (Port("input"), Port("target", (Boxes,)), Port("images"))
    outputs = tuple(Port(name, (Loss,)) for name in TERMS)

    boxes: int = _boxes_value()
    classes: int = _classes_value()
    grid: int = _grid_value()
    coord: float = value(
        5.0,
        low=0.0,
        high=1000.0,
        label="λ coord",
        help="The weight of places and sizes: they are few, and matter most.",
    )
    noobj: float = value(
        0.5, low=0.0, high=1000.0, label="λ noobj", help="The weight of the many boxes in which there is nothing."
    )
    rescore: bool = value(
        True, label="Confidence is IoU", help="A box shall be as sure as it overlaps its object; else, wholly sure."
    )
    share: float = share_value()

    def output(self, input: Tensor, target: Boxes, images: Tensor) -> tuple[Loss, ...]:
        """Five numbers.

        Raises:
            ShapeError: there are not as many scores as boxes, classes and grid say.
        """
        self.check(input)
        return (Loss(),) * len(TERMS)

    def arguments(self, *x: Any) -> dict[str, Any]:
        """The share is a factor outside."""
        return {k: v for k, v in super().arguments(*x).items() if k != "share"}


@kind
class YoloDecode(_Yolo):
    """Turns the scores of YOLO into boxes on the image: those that are sure enough, without those that say it twice.

    The score of a box is its confidence times the probability of the class; of boxes of one class that overlap more
    than the second threshold, only the surest stays (non-maximum suppression).
    """

    formula = "score = C · p; keep > threshold; NMS"
    words = "yolo detection détection nms boxes boîtes decode décoder suppression"
    when = INFERENCE
    inputs = (Port("input"), Port("images"))
    outputs = (Port("out", (Detections,)),)

    boxes: int = _boxes_value()
    classes: int = _classes_value()
    grid: int = _grid_value()
    threshold: float = value(
        0.2, low=0.0, high=1.0, label="Threshold", help="Boxes whose score is not above this are left out."
    )
    overlap: float = value(
        0.4,
        low=0.0,
        high=1.0,
        label="NMS",
        help="Of two boxes of a class that overlap more (IoU), the surer one stays.",
    )

    def output(self, input: Tensor, images: Tensor) -> Detections:
        """What was found.

        Raises:
            ShapeError: there are not as many scores as boxes, classes and grid say.
        """
        self.check(input)
        return Detections()
