"""The variables of a block: numbers that differ where it stands, and what follows from them.

A number that is a multiple of another, or half of it, follows it (``4 * width``, ``kernel // 2``).
"""

from __future__ import annotations

from collections.abc import Mapping

from graph.layer import RESERVED
from graph.names import free_name
from graph.network import TAKEN
from graph.variables import evaluate

Slot = tuple[str, str]
"""A number inside a block: the name of the node, and of its value."""

Column = tuple[int, ...]
"""What a number is at each place where the block stands."""

_WIDTHS = ("out_channels", "out_features", "groups", "num_groups")
_CALLED = {"out_channels": "width", "out_features": "width", "kernel_size": "kernel"}


def variables_of(varying: Mapping[Slot, Column]) -> tuple[dict[str, Column], dict[Slot, str]]:
    """Variables with their numbers, and the expression that each slot follows."""
    variables: dict[str, Column] = {}
    bound: dict[Slot, str] = {}
    families: dict[str, str] = {}
    leaving = next((column for slot, column in reversed(varying.items()) if _called(slot) == "width"), None)
    for slot in sorted(varying, key=lambda slot: _rank(slot, varying[slot])):
        column, family = varying[slot], _family(slot[1])
        found = next((v for v, c in variables.items() if c == column and families[v] == family), None)
        if found is None:
            found = _follows(column, family, variables, families)
        if found is None:
            wanted = _called(slot)
            if wanted == "width" and column != leaving:  # the width is that of what leaves the block
                wanted = "hidden" if slot[0][0].isdigit() else f"{slot[0]}_width"
            found = _free_variable(wanted, slot[0], variables)
            variables[found], families[found] = column, family
        bound[slot] = found
    return variables, bound


def _called(slot: Slot) -> str:
    return _CALLED.get(slot[1], slot[1])


def _rank(slot: Slot, column: Column) -> tuple[int, bool]:
    """Small widths first, since large ones may be multiples of them; groups after the filters that they equal."""
    return (max(column) if _family(slot[1]) == "width" else 0), slot[1] == "groups"


def _family(value: str) -> str:
    """Numbers of one family may follow one another: widths, kernels, strides."""
    return (
        "width"
        if value in _WIDTHS or "width" in value or "hidden" in value
        else value.rstrip("0123456789").split("_")[-1]
    )


def _follows(column: Column, family: str, variables: Mapping[str, Column], families: Mapping[str, str]) -> str | None:
    """An expression of another variable that gives this column."""
    for variable, numbers in variables.items():
        candidates = []
        if family == families[variable] == "width":
            candidates = [f"{factor} * {variable}" for factor in range(2, 9)]
        if family == "padding" and families[variable] in ("size", "kernel"):
            candidates = [f"{variable} // 2"]
        for candidate in candidates:
            if all(evaluate(candidate, {variable: n}) == c for n, c in zip(numbers, column, strict=True)):
                return candidate
    return None


def _free_variable(wanted: str, node: str, variables: Mapping[str, Column]) -> str:
    if wanted in RESERVED or wanted in TAKEN:
        wanted = f"{wanted}_number"
    if wanted not in variables:
        return wanted
    named = f"{node.replace('-', '_')}_{wanted}"
    if not node[0].isdigit() and named not in variables:
        return named
    return free_name(wanted, variables)
