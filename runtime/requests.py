"""What the window can ask of the service.

data      ``data`` (a description), ``shape``?, ``samples`` = 60 -> name, source, format, task, classes, shape, counts
          {part: [images per class]}, images {part: how many}, sizes [{size: [h, w], count}],
          problems [{file, message}], mean, std, objects and boxes [[h, w]] (sizes of some, of masks and of boxes),
          samples {images: .npy (n, C, H, W) bytes, labels or masks: .npy (n, H, W), indices, part, files};
          of numbers also numbers [names], values: .npy (N, K) of the train part, and in samples numbers: .npy (n, K)
augment   ``data``, ``recipe``, ``shape``?, ``samples`` = 6, ``times`` = 5 -> before: .npy (n, C, H, W),
          after: .npy (n, times, C, H, W), labels or masks and masks_after: .npy (n, times, H, W)
predict   ``model`` (a run, a checkpoint, a .pt), ``images`` [files] or ``data``?, ``part``, ``indices``, ``top`` = 5
          -> answers [{image, classes: [{index, label, score}]} or {image, error}], seen: .npy (n, C, H, W);
          of pixels also masks, right: .npy (n, H, W), and of image i, if it is larger than the network takes, whole_i
          (C, H, W) and whole_mask_i (H, W); of objects answers [{image, boxes: [[left, top, right, bottom,
          class, score]]}] before any is left out, threshold, overlap, right: .npy (n, K, 5);
          of numbers answers [{image, numbers: [{name, value}]}], right: .npy (n, K)
test      ``model``, ``data``?, ``part``?, ``mistakes`` = 24 -> part, classes, metrics {accuracy, top5, loss, images},
          confusion (rows: truth), mistakes [{index, label, answer, score, file}], images: .npy (n, C, H, W),
          labels, answers, scores (of every sample), preprocessing; of pixels metrics {miou, dice, accuracy}, iou,
          mistakes [{index, score, file}], masks, right: .npy (n, H, W); of objects metrics {map50, map, voc,
          voc07}, ap50, boxes, threshold, overlap, errors [[missed, of another class, in vain]] (of every sample);
          of classes and of objects also curves [{label, index, objects, points, ap, ap101?}] and
          points: .npy (P, 3), threshold, precision and recall of all curves in turn; of pixels and of objects
          cells: .npy (P, 4), an image, a class, what it was taken for, and how often; the last is nothing, of objects;
          of numbers metrics {r2, mae, rmse}, numbers, each, right, answers (of every sample)
maps      ``model``, ``path``, ``image`` (a file) or ``data``?, ``part``, ``index`` -> maps: .npy float32, seen: .npy
image     ``image`` (a file), ``shape`` [C, H, W] -> image: .npy bytes (C, H, W), as a network of that shape sees it
effective_field
          ``network`` (text), ``path``, ``position``, ``source``?, ``weights``? {path: [file, key]} or ``model``,
          ``image``? (a file) or ``data``?, ``n`` = 16 -> map: .npy float32 per pixel, extent [[first, last], ...],
          images, random (of the images), trained
export    ``model`` or ``network`` (text) and ``weights``? {path: [file, key]}, ``file`` -> file, format, verified,
          max_difference, card (a file), beside [files], free, example (text), notes [sentences],
          wrong [sentences] (what was not the same; nothing if verified)
import    ``file``, or ``torchvision`` (the name of a builder) -> network (text), source, classes, preprocessing,
          metrics, weights {key: [file, key]}, origin (of a file)
find_weights  ``text`` (what they are called, as after --weights), ``sha256``? (theirs, if only these are meant),
          ``fetch`` = true -> origin: text, title, file, shapes {key: [n, ...]}, preprocessing, classes, sha256

What can be asked about the inside of a network, stands in :mod:`runtime.inside`, what is tried before a training in
:mod:`runtime.trying`, and how a detector's boxes are counted again in :mod:`runtime.counting`.

``data`` may be left out where ``model`` is a run: its own data are taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from graph import files as network_files
from graph.analysis import analyze
from graph.errors import CanevasError
from graph.text import tr
from runtime import answering, checkpoint, graphics, infer, inside, machine, measures, trying
from runtime.counting import recount
from runtime.data import images as image_files
from runtime.data.augmentation import followed, shown
from runtime.data.batches import Normalization
from runtime.data.dataset import Part
from runtime.data.objects import boxed, objects
from runtime.data.preprocessing import Preprocessing
from runtime.effective_field import effective_field
from runtime.export import About, apart, export, format_of
from runtime.formats import GRAPHS
from runtime.import_ import pt
from runtime.import_.builders import builder
from runtime.import_.torchvision import opened
from runtime.recipe import Recipe
from runtime.run import Run
from runtime.shelf import Shelf
from runtime.weights import recall
from runtime.weights.fetch import sha256
from runtime.weights.find import found as found_weights
from runtime.weights.origin import Origin

Progress = Callable[..., None]
MOST_IMAGES = 1_000
"""Images that an effective field is averaged over at most."""


class Desk(Shelf):
    """Answers requests."""

    def answer(self, do: str, asked: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
        """The result of a request.

        Raises:
            CanevasError: there is no such request, or it cannot be done; the sentence says why.
        """
        if do not in REQUESTS:
            raise CanevasError("There is no request {name}; there are {known}.", name=do, known=", ".join(REQUESTS))
        try:
            return REQUESTS[do](self, asked, progress)
        except KeyError as e:
            if e.args and e.args[0] in asked:
                raise
            raise CanevasError("The request {name} lacks {what}.", name=do, what=str(e)) from None

    # what is asked

    def data(self, asked: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
        data = self.opened(asked["data"], asked.get("shape"), progress, str(asked.get("task") or ""))
        name = "train" if "train" in data.parts else next(iter(data.parts))
        part = data.parts[name]
        chosen = spread(part, len(data.classes), int(asked.get("samples", 60)))
        some = part.at(chosen)
        return {
            "name": data.description.name,
            "source": data.description.source,
            "format": data.format,
            "task": data.task,
            "classes": list(data.classes),
            **({"numbers": list(data.numbers), "values": self.array(part.targets.numpy())} if data.numbers else {}),
            "shape": list(data.shape),
            "counts": data.counts,
            "images": data.images,
            "sizes": [{"size": list(size), "count": n} for size, n in data.sizes.most_common(50)],
            "problems": [{"file": p.file, "message": str(p.message)} for p in data.problems],
            "mean": list(data.preprocessing.mean),
            "std": list(data.preprocessing.std),
            "objects": [list(size) for size in objects(data)],
            "boxes": [list(size) for size in boxed(data)],
            "machine": {"memory": machine.memory(), "gpu": graphics.memory()},
            "samples": {
                "images": self.array(some.images.numpy()),
                **self._targets(some),
                "indices": chosen.tolist(),
                "part": name,
                "files": list(some.files),
            },
        }

    def augment(self, asked: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
        data = self.opened(asked["data"], asked.get("shape"), progress, str(asked.get("task") or ""))
        recipe = Recipe.from_dict(asked["recipe"])
        part = data.parts["train"]
        chosen = spread(part, len(data.classes), int(asked.get("samples", 6)))
        some = part.at(chosen)
        epochs = range(int(asked.get("times", 5)))
        times = [shown(some.images, recipe, epoch, chosen) for epoch in epochs]
        told = {
            "before": self.array(some.images.numpy()),
            "after": self.array(torch.stack(times, 1).numpy()),
            **self._targets(some),
        }
        if data.task in ("segmentation", "detection"):
            size = (int(some.images.shape[-2]), int(some.images.shape[-1]))
            moved = [followed(some.targets, size, recipe, epoch, chosen) for epoch in epochs]
            key = {"segmentation": "masks_after", "detection": "boxes_after"}[data.task]
            told[key] = self.array(torch.stack(moved, 1).numpy())
            told["classes"] = list(data.classes)
        return told

    def predict(self, asked: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
        model = self.trained(asked["model"])
        if "images" in asked:
            looked = answering.files(model, asked["images"])
        else:
            looked = answering.samples(*self._samples(asked, model, asked["indices"], progress))
        said = answering.said(model, looked, int(asked.get("top", 5)))
        told = {"answers": said.answers, **said.more, **self._arrays(said.arrays), "seen": self.array(looked.pixels)}
        return {**told, "preprocessing": model.preprocessing.to_dict()}

    def test(self, asked: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
        model, data, name = self.asked_part(asked, progress)
        told, arrays = answering.tested(model, data, name, int(asked.get("mistakes", 24)), progress)
        return {**told, **self._arrays(arrays), "preprocessing": model.preprocessing.to_dict()}

    def maps(self, asked: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
        model = self.trained(asked["model"])
        image, _ = self.looked_at(asked, model, progress)
        found = infer.maps(model, str(asked["path"]), image)
        found = found[:, None] if found.ndim == 2 else found  # of a signal: maps that are one high
        return {"maps": self.array(found.numpy()), "seen": self.array(image.numpy())}

    def image(self, asked: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
        return {"image": self.array(image_files.read(Path(asked["image"]), _unnormalized(asked["shape"])))}

    def effective_field(self, asked: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
        network, path, weights = network_files.loads(asked["network"]), str(asked["path"]), None
        if "model" in asked:
            weights = self.trained(asked["model"]).model.state_dict()
        elif asked.get("weights"):
            weights = checkpoint.gathered(asked["weights"])
        shown = self._to_show(asked, analyze(network).inputs.get(str(asked.get("source", ""))), progress)
        text = tr("Measuring what {path} looks at", path=path)
        found = effective_field(
            network,
            path,
            tuple(int(i) for i in asked["position"]),
            shown,
            weights,
            source=str(asked.get("source", "")),
            progress=lambda share: progress(share, text),
        )
        told = {"extent": [list(span) for span in found.extent], "images": found.images}
        return told | {
            "map": self.array(found.map),
            "random": isinstance(shown, int),
            "trained": weights is not None,
        }

    def _to_show(self, asked: Mapping[str, Any], flow: Any, progress: Progress) -> torch.Tensor | int:
        """What the network is shown, ready for it: a file, samples of a data set, or how many random images."""
        n, shape = int(asked.get("n", 16)), getattr(flow, "shape", ())
        if not 1 <= n <= MOST_IMAGES:
            raise CanevasError("From 1 to {most} images can be averaged, not {n}.", most=MOST_IMAGES, n=n)
        if len(shape) != 3 or not (asked.get("image") or asked.get("data")):
            return n
        if asked.get("image"):
            told = _unnormalized(shape)
            images = torch.from_numpy(image_files.read(Path(asked["image"]), told).copy())[None]
        else:
            data = self.opened(asked["data"], shape, progress)
            part = data.parts["train" if "train" in data.parts else next(iter(data.parts))]
            shown = part.at(spread(part, len(data.classes), n)).images
            told, images = data.preprocessing, torch.from_numpy(shown.numpy())
        return Normalization(told, torch.device("cpu"))(images)

    def export(self, asked: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
        if "model" in asked:
            model = self.trained(asked["model"])
            network, weights = model.network, model.weights
            about = model.about(_metrics(asked["model"]))
        else:
            network, about = network_files.loads(asked["network"]), About()
            weights = checkpoint.gathered(asked.get("weights") or {}) or None
        make = apart.export if format_of(asked["file"]) in GRAPHS else export
        return make(network, weights, asked["file"], about, progress).to_dict()

    def import_(self, asked: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
        if "torchvision" in asked:
            return self._torchvision(str(asked["torchvision"]), progress)
        file = str(Path(asked["file"]).resolve())
        found = pt.read(file)
        told = found.about.preprocessing
        return {
            "network": network_files.dumps(found.network),
            "source": found.source,
            "classes": list(found.about.classes),
            "preprocessing": told.to_dict() if told else None,
            "metrics": dict(found.about.metrics or {}),
            "weights": {key: [file, key] for key in found.weights},
            "origin": Origin(
                file,
                Path(file).name,
                file,
                {key: tuple(tensor.shape) for key, tensor in found.weights.items()},
                told,
                tuple(found.about.classes),
                sha256(Path(file)),
            ).to_dict(),
        }

    def find_weights(self, asked: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
        words = tr("Fetching the weights")
        fetch = bool(asked.get("fetch", True))
        origin = found_weights(str(asked["text"]), lambda share: progress(share, words), fetch=fetch)
        recall.check(origin, str(asked.get("sha256") or ""))
        return {"origin": origin.to_dict()}

    def _torchvision(self, name: str, progress: Progress) -> dict[str, Any]:
        """A network of torchvision, without weights: these are loaded by name."""
        words = tr("Opening {name}", name=builder(name).title)
        text = network_files.dumps(opened(name, lambda share: progress(share, words)))
        return {"network": text, "source": "", "classes": [], "preprocessing": None, "metrics": {}, "weights": {}}


REQUESTS: dict[str, Callable[[Desk, Mapping[str, Any], Progress], dict[str, Any]]] = {
    "data": Desk.data,
    "augment": Desk.augment,
    "predict": Desk.predict,
    "test": Desk.test,
    "recount": recount,
    "maps": Desk.maps,
    "cam": inside.cam,
    "stages": inside.stages,
    "weights": inside.weights,
    "image": Desk.image,
    "effective_field": Desk.effective_field,
    "overfit": trying.overfit,
    "find_rate": trying.find_rate,
    "export": Desk.export,
    "import": Desk.import_,
    "find_weights": Desk.find_weights,
}


def _unnormalized(shape: Any) -> Preprocessing:
    """Images brought to a shape, their values from 0 to 1."""
    channels, *size = (int(n) for n in shape)
    return Preprocessing((size[0], size[-1]), channels, (0.0,) * channels, (1.0,) * channels)


def spread(part: Part, classes: int, n: int) -> np.ndarray:
    """Indices of about *n* samples, the classes taking turns, each from its beginning."""
    if part.targets.ndim > 1:
        return np.unique(np.linspace(0, len(part) - 1, min(n, len(part))).round().astype(np.int64))
    members = [np.flatnonzero(part.targets.numpy() == label) for label in range(classes)]
    turns = [found[turn] for turn in range(max(map(len, members), default=0)) for found in members if turn < len(found)]
    return np.array(turns[:n], np.int64)


def _metrics(model: Any) -> dict[str, float]:
    """What a finished run measured on the part that judges."""
    result = Run(str(model)).result if Path(str(model)).is_dir() else None
    if not result:
        return {}
    judged = result["parts"][result["judged_by"]]
    return measures.among(judged)
