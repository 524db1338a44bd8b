"""Blocks as classes: one class for all the nodes of a block that differ in nothing but arguments of constructors.

What differs becomes a parameter of the class.  Arguments that always go together (the channels of a convolution and of
the normalization behind it) become one parameter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby

from graph.analysis import Report
from graph.errors import NetworkError
from graph.layer import Layer
from graph.network import Block, Node
from graph.repeats import numbered
from graph.sharing import needs
from runtime.forward import _WORDS, Forward, Line, attribute, unique
from runtime.in_place import overwrites
from runtime.literals import literal
from runtime.schedule import schedule

_LEADING = ("in_channels", "out_channels", "in_features", "out_features", "num_features")
"""Arguments that are written by position where they come first, as everybody does."""


@dataclass(frozen=True)
class Child:
    """A module or a parameter in a constructor: its name, what makes it, and its arguments as texts.

    *module* is where its class stands, ``"block"`` for one of the source; a parameter has none.  Of a repeated block
    *runs* are the classes, one per run of repetitions that are constructed alike, and the arguments of run ``i`` end in
    ``.i``, ``times.i`` among them.
    """

    name: str
    callee: str
    arguments: Mapping[str, str]
    kind: str = ""
    module: str = ""
    frozen: bool = False
    defaults: Mapping[str, str] = field(default_factory=dict)
    runs: tuple[str, ...] = ()

    @property
    def made(self) -> str:
        """The expression that makes it."""
        if self.runs:
            return f"{self.callee}({', '.join(self._run(i) for i in range(len(self.runs)))})"
        return f"{self.callee}({', '.join(self.shown)})" if self.module else self.callee.format(**self.arguments)

    def _run(self, i: int) -> str:
        """The modules of one run of repetitions, as they stand in the call."""
        given = {key.removesuffix(f".{i}"): text for key, text in self.arguments.items() if key.endswith(f".{i}")}
        times = given.pop("times")
        one = Child(self.name, self.runs[i], given, module=self.module).made
        return one if times == "1" else f"*[{one} for _ in range({times})]"

    @property
    def shown(self) -> list[str]:
        """The arguments as they stand in the call."""
        leads, found = True, []
        for name, text in self.arguments.items():
            leads = leads and name in _LEADING
            found.append(text if leads else f"{name}={text}")
        return found


@dataclass(frozen=True)
class Class:
    """A class of the source."""

    name: str
    children: tuple[Child, ...]
    forward: Forward
    parameters: tuple[str, ...] = ()
    shapes_of: str = ""

    @property
    def in_a_row(self) -> bool:
        """Whether it does what ``nn.Sequential`` does: each numbered child takes what the one before it gives."""
        if any(child.name != str(i) or not child.module or child.frozen for i, child in enumerate(self.children)):
            return False
        takes = [*self.forward.parameters[:1], *["x"] * (len(self.children) - 1)]
        calls = [f"{attribute(str(i))}({value})" for i, value in enumerate(takes)]
        body = [*(f"x = {call}" for call in calls[:-1]), f"return {calls[-1]}"]
        return [line.text for line in self.forward.lines()] == body


Known = dict[int, tuple[str, dict[str, str]]]
"""The class of a block's report and the arguments it is constructed with, by the report's identity."""


def children(forward: Forward, known: Known) -> tuple[Child, ...]:
    """The modules of a network, in the order of its flow, where the classes of its blocks are *known*."""
    order = forward.report.network.order
    return tuple(child for name in order if (child := _child(forward, name, known)) is not None)


def _child(forward: Forward, name: str, known: Known) -> Child | None:
    report = forward.report
    node, fact = report.network.nodes[name], report.facts[name]
    if node.bypass and report.network.inputs(node):
        return None
    if node.shares:
        _check_shared(forward, name, known)
        return None
    if fact.inside is not None and numbered(node):
        return _sequence(node, fact.inside, known)
    if fact.inside is not None:
        callee, arguments = known[id(fact.inside)]
        return Child(name, callee, arguments, module="block", frozen=node.frozen)
    layer = fact.layer
    weights = needs(report, name) if report.state.borrowed else fact.weights
    if isinstance(layer, Layer) and not layer.module and weights and "" in weights:
        callee = f"nn.Parameter({layer.parameter('{shape}')})"
        return Child(name, callee, {"shape": literal(weights[""].shape)}, layer.kind, frozen=node.frozen)
    if not isinstance(layer, Layer) or not layer.module or not fact.outputs:
        return None
    arguments = {key: _argument(layer, key, value) for key, value in layer.arguments(*fact.inputs).items()}
    defaults = {key: _argument(layer, key, value) for key, value in layer.values.items()}
    if layer.overwrites and overwrites(forward, name):
        arguments["inplace"] = "True"
    callee = f"nn.{layer.kind}" if layer.module == "torch.nn" else layer.kind
    return Child(name, callee, arguments, layer.kind, layer.module, node.frozen, defaults)


def _sequence(node: Node, chain: Report, known: Known) -> Child:
    """The repetitions of a block, those constructed alike in a loop."""
    calls = [known[id(fact.inside)] for number, fact in chain.facts.items() if number.isdigit()]
    runs = [(*call, len(list(alike))) for call, alike in groupby(calls)]
    arguments: dict[str, str] = {}
    for i, (_, given, times) in enumerate(runs):
        arguments |= {f"{key}.{i}": text for key, text in given.items()} | {f"times.{i}": str(times)}
    callees = tuple(callee for callee, _, _ in runs)
    return Child(node.name, "nn.Sequential", arguments, module="block", frozen=node.frozen, runs=callees)


def _check_shared(forward: Forward, name: str, known: Known) -> None:
    """See to it that the module of the owner is what *name* would be, had it weights of its own."""
    report, owner = forward.report, forward.network.nodes[name].shares
    mine, its = report.facts[name], report.facts[owner]
    if mine.inside is not None and its.inside is not None:
        levels = [mine.inside, its.inside]
        if numbered(forward.network.nodes[name]):
            a, b = ([known[id(f.inside)] for f in level.facts.values() if f.inside is not None] for level in levels)
        else:
            a, b = ([known[id(level)]] for level in levels)
        same = a == b
    else:
        layers = [fact.layer for fact in (mine, its)]
        arguments = [x.arguments(*f.inputs) for x, f in zip(layers, (mine, its), strict=True) if isinstance(x, Layer)]
        same = arguments[0] == arguments[1]
    if not same:
        raise NetworkError(
            "What {name} does depends on the size of what arrives, so it cannot use the weights of {owner}: "
            "give it weights of its own.",
            name=name,
            owner=owner,
        )


def _argument(layer: Layer, name: str, value: object) -> str:
    """The text of an argument; one number stands for a size that is equal along all axes."""
    if not name.isidentifier():
        raise ValueError(f"{layer.kind}: {name!r} is no argument")
    is_size = any(spec.name == name and spec.type == "size" for spec in layer.specs)
    if is_size and type(value) is tuple and len(set(value)) == 1:
        return literal(value[0])
    return literal(value)


@dataclass(frozen=True)
class _Use:
    """A block where it stands: its path, its definition, its report, its forward and its modules."""

    path: str
    block: str
    report: Report
    forward: Forward
    children: tuple[Child, ...] = ()


def classes(report: Report) -> tuple[list[Class], Known]:
    """The classes of all blocks, inner ones first, and which class each node of a block is made of."""
    uses: dict[str, list[_Use]] = {}
    for use in _uses(report, "", set()):
        uses.setdefault(use.block, []).append(use)
    known: Known = {}
    busy = {"Net"} | _WORDS
    found = []
    for block, mine in uses.items():
        groups: dict[object, list[_Use]] = {}
        for use in mine:
            made = replace(use, children=children(use.forward, known))
            groups.setdefault(_likeness(made), []).append(made)
        for group in groups.values():
            one, arguments = _share(_class_name(block, busy), group)
            found.append(one)
            known |= {id(use.report): (one.name, given) for use, given in zip(group, arguments, strict=True)}
    return found, known


def _uses(report: Report, prefix: str, seen: set[int]) -> Iterator[_Use]:
    for name in report.network.order:
        node, inside = report.network.nodes[name], report.facts[name].inside
        if inside is None or id(inside) in seen or not isinstance(node.layer, Block):
            continue
        seen.add(id(inside))
        yield from _uses(inside, f"{prefix}{name}.", seen)
        if numbered(node):
            continue
        yield _Use(prefix + name, node.layer.name, inside, Forward(inside, schedule(inside), top=False))


def _likeness(use: _Use) -> object:
    """Equal for two uses that one class can serve."""
    lines = tuple(line._replace(comment="") for line in use.forward.lines())
    made = tuple(
        (c.name, c.callee, c.runs, c.frozen, tuple(a for a in c.arguments if a not in c.defaults)) for c in use.children
    )
    return lines, made


def _class_name(block: str, busy: set[str]) -> str:
    """``basic_block`` becomes ``BasicBlock``; a number is added where the name is taken."""
    name = "".join(part[:1].upper() + part[1:] for part in block.replace("-", "_").split("_")) or "Block"
    name = f"Block{name}" if name[0].isdigit() else name
    free, n = name, 1
    while free in busy:
        n += 1
        free = f"{name}{n}" if not name[-1].isdigit() else f"{name}_{n}"
    busy.add(free)
    return free


def _share(name: str, group: list[_Use]) -> tuple[Class, list[dict[str, str]]]:
    """One class for a group of uses, and the arguments of each."""
    first = group[0]
    parameters: dict[tuple[str, ...], str] = {}
    busy = {"self", name, *_WORDS, *(callee for c in first.children for callee in (c.callee, *c.runs))}
    made = []
    for place, child in enumerate(first.children):
        same = [use.children[place] for use in group]
        keys = dict.fromkeys(key for c in same for key in c.arguments)
        given = {key: tuple(c.arguments.get(key) or c.defaults[key] for c in same) for key in keys}
        arguments = {}
        for key, texts in given.items():
            if len(set(texts)) == 1:
                arguments[key] = texts[0]
                continue
            if texts not in parameters:
                parameters[texts] = _parameter(texts, key.partition(".")[0], child.name, group, busy)
            arguments[key] = parameters[texts]
        made.append(replace(child, arguments=arguments))
    differ = any([line.comment for line in use.forward.lines()] != _comments(first) for use in group)
    one = Class(name, tuple(made), first.forward, tuple(parameters.values()), first.path if differ else "")
    return one, [{p: texts[i] for texts, p in parameters.items()} for i in range(len(group))]


def _comments(use: _Use) -> list[str]:
    return [line.comment for line in use.forward.lines()]


def _parameter(texts: tuple[str, ...], key: str, child: str, group: list[_Use], busy: set[str]) -> str:
    """A name for what differs: that of the block's variable with these values, else that of the argument."""
    for variable in group[0].report.variables:
        if variable not in busy and all(
            str(use.report.variables[variable]) == text for use, text in zip(group, texts, strict=True)
        ):
            return unique(variable, busy)
    return unique(key if key not in busy else f"{child}_{key}", busy)


__all__ = ["Child", "Class", "Line", "children", "classes"]
