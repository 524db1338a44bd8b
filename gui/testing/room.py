"""The Test room: images at the left, the answer in the middle, scores, confusion and export at the right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTemporaryDir
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from graph.text import tr
from gui import parts
from gui.pictures import Tile, Tiles
from gui.plots.ticks import percent, three
from gui.runs import Runs
from gui.session import Session
from gui.testing.answer import AnswerCard, Shown, Well
from gui.testing.export import ExportCard
from gui.testing.images import PAGE, Images
from gui.testing.maps import MapsCard, with_maps
from gui.testing.matrix import Matrix
from gui.testing.tester import Tester
from runtime.run import Run


class Scores(QWidget):
    """Accuracy, top 5 and loss in large, or why there are none."""

    def __init__(self) -> None:
        super().__init__()
        self.about = parts.label(role="label")
        self.values = {name: parts.label("–", "score") for name in ("accuracy", "top5", "loss")}
        words = {"accuracy": tr("accuracy"), "top5": tr("among the first 5"), "loss": tr("loss")}
        self._row = QWidget()
        cells = [parts.column(self.values[n], parts.label(words[n], "label"), space=2) for n in words]
        parts.within(self._row, parts.row(*cells, space=24))
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.hide()
        self.reason = parts.label(role="faint", wrap=True)
        head = parts.row(parts.label(tr("Scores"), "strong"), None, self.about)
        parts.within(self, parts.column(head, self._row, self.bar, self.reason, space=10))

    def show_result(self, tester: Tester) -> None:
        """Show the measures."""
        result = tester.result
        self._row.setVisible(result is not None)
        self.bar.setVisible(tester.busy)
        if tester.busy:
            self.bar.setValue(0)
        reason = tester.refused or ("" if result or tester.busy else tr("Choose a trained network at the left."))
        self.reason.setText(tr("Testing …") if tester.busy and result is None else reason)
        self.reason.setVisible(bool(self.reason.text()))
        self.about.setText("")
        if result is not None:
            self.about.setText(tr("{n} images, {wrong} wrong", n=result.images, wrong=result.wrong))
            self.values["accuracy"].setText(percent(result.accuracy))
            self.values["top5"].setText(percent(result.top5))
            self.values["loss"].setText(three(result.loss))


class TestingRoom(QWidget):
    """Wires the parts of the room; the service is asked by the :class:`Tester`."""

    __test__ = False  # pytest: this is a room

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setProperty("role", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.session, self.runs = session, Runs.of(session)
        self.tester = Tester(session, self)
        self.images, self.scores, self.matrix = Images(), Scores(), Matrix()
        self.well, self.answer, self.maps = Well(), AnswerCard(), MapsCard()
        self.export = ExportCard(session)
        self.worst = Tiles(side=76, gap=12, one_row=True)
        self.view, self.cell, self.wanted = "all", (0, 0), PAGE
        self.shown: dict[int, Shown] = {}
        self.mine: list[Shown] = []
        self._order: list[int] = []
        self._looked: tuple[int, str] | None = None
        self._files: list[Path] = []
        self._pasted: QTemporaryDir | None = None
        self._build()
        self._connect()
        self._list_models()
        self._show_result()

    # building

    def _build(self) -> None:
        self.images.setFixedWidth(288)
        right = parts.column(
            self.scores,
            parts.divider(),
            parts.row(
                parts.label(tr("Confusion matrix"), "strong"),
                None,
                parts.label(tr("click a cell to see its images"), "hint"),
            ),
            self.matrix,
            parts.row(None, parts.label(tr("labels down, answers across, shade = share of the row"), "hint")),
            parts.divider(),
            self.export,
            None,
            space=12,
            margin=(16, 14, 12, 16),
        )
        area = QScrollArea()
        area.setProperty("role", "panel")
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        panel = QWidget()
        panel.setProperty("role", "panel")
        area.setWidget(parts.within(panel, right))
        area.setFixedWidth(368)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for item in (self.images, parts.upright()):
            layout.addWidget(item)
        layout.addLayout(self._center(), 1)
        for item in (parts.upright(), area):
            layout.addWidget(item)

    def _center(self) -> QVBoxLayout:
        self.title, self.size = parts.Elided(role="title"), parts.label(role="second")
        self.hint = parts.label(tr("Pick an image at the left, or drop one of your own."), "faint")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.answer.setFixedWidth(288)
        beside = parts.row(self.well, self.answer, space=16)
        beside.setStretch(0, 1)
        self.worst_head = parts.label(role="second")
        self._worst = QWidget()
        head = parts.row(parts.label(tr("Worst mistakes"), "strong"), self.worst_head, None)
        parts.within(self._worst, parts.column(head, self.worst, space=8))
        made = parts.column(
            parts.row(self.title, self.size, None, space=12),
            beside,
            self.hint,
            self.maps,
            self._worst,
            space=14,
            margin=(20, 14, 20, 16),
        )
        made.setStretch(1, 1)
        return made

    def _connect(self) -> None:
        session, tester, images = self.session, self.tester, self.images
        session.run_changed.connect(self._run_changed)
        session.data_changed.connect(self._data_changed)
        self.runs.listed.connect(self._list_models)
        tester.model_changed.connect(self._show_model)
        tester.result_changed.connect(self._show_result)
        tester.progressed.connect(self._progress)
        tester.answered.connect(self._answered)
        tester.mapped.connect(self.maps.show_maps)
        tester.failed.connect(session.say)
        images.model_chosen.connect(self.use)
        images.part_chosen.connect(self._part)
        images.dropped.connect(self.open)
        images.view_chosen.connect(self.show_view)
        images.more_wanted.connect(self._more)
        images.chosen.connect(self._pick)
        self.worst.chosen.connect(lambda i: self._look_at(self.tester.result.mistakes[i], ""))
        self.matrix.chosen.connect(self._cell)
        self.maps.wanted.connect(lambda _: self._ask_maps())
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
        if self.tester.model is None and self.isVisible():
            self._run_changed()

    def _run_changed(self) -> None:
        """Follow the run that is looked at, if it has weights to test; else the newest one that has."""
        if not self.isVisible():
            return
        runs: list[Run] = [self.session.run] if self.session.run is not None else []
        runs += [r.run for r in self.runs.rows] if self.tester.model is None else []
        found = next((r for r in runs if r.checkpoint() is not None), None)
        if found is not None and found.folder != self.tester.model:
            self.use(found.folder)

    def use(self, model: Path) -> None:
        """Test another network: the folder of a run, or an exported file."""
        model = Path(model)
        if not model.is_dir() and model not in self._files:
            self._files.append(model)
        self.view, self.shown, self.mine, self._looked = "all", {}, [], None
        self.tester.use(model)
        self._list_models()

    def _data_changed(self) -> None:
        if self.isVisible() and self.tester.model is not None and not self.tester.is_run:
            self.tester.test()

    def _part(self, part: str) -> None:
        self.tester.part = part
        self.shown, self._looked = {}, None
        self.tester.test()

    def _show_model(self) -> None:
        report = self.tester.report
        self.maps.show_nodes(with_maps(report) if report else [])
        self.export.show_model(self.tester.model, self.tester.name, report.parameters if report else 0)
        self._ask_maps()

    # what was found

    def _progress(self, share: float, text: str) -> None:
        self.scores.bar.setValue(round(share * 1000))

    def _show_result(self) -> None:
        result = self.tester.result
        self.scores.show_result(self.tester)
        self.matrix.show_result(result)
        self.view = "all" if self.view == "cell" else self.view
        self.images.name_cell("")
        self._worst.setVisible(bool(result and result.mistakes))
        if result is not None:
            self.worst_head.setText(tr("{wrong} of {n} wrong", wrong=result.wrong, n=result.images))
            self.worst.show_tiles(
                [self._mistake(n, i) for n, i in enumerate(result.mistakes[: len(self.tester.worst)])]
            )
        self.shown = {}
        self.show_view(self.view)

    def _mistake(self, n: int, i: int) -> Tile:
        result = self.tester.result
        guess, label = (result.classes[int(a[i])] for a in (result.answers, result.labels))
        return Tile(
            self.tester.worst[n], guess, tr("not {label}", label=label), percent(float(result.scores[i]), 0), True, i
        )

    def show_view(self, view: str) -> None:
        """Show all samples of the part, the mistakes, those of a cell, or one's own images."""
        self.view, self.wanted = view, PAGE
        self._refresh()

    def _cell(self, truth: int, answer: int) -> None:
        self.cell = (truth, answer)
        classes = self.tester.result.classes
        self.images.name_cell(tr("{truth} as {answer}", truth=classes[truth], answer=classes[answer]))
        self._looked = None
        self.show_view("cell")

    def _more(self) -> None:
        self.wanted += PAGE
        self._refresh()

    def _chosen(self) -> list[int]:
        result = self.tester.result
        if result is None or self.view == "mine":
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
        self._order = self._chosen()
        page = self._order[: self.wanted]
        lacking = [i for i in page if i not in self.shown]
        if lacking:
            self.tester.look(lacking)
        known = [i for i in page if i in self.shown]
        sentence = "" if lacking or self.tester.result is None else tr("No image here.")
        self.images.show_view(self.view, [self.shown[i] for i in known], known, len(self._order), sentence)
        if known and self._looked is None:
            self._look_at(known[0], "")

    def _answered(self, asked: Any, said: list[Shown]) -> None:
        if asked == "mine":
            self.mine = said + self.mine
            self.show_view("mine")
            if said:
                self._look_at(-1, said[0].name)
            return
        self.shown.update(zip(asked, said, strict=True))
        if self._looked and self._looked[0] in asked:
            self._show_looked()
        self._refresh()

    # the image one looks at

    def _pick(self, place: int) -> None:
        if self.view == "mine":
            self._look_at(-1, self.mine[place].name)
        else:
            self._look_at(self.images.tiles.tiles[place].index, "")

    def _look_at(self, index: int, file: str) -> None:
        self._looked = (index, file)
        if not file and index not in self.shown:
            self.tester.look([index])
        self._show_looked()
        self._ask_maps()

    def _looked_at(self) -> Shown | None:
        if self._looked is None:
            return None
        index, file = self._looked
        return next((s for s in self.mine if s.name == file), None) if file else self.shown.get(index)

    def _show_looked(self) -> None:
        found = self._looked_at()
        self.hint.setVisible(found is None)
        self.well.setVisible(found is not None)
        self.answer.setVisible(found is not None)
        if found is None:
            self.title.setText("")
            self.size.setText("")
            return
        self.title.setText(Path(found.name).name)
        self.size.setText(f"{found.large.width()} × {found.large.height()}")
        self.well.show_picture(found.large)
        self.answer.show_answer(found, self.tester.how)
        tiles = self.images.tiles
        at = next((i for i, t in enumerate(tiles.tiles) if self._looked and t.index == self._looked[0] >= 0), -1)
        tiles.select(at)

    def _ask_maps(self) -> None:
        if self._looked is not None and self.maps.node and self.tester.model is not None:
            self.tester.maps(self.maps.node, *self._looked)

    # one's own images

    def open(self, names: list[str]) -> None:
        """Ask about image files."""
        if names:
            self.tester.open(names)

    def paste(self) -> None:
        """Ask about the image, or the files, in the clipboard."""
        clipboard = QApplication.clipboard()
        picture = clipboard.image()
        if not picture.isNull():
            self._pasted = self._pasted or QTemporaryDir()
            file = self._pasted.filePath(tr("pasted {n}", n=len(self.mine) + 1) + ".png")
            picture.save(file)
            self.open([file])
            return
        urls = [u.toLocalFile() for u in clipboard.mimeData().urls() if u.isLocalFile()]
        if urls:
            self.open(urls)
        else:
            self.session.say(tr("There is no image in the clipboard."))
