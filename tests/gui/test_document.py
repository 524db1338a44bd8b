"""The document: one undo command, merging, weights that follow their nodes, files."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest

from graph import Edge, FileError, Network, kinds, load
from graph import edit as editing
from gui.document import Document
from gui.trail import moved
from tests.gui.canvas.driver import chain, small_network

pytestmark = pytest.mark.qt


@pytest.fixture
def document(qtbot) -> Document:
    made = Document(small_network())
    yield made
    made.close()


def filters(document: Document, n: int) -> Network:
    return editing.set_values(document.network, "conv", out_channels=n)


def test_an_edit_is_announced_at_once_with_before_and_after(document: Document, qtbot):
    before = document.network
    with qtbot.waitSignal(document.changed) as signal:
        document.edit(filters(document, 5), "Filters")
    assert signal.args[0] is before
    assert signal.args[1] is document.network
    assert document.network["conv"].layer.out_channels == 5


def test_undo_and_redo_go_back_and_forth_exactly(document: Document):
    states = [document.network]
    for n in (3, 4, 5):
        document.edit(filters(document, n), f"{n} filters")
        states.append(document.network)
    for state in reversed(states[:-1]):
        document.stack.undo()
        assert document.network is state
    for state in states[1:]:
        document.stack.redo()
        assert document.network is state


def test_typing_in_one_field_undoes_at_once(document: Document):
    start = document.network
    for n in (1, 12, 128):
        document.edit(filters(document, n), "Filters", merge="conv.out_channels")
    assert document.stack.count() == 1
    document.stack.undo()
    assert document.network is start


def test_typing_in_two_fields_undoes_in_two_steps(document: Document):
    document.edit(filters(document, 5), "Filters", merge="conv.out_channels")
    document.edit(editing.set_values(document.network, "conv", bias=False), "Bias", merge="conv.bias")
    document.edit(filters(document, 6), "Filters", merge="conv.out_channels")
    assert document.stack.count() == 3


def test_typing_again_after_sealing_is_another_step(document: Document):
    document.edit(filters(document, 5), "Filters", merge="conv.out_channels")
    document.seal()
    document.edit(filters(document, 6), "Filters", merge="conv.out_channels")
    assert document.stack.count() == 2


def test_what_is_typed_and_typed_back_leaves_no_step(document: Document):
    start = document.network
    document.edit(filters(document, 5), "Filters", merge="conv.out_channels")
    document.edit(start, "Filters", merge="conv.out_channels")
    assert document.stack.count() == 0
    assert not document.dirty


def test_an_edit_that_changes_nothing_is_no_step(document: Document):
    document.edit(document.network.change(), "Nothing")
    assert document.stack.count() == 0


def test_what_follows_is_announced_once_for_many_edits(document: Document, qtbot):
    qtbot.waitUntil(lambda: not document._turn.isActive())
    heard = []
    document.analyzed.connect(heard.append)
    for n in (3, 4, 5):
        document.edit(filters(document, n), "Filters")
    assert heard == []
    qtbot.waitUntil(lambda: bool(heard))
    assert len(heard) == 1
    assert heard[0].network is document.network
    assert heard[0]["conv"].parameters == 5 * 9 + 5


def test_the_report_is_never_older_than_the_network(document: Document):
    document.edit(filters(document, 5), "Filters")
    assert document.report["conv"].parameters == 5 * 9 + 5


def test_moving_a_node_recomputes_no_fact(document: Document):
    before = document.report["conv"]
    document.edit(editing.move(document.network, {"conv": (400.0, 400.0)}), "Move")
    assert document.report["conv"] is before


# files


def test_saving_makes_it_clean_and_opening_gives_the_same(document: Document, tmp_path: Path, qtbot):
    document.edit(filters(document, 5), "Filters")
    assert document.dirty
    with qtbot.waitSignal(document.dirty_changed) as signal:
        document.save(tmp_path / "net.canevas")
    assert signal.args == [False]
    assert load(tmp_path / "net.canevas") == document.network
    opened = Document.open(tmp_path / "net.canevas")
    assert opened.network == document.network
    assert opened.title == "net"
    assert not opened.dirty
    opened.close()


def test_undoing_past_the_save_makes_it_dirty_and_redoing_clean(document: Document, tmp_path: Path):
    document.edit(filters(document, 5), "Filters")
    document.save(tmp_path / "net.canevas")
    document.stack.undo()
    assert document.dirty
    document.stack.redo()
    assert not document.dirty


def test_an_edit_after_saving_never_merges_into_what_was_saved(document: Document, tmp_path: Path):
    document.edit(filters(document, 5), "Filters", merge="conv.out_channels")
    document.save(tmp_path / "net.canevas")
    document.edit(filters(document, 6), "Filters", merge="conv.out_channels")
    assert document.dirty
    document.stack.undo()
    assert not document.dirty


def test_a_file_that_cannot_be_written_leaves_everything_as_it_was(document: Document, tmp_path: Path):
    document.edit(filters(document, 5), "Filters")
    with pytest.raises(FileError):
        document.save(tmp_path / "no folder" / "net.canevas")
    assert document.dirty
    assert document.file is None


def test_opening_nonsense_says_why(tmp_path: Path):
    (tmp_path / "bad.canevas").write_text("{")
    with pytest.raises(FileError, match=r"bad\.canevas"):
        Document.open(tmp_path / "bad.canevas")


# weights

PLACES = {"conv": ("a.pt", "conv"), "relu": ("a.pt", "relu")}


@pytest.fixture
def weighted(qtbot) -> Document:
    made = Document(small_network(), weights=PLACES)
    yield made
    made.close()


def test_weights_follow_a_renamed_node_and_come_back(weighted: Document):
    made = editing.rename(weighted.network, "conv", "stem")
    weighted.edit(made.network, "Rename", paths=made.paths)
    assert weighted.weights == {"stem": ("a.pt", "conv"), "relu": ("a.pt", "relu")}
    weighted.stack.undo()
    assert weighted.weights == PLACES
    weighted.stack.redo()
    assert "stem" in weighted.weights


def test_weights_follow_into_a_block_and_out_again(weighted: Document):
    made = editing.wrap(weighted.network, ["conv", "relu"], "stage")
    weighted.edit(made.network, "Wrap", paths=made.paths)
    (block,) = {path.split(".")[0] for path in weighted.weights}
    assert weighted.weights == {f"{block}.conv": ("a.pt", "conv"), f"{block}.relu": ("a.pt", "relu")}
    made = editing.unwrap(weighted.network, block)
    weighted.edit(made.network, "Unwrap", paths=made.paths)
    assert weighted.weights == PLACES


def test_weights_go_with_their_node_and_come_back_with_it(weighted: Document):
    weighted.edit(editing.remove(weighted.network, ["conv"]), "Delete")
    assert weighted.weights == {"relu": ("a.pt", "relu")}
    weighted.stack.undo()
    assert weighted.weights == PLACES


def test_weights_can_be_given_by_an_edit(document: Document):
    document.edit(document.network, "Load weights", weights=PLACES)
    assert document.weights == PLACES
    document.stack.undo()
    assert document.weights == {}


# blocks


@pytest.fixture
def nested(qtbot) -> Document:
    """A block that stands at two nodes, ``one`` and ``two``."""
    network = chain("input:Input", "conv:Conv2d", "relu:ReLU", "end:Output")
    network = editing.wrap(network, ["conv", "relu"], "stage").network
    (name,) = [n.name for n in network.nodes.values() if n.kind == "stage"]
    network = editing.rename(network, name, "one").network
    network, _ = editing.add(network, network["one"].layer, "two", (0.0, 400.0))
    (out,), (into,) = network.outputs(network["one"]), network.inputs(network["two"])
    network = editing.connect(network, Edge("one", out.name, "two", into.name))
    document = Document(network, weights={"one.conv": ("a.pt", "one"), "two.conv": ("a.pt", "two")})
    yield document
    document.close()


def test_entering_shows_the_inside_and_its_facts(nested: Document, qtbot):
    with qtbot.waitSignal(nested.entered) as signal:
        nested.enter(("one",))
    assert signal.args == [("one",)]
    assert {"conv", "relu"} <= set(nested.shown.nodes)
    assert nested.shown_report.facts["conv"].parameters == 8 * 9 + 8
    assert nested.path("conv") == "one.conv"


def test_the_two_nodes_of_a_block_have_facts_of_their_own(nested: Document):
    nested.enter(("two",))
    assert nested.shown_report.facts["conv"].parameters == 8 * 8 * 9 + 8


def test_an_edit_inside_changes_every_node_of_the_block_in_one_step(nested: Document):
    start = nested.network
    nested.enter(("one",))
    nested.edit_shown(editing.set_values(nested.shown, "conv", out_channels=3), "Filters")
    assert nested.network.blocks["stage"]["conv"].layer.out_channels == 3
    assert nested.report["one.conv"].parameters == 3 * 9 + 3
    assert nested.report["two.conv"].parameters == 3 * 3 * 9 + 3
    assert nested.stack.count() == 1
    nested.stack.undo()
    assert nested.network is start
    assert nested.trail == ("one",)


def test_weights_of_every_node_follow_a_rename_inside(nested: Document):
    nested.enter(("one",))
    made = editing.rename(nested.shown, "conv", "filters")
    nested.edit_shown(made.network, "Rename", paths=made.paths)
    assert nested.weights == {"one.filters": ("a.pt", "one"), "two.filters": ("a.pt", "two")}
    nested.stack.undo()
    assert nested.weights == {"one.conv": ("a.pt", "one"), "two.conv": ("a.pt", "two")}


def test_renaming_the_block_one_is_inside_of_keeps_one_inside(nested: Document):
    nested.enter(("one",))
    made = editing.rename(nested.network, "one", "first")
    nested.edit(made.network, "Rename", paths=made.paths)
    assert nested.trail == ("first",)
    nested.stack.undo()
    assert nested.trail == ("one",)
    nested.stack.redo()
    assert nested.trail == ("first",)


def test_deleting_the_block_one_is_inside_of_leads_out(nested: Document, qtbot):
    nested.enter(("two",))
    with qtbot.waitSignal(nested.entered) as signal:
        nested.edit(editing.remove(nested.network, ["two"]), "Delete")
    assert signal.args == [()]
    assert nested.shown is nested.network


def test_a_trail_that_leads_nowhere_is_followed_as_far_as_it_goes(nested: Document):
    nested.enter(("one", "conv", "deeper"))
    assert nested.trail == ("one",)


def test_the_longest_path_knows_best():
    network = Network()
    assert moved(network, "a.b.weight", "", {"a": "x", "a.b": "y"}) == "y.weight"
    assert moved(network, "ab.weight", "", {"a": "x"}) == "ab.weight"


# leaks


def test_a_document_that_is_let_go_is_gone(qtbot):
    made = Document(small_network())
    made.edit(editing.add(made.network, kinds()["ReLU"]())[0], "Add")
    made.close()
    left = weakref.ref(made)
    del made
    gc.collect()
    assert left() is None
