"""The table of results: its commands are real, and a short share of one is trained."""

from __future__ import annotations

from pathlib import Path

import pytest

import presets
from graph.analysis import analyze
from graph.circumstances import Circumstances
from graph.problems import misfits
from runtime.command_line.parser import parsed
from runtime.command_line.sources import load
from runtime.command_line.training import recipe_of
from runtime.fit import fitted
from tools.results import RESULTS, Result, by_hand, command, membrane, of_test, same_weights, shown, trained

BY_NAME = {result.name: result for result in RESULTS}
TOLD = {
    "lenet": ("classification", (1, 16, 16), 10),
    "fashion": ("classification", (1, 28, 28), 10),
    "resnet": ("classification", (1, 28, 28), 10),
    "unet": ("segmentation", (1, 512, 512), 2),
    "unet-long": ("segmentation", (1, 512, 512), 2),
    "yolo": ("detection", (1, 96, 96), 10),
    "faster-rcnn": ("detection", (1, 96, 96), 10),
    "cells": ("detection", (3, 480, 640), 3),
}
"""What the data of each line are for, the shape of their images, and how many classes they have."""


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.name)
def test_each_command_is_one_and_its_network_fits_its_data(result: Result):
    args = parsed(["train", *command(result, 2)])
    args.presets = lambda: presets
    assert (args.threads, args.seed) == (1, 2)
    loaded = load(args)
    assert recipe_of(args, loaded).threads == 1
    task, shape, classes = TOLD[result.name]
    around = Circumstances(result.name, task, shape, classes)
    network, _ = fitted(loaded.network, around, keep=("image_size",) if args.input else ())
    assert not [p for p in misfits(analyze(network), around) if p.severity == "error"]
    assert shown(result).startswith(f"canevas train {args.source} --data ")


def test_measures_are_taken_from_the_part_that_judges():
    result = {
        "judged_by": "test",
        "parts": {"test": {"accuracy": 0.5, "iou": [0.25, 0.75]}, "train": {"accuracy": 1.0}},
    }
    assert of_test("accuracy")(result) == 0.5
    assert membrane(result) == 0.25


@pytest.mark.slow
@pytest.mark.torch
def test_a_share_of_lenet_of_1989(tmp_path: Path, shared_data: Path, monkeypatch: pytest.MonkeyPatch):
    """Four of its twenty epochs."""
    monkeypatch.setenv("CANEVAS_SHARED", str(shared_data.parent))
    result = BY_NAME["lenet"]
    short = Result(**{**vars(result), "words": "preset:lenet_1989 --epochs 4"})
    found, seconds = trained(short, 0, tmp_path / "run")
    assert result.found(found) >= 0.88
    assert 0 < seconds < 60


@pytest.mark.slow
@pytest.mark.torch
@pytest.mark.qt
def test_window_and_terminal_end_with_the_same_weights(tmp_path: Path):
    """A line in short: its preset, a variable, included data and a recipe, by hand and by command."""
    words = "preset:lecture --set width=4 --batch 64 --epochs 1"
    short = Result("short", "", "digits", words, "accuracy", 0.1, of_test("accuracy"), 0.1, below="-")
    by_command, seconds = trained(short, 3, tmp_path / "terminal")
    in_window, own = by_hand(short, 3, tmp_path / "window")

    assert by_command == in_window
    assert same_weights(tmp_path / "terminal", tmp_path / "window")
    assert 0 < own < seconds
