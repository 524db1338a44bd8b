"""What a trained network says images are, and how often it is right on a part of a data set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from graph.errors import CanevasError
from runtime.data.dataset import DataSet
from runtime.infer import precision
from runtime.infer.trained import Progress, Trained, part_of, read, silent
from runtime.metrics import rounded
from runtime.tasks.classification import TOP


def probabilities(model: Trained, images: Tensor, progress: Progress = silent) -> Tensor:
    """For bytes ``(N, C, H, W)`` the probability of each class ``(N, classes)``."""
    return torch.cat([_shares(answer(output)).cpu() for output in model.outputs(images, progress)])


def predict(model: Trained, files: Iterable[str | Path], top: int = 5) -> tuple[list[dict[str, Any]], np.ndarray]:
    """The likeliest classes of each image, and the images as the network saw them ``(n, C, H, W)``.

    An image that cannot be read gets ``{image, error}`` instead of ``{image, classes: [{index, label, score}]}``.
    """
    names, pixels, errors = read(model, files)
    good = [i for i in range(len(names)) if i not in errors]
    scores = probabilities(model, torch.from_numpy(pixels[good])) if good else torch.empty(0, 1)
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

    Returns ``{part, classes, metrics: {accuracy, top5, cross_entropy, images}, confusion, mistakes: [{index, label,
    answer, score, file}]}``: rows of *confusion* are the truth, columns the answers; mistakes are the surest first.
    With *every* also ``{labels, answers, scores, curves}``: of each sample its class, the answer, and how sure it was;
    and the :class:`~runtime.infer.precision.Curve` of each class.

    Where there are no more classes than five, top5 is None.  The cross entropy is that of the probabilities; what a
    network learned by may be another loss, or several.

    Raises:
        CanevasError: there is no such part, or the data are not what the network was made for.
    """
    part, samples = part_of(data, part)
    scores = probabilities(model, samples.images, progress)
    n = scores.shape[1]
    labels = renumbered(samples.targets, data.classes, model.classes, n)
    answers = scores.argmax(1)
    near = (scores.topk(min(TOP, n)).indices == labels[:, None]).any(1)
    likely = scores.gather(1, labels[:, None]).squeeze(1)
    metrics = {
        "accuracy": rounded(float((answers == labels).double().mean())),
        "top5": rounded(float(near.double().mean())) if n > TOP else None,
        "cross_entropy": rounded(float(-likely.clamp_min(1e-12).double().log().mean())),
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
        **({"curves": precision.of_classes(scores, labels)} if every else {}),
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


def answer(output: Any) -> Tensor:
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
