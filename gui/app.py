"""The program: it opens the window, and sees to it that nothing is lost.

The window is shown before anything slow is imported: no torch here ever, plots and the search of graphs only when asked
for.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from graph import text
from graph.errors import CanevasError
from graph.text import tr, tr_count
from gui import theme
from gui.dialogs import Answer
from gui.settings import Settings, language_code
from gui.topbar import logo
from gui.window import Window

if TYPE_CHECKING:
    from gui.recovery import Recovered


def main(source: str = "") -> int:
    """Open the window, with *source* (a file, ``preset:NAME``) if it is given; returns the exit status."""
    app = application()
    window = open_window()
    watch_mistakes(window)
    window.show()
    QTimer.singleShot(0, window, lambda: after_first_paint(window, source))
    with crash_log().open("a", encoding="utf-8") as stream:
        faulthandler.enable(stream)  # what Qt or a driver breaks leaves its stack there
        status = app.exec()
        faulthandler.disable()
    return status


def application() -> QApplication:
    """The application, with name and theme."""
    QGuiApplication.setApplicationName("Canevas")
    QGuiApplication.setOrganizationName("Canevas")
    QGuiApplication.setDesktopFileName("canevas")
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    settings = Settings()
    text.use_language(language_code(settings.values.language))
    theme.apply(app, settings.values.theme)
    app.setWindowIcon(logo())
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl+C in the terminal ends the program
    return app


def open_window() -> Window:
    """The window, not yet shown."""
    return Window()


def after_first_paint(window: Window, source: str) -> None:
    """What may take longer than a blink: the service, drawings found after a crash, the *source*."""
    if source:
        open_source(window, source)
    offer_recovery(window)
    say_refused_plugins(window)
    window.session.service.start()
    from gui.background import in_background
    from gui.training import begin

    in_background(window, begin.preload)


def open_source(window: Window, source: str) -> None:
    """Open what stands on the command line; what cannot be opened is said to be so."""
    try:
        window.files.named(source)
    except CanevasError as error:
        window.notice.say(str(error))


def say_refused_plugins(window: Window) -> None:
    """Say which plug-ins could not be used."""
    import presets
    from graph import layer

    for sentence in (*layer.refused_plugins(), *presets.refused_plugins()):
        window.notice.say(str(sentence), "careful")


def offer_recovery(window: Window) -> None:
    """Offer drawings that were not saved when the program last ended without being closed."""
    from gui import recovery

    found = recovery.recovered()
    if not found:
        return
    names = ", ".join(r.title for r in found[:5])
    sentence = tr_count(
        "A drawing was not saved when Canevas last ended: {names}.",
        "{n} drawings were not saved when Canevas last ended: {names}.",
        len(found),
        names=names,
    )

    def heard(answer: str) -> None:
        for copy in found:
            if answer == "restore":
                restore(window, copy)
            elif answer == "discard":
                copy.discard()

    answers = (Answer("restore", tr("Restore"), "main"), Answer("discard", tr("Discard")))
    window.notice.say(sentence, "careful", answers, heard)


def restore(window: Window, copy: Recovered) -> None:
    """Open a drawing that a crash left behind; a damaged copy is said to be so, and kept."""
    try:
        window.files.add(copy.open())
    except CanevasError as error:
        window.notice.say(str(error))


def crash_log() -> Path:
    """Where mistakes of the program are written down."""
    from runtime.folders import cache_home

    return Path(cache_home()) / "crash.log"


Hook = Callable[[type[BaseException], BaseException, TracebackType | None], object]


def watch_mistakes(window: Window) -> None:
    """Write every mistake of ours to the crash log, and say so, instead of ending."""
    log = crash_log()
    log.parent.mkdir(parents=True, exist_ok=True)

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        lines = "".join(traceback.format_exception(kind, error, trace))
        with log.open("a", encoding="utf-8") as stream:
            stream.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} pid {os.getpid()}\n{lines}\n")
        sys.stderr.write(lines)
        if isinstance(error, CanevasError):
            window.notice.say(str(error))
        else:
            window.notice.say(
                tr(
                    "Canevas made a mistake ({error}). Your work is safe; what happened is in {file}.",
                    error=kind.__name__,
                    file=str(log),
                )
            )

    sys.excepthook = hook
