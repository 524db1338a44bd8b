"""Networks to test with, built by hand and at random; and an interpreter that shares nothing with the source."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from graph import Block, Edge, Network, Node, Tensor
from graph.analysis import analyze
from graph.layer import kinds

KINDS = kinds()
AdaptiveAvgPool2d = KINDS["AdaptiveAvgPool2d"]
Add = KINDS["Add"]
AvgPool2d = KINDS["AvgPool2d"]
BatchNorm2d = KINDS["BatchNorm2d"]
Concat = KINDS["Concat"]
Conv2d = KINDS["Conv2d"]
CrossEntropyLoss = KINDS["CrossEntropyLoss"]
Dropout = KINDS["Dropout"]
Flatten = KINDS["Flatten"]
Input = KINDS["Input"]
LeakyReLU = KINDS["LeakyReLU"]
Linear = KINDS["Linear"]
MaxPool2d = KINDS["MaxPool2d"]
Output = KINDS["Output"]
ReLU = KINDS["ReLU"]
Softmax = KINDS["Softmax"]
Target = KINDS["Target"]


def network(nodes: dict[str, Any], edges: str, name: str = "test", **more: Any) -> Network:
    """Nodes by name (a layer or a Node) and edges as ``"a b c, b d:into"``: chains, separated by commas."""
    made = {n: layer if isinstance(layer, Node) else Node(n, layer) for n, layer in nodes.items()}
    found = []
    for chain in edges.split(","):
        words = chain.split()
        for before, after in pairwise(words):
            source, _, out = before.partition(":")
            target, _, into = after.partition(":")
            found.append(Edge(source, out or "out", target, into or "x"))
    return Network(name, made, tuple(found), **more)


def lecture(width: int = 8, **loss: Any) -> Network:
    """The lecture's network: six convolutions, two poolings, 33,730 parameters at the width 8... and its loss."""
    nodes: dict[str, Any] = {"input": Input((1, 28, 28))}
    names = []
    for i in range(1, 7):
        nodes[f"conv{i}"] = Conv2d(width * 2 ** ((i - 1) // 2), padding="same")
        nodes[f"relu{i}"] = ReLU()
        names += [f"conv{i}", f"relu{i}"]
        if i in (2, 4):
            nodes[f"pool{i // 2}"] = MaxPool2d()
            names.append(f"pool{i // 2}")
    nodes |= {"flatten": Flatten(), "dense": Linear(10), "softmax": Softmax(), "output": Output()}
    nodes |= {"target": Target(), "loss": CrossEntropyLoss(**loss)}
    chain = " ".join(["input", *names, "flatten", "dense", "softmax", "output"])
    return network(nodes, f"{chain}, dense loss:input, target loss:target", "lecture")


def residual(**top: Any) -> Network:
    """Three nodes of one block, of which two have other channels; the middle one is frozen."""
    block = network(
        {
            "image": Input(),
            "conv1": Node("conv1", Conv2d(padding="same", bias=False), bind={"out_channels": "width"}),
            "bn1": BatchNorm2d(),
            "relu": ReLU(),
            "conv2": Node("conv2", Conv2d(padding="same", bias=False), bind={"out_channels": "width"}),
            "skip": Node("skip", Conv2d(kernel_size=1), bind={"out_channels": "width"}),
            "add": Add(),
            "answer": Output(),
        },
        "image conv1 bn1 relu conv2 add answer, image skip add",
        "residual",
        variables={"width": 4},
    )
    return network(
        {
            "image": Input((3, 8, 8)),
            "0": Block("residual"),
            "1": Node("1", Block("residual", {"width": 6}), frozen=True),
            "last": Block("residual", {"width": 6}),
            "pool": AdaptiveAvgPool2d(),
            "flat": Flatten(),
            "dense": Linear(5),
            "answer": Output(),
            "target": Target(),
            "loss": CrossEntropyLoss(),
        },
        "image 0:image, 0:answer 1:image, 1:answer last:image, last:answer pool flat dense answer,"
        "dense loss:input, target loss:target",
        blocks={"residual": block},
        **top,
    )


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Networks with branches, merges, side heads, bypassed and frozen nodes; all valid, most small."""
    nodes: dict[str, Node] = {"image": Node("image", Input((draw(st.integers(1, 3)), 9, 9)))}
    edges: list[Edge] = []
    maps, vectors = ["image"], []
    for i in range(draw(st.integers(1, 12))):
        name = draw(st.sampled_from([f"n{i}", f"{i}", f"x{i}", "x" if "x" not in nodes else f"y{i}"]))
        kind = draw(st.sampled_from(["layer", "layer", "layer", "add", "cat", "flat", "dense"]))
        if kind == "dense" and not vectors:
            kind = "flat"
        layer, sources = _grown(draw, kind, maps, vectors, nodes, edges)
        if layer is None:
            continue
        same = isinstance(layer, (ReLU, Dropout, BatchNorm2d))
        nodes[name] = Node(name, layer, frozen=draw(st.booleans()), bypass=same and draw(st.booleans()))
        edges += [Edge(s, "out", name, "x") for s in sources]
        (vectors if kind in ("flat", "dense") else maps).append(name)
    return _ended(draw, nodes, edges, maps, vectors)


def _grown(draw: Any, kind: str, maps: list[str], vectors: list[str], nodes: Any, edges: Any) -> tuple[Any, list[str]]:
    at = draw(st.sampled_from(maps))
    if kind == "flat":
        return Flatten(), [at]
    if kind == "dense":
        return Linear(draw(st.integers(1, 6)), bias=draw(st.booleans())), [draw(st.sampled_from(vectors))]
    if kind in ("add", "cat"):
        report = analyze(Network("so far", nodes, tuple(edges)))
        shape = report[at].output
        alike = [m for m in maps if _joins(report[m].output, shape, kind)]
        many = draw(st.lists(st.sampled_from(alike), min_size=1, max_size=4))
        return (Add() if kind == "add" else Concat()), many
    layers = [
        Conv2d(draw(st.integers(1, 4)), draw(st.integers(1, 3)), padding=1, dilation=1, bias=draw(st.booleans())),
        Conv2d(draw(st.integers(1, 4)), padding="same"),
        BatchNorm2d(eps=draw(st.sampled_from([1e-5, 1e-3]))),
        ReLU(),
        LeakyReLU(draw(st.floats(0, 1))),
        Dropout(0.25),
        AvgPool2d((2, 2), stride=1, padding=1),
        MaxPool2d(3, stride=1, padding=1),
    ]
    return draw(st.sampled_from(layers)), [at]


def _joins(a: Any, b: Any, kind: str) -> bool:
    return a.dims == b.dims if kind == "add" else isinstance(a, Tensor) and a.spatial == b.spatial


def _ended(draw: Any, nodes: dict[str, Node], edges: list[Edge], maps: list[str], vectors: list[str]) -> Network:
    ends = draw(st.lists(st.sampled_from(maps + vectors), max_size=2, unique=True))
    for i, end in enumerate(ends):
        nodes[f"out{i}"] = Node(f"out{i}", Output())
        edges.append(Edge(end, "out", f"out{i}", "x"))
    heads = draw(st.lists(st.sampled_from(vectors), max_size=3)) if vectors else []
    for i, head in enumerate(heads):
        nodes[f"loss{i}"] = Node(f"loss{i}", CrossEntropyLoss(share=draw(st.sampled_from([1.0, 0.3]))))
        target = f"target{draw(st.integers(0, i))}"
        nodes.setdefault(target, Node(target, Target()))
        edges += [Edge(head, "out", f"loss{i}", "input"), Edge(target, "out", f"loss{i}", "target")]
    order = draw(st.permutations(list(nodes)))
    return Network("random", {name: nodes[name] for name in order}, tuple(edges))
