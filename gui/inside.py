"""What the inspector shows of a block: the layers inside it, where its definition stands, and what to do with it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from graph import edit
from graph.layer import Layer
from graph.network import Block, Node
from graph.sharing import group
from graph.text import number, tr, tr_count
from gui import theme
from gui.document import Document
from gui.parts import Elided, Picture, button, column, label, row, within

LAYERS = 12
"""So many layers of a block are listed at most."""


class Inside(QWidget):
    """The part of the inspector that is about the inside of a block."""

    entered = Signal()
    """Somebody wants to look into it."""
    dissolved = Signal()
    """Somebody wants it replaced by what is inside."""
    owned = Signal()
    """Somebody wants its definition copied for it alone."""
    kept = Signal()
    """Somebody wants its definition among the own blocks."""

    def __init__(self, document: Document, node: Node) -> None:
        super().__init__()
        assert isinstance(node.layer, Block)
        report = document.shown_report
        inside = report.within((node.name,)) if report else None
        network = document.shown.inside(node.layer.name)
        layers = [n for n in network.nodes.values() if n.kind not in ("Input", "Output")]
        count = label(tr_count("{n} layer", "{n} layers", len(layers)), "label")
        rows = column(row(label(tr("Inside"), "strong"), None, count), 2, space=4, margin=(16, 14, 16, 14))
        for inner in layers[:LAYERS]:
            weights = inside.facts[inner.name].parameters if inside and inner.name in inside.facts else 0
            rows.addLayout(layer_line(inner, weights))
        if len(layers) > LAYERS:
            rows.addWidget(label(tr("... and {n} more.", n=len(layers) - LAYERS), "faint"))
        rows.addSpacing(6)
        enter = button(tr("Open block"), "log-in", do=self.entered.emit, name="open-block")
        dissolve = button(tr("Dissolve"), "ungroup", do=self.dissolved.emit, name="dissolve")
        rows.addLayout(row(enter, dissolve))
        keep = button(tr("Save in my blocks"), "library", do=self.kept.emit, name="keep-block")
        keep.setToolTip(tr("Then it can be put on any drawing, from the palette"))
        rows.addLayout(row(keep))
        self._add_standing(document, node, rows)
        within(self, rows)

    def _add_standing(self, document: Document, node: Node, rows: object) -> None:
        """At how many nodes the definition stands, where these are several."""
        whole, shown = document.network, document.shown
        n = edit.standings(whole, node.kind)
        if n <= len(group(shown, node.name)):
            return
        words = tr_count("{name} stands at {n} node.", "{name} stands at {n} nodes.", n, name=node.kind)
        note = label(f"{words} {tr('What is edited inside changes all of them.')}", "label", wrap=True)
        note.setObjectName("standings")
        own = button(tr("Make it its own"), "copy", do=self.owned.emit, name="make-own")
        own.setToolTip(tr("Copies the definition: what is edited inside then changes this block alone"))
        rows.addSpacing(6)
        rows.addWidget(note)
        rows.addLayout(row(own))


def layer_line(node: Node, weights: int) -> QHBoxLayout:
    """A layer inside a block: its family, its kind and main values, its weights."""
    layer = node.layer
    category = layer.category if isinstance(layer, Layer) else "tens"
    caption = layer.caption if isinstance(layer, Layer) else ""
    icon = theme.theme().family_icon(category) if isinstance(layer, Layer) else "box"
    words = Elided(" – ".join(part for part in (node.kind, caption) if part), "label")
    line = row(Picture(icon, category, 14), words, label(number(weights) if weights else "", "sum"))
    line.setStretchFactor(words, 1)
    return line
