"""Attention: every place of a sequence, or of a window, looks at all the others and takes what concerns it.

Source: Vaswani and others, "Attention is all you need", 2017.
"""

from __future__ import annotations

from math import prod
from typing import Any

from graph.arithmetic import pair, times
from graph.errors import ShapeError
from graph.layer import Explanation, Layer, Weight, kind
from graph.tensors import Tensor
from graph.text import Message, number, say
from graph.values import Size2, value
from graph.windows import WHOLE, Seen


def heads_value(default: int = 4) -> Any:
    """The value ``num_heads``."""
    help = "How many times it looks, each time at other properties; it must divide the embedding."
    return value(default, low=1, high=10_000, label="Heads", always=True, help=help)


def dropped_value(label: str, help: str) -> Any:
    """A share that is dropped in training."""
    return value(0.0, low=0.0, high=1.0, label=label, fold="Dropout", help=help)


def embedding(layer: Layer, x: Tensor, axes: int, heads: int) -> int:
    """The size of the last axis, which the heads must divide.

    Raises:
        ShapeError: another number of axes, or heads that do not divide.
    """
    size = x.dims[-1]
    if len(x.dims) != axes or not isinstance(size, int):
        raise ShapeError(
            "{kind} needs {axes}, the channels last; it receives {shape}: insert a Permute.",
            code="rank",
            kind=layer.kind,
            axes={3: "L × E", 4: "H × W × C"}[axes],
            shape=str(x),
        )
    if size % heads:
        raise ShapeError("{heads} heads must divide an embedding of {size}.", code="groups", heads=heads, size=size)
    return size


def explained(parts: list[int], formula: str) -> Explanation:
    """The sum of the multiply-adds of the products of attention."""
    total = number(sum(parts))
    worked = f"{' + '.join(map(number, parts))} = {total}"
    why = say("Queries, keys and values are made, compared, mixed and brought together.")
    return Explanation(formula, worked, total, why, "Vaswani and others, 2017")


def explained_weights(weights: dict[str, Weight], formula: str, why: Message, source: str) -> Explanation:
    """The sum of the sizes of the tensors that learn, in the order of *formula*."""
    learned = [w for w in weights.values() if w.parameter]
    total = number(sum(w.size for w in learned))
    return Explanation(formula, f"{' + '.join(times(*w.shape) for w in learned)} = {total}", total, why, source)


@kind
class MultiheadAttention(Layer):
    """Each token looks at all tokens of its image and takes a mixture of what they say."""

    category = "attn"
    formula = "softmax(Q Kᵀ / √d) V"
    source = "Vaswani and others, 2017"
    words = "attention self transformer tokens auto-attention têtes"

    num_heads: int = heads_value()
    dropout: float = dropped_value("Dropout", "In training, the share of looks that are forgotten.")
    bias: bool = value(True, label="Bias", help="Adds a learned number to each query, key, value and output.")

    @property
    def caption(self) -> str:
        """How many heads."""
        return f"{self.num_heads} h"

    def output(self, x: Tensor) -> Tensor:
        """The same shape.

        Raises:
            ShapeError: no tokens arrive, or the heads do not divide the embedding.
        """
        embedding(self, x, 3, self.num_heads)
        return x._replace(channels_last=True)

    def weights(self, x: Tensor) -> dict[str, Weight]:
        """One matrix for queries, keys and values together, and one for what the heads found."""
        e = x.dims[-1]
        assert isinstance(e, int)
        found = {"in_proj_weight": Weight((3 * e, e)), "out_proj.weight": Weight((e, e))}
        return found | {"in_proj_bias": Weight((3 * e,)), "out_proj.bias": Weight((e,))} if self.bias else found

    def _parts(self, x: Tensor) -> list[int]:
        length, e = x.shape
        return [3 * length * e * e, 2 * length * length * e, length * e * e]

    def macs(self, x: Tensor) -> int:
        """``3 L E²`` to make queries, keys, values; ``2 L² E`` to compare and mix; ``L E²`` to bring together."""
        return sum(self._parts(x))

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """Everything."""
        return (WHOLE,)

    def arguments(self, x: Tensor) -> dict[str, Any]:
        """As ``torch.nn.MultiheadAttention``, the batch first."""
        found = super().arguments(x)
        return {"embed_dim": x.dims[-1], "num_heads": found.pop("num_heads")} | found | {"batch_first": True}

    def call(self, own: str, *names: Any) -> str:
        """A sequence attends to itself: it is query, key and value."""
        return f"{own}({names[0]}, {names[0]}, {names[0]}, need_weights=False)[0]"

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """The sums of its weights and of its multiply-adds."""
        if quantity == "weights":
            why = say("A matrix makes queries, keys and values, another brings together what the heads found.")
            formula = "3 E × E + E × E + 3 E + E" if self.bias else "3 E × E + E × E"
            return explained_weights(self.weights(*x), formula, why, self.source)
        return explained(self._parts(x[0]), "3 L E² + 2 L² E + L E²") if quantity == "macs" else None


