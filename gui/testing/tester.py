"""Ask the service about a trained network: how good it is, and what it says about images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage, QImageReader

from graph import files
from graph.analysis import Report, analyze
from graph.errors import CanevasError
from graph.text import tr
from gui.background import in_background
from gui.boxes import Object, boxed, rows
from gui.pictures import image, overlaid, picture
from gui.service import Request
from gui.session import Session
from gui.testing.answer import Shown
from gui.testing.curve import Curve, curves_of
from gui.testing.result import BoxResult, ClassResult, NumberResult, Result, preprocessing_in_words, result_of
from runtime.run import Run

MISTAKES = 24
LARGEST = 1600
"""Pixels of the longer side of a picture that is kept to be looked at."""


class Tester(QObject):
    """The network under test, its result, and the answers to the images one looks at."""

    model_changed = Signal()
    result_changed = Signal()
    recounted = Signal()
    """The same result, where other boxes count."""
    progressed = Signal(float, str)
    answered = Signal(object, object)
    """What was asked for (a tuple of indices, or ``"mine"``), and the list of what was said."""
    mapped = Signal(object)
    """An array ``(C, H, W)``, or a sentence why there is none."""
    weighed = Signal(object)
    """The service's answer about the weights of a node, or a sentence why there is none."""
    failed = Signal(str)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.model: Path | None = None
        self.part = ""
        self.report: Report | None = None
        self.name = ""
        self.result: Result | None = None
        self.worst: list[QImage] = []
        self.curves: tuple[Curve, ...] = ()
        """Of each class, precision over recall."""
        self.refused = ""
        self.how = ""
        self.classes: tuple[str, ...] = ()
        """What the network's classes are called, by number, where it tells them with its answers."""
        self.gates = (0.2, 0.4)
        """From how sure on boxes count at first, and how much two may overlap."""
        self._mark = 0.0
        self._requests: dict[str, Request] = {}

    @property
    def is_run(self) -> bool:
        """Whether the network is that of a run, which knows its own data."""
        return self.model is not None and self.model.is_dir()

    @property
    def busy(self) -> bool:
        """Whether it is being tested."""
        return "test" in self._requests and self._requests["test"].waiting

    def use(self, model: Path | None) -> None:
        """Test the network of a run (its folder) or of an exported file from now on."""
        self.cancel()
        self.model, self.report, self.name, self._mark = model, None, model.stem if model else "", 0.0
        self.result, self.worst, self.refused, self.how = None, [], "", ""
        self.curves = ()
        self.model_changed.emit()
        self.result_changed.emit()
        if model is None:
            return
        if model.is_dir():
            in_background(self, lambda: _network_of(Run(model)), self._know, self._refuse)
        else:
            self._ask("import", self._imported, file=str(model))
        self.test()

    def _imported(self, answer: dict[str, Any]) -> None:
        try:
            self._know((self.model, analyze(files.loads(answer["network"]))))
        except CanevasError as error:
            self._refuse(str(error))

    def _know(self, found: tuple[Path, Report]) -> None:
        if found[0] == self.model:
            self.report = found[1]
            self.name = self.report.network.name
            self.model_changed.emit()

    def again(self) -> None:
        """Test once more if there are other weights than last time."""
        if self.model is not None and not self.busy and (self.result is None or _written(self.model) != self._mark):
            self.test()

    def test(self) -> None:
        """Measure the network on the part that is chosen."""
        if self.model is None:
            return
        data = self._data()
        if not self.is_run and data is None:
            self.refused = tr("An exported network does not know its data: choose some to measure it on.")
            self.result_changed.emit()
            return
        self._mark = _written(self.model)
        self.refused = ""
        if "recount" in self._requests:
            self._requests.pop("recount").cancel()
        self._ask("test", self._tested, **self._where(), mistakes=MISTAKES)
        self.result_changed.emit()

    def _data(self) -> dict[str, Any] | None:
        """The data to test on: a run has its own; for a file, those of the session."""
        if self.is_run or self._session.data is None:
            return None
        return self._session.data.to_dict()

    def _where(self) -> dict[str, Any]:
        where: dict[str, Any] = {"model": str(self.model), "part": self.part}
        data = self._data()
        return {**where, "data": data} if data else where

    def _tested(self, answer: dict[str, Any]) -> None:
        self.result = result_of(answer)
        self.part = self.result.part
        self.how = preprocessing_in_words(answer.get("preprocessing"))
        self.curves = curves_of(answer)
        if isinstance(self.result, BoxResult):
            self.gates = self.result.threshold, self.result.overlap
        self._show_worst(answer)
        self.result_changed.emit()

    def recount(self, threshold: float, overlap: float) -> None:
        """Count mistakes anew: other boxes count."""
        result = self.result
        if isinstance(result, BoxResult) and (threshold, overlap) != (result.threshold, result.overlap):
            where = self._where()
            self._ask("recount", self._recounted, **where, threshold=threshold, overlap=overlap, mistakes=MISTAKES)

    def _recounted(self, answer: dict[str, Any]) -> None:
        assert isinstance(self.result, BoxResult)
        self.result = self.result.recounted(answer)
        self._show_worst(answer)
        self.recounted.emit()

    def _show_worst(self, answer: dict[str, Any]) -> None:
        """The pictures of the worst mistakes."""
        pixels = _array(answer["images"])
        if "boxes" in answer:
            assert self.result is not None
            found = zip(pixels, answer["boxes"], strict=True)
            self.worst = [boxed(image(p), rows(b, self.result.classes), words=False) for p, b in found]
        elif answer.get("masks"):
            self.worst = [overlaid(p, m) for p, m in zip(pixels, _array(answer["masks"]), strict=True)]
        else:
            self.worst = [picture(p) for p in pixels]

    def _refuse(self, sentence: str) -> None:
        self.refused = sentence
        self.result_changed.emit()

    def look(self, indices: Sequence[int]) -> None:
        """Ask about samples of the part."""
        chosen = [int(i) for i in indices]
        result = self.result

        def done(answer: dict[str, Any]) -> None:
            self._gate(answer)
            said = []
            found = zip(chosen, answer["answers"], *_seen(answer), *_objects(answer), strict=True)
            for i, told, seen, layers, objects, truth in found:
                right = result.classes[int(result.labels[i])] if isinstance(result, ClassResult) else ""
                name = told["image"] if not told["image"].isdigit() else numbered(i, result)
                large = layers[0][1] if layers else seen
                shown = Shown(name, large, seen, _classes(told), right, layers=layers, size=_size(answer))
                wanted = result.right[i] if isinstance(result, NumberResult) else None
                said.append(replace(shown, objects=objects, truth=truth, numbers=_numbers(told, wanted)))
            self.answered.emit(tuple(chosen), said)

        self._ask("predict", done, indices=chosen, **self._where())

    def open(self, names: Sequence[str]) -> None:
        """Ask about image files."""
        if self.model is None:
            self.failed.emit(tr("Choose a trained network first: one of your runs, or an exported file."))
            return
        chosen = list(names)

        def done(answer: dict[str, Any]) -> None:
            self.how = preprocessing_in_words(answer.get("preprocessing")) or self.how
            self._gate(answer)
            in_background(self, lambda: _opened(answer), lambda s: self.answered.emit("mine", s))

        self._ask("predict", done, model=str(self.model), images=chosen)

    def _gate(self, answer: dict[str, Any]) -> None:
        """What holds for all answers."""
        self.classes = tuple(map(str, answer.get("classes", ())))
        if not isinstance(self.result, BoxResult):  # a test knows better which boxes count
            self.gates = float(answer.get("threshold", 0.2)), float(answer.get("overlap", 0.4))

    def maps(self, path: str, index: int, file: str) -> None:
        """Ask what leaves the node at *path* for a sample of the part, or for an image file."""
        self.inside("maps", (index, file), lambda a: self.mapped.emit(_array(a["maps"])), self.mapped.emit, path=path)

    def weights(self, path: str, key: str) -> None:
        """Ask for the weights of the node at *path*; for the largest if *key* is empty."""
        if self.model is not None:
            self._ask("weights", self.weighed.emit, self.weighed.emit, model=str(self.model), path=path, key=key)

    def inside(self, do: str, at: tuple[int, str], done, failed, **args: Any) -> None:
        """Ask about the inside of the network for a sample of the part (its index), or for an image file."""
        index, file = at
        what = {"model": str(self.model), "image": file} if file else {**self._where(), "index": index}
        self._ask(do, done, failed, **what, **args)

    def cancel(self) -> None:
        """Give up all that is asked."""
        for request in self._requests.values():
            request.cancel()
        self._requests.clear()

    def _ask(self, do: str, done, failed=None, **args: Any) -> None:
        if do in self._requests:
            self._requests[do].cancel()
        heard = failed or (self._refuse if do == "test" else self.failed.emit)
        progress = self.progressed.emit if do == "test" else None
        self._requests[do] = self._session.service.ask(do, done, heard, progress, **args)


