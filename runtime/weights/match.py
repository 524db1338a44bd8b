"""Which weights of a file belong to which layers: by name and shape; where names hardly fit, by order and shape.

Free of torch: only names and shapes are compared.  A layer gets all of its weights or none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from graph.analysis import Report
from graph.layer import Weight
from graph.text import Message, say
from runtime.matching import partners
from runtime.weights.origin import Origin, Shape

COUNTER = "num_batches_tracked"
"""How many batches a normalization has seen: files written before torch counted lack it, and nothing depends on it."""

ENOUGH = 0.5
"""Where names fit fewer than this share of the layers, and the order fits as many, the order decides."""


class Left(NamedTuple):
    """A layer whose weights do not come from the file, and why.

    *given* is None where the file has none for it; *anew* says that somebody wants it so.
    """

    path: str
    key: str
    own: Shape
    given: Shape | None = None
    anew: bool = False

    @property
    def why(self) -> Message:
        """The reason, in a sentence."""
        key = full(self.path, self.key)
        if self.anew:
            return say("{name} is to begin anew.", name=self.path)
        if self.given is None:
            return say("The file has no {key}.", key=key)
        return say("{key} is {given} in the file, {own} here.", key=key, given=_shape(self.given), own=_shape(self.own))


@dataclass(frozen=True)
class Match:
    """What becomes of a file's weights in a network.

    Args:
        weights: for each tensor, by its key in the network's state_dict, the file and the key in it.
        taken: paths of the layers that get theirs.
        left: layers that do not, each with the first reason.
        unused: keys of the file that no layer takes.
        by_order: whether the names did not fit, and layers were found by their order.
    """

    weights: Mapping[str, tuple[str, str]]
    taken: tuple[str, ...]
    left: tuple[Left, ...]
    unused: tuple[str, ...] = ()
    by_order: bool = False

    def told(self, origin: Origin) -> dict[str, Any]:
        """What a run remembers of it, ready for JSON."""
        return {
            "from": origin.text,
            "title": origin.title,
            "taken": len(self.taken),
            "new": [{"path": one.path, "why": str(one.why)} for one in self.left],
            "unused": list(self.unused),
            "by_order": self.by_order,
        }


def match(report: Report, origin: Origin) -> Match:
    """The weights of *origin* for the network of *report*; nothing may fit."""
    wanted = layers(report)
    given = _unwrapped(origin.shapes, wanted)
    names = partners([full(path, key) for path, own in wanted.items() for key in own], given)
    named = _fitting(wanted, names, given)
    enough = ENOUGH * len(wanted)
    if len(named.taken) >= enough:
        return _finished(named, origin, given, by_order=False)
    ordered = _fitting(wanted, _in_order(wanted, given), given)
    better = len(ordered.taken) >= enough
    return _finished(ordered if better else named, origin, given, by_order=better)


def kept(report: Report, weights: Mapping[str, tuple[str, str]], origin: Origin) -> Match:
    """Of *weights* that were taken before, those that fit the network of *report* as it is now."""
    wanted = layers(report)
    names = {key: place[1] for key, place in weights.items()}
    fitting = _fitting(wanted, names, origin.shapes)
    left = tuple(one if one.given else one._replace(anew=True) for one in fitting.left)
    return _finished(fitting._replace(left=left), origin, origin.shapes, by_order=False)


def layers(report: Report) -> dict[str, Mapping[str, Weight]]:
    """The layers that own weights, by path in the order of execution."""
    return {path: fact.weights for path, fact in report.leaves() if fact.weights}


def full(path: str, key: str) -> str:
    """What a tensor is called in the state_dict."""
    return f"{path}.{key}" if key else path


class _Fitting(NamedTuple):
    names: dict[str, str]
    taken: tuple[str, ...]
    left: tuple[Left, ...]


def _fitting(
    wanted: Mapping[str, Mapping[str, Weight]], names: Mapping[str, str], given: Mapping[str, Shape]
) -> _Fitting:
    """The layers all of whose tensors are *given* in their shapes under the *names* that are theirs."""
    found: dict[str, str] = {}
    taken, left = [], []
    for path, own in wanted.items():
        mine, reason = {}, None
        for key, weight in own.items():
            theirs = names.get(full(path, key), "")
            if theirs in given and tuple(given[theirs]) == tuple(weight.shape):
                mine[full(path, key)] = theirs
            elif theirs in given:
                reason = reason or Left(path, key, tuple(weight.shape), tuple(given[theirs]))
            elif key != COUNTER:
                reason = reason or Left(path, key, tuple(weight.shape))
        if reason:
            left.append(reason)
        else:
            found |= mine
            taken.append(path)
    return _Fitting(found, tuple(taken), tuple(left))


def _finished(fitting: _Fitting, origin: Origin, given: Mapping[str, object], *, by_order: bool) -> Match:
    """The match under the names that the file itself uses."""
    long = dict(zip(given, origin.shapes, strict=True))
    used = set(fitting.names.values())
    unused = tuple(long[key] for key in given if key not in used)
    weights = {key: (origin.file, long[theirs]) for key, theirs in fitting.names.items()}
    return Match(weights, fitting.taken, fitting.left, unused, by_order)


def _unwrapped(shapes: Mapping[str, Shape], wanted: Mapping[str, object]) -> dict[str, Shape]:
    """*shapes* without the name that all keys begin with, if the network does not begin so: ``module.conv1.weight``."""
    firsts = {key.partition(".")[0] for key in shapes}
    ours = {path.partition(".")[0] for path in wanted}
    if len(firsts) == 1 and not firsts & ours and all("." in key for key in shapes):
        return _unwrapped({key.partition(".")[2]: shape for key, shape in shapes.items()}, wanted)
    return dict(shapes)


def _in_order(wanted: Mapping[str, Mapping[str, Weight]], given: Mapping[str, Shape]) -> dict[str, str]:
    """Names by order: the longest run of layers that have tensors of the same last names and shapes in both."""
    groups: dict[str, dict[str, Shape]] = {}
    for key, shape in given.items():
        prefix, _, last = key.rpartition(".")
        groups.setdefault(prefix, {})[last] = tuple(shape)
    ours = [_signature({key: tuple(w.shape) for key, w in own.items()}) for own in wanted.values()]
    theirs = [_signature(group) for group in groups.values()]
    paths, prefixes = list(wanted), list(groups)
    found: dict[str, str] = {}
    for block in SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks():
        for i in range(block.size):
            path, prefix = paths[block.a + i], prefixes[block.b + i]
            for key in wanted[path]:
                found[full(path, key)] = f"{prefix}.{key}" if prefix else key
    return found


def _signature(tensors: Mapping[str, Shape]) -> tuple[tuple[str, Shape], ...]:
    return tuple(sorted((key, shape) for key, shape in tensors.items() if key != COUNTER))


def _shape(shape: Shape) -> str:
    return " × ".join(map(str, shape)) or "1"
