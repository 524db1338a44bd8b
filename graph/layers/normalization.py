"""Normalization: values brought to mean 0 and variance 1, then scaled by what was learned."""

from __future__ import annotations

from math import prod
from typing import Any, ClassVar

from graph.errors import ShapeError
from graph.layer import Explanation, Layer, Weight, kind
from graph.tensors import Tensor
from graph.text import number, say
from graph.values import value
from graph.windows import WHOLE, Seen


def eps_value() -> Any:
    """The value ``eps``."""
    help = "Added to the variance, so that nothing is divided by zero."
    return value(1e-5, low=1e-12, high=1.0, label="Epsilon", help=help)


def _affine(default: bool = True) -> Any:
    return value(default, label="Scale and shift", help="Learns a scale and a shift for each map.")


def _momentum() -> Any:
    return value(0.1, low=0.0, high=1.0, label="Momentum", help="How fast the running means follow the batches.")


def _running(default: bool) -> Any:
    help = "Keeps means over the batches, used once training is over."
    return value(default, label="Running means", help=help)


_COUNT = Weight((), False, "int64")

NORMALIZED = "γ (x − μ) / √(σ² + ε) + β"


class PerMapNormalization(Layer):
    """What batch and instance normalization over any number of axes share."""

    category = "norm"
    formula = NORMALIZED
    ranks: ClassVar[tuple[int, ...]] = (4,)
    """Numbers of dimensions, the batch included, that it takes."""

    affine: bool
    track_running_stats: bool

    def output(self, x: Tensor) -> Tensor:
        """The same shape.

        Raises:
            ShapeError: what arrives has another number of axes.
        """
        if len(x.dims) not in self.ranks or x.channels_last:
            raise ShapeError(
                "{kind} needs {axes}; it receives {shape}.",
                code="rank",
                kind=self.kind,
                axes={2: "F or C × L", 3: "C × L", 4: "C × H × W", 5: "C × D × H × W"}[self.ranks[0]],
                shape=str(x),
            )
        return x

    def weights(self, x: Tensor) -> dict[str, Weight]:
        """Scale and shift learn; mean, variance and count are buffers."""
        found: dict[str, Weight] = {}
        if self.affine:
            found["weight"] = found["bias"] = Weight((x.channels,))
        if self.track_running_stats:
            found["running_mean"] = found["running_var"] = Weight((x.channels,), False)
            found["num_batches_tracked"] = _COUNT
        return found

    def arguments(self, x: Tensor) -> dict[str, Any]:
        """As torch's constructor: ``num_features`` follows from what arrives."""
        return {"num_features": x.channels} | super().arguments(x)

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """The sum of its weights."""
        return scale_and_shift(x[0].channels, self.source) if quantity == "weights" and self.affine else None


def scale_and_shift(c: int, source: str) -> Explanation:
    """The sum of a scale and a shift for each of c maps."""
    total = number(2 * c)
    return Explanation("2 C", f"2 × {number(c)} = {total}", total, say("A scale and a shift per map."), source)


class _Batch(PerMapNormalization):
    source = "Ioffe and Szegedy, 2015"
    words = "batch normalisation lot"


class _Instance(PerMapNormalization):
    source = "Ulyanov, Vedaldi and Lempitsky, 2016"
    words = "instance normalisation style"

    def output(self, x: Tensor) -> Tensor:
        """The same shape.

        Raises:
            ShapeError: another number of axes, or a single pixel, which has no variance.
        """
        found = super().output(x)
        if prod(x.spatial) == 1:
            raise ShapeError(
                "{kind} takes the mean of each map by itself; a map of one pixel is its own mean, and 0 is left of it.",
                code="one_pixel",
                kind=self.kind,
            )
        return found

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """The mean is over the whole map."""
        return (WHOLE,)


@kind
class BatchNorm2d(_Batch):
    """Normalizes each map over all the images of the batch and all their pixels.

    With ``affine`` a scale and a shift per map are learned; running means are kept for inference.
    """

    eps: float = eps_value()
    momentum: float = _momentum()
    affine: bool = _affine()
    track_running_stats: bool = _running(True)


