"""Blocks after the hierarchy of modules: steps whose paths begin alike stand together.

A block must have no way out of it and in again; where the modules are called in an order that would need one, their
names are joined (``convs_0`` instead of ``convs.0``) and the plan says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from runtime.import_.steps import Plan, Ref, Step


@dataclass
class Level:
    """The inside of a block (or, at the path ``()``, the whole).

    Args:
        path: where the block stands.
        members: its steps, by their place in the plan.
        parts: by name, in the order of execution, the place of a step or a level inside.
        inputs: values that arrive from outside, in the order in which they are asked for.
        outputs: values of its own that are taken outside.
    """

    path: tuple[str, ...]
    members: list[int]
    parts: dict[str, int | Level] = field(default_factory=dict)
    inputs: list[Ref] = field(default_factory=list)
    outputs: list[Ref] = field(default_factory=list)

    @property
    def levels(self) -> list[Level]:
        """The blocks directly inside."""
        return [part for part in self.parts.values() if isinstance(part, Level)]

    @property
    def height(self) -> int:
        """How many levels there are below."""
        return max((level.height + 1 for level in self.levels), default=0)

    def owner(self, ref: Ref) -> str | None:
        """The part that gives a value; None if it arrives from outside."""
        for name, part in self.parts.items():
            if part == ref.step or (isinstance(part, Level) and ref in part.outputs):
                return name
        return None


def nest(plan: Plan) -> Level:
    """The levels of *plan*, whose steps may be renamed."""
    _lift_merges(plan)
    takers: dict[int, set[int]] = {}
    for i, step in enumerate(plan.steps):
        for ref in step.refs:
            takers.setdefault(ref.step, set()).add(i)
    for ref in plan.outputs.values():
        takers.setdefault(ref.step, set()).add(len(plan.steps))
    return _level(plan, (), list(range(len(plan.steps))), takers)


def _level(plan: Plan, path: tuple[str, ...], members: list[int], takers: dict[int, set[int]]) -> Level:
    made = Level(path, members)
    groups = _groups(plan, path, members)
    while torn := next((n for n, g in groups.items() if not _whole(plan, members, g)), None):
        _join(plan, path, torn, groups[torn])
        groups = _groups(plan, path, members)
    for name, group in groups.items():
        alone = len(group) == 1 and len(plan.steps[group[0]].path) == len(path) + 1
        made.parts[name] = group[0] if alone else _level(plan, (*path, name), group, takers)
    own = set(members)
    made.inputs = list(dict.fromkeys(r for i in members for r in plan.steps[i].refs if r.step not in own))
    made.outputs = [Ref(i) for i in members if takers.get(i, set()) - own]
    return made


def _groups(plan: Plan, path: tuple[str, ...], members: list[int]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for i in members:
        found.setdefault(plan.steps[i].path[len(path)], []).append(i)
    return found


def _whole(plan: Plan, members: list[int], group: list[int]) -> bool:
    """Whether no way leads out of the *group* and into it again."""
    inside, beyond = set(group), set[int]()
    for i in members:
        if not group[0] <= i <= group[-1]:
            continue
        sources = {ref.step for ref in plan.steps[i].refs}
        if i in inside:
            if sources & beyond:
                return False
        elif sources & (inside | beyond):
            beyond.add(i)
    return True


def _join(plan: Plan, path: tuple[str, ...], name: str, group: list[int]) -> None:
    """Take the parts of a block apart: their names keep where they were."""
    for i in group:
        step = plan.steps[i]
        inner, *rest = step.path[len(path) + 1 :]
        joined = (*path, f"{name}_{inner}")
        plan.renamed[".".join((*path, name, inner))] = ".".join(joined)
        plan.steps[i] = replace(step, path=(*joined, *rest))


def _lift_merges(plan: Plan) -> None:
    """A block that begins by merging all that arrives gets it merged: the merge stands before it.

    So the layers of a DenseNet, which concatenate ever more maps, are all alike inside.
    """
    taken = {step.path for step in plan.steps}
    for i, step in enumerate(plan.steps):
        scope = step.path[:-1]
        if not scope or step.layer.category != "merge" or len(step.refs) < 2:
            continue
        if any(plan.steps[ref.step].path[: len(scope)] == scope for ref in step.refs):
            continue
        inside = {j for j, other in enumerate(plan.steps) if other.path[: len(scope)] == scope}
        others = {r.step for j in inside if j != i for r in plan.steps[j].refs}
        if any(r.step in inside or r.step in others for r in step.refs) or others - inside:
            continue
        plan.steps[i] = replace(step, path=_free((*scope[:-1], step.layer.kind.lower()), taken, plan))
        taken.add(plan.steps[i].path)


def _free(path: tuple[str, ...], taken: set[tuple[str, ...]], plan: Plan) -> tuple[str, ...]:
    number, found = 1, path
    while found in taken or ".".join(found) in plan.classes:
        number += 1
        found = (*path[:-1], f"{path[-1]}{number}")
    return found


def simplify(plan: Plan) -> None:
    """Several operations that together have a name: view, transpose, view is ChannelShuffle."""
    from graph.layer import kinds

    takers: dict[int, list[int]] = {}
    for i, step in enumerate(plan.steps):
        for ref in step.refs:
            takers.setdefault(ref.step, []).append(i)
    gone: dict[int, Ref] = {}
    for i, first in enumerate(plan.steps):
        groups = _shuffles(plan, takers, i)
        if groups:
            swap = takers[i][0]
            last = takers[swap][0]
            plan.steps[last] = replace(
                plan.steps[last],
                path=(*first.path[:-1], _free((*first.path[:-1], "shuffle"), {s.path for s in plan.steps}, plan)[-1]),
                layer=kinds()["ChannelShuffle"](groups=groups),
                takes=first.takes,
            )
            gone |= {i: first.refs[0], swap: first.refs[0]}
    _remove(plan, set(gone))


def _shuffles(plan: Plan, takers: dict[int, list[int]], i: int) -> int:
    """The number of groups if a channel shuffle begins at step *i*; else 0."""

    def is_a(step: Step, kind: str, **values: Any) -> bool:
        return step.layer.kind == kind and all(getattr(step.layer, k) == v for k, v in values.items())

    def only(j: int) -> int | None:
        return takers[j][0] if len(takers.get(j, ())) == 1 else None

    first = plan.steps[i]
    if not is_a(first, "Unflatten", dim=1) or len(first.layer.unflattened_size) != 2:  # type: ignore[attr-defined]
        return 0
    swap = only(i)
    last = only(swap) if swap is not None else None
    if swap is None or last is None or not is_a(plan.steps[swap], "Transpose", dim0=1, dim1=2):
        return 0
    ends = is_a(plan.steps[last], "Flatten", start_dim=1, end_dim=2)
    return int(first.layer.unflattened_size[0]) if ends else 0  # type: ignore[attr-defined]


def _remove(plan: Plan, gone: set[int]) -> None:
    """Take steps out of the plan; nothing may take their values."""
    kept = [i for i in range(len(plan.steps)) if i not in gone]
    place = {old: new for new, old in enumerate(kept)}

    def moved(taken: Any) -> Any:
        if isinstance(taken, Ref):
            return Ref(place[taken.step])
        return None if taken is None else tuple(moved(ref) for ref in taken)

    plan.steps = [replace(plan.steps[i], takes=tuple(moved(t) for t in plan.steps[i].takes)) for i in kept]
    plan.outputs = {name: moved(ref) for name, ref in plan.outputs.items()}


def drop_dead(plan: Plan) -> None:
    """Take out operations without weights whose value nothing takes."""
    while True:
        taken = {ref.step for step in plan.steps for ref in step.refs} | {ref.step for ref in plan.outputs.values()}
        dead = {
            i
            for i, step in enumerate(plan.steps)
            if i not in taken and step.layer.kind not in ("Input", "Opaque") and not _weighs(plan, step)
        }
        if not dead:
            return
        _remove(plan, dead)


def _weighs(plan: Plan, step: Step) -> bool:
    flows = [
        plan.steps[t.step].flow if isinstance(t, Ref) else tuple(plan.steps[r.step].flow for r in t) if t else None
        for t in step.takes
    ]
    return bool(step.layer.weights(*flows))
