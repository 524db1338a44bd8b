"""A network as readable PyTorch, as someone who knows it would write it by hand.

The program runs exactly this text (:mod:`runtime.compile`), saves it, and carries it in its models.  Its main class is
``Net``, constructed without arguments; a block becomes a class, whose constructor takes what differs between the nodes
where it stands; the names of the weights are the paths of the nodes.  Nothing here knows a kind of layer: ``module``,
``arguments``, ``expression`` and ``when`` of each say all.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import wrap

from graph.analysis import Report, analyze
from graph.errors import CanevasError, NetworkError
from graph.network import Network
from graph.text import number
from runtime.blocks import Child, Class, children, classes
from runtime.folding import WIDTH, fold
from runtime.forward import Forward, Line, attribute, dims
from runtime.literals import check_network, title
from runtime.schedule import schedule

MODULES = Path(__file__).parent / "modules"
"""Where the modules stand that torch lacks."""

FEW = 3
"""So many frozen layers are named one per line; more of them in a loop."""


@dataclass(frozen=True)
class Source:
    """The text, and for each of its lines (from 1) that belongs to a node the name of the node in its network."""

    text: str
    nodes: Mapping[int, str] = field(default_factory=dict, compare=False)


def source(network: Network) -> str:
    """The source of *network*.

    Raises:
        CanevasError: the network has an error, with the sentence of its first problem.
    """
    return write(network).text


def write(network: Network, report: Report | None = None) -> Source:
    """The source of *network* with the nodes of its lines; *report* is its analysis, if known.

    Raises:
        CanevasError: as :func:`source`.
    """
    check_network(network)
    report = report if report is not None and report.network is network else analyze(network)
    refuse_errors(report)
    plan = schedule(report)
    if not plan.modes:
        raise NetworkError("The network computes nothing: connect its layers to an Output or to a loss.")
    blocks, known = classes(report)
    forward = Forward(report, plan)
    net = Class("Net", children(forward, known), forward)
    found = [net, *blocks]
    lines = [Line("")]
    for one in (*blocks, net):
        lines += [Line(""), Line(""), *_class(one)]
    own = sorted({c.kind for one in found for c in one.children if c.module == "runtime.modules"})
    return _text([*_head(report, found, own), *lines[1:]])


def refuse_errors(report: Report) -> None:
    """Nothing is written for a network that cannot run.

    Raises:
        CanevasError: it has an error; the sentence is that of its first problem.
    """
    for problem in report.problems:
        if problem.severity == "error":
            raise CanevasError(
                "The network cannot run yet. At {path}: {message}", path=problem.path, message=problem.message
            )


def _head(report: Report, found: list[Class], own: list[str]) -> list[Line]:
    """The docstring, the imports, and the classes of our own."""
    takes = ", ".join(f"{name} {dims(flow)}" for name, flow in report.inputs.items())
    gives = ", ".join(f"{name} {dims(flow)}".strip() for name, flow in report.outputs.items())
    what = f"{number(report.parameters)} parameters".replace("\u2009", ",")
    head = [
        Line(f'"""{title(report.network.name)}: {what}.'),
        Line(""),
        *map(Line, wrap(f"Takes {takes}" + (f"; gives {gives}." if gives else "."), WIDTH, break_long_words=False)),
    ]
    if len(schedule(report).modes) > 1:
        head.append(Line("Without targets the model answers; with targets it gives the losses by name."))
    copies = [line for kind in own for line in ("", "", *_own(kind).splitlines())]
    made = [child.made for one in found for child in one.children]
    lines = [*(x.text for one in found for x in one.forward.lines()), *made, *copies]
    imports = ["import torch"] if any(re.search(r"\btorch\.", line) for line in lines) else []
    imports.append("from torch import nn")
    others = {(c.module, c.kind) for one in found for c in one.children}
    imports += sorted(
        f"from {m} import {k}" for m, k in others if m not in ("", "block", "torch.nn", "runtime.modules")
    )
    return [*head, Line('"""'), Line(""), *map(Line, imports), *map(Line, copies)]


def _own(kind: str) -> str:
    """The class of a module of our own, as it stands in its file."""
    text = (MODULES / f"{kind.lower()}.py").read_text(encoding="utf-8")
    found = next(n for n in ast.parse(text).body if isinstance(n, ast.ClassDef) and n.name == kind)
    return ast.get_source_segment(text, found) or ""


def _class(one: Class) -> list[Line]:
    found = [Line(f"class {one.name}(nn.{'Sequential' if one.in_a_row else 'Module'}):")]
    if one.shapes_of:
        found += [Line(f'"""Shapes as in {one.shapes_of}."""', 1), Line("")]
    parts = [_row(one)] if one.in_a_row else [_constructor(one), _train(one.children), _forward(one)]
    for part in filter(None, parts):
        found += [*part, Line("")]
    return found[:-1]


def _row(one: Class) -> list[Line]:
    """The constructor of a class that needs no ``forward``."""
    comments = [line.comment for line in one.forward.lines()]
    layers = [
        Line(f"{child.made},", 3, comment, child.name) for child, comment in zip(one.children, comments, strict=True)
    ]
    return [_init(one), Line("super().__init__(", 2), *layers, Line(")", 2)]


def _init(one: Class) -> Line:
    return Line(f"def __init__({', '.join(('self', *one.parameters))}):", 1)


def _constructor(one: Class) -> list[Line]:
    if not one.children:
        return []
    found = [_init(one), Line("super().__init__()", 2)]
    for child in one.children:
        text = f"self.{child.name} = {child.made}"
        if not child.name.isidentifier():
            text = f'self.{"add_module" if child.module else "register_parameter"}("{child.name}", {child.made})'
        found.append(Line(text, 2, node=child.name))
    frozen = [child for child in one.children if child.frozen]
    modules, parameters = ([c for c in frozen if bool(c.module) is is_module] for is_module in (True, False))
    return [*found, *_each(modules, ".requires_grad_(False).eval()"), *_each(parameters, ".requires_grad_(False)")]


def _each(made: list[Child], call: str) -> list[Line]:
    """The same call on each of some children: in a loop where there are many."""
    if len(made) <= FEW:
        return [Line(attribute(child.name) + call, 2, "frozen", child.name) for child in made]
    names = ", ".join(attribute(child.name) for child in made)
    return [Line(f"for frozen in ({names}):", 2), Line(f"frozen{call}", 3)]


def _train(made: Iterable[Child]) -> list[Line]:
    """Frozen children stay in evaluation mode: a normalization without gradient would still move its means."""
    frozen = [child for child in made if child.frozen and child.module]
    if not frozen:
        return []
    return [
        Line("def train(self, mode=True):", 1),
        Line("super().train(mode)", 2),
        *_each(frozen, ".eval()"),
        Line("return self", 2),
    ]


def _forward(one: Class) -> list[Line]:
    body = [line._replace(depth=line.depth + 2) for line in one.forward.lines()]
    return [Line(f"def forward({', '.join(('self', *one.forward.parameters))}):", 1), *body]


def _text(lines: list[Line]) -> Source:
    found: list[str] = []
    nodes: dict[int, str] = {}
    for line in lines:
        folded = fold(line.text, 4 * line.depth, line.comment) if line.text else [""]
        if line.node:
            nodes |= dict.fromkeys(range(len(found) + 1, len(found) + len(folded) + 1), line.node)
        found += folded
    return Source("\n".join(found) + "\n", nodes)
