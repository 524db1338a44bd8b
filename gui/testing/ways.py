"""Ways to look into the network through the image: Grad-CAM, the stages of a detector, a receptive field.

One of them is on, or none; it asks the service for the image that is looked at, and draws over it.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from graph.text import tr
from gui import parts
from gui.testing.cam import CamBar
from gui.testing.field import FieldBar
from gui.testing.maps import with_maps
from gui.testing.overlay import NOTHING, Overlay
from gui.testing.stages import StagesBar, staged
from gui.testing.tester import Tester

At = tuple[int, str]
"""The image that is looked at: a sample's index, or −1 and a file."""


class Ways(QWidget):
    """The bar under the image, and what is drawn over it."""

    overlaid = Signal(object)
    moved = Signal(object)
    """The position of a map whose field is shown; None: none is."""

    def __init__(self, tester: Tester) -> None:
        super().__init__()
        self._tester = tester
        self.way, self.at, self.node = "", (-1, ""), ""
        self._asked: tuple[Any, ...] = ()
        self._drawn = NOTHING
        """What was drawn last for what was asked last."""
        self.cam, self.stages, self.field = CamBar(), StagesBar(), FieldBar()
        self._bars: dict[str, QWidget] = {"cam": self.cam, "stages": self.stages, "field": self.field}
        parts.within(self, parts.column(*self._bars.values(), space=0))
        self.cam.wanted.connect(self._ask)
        for bar in (self.cam, self.stages, self.field):
            bar.overlaid.connect(self._draw)
        self.field.moved.connect(self.moved)
        tester.model_changed.connect(self._forget)
        tester.result_changed.connect(self._forget)
        self.show_way("")

    def offered(self) -> tuple[tuple[str, str], ...]:
        """The ways that there are for this network: a name and a word for each."""
        report = self._tester.report
        nodes = with_maps(report) if report is not None else []
        if not nodes:
            return ()
        found = [("cam", tr("Grad-CAM")), ("field", tr("Receptive field"))]
        if any(fact.layer.category == "det" for _, fact in report.leaves()):
            found.insert(1, ("stages", tr("Stages")))
        return tuple(found)

    def look_at(self, at: At) -> None:
        """Another image is looked at."""
        self.at = at

    def show_node(self, path: str) -> None:
        """Another node is chosen for its maps: its field is that which is shown."""
        self.node = path
        if self.way == "field":
            self.field.show_node(self._tester.report, path)

    def show_way(self, way: str) -> None:
        """Look in this way from now on; in none if empty."""
        self.way = way
        for name, bar in self._bars.items():
            bar.setVisible(name == way)
        self.setVisible(bool(way))
        if way != "field":
            self.moved.emit(None)
        if not way:
            self._asked = () if self._drawn is NOTHING else self._asked  # an answer on its way is not waited for
            self.overlaid.emit(NOTHING)
            return
        self._ask()

    def point(self, x: float, y: float) -> None:
        """A click on the image."""
        if self.way == "stages":
            self.stages.point(x, y)
        elif self.way == "field":
            self.field.point(x, y)

    def hover(self, at: tuple[float, float] | None) -> None:
        """The mouse moves over the image."""
        if self.way == "stages":
            self.stages.hover(at)

    def _draw(self, overlay: Overlay) -> None:
        self._drawn = overlay
        self.overlaid.emit(overlay)

    def _forget(self) -> None:
        self._asked = ()

    def _ask(self) -> None:
        """Ask for what is to be drawn, unless it is already."""
        report, result = self._tester.report, self._tester.result
        if self.way == "field":
            self.field.show_node(report, self.node)
            return
        if self.way == "cam":
            nodes = with_maps(report, of_image=True) if report else []
            self.cam.offer(nodes, result.classes if result else ())
        asked = (self.way, self.at, self._tester.model, *((self.cam.node, self.cam.label) if self.way == "cam" else ()))
        if asked == self._asked:
            self.overlaid.emit(self._drawn)
            return
        self._asked = asked
        self._draw(NOTHING)
        if self.way == "cam":
            self.cam.note.setText(tr("Looking …"))
            label = {} if self.cam.label is None else {"class": self.cam.label}
            self._tester.inside("cam", self.at, self._of_cam, self._of_cam, path=self.cam.node, **label)
        else:
            self.stages.show_stages(None, tr("Looking …"))
            self._tester.inside("stages", self.at, self._of_stages, self._of_stages)

    def _of_cam(self, answer: dict[str, Any] | str) -> None:
        self._asked = () if isinstance(answer, str) else self._asked
        if self.way == "cam":
            self.cam.show_answer(answer)
            if self._asked:  # the node may have been found by itself
                self._asked = (*self._asked[:3], self.cam.node, self.cam.label)

    def _of_stages(self, answer: dict[str, Any] | str) -> None:
        self._asked = () if isinstance(answer, str) else self._asked
        if self.way == "stages":
            found = None if isinstance(answer, str) else staged(answer)
            self.stages.show_stages(found, answer if isinstance(answer, str) else "")
