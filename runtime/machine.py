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
