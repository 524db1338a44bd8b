"""Which color of text is read on a ground."""

from __future__ import annotations

from PySide6.QtGui import QColor


def luminance(color: QColor) -> float:
    """Relative luminance as WCAG 2 defines it, from 0 to 1."""
    parts = (color.redF(), color.greenF(), color.blueF())
    r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def readable(body: QColor, *candidates: QColor) -> QColor:
    """Which of the *candidates* stands out most on *body*."""
    light = luminance(body) + 0.05

    def contrast(color: QColor) -> float:
        other = luminance(color) + 0.05
        return max(light, other) / min(light, other)

    return max(candidates, key=contrast)
