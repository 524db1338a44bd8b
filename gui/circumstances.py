"""What surrounds the current network while it is judged: the chosen data, as far as they are known, and the machine."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from graph.circumstances import Circumstances
from gui.data.watch import DataWatch
from gui.session import Session
from runtime import machine


class Surroundings(QObject):
    """Follows data and recipe of a session; nothing is read for it."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session, self._watch = session, DataWatch.of(session)
        self._watch.changed.connect(self.changed)
        session.recipe_changed.connect(self.changed)

    @property
    def now(self) -> Circumstances:
        """What is known by now."""
        batch, facts = self._session.recipe.batch, self._watch.facts
        if facts is None:
            return Circumstances(memory=machine.memory(), batch=batch)
        return facts.around(batch)
