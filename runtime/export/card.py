"""The card of an export: what the network takes and gives, what it was trained on, how it is used; as Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graph.analysis import Report
from graph.tensors import Tensor
from graph.text import Message, memory, number, tr
from runtime.data.preprocessing import Preprocessing
from runtime.export import About
from runtime.export.free import Free
from runtime.measures import told
from runtime.tasks.known import GIVES

MARK = "<!-- canevas card -->"
"""What our cards begin with, so that no other file is written over."""
MOST = 1_000
"""Classes that are listed."""


@dataclass(frozen=True)
class Card:
    """What is to be known of an exported network.

    Args:
        file: the name of the exported file.
        report: the analysis of the network.
        about: classes, preprocessing, metrics, task.
        told: what is done to an image, whether it was said or follows from the input.
        example: the loading example.
        free: which dimensions may have other sizes, of a graph.
        notes: more sentences.
    """

    file: str
    report: Report
    about: About
    told: Preprocessing | None
    example: str
    free: Free | None = None
    notes: tuple[Message, ...] = ()

    def markdown(self, proof: str = "") -> str:
        """The card as a page; *proof* is what a fresh process said."""
        name = self.report.network.name
        lines = [MARK, f"# {_line(name)}", "", *_table(self._facts())]
        lines += _section(tr("What is done to an image"), [self._preprocessing()])
        lines += _section(*self._names())
        code = ["```python", *self.example.splitlines(), "```"]
        lines += _section(tr("Loading it"), [self._where(), "", *code])
        if proof:
            lines += _section(tr("Proof"), [proof])
        return "\n".join(lines) + "\n"

    def _facts(self) -> list[tuple[str, str]]:
        report, about = self.report, self.about
        found = [
            (tr("File"), f"`{self.file}`"),
            (tr("Takes"), _flows(report.inputs)),
            (tr("Gives"), _flows(report.outputs) or tr("its losses")),
            (tr("Parameters"), number(report.parameters)),
            (tr("Memory of the weights"), memory(report.bytes()["weights"])),
        ]
        if about.task:
            found.append((tr("Task"), str(GIVES.get(about.task, about.task))))
        found.append((tr("Measured"), told(about.metrics or {})))
        if about.task == "segmentation" and about.scale:
            seen = tr("{n} px seen for each px of an image; larger ones are cut into pieces", n=f"{about.scale:.3g}")
            found.append((tr("Scale"), seen))
        if self.free is not None:
            found.append((tr("Sizes"), str(self.free.message)))
        return found + [(tr("Note"), str(note)) for note in self.notes]

    def _preprocessing(self) -> str:
        if self.told is None:
            return tr("Nothing: the network takes numbers that are no image.")
        first = tr(
            "First it is turned upright, as its camera says; what is transparent becomes white and 16 bits become 8, "
            "which the example leaves out."
        )
        said = f"{self.told.in_words()} {first}"
        if self.about.preprocessing is not None:
            return said
        return tr("Nobody has said; the example does this: {how}", how=said)

    def _where(self) -> str:
        if "image.png" in self.example:
            return tr("In the folder of these files, with a picture of yours as image.png:")
        return tr("In the folder of these files:")

    def _names(self) -> tuple[str, list[str]]:
        """What its answers are called: classes, or numbers."""
        foretells = self.about.task == "regression"
        title, names = (tr("Numbers"), self.about.numbers) if foretells else (tr("Classes"), self.about.classes)
        if not names:
            return title, [tr("These numbers have no names here.") if foretells else tr("They have no names here.")]
        rows = [f"{i}. {_line(name)}" for i, name in enumerate(names[:MOST])]
        return title, rows + ([tr("… {n} in all", n=len(names))] if len(names) > MOST else [])


def _flows(flows: Any) -> str:
    return ", ".join(f"`{name}`: {_shape(flow)}" for name, flow in flows.items())


def _shape(flow: Any) -> str:
    return " × ".join(map(str, flow.dims)) if isinstance(flow, Tensor) else str(flow)


def _table(rows: list[tuple[str, str]]) -> list[str]:
    return ["| | |", "|---|---|", *(f"| {name} | {_line(value)} |" for name, value in rows)]


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", f"## {title}", "", *lines]


def _line(text: str) -> str:
    """*text* as it may stand in a table: one line, without what would end a cell or begin a tag."""
    return re.sub(r"\s*[\r\n\t]\s*", " ", str(text)).replace("|", "\\|").replace("<", "&lt;")


def place(file: Path) -> Path:
    """Where the card of *file* goes: ``NAME.md``, or ``NAME.ENDING.md`` where a page that is no card has that name."""
    card = file.with_suffix(".md")
    try:
        ours = not card.exists() or card.read_text(encoding="utf-8", errors="replace").startswith(MARK)
    except OSError:
        ours = False
    return card if ours else file.with_name(file.name + ".md")
