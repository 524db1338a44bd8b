"""A trained network in use: what it says about images, and how good it is on a part of a data set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from graph import files as network_files
from graph.analysis import analyze
from graph.errors import CanevasError, FileError
from graph.network import Network
from runtime import checkpoint
from runtime.compile import compile
from runtime.compile import load as with_weights
from runtime.data import images as image_files
from runtime.data.batches import Normalization
from runtime.data.dataset import DataSet
from runtime.data.preprocessing import Preprocessing
from runtime.export.pt import FORMAT as PT_FORMAT
from runtime.import_ import pt
from runtime.metrics import rounded
from runtime.run import Run
from runtime.tasks.known import image_shape

SOME = 128
"""Images that go through the network together."""

Progress = Callable[[float], None]


def silent(share: float) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A network with its weights, and what it needs to be used: classes and preprocessing."""

    network: Network
    model: nn.Module
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    device: torch.device

    @property
    def weights(self) -> dict[str, Tensor]:
        """The weights as plain tensors."""
        return {key: value.detach().cpu().contiguous() for key, value in self.model.state_dict().items()}

    def label(self, index: int) -> str:
        """The name of a class; its number where it has none."""
        return self.classes[index] if index < len(self.classes) else str(index)

    def probabilities(self, images: Tensor, progress: Progress = silent) -> Tensor:
        """For bytes ``(N, C, H, W)`` the probability of each class ``(N, classes)``."""
        normalized = Normalization(self.preprocessing, self.device)
        found = []
        with torch.inference_mode():
            for some in images.split(SOME):
                found.append(_shares(_answer(self.model(normalized(some.to(self.device))))).cpu())
                progress(min(1.0, len(found) * SOME / len(images)))
        return torch.cat(found)


def trained(source: str | Path, which: str = "best", device: torch.device | None = None) -> Trained:
    """The network of a run (its *which* checkpoint, ``"best"`` or ``"last"``), of a checkpoint, or of an exported
    ``.pt``.

    Raises:
        FileError: it is none of these, or damaged.
        CanevasError: weights and network do not belong together.
    """
    file = Path(source)
    if file.is_dir():
        run = Run(file)
        _ = run.spec
        found = run.checkpoint(which)
        if found is None:
            raise FileError(file, "the run has no checkpoint yet: train it first.")
        file = found
    content = checkpoint.load_plain(file)
    where = device or torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if content.get("format") == PT_FORMAT:
        read = pt.read(file)
        told = read.about.preprocessing or plain(read.network)
        return _made(read.network, read.weights, read.about.classes, told, where)
    content = checkpoint.load(file)
    network = network_files.loads(content["network"], str(file))
    told = Preprocessing.from_dict(content["preprocessing"])
    return _made(network, checkpoint.state_of(content, file), tuple(content["classes"]), told, where)


def plain(network: Network) -> Preprocessing:
    """What is done to images for a network of which nothing else is known: its size, values from 0 to 1."""
    channels, height, width = image_shape(analyze(network))
    return Preprocessing((height, width), channels, (0.0,) * channels, (1.0,) * channels)


def predict(model: Trained, files: Iterable[str | Path], top: int = 5) -> tuple[list[dict[str, Any]], np.ndarray]:
    """The likeliest classes of each image, and the images as the network saw them ``(n, C, H, W)``.

    An image that cannot be read gets ``{image, error}`` instead of ``{image, classes: [{index, label, score}]}``, and
    its picture is black.
    """
    names = [str(f) for f in files]
    pixels = np.zeros((len(names), *model.preprocessing.shape), np.uint8)
    errors: dict[int, str] = {}
    for i, name in enumerate(names):
        try:
            pixels[i] = image_files.read(Path(name), model.preprocessing)
        except FileError as e:
            errors[i] = str(e)
    good = [i for i in range(len(names)) if i not in errors]
    scores = model.probabilities(torch.from_numpy(pixels[good])) if good else torch.empty(0, 1)
    told = dict(zip(good, best_classes(model, scores, top), strict=True))
    return [
        {"image": name, "error": errors[i]} if i in errors else {"image": name, "classes": told[i]}
        for i, name in enumerate(names)
    ], pixels


def best_classes(model: Trained, scores: Tensor, top: int = 5) -> list[list[dict[str, Any]]]:
    """For each row of probabilities the likeliest classes: ``{index, label, score}``."""
    found = scores.topk(min(top, scores.shape[1]))
    return [
        [{"index": i, "label": model.label(i), "score": rounded(s)} for i, s in zip(indices, values, strict=True)]
        for indices, values in zip(found.indices.tolist(), found.values.tolist(), strict=True)
    ]


