"""What a value really looks at: its gradient on the image, averaged over images.

The window of a receptive field says what *may* count; how much each pixel does count follows from the weights, and
mostly it is far less at the rim than in the middle.

Source: Luo, Li, Urtasun and Zemel, "Understanding the effective receptive field in deep convolutional neural networks",
2016.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from graph.analysis import analyze
from graph.blocks import unwrap
from graph.errors import CanevasError
from graph.layers.source import Output
from graph.network import Edge, Network, Node
from graph.place import sources
from graph.tensors import Tensor as Flow
from runtime.compile import compile

AT_ONCE = 8
"""Images whose gradients are computed together."""
MASS = 0.9545
"""The part of the gradient that the extent holds: two standard deviations of a bell curve."""

Progress = Callable[[float], object]


class Effective(NamedTuple):
    """The mean size of the gradient per pixel, and per axis the pixels between which :data:`MASS` of it lies."""

    map: np.ndarray
    extent: tuple[tuple[int, int], ...]
    images: int


def effective_field(
    network: Network,
    path: str,
    position: tuple[int, ...],
    images: Tensor | int,
    weights: Mapping[str, Tensor] | None = None,
    *,
    source: str = "",
    seed: int = 0,
    progress: Progress = lambda share: None,
) -> Effective:
    """How much each pixel of the input counts for one value of a node.

    Args:
        network: where the node stands.
        path: the node; its first output is a tensor.
        position: which value, an index per spatial axis; empty for a vector (all of it).
        images: what the network is shown ``(n, C, H, W)``, or how many random images.
        weights: its state_dict; as torch draws them, by *seed*, if None.
        source: the input whose pixels are asked; the first that the node sees if empty.
        seed: of the random images and weights.
        progress: told the share that is done.

    Raises:
        CanevasError: there is no such node or position, it sees no image, or the network cannot run.
    """
    fact = analyze(network)[path]
    out, seen = fact.output, [f.input for f in fact.fields]
    source = source or (seen[0] if seen else "")
    if source not in seen or not isinstance(out, Flow):
        raise CanevasError("{path} sees no image, so there is nothing to measure.", path=path)
    if any(not 0 <= i < n for i, n in zip(position, out.spatial, strict=False)) or len(position) != len(out.spatial):
        raise CanevasError(
            "{path} gives {shape}: it has no position {position}.", path=path, shape=out, position=position
        )
    cut, renamed = cut_behind(network, path)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = compile(cut, _of_these(cut, weights, renamed)).eval()
        shown = _shown(cut, images, source)
        total, n = None, len(next(iter(shown.values())))
        for first in range(0, n, AT_ONCE):
            batch = {name: x[first : first + AT_ONCE] for name, x in shown.items()}
            part = _gradient(model, batch, source, position, last=out.channels_last)
            total = part if total is None else total + part
            progress(min(first + AT_ONCE, n) / n)
    assert total is not None
    found = (total / n).numpy().astype(np.float32)
    return Effective(found, extent(found), n)


def _gradient(
    model: nn.Module, batch: Mapping[str, Tensor], source: str, position: tuple[int, ...], *, last: bool
) -> Tensor:
    """The sum over images and channels of the size of the gradient, per pixel."""
    inputs = [x.clone().requires_grad_(name == source) for name, x in batch.items()]
    answer = model(*inputs)
    values = next(iter(answer.values())) if isinstance(answer, dict) else answer
    if position:
        channels = (slice(None),) if not last else ()
        asked = values[(slice(None), *channels, *position)].sum()
    else:  # shares add up to one whatever they see, so they are not added up
        asked = (values * torch.randint(0, 2, values.shape).mul(2).sub(1)).sum()
    wanted = inputs[list(batch).index(source)]
    (slope,) = torch.autograd.grad(asked, wanted)
    return slope.abs().sum((0, 1)).double()


def _shown(network: Network, images: Tensor | int, source: str) -> dict[str, Tensor]:
    """What each input of the network is shown; beside the one that is asked, random numbers."""
    found = {}
    n = images if isinstance(images, int) else len(images)
    for name, flow in analyze(network).inputs.items():
        given = isinstance(images, Tensor) and name == source
        found[name] = images.float() if given else torch.randn(n, *flow.shape)  # type: ignore[union-attr]
    return found


def _of_these(
    network: Network, weights: Mapping[str, Tensor] | None, renamed: Callable[[str], str]
) -> dict[str, Tensor] | None:
    """The weights that the cut network has; None where none are given."""
    if weights is None:
        return None
    own = compile(network).state_dict().keys()
    return {new: value for key, value in weights.items() if (new := renamed(key)) in own}


def cut_behind(network: Network, path: str) -> tuple[Network, Callable[[str], str]]:
    """The network up to the node at *path*, whose answer is what leaves it, and how paths are called in it.

    Blocks around the node are dissolved.

    Raises:
        CanevasError: a block around it cannot be dissolved.
    """
    moves: list[Mapping[str, str]] = []
    while "." in path:
        moved = unwrap(network, path.partition(".")[0])
        network, path = moved.network, _moved(path, moved.paths)
        moves.append(moved.paths)
    kept = {path, *sources(network, path)}
    for name in tuple(kept):  # whoever uses the weights of another node needs that, too
        while (owner := network.nodes[name].shares) and owner not in kept:
            kept |= {owner, *sources(network, owner)}
            name = owner
    nodes = {name: node for name, node in network.nodes.items() if name in kept}
    edges = tuple(e for e in network.edges if e.source in kept and e.target in kept)
    port = network.outputs(network.nodes[path])[0].name
    answer = next(name for name in _names("answer") if name not in nodes)
    nodes[answer] = Node(answer, Output())
    cut = network.change(nodes=nodes, edges=(*edges, Edge(path, port, answer, "x")), notes=())

    def renamed(key: str) -> str:
        for paths in moves:
            key = _moved(key, paths)
        return key

    return cut, renamed


def _names(stem: str) -> Iterable[str]:
    yield stem
    i = 0
    while True:
        i += 1
        yield f"{stem}{i}"


def _moved(path: str, paths: Mapping[str, str]) -> str:
    """A path (or the name of a weight) after an edit that moved what is at these paths."""
    parts = path.split(".")
    for n in range(len(parts), 0, -1):
        if (new := paths.get(".".join(parts[:n]))) is not None:
            return ".".join([new, *parts[n:]])
    return path


def extent(values: np.ndarray, mass: float = MASS) -> tuple[tuple[int, int], ...]:
    """Per axis the first and the last pixel between which *mass* of all that *values* hold lies, as much cut off on
    either side.
    """
    found = []
    for axis in range(values.ndim):
        along = values.sum(axis=tuple(a for a in range(values.ndim) if a != axis), dtype=np.float64)
        total = along.sum()
        if total <= 0:
            found.append((0, values.shape[axis] - 1))
            continue
        share = np.cumsum(along) / total
        low = int(np.searchsorted(share, (1 - mass) / 2, side="right"))
        high = int(np.searchsorted(share, 1 - (1 - mass) / 2, side="left"))
        found.append((low, min(max(high, low), values.shape[axis] - 1)))
    return tuple(found)
