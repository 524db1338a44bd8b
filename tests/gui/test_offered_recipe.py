"""The recipe follows what is drawn and what it learns from, until somebody sets a value."""

from __future__ import annotations

import pytest

import presets
from gui.document import Document
from gui.window import Window
from runtime.data.description import Description
from runtime.recipe import Recipe

pytestmark = pytest.mark.qt


def test_a_preset_and_its_data_bring_the_recipe_that_was_tried(window: Window):
    session, own = window.session, {"device": window.session.recipe.device, "threads": window.session.recipe.threads}
    window.files.preset("faster_rcnn_small")
    assert session.recipe == Recipe(rotation=0.0, **own)  # no data yet: what is usual for boxes

    session.choose_data(Description("digit-scenes"))
    values = presets.presets()["faster_rcnn_small"].trial.values
    assert session.recipe == Recipe(rotation=0.0, **own, **values)

    window.files.preset("lecture")
    assert session.recipe == Recipe(**own)
    session.show_document(session.documents[0])
    assert session.recipe.batch == values["batch"]


def test_what_somebody_has_set_stays(window: Window):
    session = window.session
    session.set_recipe(Recipe(batch=5, rotation=3.0))
    window.files.preset("yolo_small")
    session.choose_data(Description("digit-scenes"))

    assert (session.recipe.batch, session.recipe.rotation, session.recipe.zoom) == (5, 3.0, 0.0)
    assert session.recipe.epochs == presets.presets()["yolo_small"].trial.epochs


def test_a_drawing_of_ones_own_gets_what_is_usual_for_its_task(window: Window):
    window.files.add(Document(presets.build("yolo_small")))
    window.session.choose_data(Description("digit-scenes"))
    assert (window.session.recipe.rotation, window.session.recipe.epochs) == (0.0, 10)
