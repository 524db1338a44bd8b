"""Images with objects, as bytes and boxes in memory: what is told about each is checked against the image itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from graph.errors import FileError
from graph.text import say
from runtime.data import boxes, polygons
from runtime.data.annotated import Annotated, Marked, Picture, short
from runtime.data.decoded import gathered
from runtime.data.description import DataError, Problem
from runtime.data.folder import Listing
from runtime.data.images import oriented, read, resized, stored, turned
from runtime.data.masks import MOST_CLASSES
from runtime.data.preprocessing import Preprocessing

BEYOND = 1.0
"""A box may reach so many pixels beyond its image without a word: some count pixels from 0, some from 1."""

Progress = Callable[[float], None]


@dataclass
class Seen:
    """Pictures whose images are there, their objects checked; sizes are those of the upright images."""

    found: Annotated
    pictures: dict[str, list[tuple[Picture, tuple[int, int]]]]
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    gray: bool = True
    objects: bool = True

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width that suit these images when no network says otherwise."""
        return Listing(self.found.root, (), {}, self.sizes, self.gray).shape


def look(found: Annotated, progress: Progress) -> Seen:
    """See to each image and its objects; what is wrong becomes a problem.

    Raises:
        DataError: no image is left.
    """
    seen, done = Seen(found, {}), 0
    total = sum(map(len, found.pictures.values()))
    for part, pictures in found.pictures.items():
        for picture in pictures:
            try:
                head = stored(picture.file)
            except FileError as e:
                found.refused(e)
                continue
            size = oriented(head.size, head.orientation)
            checked = _checked(picture, head.size, head.orientation, found)
            seen.pictures.setdefault(part, []).append((checked, size))
            seen.sizes[size] += 1
            seen.gray = seen.gray and head.gray
            done += 1
            if done % 64 == 0:
                progress(0.2 * done / total)
    if not seen.sizes:
        raise DataError("{folder} holds no annotated image that can be read.", folder=str(found.root))
    return seen


def load(
    seen: Seen, as_told: Preprocessing, progress: Progress
) -> dict[str, tuple[np.ndarray, Tensor, tuple[str, ...]]]:
    """Of each part images ``(N, C, H, W)``, objects ``(N, K, 5)`` in their pixels, and names of files."""
    found, tiny = seen.found, 0
    most = max(max(len(p.objects) for p, _ in pictures) for pictures in seen.pictures.values()) or 1
    number = {name: i for i, name in enumerate(found.classes)}
    made = {}
    for part, pictures in seen.pictures.items():
        (pixels,), kept = gathered(
            pictures,
            lambda pair: (read(pair[0].file, as_told),),
            (as_told.shape,),
            lambda pair: (pair[0].file,),
            as_told,
            found.refused,
            lambda share: progress(0.2 + 0.8 * share),
        )
        rows = torch.full((len(kept), most, 5), -1.0)
        for i, at in enumerate(kept):
            picture, size = pictures[at]
            if picture.objects:
                labels = (boxes.difficult(n) if hard else n for n, hard in _numbered(picture, number))
                given = torch.tensor(
                    [(*one.box, label) for one, label in zip(picture.objects, labels, strict=True)], dtype=torch.float64
                )
                scaled = boxes.scaled(given, size, as_told)
                there = scaled[scaled[:, 4] != boxes.NONE]
                tiny += len(given) - len(there)
                rows[i, : len(there)] = there.float()
        made[part] = (pixels, rows, tuple(short(pictures[i][0].file, found.root) for i in kept))
    if tiny:
        message = say(
            "objects left out, as images of {size} show less than {least} pixels of them: {n}.",
            n=tiny,
            least=int(boxes.LEAST),
            size=" × ".join(map(str, as_told.size)),
        )
        found.problems.append(Problem("", message))
    return made


def _numbered(picture: Picture, number: dict[str, int]) -> list[tuple[int, bool]]:
    return [(number[one.label], one.difficult) for one in picture.objects]


