"""Faster R-CNN: a network that proposes where objects may be, and one that looks at each of these regions."""

from __future__ import annotations

from dataclasses import replace

from graph import Block, Network
from graph.layers.activation import ReLU
from graph.layers.convolution import Conv2d
from graph.layers.dense import Linear
from graph.layers.detection import AnchorGenerator, ImageTransform, RegionProposals, ResizeBoxes
from graph.layers.detection_learning import DetectionPostprocess, RoILoss, RoISampler, RPNLoss
from graph.layers.dropout import Dropout
from graph.layers.merge import Add
from graph.layers.normalization import BatchNorm2d
from graph.layers.pooling import MaxPool2d
from graph.layers.resample import Interpolate
from graph.layers.roi import MultiScaleRoIAlign, RegionPooling, RoIAlign, RoIPool
from graph.layers.source import Input, Output, Target
from graph.layers.tensor_ops import Flatten
from graph.text import say
from graph.values import Spec
from presets.drawing import Drawing, close, inside
from presets.registry import Trial, found, preset
from presets.resnet import bottleneck, layer
from presets.vgg import DEPTHS, NUMBERS, WIDTHS, stage

REFERENCE = 'Ren, He, Girshick and Sun, "Faster R-CNN: towards real-time object detection with region proposals", 2015'
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet, of values from 0 to 1."""


def classes(default: int) -> Spec:
    """The variable ``classes``."""
    help = "How many classes of objects there are; the ground is one more."
    return Spec("classes", "int", default, low=1, high=10_000, label="Classes", help=help)


def propose(drawing: Drawing, conv: Conv2d, anchors: AnchorGenerator, proposals: RegionProposals) -> None:
    """The region proposal network on one map: a convolution, and from it a score and four numbers per anchor."""
    features = drawing.last
    drawing.put("rpn_conv", conv, bind={"out_channels": "4 * width"} if "width" in drawing.variables else None)
    drawing.put("rpn_relu", ReLU())
    drawing.put("rpn_cls_score", Conv2d(anchors.each, 1))
    drawing.put("rpn_bbox_pred", Conv2d(4 * anchors.each, 1), "rpn_relu")
    drawing.put("anchors", anchors, features)
    drawing.put("proposals", proposals, "rpn_cls_score")
    drawing.link("rpn_bbox_pred", "proposals", "boxes")
    finish_proposals(drawing)


def finish_proposals(drawing: Drawing) -> None:
    """Anchors and sizes of images, for the proposals."""
    drawing.link("transform.images", "anchors", "images")
    drawing.link("anchors", "proposals", "anchors")
    drawing.link("transform.sizes", "proposals", "sizes")


def learn_proposals(drawing: Drawing, loss: RPNLoss, sampler: RoISampler, scores: list[str], boxes: list[str]) -> None:
    """What is right, the loss of the proposals, and the sample of them that the second half learns from.

    The loss stands before the sampler: both draw from the same generator, in torchvision's order.
    """
    drawing.put("target", Target("boxes"))
    drawing.put("target_boxes", ResizeBoxes())
    drawing.link("transform.sizes", "target_boxes", "sizes")
    drawing.put("rpn_loss", loss, *scores)
    for source in boxes:
        drawing.link(source, "rpn_loss", "boxes")
    drawing.link("anchors", "rpn_loss", "anchors")
    drawing.link("target_boxes", "rpn_loss", "target")
    drawing.put("sampler", sampler, "proposals")
    drawing.link("target_boxes", "sampler", "target")


def pool(drawing: Drawing, layer: RegionPooling, *features: str) -> None:
    """The regions, cut out of the maps."""
    drawing.put("roi_pool", layer, *features)
    drawing.link("sampler.regions", "roi_pool", "regions")


def dense(drawing: Drawing, hidden: int, dropout: float) -> None:
    """Two dense layers for each region."""
    drawing.put("flatten", Flatten())
    for i in (6, 7):
        drawing.put(f"fc{i}", Linear(hidden))
        drawing.put(f"relu{i}", ReLU())
        if dropout:
            drawing.put(f"drop{i}", Dropout(dropout))


def answer(drawing: Drawing, classes: int, postprocess: DetectionPostprocess, loss: RoILoss) -> None:
    """A class and a box for each region; a loss of two terms, and detections."""
    last, bound = drawing.last, {"classes": "classes"}
    drawing.put("cls_score", Linear(classes + 1), last, bind={"out_features": "classes + 1"})
    drawing.put("bbox_pred", Linear(4 * (classes + 1)), last, bind={"out_features": "4 * (classes + 1)"})
    drawing.put("postprocess", postprocess.with_values(classes=classes), "cls_score", bind=bound)
    drawing.link("bbox_pred", "postprocess", "boxes")
    drawing.link("sampler.regions", "postprocess", "regions")
    drawing.link("transform.sizes", "postprocess", "sizes")
    drawing.put("output", Output())
    drawing.put("roi_loss", loss.with_values(classes=classes), "cls_score", bind=bound)
    drawing.link("bbox_pred", "roi_loss", "boxes")
    drawing.link("sampler.matches", "roi_loss", "matches")


def small_backbone() -> Drawing:
    """Five normalized convolutions, three of them halved: a stride of 8."""
    drawing = inside((1, 96, 96), width=16)
    for i, factor in enumerate((1, 2, 4, 4, 4), 1):
        bind = {"out_channels": "width" if factor == 1 else f"{factor} * width"}
        drawing.put(f"conv{i}", Conv2d(16 * factor, 3, padding=1, bias=False), bind=bind)
        drawing.put(f"bn{i}", BatchNorm2d())
        drawing.put(f"relu{i}", ReLU())
        if i <= 3:
            drawing.put(f"pool{i}", MaxPool2d(2))
    return close(drawing)


@preset(
    title=say("Faster R-CNN, small"),
    task="detection",
    parameters=305_588,
    reference='After Ren and others, "Faster R-CNN", 2015: five convolutions, trained from nothing',
    variables=(
        classes(10),
        Spec(
            "width",
            "int",
            16,
            low=1,
            high=256,
            label="Width",
            help="Filters of the first convolution; there are four times as many in the end.",
        ),
    ),
    notes=say(
        "Two networks share their convolutions: one says where something is, the other what it is. They learn from "
        "four losses at once. The sampler works in training only: when the network is used, all regions pass."
    ),
    trial=Trial("digit-scenes", 12, 180, found(99.7), recipe={"learning_rate": 0.003, "batch": 16, "zoom": 0.0}),
)
def faster_rcnn_small(classes: int, width: int) -> Network:
    """Everything that Faster R-CNN has, in a size that learns in minutes; images of 96 x 96 pixels."""
    drawing = Drawing("Faster R-CNN, small", classes=classes, width=width)
    drawing.define("small_backbone", small_backbone())
    drawing.put("input", Input((1, 96, 96)))
    drawing.put("transform", ImageTransform((96,), 160))
    drawing.put("backbone", Block("small_backbone", {"width": width}), bind={"width": "width"})
    counts = {"pre_nms": 200, "post_nms": 50, "pre_nms_training": 400, "post_nms_training": 100}
    propose(drawing, Conv2d(4 * width, 3, padding=1), AnchorGenerator((18.0, 26.0, 36.0)), RegionProposals(**counts))
    chosen = {"batch_size_per_image": 32}
    learn_proposals(
        drawing,
        RPNLoss(batch_size_per_image=64),
        RoISampler(**chosen),
        ["rpn_cls_score"],
        ["rpn_bbox_pred"],
    )
    pool(drawing, RoIAlign(5, 0.125), "backbone")
    dense(drawing, 96, 0.0)
    answer(drawing, classes, DetectionPostprocess(), RoILoss())
    return drawing.network()


def vgg_backbone() -> Drawing:
    """The thirteen convolutions of VGG16 and four of its poolings: a stride of 16."""
    drawing = inside((3, 608, 800))
    depths = DEPTHS["vgg16"]
    for n in dict.fromkeys(depths):
        drawing.define(f"{NUMBERS[n]}_convolutions", stage(n, norm=False))
    for i, (n, width) in enumerate(zip(depths, WIDTHS, strict=True), 1):
        drawing.block(f"stage{i}", f"{NUMBERS[n]}_convolutions", width=width)
        if i < len(depths):
            drawing.put(f"pool{i}", MaxPool2d(2))
    return close(drawing)


@preset(
    title=say("Faster R-CNN, VGG16"),
    task="detection",
    parameters=137_073_622,
    reference=REFERENCE,
    variables=(classes(20),),
    notes=say(
        "Nine anchors stand at each of 38 × 50 positions; the surest 300 regions that do not say the same twice are "
        "cut out of the last map, and two dense layers look at each: three quarters of all weights lie in the first."
    ),
)
def faster_rcnn_vgg16(classes: int) -> Network:
    """The network of the paper, with the numbers of its program; images of 600 x 800 pixels."""
    drawing = Drawing("Faster R-CNN, VGG16", classes=classes)
    drawing.define("vgg_backbone", vgg_backbone())
    drawing.put("input", Input((3, 600, 800)))
    drawing.put("transform", ImageTransform((600,), 1000, MEAN, STD))
    drawing.block("backbone", "vgg_backbone")
    counts = {"pre_nms": 6000, "post_nms": 300, "pre_nms_training": 12_000, "post_nms_training": 2000}
    propose(drawing, Conv2d(512, 3, padding=1), AnchorGenerator(), RegionProposals(**counts, min_size=16.0))
    learn_proposals(
        drawing,
        RPNLoss(),
        RoISampler(batch_size_per_image=128),
        ["rpn_cls_score"],
        ["rpn_bbox_pred"],
    )
    pool(drawing, RoIPool(7, 0.0625), "backbone")
    dense(drawing, 4096, 0.5)
    answer(drawing, classes, DetectionPostprocess(overlap=0.3), RoILoss(beta=1.0))
    return drawing.network()


LEVELS = (2, 3, 4, 5)
"""Levels of the pyramid that regions are cut out of; level i has a stride of 2 to the power of i."""


def fpn_backbone() -> Drawing:
    """ResNet-50 and, back from its last stage to its first, a pyramid of maps that are all equally deep."""
    drawing = inside((3, 800, 1088))
    for name, project in (("bottleneck", False), ("bottleneck_down", True)):
        drawing.define(name, bottleneck(project))
    drawing.put("conv1", Conv2d(64, 7, 2, 3, bias=False))
    drawing.put("bn1", BatchNorm2d())
    drawing.put("relu", ReLU())
    drawing.put("maxpool", MaxPool2d(3, 2, 1))
    for i, n in enumerate((3, 4, 6, 3), 1):
        drawing.define(f"stage{i}", layer("bottleneck", n, True))
        drawing.block(f"layer{i}", f"stage{i}", width=32 * 2**i, stride=1 if i == 1 else 2)
    above = drawing.put("inner5", Conv2d(256, 1))
    for i in reversed(LEVELS[:-1]):
        across = drawing.put(f"inner{i}", Conv2d(256, 1), f"layer{i - 1}")
        drawing.put(f"up{i}", Interpolate(), above)
        drawing.link(across, f"up{i}", "like")
        above = drawing.put(f"add{i}", Add(), across, f"up{i}")
    for i in LEVELS:
        drawing.put(f"smooth{i}", Conv2d(256, 3, padding=1), f"add{i}" if i < 5 else "inner5")
    drawing.put("pool6", MaxPool2d(1, 2))
    for i in LEVELS:
        drawing.put(f"p{i}", Output(), f"smooth{i}")
    drawing.put("p6", Output(), "pool6")
    return drawing


def rpn_head() -> Drawing:
    """What is done to each map of the pyramid: a convolution, and from it a score and four numbers per anchor."""
    drawing = inside((256, 200, 272), anchors=3)
    drawing.put("conv", Conv2d(256, 3, padding=1))
    drawing.put("relu", ReLU())
    drawing.put("cls_logits", Conv2d(3, 1), bind={"out_channels": "anchors"})
    drawing.put("bbox_pred", Conv2d(12, 1), "relu", bind={"out_channels": "4 * anchors"})
    drawing.put("objectness", Output(), "cls_logits")
    drawing.put("boxes", Output(), "bbox_pred")
    return drawing


def propose_on_levels(drawing: Drawing, maps: list[str]) -> tuple[list[str], list[str]]:
    """The same region proposal network on every map; returns where the scores and the boxes leave."""
    drawing.define("rpn_head", rpn_head())
    names = [f"rpn_{maps_.partition('.')[2]}" for maps_ in maps]
    for name, source in zip(names, maps, strict=True):
        drawing.block(name, "rpn_head", source)
        if name != names[0]:
            drawing.nodes[name] = replace(drawing.nodes[name], shares=names[0])
    anchors = AnchorGenerator((32.0, 64.0, 128.0, 256.0, 512.0), per_level=True)
    drawing.put("anchors", anchors, *maps)
    scores, boxes = ([f"{name}.{port}" for name in names] for port in ("objectness", "boxes"))
    drawing.put("proposals", RegionProposals(), *scores)
    for source in boxes:
        drawing.link(source, "proposals", "boxes")
    finish_proposals(drawing)
    return scores, boxes


@preset(
    title=say("Faster R-CNN, ResNet-50 with FPN"),
    task="detection",
    parameters=41_808_406,
    reference='Lin and others, "Feature pyramid networks for object detection", 2017; the numbers are torchvision\'s',
    variables=(classes(90),),
    notes=say(
        "A pyramid carries what the deep stages know back to the fine maps: small objects are cut out of fine maps, "
        "large ones out of coarse maps. One region proposal network looks at all five maps with the same weights."
    ),
)
def faster_rcnn_resnet50_fpn(classes: int) -> Network:
    """Torchvision's detector before it has learned; images of 800 x 1088 pixels."""
    drawing = Drawing("Faster R-CNN, ResNet-50 with FPN", classes=classes)
    drawing.define("resnet50_fpn", fpn_backbone())
    drawing.put("input", Input((3, 800, 1088)))
    drawing.put("transform", ImageTransform((800,), 1333, MEAN, STD))
    drawing.put("backbone", Block("resnet50_fpn"))
    maps = [f"backbone.p{i}" for i in (*LEVELS, 6)]
    scores, boxes = propose_on_levels(drawing, maps)
    learn_proposals(drawing, RPNLoss(), RoISampler(), scores, boxes)
    pool(drawing, MultiScaleRoIAlign(), *maps[:-1])
    dense(drawing, 1024, 0.0)
    answer(drawing, classes, DetectionPostprocess(), RoILoss())
    return drawing.network()
