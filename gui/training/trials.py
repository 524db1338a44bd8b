"""Two trials before a training, as a card above the curves: one batch by heart, and which learning rate suits.

The service tries them on a network of its own; the drawing, its weights and all runs stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QProgressBar, QVBoxLayout, QWidget

from graph import files
from graph.errors import CanevasError
from graph.text import Message, say, tr
from gui import parts
from gui.service import Request
from gui.session import Session
from gui.training.begin import planned
from gui.training.trial_curve import Drawing, TrialCurve

TITLES: dict[str, Message] = {"overfit": say("One batch by heart"), "find_rate": say("Find the learning rate")}
"""What can be tried, by the name of the request."""
FINE = 1000
"""Parts of the bar."""


class TrialCard(QFrame):
    """Asks for a trial, shows how far it is and what came of it; hidden while there is none."""

    busy_changed = Signal(bool)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._request: Request | None = None
        self.suggestion: float | None = None
        self.setProperty("role", "card")
        self._build()
        self.hide()

    def _build(self) -> None:
        self.icon = parts.Picture("hourglass", "t2", 16)
        self.title = parts.label(role="strong")
        self.state = parts.Elided(role="faint")
        self.cancel = parts.button(tr("Cancel"), "x", "quiet", self.close_trial, name="trial-cancel")
        self.shut = parts.tool("x", tr("Close this result"), self.close_trial, name="trial-close")
        head = parts.row(self.icon, self.title, self.state, self.cancel, self.shut, space=8, margin=(12, 6, 8, 2))
        head.setStretch(2, 1)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, FINE)
        self.running = parts.within(QWidget(), parts.row(self.bar, margin=(12, 6, 12, 14)))
        self.sentence = parts.label(wrap=True)
        self.use = parts.button("", "check", "main", self._use, name="trial-use")
        words = parts.row(self.sentence, self.use, space=16, margin=(12, 2, 12, 2))
        words.setStretch(0, 1)
        self.curve = TrialCurve()
        self.result = parts.within(QWidget(), parts.column(words, self.curve, space=4, margin=(0, 0, 0, 6)))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)
        for item in (head, self.running, self.result):
            layout.addLayout(item) if item is head else layout.addWidget(item)

    @property
    def busy(self) -> bool:
        """Whether something is being tried."""
        return self._request is not None and self._request.waiting

    def begin(self, do: str) -> None:
        """Try the network that is drawn, by the recipe, on the data that are chosen."""
        document, data = self._session.document, self._session.data
        if document is None or data is None:
            return
        self._give_up()
        self._say(do, tr("Getting ready"), "t2", "hourglass")
        self._turn(running=True)
        try:
            plan = planned(document, self._session.recipe, data, Path())
        except CanevasError as error:
            self._refused(str(error))
            return
        shown = {"overfit": self._learned, "find_rate": self._ranged}[do]
        self._request = self._session.service.ask(
            do,
            lambda result: self._ended(shown, result),
            self._refused,
            self._progressed,
            network=files.dumps(plan.network),
            weights={path: list(place) for path, place in plan.weights.items()},
            recipe=plan.recipe.to_dict(),
            data=data.to_dict(),
            preprocessing=plan.preprocessing.to_dict() if plan.preprocessing else None,
        )
        self.busy_changed.emit(True)

    def close_trial(self) -> None:
        """Give the trial up, or put its result away."""
        self._give_up()
        self.hide()

    def _give_up(self) -> None:
        if self._request is not None:
            self._request.cancel()
            self._request = None
            self.busy_changed.emit(False)

    def _progressed(self, share: float, text: str) -> None:
        self.bar.setValue(round(share * FINE))
        self.state.setText(text)

    def _ended(self, shown: Callable[[dict[str, Any]], None], result: dict[str, Any]) -> None:
        self._request = None
        self.state.setText("")
        self.sentence.setText(str(result["text"]))
        self._turn(running=False)
        shown(result)
        self.busy_changed.emit(False)

    def _refused(self, sentence: str) -> None:
        self._request = None
        self._say("", "", "err", "circle-alert")
        self.sentence.setText(sentence)
        self._turn(running=False)
        self.curve.hide()
        self.use.hide()
        self.busy_changed.emit(False)

    def _learned(self, result: dict[str, Any]) -> None:
        """How the loss of one batch went."""
        losses = result["losses"]
        self._say("overfit", "", *(("ok", "circle-check") if result["learned"] else ("warn", "triangle-alert")))
        self.use.hide()
        self._draw(Drawing(range(1, len(losses) + 1), losses, axis=tr("Steps")))

    def _ranged(self, result: dict[str, Any]) -> None:
        """The loss at each rate, and the one to take."""
        self.suggestion = result["suggestion"]
        given = self.suggestion is not None
        self._say("find_rate", "", *(("ok", "circle-check") if given else ("warn", "triangle-alert")))
        self.use.setVisible(given)
        word = f"{self.suggestion:g}" if given else ""
        self.use.setText(tr("Use {rate}", rate=word))
        found = (result["rates"], result["losses"], result["smoothed"])
        self._draw(Drawing(*found, True, self.suggestion, word, tr("Learning rate")))

    def _draw(self, drawing: Drawing) -> None:
        self.curve.setVisible(len(drawing.losses) > 1)
        self.curve.show_drawing(drawing)

    def _use(self) -> None:
        if self.suggestion is not None:
            self._session.set_recipe(replace(self._session.recipe, learning_rate=self.suggestion))
            self.use.hide()
            self.state.setText(tr("The recipe has this rate now."))

    def _say(self, do: str, state: str, color: str, icon: str) -> None:
        """Title, state and icon of the head; the title stays for an empty *do*."""
        if do:
            self.title.setText(str(TITLES[do]))
        self.state.setText(state)
        self.icon.show_icon(icon, color)

    def _turn(self, *, running: bool) -> None:
        """Show how far it is, or what came of it."""
        if running:
            self.bar.setValue(0)
        for widget, on in ((self.running, running), (self.cancel, running), (self.result, not running)):
            widget.setVisible(on)
        self.shut.setVisible(not running)
        self.show()
