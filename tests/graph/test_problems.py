"""Every problem has a network that shows it, a sentence with numbers, and fixes that mend it."""

from dataclasses import replace
from itertools import pairwise

import pytest

import presets
from graph import Edge, Network, Node, analyze, edit, mend
from graph.circumstances import UNKNOWN, Circumstances
from graph.layers.activation import GLU, ReLU, Sigmoid, Softmax
from graph.layers.adaptive import AdaptiveAvgPool2d
from graph.layers.convolution import Conv1d, Conv2d
from graph.layers.curves import Hardtanh
from graph.layers.dense import Linear
from graph.layers.dropout import Dropout
from graph.layers.local import TableConv2d
from graph.layers.loss import CrossEntropyLoss, NLLLoss
from graph.layers.loss_numbers import BCEWithLogitsLoss, MSELoss
from graph.layers.merge import Add, Concat
from graph.layers.normalization import BatchNorm2d, InstanceNorm2d
from graph.layers.parts import Chunk, Slice
from graph.layers.pooling import AvgPool2d, MaxPool2d
from graph.layers.resample import Upsample
from graph.layers.roi import MultiScaleRoIAlign
from graph.layers.source import Input, OneHot, Output, Target
from graph.layers.tensor_ops import Flatten, Permute, Reshape, Unflatten
from graph.layers.transposed import ConvTranspose2d
from graph.layers.windowed import ShiftedWindowAttentionV2
from graph.layers.yolo import YoloDecode
from graph.problems import problems_of


def chain(*layers, shape=(3, 16, 16), frozen=()):
    """An input, *layers* named after their kinds in lower case (``conv2d``, ``conv2d2``), and an output."""
    found = {"image": Node("image", Input(shape))}
    for layer in layers:
        name = layer.kind.lower()
        name = next(n for n in (name, *(f"{name}{i}" for i in range(2, 9))) if n not in found)
        found[name] = Node(name, layer, frozen=name in frozen)
    found["answer"] = Node("answer", Output())
    names = list(found)
    edges = tuple(Edge(a, "out", b, "x") for a, b in pairwise(names))
    return Network("chain", found, edges)


def classifier(*layers, share=1.0, **more):
    """A chain whose last layer feeds a loss too."""
    network = chain(*layers, **more)
    last = list(network.nodes)[-2]
    nodes = {
        **network.nodes,
        "target": Node("target", Target()),
        "loss": Node("loss", CrossEntropyLoss(share=share)),
    }
    edges = (*network.edges, Edge(last, "out", "loss", "input"), Edge("target", "out", "loss", "target"))
    return Network("classifier", nodes, edges)


def merged(layer, *paths, shape=(3, 16, 16)):
    """Several layers side by side on one input, merged."""
    nodes = {"image": Node("image", Input(shape))} | {f"p{i}": Node(f"p{i}", p) for i, p in enumerate(paths)}
    nodes |= {"merge": Node("merge", layer), "answer": Node("answer", Output())}
    edges = [
        e for i in range(len(paths)) for e in (Edge("image", "out", f"p{i}", "x"), Edge(f"p{i}", "out", "merge", "x"))
    ]
    return Network("merged", nodes, (*edges, Edge("merge", "out", "answer", "x")))


def sharing(network, name, owner):
    """*network* whose node *name* uses the weights of *owner*."""
    return network.change(nodes={**network.nodes, name: replace(network[name], shares=owner)})


def judged(network, loss, target):
    """A chain whose last layer feeds *loss*."""
    last = next(e.source for e in network.edges if e.target == "answer")
    nodes = {**network.nodes, "target": Node("target", target), "loss": Node("loss", loss)}
    edges = (*network.edges, Edge(last, "out", "loss", "input"), Edge("target", "out", "loss", "target"))
    return Network("judged", nodes, edges)


def decoded(layer):
    """A layer whose maps are read as boxes."""
    made = chain(layer, YoloDecode())
    edges = [e._replace(into="input") if e.target == "yolodecode" else e for e in made.edges]
    return made.change(edges=(*edges, Edge("image", "out", "yolodecode", "images")))


