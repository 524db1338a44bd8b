"""The Test room: images at the left, the answer in the middle, scores, confusion and export at the right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTemporaryDir
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget

from graph.text import tr
from gui import parts
from gui.runs import Runs
from gui.session import Session
from gui.testing.answer import Shown
from gui.testing.images import PAGE, Images, images_among
from gui.testing.look import Look
from gui.testing.measures import Measures
from gui.testing.tester import Tester
from runtime.run import Run


class TestingRoom(QWidget):
    """Wires the parts of the room; the service is asked by the :class:`Tester`."""

    __test__ = False  # pytest: this is a room

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setProperty("role", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.session, self.runs = session, Runs.of(session)
        self.tester = Tester(session, self)
        self.images, self.look, self.measures = Images(), Look(self.tester), Measures(session, self.tester)
        self.view, self.cell, self.wanted = "all", (0, 0), PAGE
        self.shown: dict[int, Shown] = {}
        """Answers by the index of the sample; as long as the result is the same."""
        self.mine: list[Shown] = []
        self._looked: tuple[int, str] | None = None
        """The index of the sample one looks at, or -1 and the file."""
        self._files: list[Path] = []
        self._pasted: QTemporaryDir | None = None
        self._build()
        self._connect()
        self._list_models()
        self._show_result()

    def _build(self) -> None:
        self.images.setFixedWidth(288)
        self.measures.setFixedWidth(368)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for item in (self.images, parts.upright()):
            layout.addWidget(item)
        layout.addWidget(self.look, 1)
        for item in (parts.upright(), self.measures):
            layout.addWidget(item)

    def _connect(self) -> None:
        session, tester, images = self.session, self.tester, self.images
        session.run_changed.connect(self._run_changed)
        session.data_changed.connect(self._data_changed)
        self.runs.listed.connect(self._list_models)
        tester.model_changed.connect(self._show_model)
        tester.result_changed.connect(self._show_result)
        tester.recounted.connect(self._refresh)
        tester.answered.connect(self._answered)
        tester.mapped.connect(self.look.maps.show_maps)
        tester.weighed.connect(self.look.maps.show_weights)
        tester.failed.connect(session.say)
        images.model_chosen.connect(self.use)
        images.part_chosen.connect(self._part)
        images.dropped.connect(self.open)
        images.view_chosen.connect(self.show_view)
        images.more_wanted.connect(self._more)
        images.chosen.connect(self._pick)
        self.look.mistake_chosen.connect(self.look_at)
        self.look.maps.wanted.connect(self._ask_maps)
        self.measures.matrix.chosen.connect(self._cell)
        self.measures.scatters.chosen.connect(self.look_at)
        paste = QShortcut(QKeySequence(QKeySequence.StandardKey.Paste), self)
        paste.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        paste.activated.connect(self.paste)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.runs.start()
        if self.tester.model is None:
            self._run_changed()
        else:
            self.tester.again()

    def close_down(self) -> None:
        """The window closes: nothing more is asked."""
        self.tester.cancel()

    # which network

    def _list_models(self) -> None:
        self.images.show_models(self.runs.rows, self._files, self.tester.model)
        if self.tester.model is None:
            self._run_changed()

    def _run_changed(self) -> None:
        """Follow the run that is looked at, if it has weights to test; else the newest one that has."""
        if not self.isVisible():
            return
        found: list[Run] = [self.session.run] if self.session.run is not None else []
        found += [r.run for r in self.runs.rows] if self.tester.model is None else []
        run = next((r for r in found if r.checkpoint() is not None), None)
        if run is not None and run.folder != self.tester.model:
            self.use(run.folder)

    def use(self, model: Path) -> None:
        """Test another network: the folder of a run, or an exported file."""
        model = Path(model)
        if not model.is_dir() and model not in self._files:
            self._files.append(model)
        self.view, self.mine = "all", []
        self.tester.use(model)
        self._list_models()

    def _data_changed(self) -> None:
        if self.isVisible() and self.tester.model is not None and not self.tester.is_run:
            self.tester.test()

    def _part(self, part: str) -> None:
        self.tester.part = part
        self.tester.test()

    def _show_model(self) -> None:
        self.look.maps.show_nodes(self.tester.report)
        self._ask_maps()

    def _show_result(self) -> None:
        """Another result: what was known of the samples holds no longer."""
        self.shown = {}
        self._looked = self._looked if self._looked and self._looked[1] else None
        self.images.name_cell("")
        self.images.say_signals(self.tester.result is not None and self.tester.result.signals)
        self.show_view("all" if self.view == "cell" else self.view)
        self._show_looked()

    # which images

    def show_view(self, view: str) -> None:
        """Show all samples of the part, the mistakes, those of a cell, or one's own images."""
        self.view, self.wanted = view, PAGE
        self._refresh()

    def _cell(self, truth: int, answer: int) -> None:
        assert self.tester.result is not None
        classes = self.tester.result.names
        self.cell, self._looked = (truth, answer), None
        self.images.name_cell(tr("{truth} as {answer}", truth=classes[truth], answer=classes[answer]))
        self.show_view("cell")

    def _more(self) -> None:
        self.wanted += PAGE
        self._refresh()

    def _chosen(self) -> list[int]:
        result = self.tester.result
        if result is None:
            return []
        if self.view == "mistakes":
            return result.all_mistakes()
        return result.cell(*self.cell) if self.view == "cell" else list(range(result.images))

    def _refresh(self) -> None:
        """Show what is known of the view; ask for what is not."""
        if self.view == "mine":
            sentence = tr("Drop images above, open them with a click there, or paste one.")
            self.images.show_view("mine", self.mine, [], len(self.mine), sentence)
            return
        chosen = self._chosen()
        page = chosen[: self.wanted]
        lacking = [i for i in page if i not in self.shown]
        if lacking:
            self.tester.look(lacking)
        known = [i for i in page if i in self.shown]
        sentence = "" if lacking or self.tester.result is None else tr("Nothing here.")
        wrong = set(self.tester.result.all_mistakes()) if self.tester.result is not None else set()
        self.images.show_view(self.view, [self.shown[i] for i in known], known, len(chosen), sentence, wrong)
        if known and self._looked is None:
            self.look_at(known[0])

    def _answered(self, asked: Any, said: list[Shown]) -> None:
        if asked == "mine":
            self.mine = said + self.mine
            self.show_view("mine")
            if said:
                self.look_at(-1, said[0].name)
            return
        self.shown.update(zip(asked, said, strict=True))
        self._refresh()
        self._show_looked()

    # the image one looks at

    def _pick(self, place: int) -> None:
        if self.view == "mine":
            self.look_at(-1, self.mine[place].name)
        else:
            self.look_at(self.images.tiles.tiles[place].index)

    def look_at(self, index: int, file: str = "") -> None:
        """Look at a sample of the part, or at an image of one's own."""
        self._looked = (index, file)
        if not file and index not in self.shown:
            self.tester.look([index])
        self._show_looked()
        self._ask_maps()

    def _show_looked(self) -> None:
        index, file = self._looked or (-1, "")
        found = next((s for s in self.mine if s.name == file), None) if file else self.shown.get(index)
        self.look.show_image(found, (index, file))
        tiles = self.images.tiles
        names = [s.name for s in self.mine] if self.view == "mine" else []
        same = (i for i, t in enumerate(tiles.tiles) if (t.index == index if not names else names[i] == file))
        tiles.select(next(same, -1) if found else -1)

    def _ask_maps(self) -> None:
        maps = self.look.maps
        if maps.weighing and maps.node:
            self.tester.weights(maps.node, maps.key)
        elif self._looked is not None and maps.node and self.tester.model is not None:
            self.tester.maps(maps.node, *self._looked)

    # one's own images

    def open(self, names: list[str]) -> None:
        """Ask about image files, and about those in folders."""
        if found := images_among(names):
            self.tester.open(found)

    def paste(self) -> None:
        """Ask about the image, or the files, in the clipboard."""
        clipboard = QApplication.clipboard()
        picture = clipboard.image()
        urls = [u.toLocalFile() for u in clipboard.mimeData().urls() if u.isLocalFile()]
        if urls:
            self.open(urls)
        elif not picture.isNull():
            self._pasted = self._pasted or QTemporaryDir()
            file = self._pasted.filePath(tr("pasted {n}", n=len(self.mine) + 1) + ".png")
            picture.save(file)
            self.open([file])
        else:
            self.session.say(tr("There is no image in the clipboard."))