def measure(
    model: Trained,
    data: DataSet,
    part: str = "",
    mistakes: int = 0,
    progress: Progress = silent,
    *,
    every: bool = False,
) -> dict[str, Any]:
    """How good the network is on a part (the one that judges if empty).

    Returns ``{part, classes, metrics: {accuracy, top5, loss, images}, confusion, mistakes: [{index, label, answer,
    score, file}]}``: rows of *confusion* are the truth, columns the answers; mistakes are the surest ones first.  With
    *every* also ``{labels, answers, scores}``: of each sample its class, the answer, and how sure it was.

    Raises:
        CanevasError: there is no such part, or the data are not what the network was made for.
    """
    part = part or data.testing
    if part not in data.parts:
        raise CanevasError(
            "{name} has no part {part}; it has {known}.",
            name=data.description.name,
            part=part,
            known=", ".join(data.parts),
        )
    samples = data.parts[part]
    scores = model.probabilities(samples.images, progress)
    n = scores.shape[1]
    labels = renumbered(samples.targets, data.classes, model.classes, n)
    answers = scores.argmax(1)
    near = (scores.topk(min(5, n)).indices == labels[:, None]).any(1)
    likely = scores.gather(1, labels[:, None]).squeeze(1)
    metrics = {
        "accuracy": rounded(float((answers == labels).double().mean())),
        "top5": rounded(float(near.double().mean())),
        "loss": rounded(float(-likely.clamp_min(1e-12).double().log().mean())),
        "images": len(labels),
    }
    confusion = torch.bincount(labels * n + answers, minlength=n * n).view(n, n)
    wrong = (answers != labels).nonzero().squeeze(1)
    worst = wrong[scores[wrong, answers[wrong]].argsort(descending=True, stable=True)][:mistakes]
    return {
        "part": part,
        "classes": [model.label(i) for i in range(n)],
        "metrics": metrics,
        "confusion": confusion.tolist(),
        "mistakes": [
            {
                "index": i,
                "label": model.label(int(labels[i])),
                "answer": model.label(int(answers[i])),
                "score": rounded(float(scores[i, answers[i]])),
                "file": samples.files[i] if samples.files else "",
            }
            for i in worst.tolist()
        ],
        **(_every(labels, answers, scores) if every else {}),
    }


def _every(labels: Tensor, answers: Tensor, scores: Tensor) -> dict[str, Any]:
    sure = [round(score, 4) for score in scores.amax(1).tolist()]
    return {"labels": labels.tolist(), "answers": answers.tolist(), "scores": sure}


def renumbered(labels: Tensor, theirs: Sequence[str], ours: Sequence[str], n: int) -> Tensor:
    """Labels by the numbers that the network gives its classes, which are found by their names.

    Raises:
        CanevasError: the data have a class that the network does not know.
    """
    if list(theirs) == list(ours):
        return labels
    if set(theirs) <= set(ours):
        return torch.tensor([list(ours).index(name) for name in theirs])[labels]
    if len(theirs) != n:
        raise CanevasError("The network tells {n} classes apart, but the data have {given}.", n=n, given=len(theirs))
    if ours:
        unknown = next(name for name in theirs if name not in ours)
        raise CanevasError("The data have a class {name} that the network was not trained for.", name=unknown)
    return labels


def maps(model: Trained, path: str, image: Tensor) -> Tensor:
    """What leaves the node at *path* for one image of bytes ``(C, H, W)``: its maps ``(C, H, W)`` or features ``(F)``.

    Raises:
        CanevasError: there is no such node, or it is no module of its own.
    """
    seen: list[Any] = []
    try:
        module = model.model.get_submodule(path) if path else None
    except AttributeError:
        module = None
    if module is None:
        raise CanevasError("{path} has no maps of its own to show.", path=path)

    def keep(module: nn.Module, given: Any, result: Any) -> None:  # what follows may write over it
        seen.append(result.clone() if isinstance(result, Tensor) else result)

    hook = module.register_forward_hook(keep)
    try:
        model.probabilities(image[None])
    finally:
        hook.remove()
    if not seen or not isinstance(seen[0], Tensor):
        raise CanevasError("{path} is not computed when the network is used.", path=path)
    return seen[0][0].float().cpu()


def _made(
    network: Network, weights: Any, classes: tuple[str, ...], told: Preprocessing, device: torch.device
) -> Trained:
    model = with_weights(compile(network), weights).eval().to(device)
    return Trained(network, model, classes, told, device)


def _answer(output: Any) -> Tensor:
    """The scores among what a network answers: the only output, or the first that is one row per image."""
    values = list(output.values()) if isinstance(output, dict) else [output]
    for value in values:
        if isinstance(value, Tensor) and value.ndim == 2:
            return value.float()
    raise CanevasError("The network does not answer with one score per class, so it cannot tell classes.")


def _shares(scores: Tensor) -> Tensor:
    """Scores as probabilities; those that are ones already stay as they are."""
    already = bool((scores >= 0).all()) and torch.allclose(scores.sum(1), torch.ones(len(scores)).to(scores), atol=1e-3)
    return scores if already else scores.softmax(1)
