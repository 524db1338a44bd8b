"""Single learned tensors: a factor, a term for each position, a token that stands before the others.

Their weight bears the name of the node itself (``class_token``, not ``class_token.weight``).
"""

from __future__ import annotations

from typing import Any

from graph.arithmetic import times
from graph.errors import ShapeError
from graph.layer import Explanation, Layer, Weight, kind
from graph.tensors import Tensor
from graph.text import number, say
from graph.values import value


@kind
class Scale(Layer):
    """Multiplies each map by a learned factor of its own; begun near zero, a branch opens slowly."""

    category = "norm"
    module = ""
    formula = "γ · x"
    source = "Touvron and others, 2021"
    words = "layer scale factor facteur gamma multiply échelle"

    initial: float = value(1.0, low=-1e6, high=1e6, label="At first", help="The factor before training.")

    @property
    def caption(self) -> str:
        """The first factor."""
        return f"{self.initial:g}"

    def weights(self, x: Tensor) -> dict[str, Weight]:
        """A factor per channel."""
        behind = 0 if x.channels_last else max(len(x.dims) - 2, 0)
        return {"": Weight((x.channels, *(1,) * behind))}

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """A factor per map."""
        n = number(x[0].channels)
        return Explanation("C", n, n, say("A factor for each map."), self.source) if quantity == "weights" else None

    def parameter(self, shape: str) -> str:
        """The same factor everywhere."""
        return f"torch.full({shape}, {self.initial!r})"

    def call(self, own: str, *names: Any) -> str:
        """``self.layer_scale * x``."""
        return f"{own} * {names[0]}"


@kind
class PositionBias(Layer):
    """Adds a learned number for each position and channel, so that what follows knows where it is."""

    category = "attn"
    module = ""
    formula = "x + b"
    source = "Vaswani and others, 2017"
    words = "position embedding encoding plongement positionnel vit"

    def output(self, x: Tensor) -> Tensor:
        """The same shape.

        Raises:
            ShapeError: it has a size that depends on the batch.
        """
        if not all(isinstance(d, int) for d in x.dims[1:]):
            raise ShapeError("PositionBias needs fixed sizes; it receives {shape}.", code="batch_axis", shape=str(x))
        return x

    def weights(self, x: Tensor) -> dict[str, Weight]:
        """As many as values in an example."""
        return {"": Weight((1, *x.shape))}

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """A number per value."""
        if quantity != "weights":
            return None
        total = number(x[0].size)
        why = say("A number for each position and channel, the same for all images.")
        return Explanation("L × E", f"{times(*x[0].shape)} = {total}", total, why, self.source)

    def parameter(self, shape: str) -> str:
        """Small random numbers."""
        return f"torch.empty({shape}).normal_(std=0.02)"

    def call(self, own: str, *names: Any) -> str:
        """``x + self.pos_embedding``."""
        return f"{names[0]} + {own}"


@kind
class PrependToken(Layer):
    """Puts a learned token before the others: it gathers what they say, and the class is read from it."""

    category = "attn"
    module = ""
    formula = "[token; x]"
    source = "Dosovitskiy and others, 2021"
    words = "class token cls jeton classe vit transformer"

    def output(self, x: Tensor) -> Tensor:
        """One token more.

        Raises:
            ShapeError: no tokens arrive.
        """
        if len(x.dims) != 3 or not all(isinstance(d, int) for d in x.dims[1:]):
            raise ShapeError("PrependToken needs tokens L × E; it receives {shape}.", code="rank", shape=str(x))
        return Tensor((x.dims[0], x.shape[0] + 1, x.shape[1]), True, x.dtype)

    def weights(self, x: Tensor) -> dict[str, Weight]:
        """One token."""
        return {"": Weight((1, 1, x.shape[1]))}

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """One token."""
        length, size = x[0].shape
        if quantity == "weights":
            n = number(size)
            return Explanation("E", n, n, say("One token, as long as the others."), self.source)
        if quantity == "output":
            worked = f"{number(length)} + 1 = {number(length + 1)}"
            why = say("One token more stands before the others.")
            return Explanation("L + 1", worked, str(self.output(*x)), why, self.source)
        return None

    def call(self, own: str, *names: Any) -> str:
        """``torch.cat((self.class_token.expand(x.shape[0], -1, -1), x), dim=1)``."""
        return f"torch.cat(({own}.expand({names[0]}.shape[0], -1, -1), {names[0]}), dim=1)"
