"""Commands that try before one trains: overfit, find-rate."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from graph.analysis import analyze
from graph.text import tr
from runtime.command_line.data import description
from runtime.command_line.output import answer, tell
from runtime.command_line.sources import load
from runtime.command_line.training import fitted, recipe_of
from runtime.command_line.weights import frozen, matched, origin_of

if TYPE_CHECKING:
    from runtime.trials import Asked

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 60
"""Columns of a curve in the terminal."""


def overfit(args: Namespace) -> int:
    """See whether the network can learn one batch by heart; the exit status is 1 if it cannot."""
    from runtime import trials

    found = trials.by_heart(asked(args), _told())
    _clear()
    answer(found.to_dict(), args.json, f"{curve(found.losses)}\n{found.text}")
    return 0 if found.learned else 1


def find_rate(args: Namespace) -> int:
    """Try learning rates from small to large, and suggest one."""
    from runtime import trials

    found = trials.range_test(asked(args), _told())
    _clear()
    ends = f"{found.rates[0]:.0e} … {found.rates[-1]:.0e}" if found.rates else ""
    answer(found.to_dict(), args.json, f"{curve(found.smoothed)}\n{ends}\n{found.text}")
    return 0 if found.suggestion is not None else 1


def asked(args: Namespace) -> Asked:
    """The network, its weights, the recipe and the data that the command line names.

    Raises:
        CanevasError: one of them cannot be had, or they do not go together.
    """
    import runtime.data
    from runtime import checkpoint
    from runtime.tasks import known
    from runtime.trials import Asked

    loaded = load(args)
    recipe = recipe_of(args, loaded)
    origin = origin_of(args, loaded)
    loaded = fitted(loaded, args, origin)
    found = matched(origin, args, loaded) if origin is not None else None
    network = frozen(loaded.network, args.freeze, [one.path for one in found.left] if found is not None else ())
    shape, task = known.image_shape(analyze(network)), known.task_of(network).name
    told = origin.preprocessing if origin is not None else None
    data = runtime.data.open(description(args), told.adapted(shape) if told else shape, task=task)
    weights = checkpoint.gathered(found.weights) if found is not None else {}
    return Asked(network, weights, recipe, data)


def curve(values: Sequence[float], width: int = WIDTH) -> str:
    """Numbers as a line of bars, the means of neighbors where there are many.

    >>> curve([0, 1, 2, 3]), curve([5.0])
    ('▁▃▆█', '█')
    """
    n = min(width, len(values))
    parts = [values[i * len(values) // n : (i + 1) * len(values) // n] for i in range(n)]
    means = [sum(part) / len(part) for part in parts]
    low, high = min(means, default=0.0), max(means, default=0.0)
    return "".join(BARS[round((mean - low) / (high - low) * 7) if high > low else 7] for mean in means)


def _told() -> Callable[[float, str], None]:
    """Progress on one line of the terminal, if there is one."""

    def tell_it(share: float, text: str) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{100 * share:3.0f} % {text:<60}")
            sys.stderr.flush()

    tell(tr("Trying; nothing of it is kept."))
    return tell_it


def _clear() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r" + " " * 70 + "\r")
