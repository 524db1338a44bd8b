"""Ready blocks: what torchvision builds under their names, with their variables set at the node where they stand."""

import pytest

import presets
from graph import Block, Edge, InvalidValue, Network, Node, analyze, dumps, loads
from graph.layers.source import Input, Output

READY = presets.ready_blocks()
OTHER = {"channels": 24, "width": 40, "stride": 2, "kernel": 5, "reduction": 4, "growth": 8, "expansion": 3}


def standing(name: str, arriving: int, variables: dict[str, int]) -> Network:
    """The block in a network of its own."""
    inside = READY[name].build()
    nodes = {
        "input": Node("input", Input((arriving, 16, 16))),
        "it": Node("it", Block(name, variables)),
        "output": Node("output", Output()),
    }
    edges = (Edge("input", "out", "it", "x"), Edge("it", "out", "output", "x"))
    blocks = {**inside.blocks, name: inside.change(blocks={})}
    return Network(name, nodes, edges, {}, blocks)


@pytest.mark.parametrize("name", READY)
def test_a_block_has_no_error_with_its_defaults(name):
    report = analyze(READY[name].build())

    assert not [p for p in report.problems if p.severity == "error"]
    assert list(report.inputs) == ["x"]
    assert list(report.outputs) == ["out"]


@pytest.mark.parametrize("name", READY)
def test_a_block_follows_its_variables_where_it_stands(name):
    variables = {spec.name: OTHER.get(spec.name, 12) for spec in READY[name].variables}
    arriving = {"residual": 40, "bottleneck": 160}.get(name, variables.get("channels", 7))
    network = standing(name, arriving, variables)
    report = analyze(network)
    out = report.outputs["output"]

    assert not [p for p in report.problems if p.severity == "error"]
    if "width" in variables and not name.startswith("bottleneck"):
        assert out.channels == variables["width"]
    assert out.spatial == ((8, 8) if variables.get("stride", 1) == 2 else (16, 16))
    assert loads(dumps(network)) == network


def test_the_separable_convolution_has_the_weights_of_the_lecture():
    """512 × 3 × 3 for the maps by themselves and 512 × 512 to mix them, against 2,359,296 of a whole one."""
    report = analyze(standing("separable", 512, {"channels": 512, "width": 512}))
    convolutions = [f.parameters for path, f in report.leaves() if path.endswith(("depthwise", "pointwise"))]

    assert sum(convolutions) == 266_752
    assert convolutions == [512 * 9, 512 * 512]


def test_unknown_and_impossible_variables_are_refused():
    with pytest.raises(InvalidValue, match="no variable depth"):
        READY["residual"].build(depth=3)
    with pytest.raises(InvalidValue, match="width must be from 1"):
        READY["residual"].build(width=0)


def oracles():
    """Torchvision's own modules: name, variables, channels that arrive, module."""
    torch = pytest.importorskip("torch")
    from torchvision.models import densenet, mobilenetv2, resnet
    from torchvision.models.googlenet import BasicConv2d
    from torchvision.ops import SqueezeExcitation

    def down(width: int, channels: int):
        return torch.nn.Sequential(resnet.conv1x1(channels, width, 2), torch.nn.BatchNorm2d(width))

    return [
        ("residual", {"width": 12}, 12, resnet.BasicBlock(12, 12)),
        ("residual_down", {"width": 12}, 6, resnet.BasicBlock(6, 12, 2, down(12, 6))),
        ("bottleneck", {"width": 3}, 12, resnet.Bottleneck(12, 3)),
        ("bottleneck_down", {"width": 3}, 6, resnet.Bottleneck(6, 3, 2, down(12, 6))),
        ("inverted_residual", {"channels": 6}, 6, mobilenetv2.InvertedResidual(6, 6, 1, 6)),
        (
            "inverted_down",
            {"channels": 6, "width": 9, "expansion": 4},
            6,
            mobilenetv2.InvertedResidual(6, 9, 2, 4),
        ),
        ("squeeze_excitation", {"channels": 12, "reduction": 4}, 12, SqueezeExcitation(12, 3)),
        ("dense_layer", {"growth": 5}, 7, densenet._DenseLayer(7, 5, 4, 0.0)),
        (
            "convolution_unit",
            {"width": 6},
            4,
            BasicConv2d(4, 6, kernel_size=3, padding=1),
        ),
    ]


@pytest.mark.torch
def test_blocks_compute_what_torchvision_builds():
    torch = pytest.importorskip("torch")
    import runtime

    compared = 0
    for name, variables, channels, module in oracles():
        network = standing(name, channels, variables)
        model = runtime.compile(network).eval()
        torch.manual_seed(0)
        theirs = {key: torch.rand(t.shape) for key, t in module.state_dict().items()}
        ours = dict(zip(model.state_dict(), theirs.values(), strict=True))
        module.eval().load_state_dict(theirs)
        if hasattr(module, "bn") and name == "convolution_unit":
            module.bn.eps = 1e-5
        model.load_state_dict(ours)
        x = torch.randn(2, channels, 16, 16)
        wanted = module([x]) if name == "dense_layer" else module(x)
        wanted = torch.cat([x, wanted], 1) if name == "dense_layer" else wanted
        torch.testing.assert_close(model(x), wanted, rtol=1e-5, atol=1e-5)
        compared += 1
    assert compared == 9
