"""The layout draws what people draw: flow downwards, spine straight, nothing on top of anything, few crossings."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import HealthCheck, given, settings

import presets
from graph import Block, Edge, Network, Node, edit, layout
from graph.layers.activation import ReLU
from graph.layers.convolution import Conv2d
from graph.layers.merge import Add, Concat
from graph.layers.source import Input, Output
from graph.layout import BLOCK_HEIGHT, GAP, HEIGHT, WIDTH, arrange
from tests.strategies import networks


class Drawing:
    """A network being put together: ``draw.node("conv", "a", "b")`` is fed by a and b."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.edges: list[Edge] = []

    def node(self, name: str, *sources: str) -> str:
        layer = Input() if not sources else Add() if len(sources) > 1 else Conv2d()
        self.nodes[name] = Node(name, layer)
        self.edges += [Edge(source, "out", name, "x") for source in sources]
        return name

    def network(self) -> Network:
        return Network("drawing", self.nodes, tuple(self.edges))


def resnet(stages: int = 8) -> Network:
    draw = Drawing()
    last = draw.node("input")
    for i in range(stages):
        a = draw.node(f"conv{i}", last)
        b = draw.node(f"norm{i}", a)
        c = draw.node(f"convb{i}", b)
        short = draw.node(f"down{i}", last) if i % 3 == 2 else last
        last = draw.node(f"add{i}", c, short)
    return draw.network()


def unet(depth: int = 4) -> Network:
    draw = Drawing()
    last, skips = draw.node("input"), []
    for i in range(depth):
        last = draw.node(f"a{i}", last)
        last = draw.node(f"b{i}", last)
        skips.append(last)
        last = draw.node(f"pool{i}", last)
    last = draw.node("bridge", last)
    for i in reversed(range(depth)):
        up = draw.node(f"up{i}", last)
        cat = draw.node(f"cat{i}", skips[i], up)
        last = draw.node(f"c{i}", cat)
    return draw.network()


def inception(modules: int = 4) -> Network:
    draw = Drawing()
    last = draw.node("input")
    for i in range(modules):
        arms = [last]
        arms = [
            draw.node(f"p{i}", last),
            draw.node(f"q{i}", draw.node(f"q0{i}", last)),
            draw.node(f"r{i}", draw.node(f"r0{i}", last)),
            draw.node(f"s{i}", draw.node(f"s0{i}", last)),
        ]
        last = draw.node(f"cat{i}", *arms)
    return draw.network()


def crossings(network: Network, places: dict[str, tuple[float, float]]) -> int:
    """How many edges cross, long ones bent beside the spine as a canvas bends them.

    An edge that would run through a node between is drawn along the free lane nearest to it on either side.  Of two
    edges that share no end, one crosses the other if their order from left to right differs in two rows they share.
    """
    rows = sorted({y for _, y in places.values()})
    row = {y: i for i, y in enumerate(rows)}
    middle = {name: x + WIDTH / 2 for name, (x, _) in places.items()}
    taken = {(row[y], middle[name]) for name, (_, y) in places.items()}
    lanes: dict[Edge, dict[int, float]] = {}
    for number, edge in enumerate(
        sorted(network.edges, key=lambda e: row[places[e.target][1]] - row[places[e.source][1]])
    ):
        first, last = row[places[edge.source][1]], row[places[edge.target][1]]
        start, end = middle[edge.source], middle[edge.target]
        way = {first: start, last: end}
        for r in range(first + 1, last):
            x = start + (end - start) * (r - first) / (last - first)
            blocked = any(abs(x - at) < WIDTH / 2 for where, at in taken if where == r)
            way[r] = x + (WIDTH / 2 + number) if blocked else x
        lanes[edge] = way
    total = 0
    for a, b in combinations(network.edges, 2):
        if {a.source, a.target} & {b.source, b.target}:
            continue
        shared = sorted(set(lanes[a]) & set(lanes[b]))
        signs = [lanes[a][r] - lanes[b][r] for r in shared]
        total += sum(x * y < 0 for x, y in pairwise(signs))
    return total


def height(network: Network, name: str) -> int:
    return BLOCK_HEIGHT if isinstance(network[name].layer, Block) else HEIGHT


def assert_apart(network: Network, places: dict[str, tuple[float, float]]) -> None:
    for a, b in combinations(places, 2):
        (ax, ay), (bx, by) = places[a], places[b]
        beside = abs(ax - bx) >= WIDTH + GAP
        assert beside or ay + height(network, a) + GAP <= by or by + height(network, b) + GAP <= ay, (a, b)


@pytest.mark.parametrize(
    "network", [resnet(), unet(), inception(), presets.build("lecture")], ids=["resnet", "unet", "inception", "lecture"]
)
def test_nothing_crosses_in_networks_that_people_draw(network):
    assert crossings(network, arrange(network)) == 0


