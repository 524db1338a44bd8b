"""What the commands about weights do to the drawing that is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.errors import CanevasError
from graph.head import head, with_head
from graph.text import tr
from gui.data.watch import DataWatch
from gui.transfer.plans import without

if TYPE_CHECKING:
    from gui.window import Window


def new_head(window: Window) -> None:
    """Give the drawing a head for the classes of the data; its weights begin anew, all others are kept."""
    document, watch = window.session.document, DataWatch.of(window.session)
    if document is None:
        return
    if window.session.data is None:
        window.session.say(tr("No data are chosen: the classes are not known yet."))
        window.show_room("data")
        return
    if watch.facts is None:
        _once_known(window, watch)
        return
    classes = len(watch.facts.classes)
    try:
        made = with_head(document.network, classes)
    except CanevasError as error:
        window.notice.say(str(error))
        return
    found = head(made)
    path = found.path if found is not None else ""
    weights = without(document.weights, path)
    text = tr("New head for {n} classes", n=classes)
    document.begin_with(weights, document.origin, text, made)
    window.session.say(
        tr("{name} tells {n} classes of {data} and begins anew.", name=path, n=classes, data=watch.facts.name)
    )


def _once_known(window: Window, watch: DataWatch) -> None:
    """The data are being read: the head comes when their classes are known."""

    def again() -> None:
        if watch.facts is not None or watch.refused:
            watch.changed.disconnect(again)
            if watch.facts is not None:
                new_head(window)
            else:
                window.notice.say(watch.refused)

    window.session.say(tr("Reading the data: the head comes when their classes are known."))
    watch.changed.connect(again)
    watch.want()
    if not watch.busy and watch.facts is None:
        watch.reload()
