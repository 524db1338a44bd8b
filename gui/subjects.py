"""What the inspector shows above the numbers: the network, or several nodes (a single one: :mod:`gui.node_page`).

Each is a page made for one subject; while the subject stays the same, its values are shown anew by ``follow``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from graph import edit
from graph.errors import CanevasError
from graph.network import Network, Node
from graph.text import tr, tr_count
from graph.variable_edits import fix_variable, rename_variable
from gui.document import Document
from gui.form import Form
from gui.name_field import NameField
from gui.parts import Picture, Refusal, column, divider, label, row, within
from gui.trail import Trail, definition
from gui.variables import Variables

MARGIN = (16, 14, 16, 14)


class Page(QWidget):
    """What all subjects share: a heading, and edits that may be refused under a field."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self.document = document
        self.form: Form | None = None
        self.rows: QVBoxLayout = column(space=0)
        within(self, self.rows)

    def follow(self) -> None:
        """The network changed, the subject stayed: show its values as they are now."""

    def head(self, icon: str, color: str, name: QWidget, chip: str, words: str) -> None:
        """The heading: what it is, its name, a sentence."""
        first = row(Picture(icon, color, 18), name, space=6)
        first.setStretchFactor(name, 1)
        if chip:
            tag = label(chip, "chip")
            tag.setMaximumWidth(150)
            first.addWidget(tag)
        inside = column(first, space=6, margin=(16, 12, 16, 12))
        if isinstance(name, NameField):
            refusal = Refusal()
            name.refused.connect(refusal.say)
            inside.addWidget(refusal)
        if words:
            inside.addWidget(label(words, "label", wrap=True))
        self.rows.addWidget(within(QWidget(), inside))

    def section(self, layout: QHBoxLayout | QVBoxLayout) -> None:
        """Another part of the page, below a line."""
        self.rows.addWidget(divider())
        self.rows.addWidget(within(QWidget(), layout))

    def attempt(self, change: Callable[[Network], Network | edit.Moved], text: str, name: str, merge: str = "") -> None:
        """Make a change one step of the history; a refusal is shown under the field *name*."""
        document = self.document
        try:
            key = f"{'.'.join(document.trail)}/{merge}" if merge else ""
            made = change(document.shown)
            after, paths = (made.network, made.paths) if isinstance(made, edit.Moved) else (made, None)
            document.edit_shown(after, text, key, paths)
        except CanevasError as error:
            if self.form is not None and name in self.form.fields:
                self.form.refuse(name, str(error))


class NetworkPage(Page):
    """Nothing is selected: the network that is looked at, and its variables."""

    chosen = Signal(object)
    """Names of the nodes that are to be selected."""

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        network = document.shown
        if document.trail:
            self._block = definition(document.network, document.trail)
            name = NameField(self._block, self._named_block, tr("The name of the definition, wherever it stands"))
            name.changed.connect(self._rename_block)
        else:
            name = NameField(network.name, self._check_name)
            name.changed.connect(self._rename)
        words = tr_count("{n} node", "{n} nodes", len(network.nodes))
        self.head("workflow", "acc", name, tr("Block") if document.trail else tr("Network"), words)
        self.variables = Variables(network)
        self.variables.edited.connect(self.set_variable)
        self.variables.renamed.connect(self.rename_variable)
        self.variables.removed.connect(self.remove_variable)
        self.variables.shown.connect(self.chosen)
        self.section(column(self.variables, margin=MARGIN))

    def follow(self) -> None:
        self.variables.follow(self.document.shown)

    def _check_name(self, text: str) -> None:
        if not text.strip() or len(text) > 200:
            raise CanevasError("A network needs a name of at most {n} characters.", n=200)

    def _rename(self, text: str) -> None:
        self.document.edit_shown(self.document.shown.change(name=text.strip()), tr("Rename the network"))

    def _named_block(self, text: str) -> Network:
        return edit.name_block(self.document.network, self._block, text)

    def _rename_block(self, text: str) -> None:
        after, old = self._named_block(text), self._block
        self.document.edit(after, tr("Rename the block {name}", name=old))

    def set_variable(self, name: str, value: int) -> None:
        """Give a variable a number; a new one comes so."""
        text = tr("Set the variable {name}", name=name)
        self._change(lambda top, trail: set_inside(top, trail, name, value), name, text, f"variable {name}")

    def rename_variable(self, name: str, new: str) -> None:
        """Another name, for all that follow it too."""
        text = tr("Rename the variable {name}", name=name)
        self._change(lambda top, trail: rename_variable(top, name, new, trail), name, text)

    def remove_variable(self, name: str) -> None:
        """Put its number in its place, and let it go."""
        text = tr("Remove the variable {name}", name=name)
        self._change(lambda top, trail: fix_variable(top, name, trail), name, text)

    def _change(self, change: Callable[[Network, Trail], Network], name: str, text: str, merge: str = "") -> None:
        """Make a change of a variable one step of the history; a refusal is shown below it."""
        document = self.document
        try:
            key = f"{'.'.join(document.trail)}/{merge}" if merge else ""
            document.edit(change(document.network, document.trail), text, merge=key)
        except CanevasError as error:
            if name in self.variables.fields:
                self.variables.refuse(name, str(error))


def set_inside(network: Network, trail: Trail, name: str, value: int) -> Network:
    """A variable's number, in the network or in the definition of a block."""
    return edit.put_inside(network, trail, edit.set_variable(network.within(trail), name, value))


class ManyPage(Page):
    """Several nodes are selected: which."""

    def __init__(self, document: Document, nodes: Sequence[Node]) -> None:
        super().__init__(document)
        title = label(tr_count("{n} node selected", "{n} nodes selected", len(nodes)), "title")
        self.head("square-dashed", "acc", title, "", ", ".join(n.name for n in nodes[:40]))
