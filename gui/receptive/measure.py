"""Measure what the value really looks at: a question to the service, with progress, and what came out in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar, QWidget

from graph import files
from graph.errors import CanevasError
from graph.network import Network
from graph.text import tr, tr_count
from gui import parts
from gui.numbers import pixels
from gui.parts import button, column, label, row, tool, within
from gui.receptive.sight import Sight

if TYPE_CHECKING:
    from gui.document import Document
    from gui.receptive.images import FieldImages
    from gui.service import Request
    from gui.session import Session

IMAGES = 16
"""So many images are averaged over, where there are so many."""


class Measure(QWidget):
    """The button, the progress and the result."""

    measured = Signal(object)
    """How much each pixel counts, an array; None: it is not known (any more)."""

    def __init__(self, session: Session, images: FieldImages) -> None:
        super().__init__()
        self._session, self._images = session, images
        self._request: Request | None = None
        self._of: tuple[object, ...] = ()
        self._document: Document | None = None
        self._sight: Sight | None = None
        self.start = button(tr("Measure"), "activity", do=self.measure, name="measure-field")
        self.start.setToolTip(tr("The gradient of this value on the image, averaged over images"))
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.stop = tool("x", tr("Cancel"), self.cancel, name="cancel-field")
        self._running = within(QWidget(), row(self.bar, self.stop, space=8))
        self._running.hide()
        words = tr("The square says what may count; the gradient says how much each pixel does.")
        self.told = label(words, "label", wrap=True)
        self.told.setObjectName("measured")
        title = row(label(tr("What really counts"), "strong"), None, self.start, space=8)
        within(self, column(title, self.told, self._running, space=6))

    def show_sight(self, document: Document | None, sight: Sight | None) -> None:
        """Another value is looked at, or another network: what was measured holds no more."""
        self._document, self._sight = document, sight
        self.start.setEnabled(sight is not None)
        now = () if sight is None else (sight.report.network, sight.path, sight.position)
        if now != self._of:
            self._of = now
            self.cancel()
            self.measured.emit(None)
            self._say(tr("The square says what may count; the gradient says how much each pixel does."))

    def measure(self) -> None:
        """Ask the service."""
        if self._sight is None or self._document is None:
            return
        self.cancel()
        self._running.show()
        self.bar.setValue(0)
        self._request = self._session.service.ask(
            "effective_field",
            self._done,
            self._failed,
            lambda share, text: self.bar.setValue(round(1000 * share)),
            network=files.dumps(self._document.network),
            path=self._sight.path,
            position=list(self._sight.position),
            source=self._sight.source,
            n=IMAGES,
            **self._images.args(),
            **self._weights(),
        )

    def cancel(self) -> None:
        """Give it up."""
        if self._request is not None:
            self._request.cancel()
            self._request = None
        self._running.hide()

    def _weights(self) -> dict[str, Any]:
        """Those of the document, else those of the run that is looked at, if it trains this network."""
        assert self._document is not None
        if self._document.weights:
            return {"weights": {path: list(place) for path, place in self._document.weights.items()}}
        run = self._session.run
        if run is None:
            return {}
        try:
            same = run.checkpoint() is not None and _alike(run.network, self._document.network)
        except (CanevasError, OSError):  # a run that somebody has removed
            return {}
        return {"model": str(run.folder)} if same else {}

    def _done(self, result: dict[str, Any]) -> None:
        self._request = None
        self._running.hide()
        sizes = tuple(last - first + 1 for first, last in result["extent"])
        images = tr_count("{n} image", "{n} images", result["images"])
        if result["random"]:
            images = tr_count("{n} random image", "{n} random images", result["images"])
        weights = tr("trained weights") if result["trained"] else tr("weights as they are drawn before training")
        self._say(
            tr(
                "95 % of the gradient lies within {size} px. Measured on {images}, with {weights}.",
                size=pixels(sizes),
                images=images,
                weights=weights,
            )
        )
        self.measured.emit(np.load(result["map"]))

    def _failed(self, sentence: str) -> None:
        self._request = None
        self._running.hide()
        self._say(sentence, "error")

    def _say(self, sentence: str, role: str = "label") -> None:
        self.told.setText(sentence.replace("\u2009", "\u202f"))
        parts.role(self.told, role)


def _alike(a: Network, b: Network) -> bool:
    """Whether two networks have the same layers by the same names, wherever they stand on the drawing."""
    layers = [{name: node.layer for name, node in n.nodes.items()} for n in (a, b)]
    return layers[0] == layers[1] and set(a.edges) == set(b.edges) and a.blocks.keys() == b.blocks.keys()
