"""Colors by name, in two themes; fonts whose figures are of one width; icons that follow."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QFontMetrics, QIcon, QPixmap

from graph.layer import CATEGORIES
from gui import theme

pytestmark = pytest.mark.qt


def luminance(color) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in color.getRgbF()[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(a, b) -> float:
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", ["dark", "light"])
def test_text_stands_out_from_every_background(name):
    t = theme.THEMES[name]

    for text in ("t1", "t2", "t3", "acc", "ok", "warn", "err"):
        for ground in ("bg0", "bg1", "bg2"):
            assert contrast(t.color(text), t.color(ground)) >= 4.5, (text, ground)


@pytest.mark.parametrize("name", ["dark", "light"])
def test_every_family_has_a_color_of_its_own(name):
    t = theme.THEMES[name]
    colors = {t.family(category).name() for category in CATEGORIES}

    assert len(colors) == len(CATEGORIES)
    assert all(contrast(t.family(category), t.color("bg2")) >= 3 for category in CATEGORIES)


def test_another_theme_is_used_and_announced_at_once(qapp, qtbot):
    theme.apply(qapp, "dark")

    with qtbot.waitSignal(theme.changed):
        theme.apply(qapp, "light")

    assert theme.theme().name == "light"
    assert qapp.palette().window().color() == theme.theme().color("bg1")
    theme.apply(qapp, "dark")


def test_an_icon_follows_the_theme(qapp):
    def shown(icon: QIcon) -> QPixmap:
        return icon.pixmap(QSize(16, 16))

    theme.apply(qapp, "dark")
    icon = theme.icon("zap", "act")
    before = shown(icon).toImage()
    theme.apply(qapp, "light")

    assert shown(icon).toImage() != before
    assert shown(theme.icon("zap", "act")).toImage() == shown(icon).toImage()
    theme.apply(qapp, "dark")


def test_an_icon_is_sharp_on_a_screen_of_double_density(qapp):
    drawn = theme.pixmap("zap", "act", 16, 2.0)

    assert drawn.width() == 32
    assert drawn.devicePixelRatio() == 2.0


def test_every_icon_of_a_family_exists(qapp):
    for category in CATEGORIES:
        assert not theme.pixmap(theme.theme().family_icon(category), category).isNull()


def test_figures_are_of_one_width(qapp):
    metrics = QFontMetrics(theme.font())

    assert len({metrics.horizontalAdvance(figure * 10) for figure in "0123456789"}) == 1
