"""Comments on the drawing: notes that stand alone, and frames around nodes."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from graph import edit as editing
from graph.network import Note
from tests.gui.canvas.driver import Driver, small_network

pytestmark = pytest.mark.qt


def noted(*notes: Note):
    return editing.set_notes(small_network(), notes)


@pytest.fixture
def note(driven) -> Driver:
    """A canvas with one note to the right of the nodes."""
    return driven(noted(Note("Why?", (260.0, 96.0), (180.0, 96.0))))


@pytest.fixture
def frame(driven) -> Driver:
    """A canvas whose conv and relu stand in a frame."""
    return driven(noted(Note("Features", frames=("conv", "relu"))))


def corner(canvas: Driver, i: int, across: str, upright: str) -> QPoint:
    rect = canvas.canvas.scene.drawing.note_rect(i)
    return canvas.at(getattr(rect, across), getattr(rect, upright))


def title(canvas: Driver, i: int) -> QPoint:
    rect = canvas.canvas.scene.drawing.note_rect(i)
    return canvas.at(rect.left + 14, rect.top + 14)  # beside the node that stands above


def test_c_frames_what_is_selected_and_asks_for_its_words(canvas: Driver):
    canvas.keys("Ctrl+A")
    canvas.keys("C")
    editor = canvas.canvas.notes.editor
    QTest.keyClicks(editor, "All of it")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert canvas.network.notes == (Note("All of it", frames=("input", "conv", "relu")),)
    assert canvas.document.stack.count() == 1  # made and written: one step
    canvas.undo()
    assert canvas.network.notes == ()


def test_c_with_nothing_selected_puts_a_note_where_no_node_stands(canvas: Driver):
    canvas.hover(canvas.middle("conv"))
    canvas.keys("C")
    QTest.keyClicks(canvas.canvas.notes.editor, "Hello")
    QTest.keyClick(canvas.canvas.notes.editor, Qt.Key.Key_Return)
    (made,) = canvas.network.notes
    assert made.text == "Hello"
    assert made.frames == ()
    rect = canvas.canvas.scene.drawing.note_rect(0)
    assert not any(box.rect.meets(rect) for box in canvas.canvas.scene.drawing.boxes.values())


def test_a_note_that_was_given_up_leaves_nothing_behind(canvas: Driver):
    canvas.keys("C")
    QTest.keyClicks(canvas.canvas.notes.editor, "never mind")
    QTest.keyClick(canvas.canvas.notes.editor, Qt.Key.Key_Escape)
    assert canvas.network.notes == ()
    assert canvas.canvas.notes.editor is None


def test_a_double_click_writes_and_a_click_elsewhere_keeps(note: Driver):
    note.double(note.at(350, 150))
    QTest.keyClicks(note.canvas.notes.editor, "Because")
    note.click(note.at(-100, 20))
    note.canvas.view.setFocus()  # offscreen windows hand no focus on by themselves
    assert [n.text for n in note.network.notes] == ["Because"]
    assert note.canvas.notes.editor is None


def test_a_note_without_words_goes(note: Driver):
    note.double(note.at(350, 150))
    QTest.keyClick(note.canvas.notes.editor, Qt.Key.Key_Delete)
    QTest.keyClick(note.canvas.notes.editor, Qt.Key.Key_Return)
    assert note.network.notes == ()
    note.undo()
    assert [n.text for n in note.network.notes] == ["Why?"]


def test_shift_enter_begins_a_line(note: Driver):
    note.double(note.at(350, 150))
    editor = note.canvas.notes.editor
    QTest.keyClicks(editor, "one")
    QTest.keyClick(editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(editor, "two")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert note.network.notes[0].text == "one\ntwo"


def test_a_note_is_dragged_on_the_grid(note: Driver):
    note.drag(note.at(350, 150), note.at(350, 150) + QPoint(61, -31))
    assert note.network.notes[0].at == (320.0, 64.0)  # (260, 96) and (61, -31), rounded to multiples of 4
    assert [n.at for n in note.network.nodes.values()] == [(0.0, 0.0), (0.0, 96.0), (0.0, 192.0)]
    assert note.document.stack.count() == 1
    assert note.canvas.scene.matches(note.network)


def test_a_corner_makes_a_note_larger_but_never_smaller_than_its_least(note: Driver):
    note.drag(corner(note, 0, "right", "bottom"), corner(note, 0, "right", "bottom") + QPoint(40, 20))
    assert note.network.notes[0].size == (220.0, 116.0)
    note.drag(corner(note, 0, "left", "top"), corner(note, 0, "left", "top") + QPoint(400, 300))
    assert note.network.notes[0].size == (96.0, 56.0)
    assert note.network.notes[0].at == (384.0, 156.0)  # the other corner stayed at (480, 212)


def test_escape_puts_a_note_back(note: Driver):
    note.press(note.at(350, 150))
    note.pull(note.at(450, 250))
    assert note.canvas.scene.drawing.held
    note.keys("Esc")
    note.release(note.at(450, 250))
    assert note.document.stack.count() == 0
    assert note.canvas.scene.matches(note.network)


def test_the_title_of_a_frame_moves_its_nodes_with_it(frame: Driver):
    frame.drag(title(frame, 0), title(frame, 0) + QPoint(40, 8))
    assert frame.network["input"].at == (0.0, 0.0)
    assert frame.network["conv"].at == (40.0, 104.0)
    assert frame.network["relu"].at == (40.0, 200.0)
    frame.undo()
    assert frame.network["conv"].at == (0.0, 96.0)


def test_the_inside_of_a_frame_is_canvas(frame: Driver):
    rect = frame.canvas.scene.drawing.note_rect(0)
    frame.click(title(frame, 0))
    assert frame.canvas.scene.noted == {0}
    frame.click(frame.at(rect.left + 10, rect.bottom - 50))
    assert frame.canvas.scene.noted == set()


def test_the_corner_of_a_frame_decides_which_nodes_it_holds(frame: Driver):
    frame.drag(corner(frame, 0, "right", "top"), frame.at(240, -60))
    assert frame.network.notes[0].frames == ("input", "conv", "relu")
    frame.drag(corner(frame, 0, "right", "bottom"), frame.at(240, 180))
    assert frame.network.notes[0].frames == ("input", "conv")


def test_a_frame_around_nothing_is_refused(frame: Driver):
    frame.drag(corner(frame, 0, "right", "bottom"), corner(frame, 0, "left", "top") + QPoint(8, 8))
    assert frame.network.notes[0].frames == ("conv", "relu")
    assert frame.canvas.scene.matches(frame.network)


def test_delete_takes_comments_and_nodes_together(note: Driver):
    note.keys("Ctrl+A")
    note.keys("Del")
    assert note.network.notes == ()
    assert not note.network.nodes
    note.undo()
    assert [n.text for n in note.network.notes] == ["Why?"]
    assert set(note.network.nodes) == {"input", "conv", "relu"}


def test_everything_can_be_done_with_keys(note: Driver):
    note.keys("Shift+C")
    assert note.canvas.scene.noted == {0}
    note.keys("Right")
    assert note.network.notes[0].at == (264.0, 96.0)
    note.keys("Ctrl+Right")
    assert note.network.notes[0].size == (188.0, 96.0)
    note.keys("Return")
    QTest.keyClicks(note.canvas.notes.editor, "By keys")
    QTest.keyClick(note.canvas.notes.editor, Qt.Key.Key_Return)
    assert note.network.notes[0].text == "By keys"
    note.keys("Del")
    assert note.network.notes == ()


def test_undoing_while_one_writes_closes_the_place_to_write(note: Driver):
    note.keys("Shift+C")
    note.keys("Right")
    note.keys("Return")
    assert note.canvas.notes.editor is not None
    note.undo()
    assert note.canvas.notes.editor is None
    assert note.network.notes[0].at == (260.0, 96.0)
