"""Names that the program invents: ``conv1`` for the first convolution, ``conv2`` for its copy."""

from __future__ import annotations

import re
from collections.abc import Container

from graph.errors import NetworkError
from graph.layer import Layer
from graph.network import Block, check_name

_LAST_WORD = re.compile(r".*[a-z](?=[A-Z][a-z])")
_RANK = re.compile(r"\d+d$")
_SINGLE = ("io", "loss", "tens")
"""Categories of which a network mostly has one: the first bears no number."""


def base_name(layer: Layer | Block) -> str:
    """What nodes of this kind are called, without the number: the last word of the kind.

    >>> from graph.layers.pooling import MaxPool2d
    >>> base_name(MaxPool2d())
    'pool'
    """
    if isinstance(layer, Block):
        return layer.name
    return _RANK.sub("", _LAST_WORD.sub("", layer.kind)).lower() or "layer"


def name_for(layer: Layer | Block, taken: Container[str]) -> str:
    """A free name for a new node: ``conv1``; where there is mostly one, without the number: ``flatten``."""
    base = base_name(layer)
    plain = isinstance(layer, Block) or layer.category in _SINGLE
    return base if plain and base not in taken and _allowed(base) else free_name(base, taken)


def free_name(wanted: str, taken: Container[str]) -> str:
    """*wanted* with the first number behind it that makes a name not in *taken*; its own number is counted on.

    >>> free_name("conv1", {"conv1", "conv2"}), free_name("stem", {"stem"})
    ('conv3', 'stem2')
    """
    base = wanted.rstrip("0123456789")[:70]
    number = 2 if wanted == base and base in taken else 1
    if not base:  # numbered children are named by their number alone
        number = int(wanted)
    while (found := f"{base}{number}") in taken or not _allowed(found):
        number += 1
    return found


def _allowed(name: str) -> bool:
    try:
        check_name(name)
    except NetworkError:
        return False
    return True
