"""Objects are found in masks, and held against what a network sees."""

from __future__ import annotations

from collections import Counter

import pytest

torch = pytest.importorskip("torch")

from graph import Edge, Network, Node, analyze, layers  # noqa: E402
from graph.circumstances import Circumstances  # noqa: E402
from graph.problems import misfits  # noqa: E402
from runtime import graphics, machine  # noqa: E402
from runtime.data.dataset import DataSet, Part  # noqa: E402
from runtime.data.description import Description  # noqa: E402
from runtime.data.objects import boxed, objects, regions  # noqa: E402
from runtime.data.preprocessing import Preprocessing  # noqa: E402

pytestmark = pytest.mark.torch


def scene(side: int = 64) -> DataSet:
    """Two masks: a bar of 4 × 30 and a square of 20 of a class, a square of 8 of another; some pixels do not count."""
    masks = torch.zeros(2, side, side, dtype=torch.uint8)
    masks[0, 2:6, 10:40] = 1
    masks[0, 30:50, 30:50] = 1
    masks[1, 5:13, 5:13] = 2
    masks[1, 60:, :] = 255
    part = Part(torch.zeros(2, 3, side, side, dtype=torch.uint8), masks)
    told = Preprocessing(size=(side, side), channels=3, mean=(0.0,) * 3, std=(1.0,) * 3)
    return DataSet(Description("x"), "masks", ("0", "1", "2"), {"train": part}, told, task="segmentation")


def test_each_region_of_a_class_is_an_object():
    assert Counter(objects(scene())) == Counter([(4, 30), (20, 20), (8, 8)])


def test_boxes_are_objects_of_their_height_and_width():
    rows = torch.tensor([[[2.0, 3, 12, 23, 0], [-1, -1, -1, -1, -1]], [[0, 0, 8, 4, 1], [1, 1, 2.4, 9, 0]]])
    told = Preprocessing(size=(32, 32), channels=3, mean=(0.0,) * 3, std=(1.0,) * 3)
    part = Part(torch.zeros(2, 3, 32, 32, dtype=torch.uint8), rows)
    data = DataSet(Description("x"), "coco", ("0", "1"), {"train": part}, told, task="detection")
    assert boxed(data) == ((20, 10), (4, 8), (8, 1))
    assert (boxed(scene()), objects(data)) == ((), ())


def test_large_masks_are_looked_at_coarsely():
    found = objects(scene(256))

    assert len(found) == 3
    assert all(abs(a - b) <= 3 for a, b in zip(max(found), (20, 20), strict=True))


def test_regions_touch_at_corners_too():
    there = torch.eye(7, dtype=torch.bool)[None]

    assert regions(there) == [(7, 7)]


def test_classes_of_whole_images_show_no_objects():
    part = Part(torch.zeros(2, 1, 8, 8, dtype=torch.uint8), torch.tensor([0, 1]))
    told = Preprocessing(size=(8, 8), channels=1, mean=(0.0,), std=(1.0,))

    assert objects(DataSet(Description("x"), "", ("a", "b"), {"train": part}, told)) == ()


@pytest.mark.parametrize(("depth", "told"), [(2, True), (12, False)])
def test_a_network_that_sees_less_than_an_object_is_told(depth, told):
    """Two convolutions of 3 see 5 pixels, twelve see 25; the usual object is 20 large."""
    nodes = {"image": layers.source.Input((3, 64, 64))}
    nodes |= {f"conv{i}": layers.convolution.Conv2d(3, 3, padding=1) for i in range(depth)}
    nodes |= {"answer": layers.source.Output()}
    edges = tuple(Edge(a, "out", b, "x") for a, b in zip(nodes, list(nodes)[1:], strict=False))
    network = Network("n", {name: Node(name, layer) for name, layer in nodes.items()}, edges)
    around = Circumstances("scene", "segmentation", (3, 64, 64), 3, 2, objects(scene()))

    found = [p for p in misfits(analyze(network), around) if p.code == "objects_large"]

    assert bool(found) == told
    if told:
        assert "sees 5 pixels of the image, but objects of scene are 20 large" in str(found[0].message)


def test_the_machine_says_how_much_memory_it_has():
    assert machine.memory() > 1 << 28
    assert (graphics.memory() > 0) == torch.cuda.is_available()
