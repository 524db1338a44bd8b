"""Names and values as they may stand in generated source: checked again, and written as plain literals.

A network that came from a file was checked when it was read; one that was built in Python may hold anything.  Nothing
reaches the source but identifiers, plain values of registered kinds, and the expressions that these kinds write.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from graph.errors import InvalidValue, NetworkError
from graph.layer import TRAINING, Layer, kinds
from graph.network import Block, Network, check_name
from graph.repeats import check_repeat
from graph.values import Vector, shown
from graph.variables import check_variable

_PLAIN = (int, float, bool, str, type(None))


def literal(value: object) -> str:
    """*value* as ruff would write it.

    >>> literal((3, "same", 0.5))
    '(3, "same", 0.5)'

    Raises:
        InvalidValue: it is no plain value, or not finite.
    """
    if type(value) is Vector:
        return f"torch.tensor({literal(tuple(value))})"
    if type(value) is tuple:
        inner = ", ".join(map(literal, value))
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if type(value) not in _PLAIN or (type(value) is float and not math.isfinite(value)):
        raise InvalidValue("{given} cannot stand in the source of a network.", given=shown(value))
    text = repr(value)
    if type(value) is str and '"' not in value:
        return f'"{text[1:-1]}"' if text[0] == "'" else text
    return text


def check_network(network: Network, within: tuple[str, ...] = ()) -> None:
    """Refuse whatever in *network* a file could not have said.

    Raises:
        NetworkError: a name is none, a kind is not registered, a block stands inside itself, or an edge leads nowhere.
        InvalidValue: a value of a layer is no plain value of its range.
    """
    _check_numbers(network.variables)
    for name, node in network.nodes.items():
        _check_text(name)
        check_name(name)
        if node.name != name:
            raise NetworkError("The node called {name} says that its name is {other}.", name=name, other=node.name)
        check_repeat(node, node.repeat)
        _check_text(node.shares)
        if isinstance(node.layer, Block):
            _check_block(network, node.layer, within)
        else:
            _check_layer(node.layer)
            if within and isinstance(node.layer, Layer) and node.layer.when == TRAINING:
                raise NetworkError(
                    "{name} stands in the block {block}: what lives in training only stands outside of blocks.",
                    name=name,
                    block=within[-1],
                )
    for edge in network.edges:
        network.port(edge.source, edge.out, out=True)
        network.port(edge.target, edge.into, out=False)


def _check_text(text: object) -> None:
    if type(text) is not str:  # a subclass could write itself differently each time it is asked
        raise NetworkError("{name} cannot be a name: it is no text.", name=shown(text))


def _check_numbers(variables: Mapping[str, int]) -> None:
    for name, number in variables.items():
        _check_text(name)
        check_variable(name)
        if type(number) is not int:
            raise InvalidValue("{name} must be a whole number, not {given}.", name=name, given=shown(number))


def _check_block(network: Network, block: Block, within: tuple[str, ...]) -> None:
    _check_text(block.name)
    check_name(block.name)
    if block.name in within:
        raise NetworkError("The block {name} stands inside itself.", name=block.name)
    _check_numbers(block.values)
    check_network(network.inside(block.name), (*within, block.name))


def _check_layer(layer: object) -> None:
    if not isinstance(layer, Layer) or kinds().get(type(layer).__name__) is not type(layer):
        raise NetworkError("{kind} is no registered kind of layer.", kind=type(layer).__name__)
    for value in layer.values.values():
        literal(value)
    type(layer)(**layer.values)


def title(text: str) -> str:
    """*text* as it may stand in a docstring: one line of printable characters that end neither line nor string."""
    kept = "".join(c if c.isprintable() and c not in '"\\' else " " for c in str(text))
    return " ".join(kept.split())[:80].strip() or "network"
