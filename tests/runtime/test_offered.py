"""Which recipe is offered: by task, by what was tried, and beside what somebody has set."""

from __future__ import annotations

from presets import presets
from runtime.offered import followed, offered, unusual
from runtime.recipe import Recipe


def test_boxes_are_not_turned_unless_somebody_wants_it():
    recipe = offered("detection")
    assert (recipe.rotation, recipe.zoom) == (0.0, Recipe().zoom)
    assert offered("segmentation") == offered("") == Recipe()


def test_a_preset_is_offered_as_it_was_tried_where_it_was_tried():
    preset = presets()["faster_rcnn_small"]
    recipe = offered(preset.task, preset.tried_on("digit-scenes"))

    assert (recipe.epochs, recipe.batch) == (preset.trial.epochs, preset.trial.recipe["batch"])
    assert offered(preset.task, preset.tried_on("photographs")) == offered("detection")
    assert presets()["vgg16"].tried_on("digits") == {}


def test_what_was_set_by_hand_stays_when_something_else_is_offered():
    before, now = Recipe(), offered("detection", {"epochs": 8, "batch": 16, "zoom": 0.0})
    assert followed(Recipe(threads=1), before, now) == Recipe(epochs=8, batch=16, rotation=0.0, zoom=0.0, threads=1)
    assert followed(Recipe(batch=64), before, now).batch == 64
    assert followed(now, now, before) == before


def test_only_what_is_unusual_and_not_known_is_told():
    assert unusual(Recipe()) == ""
    assert unusual(Recipe(learning_rate=0.003, batch=16, flip=True), ["batch"]) == "learning_rate 0.003, flip True"
