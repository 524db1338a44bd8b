"""What the service keeps between two requests: the data and the network that it used last, and arrays to be read."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from graph.errors import CanevasError
from graph.text import tr
from runtime import infer
from runtime.data.dataset import DataSet, Part, open
from runtime.data.description import Description
from runtime.data.preprocessing import Preprocessing
from runtime.processes import began
from runtime.run import Run
from runtime.tasks.detection import Found

Progress = Callable[..., None]
KEPT = 40
"""Arrays that lie in the temporary folder at most; the window reads one as soon as it is told of it."""


class Shelf:
    """Opens what requests name, once; its files go with it."""

    def __init__(self) -> None:
        self.folder = _own_folder()
        self.arrays: list[Path] = []
        self._data: tuple[Any, DataSet] | None = None
        self._model: tuple[Any, infer.Trained] | None = None
        self.counted: tuple[infer.Trained, DataSet, str, list[Found]] | None = None
        """What a detector found in a part of the data, to be counted again."""

    def close(self) -> None:
        """Remove the arrays."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def opened(self, raw: Any, shape: Any, progress: Progress, task: str = "") -> DataSet:
        """A data set, read again only when another is named or its folder has changed."""
        description = Description.from_dict(raw)
        wanted = shape if isinstance(shape, Preprocessing) else tuple(int(n) for n in shape) if shape else None
        key = (description, wanted, task, _changed(description))
        if self._data is None or self._data[0] != key:
            self._data = None  # not two sets in memory at once
            text = tr("Reading {name}", name=description.name)
            self._data = (key, open(description, wanted, lambda share: progress(share, text), task))
        return self._data[1]

    def trained(self, raw: Any) -> infer.Trained:
        """The network of a run or of a file."""
        path = Path(str(raw))
        file = Run(path).checkpoint() if path.is_dir() else path
        key = (path, file.stat().st_mtime_ns if file and file.exists() else 0)
        if self._model is None or self._model[0] != key:
            self._model = (key, infer.trained(path))
        return self._model[1]

    def asked_part(self, asked: Mapping[str, Any], progress: Progress) -> tuple[infer.Trained, DataSet, str]:
        """The network, the data, and the name of the part that is asked about; the one that judges if none is."""
        model = self.trained(asked["model"])
        data = self.opened(self._named(asked), model.preprocessing, progress, model.task)
        return model, data, str(asked.get("part") or data.testing)

    def _named(self, asked: Mapping[str, Any]) -> Any:
        """The description of the data: as asked, else those that the run was trained on."""
        if asked.get("data"):
            return asked["data"]
        if not Path(str(asked["model"])).is_dir():
            raise CanevasError("Say which data: an exported model does not know its own.")
        return Run(asked["model"]).data.to_dict()

    def _samples(
        self, asked: Mapping[str, Any], model: infer.Trained, indices: Any, progress: Progress
    ) -> tuple[Part, np.ndarray]:
        data = self.opened(self._named(asked), model.preprocessing, progress, model.task)
        name = str(asked.get("part") or data.testing)
        if name not in data.parts:
            raise CanevasError("The data have no part {part}.", part=name)
        wanted = np.asarray(indices, np.int64)
        if len(wanted) and (wanted.min() < 0 or wanted.max() >= len(data.parts[name])):
            raise CanevasError("The part {part} has {n} images, counted from 0.", part=name, n=len(data.parts[name]))
        return data.parts[name], wanted

    def looked_at(
        self, asked: Mapping[str, Any], model: infer.Trained, progress: Progress
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """The image that somebody looks at, as the network sees it, bytes ``(C, H, W)``, and what is right of it: a
        file (of which nobody knows that), or a sample."""
        if "image" in asked:
            _, pixels, errors = infer.read(model, [asked["image"]])
            if errors:
                raise CanevasError("{why}", why=errors[0])
            return torch.from_numpy(pixels[0]), None
        part, indices = self._samples(asked, model, [asked["index"]], progress)
        some = part.at(indices)
        return some.images[0], some.targets[0]

    def _targets(self, part: Part) -> dict[str, Any]:
        """What is right: ``labels``, or an array of ``masks``, ``boxes`` or ``numbers``."""
        if part.targets.ndim == 1:
            return {"labels": part.targets.tolist()}
        if part.targets.ndim == 2:
            return {"numbers": self.array(part.targets.numpy())}
        if part.targets.is_floating_point():
            return {"boxes": self.array(part.targets.numpy())}
        return {"masks": self.array(part.targets.numpy())}

    def _arrays(self, values: Mapping[str, np.ndarray]) -> dict[str, str]:
        return {name: self.array(array) for name, array in values.items()}

    def array(self, values: np.ndarray) -> str:
        """A file with these values, which lies there for a while."""
        handle, name = tempfile.mkstemp(suffix=".npy", dir=self.folder)
        with os.fdopen(handle, "wb") as f:
            np.save(f, np.ascontiguousarray(values))
        self.arrays.append(Path(name))
        while len(self.arrays) > KEPT:
            self.arrays.pop(0).unlink(missing_ok=True)
        return name


def _changed(description: Description) -> int:
    """Changes when a folder of data does, at its top."""
    try:
        return os.stat(description.path).st_mtime_ns
    except OSError:
        return 0


def _own_folder() -> Path:
    """A temporary folder with our process id; those of services that died are removed on the way."""
    prefix = "canevas-service-"
    for folder in Path(tempfile.gettempdir()).glob(prefix + "*"):
        pid = folder.name.removeprefix(prefix).split("-")[0]
        if pid.isdigit() and began(int(pid)) is None:
            shutil.rmtree(folder, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-"))
