"""The body of a ``forward``: one line per node, in the order of the network.

``x`` is what the next line takes; what is needed later bears the name of its node, and is deleted once nothing needs it
and much is still to come.  Where the outputs and the losses need different nodes, the lines part on ``targets``.
"""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from graph.analysis import Report
from graph.layer import INFERENCE, TRAINING, Layer
from graph.tensors import Flow, Tensor
from runtime.in_place import overwrites
from runtime.literals import literal
from runtime.schedule import Schedule, Value, flat, passed, taken

_WORDS = {*dir(builtins), *keyword.kwlist, "self", "torch", "nn", "targets", "losses"} - {"input"}
_STILL_MUCH = 4
"""A value that is needed no more is deleted if at least so many lines follow."""


class Line(NamedTuple):
    """One statement: its text, how deep it stands, the comment behind it, and the node it computes."""

    text: str
    depth: int = 0
    comment: str = ""
    node: str = ""


def dims(flow: Flow | None) -> str:
    """The shape of a tensor as a comment: ``(N, 8, 28, 28)``; empty for what is none."""
    return f"({', '.join(map(str, flow.dims))}{',' * (len(flow.dims) == 1)})" if isinstance(flow, Tensor) else ""


def attribute(name: str) -> str:
    """How the child called *name* is reached; neither a number nor what has a hyphen is a name in Python."""
    return f"self.{name}" if name.isidentifier() else f'getattr(self, "{name}")'


