"""Take the network away: a file, and the proof that it computes the same in a fresh process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QButtonGroup, QFileDialog, QFrame, QLineEdit, QProgressBar

from graph.text import Message, say, tr
from gui import parts
from gui.chip import Chip
from gui.numbers import memory
from gui.service import Request
from gui.session import Session
from gui.testing.example import Example

FORMATS: dict[str, Message] = {
    ".pt": say("PyTorch: weights, source and network in one file; opens without Canevas."),
    ".pt2": say("PyTorch, as a graph of fixed operations: it runs without its source, and can be compiled."),
    ".onnx": say("ONNX: a graph that many programs, phones and browsers run, without PyTorch."),
    ".safetensors": say("Weights in a file that can hold no code; network and source go with them as texts."),
    ".py": say("Python: the network as a readable program, without the weights."),
}
"""What can be written, by the ending of the file."""


def proof_in_words(answer: dict[str, Any]) -> tuple[str, str]:
    """The result of the proof: a sentence, and the role of its card."""
    if not answer["verified"]:
        return tr("Written, but in a fresh process it is not the same."), "wrong"
    difference = float(answer["max_difference"])
    n = "0" if difference == 0 else f"{difference:.1e}"
    return tr("Reloaded in a fresh process: the answers agree, largest difference {n}", n=n), "good"


def with_ending(file: str, ending: str) -> str:
    """*file* with another of our endings; one of its own that is not ours stays.

    >>> with_ending("net.pt", ".py"), with_ending("net", ".pt"), with_ending("v1.2", ".pt")
    ('net.py', 'net.pt', 'v1.2.pt')
    """
    path = Path(file)
    return str(path.with_suffix(ending)) if path.suffix in FORMATS else file + ending


def file_name(name: str) -> str:
    """A name for a file, from the name of a network.

    >>> file_name("Lecture network / 2"), file_name("??")
    ('lecture-network-2', 'network')
    """
    kept = "".join(c.lower() if c.isalnum() else " " for c in name).split()
    return "-".join(kept)[:60] or "network"


class ExportCard(QFrame):
    """Format, file, button, proof."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self._session = session
        self._model: Path | None = None
        self._request: Request | None = None
        self._written = self._proposed = ""
        self.size = parts.label(role="faint")
        self.chips = QButtonGroup(self)
        self._formats = parts.row(space=6)
        for ending in FORMATS:
            chip = Chip(ending)
            chip.setObjectName(f"format{ending}")
            chip.setChecked(ending == ".pt")
            chip.clicked.connect(lambda _=False, ending=ending: self.choose_format(ending))
            self.chips.addButton(chip)
            self._formats.addWidget(chip)
        self._formats.addStretch(1)
        self.about = parts.label(str(FORMATS[".pt"]), "hint", wrap=True)
        self.file = QLineEdit()
        self.file.setObjectName("export-file")
        self.file.setAccessibleName(tr("File"))
        self.browse = parts.tool(
            "folder-open", tr("Choose where to write the file"), self._browse, name="export-browse"
        )
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.doing = parts.label(role="hint")
        self.example = Example()
        self.proof = parts.label(wrap=True)
        self.detail = parts.label(role="hint", wrap=True)
        self.card = parts.frame("good")
        self.mark = parts.Picture("circle-check", "ok", 16)
        line = parts.row(self.mark, parts.column(self.proof, self.detail, space=2), space=10, margin=(12, 10, 12, 10))
        line.setStretch(1, 1)
        parts.within(self.card, line)
        self.go = parts.button(tr("Export"), "download", "main", self.export, name="export")
        self.show_file = parts.tool(
            "folder-search", tr("Show the file in its folder"), self._show_file, name="show-file"
        )
        buttons = parts.row(self.go, self.show_file)
        buttons.setStretch(0, 1)
        head = parts.row(parts.Picture("package", "t2", 16), parts.label(tr("Export"), "strong"), None, self.size)
        body = (
            head,
            self._formats,
            self.about,
            parts.row(self.file, self.browse, space=4),
            self.bar,
            self.doing,
            self.card,
            self.example,
            buttons,
        )
        parts.within(self, parts.column(*body, space=10, margin=16))
        for widget in (self.bar, self.doing, self.card, self.example, self.show_file):
            widget.hide()

    def show_model(self, model: Path | None, name: str, parameters: int) -> None:
        """What would be exported now; nothing for None."""
        folder = Path(self._session.settings.recall("export_folder", "") or Path.home())
        proposed = str(folder / f"{file_name(name)}{self.ending}") if model else ""
        if model != self._model or self.file.text() == self._proposed:
            self._proposed = proposed
            self.file.setText(proposed)
        if model != self._model:
            self._model, self._written = model, ""
            self.card.hide()
            self.example.hide()
            self.show_file.hide()
            self.go.setText(tr("Export"))
        self.size.setText(tr("{n} parameters", n=parameters) if parameters else "")
        self.go.setEnabled(model is not None and self._request is None)

    @property
    def ending(self) -> str:
        """The ending of the format that is chosen."""
        chip = self.chips.checkedButton()
        return chip.text() if chip else ".pt"

    def choose_format(self, ending: str) -> None:
        """Write another format."""
        self.about.setText(str(FORMATS[ending]))
        self.file.setText(with_ending(self.file.text().strip(), ending))

    def _browse(self) -> None:
        dialog = QFileDialog(self, tr("Export as"), self.file.text())
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(f"*{self.ending}")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda file: self.file.setText(with_ending(file, self.ending)))
        dialog.open()

    def export(self) -> None:
        """Write the file and prove it."""
        if self._model is None:
            return
        if self._request is not None:
            self._request.cancel()
            self._end()
            return
        file = with_ending(self.file.text().strip() or "network", self.ending)
        self.file.setText(file)
        self._session.settings.remember("export_folder", str(Path(file).expanduser().parent))
        self.card.hide()
        self.example.hide()
        self.bar.show()
        self.bar.setValue(0)
        self.doing.setText(tr("Starting"))
        self.doing.show()
        self.go.setText(tr("Cancel"))
        self._request = self._session.service.ask(
            "export",
            self._done,
            self._failed,
            self._progress,
            model=str(self._model),
            file=str(Path(file).expanduser()),
        )

    def _progress(self, share: float, text: str) -> None:
        self.bar.setValue(round(share * 1000))
        if text:
            self.doing.setText(text)

    def _end(self) -> None:
        self._request = None
        self.bar.hide()
        self.doing.hide()
        self.go.setText(tr("Export again") if self._written else tr("Export"))

    def _done(self, answer: dict[str, Any]) -> None:
        self._written = str(answer["file"])
        self._end()
        text, role = proof_in_words(answer)
        try:
            size = memory(Path(self._written).stat().st_size)
        except OSError:
            size = ""
        beside = [Path(name).name for name in (*answer.get("beside", ()), answer.get("card", "")) if name]
        files = [f"{Path(self._written).name} · {size}".strip(" ·"), *beside]
        self._say(text, "\n".join([*answer.get("wrong", ()), ", ".join(files), *answer.get("notes", ())]), role)
        self.example.show_text(str(answer.get("example", "")))
        self.show_file.show()

    def _failed(self, sentence: str) -> None:
        self._end()
        self._say(sentence, "", "wrong")

    def _say(self, text: str, detail: str, role: str) -> None:
        good = role == "good"
        self.proof.setText(text)
        parts.role(self.proof, "ok" if good else "error")
        self.mark.show_icon("circle-check" if good else "circle-alert", "ok" if good else "err")
        self.detail.setText(detail)
        self.detail.setVisible(bool(detail))
        parts.role(self.card, role)
        self.card.show()

    def _show_file(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(self._written).parent)))
