"""Rules about how much: parameters, memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from graph.layers.dense import Linear
from graph.problems import Problem
from graph.rules.registry import network_rule
from graph.tensors import Tensor
from graph.text import say

if TYPE_CHECKING:
    from graph.analysis import Report

GIB = 1 << 30


def memory() -> int:
    """Bytes of memory that this machine has; 0 where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return 0


@network_rule
def dense_heavy(report: Report) -> Iterator[Problem]:
    """One dense layer that holds nearly all the weights."""
    for path, fact in report.leaves():
        if not isinstance(fact.layer, Linear) or fact.parameters < 1_000_000:
            continue
        if fact.parameters > 0.8 * report.parameters and isinstance(fact.inputs[0], Tensor):
            message = say(
                "{name} holds {share} % of all parameters: a pooling before it, or global pooling, needs far fewer.",
                name=path,
                share=round(100 * fact.parameters / report.parameters),
            )
            yield Problem("dense_heavy", "hint", path, message)


@network_rule
def memory_short(report: Report) -> Iterator[Problem]:
    """Training would need more than the machine has."""
    have, need = memory(), report.bytes(1)["training"]
    if have and need > have:
        message = say(
            "Training needs {need} GiB with a single image; this machine has {have}.",
            need=round(need / GIB, 1),
            have=round(have / GIB, 1),
        )
        yield Problem("memory_short", "warning", report.network.order[0], message)
