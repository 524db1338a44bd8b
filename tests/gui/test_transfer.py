"""Weights in the window: offered, given, kept while one draws, frozen; and three steps to a training on own images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton

import presets
from graph import edit, files
from graph.analysis import analyze
from graph.checks import task
from graph.circumstances import Circumstances
from graph.errors import NetworkError
from gui.document import Document
from gui.parts import Elided
from gui.runs import Runs, Summary
from gui.training import begin
from gui.transfer import plans
from gui.transfer.fine_tune import FineTune
from gui.transfer.freeze_dialog import FreezeDialog
from gui.transfer.plans import origins_for, recipe_for, tuned
from gui.transfer.weights_dialog import WeightsDialog
from runtime.data.description import Description
from runtime.data.preprocessing import Preprocessing
from runtime.recipe import Recipe
from runtime.run import create
from runtime.weights.origin import Origin
from tests.gui.fake_service import FakeService

pytestmark = pytest.mark.qt

LECTURE = presets.build("lecture")
CLASSES = Circumstances("insects", "classification", (3, 160, 160), 2)
TOLD = Preprocessing((28, 28), 1, (0.25,), (0.5,), short=30)


def of(network, told: Preprocessing | None = TOLD) -> Origin:
    """Weights that are exactly those of *network*."""
    leaves = analyze(network).leaves()
    shapes = {f"{p}.{k}" if k else p: w.shape for p, fact in leaves for k, w in fact.weights.items()}
    return Origin("/w.pt", "w.pt", "/w.pt", shapes, told, ("a", "b"))


def places(origin: Origin) -> dict[str, tuple[str, str]]:
    return {key: (origin.file, key) for key in origin.shapes}


@pytest.fixture
def weighted(qapp) -> Iterator[Document]:
    origin = of(LECTURE)
    made = Document(LECTURE, weights=places(origin), origin=origin)
    yield made
    made.close()


def left(document: Document) -> dict[str, str]:
    assert document.kept is not None
    return {one.path: str(one.why) for one in document.kept.left}


# kept while one draws


def test_unchanged_layers_keep_their_weights_through_edits(weighted):
    weighted.edit(edit.set_values(LECTURE, "conv2", out_channels=12), "wider")
    assert left(weighted) == {
        "conv2": "conv2.weight is 8 × 8 × 3 × 3 in the file, 12 × 8 × 3 × 3 here.",
        "conv3": "conv3.weight is 16 × 8 × 3 × 3 in the file, 16 × 12 × 3 × 3 here.",
    }
    moved = edit.rename(weighted.network, "conv1", "stem")
    weighted.edit(moved.network, "rename", paths=moved.paths)
    assert "stem" not in left(weighted)
    assert weighted.kept.weights["stem.weight"] == ("/w.pt", "conv1.weight")

    weighted.stack.undo()
    weighted.stack.undo()
    assert left(weighted) == {}


def test_a_training_begins_with_what_still_fits_and_with_their_preprocessing(weighted, tmp_path):
    weighted.edit(edit.set_values(LECTURE, "conv2", out_channels=12), "wider")

    plan = begin.planned(weighted, Recipe(), Description("digits"), tmp_path)

    assert {key.split(".")[0] for key in plan.weights} == {"conv1", "conv4", "conv5", "conv6", "dense"}
    assert plan.preprocessing == TOLD
    assert begin.begins(plan.begun) == "Begins with w.pt; conv2, conv3 anew"


def test_a_drawing_without_weights_has_no_preprocessing_of_theirs(qapp, tmp_path):
    document = Document(LECTURE)
    plan = begin.planned(document, Recipe(), Description("digits"), tmp_path)
    document.close()

    assert (plan.weights, plan.preprocessing) == ({}, None)


def test_other_weights_are_one_step_of_the_history(weighted):
    weighted.begin_with({}, None, "Forget")
    assert (weighted.weights, weighted.origin, weighted.kept) == ({}, None, None)

    weighted.stack.undo()
    assert len(weighted.kept.taken) == 7


def test_weights_and_their_origin_survive_a_crash(weighted, monkeypatch, tmp_path):
    from gui import recovery

    weighted.edit(edit.set_values(LECTURE, "conv2", out_channels=12), "wider")
    record = recovery._record(weighted)

    assert recovery._origin(record["origin"]) == weighted.origin
    assert recovery._origin({"text": 3}) is None


# fine-tuning, without a window


def test_tuning_gives_a_head_that_begins_anew_and_freezes_the_rest():
    made = tuned(LECTURE, of(LECTURE), CLASSES, 0)

    report = analyze(made.network)
    assert made.heads == ("dense",)
    assert {path for path, fact in report.leaves() if fact.trainable} == {"dense"}
    assert {key.split(".")[0] for key in made.weights} == {f"conv{i}" for i in range(1, 7)}


def test_the_head_begins_anew_also_for_as_many_classes():
    assert "dense.weight" not in tuned(LECTURE, of(LECTURE), replace(CLASSES, classes=10), 0).weights


def test_everything_can_learn():
    report = analyze(tuned(LECTURE, of(LECTURE), CLASSES, None).network)
    assert report.trainable == report.parameters


def test_few_images_give_small_batches():
    assert recipe_for(Recipe(), 48, 0).batch == 16
    assert recipe_for(Recipe(), 5000, 1).batch == 32
    assert recipe_for(Recipe(), 1, None).learning_rate < recipe_for(Recipe(), 1, 3).learning_rate


def test_where_things_are_is_learned_by_all_layers_and_for_longer():
    few = recipe_for(Recipe(), 30, None, "detection", 96 * 96)
    assert (few.batch, few.epochs, few.learning_rate) == (10, 200, plans.PLACES_RATE)
    assert recipe_for(Recipe(), 5000, None, "detection").epochs == 10
    assert recipe_for(Recipe(), 5000, None, "segmentation", 512 * 512).batch == 6


YOLO, BOXES = presets.build("yolo_small"), Circumstances("cells", "detection", (3, 480, 640), 3)


def test_a_detector_keeps_all_but_what_depends_on_its_classes():
    made = tuned(YOLO, of(YOLO, None), BOXES, 0)

    report = analyze(made.network)
    assert made.heads == ("scores",)
    assert report["scores"].output.channels == 5 * 2 + 3
    assert report["loss"].layer.values["classes"] == 3
    assert {path for path, fact in report.leaves() if fact.trainable} == {"scores"}
    assert {key for key in of(YOLO).shapes if key not in made.weights} == {"scores.weight", "scores.bias"}


def test_both_heads_of_a_faster_rcnn_learn_where_only_the_head_does():
    network = presets.build("faster_rcnn_small")
    made = tuned(network, of(network, None), BOXES, 0)

    report = analyze(made.network)
    assert {path for path, fact in report.leaves() if fact.trainable} == {"cls_score", "bbox_pred"}
    assert {one.path for one in made.match.left} == {"cls_score", "bbox_pred"}
    last = {path for path, fact in analyze(tuned(network, of(network), BOXES, 3).network).leaves() if fact.trainable}
    assert last == {"fc7", "cls_score", "bbox_pred"}


def test_every_skip_of_an_fcn_begins_anew():
    network = presets.build("fcn_8s")
    made = tuned(network, of(network, None), Circumstances("cells", "segmentation", (3, 500, 500), 4), 0)

    assert set(made.heads) == {"score_fr", "score_pool4", "score_pool3"}
    assert not [key for key in made.weights if key.startswith("score_")]


def test_what_has_no_loss_gets_the_one_that_fits():
    bare = edit.remove(LECTURE, ["loss", "target"])
    assert task(bare) == ""

    made = tuned(bare, of(LECTURE), CLASSES, 0)

    assert task(made.network) == "classification"
    assert made.heads == ("dense",)


def test_classes_become_numbers():
    made = tuned(LECTURE, of(LECTURE), Circumstances("ages", "regression", (1, 28, 28), numbers=2), 0)

    report = analyze(made.network)
    assert made.heads == ("dense",)
    assert report["dense"].output.channels == 2
    assert task(made.network) == "regression"
    assert {path for path, fact in report.leaves() if fact.trainable} == {"dense"}


@pytest.mark.parametrize(("network", "around"), [(YOLO, CLASSES), (LECTURE, BOXES)])
def test_another_task_is_refused_with_both_named(network, around):
    with pytest.raises(
        NetworkError, match=r"tells .*, but .* has learned .*: choose a network that has learned the same"
    ):
        tuned(network, of(network), around, None)


def test_published_weights_are_offered_for_their_network():
    assert [one.origin for one in origins_for("ResNet-50")] == [
        "torchvision:resnet50:IMAGENET1K_V2",
        "torchvision:resnet50:IMAGENET1K_V1",
    ]
    assert origins_for("Lecture network") == []


# the dialogs


@pytest.fixture
def service(window) -> FakeService:
    window.session._service = FakeService()
    return window.session._service


def dialog(kind):
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible())


def press(qtbot, parent, name: str) -> None:
    made = parent.findChild(QPushButton, name)
    assert made is not None, name
    assert made.isEnabled(), name
    qtbot.mouseClick(made, Qt.MouseButton.LeftButton)


def test_weights_of_a_file_are_taken_and_forgotten(window, drawing, service, qtbot):
    document = drawing(LECTURE)
    window.do("weights")
    asked = dialog(WeightsDialog)
    asked.load("/w.pt")
    service.last("find_weights").answer(origin=of(presets.build("lecture", classes=3)).to_dict())

    assert asked._head.itemAt(1).widget().text().startswith("6 of 7 layers begin with their weights.")
    assert left(document)["dense"] == "dense is to begin anew."
    press(qtbot, asked, "forget-weights")
    assert document.origin is None
    asked.accept()


def test_weights_that_fit_nothing_are_refused_in_the_dialog(window, drawing, service):
    document = drawing(LECTURE)
    window.do("weights")
    asked = dialog(WeightsDialog)
    asked.load("/w.pt")
    service.last("find_weights").answer(origin=of(presets.build("unet_padded")).to_dict())
    assert "fit no layer" in asked.refusal.text()
    asked.load("/x.pt")
    service.last("find_weights").refuse("x.pt: it holds more than weights, or is damaged; it was not opened.")
    assert "not opened" in asked.refusal.text()
    assert document.weights == {}
    asked.accept()


def test_all_but_the_last_are_frozen_from_the_keyboard(window, drawing, qtbot):
    document = drawing(LECTURE)
    window.do("freeze_but_last")
    asked = dialog(FreezeDialog)
    assert asked.choice.all.isChecked()
    qtbot.mouseClick(asked.choice.some, Qt.MouseButton.LeftButton)
    asked.choice.layers.setValue(2)
    assert asked.choice.said.text().startswith("2 layers learn: 24")
    press(qtbot, asked, "freeze-others")

    assert {p for p, f in document.report.leaves() if f.trainable} == {"conv6", "dense"}
    document.stack.undo()
    assert document.report.trainable == document.report.parameters


def test_what_begins_anew_is_never_frozen_with_all_but_the_last(window, drawing, qtbot):
    """The last layer of a Faster R-CNN is the one for boxes; its scores of classes stayed frozen as they were drawn."""
    network = presets.build("faster_rcnn_small", classes=3)
    document = drawing(network)
    origin = of(presets.build("faster_rcnn_small"))
    document.begin_with({key: ("/w.pt", key) for key in origin.shapes}, origin, "weights")
    window.do("freeze_but_last")
    asked = dialog(FreezeDialog)
    qtbot.mouseClick(asked.choice.head, Qt.MouseButton.LeftButton)
    press(qtbot, asked, "freeze-others")

    assert {p for p, f in document.report.leaves() if f.trainable} == {"cls_score", "bbox_pred"}


def test_a_new_head_for_the_classes_of_the_data(window, drawing, service):
    origin = of(LECTURE)
    document = drawing(LECTURE)
    document.begin_with(places(origin), origin, "weights")
    window.session.choose_data(Description("/somewhere"))
    window.do("new_head")
    service.last("data").answer(**answer("/somewhere"))

    assert document.report["dense"].output.channels == 2
    assert left(document) == {"dense": "dense is to begin anew."}
    document.stack.undo()
    assert document.report["dense"].output.channels == 10


def answer(source: str, task: str = "classification") -> dict:
    return {
        "source": source,
        "classes": ["ants", "bees"],
        "shape": [3, 160, 160],
        "counts": {"train": [24, 24], "validation": [8, 8]},
        "images": {"train": 48, "validation": 16},
        "format": "imagefolder",
        "task": task,
    }


def test_three_steps_end_in_a_drawing_that_trains(window, service, qtbot, monkeypatch, tmp_path):
    offer = plans.Offer("Lecture", "preset:lecture", "package:lecture", 33_730, 99.0, 0.0, 28)
    monkeypatch.setattr("gui.transfer.network_step.offers", lambda: [offer])
    wanted = []
    window.session.train_wanted.connect(lambda: wanted.append(True))
    window.do("fine_tune")
    steps = dialog(FineTune)
    press(qtbot, steps, "next")
    assert not steps.next.isEnabled()
    service.last("find_weights").answer(origin=of(LECTURE).to_dict())
    assert steps.step == 1
    assert not steps.next.isEnabled()

    steps.images.choose(str(tmp_path))
    service.last("data").answer(**answer(str(tmp_path), "detection"))
    assert "tells objects with their boxes, but Lecture network has learned one class" in steps.images.refusal.text()
    steps.images.choose(str(tmp_path))
    service.last("data").answer(**answer(str(tmp_path)))
    press(qtbot, steps, "next")
    assert steps.step == 2
    press(qtbot, steps, "back")
    press(qtbot, steps, "next")
    press(qtbot, steps, "next")

    session = window.session
    assert wanted == [True]
    assert window.room == "train"
    assert session.data == Description(str(tmp_path))
    assert (session.recipe.batch, session.recipe.epochs) == (16, 10)
    document = session.document
    assert {p for p, f in document.report.leaves() if f.trainable} == {"dense"}
    assert document.report["dense"].output.channels == 2
    assert document.origin.preprocessing == TOLD
    assert len(document.kept.taken) == 6


def begin_with_run(window, service, tmp_path, network):
    """The three steps, with a run of *network* chosen in the first one."""
    made = create(tmp_path / "runs", network, None, Recipe(), Description("digits"), name="Mine")
    (made.folder / "checkpoints" / "best.pt").touch()
    row = Summary(made, "Mine", network.name, "done", 0.1, "AdamW", 1, 1, 0.987, "map50", 0.1, 1.0, 1)
    Runs.of(window.session).rows = (row,)
    window.do("fine_tune")
    return made, dialog(FineTune)


def test_what_was_trained_here_goes_on_with_boxes_of_other_classes(window, service, qtbot, monkeypatch, tmp_path):
    monkeypatch.setattr(Runs, "refresh", lambda self: None)
    run, steps = begin_with_run(window, service, tmp_path, YOLO)
    button = steps.findChild(QPushButton, "begin-Mine")
    assert "YOLO, small, trained here to 98.7 %" in [w.text() for w in button.findChildren(Elided)]
    press(qtbot, steps, "begin-Mine")
    press(qtbot, steps, "next")
    assert service.last("find_weights").args == {"text": str(run.folder)}
    service.last("find_weights").answer(origin=of(YOLO).to_dict())
    steps.images.choose(str(tmp_path))
    assert service.last("data").args["task"] == "detection"
    service.last("data").answer(**answer(str(tmp_path), "detection"))
    press(qtbot, steps, "next")

    assert steps.learning.all.isChecked()
    press(qtbot, steps, "learn-head")
    assert steps.learning.said.text().startswith("1 layer learns: 1")
    press(qtbot, steps, "next")
    document = window.session.document
    assert {p for p, f in document.report.leaves() if f.trainable} == {"scores"}
    assert document.network.variables["classes"] == 2
    assert len(document.kept.taken) == len(document.kept.taken + document.kept.left) - 1


def test_images_are_read_again_for_a_network_of_another_task(window, service, qtbot, monkeypatch, tmp_path, drawing):
    monkeypatch.setattr(Runs, "refresh", lambda self: None)
    document = drawing(LECTURE)
    document.begin_with(places(of(LECTURE)), of(LECTURE), "weights")
    _, steps = begin_with_run(window, service, tmp_path, YOLO)
    press(qtbot, steps, "next")
    steps.images.choose(str(tmp_path))
    service.last("data").answer(**answer(str(tmp_path)))
    press(qtbot, steps, "back")
    press(qtbot, steps, "begin-Mine")
    press(qtbot, steps, "next")
    service.last("find_weights").answer(origin=of(YOLO).to_dict())

    assert not steps.next.isEnabled()
    service.last("data").answer(**answer(str(tmp_path)))
    assert "choose a network that has learned the same" in steps.images.refusal.text()
    assert not steps.next.isEnabled()
    steps.reject()


def test_a_model_in_a_file_can_be_begun_with(window, service, qtbot, tmp_path):
    window.do("fine_tune")
    steps = dialog(FineTune)
    (tmp_path / "model.pt").touch()
    steps.network.take_file(tmp_path / "model.pt")
    press(qtbot, steps, "next")
    asked = service.last("import")
    assert asked.args == {"file": str(tmp_path / "model.pt")}
    asked.refuse("model.pt: it holds no network.")
    assert steps.refusal.text() == "model.pt: it holds no network."
    press(qtbot, steps, "next")
    service.last("import").answer(network=files.dumps(LECTURE), origin=of(LECTURE).to_dict())

    assert steps.step == 1
    steps.reject()


def test_offline_the_first_step_says_what_to_do(window, service, qtbot):
    window.do("fine_tune")
    steps = dialog(FineTune)
    press(qtbot, steps, "begin-ResNet-18")
    press(qtbot, steps, "next")
    service.last("find_weights").progress(0.5)
    assert steps.bar.isVisible()
    service.last("find_weights").refuse("The weights of ResNet-18 are not on this machine.")

    assert steps.step == 0
    assert steps.refusal.text() == "The weights of ResNet-18 are not on this machine."
    assert steps.next.isEnabled()
    steps.reject()


def test_a_drawing_that_has_weights_comes_first(window, drawing, service, qtbot):
    document = drawing(LECTURE)
    document.begin_with(places(of(LECTURE)), of(LECTURE), "weights")
    window.do("fine_tune")
    steps = dialog(FineTune)
    assert steps.network.chosen is document
    press(qtbot, steps, "next")

    assert steps.step == 1
    steps.reject()
