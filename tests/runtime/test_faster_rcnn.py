"""Faster R-CNN drawn as nodes against torchvision's own model: the same weights, the same seed, difference zero."""

from __future__ import annotations

import copy
from collections import OrderedDict

import pytest

import presets
from graph import Block, Network
from graph.layers.activation import ReLU
from graph.layers.convolution import Conv2d
from graph.layers.detection import AnchorGenerator, ImageTransform, RegionProposals
from graph.layers.detection_learning import DetectionPostprocess, RoILoss, RoISampler, RPNLoss
from graph.layers.roi import RoIAlign, RoIPool
from graph.layers.source import Input
from presets import faster_rcnn as parts
from presets.drawing import Drawing, close, inside

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")
torchvision = pytest.importorskip("torchvision")

from torchvision.models.detection import FasterRCNN  # noqa: E402
from torchvision.models.detection.anchor_utils import AnchorGenerator as TheirAnchors  # noqa: E402
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor  # noqa: E402
from torchvision.ops import MultiScaleRoIAlign, roi_pool  # noqa: E402

import runtime  # noqa: E402

CLASSES = 3
TERMS = {
    "rpn_loss.objectness": "loss_objectness",
    "rpn_loss.box": "loss_rpn_box_reg",
    "roi_loss.classification": "loss_classifier",
    "roi_loss.box": "loss_box_reg",
}
"""Our names of the four losses, and torchvision's."""
NAMES = {
    "rpn_conv": "rpn.head.conv.0.0",
    "rpn_cls_score": "rpn.head.cls_logits",
    "rpn_bbox_pred": "rpn.head.bbox_pred",
    "fc6": "roi_heads.box_head.fc6",
    "fc7": "roi_heads.box_head.fc7",
    "cls_score": "roi_heads.box_predictor.cls_score",
    "bbox_pred": "roi_heads.box_predictor.bbox_pred",
}
"""Our nodes with weights, and the same modules of torchvision; the backbone is ``backbone`` in both."""
COUNTS = {"pre_nms": 90, "post_nms": 20, "pre_nms_training": 120, "post_nms_training": 40}
ALIGN, POOL = RoIAlign(5, 0.25), RoIPool(5, 0.25)


def tiny(pooling, min_size: float = 0.001) -> Network:
    """Two convolutions with strides of 2, and everything behind them; images of three channels."""
    drawing = Drawing("tiny", classes=CLASSES)
    body = inside((3, 64, 64))
    body.put("conv1", Conv2d(8, 3, 2, 1))
    body.put("relu1", ReLU())
    body.put("conv2", Conv2d(16, 3, 2, 1))
    drawing.define("body", close(body))
    drawing.put("input", Input((3, 64, 64)))
    drawing.put("transform", ImageTransform((64,), 100, parts.MEAN, parts.STD))
    drawing.put("backbone", Block("body"))
    anchors = AnchorGenerator((16.0, 32.0, 48.0))
    parts.propose(drawing, Conv2d(16, 3, padding=1), anchors, RegionProposals(**COUNTS, min_size=min_size))
    loss, sampler = RPNLoss(batch_size_per_image=32), RoISampler(batch_size_per_image=16)
    parts.learn_proposals(drawing, loss, sampler, ["rpn_cls_score"], ["rpn_bbox_pred"])
    parts.pool(drawing, pooling, "backbone")
    parts.dense(drawing, 32, 0.5)
    parts.answer(drawing, CLASSES, DetectionPostprocess(threshold=0.2, overlap=0.4), RoILoss())
    return drawing.network()


class Pooled(MultiScaleRoIAlign):
    """What torchvision's constructor takes for RoIPool."""

    step = 4

    def forward(self, x, boxes, image_shapes):
        return roi_pool(x["0"], list(boxes), self.output_size, 1 / self.step)


class Pooled16(Pooled):
    """The same behind four poolings."""

    step = 16


def head(drop: float, inputs: int = 400, width: int = 32):
    """The dense layers of each region, as our nodes are."""
    from torch import nn

    hidden = [nn.Linear(inputs, width), nn.Linear(width, width)]
    return nn.Sequential(
        OrderedDict(
            flatten=nn.Flatten(),
            fc6=hidden[0],
            relu6=nn.ReLU(),
            drop6=nn.Dropout(drop),
            fc7=hidden[1],
            relu7=nn.ReLU(),
            drop7=nn.Dropout(drop),
        )
    )


