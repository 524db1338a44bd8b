"""Grad-CAM against the same network written by hand, cut in two, and the paper's equations."""

from __future__ import annotations

import pytest

import presets
from graph import CanevasError
from runtime.data.preprocessing import Preprocessing
from tests.runtime.networks import Conv2d, Flatten, Input, Linear, MaxPool2d, Output, ReLU, Softmax, network

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

import runtime  # noqa: E402
from graph.layers.loss import CrossEntropyLoss  # noqa: E402
from graph.layers.source import Target  # noqa: E402
from runtime.infer.cam import grad_cam, last_maps  # noqa: E402
from runtime.infer.trained import Trained, made  # noqa: E402

NAMES = ("a", "b", "c", "d")


def trained(drawn, classes=NAMES, seed=0) -> Trained:
    """A network with weights by chance, for images from 0 to 1."""
    torch.manual_seed(seed)
    channels, *size = next(node.layer.shape for node in drawn.nodes.values() if node.kind == "Input")
    drawn_by_chance = runtime.compile(drawn).state_dict()
    weights = {key: value * 2 if value.ndim == 4 else value for key, value in drawn_by_chance.items()}
    told = Preprocessing(tuple(size), channels, (0.0,) * channels, (1.0,) * channels)
    return made(drawn, weights, classes, told, torch.device("cpu"))


def plain(softmax: bool):
    """Two convolutions and a dense layer; the rectifier after the first writes over its input."""
    nodes = {
        "input": Input((3, 12, 10)),
        "conv1": Conv2d(5, padding="same"),
        "relu1": ReLU(),
        "pool": MaxPool2d(),
        "conv2": Conv2d(6, padding="same"),
        "relu2": ReLU(),
        "flatten": Flatten(),
        "dense": Linear(4),
        **({"softmax": Softmax()} if softmax else {}),
        "output": Output(),
        "target": Target(),
        "loss": CrossEntropyLoss(),
    }
    end = "softmax " if softmax else ""
    chain = f"input conv1 relu1 pool conv2 relu2 flatten dense {end}output, dense loss:input, target loss:target"
    return network(nodes, chain)


def by_hand(weights, image, path, label):
    """The two halves of the same network as torch has them; equations 1 and 2 written with loops over channels."""
    layers = [
        ("conv1", nn.Conv2d(3, 5, 3, padding=1)),
        ("relu1", nn.ReLU()),
        ("pool", nn.MaxPool2d(2)),
        ("conv2", nn.Conv2d(5, 6, 3, padding=1)),
        ("relu2", nn.ReLU()),
        ("flatten", nn.Flatten()),
        ("dense", nn.Linear(6 * 6 * 5, 4)),
    ]
    for name, layer in layers:
        layer.load_state_dict({k.partition(".")[2]: v for k, v in weights.items() if k.startswith(name + ".")})
    at = [name for name, _ in layers].index(path) + 1
    front, back = nn.Sequential(*(m for _, m in layers[:at])), nn.Sequential(*(m for _, m in layers[at:]))
    maps = front(image[None].float() / 255).detach().requires_grad_()
    (slope,) = torch.autograd.grad(back(maps)[0, label], maps)
    total = torch.zeros(maps.shape[2:])
    for k in range(maps.shape[1]):
        total += slope[0, k].sum() / slope[0, k].numel() * maps.detach()[0, k]
    total[total < 0] = 0
    return nn.functional.interpolate(total[None, None], image.shape[1:], mode="bilinear")[0, 0]


@pytest.mark.parametrize("softmax", [False, True])
@pytest.mark.parametrize("path", ["conv1", "relu1", "pool", "conv2", "relu2"])
def test_it_is_what_the_equations_say(path, softmax):
    model = trained(plain(softmax))
    image = torch.randint(256, (3, 12, 10), dtype=torch.uint8)
    highest = 0.0
    for label in range(4):
        found = grad_cam(model, path, image, label)
        expected = by_hand(model.weights, image, path, label)
        highest = max(highest, float(expected.max()))
        assert torch.allclose(torch.from_numpy(found.map), expected, rtol=1e-4, atol=1e-6)
        assert (found.index, found.label) == (label, NAMES[label])
    assert highest > 0


