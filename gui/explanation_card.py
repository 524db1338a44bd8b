"""A card beside a number: its formula, the same with the user's numbers, why, its terms one by one, the source.

It is no dialog: a click beside it or Escape closes it, and the number has the keys again.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QWidget

from graph.costs import ONE, Terms
from graph.explain import explain
from graph.explain import title as title_of
from graph.layer import Explanation, Part
from graph.report import Report
from graph.text import tr
from gui.formula import typeset
from gui.parts import Elided, column, divider, frame, label, row, tool, within

WIDTH, PARTS = 380, 240
"""Width of the card, and the height at which its terms begin to scroll."""
AWAY = 6
"""Pixels between a number and its card."""


class ExplanationCard(QFrame):
    """The explanation of a number, open beside it."""

    def __init__(self, parent: QWidget, title: str, whose: str, found: Explanation) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("explanation")
        self.setAccessibleName(tr("{title} of {name}", title=title, name=whose) if whose else title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("role", "popup")
        self.setFixedWidth(WIDTH)
        self._text = as_text(title, whose, found)
        self._copy = tool("copy", tr("Copy"), self.copy, name="copy-explanation")
        name = Elided(whose, "label", Qt.TextElideMode.ElideMiddle)
        result = label(found.result, "title", selectable=True)
        head = row(label(title, "strong"), name, self._copy, tool("x", tr("Close"), self.close, size=14), space=6)
        head.setStretchFactor(name, 1)
        rows = column(head, result, space=8, margin=(16, 10, 12, 14))
        if found.formula.strip("Σ"):  # a sum alone says nothing that its terms do not
            rows.addWidget(_formula(found.formula))
        if found.worked and found.worked != found.result:
            rows.addWidget(_value(found.worked, "worked"))
        rows.addWidget(_value(str(found.why), "why"))
        if found.note is not None:
            note = label(str(found.note), wrap=True)
            rows.addWidget(within(frame("careful"), column(note, margin=(10, 8, 10, 8))))
        if found.parts:
            rows.addWidget(divider())
            rows.addWidget(_table(found.parts))
        if found.source:
            rows.addWidget(label(found.source, "hint", wrap=True))
        within(self, rows)

    def open(self, beside: QRect) -> None:
        """Open beside the rectangle *beside* of the screen, wholly on the screen."""
        self.layout().activate()
        self.adjustSize()
        high = self.layout().totalHeightForWidth(WIDTH) if self.layout().hasHeightForWidth() else self.height()
        self.setFixedHeight(high)
        self.move(place(beside, QRect(0, 0, WIDTH, high), screen_at(beside.center())))
        self.show()
        self._copy.setFocus(Qt.FocusReason.PopupFocusReason)

    def copy(self) -> None:
        """Put the explanation on the clipboard, as plain lines."""
        QGuiApplication.clipboard().setText(self._text)


def show_explanation(
    parent: QWidget, report: Report, path: str, quantity: str, beside: QRect, terms: Terms = ONE
) -> ExplanationCard | None:
    """Open the card of a number of the node at *path* (empty: of the network); None where there is none."""
    found = explain(report, path, quantity, terms)
    if found is None:
        return None
    card = ExplanationCard(parent.window(), str(title_of(quantity)), path or report.network.name, found)
    card.open(beside)
    return card


def place(beside: QRect, card: QRect, screen: QRect) -> QPoint:
    """Where the card goes: below the number if there is room, else above; never off the screen."""
    x = min(max(beside.right() - card.width() + 1, screen.left() + AWAY), screen.right() - card.width() - AWAY)
    y = beside.bottom() + AWAY
    if y + card.height() > screen.bottom() - AWAY:
        y = beside.top() - card.height() - AWAY
    return QPoint(x, min(max(y, screen.top() + AWAY), max(screen.bottom() - card.height() - AWAY, screen.top())))


def screen_at(at: QPoint) -> QRect:
    """What is free of the screen on which *at* lies."""
    screen = QGuiApplication.screenAt(at) or QGuiApplication.primaryScreen()
    return screen.availableGeometry()


def as_text(title: str, whose: str, found: Explanation) -> str:
    """An explanation as plain lines, to be pasted into notes."""
    first = f"{title} – {whose}: {found.result}" if whose else f"{title}: {found.result}"
    lines = [first, found.formula, found.worked, str(found.why), str(found.note or "")]
    lines += ["  ".join(p for p in (part.name, part.adds, part.sum, str(part.note or "")) if p) for part in found.parts]
    return "\n".join(line for line in [*lines, found.source] if line)


def _formula(formula: str) -> QLabel:
    made = QLabel(typeset(formula))
    made.setTextFormat(Qt.TextFormat.RichText)
    made.setWordWrap(True)
    made.setProperty("role", "formula")
    made.setObjectName("formula")
    return made


def _value(text: str, name: str) -> QLabel:
    made = label(text, "" if name == "worked" else "label", wrap=True, selectable=True)
    made.setObjectName(name)
    return made


def _table(parts: tuple[Part, ...]) -> QWidget:
    """The terms: where each comes from, what it adds, the sum so far; what is to be said of it below."""
    grid = QGridLayout()
    grid.setContentsMargins(0, 0, 8, 0)
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(2)
    grid.setColumnStretch(0, 1)
    right = Qt.AlignmentFlag.AlignRight
    for i, part in enumerate(parts):
        grid.addWidget(Elided(part.name, "label", Qt.TextElideMode.ElideMiddle), 2 * i, 0)
        grid.addWidget(label(part.adds, "faint"), 2 * i, 1, right)
        grid.addWidget(label(part.sum, "sum"), 2 * i, 2, right)
        if part.note is not None:
            grid.addWidget(label(str(part.note), "hint", wrap=True), 2 * i + 1, 0, 1, 3)
    inside = within(QWidget(), grid)
    if inside.sizeHint().height() <= PARTS:
        return inside
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setWidget(inside)
    scroll.setFixedHeight(PARTS)
    return scroll
