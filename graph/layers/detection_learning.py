"""What Faster R-CNN learns from, and what becomes of its answers: two losses of two terms each, a sampler, detections.

Source: Ren and others, "Faster R-CNN", 2015; Girshick, "Fast R-CNN", 2015.
"""

from __future__ import annotations

from typing import Any

from graph.errors import ShapeError
from graph.layer import INFERENCE, TRAINING, Explanation, Layer, Port, kind
from graph.layers.detection import OnAnchors
from graph.layers.loss import share_value
from graph.tensors import Anchors, Boxes, Detections, Loss, Matches, Nominal, Regions, Sizes, Tensor
from graph.text import number, say
from graph.values import value
from graph.windows import UNSEEN, WHOLE, Seen


def _positive(default: float, label: str, help: str) -> Any:
    return value(default, low=0.0, high=1.0, label=label, help=help)


def _sample(default: int) -> Any:
    help = "How many are looked at in each image: the ground would drown the objects if all were."
    return value(default, low=1, high=100_000, label="Sample", help=help)


def _fraction(default: float) -> Any:
    return _positive(default, "Share of objects", "The share of the sample that lies on objects, if there are enough.")


def _center_weight() -> Any:
    help = "What distances between centers are multiplied by, so that they count as much as the classes."
    return value(10.0, low=0.001, high=1000.0, label="Weight of centers", help=help)


def _size_weight() -> Any:
    help = "What logarithms of sizes are multiplied by."
    return value(5.0, low=0.001, high=1000.0, label="Weight of sizes", help=help)


def _beta() -> Any:
    help = "Below this a difference counts by its square, above by its size (smooth L1)."
    return value(1 / 9, low=1e-6, high=100.0, label="β", help=help)


def _classes() -> Any:
    help = "How many classes of objects there are; the ground is one more, the first."
    return value(20, low=1, high=100_000, label="Classes", help=help)


