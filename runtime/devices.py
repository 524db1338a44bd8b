"""Where to compute, and in how many bits: what the recipe asks for, what the machine has, what pays."""

from __future__ import annotations

import logging
import os
import sys
from dataclasses import dataclass

import psutil
import torch

from graph.errors import CanevasError
from runtime.recipe import Recipe

# Fabric asks torchmetrics for its version by importing it, and torchvision with it: a second and a half for nothing.
_absent = "torchmetrics" not in sys.modules
if _absent:
    sys.modules["torchmetrics"] = None  # type: ignore[assignment]
from lightning_fabric import Fabric  # noqa: E402

if _absent:
    del sys.modules["torchmetrics"]
logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # on stderr stands what went wrong, not the precision


@dataclass(frozen=True)
class Device:
    """A device in the words of Fabric: *accelerator*, *precision*; *name* is for people, *type* is torch's."""

    type: str
    precision: str
    name: str

    @property
    def accelerator(self) -> str:
        """Fabric's word for it."""
        return self.type


def device(recipe: Recipe, *, exact: bool = False) -> Device:
    """The device that *recipe* asks for, or the fastest there is.

    Where answers are numbers that shall be *exact*, 32 bits are taken: those of 16 have two or three digits.

    Raises:
        CanevasError: the machine has none of that kind.
    """
    there = {"cuda": torch.cuda.is_available, "mps": torch.backends.mps.is_available, "cpu": lambda: True}
    type_ = next(name for name, is_there in there.items() if is_there()) if recipe.device == "auto" else recipe.device
    if not there[type_]():
        raise CanevasError("This machine has no {device} device: choose auto or cpu.", device=type_)
    name = torch.cuda.get_device_name() if type_ == "cuda" else {"mps": "Apple GPU", "cpu": "CPU"}[type_]
    return Device(type_, "32-true" if exact or recipe.precision == "float32" else _paying(type_), name)


def _paying(type_: str) -> str:
    """The precision in which the device is fastest: without the right instructions 16 bits are 6 to 28 times slower."""
    if type_ == "cuda":
        major, _ = torch.cuda.get_device_capability()
        return "bf16-mixed" if major >= 8 else "16-mixed" if major == 7 else "32-true"
    if type_ == "cpu":
        asked = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
        if any(getattr(torch.cpu, question, bool)() for question in asked):
            return "bf16-mixed"
    return "32-true"


def prepare(recipe: Recipe, chosen: Device, threads: int = 0) -> int:
    """Set this process up: threads, and the same numbers every time; returns the number of threads."""
    n = recipe.threads or threads or cores()
    torch.set_num_threads(n)
    if chosen.type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.backends.cudnn.benchmark = False
        if recipe.precision == "auto":
            torch.set_float32_matmul_precision("high")
    return n


def cores() -> int:
    """Real cores that this process may use, without their doubles, at least one."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS", "")
    real = min(psutil.cpu_count(logical=False) or allowed, allowed)
    return max(1, min(real, int(asked)) if asked.isdigit() and int(asked) else real)


def fabric(chosen: Device) -> Fabric:
    """Lightning Fabric on that device: alone, or one of the processes that torchrun started."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    here = int(os.environ.get("LOCAL_WORLD_SIZE", str(world)))
    return Fabric(
        accelerator=chosen.accelerator,
        devices=here,
        num_nodes=world // here,
        strategy="ddp" if world > 1 else "auto",
        precision=chosen.precision,
    )