def _network_of(run: Run) -> tuple[Path, Report]:
    return run.folder, analyze(run.network)


def _written(model: Path) -> float:
    file = Run(model).checkpoint() if model.is_dir() else model
    try:
        return file.stat().st_mtime if file else 0.0
    except OSError:
        return 0.0


def _array(file: str) -> np.ndarray:
    try:
        return np.load(file, allow_pickle=False)
    except (OSError, ValueError):
        return np.empty((0, 1, 1, 1), np.uint8)  # the service that wrote it has been started anew


def _classes(told: dict[str, Any]) -> tuple[tuple[str, float], ...]:
    return tuple((str(c["label"]), float(c["score"])) for c in told.get("classes", ()))


def _size(answer: dict[str, Any]) -> str:
    """Channels and length of signals, which have no size in pixels."""
    shape = _array(answer["seen"]).shape[1:]
    return " × ".join(map(str, shape)) if len(shape) == 2 else ""


def _numbers(told: dict[str, Any], right: Sequence[float] | None = None) -> tuple[tuple[str, float, float | None], ...]:
    found = told.get("numbers", ())
    wanted = [None] * len(found) if right is None else right
    return tuple((str(n["name"]), float(n["value"]), r) for n, r in zip(found, wanted, strict=True))


def _opened(answer: dict[str, Any]) -> list[Shown]:
    """What was said of image files, each with its picture as large as one looks at it."""
    found = []
    seen = zip(answer["answers"], *_seen(answer), *_objects(answer), strict=True)
    for told, small, layers, objects, _ in seen:
        name, error = told["image"], told.get("error", "")
        large = layers[0][1] if layers else large_picture(name)
        large = small if large.isNull() else large
        shown = Shown(name, large, small, _classes(told), "", error, () if error else layers, size=_size(answer))
        found.append(replace(shown, objects=None if error else objects, numbers=_numbers(told)))
    return found