@kind
class BatchNorm1d(_Batch):
    """Normalizes each feature, or each channel of a signal, over the whole batch."""

    ranks = (2, 3)

    eps: float = eps_value()
    momentum: float = _momentum()
    affine: bool = _affine()
    track_running_stats: bool = _running(True)


@kind
class BatchNorm3d(_Batch):
    """Normalizes each channel of a volume over the whole batch and all its positions."""

    ranks = (5,)

    eps: float = eps_value()
    momentum: float = _momentum()
    affine: bool = _affine()
    track_running_stats: bool = _running(True)


@kind
class InstanceNorm2d(_Instance):
    """Normalizes each map of each image by itself, over its own pixels."""

    eps: float = eps_value()
    momentum: float = _momentum()
    affine: bool = _affine(False)
    track_running_stats: bool = _running(False)


@kind
class InstanceNorm1d(_Instance):
    """Normalizes each channel of each signal by itself."""

    ranks = (3,)

    eps: float = eps_value()
    momentum: float = _momentum()
    affine: bool = _affine(False)
    track_running_stats: bool = _running(False)


@kind
class InstanceNorm3d(_Instance):
    """Normalizes each channel of each volume by itself."""

    ranks = (5,)

    eps: float = eps_value()
    momentum: float = _momentum()
    affine: bool = _affine(False)
    track_running_stats: bool = _running(False)


@kind
class GroupNorm(Layer):
    """Normalizes, for each image by itself, groups of maps together: nothing depends on the size of the batch."""

    category = "norm"
    formula = NORMALIZED
    source = "Wu and He, 2018"
    words = "group normalisation groupe"

    num_groups: int = value(
        4, low=1, high=1_000_000, label="Groups", always=True, help="Into how many groups the maps are split."
    )
    eps: float = eps_value()
    affine: bool = _affine()

    @property
    def caption(self) -> str:
        """How many groups."""
        return f"{self.num_groups}"

    def output(self, x: Tensor) -> Tensor:
        """The same shape.

        Raises:
            ShapeError: the groups do not divide the channels.
        """
        if x.channels_last or len(x.dims) < 2 or x.channels % self.num_groups:
            raise ShapeError(
                "{groups} groups must divide the {channels} channels.",
                code="groups",
                groups=self.num_groups,
                channels=x.channels,
            )
        return x

    def weights(self, x: Tensor) -> dict[str, Weight]:
        """A scale and a shift per map."""
        return {"weight": Weight((x.channels,)), "bias": Weight((x.channels,))} if self.affine else {}

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """The mean is over whole maps."""
        return (WHOLE,)

    def arguments(self, x: Tensor) -> dict[str, Any]:
        """As ``torch.nn.GroupNorm``."""
        found = super().arguments(x)
        return {"num_groups": found.pop("num_groups"), "num_channels": x.channels} | found

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """The sum of its weights."""
        return scale_and_shift(x[0].channels, self.source) if quantity == "weights" and self.affine else None


@kind
class FrozenBatchNorm2d(Layer):
    """A batch normalization that learns no more: means, scale and shift are those of an earlier training."""

    category = "norm"
    formula = NORMALIZED
    source = "He and others, 2017"
    words = "frozen batch normalisation gelée figée fine-tuning detection"
    module = "runtime.modules"

    eps: float = eps_value()

    def output(self, x: Tensor) -> Tensor:
        """The same shape.

        Raises:
            ShapeError: there are no maps.
        """
        if len(x.dims) != 4 or x.channels_last:
            raise ShapeError("FrozenBatchNorm2d needs maps C × H × W; it receives {shape}.", code="rank", shape=str(x))
        return x

    def weights(self, x: Tensor) -> dict[str, Weight]:
        """Four buffers; none learns."""
        return {key: Weight((x.channels,), False) for key in ("weight", "bias", "running_mean", "running_var")}

    def arguments(self, x: Tensor) -> dict[str, Any]:
        """As torchvision's module: ``num_features`` follows from what arrives."""
        return {"num_features": x.channels} | super().arguments(x)
