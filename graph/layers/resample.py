"""Resampling: maps made larger or smaller by interpolation, with nothing to learn."""

from __future__ import annotations

from typing import Any

from graph.arithmetic import pair, times
from graph.errors import ShapeError
from graph.layer import Explanation, Layer, Port, kind
from graph.tensors import Tensor
from graph.text import say
from graph.values import Size2, value
from graph.windows import UNSEEN, Blend, Nearest, Seen, Shift, Window

BLENDS = {"nearest": (1, 2, 3), "linear": (1,), "bilinear": (2,), "trilinear": (3,), "bicubic": (2,)}
"""Along how many axes of space each way of interpolation works."""

LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}
"""The blend of neighbors by the number of axes."""


def _mode() -> Any:
    help = (
        "Copies the nearest value, or blends the nearest: 2 of a signal (linear), 4 (bilinear) or 16 (bicubic) of "
        "maps, 8 of a volume (trilinear)."
    )
    return value("nearest", choices=tuple(BLENDS), label="Interpolation", help=help)


def _align_corners() -> Any:
    help = "Puts the corner pixels on one another instead of the corners of the pixels; not for nearest."
    return value(False, label="Align corners", help=help)


def size_value() -> Any:
    """The size of the result, for kinds that may take it from another input."""
    help = "Height and width of the result, where no other input gives them."
    return value((32, 32), low=1, high=100_000, label="Size", help=help)


class Resampling(Layer):
    """What kinds that interpolate maps share."""

    category = "res"
    formula = "y[i] = blend of x around i · n/m"
    words = "upsample resize scale agrandir redimensionner suréchantillonnage"

    mode: str
    align_corners: bool

    def target(self, *x: Any) -> tuple[int, ...]:
        """The sizes of the result along the axes of space."""
        raise AssertionError(f"{self.kind} must say its size")

    def output(self, *x: Any) -> Tensor:
        """The same channels at the target size.

        Raises:
            ShapeError: there are no maps, they have other axes than the way of blending, aligned corners without
                blending, or nothing is left.
        """
        maps: Tensor = x[0]
        axes = len(maps.spatial)
        if axes not in LINEAR or maps.channels_last:
            raise ShapeError(
                "{kind} needs a signal C × L, maps C × H × W or a volume C × D × H × W; it receives {shape}.",
                code="rank",
                kind=self.kind,
                shape=str(maps),
            )
        if axes not in BLENDS[self.mode]:
            raise ShapeError(
                "{mode} does not blend along the {axes} axes of {shape}: choose {fitting} or nearest.",
                code="rank",
                mode=self.mode,
                axes=axes,
                shape=str(maps),
                fitting=LINEAR[axes],
            )
        if self.align_corners and self.mode == "nearest":
            raise ShapeError(
                "Corners are aligned only when values are blended: choose {fitting}, or do not align them.",
                code="align_nearest",
                fitting=LINEAR[axes],
            )
        size = self.target(*x)
        if min(size) < 1:
            raise ShapeError(
                "{size} pixels are left of {shape}.", code="nothing_left", size=pair(size), shape=str(maps)
            )
        return maps.with_spatial(maps.channels, size)

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """The pixels that are blended, along each axis; of the other input, only the size is looked at."""
        sizes = zip(x[0].spatial, self.target(*x), strict=True)
        seen = tuple(self._blend(n, m) for n, m in sizes)
        return (seen, *(UNSEEN for _ in x[1:]))

    def _blend(self, n: int, m: int) -> Window:
        if self.mode == "nearest":
            return Nearest(n, m)
        return Blend(n, m, 4 if self.mode == "bicubic" else 2, self.align_corners)

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """The size, from what."""
        if quantity != "output":
            return None
        out = self.output(*x)
        why = say("Nothing is learned: pixels are copied or blended.")
        return Explanation("n → m", f"{times(*x[0].spatial)} → {times(*out.spatial)}", str(out), why, self.source)


@kind
class Upsample(Resampling):
    """Makes maps larger by a factor, copying or blending pixels."""

    scale_factor: float = value(
        2.0, low=0.01, high=1000.0, label="Factor", always=True, help="By how much each axis of space grows."
    )
    mode: str = _mode()
    align_corners: bool = _align_corners()

    @property
    def caption(self) -> str:
        """The factor and how."""
        return f"×{self.scale_factor:g}, {self.mode}"

    def target(self, *x: Any) -> tuple[int, ...]:
        """``⌊n · factor⌋``."""
        return tuple(int(n * self.scale_factor) for n in x[0].spatial)

    def arguments(self, *x: Any) -> dict[str, Any]:
        """As ``torch.nn.Upsample``; a fixed size where the factor is not whole, so that all agree about it."""
        found = super().arguments(*x)
        if self.scale_factor != int(self.scale_factor) and x:
            found = {"size": self.target(*x)} | {k: v for k, v in found.items() if k != "scale_factor"}
        return found


