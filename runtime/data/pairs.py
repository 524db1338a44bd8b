"""Images with masks beside them: which mask belongs to which image, and what its numbers mean.  Free of torch.

Layouts: ``images/`` and ``masks/`` (each perhaps with ``train``, ``val``, ``test`` inside, or both inside of such
folders), and Pascal VOC's ``JPEGImages/`` and ``SegmentationClass/`` with its lists in ``ImageSets/Segmentation/``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from graph.errors import FileError
from graph.text import say
from runtime.data.description import Problem, folders, images, part_of

IMAGES = ("images", "image", "imgs", "img", "jpegimages")
MASKS = ("masks", "mask", "segmentationclass", "masks_semantic", "segmentation", "annotations", "labels", "gt")
"""Names (small letters) of the folders that hold images, and of those that hold masks, likeliest first."""
NAMES = ("classes.txt", "class_names.txt", "labels.txt", "semantic_classes.json", "classes.json")
"""Files that name the numbers in masks."""
_SUFFIX = re.compile(r"[-_ ]?(mask|masks|seg|segmentation|label|labels|gt|labelids)$", re.IGNORECASE)


@dataclass
class Pairs:
    """Image and mask files by part, ``all`` where no part is known; what had no partner; names of the numbers."""

    files: dict[str, list[tuple[Path, Path]]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)


def has_masks(root: Path) -> bool:
    """Whether a folder looks like images with masks."""
    return bool(_roots(root))


def pairs(root: Path) -> Pairs:
    """Every image of *root* with its mask.

    Raises:
        FileError: a file that names the classes is damaged.
    """
    found = Pairs(names=_names(root))
    lists = _lists(root)
    for part, image_folder, mask_folder in _roots(root):
        masks = {_stem(file, mask_folder): file for file in images(mask_folder)}
        for file in images(image_folder):
            stem = file.relative_to(image_folder).with_suffix("").as_posix()
            mask = masks.pop(stem, None)
            if mask is None:
                found.problems.append(Problem(_short(file, root), say("it has no mask: it is left out.")))
                continue
            if lists:
                if file.stem not in lists:
                    continue
                name = lists[file.stem]
            else:
                name = part or part_of(stem.split("/")[0]) or "all"
            found.files.setdefault(name, []).append((file, mask))
        for mask in masks.values():
            found.problems.append(Problem(_short(mask, root), say("this mask has no image: it is left out.")))
    return found


def _roots(root: Path) -> list[tuple[str, Path, Path]]:
    """Part (if the folder names one), folder of images, folder of masks."""
    if not root.is_dir():
        return []
    found = [("", *_both(root))] if _both(root) else []
    if not found:
        found = [(part_of(f.name), *both) for f in folders(root) if part_of(f.name) and (both := _both(f))]
    return found


def _both(folder: Path) -> tuple[Path, Path] | None:
    inside = {f.name.casefold(): f for f in folders(folder)}
    image = next((inside[name] for name in IMAGES if name in inside), None)
    for name in MASKS:
        mask = inside.get(name)
        if image is not None and mask is not None and any(True for _ in images(mask)):
            return image, mask
    return None


def _lists(root: Path) -> dict[str, str]:
    """The part of each image by its name, as Pascal VOC's lists say; empty without such lists."""
    found: dict[str, str] = {}
    for file in sorted((root / "ImageSets" / "Segmentation").glob("*.txt")):
        if part := part_of(file.stem):
            found |= dict.fromkeys(file.read_text(encoding="utf-8", errors="replace").split(), part)
    return found


def _stem(file: Path, folder: Path) -> str:
    """What a mask's image is called: ``a/cat`` for ``a/cat_mask.png``."""
    path = file.relative_to(folder).with_suffix("")
    return path.with_name(_SUFFIX.sub("", path.name) or path.name).as_posix()


def _names(root: Path) -> dict[int, str]:
    for file in (f for folder in (root, *folders(root)) for name in NAMES if (f := folder / name).is_file()):
        text = file.read_text(encoding="utf-8", errors="replace")
        if file.suffix == ".txt":
            return {i: line.strip() for i, line in enumerate(text.splitlines()) if line.strip()}
        return _numbered(file, text)
    return {}


def _numbered(file: Path, text: str) -> dict[int, str]:
    try:
        raw = json.loads(text)
        pairs = raw.items() if isinstance(raw, dict) else enumerate(raw)
        return {int(number): str(name) for number, name in pairs}
    except (ValueError, TypeError, RecursionError):
        raise FileError(file, "it should name classes by number, as {example} does.", example='{"0": "sky"}') from None


def _short(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix()
