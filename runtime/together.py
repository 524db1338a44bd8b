"""Several processes that train one network: what they share, and what the first one decides for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Tensor, nn

from graph.text import Message, say

if TYPE_CHECKING:
    from lightning_fabric import Fabric

T = TypeVar("T")


class Together:
    """The processes, seen from one of them; one alone costs nothing."""

    def __init__(self, fabric: Fabric) -> None:
        self.fabric = fabric
        self.rank, self.world = fabric.global_rank, fabric.world_size

    def summed(self, values: Tensor) -> Tensor:
        """The sum over all processes."""
        return self.fabric.all_reduce(values, reduce_op="sum") if self.world > 1 else values

    def agreed(self, value: T) -> T:
        """What the first process says."""
        return self.fabric.broadcast(value) if self.world > 1 else value

    def gathered(self, value: T) -> list[T]:
        """What each process says, in their order."""
        if self.world == 1:
            return [value]
        found: list[Any] = [None] * self.world
        torch.distributed.all_gather_object(found, value)
        return found

    def normalize(self, net: nn.Module) -> Message | None:
        """Have batch normalization see the whole batch, not the share of one process; why not, if it cannot."""
        if self.world == 1 or not any(isinstance(m, nn.modules.batchnorm._BatchNorm) for m in net.modules()):
            return None
        if self.fabric.device.type != "cuda":
            return say(
                "On the CPU each process normalizes its own share of the batch; results differ from one process."
            )
        nn.SyncBatchNorm.convert_sync_batchnorm(net)
        return None
