"""Sets with boxes, tables and arrays: the same images in whatever format are the same data, and damage is named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import presets
from graph import CanevasError, FileError
from runtime.data import annotations, coco, images, labelme, polygons, tables, voc, yolo_text
from runtime.data.annotated import Marked
from runtime.data.description import DataError, Description
from runtime.data.recognition import FORMATS_LOOKED_FOR, formats
from tests.small_sets import BOXES, SIZE, WRITERS, as_coco, as_csv, as_voc, as_yolo, pictures

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from runtime.data.dataset import open as open_data  # noqa: E402

FORMS = ("bccd_voc", "bccd_coco", "bccd_yolo", "bccd_csv")


def said(data: object) -> dict[str, str]:
    return {p.file: str(p.message) for p in data.problems if p.file}


# the same data in every format


@pytest.mark.parametrize("format", WRITERS)
def test_every_format_tells_the_same_boxes(format: str, tmp_path: Path):
    root = WRITERS[format](tmp_path / "set")
    read = {"voc": voc, "coco": coco, "yolo": yolo_text, "labelme": labelme}
    found = read[format].read(root) if format in read else tables.objects(root)

    assert formats(root)[0] == format
    assert found.classes == ("cat", "dog")
    (told,) = found.pictures.values()
    assert {p.file.stem: sorted((m.label, *m.box) for m in p.objects) for p in told} == {
        name: sorted(objects) for name, objects in BOXES.items()
    }
    data = open_data(Description(str(root)))
    assert (data.format, data.task, data.classes, data.shape) == (format, "detection", ("cat", "dog"), (3, *SIZE))
    assert data.counts == open_data(Description(str(as_voc(tmp_path / "other")))).counts


@pytest.fixture(scope="module")
def forms(shared_data: Path) -> dict:
    return {name: open_data(Description(str(shared_data / name)), (3, 96, 128)) for name in FORMS}


def test_the_four_forms_of_real_images_are_the_same_tensors(forms: dict):
    first = forms["bccd_voc"]

    assert first.classes == ("RBC", "WBC", "Platelets")
    assert first.images == {"train": 30, "validation": 10}
    assert sum(map(sum, first.counts.values())) == 584  # lines of the table
    for name in FORMS[1:]:
        other = forms[name]
        assert (other.classes, other.preprocessing, list(other.parts)) == (
            first.classes,
            first.preprocessing,
            list(first.parts),
        )
        for part in first.parts:
            assert torch.equal(other.parts[part].images, first.parts[part].images), name
            assert torch.equal(other.parts[part].targets, first.parts[part].targets), name


@pytest.mark.slow
def test_training_from_the_four_forms_gives_the_same_weights_to_the_last_bit(
    shared_data: Path, make_run, worker, wait_until
):
    network = presets.build("yolo_small", width=2, classes=3)
    runs = [
        make_run(str(shared_data / name), network, steps=2, batch=4, learning_rate=0.01, rotation=5.0, flip=True)
        for name in FORMS
    ]
    for run in runs:
        worker(run)
        wait_until(lambda run=run: run.state in ("done", "failed", "crashed"), 120, "the end of the training")
        assert run.state == "done", run.error
    first, *others = (torch.load(run.checkpoint(), weights_only=True)["model"] for run in runs)

    assert any(values.is_floating_point() and values.abs().sum() > 0 for values in first.values())
    for other in others:
        assert list(other) == list(first)
        assert all(torch.equal(values, first[name]) for name, values in other.items())


def test_the_boxes_are_those_of_the_files(shared_data: Path):
    data = open_data(Description(str(shared_data / "bccd_voc")))
    part = data.parts["train"]
    rows = part.targets[part.files.index("JPEGImages/BloodImage_00000.jpg")]

    assert [260.0, 177.0, 491.0, 376.0, 1.0] in rows.tolist()  # read in the file: a WBC
    assert rows[:, 4].max() == 1
    small = open_data(Description(str(shared_data / "bccd_voc")), (3, 240, 160)).parts["train"]
    assert [65.0, 88.5, 122.75, 188.0, 1.0] in small.targets[
        part.files.index("JPEGImages/BloodImage_00000.jpg")
    ].tolist()


def test_labelme_gives_the_boxes_of_voc(shared_data: Path):
    mine, theirs = labelme.read(shared_data / "bccd_labelme"), voc.read(shared_data / "bccd_voc")
    wanted = {p.file.stem: sorted(p.objects) for some in theirs.pictures.values() for p in some}
    found = {p.file.stem: sorted(m._replace(outline=()) for m in p.objects) for p in mine.pictures["all"]}

    assert len(found) == 4
    assert found == {name: wanted[name] for name in found}


def test_an_image_that_lies_within_its_file_is_read_from_there(shared_data: Path, tmp_path: Path):
    (tmp_path / "x.json").write_bytes((shared_data / "bccd_labelme" / "BloodImage_00000.json").read_bytes())
    data = open_data(Description(str(tmp_path)), (3, 96, 128))
    there = images.read(shared_data / "bccd_labelme" / "BloodImage_00000.jpg", data.preprocessing)

    assert torch.equal(data.parts["train"].images[0], torch.from_numpy(there))


# what is wrong


def test_a_box_without_area_is_named_and_left_out(shared_data: Path):
    """torchvision's detectors stop with an assertion on such a box."""
    data = open_data(Description(str(shared_data / "edge_cases" / "voc_degenerate")))
    rows = data.parts["train"].targets[0]
    rows = rows[rows[:, 4] >= 0]

    assert said(data) == {
        "Annotations/BloodImage_00338.xml": "boxes left out, as they have no area inside of the image: 1."
    }
    assert len(rows) > 10
    assert (rows[:, 2:4] > rows[:, :2]).all()


