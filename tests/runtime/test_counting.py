"""From how sure on boxes count, and what is a mistake among those that do."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from runtime.infer.judging import confused, judged  # noqa: E402
from runtime.tasks.counting import balance, counting  # noqa: E402

A, B, C, FAR = (0.0, 0, 10, 10), (20.0, 0, 30, 10), (40.0, 0, 50, 10), (70.0, 70, 80, 80)


def found(*rows: tuple) -> dict[str, torch.Tensor]:
    """Boxes from a place, a class and a score each."""
    places = torch.tensor([place for place, *_ in rows]).reshape(-1, 4)
    labels, scores = (torch.tensor([row[i] for row in rows]) for i in (1, 2))
    return {"boxes": places, "labels": labels.long(), "scores": scores.float()}


def right(*rows: tuple, hard: tuple[bool, ...] = ()) -> dict[str, torch.Tensor]:
    """Objects from a place and a class each."""
    places = torch.tensor([place for place, _ in rows]).reshape(-1, 4)
    labels = torch.tensor([label for _, label in rows]).long()
    return {"boxes": places, "labels": labels, "difficult": torch.tensor(hard or [False] * len(rows)).bool()}


def test_precision_and_recall_are_balanced_on_paper():
    """F1 of boxes .9 right, .8 in vain, .7 right, .3 in vain, on two objects: 4/6, 4/5, 2/4, 2/3 from below."""
    one = found((A, 0, 0.9), (FAR, 0, 0.8), (B, 0, 0.7), (FAR, 1, 0.3))

    assert balance([(one, right((A, 0), (B, 0)))]) == pytest.approx(0.5, abs=0.01)  # in the middle of .3 and .7
    assert balance([(one, right((A, 0)))]) == pytest.approx(0.85, abs=0.01)
    assert balance([(one, right((C, 0)))]) is None
    assert balance([]) is None


def test_what_is_difficult_does_not_move_the_threshold():
    one = found((A, 0, 0.9), (B, 0, 0.7))

    assert balance([(one, right((A, 0), (B, 0), hard=(False, True)))]) == pytest.approx(0.45, abs=0.01)
    assert balance([(one, right((A, 0)))]) == pytest.approx(0.8, abs=0.01)


def test_boxes_count_that_are_surer_and_say_it_once():
    near = (0.0, 0, 10, 8)  # shares 8/10 with A
    one = found((A, 0, 0.5), (near, 0, 0.6), (near, 1, 0.4), (B, 0, 0.2))

    assert counting(one, 0.2)["scores"].tolist() == pytest.approx([0.5, 0.6, 0.4])
    assert counting(one, 0.2, overlap=0.7)["scores"].tolist() == pytest.approx([0.6, 0.4])  # another class stays
    assert len(counting(one, 0.2, overlap=0.9)["scores"]) == 3
    assert len(counting(one, 0.7, overlap=0.5)["scores"]) == 0


def test_mistakes_are_counted_by_their_kind_and_the_worst_image_comes_first():
    images = [
        found((A, 0, 0.9), (B, 1, 0.9)),  # all right
        found((A, 1, 0.9), (FAR, 0, 0.8)),  # another class, in vain; the second object is missed
        found(),  # nothing to find, nothing found
        found((A, 0, 0.9)),  # one is missed
    ]
    wanted = [right((A, 0), (B, 1)), right((A, 0), (B, 1)), right(), right((A, 0), (B, 1))]

    told = judged(images, wanted, 2, ["a", "b", "c", "d"], mistakes=10)

    assert told["errors"] == [[0, 0, 0], [1, 1, 1], [0, 0, 0], [1, 0, 0]]
    assert [(m["index"], m["file"], m["errors"]) for m in told["mistakes"]] == [
        (1, "b", [1, 1, 1]),
        (3, "d", [1, 0, 0]),
    ]
    assert told["confusion"] == [[2, 1, 0], [0, 1, 2], [1, 0, 0]]
    assert [score == 1.0 for score in told["scores"]] == [True, False, True, False]


def test_what_is_difficult_is_neither_missed_nor_in_vain():
    wanted = right((A, 0), (B, 0), (C, 0), hard=(False, True, True))

    assert confused(found((A, 0, 0.9), (B, 0, 0.8), (B, 0, 0.7)), wanted, 1).tolist() == [[1, 0], [0, 0]]
