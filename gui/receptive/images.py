"""Which image the field is shown on: samples of the chosen data, a file of one's own, or the digit that ships."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from graph.text import tr
from gui import pictures

if TYPE_CHECKING:
    from gui.service import Request
    from gui.session import Session

SAMPLES = 24
DIGIT = Path(__file__).parent.parent / "assets" / "digits.png"


class FieldImages(QObject):
    """Gets images of the shape that the network takes, and goes from one to the next."""

    shown = Signal(QImage, str)
    """An image (null: there is none) and a sentence that says where it comes from."""

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._shape: tuple[int, ...] = ()
        self._file = ""
        self._samples: np.ndarray | None = None
        self._at = 0
        self._request: Request | None = None
        session.data_changed.connect(lambda _: self._restart())

    @property
    def several(self) -> bool:
        """Whether there is a next one."""
        return not self._file and self._samples is not None and len(self._samples) > 1

    @property
    def own(self) -> bool:
        """Whether a file of one's own is shown."""
        return bool(self._file)

    def want(self, shape: tuple[int, ...]) -> None:
        """Show images of this shape ``(C, H, W)`` from now on."""
        if shape != self._shape:
            self._shape = shape
            self._restart()

    def open_file(self, file: str) -> None:
        """Show a file of one's own; an empty name: the data again."""
        self._file = file
        self._restart()

    def turn(self, by: int) -> None:
        """Show the next sample, or the one before."""
        if self._samples is not None and self.several:
            self._at = (self._at + by) % len(self._samples)
            self._show_sample()

    def args(self) -> dict[str, Any]:
        """What the service is told to measure on: the file, or the data; nothing for random images."""
        if self._file:
            return {"image": self._file}
        data = self._session.data
        return {"data": data.to_dict()} if data is not None and self._samples is not None else {}

    def close(self) -> None:
        """Wait for nothing any more."""
        if self._request is not None:
            self._request.cancel()
            self._request = None

    def _restart(self) -> None:
        self.close()
        self._samples, self._at = None, 0
        if len(self._shape) != 3 or self._shape[0] not in (1, 3):
            self._fall_back("")
        elif self._file:
            self._ask("image", self._got_file, image=self._file, shape=list(self._shape))
        elif (data := self._session.data) is not None:
            self._ask("data", self._got_data, data=data.to_dict(), shape=list(self._shape), samples=SAMPLES)
        elif self._digit_fits():
            self._fall_back(tr("A digit that ships with Canevas: choose data, or drop an image here."))
        else:
            self._fall_back(tr("Choose data in the Data room, or drop an image here."))

    def _ask(self, do: str, done: Any, **args: object) -> None:
        self._fall_back(tr("Reading the image ..."))
        self._request = self._session.service.ask(do, done, self._failed, **args)

    def _got_file(self, result: dict[str, Any]) -> None:
        self._request = None
        self.shown.emit(pictures.image(np.load(result["image"])), Path(self._file).name)

    def _got_data(self, result: dict[str, Any]) -> None:
        self._request = None
        self._samples = np.load(result["samples"]["images"])
        self._at = 0
        if len(self._samples):
            self._show_sample()
        else:
            self._fall_back("")

    def _show_sample(self) -> None:
        assert self._samples is not None
        data = self._session.data
        text = tr("{name}, sample {n} of {all}", name=data.name if data else "", n=self._at + 1, all=len(self._samples))
        self.shown.emit(pictures.image(self._samples[self._at]), text)

    def _failed(self, sentence: str) -> None:
        self._request, self._file = None, ""
        self._fall_back(sentence)

    def _digit_fits(self) -> bool:
        return len(self._shape) == 3 and self._shape[0] == 1 and max(self._shape[1:]) <= 64

    def _fall_back(self, sentence: str) -> None:
        """The digit, if the network takes small grey images; else nothing."""
        self.shown.emit(QImage(str(DIGIT)) if self._digit_fits() else QImage(), sentence)
