"""The progress strip: where training is, how long it takes, and the buttons that its state calls for."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QFrame, QProgressBar, QPushButton

from gui import parts, theme
from gui.training.words import Action, Strip, actions

FINE = 1000
"""Parts of the bar."""


class ProgressStrip(QFrame):
    """Shows a :class:`Strip`; announces what its buttons ask for."""

    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "bar")
        self.setMinimumHeight(64)
        self.head = parts.label(role="strong")
        self.detail = parts.Elided(role="second")
        self.elapsed = parts.label(role="second")
        self.left = parts.label(role="strong")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, FINE)
        words = parts.row(self.head, self.detail, self.elapsed, self.left, space=10)
        words.setStretch(1, 1)
        self._buttons = parts.row(space=8)
        self.buttons: dict[str, QPushButton] = {}
        self._shown: tuple[Action, ...] = ()
        parts.within(
            self,
            parts.row(
                parts.column(None, words, self.bar, None, space=8), self._buttons, space=16, margin=(16, 0, 16, 0)
            ),
        )

    def show_strip(self, strip: Strip, state: str) -> None:
        """Show *strip*, and the buttons for *state*."""
        for widget, text in (
            (self.head, strip.head),
            (self.detail, strip.detail),
            (self.elapsed, strip.elapsed),
            (self.left, strip.left),
        ):
            if widget.text() != text:
                widget.setText(text)
            widget.setVisible(bool(text))  # an empty one would push the others from the end of the bar
        self.bar.setValue(round(strip.share * FINE))
        parts.role(self.head, "error" if state in ("failed", "crashed") else "strong")
        self._offer(actions(state))

    def _offer(self, wanted: tuple[Action, ...]) -> None:
        if wanted == self._shown:
            return
        self._shown = wanted
        parts.clear(self._buttons)
        self.buttons = {}
        for action in wanted:
            made = parts.button(
                str(action.text),
                action.icon,
                "main" if action.main else "",
                lambda do=action.do: self.asked.emit(do),
                tip=str(action.tip),
                name=action.do,
            )
            if action.do == "stop":
                made.setIcon(theme.icon(action.icon, "err"))
            made.setIconSize(QSize(22, 16))
            made.setMinimumHeight(32)
            self._buttons.addWidget(made)
            self.buttons[action.do] = made

    def enable(self, on: bool) -> None:
        """Whether the buttons can be pressed (not while the answer to the last press is on its way)."""
        for button in self.buttons.values():
            button.setEnabled(on)
