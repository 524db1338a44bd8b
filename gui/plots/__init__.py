"""Curves that grow while one looks at them: numbers (:mod:`gui.plots.curves`), axes, and the panel that draws them."""

from gui.plots.curves import Pyramid, Series, smooth
from gui.plots.ticks import log_ticks, ticks

__all__ = ["Pyramid", "Series", "log_ticks", "smooth", "ticks"]
