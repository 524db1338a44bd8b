"""The rules by which a network is judged.

To add a problem, write a function in the module it belongs to and decorate it (:mod:`graph.rules.registry`); a new
module is named here.
"""

from graph.rules import data, detection, errors, flow, learning, losses, merges, numbers, sharing, size, space
from graph.rules.registry import (
    DATA_RULES,
    LEVEL_RULES,
    NETWORK_RULES,
    NOTHING,
    SEVERAL,
    data_rule,
    fixes_for,
    fixes_of,
    level_rule,
    network_rule,
    node_rule,
    rules_for,
)

__all__ = [
    "DATA_RULES",
    "LEVEL_RULES",
    "NETWORK_RULES",
    "NOTHING",
    "SEVERAL",
    "data",
    "data_rule",
    "detection",
    "errors",
    "fixes_for",
    "fixes_of",
    "flow",
    "learning",
    "level_rule",
    "losses",
    "merges",
    "network_rule",
    "node_rule",
    "numbers",
    "rules_for",
    "sharing",
    "size",
    "space",
]
