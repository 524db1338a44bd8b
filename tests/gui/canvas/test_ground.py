"""Nodes stand on grounds that are painted once for all alike; nobody sees it but the clock."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QImage

from gui import theme
from gui.canvas import paint
from gui.canvas.faces import Face
from gui.canvas.ground import blank, brush, ground

pytestmark = pytest.mark.qt

FACES = (
    Face("conv", "Conv2d – 64, 3×3", "64 × 28 × 28", "584", "conv", ins=((90.0, True),), outs=((90.0, False),)),
    Face("stage", "Bottleneck", "64 × 28 × 28", "584", "conv", inside=("conv", "act"), width=176.0, height=100.0),
    Face("loss", "CrossEntropyLoss", "loss", "", "loss", training=True),
    Face("warm", "Linear – 10", "10", "7.9 K", "dense", warmth=20),
    Face("gone", "ReLU", "8", "", "act", bypass=True, frozen=True),
)


@pytest.mark.parametrize("face", FACES, ids=lambda f: f.name)
@pytest.mark.parametrize("colors", ["dark", "light"])
def test_a_node_on_a_shared_ground_is_what_it_is_painted_alone(qapp, face, colors):
    theme.apply(qapp, colors)
    kept = paint.Pictures()
    for state in (0, paint.SELECTED, paint.HOVERED, paint.DIMMED):
        alone = blank((face.width, face.height), 1.25, 1.0)
        painter = brush(alone, 1.25)
        paint.node(painter, face, state)
        painter.end()

        shown: QImage = kept.get(face, state, 1.25, 1.0).toImage()

        assert shown == alone.toImage()


def test_nodes_alike_but_for_their_words_share_their_ground(qapp):
    theme.apply(qapp, "dark")
    kept = paint.Pictures()
    ground.cache_clear()

    for i in range(20):
        kept.get(FACES[0]._replace(name=f"conv{i}", shape=f"{i} × 7 × 7"), 0, 1.0, 1.0)

    assert ground.cache_info().misses == 1


def test_a_ground_is_not_painted_on(qapp):
    """What stands on one node must not show on the next."""
    theme.apply(qapp, "dark")
    kept, face = paint.Pictures(), FACES[0]
    empty = face._replace(name="", line="", shape="", weights="")
    before = kept.get(empty, 0, 1.0, 1.0).toImage()
    kept.get(face, paint.SELECTED, 1.0, 1.0)

    assert paint.Pictures().get(empty, 0, 1.0, 1.0).toImage() == before
