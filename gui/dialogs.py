"""Questions and notices.  Nothing waits: the answer arrives as a signal.

A :class:`Question` stops its window until it is answered (unsaved changes); a :class:`Notice` is a bar that stops
nobody (a file that cannot be read, drawings found after a crash).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QFrame, QPushButton, QWidget

from graph.text import tr
from gui.parts import Picture, button, clear, column, label, role, row, tool, within


class Answer(NamedTuple):
    """One button: its id, its words, and its role (``main`` is what Enter does)."""

    id: str
    text: str
    role: str = ""


class Question(QDialog):
    """A question with a few answers; Escape gives the last of them."""

    answered = Signal(str)

    def __init__(self, parent: QWidget, title: str, text: str, answers: Sequence[Answer]) -> None:
        super().__init__(parent)
        self.setObjectName("question")
        self.setWindowTitle(title)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("role", "page")
        self._answers = answers
        buttons = row(None, space=8)
        self.buttons: dict[str, QPushButton] = {}
        for answer in reversed(answers):
            made = button(answer.text, role=answer.role, do=lambda id=answer.id: self.answer(id), name=answer.id)
            made.setDefault(answer.role == "main")
            made.setAutoDefault(answer.role == "main")
            self.buttons[answer.id] = made
            buttons.addWidget(made)
        words = label(text, "second", wrap=True)
        words.setMinimumWidth(380)
        within(self, column(label(title, "title", wrap=True), words, 8, buttons, space=8, margin=20))
        self._given = ""

    def answer(self, id: str) -> None:
        """Give the answer *id*."""
        if not self._given:
            self._given = id
            self.done(0)
            self.answered.emit(id)

    def reject(self) -> None:
        self.answer(self._answers[-1].id)


def ask(parent: QWidget, title: str, text: str, answers: Sequence[Answer], heard: Callable[[str], object]) -> Question:
    """Ask, and go on; *heard* is called with the id of the answer."""
    made = Question(parent, title, text, answers)
    made.answered.connect(heard)
    made.open()
    return made


def ask_to_save(parent: QWidget, title: str, heard: Callable[[str], object]) -> Question:
    """Ask what becomes of the changes in the document called *title*: ``save``, ``discard`` or ``cancel``."""
    return ask(
        parent,
        tr("Save the changes in {name}?", name=title),
        tr("Without saving, what was drawn since it was last saved is lost."),
        (Answer("save", tr("Save"), "main"), Answer("discard", tr("Discard")), Answer("cancel", tr("Cancel"))),
        heard,
    )


def ask_file(
    parent: QWidget, title: str, filters: str, heard: Callable[[Path], object], *, save: str = "", start: str = ""
) -> QFileDialog:
    """Ask for a file to open, or (with a suffix in *save*) for a name to save under."""
    made = QFileDialog(parent, title, start, filters)
    made.setObjectName("file-dialog")
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if save:
        made.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        made.setDefaultSuffix(save)
        made.setFileMode(QFileDialog.FileMode.AnyFile)
    else:
        made.setFileMode(QFileDialog.FileMode.ExistingFile)
    made.fileSelected.connect(lambda name: heard(Path(name)))
    made.open()
    return made


def ask_folder(parent: QWidget, title: str, heard: Callable[[Path], object], start: str = "") -> QFileDialog:
    """Ask for a folder."""
    made = QFileDialog(parent, title, start)
    made.setObjectName("folder-dialog")
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    made.setFileMode(QFileDialog.FileMode.Directory)
    made.setOption(QFileDialog.Option.ShowDirsOnly)
    made.fileSelected.connect(lambda name: heard(Path(name)))
    made.open()
    return made


class Said(NamedTuple):
    """What a notice says, how bad it is, what can be done, and who hears of it."""

    text: str
    severity: str = "wrong"
    answers: Sequence[Answer] = ()
    heard: Callable[[str], object] = lambda _: None


class Notice(QFrame):
    """A bar at the top that says something and offers what can be done; hidden while there is nothing to say.

    What is said while another notice is open waits for its turn.
    """

    LOOKS: ClassVar = {
        "wrong": ("circle-alert", "err"),
        "careful": ("triangle-alert", "warn"),
        "good": ("circle-check", "ok"),
    }

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("notice")
        self._line = row(space=12, margin=(16, 8, 10, 8))
        within(self, self._line)
        self._waiting: list[Said] = []
        self.hide()

    @property
    def text(self) -> str:
        """What it says now."""
        return self._waiting[0].text if self._waiting else ""

    def say(
        self,
        text: str,
        severity: str = "wrong",
        answers: Sequence[Answer] = (),
        heard: Callable[[str], object] = lambda _: None,
    ) -> None:
        """Show *text* with buttons; *heard* gets the id of the one that is pressed, ``""`` when it is closed."""
        said = Said(text, severity, answers, heard)
        if any(s.text == text for s in self._waiting):
            return
        self._waiting.append(said)
        if len(self._waiting) == 1:
            self._show()

    def _show(self) -> None:
        said = self._waiting[0]
        clear(self._line)
        icon, color = self.LOOKS[said.severity]
        role(self, said.severity)
        self._line.addWidget(Picture(icon, color, 16))
        self._line.addWidget(label(said.text, wrap=True, selectable=True), 1)
        for answer in said.answers:
            made = button(answer.text, role=answer.role, do=lambda id=answer.id: self.answer(id), name=answer.id)
            self._line.addWidget(made)
        self._line.addWidget(tool("x", tr("Close"), lambda: self.answer(""), name="close-notice"))
        self.show()

    def answer(self, id: str) -> None:
        """Give the answer *id*; ``""`` closes it."""
        if not self._waiting:
            return
        said = self._waiting.pop(0)
        if self._waiting:
            self._show()
        else:
            self.hide()
        said.heard(id)