def encoded(target):
    """A target written as numbers, one per class."""
    nodes = {"target": Node("target", target), "numbers": Node("numbers", OneHot(10))}
    return Network("encoded", nodes, (Edge("target", "out", "numbers", "x"),))


def mixed(numbers, classes):
    """A loss of numbers that was fed by a target of numbers, which then became one of classes."""
    made = judged(chain(Flatten(), Linear(4)), MSELoss(), numbers)
    return made.change(nodes={**made.nodes, "target": Node("target", classes)})


def u_net(size):
    """Down by two and up by two, and what went down joins what comes up."""
    layers = {
        "image": Input((3, size, size)),
        "down": MaxPool2d(2),
        "deep": Conv2d(3, 3, padding=1),
        "up": Upsample(2.0),
        "merge": Concat(),
        "answer": Output(),
    }
    edges = tuple(Edge(a, "out", b, "x") for a, b in pairwise(layers))
    nodes = {name: Node(name, layer, (0.0, 96.0 * i)) for i, (name, layer) in enumerate(layers.items())}
    return Network("u", nodes, (*edges, Edge("image", "out", "merge", "x")))


def detector(**values):
    """A small Faster R-CNN, in which nodes have other values: ``roi_pool={"spatial_scale": 0.5}``."""
    made = presets.build("faster_rcnn_small")
    for name, given in values.items():
        made = edit.set_values(made, name, **given)
    return made


def on_levels(first, second, **values):
    """Regions cut out of two maps: of the image, and of what two layers make of it."""
    made = detector()
    made = edit.put_layer(made, "roi_pool", MultiScaleRoIAlign(**values))
    made, one = edit.add(made, first, name="one")
    made, two = edit.add(made, second, name="two")
    edges = [e for e in made.edges if e.target != "roi_pool" or e.into != "features"]
    edges += [Edge("transform", "images", one, "x"), Edge(one, "out", two, "x")]
    return made.change(edges=(*edges, *(Edge(n, "out", "roi_pool", "features") for n in (one, two))))


HEAD = (Flatten(), Linear(10))
SEEN = Circumstances("cells", "segmentation", (3, 32, 32), classes=4, objects=((4, 4), (8, 20), (30, 30)))
DOUBLED = merged(Add(), ReLU())
DOUBLED = DOUBLED.change(edges=(*DOUBLED.edges, Edge("p0", "out", "merge", "x")))
UNUSED = chain(ReLU())
UNUSED = UNUSED.change(
    nodes={**UNUSED.nodes, "side": Node("side", Conv2d(4, 3))}, edges=(*UNUSED.edges, Edge("image", "out", "side", "x"))
)
TWO_INPUTS = chain(ReLU())
TWO_INPUTS = TWO_INPUTS.change(nodes={**TWO_INPUTS.nodes, "other": Node("other", Input())})
SILENT = classifier(*HEAD)
SILENT = SILENT.change(
    nodes={n: x for n, x in SILENT.nodes.items() if n != "answer"},
    edges=tuple(e for e in SILENT.edges if e.target != "answer"),
)

