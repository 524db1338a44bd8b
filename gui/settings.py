"""What a person chooses once for the whole program, and what the program remembers between two starts.

One table, :class:`Values`, says what can be chosen; the page of settings is generated from it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtCore import QObject, QSettings, Signal

from graph.errors import InvalidValue
from graph.text import LANGUAGES
from graph.values import Spec, specs_of, value
from runtime.recipe import DEVICES

RECENT = 10
"""How many recent files are remembered."""


@dataclass(frozen=True)
class Values:
    """Everything that can be chosen, with its default."""

    specs: ClassVar[tuple[Spec, ...]] = ()

    theme: str = value(
        "system", choices=("system", "dark", "light"), label="Theme", help="Dark, light, or as the system is."
    )
    language: str = value(
        "system",
        choices=("system", *LANGUAGES),
        label="Language",
        help="The language of every word in this window, or that of the system.",
    )
    device: str = value(
        "auto",
        choices=DEVICES,
        label="Device",
        help="Where new trainings compute: auto takes the fastest that the machine has.",
    )
    threads: int = value(
        0,
        low=0,
        high=1_024,
        label="Threads",
        help="How many processor cores new trainings use; 0 uses all of them, 1 leaves the machine free.",
    )
    data_folder: str = value(
        "", label="Data folder", help="Where downloaded data sets are kept; empty: the usual place of this system."
    )
    runs_folder: str = value(
        "", label="Runs folder", help="Where trainings are kept; empty: the usual place of this system."
    )
    autosave: int = value(
        30,
        low=5,
        high=3600,
        label="Autosave every (s)",
        help="So often unsaved changes are put aside, to be found again after a crash.",
    )


Values.specs = specs_of(Values)


def store() -> QSettings:
    """Where settings are kept; below ``CANEVAS_HOME`` if that is set."""
    if home := os.environ.get("CANEVAS_HOME"):
        return QSettings(str(Path(home) / "settings.ini"), QSettings.Format.IniFormat)
    return QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "Canevas", "Canevas")


class Settings(QObject):
    """The values chosen, and the memory of the window; announces each change by its name."""

    changed = Signal(str)
    recent_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store()
        self.values = self._read()

    def _read(self) -> Values:
        """What was stored; a value that is damaged or no longer allowed is as if it had never been chosen."""
        found: dict[str, Any] = {}
        for spec in Values.specs:
            raw = self._store.value(f"settings/{spec.name}")
            if raw is None:
                continue
            try:
                found[spec.name] = spec.check(int(raw) if spec.type == "int" else str(raw))
            except (InvalidValue, ValueError):
                continue
        return Values(**found)

    def set(self, name: str, raw: Any) -> None:
        """Choose a value; kept at once.

        Raises:
            InvalidValue: it is not allowed.
        """
        spec = next(s for s in Values.specs if s.name == name)
        checked = spec.check(raw)
        if checked == getattr(self.values, name):
            return
        self.values = replace(self.values, **{name: checked})
        self._store.setValue(f"settings/{name}", checked)
        self.changed.emit(name)

    @property
    def recent(self) -> list[Path]:
        """Files opened or saved last, the latest first; those that are gone are left out."""
        raw = self._store.value("recent", []) or []
        names = [raw] if isinstance(raw, str) else list(raw)
        return [Path(n) for n in names if Path(n).is_file()]

    def opened(self, file: Path) -> None:
        """Remember *file* as the latest one."""
        file = Path(file).resolve()
        self._keep_recent([file, *(f for f in self.recent if f != file)][:RECENT])

    def forget_recent(self) -> None:
        """Forget all recent files."""
        self._keep_recent([])

    def _keep_recent(self, files: list[Path]) -> None:
        self._store.setValue("recent", [str(f) for f in files])
        self.recent_changed.emit()

    def remember(self, key: str, thing: Any) -> None:
        """Keep a detail of the window (its geometry, the width of a panel) for the next start."""
        self._store.setValue(f"window/{key}", thing)

    def recall(self, key: str, default: Any = None) -> Any:
        """What :meth:`remember` kept."""
        return self._store.value(f"window/{key}", default)


def language_code(chosen: str) -> str:
    """The code of the language *chosen*; that of the system for ``"system"``."""
    if chosen in LANGUAGES:
        return chosen
    from PySide6.QtCore import QLocale

    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if code := os.environ.get(variable, "")[:2]:
            return code if code in LANGUAGES else "en"
    code = QLocale.system().name()[:2]
    return code if code in LANGUAGES else "en"
