"""Files damaged in every way that can be thought of: bytes, structure, values, and what is built to hurt."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any, NamedTuple

from tests import hostile

HOSTILE: list[Any] = [0, -1, 1, 2, 7, 2**31, 2**63, 10**9, 10**18, 10**30, -(10**9), 0.5, -0.0, 1e308, 1e-308, 100_000]
HOSTILE += [float("nan"), float("inf"), True, False, None, "", " ", "0", "-1", "é\u202e\u0000", "\ud800", "name" * 300]
HOSTILE += [[], {}, [[]], [10**6] * 3, [100_000, 100_000], [1_000_000] * 5, [1] * 100, [0], [-1, -1], {"a": {"a": {}}}]
HOSTILE += ["width * width * width * width", "10 * " * 30 + "10", "((((((((1))))))))", "1 // 0", "-" * 150 + "1"]
HOSTILE += ["9" * 199, "width // width - 1", "__import__('os').system('touch CANARY')", "lambda: 0", "f'{exit()}'"]
HOSTILE += [
    "; import os; os.system('touch CANARY')",
    "\n    import os\n",
    '"""',
    "'); open('CANARY', 'w'); ('",
    "{name}",
]
HOSTILE += [
    "../../CANARY",
    "__class__",
    "forward",
    "self",
    "torch",
    "nn",
    "import",
    "0",
    "a.b",
    "same",
    "valid",
    "%s%n",
]


class Case(NamedTuple):
    """A file to be tried: its ending, its bytes, and what was done to it."""

    ending: str
    data: bytes
    story: str


def originals() -> list[str]:
    """Good files to begin with: chains, branches, blocks, variables, repetitions, shared weights, notes."""
    import presets
    from graph import Note, dumps, edit

    names = ("lecture", "lenet5", "lenet_1989", "unet", "resnet18", "resnet50", "googlenet", "squeezenet", "yolo_small")
    names += ("convnext_tiny", "maxout", "densenet121", "efficientnet_b0", "conv1d_signal")
    found = [presets.build(name) for name in names]
    lecture = found[0].change(notes=(Note("a note", (0.0, 0.0), (100.0, 50.0), ("conv1",)),))
    found.append(edit.wrap(lecture, ["conv1", "relu1"], "unit").network)
    return [dumps(network) for network in found]


def damaged_text(rng: random.Random, text: str) -> Case:
    """A network's file with bytes, structure or values changed, or all of them."""
    how = rng.choice(["bytes", "structure", "values", "gentle", "gentle", "gentle", "all", "special", "special"])
    if how == "special":
        name, data = rng.choice(hostile.BUILT)(rng, text)
        return Case(".canevas", data, name)
    data = text
    if how != "bytes":
        record = json.loads(text)
        changes = {"values": [put_value], "gentle": GENTLE}.get(how, STRUCTURAL)
        for _ in range(rng.choice([1, 1, 2, 3, 10])):
            change = rng.choice(changes)
            change(rng, record)
        data = json.dumps(record, ensure_ascii=rng.random() < 0.5)
    raw = data.encode("utf-8", "surrogatepass")
    if how in ("bytes", "all"):
        for _ in range(rng.choice([1, 1, 2, 5, 30])):
            raw = damaged_bytes(rng, raw)
    return Case(".canevas", raw, how)


