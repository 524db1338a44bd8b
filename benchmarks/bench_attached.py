"""What a window that looks at a run costs the run: the same training with a window attached, and alone.

The run trains in a process of its own: a window can only take the machine's time from it, or make it write more.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import presets
from benchmarks.harness import Figure, report
from runtime import run
from runtime.data.description import Description
from runtime.processes import ROOT, command, environment
from runtime.recipe import Recipe

ROUNDS = 3
RECIPE = Recipe(epochs=10, batch=32, device="cpu", threads=1)


def trained(home: str, name: str, attached: bool) -> tuple[float, float, float]:
    """CPU seconds of the worker; those of this process from the first step to the last; seconds by the clock."""
    made = run.create(home, presets.build("lecture"), None, RECIPE, Description("digits"), folder=Path(home, name))
    worker = subprocess.Popen(command("runtime.worker", str(made.folder)), env=environment(), cwd=ROOT)
    look = window(made) if attached else lambda: None
    while made.state in ("created", "starting"):
        look()
        time.sleep(0.01)
    own, began = time.process_time(), time.monotonic()
    while not (ended := os.wait4(worker.pid, os.WNOHANG))[0]:
        look()
        time.sleep(0.01)
    worker.returncode = 0
    own, took = time.process_time() - own, time.monotonic() - began
    assert made.state == "done", made.state
    return ended[2].ru_utime + ended[2].ru_stime, own, took


def window(made: run.Run) -> object:
    """A function that lets a window on *made* live on for a moment."""
    app, shown = opened()
    shown.session.show_run(made)
    return app.processEvents


def opened(kept: list = []) -> tuple:  # noqa: B006 (one window serves all rounds)
    """The application and its window, in the Train room."""
    if not kept:
        from gui import app as program

        application = program.application()
        shown = program.open_window()
        shown.resize(1600, 1000)
        shown.show()
        shown.files.preset("lecture")
        shown.show_room("train")
        for _ in range(100):
            application.processEvents()
            time.sleep(0.01)
        kept.extend((application, shown))
    return tuple(kept)


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(CANEVAS_HOME=home, XDG_CONFIG_HOME=home)
        rounds = [(trained(home, f"a{i}", False), trained(home, f"b{i}", True)) for i in range(ROUNDS)]
        _, shown = opened()
        assert "torch" not in sys.modules
        for document in shown.session.documents:
            document.stack.setClean()
        shown.close()
    alone, seen = (min(r[i][0] for r in rounds) for i in (0, 1))
    share = min((r[1][1] - r[0][1] / r[0][2] * r[1][2]) / r[1][2] for r in rounds)
    report(
        [
            Figure("run with a window attached / alone", seen / alone, "×", most=1.02, note=f"{alone:.2f} s of CPU"),
            Figure("window attached to a run, share of a core", share * 100, "%"),
        ]
    )


if __name__ == "__main__":
    main()
