"""What there is to say in numbers of what a value sees, and what one may overlook."""

from __future__ import annotations

from graph.text import tr
from gui.explanation import Line
from gui.numbers import pixels
from gui.receptive.sight import Sight


def facts_of(found: Sight) -> list[Line]:
    """What there is to say of the field in numbers."""
    names = {1: (tr("Pixels"),), 2: (tr("Rows"), tr("Columns")), 3: (tr("Planes"), tr("Rows"), tr("Columns"))}
    titles = names.get(len(found.image), ("",) * len(found.image))
    lines = [Line(title, f"{a} – {b}") for title, (a, b) in zip(titles, found.spans, strict=False)]
    if found.size:
        lines.append(Line(tr("Size"), f"{pixels(found.size)} px", "", "receptive_field"))
        lines.append(Line(tr("Step"), f"{_fractions(found)} px", "", "stride"))
        start = found.start if len(set(found.start)) > 1 else found.start[:1]
        lines.append(Line(tr("First value begins at"), f"{pixels(start)} px".replace("-", "−")))
    else:
        lines.append(Line(tr("Size"), tr("everything"), "", "receptive_field"))
    lines.append(Line(tr("Share of the image"), f"{100 * found.share:.3g}\u00a0%"))
    return lines


def _fractions(found: Sight) -> str:
    steps = [str(s) for s in found.stride]
    return steps[0] if len(set(steps)) == 1 else " × ".join(steps)


def warnings_of(found: Sight) -> list[str]:
    """What one may overlook: what lies over the border, paths that do not line up."""
    told = []
    if not found.spans:
        told.append(tr("It sees only padding here, and nothing of the image."))
    elif found.beyond:
        told.append(
            tr(
                "Cut at the border: {seen} of {size} pixels are image.",
                seen=pixels(found.spans_size),
                size=pixels(found.size),
            )
        )
    for step, _ in found.steps:
        for branch in step.branches:
            if branch.disagrees:
                told.append(
                    tr(
                        "At {name}, {path} arrives with another step: positions do not line up.",
                        name=step.path,
                        path=branch.path,
                    )
                )
    return told
