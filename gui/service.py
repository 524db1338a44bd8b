"""The window's line to the process that knows torch: questions go out, progress and answers come back.

One service runs beside the window.  It is started after the first paint (:meth:`Service.start`), takes requests as
JSON lines and is started again when it crashes; whoever waited is told so in one sentence.  Nothing here blocks.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, QProcess, QProcessEnvironment, Signal

from graph.text import Message, language, say, tr
from runtime import processes

COMMAND = ("-P", "-m", "runtime.service")
"""What python is asked to run; ``-P``, or a ``torch.py`` in the working folder would be imported."""

CRASHES = 3
"""After so many crashes without an answer in between, the service waits for the next question before it starts."""


class Request:
    """A question on its way: who wants to hear what becomes of it, and the way to give it up."""

    def __init__(self, service: Service, number: int, heard: tuple[Callable | None, ...]) -> None:
        self._service, self.number = service, number
        self.done, self.failed, self.progress = heard

    @property
    def waiting(self) -> bool:
        """Whether the answer is still to come."""
        return self._service.waits_for(self)

    def cancel(self) -> None:
        """Give it up: nobody is called any more, and the service is told to stop."""
        self._service.cancel(self)


class Service(QObject):
    """Client of ``python -m runtime.service``.

    *said* carries a sentence that a person should read (the service crashed and runs again).
    """

    said = Signal(str)
    started = Signal()

    def __init__(self, parent: QObject | None = None, command: tuple[str, ...] = COMMAND) -> None:
        super().__init__(parent)
        self._command = command
        self._process: QProcess | None = None
        self._waiting: dict[int, Request] = {}
        self._number = 0
        self._rest = b""
        self._crashes = 0

    def start(self) -> None:
        """Start the process if it does not run; returns at once."""
        if self._process is not None:
            return
        process = QProcess(self)
        process.setProcessEnvironment(_environment())
        process.readyReadStandardOutput.connect(self._read)
        process.setStandardErrorFile(QProcess.nullDevice())
        process.started.connect(self.started)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._broken)
        self._process, self._rest = process, b""
        process.start(sys.executable, list(self._command))
        if (app := QCoreApplication.instance()) is not None:
            app.aboutToQuit.connect(self.close)

    def ask(
        self,
        do: str,
        done: Callable[[dict[str, Any]], None] | None = None,
        failed: Callable[[str], None] | None = None,
        progress: Callable[[float, str], None] | None = None,
        **args: object,
    ) -> Request:
        """Ask for *do* with *args*.

        *done* gets the result, *failed* a sentence, *progress* a share of 0 to 1 and a few words; each at a later
        turn of the event loop, and none after ``cancel()``.
        """
        self.start()
        self._number += 1
        request = Request(self, self._number, (done, failed, progress))
        self._waiting[request.number] = request
        self._send({"id": request.number, "do": do, "language": language(), **args})
        return request

    @property
    def busy(self) -> bool:
        """Whether an answer is awaited."""
        return bool(self._waiting)

    def waits_for(self, request: Request) -> bool:
        """Whether *request* has no answer yet."""
        return self._waiting.get(request.number) is request

    def cancel(self, request: Request) -> None:
        """Forget *request* and tell the service."""
        if self._waiting.pop(request.number, None) is not None:
            self._send({"cancel": request.number})

    @property
    def pid(self) -> int:
        """Number of the process; 0 when there is none."""
        return self._process.processId() if self._process else 0

    def close(self) -> None:
        """End the process with the window; questions on their way are forgotten."""
        self._waiting.clear()
        process, self._process = self._process, None
        if process is None:
            return
        process.blockSignals(True)
        process.closeWriteChannel()  # it ends by itself at the end of its input, and takes its files along
        if not process.waitForFinished(300):
            process.kill()
            process.waitForFinished(1000)
        process.deleteLater()

    def _send(self, message: dict[str, object]) -> None:
        if self._process is not None:
            self._process.write(json.dumps(message).encode() + b"\n")

    def _read(self) -> None:
        if self._process is None:
            return
        lines = (self._rest + bytes(self._process.readAllStandardOutput().data())).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            if message := decoded(line):
                self._answer(message)

    def _answer(self, message: dict[str, Any]) -> None:
        request = self._waiting.get(message.get("id", 0))
        if request is None:
            return
        self._crashes = 0
        if "progress" in message:
            if request.progress:
                request.progress(float(message["progress"]), str(message.get("text", "")))
            return
        del self._waiting[request.number]
        if "error" in message:
            if request.failed:
                request.failed(str(message["error"]))
        elif request.done:
            request.done(message.get("result") or {})

    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read()
        self._ended(str(crashed(status == QProcess.ExitStatus.CrashExit, code)))

    def _broken(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:  # only then no `finished` follows
            self._crashes = CRASHES
            self._ended(tr("The process that computes for the window cannot be started: {why}.", why=self._why()))

    def _why(self) -> str:
        return self._process.errorString() if self._process is not None else ""

    def _ended(self, sentence: str) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.deleteLater()
        self._crashes += 1
        waited, self._waiting = list(self._waiting.values()), {}
        if self._crashes < CRASHES:
            self.start()
        for request in waited:
            if request.failed:
                request.failed(sentence)
        self.said.emit(sentence)


def decoded(line: bytes) -> dict[str, Any] | None:
    """The message in *line*; None for what is none (a library that printed something)."""
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None


def crashed(by_signal: bool, code: int) -> Message:
    """The one sentence about a service that is gone."""
    if by_signal and code == 9:
        return say("The process that computes for the window was ended by the system, perhaps for lack of memory.")
    if by_signal:
        return say("The process that computes for the window crashed (signal {code}); try once more.", code=code)
    return say("The process that computes for the window ended (code {code}); try once more.", code=code)


def _environment() -> QProcessEnvironment:
    made = QProcessEnvironment()
    for name, value in processes.environment().items():
        made.insert(name, value)
    return made
