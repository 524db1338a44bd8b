"""Work that reads many files, done beside the event loop, its answer handed over in it.

For what needs no torch (that is the service's); a room that closes meanwhile is not called any more.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot
from shiboken6 import isValid

from graph.errors import CanevasError

_pool = ThreadPoolExecutor(4, thread_name_prefix="canevas")
_ears: set[_Ear] = set()
"""Those who still wait.  They belong to nobody else, so that none is freed while another thread speaks to it."""


class _Ear(QObject):
    """Lives in the window's thread and hears the end there."""

    ended = Signal(object, object)

    def __init__(self, owner: QObject, done: Callable[[Any], None] | None, failed: Callable[[str], None] | None):
        super().__init__()
        self._owner, self._done, self._failed = owner, done, failed
        self.ended.connect(self.hear, Qt.ConnectionType.QueuedConnection)

    @Slot(object, object)
    def hear(self, result: Any, error: Exception | None) -> None:
        """Tell the owner, if it is still there."""
        _ears.discard(self)
        if not isValid(self._owner):
            return
        if error is None:
            if self._done:
                self._done(result)
        elif not isinstance(error, CanevasError):
            raise error
        elif self._failed:
            self._failed(str(error))


def in_background(
    owner: QObject,
    work: Callable[[], Any],
    done: Callable[[Any], None] | None = None,
    failed: Callable[[str], None] | None = None,
) -> None:
    """Call *work* in another thread; then *done* with its result or *failed* with a sentence, in this one.

    A mistake that is no :class:`CanevasError` is ours: it is raised in this thread, with its traceback.
    """
    ear = _Ear(owner, done, failed)
    _ears.add(ear)
    _pool.submit(_run, work, ear)


def _run(work: Callable[[], Any], ear: _Ear) -> None:
    try:
        result, error = work(), None
    except Exception as e:  # handed over whole, to be raised where somebody sees it
        result, error = None, e
    ear.ended.emit(result, error)
