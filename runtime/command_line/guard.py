"""Whatever happens ends in an exit status and, if it failed, in one sentence: tracebacks go to a log."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from graph.errors import CanevasError
from graph.text import tr
from runtime.command_line.output import tell

FAILED, INTERRUPTED = 1, 130


def guarded(work: Callable[[], int]) -> int:
    """The exit status of *work*."""
    try:
        status = work()
        sys.stdout.flush()
        return status
    except CanevasError as error:
        tell(" ".join(str(error).split()))
    except KeyboardInterrupt:
        tell(tr("Interrupted."))
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the answer has heard enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        tell(_our_mistake(error))
    return FAILED


def _our_mistake(error: Exception) -> str:
    """A sentence about an error that nobody foresaw; its traceback is written to a log."""
    kind = type(error).__name__
    why = " ".join(str(error).split())[:200]
    file = _log(error)
    if file is None:
        return tr("Canevas made a mistake ({kind}: {why}).", kind=kind, why=why)
    return tr("Canevas made a mistake ({kind}: {why}); the details are in {file}.", kind=kind, why=why, file=str(file))


def _log(error: Exception) -> Path | None:
    from runtime.folders import state_home

    try:
        folder = state_home()
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"mistake-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
        command = f"{' '.join(sys.argv)}\n\n"
        file.write_text(command + "".join(traceback.format_exception(error)), encoding="utf-8", errors="replace")
    except OSError:  # no place to write it down: the sentence alone must do
        return None
    return file
