"""Pascal VOC: a file of XML for each image, lists of the parts in ``ImageSets/Main``.

Coordinates are taken as they stand: most tools write them from 0, only VOC's own files count pixels from 1.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element

from graph.errors import FileError
from graph.text import say
from runtime.data.annotated import Annotated, Marked, Picture, finished, fixed_names, listed
from runtime.data.annotations import from_xml, numeric
from runtime.data.description import Problem, folders, images, part_of

IMAGE_FOLDERS = ("JPEGImages", "images", "Images", "imgs", "img")


def places(root: Path) -> list[tuple[str, Path, Path]]:
    """Part (empty where it is not known), folder of annotations, folder of images; none where *root* is no such set."""
    if not root.is_dir():
        return []
    if found := _here(root):
        return [("", *found)]
    parts = [(part_of(f.name), *found) for f in folders(root) if part_of(f.name) and (found := _here(f))]
    if parts:
        return parts
    deeper = [found for f in folders(root) if (f / "Annotations").is_dir() and (found := _here(f))]
    return [("", *found) for found in deeper]


def _here(folder: Path) -> tuple[Path, Path] | None:
    inside = {f.name: f for f in folders(folder)}
    for name in ("Annotations", "annotations", "xml", "xmls", "labels"):
        if name in inside and any(inside[name].glob("*.xml")):
            return inside[name], next((inside[n] for n in IMAGE_FOLDERS if n in inside), folder)
    return (folder, folder) if any(folder.glob("*.xml")) else None


def read(root: Path) -> Annotated:
    """Every image that has a file of XML."""
    found, names = Annotated(root), ()
    for part, folder, image_folder in places(root):
        above = folder.parent
        parts, names = listed(above), names or fixed_names(above, root)
        by_stem = {file.stem: file for file in images(image_folder)}
        unlisted = 0
        for file in sorted(folder.glob("*.xml")):
            image = by_stem.pop(file.stem, None)
            if parts and file.stem not in parts:
                unlisted += 1
                continue
            try:
                picture = _picture(file, image, image_folder, found)
            except FileError as e:
                found.refused(e)
                continue
            found.add(part or parts.get(file.stem, ""), picture)
        if unlisted:
            message = say("images left out, as none of the lists of parts names them: {n}.", n=unlisted)
            found.wrong(above / "ImageSets" / "Main", message)
        for stem, image in by_stem.items():
            if not parts or stem in parts:
                found.wrong(image, say("it has no annotation: it is left out."))
    hard = sum(one.difficult for some in found.pictures.values() for picture in some for one in picture.objects)
    if hard:
        message = say(
            "difficult objects, which are not learned from and count neither as found nor as missed: {n}.", n=hard
        )
        found.problems.append(Problem("", message))
    return finished(found, names)


def _picture(file: Path, image: Path | None, folder: Path, found: Annotated) -> Picture:
    top = from_xml(file)
    if image is None:
        name = (top.findtext("filename") or "").strip()
        image = folder / Path(name.replace("\\", "/")).name if name and "\0" not in name else None
        if image is None or not image.is_file():
            raise FileError(file, "its image is missing (looked for {name}).", name=name or f"{file.stem}.jpg")
    objects, wrong = [], 0
    for element in top.findall("object"):
        try:
            hard = (element.findtext("difficult") or "").strip() == "1"
            objects.append(Marked(_label(element), _box(element), difficult=hard))
        except ValueError:
            wrong += 1
    if wrong:
        found.wrong(file, say("objects left out, as they have no class or no box in numbers: {n}.", n=wrong))
    return Picture(image, objects, _size(top), file)


def _label(element: Element) -> str:
    label = (element.findtext("name") or "").strip()
    if not label:
        raise ValueError
    return label


def _box(element: Element) -> tuple[float, float, float, float]:
    box = element.find("bndbox")
    if box is None:
        raise ValueError
    left, top, right, bottom = (numeric(box.findtext(name) or "") for name in ("xmin", "ymin", "xmax", "ymax"))
    return left, top, right, bottom


def _size(top: Element) -> tuple[int, int] | None:
    try:
        height, width = (int(numeric(top.findtext(f"size/{name}") or "")) for name in ("height", "width"))
    except ValueError:
        return None
    return (height, width) if height > 0 and width > 0 else None
