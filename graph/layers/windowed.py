"""Attention in windows that are shifted from layer to layer, and the merging of patches between stages.

Source: Liu and others, "Swin Transformer: Hierarchical Vision Transformer using Shifted Windows", 2021.
"""

from __future__ import annotations

from math import prod
from typing import Any, ClassVar, NamedTuple

from graph.arithmetic import pair, times
from graph.errors import ShapeError
from graph.layer import Explanation, Layer, Weight, kind
from graph.layers.attention import dropped_value, embedding, explained, explained_weights, heads_value
from graph.tensors import Tensor
from graph.text import number, say
from graph.values import Size2, value
from graph.windows import Seen, Slide


class Tile(NamedTuple):
    """Windows side by side, all moved by a shift: a position sees the whole window that it lies in."""

    size: int
    shift: int = 0

    @property
    def period(self) -> tuple[int, int]:
        """The pattern repeats with the windows."""
        return self.size, self.size

    @property
    def gap(self) -> int:
        """Every position of the window is read."""
        return 1

    def sees(self, j: int) -> tuple[int, int]:
        """First and last position of the window around *j*."""
        first = (j - self.shift) // self.size * self.size + self.shift
        return first, first + self.size - 1


class _WindowAttention(Layer):
    """What both versions of shifted window attention share."""

    category = "attn"
    module = "runtime.modules"
    words = "swin window attention fenêtre shifted décalée transformer"

    num_heads: int
    window_size: tuple[int, ...]
    shift_size: tuple[int, ...]
    qkv_bias: bool
    proj_bias: bool

    @property
    def caption(self) -> str:
        """Heads, window and shift."""
        moved = f", +{pair(self.shift_size)}" if any(self.shift_size) else ""
        return f"{self.num_heads} h, {pair(self.window_size)}{moved}"

    def output(self, x: Tensor) -> Tensor:
        """The same shape.

        Raises:
            ShapeError: no maps with their channels last arrive, or the heads do not divide these.
        """
        embedding(self, x, 4, self.num_heads)
        return x._replace(channels_last=True)

    def _shifts(self, x: Tensor) -> list[tuple[int, int]]:
        """Window and shift along each axis; one window that covers all is not shifted."""
        sizes = (d for d in x.dims[1:3] if isinstance(d, int))
        found = zip(sizes, self.window_size, self.shift_size, strict=True)
        return [(w, s if w < -(-n // w) * w else 0) for n, w, s in found]

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """The window it lies in; what the shift brings together from opposite borders does not look at each other."""
        return (tuple(Tile(w, s) for w, s in self._shifts(x[0])),)

    def _parts(self, x: Tensor) -> list[int]:
        """Multiply-adds of the four products, the padding up to whole windows included."""
        h, w, c = x.shape
        area = prod(self.window_size)
        places = -(-h // self.window_size[0]) * -(-w // self.window_size[1]) * area
        return [3 * places * c * c, 2 * places * area * c, places * c * c]

    def macs(self, x: Tensor) -> int:
        """As attention, but each place looks only at its window."""
        return sum(self._parts(x))

    def weights(self, x: Tensor) -> dict[str, Weight]:
        """The projections, and what is added for each relative position in the window."""
        c = x.dims[-1]
        assert isinstance(c, int)
        found = self._positions() | {"qkv.weight": Weight((3 * c, c)), "proj.weight": Weight((c, c))}
        found |= {"qkv.bias": Weight((3 * c,))} if self.qkv_bias else {}
        found |= {"proj.bias": Weight((c,))} if self.proj_bias else {}
        return found | {"relative_position_index": Weight((prod(self.window_size) ** 2,), False, "int64")}

    def _positions(self) -> dict[str, Weight]:
        raise AssertionError(f"{self.kind} must say how it knows positions")

    def arguments(self, x: Tensor) -> dict[str, Any]:
        """As torchvision's module; ``dim`` follows from what arrives."""
        found = super().arguments(x)
        first = {"window_size": self.window_size, "shift_size": self.shift_size, "num_heads": self.num_heads}
        return {"dim": x.dims[-1]} | first | found

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """Its shape, and the sums of its weights and of its multiply-adds."""
        if quantity == "output":
            worked, out = f"{times(*x[0].shape)} → {times(*self.output(*x).shape)}", str(self.output(*x))
            why = say("Every place keeps its position and takes from the places of its window.")
            return Explanation("H × W × C", worked, out, why, self.source)
        if quantity == "weights":
            why = say("What tells relative positions apart, and the projections with their biases.")
            return explained_weights(self.weights(*x), "positions + 3 C × C + C × C + 3 C + C", why, self.source)
        return explained(self._parts(x[0]), "3 P C² + 2 P M² C + P C²") if quantity == "macs" else None


def _window_size(default: int) -> Any:
    return value((default,) * 2, low=1, high=1000, label="Window", always=True, help="Height and width of a window.")


def _shift_size() -> Any:
    help = "By how much the windows are moved, so that neighbors across their borders meet; half a window."
    return value((0, 0), low=0, high=1000, label="Shift", always=True, help=help)


def _with_bias(what: str) -> Any:
    help = (
        "Adds a learned number to queries, keys and values." if what == "qkv" else "Adds a learned number at the end."
    )
    return value(True, label=f"Bias ({what})", help=help)


@kind
class ShiftedWindowAttention(_WindowAttention):
    """Each place looks at the places of its window; from layer to layer the windows are shifted."""

    formula = "softmax(Q Kᵀ / √d + B) V in each window"
    source = "Liu and others, 2021"

    num_heads: int = heads_value()
    window_size: Size2 = _window_size(7)
    shift_size: Size2 = _shift_size()
    qkv_bias: bool = _with_bias("qkv")
    proj_bias: bool = _with_bias("proj")
    attention_dropout: float = dropped_value("Of the looks", "In training, the share of looks that are forgotten.")
    dropout: float = dropped_value("Of the result", "In training, the share of results set to zero.")

    def _positions(self) -> dict[str, Weight]:
        entries = prod(2 * w - 1 for w in self.window_size)
        return {"relative_position_bias_table": Weight((entries, self.num_heads))}


@kind
class ShiftedWindowAttentionV2(_WindowAttention):
    """Window attention that compares directions, and learns from distances what it adds for relative positions."""

    formula = "softmax(cos(Q, K) / τ + B) V in each window"
    source = "Liu and others, 2022"

    num_heads: int = heads_value()
    window_size: Size2 = _window_size(8)
    shift_size: Size2 = _shift_size()
    qkv_bias: bool = _with_bias("qkv")
    proj_bias: bool = _with_bias("proj")
    attention_dropout: float = dropped_value("Of the looks", "In training, the share of looks that are forgotten.")
    dropout: float = dropped_value("Of the result", "In training, the share of results set to zero.")

    HIDDEN: ClassVar[int] = 512
    """Width of the small network that turns a distance into what is added."""

    def output(self, x: Tensor) -> Tensor:
        """The same shape.

        Raises:
            ShapeError: as the first version; or a window of one place, which has no distances.
        """
        if min(self.window_size) < 2:
            raise ShapeError(
                "ShiftedWindowAttentionV2 measures distances in a window; one of {size} has none.",
                code="window_too_small",
                size=pair(self.window_size),
            )
        return super().output(x)

    def _positions(self) -> dict[str, Weight]:
        h, w = (2 * n - 1 for n in self.window_size)
        return {
            "logit_scale": Weight((self.num_heads, 1, 1)),
            "relative_coords_table": Weight((1, h, w, 2), False),
            "cpb_mlp.0.weight": Weight((self.HIDDEN, 2)),
            "cpb_mlp.0.bias": Weight((self.HIDDEN,)),
            "cpb_mlp.2.weight": Weight((self.num_heads, self.HIDDEN)),
        }

    def _parts(self, x: Tensor) -> list[int]:
        table = prod(2 * n - 1 for n in self.window_size)
        return [*super()._parts(x), table * self.HIDDEN * (2 + self.num_heads)]

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """As the first version; the table of positions costs multiply-adds too."""
        if quantity != "macs":
            return super().explain(quantity, *x)
        return explained(self._parts(x[0]), "3 P C² + 2 P M² C + P C² + table")


class _Merging(Layer):
    """What both versions of patch merging share."""

    category = "attn"
    module = "runtime.modules"
    words = "swin downsample patch réduire fusion"
    factor: ClassVar[int] = 4
    """Of how many times the channels the normalization is."""

    eps: float

    def output(self, x: Tensor) -> Tensor:
        """Half as high and wide (rounded up), twice the channels.

        Raises:
            ShapeError: no maps with their channels last arrive.
        """
        c = embedding(self, x, 4, 1)
        h, w = x.shape[:2]
        return Tensor((x.dims[0], -(-h // 2), -(-w // 2), 2 * c), True, x.dtype)

    def weights(self, x: Tensor) -> dict[str, Weight]:
        """A projection of four places to one, and a normalization."""
        c = x.dims[-1]
        assert isinstance(c, int)
        norm = Weight((self.factor * c,))
        return {"reduction.weight": Weight((2 * c, 4 * c)), "norm.weight": norm, "norm.bias": norm}

    def macs(self, x: Tensor) -> int:
        """``4 C × 2 C`` for each place that comes out."""
        h, w, c = self.output(x).shape
        return h * w * c * 2 * c

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """The four places that were merged."""
        return ((Slide(2, 2), Slide(2, 2)),)

    def arguments(self, x: Tensor) -> dict[str, Any]:
        """As torchvision's module; ``dim`` follows from what arrives."""
        return {"dim": x.dims[-1]} | super().arguments(x)

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """The sums of its shape, its weights and its multiply-adds."""
        h, w, c = x[0].shape
        out = self.output(*x)
        if quantity == "output":
            worked = f"⌈{h}/2⌉ × ⌈{w}/2⌉ × 2·{c} = {times(*out.shape)}"
            why = say("Four neighboring places become one of twice the channels.")
            return Explanation("⌈H/2⌉ × ⌈W/2⌉ × 2 C", worked, str(out), why, self.source)
        if quantity == "weights":
            why = say("A matrix from four places to one, and a scale and a shift.")
            formula = f"2 C × 4 C + {self.factor} C + {self.factor} C"
            return explained_weights(self.weights(*x), formula, why, self.source)
        if quantity == "macs":
            total = number(self.macs(*x))
            worked = f"{times(*out.shape[:2], 4 * c, 2 * c)} = {total}"
            why = say("For each place that comes out, four places of channels are mixed.")
            return Explanation("H/2 × W/2 × 4 C × 2 C", worked, total, why, self.source)
        return None


def _eps() -> Any:
    return value(
        1e-5, low=1e-12, high=1.0, label="Epsilon", help="Added to the variance, so that nothing is divided by zero."
    )


@kind
class PatchMerging(_Merging):
    """Lays four neighboring places one behind the other, normalizes, and mixes them into one."""

    source = "Liu and others, 2021"
    eps: float = _eps()


@kind
class PatchMergingV2(_Merging):
    """Lays four neighboring places one behind the other, mixes them into one, and normalizes."""

    source = "Liu and others, 2022"
    factor = 2
    eps: float = _eps()
