"""The palette's blocks: those of the network, those that somebody keeps, and those that come with the program."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtGui import QStandardItem

from graph.network import Block, Network
from graph.text import number, tr, tr_count
from gui.palette_rows import BLOCK_ROWS, DEFINITION, FAMILIES, ICON, item
from gui.ready_blocks import AtHand, mine, shipped
from gui.search import best

MINE, READY = BLOCK_ROWS[1:]


def rows(network: Network | None, query: str) -> list[QStandardItem]:
    """A heading for each of the three, with the blocks that answer *query*; headings without any are left out."""
    own = _own(network, query) if network is not None else []
    kept = [_row(MINE, str(b.file), b) for b in best(query, mine(), lambda b: (b.title, b.words))]
    ready = [_row(READY, b.words, b) for b in best(query, shipped(), lambda b: (b.title, f"{b.words} {b.help}"))]
    heads = (
        ("blocks of the network", tr("In this network"), "workflow", own),
        ("blocks that are kept", tr("My blocks"), "library", kept),
        ("blocks that are ready", tr("Ready to use"), "box", ready),
    )
    return [_head(*head) for head in heads if head[-1]]


def _head(name: str, text: str, icon: str, found: Iterable[QStandardItem]) -> QStandardItem:
    inside = list(found)
    made = item("family", name, text, "t2", number(len(inside)))
    made.setData(icon, ICON)
    for one in inside:
        made.appendRow(one)
    return made


def _own(network: Network, query: str) -> list[QStandardItem]:
    uses: dict[str, int] = {}
    for inside in (network, *network.blocks.values()):
        for node in inside.nodes.values():
            if isinstance(node.layer, Block):
                uses[node.kind] = uses.get(node.kind, 0) + 1
    found = []
    for name in best(query, network.blocks, lambda name: (name, "")):
        n = uses.get(name, 0)
        used = tr_count("used once", "used {n} times", n) if n else tr("not used")
        made = item("block", name, name, "tens", "", f"{_layers(network.blocks[name])}, {used}")
        _draw(made, network.blocks[name])
        found.append(made)
    return found


def _row(what: str, name: str, block: AtHand) -> QStandardItem:
    inside = block.definition
    if inside is None:
        made = item(what, name, block.title, "err", "", block.refusal, help=block.help)
        made.setData("circle-alert", ICON)
        made.setDragEnabled(False)
        return made
    made = item(what, name, block.title, "tens", "", f"{_layers(inside)}, {_ports(inside)}", help=block.help)
    made.setData(inside, DEFINITION)
    _draw(made, inside)
    return made


def _draw(made: QStandardItem, inside: Network) -> None:
    """Let the row show the inside at a glance."""
    from gui.canvas.faces import families_of

    made.setData("box", ICON)
    made.setData(families_of(inside), FAMILIES)


def _layers(inside: Network) -> str:
    n = sum(node.kind not in ("Input", "Output") for node in inside.nodes.values())
    return tr_count("{n} layer", "{n} layers", n)


def _ports(inside: Network) -> str:
    """Its inputs and outputs by name: ``input → output``."""
    ins, outs = (", ".join(n.name for n in inside.nodes.values() if n.kind == kind) for kind in ("Input", "Output"))
    return f"{ins} → {outs}"