def test_the_likeliest_class_is_asked_by_itself():
    model = trained(plain(False))
    image = torch.randint(256, (3, 12, 10), dtype=torch.uint8)
    scores = model.model(image[None].float() / 255)[0].detach()

    found = grad_cam(model, "conv2", image)

    assert found.index == int(scores.argmax())
    assert found.score == pytest.approx(float(scores.max()), rel=1e-5)
    assert found.size == (6, 5)


def test_the_last_maps_that_the_score_follows_from_are_found_by_themselves():
    image = torch.randint(256, (3, 12, 10), dtype=torch.uint8)
    assert grad_cam(trained(plain(True)), "", image, 2).path == "relu2"

    small = trained(presets.build("yolo_small", width=4), tuple("0123456789"))
    found = grad_cam(small, "", torch.randint(256, small.preprocessing.shape, dtype=torch.uint8))
    assert found.path != "scores"  # what is decoded is no picture of the image
    assert found.path == last_maps(small)[0]


def test_the_network_is_left_as_it_was():
    model = trained(plain(False))
    before = {key: value.clone() for key, value in model.model.state_dict().items()}
    image = torch.randint(256, (3, 12, 10), dtype=torch.uint8)
    grad_cam(model, "conv1", image)

    assert all(torch.equal(before[key], value) for key, value in model.model.state_dict().items())
    assert all(p.grad is None and p.requires_grad for p in model.model.parameters())
    assert all(not m._forward_hooks and not m.training for m in model.model.modules())
    assert torch.is_grad_enabled()


def test_what_has_no_maps_is_refused():
    model = trained(plain(False))
    image = torch.randint(256, (3, 12, 10), dtype=torch.uint8)
    with pytest.raises(CanevasError, match="dense gives no maps"):
        grad_cam(model, "dense", image)
    with pytest.raises(CanevasError, match="no class 7"):
        grad_cam(model, "conv1", image, 7)
    assert torch.is_grad_enabled()
    assert all(not m._forward_hooks for m in model.model.modules())


def test_pixels_of_a_class_are_summed():
    """Of a network for pixels the score is the sum over those that are answered so (Vinogradova and others, 2020)."""
    nodes = {"input": Input((3, 12, 10)), "conv1": Conv2d(5, padding="same"), "conv2": Conv2d(3, padding="same")}
    nodes |= {"output": Output(), "target": Target("mask"), "loss": CrossEntropyLoss()}
    model = trained(network(nodes, "input conv1 conv2 output, conv2 loss:input, target loss:target"), NAMES[:3])
    image = torch.randint(256, model.preprocessing.shape, dtype=torch.uint8)
    with torch.no_grad():  # so that every class is answered somewhere
        model.model.conv2.bias -= model.model(image[None].float() / 255)[0].mean((1, 2))
    scores = model.model(image[None].float() / 255)[0].detach()
    label = int(torch.bincount(scores.argmax(0).flatten(), minlength=3)[1:].argmax()) + 1

    found = grad_cam(model, "conv1", image)

    assert found.index == label > 0
    assert found.score == pytest.approx(float(scores[label][scores.argmax(0) == label].sum()), rel=1e-4)
    maps = model.model.conv1(image[None].float() / 255).detach().requires_grad_()
    scores = model.model.conv2(maps)[0]
    (slope,) = torch.autograd.grad(scores[label][scores.argmax(0) == label].sum(), maps)
    expected = sum(slope[0, k].mean() * maps.detach()[0, k] for k in range(5)).clamp(min=0)
    assert torch.allclose(torch.from_numpy(found.map), expected, rtol=1e-4, atol=1e-5)  # as large as the image already


def test_the_surest_box_of_a_class_is_asked():
    model = trained(presets.build("yolo_small", width=4), tuple("0123456789"))
    image = torch.randint(256, model.preprocessing.shape, dtype=torch.uint8)
    decode = next(m for m in model.model.modules() if hasattr(m, "overlap"))
    before = decode.threshold
    decode.threshold = 0.0
    (one,) = model.model(image[None].float() / 255)
    decode.threshold = before
    path = [path for path, module in model.model.named_modules() if isinstance(module, nn.Conv2d)][-2]
    for label in set(one["labels"].tolist()):
        surest = float(one["scores"][one["labels"] == label].detach().max())
        if surest > 0.02:
            found = grad_cam(model, path, image, label)
            assert (found.index, found.score) == (label, pytest.approx(surest, rel=1e-4))
    assert decode.threshold == before
