"""Nodes on the clipboard: a fragment as the text of a ``.canevas`` file, so that it goes between windows."""

from __future__ import annotations

import json

from PySide6.QtCore import QByteArray, QMimeData
from PySide6.QtGui import QGuiApplication

from graph import files
from graph.errors import FileError, NetworkError
from graph.network import Edge, Network
from graph.text import tr

FRAGMENT, INCOMING = "application/x-canevas-fragment", "application/x-canevas-incoming"
LIMIT = 4_000_000
"""A longer text is no fragment that anyone copied."""


def put(fragment: Network, incoming: tuple[Edge, ...] = ()) -> None:
    """Put *fragment* on the clipboard, and the edges that came into it from outside."""
    text = files.dumps(fragment)
    mime = QMimeData()
    mime.setText(text)
    mime.setData(FRAGMENT, QByteArray(text.encode()))
    mime.setData(INCOMING, QByteArray(json.dumps(incoming).encode()))
    QGuiApplication.clipboard().setMimeData(mime)


def get() -> tuple[Network, tuple[Edge, ...]] | None:
    """The fragment on the clipboard and its incoming edges; None where it holds nothing like one.

    Raises:
        NetworkError: it holds something that claims to be one and is not.
    """
    mime = QGuiApplication.clipboard().mimeData()
    if mime is None:
        return None
    if mime.hasFormat(FRAGMENT):
        return parsed(bytes(mime.data(FRAGMENT).data())), _edges(bytes(mime.data(INCOMING).data()))
    text = mime.text() if mime.hasText() else ""
    if not text.lstrip().startswith("{"):
        return None
    return parsed(text.encode("utf-8", "replace")), ()


def parsed(data: bytes) -> Network:
    """The fragment in *data*.

    Raises:
        NetworkError: it is none; says why, the clipboard named instead of a file.
    """
    if len(data) > LIMIT:
        raise NetworkError("The clipboard holds {n} bytes: too much to be a network.", n=len(data))
    try:
        return files.loads(data.decode("utf-8", "strict"))
    except UnicodeDecodeError:
        raise NetworkError("The clipboard holds no nodes of a network.") from None
    except FileError as error:
        where = tr(", at {place}", place=error.place) if error.place else ""
        raise NetworkError(
            "The clipboard cannot be pasted{where}: {reason}", where=where, reason=str(error.reason)
        ) from None


def _edges(data: bytes) -> tuple[Edge, ...]:
    """Edges from what another window wrote; anything else counts as none."""
    try:
        rows = json.loads(data) if len(data) <= LIMIT else []
    except (ValueError, RecursionError):
        return ()
    good = isinstance(rows, list) and all(
        isinstance(r, list) and len(r) == 4 and all(isinstance(p, str) for p in r) for r in rows
    )
    return tuple(Edge(*row) for row in rows) if good else ()
