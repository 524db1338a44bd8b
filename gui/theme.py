"""How everything looks: colors by name, fonts, icons, for the dark and the light theme.

Widgets never write a color: they ask the current :func:`theme` for a token (``"bg1"``, ``"t2"``, ``"acc"``) or for the
color of a family of kinds (``"conv"``).  Icons follow a change of theme by themselves; what paints for itself repaints
on :data:`changed`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

NAMES = ("system", "dark", "light")
"""What a person may choose."""

AXIS, LABEL, BODY, TITLE, SCORE, WELCOME = 11, 12, 13, 15, 20, 28
"""Sizes of type in pixels: axes and hints, labels, body, titles, scores, the welcome."""

REGULAR, MEDIUM, SEMIBOLD = QFont.Weight.Normal, QFont.Weight.Medium, QFont.Weight.DemiBold

_TOKENS = json.loads(Path(__file__).with_name("tokens.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Theme:
    """Colors by token, by family of kinds, and of the curves of runs."""

    name: str
    colors: Mapping[str, str]
    families: Mapping[str, Mapping[str, str]]
    runs: tuple[str, ...]

    @property
    def dark(self) -> bool:
        """Whether the background is dark."""
        return self.name == "dark"

    def color(self, token: str, alpha: float = 1.0) -> QColor:
        """The color called *token*; also a family of kinds (``"conv"``) or ``#RRGGBB``."""
        return _color(self.hex(token), alpha)

    def hex(self, token: str) -> str:
        """The same as ``#RRGGBB``."""
        if token in self.colors:
            return self.colors[token]
        return self.families[token]["color"] if token in self.families else token

    def family(self, category: str, alpha: float = 1.0) -> QColor:
        """The color of a family of kinds; that of tensor operations for an unknown one."""
        found = self.families.get(category) or self.families["tens"]
        return _color(found["color"], alpha)

    def family_icon(self, category: str) -> str:
        """Name of the icon of a family of kinds."""
        return (self.families.get(category) or self.families["tens"])["icon"]

    def run(self, i: int) -> QColor:
        """The color of the curves of the *i*-th run drawn."""
        return _color(self.runs[i % len(self.runs)], 1.0)


@lru_cache(maxsize=512)
def _color(code: str, alpha: float) -> QColor:
    made = QColor(code)
    made.setAlphaF(alpha)
    return made


THEMES = {name: Theme(name, t["colors"], t["families"], tuple(t["runs"])) for name, t in _TOKENS.items()}


class _Current(QObject):
    """The theme in use; announces a change."""

    changed = Signal()
    theme = THEMES["dark"]
    chosen = "dark"


_current = _Current()
changed = _current.changed
"""Emitted after another theme is in use."""


def theme() -> Theme:
    """The theme in use."""
    return _current.theme


def apply(app: QApplication, name: str) -> None:
    """Use the theme *name*: ``"dark"``, ``"light"``, or ``"system"``, which follows the system from now on."""
    from gui.style import sheet

    _current.chosen = name if name in NAMES else "system"
    hints = app.styleHints()
    if not app.property("canevas_theme"):
        app.setProperty("canevas_theme", True)
        app.setStyle("Fusion")
        app.setFont(font())
        hints.colorSchemeChanged.connect(lambda: _current.chosen == "system" and apply(app, "system"))
    wanted = THEMES[_system(app) if _current.chosen == "system" else _current.chosen]
    if wanted is _current.theme and app.styleSheet():
        return
    _current.theme = wanted
    app.setPalette(_palette(wanted))
    app.setStyleSheet(sheet(wanted))
    _current.changed.emit()


def _system(app: QApplication) -> str:
    return "light" if app.styleHints().colorScheme() == Qt.ColorScheme.Light else "dark"


def _palette(t: Theme) -> QPalette:
    roles = {
        "Window": "bg1",
        "WindowText": "t1",
        "Base": "bg2",
        "AlternateBase": "bg1",
        "Text": "t1",
        "Button": "bg2",
        "ButtonText": "t1",
        "BrightText": "err",
        "Highlight": "accbg",
        "HighlightedText": "onacc",
        "ToolTipBase": "bg2",
        "ToolTipText": "t1",
        "PlaceholderText": "t3",
        "Link": "acc",
        "Mid": "line2",
        "Dark": "line2",
        "Light": "line",
        "Midlight": "line",
        "Shadow": "line",
        "Accent": "accbg",
    }
    made = QPalette()
    for role, token in roles.items():
        made.setColor(getattr(QPalette.ColorRole, role), t.color(token))
    for role in ("WindowText", "Text", "ButtonText"):
        made.setColor(QPalette.ColorGroup.Disabled, getattr(QPalette.ColorRole, role), t.color("t3"))
    return made


