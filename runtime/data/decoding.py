"""Processes that decode images ahead of the training, where neither memory nor disk has room for all of them.

Free of torch, which such a process does without: it starts in a third of a second.  CANEVAS_DECODERS says how many
there are, else one for each core but the one that trains.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import cache
from math import prod
from pathlib import Path

import numpy as np

from graph.errors import FileError
from graph.text import Message
from runtime.data.images import read
from runtime.data.preprocessing import Preprocessing

MOST = 8
"""More processes than these wait for the disk, or for the training."""
PIECE = 8
"""Images that a process decodes before it hands them over."""
PIECES, AHEAD = 8, 64 * 1024**2
"""Pieces for each process, and bytes of images in all, that may be decoded before they are asked for; but always the
next batch."""

Files = list[Path]


def decoders() -> int:
    """How many processes decode: one for each core that this process may use but one, which trains; of several
    processes that train together each its share; none on a single core."""
    with suppress(KeyError, ValueError):
        return max(0, int(os.environ["CANEVAS_DECODERS"]))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(MOST, max(0, cores // int(os.environ.get("LOCAL_WORLD_SIZE", "1")) - 1))


def decoded(files: Files, told: Preprocessing) -> np.ndarray:
    """The images of *files*, ``(N, C, H, W)`` bytes.

    Raises:
        FileError: one can no longer be read.
    """
    made = np.empty((len(files), *told.shape), np.uint8)
    for place, file in zip(made, files, strict=True):
        place[:] = read(file, told)
    return made


def ahead(batches: Iterable[Files], told: Preprocessing) -> Iterator[np.ndarray]:
    """The images of each of the *batches* in turn, while those of the next ones are being decoded.

    Raises:
        FileError: as :func:`decoded`; what was asked for before has been handed out by then.
    """
    n = decoders()
    pool = _pool(n)
    if pool is None:
        yield from (decoded(files, told) for files in batches)
        return
    most = min(PIECES * PIECE * n, AHEAD // prod(told.shape))
    waiting: deque[tuple[Files, list[Future]]] = deque()
    try:
        for files in batches:
            waiting.append((files, _asked(pool, files, told)))
            if len(waiting) > 1 and sum(len(files) for files, _ in waiting) >= most:
                yield _joined(*waiting.popleft(), told)
        while waiting:
            yield _joined(*waiting.popleft(), told)
    finally:
        for _, futures in waiting:
            for future in futures:
                future.cancel()


def _asked(pool: ProcessPoolExecutor, files: Files, told: Preprocessing) -> list[Future]:
    try:
        return [pool.submit(_piece, files[i : i + PIECE], told) for i in range(0, len(files), PIECE)]
    except (BrokenProcessPool, RuntimeError):
        return []


def _joined(files: Files, futures: list[Future], told: Preprocessing) -> np.ndarray:
    """What was asked for; decoded here where a process has died, which the system does when memory is short."""
    try:
        pieces = [future.result() for future in futures]
    except BrokenProcessPool:
        return decoded(files, told)
    for piece in pieces:
        if not isinstance(piece, np.ndarray):
            raise FileError(*piece)
    return np.concatenate(pieces) if pieces else decoded(files, told)


def _piece(files: Files, told: Preprocessing) -> np.ndarray | tuple[Path, Message]:
    try:
        return decoded(files, told)
    except FileError as e:
        return e.file, e.reason


@cache
def _pool(n: int) -> ProcessPoolExecutor | None:
    """*n* processes that wait for work.  They are started afresh: a fork would inherit threads that hold locks."""
    if not n:
        return None
    pool = ProcessPoolExecutor(n, multiprocessing.get_context("spawn"), _begin)
    atexit.register(pool.shutdown, wait=False, cancel_futures=True)
    return pool


def _begin() -> None:
    """A process of the pool leaves with the one that started it, however that ends, and not because of Ctrl+C, which
    that one answers in its own time.  SIGTERM ends it: so the pool ends the others where one has died, and waits."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()