def test_boxes_beyond_the_image_are_cut_swapped_corners_set_right_strange_ones_left_out(tmp_path: Path):
    boxes = {"a": [("dog", -10, 6, 30, 31), ("dog", 30, 30, 12, 10), ("cat", 100, 100, 120, 120)]}
    root = as_voc(tmp_path, boxes)
    (root / "labels.txt").write_text("dog\ncat\n")
    (root / "Annotations" / "b.xml").write_text("<annotation><object><name>cow</name><bndbox><xmin>1</xmin></bndbox>"
        "</object></annotation>")  # fmt: skip
    (root / "Annotations" / "gone.xml").write_text("<annotation><filename>gone.jpg</filename></annotation>")
    data = open_data(Description(str(root)))

    rows = torch.cat([part.targets for part in data.parts.values()])
    assert sorted(rows[rows[..., 4] >= 0].tolist()) == [[0, 6, 30, 31, 0], [12, 10, 30, 30, 0]]
    problems = [str(p) for p in data.problems]
    for part in (
        "Annotations/a.xml: boxes left out, as they have no area inside of the image: 1.",
        "Annotations/a.xml: boxes cut at the border of the image, as they reach beyond: 1.",
        "Annotations/b.xml: objects left out, as they have no class or no box in numbers: 1.",
        "Annotations/gone.xml: its image is missing (looked for gone.jpg). It is left out.",
        "JPEGImages/c.png: it has no annotation: it is left out.",
    ):
        assert part in problems


def test_classes_that_the_set_does_not_name_are_left_out(tmp_path: Path):
    root = as_yolo(tmp_path)
    (root / "labels" / "train" / "a.txt").write_text("7 0.5 0.5 0.2 0.2\n1 0.5 0.5 0.2 0.2\nx 1 2\n0 nan 0 0 0\n")
    data = open_data(Description(str(root)))

    assert said(data)["labels/train/a.txt"] == (
        "line 1 is no class from 0 to 1 with four shares from 0 to 1 (3 such lines): left out."
    )
    assert sum(sum(n) for n in data.counts.values()) == 2


def test_a_photograph_stored_turned_is_turned_with_its_boxes(tmp_path: Path):
    """A bright square is where its box says, whichever way the camera was held."""
    root = tmp_path / "set"
    root.mkdir()
    rows = ["filename,xmin,ymin,xmax,ymax,label"]
    for orientation in range(1, 9):
        pixels = np.zeros((40, 60), np.uint8)
        pixels[5:15, 20:50] = 250
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.fromarray(pixels).save(root / f"{orientation}.png", exif=exif)
        rows.append(f"{orientation}.png,20,5,50,15,thing")
    (root / "boxes.csv").write_text("\n".join(rows))
    data = open_data(Description(str(root)), (1, 120, 120))

    for part in data.parts.values():
        for image, objects in zip(part.images, part.targets, strict=True):
            left, top, right, bottom, _ = (round(v) for v in objects[0].tolist())
            bright = image[0] > 125
            assert bright[top:bottom, left:right].float().mean() > 0.9
            assert bright.float().sum() < 1.1 * (bottom - top) * (right - left)
    assert "both are turned" in said(data)["6.png"]
    assert "1.png" not in said(data)