@kind
class RPNLoss(OnAnchors):
    """How wrong the proposals are: whether each anchor lies on an object (objectness), and how far from it (box).

    An anchor lies on an object that it overlaps more than the first threshold, or that no other anchor overlaps as
    much; below the second it lies on the ground, and between the two it does not count.
    """

    formula = "Σ BCE(p, p*) / n + Σ p* smoothL1(t − t*) / n"
    words = "rpn proposals loss perte objectness"
    when = TRAINING
    task = "detection"
    inputs = (
        Port("objectness", many=True),
        Port("boxes", many=True),
        Port("anchors", (Anchors,)),
        Port("target", (Boxes,)),
    )
    outputs = (Port("objectness", (Loss,)), Port("box", (Loss,)))

    fg_iou_thresh: float = _positive(0.7, "Object from", "An anchor that overlaps an object more than this lies on it.")
    bg_iou_thresh: float = _positive(0.3, "Ground below", "An anchor that overlaps every object less is ground.")
    batch_size_per_image: int = _sample(256)
    positive_fraction: float = _fraction(0.5)
    share: float = share_value()

    @property
    def caption(self) -> str:
        """How many anchors are looked at."""
        return f"{self.batch_size_per_image} · {self.positive_fraction:g}"

    def output(
        self, objectness: tuple[Tensor, ...], boxes: tuple[Tensor, ...], anchors: Anchors, target: Boxes
    ) -> tuple[Loss, Loss]:
        """Two numbers.

        Raises:
            ShapeError: there are not a score and four numbers for each anchor, or the thresholds are in disorder.
        """
        self.check(objectness, boxes, anchors)
        _in_order(self.bg_iou_thresh, self.fg_iou_thresh)
        return Loss(), Loss()

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """All of it; of the anchors, only where they stand."""
        return (WHOLE, WHOLE, UNSEEN, UNSEEN)

    def arguments(self, *x: Any) -> dict[str, Any]:
        """The share is a factor outside."""
        return {k: v for k, v in super().arguments(*x).items() if k != "share"}

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """How many of how many count."""
        if quantity != "output":
            return None
        n, of = number(self.batch_size_per_image), number(x[2].size // 4)
        why = say("Nearly all anchors lie on the ground: a sample with enough objects in it keeps the two in balance.")
        return Explanation("A → n", f"{of} → {n}", n, why, self.source)


@kind
class RoISampler(Layer):
    """Chooses the regions to learn from, adds the right boxes to them, and says what is right for each.

    While the network is used there is nothing to learn, and all regions pass through.
    """

    category = "det"
    module = "runtime.modules"
    when = TRAINING
    passes = "regions"
    formula = "25 % with IoU ≥ ½, the others below"
    source = "Girshick, 2015"
    words = "sample proposals échantillon régions propositions"
    inputs = (Port("regions", (Regions,)), Port("target", (Boxes,)))
    outputs = (Port("regions", (Regions,)), Port("matches", (Matches,)))

    fg_iou_thresh: float = _positive(0.5, "Object from", "A region that overlaps an object at least so much is of it.")
    bg_iou_thresh: float = _positive(0.5, "Ground below", "A region that overlaps every object less is ground.")
    batch_size_per_image: int = _sample(512)
    positive_fraction: float = _fraction(0.25)
    center_weight: float = _center_weight()
    size_weight: float = _size_weight()

    @property
    def caption(self) -> str:
        """How many regions are chosen."""
        return f"{self.batch_size_per_image} · {self.positive_fraction:g}"

    def output(self, regions: Regions, target: Boxes) -> tuple[Regions, Matches]:
        """The regions, and what is right for each.

        Raises:
            ShapeError: the thresholds are in disorder.
        """
        _in_order(self.bg_iou_thresh, self.fg_iou_thresh)
        return regions, Matches()

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """Regions as they were."""
        return (None, UNSEEN)

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """How many are chosen in training."""
        if quantity != "output":
            return None
        n, of = number(self.batch_size_per_image), number(x[0].most)
        why = say("In training a sample is learned from; in use all regions pass, and costs are counted for these.")
        return Explanation("R → n", f"{of} → {n}", f"≤ {n}", why, self.source)


def _in_order(low: float, high: float) -> None:
    if low > high:
        raise ShapeError(
            "What overlaps less than {low} would be ground, and what overlaps more than {high} an object: between "
            "{high} and {low} it would be both. Ground ends where objects begin, or before.",
            code="iou_order",
            low=f"{low:g}",
            high=f"{high:g}",
        )


class OnRegions(Layer):
    """What the second loss and the detections share: scores and boxes of each region, the ground among the classes."""

    category = "det"
    module = "runtime.modules"
    source = "Girshick, 2015"

    classes: int

    def check(self, scores: Tensor, boxes: Tensor) -> None:
        """See to it that each region has a score per class and a box per class, the ground included.

        Raises:
            ShapeError: it has not; says how many there should be.
        """
        n = self.classes + 1
        known = number(self.classes)
        for port, x, factor in (("scores", scores, 1), ("boxes", boxes, 4)):
            if not isinstance(x.dims[0], Nominal) or len(x.dims) != 2:
                raise ShapeError(
                    "{kind} needs a vector for each region at {port}; it receives {shape} of each {unit}: pool the "
                    "regions first, and flatten them.",
                    code="roi_vector",
                    kind=self.kind,
                    port=port,
                    shape=str(x),
                    unit=str(x.dims[0]),
                )
            if x.channels != factor * n:
                wanted = f"{known} + 1 = {number(n)}" if factor == 1 else f"4 · ({known} + 1) = {number(4 * n)}"
                raise ShapeError(
                    "{known} classes and the ground make {wanted} numbers for each region at {port}; it receives {n}.",
                    code="classes_differ",
                    known=known,
                    wanted=wanted,
                    port=port,
                    n=number(x.channels),
                )


@kind
class RoILoss(OnRegions):
    """How wrong the answers for the sampled regions are: their classes, and how far their boxes lie from objects."""

    formula = "CE(p, u) + [u ≥ 1] Σ smoothL1(tᵘ − v) / n"
    words = "fast rcnn loss perte boxes classes"
    when = TRAINING
    task = "detection"
    inputs = (Port("scores"), Port("boxes"), Port("matches", (Matches,)))
    outputs = (Port("classification", (Loss,)), Port("box", (Loss,)))

    classes: int = _classes()
    beta: float = _beta()
    share: float = share_value()

    @property
    def caption(self) -> str:
        """How many classes there are besides the ground."""
        return f"{number(self.classes)} + 1"

    def output(self, scores: Tensor, boxes: Tensor, matches: Matches) -> tuple[Loss, Loss]:
        """Two numbers.

        Raises:
            ShapeError: there are not as many scores and boxes as classes.
        """
        self.check(scores, boxes)
        return Loss(), Loss()

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """All of it."""
        return (WHOLE, WHOLE, UNSEEN)

    def arguments(self, *x: Any) -> dict[str, Any]:
        """The classes are counted in what arrives; the share is a factor outside."""
        return {k: v for k, v in super().arguments(*x).items() if k == "beta"}

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """What is compared."""
        if quantity != "output":
            return None
        n = number(self.classes + 1)
        why = say("Every region gets a class, the ground too; only those that lie on objects have a box to learn.")
        return Explanation("K + 1", f"{number(self.classes)} + 1 = {n}", n, why, self.source)


@kind
class DetectionPostprocess(OnRegions):
    """Turns scores and boxes of regions into detections on the image as it arrived: sure ones, each said once.

    A region may become a box of every class whose probability is above the threshold; of boxes of one class that
    overlap more than the second threshold, only the surest stays (non-maximum suppression).
    """

    formula = "softmax; keep > threshold; NMS per class; the surest"
    words = "detections détections nms suppression decode décoder boxes boîtes"
    when = INFERENCE
    inputs = (Port("scores"), Port("boxes"), Port("regions", (Regions,)), Port("sizes", (Sizes,)))
    outputs = (Port("out", (Detections,)),)

    classes: int = _classes()
    threshold: float = _positive(0.05, "Threshold", "Boxes whose probability is not above this are left out.")
    overlap: float = _positive(0.5, "NMS", "Of two boxes of a class that overlap more (IoU), the surer one stays.")
    most: int = value(100, low=1, high=100_000, label="At most", help="How many objects of an image are told at most.")
    center_weight: float = _center_weight()
    size_weight: float = _size_weight()

    @property
    def caption(self) -> str:
        """Both thresholds."""
        return f"> {self.threshold:g}, NMS {self.overlap:g}"

    def output(self, scores: Tensor, boxes: Tensor, regions: Regions, sizes: Sizes) -> Detections:
        """What was found.

        Raises:
            ShapeError: there are not as many scores and boxes as classes.
        """
        self.check(scores, boxes)
        return Detections()

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """All of it; of the images, only how large they are."""
        return (WHOLE, WHOLE, WHOLE, UNSEEN)

    def arguments(self, *x: Any) -> dict[str, Any]:
        """The classes are counted in what arrives."""
        return {k: v for k, v in super().arguments(*x).items() if k != "classes"}

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """How many of how many are told."""
        if quantity != "output":
            return None
        every, most = number(x[2].most * self.classes), number(self.most)
        why = say("Each region may be an object of each class; few are sure, and most of these say the same twice.")
        worked = f"{number(x[2].most)} · {number(self.classes)} = {every}"
        return Explanation("R · K → NMS → D", worked, f"≤ {most}", why, self.source)