def damaged_bytes(rng: random.Random, raw: bytes) -> bytes:
    """Bytes lost, changed, doubled, moved or inserted."""
    at, length = rng.randrange(len(raw) + 1), rng.choice([1, 1, 2, 8, 100, len(raw) // 2 + 1])
    new = (
        rng.randbytes(length)
        if rng.random() < 0.5
        else bytes(rng.choices(b'{}[],:"0123456789eE.-+ \n\\utrnf', k=min(length, 50)))
    )
    return rng.choice(
        [
            raw[:at] + raw[at + length :],
            raw[:at] + new + raw[at + len(new) :],
            raw[:at] + raw[at : at + length] + raw[at:],
            raw[:at] + new + raw[at:],
            raw[:at],
            raw[at:] + raw[:at],
        ]
    )


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in *value* as its container and key."""
    found, todo = [], [value]
    while todo:
        one = todo.pop()
        keys: Any = one.keys() if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        for key in list(keys):
            found.append((one, key))
            todo.append(one[key])
    return found


def put_value(rng: random.Random, record: Any) -> None:
    """Another value: of any type, of the same type, or a number nearby."""
    where = places(record)
    if not where:
        return
    container, key = rng.choice(where)
    old = container[key]
    if isinstance(old, (int, float)) and rng.random() < 0.5:
        container[key] = rng.choice([old + 1, old - 1, old * 1000, -old, old // 2, 2**16, 0])
    elif isinstance(old, list) and old and rng.random() < 0.5:
        old[rng.randrange(len(old))] = rng.choice(HOSTILE)
    else:
        container[key] = copy.deepcopy(rng.choice(HOSTILE))


def put_field(rng: random.Random, record: Any) -> None:
    """A field that the place may or may not have."""
    levels = [c[k] for c, k in places(record) if isinstance(c[k], dict)] + [record]
    level = rng.choice(levels) if isinstance(record, dict) else {}
    known = ["repeat", "shares", "bind", "frozen", "bypass", "block", "kind", "at", "stride", "out_channels", "padding"]
    known += ["kernel_size", "dilation", "groups", "shape", "size", "dims", "variables", "notes", "blocks", "version"]
    bound = {"stride": "width", "out_channels": "width * 1000", "repeat": "width * width"}
    level[rng.choice(known)] = rng.choice([copy.deepcopy(rng.choice(HOSTILE)), bound, 3, "conv1", [2, 2]])


def lose(rng: random.Random, record: Any) -> None:
    """A field or an entry less."""
    if where := places(record):
        container, key = rng.choice(where)
        del container[key]


def swap(rng: random.Random, record: Any) -> None:
    """Two parts in each other's place."""
    if where := places(record):
        (a, i), (b, j) = rng.choice(where), rng.choice(where)
        a[i], b[j] = copy.deepcopy(b[j]), copy.deepcopy(a[i])


def double(rng: random.Random, record: Any) -> None:
    """An entry of a list many times, or a node again with another name."""
    lists = [c[k] for c, k in places(record) if isinstance(c[k], list) and c[k]]
    if lists:
        chosen = rng.choice(lists)
        one = rng.choice(chosen)
        for i in range(rng.choice([1, 2, 50, 2000])):
            chosen.append(copy.deepcopy(one) | {"name": f"again{i}"} if isinstance(one, dict) else copy.deepcopy(one))


def nudge(rng: random.Random, record: Any) -> None:
    """A number that could be there: sizes change, windows no longer fit, divisors no longer divide."""
    where = [(c, k) for c, k in places(record) if type(c[k]) is int and k != "version"]
    if where:
        container, key = rng.choice(where)
        container[key] = rng.choice([container[key] + 1, container[key] * 2, 1, 2, 3, 5, 7, 16, 30, 100_000])


def unplug(rng: random.Random, record: Any) -> None:
    """An edge, or a node with its edges, less."""
    edges = record.get("edges") if isinstance(record, dict) else None
    if isinstance(edges, list) and edges:
        edges.remove(rng.choice(edges))


def mark(rng: random.Random, record: Any) -> None:
    """A node frozen, bypassed, moved, bound, repeated, or sharing the weights of another."""
    nodes = [c[k] for c, k in places(record) if isinstance(c[k], dict) and ("kind" in c[k] or "block" in c[k])]
    if nodes:
        node = rng.choice(nodes)
        marks: list[dict[str, Any]] = [{"frozen": True}, {"bypass": True}, {"at": [rng.randint(-9, 9) * 100, 50]}]
        marks += [{"shares": rng.choice(nodes).get("name", "a")}, {"bind": {"out_channels": "width * 2"}}]
        marks += [{"repeat": rng.choice([2, 3, 100])}] if "block" in node else []
        node |= rng.choice(marks)


def exchange(rng: random.Random, record: Any) -> None:
    """A node of another kind that has as many inputs, with the values of its own by default."""
    from graph import kinds

    nodes = [c[k] for c, k in places(record) if isinstance(c[k], dict) and isinstance(c[k].get("kind"), str)]
    node = rng.choice(nodes) if nodes else {}
    old = kinds().get(node.get("kind", ""))
    if old is not None:
        alike = [k for k, v in sorted(kinds().items()) if len(v.inputs) == len(old.inputs)]
        for key in set(node) - {"name", "kind", "at"}:
            del node[key]
        node["kind"] = rng.choice(alike)


GENTLE: list[Callable[[random.Random, Any], None]] = [nudge, nudge, unplug, mark, exchange, exchange]


def rewire(rng: random.Random, record: Any) -> None:
    """Edges between any nodes: circles, wrong types, ports taken twice."""
    if not isinstance(record, dict) or not isinstance(record.get("nodes"), list):
        return
    names = [n.get("name") for n in record["nodes"] if isinstance(n, dict)] or ["a"]
    edges = record.get("edges")
    if isinstance(edges, list):
        for _ in range(rng.choice([1, 3, 100])):
            edges.insert(rng.randint(0, len(edges)), [rng.choice(names), rng.choice(names)])
        if rng.random() < 0.5 and edges:
            edges.remove(rng.choice(edges))


def rekind(rng: random.Random, record: Any) -> None:
    """Nodes of another kind, with or without their values."""
    from graph import kinds

    nodes = [n for c, k in places(record) if isinstance(n := c[k], dict) and "kind" in n]
    for node in rng.sample(nodes, min(len(nodes), rng.choice([1, 1, 3]))):
        if rng.random() < 0.5:
            for key in set(node) - {"name", "kind", "at"}:
                del node[key]
        node["kind"] = rng.choice(sorted(kinds()))


STRUCTURAL: list[Callable[[random.Random, Any], None]] = [
    put_value,
    put_field,
    lose,
    swap,
    double,
    rewire,
    rekind,
    rekind,
]
