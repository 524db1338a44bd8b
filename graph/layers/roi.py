"""Regions cut out of maps: each becomes a small map of one size, whatever its own.

Source: Girshick, "Fast R-CNN", 2015; He and others, "Mask R-CNN", 2017.
"""

from __future__ import annotations

from typing import Any

from graph.arithmetic import times
from graph.errors import ShapeError
from graph.layer import Explanation, Layer, Port, kind
from graph.layers.detection import check_maps
from graph.tensors import Regions, Tensor
from graph.text import number, say
from graph.values import Numbers, Size2, value
from graph.windows import UNSEEN, WHOLE, Seen


def _output_size() -> Any:
    return value((7, 7), low=1, high=1000, label="Size", always=True, help="Height and width that every region gets.")


def _spatial_scale() -> Any:
    help = "Positions of the map per pixel of the image: one divided by the stride of the map."
    return value(0.0625, low=1e-4, high=1.0, label="Scale", always=True, help=help)


def _sampling_ratio() -> Any:
    help = "How many points are averaged along each side of a cell; −1 takes as many as the region is large."
    return value(2, low=-1, high=64, label="Points", always=True, help=help)


class RegionPooling(Layer):
    """What all that cuts out regions shares."""

    category = "det"
    module = "torchvision.ops"
    formula = "(C, H, W) and R regions → (R, C, h, w)"
    source = "Girshick, 2015"
    words = "roi pooling crop regions régions découper"
    inputs = (Port("features"), Port("regions", (Regions,)))

    output_size: Size2

    @property
    def caption(self) -> str:
        """The size of what is cut out."""
        return times(*self.output_size)

    def output(self, features: Any, regions: Regions) -> Tensor:
        """A map of the same channels for each region.

        Raises:
            ShapeError: there are no maps.
        """
        check_maps(self, (features,))
        return Tensor((regions.batch, features.channels, *self.output_size), False, features.dtype)

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """A region may lie anywhere."""
        return (WHOLE, UNSEEN)

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """How many regions, and how large each is then."""
        if quantity != "output":
            return None
        out, most = self.output(*x), number(x[1].most)
        why = say("What follows is computed once for each region; its costs are counted for {n} of them.", n=most)
        return Explanation("R × C × h × w", f"{most} × {out}", str(out), why, self.source)


class _Scaled(RegionPooling):
    """What cuts out of one map."""

    spatial_scale: float

    @property
    def caption(self) -> str:
        """The size of what is cut out, and the scale."""
        scale = 1 / self.spatial_scale
        return f"{times(*self.output_size)}, 1/{scale:g}"


@kind
class RoIPool(_Scaled):
    """Cuts each region out of a map, rounded to whole positions, and keeps the largest value of each cell.

    Rounding moves the region by up to half a stride: RoIAlign does not round.
    """

    output_size: Size2 = _output_size()
    spatial_scale: float = _spatial_scale()


@kind
class RoIAlign(_Scaled):
    """Cuts each region out of a map without rounding: values between positions are blended, and averaged per cell."""

    source = "He and others, 2017"

    output_size: Size2 = _output_size()
    spatial_scale: float = _spatial_scale()
    sampling_ratio: int = _sampling_ratio()
    aligned: bool = value(
        False, label="Half a pixel back", help="Counts from the middle of a pixel, which is more exact."
    )


@kind
class MultiScaleRoIAlign(RegionPooling):
    """Cuts each region out of the map of a pyramid that suits its size: small objects out of the fine maps."""

    module = "runtime.modules"
    formula = "level = ⌊k₀ + log₂(√(w h) / 224)⌋"
    source = "Lin and others, 2017"
    words = "fpn pyramid pyramide roi pooling régions"
    inputs = (Port("features", many=True), Port("regions", (Regions,)))

    output_size: Size2 = _output_size()
    strides: Numbers = value(
        (4.0, 8.0, 16.0, 32.0),
        low=1.0,
        high=4096.0,
        label="Strides",
        always=True,
        help="Pixels of the image per position of each map, the finest first; each is twice the one before.",
    )
    sampling_ratio: int = _sampling_ratio()
    canonical_size: int = value(
        224,
        low=1,
        high=100_000,
        label="Usual size",
        help="Side of a region, in pixels, that belongs to the usual level.",
    )
    canonical_level: int = value(
        4, low=0, high=20, label="Usual level", help="The level of such a region: 4 is the map with a stride of 16."
    )

    def output(self, features: tuple[Tensor, ...], regions: Regions) -> Tensor:
        """A map of the same channels for each region.

        Raises:
            ShapeError: the maps have not the same channels, there are not as many as strides, or the strides are no
                powers of two that follow each other.
        """
        check_maps(self, features)
        if len(features) != len(self.strides):
            raise ShapeError(
                "{maps} maps arrive, and there are {strides} strides: give one for each map.",
                code="roi_levels",
                maps=len(features),
                strides=len(self.strides),
            )
        if len({maps.channels for maps in features}) > 1:
            raise ShapeError(
                "The maps of a pyramid have equally many channels; these have {channels}.",
                code="roi_channels",
                channels=", ".join(number(maps.channels) for maps in features),
            )
        first = self.strides[0]
        if (
            not first.is_integer()
            or int(first).bit_count() != 1
            or any(s != first * 2**i for i, s in enumerate(self.strides))
        ):
            raise ShapeError(
                "Strides of a pyramid are powers of two, each twice the one before, such as 4, 8, 16; not {strides}.",
                code="roi_strides",
                strides=", ".join(f"{s:g}" for s in self.strides),
            )
        return Tensor((regions.batch, features[0].channels, *self.output_size), False, features[0].dtype)
