"""The lecture's sums, written out by the program; and every number of every kind has a sentence."""

import pytest

import presets
from graph import Edge, Network, Node, Tensor, analyze, edit, kinds
from graph.costs import Terms, total
from graph.explain import QUANTITIES, explain
from graph.explained import quantities
from graph.explained.misprints import MISPRINTS
from graph.layers.activation import LeakyReLU
from graph.layers.convolution import Conv2d
from graph.layers.source import Input
from graph.text import memory, number, say
from tests.graph.test_explained_kinds import assert_true

SHAPES = [(8, 12, 12), (8, 12), (784,), (8, 8, 8, 8), (4, 1, 1), (1,), (8, 56, 56), (64, 49, 32), (4, 64, 64)]

REPORT = analyze(presets.build("lecture"))


def single(layer, shape):
    nodes = {"image": Node("image", Input(shape)), "layer": Node("layer", layer)}
    into = layer.inputs[0].name
    return analyze(Network("single", nodes, (Edge("image", "out", "layer", into),)))


@pytest.mark.parametrize(
    ("path", "worked"),
    [
        ("conv1", "(3×3×1 + 1) × 8 = 80"),
        ("conv2", "(3×3×8 + 1) × 8 = 584"),
        ("conv3", "(3×3×8 + 1) × 16 = 1\u2009168"),
        ("conv4", "(3×3×16 + 1) × 16 = 2\u2009320"),
        ("conv5", "(3×3×16 + 1) × 32 = 4\u2009640"),
        ("conv6", "(3×3×32 + 1) × 32 = 9\u2009248"),
        ("dense", "(1\u2009568 + 1) × 10 = 15\u2009690"),  # the lecture forgets the biases here
    ],
)
def test_the_sums_of_the_lecture(path, worked):
    assert explain(REPORT, path, "weights").worked == worked


def test_ten_kernels_of_five_on_an_image_as_the_lecture_says():
    report = single(Conv2d(10, 5, padding="same"), (3, 32, 32))

    assert explain(report, "layer", "weights").worked == "(5×5×3 + 1) × 10 = 760"
    assert explain(report, "layer", "output").worked == "⌊(32 + 2·2 − 5) / 1⌋ + 1 = 32"


def test_the_chain_of_windows_adds_up_to_the_field():
    found = explain(REPORT, "conv3", "receptive_field")

    assert found.worked == "1 + (3 − 1) + (3 − 1) + (2 − 1) + (3 − 1)·2 = 10"
    assert [(p.name, p.adds, p.sum) for p in found.parts][-1] == ("conv3", "+ (3 − 1)·2", "10")
    assert found.result == "10 × 10"


def test_a_dense_layer_sees_everything():
    assert explain(REPORT, "dense", "receptive_field").result == "28 × 28"


def test_axes_that_differ_have_sums_of_their_own():
    report = single(Conv2d(4, (3, 5), padding="same"), (1, 28, 28))

    found = explain(report, "layer", "receptive_field")

    assert found.worked == "height: 1 + (3 − 1) = 3; width: 1 + (5 − 1) = 5"
    assert found.result == "3 × 5"


def test_a_gate_is_told_beside_the_local_field():
    report = analyze(presets.build("efficientnet_b0"))

    found = explain(report, "features.1.0.block.2.0", "receptive_field")

    assert "gate" in str(found.why)
    assert any(part.note is not None and "gate" in str(part.note) for part in found.parts)


def test_strides_multiply():
    found = explain(REPORT, "conv6", "stride")

    assert (found.worked, found.result) == ("2 × 2 = 4", "4")
    assert [(part.name, part.adds) for part in found.parts] == [("pool1", "× 2"), ("pool2", "× 2")]


def test_strides_that_differ_are_told_per_axis():
    report = single(Conv2d(4, 3, (2, 3), (1, 1)), (1, 28, 28))

    found = explain(report, "layer", "stride")

    assert (found.worked, found.result) == ("height: 2; width: 3", "2 × 3")


def test_memory_is_size_times_bytes():
    assert explain(REPORT, "conv3", "memory").worked == "16×14×14 × 4 = 12\u2009544 B = 12.25 KiB"
    assert explain(REPORT, "conv3", "memory", Terms(32, "bfloat16")).worked == (
        "32 × 16×14×14 × 2 = 200\u2009704 B = 196 KiB"
    )


