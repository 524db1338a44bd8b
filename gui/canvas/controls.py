"""What stands over and around the drawing: the zoom control, and the way into blocks."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from graph.text import tr
from gui import parts
from gui.canvas.viewport import View


class ZoomControl(QFrame):
    """Minus, the scale, plus, fit, the minimap's switch, and what is seen on the nodes."""

    def __init__(
        self, view: View, fit: Callable[[], None], turn_map: Callable[[], None], showing: Callable[[], None]
    ) -> None:
        super().__init__(view)
        self.setProperty("role", "popup")
        self._percent = parts.button("100 %", role="quiet", do=lambda: view.zoom_to(1.0), tip=tr("Zoom to 100 %"))
        self._percent.setFixedSize(56, 28)
        self._percent.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._map = parts.tool("map", tr("Show the map"), turn_map)
        self._map.setCheckable(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(3, 3, 3, 3)
        layout.setSpacing(2)
        tools = (
            parts.tool("minus", tr("Zoom out"), lambda: view.zoom_step(-1)),
            self._percent,
            parts.tool("plus", tr("Zoom in"), lambda: view.zoom_step(1)),
            parts.upright(16),
            parts.tool("maximize", tr("Show everything"), fit),
            self._map,
            parts.tool("thermometer", tr("Numbers on the nodes, heat map"), showing, name="showing"),
        )
        for tool in tools:
            tool.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            layout.addWidget(tool)
        view.zoomed.connect(self._show)
        self.adjustSize()

    def show_map(self, on: bool) -> None:
        """Whether the minimap is there."""
        self._map.setChecked(on)

    def _show(self, scale: float) -> None:
        self._percent.setText(tr("{n} %", n=round(scale * 100)))


class Breadcrumbs(QFrame):
    """The way into blocks, a button per step; absent at the top."""

    wanted = Signal(object)
    """Another place to look at: names of blocks from the outside in."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "bar")
        self.setFixedHeight(36)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(12, 0, 12, 0)
        self._layout.setSpacing(0)
        self.hide()

    def show_trail(self, title: str, trail: tuple[str, ...]) -> None:
        """Show the way from the network called *title* into *trail*."""
        parts.clear(self._layout)
        self.setVisible(bool(trail))
        for i, name in enumerate((title, *trail)):
            if i:
                self._layout.addWidget(parts.Picture("chevron-right", "t3", 14))
            self._layout.addWidget(self._step(name, trail[:i], here=i == len(trail)))
        self._layout.addStretch(1)
        if trail:
            self._layout.addWidget(parts.label(tr("Esc leaves the block"), "hint"))

    def _step(self, name: str, trail: tuple[str, ...], *, here: bool) -> QWidget:
        if here:
            made = parts.label(name, "strong")
            made.setContentsMargins(8, 0, 8, 0)
            return made
        step: QPushButton = parts.button(name, role="quiet", do=lambda: self.wanted.emit(trail))
        step.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return step
