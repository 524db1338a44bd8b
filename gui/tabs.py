"""The tabs of the open documents, and how large the current one is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QTabBar

from graph.text import tr, tr_count
from gui.parts import label, row, tool, within
from gui.session import Session


class DocumentTabs(QFrame):
    """A tab per document; a dot marks changes that no file holds."""

    def __init__(self, session: Session, new, close) -> None:
        super().__init__()
        self.setProperty("role", "bar")
        self.setFixedHeight(36)
        self._session, self._close, self._filling = session, close, False
        self.bar = QTabBar()
        self.bar.setObjectName("document-tabs")
        self.bar.setExpanding(False)
        self.bar.setMovable(True)
        self.bar.setUsesScrollButtons(True)
        self.bar.setElideMode(Qt.TextElideMode.ElideMiddle)
        self.bar.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.bar.currentChanged.connect(self._choose)
        self.bar.tabMoved.connect(self._moved)
        self._size = label("", "faint")
        line = row(
            self.bar,
            tool("plus", tr("New network"), new, name="new-document"),
            None,
            self._size,
            space=4,
            margin=(0, 0, 16, 0),
        )
        within(self, line)
        session.documents_changed.connect(self.refresh)
        session.document_changed.connect(lambda _: self.refresh())
        self.refresh()

    def refresh(self) -> None:
        """Show the documents as they are now."""
        documents = self._session.documents
        self._filling = True
        while self.bar.count() > len(documents):
            self.bar.removeTab(self.bar.count() - 1)
        while self.bar.count() < len(documents):
            self._add()
        for i, document in enumerate(documents):
            name = document.title if len(document.title) <= 28 else document.title[:13] + "…" + document.title[-13:]
            shown = f"{name}  ●" if document.dirty else name
            if self.bar.tabText(i) != shown:  # each text lays out all tabs again
                self.bar.setTabText(i, shown)
            self.bar.setTabToolTip(i, str(document.file or document.title))
        if self._session.document in documents:
            self.bar.setCurrentIndex(documents.index(self._session.document))
        self._filling = False
        self.count()

    def _add(self) -> None:
        """One more tab, with a button that closes whatever document it shows then."""
        close = tool("x", tr("Close"), lambda: self._close(self._session.documents[place()]), name="close-tab", size=14)
        close.setFixedSize(20, 20)
        side = QTabBar.ButtonPosition.RightSide
        self.bar.setTabButton(self.bar.addTab(""), side, close)

        def place() -> int:
            return next(i for i in range(self.bar.count()) if self.bar.tabButton(i, side) is close)

    def count(self) -> None:
        """Say how many nodes and blocks the current document has."""
        document = self._session.document
        if document is None:
            self._size.setText("")
            return
        network = document.network
        words = tr_count("{n} node", "{n} nodes", len(network.nodes))
        blocks = len(network.blocks)
        self._size.setText(f"{words}, {tr_count('{n} block', '{n} blocks', blocks)}" if blocks else words)

    def _choose(self, at: int) -> None:
        if not self._filling and 0 <= at < len(self._session.documents):
            self._session.show_document(self._session.documents[at])

    def _moved(self, start: int, end: int) -> None:
        documents = self._session.documents
        documents.insert(end, documents.pop(start))
        self._session.documents_changed.emit()