def test_lists_of_parts_decide_and_what_they_do_not_name_is_left_out(tmp_path: Path):
    root = as_voc(tmp_path)
    (root / "ImageSets" / "Main").mkdir(parents=True)
    (root / "ImageSets" / "Main" / "trainval.txt").write_text("a\n")
    (root / "ImageSets" / "Main" / "test.txt").write_text("b -1\n")
    data = open_data(Description(str(root)))

    assert data.parts["test"].files == ("JPEGImages/b.png",)
    assert said(data)["ImageSets/Main"] == "images left out, as none of the lists of parts names them: 1."


def test_xml_that_declares_entities_is_refused(tmp_path: Path):
    file = tmp_path / "x.xml"
    file.write_text('<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;">]><annotation>&c;</annotation>')
    with pytest.raises(FileError, match="document type"):
        annotations.from_xml(file)
    file.write_text('<!DOCTYPE a SYSTEM "file:///etc/passwd"><annotation/>', encoding="utf-16")
    with pytest.raises(FileError, match="document type"):
        annotations.from_xml(file)


def test_yaml_that_names_python_objects_is_refused(tmp_path: Path):
    root = as_yolo(tmp_path)
    canary = tmp_path / "canary"
    (root / "data.yaml").write_text(f"names: !!python/object/apply:pathlib.Path.touch [{canary}]\n")
    with pytest.raises(FileError, match="no YAML"):
        open_data(Description(str(root)))
    assert not canary.exists()


# masks from outlines


def test_outlines_become_masks_smaller_on_top_and_crowds_do_not_count():
    square = ((0.0, 0.0, 19.0, 0.0, 19.0, 19.0, 0.0, 19.0),)
    inner = ((5.0, 5.0, 9.0, 5.0, 9.0, 9.0, 5.0, 9.0),)
    crowd = {"size": [20, 30], "counts": [20 * 25, 20 * 5]}  # the five columns at the right
    objects = [Marked("b", (5, 5, 9, 9), inner), Marked("a", (0, 0, 19, 19), square)]
    mask = polygons.drawn([*objects, Marked("a", (25, 0, 30, 20), crowd, crowd=True)], ("a", "b"), (20, 30))

    assert (mask[5:10, 5:10] == 2).all()
    assert (mask == 2).sum() == 25
    assert (mask == 1).sum() == 400 - 25
    assert (mask[:, 25:] == 255).all()
    assert (mask[:, 20:25] == 0).all()


def test_run_lengths_are_those_of_pycocotools():
    tools = pytest.importorskip("faster_coco_eval.core.mask")
    wanted = np.random.default_rng(0).random((37, 23)) > 0.7
    coded = tools.encode(np.asfortranarray(wanted.astype(np.uint8)))
    counts = coded["counts"].decode() if isinstance(coded["counts"], bytes) else coded["counts"]

    assert np.array_equal(polygons.runs({"size": [37, 23], "counts": counts}, (37, 23)), wanted)


def test_coco_serves_segmentation_where_that_is_the_task(shared_data: Path):
    data = open_data(Description(str(shared_data / "coco_nopeople"), "coco"), (3, 64, 64), task="segmentation")

    assert (data.task, data.classes[0], len(data.classes)) == ("segmentation", "ground", 18)
    masks = data.parts["train"].targets
    assert masks.dtype == torch.uint8
    assert 0.05 < (masks > 0).float().mean() < 0.9
    assert Description(str(shared_data / "coco_nopeople")).recognized("segmentation") == "masks"


def test_crowds_are_no_objects_to_find(tmp_path: Path):
    root = as_coco(tmp_path)
    file = root / "annotations" / "instances.json"
    raw = json.loads(file.read_text())
    raw["annotations"][0]["iscrowd"] = 1
    file.write_text(json.dumps(raw))
    data = open_data(Description(str(root)))

    assert sum(sum(n) for n in data.counts.values()) == 2
    assert "crowds" in said(data)["annotations/instances.json"]


# tables of classes


