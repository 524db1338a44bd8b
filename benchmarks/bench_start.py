"""From nothing to a window that is painted, and to an analysis in the terminal: in a fresh process each."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

from benchmarks.harness import Figure, report, seconds

ROUNDS = 5

CODE = """
import json, os, sys, time
from gui import app
application = app.application()
from PySide6.QtCore import QEvent, QObject

class Watch(QObject):
    def eventFilter(self, thing, event):
        if event.type() == QEvent.Type.Paint and thing is window.centralWidget():
            used = time.process_time()
            waited = time.time() - float(os.environ["STARTED"])
            heavy = [m for m in ("torch", "torchvision", "sklearn", "pyqtgraph", "networkx") if m in sys.modules]
            print(json.dumps([used, waited, heavy]), flush=True)
            os._exit(0)
        return False

window = app.open_window()
watch = Watch()
window.centralWidget().installEventFilter(watch)
window.show()
application.exec()
"""


COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
"""As for a person who starts it the second time: Python has kept what it made of the files."""

ANALYSIS = """
import sys
import graph, presets
graph.analyze(presets.build("lecture")).parameters
assert not {"torch", "numpy", "PySide6"} & set(sys.modules)
"""


def analyzed() -> None:
    """Import ``graph`` and all presets, and analyze the lecture's network."""
    subprocess.run([sys.executable, "-c", ANALYSIS], check=True, env={**os.environ, **COMPILED})


def shown() -> tuple[float, float, list[str]]:
    """CPU seconds and seconds by the clock until the first paint, and what heavy packages were loaded by then."""
    with tempfile.TemporaryDirectory() as home:
        own = dict.fromkeys(("CANEVAS_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"), home)
        env = {**os.environ, **COMPILED, **own, "STARTED": str(time.time())}
        result = subprocess.run([sys.executable, "-c", CODE], stdout=subprocess.PIPE, text=True, check=True, env=env)
    return tuple(json.loads(result.stdout))


def main() -> None:
    shown()
    rounds = [shown() for _ in range(ROUNDS)]
    used, waited = (statistics.median(r[i] for r in rounds) for i in (0, 1))
    heavy = sorted(set().union(*(r[2] for r in rounds)))
    note = f"heavy packages loaded: {', '.join(heavy) or 'none'}"
    report(
        [
            Figure("window painted, CPU time", used, "s", most=0.5, note=note),
            Figure("window painted, by the clock", waited, "s"),
            Figure("graph imported, a network analyzed", seconds(analyzed, ROUNDS), "s", most=0.5, note="no torch"),
        ]
    )


if __name__ == "__main__":
    main()
