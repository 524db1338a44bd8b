"""Files that are built to hurt: nested without end, blocks that multiply, numbers as large as can be written."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from graph import kinds


def _deep(rng: random.Random, text: str) -> tuple[str, bytes]:
    n = rng.choice([100, 1000, 100_000])
    opening = rng.choice(['{"nodes":', "[", '{"blocks":{"a":', '[[["a",'])
    return f"nested {n} times", (rng.choice(["", text[: len(text) // 2]]) + opening * n).encode()


def _twice(rng: random.Random, text: str) -> tuple[str, bytes]:
    lines = text.splitlines()
    at = rng.randrange(len(lines))
    return "a line twice", "\n".join([*lines[: at + 1], *lines[at:]]).encode()


def _tower(rng: random.Random, text: str) -> tuple[str, bytes]:
    """Blocks in blocks, each standing or repeated several times."""
    depth, wide, times = rng.choice(
        [(30, 9, 1), (60, 2, 1), (6, 6, 1), (10, 1, 1000), (3, 2, 10**6), (200, 1, 1), (4, 1, 30)]
    )
    level = {"nodes": [{"name": "i", "kind": "Input"}, {"name": "o", "kind": "Output"}], "edges": [["i", "o"]]}
    blocks = {"b0": level}
    for d in range(1, depth):
        names = [f"n{k}" for k in range(wide)]
        nodes = [{"name": "i", "kind": "Input"}]
        nodes += [{"name": n, "block": f"b{d - 1}"} | ({"repeat": times} if times > 1 else {}) for n in names]
        chain = ["i", *names, "o"]
        edges = [[a, b] for a, b in pairwise(chain)]
        blocks[f"b{d}"] = {"nodes": [*nodes, {"name": "o", "kind": "Output"}], "edges": edges}
    top = [{"name": "image", "kind": "Input", "shape": [3, 8, 8]}, {"name": "u", "block": f"b{depth - 1}"}]
    return f"a tower of {depth}", _file(top, [["image", "u"]], blocks=blocks)


def _bomb(rng: random.Random, text: str) -> tuple[str, bytes]:
    """Sizes, channels and expressions as large as can be written, at any kinds that take one input."""
    big = rng.choice([10**4, 10**5, 10**6, 10**9, 99_991])
    shape = rng.choice([[big], [3, big, big], [big, big, big], [big, 1, 1], [2, 2, 2, big], [3, 97, 89], [3, 64, 64]])
    values: list[dict[str, Any]] = [{}, {}, {}, {"stride": [big, big]}, {"kernel_size": [big, big]}, {"groups": big}]
    values += [{"padding": [big, big]}, {"dilation": [big, big]}, {"out_channels": big}, {"size": [99_991, 99_989]}]
    values += [{"scale_factor": 999.99}, {"out_features": big}, {"stride": [3, 3], "dilation": [997, 991]}]
    values += [{"output_size": [9973, 9967]}, {"upscale_factor": 1000}, {"chunks": big}, {"num_heads": big}]
    values += [{"kernel_size": [10_000, 9_999], "stride": [1, 1]}, {"size": [97, 89], "mode": "bicubic"}]
    single = [name for name, cls in sorted(kinds().items()) if len(cls.inputs) == 1 and cls.outputs]
    nodes: list[dict[str, Any]] = [{"name": "image", "kind": "Input", "shape": [_held(n, 100_000) for n in shape]}]
    for i in range(rng.choice([1, 3, 40])):
        specs = {spec.name: spec for spec in kinds()[kind].specs} if (kind := rng.choice(single)) else {}
        given = {k: _held(v, specs[k].high) for k, v in rng.choice(values).items() if k in specs}
        nodes.append({"name": f"n{i}", "kind": kind} | given)
    if rng.random() < 0.2:
        bombs = ["w * w * w", "w // v", "w - w", "v * (v + v)", "w*" * 90 + "w", "v" + "+v" * 90, "-" * 90 + "v"]
        nodes.append({"name": "last", "kind": "Conv2d", "bind": {"out_channels": rng.choice(bombs)}})
    names = [node["name"] for node in nodes]
    return "large numbers", _file(nodes, [list(pair) for pair in pairwise(names)], variables={"w": 10**9, "v": 3})


def _held(value: Any, high: Any) -> Any:
    """*value*, no larger than what is allowed, so that the file opens and what follows is tried."""
    if isinstance(value, list):
        return [_held(v, high) for v in value]
    return min(value, high) if high is not None and isinstance(value, (int, float)) else value


def _long(rng: random.Random, text: str) -> tuple[str, bytes]:
    n = rng.choice([200, 1200])
    nodes: list[dict[str, Any]] = [{"name": "image", "kind": "Input", "shape": [2, 32, 32]}]
    names = ["image", *(f"n{i}" for i in range(n))]
    nodes += [
        {"name": name, "kind": rng.choice(["ReLU", "Add", "Add", "BatchNorm2d", rng.choice(["Add", "Concat"])])}
        for name in names[1:]
    ]
    edges = [[names[max(0, i - rng.randint(1, 3))], names[i]] for i in range(1, len(names))]
    many = {node["name"] for node in nodes if node["kind"] in ("Add", "Concat")}
    edges += [[a, b] for a in names[:3] for b in names[9:200] if b in many and rng.random() < 0.3]
    return f"{n} nodes", _file(nodes, edges)


def _file(nodes: Any, edges: Any, **more: Any) -> bytes:
    return json.dumps({"format": "canevas", "version": 1, "nodes": nodes, "edges": edges} | more).encode()


BUILT: list[Callable[[random.Random, str], tuple[str, bytes]]] = [_deep, _twice, _tower, _bomb, _bomb, _bomb, _long]
"""Each gives the name of what it does, and the file."""
