"""What is known of the chosen data: asked of the service once, shared by the rooms that need it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from gui.data.facts import Facts, facts_of
from gui.service import Request
from gui.session import Session

GRID = 40
"""So many samples are asked for."""


class DataWatch(QObject):
    """Follows the data of a session: their facts, or why there are none; asks only once somebody wants to know."""

    changed = Signal()
    progressed = Signal(float, str)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._wanted = False
        self._request: Request | None = None
        self.facts: Facts | None = None
        self.answer: dict[str, Any] = {}
        self.refused = ""
        session.data_changed.connect(self._again)

    @classmethod
    def of(cls, session: Session) -> DataWatch:
        """The one watch of a session."""
        return session.findChild(cls) or cls(session)

    @property
    def busy(self) -> bool:
        """Whether the data are being read."""
        return self._request is not None and self._request.waiting

    def want(self) -> None:
        """From now on the facts are wanted; they are asked for if that has not happened yet."""
        if not self._wanted:
            self._wanted = True
            self._again()

    def reload(self) -> None:
        """Read the data again (files have changed, or a download is allowed now)."""
        self._wanted = True
        self._again()

    def cancel(self) -> None:
        """Stop reading."""
        if self._request is not None:
            self._request.cancel()
            self._request = None
            self.changed.emit()

    def _again(self) -> None:
        if self._request is not None:
            self._request.cancel()
            self._request = None
        self.facts, self.answer, self.refused = None, {}, ""
        data = self._session.data
        if data is not None and self._wanted:
            self._request = self._session.service.ask(
                "data", self._took, self._failed, self.progressed.emit, data=data.to_dict(), samples=GRID
            )
        self.changed.emit()

    def _took(self, answer: dict[str, Any]) -> None:
        self._request = None
        data = self._session.data
        self.answer = answer
        self.facts = facts_of(answer, data.name if data else "")
        self.changed.emit()

    def _failed(self, sentence: str) -> None:
        self._request = None
        self.refused = sentence
        self.changed.emit()
