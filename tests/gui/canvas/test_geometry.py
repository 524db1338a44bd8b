"""Places, ways and what is near: numbers without a window."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph import Edge, kinds
from graph import edit as editing
from gui.canvas import hit
from gui.canvas.drawing import Drawing
from gui.canvas.geometry import Cells, Rect, around, box, snapped
from gui.canvas.hit import End
from gui.canvas.routes import crosses, distance, route
from tests.gui.canvas.driver import chain, small_network

numbers = st.integers(-3000, 3000).map(float)
rects = st.builds(
    lambda x, y, w, h: Rect(x, y, x + w, y + h), numbers, numbers, st.integers(0, 900), st.integers(0, 900)
)


def test_ports_stand_evenly_on_their_edges():
    network, _ = editing.add(chain("a:ReLU", "b:ReLU"), kinds()["Add"](), "sum", (100.0, 200.0))
    for source in ("a", "b"):
        network = editing.connect(network, Edge(source, "out", "sum", "x"))
    made = box(network, network["sum"])
    assert [s.at for s in made.ins] == [(160.0, 200.0), (220.0, 200.0)]  # thirds of 180
    assert [s.edge.source for s in made.ins] == ["a", "b"]
    assert [s.at for s in made.outs] == [(190.0, 264.0)]
    assert not made.outs[0].taken


@given(st.lists(rects, max_size=30), rects)
def test_cells_find_exactly_what_meets(them: list[Rect], where: Rect):
    cells = Cells()
    for i, rect in enumerate(them):
        cells.put(i, rect)
    assert set(cells.near(where)) == {i for i, rect in enumerate(them) if rect.meets(where)}
    for i in range(0, len(them), 2):
        cells.drop(i)
    assert set(cells.near(where)) == {i for i, rect in enumerate(them) if i % 2 and rect.meets(where)}


@given(st.floats(-1e6, 1e6))
def test_snapping_moves_by_half_a_step_at_most(value: float):
    assert snapped(value) % 4 == 0
    assert abs(snapped(value) - value) <= 2


def test_a_link_straight_below_is_one_line():
    assert route((90.0, 64.0), (90.0, 96.0)).straight


@given(numbers, numbers, numbers, numbers, st.lists(rects, max_size=6))
def test_a_link_begins_and_ends_at_its_ports(x1, y1, x2, y2, them):
    way = route((x1, y1), (x2, y2), lambda rect: [r for r in them if r.meets(rect)])
    assert way.points[0] == (x1, y1)
    assert way.points[-1] == (x2, y2)
    for point in way.sampled():
        assert way.bounds.grown(1e-6).holds(point)
        assert distance(way, point) < 1e-3


def test_a_long_link_runs_around_the_nodes_in_its_way():
    way_in = Rect(0.0, 96.0, 180.0, 160.0)
    way = route((90.0, 64.0), (90.0, 192.0), lambda rect: [way_in] if way_in.meets(rect) else [])
    assert not any(way_in.holds(p) for p in way.sampled())
    assert len(way.points) == 6


def test_a_link_upwards_leaves_below_and_arrives_from_above():
    way = route((90.0, 640.0), (394.0, 0.0))
    assert way.points[1][1] > 640
    assert way.points[-2][1] < 0
    assert way.points[-2][0] == 394


def test_a_stroke_cuts_what_it_crosses_even_through_its_corner_points():
    way = route((90.0, 64.0), (90.0, 128.0))
    assert crosses(way, (60.0, 90.0), (120.0, 90.0))
    assert crosses(way, (60.0, 90.0), (90.0, 90.0))
    assert not crosses(way, (60.0, 90.0), (80.0, 90.0))
    assert not crosses(way, (60.0, 20.0), (120.0, 20.0))


@pytest.fixture
def drawing() -> Drawing:
    made = Drawing()
    made.become(small_network())
    return made


def test_ports_come_before_nodes_and_nodes_before_links(drawing: Drawing):
    assert hit.find(drawing, (90.0, 64.0), 1.0).end == End("input", "out", True, (90.0, 64.0))
    assert hit.find(drawing, (90.0, 96.0), 1.0).end.edge == Edge("input", "out", "conv", "x")
    assert hit.find(drawing, (20.0, 20.0), 1.0) == hit.Hit(node="input")
    assert hit.find(drawing, (92.0, 80.0), 1.0).edge == Edge("input", "out", "conv", "x")
    assert hit.find(drawing, (300.0, 80.0), 1.0) == hit.Hit()


def test_the_upper_of_two_nodes_is_found(drawing: Drawing):
    drawing.become(editing.move(drawing.network, {"relu": (4.0, 100.0)}))
    assert hit.node_at(drawing, (50.0, 130.0)) == "relu"  # stored, and so painted, last


def test_a_link_to_itself_and_between_two_inputs_are_refused(drawing: Drawing):
    network = drawing.network
    conv_in, conv_out = End("conv", "x", False, (0, 0)), End("conv", "out", True, (0, 0))
    assert "itself" in str(hit.why_not(network, conv_out, conv_in))
    assert "output to an input" in str(hit.why_not(network, conv_in, End("relu", "x", False, (0, 0))))


def test_a_link_taken_off_may_go_back_where_it_was(drawing: Drawing):
    edge = Edge("conv", "out", "relu", "x")
    source, target = End("conv", "out", True, (0, 0)), End("relu", "x", False, (0, 0), edge)
    assert hit.why_not(drawing.network, source, target, instead=edge) is None
    assert hit.why_not(drawing.network, source, target) is not None


def test_only_what_fits_an_end_is_offered(drawing: Drawing):
    end = End("relu", "out", True, (0, 0))
    offered = {name for name, cls in kinds().items() if hit.takes(drawing.network, cls(), end)}
    assert {"Conv2d", "Output", "Add", "CrossEntropyLoss"} <= offered
    assert not {"Input", "Target"} & offered


def test_around_nothing_is_nothing():
    assert around([]) is None
    assert around([Rect(0, 0, 1, 1), Rect(5, -2, 6, 3)]) == Rect(0, -2, 6, 3)
