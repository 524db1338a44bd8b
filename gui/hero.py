"""The picture of the welcome page: a real digit on its way through the trained network of the lecture.

The maps and scores were computed once (``tools/welcome_picture.py``); here they are colored and laid out.
"""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from graph.text import tr
from gui import theme
from gui.parts import mixed

ASSETS = Path(__file__).parent / "assets"
STAGES = ((28, 1, 112), (28, 5, 112), (14, 6, 70), (7, 8, 42))
"""Per stage: pixels of a tile, how many tiles are in the picture, and how large they are drawn."""

WIDE, HIGH = 812, 236


class Hero(QWidget):
    """Digit, maps, scores; captions below."""

    def __init__(self) -> None:
        super().__init__()
        self._strip = QImage(str(ASSETS / "welcome.png"))
        self._scores = json.loads((ASSETS / "welcome.json").read_text(encoding="utf-8"))["scores"]
        self._tinted: tuple[str, QImage] | None = None
        self.setFixedHeight(HIGH)
        self.setMinimumWidth(420)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(WIDE, HIGH)

    def _blue(self) -> QImage:
        """The strip in shades from the well over the color of convolutions to white."""
        t = theme.theme()
        if self._tinted is None or self._tinted[0] != t.name:
            low, middle, high = QColor("#05070b"), QColor("#2f7fd6"), QColor("#f4f9ff")
            table = [
                (mixed(low, middle, i / 140) if i < 140 else mixed(middle, high, (i - 140) / 115)).rgb()
                for i in range(256)
            ]
            made = self._strip.convertToFormat(QImage.Format.Format_Grayscale8)
            indexed = QImage(
                made.constBits(), made.width(), made.height(), made.bytesPerLine(), QImage.Format.Format_Indexed8
            )
            indexed.setColorTable(table)
            self._tinted = (t.name, indexed.convertToFormat(QImage.Format.Format_RGB32))
        return self._tinted[1]

    def paintEvent(self, event: QPaintEvent) -> None:
        t, painter = theme.theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scale = min(1.0, self.width() / WIDE)
        painter.translate((self.width() - WIDE * scale) / 2, (self.height() - HIGH * scale) / 2)
        painter.scale(scale, scale)
        x, middle, source = 4.0, 96.0, 0
        blue = self._blue()
        captions = (
            ("28 × 28", tr("grey image")),
            (tr("{n} maps", n=8), "28 × 28"),
            (tr("{n} maps", n=16), "14 × 14"),
            (tr("{n} maps", n=32), "7 × 7"),
        )
        for stage, (side, count, size) in enumerate(STAGES):
            step = {0: 0.0, 1: 13.0, 2: 10.0, 3: 8.0}[stage]
            spread = step * (count - 1)
            top = middle - (size + spread) / 2
            for k in range(count):
                at = count - 1 - k  # the last one is drawn first, so that the first lies in front
                box = QRectF(x + step * at, top + spread - step * at, size, size)
                tile = QRect(source + side * at, 0, side, side)
                painter.drawImage(box, self._strip if stage == 0 else blue, QRectF(tile))
                painter.setPen(QPen(t.color("line2") if stage == 0 else t.family("conv", 0.9), 1))
                painter.drawRect(box)
            source += side * count
            self._caption(painter, x, *captions[stage])
            x += size + spread + 12
            self._arrow(painter, x, middle)
            x += 40
        self._bars(painter, x, middle)
        self._caption(painter, x + 18, tr("{n} scores", n=10), "softmax")

    def _arrow(self, painter: QPainter, x: float, y: float) -> None:
        painter.setPen(QPen(theme.theme().color("wire"), 1.5))
        painter.drawLine(QPointF(x, y), QPointF(x + 26, y))
        painter.drawLine(QPointF(x + 21, y - 4), QPointF(x + 26, y))
        painter.drawLine(QPointF(x + 21, y + 4), QPointF(x + 26, y))

    def _bars(self, painter: QPainter, x: float, middle: float) -> None:
        t, best = theme.theme(), self._scores.index(max(self._scores))
        for i, score in enumerate(self._scores):
            y = middle - 70 + 14 * i
            painter.setFont(theme.font(theme.AXIS, theme.SEMIBOLD if i == best else theme.REGULAR))
            painter.setPen(t.color("t1" if i == best else "t3"))
            painter.drawText(QRectF(x, y, 12, 14), Qt.AlignmentFlag.AlignCenter, str(i))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(t.color("bg3"))
            painter.drawRoundedRect(QRectF(x + 18, y + 3, 80, 8), 2, 2)
            painter.setBrush(t.family("dense"))
            painter.drawRoundedRect(QRectF(x + 18, y + 3, max(1.5, 80 * score), 8), min(2, 40 * score), 2)

    def _caption(self, painter: QPainter, x: float, first: str, second: str) -> None:
        t = theme.theme()
        painter.setFont(theme.font(theme.LABEL, theme.MEDIUM))
        painter.setPen(t.color("t1"))
        painter.drawText(QPointF(x, 202), first)
        painter.setFont(theme.font(theme.LABEL))
        painter.setPen(t.color("t3"))
        painter.drawText(QPointF(x, 219), second)
