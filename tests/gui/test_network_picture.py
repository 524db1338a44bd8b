"""The picture of a network shows what is there: a chain has no arcs, a residual network has one per block."""

from __future__ import annotations

import pytest

import presets
from graph import analyze
from gui.network_picture import MOST, arcs, bodies

pytestmark = pytest.mark.qt


@pytest.mark.parametrize("name", ["lecture", "vgg16", "alexnet"])
def test_a_chain_has_no_arcs(name):
    report = analyze(presets.build(name))

    assert arcs(report, bodies(report)) == ()


def test_a_residual_network_has_an_arc_per_block():
    report = analyze(presets.build("resnet18"))
    shown = bodies(report)

    found = arcs(report, shown)

    merges = [i for i, body in enumerate(shown) if body.family == "merge"]
    assert {end for _, end in found} >= set(merges)
    assert all(start < end - 1 for start, end in found)


@pytest.mark.parametrize("name", list(presets.presets()))
def test_every_preset_has_a_picture_that_fits(name):
    shown = bodies(analyze(presets.build(name)))

    assert 0 < len(shown) <= MOST
    assert all(0 < body.high <= 1 and 0 < body.deep <= 1.0001 for body in shown)
