"""The process that does for the window all that needs torch outside a run: ``python -P -m runtime.service``.

Requests come as JSON lines on standard input, ``{"id", "do", ...}``; answers go as JSON lines to standard output:
``{"id", "progress": 0..1, "text"}``, then ``{"id", "result": {...}}`` or ``{"id", "error": sentence}``.
``{"cancel": id}`` gives a request up.  One request is served at a time; the end of the input ends the process.

What can be asked, and what its words mean, is :data:`runtime.requests.REQUESTS`.
"""

from __future__ import annotations

import faulthandler
import json
import os
import queue
import sys
import threading
import time
import traceback
from typing import IO, Any

from graph.errors import CanevasError
from graph.text import say, tr, use_language
from runtime.processes import LANGUAGE

PACE = 0.1
"""Seconds between two words about progress."""


class Cancelled(Exception):
    """Whoever asked does not want to know any more."""


class Line:
    """The way back to the window: answers, progress, and whether it still wants them."""

    def __init__(self, out: IO[str]) -> None:
        self.out = out
        self._lock = threading.Lock()
        self.cancelled: set[Any] = set()
        self._told = 0.0

    def send(self, **message: Any) -> None:
        """Write one message."""
        with self._lock:
            self.out.write(json.dumps(message, ensure_ascii=True) + "\n")
            self.out.flush()

    def progress(self, id: Any, share: float, text: str = "") -> None:
        """Say how far a request is, not too often.

        Raises:
            Cancelled: it has been given up.
        """
        if id in self.cancelled:
            raise Cancelled
        now = time.monotonic()
        if now - self._told >= PACE:
            self._told = now
            self.send(id=id, progress=round(share, 4), text=text)


def main() -> int:
    """Serve until the input ends."""
    faulthandler.enable()
    use_language(os.environ.get(LANGUAGE, "en"))
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints goes where errors go, and not between our lines
    line = Line(out)
    waiting: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(waiting, line), name="requests", daemon=True).start()

    from runtime.requests import Desk  # torch, which takes seconds; requests are read and kept meanwhile

    desk = Desk()
    try:
        while (request := waiting.get()) is not None:
            serve(desk, request, line)
    except BrokenPipeError:  # the window is gone
        return 0
    finally:
        desk.close()
    return 0


def serve(desk: Any, request: dict[str, Any], line: Line) -> None:
    """Answer one request; whatever happens, with one message."""
    id, do = request.pop("id", None), request.pop("do", "")
    if "language" in request:
        use_language(str(request.pop("language")))
    try:
        line.progress(id, 0.0)
        result = desk.answer(do, request, lambda share, text="": line.progress(id, share, text))
    except Cancelled:
        line.send(id=id, error=tr("This was given up."))
    except CanevasError as e:
        line.send(id=id, error=str(e))
    except OSError as e:
        line.send(id=id, error=tr("The system refuses: {why}.", why=e.strerror or str(e)))
    except MemoryError:
        line.send(id=id, error=tr("There is not enough memory for this."))
    except Exception as e:  # our own mistake: the window gets a sentence, stderr the rest
        traceback.print_exc()
        why = (str(e).strip().splitlines() or [""])[0][:300]
        line.send(id=id, error=str(say("This went wrong: {name}: {why}.", name=type(e).__name__, why=why)))
    else:
        line.send(id=id, result=result)
    line.cancelled.discard(id)


def _read(waiting: queue.SimpleQueue[dict[str, Any] | None], line: Line) -> None:
    for text in sys.stdin:
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            message = None
        named = message.get("cancel", message.get("id")) if isinstance(message, dict) else None
        if not isinstance(named, (int, str)):
            line.send(id=None, error=tr("A request is a JSON object on one line, with an id."))
        elif "cancel" in message:
            line.cancelled.add(named)
        else:
            waiting.put(message)
    waiting.put(None)


if __name__ == "__main__":
    sys.exit(main())
