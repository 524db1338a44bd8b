"""Shuffles and borders: channels dealt anew, pixels made of channels and back, and what is added around maps."""

from __future__ import annotations

from typing import Any

from graph.arithmetic import times
from graph.errors import ShapeError
from graph.layer import Explanation, Layer, kind
from graph.tensors import Tensor
from graph.text import say
from graph.values import Shape, value
from graph.windows import Nearest, Seen, Shift, Slide


@kind
class ChannelShuffle(Layer):
    """Deals the channels of several groups like cards, so that the next grouped convolution sees all of them."""

    category = "tens"
    source = "Zhang and others, 2018"
    words = "shuffle mélanger canaux"

    groups: int = value(
        2, low=1, high=1_000_000, label="Groups", always=True, help="How many groups are dealt together."
    )

    def output(self, x: Tensor) -> Tensor:
        """The same shape.

        Raises:
            ShapeError: the groups do not divide the channels.
        """
        if x.channels % self.groups or len(x.dims) < 3:
            raise ShapeError(
                "{groups} groups must divide the {channels} channels.",
                code="groups",
                groups=self.groups,
                channels=x.channels,
            )
        return x


@kind
class PixelShuffle(Layer):
    """Makes maps larger by laying the values of several maps side by side."""

    category = "tens"
    source = "Shi and others, 2016"
    words = "sub-pixel super resolution agrandir"

    upscale_factor: int = value(
        2, low=1, high=1000, label="Factor", always=True, help="By how much height and width grow."
    )

    def output(self, x: Tensor) -> Tensor:
        """``C / r²`` maps, r times as high and wide.

        Raises:
            ShapeError: r² does not divide the channels, or there are no maps.
        """
        r = self.upscale_factor
        if len(x.spatial) != 2 or x.channels % (r * r):
            raise ShapeError(
                "PixelShuffle by {r} needs maps whose number {r2} divides; it receives {shape}.",
                code="groups",
                r=r,
                r2=r * r,
                shape=str(x),
            )
        return x.with_spatial(x.channels // (r * r), tuple(n * r for n in x.spatial))

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """The pixel that it came from."""
        return (tuple(Nearest(n, n * self.upscale_factor) for n in x[0].spatial),)

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """Channels become pixels."""
        if quantity != "output":
            return None
        r, c, (h, w) = self.upscale_factor, x[0].channels, x[0].spatial
        why = say("The values of {n} maps are laid side by side in one.", n=r * r)
        worked = f"{c}/{r}² × {h}·{r} × {w}·{r} = {times(*self.output(*x).shape)}"
        return Explanation("C/r² × H·r × W·r", worked, str(self.output(*x)), why, self.source)


@kind
class PixelUnshuffle(Layer):
    """Makes maps smaller without losing a value: pixels that lay side by side become maps."""

    category = "tens"
    source = "Shi and others, 2016"
    words = "space to depth réduire"

    downscale_factor: int = value(
        2, low=1, high=1000, label="Factor", always=True, help="By how much height and width shrink."
    )

    def output(self, x: Tensor) -> Tensor:
        """``C · r²`` maps, r times as small.

        Raises:
            ShapeError: r does not divide height and width, or there are no maps.
        """
        r = self.downscale_factor
        if len(x.spatial) != 2 or any(n % r for n in x.spatial):
            raise ShapeError(
                "PixelUnshuffle by {r} needs maps whose height and width {r} divides; it receives {shape}.",
                code="groups",
                r=r,
                shape=str(x),
            )
        return x.with_spatial(x.channels * r * r, tuple(n // r for n in x.spatial))

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """The pixels that became maps."""
        r = self.downscale_factor
        return ((Slide(r, r), Slide(r, r)),)

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """Pixels become channels."""
        if quantity != "output":
            return None
        r, c, (h, w) = self.downscale_factor, x[0].channels, x[0].spatial
        why = say("{n} pixels that lay side by side become maps of their own.", n=r * r)
        worked = f"{c}·{r}² × {h}/{r} × {w}/{r} = {times(*self.output(*x).shape)}"
        return Explanation("C·r² × H/r × W/r", worked, str(self.output(*x)), why, self.source)


@kind
class Pad(Layer):
    """Adds a border of a chosen value, or of what lies beside it; negative numbers cut off."""

    category = "tens"
    module = ""
    words = "border padding bord remplissage"

    padding: Shape = value(
        (1, 1, 1, 1), low=-10_000, high=10_000, label="Border", help="Pixels added left, right, above and below."
    )
    mode: str = value(
        "constant",
        choices=("constant", "reflect", "replicate", "circular"),
        label="With",
        help="A constant, a mirror image, the border's own values, or the opposite side.",
    )
    fill: float = value(0.0, low=-1e6, high=1e6, label="Value", help="The constant.")

    def output(self, x: Tensor) -> Tensor:
        """Larger by the border.

        Raises:
            ShapeError: not two numbers per axis of space, or nothing is left, or more is mirrored than there is.
        """
        allowed = range(2, 2 * len(x.spatial) + 1, 2) if self.mode == "constant" else (2 * len(x.spatial),)
        if not x.spatial or x.channels_last or len(self.padding) not in allowed:
            raise ShapeError(
                "A border has two numbers per axis; {n} do not suit {shape}.",
                code="rank",
                n=len(self.padding),
                shape=str(x),
            )
        sizes = []
        for n, (before, after) in zip(x.spatial, self._pairs(x), strict=True):
            limit = {"reflect": n - 1, "circular": n}.get(self.mode)
            if n + before + after < 1 or (limit is not None and max(before, after) > limit):
                raise ShapeError(
                    "A border of {a} and {b} does not suit {n} pixels.",
                    code="padding_too_large",
                    a=before,
                    b=after,
                    n=n,
                )
            sizes.append(n + before + after)
        return x.with_spatial(x.channels, tuple(sizes))

    def _pairs(self, x: Tensor) -> list[tuple[int, int]]:
        """Before and after, per axis of space from the first; torch lists them from the last."""
        pairs = list(zip(self.padding[::2], self.padding[1::2], strict=True))
        return [(0, 0)] * (len(x.spatial) - len(pairs)) + pairs[::-1]

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """Shifted by what is added before."""
        border = "" if self.mode == "constant" else self.mode
        return (tuple(Shift(-before, border) for before, _ in self._pairs(x[0])),)

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """What there was and what is added."""
        if quantity != "output":
            return None
        out = self.output(*x)
        sums = zip(x[0].spatial, self._pairs(x[0]), out.spatial, strict=True)
        worked = ", ".join(f"{n} {_signed(a)} {_signed(b)} = {m}" for n, (a, b), m in sums)
        why = say("What is added on both sides counts; what is cut off counts below zero.")
        return Explanation("n + before + after", worked, str(out), why)

    def expression(self, *names: Any) -> str:
        """``nn.functional.pad(x, (1, 1, 1, 1), value=-1.0)``."""
        inner = ", ".join(map(str, self.padding))
        how = f', mode="{self.mode}"' if self.mode != "constant" else f", value={self.fill!r}" if self.fill else ""
        return f"nn.functional.pad({names[0]}, ({inner}){how})"


def _signed(n: int) -> str:
    return f"+ {n}" if n >= 0 else f"− {-n}"
