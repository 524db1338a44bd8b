"""An export in a process of its own, so that it can be given up at any moment: ``python -P -m runtime.export.apart``.

Torch follows and translates a network in calls that take seconds to minutes and hear nobody.  The order is a folder
with ``order.json`` and ``weights.pt``; progress and result come back as JSON lines.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graph import files
from graph.errors import CanevasError
from graph.network import Network
from graph.text import say, tr, use_language
from runtime.export import About, Progress, Proof
from runtime.processes import LANGUAGE, command, end, environment

LOOK = 0.1
"""Seconds between two questions whether it is still wanted."""


def export(
    network: Network,
    weights: Mapping[str, Any] | None,
    file: str | Path,
    about: About,
    progress: Progress,
) -> Proof:
    """As :func:`runtime.export.export`; where *progress* raises, the process is ended and nothing is left of it.

    Raises:
        CanevasError: as there, or the process was ended by the system.
    """
    from runtime.export.making import sweep

    with tempfile.TemporaryDirectory(prefix="canevas-order-") as folder:
        _ordered(Path(folder), network, weights, Path(file), about)
        process = subprocess.Popen(
            command("runtime.export.apart", folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
            text=True,
            encoding="utf-8",
        )
        try:
            return _heard(process, progress)
        finally:
            end(process)
            assert process.stdout is not None
            process.stdout.close()
            sweep(Path(file).absolute().parent)


def _ordered(folder: Path, network: Network, weights: Mapping[str, Any] | None, file: Path, about: About) -> None:
    import torch

    if weights is not None:
        torch.save(dict(weights), folder / "weights.pt")
    order = {
        "network": files.dumps(network),
        "file": str(file.absolute()),
        "task": about.task,
        "classes": list(about.classes),
        "preprocessing": about.preprocessing.to_dict() if about.preprocessing else None,
        "metrics": dict(about.metrics or {}),
        "numbers": list(about.numbers),
        "scale": about.scale,
    }
    (folder / "order.json").write_text(json.dumps(order), encoding="utf-8")


def _heard(process: subprocess.Popen[str], progress: Progress) -> Proof:
    """What the process says, until it has a result."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    reader = threading.Thread(target=_read, args=(process, lines), name="export", daemon=True)
    reader.start()
    share, text = 0.0, tr("Starting")
    try:
        while True:
            progress(share, text)
            try:
                line = lines.get(timeout=LOOK)
            except queue.Empty:
                continue
            if not line:
                raise CanevasError("The export was ended by the system, most often because the memory is full.")
            said = json.loads(line)
            if "error" in said:
                raise CanevasError(say(said["error"]))
            if "proof" in said:
                return Proof(**said["proof"])
            share, text = said["progress"], said["text"]
    finally:
        end(process)
        reader.join()


def _read(process: subprocess.Popen[str], lines: queue.SimpleQueue[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line)
    lines.put("")


def main() -> int:
    """Do what the folder on the command line orders."""
    from runtime import export as exports
    from runtime.checkpoint import load_plain
    from runtime.data.preprocessing import Preprocessing

    use_language(os.environ.get(LANGUAGE, "en"))
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints does not go between our lines

    def tell(**said: Any) -> None:
        out.write(json.dumps(said) + "\n")
        out.flush()

    folder = Path(sys.argv[1])
    order = json.loads((folder / "order.json").read_text(encoding="utf-8"))
    weights = load_plain(folder / "weights.pt") if (folder / "weights.pt").exists() else None
    told = Preprocessing.from_dict(order["preprocessing"]) if order["preprocessing"] else None
    about = About(
        order["task"], tuple(order["classes"]), told, order["metrics"], tuple(order["numbers"]), order["scale"]
    )
    try:
        network = files.loads(order["network"])
        made = exports.export(
            network, weights, order["file"], about, lambda share, text="": tell(progress=share, text=text)
        )
    except CanevasError as error:
        tell(error=str(error))
        return 1
    except MemoryError:
        tell(error=tr("There is not enough memory for this."))
        return 1
    tell(proof={**made.to_dict(), "max_difference": made.max_difference})
    return 0


if __name__ == "__main__":
    sys.exit(main())
