"""What a detector goes through from the grid or the anchors to its final boxes, stage by stage, for one image.

Every node whose answer is boxes is a stage; kinds of which there is more to tell do so in :data:`READERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from graph.analysis import analyze
from graph.errors import CanevasError
from graph.layer import Layer
from graph.tensors import Labels, Loss
from graph.tensors import Tensor as Flow
from graph.text import Message, say
from runtime.data.batches import Normalization
from runtime.infer.trained import Trained, module_at

MOST = 200_000
"""Boxes of a stage that are told at most, the surest."""
NONE = -1.0
"""Stands for a class, a cell or a predictor that a box does not have."""


class Stage(NamedTuple):
    """Boxes ``(n, 8)``: left, top, right, bottom in pixels of the image, class, score, cell, predictor."""

    name: Message | str
    path: str
    what: Message | str
    boxes: np.ndarray


class Stages(NamedTuple):
    """All stages of an image; of a grid its rows and columns, of each cell the likeliest class and its score.

    *objects* ``(K, 8)`` are those that are there: box, class, the cell and the predictor that are responsible, and how
    much that predictor's box overlaps it; none where nobody knows what is right.
    """

    stages: tuple[Stage, ...]
    grid: tuple[int, ...] = ()
    cells: np.ndarray = np.empty((0, 2), np.float32)
    objects: np.ndarray = np.empty((0, 8), np.float32)
    predictors: int = 0


class Call(NamedTuple):
    """What a module was given, and what it answered."""

    module: Any
    given: tuple[Any, ...]
    result: Any


def stages(model: Trained, image: Tensor, right: Tensor | None = None) -> Stages:
    """The stages of one image of bytes ``(C, H, W)``; *right*: the objects in it, ``(K, 5)``.

    Where it is known what is right, the stages of training can be seen, too.

    Raises:
        CanevasError: no node of the network answers with boxes.
    """
    calls = _calls(model, image, right)
    scale = _scale(calls.values())
    more, found = Stages(()), []
    for path, call in calls.items():
        kind = type(call.module).__name__
        if kind in READERS:
            more = READERS[kind](path, call, more)
        elif (boxes := boxes_in(call.result)) is not None:
            final = isinstance(_first(call.result), Mapping)
            if not final:
                boxes[:, :4] *= scale
            each = getattr(analyze(model.network)[path].output, "each", 0)
            name, what = FINAL if final else NAMES.get(kind, (path, ""))
            found.append(Stage(name, path, what, numbered(boxes, each) if each else boxes))
    if not found and not more.stages:
        raise CanevasError("No node of this network answers with boxes, so there are no stages to look at.")
    return more._replace(stages=tuple(found) + more.stages)


def _calls(model: Trained, image: Tensor, right: Tensor | None) -> dict[str, Call]:
    """What the nodes that may tell of boxes were given and answered, in the order of the network."""
    plain = Flow | Labels | Loss
    found: dict[str, Call] = {}
    hooks, paths = [], []
    for path, fact in analyze(model.network).leaves():
        tells = fact.layer.category == "det" or not all(isinstance(flow, plain) for flow in fact.outputs)
        if not isinstance(fact.layer, Layer) or not fact.layer.module or not tells:
            continue

        def keep(module: nn.Module, given: Any, result: Any, path: str = path) -> None:
            found[path] = Call(module, given, result)

        paths.append(path)
        hooks.append(module_at(model, path).register_forward_hook(keep))
    x = Normalization(model.preprocessing, model.device)(image[None].to(model.device))
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):  # a sample is drawn in training
            if right is not None and model.task == "detection":
                model.model(x, right[None].to(model.device))
            model.model(x)
    finally:
        for hook in hooks:
            hook.remove()
    return {path: found[path] for path in paths if path in found}


def _first(result: Any) -> Any:
    """What a module answers for the first image, in its first output."""
    while isinstance(result, list | tuple) and result:
        result = result[0]
    return result


def boxes_in(result: Any) -> np.ndarray | None:
    """The boxes of the first image among what a module answers, ``(n, 8)``; None where it answers with none.

    Known are detections (dictionaries with boxes, scores and labels) and a list of boxes ``(n, 4)`` for each image.
    """
    first = _first(result)
    if isinstance(first, Mapping) and "boxes" in first:
        return rows(first["boxes"], first.get("labels"), first.get("scores"))
    if isinstance(first, Tensor) and first.is_floating_point() and first.ndim == 2 and first.shape[-1] == 4:
        return rows(first)
    return None


def _scale(calls: Iterable[Call]) -> np.ndarray:
    """By what boxes inside are multiplied to lie on the image as it arrived: a node may have resized it."""
    for call in calls:
        if type(call.module).__name__ == "ImageTransform":
            before, after = ((float(h), float(w)) for h, w in (sizes[0] for sizes in call.result[1]))
            return np.array([before[1] / after[1], before[0] / after[0]] * 2, np.float32)
    return np.ones(4, np.float32)


def rows(
    boxes: Tensor,
    labels: Tensor | None = None,
    scores: Tensor | None = None,
    cells: Tensor | None = None,
    predictors: Tensor | None = None,
) -> np.ndarray:
    """Boxes and what is known of each, ``(n, 8)``; the surest come first, at most :data:`MOST`."""
    found = torch.full((len(boxes), 8), NONE)
    found[:, :4] = boxes.detach().float().cpu()
    for i, column in enumerate((labels, scores, cells, predictors), 4):
        if column is not None:
            found[:, i] = column.detach().float().cpu()
    if scores is not None:
        found = found[found[:, 5].argsort(descending=True, stable=True)]
    return found[:MOST].numpy()


def numbered(boxes: np.ndarray, each: int) -> np.ndarray:
    """Boxes of which *each* so many stand at one position, with the number of their position, and theirs there."""
    at = np.arange(len(boxes))
    found = boxes.copy()
    found[:, 6], found[:, 7] = at // each, at % each
    return found


NAMES: dict[str, tuple[Message, Message]] = {
    "AnchorGenerator": (
        say("Anchors"),
        say("Boxes of fixed sizes and shapes at every position, before the network has said anything."),
    ),
    "RegionProposals": (
        say("Proposals"),
        say("The surest anchors, moved to where the network says that something may be."),
    ),
    "RoISampler": (
        say("Sample"),
        say("The regions that training learns from: some that meet an object, more that meet none."),
    ),
}
"""What a stage is called, and a sentence about it, by the kind of its node."""
FINAL = (say("Final boxes"), say("What the network answers: boxes that are sure enough, each object once."))


# YOLO


def _of_yolo(path: str, call: Call, more: Stages) -> Stages:
    """The grid of YOLO v1: all boxes of all cells, those that are sure enough, and the final ones."""
    from torchvision.ops import batched_nms

    module, (input, images) = call.module, call.given
    boxes, scores = (part[0] for part in module.decoded(input[:1], images[:1]))  # (cells * B, 4), (cells * B, C)
    down, across = input.shape[2:] if input.ndim == 4 else (module.grid, module.grid)
    count = len(boxes)
    cell, predictor = (torch.arange(count) // module.boxes), torch.arange(count) % module.boxes
    best, label = scores.max(1)
    which, sure = (scores > module.threshold).nonzero(as_tuple=True)
    kept = batched_nms(boxes[which], scores[which, sure], sure, module.overlap)
    final = call.result[0]
    final_ones = (final["boxes"], final["labels"], final["scores"], cell[which][kept], predictor[which][kept])
    every = say(
        "Each of the {rows} × {columns} cells gives {b} boxes: {n} in all, the surest drawn strongest.",
        rows=down,
        columns=across,
        b=module.boxes,
        n=count,
    )
    enough = say("Confidence times class score is above the threshold of {t}.", t=f"{module.threshold:g}")
    once = say("Of boxes of a class that overlap by more than {o}, the surest stays.", o=f"{module.overlap:g}")
    made = (
        Stage(say("Every box"), path, every, rows(boxes, label, best, cell, predictor)),
        Stage(
            say("Sure enough"),
            path,
            enough,
            rows(boxes[which], sure, scores[which, sure], cell[which], predictor[which]),
        ),
        Stage(FINAL[0], path, once, rows(*final_ones)),
    )
    top = scores.view(-1, module.boxes, scores.shape[1]).amax(1).max(1)
    cells = torch.stack((top.indices.float(), top.values), 1).cpu().numpy()
    return more._replace(stages=more.stages + made, grid=(int(down), int(across)), cells=cells, predictors=module.boxes)


def _responsible(path: str, call: Call, more: Stages) -> Stages:
    """Which cell, and which of its boxes, the loss of YOLO v1 makes responsible for each object."""
    module, (input, target, images) = call.module, call.given
    _, _, boxes, down, across = module.cells(input[:1])
    size = torch.tensor(images.shape[:1:-1], device=input.device, dtype=input.dtype)  # width, height
    grid = torch.tensor((across, down), device=input.device, dtype=input.dtype)
    image, cell, middle, extent, label = module.objects(target[:1], size, grid, across)
    corner = torch.stack((cell % across, cell // across), 1).to(input.dtype)
    best, overlap = module.fitting(boxes[image, cell], corner, grid, middle, extent)
    places = torch.cat(((middle - extent / 2) * size, (middle + extent / 2) * size), 1)
    fit = overlap.gather(1, best[:, None])
    found = torch.cat((places, torch.stack((label, cell, best), 1).float(), fit), 1)
    return more._replace(objects=found.cpu().numpy(), grid=(int(down), int(across)), predictors=module.boxes)


READERS: dict[str, Callable[[str, Call, Stages], Stages]] = {"YoloDecode": _of_yolo, "YoloLoss": _responsible}
"""Kinds that tell more than their boxes, by the name of their class."""
