"""Weights to begin with, and what of a network learns: ``--weights`` and ``--freeze``."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path

from graph.analysis import analyze
from graph.errors import CanevasError
from graph.freezing import learning, set_learning
from graph.network import Network
from graph.reference import Reference
from graph.text import number, tr, tr_count
from runtime.command_line.output import tell
from runtime.command_line.sources import PRESET, TORCHVISION, Loaded, is_run, run_named
from runtime.weights.match import Match, kept, match
from runtime.weights.origin import Origin
from runtime.weights.published import best
from runtime.weights.recall import check, places, text_of

PUBLISHED = "published"
"""What stands for the weights that somebody has published for the network that is trained."""

NONE = "none"
"""What stands for none, though the network comes with weights."""

SAID = 6
"""So many layers are named one by one; more are counted."""


def origin_of(args: Namespace, loaded: Loaded) -> Origin | None:
    """The weights that the command line names, or that came with the network; None if there are none.

    Raises:
        CanevasError: they are not there, cannot be fetched, or are damaged.
    """
    if args.weights == NONE:
        return None
    if not args.weights and loaded.reference is not None:
        return _named(loaded.reference, loaded.name)
    text = args.weights or (str(loaded.file) if loaded.file else "")
    if not text:
        return None
    if text == PUBLISHED:
        text = _published(loaded)
    elif is_run(text):
        text = str(run_named(text).folder)
    return _found(text)


def _found(text: str) -> Origin:
    from runtime.weights.find import found  # which imports torch

    with _Bar(tr("Fetching the weights")) as bar:
        return found(text, bar.show)


def _named(reference: Reference, drawing: str) -> Origin:
    """The weights that the file of a *drawing* names.

    Raises:
        CanevasError: they are not what they were, or not there.
    """
    try:
        origin = _found(text_of(reference.source, Path(drawing).parent))
        check(origin, reference.sha256)
    except CanevasError as error:
        raise CanevasError(
            "{drawing} names weights that are not there. {why} Say --weights with others, or --weights none.",
            drawing=drawing,
            why=error.message,
        ) from None
    return origin


def _published(loaded: Loaded) -> str:
    one = best(loaded.name.removeprefix(PRESET).removeprefix(TORCHVISION)) if loaded.is_preset else None
    if one is None:
        raise CanevasError("Nobody has published weights for {name}: name a file.", name=loaded.name)
    return one.origin


def matched(origin: Origin, args: Namespace, loaded: Loaded) -> Match:
    """What becomes of the weights in the network that was *loaded*; said in a few lines.

    Raises:
        FileError: none of them fits.
    """
    own = None if args.weights else loaded.reference
    report = analyze(loaded.network)
    found = kept(report, places(own), origin) if own else match(report, origin)
    if not found.taken:
        from runtime.weights.find import refused

        raise refused(origin)
    for line in sentences(found, origin):
        tell(line)
    return found


def sentences(found: Match, origin: Origin) -> list[str]:
    """What was taken, what was not, and why."""
    total = len(found.taken) + len(found.left)
    lines = [
        tr_count(
            "{title}: {taken} of {n} layer begins with its weights.",
            "{title}: {taken} of {n} layers begin with its weights.",
            total,
            title=origin.title,
            taken=number(len(found.taken)),
        )
    ]
    if found.by_order:
        lines.append(tr("The names differ: layers were found by their order and their shapes."))
    lines += [tr("{path} begins anew: {why}", path=one.path, why=one.why) for one in found.left[:SAID]]
    if more := len(found.left) - SAID:
        lines += [tr("{n} more layers begin anew.", n=number(more))] if more > 0 else []
    return lines


def frozen(network: Network, wishes: Iterable[str], anew: Iterable[str] = ()) -> Network:
    """*network* frozen as ``--freeze`` says: ``all-but-N``, or paths of nodes.

    Layers that begin *anew* are none of all but the last N: they learn, wherever they stand.

    Raises:
        CanevasError: there is no such node, or nothing in it that could learn.
    """
    for wish in wishes:
        if said := re.fullmatch(r"all-but-(\d{1,6})", wish):
            network = set_learning(network, learning(analyze(network), int(said[1])).union(anew))
            continue
        leaves = list(analyze(network).leaves())
        inside = {path for path, _ in leaves if path == wish or path.startswith(f"{wish}.")}
        if not any(fact.parameters for path, fact in leaves if path in inside):
            raise CanevasError(
                "There is no layer with weights called {name}: --freeze takes the path of a layer or a block, or "
                "all-but-N.",
                name=wish,
            )
        network = set_learning(network, {path for path, fact in leaves if fact.trainable} - inside)
    return network


class _Bar:
    """A bar on the terminal that appears with the first step."""

    def __init__(self, words: str) -> None:
        self._words, self._bar = words, None

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, share: float) -> None:
        from tqdm import tqdm

        if self._bar is None:
            self._bar = tqdm(total=100, desc=self._words, unit="%", leave=False)
        self._bar.update(round(share * 100) - self._bar.n)
