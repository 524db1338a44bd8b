"""Any module of torch opened as a network of layers, with a report of what could not be expressed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import nn

from graph.network import Network
from runtime.import_.definitions import define
from runtime.import_.layers import is_leaf
from runtime.import_.nest import drop_dead, nest, simplify
from runtime.import_.rewrite import rewrite
from runtime.import_.trace import trace


@dataclass(frozen=True)
class Report:
    """What the network lacks of the module.

    Args:
        opaque: paths of nodes that are only shown, with the reason why no layer expresses them.
        renamed: paths of the module that could not be kept, with the paths of their nodes.
    """

    opaque: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)


def from_module(module: nn.Module, example: torch.Tensor | tuple[torch.Tensor, ...]) -> tuple[Network, Report]:
    """*module* as a network whose weights have the same names, for inputs like *example* (the batch first).

    Raises:
        CanevasError: it cannot be followed from its input to its output, or run on such inputs.
    """
    given = example if isinstance(example, tuple) else (example,)
    plan = rewrite(trace(module, given, is_leaf))
    simplify(plan)
    drop_dead(plan)
    level = nest(plan)
    return define(plan, level, type(module).__name__), Report(plan.opaque, plan.renamed)
