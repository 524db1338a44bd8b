"""Where a network begins and ends: images in, targets in, results out."""

from __future__ import annotations

from typing import Any

from graph.layer import TRAINING, Layer, Port, kind
from graph.tensors import Flow, Labels, Tensor
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
    outputs = ()

    def output(self, x: Flow) -> tuple[Any, ...]:
        """Nothing leaves it: the answer is what arrives."""
        return ()


@kind
class Target(Layer):
    """The right answer for each image, known in training only: here the index of its class."""

    category = "io"
    module = ""
    when = TRAINING
    words = "label étiquette cible truth vérité"
    inputs = ()
    outputs = (Port("out", (Labels,)),)

    def output(self) -> Labels:
        """A class index per image."""
        return Labels()
