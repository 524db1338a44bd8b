"""Commands that use a trained network: test, predict, export."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

from graph.analysis import analyze
from graph.checks import task
from graph.errors import CanevasError, FileError
from graph.network import Network
from graph.text import number, tr
from runtime.command_line.data import one_data
from runtime.command_line.output import Steps, answer, percent, table, tell
from runtime.command_line.sources import Loaded, is_run, load, measures, run_named
from runtime.command_line.weights import origin_of
from runtime.export import About, Proof, export, format_of
from runtime.measures import shown, told


def test(args: Namespace) -> int:
    """Measure a trained network on the part of the data that judges."""
    import runtime.data
    from runtime import infer
    from runtime.infer import boxes, classes, masks, numbers

    model = infer.trained(_folder(args.model))
    data = runtime.data.open(one_data(args, _run_data(args.model)), model.preprocessing, task=model.task)
    by_task = {
        "classification": classes.measure,
        "segmentation": masks.measure,
        "detection": boxes.measure,
        "regression": numbers.measure,
    }
    found = {"data": data.description.name, **by_task[model.task](model, data, args.part or "", mistakes=10)}
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
        "{data}, {part}: {measures}, {images} images",
        data=found["data"],
        part=found["part"],
        measures=told(metrics),
        images=metrics["images"],
    )
    lines = [head]
    if "iou" in found:
        by_class = zip(found["classes"], found["iou"], strict=True)
        lines += ["", table([(tr("class"), tr("IoU")), *((name, percent(iou)) for name, iou in by_class)])]
    if "ap50" in found:
        by_class = zip(found["classes"], found["ap50"], strict=True)
        lines += ["", table([(tr("class"), tr("AP@.5")), *((name, percent(one)) for name, one in by_class)])]
    if "each" in found:
        rows = [(tr("number"), *(name for name in found["each"][0]))]
        rows += [
            (name, *(shown(*one) for one in of.items()))
            for name, of in zip(found["numbers"], found["each"], strict=True)
        ]
        lines += ["", table(rows)]
    if "confusion" in found and len(found["classes"]) <= 20:
        rows = [("", *found["classes"])]
        rows += [(name, *map(number, row)) for name, row in zip(found["classes"], found["confusion"], strict=True)]
        lines += ["", tr("Rows are the truth, columns the answers:"), table(rows)]
    return "\n".join(lines)


def predict(args: Namespace) -> int:
    """What a trained network says about images; 1 if one of them cannot be read."""
    from runtime import infer

    model = infer.trained(_folder(args.model))
    by_task = {"segmentation": _masks, "detection": _boxes, "regression": _numbers}
    found = by_task.get(model.task, _classes)(args, model)
    unreadable = [one for one in found if "error" in one]
    for one in unreadable:
        tell(one["error"])
    lines = []
    for one in found:
        if "error" not in one:
            said = [f"{each['label']} {percent(each['score'])}" for each in one.get("classes", one.get("boxes", ()))]
            said += [f"{each['name']} {each['value']:.4g}" for each in one.get("numbers", ())]
            lines.append(f"{one['image']}: {', '.join(said) or tr('nothing')}")
    answer(found, args.json, "\n".join(lines))
    return int(bool(unreadable))


def _boxes(args: Namespace, model: Any) -> list[dict[str, Any]]:
    """Answers for objects; with ``-o``, pictures with their boxes too."""
    from runtime.infer import boxes

    answers, _, _ = boxes.predict(model, args.images)
    if args.output:
        folder = Path(args.output)
        folder.mkdir(parents=True, exist_ok=True)
        for one in answers:
            if "boxes" in one:
                picture = boxes.drawn(Path(one["image"]), one["boxes"], model.classes)
                picture.save(folder / f"{Path(one['image']).stem}-boxes.png")
    return answers


def _numbers(args: Namespace, model: Any) -> list[dict[str, Any]]:
    from runtime.infer import numbers

    return numbers.predict(model, args.images)[0]


def _classes(args: Namespace, model: Any) -> list[dict[str, Any]]:
    from runtime.infer import classes

    return classes.predict(model, args.images, args.top)[0]


def _masks(args: Namespace, model: Any) -> list[dict[str, Any]]:
    """Answers for pixels; each mask is written as a picture, where ``-o`` says or beside nothing else: here."""
    from runtime.infer import masks

    folder = Path(args.output or ".")
    folder.mkdir(parents=True, exist_ok=True)
    answers, _, pictures = masks.predict(model, args.images)
    for one, mask in zip(answers, pictures, strict=True):
        if "classes" in one:
            file = folder / f"{Path(one['image']).stem}-mask.png"
            masks.colored(mask).save(file)
            one["mask"] = str(file)
    return answers


def write_export(args: Namespace) -> int:
    """Write a network with its weights so that it works without Canevas, and prove that it does."""
    format_of(args.output)
    loaded = _trained(args) if is_run(args.source) else load(args)
    weights = loaded.weights
    origin = origin_of(args, loaded) if args.weights or loaded.reference else None
    if origin is not None:
        from runtime.matching import renamed
        from runtime.weights.read import held

        state, own = held(Path(origin.file)).state, None if args.weights else loaded.reference
        weights = (
            {key: state[theirs] for key, theirs in own.tensors.items() if theirs in state}
            if own
            else renamed(state, keys(loaded.network))
        )
        about = loaded.about
        told, classes = about.preprocessing or origin.preprocessing, about.classes or origin.classes
        loaded = replace(loaded, about=replace(about, preprocessing=told, classes=classes))
    elif weights is None:
        tell(tr("{source} has no trained weights: the exported ones are drawn at random.", source=loaded.name))
    proof = export(loaded.network, weights, args.output, loaded.about, Steps().hear)
    answer(_told(proof), args.json, proved(proof))
    if not proof.verified:
        raise CanevasError(
            "{file} was written, but in a fresh process it is not the same. {why}",
            file=proof.file,
            why=" ".join(proof.wrong),
        )
    return 0


def _told(proof: Proof) -> dict[str, Any]:
    """What the command answers: the proof, and what else there is to say: what is free, lies beside, or is wrong."""
    told = proof.to_dict()
    found = {name: told[name] for name in ("file", "format", "verified", "max_difference")}
    return found | {name: told[name] for name in ("free", "beside", "notes", "wrong") if told[name]}


def keys(network: Network) -> list[str]:
    """The names of a network's weights in its state_dict."""
    return [f"{path}.{key}" if key else path for path, fact in analyze(network).leaves() for key in fact.weights]


def proved(proof: Proof) -> str:
    """The proof in a sentence if it was one, what is worth knowing, and the files that belong to it."""
    said = tr(
        "{file}: written, opened in a fresh process and run; the answers agree, largest difference {difference}",
        file=proof.file,
        difference=f"{proof.max_difference:g}",
    )
    return "\n".join([*([said] if proof.verified else []), *proof.notes, *proof.beside, proof.card])


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
        task(run.network) or "classification",
        tuple(content["classes"]),
        Preprocessing.from_dict(content["preprocessing"]),
        {key: value for key, value in measures(run).items() if value is not None},
        tuple(content.get("numbers", ())),
        float(content.get("scale", 0.0)),
    )
    return Loaded(run.network, args.source, file, checkpoint.weights(run), about)
