"""Fine-tune on my images: a network with its weights, one's own images, what learns; three steps to a training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel, QProgressBar, QStackedWidget, QWidget

from graph import files
from graph.analysis import analyze
from graph.checks import task
from graph.errors import CanevasError
from graph.network import Network
from graph.text import number, tr, tr_count
from gui.document import Document
from gui.parts import button, column, divider, label, role, row, within
from gui.runs import Runs
from gui.transfer.images_step import ImagesStep
from gui.transfer.learning_step import LearningChoice, facts
from gui.transfer.network_step import NetworkStep
from gui.transfer.plans import Offer, Own, Tuned, pixels, recipe_for, tuned
from runtime.run import Run
from runtime.weights.origin import Origin

if TYPE_CHECKING:
    from gui.service import Request
    from gui.window import Window

WIDTH, HEIGHT = 760, 680
NAMED = 3
"""Layers beside the head that begin anew and are named at most."""


class FineTune(QDialog):
    """The three steps; ends in the Train room with a run begun."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.setObjectName("fine-tune")
        self.setWindowTitle(tr("Fine-tune on my images"))
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("role", "page")
        self.resize(WIDTH, HEIGHT)
        self._window, self._session = window, window.session
        self._asked: list[Request] = []
        self._loaded: tuple[object, Network, Origin] | None = None
        self._network: Network | None = None
        folders = self._session.settings.recall("data_folders", []) or []
        remembered = [f for f in ([folders] if isinstance(folders, str) else folders) if Path(f).exists()]
        self.network = NetworkStep(self._documents())
        self.images = ImagesStep(self._session.service, remembered)
        self.learning = LearningChoice()
        self._build()
        for step in (self.network, self.images, self.learning):
            step.changed.connect(self._follow)
        self._runs = Runs.of(self._session)
        self._runs.listed.connect(self._offer_runs)
        self._offer_runs()
        self._runs.refresh()
        self._go(0)

    def _offer_runs(self) -> None:
        self.network.show_runs(self._runs.rows)

    def _documents(self) -> list[Document]:
        current = self._session.document
        return sorted(self._session.documents, key=lambda d: d is not current)

    def _build(self) -> None:
        self._heads = [
            Head(1, tr("Network"), tr("It has learned already")),
            Head(2, tr("Images"), tr("What it shall learn now")),
            Head(3, tr("Learning"), tr("What changes, and go")),
        ]
        self._pages = QStackedWidget()
        for page in (self.network, self.images, self._last()):
            self._pages.addWidget(page)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(140)
        self.bar.hide()
        self.refusal = label("", "error", wrap=True)
        self.refusal.setObjectName("refusal")
        self.back = button(tr("Back"), "arrow-left", do=lambda: self._go(self.step - 1), name="back")
        self.next = button(tr("Next"), role="main", do=self._next, name="next")
        self.next.setDefault(True)
        cancel = button(tr("Cancel"), role="quiet", do=self.reject, name="cancel")
        below = row(cancel, self.bar, self.refusal, self.back, self.next, space=12, margin=(24, 14, 24, 14))
        below.setStretch(2, 1)
        above = row(*self._heads, space=8, margin=(24, 20, 24, 16))
        middle = within(QWidget(), column(self._pages, margin=(24, 16, 24, 16)))
        within(self, column(above, divider(), middle, divider(), below, space=0))
        self.layout().setStretch(2, 1)

    def _last(self) -> QWidget:
        self._facts = column(space=0)
        return within(QWidget(), column(self._facts, 4, self.learning, space=10))

    @property
    def step(self) -> int:
        """Which step is shown, from 0."""
        return self._pages.currentIndex()

    def _go(self, step: int) -> None:
        self._pages.setCurrentIndex(step)
        for at, head in enumerate(self._heads):
            head.show_state(at, step)
        self.back.setVisible(step > 0)
        self.next.setText(tr("Start training") if step == 2 else tr("Next"))
        self.refusal.setText("")
        self._follow()

    def _follow(self) -> None:
        """What can be done now."""
        ready = (self.network.chosen is not None, self.images.ready, True)[self.step]
        self.next.setEnabled(ready and not self.bar.isVisible())

    def _next(self) -> None:
        (self._load, self._choose_learning, self._start)[self.step]()

    # the first step: what was chosen is opened, and its weights are fetched

    def _load(self) -> None:
        chosen = self.network.chosen
        assert chosen is not None
        self.refusal.setText("")
        if self._loaded is not None and self._loaded[0] is chosen:
            self._go(1)
        elif isinstance(chosen, Document):
            assert chosen.origin is not None
            self._took(chosen, chosen.network, chosen.origin)
        else:
            self._wait(True)
            (self._fetch if isinstance(chosen, Offer) else self._read)(chosen)

    def _fetch(self, offer: Offer) -> None:
        def weights(answer: dict[str, Any]) -> None:
            origin = Origin.from_dict(answer["origin"])
            self._open(offer, lambda network: self._took(offer, network, origin))

        self._ask("find_weights", weights, text=offer.origin)

    def _read(self, own: Own) -> None:
        """A run, or a model in a file: its network and its weights."""

        def weights(answer: dict[str, Any]) -> None:
            try:
                network = Run(own.text).network if own.is_run else files.loads(answer["network"], own.text)
            except CanevasError as error:
                self._failed(str(error))
                return
            self._took(own, network, Origin.from_dict(answer["origin"]))

        if own.is_run:
            self._ask("find_weights", weights, text=own.text)
        else:
            self._ask("import", weights, file=own.text)

    def _open(self, offer: Offer, then: Any) -> None:
        """The network of *offer*: a preset at once, one of torchvision as soon as the service has it."""
        what, _, name = offer.source.partition(":")
        if what == "preset":
            from presets import build

            then(build(name))
            return
        from runtime.import_.remembered import remembered

        if (known := remembered(name)) is not None:
            then(known)
            return
        self._ask("import", lambda answer: then(files.loads(answer["network"], name)), torchvision=name)

    def _ask(self, do: str, done: Any, **args: Any) -> None:
        self._asked.append(self._session.service.ask(do, done, self._failed, self._progress, **args))

    def _progress(self, share: float, text: str) -> None:
        self.bar.setRange(0, 1000 if share > 0 else 0)
        self.bar.setValue(round(share * 1000))

    def _failed(self, sentence: str) -> None:
        self._wait(False)
        self.refusal.setText(sentence)

    def _wait(self, on: bool) -> None:
        self.bar.setRange(0, 0)
        self.bar.setVisible(on)
        self._follow()

    def _took(self, chosen: object, network: Network, origin: Origin) -> None:
        self._loaded = (chosen, network, origin)
        self.images.expect(task(network), network.name)
        self.learning.suggest(task(network))
        self._wait(False)
        self._go(1)

    # the second step leads to the third: the head is made for the classes

    def _choose_learning(self) -> None:
        assert self._loaded is not None
        assert self.images.facts is not None
        _, network, origin = self._loaded
        try:
            made = tuned(network, origin, self.images.facts.around(), None)
        except CanevasError as error:
            self.refusal.setText(str(error))
            return
        self.learning.show_report(analyze(made.network), made.heads)
        layout = self._facts
        while layout.count():
            layout.takeAt(0).widget().deleteLater()
        layout.addWidget(facts(self._said(origin, made)))
        self._go(2)

    def _said(self, origin: Origin, made: Tuned) -> list[tuple[str, str]]:
        """What was chosen so far."""
        found, told = self.images.facts, origin.preprocessing
        assert found is not None
        kept = [path for path in made.match.taken if path not in made.heads]
        taken = tr_count("{n} layer begins with them", "{n} layers begin with them", len(kept))
        names = found.numbers or found.classes
        words = {"head": ", ".join(made.heads), "n": len(names), "names": ", ".join(names)}
        head = (
            tr("{head}: {n} numbers, {names}", **words)
            if found.numbers
            else tr("{head}: {n} classes, {names}", **words)
        )
        lines = [
            (tr("Network"), made.network.name),
            (tr("Weights"), f"{origin.title}, {taken}"),
            (tr("New head"), head),
        ]
        if anew := [one for one in made.match.left if one.path not in made.heads]:
            more = " …" if len(anew) > NAMED else ""
            lines.append((tr("New too"), " ".join(str(one.why) for one in anew[:NAMED]) + more))
        if told is not None:
            size = f"{number(told.size[0])} × {number(told.size[-1])}"
            grey = told.channels == 1 and found.shape[0] > 1
            lines.append(
                (
                    tr("Images"),
                    tr("{size}, grey, as the weights have learned them", size=size)
                    if grey
                    else tr("{size}, as the weights have learned them", size=size),
                )
            )
        return lines

    # the third step: go

    def _start(self) -> None:
        assert self._loaded is not None
        found, data, last = self.images.facts, self.images.data, self.learning.last
        assert found is not None
        assert data is not None
        _, network, origin = self._loaded
        made = tuned(network, origin, found.around(), last)
        session = self._session
        size = pixels(made.network)
        session.set_recipe(recipe_for(session.recipe, found.images("train"), last, found.task, size))
        session.choose_data(data)
        document = Document(made.network, weights=made.weights, origin=origin)
        self.accept()
        self._window.files.add(document)
        session.train()

    def done(self, result: int) -> None:
        """Wait for nothing more."""
        for request in self._asked:
            request.cancel()
        self.images.cancel()
        super().done(result)


class Head(QWidget):
    """The head of a step: its number, what it is about, and whether it is done, shown, or still to come."""

    def __init__(self, n: int, title: str, words: str) -> None:
        super().__init__()
        self._number = label(str(n), "chip")
        self._number.setFixedWidth(24)
        self._number.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title: QLabel = label(title, "strong")
        line = row(self._number, column(self._title, label(words, "hint"), space=0), None, space=10)
        within(self, line)

    def show_state(self, mine: int, now: int) -> None:
        """This step is number *mine*; number *now* is shown."""
        role(self._number, "chip-now" if mine == now else "chip")
        self._number.setText("✓" if mine < now else str(mine + 1))
        role(self._title, "strong" if mine <= now else "second")


def show(window: Window) -> FineTune:
    """Open the three steps over the window."""
    made = FineTune(window)
    made.open()
    return made
