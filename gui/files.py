"""Documents and files: new, open, save, close, recent; asking about changes that no file holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu

from graph.errors import CanevasError
from graph.text import tr
from gui import dialogs
from runtime.formats import ENDINGS, refuse_one_way
from runtime.weights.origin import Origin

if TYPE_CHECKING:
    from gui.document import Document
    from gui.window import Window

SUFFIX, MODELS = "canevas", ENDINGS
"""Endings of networks, and of exported models, which carry their network and weights."""


class Files(QObject):
    """What happens to documents as a whole."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window, self._session = window, window.session

    def add(self, document: Document) -> Document:
        """Open *document* in a tab, and show it."""
        document.autosave.seconds = self._session.settings.values.autosave
        document.autosave.failed.connect(self._window.notice.say)
        self._session.add(document)
        self._window.show_room("design")
        if document.awaited is not None:
            from gui.transfer.awaited import recall

            recall(self._window, document)
        return document

    def new(self) -> Document:
        """An empty network."""
        from graph.network import Network
        from gui.document import Document

        return self.add(Document(Network(name=self._free_name())))

    def _free_name(self) -> str:
        taken = {d.title for d in self._session.documents}
        names = (tr("untitled") if n == 1 else tr("untitled {n}", n=n) for n in range(1, len(taken) + 2))
        return next(name for name in names if name not in taken)

    def named(self, source: str) -> None:
        """What *source* names, as on the command line: ``preset:NAME``, ``torchvision:NAME``, or a file.

        Raises:
            InvalidValue: there is no such preset or builder.
        """
        what, _, name = source.partition(":")
        if what in ("preset", "torchvision"):
            getattr(self, what)(name)
        else:
            self.open(source)

    def preset(self, name: str) -> Document:
        """The preset called *name*, as a document of its own."""
        from gui.document import Document
        from presets import build, presets

        made = Document(build(name))
        made.preset = presets()[name]
        return self.add(made)

    def try_out(self, name: str) -> None:
        """Open the preset called *name*, fitted to the data of its trial, and train it on them."""
        from graph.circumstances import Circumstances
        from gui.document import Document
        from presets import presets
        from runtime import fit
        from runtime.data.description import Description, builtin
        from runtime.offered import offered

        preset = presets()[name]
        trial = preset.trial
        assert trial is not None, name
        data, session = builtin()[trial.data], self._session
        around = Circumstances(trial.data, preset.task, data.shape, data.classes[preset.task])
        network, _ = fit.fitted(preset.build(**trial.variables), around)
        made = Document(network)
        made.preset = preset
        self.add(made)
        session.choose_data(Description(trial.data))
        own = {"device": session.recipe.device, "threads": session.recipe.threads}
        session.set_recipe(replace(offered(preset.task, trial.values), **own))
        session.train()

    def torchvision(self, name: str) -> None:
        """A network of torchvision: at once if it was opened before, else as soon as the service has opened it."""
        from graph import files
        from gui.document import Document
        from runtime.import_.builders import builder
        from runtime.import_.remembered import remembered

        found = remembered(name)
        if found is not None:
            self.add(Document(found))
            return
        self._window.openings.ask(
            tr("Opening {name}", name=builder(name).title),
            self._session.service,
            lambda result: self.add(Document(files.loads(result["network"], name))),
            lambda why: self._window.notice.say(why),
            torchvision=name,
        )

    def ask_open(self) -> None:
        """Ask for a file, and open it."""
        filters = f"{tr('Networks')} (*.{SUFFIX} {' '.join(f'*{one}' for one in MODELS)});;{tr('All files')} (*)"
        dialogs.ask_file(self._window, tr("Open a network"), filters, self.open, start=self._folder())

    def open(self, file: Path | str) -> Document | None:
        """Open *file*, or go to its tab; a file that cannot be read is said to be so."""
        from gui.document import Document

        file = Path(file)
        for document in self._session.documents:
            if document.file and document.file.resolve() == file.resolve():
                self._session.show_document(document)
                self._window.show_room("design")
                return document
        if file.suffix.lower() in MODELS:
            self._import(file)
            return None
        try:
            refuse_one_way(file)
            document = Document.open(file)
        except CanevasError as error:
            self._window.notice.say(str(error))
            return None
        self._session.settings.opened(file)
        return self.add(document)

    def _import(self, file: Path) -> None:
        """Open the network and the weights of an exported model; the service reads it, and runs nothing in it."""
        from graph import files
        from gui.document import Document

        def done(result: dict[str, Any]) -> None:
            try:
                network = files.loads(result["network"], str(file))
            except CanevasError as error:
                self._window.notice.say(str(error))
                return
            weights = {path: (place[0], place[1]) for path, place in result["weights"].items()}
            self._session.say(tr("{file}: its weights came with it", file=file.name))
            told = result.get("origin")
            self.add(Document(network, weights=weights, origin=Origin.from_dict(told) if told else None))

        self._window.openings.ask(
            tr("Reading {name}", name=file.name),
            self._session.service,
            done,
            lambda why: self._window.notice.say(why),
            file=str(file),
        )

    def save(self, document: Document | None = None, then: Callable[[], object] = lambda: None) -> None:
        """Save the current document (or *document*), asking for a name if it has none; then do *then*."""
        document = document or self._session.document
        if document is None:
            return
        if document.file is None:
            self.ask_save(document, then)
        elif self._write(document, document.file):
            then()

    def ask_save(self, document: Document | None = None, then: Callable[[], object] = lambda: None) -> None:
        """Ask for a name, and save under it."""
        document = document or self._session.document
        if document is None:
            return

        def write(file: Path) -> None:
            if self._write(document, file):
                then()

        start = str(document.file or Path(self._folder()) / f"{document.title}.{SUFFIX}")
        filters = f"{tr('Networks')} (*.{SUFFIX})"
        dialogs.ask_file(self._window, tr("Save the network"), filters, write, save=SUFFIX, start=start)

    def _write(self, document: Document, file: Path) -> bool:
        try:
            document.save(file)
        except CanevasError as error:
            self._window.notice.say(str(error))
            return False
        self._session.settings.opened(file)
        self._session.say(tr("Saved {time}", time=datetime.now().strftime("%H:%M")))
        self._session.documents_changed.emit()
        return True

    def ask_picture(self) -> None:
        """Ask for a name, and save the drawing under it: SVG or PNG, by its ending."""
        document = self._session.document
        if document is None:
            return
        filters = "SVG (*.svg);;PNG (*.png)"
        start = str(Path(self._folder()) / f"{document.title}.svg")
        dialogs.ask_file(
            self._window, tr("Save the drawing"), filters, self._window.design.save_picture, save="svg", start=start
        )

    def close(self, document: Document | None = None, then: Callable[[], object] = lambda: None) -> None:
        """Close a document; asks first about changes that no file holds."""
        document = document or self._session.document
        if document is None:
            return

        def gone() -> None:
            document.close()
            self._session.remove(document)
            if not self._session.documents:
                self._window.show_room("welcome")
            then()

        def heard(answer: str) -> None:
            if answer == "save":
                self.save(document, gone)
            elif answer == "discard":
                gone()

        if document.dirty:
            self._session.show_document(document)
            dialogs.ask_to_save(self._window, document.title, heard)
        else:
            gone()

    def close_all(self, then: Callable[[], object]) -> None:
        """Close every document, one after the other, unless somebody says no; then do *then*."""
        dirty = [d for d in self._session.documents if d.dirty]
        if not dirty:
            then()
            return
        self.close(dirty[0], lambda: self.close_all(then))

    def turn(self, by: int) -> None:
        """Show the next document, or the one before."""
        documents = self._session.documents
        if self._session.document in documents:
            at = documents.index(self._session.document)
            self._session.show_document(documents[(at + by) % len(documents)])

    def fill_recent(self, menu: QMenu) -> None:
        """A submenu of recent files, filled each time it opens."""
        recent = menu.addMenu(tr("Open recent"))

        def fill() -> None:
            recent.clear()
            for file in self._session.settings.recent:
                recent.addAction(file.name, lambda file=file: self.open(file)).setToolTip(str(file))
            if recent.isEmpty():
                recent.addAction(tr("No file was opened yet")).setEnabled(False)
            else:
                recent.addSeparator()
                recent.addAction(tr("Forget them"), self._session.settings.forget_recent)

        recent.aboutToShow.connect(fill)

    def _folder(self) -> str:
        recent = self._session.settings.recent
        return str(recent[0].parent if recent else Path.home())
