"""Commands that use a trained network: test, predict, export."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from graph.errors import CanevasError, FileError
from graph.text import number, tr
from runtime.command_line.data import one_data
from runtime.command_line.output import answer, percent, table, tell
from runtime.command_line.sources import Loaded, is_run, load, measures, run_named
from runtime.export import About, Proof, export, format_of


def test(args: Namespace) -> int:
    """Measure a trained network on the part of the data that judges."""
    import runtime.data
    from runtime import infer

    model = infer.trained(_folder(args.model))
    data = runtime.data.open(one_data(args, _run_data(args.model)), model.preprocessing.shape)
    found = {"data": data.description.name, **infer.measure(model, data, args.part or "", mistakes=10)}
    answer(found, args.json, _test_text(found))
    return 0


def _folder(name: str) -> Path:
    """The folder of a run, or the file of an exported model.

    Raises:
        FileError: it is neither.
    """
    if is_run(name):
        return run_named(name).folder
    if not Path(name).is_file():
        raise FileError(name, "there is neither a run nor an exported model (.pt) of that name.")
    return Path(name)


def _run_data(name: str) -> Any:
    return run_named(name).data if is_run(name) else None


def _test_text(found: dict[str, Any]) -> str:
    metrics = found["metrics"]
    head = tr(
        "{data}, {part}: accuracy {accuracy}, among the first five {top5}, loss {loss}, {images} images",
        data=found["data"],
        part=found["part"],
        accuracy=percent(metrics["accuracy"]),
        top5=percent(metrics["top5"]),
        loss="-" if metrics["loss"] is None else f"{metrics['loss']:.4f}",
        images=metrics["images"],
    )
    if len(found["classes"]) > 20:
        return head
    rows = [("", *found["classes"])]
    rows += [(name, *map(number, row)) for name, row in zip(found["classes"], found["confusion"], strict=True)]
    return f"{head}\n\n{tr('Rows are the truth, columns the answers:')}\n{table(rows)}"


def predict(args: Namespace) -> int:
    """What a trained network says about images; 1 if one of them cannot be read."""
    from runtime import infer

    model = infer.trained(_folder(args.model))
    found, _ = infer.predict(model, args.images, args.top)
    unreadable = [one for one in found if "error" in one]
    for one in unreadable:
        tell(one["error"])
    lines = [
        f"{one['image']}: " + ", ".join(f"{c['label']} {percent(c['score'])}" for c in one["classes"])
        for one in found
        if "classes" in one
    ]
    answer(found, args.json, "\n".join(lines))
    return int(bool(unreadable))


def write_export(args: Namespace) -> int:
    """Write a network with its weights so that it works without Canevas, and prove that it does."""
    format_of(args.output)
    loaded = _trained(args) if is_run(args.source) else load(args)
    weights = loaded.weights
    if args.weights:
        from runtime import checkpoint

        weights = checkpoint.state_of(checkpoint.load_plain(Path(args.weights)), Path(args.weights))
    elif weights is None:
        tell(tr("{source} has no trained weights: the exported ones are drawn at random.", source=loaded.name))
    proof = export(loaded.network, weights, args.output, loaded.about)
    answer(proof.to_dict(), args.json, proved(proof))
    if not proof.verified:
        raise CanevasError(
            "{file} was written, but in a fresh process it differs by {difference}.",
            file=proof.file,
            difference=f"{proof.max_difference:g}",
        )
    return 0


def proved(proof: Proof) -> str:
    """The proof in a sentence."""
    return tr(
        "{file}: written, opened in a fresh process and run; largest difference {difference}",
        file=proof.file,
        difference=f"{proof.max_difference:g}",
    )


def _trained(args: Namespace) -> Loaded:
    """The network of a run with its best weights.

    Raises:
        CanevasError: the run has no checkpoint, or the command says what only a network allows.
    """
    from runtime import checkpoint
    from runtime.data.preprocessing import Preprocessing

    if args.set or args.input:
        raise CanevasError("A run has its own network: --set and --input cannot change it.")
    run = run_named(args.source)
    file = run.checkpoint("best")
    if file is None:
        raise FileError(run.folder, "the run has no checkpoint yet: train it first.")
    content = checkpoint.load(file)
    about = About(
        "classification",
        tuple(content["classes"]),
        Preprocessing.from_dict(content["preprocessing"]),
        {key: value for key, value in measures(run).items() if value is not None},
    )
    return Loaded(run.network, args.source, file, checkpoint.weights(run), about)
