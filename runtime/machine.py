"""What this machine has.  Free of torch."""

from __future__ import annotations

import psutil


def memory() -> int:
    """Bytes of memory."""
    return int(psutil.virtual_memory().total)