@kind
class Interpolate(Resampling):
    """Brings maps to a size: a given one, or that of another input, which may also be a signal or a volume."""

    module = ""
    inputs = (Port("x"), Port("like", optional=True))

    size: Size2 = size_value()
    mode: str = _mode()
    align_corners: bool = _align_corners()

    @property
    def caption(self) -> str:
        """The size and how."""
        return f"{pair(self.size)}, {self.mode}"

    def target(self, *x: Any) -> tuple[int, ...]:
        """The size of the other input if there is one.

        Raises:
            ShapeError: the other input has other axes, or there is none for what is no map.
        """
        like = x[1] if len(x) > 1 else None
        size: tuple[int, ...] = self.size if like is None else like.spatial
        if len(size) != len(x[0].spatial) or (like is not None and like.channels_last):
            raise ShapeError(
                "{shape} cannot be brought to the size of {like}: they need the same axes of space.",
                code="rank",
                shape=str(x[0]),
                like=pair(self.size) if like is None else str(like),
            )
        return size

    def expression(self, *names: Any) -> str:
        """``nn.functional.interpolate(x, size=...)``."""
        size = f"{names[1]}.shape[2:]" if len(names) > 1 and names[1] else str(self.size)
        corners = f", align_corners={self.align_corners}" if self.mode != "nearest" else ""
        return f'nn.functional.interpolate({names[0]}, size={size}, mode="{self.mode}"{corners})'


class Cut(Layer):
    """What kinds that cut a piece out of maps share: as large as another input, or of a given size."""

    category = "res"
    inputs = (Port("x"), Port("like", optional=True))

    size: Size2

    def before(self, *x: Any) -> tuple[int, ...]:
        """How many rows and columns are cut off before the piece; below 0 where it does not fit."""
        raise AssertionError(f"{self.kind} must say where it cuts")

    def beyond(self, maps: Tensor, size: tuple[int, ...]) -> ShapeError:
        """What to say of a piece of *size* that ends outside the *maps*."""
        raise AssertionError(f"{self.kind} must say what does not fit")

    def target(self, *x: Any) -> tuple[int, ...]:
        """The size of the other input if there is one."""
        like = x[1] if len(x) > 1 else None
        return like.spatial if like is not None and len(like.spatial) == 2 else self.size

    def output(self, *x: Any) -> Tensor:
        """The same channels at that size.

        Raises:
            ShapeError: there are no maps, or the piece ends outside them.
        """
        maps: Tensor = x[0]
        size = self.target(*x)
        if len(maps.spatial) != 2 or maps.channels_last:
            raise ShapeError(
                "{kind} needs maps C × H × W; it receives {shape}.", code="rank", kind=self.kind, shape=str(maps)
            )
        if any(at < 0 or at + m > n for n, at, m in zip(maps.spatial, self.before(*x), size, strict=True)):
            raise self.beyond(maps, size)
        return maps.with_spatial(maps.channels, tuple(size))

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """Shifted by what is cut off before; of the other input, only the size is looked at."""
        return (tuple(Shift(at) for at in self.before(*x)), *(UNSEEN for _ in x[1:]))


@kind
class CenterCrop(Cut):
    """Cuts the middle out of maps: to a given size, or to that of another input, as the first U-Net does."""

    module = "runtime.modules"
    source = "Ronneberger, Fischer and Brox, 2015"
    words = "crop cut couper rogner milieu unet"

    size: Size2 = size_value()

    @property
    def caption(self) -> str:
        """The size."""
        return pair(self.size)

    def before(self, *x: Any) -> tuple[int, ...]:
        """Half of what is too much."""
        return tuple((n - m) // 2 for n, m in zip(x[0].spatial, self.target(*x), strict=True))

    def beyond(self, maps: Tensor, size: tuple[int, ...]) -> ShapeError:
        """The maps are smaller."""
        return ShapeError(
            "{size} pixels cannot be cut out of {shape}.",
            code="window_too_large",
            size=pair(size),
            shape=pair(maps.spatial),
        )

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """What is cut off before and after."""
        if quantity != "output":
            return None
        n, m = x[0].spatial[-1], self.target(*x)[-1]
        before, out = (n - m) // 2, self.output(*x)
        worked = f"{n} − {before} − {n - m - before} = {m}"
        why = say("As much is cut off on both sides; of an odd number, one more behind.")
        return Explanation("n − before − after", worked, str(out), why, self.source)
