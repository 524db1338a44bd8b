"""Links that go around the same nodes run side by side, as the skips of a U-Net do."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest

import presets
from graph import Edge, Network, kinds
from graph import edit as editing
from gui.canvas.drawing import Drawing
from gui.canvas.items import crowded
from gui.canvas.routes import Route

DEPTH = 4


def nested(depth: int = DEPTH) -> Network:
    """A column of nodes whose first half skips to the second: the first to the last, the second to the one before."""
    network, names = Network("nested"), [f"n{i}" for i in range(2 * depth)]
    for i, name in enumerate(names):
        network, _ = editing.add(network, kinds()["Add" if i >= depth else "ReLU"](), name, (0.0, i * 96.0))
        if i:
            network = editing.connect(network, Edge(names[i - 1], "out", name, "x"))
    for i in range(depth - 1):
        network = editing.connect(network, Edge(names[i], "out", names[-1 - i], "x"))
    return network


def drawn(network: Network) -> Drawing:
    made = Drawing()
    made.become(network)
    return made


def skips(drawing: Drawing) -> dict[Edge, Route]:
    return {e: way for e, way in drawing.routes.items() if way.gutter is not None}


def uprights(way: Route) -> list[tuple[float, float, float]]:
    """The upright parts, without those at its ports: x, from, to."""
    inner = pairwise(way.points[1:-1])
    return [(a[0], min(a[1], b[1]), max(a[1], b[1])) for a, b in inner if a[0] == b[0]]


def run_over_each_other(one: Route, other: Route) -> bool:
    return any(
        abs(x1 - x2) < 6 and top1 < bottom2 and top2 < bottom1
        for x1, top1, bottom1 in uprights(one)
        for x2, top2, bottom2 in uprights(other)
    )


def test_nested_skips_run_side_by_side_the_shorter_inside():
    found = skips(drawn(nested()))

    assert len(found) == DEPTH - 1
    assert not any(run_over_each_other(a, b) for a, b in combinations(found.values(), 2))
    outwards = sorted(found.values(), key=lambda way: way.bounds.bottom - way.bounds.top)
    xs = [uprights(way)[0][0] for way in outwards]
    assert xs == sorted(xs)
    assert xs[0] > 180


@pytest.mark.parametrize("name", ["unet", "densenet121", "googlenet"])
def test_in_presets_few_links_run_over_each_other(name):
    network = presets.build(name)
    for level in (network, *(network.inside(block) for block in network.blocks)):
        ways = list(skips(drawn(level)).values())[:40]
        over = sum(run_over_each_other(a, b) for a, b in combinations(ways, 2))
        assert over == 0 or over < len(ways) / 4


def test_what_comes_in_between_moves_the_others_outwards_and_back():
    network = nested()
    inner = Edge("n2", "out", "n5", "x")
    drawing = drawn(editing.disconnect(network, [inner]))
    before = dict(drawing.routes)

    drawing.become(network)
    with_it = dict(drawing.routes)
    assert with_it == drawn(network).routes

    drawing.become(editing.disconnect(network, [inner]))
    assert drawing.routes == before
    assert before[Edge("n1", "out", "n6", "x")] != with_it[Edge("n1", "out", "n6", "x")]


def test_links_that_follow_each_other_share_a_lane():
    """A chain of residual blocks: each skip is as near to its nodes as the others."""
    network = Network("chain")
    for i in range(12):
        network, name = editing.add(network, kinds()["Add" if i % 4 == 3 else "ReLU"](), f"n{i}", (0.0, i * 96.0))
        if i:
            network = editing.connect(network, Edge(f"n{i - 1}", "out", name, "x"))
        if i % 4 == 3:
            network = editing.connect(network, Edge(f"n{i - 3}", "out", name, "x"))

    xs = {uprights(way)[0][0] for way in skips(drawn(network)).values()}

    assert len(xs) == 1


def test_no_lane_leads_through_a_node_that_stands_beside():
    network, _ = editing.add(nested(), kinds()["ReLU"](), "beside", (210.0, 300.0))
    drawing = drawn(network)
    beside = drawing.boxes["beside"].rect

    for way in skips(drawing).values():
        assert not any(beside.holds(p) for a, b in pairwise(way.points) for p in (a, b))
        assert not any(beside.left < x < beside.right and top < beside.top < low for x, top, low in uprights(way))


def test_the_shape_on_a_link_gives_way_to_a_skip_that_leaves_to_the_right():
    drawing = drawn(nested())
    assert crowded(drawing, Edge("n0", "out", "n1", "x"))
    assert not crowded(drawing, Edge("n3", "out", "n4", "x"))
