"""Where nodes are, by path from the outside in, and where they go when an edit moves them."""

from __future__ import annotations

from collections.abc import Mapping

from graph.network import Block, Network
from graph.repeats import numbered, standing

Weights = Mapping[str, tuple[str, str]]
"""Where the weights of a node lie: by path, a file and the key in it."""
Paths = Mapping[str, str]
"""Where nodes went: new path by old path; what stands inside them goes along."""
Moves = tuple[str, Paths]
"""The definition of a block (``""``: the network itself) and where its nodes went."""
Trail = tuple[str, ...]
"""Names of block nodes from the outside in: where one looks."""


def reachable(network: Network, trail: Trail) -> Trail:
    """As much of *trail* as still leads into blocks."""
    found: list[str] = []
    for name in trail:
        node = network.nodes.get(name)
        if node is None or not isinstance(node.layer, Block) or node.layer.name not in network.blocks:
            break
        network = network.inside(node.layer.name)
        found.append(name)
    return tuple(found)


def path_of(network: Network, trail: Trail) -> str:
    """The path of the block at *trail*, in the first repetition of blocks that are repeated; empty at the top."""
    found: list[str] = []
    for name in trail:
        node = network.nodes[name]
        found += [name, "0"] if numbered(node) else [name]
        network = network.inside(node.kind)
    return ".".join(found)


def trail_of(network: Network, path: str) -> Trail:
    """As much of *path* as leads into blocks, without the numbers of repetitions.

    >>> trail_of(Network(), "stage.0.conv1")
    ()
    """
    if not path:
        return ()
    trail, name = standing(network, path)
    return reachable(network, (*trail, name))


def definition(network: Network, trail: Trail) -> str:
    """Name of the definition of the block at *trail*; empty for the network itself."""
    if not trail:
        return ""
    return network.within(trail[:-1]).nodes[trail[-1]].kind


def moved(network: Network, path: str, block: str, paths: Paths) -> str:
    """Where *path* is after nodes of the definition *block* (``""``: of *network* itself) moved as *paths* says.

    >>> moved(Network(), "conv1.weight", "", {"conv1": "stem.conv1"})
    'stem.conv1.weight'
    """
    names, done = path.split(".") if path else [], 0
    here, at = "", network
    while here != block:
        node = at.nodes.get(names[done]) if done < len(names) else None
        if node is None or not isinstance(node.layer, Block) or node.layer.name not in at.blocks:
            return path
        here, at = node.layer.name, at.inside(node.layer.name)
        done += 2 if numbered(node) else 1
    for end in range(len(names), done, -1):  # the longest prefix knows best
        if (new := paths.get(".".join(names[done:end]))) is not None:
            return ".".join([*names[:done], new, *names[end:]])
    return path


def moved_weights(weights: Weights, before: Network, after: Network, block: str, paths: Paths) -> Weights:
    """*weights* after an edit: they follow their node, and go with it."""
    if not weights:
        return weights
    follow = {moved(before, path, block, paths) if paths else path: place for path, place in weights.items()}
    return {path: place for path, place in follow.items() if _stands(after, path)}


def _stands(network: Network, path: str) -> bool:
    """Whether a node stands at *path*, or at what comes before the name of one of its tensors."""
    names = iter(path.split("."))
    for name in names:
        node = network.nodes.get(name)
        if node is None:
            return False
        if not isinstance(node.layer, Block):
            return True
        if numbered(node) and not next(names, "0").isdigit():
            return False
        network = network.inside(node.layer.name)
    return True