@pytest.mark.parametrize("network", [resnet(), unet(), inception()], ids=["resnet", "unet", "inception"])
def test_lanes_of_long_edges_cross_nothing(network):
    """The layout's own count, lanes included."""
    names = list(network.order)
    spine = layout._spine(network, names)
    rows, above, below = layout._with_lanes(network, names, layout._ranks(network, names, spine[0]), set(spine))

    assert layout._crossings(layout._ordered(rows, above, below), below) == 0


def test_the_counter_of_crossings_counts():
    """The checker, checked: two edges that swap sides cross once."""
    nodes = {n: Node(n, ReLU()) for n in "abcd"}
    network = Network("x", nodes, (Edge("a", "out", "d", "x"), Edge("b", "out", "c", "x")))

    crossed = {"a": (0.0, 0.0), "b": (212.0, 0.0), "c": (0.0, 96.0), "d": (212.0, 96.0)}
    assert crossings(network, crossed) == 1
    assert crossings(network, crossed | {"c": (212.0, 96.0), "d": (0.0, 96.0)}) == 0


def test_the_spine_is_straight():
    for network, spine in (
        (resnet(), [n for n in resnet().nodes if not n.startswith("down")]),
        (unet(), list(unet().nodes)),
        (presets.build("lecture"), [n for n in presets.build("lecture").nodes if n not in ("target", "loss")]),
    ):
        places = arrange(network)
        assert len({places[name][0] for name in spine}) == 1, network.name


def test_a_long_chain_is_one_column():
    draw = Drawing()
    last = draw.node("input")
    for i in range(50):
        last = draw.node(f"n{i}", last)

    places = arrange(draw.network())

    assert [places[name] for name in draw.nodes] == [(0.0, 96.0 * i) for i in range(51)]


def test_long_edges_keep_a_lane_free():
    """What passes a row is not pushed through its nodes: the node beside the spine leaves room for it."""
    draw = Drawing()
    top = draw.node("input")
    a = draw.node("a", top)
    b = draw.node("b", a)
    draw.node("side", a)
    draw.node("end", b, top)

    places = arrange(draw.network())

    assert abs(places["side"][0] - places["b"][0]) >= WIDTH + GAP
    assert places["b"][0] == places["a"][0] == places["end"][0]


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(networks(most=16))
def test_any_network_is_drawn_downwards_without_overlap(network):
    for level in (network, *(network.inside(name) for name in network.blocks)):
        places = arrange(level)

        assert list(places) == list(level.nodes)
        assert all(places[e.target][1] >= places[e.source][1] + HEIGHT + GAP for e in level.edges)
        assert min(x for x, _ in places.values()) == 0.0
        assert min(y for _, y in places.values()) == 0.0
        assert all(x % 4 == y % 4 == 0 for x, y in places.values())
        assert_apart(level, places)
        assert arrange(level) == places


def test_blocks_stand_in_line_with_nodes():
    network = edit.wrap(presets.build("lecture"), ["conv2", "relu2"], "unit").network
    places = arrange(network)

    assert {places[n][0] for n in ("input", "conv1", "relu1", "unit", "pool1", "conv3")} == {0.0}
    assert places["pool1"][1] - places["unit"][1] == BLOCK_HEIGHT + GAP


def test_parts_stand_side_by_side():
    nodes = {n: Node(n, ReLU()) for n in "abcdxyz"}
    network = Network(
        "parts", nodes, (Edge("a", "out", "b", "x"), Edge("b", "out", "c", "x"), Edge("x", "out", "y", "x"))
    )

    places = arrange(network)

    assert {places[n][0] for n in "abc"} == {0.0}
    assert {places[n][0] for n in "xy"} == {244.0}
    assert {places[n][0] for n in "dz"} == {488.0}
    assert [places[n][1] for n in "dz"] == [0.0, 96.0]


def test_nothing_and_one_node():
    assert arrange(Network()) == {}
    assert arrange(Network("one", {"a": Node("a", ReLU())})) == {"a": (0.0, 0.0)}


def test_what_feeds_late_stands_late():
    """A second input stands beside what it feeds, not at the top with a long edge."""
    draw = Drawing()
    last = draw.node("input")
    for i in range(6):
        last = draw.node(f"n{i}", last)
    other = draw.node("b", draw.node("a", draw.node("other")))
    draw.node("sum", last, other)

    places = arrange(draw.network())

    assert places["b"][1] == places["n5"][1]
    assert places["other"][1] == places["n3"][1]


def test_a_thousand_nodes_are_drawn_like_ten():
    network = resnet(240)
    places = arrange(network)

    assert len(network) >= 1000
    assert len({places[n][0] for n in network.nodes if not n.startswith("down")}) == 1


def test_wide_networks_do_not_explode():
    """Every node feeds all later ones: lanes are given up before they are more than the nodes."""
    nodes = {f"n{i}": Node(f"n{i}", Concat() if i else Input()) for i in range(120)}
    edges = tuple(Edge(f"n{i}", "out", f"n{j}", "x") for j in range(120) for i in range(j))
    nodes["end"] = Node("end", Output())

    places = arrange(Network("dense", nodes, (*edges, Edge("n119", "out", "end", "x"))))

    assert len(places) == 121