class Forward:
    """The lines of one ``forward``, from the report of a network and its schedule."""

    def __init__(self, report: Report, schedule: Schedule, *, top: bool = True) -> None:
        self.report, self.network, self.schedule, self.top = report, report.network, schedule, top
        self.modes = schedule.modes
        self.places = {m: {name: i for i, name in enumerate(schedule.steps[m])} for m in self.modes}
        self.uses = {mode: self._uses(mode) for mode in self.modes}
        self.names = self._names()
        self.inline = self._inline_losses()

    @property
    def parameters(self) -> list[str]:
        """Parameters after ``self``."""
        found = [self.names[Value(name)] for name in self.schedule.inputs]
        if TRAINING in self.modes:
            found.append("targets=None" if INFERENCE in self.modes else "targets")
        return found

    def lines(self) -> list[Line]:
        """The body."""
        found: list[Line] = []
        waiting: list[str] = []
        for name in self.network.order:
            modes = [mode for mode in self.modes if name in self.places[mode]]
            if len(modes) == len(self.modes) > 1 and not self._passing(name):
                found += self._parted(waiting)
                waiting = []
                found += self._step(name, 0)
            elif modes:
                waiting.append(name)
        return [*found, *self._tail(waiting)]

    def _parted(self, names: list[str]) -> Iterator[Line]:
        """Lines between two common ones that only one of the modes needs."""
        groups = [(mode, [n for n in names if n in self.places[mode]]) for mode in self.modes]
        groups = [(mode, mine) for mode, mine in groups if mine]
        for i, (mode, mine) in enumerate(groups):
            test = "is None" if mode == INFERENCE else "is not None"
            yield Line("else:" if i else f"if targets {test}:")
            for name in mine:
                yield from self._step(name, 1, mode)

    def _tail(self, names: list[str]) -> Iterator[Line]:
        """What follows the last common line, and the returns."""
        for mode in self.modes:
            depth = int(mode == INFERENCE and len(self.modes) > 1)
            if depth:
                yield Line("if targets is None:")
            mine = [n for n in names if n in self.places[mode] and n not in self.inline]
            last = self._returned(mine) if mode == INFERENCE else None
            for name in mine[:-1] if last else mine:
                yield from self._step(name, depth, mode)
            yield last._replace(depth=depth) if last else self._return(mode, depth)

    def _returned(self, mine: list[str]) -> Line | None:
        """The last step, returned at once, where it is the only answer."""
        values = list(self.schedule.outputs.values())
        if (
            not mine
            or passed(self.network.nodes[mine[-1]], INFERENCE)
            or self._adds_to("x", mine[-1])
            or values != [Value(mine[-1])]
            or len(self.report.facts[mine[-1]].outputs) != 1
        ):
            return None
        return Line(f"return {self._text(mine[-1])}", 0, self._comment(mine[-1]), mine[-1])

    def _return(self, mode: str, depth: int) -> Line:
        if mode == TRAINING:
            values = {name: self._loss(name, value) for name, value in self.schedule.losses.items()}
        else:
            values = {name: self.names[value] for name, value in self.schedule.outputs.items()}
            if len(values) == 1 or not self.top:
                return Line(f"return {', '.join(values.values())}", depth)
        inner = ", ".join(f"{literal(name)}: {text}" for name, text in values.items())
        return Line(f"return {{{inner}}}", depth, node=self.inline[-1] if mode == TRAINING and self.inline else "")

    def _loss(self, name: str, value: Value) -> str:
        """What is returned of a loss; one of several that a node gives gets its share here."""
        if name in self.inline:
            return self._text(name)
        share = 1.0 if name == value.node else getattr(self.report.facts[value.node].layer, "share", 1.0)
        return self.names[value] if share == 1.0 else f"{literal(share)} * {self.names[value]}"

    def _passing(self, name: str) -> bool:
        """Whether a node is computed in one of the modes only, and passes a value on in the other."""
        return any(passed(self.network.nodes[name], mode) for mode in self.modes)

    def _step(self, name: str, depth: int, mode: str = "") -> Iterator[Line]:
        if passed(self.network.nodes[name], mode):
            yield Line(f"{self.names[Value(name)]} = {self.names[self._takes(name, mode)[0]]}", depth, "", name)
            return
        ports = range(len(self.network.outputs(self.network.nodes[name])))
        left = ", ".join(self.names.get(Value(name, port), "_") for port in ports)
        text = f"{left} = {self._text(name)}"
        if self._adds_to(left, name):
            text = f"{left} += {self._shown(taken(self.network, name)[0])[1]}"
        yield Line(text, depth, self._comment(name), name)
        done = [self.names[value] for value in dict.fromkeys(self._takes(name)) if self._ends(value, name)]
        if done:
            yield Line(f"del {', '.join(done)}", depth)

    def _adds_to(self, left: str, name: str) -> bool:
        """Whether a sum is written over its first term, whose variable it also takes: ``x += skip``."""
        if self.network.nodes[name].kind != "Add" or not overwrites(self, name):
            return False
        return bool(left == self._shown(taken(self.network, name)[0])[0])

    def _comment(self, name: str) -> str:
        return dims(self.report.facts[name].output)

    def _text(self, name: str) -> str:
        """The expression that computes a node."""
        layer = self.report.facts[name].layer
        own = attribute(self.network.nodes[name].shares or name)
        names = [self._shown(value) for value in taken(self.network, name)]
        text = layer.expression(*names) if isinstance(layer, Layer) and not layer.module else ""
        if not text and isinstance(layer, Layer):
            text = layer.call(own, *names)
        if not text:
            text = f"{own}({', '.join(_arguments(names))})"
        share = getattr(layer, "share", 1.0) if name in self.schedule.losses else 1.0
        return text if share == 1.0 else f"{literal(share)} * {text if layer.module else f'({text})'}"

    def _shown(self, value: Any) -> Any:
        if value is None:
            return None
        return self.names[value] if isinstance(value, Value) else tuple(self.names[v] for v in value)

    def _takes(self, name: str, mode: str = "") -> list[Value]:
        return flat(taken(self.network, name, mode))

    def _uses(self, mode: str) -> dict[Value, list[int]]:
        """Where each value is used in a mode: places of steps, and one past the last for what is returned."""
        found: dict[Value, list[int]] = {}
        for place, name in enumerate(self.schedule.steps[mode]):
            for value in self._takes(name, mode):
                found.setdefault(value, []).append(place)
        given = self.schedule.outputs if mode == INFERENCE else self.schedule.losses
        for value in given.values():
            found.setdefault(value, []).append(len(self.schedule.steps[mode]))
        return found

    def _passes(self, value: Value) -> bool:
        """Whether the next line, and no other, takes the value in every mode, and it leaves its node alone."""
        if len(self.network.outputs(self.network.nodes[value.node])) > 1 or self._passing(value.node):
            return False  # two values of one line cannot both be x
        return all(
            set(self.uses[mode].get(value, ())) <= {self.places[mode].get(value.node, -1) + 1} for mode in self.modes
        )

    def _ends(self, value: Value, step: str) -> bool:
        """Whether *step* is the last to use a value that is worth deleting."""
        if value.node in (*self.schedule.inputs, *self.schedule.targets) or self._passes(value):
            return False
        for mode in self.modes:
            uses, place = self.uses[mode].get(value, []), self.places[mode].get(step)
            if uses and place != uses[-1]:
                return False
            if place is not None and len(self.schedule.steps[mode]) - place <= _STILL_MUCH:
                return False
        return True

    def _names(self) -> dict[Value, str]:
        """The variable of each value that anything uses."""
        used = {Value(name): None for name in self.schedule.inputs}
        for mode in self.modes:
            used |= dict.fromkeys(self.uses[mode])
        many = len(self.schedule.targets) > 1
        found: dict[Value, str] = {}
        busy = {"x", *_WORDS}
        for value in used:
            if value.node in self.schedule.targets:
                found[value] = f"targets[{literal(value.node)}]" if many else "targets"
            elif self._passes(value) and (value.node not in self.schedule.inputs or value.node == "x"):
                found[value] = "x"
            else:
                ports = self.network.outputs(self.network.nodes[value.node])
                name = value.node if len(ports) == 1 else f"{value.node}_{ports[value.port].name}"
                found[value] = unique(name, busy)
        return found

    def _inline_losses(self) -> list[str]:
        """Losses at the very end, which are written where they are returned."""
        found: list[str] = []
        end = len(self.schedule.steps[TRAINING])
        for name in reversed(self.schedule.steps[TRAINING]):
            if name not in self.schedule.losses or self.uses[TRAINING][Value(name)] != [end]:
                break
            found.insert(0, name)
        return found


def unique(name: str, busy: set[str]) -> str:
    """*name* made an identifier that is not *busy*, which it then is."""
    name = (f"x{name}" if name[0].isdigit() else name).replace("-", "_")
    while name in busy:
        name += "_"
    busy.add(name)
    return name


def _arguments(names: Iterable[Any]) -> list[str]:
    """Arguments of a call: ports that take many get a tuple, free ones None, or nothing at the end."""
    found = [f"({', '.join(n)}{',' * (len(n) == 1)})" if isinstance(n, tuple) else str(n) for n in names]
    while found and found[-1] == "None":
        found.pop()
    return found