CASES = {
    "shares_misfit": sharing(chain(Conv2d(8, 3), Conv2d(8, 3)), "conv2d2", "conv2d"),
    "linear_on_maps": chain(Linear(10)),
    "loss_on_maps": classifier(Conv2d(4, 3)),
    "window_too_large": chain(Conv2d(4, 20)),
    "padding_too_large": chain(MaxPool2d(2, padding=2)),
    "same_with_stride": chain(Conv2d(4, 3, stride=2, padding="same")),
    "groups": chain(Conv2d(4, 3, groups=2)),
    "rank": chain(Flatten(), MaxPool2d()),
    "no_such_axis": chain(Softmax(5)),
    "size_differs": chain(Flatten(), Unflatten(1, (5, 5))),
    "no_such_part": chain(Chunk(4, 3)),
    "beyond_the_end": chain(Slice(1, 2, 5)),
    "align_nearest": chain(Upsample(2.0, align_corners=True)),
    "nothing_left": chain(Upsample(0.05)),
    "output_padding": chain(ConvTranspose2d(4, 2, 2, output_padding=3)),
    "one_pixel": chain(AdaptiveAvgPool2d(1), InstanceNorm2d()),
    "merge_differs": merged(Add(), Conv2d(4, 3, padding=1), Conv2d(6, 3, padding=1)),
    "input_free": chain(ReLU()).change(edges=(Edge("relu", "out", "answer", "x"),)),
    "no_input": Network("n", {"relu": Node("relu", ReLU())}),
    "unused": UNUSED,
    "input_unused": TWO_INPUTS,
    "merge_of_one": merged(Concat(), ReLU()),
    "merge_of_same": DOUBLED,
    "no_effect": chain(Dropout(0.0)),
    "loss_missing": chain(*HEAD),
    "softmax_before_loss": classifier(*HEAD, Softmax()),
    "activation_twice": chain(ReLU(), ReLU()),
    "activation_on_scores": classifier(*HEAD, ReLU()),
    "linear_stack": chain(Conv2d(4, 3), Conv2d(4, 3)),
    "bias_before_norm": chain(Conv2d(4, 3), BatchNorm2d()),
    "norm_twice": chain(BatchNorm2d(), BatchNorm2d()),
    "dropout_before_norm": chain(Dropout(), BatchNorm2d()),
    "dropout_all": chain(Dropout(1.0)),
    "norm_of_one": chain(AdaptiveAvgPool2d(1), BatchNorm2d()),
    "one_score": classifier(Flatten(), Linear(1)),
    "loss_without_share": classifier(*HEAD, share=0.0),
    "frozen_after_trainable": classifier(Conv2d(4, 3), *HEAD, frozen=("linear",)),
    "all_frozen": classifier(*HEAD, frozen=("linear",)),
    "nothing_to_learn": classifier(Flatten()),
    "no_answer": SILENT,
    "strides_disagree": merged(Concat(), AdaptiveAvgPool2d(4), Conv2d(4, 13)),
    "pixels_skipped": chain(Conv2d(4, 2, stride=3)),
    "rest_dropped": chain(MaxPool2d(2), shape=(3, 15, 15)),
    "even_same": chain(Conv2d(4, 4, padding="same")),
    "dilation_gaps": chain(Conv2d(4, 3, dilation=2), ReLU(), Conv2d(4, 3, dilation=2)),
    "checkerboard": chain(ConvTranspose2d(4, 3, 2)),
    "padding_only": chain(AdaptiveAvgPool2d(1), Conv2d(4, 3, padding=1)),
    "field_small": chain(Conv2d(4, 3), AdaptiveAvgPool2d(1), shape=(3, 32, 32)),
    "dense_heavy": chain(Flatten(), Linear(2000), shape=(3, 32, 32)),
    "detached": chain(ReLU()).change(nodes={**chain(ReLU()).nodes, "side": Node("side", Conv2d(4, 3))}),
    "activation_on_answer": chain(*HEAD, ReLU()),
    "sigmoid_before_loss": judged(chain(*HEAD, Sigmoid()), BCEWithLogitsLoss(), Target("numbers", (10,))),
    "logarithm_missing": judged(chain(*HEAD, Softmax()), NLLLoss(), Target()),
    "paths_shifted": merged(Concat(), Slice(2, 0, 8), Slice(2, 8, 8)),
    "odd_input": u_net(27),
    "class_weights": judged(chain(*HEAD), CrossEntropyLoss(weight=(1.0, 2.0)), Target()),
    "empty_range": chain(Hardtanh(1.0, 1.0)),
    "loss_on_vector": judged(chain(*HEAD), CrossEntropyLoss(), Target("mask")),
    "loss_shapes_differ": judged(chain(*HEAD), MSELoss(), Target("numbers", (4,))),
    "loss_target": encoded(Target("mask")),
    "no_such_map": chain(TableConv2d(kernel_size=3, table="0,1; 7")),
    "odd": chain(GLU()),
    "padding_value": chain(Conv2d(4, 3, padding=1, padding_mode="reflect", padding_value=1.0)),
    "window_too_small": chain(Permute((0, 2, 3, 1)), ShiftedWindowAttentionV2(num_heads=1, window_size=1)),
    "wrong_flow": mixed(Target("numbers", (4,)), Target()),
    "yolo_depth": decoded(Conv2d(4, 3)),
    "normalized_channels": detector(transform={"mean": (0.5, 0.5, 0.5)}),
    "anchor_sizes": detector(anchors={"per_level": True}),
    "anchors_differ": detector(rpn_bbox_pred={"out_channels": 18}),
    "anchor_positions": detector(rpn_bbox_pred={"stride": 2}),
    "iou_order": detector(sampler={"bg_iou_thresh": 0.6}),
    "roi_vector": edit.connect(detector(), Edge("backbone", "out", "flatten", "x")),
    "classes_differ": detector(cls_score={"out_features": 4}),
    "roi_levels": on_levels(Conv2d(4, 3, 2, 1), Conv2d(4, 3, 2, 1), strides=(2.0,)),
    "roi_channels": on_levels(Conv2d(4, 3, 2, 1), Conv2d(8, 3, 2, 1), strides=(2.0, 4.0)),
    "roi_strides": on_levels(Conv2d(4, 3, 2, 1), Conv2d(4, 3, 2, 1), strides=(2.0, 3.0)),
    "roi_scale": detector(roi_pool={"spatial_scale": 0.0625}),
    "box_weights": detector(postprocess={"center_weight": 1.0}),
}

