"""Which color on a mask is which class."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gui.legend import MOST, MaskLegend, Swatch, colors_of
from gui.parts import Elided
from gui.pictures import overlaid
from gui.testing.answer import Bars
from gui.training.previews import samples_of
from gui.training.samples import Samples
from tests.gui.fake_runs import FakeRun

pytestmark = pytest.mark.qt


def test_a_swatch_has_the_color_that_the_mask_has():
    mask = np.array([[0, 1, 2]], np.uint8)
    drawn = overlaid(np.full((1, 1, 3), 90, np.uint8), mask, strength=1.0)
    colors = colors_of(["ground", "cell", "nucleus"])

    assert colors["ground"] is None
    assert [drawn.pixelColor(x, 0).name() for x in (1, 2)] == [colors["cell"].name(), colors["nucleus"].name()]


def test_every_class_is_named_once_and_many_are_counted(qtbot):
    legend = MaskLegend()
    qtbot.addWidget(legend)
    assert legend.isHidden()
    legend.show_classes(["ground", "cell"])
    assert [w.text() for w in legend.findChildren(Elided)] == ["ground", "cell"]
    legend.show_classes([f"class {i}" for i in range(MOST + 5)])
    qtbot.waitUntil(lambda: len(legend.findChildren(Swatch)) == MOST)
    assert [w.text() for w in legend.findChildren(Elided)][-1] == "and 5 more"
    legend.show_classes([])
    assert legend.isHidden()


def test_samples_with_masks_have_a_legend(tmp_path, qtbot):
    fake = FakeRun(tmp_path)
    folder = fake.run.folder / "previews"
    folder.mkdir(exist_ok=True)
    np.save(folder / "images.npy", np.zeros((1, 1, 8, 8), np.uint8))
    for name in ("right", "masks"):
        np.save(folder / f"{name}.npy", np.ones((1, 8, 8), np.uint8))
    told = {"epoch": 3, "images": "images.npy", "right": "right.npy", "masks": "masks.npy"}
    told |= {"answers": [{"index": 0, "score": 0.9}], "classes": ["ground", "cell"]}
    (folder / "epoch-00003.json").write_text(json.dumps(told))
    samples = Samples()
    qtbot.addWidget(samples)

    found = samples_of(fake.run)
    samples.show_samples(*found)
    assert found[2] == ("ground", "cell")
    assert samples.legend.classes == ("ground", "cell")
    samples.clear("no more")
    assert samples.legend.classes == ()


def test_bars_have_swatches_only_where_masks_are_shown(qtbot):
    bars = Bars()
    qtbot.addWidget(bars)
    bars.resize(bars.sizeHint())
    bars.show_rows([("cell", 0.5)], colors=colors_of(["ground", "cell"]))
    color = colors_of(["ground", "cell"])["cell"].name()
    assert color in {bars.grab().toImage().pixelColor(x, 13).name() for x in range(12)}
    bars.show_rows([("cell", 0.5)])
    assert color not in {bars.grab().toImage().pixelColor(x, 13).name() for x in range(12)}
