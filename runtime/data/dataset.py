"""A data set in memory: its parts as bytes with what is right, its classes, and what was wrong with its files."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from math import prod

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from graph.errors import FileError
from graph.text import say
from runtime.data import boxes, folder, idx, masks, pairs, parts, scenes, told, torchvision_sets
from runtime.data.afresh import Afresh
from runtime.data.description import PARTS, DataError, Description, Problem, idx_files
from runtime.data.digits import CLASSES, digits
from runtime.data.images import picture, prepared, resized
from runtime.data.part import DataSet, Part, Progress, Wanted, held, plain
from runtime.data.preprocessing import Preprocessing

__all__ = ["DataSet", "Part", "open"]


def open(
    description: Description, shape: Wanted | None = None, progress: Progress = lambda share: None, task: str = ""
) -> DataSet:
    """Read a data set, its images in the *shape* that a network wants (else in their own).

    Where a whole :class:`Preprocessing` is given, it is kept, mean and deviation too: those with which the weights
    have learned.  Else these are those of the images.

    Args:
        description: which data.
        shape: channels (1 or 3), height and width; or all that is done to images.
        progress: told the share that is done; may raise to stop the reading.
        task: what the data are for, where they can be for several: ``"detection"``, ``"segmentation"``.

    Raises:
        DataError: nothing usable is there, or the shape is none of an image.
        FileError: a file that all depends on is damaged.
    """
    format = description.recognized(task)
    asked = shape.shape if isinstance(shape, Preprocessing) else shape
    if asked is not None and len(asked) == 2 and format in ("npz", "hdf5", "csv"):
        format = "signals"  # squares may be signals, too
    if asked is not None and (len(asked) == 2) != (format == "signals"):
        raise DataError(
            "The network takes {shape}; {name} holds {what}, which have {axes}: change its Input.",
            shape=" × ".join(map(str, asked)),
            name=description.name,
            what=say("signals") if format == "signals" else say("images"),
            axes=say("channels and a length") if format == "signals" else say("1 or 3 channels, a height and a width"),
        )
    if asked is not None and len(asked) == 3 and asked[0] not in (1, 3):
        raise DataError(
            "The network takes {shape}, but images have 1 or 3 channels, a height and a width: change its Input.",
            shape=" × ".join(map(str, asked)),
        )
    readers = {
        "digits": _digits,
        "digit-scenes": lambda *given: _scenes(*given, task=task),
        "imagefolder": _folder,
        "idx": _idx,
        "torchvision": _torchvision,
        "masks": _masks,
        **{name: partial(read, task=task) for name, read in told.READERS.items()},
    }
    found = readers[format](description, shape, progress)
    return _finished(replace(found, format=format), measured=not isinstance(shape, Preprocessing))


def _digits(description: Description, shape: Wanted | None, progress: Progress) -> DataSet:
    images, labels = digits()
    as_told = plain(shape or (1, 28, 28))
    everything = {"all": _part(images.numpy(), labels, as_told, progress)}
    return DataSet(description, "", CLASSES, everything, as_told, sizes=Counter({(8, 8): len(labels)}))


def _scenes(description: Description, shape: Wanted | None, progress: Progress, task: str) -> DataSet:
    as_told = replace(plain(shape or (1, scenes.SIDE, scenes.SIDE)), fit="stretch")
    masked = task == "segmentation"
    found = {}
    for done, name in enumerate(scenes.SCENES):
        pixels, objects, masks = scenes.scenes(name)
        images = _part(pixels, np.zeros(len(pixels)), as_told, lambda share: None).images
        if masked:
            targets = torch.from_numpy(_resized(masks, as_told))
        else:
            targets = boxes.scaled(torch.from_numpy(objects), (scenes.SIDE, scenes.SIDE), as_told)
        found[name] = Part(images, targets)
        progress((done + 1) / len(scenes.SCENES))
    classes = scenes.MASK_CLASSES if masked else CLASSES
    sizes = Counter({(scenes.SIDE, scenes.SIDE): sum(scenes.SCENES.values())})
    kind = "segmentation" if masked else "detection"
    return DataSet(description, "", classes, found, as_told, sizes=sizes, task=kind)


def _resized(masks: np.ndarray, as_told: Preprocessing) -> np.ndarray:
    nearest = replace(as_told, interpolation="nearest")
    return np.stack([np.asarray(resized(Image.fromarray(mask), nearest)) for mask in masks])


def _idx(description: Description, shape: Wanted | None, progress: Progress) -> DataSet:
    files = idx_files(description.path)
    above = next(iter(files.values())).parts if files else ()
    classes = next((names for name, names in torchvision_sets.IDX_CLASSES.items() if name in above), ())
    return _from_idx(description, files, classes, shape, progress)


def _folder(description: Description, shape: Wanted | None, progress: Progress) -> DataSet:
    listed = folder.listing(description.path, progress)
    as_told = plain(shape or listed.shape)
    found = {}
    for name, files in listed.files.items():
        if not files:
            continue
        pixels, labels, names = folder.load(files, as_told, listed.problems, listed.root, progress)
        if len(labels):
            found[name] = Part(held(pixels), torch.from_numpy(labels), names)
    return DataSet(description, "", listed.classes, found, as_told, tuple(listed.problems), listed.sizes)


def _masks(description: Description, shape: Wanted | None, progress: Progress) -> DataSet:
    root = description.path
    seen = masks.look(root, pairs.pairs(root), progress)
    as_told = plain(shape or seen.shape)
    found = {}
    for name, files in seen.files.items():
        pixels, targets, names = masks.load(files, seen, as_told, progress)
        if len(targets):
            found[name] = Part(held(pixels), torch.from_numpy(targets), names)
    problems, sizes = tuple(seen.problems), seen.listing.sizes
    return DataSet(description, "", seen.classes, found, as_told, problems, sizes, "segmentation")


def _torchvision(description: Description, shape: Wanted | None, progress: Progress) -> DataSet:
    name = description.torchvision[0]
    if raw := torchvision_sets.idx_of(description):
        classes = torchvision_sets.IDX_CLASSES.get(name, ())
        return _from_idx(description, idx_files(raw), classes, shape, progress)
    sets = torchvision_sets.sets(description, progress)
    first = next(iter(sets.values()))
    sizes = Counter(first[i][0].size[::-1] for i in range(0, len(first), max(1, len(first) // 200)))
    gray = first[0][0].mode in ("1", "L")
    seen = folder.Listing(torchvision_sets.root_of(description), (), {}, sizes, gray)
    as_told = plain(shape or seen.shape)
    found = {}
    for part, items in sets.items():
        pixels, labels = torchvision_sets.load(items, as_told, progress)
        found[part] = Part(torch.from_numpy(pixels), torch.from_numpy(labels))
    named = [str(c) for c in getattr(first, "classes", ())]
    n = max(int(part.targets.max()) for part in found.values()) + 1
    classes = tuple(named) if len(named) >= n else tuple(map(str, range(n)))
    return DataSet(description, "", classes, found, as_told, sizes=sizes)


def _from_idx(
    description: Description, files: dict, classes: tuple[str, ...], shape: Wanted | None, progress: Progress
) -> DataSet:
    arrays: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    problems = []
    for name in PARTS:
        images, labels = files.get((name, "images")), files.get((name, "labels"))
        if images is None or labels is None:
            if lone := images or labels:
                other = say("its labels are missing: it is left out.") if images else say("its images are missing.")
                problems.append(Problem(lone.name, other))
            continue
        arrays[name] = (idx.read_idx(images, 3), idx.read_idx(labels, 1).astype(np.int64))
        if len(arrays[name][0]) != len(arrays[name][1]):
            raise FileError(
                labels,
                "it has {labels} labels for the {images} images of {file}.",
                labels=len(arrays[name][1]),
                images=len(arrays[name][0]),
                file=images.name,
            )
    if "train" not in arrays:
        raise DataError(
            "{folder} lacks train-images-idx3-ubyte or train-labels-idx1-ubyte (also .gz).",
            folder=str(description.path),
        )
    sizes = Counter({images.shape[1:]: len(images) for images, _ in arrays.values()})
    as_told = plain(shape or (1, *arrays["train"][0].shape[1:]))
    found = {name: _part(images[:, None], labels, as_told, progress) for name, (images, labels) in arrays.items()}
    n = max(int(labels.max()) for _, labels in arrays.values()) + 1
    names = classes if len(classes) >= n else tuple(map(str, range(n)))
    return DataSet(description, "", names, found, as_told, tuple(problems), sizes)


def _part(pixels: np.ndarray, labels: np.ndarray, as_told: Preprocessing, progress: Progress) -> Part:
    """Images that are arrays already, in the wanted shape."""
    if pixels.shape[1:] != as_told.shape or as_told.short:
        made = np.empty((len(pixels), *as_told.shape), np.uint8)
        for i, image in enumerate(pixels):
            made[i] = prepared(picture(image), as_told)
            if i % 256 == 0:
                progress(i / len(pixels))
        pixels = made
    return Part(torch.from_numpy(np.array(pixels)), torch.from_numpy(labels.astype(np.int64)))


def _finished(data: DataSet, *, measured: bool) -> DataSet:
    """The set with the parts that training needs, and with the mean and deviation of what it learns from, unless
    others are given."""
    found = dict(data.parts)
    first = found.pop("all", None) or found.pop("train", None)
    if first is None:
        raise DataError("{name} holds no image to learn from.", name=data.description.name)
    wanted = {name: share for name, share in parts.SHARES.items() if name not in found}
    if "validation" in found:
        wanted = {}  # whoever made a validation part and no test part keeps one that is not shown here
    if not len(first):
        raise DataError("{name} holds no image to learn from.", name=data.description.name)
    strata = first.targets.numpy() if first.targets.ndim == 1 else np.zeros(len(first), np.int64)
    cut = parts.split(strata, wanted)
    found |= {name: part for name, indices in cut.items() if len(part := first.at(indices) if wanted else first)}
    ordered = {name: found[name] for name in PARTS if name in found}
    problems = data.problems
    if "test" not in ordered and "validation" in ordered:
        problems += (Problem("", say("There is no test part: the validation part judges in the end.")),)
    as_told = data.preprocessing
    if measured:
        mean, std = _moments(ordered["train"].images)
        as_told = replace(as_told, mean=mean, std=std)
    return replace(data, parts=ordered, preprocessing=as_told, problems=problems)


def _moments(images: Tensor | Afresh) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each channel; those of bytes, from 0 to 1, exactly: all 256 values are counted."""
    if images.dtype != torch.uint8:
        axes = tuple(i for i in range(images.ndim) if i != 1)
        mean, std = (f(images.numpy(), axes, np.float64) for f in (np.mean, np.std))
        return tuple(map(float, mean)), tuple(max(float(s), 1e-12) for s in std)
    values = np.arange(256) / 255.0
    counts = np.zeros((images.shape[1], 256))
    for some in images.split(max(1, 2**22 // prod(images.shape[2:]))):
        for channel, counted in enumerate(counts):
            counted += np.bincount(some[:, channel].numpy().ravel(), minlength=256)
    shares = counts / counts.sum(1, keepdims=True)
    mean = [float(share @ values) for share in shares]
    # an empty picture has no deviation
    std = [max(float(np.sqrt(share @ (values - m) ** 2)), 1e-3) for share, m in zip(shares, mean, strict=True)]
    return tuple(mean), tuple(std)
