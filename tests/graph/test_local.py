"""Windows that share less: the counts of 1989, of LeNet-5's table, and of the local layer that came after YOLO."""

from itertools import pairwise

import pytest

from graph import Edge, InvalidValue, Network, Node, ShapeError, Tensor, analyze, kinds
from graph.layers.convolution import Conv2d
from graph.layers.local import LocallyConnected1d, LocallyConnected2d, TableConv2d, read_table
from graph.layers.source import Input, Output

C3 = (
    "0-2; 1-3; 2-4; 3-5; 0, 4, 5; 0, 1, 5; 0-3; 1-4; 2-5; 0, 3-5; 0, 1, 4, 5; 0-2, 5; 0, 1, 3, 4; 1, 2, 4, 5; "
    "0, 2, 3, 5; 0-5"
)
"""Table I of LeCun, Bottou, Bengio and Haffner, 1998."""


def parameters(layer, x):
    return sum(w.size for w in layer.weights(x).values())


def test_the_first_layers_of_1989():
    """12·25 + 12·64 and 12·8·25 + 12·16: shared weights, and a bias for each unit."""
    first = TableConv2d("0 x12", 5, 2, 2, -1.0, "unit")
    second = TableConv2d("0-7 x4; 4-11 x4; 0-3, 8-11 x4", 5, 2, 2, -1.0, "unit")
    image = Tensor(("N", 1, 16, 16))
    maps = first.output(image)

    assert maps.shape == (12, 8, 8)
    assert parameters(first, image) == 1_068
    assert first.macs(image) == 19_200
    assert second.output(maps).shape == (12, 4, 4)
    assert parameters(second, maps) == 2_592
    assert second.macs(maps) == 38_400


def test_the_third_layer_of_lenet_5():
    """60 of the 96 connections, each of 25 weights, and 16 biases."""
    layer = TableConv2d(C3, 5)

    assert layer.connections == 60
    assert parameters(layer, Tensor(("N", 6, 14, 14))) == 1_516


def test_a_table_that_names_all_maps_costs_what_a_convolution_does():
    x = Tensor(("N", 6, 14, 14))
    table, whole = TableConv2d("0-5 x16", 5), Conv2d(16, 5)

    assert parameters(table, x) == parameters(whole, x) == 2_416
    assert table.macs(x) == whole.macs(x)
    assert table.output(x) == whole.output(x)
    assert table.window(x) == whole.window(x)


def test_the_local_layer_after_yolo():
    layer, x = LocallyConnected2d(256, 3, padding=1), Tensor(("N", 1024, 7, 7))

    assert layer.output(x).shape == (256, 7, 7)
    assert parameters(layer, x) == 115_618_048
    assert layer.macs(x) == Conv2d(256, 3, padding=1).macs(x)


def test_a_local_layer_along_a_signal():
    assert parameters(LocallyConnected1d(2, 3, 2), Tensor(("N", 4, 9))) == (3 * 4 + 1) * 2 * 4


def test_other_sizes_of_images_want_other_weights():
    layer = LocallyConnected2d(2)

    assert layer.weights(Tensor(("N", 1, 8, 8))) != layer.weights(Tensor(("N", 1, 9, 9)))


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("0", ((0,),)),
        (" 2, 0-1 ", ((0, 1, 2),)),
        ("0 x2; 1×1", ((0,), (0,), (1,))),
    ],
)
def test_tables_are_read(text, rows):
    assert read_table(text) == rows


@pytest.mark.parametrize("text", ["", "a", "0;;1", "0-", "3-1", "0, 0", "0-2, 1", "0 x0", "-1", "0 x", "1.5", "0 y 2"])
def test_what_is_no_table_is_refused_with_an_example(text):
    with pytest.raises(InvalidValue, match="table: "):
        TableConv2d(text)


@pytest.mark.parametrize("text", ["0 x999999", "0-999999", "0-9 x999999; 0", ";".join(["0-99"] * 1100)])
def test_an_endless_table_is_refused(text):
    with pytest.raises(InvalidValue, match="connections"):
        TableConv2d(text)


def test_a_map_that_does_not_arrive_is_an_error():
    with pytest.raises(ShapeError, match="names map 5, but 3 arrive"):
        TableConv2d("0-5").output(Tensor(("N", 3, 8, 8)))


def test_a_valued_border_changes_no_shape_and_no_field():
    plain, paper = Conv2d(4, 5, 2, 2), Conv2d(4, 5, 2, 2, padding_value=-1.0)
    x = Tensor(("N", 1, 16, 16))

    assert plain.output(x) == paper.output(x)
    assert plain.window(x) == paper.window(x)
    assert paper.call("conv", "x") == "conv(nn.functional.pad(x, (2, 2, 2, 2), value=-1.0))"
    assert "padding" not in paper.arguments(x)
    with pytest.raises(ShapeError, match="copies what is there"):
        Conv2d(4, 5, 2, 2, padding_mode="reflect", padding_value=-1.0).output(x)


def test_the_field_of_1989_is_that_of_its_windows():
    """5, then 5 + 4·2 = 13 pixels, a step of 4."""
    nodes = {"image": Input((1, 16, 16)), "h1": TableConv2d("0 x12", 5, 2, 2), "h2": TableConv2d("0 x12", 5, 2, 2)}
    nodes["out"] = Output()
    names = list(nodes)
    edges = tuple(Edge(a, "out", b, "x") for a, b in pairwise(names))
    report = analyze(Network("1989", {n: Node(n, layer) for n, layer in nodes.items()}, edges))

    assert report["h1"].receptive_field.size == (5, 5)
    assert report["h2"].receptive_field.size == (13, 13)
    assert report["h2"].receptive_field.stride == (4, 4)


def test_every_name_of_the_family_is_offered():
    assert {"TableConv2d", "LocallyConnected1d", "LocallyConnected2d"} <= set(kinds())
