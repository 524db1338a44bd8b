"""Workers without the seconds that importing torch takes: a process that has imported it forks them on demand.

``python -m tests.runtime.nursery`` reads the folder of a run per line, forks a worker for it, and prints its process
id; it buries the dead, and ends with its input.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from runtime.processes import ROOT, environment


class Nursery:
    """The parent of quickly made workers; each is a process of its own, with its own session, to be killed at will."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.runtime.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**environment(), "OMP_NUM_THREADS": "1"},
        )

    def worker(self, folder: Path) -> int:
        """Start a worker; its process id."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{folder}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def close(self) -> None:
        """End; workers that live are not ours any more."""
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def main() -> None:
    """Fork a worker for each line of the input."""
    import signal

    import torch

    from runtime import engine  # noqa: F401 (what takes seconds)
    from runtime.run import Run
    from runtime.worker import work

    torch.set_num_threads(1)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system buries them
    for line in sys.stdin:
        folder = line.strip()
        child = os.fork()
        if child:
            sys.stdout.write(f"{child}\n")
            sys.stdout.flush()
            continue
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        log = os.open(os.path.join(folder, "stderr.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream, replaced in ((nothing, 0), (nothing, 1), (log, 2)):
            os.dup2(stream, replaced)
        os._exit(work(Run(folder)))


if __name__ == "__main__":
    main()
