"""Small data sets in every format: the same three images and their objects, written as each format has them."""

from __future__ import annotations

import csv
import json
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

SIZE = (40, 60)
BOXES = {"a": [("dog", 5, 6, 30, 31), ("cat", 0, 0, 12, 10)], "b": [("cat", 20, 10, 60, 40)], "c": []}
"""A small set: images of 40 × 60 pixels with objects, and one without."""


def pictures(folder: Path, names: tuple[str, ...] = ("a", "b", "c")) -> None:
    """Images of plain colors."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        Image.new("RGB", SIZE[::-1], (ord(name) % 256, 80, 120)).save(folder / f"{name}.png")


def as_voc(root: Path, boxes: dict = BOXES) -> Path:
    """Pascal VOC."""
    pictures(root / "JPEGImages")
    (root / "Annotations").mkdir()
    for name, objects in boxes.items():
        inside = "".join(
            f"<object><name>{label}</name><bndbox><xmin>{x1}</xmin><ymin>{y1}</ymin><xmax>{x2}</xmax><ymax>{y2}</ymax>"
            "</bndbox></object>"
            for label, x1, y1, x2, y2 in objects
        )
        size = f"<size><width>{SIZE[1]}</width><height>{SIZE[0]}</height></size>"
        file = root / "Annotations" / f"{name}.xml"
        file.write_text(f"<annotation><filename>{name}.png</filename>{size}{inside}</annotation>")
    return root


def as_coco(root: Path) -> Path:
    """COCO."""
    pictures(root / "images")
    numbers = {"cat": 3, "dog": 17}  # with a hole, as COCO's own
    told = {
        "images": [{"id": i, "file_name": f"{n}.png", "height": 40, "width": 60} for i, n in enumerate(BOXES)],
        "categories": [{"id": number, "name": name} for name, number in numbers.items()],
        "annotations": [
            {"id": 1, "image_id": i, "category_id": numbers[label], "bbox": [x1, y1, x2 - x1, y2 - y1]}
            for i, objects in enumerate(BOXES.values())
            for label, x1, y1, x2, y2 in objects
        ],
    }
    (root / "annotations").mkdir()
    (root / "annotations" / "instances.json").write_text(json.dumps(told))
    return root


def as_yolo(root: Path) -> Path:
    """YOLO's layout."""
    pictures(root / "images" / "train")
    (root / "labels" / "train").mkdir(parents=True)
    h, w = SIZE
    for name, objects in BOXES.items():
        lines = [
            f"{('cat', 'dog').index(label)} {(x1 + x2) / 2 / w:.6f} {(y1 + y2) / 2 / h:.6f} {(x2 - x1) / w:.6f} "
            f"{(y2 - y1) / h:.6f}\n"
            for label, x1, y1, x2, y2 in objects
        ]
        (root / "labels" / "train" / f"{name}.txt").write_text("".join(lines))
    (root / "data.yaml").write_text("train: images/train\nnames: [cat, dog]\n")
    return root


def as_scenes(root: Path, counts: dict[str, int]) -> Path:
    """The first of the included scenes of digits, in YOLO's layout: so many of each folder."""
    from runtime.data.scenes import SIDE, scenes

    for folder, n in counts.items():
        pixels, objects, _ = scenes({"val": "validation"}.get(folder, folder))
        for kind in ("images", "labels"):
            (root / kind / folder).mkdir(parents=True)
        for i in range(n):
            x1, y1, x2, y2, label = objects[i][objects[i, :, 4] >= 0].T
            boxes = np.stack((label, (x1 + x2) / 2 / SIDE, (y1 + y2) / 2 / SIDE, (x2 - x1) / SIDE, (y2 - y1) / SIDE), 1)
            Image.fromarray(pixels[i, 0]).save(root / "images" / folder / f"{i}.png")
            np.savetxt(root / "labels" / folder / f"{i}.txt", boxes, "%d %.6f %.6f %.6f %.6f")
    places = "".join(f"{folder}: images/{folder}\n" for folder in counts)
    (root / "data.yaml").write_text(f"{places}names: [{', '.join(map(repr, map(str, range(10))))}]\n")
    return root


def as_csv(root: Path) -> Path:
    """A table with a line for each object."""
    pictures(root / "images")
    with (root / "annotations.csv").open("w", newline="") as f:
        table = csv.writer(f)
        table.writerow(["filename", "xmin", "ymin", "xmax", "ymax", "label"])
        for name, objects in BOXES.items():
            for label, *box in objects:
                table.writerow([f"{name}.png", *box, label])
            if not objects:
                table.writerow([f"{name}.png", "", "", "", "", ""])
    return root


def as_labelme(root: Path) -> Path:
    """LabelMe."""
    pictures(root)
    for name, objects in BOXES.items():
        shapes = [
            {"label": label, "points": [[x1, y1], [x2, y2]], "shape_type": "rectangle"}
            for label, x1, y1, x2, y2 in objects
        ]
        told = {"version": "5", "flags": {}, "shapes": shapes, "imagePath": f"{name}.png", "imageData": None}
        (root / f"{name}.json").write_text(json.dumps(told | {"imageHeight": 40, "imageWidth": 60}))
    return root


def as_folder(root: Path) -> Path:
    """A folder for each of two classes."""
    for label in ("cat", "dog"):
        pictures(root / label)
    return root