DATA = Circumstances("cats", "classification", (3, 16, 16), classes=10, samples=1_000)
AGES = Circumstances("ages", "regression", (3, 16, 16), samples=1_000, numbers=2)
DATA_CASES = {
    "no_images": (chain(ReLU(), shape=(4,)), DATA),
    "image_size": (chain(ReLU()), replace(DATA, shape=(1, 28, 28))),
    "wrong_task": (judged(chain(Conv2d(4, 3)), CrossEntropyLoss(), Target("mask")), replace(DATA, classes=4)),
    "class_count": (classifier(Flatten(), Linear(4)), DATA),
    "class_not_number": (classifier(Flatten(), Linear(4)), AGES),
    "number_count": (judged(chain(Flatten(), Linear(4)), MSELoss(), Target("numbers", (4,))), AGES),
    "few_images": (classifier(*HEAD), replace(DATA, samples=1)),
    "objects_large": (judged(chain(Conv2d(4, 3)), CrossEntropyLoss(), Target("mask")), SEEN),
    "memory_short": (classifier(*HEAD), replace(DATA, memory=300_000, batch=100)),
    "gpu_memory_short": (classifier(*HEAD), replace(DATA, memory=1 << 40, gpu=100_000)),
}
"""Problems that show only beside data or a machine."""


ALL = {code: (network, UNKNOWN) for code, network in CASES.items()} | DATA_CASES


def codes(network):
    return {p.code for p in analyze(network).problems}


def errors(network, around=UNKNOWN):
    return {(p.code, p.path) for p in problems_of(analyze(network), around) if p.severity == "error"}


@pytest.mark.parametrize("code", ALL)
def test_each_problem_is_found(code):
    network, around = ALL[code]
    found = [p for p in problems_of(analyze(network), around) if p.code == code]

    assert found
    assert "{" not in str(found[0].message)
    assert str(found[0].message).endswith(".")


@pytest.mark.parametrize("code", ALL)
def test_each_fix_mends_its_problem(code):
    """Whatever is offered works: the problem is gone, and no error stands where there was none."""
    network, around = ALL[code]
    for problem in problems_of(analyze(network), around):
        for fix in problem.fixes:
            mended = fix.apply(network)
            left = {(p.code, p.path) for p in problems_of(analyze(mended), around)}
            assert (problem.code, problem.path) not in left, fix.id
            assert errors(mended, around) <= errors(network, around), fix.id