def test_a_table_of_classes_with_parts(shared_data: Path):
    data = open_data(Description(str(shared_data / "usps_digits")))
    folder = open_data(Description(str(shared_data / "usps_digits" / "imagefolder")))

    assert (data.format, data.classes, data.images) == ("csv", tuple("0123456789"), folder.images)
    assert sorted(data.parts["validation"].targets.tolist()) == sorted(folder.parts["validation"].targets.tolist())


def test_numbered_classes_take_their_names_from_the_list_beside(shared_data: Path):
    data = open_data(Description(str(shared_data / "imagenet_samples")), (3, 32, 32))

    assert (len(data.classes), data.classes[0], data.classes[8]) == (1000, "tench", "hen")
    part = data.parts["train"]
    assert dict(zip(part.files, part.targets.tolist(), strict=True))["images/008_n01514859.jpg"] == 8


@pytest.mark.parametrize(
    ("head", "rows"),
    [
        ("filename,label", ["a.png,7", "b.png,10", "c.png,7"]),
        ("image;class", ["a.png;7", "b.png;10", "c;7"]),
        ("", ["images/a.png,7", "images/b.png,10", "images/c.png,7"]),
    ],
)
def test_columns_have_many_names(head: str, rows: list[str], tmp_path: Path):
    pictures(tmp_path / "images")
    (tmp_path / "table.csv").write_text("\n".join([head, *rows]).strip(), encoding="utf-8-sig")
    found = tables.labeled(tmp_path)

    assert found.classes == ("7", "10")  # as numbers, not as text
    assert [label for _, label in found.files["all"]] == [0, 1, 0]


# arrays


def test_arrays_of_numpy_and_hdf5_are_the_digits_they_were_made_from(shared_data: Path):
    root = shared_data / "usps_digits"
    with np.load(root / "usps.npz") as held:
        x_test, y_test = held["x_test"], held["y_test"]
    npz = open_data(Description(str(root / "usps.npz")))
    hdf5 = open_data(Description(str(root), "hdf5"))

    assert np.array_equal(npz.parts["test"].images[:, 0].numpy(), x_test)
    assert np.array_equal(npz.parts["test"].targets.numpy(), y_test)
    assert (hdf5.images["test"], hdf5.shape, hdf5.classes) == (300, (1, 16, 16), npz.classes)
    # the same digits with values from 0 to 1
    assert abs(hdf5.parts["test"].images[:, 0].numpy().astype(int) - x_test[:300]).max() <= 1
    assert "0 for black and 1 for white" in str(hdf5.problems[0])


def test_arrays_with_masks_serve_segmentation(tmp_path: Path):
    masks = np.zeros((4, 20, 30), np.uint8)
    masks[:, 5:9] = 3
    masks[:, 0] = 255
    np.savez(tmp_path / "x.npz", images=np.zeros((4, 20, 30, 3), np.uint8), masks=masks)
    data = open_data(Description(str(tmp_path)))

    assert (data.task, data.classes, data.shape) == ("segmentation", ("0", "3"), (3, 20, 30))
    assert data.parts["train"].targets[0, :, 0].tolist() == [255] + [0] * 4 + [1] * 4 + [0] * 11


def test_arrays_that_would_have_to_be_unpickled_are_refused(tmp_path: Path):
    np.savez(tmp_path / "x.npz", x_train=np.zeros((2, 4, 4)), y_train=np.array([{"a": 1}, None], object))
    with pytest.raises(FileError, match="Python objects"):
        open_data(Description(str(tmp_path / "x.npz")))


def test_names_that_mean_nothing_are_refused_with_those_that_do(tmp_path: Path):
    np.savez(tmp_path / "x.npz", foo=np.zeros((2, 4, 4)))
    with pytest.raises(DataError, match="looked for arrays named like x_train"):
        open_data(Description(str(tmp_path / "x.npz")))


# recognition


def test_what_is_not_recognized_is_refused_with_what_was_looked_for(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(FileError) as refused:
        Description(str(tmp_path)).recognized()
    for name in FORMATS_LOOKED_FOR:
        assert name in str(refused.value)


def test_the_format_may_be_told(tmp_path: Path):
    root = as_coco(tmp_path)
    as_csv(root)

    assert formats(root) == ["coco", "csv"]
    assert open_data(Description(str(root), "csv")).format == "csv"
    with pytest.raises(CanevasError):
        open_data(Description(str(root), "yolo"))
