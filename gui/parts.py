"""The small things that every room is built from: labels, buttons, switches, lines, cards.

They set roles (see :mod:`gui.style`) and sizes, so that rooms say what they show and not how.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui import theme


def role(widget: QWidget, name: str) -> QWidget:
    """Give *widget* a role, and let it look accordingly at once."""
    if widget.property("role") != name:
        widget.setProperty("role", name)
        restyle(widget)
    return widget


def restyle(widget: QWidget) -> None:
    """Let the style sheet look at the properties of *widget* again."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def flag(widget: QWidget, name: str, on: bool) -> None:
    """Set a property that the style sheet reads (``invalid``), as it stands there."""
    if (widget.property(name) == "true") != on:
        widget.setProperty(name, "true" if on else "false")
        restyle(widget)


def label(text: str = "", role: str = "", *, wrap: bool = False, selectable: bool = False) -> QLabel:
    """A label of a role; its text is plain, whatever it contains.  Numbers stay on one line where it wraps."""
    made = QLabel(text.replace("\u2009", "\u202f") if wrap else text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if role:
        made.setProperty("role", role)
    if role.startswith("chip"):
        made.setFixedHeight(20)
    if selectable:
        made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


class Elided(QLabel):
    """A label of one line that shows the beginning of a text too long for it, and all of it as a tooltip."""

    def __init__(self, text: str = "", role: str = "", mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight) -> None:
        super().__init__()
        self._full, self._mode = "", mode
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        if role:
            self.setProperty("role", role)
        self.setText(text)

    def setText(self, text: str) -> None:
        self._full = text
        super().setText(text)
        self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        return QSize(min(24, self.sizeHint().width()), super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        shown = self.fontMetrics().elidedText(self._full, self._mode, self.contentsRect().width())
        if shown == self._full:
            if self.toolTip() == self._full:
                self.setToolTip("")
            super().paintEvent(event)
            return
        if not self.toolTip():
            self.setToolTip(self._full)
        painter = QPainter(self)
        self.style().drawItemText(
            painter, self.contentsRect(), int(self.alignment()), self.palette(), self.isEnabled(), shown
        )


class Paragraph(QWidget):
    """A text in so many lines; what is longer ends in dots, and stands whole in the tooltip."""

    def __init__(self, text: str, role: str, lines: int = 2) -> None:
        super().__init__()
        self.text, self._lines = text, lines
        self._look = label(role=role)  # it knows font and color of the role
        self._look.setParent(self)
        self._look.hide()
        self.setToolTip(text)
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        self._look.ensurePolished()
        return QSize(120, self._lines * self._look.fontMetrics().height())

    minimumSizeHint = sizeHint

    def shown(self) -> list[str]:
        """The lines as they are shown."""
        metrics, words, found = self._look.fontMetrics(), self.text.split(), []
        while words and len(found) < self._lines - 1:
            n = next((i for i in range(len(words), 1, -1) if _wide(metrics, words[:i]) <= self.width()), 1)
            found.append(" ".join(words[:n]))
            words = words[n:]
        return [
            metrics.elidedText(line, Qt.TextElideMode.ElideRight, self.width()) for line in (*found, " ".join(words))
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self._look.font())
        painter.setPen(self._look.palette().color(self._look.foregroundRole()))
        metrics = painter.fontMetrics()
        for i, line in enumerate(self.shown()):
            painter.drawText(0, i * metrics.height() + metrics.ascent(), line)


def _wide(metrics: QFontMetrics, words: list[str]) -> int:
    return metrics.horizontalAdvance(" ".join(words))


class Refusal(QLabel):
    """Why something cannot be, in a sentence below what it is about; not there while nothing is refused."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setProperty("role", "error")
        self.hide()

    def say(self, sentence: str) -> None:
        """Show *sentence*; nothing for an empty one."""
        self.setText(sentence)
        self.setVisible(bool(sentence))

    @property
    def sentence(self) -> str:
        """What it says now."""
        return "" if self.isHidden() else self.text()


def button(
    text: str, icon: str = "", role: str = "", do: Callable[[], object] | None = None, *, tip: str = "", name: str = ""
) -> QPushButton:
    """A button of a role (``main``, ``quiet``, ``large``; outlined if none) that does *do* when clicked."""
    made = QPushButton(text)
    if icon:
        size = 18 if role == "large" else 16
        color = "onacc" if role in ("main", "large") else "t2"
        made.setIcon(theme.icon(icon, color))
        made.setIconSize(QSize(size + (8 if role == "large" else 6), size))
    if role:
        made.setProperty("role", role)
    if do:
        made.clicked.connect(lambda: do())
    made.setToolTip(tip)
    made.setObjectName(name)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    return made


def tool(icon: str, tip: str, do: Callable[[], object] | None = None, *, name: str = "", size: int = 16) -> QToolButton:
    """A button that is an icon; its tooltip says in words what it does."""
    made = QToolButton()
    made.setIcon(theme.icon(icon))
    made.setIconSize(QSize(size, size))
    made.setFixedSize(28, 28)
    made.setToolTip(tip)
    made.setAccessibleName(tip)
    made.setObjectName(name)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    if do:
        made.clicked.connect(lambda: do())
    return made


class Picture(QWidget):
    """An icon that stands for itself; follows the theme."""

    def __init__(self, name: str, color: str = "t2", size: int = 16) -> None:
        super().__init__()
        self._name, self._color = name, color
        self.setFixedSize(size, size)

    def show_icon(self, name: str, color: str) -> None:
        """Another icon, in another color."""
        self._name, self._color = name, color
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).drawPixmap(0, 0, theme.pixmap(self._name, self._color, self.width(), self.devicePixelRatioF()))


class Switch(QAbstractButton):
    """On or off, as a switch; Space and a click turn it."""

    def __init__(self, on: bool = False) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setChecked(on)
        self.setFixedSize(30, 18)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        return QSize(30, 18)

    def paintEvent(self, event: QPaintEvent) -> None:
        t, on = theme.theme(), self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        edge = "acc" if self.hasFocus() else "accbg" if on else "line2"
        painter.setPen(QPen(t.color(edge), 1.5 if self.hasFocus() else 1))
        painter.setBrush(t.color("accbg" if on else "bg3"))
        painter.drawRoundedRect(body, body.height() / 2, body.height() / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(t.color("onacc" if on else "t3"))
        x = body.right() - 8 if on else body.left() + 8
        painter.drawEllipse(QRectF(x - 5, body.center().y() - 5, 10, 10))


def frame(role: str = "panel") -> QFrame:
    """An empty frame of a role."""
    made = QFrame()
    made.setProperty("role", role)
    return made


def divider() -> QFrame:
    """A line across."""
    made = frame("divider")
    made.setFixedHeight(1)
    return made


def upright(height: int = 0) -> QFrame:
    """A line upright; of a *height*, or as high as what stands beside it."""
    made = frame("upright")
    made.setFixedWidth(1)
    if height:
        made.setFixedHeight(height)
    return made


Item = QWidget | QLayout | int | None
"""What a row or a column takes: a widget, a layout, a distance in pixels, or None for room that stretches."""


def _filled(layout: QHBoxLayout | QVBoxLayout, items: tuple[Item, ...], space: int, margin: object) -> None:
    layout.setSpacing(space)
    layout.setContentsMargins(*((margin,) * 4 if isinstance(margin, int) else margin))
    for item in items:
        if item is None:
            layout.addStretch(1)
        elif isinstance(item, int):
            layout.addSpacing(item)
        elif isinstance(item, QWidget):
            layout.addWidget(item)
        else:
            layout.addLayout(item)


def row(*items: Item, space: int = 8, margin: int | tuple[int, int, int, int] = 0) -> QHBoxLayout:
    """*items* side by side."""
    made = QHBoxLayout()
    _filled(made, items, space, margin)
    return made


def column(*items: Item, space: int = 8, margin: int | tuple[int, int, int, int] = 0) -> QVBoxLayout:
    """*items* below each other."""
    made = QVBoxLayout()
    _filled(made, items, space, margin)
    return made


def within(widget: QWidget, layout: QLayout) -> QWidget:
    """*widget*, filled with *layout*."""
    widget.setLayout(layout)
    return widget


def clear(layout: QLayout) -> None:
    """Take everything out of *layout*, and let it go."""
    while layout.count():
        item = layout.takeAt(0)
        if widget := item.widget():
            widget.hide()
            widget.deleteLater()
        elif inner := item.layout():
            clear(inner)


class Card(QFrame):
    """A card that can be clicked, or chosen with Enter."""

    clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.setProperty("hot", "true")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)


def mixed(a: QColor, b: QColor, share: float) -> QColor:
    """The color between *a* and *b*; *share* is b's part."""
    return QColor.fromRgbF(
        a.redF() + (b.redF() - a.redF()) * share,
        a.greenF() + (b.greenF() - a.greenF()) * share,
        a.blueF() + (b.blueF() - a.blueF()) * share,
    )
