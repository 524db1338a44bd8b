"""Where a network begins and ends: images in, targets in, results out."""

from __future__ import annotations

from typing import Any

from graph.errors import ShapeError
from graph.layer import TRAINING, Explanation, Layer, Port, kind
from graph.tensors import MASK, Boxes, Detections, Flow, Labels, Tensor
from graph.text import number, say
from graph.values import Shape, value


@kind
class Input(Layer):
    """What the network receives: its shape without the batch, channels first."""

    category = "io"
    module = ""
    words = "image entrée source data"
    inputs = ()

    shape: Shape = value(
        (1, 28, 28),
        low=1,
        high=100_000,
        label="Shape",
        help="Channels, height and width of an image; channels and length of a signal; or the features of a vector.",
    )

    @property
    def caption(self) -> str:
        """The shape."""
        return " × ".join(map(str, self.shape))

    def output(self) -> Tensor:
        """Its shape, with the batch N before it."""
        return Tensor(("N", *self.shape))


@kind
class Output(Layer):
    """What the network answers when it is used."""

    category = "io"
    module = ""
    words = "sortie result résultat"
    inputs = (Port("x", (Tensor, Detections)),)
    outputs = ()

    def output(self, x: Flow) -> tuple[Any, ...]:
        """Nothing leaves it: the answer is what arrives."""
        return ()


TASKS = {"class": "classification", "mask": "segmentation", "boxes": "detection", "numbers": "regression"}
"""What a network learns to do, by what its target gives."""


@kind
class Target(Layer):
    """What is right for each image, known in training only: its class, that of each pixel, its objects, or numbers."""

    category = "io"
    module = ""
    when = TRAINING
    words = "label étiquette cible truth vérité mask masque boxes boîtes regression régression numbers nombres"
    inputs = ()
    outputs = (Port("out", (Labels, Boxes, Tensor)),)

    gives: str = value(
        "class",
        choices=tuple(TASKS),
        label="Gives",
        help="One class for each image, one for each pixel (a mask), the objects in it with their boxes, or numbers.",
    )
    shape: Shape = value(
        (1,),
        low=1,
        high=100_000,
        label="Shape",
        help="How many numbers there are for each image, where it gives numbers.",
    )

    @property
    def task(self) -> str:  # type: ignore[override]
        """What is learned from it."""
        return TASKS[self.gives]

    @property
    def caption(self) -> str:
        """What it gives, unless it is a class."""
        return {"class": "", "numbers": " × ".join(map(str, self.shape))}.get(self.gives, self.gives)

    def output(self) -> Labels | Boxes | Tensor:
        """A class index per image or pixel, the objects of each image, or numbers."""
        given: dict[str, Labels | Boxes] = {"class": Labels(), "mask": MASK, "boxes": Boxes()}
        return given.get(self.gives) or Tensor(("N", *self.shape))


@kind
class OneHot(Layer):
    """Turns the index of a class into one number per class: all are off, and that of the right class is on."""

    category = "io"
    module = ""
    when = TRAINING
    formula = "off + (on − off) · [i = y]"
    source = "LeCun and others, 1989"
    words = "indicator dummy encoding target cible codage indicatrice"
    inputs = (Port("x", (Labels,)),)

    classes: int = value(10, low=1, high=1_000_000, label="Classes", help="How many classes there are.")
    off: float = value(0.0, low=-1e6, high=1e6, label="Off", help="The number of every class that is wrong.")
    on: float = value(1.0, low=-1e6, high=1e6, label="On", help="The number of the class that is right.")

    @property
    def caption(self) -> str:
        """How many classes, and the two numbers where they are not 0 and 1."""
        return number(self.classes) + (f", {self.off:g}, {self.on:g}" if (self.off, self.on) != (0, 1) else "")

    def output(self, x: Labels) -> Tensor:
        """A number per class.

        Raises:
            ShapeError: there is a class for each pixel instead of one for each image.
        """
        if x.per_pixel:
            raise ShapeError(
                "OneHot makes numbers of the class of each image; a mask has a class for each pixel. The losses of "
                "classes, and BCEWithLogitsLoss, take masks as they are.",
                code="loss_target",
            )
        return Tensor((x.dims[0], self.classes))

    def expression(self, *names: Any) -> str:
        """``nn.functional.one_hot(x, 10) * 2.0 - 1.0``."""
        found = f"nn.functional.one_hot({names[0]}, {self.classes})"
        if (self.off, self.on) == (0, 1):
            return f"{found}.float()"
        sign = "-" if self.off < 0 else "+"
        return f"{found} * {self.on - self.off!r} {sign} {abs(self.off)!r}"

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """One number per class."""
        if quantity != "output":
            return None
        n = number(self.classes)
        return Explanation("1 → classes", f"1 → {n}", n, say("One number for each class."), self.source)
