"""Run the benchmarks, each file in a process of its own, print a table and write it as JSON.

python -m benchmarks [NAME ...] [--json FILE]    (NAME: analysis for bench_analysis.py; all without names)

Exit status 1 if a promise was missed or a benchmark failed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.harness import Figure, read, table

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent


def main() -> int:
    names = sorted(file.stem.removeprefix("bench_") for file in FOLDER.glob("bench_*.py"))
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure Canevas.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of: {', '.join(names)}")
    parser.add_argument("--json", type=Path, default=ROOT / "build" / "bench.json", help="where the figures go")
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(names):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are: {', '.join(names)}")

    figures: list[Figure] = []
    failed: list[str] = []
    for name in chosen.names or names:
        sys.stderr.write(f"{name} ...\n")
        process = subprocess.run(
            [sys.executable, "-m", f"benchmarks.bench_{name}"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1"},
        )
        figures += read(process.stdout)
        if process.returncode:
            failed.append(name)

    sys.stdout.write(table(figures) + "\n")
    chosen.json.parent.mkdir(parents=True, exist_ok=True)
    machine = {"python": platform.python_version(), "system": platform.platform(), "cores": os.cpu_count()}
    chosen.json.write_text(json.dumps({"machine": machine, "figures": [asdict(f) for f in figures]}, indent=1) + "\n")
    missed = [figure.name for figure in figures if not figure.kept]
    for text, what in (("failed", failed), ("missed", missed)):
        if what:
            sys.stderr.write(f"{text}: {', '.join(what)}\n")
    return 1 if failed or missed else 0


if __name__ == "__main__":
    sys.exit(main())
