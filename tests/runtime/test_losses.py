"""Losses against torch's own, torchvision's, and formulas written here from the papers."""

from __future__ import annotations

import math

import pytest

from graph import Edge, Labels, Network, Node, ShapeError, Tensor, analyze, dumps, edit, kinds, loads
from graph.checks import refusal, task
from graph.layers.source import Input, OneHot, Output, Target
from graph.tensors import MASK

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

import runtime  # noqa: E402

F = torch.nn.functional
OF_NUMBERS = {
    "MSELoss": lambda x, y, loss: F.mse_loss(x, y, reduction=loss.reduction),
    "L1Loss": lambda x, y, loss: F.l1_loss(x, y, reduction=loss.reduction),
    "SmoothL1Loss": lambda x, y, loss: F.smooth_l1_loss(x, y, reduction=loss.reduction, beta=loss.beta),
    "HuberLoss": lambda x, y, loss: F.huber_loss(x, y, reduction=loss.reduction, delta=loss.delta),
    "BCEWithLogitsLoss": lambda x, y, loss: F.binary_cross_entropy_with_logits(x, y, reduction=loss.reduction),
}


def network(loss, shape, target):
    """Scores straight from the input to a loss."""
    nodes = {"scores": Node("scores", Input(shape)), "target": Node("target", target), "loss": Node("loss", loss)}
    edges = (Edge("scores", "out", "loss", "input"), Edge("target", "out", "loss", "target"))
    return Network("losses", nodes, edges)


def value(loss, scores, target, gives):
    """What the generated source computes."""
    target_layer = Target(gives, tuple(target.shape[1:]) if gives == "numbers" else (1,))
    model = runtime.compile(network(loss, tuple(scores.shape[1:]), target_layer))
    return model(scores, target)["loss"]


def masks(n=2, classes=3, size=5, ignored=None):
    torch.manual_seed(5)
    scores, target = torch.randn(n, classes, size, size + 1), torch.randint(classes, (n, size, size + 1))
    if ignored is not None:
        target[:, 0, :3] = ignored
    return scores, target


@pytest.mark.parametrize("name", sorted(OF_NUMBERS))
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_losses_of_numbers_equal_torch(name, reduction):
    torch.manual_seed(0)
    x, y = torch.randn(4, 3), torch.rand(4, 3)
    values = {"beta": 0.3} if name == "SmoothL1Loss" else {"delta": 0.4} if name == "HuberLoss" else {}
    loss = kinds()[name](reduction=reduction, **values)
    assert torch.equal(value(loss, x, y, "numbers"), OF_NUMBERS[name](x, y, loss))


@pytest.mark.parametrize("name", ["CrossEntropyLoss", "NLLLoss"])
@pytest.mark.parametrize("gives", ["class", "mask"])
def test_losses_of_classes_equal_torch(name, gives):
    scores, target = masks(ignored=255)
    if gives == "class":
        scores, target = scores[:, :, 1, 1], target[:, 1, 1]
    scores = scores.log_softmax(1) if name == "NLLLoss" else scores
    smoothing = {"label_smoothing": 0.1} if name == "CrossEntropyLoss" else {}
    loss = kinds()[name](weight=(1.0, 2.0, 0.5), ignore_index=255, reduction="sum", **smoothing)
    theirs = {"CrossEntropyLoss": F.cross_entropy, "NLLLoss": F.nll_loss}[name]
    expected = theirs(
        scores, target, weight=torch.tensor([1.0, 2.0, 0.5]), ignore_index=255, reduction="sum", **smoothing
    )
    assert torch.equal(value(loss, scores, target, gives), expected)


def test_the_focal_loss_of_the_sigmoid_equals_torchvision():
    ops = pytest.importorskip("torchvision").ops
    scores, target = masks()
    right = F.one_hot(target, 3).movedim(-1, 1).float()
    for gamma, alpha in ((2.0, 0.25), (0.0, -1.0), (1.5, -1.0)):
        loss = kinds()["FocalLoss"](gamma=gamma, alpha=alpha, over="sigmoid")
        expected = ops.sigmoid_focal_loss(scores, right, alpha, gamma, "mean")
        assert torch.allclose(value(loss, scores, target, "mask"), expected, rtol=1e-6, atol=0)


def test_the_focal_loss_of_the_softmax_without_focus_is_cross_entropy():
    scores, target = masks(ignored=7)
    found = value(kinds()["FocalLoss"](gamma=0.0, ignore_index=7), scores, target, "mask")
    assert torch.allclose(found, F.cross_entropy(scores, target, ignore_index=7))
    focused = value(kinds()["FocalLoss"](gamma=2.0, ignore_index=7), scores, target, "mask")
    by_hand = [  # equation 4 of the paper, pixel by pixel
        -((1 - p[t]) ** 2) * math.log(p[t])
        for p, t in zip(
            scores.softmax(1).movedim(1, -1).reshape(-1, 3).tolist(), target.flatten().tolist(), strict=True
        )
        if t != 7
    ]
    assert float(focused) == pytest.approx(sum(by_hand) / len(by_hand), rel=1e-6)