def test_training_keeps_gradients_and_moments_in_full_precision():
    found = explain(REPORT, "conv3", "training_memory", Terms(2, "float16"))

    # 1,168 weights: 4 bytes each, 12 more since they learn; 2 images of 3,136 values at 2 bytes
    assert found.worked == "4\u2009672 + 12 × 1\u2009168 + 12\u2009544 = 31\u2009232 B = 30.5 KiB"


def test_operations_are_two_per_multiply_add():
    assert explain(REPORT, "conv3", "flops").worked == "2 × 225\u2009792 = 451\u2009584"


def test_intensity_counts_all_that_is_moved():
    found = explain(REPORT, "conv3", "intensity")

    # weights 4,672 bytes; read 8×14×14 and write 16×14×14 values of 4 bytes
    assert found.worked == "225\u2009792 / (4\u2009672 + 18\u2009816) ≈ 9.6"


def test_a_share_is_of_the_whole_network():
    assert explain(REPORT, "dense", "share_weights").worked == "15\u2009690 / 33\u2009730 ≈ 46.5\u00a0%"
    assert explain(REPORT, "", "share_weights") is None


def test_a_network_is_the_sum_of_its_layers():
    found = explain(REPORT, "", "weights")

    assert found.worked == ("80 + 584 + 1\u2009168 + 2\u2009320 + 4\u2009640 + 9\u2009248 + 15\u2009690 = 33\u2009730")
    assert [part.name for part in found.parts] == [*(f"conv{i}" for i in range(1, 7)), "dense"]
    assert found.parts[-1].sum == "33\u2009730"


@pytest.mark.parametrize("name", ["lecture", "resnet18", "unet", "vgg16", "efficientnet_b0"])
@pytest.mark.parametrize("terms", [Terms(), Terms(32, "bfloat16")])
def test_what_is_said_of_the_whole_is_what_the_report_says(name, terms):
    report = REPORT if name == "lecture" else analyze(presets.build(name))
    held = total(report, terms)

    assert explain(report, "", "weights", terms).result == number(report.parameters)
    assert explain(report, "", "macs", terms).result == number(report.macs)
    assert explain(report, "", "memory", terms).result == memory(held.activations)
    assert explain(report, "", "macs").parts[-1].sum == number(report.macs)
    assert explain(report, "", "memory", terms).parts[-1].sum == number(held.activations)
    if terms == Terms():
        assert held._asdict() == report.bytes()


def test_the_field_of_a_network_is_that_of_the_layer_that_sees_most():
    assert explain(REPORT, "", "receptive_field").result == "32 × 32"
    assert explain(REPORT, "", "depth").result == "7"


def test_a_note_says_what_a_reader_trips_over():
    assert "10 are biases; without them there are 15\u2009680" in str(explain(REPORT, "dense", "weights").note)
    leaky = single(LeakyReLU(), (8, 12, 12))
    assert "the sign is a plus" in str(explain(leaky, "layer", "output").note)
    assert set(MISPRINTS) <= set(kinds())


def test_a_quantity_is_registered_once():
    with pytest.raises(TypeError, match="exists already"):
        quantities.quantity("macs", say("Multiply-adds"))(lambda asked: None)


# the lecture's other worked sums


@pytest.mark.parametrize(
    ("layer", "shape", "worked"),
    [
        (Conv2d(1, 3), (3, 32, 32), "(3×3×3 + 1) × 1 = 28"),
        (Conv2d(2, 3), (4, 32, 32), "(3×3×4 + 1) × 2 = 74"),
        (Conv2d(512, 3), (512, 14, 14), "(3×3×512 + 1) × 512 = 2\u2009359\u2009808"),
        (Conv2d(512, 3, bias=False), (512, 14, 14), "3×3×512 × 512 = 2\u2009359\u2009296"),
        (Conv2d(512, 3, groups=512, bias=False), (512, 14, 14), "3×3×1 × 512 = 4\u2009608"),
        (Conv2d(512, 1, bias=False), (512, 14, 14), "1×1×512 × 512 = 262\u2009144"),
        (Conv2d(1028, 3, bias=False), (1028, 14, 14), "3×3×1\u2009028 × 1\u2009028 = 9\u2009511\u2009056"),
        (Conv2d(1028, 3, groups=1028, bias=False), (1028, 14, 14), "3×3×1 × 1\u2009028 = 9\u2009252"),
        (Conv2d(1028, 1, bias=False), (1028, 14, 14), "1×1×1\u2009028 × 1\u2009028 = 1\u2009056\u2009784"),
        (Conv2d(1028, 5, bias=False), (1028, 14, 14), "5×5×1\u2009028 × 1\u2009028 = 26\u2009419\u2009600"),
        (Conv2d(1028, 5, groups=1028, bias=False), (1028, 14, 14), "5×5×1 × 1\u2009028 = 25\u2009700"),
    ],
)
def test_weights_of_dense_and_separable_convolutions(layer, shape, worked):
    assert explain(single(layer, shape), "layer", "weights").worked == worked


