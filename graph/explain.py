"""Every number explained: its formula, the same with the user's numbers, the result, one sentence why, the source.

A kind explains what is its own (:meth:`graph.layer.Layer.explain`); in :mod:`graph.explained` stands what holds for all
of them, and what only the network knows, such as the chain of windows that adds up to a receptive field.
"""

from __future__ import annotations

from graph.costs import ONE, Terms
from graph.explained import costs as costs
from graph.explained import fields as fields
from graph.explained import shapes as shapes
from graph.explained.quantities import QUANTITIES, asked
from graph.layer import Explanation
from graph.report import Report
from graph.text import Message

__all__ = ["QUANTITIES", "explain", "title"]


def explain(report: Report, path: str, quantity: str, terms: Terms = ONE) -> Explanation | None:
    """How a number of the node at *path* comes about; None where there is no such number.

    Args:
        report: what analysis found.
        path: a node, inside of blocks too; empty for the whole network.
        quantity: one of :data:`QUANTITIES`.
        terms: at which batch and precision, for what depends on them.
    """
    question = asked(report, path, terms)
    return QUANTITIES[quantity].of(question) if question.fact.error is None else None


def title(quantity: str) -> Message:
    """What a number is called."""
    return QUANTITIES[quantity].title
