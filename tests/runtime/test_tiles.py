"""Large images in pieces: as if the network took them whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import presets
from graph import analyze, edit
from runtime.data.preprocessing import Preprocessing

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from runtime import answering  # noqa: E402
from runtime.compile import compile  # noqa: E402
from runtime.infer import masks, tiles  # noqa: E402
from runtime.infer.trained import Trained, made  # noqa: E402
from tests.runtime.networks import (  # noqa: E402
    Conv2d,
    CrossEntropyLoss,
    Input,
    Output,
    ReLU,
    Target,
    network,
)

CPU = torch.device("cpu")


def trained(net, size: int, scale: float = 1.0, seed: int = 0) -> Trained:
    """A network with weights by chance, large enough that classes differ from pixel to pixel."""
    torch.manual_seed(seed)
    weights = {k: v * 2 if v.ndim == 4 else v for k, v in compile(net).state_dict().items()}
    found = made(net, weights, ("a", "b"), Preprocessing((size, size), 1, (0.5,), (0.2,)), CPU)
    return Trained(found.network, found.model, found.classes, found.preprocessing, CPU, scale=scale)


def sized(net, size: tuple[int, int]):
    return edit.set_values(net, "input", shape=(1, *size))


def image(height: int, width: int) -> np.ndarray:
    """Noise of several sizes, so that what lies far matters too."""
    generator = torch.Generator().manual_seed(1)
    noise = [
        torch.nn.functional.interpolate(
            torch.rand(1, 1, height // k + 1, width // k + 1, generator=generator), (height, width)
        )
        for k in (1, 4, 16)
    ]
    return (sum(noise)[0] / 3 * 255).round().to(torch.uint8).numpy()


@pytest.mark.parametrize("size", [(250, 301), (200, 204), (60, 230)])
def test_the_unpadded_u_net_answers_as_if_it_took_the_whole_mirrored_image(size: tuple[int, int]):
    small = trained(sized(presets.build("unet", width=1), (204, 204)), 204)
    pixels = image(*size)
    beyond = [
        (4 - n) % 16 for n in size
    ]  # 92 more at each side are 12 more than a multiple of 16, as its poolings want
    whole = np.pad(pixels, ((0, 0), (92, 92 + beyond[0]), (92, 92 + beyond[1])), mode="reflect")
    large = trained(sized(small.network, whole.shape[1:]), 1)
    large.model.load_state_dict(small.model.state_dict())
    told = Trained(large.network, large.model, ("a", "b"), Preprocessing(whole.shape[1:], 1, (0.5,), (0.2,)), CPU)
    halved(told, whole)
    small.model.load_state_dict(told.model.state_dict())
    expected = masks.scores_of(next(told.outputs(torch.from_numpy(whole)[None]))).argmax(1)[0].numpy()
    found = tiles.answered(small, pixels)
    assert found.shape == size
    assert 0.02 < found.mean() < 0.98
    np.testing.assert_array_equal(found, expected[: size[0], : size[1]])


def halved(model: Trained, pixels: np.ndarray) -> None:
    """Let about half of the pixels be of either class, and none so near between that rounding decides."""
    scores: list[torch.Tensor] = []
    last = model.model.get_submodule("scores")
    hook = last.register_forward_hook(lambda module, given, result: scores.append(result.clone()))
    next(model.outputs(torch.from_numpy(pixels)[None]))
    hook.remove()
    with torch.no_grad():
        apart = (scores[0][:, 1] - scores[0][:, 0]).flatten().sort().values
        middle = apart[2 * len(apart) // 5 : 3 * len(apart) // 5]
        widest = int(middle.diff().argmax())
        last.bias[1] -= (middle[widest] + middle[widest + 1]) / 2


def padded():
    layers = {
        "input": Input((1, 48, 48)),
        "conv1": Conv2d(4, 3, padding=1),
        "relu1": ReLU(),
        "conv2": Conv2d(4, 3, padding=1),
        "relu2": ReLU(),
        "scores": Conv2d(2, 1),
        "output": Output(),
        "target": Target("mask"),
        "loss": CrossEntropyLoss(),
    }
    chain = "input conv1 relu1 conv2 relu2 scores output, scores loss:input, target loss:target"
    return network(layers, chain, name="padded")


def test_a_padded_network_has_no_seams():
    """Away from the border of the image its answer is that for the whole image; at seams zeros would be seen else."""
    small = trained(padded(), 48)
    pixels = image(130, 111)
    told = Trained(small.network, small.model, ("a", "b"), Preprocessing((130, 111), 1, (0.5,), (0.2,)), CPU)
    halved(told, pixels)
    expected = masks.scores_of(next(told.outputs(torch.from_numpy(pixels)[None]))).argmax(1)[0].numpy()
    found = tiles.answered(small, pixels)
    assert 0.1 < found.mean() < 0.9
    np.testing.assert_array_equal(found[2:-2, 2:-2], expected[2:-2, 2:-2])
    assert {t.around for t in tiles.tilings(small)} == {2}


@pytest.mark.parametrize(
    ("scale", "size", "expected"),
    [
        (1.0, (48, 48), None),
        (1.0, (48, 60), (48, 60)),
        (0.5, (90, 96), None),  # what was learned from was shrunk to half its size, and so is this
        (0.5, (200, 96), (100, 48)),
        (0.0, (500, 500), None),  # nobody knows
    ],
)
def test_images_are_brought_to_the_scale_of_what_was_learned_from(scale, size, expected):
    assert tiles.wanted(trained(padded(), 48, scale), size) == expected


def test_a_large_file_is_answered_whole(tmp_path: Path):
    model = trained(padded(), 48)
    Image.fromarray(image(100, 140)[0]).save(tmp_path / "large.png")
    Image.fromarray(image(48, 48)[0]).save(tmp_path / "small.png")
    files = [tmp_path / "large.png", tmp_path / "small.png", tmp_path / "none.png"]
    answers, _, whole = masks.predict(model, files)

    assert [m.shape for m in whole] == [(100, 140), (48, 48), (0, 0)]
    np.testing.assert_array_equal(whole[0], tiles.answered(model, image(100, 140)))
    assert not (whole[0] == 255).any()
    assert sum(c["score"] for c in answers[0]["classes"]) == pytest.approx(1.0, abs=1e-6)
    said = answering.said(model, answering.files(model, [str(f) for f in files]))
    assert said.arrays["whole_0"].shape == (1, 100, 140)
    np.testing.assert_array_equal(said.arrays["whole_mask_0"], whole[0])
    assert "whole_1" not in said.arrays


def test_the_steps_of_the_paper(monkeypatch):
    """572 in, 388 out: the next piece is 384 further, where its poolings have a step; 92 pixels are only seen."""
    net = presets.build("unet", width=1)
    assert analyze(net).facts["scores"].output.spatial == (388, 388)
    monkeypatch.setattr(tiles, "_masks", lambda model, images: iter([np.zeros((388, 388))]))
    assert tiles.tilings(trained(net, 572)) == (tiles.Tiling(572, 92, 384),) * 2
