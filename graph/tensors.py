"""What flows along an edge while nothing is computed yet.

A :class:`Tensor` knows its dimensions, but the batch stays the symbol ``N`` (images) or ``R`` (regions), or a multiple
of one.  Other classes stand for what is no single tensor: class indices, regions of images, a loss.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple


class Multiple(NamedTuple):
    """A multiple of a symbol, such as ``64N``: windows of attention taken from each of N images."""

    factor: int
    symbol: str

    def __str__(self) -> str:
        return f"{self.factor}{self.symbol}"


class Nominal(Multiple):
    """As many as there happen to be, counted as *factor* for each image: the regions ``R`` in which objects may be.

    >>> regions = Nominal(300, "R")
    >>> str(regions), Tensor((regions, 512, 7, 7)).size == 300 * 512 * 7 * 7
    ('R', True)
    """

    __slots__ = ()

    def __str__(self) -> str:
        return self.symbol


Dim = int | str | Multiple
"""One dimension: a number, a symbol (``"N"``, ``"R"``), or a multiple of a symbol."""

AXES = {1: ("N",), 2: ("N", "F"), 3: ("N", "C", "L"), 4: ("N", "C", "H", "W"), 5: ("N", "C", "D", "H", "W")}
"""Names of the axes by number of dimensions: batch, features, channels, length, depth, height, width."""

TOKENS = ("N", "L", "E")
"""Axes of a sequence of embeddings, as attention takes it: batch, length, embedding."""


SPACE = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}
"""Names of the axes of space."""


class Tensor(NamedTuple):
    """A tensor to be: its dimensions with the batch first, and its element type.

    *channels_last* marks sequences of embeddings ``(N, L, E)`` and maps whose channels stand last ``(N, H, W, C)``.

    Of what is computed for each region its text says so: ``R × 512 × 7 × 7``.

    >>> rgb = Tensor(("N", 3, 32, 32))
    >>> rgb.channels, rgb.spatial, rgb.size, str(rgb)
    (3, (32, 32), 3072, '3 × 32 × 32')
    """

    dims: tuple[Dim, ...]
    channels_last: bool = False
    dtype: str = "float32"

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes, as many as dimensions."""
        if self.channels_last:
            return TOKENS if len(self.dims) == 3 else ("N", *SPACE.get(len(self.dims) - 2, ()), "C")
        return AXES.get(len(self.dims), tuple(f"A{i}" for i in range(len(self.dims))))

    @property
    def channels(self) -> int:
        """Size of the axis that weights act on: C of maps and signals, F of vectors, E of tokens."""
        dim = self.dims[-1 if self.channels_last or len(self.dims) < 3 else 1]
        return dim if isinstance(dim, int) else 1

    @property
    def spatial(self) -> tuple[int, ...]:
        """Sizes along height and width (or length, or depth too); empty for vectors and sequences."""
        if len(self.dims) < 3 or (self.channels_last and len(self.dims) == 3):
            return ()
        return self.dims[1:-1] if self.channels_last else self.dims[2:]  # type: ignore[return-value]

    @property
    def size(self) -> int:
        """Number of elements per unit of the batch symbol."""
        return prod(d.factor if isinstance(d, Multiple) else 1 if isinstance(d, str) else d for d in self.dims)

    @property
    def shape(self) -> tuple[int, ...]:
        """Dimensions without the batch."""
        return tuple(d for d in self.dims[1:] if isinstance(d, int))

    def __str__(self) -> str:
        parts = [f"{d:,}".replace(",", "\u2009") if isinstance(d, int) else str(d) for d in self.dims[1:]]
        return " × ".join([*(["R"] if isinstance(self.dims[0], Nominal) else []), *parts]) or "1"

    def with_spatial(self, channels: int, spatial: tuple[int, ...]) -> Tensor:
        """The same batch with other channels and other spatial sizes."""
        return Tensor((self.dims[0], channels, *spatial), False, self.dtype)


