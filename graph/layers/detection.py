"""Where objects may be: images made ready, anchors at every position, and the regions that a network proposes of them.

Source: Ren, He, Girshick and Sun, "Faster R-CNN: towards real-time object detection with region proposal networks",
2015; where the paper leaves something open, torchvision decides.
"""

from __future__ import annotations

import math
from typing import Any

from graph.arithmetic import pair
from graph.errors import ShapeError
from graph.layer import TRAINING, Explanation, Layer, Port, kind
from graph.tensors import Anchors, Boxes, Regions, Sizes, Tensor
from graph.text import number, say
from graph.values import Numbers, Shape, value
from graph.windows import UNSEEN, WHOLE, Blend, Seen

SOURCE = "Ren and others, 2015"


@kind
class ImageTransform(Layer):
    """Brings images to a size that a detector works well at, however large they are, and puts them into one batch.

    The shorter side becomes the smallest size, unless the longer one would grow beyond the largest. Zeros on the right
    and below make all images of a batch equally large, and their sides multiples of the divisor. Takes a tensor
    (N, C, H, W), or a list of images (C, H, W) of different sizes.
    """

    category = "det"
    module = "runtime.modules"
    formula = "scale = min{min_size / shorter side, max_size / longer side}"
    source = SOURCE
    words = "resize normalize pad batch redimensionner normaliser images tailles lot"
    inputs = (Port("images"),)
    outputs = (Port("images"), Port("sizes", (Sizes,)))

    min_size: Shape = value(
        (800,),
        low=1,
        high=100_000,
        label="Shorter side",
        help="What the shorter side of an image becomes, in pixels. Of several, one is drawn for each image while the "
        "network learns, and the last is taken in use.",
    )
    max_size: int = value(
        1333, low=1, high=100_000, label="Longer side", help="Beyond this the longer side does not grow, in pixels."
    )
    mean: Numbers = value(
        (0.0,), label="Mean", help="What each channel loses, of values from 0 to 1; one number stands for all channels."
    )
    std: Numbers = value(
        (1.0,),
        low=1e-6,
        label="Deviation",
        help="What each channel is divided by; one number stands for all channels.",
    )
    divisor: int = value(
        32, low=1, high=4096, label="Divisor", help="Sides become multiples of this, so that every stride divides them."
    )

    @property
    def caption(self) -> str:
        """Both sizes."""
        return f"{self.min_size[-1]} – {self.max_size}"

    @property
    def normalizes(self) -> bool:
        """Whether it changes the values, not the sizes alone."""
        return any(self.mean) or any(s != 1.0 for s in self.std)

    def resized(self, size: tuple[int, ...]) -> tuple[int, ...]:
        """Height and width of an image of this *size*, before anything is added around it."""
        scale = min(self.min_size[-1] / min(size), self.max_size / max(size))
        return tuple(max(math.floor(n * scale), 1) for n in size)

    def output(self, images: Tensor) -> tuple[Tensor, Sizes]:
        """The images of the batch, and their sizes before and after.

        Raises:
            ShapeError: there are no images, or they have another number of channels than there are means.
        """
        if len(images.spatial) != 2 or images.channels_last:
            raise ShapeError(
                "{kind} needs images C × H × W; it receives {shape}.", code="rank", kind=self.kind, shape=str(images)
            )
        for numbers in (self.mean, self.std):
            if len(numbers) not in (1, images.channels):
                raise ShapeError(
                    "{n} numbers cannot normalize the {c} channels of {shape}: give one for each, or one for all.",
                    code="normalized_channels",
                    n=len(numbers),
                    c=images.channels,
                    shape=str(images),
                )
        size = tuple(-(-n // self.divisor) * self.divisor for n in self.resized(images.spatial))
        return images.with_spatial(images.channels, size), Sizes()

    def window(self, images: Tensor) -> tuple[Seen, ...]:
        """The pixels that are blended, along each axis; what is added lies behind all of them."""
        after = self.resized(images.spatial)
        if after == images.spatial:
            return (None,)
        return (tuple(Blend(n, m, 2, False) for n, m in zip(images.spatial, after, strict=True)),)

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """The scale, the size that follows, and what is added."""
        if quantity != "output":
            return None
        before, after = x[0].spatial, self.resized(x[0].spatial)
        worked = f"min{{{self.min_size[-1]} / {min(before)}, {self.max_size} / {max(before)}}}"
        steps = f"{pair(before)} → {pair(after)} → {pair(self.output(*x)[0].spatial)}"
        why = say("Objects are found best at the sizes that were learned; the last step adds zeros on two sides.")
        return Explanation(self.formula, f"{worked}: {steps}", str(self.output(*x)[0]), why, self.source)


@kind
class ResizeBoxes(Layer):
    """Moves the boxes that are right to where they lie after the images were resized."""

    category = "det"
    module = "runtime.modules"
    when = TRAINING
    formula = "x · width′ / width, y · height′ / height"
    source = SOURCE
    words = "target transform boîtes cible redimensionner"
    inputs = (Port("boxes", (Boxes,)), Port("sizes", (Sizes,)))
    outputs = (Port("out", (Boxes,)),)

    def output(self, boxes: Boxes, sizes: Sizes) -> Boxes:
        """As many boxes as before."""
        return boxes

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """No pixel is looked at."""
        return (None, UNSEEN)


@kind
class AnchorGenerator(Layer):
    """Puts boxes of several sizes and shapes, the anchors, at every position of the maps: guesses to begin with.

    Of the maps and the images only the sizes are looked at: a position stands for as many pixels as the image is wide,
    divided by the width of the map.
    """

    category = "det"
    module = "runtime.modules"
    formula = "k = sizes · ratios; A = k · H · W"
    source = SOURCE
    words = "anchors ancres boxes boîtes priors scales ratios"
    inputs = (Port("features", many=True), Port("images"))
    outputs = (Port("anchors", (Anchors,)),)

    sizes: Numbers = value(
        (128.0, 256.0, 512.0),
        low=1.0,
        high=100_000.0,
        label="Sizes",
        help="Square roots of the areas of the anchors, in pixels of the image that the maps were made of.",
    )
    ratios: Numbers = value(
        (0.5, 1.0, 2.0), low=0.01, high=100.0, label="Ratios", help="Heights of the anchors, divided by their widths."
    )
    per_level: bool = value(
        False,
        label="A size for each map",
        help="The first map gets anchors of the first size, and so on, as in a pyramid; else every map gets all sizes.",
    )

    @property
    def caption(self) -> str:
        """How many stand at a position."""
        return f"k = {self.each}"

    @property
    def each(self) -> int:
        """Anchors at a position."""
        return len(self.ratios) * (1 if self.per_level else len(self.sizes))

    def output(self, features: tuple[Tensor, ...], images: Tensor) -> Anchors:
        """As many anchors as there are at a position, times the positions of all maps.

        Raises:
            ShapeError: something without height and width arrives, or there are not as many sizes as maps.
        """
        check_maps(self, (*features, images))
        if self.per_level and len(features) != len(self.sizes):
            raise ShapeError(
                "{maps} maps arrive, and there are {sizes} sizes: give as many sizes as maps, or let every map have "
                "all of them.",
                code="anchor_sizes",
                maps=len(features),
                sizes=len(self.sizes),
            )
        return Anchors(self.each, sum(math.prod(maps.spatial) for maps in features))

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """Only sizes are looked at."""
        return (UNSEEN, UNSEEN)

    def arguments(self, *x: Any) -> dict[str, Any]:
        """The sizes of each map."""
        levels = [(size,) for size in self.sizes] if self.per_level else [self.sizes] * len(x[0])
        return {"sizes": tuple(map(tuple, levels)), "ratios": self.ratios}

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """How many there are."""
        if quantity != "output":
            return None
        found = self.output(*x)
        total = number(found.each * found.positions)
        places = " + ".join(f"{maps.spatial[0]} · {maps.spatial[1]}" for maps in x[0])
        worked = f"{found.each} · ({places}) = {total}"
        why = say(
            "One guess of every size and shape stands wherever the network looks; it learns which of them to use."
        )
        return Explanation("k · Σ H · W", worked, total, why, self.source)


class OnAnchors(Layer):
    """What proposals and their loss share: a score and four numbers for each anchor."""

    category = "det"
    module = "runtime.modules"
    source = SOURCE

    def check(self, objectness: tuple[Tensor, ...], boxes: tuple[Tensor, ...], anchors: Anchors) -> None:
        """See to it that there are a score and four numbers for each anchor.

        Raises:
            ShapeError: there are not; says how many there should be.
        """
        check_maps(self, (*objectness, *boxes))
        k = anchors.each
        for maps, wanted in ((objectness, k), (boxes, 4 * k)):
            for one in maps:
                if one.channels != wanted:
                    raise ShapeError(
                        "{k} anchors stand at each position, so {port} needs {sum} maps; it receives {n}.",
                        code="anchors_differ",
                        k=k,
                        port="objectness" if wanted == k else "boxes",
                        sum=str(k) if wanted == k else f"4 · {k} = {4 * k}",
                        n=one.channels,
                    )
        places = [sum(math.prod(one.spatial) for one in maps) for maps in (objectness, boxes)]
        if len(objectness) != len(boxes) or {*places} != {anchors.positions}:
            raise ShapeError(
                "Anchors stand at {anchors} positions, but there are scores for {scores} and boxes for {boxes}: all "
                "three come from the same maps.",
                code="anchor_positions",
                anchors=number(anchors.positions),
                scores=number(places[0]),
                boxes=number(places[1]),
            )


def check_maps(layer: Layer, values: tuple[Tensor, ...]) -> None:
    """See to it that maps with height and width arrive.

    Raises:
        ShapeError: something else does.
    """
    for x in values:
        if len(x.spatial) != 2 or x.channels_last:
            raise ShapeError(
                "{kind} needs maps C × H × W; it receives {shape}.", code="rank", kind=layer.kind, shape=str(x)
            )


@kind
class RegionProposals(OnAnchors):
    """Moves the anchors by what the network says of each, and keeps the surest that do not say the same twice.

    Of the surest anchors of each map, those that are left after non-maximum suppression are the regions that the second
    half of the network looks at. Nothing is learned through them: the loss of the proposals is a node of its own.
    """

    formula = "x = xₐ + wₐ tₓ, w = wₐ exp(t_w); keep the surest; NMS"
    words = "rpn proposals propositions regions régions nms suppression"
    inputs = (
        Port("objectness", many=True),
        Port("boxes", many=True),
        Port("anchors", (Anchors,)),
        Port("sizes", (Sizes,)),
    )
    outputs = (Port("regions", (Regions,)),)

    pre_nms: int = value(
        1000,
        low=1,
        high=1_000_000,
        label="Before NMS",
        help="How many of the surest of each map are looked at, in use.",
    )
    post_nms: int = value(
        1000, low=1, high=100_000, label="After NMS", help="How many regions are left of an image at most, in use."
    )
    pre_nms_training: int = value(
        2000, low=1, high=1_000_000, label="Before NMS, training", help="How many are looked at while it learns."
    )
    post_nms_training: int = value(
        2000, low=1, high=100_000, label="After NMS, training", help="How many are left at most while it learns."
    )
    nms_thresh: float = value(
        0.7, low=0.0, high=1.0, label="NMS", help="Of two regions that overlap more (IoU), the surer one stays."
    )
    min_size: float = value(
        0.001, low=0.0, high=1000.0, label="Smallest side", help="Regions with a smaller side are left out, in pixels."
    )

    @property
    def caption(self) -> str:
        """How many there are at most."""
        return f"≤ {number(self.post_nms)}"

    def output(
        self, objectness: tuple[Tensor, ...], boxes: tuple[Tensor, ...], anchors: Anchors, sizes: Sizes
    ) -> Regions:
        """So many regions at most.

        Raises:
            ShapeError: there are not a score and four numbers for each anchor.
        """
        self.check(objectness, boxes, anchors)
        return Regions(min(self.post_nms, self.pre_nms * len(objectness), anchors.each * anchors.positions))

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """Which are kept depends on all of them."""
        return (WHOLE, WHOLE, UNSEEN, UNSEEN)

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """How many of how many are left."""
        if quantity != "output":
            return None
        before, after = number(x[2].size // 4), number(self.output(*x).most)
        why = say(
            "Costs of what follows are counted for so many regions: there are fewer where little is in the image, and "
            "a sample of them in training."
        )
        return Explanation("A → NMS → R", f"{before} → NMS → {after}", f"≤ {after}", why, self.source)