def sums(scores, target, ignored):
    """Per class: Σ p g, Σ p, Σ g over the pixels that count, by loops."""
    p = scores.softmax(1).double()
    found = []
    for c in range(scores.shape[1]):
        both = some = right = 0.0
        for n in range(target.shape[0]):
            for i in range(target.shape[1]):
                for j in range(target.shape[2]):
                    t = int(target[n, i, j])
                    if t != ignored:
                        both += float(p[n, c, i, j]) * (t == c)
                        some += float(p[n, c, i, j])
                        right += t == c
        found.append((both, some, right))
    return found


@pytest.mark.parametrize("ignored", [None, 255])
def test_losses_of_overlap_equal_their_formulas(ignored):
    scores, target = masks(ignored=ignored)
    found = sums(scores, target, ignored)
    dice = [1 - (2 * b + 1) / (s + r + 1) for b, s, r in found]
    jaccard = [1 - (b + 1) / (s + r - b + 1) for b, s, r in found]
    tversky = [1 - (b + 1) / (b + 0.4 * (s - b) + 0.9 * (r - b) + 1) for b, s, r in found]
    for name, values, expected in (
        ("DiceLoss", {}, dice),
        ("JaccardLoss", {}, jaccard),
        ("TverskyLoss", {"alpha": 0.4, "beta": 0.9}, tversky),
    ):
        loss = kinds()[name](ignore_index=ignored, **values)
        assert float(value(loss, scores, target, "mask")) == pytest.approx(sum(expected) / len(expected), rel=1e-5)


def index_loss(wrong: set[int], right: set[int]) -> float:
    """The Jaccard loss of a class where these pixels are wrong: 1 − |right without wrong| / |right or wrong|."""
    return len(wrong) / len(wrong | right) if wrong | right else 0.0


@pytest.mark.parametrize("ignored", [None, 255])
def test_the_lovasz_loss_equals_the_extension_written_out(ignored):
    """Equation 8 of the paper: errors sorted downwards, each times what its pixel adds to the set function."""
    scores, target = masks(n=1, size=4, ignored=ignored)
    p = scores.softmax(1)[0].double().movedim(0, -1).reshape(-1, 3)
    truth = target.flatten()
    kept = [i for i in range(len(truth)) if int(truth[i]) != ignored]
    losses = []
    for c in sorted({int(truth[i]) for i in kept}):
        right = {i for i in kept if int(truth[i]) == c}
        errors = {i: float(1 - p[i, c] if i in right else p[i, c]) for i in kept}
        total, before = 0.0, set()
        for i in sorted(kept, key=lambda i: -errors[i]):
            total += errors[i] * (index_loss(before | {i}, right) - index_loss(before, right))
            before = before | {i}
        losses.append(total)
    found = value(kinds()["LovaszLoss"](ignore_index=ignored), scores, target, "mask")
    assert float(found) == pytest.approx(sum(losses) / len(losses), rel=1e-5)


def test_one_map_of_scores_tells_one_from_zero():
    """Two maps, of which the first is always zero, have the same softmax as one map has a sigmoid."""
    scores, target = masks(classes=2, ignored=255)
    one = scores[:, 1:] - scores[:, :1]
    p = one.sigmoid().double().squeeze(1)[target != 255]
    g = target[target != 255].double()
    both, some, right = float((p * g).sum()), float(p.sum()), float(g.sum())
    for name, expected in (
        ("DiceLoss", 1 - (2 * both + 1) / (some + right + 1)),
        ("JaccardLoss", 1 - (both + 1) / (some + right - both + 1)),
        ("TverskyLoss", 1 - (both + 1) / (both + 0.3 * (some - both) + 0.7 * (right - both) + 1)),
    ):
        found = value(kinds()[name](ignore_index=255), one, target, "mask")
        assert float(found) == pytest.approx(expected, rel=1e-5)


def test_the_lovasz_hinge_equals_the_extension_written_out():
    scores, target = masks(n=1, classes=2, size=4, ignored=255)
    one, truth = scores[:, :1], target.flatten()
    kept = [i for i in range(len(truth)) if int(truth[i]) != 255]
    right = {i for i in kept if int(truth[i]) == 1}
    margins = {i: (1 if i in right else -1) * float(one.flatten()[i].double()) for i in kept}
    errors = {i: max(0.0, 1 - margin) for i, margin in margins.items()}
    total, before = 0.0, set()
    for i in sorted(kept, key=lambda i: -errors[i]):
        total += errors[i] * (index_loss(before | {i}, right) - index_loss(before, right))
        before = before | {i}
    found = value(kinds()["LovaszLoss"](ignore_index=255), one, target, "mask")
    assert float(found) == pytest.approx(total, rel=1e-5)


