"""What fully convolutional networks need: scores that begin equal, an enlargement that blends, a cut at a given place.

Source: Long, Shelhamer and Darrell, "Fully convolutional networks for semantic segmentation", 2015.
"""

from __future__ import annotations

from typing import Any

from graph.arithmetic import pair
from graph.errors import ShapeError
from graph.layer import Explanation, kind
from graph.layers.convolution import Convolution, bias_value, filters_value, kernel_value
from graph.layers.resample import Cut, size_value
from graph.layers.transposed import TransposedConvolution
from graph.tensors import Tensor
from graph.text import say
from graph.values import Size2, value

SOURCE = "Long, Shelhamer and Darrell, 2015"


@kind
class BilinearConvTranspose2d(TransposedConvolution):
    """A transposed convolution that begins as bilinear interpolation of each map; frozen, it stays one.

    Its weights are those of a whole transposed convolution: of the windows between different maps, all are zero.
    """

    axes = 2
    formula = "w[c, c, i, j] = b(i) · b(j), b(i) = 1 − |i − m| / f"
    source = SOURCE
    words = "upsampling fcn deconvolution bilinéaire agrandir suréchantillonnage transposée"
    module = "runtime.modules"
    output_padding = (0, 0)
    groups = 1
    bias = False
    dilation = (1, 1)

    out_channels: int = filters_value()
    kernel_size: Size2 = value(
        (4, 4),
        low=1,
        high=10_000,
        label="Kernel",
        always=True,
        help="Size of the window that every value writes: twice the stride, for an interpolation.",
    )
    stride: Size2 = value(
        (2, 2), low=1, high=10_000, label="Stride", always=True, help="By how much the maps become larger."
    )
    padding: Size2 = value(
        (0, 0), low=0, high=10_000, label="Padding", help="How much is cut off at each border of the result."
    )


@kind
class ZeroConv2d(Convolution):
    """A convolution whose weights begin at zero: before it has learned, all its maps say the same everywhere."""

    axes = 2
    source = SOURCE
    words = "score fcn zero init noyau zéro"
    module = "runtime.modules"
    stride = (1, 1)
    padding = (0, 0)
    dilation = (1, 1)
    groups = 1
    padding_mode = "zeros"
    padding_value = 0.0

    out_channels: int = filters_value()
    kernel_size: Size2 = kernel_value(2)
    bias: bool = bias_value()


@kind
class Crop(Cut):
    """Cuts a piece out of maps, from a given place on: as large as another input, or of a given size."""

    module = ""
    formula = "y[i] = x[i + offset]"
    source = SOURCE
    words = "cut fcn couper rogner découper offset décalage"

    offset: Size2 = value(
        (0, 0), low=0, high=100_000, label="Offset", always=True, help="How many rows and columns are cut off before."
    )
    size: Size2 = size_value()

    @property
    def caption(self) -> str:
        """From where."""
        return f"+{self.offset[0]}" if len(set(self.offset)) == 1 else f"+{self.offset[0]}, +{self.offset[1]}"

    def before(self, *x: Any) -> tuple[int, ...]:
        """The offset."""
        return self.offset

    def beyond(self, maps: Tensor, size: tuple[int, ...]) -> ShapeError:
        """The maps end before the piece does."""
        return ShapeError(
            "{size} pixels from {offset} on cannot be cut out of {shape}: choose a smaller offset.",
            code="window_too_large",
            size=pair(size),
            offset=", ".join(map(str, self.offset)),
            shape=pair(maps.spatial),
        )

    def expression(self, *names: Any) -> str:
        """``x[:, :, 5 : 5 + like.shape[2], 5 : 5 + like.shape[3]]``."""
        like = names[1] if len(names) > 1 and names[1] else ""
        cuts = []
        for axis, (at, n) in enumerate(zip(self.offset, self.size, strict=True)):
            far = f"{at} + {like}.shape[{axis + 2}]" if like else str(at + n)
            cuts.append(f"{at} : {far}")
        return f"{names[0]}[:, :, {', '.join(cuts)}]"

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """What is cut off before and after."""
        if quantity != "output":
            return None
        n, m, before = x[0].spatial[-1], self.target(*x)[-1], self.offset[-1]
        worked = f"{n} − {before} − {n - m - before} = {m}"
        why = say("What is cut off before is the offset; what is left over behind is cut off too.")
        return Explanation("n − offset − after", worked, str(self.output(*x)), why, self.source)
