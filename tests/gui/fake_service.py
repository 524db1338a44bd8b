"""A service that a test answers by hand: nothing is computed, nothing waits."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal


class Asked:
    """One question, with the ways to answer it."""

    def __init__(self, do: str, heard: tuple, args: dict[str, Any]) -> None:
        self.do, self.args = do, args
        self._done, self._failed, self._progress = heard
        self.waiting = True

    def cancel(self) -> None:
        self.waiting = False

    def answer(self, **result: Any) -> None:
        assert self.waiting
        self.waiting = False
        self._done(result)

    def refuse(self, sentence: str) -> None:
        assert self.waiting
        self.waiting = False
        self._failed(sentence)

    def progress(self, share: float, text: str = "") -> None:
        self._progress(share, text)


class FakeService(QObject):
    said = Signal(str)
    started = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Asked] = []

    def ask(self, do: str, done=None, failed=None, progress=None, **args: Any) -> Asked:
        self.asked.append(Asked(do, (done, failed, progress), args))
        return self.asked[-1]

    def last(self, do: str) -> Asked:
        """The last question of a kind that waits for its answer."""
        return next(a for a in reversed(self.asked) if a.do == do and a.waiting)

    def start(self) -> None: ...

    def close(self) -> None: ...
