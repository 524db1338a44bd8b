"""What the rooms share: the open documents, the data, the recipe and the run that are chosen.

A room reads it, changes it, and hears of changes by its signals; rooms never reach into each other.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from graph.checks import task
from gui.settings import Settings
from runtime.offered import followed, offered
from runtime.recipe import Recipe

if TYPE_CHECKING:
    from gui.document import Document
    from gui.service import Service
    from runtime.data.description import Description
    from runtime.run import Run


DATA = "CANEVAS_DATA"
"""The variable of the environment that says where downloaded data sets are kept."""


class Session(QObject):
    """The state of one window; announces what changes."""

    documents_changed = Signal()
    """The list of open documents, or a title in it."""
    document_changed = Signal(object)
    """Another document is the current one (None: none is open)."""
    data_changed = Signal(object)
    """Another data set is chosen: a Description, or None."""
    recipe_changed = Signal(object)
    """The recipe has other values."""
    run_changed = Signal(object)
    """Another run is looked at: a Run, or None."""
    room_wanted = Signal(str)
    """Somebody asks for a room: "welcome", "design", "data", "train", "test"."""
    train_wanted = Signal()
    """Somebody asks that training of the current document begin now."""
    said = Signal(str)
    """A sentence for the status line."""

    def __init__(self, settings: Settings | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = settings or Settings(self)
        self.documents: list[Document] = []
        self.document: Document | None = None
        self.data: Description | None = None
        self.run: Run | None = None
        chosen = self.settings.values
        self.recipe = Recipe(device=chosen.device, threads=chosen.threads)
        self._offered = Recipe()
        self._service: Service | None = None
        self.settings.changed.connect(self._follow)
        self._put_data(fresh=False)

    @property
    def service(self) -> Service:
        """The process that does for the window what needs torch; started when first asked for."""
        if self._service is None:
            from gui.service import Service

            self._service = Service(self)
            self._service.said.connect(self.said)
        return self._service

    def add(self, document: Document) -> None:
        """Open *document* beside the others, and make it the current one."""
        document.setParent(self)
        self.documents.append(document)
        self.documents_changed.emit()
        self.show_document(document)

    def remove(self, document: Document) -> None:
        """Close *document* without asking; its neighbor becomes the current one."""
        at = self.documents.index(document)
        self.documents.remove(document)
        if document is self.document:
            left = self.documents[min(at, len(self.documents) - 1)] if self.documents else None
            self.show_document(left)
        self.documents_changed.emit()
        document.deleteLater()

    def show_document(self, document: Document | None) -> None:
        """Make *document* the current one."""
        if document is not self.document:
            self.document = document
            self.document_changed.emit(document)
            self._offer()

    def choose_data(self, data: Description | None) -> None:
        """Train and test on *data* from now on."""
        if data != self.data:
            self.data = data
            self.data_changed.emit(data)
            self._offer()

    def set_recipe(self, recipe: Recipe) -> None:
        """Train by *recipe* from now on."""
        if recipe != self.recipe:
            self.recipe = recipe
            self.recipe_changed.emit(recipe)

    def _offer(self) -> None:
        """Follow with the recipe what is to be trained, and on what; values that somebody has set stay."""
        if self.document is None:
            return
        preset, source = self.document.preset, self.data.source if self.data is not None else ""
        now = offered(task(self.document.network), preset.tried_on(source) if preset is not None else None)
        before, self._offered = self._offered, now
        self.set_recipe(followed(self.recipe, before, now))

    def show_run(self, run: Run | None) -> None:
        """Look at *run* from now on."""
        if run is not self.run:
            self.run = run
            self.run_changed.emit(run)

    def want_room(self, name: str) -> None:
        """Ask the window for a room."""
        self.room_wanted.emit(name)

    def train(self) -> None:
        """Ask for the Train room, and that training begin."""
        self.room_wanted.emit("train")
        self.train_wanted.emit()

    def say(self, sentence: str) -> None:
        """Show a sentence in the status line."""
        self.said.emit(sentence)

    def _put_data(self, *, fresh: bool) -> None:
        """Tell the processes to come where downloaded data sets are kept; *fresh*: end those that think otherwise."""
        if folder := self.settings.values.data_folder:
            os.environ[DATA] = folder
        elif fresh:
            os.environ.pop(DATA, None)
        if fresh:
            from runtime import client

            client.dismiss()
            if self._service is not None:
                self._service.close()

    def close(self) -> None:
        """The window closes: documents, the service and the waiting worker end with it; what trains goes on."""
        from runtime import client

        for document in self.documents:
            document.close()
        if self._service is not None:
            self._service.close()
        client.dismiss()

    def _follow(self, name: str) -> None:
        """A device or a number of threads chosen in the settings holds for the next training."""
        if name == "data_folder":
            self._put_data(fresh=True)
        if name in ("device", "threads"):
            values = self.recipe.to_dict() | {name: getattr(self.settings.values, name)}
            self.set_recipe(Recipe(**values))