def load_masks(
    seen: Seen, as_told: Preprocessing, progress: Progress
) -> dict[str, tuple[np.ndarray, np.ndarray, tuple[str, ...]]]:
    """Of each part images ``(N, C, H, W)``, masks ``(N, H, W)`` drawn from the outlines, and names of files.

    Raises:
        DataError: there are no outlines, or more classes than a mask can hold.
    """
    found = seen.found
    every = [one for pictures in seen.pictures.values() for picture, _ in pictures for one in picture.objects]
    if not any(one.outline for one in every):
        raise DataError("{folder} tells boxes only; masks need outlines.", folder=str(found.root))
    if len(found.classes) >= MOST_CLASSES:
        raise DataError("{n} classes are more than masks can hold ({most}).", n=len(found.classes), most=MOST_CLASSES)
    if without := sum(not one.outline for one in every):
        found.problems.append(Problem("", say("objects without an outline, which masks do without: {n}.", n=without)))
    nearest = replace(as_told, interpolation="nearest")

    def one(pair: tuple[Picture, tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
        picture, size = pair
        mask = polygons.drawn(picture.objects, found.classes, size)
        return read(picture.file, as_told), np.asarray(resized(Image.fromarray(mask), nearest))

    made = {}
    for part, pictures in seen.pictures.items():
        (pixels, masks), kept = gathered(
            pictures,
            one,
            (as_told.shape, as_told.size),
            lambda pair: (pair[0].file, pair[0].told_by),
            as_told,
            found.refused,
            lambda share: progress(0.2 + 0.8 * share),
            found.classes,
        )
        made[part] = (pixels, masks, tuple(short(pictures[i][0].file, found.root) for i in kept))
    return made


def _checked(picture: Picture, size: tuple[int, int], orientation: int, found: Annotated) -> Picture:
    """The picture with objects that lie in it, upright as the image will be.

    Boxes refer to the pixels as they are stored, unless the annotation tells the size of the upright image.
    """
    upright = oriented(size, orientation)
    turn = orientation != 1
    if turn:
        turn = picture.size != upright or upright == size
        message = (
            say("the photograph is stored turned, and its boxes are taken for the stored pixels: both are turned.")
            if turn
            else say("the photograph is stored turned, its boxes are those of the upright image: it alone is turned.")
        )
        found.wrong(picture.file, message)
    told, there = picture.size, size if turn or orientation == 1 else upright
    if told is not None and told != there:
        message = say(
            "its annotation speaks of {told} pixels, the image has {there}: the boxes are taken as they are.",
            told=" × ".join(map(str, told)),
            there=" × ".join(map(str, there)),
        )
        found.wrong(picture.file, message)
    objects, empty, beyond = [], 0, 0
    height, width = there
    for marked in picture.objects:
        left, top, right, bottom = marked.box
        left, right, top, bottom = min(left, right), max(left, right), min(top, bottom), max(top, bottom)
        cut = (min(max(left, 0.0), width), min(max(top, 0.0), height), min(right, width), min(bottom, height))
        if cut[2] <= cut[0] or cut[3] <= cut[1]:
            empty += 1
            continue
        beyond += max(-left, -top, right - width, bottom - height) > BEYOND
        objects.append(marked._replace(box=cut))
    if empty:
        message = say("boxes left out, as they have no area inside of the image: {n}.", n=empty)
        found.wrong(picture.told_by, message)
    if beyond:
        message = say("boxes cut at the border of the image, as they reach beyond: {n}.", n=beyond)
        found.wrong(picture.told_by, message)
    if turn:
        objects = [_turned(marked, size, orientation) for marked in objects]
    return replace(picture, objects=objects)


def _turned(marked: Marked, size: tuple[int, int], orientation: int) -> Marked:
    left, top, right, bottom = marked.box
    (x1, y1), (x2, y2) = turned((left, top), size, orientation), turned((right, bottom), size, orientation)
    outline = marked.outline
    if isinstance(outline, dict):
        outline = polygons.turned(outline, size, orientation)
    else:
        outline = tuple(
            tuple(v for x, y in zip(p[::2], p[1::2], strict=True) for v in turned((x, y), size, orientation))
            for p in outline
        )
    return marked._replace(box=(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)), outline=outline)


def without_crowds(found: Annotated) -> Annotated:
    """The same for those who look for single objects."""
    for pictures in found.pictures.values():
        for picture in pictures:
            picture.objects = [marked for marked in picture.objects if not marked.crowd]
    return found
