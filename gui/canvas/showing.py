"""Which numbers stand on the nodes, and by which they are warm; and the legend that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QLinearGradient, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QMenu, QWidget

from graph.text import tr
from gui import theme as look
from gui.canvas.letters import font, line, metrics
from gui.canvas.paint import warm
from gui.canvas.quantities import QUANTITIES, STEPS, ends

if TYPE_CHECKING:
    from gui.canvas.view import CanvasView

HIGH, BAR = 28, 84


class Legend(QWidget):
    """From cold to warm: the quantity, its smallest and its largest amount in the drawing."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._texts = ("", "", "")
        self.hide()

    def show_texts(self, title: str, low: str, high: str) -> None:
        """Show another quantity."""
        self._texts = (title, low, high)
        self.setAccessibleName(tr("{title}: from {low} to {high}", title=title, low=low, high=high))
        self.resize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:
        width = sum(metrics(font(11)).horizontalAdvance(text) for text in self._texts)
        return QSize(round(width) + BAR + 52, HIGH)

    def paintEvent(self, event: QPaintEvent) -> None:
        t, painter = look.theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(t.color("line2"), 1))
        painter.setBrush(t.color("bg1"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        of, middle = font(11), HIGH / 2 + 4
        title, low, high = self._texts
        x = 12 + line(painter, of, t.color("t1"), 12, middle, title) + 14
        x += line(painter, of, t.color("t2"), x, middle, low) + 6
        colors = QLinearGradient(x, 0, x + BAR, 0)
        for i in range(STEPS + 1):
            colors.setColorAt((i / STEPS) ** 2, warm(i))
        painter.setPen(QPen(t.color("line2"), 1))
        painter.setBrush(colors)
        painter.drawRoundedRect(QRectF(x, HIGH / 2 - 5, BAR, 10), 3, 3)
        line(painter, of, t.color("t2"), x + BAR + 6, middle, high)


class Showing:
    """What one chooses to see on one canvas."""

    def __init__(self, canvas: CanvasView) -> None:
        self._canvas = canvas
        self.legend = Legend(canvas.view)
        canvas.scene.known.connect(self.refresh)

    def number(self, quantity: str) -> None:
        """Let this quantity stand on the nodes; empty: none."""
        self._canvas.scene.show_quantity(quantity)

    def warmth(self, quantity: str) -> None:
        """Let nodes be the warmer, the more of this they have; empty: let all be cold."""
        self._canvas.scene.show_warmth(quantity)
        self.refresh()
        self._canvas.minimap.refresh()

    def next_number(self) -> None:
        """Let the next quantity stand on the nodes, after the last one none."""
        self.number(_after(self._canvas.scene.quantity))

    def next_warmth(self) -> None:
        """Be warm by the next quantity, after the last one by none."""
        self.warmth(_after(self._canvas.scene.warmth))

    def refresh(self) -> None:
        """The legend says what is shown now."""
        scene = self._canvas.scene
        quantity = scene.warmth
        self.legend.setVisible(bool(quantity and scene.facts))
        if quantity and scene.facts:
            self.legend.show_texts(str(QUANTITIES[quantity].title), *ends(scene.facts, quantity))
            self._canvas.place_overlays()

    def menu(self) -> QMenu:
        """The choices as a menu."""
        made, scene = QMenu(self._canvas), self._canvas.scene
        for title, now, choose in (
            (tr("On the nodes"), scene.quantity, self.number),
            (tr("Heat map"), scene.warmth, self.warmth),
        ):
            made.addSection(title)
            for name in (*QUANTITIES, ""):
                word = str(QUANTITIES[name].title) if name else tr("Nothing")
                action = made.addAction(word, lambda name=name, choose=choose: choose(name))
                action.setCheckable(True)
                action.setChecked(name == now)
        made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return made


def _after(quantity: str) -> str:
    order = [*QUANTITIES, ""]
    return order[(order.index(quantity) + 1) % len(order)]
