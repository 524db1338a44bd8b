"""Any module of torch opened as a network of layers, with a report of what could not be expressed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import nn

from graph.network import Network
from runtime.import_.definitions import define
from runtime.import_.layers import is_leaf
from runtime.import_.losses import End, scores, with_losses
from runtime.import_.nest import nest
from runtime.import_.rewrite import rewrite
from runtime.import_.simplify import simplify
from runtime.import_.steps import Plan
from runtime.import_.trace import Progress, trace, unheard


@dataclass(frozen=True)
class Report:
    """What the network lacks of the module.

    Args:
        opaque: paths of nodes that are only shown, with the reason why no layer expresses them.
        renamed: paths of the module that could not be kept, with the paths of their nodes.
        training: names of what the module gives in training only, where no loss could be put on it.
    """

    opaque: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    training: tuple[str, ...] = ()


def from_module(
    module: nn.Module,
    example: torch.Tensor | tuple[torch.Tensor, ...],
    *,
    share: float = 1.0,
    progress: Progress = unheard,
) -> tuple[Network, Report]:
    """*module* as a network whose weights have the same names, for inputs like *example* (the batch first).

    What the module gives in training only (the scores of auxiliary heads) becomes a branch that ends in a loss; then
    its other scores have a loss too.

    Args:
        share: by how much the losses of auxiliary heads count.
        progress: hears how far it is, and gives it up by raising.

    Raises:
        CanevasError: it cannot be followed from its input to its output, or run on such inputs.
    """
    given = example if isinstance(example, tuple) else (example,)
    was_training = module.training
    try:
        traced = trace(module.train(), given, is_leaf, lambda done: progress(0.6 * done))
        plan = rewrite(traced)
        progress(0.8)
        names = _answers(plan, rewrite(trace(module.eval(), given, is_leaf))) if len(plan.outputs) > 1 else plan.outputs
    finally:
        module.train(was_training)
    simplify(plan)
    progress(0.9)
    network = define(plan, nest(plan), type(module).__name__)
    return _heads(network, [name for name in plan.outputs if name not in names], share, plan)


def _answers(training: Plan, inference: Plan) -> list[str]:
    """Names of what the module gives in inference too."""
    ends = {inference.steps[ref.step].path for ref in inference.outputs.values()}
    return [name for name, ref in training.outputs.items() if training.steps[ref.step].path in ends]


def _heads(network: Network, names: list[str], share: float, plan: Plan) -> tuple[Network, Report]:
    """Losses in the place of the outputs *names*, which live in training only."""
    if not names:
        return network, Report(plan.opaque, plan.renamed)
    answers = [name for name in plan.outputs if name not in names]
    ends: dict[End, float] = {end: 1.0 for name in answers if (end := scores(network, name))}
    heads = {name: end for name in names if (end := scores(network, name))}
    ends |= dict.fromkeys((heads[name] for name in heads), share)
    made = _without(network, heads if len(answers) > 1 else {**heads, answers[0]: None}, answers)
    lost = tuple(name for name in names if name not in heads)
    return with_losses(made, ends), Report(plan.opaque, plan.renamed, lost)


def _without(network: Network, gone: Mapping[str, object], answers: list[str]) -> Network:
    """*network* without the outputs *gone*; the only answer is called ``output``."""
    from graph import edit

    made = edit.remove(network, [name for name in gone if name not in answers])
    if len(answers) == 1 and answers[0] != "output" and "output" not in made:
        made = edit.rename(made, answers[0], "output").network
    return made