@pytest.mark.parametrize("classes", [1, 3])
def test_a_mask_answers_yes_for_its_class(classes):
    scores, target = masks(classes=max(classes, 2))
    scores = scores[:, :classes]
    answers = torch.stack([target == c for c in ([1] if classes == 1 else range(classes))], 1).float()
    found = value(kinds()["BCEWithLogitsLoss"](), scores, target, "mask")
    assert torch.equal(found, F.binary_cross_entropy_with_logits(scores, answers))


@pytest.mark.parametrize("name", [n for n, k in kinds().items() if k.category == "loss"])
def test_every_loss_has_a_gradient_and_a_share(name):
    numbers = name in OF_NUMBERS
    scores, target = masks()
    target = torch.rand(scores.shape) if numbers else target
    gives = "numbers" if numbers else "mask"
    if name == "NLLLoss":
        scores = scores.log_softmax(1)
    scores = scores.requires_grad_()
    once = value(kinds()[name](), scores, target, gives)
    thrice = value(kinds()[name](share=3.0), scores, target, gives)
    once.backward()
    assert torch.equal(thrice, 3.0 * once)
    assert scores.grad is not None
    assert scores.grad.abs().sum() > 0
    assert scores.grad.isfinite().all()


@pytest.mark.parametrize("name", ["DiceLoss", "JaccardLoss", "TverskyLoss", "LovaszLoss", "FocalLoss"])
def test_a_mask_of_which_nothing_counts_gives_a_finite_loss(name):
    scores, target = masks()
    found = value(kinds()[name](ignore_index=255), scores, torch.full_like(target, 255), "mask")
    assert found.isfinite()


def test_one_hot_gives_the_targets_of_1989():
    nodes = {
        "scores": Node("scores", Input((4,))),
        "target": Node("target", Target()),
        "wanted": Node("wanted", OneHot(4, -1.0, 1.0)),
        "loss": Node("loss", kinds()["MSELoss"]()),
        "output": Node("output", Output()),
    }
    edges = (
        Edge("scores", "out", "loss", "input"),
        Edge("scores", "out", "output", "x"),
        Edge("target", "out", "wanted", "x"),
        Edge("wanted", "out", "loss", "target"),
    )
    made = Network("1989", nodes, edges)
    assert task(made) == "classification"
    scores, target = torch.tensor([[0.5, 0.0, 0.0, -1.0]]), torch.tensor([0])
    assert float(runtime.compile(made)(scores, target)["loss"]) == pytest.approx((0.25 + 1 + 1 + 0) / 4)


@pytest.mark.parametrize(("gives", "what"), [("class", "classification"), ("mask", "segmentation")])
def test_what_is_learned_follows_from_the_target(gives, what):
    assert task(network(kinds()["CrossEntropyLoss"](), (3, 4, 4), Target(gives))) == what


def test_scores_and_targets_that_do_not_go_together_are_refused_with_a_way_out():
    entropy = kinds()["CrossEntropyLoss"]()
    with pytest.raises(ShapeError, match="insert a Flatten and a Linear"):
        entropy.output(Tensor(("N", 3, 4, 4)), Labels())
    with pytest.raises(ShapeError, match="before they are flattened"):
        entropy.output(Tensor(("N", 3)), MASK)
    with pytest.raises(ShapeError, match="2 weights for 3 classes"):
        kinds()["CrossEntropyLoss"](weight=(1.0, 2.0)).output(Tensor(("N", 3)), Labels())
    with pytest.raises(ShapeError, match="Give both the same shape"):
        kinds()["MSELoss"]().output(Tensor(("N", 3)), Tensor(("N", 1)))


def test_labels_where_numbers_are_compared_are_an_error_not_a_crash():
    fact = analyze(network(kinds()["MSELoss"](), (3,), Target()))["loss"]
    assert "takes a tensor" in str(fact.error)
    assert "labels" in str(fact.error)


def test_an_edge_is_refused_where_the_target_gives_something_else():
    made = network(kinds()["MSELoss"](), (3,), Target("numbers", (3,))).change(edges=())
    assert refusal(made, Edge("target", "out", "loss", "target")) is None
    labels = edit.set_values(made, "target", gives="class")
    assert "target gives labels" in str(refusal(labels, Edge("target", "out", "loss", "target")))
    entropy = edit.put_layer(made, "loss", kinds()["CrossEntropyLoss"]())
    assert "takes labels" in str(refusal(entropy, Edge("target", "out", "loss", "target")))
    grown, conv = edit.add(labels, kinds()["Conv2d"]())
    assert refusal(grown, Edge("target", "out", conv, "x")) is not None


def test_a_target_that_gives_something_else_in_time_is_an_error_and_still_a_file():
    made = edit.set_values(network(kinds()["MSELoss"](), (3,), Target("numbers", (3,))), "target", gives="mask")
    assert analyze(made)["loss"].error is not None
    assert loads(dumps(made)) == made


def test_one_hot_refuses_masks():
    with pytest.raises(ShapeError, match="take masks as they are"):
        OneHot(3).output(MASK)
