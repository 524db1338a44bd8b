"""Blocks after the hierarchy of modules: steps whose paths begin alike stand together.

A block must have no way out of it and in again; where the modules are called in an order that would need one, their
names are joined (``convs_0`` instead of ``convs.0``) and the plan says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

from runtime.import_.steps import Plan, Ref, free_path


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

    @cached_property
    def owners(self) -> dict[Ref, str]:
        """The part that gives each value; values that arrive from outside are absent."""
        found = {}
        for name, part in self.parts.items():
            found |= dict.fromkeys(part.outputs if isinstance(part, Level) else [Ref(part)], name)
        return found

    def owner(self, ref: Ref) -> str:
        """The part that gives a value."""
        return self.owners[ref]


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
    # the order in which they are taken: what goes on to the answer comes before what goes on to an auxiliary head
    taken = {i: beyond for i in members if (beyond := takers.get(i, set()) - own)}
    made.outputs = [Ref(i) for i in sorted(taken, key=lambda i: (min(taken[i]), i))]
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
        plan.steps[i] = replace(step, path=free_path((*scope[:-1], step.layer.kind.lower()), taken, plan))
        taken.add(plan.steps[i].path)