@kind
class RelativePositionalMultiHeadAttention(Layer):
    """In each group of places, every place looks at the others and how far they are; groups do not see each other."""

    category = "attn"
    module = "runtime.modules"
    formula = "softmax(Q Kᵀ / √C + B) V in each group"
    source = "Tu and others, 2022"
    words = "maxvit attention relative position grid grille fenêtre"

    head_dim: int = value(
        32, low=1, high=10_000, label="Per head", always=True, help="How many channels each head has."
    )
    max_seq_len: int = value(
        49, low=1, high=10_000, label="Places", always=True, help="How many places a group has: a square number."
    )

    @property
    def caption(self) -> str:
        """Places and channels per head."""
        return f"{self.max_seq_len}, {self.head_dim}"

    def output(self, x: Tensor) -> Tensor:
        """The same shape.

        Raises:
            ShapeError: other groups arrive, or the heads do not divide the channels.
        """
        c = embedding(self, x, 4, 1)
        side = round(self.max_seq_len**0.5)
        if c % self.head_dim:
            raise ShapeError("{head} channels per head must divide {size}.", code="groups", head=self.head_dim, size=c)
        if x.dims[2] != self.max_seq_len or side * side != self.max_seq_len:
            raise ShapeError(
                "Groups of {n} places were meant, a square number; {given} arrive.",
                code="size_differs",
                n=self.max_seq_len,
                given=str(x.dims[2]),
            )
        return x._replace(channels_last=True)

    def weights(self, x: Tensor) -> dict[str, Weight]:
        """The projections, and what is added for each relative position in the group."""
        c, n = x.dims[-1], self.max_seq_len
        assert isinstance(c, int)
        entries = (2 * round(n**0.5) - 1) ** 2
        return {
            "relative_position_bias_table": Weight((entries, c // self.head_dim)),
            "relative_position_index": Weight((n, n), False, "int64"),
            "to_qkv.weight": Weight((3 * c, c)),
            "to_qkv.bias": Weight((3 * c,)),
            "merge.weight": Weight((c, c)),
            "merge.bias": Weight((c,)),
        }

    def _parts(self, x: Tensor) -> list[int]:
        g, p, c = x.shape
        return [3 * g * p * c * c, 2 * g * p * p * c, g * p * c * c]

    def macs(self, x: Tensor) -> int:
        """As attention, but each place looks only at its group."""
        return sum(self._parts(x))

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """Its group, wherever it comes from."""
        return (WHOLE,)

    def arguments(self, x: Tensor) -> dict[str, Any]:
        """As torchvision's module; ``feat_dim`` follows from what arrives."""
        return {"feat_dim": x.dims[-1]} | super().arguments(x)

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """The sums of its weights and of its multiply-adds."""
        if quantity == "weights":
            why = say("A number for each relative position and head, and the projections with their biases.")
            return explained_weights(self.weights(*x), "table + 3 C × C + 3 C + C × C + C", why, self.source)
        return explained(self._parts(x[0]), "3 P C² + 2 P M C + P C²") if quantity == "macs" else None


@kind
class WindowPartition(Layer):
    """Cuts maps into square windows and writes the places of each one behind the other, the channels last."""

    category = "attn"
    module = "runtime.modules"
    source = "Tu and others, 2022"
    words = "maxvit window cut découper fenêtre"

    size: int = value(7, low=1, high=10_000, label="Window", always=True, help="Height and width of a window.")

    @property
    def caption(self) -> str:
        """The size of a window."""
        return pair((self.size, self.size))

    def output(self, x: Tensor) -> Tensor:
        """Windows × places × channels.

        Raises:
            ShapeError: no maps arrive, or windows do not fit into them without a rest.
        """
        if len(x.spatial) != 2 or x.channels_last or any(n % self.size for n in x.spatial):
            raise ShapeError(
                "Windows of {n} × {n} must fit without a rest into maps C × H × W; {shape} arrives.",
                code="groups",
                n=self.size,
                shape=str(x),
            )
        return Tensor((x.dims[0], prod(n // self.size for n in x.spatial), self.size**2, x.channels), True, x.dtype)

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """Places no longer lie beside their neighbors: what comes later is said to see everything."""
        return (WHOLE,)

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """How many windows, and how many places in each."""
        if quantity != "output":
            return None
        (h, w), n, out = x[0].spatial, self.size, self.output(*x)
        worked = f"{h}/{n} × {w}/{n} = {out.shape[0]}, {n} × {n} = {out.shape[1]}"
        why = say("As many windows as fit without a rest, and the places of each.")
        return Explanation("H/n × W/n, n × n", worked, str(out), why, self.source)


@kind
class WindowDepartition(Layer):
    """Puts windows together to maps again, the channels first."""

    category = "attn"
    module = "runtime.modules"
    source = "Tu and others, 2022"
    words = "maxvit window join assembler fenêtre"

    size: int = value(7, low=1, high=10_000, label="Window", always=True, help="Height and width of a window.")
    windows: Size2 = value(
        (8, 8),
        low=1,
        high=10_000,
        label="Windows",
        always=True,
        help="How many windows lie below and beside each other.",
    )

    @property
    def caption(self) -> str:
        """Windows and their size."""
        return f"{pair(self.windows)} · {pair((self.size, self.size))}"

    def output(self, x: Tensor) -> Tensor:
        """``C × H × W``.

        Raises:
            ShapeError: other windows arrive.
        """
        wanted = (prod(self.windows), self.size**2)
        if len(x.dims) != 4 or x.dims[1:3] != wanted or not isinstance(x.dims[3], int):
            raise ShapeError(
                "{a} windows of {b} places were meant; {shape} arrives.",
                code="size_differs",
                a=wanted[0],
                b=wanted[1],
                shape=str(x),
            )
        return Tensor((x.dims[0], x.dims[3], *(n * self.size for n in self.windows)), False, x.dtype)

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """Everything, as what arrives."""
        return (WHOLE,)

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """Windows times their size."""
        if quantity != "output":
            return None
        (a, b), n, out = self.windows, self.size, self.output(*x)
        worked = f"{a} × {n} = {a * n}, {b} × {n} = {b * n}"
        why = say("The windows lie side by side again, each as large as it was cut.")
        return Explanation("a × n, b × n", worked, str(out), why, self.source)
