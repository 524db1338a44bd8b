"""What is being opened by the service: a line per network, with how far it is and a way to give it up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QProgressBar, QVBoxLayout, QWidget

from graph.text import tr
from gui.parts import Elided, Picture, button, row, within

if TYPE_CHECKING:
    from gui.service import Request, Service

FINE = 1000
BAR = 240


class Opening(QFrame):
    """One network on its way."""

    ended = Signal()
    """It is here, was refused or given up."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.setProperty("role", "bar")
        self.setObjectName("opening")
        self.setFixedHeight(40)
        self._request: Request | None = None
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 0)  # nobody knows how far it is until the service says so
        self.bar.setFixedWidth(BAR)
        self.stop = button(tr("Cancel"), do=self.cancel, name="cancel-opening")
        said = Elided(words, "second")
        line = row(Picture("loader", "t2", 16), said, self.bar, self.stop, space=12, margin=(16, 0, 8, 0))
        line.setStretchFactor(said, 1)
        within(self, line)

    def ask(
        self, service: Service, done: Callable[[Any], object], failed: Callable[[str], object], **args: Any
    ) -> None:
        """Ask *service* for the network; whatever becomes of it, this line goes."""

        def heard(answer: Callable[[Any], object], what: Any) -> None:
            self.ended.emit()
            answer(what)

        self._request = service.ask(
            "import", lambda result: heard(done, result), lambda why: heard(failed, why), self._progress, **args
        )

    def cancel(self) -> None:
        """Give it up."""
        if self._request is not None:
            self._request.cancel()
        self.ended.emit()

    def _progress(self, share: float, _: str) -> None:
        if share > 0:
            self.bar.setRange(0, FINE)
            self.bar.setValue(round(share * FINE))


class Openings(QWidget):
    """The lines of all that is being opened; nothing where nothing is."""

    def __init__(self) -> None:
        super().__init__()
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(0)
        self.hide()

    def ask(
        self,
        words: str,
        service: Service,
        done: Callable[[Any], object],
        failed: Callable[[str], object],
        **args: Any,
    ) -> None:
        """Ask *service* to import what *args* name, and show *words* until it is here or has been given up."""
        line = Opening(words)
        line.ended.connect(lambda: self._end(line))
        self._lines.addWidget(line)
        self.show()
        line.ask(service, done, failed, **args)

    def _end(self, line: Opening) -> None:
        self._lines.removeWidget(line)
        line.hide()
        line.deleteLater()
        self.setVisible(self._lines.count() > 0)