def theirs(ours, pooling, min_size: float = 0.001):
    """Torchvision's model with the weights of *ours*."""
    backbone = copy.deepcopy(ours.backbone)
    backbone.out_channels = 16
    cut = Pooled if isinstance(pooling, RoIPool) else MultiScaleRoIAlign
    model = FasterRCNN(
        backbone,
        min_size=64,
        max_size=100,
        image_mean=parts.MEAN,
        image_std=parts.STD,
        rpn_anchor_generator=TheirAnchors(((16, 32, 48),), ((0.5, 1.0, 2.0),)),
        rpn_pre_nms_top_n_train=COUNTS["pre_nms_training"],
        rpn_pre_nms_top_n_test=COUNTS["pre_nms"],
        rpn_post_nms_top_n_train=COUNTS["post_nms_training"],
        rpn_post_nms_top_n_test=COUNTS["post_nms"],
        rpn_batch_size_per_image=32,
        box_roi_pool=cut(["0"], 5, 2),
        box_head=head(0.5),
        box_predictor=FastRCNNPredictor(32, CLASSES + 1),
        box_score_thresh=0.2,
        box_nms_thresh=0.4,
        box_batch_size_per_image=16,
    )
    model.rpn.min_size = min_size
    model.load_state_dict({renamed(key): value for key, value in ours.state_dict().items()})
    return model


def renamed(key: str) -> str:
    """The name that torchvision gives to one of our weights."""
    node, _, rest = key.partition(".")
    return f"{NAMES.get(node, node)}.{rest}"


def pictures():
    """Three images of different sizes, and their objects; in the second there is none."""
    torch.manual_seed(3)
    images = [torch.rand(3, 60, 80), torch.rand(3, 96, 50), torch.rand(3, 70, 70)]
    objects = torch.full((3, 3, 5), -1.0)
    objects[0] = torch.tensor([[5.0, 6, 40, 30, 0], [30, 20, 75, 55, 2], [50, 2, 62, 20, 1]])
    objects[2, :2] = torch.tensor([[10.0, 10, 40, 60, 1], [35, 5, 66, 30, 0]])
    return images, objects


def as_theirs(objects):
    """Objects as torchvision wants them: its classes begin with the ground."""
    there = [rows[rows[:, 4] >= 0] for rows in objects]
    return [{"boxes": rows[:, :4], "labels": rows[:, 4].long() + 1} for rows in there]


def kept(module):
    """What a module gives while the model runs."""
    seen = []
    module.register_forward_hook(lambda module, given, result: seen.append(result))
    return seen


def assert_equal_in_training(ours, model, images, objects, names=renamed):
    """The proposals, the four losses and all gradients are the same, bit by bit."""
    mine, other = kept(ours.proposals), kept(model.rpn)
    torch.manual_seed(7)
    losses = ours.train()(images, objects)
    torch.manual_seed(7)
    wanted = model.train()(images, as_theirs(objects))
    assert {TERMS[name]: float(loss.detach()) for name, loss in losses.items()} == {
        name: float(loss.detach()) for name, loss in wanted.items()
    }
    assert all(torch.equal(a, b) for a, b in zip(mine[-1], other[-1][0], strict=True))
    sum(losses.values()).backward()
    sum(wanted.values()).backward()
    gradients = {name: p.grad for name, p in model.named_parameters()}
    assert len(gradients) == len(list(ours.parameters()))
    for name, parameter in ours.named_parameters():
        assert torch.equal(parameter.grad, gradients[names(name)]), name


def assert_equal_in_use(ours, model, images):
    """The proposals and the detections are the same, bit by bit; returns how much was found in each image."""
    mine, other = kept(ours.proposals), kept(model.rpn)
    with torch.no_grad():
        found, wanted = ours.eval()(images), model.eval()(images)
    assert all(torch.equal(a, b) for a, b in zip(mine[-1], other[-1][0], strict=True))
    for a, b in zip(found, wanted, strict=True):
        assert torch.equal(a["boxes"], b["boxes"])
        assert torch.equal(a["scores"], b["scores"])
        assert torch.equal(a["labels"] + 1, b["labels"])
    return [len(one["scores"]) for one in found]


@pytest.mark.parametrize(("pooling", "min_size"), [(ALIGN, 0.001), (POOL, 16.0)])
def test_it_is_torchvisions_model(pooling, min_size):
    torch.manual_seed(0)
    ours = runtime.compile(tiny(pooling, min_size))
    model = theirs(ours, pooling, min_size)
    images, objects = pictures()

    assert min(assert_equal_in_use(ours, model, images)) > 0
    assert_equal_in_training(ours, model, images, objects)


def test_a_batch_of_one_size_is_a_list_of_images():
    """A tensor, as training hands it over, gives what the list of its images gives."""
    torch.manual_seed(0)
    ours = runtime.compile(presets.build("faster_rcnn_small", classes=CLASSES))
    images, objects = torch.rand(3, 1, 80, 100), pictures()[1]
    found = []
    for given in (images, list(images)):
        torch.manual_seed(1)
        found.append(ours.train()(given, objects))
    assert all(torch.equal(found[0][name], found[1][name]) for name in TERMS)


