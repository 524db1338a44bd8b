"""Rules about weights that several nodes use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from graph import edit
from graph.problems import Fix, Problem
from graph.rules.registry import level_rule
from graph.sharing import misfit, share_refusal
from graph.text import say

if TYPE_CHECKING:
    from graph.analysis import Report


@level_rule
def shares_misfit(report: Report) -> Iterator[Problem]:
    """A node uses the weights of another that do not fit it."""
    for name, node in [(n, m) for n, m in report.network.nodes.items() if m.shares]:
        message = share_refusal(report.network, name, node.shares) or misfit(report, name)
        if message is not None:
            text = say("Give {name} weights of its own", name=name)
            own = Fix("own_weights", text, lambda n, name=name: edit.share(n, name, ""))  # type: ignore[misc]
            yield Problem("shares_misfit", "error", name, message, (own,))
