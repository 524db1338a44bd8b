"""A plan made more readable: operations that together have a name, branches numbered by depth, dead ends taken out."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import lcm
from typing import Any

from graph.layer import kinds
from runtime.import_.steps import Plan, Ref, Step, free_path


def simplify(plan: Plan) -> None:
    """All of it."""
    _shuffle(plan)
    _number_branches(plan)
    _drop_dead(plan)


def _number_branches(plan: Plan) -> None:
    """Probabilities that grow evenly with the depth are written so: ``p · step / steps``."""
    places = [i for i, step in enumerate(plan.steps) if step.layer.kind == "StochasticDepth"]
    rates = [plan.steps[i].layer.values["p"] for i in places]
    if len(set(rates)) < 3:
        return
    unit = _unit([rate for rate in rates if rate])
    for steps in range(1, 1000):
        last = float(f"{unit * steps:.4g}")
        found = [round(rate / unit) for rate in rates]
        exact = [last * step / steps == rate for step, rate in zip(found, rates, strict=True)]
        if sum(exact) * 10 >= 9 * len(rates) and last <= 1 and max(found) <= steps:
            for i, step, same in zip(places, found, exact, strict=True):
                if same:
                    layer = plan.steps[i].layer.with_values(p=last, step=step, steps=steps)
                    plan.steps[i] = replace(plan.steps[i], layer=layer)
            return


def _unit(rates: list[float]) -> float:
    """The largest number that all *rates* are multiples of, nearly."""
    least = min(rates)
    ratios = [Fraction(rate / least).limit_denominator(200) for rate in rates]
    return least / lcm(*(ratio.denominator for ratio in ratios))


def _shuffle(plan: Plan) -> None:
    """Several operations that together have a name: view, transpose, view is ChannelShuffle."""
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
                path=(
                    *first.path[:-1],
                    free_path((*first.path[:-1], "shuffle"), {s.path for s in plan.steps}, plan)[-1],
                ),
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


def _drop_dead(plan: Plan) -> None:
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
