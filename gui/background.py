"""Work that reads many files, done beside the event loop, its answer handed over in it.

For what needs no torch (that is the service's); a room that closes meanwhile is not called any more.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal, Slot

from graph.errors import CanevasError


class _Announcer(QObject):
    """Lives in the thread of the work, and says what came of it."""

    ended = Signal(object, object)


class _Ear(QObject):
    """Lives with its owner in the window's thread, and hears the end unless the owner is gone."""

    def __init__(self, owner: QObject, done: Callable[[Any], None] | None, failed: Callable[[str], None] | None):
        super().__init__(owner)
        self._done, self._failed = done, failed

    @Slot(object, object)
    def hear(self, result: Any, error: CanevasError | None) -> None:
        self.deleteLater()
        if error is None:
            if self._done:
                self._done(result)
        elif self._failed:
            self._failed(str(error))


class _Task(QRunnable):
    def __init__(self, work: Callable[[], Any], ear: _Ear) -> None:
        super().__init__()
        self._work = work
        self._announcer = _Announcer()
        self._announcer.ended.connect(ear.hear)

    def run(self) -> None:
        try:
            result, error = self._work(), None
        except CanevasError as e:
            result, error = None, e
        with contextlib.suppress(RuntimeError):  # the program is ending: Qt's side of the announcer is gone already
            self._announcer.ended.emit(result, error)


def in_background(
    owner: QObject,
    work: Callable[[], Any],
    done: Callable[[Any], None] | None = None,
    failed: Callable[[str], None] | None = None,
) -> None:
    """Call *work* in another thread; then *done* with its result or *failed* with a sentence, in this one.

    A mistake that is no :class:`CanevasError` is ours: it stays an exception with a traceback.
    """
    QThreadPool.globalInstance().start(_Task(work, _Ear(owner, done, failed)))