def pyramid(key: str) -> str:
    """The name that torchvision's pyramid gives to one of our weights."""
    parts_ = key.split(".")
    if parts_[0] == "backbone":
        for ours, name in (("inner", "inner_blocks"), ("smooth", "layer_blocks")):
            if parts_[1].startswith(ours):
                return ".".join(("backbone.fpn", name, str(int(parts_[1][-1]) - 2), "0", *parts_[2:]))
        return ".".join(("backbone.body", *parts_[1:]))
    heads = {"rpn_p2.conv": "rpn.head.conv.0.0", "rpn_p2.cls_logits": "rpn.head.cls_logits"}
    heads |= {"rpn_p2.bbox_pred": "rpn.head.bbox_pred"}
    node, _, rest = key.rpartition(".")
    return f"{heads[node]}.{rest}" if node in heads else renamed(key)


@pytest.mark.slow
def test_the_network_of_the_paper_is_torchvisions_model():
    """VGG16 with the numbers of the paper's program, on images of some 200 pixels.

    Without training, none of 21 classes is sure enough to be told: the weights of the scores are larger here.
    """
    from graph import edit

    network = edit.set_values(presets.build("faster_rcnn_vgg16"), "transform", min_size=(200,), max_size=300)
    torch.manual_seed(0)
    ours = runtime.compile(network)
    with torch.no_grad():
        ours.cls_score.weight *= 200
        ours.bbox_pred.weight *= 20
    backbone = copy.deepcopy(ours.backbone)
    backbone.out_channels = 512
    model = FasterRCNN(
        backbone,
        min_size=200,
        max_size=300,
        rpn_anchor_generator=TheirAnchors(((128, 256, 512),), ((0.5, 1.0, 2.0),)),
        rpn_pre_nms_top_n_train=12_000,
        rpn_pre_nms_top_n_test=6000,
        rpn_post_nms_top_n_train=2000,
        rpn_post_nms_top_n_test=300,
        box_roi_pool=Pooled16(["0"], 7, 2),
        box_head=head(0.5, 512 * 49, 4096),
        box_predictor=FastRCNNPredictor(4096, 21),
        box_nms_thresh=0.3,
        box_batch_size_per_image=128,
    )
    model.rpn.min_size = 16
    model.load_state_dict({renamed(key): value for key, value in ours.state_dict().items()})
    images, objects = pictures()
    objects[..., 4] = torch.where(objects[..., 4] < 0, -1.0, 6 * objects[..., 4] + 1)

    assert min(assert_equal_in_use(ours, model, images)) > 5


@pytest.mark.slow
def test_the_pyramid_is_torchvisions_model():
    """ResNet-50 with a pyramid, on images of some 128 pixels."""
    from graph import edit

    network = presets.build("faster_rcnn_resnet50_fpn", classes=CLASSES)
    network = edit.set_values(network, "transform", min_size=(128,), max_size=200)
    torch.manual_seed(0)
    ours = runtime.compile(network)
    model = torchvision.models.detection.fasterrcnn_resnet50_fpn(
        weights=None, weights_backbone=None, num_classes=CLASSES + 1, min_size=128, max_size=200
    )
    model.load_state_dict({pyramid(key): value for key, value in ours.state_dict().items()})
    images, objects = pictures()

    assert_equal_in_use(ours, model, images)
    assert_equal_in_training(ours, model, images, objects, pyramid)


def test_without_losses_the_sampler_lets_all_regions_pass():
    """Whoever takes the losses away keeps a network that finds what it found."""
    from graph import edit

    network = tiny(ALIGN)
    torch.manual_seed(0)
    whole = runtime.compile(network).eval()
    bare = runtime.compile(edit.remove(network, ["rpn_loss", "roi_loss"]), whole.state_dict()).eval()
    images, _ = pictures()
    with torch.no_grad():
        for a, b in zip(whole(images), bare(images), strict=True):
            assert all(torch.equal(a[name], b[name]) for name in a)


def test_the_source_stands_alone(tmp_path):
    """Torch and torchvision are all that it needs."""
    import subprocess
    import sys

    file = tmp_path / "detector.py"
    text = "\nimport sys\nfound = Net().eval()(torch.rand(2, 3, 64, 64))\n"
    text += "assert len(found) == 2 and not {'graph', 'runtime', 'presets'} & set(sys.modules)\n"
    file.write_text(runtime.source(tiny(ALIGN)) + text, encoding="utf-8")
    subprocess.run([sys.executable, "-P", str(file)], check=True, cwd=tmp_path, env={"OMP_NUM_THREADS": "1"})


def test_images_are_normalized_once():
    """By the node, where it normalizes; else by the data."""
    from graph import edit
    from runtime.data import Description
    from runtime.data.dataset import open as open_data
    from runtime.tasks.known import suited

    data = open_data(Description("digit-scenes"), (1, 96, 96), task="detection")
    network = presets.build("faster_rcnn_small")
    assert suited(network, data) is data
    normalizing = edit.set_values(network, "transform", mean=data.preprocessing.mean, std=data.preprocessing.std)
    told = suited(normalizing, data).preprocessing
    assert (told.mean, told.std) == ((0.0,), (1.0,))
