"""Rules about data that tell numbers: as many as the network gives, and a network that gives classes so far."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from graph import edit
from graph.checks import task
from graph.circumstances import Circumstances
from graph.layers.activation import LogSoftmax, Softmax
from graph.layers.loss_numbers import MSELoss
from graph.layers.source import Target
from graph.network import Network
from graph.problems import Fix, Problem
from graph.rules.data import LEARNS, works
from graph.rules.registry import data_rule
from graph.tensors import Tensor
from graph.text import say

if TYPE_CHECKING:
    from graph.report import Report


@data_rule
def class_not_number(report: Report, around: Circumstances) -> Iterator[Problem]:
    """A network that learns classes, and data that tell numbers: its last layers can be changed."""
    if around.task != "regression" or not around.numbers or task(report.network) in ("", "regression"):
        return
    if len(report.losses) != 1:
        return
    (loss,), n = report.losses, around.numbers
    fix = Fix("foretell", say("Let the network give {n} numbers", n=n), lambda made: foretelling(made, report, loss, n))
    able = works(report, fix.apply, loss, n)
    message = (
        say(
            "{data} tells {n} numbers for each image: the network can foretell them with a loss of numbers.",
            data=around.data,
            n=n,
        )
        if able
        else say(
            "{data} tells {n} numbers for each image, but the network learns {wanted}: take a classifier, whose last "
            "layers can be exchanged.",
            data=around.data,
            n=n,
            wanted=LEARNS[task(report.network)],
        )
    )
    yield Problem("class_not_number", "error", loss, message, (fix,) if able else ())


def foretelling(network: Network, report: Report, loss: str, n: int) -> Network:
    """The network with *n* outputs, compared with numbers; what made probabilities of scores is taken away."""
    from graph.head import head, with_width  # which rests on analysis, which asks these rules

    found = head(network, loss)
    for target in [node.name for node in network.nodes.values() if isinstance(node.layer, Target)]:
        network = edit.set_values(network, target, gives="numbers", shape=(n,))
    network = edit.put_layer(network, loss, MSELoss())
    network = with_width(network, found, n) if found is not None else network
    made = [node.name for node in network.nodes.values() if isinstance(node.layer, (Softmax, LogSoftmax))]
    after = {edge.target for edge in network.outgoing.get(found.name if found is not None else "", ())}
    return edit.bridge(network, [one for one in made if one in after])


@data_rule
def number_count(report: Report, around: Circumstances) -> Iterator[Problem]:
    """As many numbers as the data tell, no more and no fewer."""
    if around.task != "regression" or not around.numbers or task(report.network) != "regression":
        return
    n = around.numbers
    for loss in report.losses:
        given = next((x for x in report.facts[loss].inputs if isinstance(x, Tensor)), None)
        if given is None or given.shape == (n,):
            continue
        message = say(
            "The network gives {given} numbers for each image, but {data} tells {n}.",
            given=str(given),
            data=around.data,
            n=n,
        )
        fix = Fix("set_numbers", say("Give {n} numbers", n=n), lambda made, loss=loss: _as_many(made, report, loss, n))  # type: ignore[misc]
        yield Problem("number_count", "error", loss, message, (fix,) if works(report, fix.apply, loss, n) else ())


def _as_many(network: Network, report: Report, loss: str, n: int) -> Network:
    from graph.head import head, with_width

    found = head(network, loss)
    targets = [e.source for e in network.incoming.get(loss, ()) if e.into == "target"]
    for target in targets:
        if isinstance(network.nodes[target].layer, Target):
            network = edit.set_values(network, target, shape=(n,))
    return with_width(network, found, n) if found is not None else network
