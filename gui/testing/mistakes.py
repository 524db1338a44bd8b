"""Mistakes in words: how many there are, what counts as one, and what is written under a picture of one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QImage

from graph.text import tr, tr_count
from gui.data.values import in_short
from gui.pictures import Tile
from gui.plots.ticks import percent
from gui.testing.result import BoxResult, ClassResult, MaskResult, NumberResult, Result


def mistakes_in_words(result: Result) -> str:
    """How many were answered wrongly."""
    if isinstance(result, NumberResult):
        return tr_count(
            "{n} of {all} missed by more than a standard deviation",
            "{n} of {all} missed by more than a standard deviation",
            result.wrong,
            all=result.images,
        )
    said = tr_count("{n} of {all} wrong", "{n} of {all} wrong", result.wrong, all=result.images)
    told = errors_in_words(result.errors.sum(axis=0)) if isinstance(result, BoxResult) else ""
    return tr("{wrong}: {errors}", wrong=said, errors=told) if told else said


def errors_in_words(errors: Sequence[int]) -> str:
    """Objects missed, objects taken for another class, boxes in vain; what there is none of is left out."""
    missed, mixed, vain = (int(n) for n in errors)
    told = (
        (missed, tr_count("{n} missed", "{n} missed", missed)),
        (mixed, tr_count("{n} mixed up", "{n} mixed up", mixed)),
        (vain, tr_count("{n} in vain", "{n} in vain", vain)),
    )
    return ", ".join(words for n, words in told if n)


def meaning(result: Result) -> str:
    """What counts as a mistake, where that is not plain."""
    if isinstance(result, BoxResult):
        return tr(
            "Of the boxes surer than {threshold}: an image is wrong where an object is missed, is taken for another "
            "class (mixed up), or where a box lies in vain, on nothing or on an object that a surer one has met. "
            "They meet if they share half of what they cover together.",
            threshold=percent(result.threshold, 0),
        )
    if isinstance(result, MaskResult):
        return tr("An image counts as wrong whose mask meets what is right by less than half (mean IoU).")
    return ""


def tile_of_mistake(result: Result, picture: QImage, i: int, tip: str) -> Tile:
    """The picture of sample *i* and, below it, what is wrong."""
    score = percent(float(result.scores[i]), 0)
    if isinstance(result, ClassResult):
        guess, label = (result.classes[int(found[i])] for found in (result.answers, result.labels))
        return Tile(picture, guess, tr("not {label}", label=label), score, True, i, tip)
    if isinstance(result, NumberResult):
        said, right = in_short(result.answers[i]), in_short(result.right[i])
        told = tr("The network says {guess}; right is {label}.", guess=said, label=right)
        return Tile(picture, said, "", "", bool(result.scores[i] > 1), i, f"{told}\n{tip}")
    if isinstance(result, BoxResult):
        told = errors_in_words(result.errors[i])
        many = int(result.errors[i].sum())
        word = tr_count("{n} mistake", "{n} mistakes", many) if many else tr("right")
        return Tile(picture, word, "", "", bool(many), i, "\n".join(filter(None, (told, tip))))
    return Tile(picture, tr("IoU"), "", score, float(result.scores[i]) < 0.5, i, tip)
