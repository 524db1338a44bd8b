"""FCN as published: its sizes, its totals, its fixed interpolation, and a loss that is a sum without what is void."""

from dataclasses import replace

import pytest

import presets
from graph import Network, analyze, edit
from graph.layers.fcn import BilinearConvTranspose2d, Crop
from graph.layers.source import Input
from graph.tensors import Tensor

NAMES = ("fcn_32s", "fcn_16s", "fcn_8s")
LEARNED = {"fcn_32s": 134_346_581, "fcn_16s": 134_357_354, "fcn_8s": 134_362_751}
FIXED = {"fcn_32s": 1_806_336, "fcn_16s": 458_640, "fcn_8s": 127_008}
OFFSETS = {"fcn_32s": {"score": 19}, "fcn_16s": {"crop_pool4": 5, "score": 27}}
OFFSETS |= {"fcn_8s": {"crop_pool4": 5, "crop_pool3": 9, "score": 31}}
SIZES = {"fcn_32s": (16, 544), "fcn_16s": (16, 34, 560), "fcn_8s": (16, 34, 70, 568)}


def of_size(network: Network, height: int, width: int) -> Network:
    node = network.nodes["input"]
    return network.change(nodes={**network.nodes, "input": replace(node, layer=Input((3, height, width)))})


@pytest.mark.parametrize("name", NAMES)
def test_what_learns_and_what_is_fixed_are_counted_as_published(name):
    report = analyze(presets.build(name))
    frozen = [n.name for n in report.network.nodes.values() if n.frozen]
    fixed = sum(report[n].parameters for n in frozen)

    assert all(isinstance(report.network.nodes[n].layer, BilinearConvTranspose2d) for n in frozen)
    assert list(report.problems) == []
    assert fixed == FIXED[name]
    assert report.parameters - fixed == LEARNED[name]


@pytest.mark.parametrize("name", NAMES)
def test_sizes_on_the_way_up_are_the_published_ones(name):
    report = analyze(presets.build(name))
    way = [n for n in ("score_fr", "upscore_4", "upscore_3", "upscore") if n in report.network.nodes]

    assert tuple(report[n].output.spatial[0] for n in way) == SIZES[name]


@pytest.mark.parametrize("name", NAMES)
def test_pieces_are_cut_at_the_published_offsets(name):
    nodes = presets.build(name).nodes.values()

    assert {n.name: n.layer.offset for n in nodes if n.kind == "Crop"} == {k: (v, v) for k, v in OFFSETS[name].items()}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(500, 500), (375, 500), (33, 47)])
def test_the_mask_is_as_large_as_the_image(name, size):
    report = analyze(of_size(presets.build(name), *size))

    assert [p for p in report.problems if p.severity == "error"] == []
    assert report["score"].output.spatial == size


def test_poolings_rounded_down_would_break_the_offsets():
    network = of_size(presets.build("fcn_8s"), 33, 47)
    for i in range(1, 6):
        network = edit.set_values(network, f"pool{i}", ceil_mode=False)

    assert (
        analyze(network)["upscore"].output.spatial
        != analyze(of_size(presets.build("fcn_8s"), 33, 47))["upscore"].output.spatial
    )


def test_a_piece_is_cut_from_its_offset_on():
    x, like = Tensor(("N", 5, 44, 40)), Tensor(("N", 2, 34, 30))

    assert Crop((5, 6)).output(x, like) == Tensor(("N", 5, 34, 30))
    assert Crop((5, 6)).expression("x", "y") == "x[:, :, 5 : 5 + y.shape[2], 6 : 6 + y.shape[3]]"
    assert Crop((5, 6), (3, 4)).expression("x") == "x[:, :, 5 : 8, 6 : 10]"
    with pytest.raises(Exception, match="cannot be cut out"):
        Crop((11, 6)).output(x, like)


@pytest.mark.torch
def test_the_fixed_windows_are_those_of_caffe():
    torch = pytest.importorskip("torch")
    from runtime.modules.bilinearconvtranspose2d import BilinearConvTranspose2d as Module

    weight = Module(3, 3, 4, 2).weight
    side = torch.tensor([0.25, 0.75, 0.75, 0.25])

    for a in range(3):
        for b in range(3):
            wanted = torch.outer(side, side) if a == b else torch.zeros(4, 4)
            torch.testing.assert_close(weight[a, b], wanted, rtol=0, atol=0)
    assert Module(2, 2, 3, 2).weight[0, 0].tolist() == [[0.25, 0.5, 0.25], [0.5, 1, 0.5], [0.25, 0.5, 0.25]]


@pytest.mark.torch
@pytest.mark.parametrize("step", [2, 8, 16])
def test_it_is_the_interpolation_of_torch_away_from_the_border(step):
    torch = pytest.importorskip("torch")
    from runtime.modules.bilinearconvtranspose2d import BilinearConvTranspose2d as Module

    x = torch.randn(1, 2, 5, 6)
    found = Module(2, 2, 2 * step, step, step // 2)(x)
    wanted = torch.nn.functional.interpolate(x, scale_factor=step, mode="bilinear")
    inner = slice(step, -step)

    assert found.shape == wanted.shape
    torch.testing.assert_close(found[..., inner, inner], wanted[..., inner, inner], rtol=1e-5, atol=1e-5)


@pytest.mark.torch
@pytest.mark.slow
def test_it_answers_and_learns_on_a_small_image():
    """The loss is the sum over the pixels that count; what is fixed gets no gradient."""
    torch = pytest.importorskip("torch")
    import runtime

    network = of_size(presets.build("fcn_8s", classes=2), 33, 47)
    model = runtime.compile(network).eval()
    x = torch.randn(1, 3, 33, 47)
    target = torch.randint(2, (1, 33, 47))
    target[:, :3] = 255
    answers = model(x)
    loss = model(x, target)["loss"]
    counts = target != 255
    right = answers.gather(1, (target * counts)[:, None])[:, 0]

    assert answers.shape == (1, 2, 33, 47)
    torch.testing.assert_close(loss, -right.log()[counts].sum(), rtol=1e-4, atol=1e-3)
    loss.backward()
    assert model.upscore.weight.grad is None
    assert model.score_pool3.weight.grad is not None


@pytest.mark.torch
@pytest.mark.parametrize("name", NAMES)
def test_scores_begin_at_zero_and_the_loss_as_chance_has_it(name):
    """``log C`` for each pixel; in the first step only what makes scores gets a gradient."""
    torch = pytest.importorskip("torch")
    import runtime

    torch.manual_seed(0)
    model = runtime.compile(of_size(presets.build(name, classes=3, width=1), 33, 47))
    x, target = torch.randn(1, 3, 33, 47), torch.randint(3, (1, 33, 47))
    loss = model(x, target)["loss"]

    assert float(loss.detach()) == pytest.approx(33 * 47 * 1.0986123, rel=1e-5)
    loss.backward()
    assert float(model.score_fr.bias.grad.abs().sum()) > 0
    assert float(model.fc7.weight.grad.abs().sum()) == 0