def _objects(answer: dict[str, Any]) -> tuple[list[tuple[Object, ...] | None], list[tuple[Object, ...]]]:
    """What was found in each image, unsure boxes too (None where no objects are looked for), and what is right."""
    answers = answer["answers"]
    if not any("boxes" in told for told in answers):
        return [None] * len(answers), [()] * len(answers)
    classes = answer["classes"]
    found: list[tuple[Object, ...] | None] = [tuple(rows(told.get("boxes", ()), classes)) for told in answers]
    if "right" not in answer:
        return found, [()] * len(answers)
    return found, [tuple(rows(one, classes)) for one in _array(answer["right"])]


def numbered(i: int, result: Result | None) -> str:
    """What a sample is called that has no file."""
    return tr("Signal {n}", n=i) if result is not None and result.signals else tr("Image {n}", n=i)


Layered = tuple[tuple[str, QImage], ...]


def _seen(answer: dict[str, Any]) -> tuple[list[QImage], list[Layered]]:
    """The images as the network saw them, and where pixels were classed the ways to look at each."""
    pixels = _array(answer["seen"])
    pictures = [picture(one) for one in pixels]
    if "masks" not in answer:
        return pictures, [()] * len(pictures)
    masks = [(tr("Answer"), _array(answer["masks"]))]
    masks += [(tr("What is right"), _array(answer["right"]))] if "right" in answer else []
    layers: list[Layered] = []
    for i, alone in enumerate(pictures):
        if f"whole_{i}" in answer:
            whole, mask = _array(answer[f"whole_{i}"]), _array(answer[f"whole_mask_{i}"])
            layers.append(((tr("Answer"), overlaid(whole, mask)), (tr("Image"), image(whole))))
        else:
            layers.append((*((word, overlaid(pixels[i], many[i])) for word, many in masks), (tr("Image"), alone)))
    return pictures, layers


def large_picture(file: str) -> QImage:
    """The picture in a file, turned as its camera says, its longer side at most :data:`LARGEST` pixels."""
    reader = QImageReader(file)
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid() and max(size.width(), size.height()) > LARGEST:
        reader.setScaledSize(size.scaled(QSize(LARGEST, LARGEST), Qt.AspectRatioMode.KeepAspectRatio))
    return reader.read()
