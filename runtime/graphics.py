"""What the graphics card of this machine has, asked of torch."""

from __future__ import annotations

import torch


def memory() -> int:
    """Bytes of memory of the first graphics card; 0 where there is none."""
    return int(torch.cuda.get_device_properties(0).total_memory) if torch.cuda.is_available() else 0