def as_masks(root: Path) -> Path:
    """Images and masks of three classes."""
    pictures(root / "images")
    (root / "masks").mkdir()
    for i, name in enumerate(BOXES):
        mask = np.zeros(SIZE, np.uint8)
        mask[:20] = i
        mask[30:] = 255
        Image.fromarray(mask).save(root / "masks" / f"{name}.png")
    return root


def as_idx(root: Path) -> Path:
    """MNIST's four files, with four images each."""
    root.mkdir(parents=True, exist_ok=True)
    for prefix in ("train", "t10k"):
        pixels = np.arange(4 * 30, dtype=np.uint8).tobytes()
        (root / f"{prefix}-images-idx3-ubyte").write_bytes(struct.pack(">4I", 0x803, 4, 5, 6) + pixels)
        (root / f"{prefix}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 0x801, 4) + bytes([0, 1, 2, 1]))
    return root


def as_labels(root: Path) -> Path:
    """A table with a class and a part for each image."""
    pictures(root / "images")
    (root / "labels.csv").write_text("filename,label,split\na.png,cat,train\nb.png,dog,train\nc.png,dog,val\n")
    return root


def arrays() -> dict[str, np.ndarray]:
    """Images and classes of two parts."""
    pixels = np.arange(6 * 8 * 8, dtype=np.uint8).reshape(6, 8, 8)
    return {"x_train": pixels, "y_train": np.arange(6) % 3, "x_test": pixels[:3], "y_test": np.arange(3)}


def as_npz(root: Path) -> Path:
    """The arrays in NPZ."""
    root.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(root / "set.npz", **arrays())
    return root


def as_hdf5(root: Path) -> Path:
    """The arrays in HDF5."""
    import h5py

    root.mkdir(parents=True, exist_ok=True)
    with h5py.File(root / "set.h5", "w") as f:
        for name, values in arrays().items():
            role, part = name.split("_")
            f.create_dataset(f"{part}/{role}", data=values, compression="gzip")
    return root


def as_difficult(root: Path) -> Path:
    """Pascal VOC, with every dog hardly to be made out."""
    for file in (as_voc(root) / "Annotations").iterdir():
        file.write_text(file.read_text().replace("<name>dog</name>", "<name>dog</name><difficult>1</difficult>"))
    return root


def as_regions(root: Path) -> Path:
    """COCO with outlines: polygons, and a crowd as lengths of runs."""
    file = as_coco(root) / "annotations" / "instances.json"
    told = json.loads(file.read_text())
    for one in told["annotations"]:
        x, y, w, h = one["bbox"]
        one |= {"segmentation": [[x, y, x + w, y, x + w, y + h, x, y + h]], "iscrowd": 0, "area": w * h}
    h, w = SIZE
    crowd = {"size": [h, w], "counts": [0, h * 5, h * w - h * 5]}
    more = {"id": 9, "image_id": 2, "category_id": 3, "bbox": [0, 0, 5, h], "segmentation": crowd, "iscrowd": 1}
    told["annotations"].append(more | {"area": 5 * h})
    file.write_text(json.dumps(told))
    return root


def as_numbers(root: Path) -> Path:
    """A table with two numbers and a part for each image."""
    pictures(root / "images")
    lines = ("file,across,down,split", "images/a.png,0.25,1.5,train", "images/b.png,-0.5,2.25,train")
    (root / "places.csv").write_text("\n".join((*lines, "images/c.png,0.75,0.125,val\n")))
    return root


def waves() -> np.ndarray:
    """Six signals of two channels and 40 values."""
    return np.sin(np.arange(6 * 2 * 40, dtype=np.float32).reshape(6, 2, 40) * 0.7).round(3)


def as_waves(root: Path) -> Path:
    """Signals with classes, in NPZ."""
    root.mkdir(parents=True, exist_ok=True)
    values = waves()
    np.savez(root / "set.npz", x_train=values, y_train=np.arange(6) % 3, x_test=values[:3], y_test=np.arange(3))
    return root


def as_wave_numbers(root: Path) -> Path:
    """Signals with two numbers each, in HDF5."""
    import h5py

    root.mkdir(parents=True, exist_ok=True)
    with h5py.File(root / "set.h5", "w") as f:
        for part, values in {"train": waves(), "test": waves()[:3]}.items():
            f[f"{part}/signals"], f[f"{part}/targets"] = values, values[:, :, 0] + 0.25
    return root


def as_wave_table(root: Path) -> Path:
    """A table with a signal in each line and its class behind it."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / "waves.csv").open("w", newline="") as f:
        table = csv.writer(f)
        table.writerow([*(f"t{i}" for i in range(40)), "label", "split"])
        for i, values in enumerate(waves()[:, 0].tolist()):
            table.writerow([*values, ("sine", "saw")[i % 2], "train" if i < 4 else "test"])
    return root


WRITERS: dict[str, Callable[[Path], Path]] = {
    "voc": as_voc,
    "coco": as_coco,
    "yolo": as_yolo,
    "csv": as_csv,
    "labelme": as_labelme,
}
"""Formats that tell boxes, and what writes them."""
OTHERS: dict[str, Callable[[Path], Path]] = {
    "imagefolder": as_folder,
    "masks": as_masks,
    "idx": as_idx,
    "labels": as_labels,
    "npz": as_npz,
    "hdf5": as_hdf5,
    "difficult": as_difficult,
    "regions": as_regions,
    "numbers": as_numbers,
    "waves": as_waves,
    "wave numbers": as_wave_numbers,
    "wave table": as_wave_table,
}
"""The other formats, and what formats may tell besides."""
