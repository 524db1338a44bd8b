"""Data sets whose files tell what is in each image: objects, classes in a table, or whole arrays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from runtime.data import arrays, boxed, coco, folder, labelme, polygons, signals, tables, voc, yolo_text
from runtime.data.annotated import Annotated
from runtime.data.description import DataError, Description
from runtime.data.images import picture, prepared, resized
from runtime.data.masks import classed, counted
from runtime.data.part import DataSet, Part, Progress, Wanted, held, plain
from runtime.data.preprocessing import Preprocessing

Reader = Callable[..., DataSet]


def _annotated(read: Callable[[Path], Annotated]) -> Reader:
    def opened(description: Description, shape: Wanted | None, progress: Progress, task: str = "") -> DataSet:
        found = read(description.path)
        return (_outlined if task == "segmentation" else _boxed)(description, found, shape, progress)

    return opened


def _boxed(description: Description, found: Annotated, shape: Wanted | None, progress: Progress) -> DataSet:
    seen = boxed.look(boxed.without_crowds(found), progress)
    as_told = replace(plain(shape or seen.shape), fit="stretch")
    made = boxed.load(seen, as_told, progress)
    parts = {name: Part(held(pixels), rows, files) for name, (pixels, rows, files) in made.items()}
    return _complete(description, found.classes, parts, as_told, found.problems, seen.sizes, "detection")


def _outlined(description: Description, found: Annotated, shape: Wanted | None, progress: Progress) -> DataSet:
    seen = boxed.look(found, progress)
    as_told = plain(shape or seen.shape)
    made = boxed.load_masks(seen, as_told, progress)
    parts = {name: Part(held(pixels), torch.from_numpy(masks), files) for name, (pixels, masks, files) in made.items()}
    classes = (polygons.GROUND, *found.classes)
    return _complete(description, classes, parts, as_told, found.problems, seen.sizes, "segmentation")


def _table(description: Description, shape: Wanted | None, progress: Progress, task: str = "") -> DataSet:
    if tables.has_boxes(description.path):
        return _boxed(description, tables.objects(description.path), shape, progress)
    numbers = tables.has_numbers(description.path)
    # without any class the table tells numbers, whoever asks: that the network learns classes is said of the network
    if task == "regression" or (numbers and (not task or not tables.has_classes(description.path))):
        return _numbered(description, tables.numbered(description.path), shape, progress)
    found = tables.labeled(description.path)
    listed = folder.listed(found.root, found.classes, found.files, found.problems, progress)
    as_told = plain(shape or listed.shape)
    parts = {}
    for name, files in listed.files.items():
        pixels, labels, names = folder.load(files, as_told, found.problems, found.root, progress)
        parts[name] = Part(held(pixels), torch.from_numpy(labels), names)
    return _complete(description, found.classes, parts, as_told, found.problems, listed.sizes, "classification")


def _numbered(description: Description, found: tables.Numbered, shape: Wanted | None, progress: Progress) -> DataSet:
    listed = folder.listed(found.root, (), found.files, found.problems, progress)
    as_told = plain(shape or listed.shape)
    rows, parts = torch.tensor(found.rows, dtype=torch.float32), {}
    for name, files in listed.files.items():
        pixels, places, names = folder.load(files, as_told, found.problems, found.root, progress)
        parts[name] = Part(held(pixels), rows[torch.from_numpy(places)], names)
    made = _complete(description, (), parts, as_told, found.problems, listed.sizes, "regression")
    return replace(made, numbers=found.names)


def _arrays(format: str) -> Reader:
    def opened(description: Description, shape: Wanted | None, progress: Progress, task: str = "") -> DataSet:
        found = arrays.read(description.path, format, task)
        images, targets = next(iter(found.parts.values()))
        as_told = plain(shape or images.shape[1:])
        masked, classes = targets.ndim == 3, found.names
        values: tuple[int, ...] = ()
        if masked:
            inside = {int(value) for _, masks in found.parts.values() for value in np.unique(masks)}
            values = counted(inside, dict(enumerate(found.names)))
            classes = tuple(found.names[v] if 0 <= v < len(found.names) else str(v) for v in values)
        parts = {}
        for name, (pixels, right) in found.parts.items():
            made = _fitted(pixels, as_told, progress)
            if masked:
                nearest = replace(as_told, interpolation="nearest")
                masks = (resized(Image.fromarray(classed(mask, values)), nearest) for mask in right)
                right = np.stack([np.asarray(mask) for mask in masks])
            parts[name] = Part(torch.from_numpy(made), torch.from_numpy(right))
        sizes = Counter({pixels.shape[2:]: len(pixels) for pixels, _ in found.parts.values()})
        given = "segmentation" if masked else "regression" if found.numbers else "classification"
        made = _complete(description, classes, parts, as_told, found.problems, sizes, given)
        return replace(made, numbers=found.numbers)

    return opened


def _signals(description: Description, shape: Wanted | None, progress: Progress, task: str = "") -> DataSet:
    found = signals.read(description.path, task)
    own = next(iter(found.parts.values()))[0].shape[1:]
    channels, length = (shape.shape if isinstance(shape, Preprocessing) else shape) or own
    if channels != own[0]:
        raise DataError(
            "The network takes signals of {wanted} channels, but those of {name} have {own}: change its Input.",
            wanted=channels,
            name=description.name,
            own=own[0],
        )
    parts = {
        name: Part(torch.from_numpy(signals.fitted(values, length)), torch.from_numpy(right))
        for name, (values, right) in found.parts.items()
    }
    sizes = Counter({values.shape[2:]: len(values) for values, _ in found.parts.values()})
    told = replace(plain((channels, length)), fit="stretch")
    given = "regression" if found.numbers else "classification"
    made = _complete(description, found.names, parts, told, found.problems, sizes, given)
    return replace(made, numbers=found.numbers)


def _fitted(pixels: np.ndarray, as_told: object, progress: Progress) -> np.ndarray:
    if pixels.shape[1:] == as_told.shape and not as_told.short:
        return np.array(pixels)
    made = np.empty((len(pixels), *as_told.shape), np.uint8)
    for i, image in enumerate(pixels):
        made[i] = prepared(picture(image), as_told)
        if i % 256 == 0:
            progress(i / len(pixels))
    return made


def _complete(
    description: Description,
    classes: tuple[str, ...],
    parts: dict[str, Part],
    as_told: object,
    problems: list,
    sizes: Counter,
    task: str,
) -> DataSet:
    kept = {name: part for name, part in parts.items() if len(part)}
    if kept and not {"all", "train"} & set(kept):
        # parts are named, but none to learn from: what there is is divided anew
        kept["train"] = kept.pop(next(iter(kept)))
    elif "all" in kept and "train" in kept:
        kept.pop("all")
    return DataSet(description, "", classes, kept, as_told, tuple(problems), sizes, task)


READERS: dict[str, Reader] = {
    "voc": _annotated(voc.read),
    "coco": _annotated(coco.read),
    "yolo": _annotated(lambda path: yolo_text.read(path if path.is_dir() else path.parent)),
    "labelme": _annotated(labelme.read),
    "csv": _table,
    "npz": _arrays("npz"),
    "hdf5": _arrays("hdf5"),
    "signals": _signals,
}
"""How each format is read."""
