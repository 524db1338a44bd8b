"""Where in the image the score of a class comes from: Grad-CAM, at any node that gives maps.

Source: Selvaraju and others, "Grad-CAM: visual explanations from deep networks via gradient-based localization", 2017,
equations 1 and 2; for pixels the score is summed over those of the class, as in Vinogradova and others, 2020.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from graph.analysis import analyze
from graph.errors import CanevasError
from graph.layer import TRAINING, Layer
from graph.tensors import Tensor as Flow
from runtime.data.batches import Normalization
from runtime.infer import boxes, classes, masks
from runtime.infer.trained import Trained, module_at
from runtime.tasks.detection import lenient


class Cam(NamedTuple):
    """How much each pixel pushes the score of a class up, ``(H, W)``, never below 0; and what was asked.

    *path* is the node, *size* are height and width of its maps, *score* is the number whose gradient it is.
    """

    path: str

    map: np.ndarray
    size: tuple[int, int]
    index: int
    label: str
    score: float


class Asked(NamedTuple):
    """A class, and the score of it that a gradient is taken of."""

    index: int
    score: Tensor


def grad_cam(model: Trained, path: str, image: Tensor, wanted: int | None = None) -> Cam:
    """Grad-CAM of class *wanted* (the likeliest if None) at the node *path*, for one image of bytes ``(C, H, W)``.

    If *path* is empty, at the last node whose maps the score follows from, without being scores themselves.

    ``αₖ = 1/Z Σᵢⱼ ∂y / ∂Aₖᵢⱼ`` and ``ReLU(Σₖ αₖ Aₖ)``, brought to the size of the image; *y* is the score before
    softmax, of pixels its sum over those that are answered so, of boxes the score of the surest one.  The network is
    left as it was: no weight gets a gradient.

    Raises:
        CanevasError: the node gives no maps, or no score depends on them.
    """
    for at in [path] if path else last_maps(model):
        found = _at(model, at, image, wanted)
        if isinstance(found, Cam):
            return found
        if path:
            raise CanevasError("The score of {label} does not depend on {path}.", label=found, path=path)
    raise CanevasError("No node gives maps that the score of a class follows from.")


def _at(model: Trained, path: str, image: Tensor, wanted: int | None) -> Cam | str:
    """Grad-CAM at a node; the name of the class where its score does not depend on the node."""
    maps, asked = _scored(model, path, image, wanted)
    slope = torch.autograd.grad(asked.score, maps, allow_unused=True)[0] if asked.score.requires_grad else None
    label = model.label(asked.index)
    if slope is None:
        return label  # a branch through which no gradient comes, such as that of proposals
    flow = analyze(model.network)[path].output
    seen = maps.detach()
    if isinstance(flow, Flow) and flow.channels_last:
        seen, slope = seen.movedim(-1, 1), slope.movedim(-1, 1)
    weights = slope.mean((2, 3), keepdim=True)  # equation 1
    found = (weights * seen).sum(1, keepdim=True).relu()  # equation 2
    height, width = found.shape[2:]
    large = nn.functional.interpolate(found.float(), image.shape[1:], mode="bilinear", align_corners=False)
    return Cam(path, large[0, 0].cpu().numpy(), (height, width), asked.index, label, float(asked.score.detach()))


def last_maps(model: Trained) -> list[str]:
    """Nodes that give maps of the image, the last one first; without the one whose maps are the scores of places."""
    last = [
        path
        for path, fact in reversed(list(analyze(model.network).leaves()))
        if isinstance(fact.layer, Layer)
        and fact.layer.module
        and fact.layer.when != TRAINING
        and isinstance(fact.output, Flow)
        and len(fact.output.spatial) == 2
        and fact.output.dims[0] == "N"
    ]
    return last[1:] or last if model.task in ("segmentation", "detection") else last


def _scored(model: Trained, path: str, image: Tensor, wanted: int | None) -> tuple[Tensor, Asked]:
    """The maps of the node, cut off from what stands before them, and the score that follows from them."""
    maps: list[Tensor] = []

    def cut(module: nn.Module, given: Any, result: Any) -> Any:
        if maps:  # weights that several nodes share: the first one is asked
            return None
        if not isinstance(result, Tensor) or result.ndim != 4 or len(result) != 1:
            raise CanevasError("{path} gives no maps, so there is nothing to lay over the image.", path=path)
        torch.set_grad_enabled(True)  # from here on; what stands before needs no memory
        maps.append(result.detach().requires_grad_())
        return maps[0].clone()  # what follows may write over it

    hook = module_at(model, path).register_forward_hook(cut)
    try:
        with torch.no_grad(), _before_softmax(model.model) as before, lenient(model.model):
            output = model.model(Normalization(model.preprocessing, model.device)(image[None].to(model.device)))
            if not maps:
                raise CanevasError("{path} is not computed when the network is used.", path=path)
            with torch.enable_grad():
                return maps[0], _SCORES.get(model.task, _of_classes)(model, output, before, wanted)
    finally:
        hook.remove()


Before = Callable[[Tensor], Tensor]


@contextmanager
def _before_softmax(model: nn.Module) -> Iterator[Before]:
    """A function from what the network answers to what it was before a softmax at the end."""
    found: list[tuple[Tensor, Tensor]] = []

    def keep(module: nn.Module, given: Any, result: Any) -> None:
        found.append((result, given[0]))

    ends = [m for m in model.modules() if isinstance(m, nn.Softmax | nn.LogSoftmax | nn.Softmax2d)]
    hooks = [module.register_forward_hook(keep) for module in ends]
    try:
        yield lambda answer: next((given for result, given in found if result is answer), answer)
    finally:
        for hook in hooks:
            hook.remove()


def _of_classes(model: Trained, output: Any, before: Before, wanted: int | None) -> Asked:
    scores = before(classes.answer(output))[0]
    index = int(scores.argmax()) if wanted is None else wanted
    return Asked(_known(index, len(scores)), scores[index])


def _of_pixels(model: Trained, output: Any, before: Before, wanted: int | None) -> Asked:
    scores = before(masks.scores_of(output))[0]  # (C, h, w)
    answers = scores.argmax(0)
    counts = torch.bincount(answers.flatten(), minlength=len(scores))
    if wanted is None:  # what is no ground, where there is anything
        wanted = int(counts[1:].argmax()) + 1 if counts[1:].any() else 0
    here = answers == _known(wanted, len(scores))
    return Asked(wanted, scores[wanted][here].sum() if here.any() else scores[wanted].sum())


def _of_boxes(model: Trained, output: Any, before: Before, wanted: int | None) -> Asked:
    found = boxes.detections(output)[0]
    if not len(found["scores"]):
        raise CanevasError("Nothing is found in this image, not even unsurely: there is no score to explain.")
    if wanted is None:
        wanted = int(found["labels"][found["scores"].argmax()])
    sure = found["scores"][found["labels"] == wanted]
    if not len(sure):
        raise CanevasError(
            "No {label} is found in this image, not even unsurely: choose another class.", label=model.label(wanted)
        )
    return Asked(wanted, sure.max())


def _known(index: int, n: int) -> int:
    if not 0 <= index < n:
        raise CanevasError("The network tells {n} classes apart, counted from 0; there is no class {i}.", n=n, i=index)
    return index


_SCORES: dict[str, Callable[[Trained, Any, Before, int | None], Asked]] = {
    "segmentation": _of_pixels,
    "detection": _of_boxes,
}
