"""Weights that a drawing's file names: there again when it is opened, or missed in a sentence; never lost by saving."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

import presets
from graph import edit, files
from graph.analysis import analyze
from graph.errors import CanevasError
from gui.document import Document
from gui.recovery import recovered
from gui.training import begin
from gui.transfer.weights_dialog import WeightsDialog
from runtime.data.description import Description
from runtime.recipe import Recipe
from runtime.weights.origin import Origin
from runtime.weights.recall import portable
from tests.gui.fake_service import FakeService

pytestmark = pytest.mark.qt

LECTURE = presets.build("lecture")
SUM = "a" * 64


def of(file, text: str = "") -> Origin:
    """Weights that are exactly those of the lecture's network."""
    shapes = {f"{p}.{k}": w.shape for p, fact in analyze(LECTURE).leaves() for k, w in fact.weights.items()}
    return Origin(text or str(file), "w.pt", str(file), shapes, sha256=SUM)


@pytest.fixture
def service(window) -> FakeService:
    window.session._service = FakeService()
    return window.session._service


@pytest.fixture
def saved(tmp_path):
    """A drawing with weights: a node renamed, another changed, the head to begin anew."""
    origin = of(tmp_path / "w.pt")
    weights = {key: (origin.file, key) for key in origin.shapes if not key.startswith("dense")}
    document = Document(LECTURE, weights=weights, origin=origin)
    moved = edit.rename(document.network, "conv1", "stem")
    document.edit(moved.network, "rename", paths=moved.paths)
    document.edit(edit.set_values(document.network, "conv4", out_channels=20), "wider")
    document.save(tmp_path / "x.canevas")
    yield document
    document.close()


def test_what_is_saved_comes_back(window, service, saved, tmp_path):
    opened = window.files.open(tmp_path / "x.canevas")
    assert (opened.weights, opened.origin, opened.kept) == ({}, None, None)
    asked = service.last("find_weights")
    assert asked.args == {"text": str(tmp_path / "w.pt"), "sha256": SUM, "fetch": False}
    asked.answer(origin=saved.origin.to_dict())

    assert opened.weights == saved.weights
    assert opened.origin == saved.origin
    assert opened.kept == saved.kept
    assert opened.kept.weights["stem.weight"][1] == "conv1.weight"
    assert {one.path for one in opened.kept.left} == {"conv4", "conv5", "dense"}
    assert not opened.dirty


def test_edits_made_while_they_are_awaited_are_followed(window, service, saved, tmp_path):
    opened = window.files.open(tmp_path / "x.canevas")
    moved = edit.rename(opened.network, "stem", "first")
    opened.edit(moved.network, "rename", paths=moved.paths)
    service.last("find_weights").answer(origin=saved.origin.to_dict())

    assert opened.weights["first.weight"][1] == "conv1.weight"
    opened.stack.undo()
    assert opened.weights == saved.weights


def test_a_file_that_is_gone_is_missed_in_a_sentence_and_not_forgotten(window, service, saved, tmp_path):
    before = (tmp_path / "x.canevas").read_text()
    opened = window.files.open(tmp_path / "x.canevas")
    service.last("find_weights").refuse("w.pt: it does not exist.")

    assert window.notice.text == (
        "x is open without its weights. w.pt: it does not exist. Put the file back and open the drawing again, or "
        "choose others."
    )
    with pytest.raises(CanevasError, match=r"weights of w\.pt are not there"):
        begin.planned(opened, Recipe(), Description("digits"), tmp_path)
    opened.save()
    assert (tmp_path / "x.canevas").read_text() == before
    opened.begin_with({}, None, "Forget")
    assert begin.planned(opened, Recipe(), Description("digits"), tmp_path).weights == {}
    opened.save()
    assert '"weights"' not in (tmp_path / "x.canevas").read_text()
    opened.stack.undo()
    assert opened.awaited is not None


def test_saving_elsewhere_names_the_same_file(saved, tmp_path):
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    for folder in ("a", "a/b/c"):
        file = tmp_path / folder / "y.canevas"
        saved.save(file)
        assert files.opened(file).weights.source == portable(str(tmp_path / "w.pt"), file.parent)


def test_a_drawing_moves_together_with_its_weights(window, service, saved, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "x.canevas").rename(tmp_path / "there" / "x.canevas")
    window.files.open(tmp_path / "there" / "x.canevas")

    assert service.last("find_weights").args["text"] == str(tmp_path / "there" / "w.pt")


def test_published_weights_that_are_not_here_are_fetched_on_demand(window, service, tmp_path):
    text = "torchvision:resnet18:IMAGENET1K_V1"
    origin = of(tmp_path / "w.pt", text)
    document = Document(LECTURE, weights={k: (origin.file, k) for k in origin.shapes}, origin=origin)
    document.save(tmp_path / "x.canevas")
    document.close()
    assert files.opened(tmp_path / "x.canevas").weights.source == text

    opened = window.files.open(tmp_path / "x.canevas")
    service.last("find_weights").refuse("The weights of ResNet-18 IMAGENET1K_V1 are not on this machine.")
    assert window.notice.text.endswith("are not on this machine.")
    window.notice.answer("fetch")
    asked = service.last("find_weights")
    assert asked.args == {"text": text}
    asked.answer(origin=origin.to_dict())

    assert len(opened.kept.taken) == 7
    assert not opened.dirty
    next(w for w in QApplication.topLevelWidgets() if isinstance(w, WeightsDialog) and w.isVisible()).accept()


def test_a_file_that_holds_others_now_can_be_taken_as_it_is(window, service, saved, tmp_path):
    opened = window.files.open(tmp_path / "x.canevas")
    service.last("find_weights").refuse("w.pt: it holds other weights than when the drawing was saved.")
    window.notice.answer("weights")
    asked = next(w for w in QApplication.topLevelWidgets() if isinstance(w, WeightsDialog) and w.isVisible())
    asked.load(str(tmp_path / "w.pt"))
    other = Origin.from_dict({**saved.origin.to_dict(), "sha256": "b" * 64})
    service.last("find_weights").answer(origin=other.to_dict())

    assert opened.awaited is None
    assert opened.origin == other
    assert opened.dirty
    asked.accept()


def test_a_crash_forgets_no_weights(window, service, saved, tmp_path, monkeypatch):
    opened = window.files.open(tmp_path / "x.canevas")
    service.last("find_weights").refuse("gone")
    opened.edit(edit.set_values(opened.network, "conv5", out_channels=30), "wider")
    opened.autosave.write()
    monkeypatch.setattr("gui.recovery._alive", lambda record: False)

    again = recovered()[0].open()

    assert again.state.weights == opened.state.weights
    assert again.awaited == opened.awaited
    again.close()
