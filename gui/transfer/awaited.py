"""The weights that a drawing's file names: opened beside it, and missed aloud where they are not what they were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graph.text import tr
from gui.dialogs import Answer
from runtime.weights.origin import Origin
from runtime.weights.recall import TORCHVISION

if TYPE_CHECKING:
    from gui.document import Document
    from gui.window import Window


def recall(window: Window, document: Document) -> None:
    """Have the service open the weights that *document* awaits, if they are on this machine; else say what to do."""
    awaited = document.awaited
    if awaited is None:
        return

    def took(answer: dict[str, Any]) -> None:
        origin = Origin.from_dict(answer["origin"])
        document.arrived = origin
        window.session.say(
            tr("{name}: its weights came with it, from {title}", name=document.title, title=origin.title)
        )

    def failed(why: str) -> None:
        document.missing = why
        if document in window.session.documents:
            _miss(window, document, awaited, why)

    window.session.service.ask("find_weights", took, failed, text=awaited.text, sha256=awaited.sha256, fetch=False)


def _miss(window: Window, document: Document, awaited: Origin, why: str) -> None:
    """Say that the weights are missing, and offer what can be done."""
    others = Answer("weights", tr("Choose others"))
    if awaited.text.startswith(TORCHVISION):
        said = tr("{name} is open without its weights. {why}", name=document.title, why=why)
        answers = (Answer("fetch", tr("Fetch them"), "main"), others)
    else:
        said = tr(
            "{name} is open without its weights. {why} Put the file back and open the drawing again, or choose others.",
            name=document.title,
            why=why,
        )
        answers = (others,)

    def heard(answer: str) -> None:
        if not answer or document not in window.session.documents:
            return
        from gui.transfer import weights_dialog

        window.session.show_document(document)
        dialog = weights_dialog.show(window)
        if answer == "fetch" and dialog is not None:
            dialog.load(awaited.text)

    window.notice.say(said, "careful", answers, heard)
