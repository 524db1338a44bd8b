"""Every preset opened in the window: until its drawing is painted, analyzed, and its problems are listed.

A second is promised for those that a person draws, five for those of torchvision's size; the slowest is named.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from typing import Any

from benchmarks.harness import Figure, report, settle

LARGE = 20_000_000
"""Parameters from which on a preset is of torchvision's size."""


def opened(app: Any, window: Any, name: str) -> float:
    """CPU seconds until the preset *name* stands there."""
    began = time.process_time()
    window.files.preset(name)
    for _ in range(10):  # painted, analyzed, its problems listed
        settle(app)
    return time.process_time() - began


def main() -> int:
    from gui import app as program
    from presets import presets

    app = program.application()
    window = program.open_window()
    window.resize(1600, 1000)
    window.show()
    settle(app)
    known = presets()
    taken = {name: opened(app, window, name) for name in ("lecture", *known)}
    found = []
    for words, names, most in (
        ("a preset", [n for n, one in known.items() if one.parameters < LARGE], 1),
        ("a preset of torchvision's size", [n for n, one in known.items() if one.parameters >= LARGE], 5),
    ):
        slowest = max(names, key=taken.__getitem__)
        usual = statistics.median(taken[name] for name in names)
        note = f"{slowest}, of {len(names)}; their median {usual:.2f} s"
        found.append(Figure(f"{words} opened in the window, the slowest", taken[slowest], "s", most=most, note=note))
    report(found)
    sys.stderr.write(", ".join(f"{name} {s:.2f}" for name, s in sorted(taken.items(), key=lambda row: -row[1])) + "\n")
    window.session.close()
    return 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        os.environ["CANEVAS_HOME"] = home
        sys.exit(main())
