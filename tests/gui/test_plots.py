"""Curves: smoothing, thinning, ticks, and a plot that draws only what is new and seen."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gui.plots.curves import Growing, Pyramid, Series, smooth, thinned
from gui.plots.ticks import log_ticks, percent, percent_ticks, step, three, ticks, written


def mean_by_mean(values: np.ndarray, weight: float) -> list[float]:
    """The definition, value by value."""
    mean = mass = 0.0
    out = []
    for x in values:
        if not math.isfinite(x):
            out.append(math.nan)
            mean, mass = weight * mean, weight * mass
            continue
        mean = weight * mean + (1 - weight) * x
        mass = weight * mass + (1 - weight)
        out.append(mean / mass)
    return out


@pytest.mark.parametrize("weight", [0.05, 0.5, 0.9, 0.99])
def test_smoothing_is_its_definition(weight):
    values = np.random.default_rng(1).normal(size=1500)

    np.testing.assert_allclose(smooth(values, weight)[0], mean_by_mean(values, weight), rtol=1e-9)


def test_smoothing_passes_over_what_is_no_number():
    values = np.array([1.0, math.nan, 3.0, math.inf, 5.0])

    np.testing.assert_allclose(smooth(values, 0.5)[0], mean_by_mean(values, 0.5))


def test_smoothing_in_pieces_is_smoothing_at_once():
    values = np.random.default_rng(2).normal(size=999)
    first, state = smooth(values[:400], 0.9)
    second, _ = smooth(values[400:], 0.9, state)

    np.testing.assert_allclose(np.concatenate((first, second)), smooth(values, 0.9)[0], rtol=1e-9)


def test_no_smoothing_changes_nothing():
    values = np.array([3.0, 1.0, 2.0])

    assert smooth(values, 0.0)[0] is values


@pytest.mark.parametrize("pieces", [[10_000], [1, 2, 3, 4990, 5004], [5000, 5000]])
def test_the_pyramid_keeps_every_extreme(pieces):
    y = np.random.default_rng(3).normal(size=10_000)
    grown, pyramid = Growing(), Pyramid()
    for piece in np.split(y, np.cumsum(pieces)[:-1]):
        grown.extend(piece)
        pyramid.update(grown.values)
    x = np.arange(10_000.0)
    at, thin = pyramid.view(x, grown.values, 0, 10_000, points=500)

    assert len(thin) <= 700
    assert (thin.min(), thin.max()) == (y.min(), y.max())
    assert np.all(np.diff(at) >= 0)


def test_a_narrow_view_shows_the_points_themselves():
    series = Series()
    series.extend(np.arange(100_000.0), np.sin(np.arange(100_000) / 50))
    x, y = series.view(500, 600, points=2000)

    assert (x[0], x[-1]) == (499, 601)  # one more on either side, so that lines leave the picture
    np.testing.assert_array_equal(y, np.sin(np.arange(499, 602) / 50))


def test_a_calm_curve_is_thinned_without_zigzag():
    x = np.arange(10_000.0)
    at, y = thinned(x, x**2, 0, 10_000, 300)

    assert len(y) <= 301
    assert at[-1] == 9999
    assert np.all(np.diff(y) > 0)


def test_a_resumed_run_forgets_what_followed_its_checkpoint():
    series = Series()
    series.extend(range(100), range(100))
    series.view(0, 100, 0.9)
    series.cut(after=49)
    series.extend(range(50, 60), [7.0] * 10)

    assert len(series) == 60
    np.testing.assert_allclose(series.smoothed(0.9), smooth(series.y, 0.9)[0])
    assert series.at(200) == (59, 7.0)


def test_the_nearest_point_is_found():
    series = Series()
    assert series.at(1) is None
    series.extend([0, 10, 20], [1, 2, 3])

    assert [series.at(x)[0] for x in (-5, 4, 6, 14, 99)] == [0, 0, 10, 10, 20]


@pytest.mark.parametrize(
    ("span", "count", "expected"), [(20, 4, 5), (0.1, 4, 0.05), (7, 5, 2), (1000, 5, 200), (0, 5, 1)]
)
def test_steps_are_round(span, count, expected):
    assert step(span, count) == pytest.approx(expected)


def test_ticks_lie_inside_and_are_written_shortly():
    assert ticks(0, 20, 4) == [(0, "0"), (5, "5"), (10, "10"), (15, "15"), (20, "20")]
    assert [text for _, text in ticks(0, 0.02, 4)] == ["0.000", "0.005", "0.010", "0.015", "0.020"]
    assert [at for at, _ in ticks(0.2, 3.4, 10, whole=True)] == [1, 2, 3]
    assert ticks(1, 1) == ticks(0, math.inf) == []


def test_ticks_of_shares_are_percents():
    assert [text.replace("\u2009", " ") for _, text in percent_ticks(0.9, 1.0, 5)] == [
        "90 %",
        "92 %",
        "94 %",
        "96 %",
        "98 %",
        "100 %",
    ]


def test_ticks_of_logarithms_are_powers_of_ten():
    assert [text for _, text in log_ticks(-4, 1, 8)] == ["0.0001", "0.001", "0.01", "0.1", "1", "10"]
    assert len(log_ticks(-40, 2, 5)) <= 6
    assert [text for _, text in log_ticks(-0.2, 0.8, 5)] == ["1", "2", "5"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.10234, "0.102"), (12.34, "12.3"), (0.000321, "0.000321"), (2e-7, "2.0e-07"), (2417.6, "2\u2009418"), (0, "0")],
)
def test_measured_numbers_have_three_digits(value, expected):
    assert three(value) == expected


def test_percents_never_claim_too_much():
    assert percent(1.0).startswith("100")
    assert percent(0.99996).startswith("99.9")
    assert percent(0.00001).startswith("< 0.1")
    assert written(1e-6) == "1e-06"


@pytest.mark.qt
class TestPlot:
    @pytest.fixture
    def plot(self, qtbot):
        from gui.plots.plot import Plot, Style

        made = Plot("Loss", Style(three, floor=0.0), can_log=True)
        qtbot.addWidget(made)
        made.resize(400, 300)
        return made

    def line(self, **how):
        from gui.plots.plot import Line

        series = Series()
        series.extend(np.arange(100.0), np.linspace(2.0, 0.1, 100))
        return Line(series, "acc", "train", divide=10.0, **how)

    def test_it_draws_only_what_is_new_and_seen(self, plot, qtbot):
        plot.set_lines([self.line()])
        assert not plot.redraw()  # nobody sees it
        plot.show()
        qtbot.waitExposed(plot)
        plot.box.setXRange(0, 10, padding=0)
        assert plot.redraw()
        assert not plot.redraw()  # nothing is new

    def test_it_counts_in_epochs(self, plot, qtbot):
        plot.set_lines([self.line()])
        plot.show()
        plot.box.setXRange(0, 10, padding=0)
        plot.redraw()
        x, _ = plot._items[0].getData()

        assert (x[0], x[-1]) == (0, 9.9)

    def test_a_logarithmic_axis_leaves_out_what_has_no_logarithm(self, plot, qtbot):
        line = self.line()
        line.series.extend([100], [0.0])
        plot.set_lines([line])
        plot.show()
        plot.box.setXRange(0, 11, padding=0)
        plot.log_chip.click()
        _, y = plot._items[0].getData()

        assert y[0] == pytest.approx(math.log10(2.0))
        assert math.isnan(y[-1])
        assert all(text in ("0.1", "0.2", "0.5", "1", "2") for _, text in plot.left._tickLevels[0])

    def test_the_crosshair_tells_the_nearest_values(self, plot, qtbot):
        plot.set_lines([self.line(), self.line(smoothed=True)])
        plot.show()

        rows = plot.rows(5.0)
        assert [(r.word, r.value) for r in rows] == [("train", three(plot.lines[0].series.at(50)[1]))] * 2
        plot.cross(5.0, "Epoch 5")
        assert plot._tip.isVisible()
        plot.cross(None)
        assert not plot._tip.isVisible()

    def test_all_plots_share_the_crosshair_and_one_tip(self, plot, qtbot):
        from gui.plots.plot import Plot, Plots, Style

        other = Plot("Accuracy", Style(percent))
        qtbot.addWidget(other)
        for p in (plot, other):
            p.set_lines([self.line()])
            p.show()
        group = Plots((plot, other), lambda x: f"Epoch {x:g}")
        plot.hovered.emit(3.0)

        assert (plot.hair.isVisible(), other.hair.isVisible()) == (True, True)
        assert (plot._tip.heading, other._tip.isVisible()) == ("Epoch 3", False)
        group.set_extent(0, 20)
        assert plot.range() == other.range() == (0, 20)


@pytest.mark.qt
def test_a_dear_repaint_is_a_rare_one(qapp):
    from gui.plots.plot import pause

    assert pause(0.0) == 100  # at most ten times a second
    assert pause(0.01) == 1000  # a hundredth of a processor
    assert pause(9.0) == 2000


@pytest.mark.qt
def test_an_axis_makes_room_with_some_air(qapp):
    from gui.plots.plot import extent

    assert extent([], False, 0.0, None) == (0.0, 1.0)
    low, high = extent([np.array([1.0, 2.0, np.nan])], False, 0.0, None)
    assert (low, 2.0 < high < 2.2) == (0.0, True)
    low, high = extent([np.array([0.9, 0.98])], False, 0.0, 1.0)
    assert (0.85 < low < 0.9, high) == (True, 1.0)
