"""Rules about how much: parameters in one place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from graph.layers.dense import Linear
from graph.problems import Problem
from graph.rules.registry import network_rule
from graph.tensors import Tensor
from graph.text import say

if TYPE_CHECKING:
    from graph.report import Fact, Report

HEAVY, SHARE = 1_000_000, 0.8
"""Parameters from which on one layer is looked at, and its share of all from which on it is told."""


@network_rule
def dense_heavy(report: Report) -> Iterator[Problem]:
    """One dense layer that holds nearly all the weights."""
    if report.parameters < HEAVY:
        return
    path, fact = _heaviest(report)
    if isinstance(fact.layer, Linear) and fact.parameters > max(HEAVY, SHARE * report.parameters):
        if not isinstance(fact.inputs[0], Tensor):
            return
        message = say(
            "{name} holds {share} % of all parameters: a pooling before it, or global pooling, needs far fewer.",
            name=path,
            share=round(100 * fact.parameters / report.parameters),
        )
        yield Problem("dense_heavy", "hint", path, message)


def _heaviest(report: Report) -> tuple[str, Fact]:
    """The layer with most parameters on the way into the blocks with most; its path."""
    name, fact = max(report.in_order, key=lambda found: found[1].parameters)
    if fact.inside is None:
        return name, fact
    inner, found = _heaviest(fact.inside)
    return f"{name}.{inner}", found
