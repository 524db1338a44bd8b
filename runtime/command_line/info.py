"""The command info: what analysis knows of each layer, and the totals."""

from __future__ import annotations

from argparse import Namespace
from math import prod
from typing import Any

from graph.analysis import Fact, analyze
from graph.costs import Terms, memory_of, total
from graph.layer import Weight
from graph.sizes import depth, flops, input_sizes, intensity, total_stride
from graph.tensors import Tensor
from graph.text import memory, number, tr
from runtime.command_line.networks import sentence, told
from runtime.command_line.output import answer, percent, table, tell
from runtime.command_line.sources import load


def info(args: Namespace) -> int:
    """A table per layer, and totals."""
    report = analyze(load(args).network)
    sizes = input_sizes(report) if args.sizes else None
    terms = Terms(args.batch, args.precision)
    found = {
        "name": report.network.name,
        "parameters": report.parameters,
        "trainable": report.trainable,
        "macs": report.macs,
        "flops": flops(report),
        "bytes": total(report, terms)._asdict(),
        "intensity": intensity(report),
        "depth": depth(report),
        "stride": _plain(float(total_stride(report))),
        "layers": [_layer(path, fact, terms if args.weights else None) for path, fact in report.leaves()],
        "problems": [told(problem) for problem in report.problems],
    }
    if args.sizes:
        found["sizes"] = sizes and {"low": sizes.low, "high": sizes.high, "step": sizes.step}
    text = [_table(found), _totals(found, args.batch)]
    if args.weights:
        text.insert(1, _weights_table(found))
    if args.sizes:
        text.append(tr("Images: {sizes}", sizes=sizes or tr("none that fit")))
    answer(found, args.json, "\n\n".join(text))
    for problem in report.problems:
        tell(sentence(problem))
    return 0


def _layer(path: str, fact: Fact, terms: Terms | None) -> dict[str, Any]:
    """A layer, ready for JSON; on *terms*, its weights and what they cost, too."""
    field = fact.receptive_field
    found = {
        "path": path,
        "kind": fact.layer.name if fact.inside else type(fact.layer).__name__,
        "inputs": [_flow(x) for port in fact.inputs for x in (port if _many(port) else (port,))],
        "outputs": [_flow(x) for x in fact.outputs],
        "parameters": fact.parameters,
        "macs": fact.macs,
        "receptive_field": field
        and {"size": list(field.size), "stride": [_plain(s) for s in field.stride], "global": field.whole},
    }
    if terms is not None:
        found["bytes"] = memory_of(fact, terms)._asdict()
        found["weights"] = {f"{path}.{key}" if key else path: _weight(w) for key, w in fact.weights.items()}
    return found


def _weight(weight: Weight) -> dict[str, Any]:
    return {"shape": list(weight.shape), "dtype": weight.dtype, "parameter": weight.parameter}


def _many(port: Any) -> bool:
    """Whether an input port holds several values: a tuple, and not one of the values, which are named tuples."""
    return isinstance(port, tuple) and not hasattr(port, "dims")


def _flow(flow: Any) -> Any:
    if flow is None:
        return None
    return list(map(_dim, flow.dims)) if isinstance(flow, Tensor) else {"type": type(flow).__name__}


def _dim(dim: Any) -> int | str:
    return dim if isinstance(dim, int) else str(dim)


def _plain(stride: float) -> float | int:
    return int(stride) if stride == int(stride) else stride


def _table(found: dict[str, Any]) -> str:
    share = tr("share")
    rows = [(tr("layer"), tr("kind"), tr("output"), tr("parameters"), share, tr("MACs"), share, tr("receptive field"))]
    for one in found["layers"]:
        shown = " ".join(_shape_text(flow) for flow in one["outputs"])
        field = one["receptive_field"]
        sees = "" if not field or not field["size"] else "×".join(map(str, field["size"]))
        everything = tr("everything") if field and field["global"] else sees
        counts = [cell for name in ("parameters", "macs") for cell in _counted(one[name], found[name])]
        rows.append((one["path"], one["kind"], shown, *counts, everything))
    return table(rows, left=3)


def _counted(n: int, total: int) -> tuple[str, str]:
    """A count, and its share of the whole; nothing where there is nothing to count."""
    return number(n), percent(n / total) if n and total else ""


def _weights_table(found: dict[str, Any]) -> str:
    rows = [(tr("weight"), tr("shape"), tr("type"), tr("numbers"))]
    for one in found["layers"]:
        for key, weight in one["weights"].items():
            role = "" if weight["parameter"] else f" ({tr('does not learn')})"
            shape = "×".join(map(str, weight["shape"])) or "1"
            rows.append((key, shape, weight["dtype"] + role, number(prod(weight["shape"]))))
    return table(rows, left=3)


def _totals(found: dict[str, Any], batch: int) -> str:
    held = found["bytes"]
    return "\n".join(
        [
            tr(
                "{name}: {parameters} parameters ({trainable} learn), {macs} MACs, {flops} FLOPs per image",
                name=found["name"],
                parameters=found["parameters"],
                trainable=found["trainable"],
                macs=found["macs"],
                flops=found["flops"],
            ),
            tr(
                "Memory (batch {batch}): {weights} of weights, {activations} of activations, {training} to train",
                batch=batch,
                **{name: memory(n) for name, n in held.items()},
            ),
            tr(
                "Depth {depth} layers with weights; total stride {stride}; {intensity} MACs per byte",
                depth=found["depth"],
                stride=f"{found['stride']:g}",
                intensity=f"{found['intensity']:.1f}",
            ),
        ]
    )


def _shape_text(flow: Any) -> str:
    return "×".join(map(str, flow)) if isinstance(flow, list) else flow["type"].lower()
