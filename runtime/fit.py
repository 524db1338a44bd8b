"""Bringing a network and its data together.  Free of torch; what does not fit is found by :mod:`graph.rules.data`."""

from __future__ import annotations

from graph.analysis import analyze
from graph.circumstances import Circumstances
from graph.network import Network
from graph.problems import Problem, misfits


def fitted(network: Network, around: Circumstances, keep: tuple[str, ...] = ()) -> tuple[Network, list[Problem]]:
    """*network* with all that can be done for its data, and the problems that this solved; *keep* names those left."""
    solved: list[Problem] = []
    tried: set[str] = set()
    while True:
        found = (p for p in misfits(analyze(network), around) if p.fixes and p.code not in {*keep, *tried})
        if (problem := next(found, None)) is None:
            return network, solved
        tried.add(problem.code)
        network = problem.fixes[0].apply(network)
        solved.append(problem)
