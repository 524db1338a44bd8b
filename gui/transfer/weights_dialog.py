"""The weights that the drawing begins with: published ones, those in a file, or none; and which layers they fit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QProgressBar, QScrollArea, QWidget

from graph.text import number, tr, tr_count
from gui import dialogs
from gui.parts import Elided, Picture, button, clear, column, divider, frame, label, row, within
from gui.runs import Runs, Summary
from gui.transfer.network_step import words_of_run
from gui.transfer.plans import Offer, origins_for
from runtime.weights.match import Match, match
from runtime.weights.origin import Origin

if TYPE_CHECKING:
    from gui.document import Document
    from gui.service import Request
    from gui.window import Window

WIDTH, HEIGHT = 620, 560
MOST, RUNS = 200, 3
"""Layers, and runs, that are named at most."""


class WeightsDialog(QDialog):
    """Shows where the weights come from and which layers have them; loads others."""

    def __init__(self, window: Window, document: Document) -> None:
        super().__init__(window)
        self.setObjectName("weights-dialog")
        self.setWindowTitle(tr("Weights to begin with"))
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("role", "page")
        self.resize(WIDTH, HEIGHT)
        self._session, self._document = window.session, document
        self._request: Request | None = None
        self._again: QWidget | None = None
        self._head, self._report = column(space=4), column(space=0)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(140)
        self.bar.hide()
        self.refusal = label("", "error", wrap=True)
        self.refusal.setObjectName("refusal")
        self.forget = button(tr("Forget them"), role="quiet", do=self._forget, name="forget-weights")
        close = button(tr("Close"), role="main", do=self.accept, name="close-weights")
        below = row(self.forget, self.bar, self.refusal, close, space=12, margin=(20, 12, 20, 12))
        below.setStretch(2, 1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(within(QWidget(), column(self._report, None, margin=(20, 0, 20, 12))))
        top = column(self._head, 4, *self._offers(), space=6, margin=(20, 20, 20, 12))
        within(self, column(top, divider(), area, divider(), below, space=0))
        self._show()

    def _offers(self) -> list[QWidget]:
        """Those that the drawing awaits, published ones for this very network, those trained here, and a file."""
        made = []
        if (awaited := self._document.awaited) is not None:
            words = tr("Again: {title}", title=awaited.title)
            self._again = button(words, "rotate-ccw", "row", lambda: self.load(awaited.text), name="weights-awaited")
            made.append(self._again)
        made += [self._offer(one) for one in origins_for(self._document.network.name)]
        made += [self._trained(one) for one in self._runs()]
        made.append(
            button(
                tr("From a file (.pt, .pth, .safetensors) ..."),
                "folder-open",
                "row",
                self._ask_file,
                name="weights-file",
            )
        )
        return made

    def _offer(self, one: Offer) -> QWidget:
        place = tr("{n} MiB to fetch", n=round(one.mebibytes)) if one.mebibytes else tr("on this machine")
        words = tr("{title}: {score} % on ImageNet, {place}", title=one.title, score=f"{one.score:.1f}", place=place)
        return button(words, "download", "row", lambda: self.load(one.origin), name=f"weights-{one.origin}")

    def _runs(self) -> list[Summary]:
        """The newest runs of a network of this name."""
        rows = Runs.of(self._session).rows
        mine = [r for r in rows if r.network == self._document.network.name and r.run.checkpoint() is not None]
        return mine[:RUNS]

    def _trained(self, one: Summary) -> QWidget:
        words = words_of_run(one, one.name)
        return button(words, "activity", "row", lambda: self.load(str(one.run.folder)), name=f"weights-{one.name}")

    def _ask_file(self) -> None:
        filters = f"{tr('Weights')} (*.pt *.pth *.safetensors *.bin *.ckpt);;{tr('All files')} (*)"
        dialogs.ask_file(self, tr("Weights to begin with"), filters, lambda file: self.load(str(file)))

    def load(self, text: str) -> None:
        """Have the service fetch or read the weights called *text*."""
        if self._request is not None:
            self._request.cancel()
        self.refusal.setText("")
        self.bar.setRange(0, 0)
        self.bar.show()
        self._request = self._session.service.ask("find_weights", self._took, self._failed, self._progress, text=text)

    def _progress(self, share: float, _: str) -> None:
        self.bar.setRange(0, 1000 if share > 0 else 0)
        self.bar.setValue(round(share * 1000))

    def _failed(self, sentence: str) -> None:
        self._request = None
        self.bar.hide()
        self.refusal.setText(sentence)

    def _took(self, answer: dict[str, Any]) -> None:
        self._request = None
        self.bar.hide()
        origin = Origin.from_dict(answer["origin"])
        if (awaited := self._document.awaited) is not None and awaited.sha256 == origin.sha256:
            self._document.arrived = origin
            self._show()
            return
        found = match(self._document.report, origin)
        if not found.taken:
            name = Path(origin.file).name
            self.refusal.setText(tr("The weights in {file} fit no layer of this drawing.", file=name))
            return
        self._document.begin_with(found.weights, origin, tr("Begin with {title}", title=origin.title))
        self._show(found)

    def _forget(self) -> None:
        self._document.begin_with({}, None, tr("Forget the weights"))
        self._show()

    def _show(self, fresh: Match | None = None) -> None:
        """Where the weights come from, and which layers have them."""
        origin, found = self._document.origin, fresh or self._document.kept
        self.forget.setVisible(bool(self._document.state.weights))
        if self._again is not None:
            self._again.setVisible(self._document.awaited is not None)
        clear(self._head)
        clear(self._report)
        if (awaited := self._document.awaited) is not None:
            self._head.addWidget(label(awaited.title, "title"))
            words = str(self._document.missing) or tr("These weights are being opened.")
            self._head.addWidget(label(words, "warn", wrap=True))
            return
        self._head.addWidget(label(origin.title if origin else tr("No weights yet: layers begin at random"), "title"))
        if origin is None or found is None:
            words = tr("Take those that somebody has published, or a file of your own. Nothing in a file is executed.")
            self._head.addWidget(label(words, "second", wrap=True))
            return
        self._head.addWidget(label(taken_text(found), "second", wrap=True))
        if origin.preprocessing is not None:
            self._head.addWidget(label(preprocessing_text(origin), "hint", wrap=True))
        for one in found.left[:MOST]:
            self._report.addWidget(_line("circle-alert", "warn", one.path, str(one.why)))
        for path in found.taken[:MOST]:
            self._report.addWidget(_line("circle-check", "ok", path, ""))

    def done(self, result: int) -> None:
        """Wait for nothing more."""
        if self._request is not None:
            self._request.cancel()
        super().done(result)


def _line(icon: str, color: str, path: str, why: str) -> QWidget:
    made = frame("step")
    made.setFixedHeight(30)
    name = Elided(path, "label")
    line = row(Picture(icon, color, 14), name, Elided(why, "hint"), space=10, margin=(8, 0, 8, 0))
    line.setStretch(2, 1)
    name.setMinimumWidth(150)
    return within(made, line)


def taken_text(found: Match) -> str:
    """How many layers have their weights, and how they were found."""
    total = len(found.taken) + len(found.left)
    words = tr_count(
        "{taken} of {n} layer begins with its weights.",
        "{taken} of {n} layers begin with their weights.",
        total,
        taken=number(len(found.taken)),
    )
    if found.by_order:
        words += " " + tr("The names differ: layers were found by their order and their shapes.")
    if found.unused:
        words += " " + tr_count(
            "{n} tensor of the file is not used.", "{n} tensors of the file are not used.", len(found.unused)
        )
    return words


def preprocessing_text(origin: Origin) -> str:
    """What the weights have learned to be done to images."""
    told = origin.preprocessing
    assert told is not None
    size = f"{told.size[0]} × {told.size[1]}"
    if told.short:
        size = tr("shorter side to {n}, then the middle {size}", n=told.short, size=size)
    return tr(
        "Images as they have learned them: {size}, {interpolation}; mean {mean}, deviation {std}.",
        size=size,
        interpolation=told.interpolation,
        mean=" ".join(f"{n:g}" for n in told.mean),
        std=" ".join(f"{n:g}" for n in told.std),
    )


def show(window: Window) -> WeightsDialog | None:
    """Show the weights of the current document."""
    document = window.session.document
    if document is None:
        return None
    made = WeightsDialog(window, document)
    made.open()
    return made
