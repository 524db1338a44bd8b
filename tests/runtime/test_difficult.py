"""Objects that are too difficult to count, Pascal VOC's measures, and masks of photographs that are stored turned."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from runtime.data.description import Description

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from runtime.data import boxes, masks, polygons  # noqa: E402
from runtime.data.dataset import open as open_data  # noqa: E402
from runtime.data.polygons import runs  # noqa: E402
from runtime.tasks import voc  # noqa: E402
from runtime.tasks.detection import measures, met, right_of  # noqa: E402
from tests.small_sets import as_voc  # noqa: E402


def found(*rows: tuple[float, ...]) -> dict[str, torch.Tensor]:
    """Boxes of one class with their scores: left, top, right, bottom, score."""
    table = torch.tensor(rows).reshape(-1, 5)
    return {"boxes": table[:, :4], "scores": table[:, 4], "labels": torch.zeros(len(table), dtype=torch.long)}


def right(*rows: tuple[float, ...], hard: tuple[bool, ...] = ()) -> dict[str, torch.Tensor]:
    table = torch.tensor(rows).reshape(-1, 4)
    difficult = torch.tensor(hard or [False] * len(table))
    labels = torch.zeros(len(table), dtype=torch.long)
    return {"boxes": table, "labels": labels, "difficult": difficult, "iscrowd": difficult.long()}


A, B, FAR = (0.0, 0.0, 10.0, 10.0), (20.0, 20.0, 30.0, 30.0), (50.0, 50.0, 60.0, 60.0)


def test_the_sums_on_paper():
    """Two objects; found .9 right, .8 in vain, .7 right: recall ½, ½, 1 at precision 1, ½, ⅔."""
    pairs = [(found((*A, 0.9), (*FAR, 0.8), (*B, 0.7)), right(A, B))]
    ((over_all, over_eleven),) = voc.precisions(pairs, 1)
    assert over_all == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert over_eleven == pytest.approx((6 * 1 + 5 * 2 / 3) / 11)
    assert measures(pairs, 1)["voc07"] == pytest.approx(0.848485, abs=1e-6)
    assert voc.precisions(pairs, 2)[1] is None


def test_what_is_difficult_counts_neither_for_nor_against():
    answer = found((*FAR, 0.95), (*A, 0.9), (*FAR, 0.8))
    assert voc.precisions([(answer, right(A, FAR, hard=(False, True)))], 1) == [(1.0, 1.0)]
    assert voc.precisions([(answer, right(A))], 1)[0][0] == pytest.approx(0.5)
    assert voc.precisions([(found((*A, 0.9)), right(A, FAR, hard=(False, True)))], 1) == [(1.0, 1.0)]  # not missed
    assert voc.precisions([(answer, right(FAR, hard=(True,)))], 1) == [None]
    told = measures([(answer, right(A, FAR, hard=(False, True)))], 1)
    assert (told["map50"], told["voc"]) == (1.0, 1.0)
    assert met(answer, right(A, FAR, hard=(False, True))) == 1.0
    assert met(answer, right(A)) == pytest.approx(1 / 3, abs=1e-6)


def test_the_second_box_on_an_object_is_in_vain():
    answer = found((*A, 0.9), (0.0, 0.0, 10.0, 9.0, 0.8), (*B, 0.7))
    assert [
        flag
        for _, flag in voc.judged(
            answer["boxes"], answer["scores"], torch.tensor([A, B]), torch.zeros(2, dtype=torch.bool)
        )
    ] == [1, 0, 1]


def test_vocs_files_say_what_is_difficult_and_the_inspection_too(tmp_path: Path):
    root = as_voc(tmp_path / "set")
    file = root / "Annotations" / "a.xml"
    file.write_text(
        file.read_text().replace("<object><name>dog</name>", "<object><name>dog</name><difficult>1</difficult>")
    )
    data = open_data(Description(str(root)))

    assert any("difficult objects" in str(p) and "1" in str(p) for p in data.problems)
    part = next(p for p in data.parts.values() for name in p.files if name.endswith("a.png"))
    rows = part.targets[next(i for i, name in enumerate(part.files) if name.endswith("a.png"))]
    assert sorted(rows[rows[:, 4] != -1, 4].tolist()) == [
        boxes.difficult(data.classes.index("dog")),
        data.classes.index("cat"),
    ]
    told = next(iter(right_of(rows[None])))
    assert sorted(zip(told["labels"].tolist(), told["difficult"].tolist(), strict=True)) == [(0, False), (1, True)]
    assert sum(map(sum, data.counts.values())) == 2  # those that are learned from


def test_a_difficult_object_moves_with_its_image():
    objects = torch.tensor([[[2.0, 2.0, 8.0, 8.0, -2.0], [-1.0, -1.0, -1.0, -1.0, -1.0]]])
    mirrored = boxes.moved(objects, torch.tensor([[[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]), (20, 20))
    assert mirrored[0, 0].tolist() == pytest.approx([12.0, 2.0, 18.0, 8.0, -2.0])
    assert mirrored[0, 1, 4] == -1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_run_length_mask_turns_with_its_photograph(orientation: int):
    """As Pillow turns the picture."""
    chance = np.random.default_rng(orientation)
    mask = chance.random((7, 5)) > 0.5
    picture = Image.fromarray(mask.astype(np.uint8) * 255)
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture.info["exif"] = exif.tobytes()
    upright = np.asarray(ImageOps.exif_transpose(picture)) > 0

    flat = mask.T.ravel()
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flat))))
    counts = np.diff(np.concatenate(([0], edges, [flat.size]))).tolist()
    assert np.array_equal(runs({"size": [7, 5], "counts": counts}, (7, 5)), mask)
    found = polygons.turned({"size": [7, 5], "counts": counts}, (7, 5), orientation)
    assert np.array_equal(runs(found, upright.shape), upright)


def test_coco_masks_of_a_turned_photograph_lie_on_it(tmp_path: Path):
    (tmp_path / "images").mkdir()
    pixels = np.zeros((20, 30), np.uint8)
    pixels[3:9, 4:16] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(tmp_path / "images" / "a.png", exif=exif.tobytes())
    flat = (pixels > 0).T.ravel()
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flat))))
    counts = np.diff(np.concatenate(([0], edges, [flat.size]))).tolist()
    one = {
        "id": 1,
        "image_id": 1,
        "category_id": 1,
        "bbox": [4, 3, 12, 6],
        "segmentation": {"size": [20, 30], "counts": counts},
    }
    told = {
        "images": [{"id": 1, "file_name": "a.png", "height": 20, "width": 30}],
        "categories": [{"id": 1, "name": "thing"}],
        "annotations": [one],
    }
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "instances.json").write_text(json.dumps(told))
    part = open_data(Description(str(tmp_path)), task="segmentation").parts["train"]
    assert part.images.shape[2:] == (30, 20)
    np.testing.assert_array_equal(part.targets[0].numpy() == 1, part.images[0, 0].numpy() > 127)


@pytest.mark.parametrize("shape", [None, (1, 12, 12)])
def test_masks_are_read_once(tmp_path: Path, monkeypatch, shape):
    from tests.runtime.test_segmentation import folder

    folder(tmp_path, 6)
    before = open_data(Description(str(tmp_path)), shape).parts["train"].targets
    read = []
    monkeypatch.setattr(masks, "numbers", lambda file, real=masks.numbers: read.append(file) or real(file))
    after = open_data(Description(str(tmp_path)), shape).parts["train"].targets
    assert len(read) == len(set(read)) == 6
    assert torch.equal(before, after)
    monkeypatch.setattr(masks, "memory_limit", lambda: 0)  # no room to keep them
    again = open_data(Description(str(tmp_path)), shape).parts["train"].targets
    assert torch.equal(before, again)
