"""What the window can ask about the inside of a trained network, for the one image that somebody looks at.

cam       ``model``, ``path``, ``image`` (a file) or ``data``?, ``part``, ``index``, and ``class``? (a number)
          -> map: .npy float32 (H, W), path (found by itself if empty), size [h, w] of the node's maps, index, label,
          score, seen: .npy
stages    ``model``, ``image`` or ``data``?, ``part``, ``index`` -> stages [{name, path, what, total, boxes: .npy}],
          grid [rows, columns]?, cells [[class, share]]?, objects [[left, top, right, bottom, class, cell, predictor,
          overlap]], predictors, classes, size [h, w], seen: .npy; a row of boxes is left, top, right, bottom, class,
          score, cell, predictor, and −1 where there is no such thing
weights   ``model``, ``path``, ``key``? -> keys [{key, shape, learned}], key, values: .npy float32 (of large ones the
          beginning), shape, mean, std, low, high, counts (a histogram from low to high)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runtime.infer.cam import grad_cam
from runtime.infer.stages import stages as stages_of
from runtime.infer.weights import weights as weights_of
from runtime.metrics import rounded
from runtime.shelf import Shelf

Progress = Callable[..., None]


def cam(shelf: Shelf, asked: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Grad-CAM."""
    model = shelf.trained(asked["model"])
    image, _ = shelf.looked_at(asked, model, progress)
    wanted = asked.get("class")
    found = grad_cam(model, str(asked["path"]), image, None if wanted is None else int(wanted))
    told = {"size": list(found.size), "index": found.index, "label": found.label, "score": rounded(found.score)}
    return {**told, "path": found.path, "map": shelf.array(found.map), "seen": shelf.array(image.numpy())}


def stages(shelf: Shelf, asked: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """What a detector goes through."""
    model = shelf.trained(asked["model"])
    image, right = shelf.looked_at(asked, model, progress)
    found = stages_of(model, image, right)
    told = [
        {"name": str(one.name), "path": one.path, "what": str(one.what), "total": len(one.boxes)}
        for one in found.stages
    ]
    for line, one in zip(told, found.stages, strict=True):
        line["boxes"] = shelf.array(one.boxes)
    return {
        "stages": told,
        "grid": list(found.grid),
        "cells": found.cells.tolist(),
        "objects": found.objects.tolist(),
        "predictors": found.predictors,
        "classes": list(model.classes),
        "size": list(image.shape[1:]),
        "seen": shelf.array(image.numpy()),
    }


def weights(shelf: Shelf, asked: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """The weights of a node."""
    found = weights_of(shelf.trained(asked["model"]), str(asked["path"]), str(asked.get("key") or ""))
    return {**found.told, "values": shelf.array(found.values)}
