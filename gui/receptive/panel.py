"""The panel of the receptive field: the image at the left; position, numbers, layers and measure at the right.

It stands beside the drawing without holding it up, follows what is selected and every edit, and Escape closes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from graph.network import Block
from graph.text import tr
from gui.box import Box, next_value, read_number
from gui.document import Document
from gui.explanation import Lines
from gui.explanation_card import show_explanation
from gui.numbers import pixels
from gui.parts import Elided, clear, column, divider, label, row, tool, upright, within
from gui.receptive.chain import Chain
from gui.receptive.facts import facts_of, warnings_of
from gui.receptive.images import FieldImages
from gui.receptive.map import MapPicker
from gui.receptive.measure import Measure
from gui.receptive.picture import FieldPicture
from gui.receptive.sight import Sight, sight
from runtime.data.description import IMAGE_ENDINGS

if TYPE_CHECKING:
    from gui.session import Session

SIDE = 340
"""Width of what stands at the right."""
NESTED = 24
"""So many inner rectangles are drawn at once."""


class FieldPanel(QDialog):
    """What one value of a node sees of the image."""

    def __init__(self, parent: QWidget, session: Session) -> None:
        super().__init__(parent)
        self.setObjectName("field-panel")
        self.setWindowTitle(tr("Receptive field"))
        self.setModal(False)
        self.setAcceptDrops(True)
        self.resize(1040, 720)
        self._document: Document | None = None
        self._path = ""
        self.sight: Sight | None = None
        self._at: tuple[int, ...] | None = None
        self.images = FieldImages(session, self)
        self.picture, self.map, self.chain = FieldPicture(), MapPicker(), Chain()
        self.measure = Measure(session, self.images)
        self._build()
        self._connect()

    def _build(self) -> None:
        self._name = Elided("", "title", Qt.TextElideMode.ElideMiddle)
        self._kind = label("", "chip")
        self._words = label("", "label", wrap=True)
        self._caption = Elided("", "hint")
        self._before = tool("chevron-left", tr("Previous image"), lambda: self.images.turn(-1), name="field-before")
        self._next = tool("chevron-right", tr("Next image"), lambda: self.images.turn(1), name="field-next")
        self._data = tool("database", tr("Images of the data"), lambda: self.images.open_file(""), name="field-data")
        choose = tool("image-plus", tr("Choose an image ..."), self._choose, name="field-choose")
        below = row(self._before, self._next, self._caption, self._data, choose, space=4)
        below.setStretchFactor(self._caption, 1)
        left = column(self.picture, below, space=8, margin=(16, 16, 16, 10))
        left.setStretchFactor(self.picture, 1)
        self.boxes = row(space=4)
        self._of = label("", "label")
        position = column(label(tr("Position"), "label"), self.boxes, self._of, None, space=6)
        self._facts = column(space=0)
        head = row(self._name, self._kind, space=8)
        head.setStretchFactor(self._name, 1)
        right = column(
            head,
            self._words,
            row(position, None, self.map, space=12),
            self._facts,
            divider(),
            label(tr("How it grew"), "strong"),
            self.chain,
            divider(),
            self.measure,
            space=10,
            margin=(16, 16, 16, 16),
        )
        right.setStretchFactor(self.chain, 1)
        side = within(QWidget(), right)
        side.setProperty("role", "panel")
        side.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        side.setFixedWidth(SIDE)
        whole = row(within(QWidget(), left), upright(), side, space=0)
        whole.setStretch(0, 1)
        within(self, whole)

    def _connect(self) -> None:
        self.picture.pointed.connect(self._pointed)
        self.picture.moved.connect(self._moved)
        self.map.picked.connect(self.look_at)
        self.chain.hovered.connect(self._alone)
        self.chain.chosen.connect(lambda path: self.show_node(self._document, path))
        self.images.shown.connect(self._show_image)
        self.measure.measured.connect(self.picture.show_heat)

    # what is looked at

    def show_node(self, document: Document | None, path: str) -> None:
        """Look at a node of a document; at nothing if the path is empty."""
        if document is not self._document:
            if self._document is not None:
                self._document.analyzed.disconnect(self._follow)
            self._document = document
            if document is not None:
                document.analyzed.connect(self._follow)
        if path != self._path:
            self._at = None
        self._path = path
        self._follow()

    def look_at(self, position: tuple[int, ...]) -> None:
        """Look at another value of the node."""
        self._at = tuple(position)
        self._follow()

    def _follow(self, *_: object) -> None:
        """The network, the node or the position is another one."""
        document, found = self._document, None
        if document is not None and self._path:
            try:
                found = sight(document.report, self._path, self._at)
            except KeyError:  # the node is gone
                found = None
        self.sight = found
        self._at = found.position if found is not None else self._at
        self._show()

    def _show(self) -> None:
        found = self.sight
        self._name.setText(self._path or tr("Nothing selected"))
        self._kind.setText(self._kind_text())
        self._kind.setVisible(bool(self._kind.text()))
        self._words.setText(self._sentence())
        self.map.show_position(found.map if found else (), found.position if found else ())
        self._show_boxes()
        self._show_facts()
        self.measure.show_sight(self._document, found)
        if found is None:
            self.chain.show_steps([])
            self.picture.show_spans((1, 1), (), [])
            return
        self.images.want((found.channels, *found.image))
        self.chain.show_steps([step for step, _ in found.steps])
        inner = range(max(len(found.steps) - NESTED, 0), len(found.steps))
        self.picture.show_spans(found.image, found.spans, [found.spans_of(i) for i in inner])

    def _kind_text(self) -> str:
        if self.sight is None:
            return ""
        layer = self.sight.report[self._path].layer
        return layer.name if isinstance(layer, Block) else layer.kind

    def _sentence(self) -> str:
        found = self.sight
        if self._document is None or not self._path:
            return tr("Select a node of the drawing.")
        if found is None:
            return tr("It sees no image: nothing of one arrives here, or an error is in the way.")
        if not found.field.axes:
            return tr("Every value sees the whole image.")
        if found.field.whole:
            return tr("One value sees this part of the image; a gate beside it has seen all of it (global context).")
        return tr("One value of its map sees this part of the image.")

    def _show_boxes(self) -> None:
        found = self.sight
        axes = len(found.map) if found else 0
        self._of.setText(
            tr("of {size}", size=pixels(found.map)) if found and axes else tr("one vector") if found else ""
        )
        if self.boxes.count() != axes:
            clear(self.boxes)
            for axis in range(axes):
                self.boxes.addWidget(self._box(axis))
        for axis in range(axes):
            self.boxes.itemAt(axis).widget().set_value(found.position[axis])  # type: ignore[union-attr]

    def _box(self, axis: int) -> Box:
        box = Box(lambda text: max(int(read_number(text, True)), 0), next_value)
        box.setFixedWidth(56)
        box.setObjectName(f"position-{axis}")
        box.setAccessibleName(tr("Position along axis {n}", n=axis + 1))
        box.edited.connect(lambda value: self._typed(axis, value))
        return box

    def _typed(self, axis: int, value: int) -> None:
        if self.sight is not None:
            self.look_at(tuple(value if a == axis else i for a, i in enumerate(self.sight.position)))

    def _pointed(self, pixel: tuple[float, ...]) -> None:
        found = self.sight
        if found is not None:
            front = tuple(float(n // 2) for n in found.image[: -len(pixel)])
            self.look_at(found.nearest((*front, *pixel)))

    def _moved(self, down: int, right: int) -> None:
        found = self.sight
        if found is not None and found.map:
            steps = (*(0,) * (len(found.map) - 2), down, right) if len(found.map) > 1 else (down + right,)
            self.look_at(tuple(i + by for i, by in zip(found.position, steps, strict=True)))

    # its numbers

    def _show_facts(self) -> None:
        clear(self._facts)
        if self.sight is None:
            return
        lines = Lines(facts_of(self.sight))
        lines.asked.connect(self._ask)
        self._facts.addWidget(lines)
        for text in warnings_of(self.sight):
            self._facts.addWidget(label(text, "hint", wrap=True))

    def _ask(self, quantity: str, beside: QRect) -> None:
        if self._document is not None:
            show_explanation(self, self._document.report, self._path, quantity, beside)

    def _alone(self, i: int) -> None:
        found = self.sight
        self.picture.show_alone(found.spans_of(i) if found is not None and 0 <= i < len(found.steps) else None)

    # the image

    def _show_image(self, image: QImage, caption: str) -> None:
        self.picture.show_image(image)
        self._caption.setText(caption)
        for turn in (self._before, self._next):
            turn.setVisible(self.images.several)
        self._data.setVisible(self.images.own)

    def _choose(self) -> None:
        dialog = QFileDialog(self, tr("Choose an image"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(tr("Images") + " (" + " ".join(f"*{end}" for end in sorted(IMAGE_ENDINGS)) + ")")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.images.open_file)
        dialog.open()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            self.images.open_file(files[0])

    def done(self, result: int) -> None:
        self.measure.cancel()
        self.images.close()
        super().done(result)
