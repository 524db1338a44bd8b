"""The rules by which a network is judged.

To add a problem, write a function in the module it belongs to and decorate it (:mod:`graph.rules.registry`); a new
module is named here.
"""

from graph.rules import errors, flow, learning, sharing, size, space
from graph.rules.registry import NETWORK_RULES, NODE_RULES, fixes_for, fixes_of, network_rule, node_rule

__all__ = [
    "NETWORK_RULES",
    "NODE_RULES",
    "errors",
    "fixes_for",
    "fixes_of",
    "flow",
    "learning",
    "network_rule",
    "node_rule",
    "sharing",
    "size",
    "space",
]
