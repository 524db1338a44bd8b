"""What this machine has.  Free of torch."""

from __future__ import annotations

import os


def memory() -> int:
    """Bytes of memory."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # not every system says it so, and psutil is slow to import
        import psutil

        return int(psutil.virtual_memory().total)


def out_of_memory(error: BaseException | None) -> bool:
    """Whether *error*, or what it was raised from, says that memory ran out.

    >>> out_of_memory(MemoryError()), out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory"))
    (True, True)
    """
    while error is not None:
        words = str(error).casefold()
        if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
            return True
        if any(said in words for said in ("out of memory", "not enough memory", "allocate memory")):
            return True
        error = error.__cause__
    return False