class Labels(NamedTuple):
    """The right class of each image: integers in ``0..classes-1``, shape ``(N,)``; or of each pixel, a mask.

    A mask has a class for each position of the maps that it is compared with, whatever their size: ``(N, H, W)``.

    >>> str(Labels()), str(MASK), MASK.per_pixel
    ('labels', 'masks', True)
    """

    dims: tuple[Dim, ...] = ("N",)

    @property
    def per_pixel(self) -> bool:
        """Whether each pixel has a class of its own."""
        return len(self.dims) > 1

    @property
    def size(self) -> int:
        """Number of elements per image, as far as it is known; those of a mask follow from the image."""
        return 1

    def __str__(self) -> str:
        return "masks" if self.per_pixel else "labels"


MASK = Labels(("N", "H", "W"))
"""A class for each pixel."""


class Boxes(NamedTuple):
    """The objects in each image: ``(N, K, 5)``, of each its box and its class; unused rows have the class −1.

    A box is left, top, right and bottom in pixels of the image that the network receives.
    """

    dims: tuple[Dim, ...] = ("N", "K", 5)

    @property
    def size(self) -> int:
        """Number of elements per object: how many there are is not known."""
        return 5

    def __str__(self) -> str:
        return "boxes"


class Detections(NamedTuple):
    """What was found: a list with, for each image, boxes ``(D, 4)`` in pixels, scores ``(D,)`` and labels ``(D,)``."""

    dims: tuple[Dim, ...] = ("N",)

    @property
    def size(self) -> int:
        """How much is found is not known."""
        return 0

    def __str__(self) -> str:
        return "detections"


class Sizes(NamedTuple):
    """Height and width of each image: as it arrived, and as the network sees it before anything is added around it."""

    dims: tuple[Dim, ...] = ("N", 2, 2)

    @property
    def size(self) -> int:
        """Four numbers for each image."""
        return 4

    def __str__(self) -> str:
        return "sizes"


class Anchors(NamedTuple):
    """Boxes that stand at every position of some maps: a list with, for each image, ``(A, 4)`` in pixels.

    *each* of them stand at a position; *positions* are those of all maps together, so that A is their product.

    >>> Anchors(9, 37 * 50).size // 4
    16650
    """

    each: int = 9
    positions: int = 1

    @property
    def dims(self) -> tuple[Dim, ...]:
        """Per image so many boxes of four numbers."""
        return ("N", self.each * self.positions, 4)

    @property
    def dtype(self) -> str:
        """Coordinates are no whole numbers."""
        return "float32"

    @property
    def size(self) -> int:
        """Numbers for each image."""
        return 4 * self.each * self.positions

    def __str__(self) -> str:
        return "anchors"


class Regions(NamedTuple):
    """Where objects may be: a list with, for each image, boxes ``(R, 4)`` in pixels, of *most* at most when used."""

    most: int = 1000

    @property
    def dims(self) -> tuple[Dim, ...]:
        """How many there are differs from image to image."""
        return (self.batch, 4)

    @property
    def batch(self) -> Nominal:
        """The first dimension of all that is computed for each region."""
        return Nominal(self.most, "R")

    @property
    def dtype(self) -> str:
        """Coordinates are no whole numbers."""
        return "float32"

    @property
    def size(self) -> int:
        """Numbers for each image, at most."""
        return 4 * self.most

    def __str__(self) -> str:
        return "regions"


class Matches(NamedTuple):
    """What is right for each region of a sample: the class of its object (0 for the ground), and how to move to it."""

    dims: tuple[Dim, ...] = ("R", 5)

    @property
    def size(self) -> int:
        """A class and four numbers for each region."""
        return 5

    def __str__(self) -> str:
        return "matches"


class Loss(NamedTuple):
    """A number to be made small, one for the whole batch."""

    dims: tuple[Dim, ...] = ()

    @property
    def size(self) -> int:
        """A loss holds no maps that weigh anything."""
        return 0

    def __str__(self) -> str:
        return "loss"


Flow = Tensor | Labels | Boxes | Detections | Sizes | Anchors | Regions | Matches | Loss
"""Anything that an edge can carry."""
