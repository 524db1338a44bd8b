"""Rules about weights that several nodes use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from graph import edit
from graph.problems import Fix, Problem
from graph.rules.registry import node_rule
from graph.sharing import misfit, share_refusal
from graph.text import say

if TYPE_CHECKING:
    from graph.analysis import Report


@node_rule
def shares_misfit(report: Report, name: str) -> Iterator[Problem]:
    """A node uses the weights of another that do not fit it."""
    owner = report.network.nodes[name].shares
    if not owner:
        return
    message = share_refusal(report.network, name, owner) or misfit(report, name)
    if message is not None:
        own = Fix("own_weights", say("Give {name} weights of its own", name=name), lambda n: edit.share(n, name, ""))
        yield Problem("shares_misfit", "error", name, message, (own,))
