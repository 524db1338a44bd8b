"""Every preset on a page of its own: its card with picture and numbers, in groups by what it is for, and a search."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QGridLayout, QLineEdit, QScrollArea, QWidget

from graph.text import Message, everywhere, say, tr, tr_count
from gui.chip import Chip
from gui.parts import button, column, label, row, within
from gui.preset_card import PresetCard
from gui.search import best

if TYPE_CHECKING:
    from gui.window import Window
    from presets import Preset

CARD, GAP = 330, 16
"""The least width of a card, and the distance to the next."""
GROUPS: dict[str, Message] = {
    "classification": say("Classification"),
    "detection": say("Detection"),
    "segmentation": say("Segmentation"),
    "signals": say("Signals"),
    "ideas": say("Single ideas of the lecture"),
    "regression": say("Regression"),
}
"""Groups in their order; one without presets is not shown."""


def group_of(preset: Preset) -> str:
    """The group that a preset stands in; a sheet, which trains nothing, shows one idea."""
    if preset.takes == "signals":
        return "signals"
    return preset.task if preset.task in GROUPS else "ideas"


def found(query: str, presets: Iterable[Preset]) -> list[Preset]:
    """The presets that answer *query*: by title, name, task, paper, or a word of what is worth noticing, in any
    language."""
    return best(query, presets, lambda p: (str(p.title), " ".join(_words(p))))


def _words(preset: Preset) -> list[str]:
    told = [GROUPS[group_of(preset)].template, preset.notes.template]
    return [preset.name, preset.task, preset.reference, *(text for one in told if one for text in everywhere(one))]


class Group(QWidget):
    """The cards of a group under its title, as many side by side as there is room for."""

    def __init__(self, title: str, cards: Sequence[PresetCard]) -> None:
        super().__init__()
        self.cards, self._shown, self._columns = tuple(cards), (), 0
        self._count = label(role="second")
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP)
        self._grid.setAlignment(Qt.AlignmentFlag.AlignLeft)
        within(self, column(row(label(title, "title"), self._count, None, space=10), self._grid, space=12))
        self.show_cards(cards)

    def show_cards(self, shown: Sequence[PresetCard]) -> None:
        """Show these of its cards only, in this order; without any, the group is not there."""
        self._shown: tuple[PresetCard, ...] = tuple(shown)
        self._count.setText(tr_count("{n} preset", "{n} presets", len(shown)))
        self._columns = 0
        self._place()
        self.setVisible(bool(shown))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        """Put the cards into as many columns as there is room for."""
        columns = max(1, (self.width() + GAP) // (CARD + GAP))
        for card in self.cards:
            card.setFixedWidth(max(CARD, (self.width() + GAP) // columns - GAP))
        if columns == self._columns:
            return
        self._columns = columns
        for card in self.cards:
            self._grid.removeWidget(card)
            card.setVisible(card in self._shown)
        for i, card in enumerate(self._shown):
            self._grid.addWidget(card, i // columns, i % columns)


class Gallery(QScrollArea):
    """The page of presets."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self._window = window
        self.setObjectName("page-presets")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.chosen = ""
        """The group that is shown alone; all are if empty."""
        self.search = QLineEdit()
        self.search.setObjectName("search-presets")
        self.search.setPlaceholderText(tr("Search by name, paper or idea"))
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(320)
        self.search.textChanged.connect(self._filter)
        self.setFocusProxy(self.search)
        self.none = label(tr("No preset answers to that."), "faint")
        self.groups = {name: Group(str(GROUPS[name]), cards) for name, cards in self._cards().items()}
        self._next = QTimer(self, interval=0)
        self._next.timeout.connect(self._fill_card)
        self._lay_out()
        self.verticalScrollBar().valueChanged.connect(lambda _: self._next.start())
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        escape.activated.connect(lambda: window.do("welcome"))
        self._filter()

    def _cards(self) -> dict[str, list[PresetCard]]:
        from gui.welcome import ordered

        made: dict[str, list[PresetCard]] = {name: [] for name in GROUPS}
        for preset in sorted(ordered(), key=lambda p: (not p.name.startswith("lecture"), p.year)):
            card = PresetCard(preset, told=True)
            card.clicked.connect(lambda name=preset.name: self._window.files.preset(name))
            card.tried.connect(lambda name=preset.name: self._window.files.try_out(name))
            made[group_of(preset)].append(card)
        return {name: cards for name, cards in made.items() if cards}

    def _lay_out(self) -> None:
        back = button(tr("Welcome"), "arrow-left", "quiet", lambda: self._window.do("welcome"), name="back")
        self.chips = {name: Chip(str(GROUPS[name]) if name else tr("All presets")) for name in ("", *self.groups)}
        for name, chip in self.chips.items():
            chip.setObjectName(f"group-{name or 'all'}")
            chip.setAutoExclusive(True)
            chip.setChecked(not name)
            chip.clicked.connect(lambda _=False, name=name: self.choose(name))
        words = label(
            tr("Networks worth starting from. A click opens one; the button in its corner tells what is known of it."),
            "second",
        )
        head = column(row(back, None), label(tr("Presets"), "welcome"), words, space=6)
        chips = within(QWidget(), row(*self.chips.values(), space=6))
        tools = row(self.search, chips, None, space=16)
        inside = column(head, tools, self.none, *self.groups.values(), None, space=24, margin=(32, 16, 32, 32))
        page = within(QWidget(), inside)
        page.setMaximumWidth(1720)
        self.setWidget(within(QWidget(), row(page, space=0)))

    def choose(self, group: str) -> None:
        """Show one group alone; all if empty."""
        self.chosen = group
        self.chips[group].setChecked(True)
        self._filter()

    def _filter(self) -> None:
        """Show the cards of the chosen group that answer what is typed."""
        any_ = False
        for name, group in self.groups.items():
            cards = {card.preset.name: card for card in group.cards}
            wanted = found(self.search.text(), (card.preset for card in group.cards))
            shown = [cards[preset.name] for preset in wanted] if self.chosen in ("", name) else []
            group.show_cards(shown)
            any_ = any_ or bool(shown)
        self.none.setVisible(not any_)
        self._next.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._next.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._next.start()

    def _fill_card(self) -> None:
        """Draw the picture of the next card that is seen: its network is built and analyzed, one per turn."""
        cards = (card for group in self.groups.values() for card in group.cards)
        seen = (card for card in cards if card.isVisible() and not card.visibleRegion().isEmpty())
        empty = next((card for card in seen if not card.filled), None)
        if empty is None:
            self._next.stop()
        else:
            empty.fill()