def test_every_code_of_the_rules_and_of_the_layers_is_shown_here():
    """A rule without a network that shows it would not be known to work."""
    import ast
    from pathlib import Path

    import graph.rules

    rules = Path(graph.rules.__file__).parent
    named = set()
    for file in (*rules.glob("*.py"), *(rules.parent / "layers").glob("*.py"), *rules.parent.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Problem":
                named |= {node.args[0].value} if isinstance(node.args[0], ast.Constant) else set()
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "ShapeError":
                named |= {k.value.value for k in node.keywords if k.arg == "code"}

    assert len(named) > 60
    assert named - {"batch_axis"} <= set(ALL)  # no layer of ours takes the batch from its place


@pytest.mark.parametrize("name", ["faster_rcnn_small", "yolo_small"])
def test_a_detector_tells_as_many_classes_as_its_loss_says(name):
    """The ground, and the numbers of the boxes, are no classes."""
    network = presets.build(name)
    around = Circumstances("digits", "detection", (1, 96, 96), classes=10)
    other = replace(around, classes=7)

    assert [p.code for p in problems_of(analyze(network), around) if p.severity == "error"] == []
    (problem,) = [p for p in problems_of(analyze(network), other) if p.severity == "error"]
    assert problem.code == "class_count"
    mended = problem.fixes[0].apply(network)
    assert [p.code for p in problems_of(analyze(mended), other) if p.severity == "error"] == []


def test_a_good_network_has_no_problem():
    good = classifier(
        Conv2d(16, 3, padding=1, bias=False),
        BatchNorm2d(),
        ReLU(),
        MaxPool2d(2),
        Conv2d(32, 3, padding=1),
        ReLU(),
        *HEAD,
    )

    assert codes(good) == set()


def test_all_safe_fixes_together_leave_no_safe_fix():
    wrong = classifier(
        Conv2d(16, 3, stride=2, padding="same"),
        BatchNorm2d(),
        ReLU(),
        AvgPool2d(2, padding=2),
        Dropout(0.0),
        Linear(10),
    )

    mended, done = mend(wrong)

    assert {p.code for p in done} == {
        "same_with_stride",
        "padding_too_large",
        "linear_on_maps",
        "bias_before_norm",
        "no_effect",
    }
    assert not [p for p in analyze(mended).problems if p.severity == "error" or any(f.safe for f in p.fixes)]


def test_a_problem_inside_a_block_is_mended_inside():
    inside = chain(Conv2d(4, 3, stride=2, padding="same"))
    from graph import Block

    outer = Network(
        "outer",
        {
            "image": Node("image", Input((3, 16, 16))),
            "unit": Node("unit", Block("unit")),
            "answer": Node("answer", Output()),
        },
        (Edge("image", "out", "unit", "image"), Edge("unit", "answer", "answer", "x")),
        blocks={"unit": inside},
    )
    (problem,) = [p for p in analyze(outer).problems if p.severity == "error"]

    mended = problem.fixes[0].apply(outer)

    assert problem.path == "unit.conv2d"
    assert analyze(mended)["unit.conv2d"].output.dims == ("N", 4, 8, 8)


def test_reshape_says_what_does_not_fit():
    (problem,) = [p for p in analyze(chain(Reshape((5, -1)))).problems if p.severity == "error"]

    assert str(problem.message) == "768 values cannot be written as 5 × -1."


def fixes_of(network, code):
    return {f.id: f for p in analyze(network).problems if p.code == code for f in p.fixes}


@pytest.mark.parametrize(
    ("network", "ways"),
    [
        (merged(Add(), Conv2d(4, 3, padding=1), Conv2d(4, 3, 2, 1)), {"resize", "crop", "project_stride"}),
        (merged(Add(), Conv2d(4, 3, padding=1), Conv2d(6, 3, 2, 1)), {"resize", "crop", "project_stride"}),
        (merged(Add(), Conv2d(4, 3, padding=1), Conv2d(6, 3, padding=1)), {"project"}),
        (merged(Add(), *(Conv2d(4, k) for k in (3, 5, 7))), {"resize", "crop"}),
        (merged(Concat(), Conv2d(4, 3), Conv2d(6, 3, padding=1)), {"resize", "crop"}),
        (merged(Concat(), ReLU(), MaxPool2d(2), MaxPool2d(4)), {"resize", "crop", "project_stride"}),
        (merged(Add(), Linear(4), Linear(6), shape=(5,)), {"project"}),
        (merged(Add(), Conv1d(4, 3, padding=1), Conv1d(6, 3, 2, 1), shape=(3, 20)), {"project_stride"}),
    ],
)
def test_every_way_to_merge_that_works_is_offered(network, ways):
    """Whatever is chosen, all paths then fit, and the answer is computed."""
    found = fixes_of(network, "merge_differs")

    assert set(found) == ways
    for fix in found.values():
        report = analyze(fix.apply(network))
        assert not [p for p in report.problems if p.severity == "error"], fix.id
        assert report.outputs["answer"] is not None


def test_a_resized_path_follows_the_other_when_the_image_changes():
    network = merged(Add(), Conv2d(4, 3, padding=1), Conv2d(4, 3, 2, 1))
    fixed = fixes_of(network, "merge_differs")["resize"].apply(network)

    other = analyze(edit.set_values(fixed, "image", shape=(3, 22, 30)))

    assert not [p for p in other.problems if p.severity == "error"]
    assert other.outputs["answer"].dims == ("N", 4, 22, 30)


def test_an_odd_image_is_told_with_the_sizes_that_work():
    network = u_net(27)
    (problem,) = [p for p in analyze(network).problems if p.code == "odd_input"]

    assert [str(f.text) for f in problem.fixes] == ["Set the input to 3 × 26 × 26", "Set the input to 3 × 28 × 28"]
    assert "26×26 meets 27×27" in str(problem.message) or "27×27 meets 26×26" in str(problem.message)


def test_a_loss_of_numbers_and_a_target_of_classes_are_brought_together():
    network = CASES["wrong_flow"]
    found = fixes_of(network, "wrong_flow")

    assert set(found) == {"cross_entropy", "one_hot"}
    for fix in found.values():
        assert not [p for p in analyze(fix.apply(network)).problems if p.severity == "error"], fix.id


def test_without_circumstances_nothing_is_said_of_data_or_machine():
    for network, around in DATA_CASES.values():
        assert not {p.code for p in analyze(network).problems} & set(DATA_CASES)
        assert problems_of(analyze(network), replace(around, data="")) is not None


def test_the_batch_that_fits_is_told():
    network, around = DATA_CASES["memory_short"]
    (problem,) = [p for p in problems_of(analyze(network), around) if p.code == "memory_short"]
    most = int(str(problem.message).split("a batch of ")[2].split()[0])

    assert [p for p in problems_of(analyze(network), replace(around, batch=most + 1)) if p.code == "memory_short"]
    assert not [p for p in problems_of(analyze(network), replace(around, batch=most)) if p.code == "memory_short"]


def test_a_new_node_in_an_edge_covers_none():
    """What follows moves down; what stands beside stays."""
    network = chain(Conv2d(4, 3), Linear(10))
    placed = network.change(nodes={n: replace(m, at=(0.0, 96.0 * i)) for i, (n, m) in enumerate(network.nodes.items())})
    (problem,) = [p for p in analyze(placed).problems if p.code == "linear_on_maps"]

    places = sorted(n.at for n in problem.fixes[0].apply(placed).nodes.values())

    assert places == [(0.0, 96.0 * i) for i in range(5)]


def test_a_detector_is_given_as_many_classes_as_the_data_have():
    """The number of its maps is that of the numbers in a cell, not of its classes; it was refused without a way out."""
    import presets
    from runtime.fit import fitted

    around = Circumstances("cells", "detection", (3, 96, 96), classes=3)
    network, solved = fitted(presets.build("yolo_small"), around, keep=("image_size",))
    assert [p.code for p in solved] == ["class_count"]
    assert network.variables["classes"] == 3
    assert "class_count" not in {p.code for p in problems_of(analyze(network), around)}