@pytest.mark.parametrize(
    ("channels", "kernel", "expected"),
    [(512, 3, "266\u2009752"), (1028, 3, "1\u2009066\u2009036"), (1028, 5, "1\u2009082\u2009484")],
)
def test_a_separable_convolution_is_the_sum_of_its_two(channels, kernel, expected):
    nodes = {
        "image": Node("image", Input((channels, 14, 14))),
        "depthwise": Node("depthwise", Conv2d(channels, kernel, padding="same", groups=channels, bias=False)),
        "pointwise": Node("pointwise", Conv2d(channels, 1, bias=False)),
    }
    edges = (Edge("image", "out", "depthwise", "x"), Edge("depthwise", "out", "pointwise", "x"))
    network = edit.wrap(Network("separable", nodes, edges), ["depthwise", "pointwise"], "separable").network

    found = explain(analyze(network), "separable", "weights")

    assert found.result == expected
    assert [part.name for part in found.parts] == ["depthwise", "pointwise"]


def test_vgg16_as_the_lecture_counts_it():
    report = analyze(presets.build("vgg16"))
    dense = sum(f.parameters for _, f in report.leaves() if f.layer.kind == "Linear")

    assert explain(report, "", "weights").result == "138\u2009357\u2009544"
    assert number(dense) == "123\u2009642\u2009856"


def test_a_convolution_of_three_on_vgg16_sees_228_pixels():
    network = presets.build("vgg16")
    last = [path for path, f in analyze(network).leaves() if f.layer.kind == "Conv2d"][-1]
    block, _, inner = last.rpartition(".")
    definition = network.inside(network[block].layer.name)
    behind = edit.add(definition, Conv2d(512, 3, padding="same"), "rpn")[0]
    behind = edit.connect(behind, Edge(inner, "out", "rpn", "x"))
    report = analyze(edit.put_inside(network, (block,), behind))

    found = explain(report, f"{block}.rpn", "receptive_field")

    assert found.result == "228 × 228"
    assert found.worked.endswith("+ (3 − 1)·16 + (3 − 1)·16 + (3 − 1)·16 + (3 − 1)·16 = 228")
    assert found.parts[-1].adds == "+ (3 − 1)·16"


def test_two_windows_of_three_see_as_much_as_one_of_five():
    assert explain(REPORT, "conv2", "receptive_field").worked == "1 + (3 − 1) + (3 − 1) = 5"


def test_the_first_network_that_read_digits_has_9760_weights():
    assert explain(analyze(presets.build("lenet_1989")), "", "weights").result == "9\u2009760"


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_kind_explains_what_it_shows(kind):
    """Whatever shape suits the kind: each number that it has, has a sentence."""
    layer = kinds()[kind]()
    if not layer.inputs or (len(layer.inputs) > 1 and not layer.inputs[1].optional):
        return
    if Tensor not in layer.inputs[0].accepts:
        return
    reports = [single(layer, shape) for shape in SHAPES]
    fitting = [r for r in reports if r["layer"].outputs]
    if kind == "Output":
        return

    assert fitting
    for report in fitting:
        for quantity in QUANTITIES:
            found = explain(report, "layer", quantity)
            if found is not None:
                assert str(found.why).endswith(".")
                assert found.result
        assert explain(report, "layer", "output") is not None
        assert (explain(report, "layer", "weights") is not None) == bool(report["layer"].parameters)
        assert (explain(report, "layer", "macs") is not None) == bool(report["layer"].macs)


@pytest.mark.parametrize("name", ["lecture", "resnet18", "unet", "googlenet", "efficientnet_b0", "conv1d_signal"])
def test_every_sum_that_is_written_out_is_true(name):
    report = analyze(presets.build(name))
    paths = ["", *report.facts, *[path for path, _ in report.leaves()][::9]]
    answers = [explain(report, path, quantity) for path in paths for quantity in QUANTITIES]

    for found in filter(None, answers):
        exact = found.worked.split("≈")[0].replace(" B", "")
        for row in exact.split("; "):
            sides = row.rpartition(": ")[2].split(" = ")
            assert_true(" = ".join(s for s in sides if "…" not in s and "→" not in s and "iB" not in s))
