"""What the commands about weights do to the drawing that is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.errors import CanevasError
from graph.text import tr
from gui.data.watch import DataWatch
from gui.transfer.plans import made_for, without

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
    facts = watch.facts
    try:
        made, heads = made_for(document.network, facts.around())
    except CanevasError as error:
        window.notice.say(str(error))
        return
    names, n = ", ".join(heads), len(facts.numbers) or len(facts.classes)
    text = tr("New head for {n} numbers", n=n) if facts.numbers else tr("New head for {n} classes", n=n)
    before = document.state
    document.begin_with(without(before.weights, *heads), before.origin, text, made)
    said = (
        tr("{name} foretells {n} numbers of {data} and begins anew.", name=names, n=n, data=facts.name)
        if facts.numbers
        else tr("{name} tells {n} classes of {data} and begins anew.", name=names, n=n, data=facts.name)
    )
    window.session.say(said)


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
