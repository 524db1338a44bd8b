"""Who is right where two programs differ: the same model in numbers of 64 bits.

Float32 keeps 24 bits, and what one layer rounds away the next may magnify, a thousandfold in a hundred layers.  Two
programs that add in another order differ by that much, and neither is wrong.  Against a model that keeps 53 bits each
has an error of its own: an export is right if its error is about as small as that of the running model.

Source: Higham, "Accuracy and Stability of Numerical Algorithms", 2002, sections 1.5 and 3.1; the same rule judges
compiled models in ``torch._dynamo.utils.same``.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from runtime.export.proof import Case, largest

TIMES = 4.0
"""How many times the running model's own error an export may have: measured are 0.5 to 1.5, as its sums are as long."""

TRIES = 3
"""How often that error is measured, since a single one may be small by luck: the last bit of each input is drawn."""


@dataclass(frozen=True, eq=False)
class Question:
    """What the dense part of a model is asked.

    Args:
        inputs: what the model is called with.
        read: what of these and of the answer is compared, by key.
    """

    inputs: Case
    read: Callable[[Case, Any], dict[str, Tensor]]

    def put(self, model: nn.Module, inputs: Case | None = None) -> dict[str, Tensor]:
        """What is compared of the answer of *model*, to other *inputs* if they are given."""
        given = self.inputs if inputs is None else inputs
        with torch.no_grad():
            return self.read(given, model(*given))


class Referee:
    """Knows the exact answers of *model*, and by how much its own may be wrong."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self._exact: nn.Module | None = None

    def judge(self, question: Question) -> tuple[dict[str, Tensor], dict[str, float]] | None:
        """The exact answers by key, and by how much an export may miss each; None where nothing is exact.

        Other inputs for the own error are nudged by one unit in their last place.
        """
        try:
            if self._exact is None:
                self._exact = copy.deepcopy(self.model).double()
            exact = question.put(self._exact, _each(question.inputs, Tensor.double))
        except RuntimeError:  # a module that insists on 32 bits, or no memory for twice the weights
            return None
        chance = torch.Generator().manual_seed(0)
        errors = dict.fromkeys(exact, 0.0)
        for n in range(TRIES):
            inputs = _each(question.inputs, lambda x: _nudged(x, chance)) if n else question.inputs
            answers = question.put(self.model, inputs)
            errors = {key: max(error, largest(exact[key], answers[key])) for key, error in errors.items()}
        return exact, {key: TIMES * error for key, error in errors.items()}


def _each(case: Case, change: Callable[[Tensor], Tensor]) -> Case:
    """*case* with its numbers changed, and its labels as they are."""
    return tuple(change(x) if isinstance(x, Tensor) and x.is_floating_point() else x for x in case)


def _nudged(x: Tensor, chance: torch.Generator) -> Tensor:
    """*x*, each value up or down to the next that there is."""
    up = torch.rand(x.shape, generator=chance) < 0.5
    return torch.nextafter(x, torch.where(up, torch.inf, -torch.inf).to(x))
