"""The recipe at the left of the Train room: data in a few words, the generated form, and what the next run will do."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from graph.errors import InvalidValue
from graph.text import Message, number, say, tr
from gui import parts
from gui.data.facts import Facts
from gui.data.watch import DataWatch
from gui.editors import Choice
from gui.form import Form
from gui.session import Session
from runtime.data.description import Description, builtin
from runtime.recipe import Recipe

FIELD = 124
"""Width of a field of the recipe, in pixels."""
TRIES: dict[str, tuple[Message, str, Message]] = {
    "overfit": (
        say("Learn one batch by heart"),
        "brain",
        say(
            "Train on one batch alone for a moment: a network that cannot learn even that has something wrong. "
            "Nothing of it is kept."
        ),
    ),
    "find_rate": (
        say("Find the learning rate"),
        "gauge",
        say(
            "Train for a moment with a rate that grows from step to step, and see where the loss falls best. "
            "Nothing of it is kept."
        ),
    ),
}
"""What can be tried before training: its words, its icon, what it is good for."""


def parts_in_words(facts: Facts) -> str:
    """How many images teach, choose and judge: ``1 259 / 269 / 269``."""
    return " / ".join(number(facts.images(p)) for p in ("train", "validation", "test") if p in facts.counts)


class DataRows(QWidget):
    """Which data, how many images, how large."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session, self._watch = session, DataWatch.of(session)
        self.choice = Choice()
        self.choice.setFixedWidth(FIELD)
        self.choice.setObjectName("data")
        self.choice.setAccessibleName(tr("Dataset"))
        self.choice.activated.connect(self._choose)
        self.what = parts.label(tr("Images"), "label")
        self.counts, self.size = parts.label(role="second"), parts.label(role="second")
        for widget in (self.counts, self.size):
            widget.setAlignment(Qt.AlignmentFlag.AlignRight)
        rows = (
            parts.row(parts.label(tr("Dataset"), "label"), None, self.choice),
            parts.row(self.what, None, self.counts),
            parts.row(parts.label(tr("Size"), "label"), None, self.size),
        )
        self.counts.setToolTip(tr("To learn from, to choose the best weights by, and to judge them in the end"))
        parts.within(self, parts.column(*rows, space=8))
        session.data_changed.connect(self.refresh)
        self._watch.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the data that are chosen now."""
        data, facts = self._session.data, self._watch.facts
        names = list(builtin())
        if data is not None and data.source not in names:
            names.append(data.source)
        self.choice.clear()
        for source in names:
            self.choice.addItem(Description(source).name, source)
        self.choice.addItem(tr("Choose …"), "")
        self.choice.setCurrentIndex(names.index(data.source) if data is not None else len(names))
        self.choice.setToolTip(data.source if data is not None else tr("No data are chosen yet"))
        self.what.setText(tr("Signals") if facts and facts.signals else tr("Images"))
        waiting = "…" if self._watch.busy else "–"
        self.counts.setText(parts_in_words(facts) if facts else waiting)
        self.size.setText(" × ".join(map(str, facts.shape)) if facts else waiting)

    def _choose(self, place: int) -> None:
        source = self.choice.itemData(place)
        if source:
            self._session.choose_data(Description(source))
        else:
            self.refresh()
            self._session.want_room("data")


class RecipePanel(QWidget):
    """The form of the recipe of the next run; a run that was started keeps its own."""

    trial_wanted = Signal(str)
    """Somebody wants to try something first: ``overfit`` or ``find_rate``."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("role", "panel")
        self._session = session
        self.form = Form(Recipe.specs, session.recipe.to_dict(), width=FIELD)
        self.form.changed.connect(self._changed)
        self.take = parts.button(
            tr("As this run"),
            "copy",
            "quiet",
            self._take,
            tip=tr("Take the recipe of the run that is looked at"),
            name="take",
        )
        self.take.hide()
        self.note = parts.label(role="hint", wrap=True)
        self._build()
        session.run_changed.connect(self.refresh)
        session.recipe_changed.connect(self.refresh)
        self.refresh()

    def _build(self) -> None:
        head = parts.within(
            QWidget(), parts.row(parts.label(tr("Recipe"), "strong"), None, self.take, margin=(16, 0, 8, 0))
        )
        head.setFixedHeight(44)
        self.tries = {do: self._try(do, *told) for do, told in TRIES.items()}
        inner = QWidget()
        content = parts.column(
            parts.label(tr("Data"), "label"),
            DataRows(self._session),
            parts.divider(),
            parts.label(tr("Training"), "label"),
            self.form,
            parts.divider(),
            parts.label(tr("Before training"), "label"),
            *self.tries.values(),
            None,
            space=10,
            margin=(16, 12, 12, 16),
        )
        parts.within(inner, content)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        foot = parts.row(parts.Picture("lock", "t3", 14), self.note, space=8, margin=(16, 12, 16, 12))
        foot.setStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for item in (head, parts.divider(), area, parts.divider()):
            layout.addWidget(item, 1 if item is area else 0)
        layout.addLayout(foot)

    def _changed(self, name: str, value: Any) -> None:
        try:
            self._session.set_recipe(Recipe(**{**self._session.recipe.to_dict(), name: value}))
        except InvalidValue as error:
            self.form.refuse(name, str(error))

    def _try(self, do: str, text: Message, icon: str, tip: Message) -> QWidget:
        """A button as wide as the panel."""
        made = parts.button(str(text), icon, "", lambda: self.trial_wanted.emit(do), tip=str(tip), name=do)
        made.setMinimumHeight(30)
        return made

    def allow_trials(self, on: bool) -> None:
        """Whether something can be tried: one thing at a time."""
        for button in self.tries.values():
            button.setEnabled(on)

    def _own(self) -> Recipe | None:
        try:
            return self._session.run.recipe if self._session.run is not None else None
        except (InvalidValue, OSError):
            return None

    def _take(self) -> None:
        if (own := self._own()) is not None:
            self._session.set_recipe(own)

    def refresh(self) -> None:
        """Show the recipe, and whether it differs from that of the run that is looked at."""
        recipe = self._session.recipe
        self.form.show_only([spec.name for spec in recipe.specs if spec.name not in recipe.idle])
        self.form.show_values(recipe.to_dict())
        own = self._own()
        differs = own is not None and own != self._session.recipe
        self.take.setVisible(differs)
        self.note.setText(
            tr("A run keeps its recipe. What you change here holds for the next one.")
            if own is not None
            else tr("What stands here is kept with the run that Start begins.")
        )