@lru_cache(maxsize=1)
def _family() -> str:
    found = QFontDatabase.families()
    return "Inter" if "Inter" in found else QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family()


def font(size: int | float = BODY, weight: QFont.Weight = REGULAR) -> QFont:
    """The interface font: *size* in pixels, figures all of one width so that columns of numbers stand straight."""
    made = QFont(_family())
    made.setPixelSize(int(size)) if float(size).is_integer() else made.setPointSizeF(size * 0.75)
    made.setWeight(weight)
    made.setFeature(QFont.Tag("tnum"), 1)
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return made


@lru_cache(maxsize=256)
def _svg(name: str, color: str, stroke: float) -> QByteArray:
    text = _stored(name) or _asked(name)
    return QByteArray(
        text.replace("currentColor", color).replace('stroke-width="2"', f'stroke-width="{stroke}"').encode()
    )


def _stored(name: str) -> str:
    """The icon as Lucide's package stores it, read without importing the package, which takes 0.04 s."""
    found = find_spec("lucide")
    if found is None or not found.submodule_search_locations:
        return ""
    file = Path(found.submodule_search_locations[0]) / "data" / "lucide-icons.db"
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as stored:
            row = stored.execute("SELECT svg FROM icons WHERE name = ?", (name,)).fetchone()
    except sqlite3.Error:
        return ""
    return row[0] if row else ""


def _asked(name: str) -> str:
    """The icon from the package itself: former names too.

    Raises:
        KeyError: there is no such icon.
    """
    from lucide import lucide_icon

    text = lucide_icon(name)
    if "lucide-placeholder" in text:
        raise KeyError(f"there is no icon {name}")
    return text


@lru_cache(maxsize=1024)
def _drawn(name: str, color: str, size: int, dpr: float, opacity: float) -> QPixmap:
    made = QPixmap(round(size * dpr), round(size * dpr))
    made.setDevicePixelRatio(dpr)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setOpacity(opacity)
    QSvgRenderer(_svg(name, color, 1.75)).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return made


def pixmap(name: str, color: str = "t2", size: int = 16, dpr: float = 1.0) -> QPixmap:
    """The Lucide icon *name* in a color (token, family or ``#RRGGBB``), *size* logical pixels wide."""
    return _drawn(name, theme().hex(color), size, dpr, 1.0)


def _widened(drawn: QPixmap, size: QSize) -> QPixmap:
    """The icon at the left of an empty picture: the distance between icon and text, which Qt lets nobody choose."""
    dpr = drawn.devicePixelRatio()
    made = QPixmap(size * dpr)
    made.setDevicePixelRatio(dpr)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.drawPixmap(0, 0, drawn)
    painter.end()
    return made


class _Lucide(QIconEngine):
    """An icon that draws itself in the colors of the theme in use at that moment."""

    def __init__(self, name: str, color: str) -> None:
        super().__init__()
        self._name, self._color = name, color

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        drawn = self._pixmap(rect.size(), painter.device().devicePixelRatioF(), mode)
        painter.drawPixmap(rect.topLeft(), drawn)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self._pixmap(size, 1.0, mode)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        return self._pixmap(size, scale, mode)  # the size is in logical pixels

    def _pixmap(self, size: QSize, dpr: float, mode: QIcon.Mode) -> QPixmap:
        off = mode == QIcon.Mode.Disabled
        color = theme().hex("t3" if off else self._color)
        side = max(1, min(size.width(), size.height()))
        drawn = _drawn(self._name, color, side, dpr, 0.5 if off else 1.0)
        return drawn if size.width() <= side else _widened(drawn, size)

    def actualSize(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QSize:
        return size

    def clone(self) -> QIconEngine:
        return _Lucide(self._name, self._color)


@lru_cache(maxsize=512)
def icon(name: str, color: str = "t2") -> QIcon:
    """The Lucide icon *name* at any size; follows the theme, and is paler where its button is disabled."""
    return QIcon(_Lucide(name, color))
