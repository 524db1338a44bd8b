"""What is known of the chosen data: asked of the service once, shared by the rooms that need it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from graph.checks import task
from gui.data.facts import Facts, facts_of
from gui.document import Document
from gui.service import Request
from gui.session import Session

GRID = 40
"""So many samples are asked for."""


class DataWatch(QObject):
    """Follows the data of a session: their facts, or why there are none; asks only once somebody wants to know.

    Data that tell several things (boxes and masks) are read for the task of the current network.
    """

    changed = Signal()
    progressed = Signal(float, str)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._wanted = False
        self._request: Request | None = None
        self._document: Document | None = None
        self.task = ""
        self.facts: Facts | None = None
        self.answer: dict[str, Any] = {}
        self.refused = ""
        session.data_changed.connect(self._again)
        session.document_changed.connect(self._follow)
        self._follow(session.document)

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
                "data",
                self._took,
                self._failed,
                self.progressed.emit,
                data=data.to_dict(),
                samples=GRID,
                task=self.task,
            )
        self.changed.emit()

    def _follow(self, document: Document | None) -> None:
        """Read for the network of *document* from now on."""
        if self._document is not None:
            self._document.analyzed.disconnect(self._judge)
        self._document = document
        if document is not None:
            document.analyzed.connect(self._judge)
            self._judge()

    def _judge(self) -> None:
        """Read the data anew if the network learns something else now than what they were read for."""
        wanted = task(self._document.network) if self._document is not None else ""
        if wanted in ("", self.task):
            return
        self.task = wanted
        if self.facts is None or self.facts.task != wanted:
            self._again()

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
