"""The command info: what analysis knows of each layer, and the totals."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from graph.analysis import BYTES, Fact, Report, analyze
from graph.layer import Weight
from graph.tensors import Tensor
from graph.text import number, tr
from runtime.command_line.networks import sentence, told
from runtime.command_line.output import answer, table, tell
from runtime.command_line.sources import load


def info(args: Namespace) -> int:
    """A table per layer, and totals."""
    report = analyze(load(args).network)
    memory = _bytes(report, args.batch, args.precision)
    found = {
        "name": report.network.name,
        "parameters": report.parameters,
        "trainable": report.trainable,
        "macs": report.macs,
        "bytes": memory,
        "layers": [_layer(path, fact) for path, fact in report.leaves()],
        "problems": [told(problem) for problem in report.problems],
    }
    answer(found, args.json, _info_text(found, args.batch))
    for problem in report.problems:
        tell(sentence(problem))
    return 0


def _layer(path: str, fact: Fact) -> dict[str, Any]:
    field = fact.receptive_field
    return {
        "path": path,
        "kind": fact.layer.name if fact.inside else type(fact.layer).__name__,
        "inputs": [_flow(x) for port in fact.inputs for x in (port if _many(port) else (port,))],
        "outputs": [_flow(x) for x in fact.outputs],
        "parameters": fact.parameters,
        "macs": fact.macs,
        "receptive_field": field
        and {"size": list(field.size), "stride": [_plain(s) for s in field.stride], "global": field.whole},
    }


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


def _bytes(report: Report, batch: int, precision: str) -> dict[str, int]:
    """Memory in bytes; in 16 bits, activations and the weights of inference take half, training keeps its weights."""
    full = report.bytes(batch)
    if precision == "float32":
        return full
    kept = full["training"] - full["weights"] - 12 * report.trainable
    weights = [w for fact in report.facts.values() for w in fact.weights.values()]
    return {
        "weights": sum(map(_half, weights)),
        "activations": full["activations"] // 2,
        "training": full["training"] - kept + kept // 2,
    }


def _half(weight: Weight) -> int:
    return weight.size * (2 if weight.dtype == "float32" else BYTES[weight.dtype])


def _info_text(found: dict[str, Any], batch: int) -> str:
    titles = (tr("layer"), tr("kind"), tr("output"), tr("parameters"), tr("MACs"), tr("receptive field"))
    rows = [titles]
    for one in found["layers"]:
        shown = " ".join(_shape_text(flow) for flow in one["outputs"])
        field = one["receptive_field"]
        sees = "" if not field or not field["size"] else "×".join(map(str, field["size"]))
        everything = tr("everything") if field and field["global"] else sees
        rows.append((one["path"], one["kind"], shown, number(one["parameters"]), number(one["macs"]), everything))
    memory = found["bytes"]
    totals = tr(
        "{name}: {parameters} parameters, {macs} MACs; {weights} of weights, {training} to train (batch {batch})",
        name=found["name"],
        parameters=found["parameters"],
        macs=found["macs"],
        weights=_size_text(memory["weights"]),
        training=_size_text(memory["training"]),
        batch=batch,
    )
    return f"{table(rows, left=3)}\n\n{totals}"


def _shape_text(flow: Any) -> str:
    return "×".join(map(str, flow)) if isinstance(flow, list) else flow["type"].lower()


def _size_text(n: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if n < 1024 or unit == "GiB":
            break
        n /= 1024
    return f"{n:.0f}\u202f{unit}" if unit == "B" else f"{n:.1f}\u202f{unit}"
