"""The command diff: what differs between two networks, in what they are and in what follows from it."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from typing import Any

from graph.diff import Diff, EdgeChange, NodeChange
from graph.diff import diff as compared
from graph.network import Network
from graph.text import tr
from runtime.command_line.output import answer
from runtime.command_line.sources import load

COLORS = {"added": "\x1b[32m", "removed": "\x1b[31m", "changed": "\x1b[33m"}
PLAIN = "\x1b[0m"
SIGNS = {"added": "+", "removed": "-", "changed": "~"}
"""What stands before a line, so that it reads without colors too."""
LINES = 60
"""As many lines of a group are printed."""


def diff(args: Namespace) -> int:
    """Say what differs in B from A."""
    found = compared(_network(args, args.a), _network(args, args.b))
    answer(told(found), args.json, _text(found))
    return 0


def _network(args: Namespace, name: str) -> Network:
    return load(Namespace(source=name, set=[], input=None, presets=args.presets)).network


def told(found: Diff) -> dict[str, Any]:
    """A diff, ready for JSON."""
    return {
        "nodes": [
            {
                "path": n.path,
                "how": n.how,
                "kind": n.kind,
                "values": {name: [_value(a), _value(b)] for name, (a, b) in n.values.items()},
                "message": str(n.message),
            }
            for n in found.nodes
        ],
        "edges": [{"path": e.path, "how": e.how, "edge": list(e.edge), "message": str(e.message)} for e in found.edges],
        "facts": [
            {"path": f.path, "quantity": f.quantity, "before": f.before, "after": f.after, "message": str(f.message)}
            for f in found.facts
        ],
    }


def _value(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _text(found: Diff) -> str:
    if not found:
        return tr("No difference.")
    colored = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    groups = [
        (tr("Layers"), [_line(n, colored) for n in found.nodes]),
        (tr("Links"), [_line(e, colored) for e in found.edges]),
        (tr("What follows"), [f"  {f.message}" for f in found.facts if f.path]),
        (tr("In all"), [f"  {f.message}" for f in found.facts if not f.path]),
    ]
    return "\n\n".join("\n".join([title, *_shortened(lines)]) for title, lines in groups if lines)


def _shortened(lines: list[str]) -> list[str]:
    """As many lines as one reads; JSON has all."""
    if len(lines) <= LINES:
        return lines
    return [*lines[: LINES - 1], tr("  ... and {n} more: --json has all", n=len(lines) - LINES + 1)]


def _line(change: NodeChange | EdgeChange, colored: bool) -> str:
    line = f"{SIGNS[change.how]} {change.message}"
    return f"{COLORS[change.how]}{line}{PLAIN}" if colored else line
